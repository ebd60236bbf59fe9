// The robots of three group chats, as their makers document them: what takes alarms
// in the tests of delivery. It shares no code with what sends.
//
// node server.mjs
//
// The first line of standard input is JSON: {"secret"}, the secret of all three. It
// says {"event": "ready", "port"}, then for each message that a chat took {"event":
// "message", "chat", "text", "called"}. A wrong signature and the 21st
// message of a minute are refused as the makers do: with status 200 and a code.
import crypto from "node:crypto";
import http from "node:http";
import readline from "node:readline";

const say = (event, more = {}) => console.log(JSON.stringify({ event, ...more }));
const perMinute = 20;
const kept = { dingtalk: [], wecom: [], feishu: [] };

const tooMany = (chat) => {
  const now = Date.now();
  kept[chat] = kept[chat].filter((at) => now - at < 60_000);
  return kept[chat].push(now) > perMinute;
};

const chats = {
  "/robot/send": (url, body, secret) => {
    const timestamp = url.searchParams.get("timestamp");
    const sign = crypto.createHmac("sha256", secret).update(`${timestamp}\n${secret}`).digest("base64");
    if (url.searchParams.get("access_token") !== "token") return { errcode: 300001, errmsg: "token is not exist" };
    if (!/^\d{13}$/.test(timestamp ?? "") || url.searchParams.get("sign") !== sign) return { errcode: 310000, errmsg: "sign not match" };
    if (tooMany("dingtalk")) return { errcode: 660026, errmsg: "send too fast" };
    if (body.msgtype !== "text" || !body.text?.content) return { errcode: 400102, errmsg: "wrong format" };
    say("message", { chat: "dingtalk", text: body.text.content, called: (body.at?.atMobiles ?? []).filter((m) => body.text.content.includes(`@${m}`)) });
    return { errcode: 0, errmsg: "ok" };
  },
  "/cgi-bin/webhook/send": (url, body, secret) => {
    if (url.searchParams.get("key") !== secret) return { errcode: 93000, errmsg: "invalid webhook url" };
    if (tooMany("wecom")) return { errcode: 45009, errmsg: "api freq out of limit" };
    if (body.msgtype !== "text" || !body.text?.content || Buffer.byteLength(body.text.content) > 2048) return { errcode: 40058, errmsg: "content exceed max length" };
    say("message", { chat: "wecom", text: body.text.content, called: body.text.mentioned_mobile_list ?? [] });
    return { errcode: 0, errmsg: "ok" };
  },
  "/open-apis/bot/v2/hook/abc": (url, body, secret) => {
    const sign = crypto.createHmac("sha256", `${body.timestamp}\n${secret}`).update("").digest("base64");
    if (!/^\d{10}$/.test(body.timestamp ?? "") || body.sign !== sign) return { code: 19021, msg: "sign match fail or timestamp is not within one hour from current time" };
    if (tooMany("feishu")) return { code: 11232, msg: "frequency limited" };
    if (body.msg_type !== "text" || !body.content?.text) return { code: 9499, msg: "Bad Request" };
    say("message", { chat: "feishu", text: body.content.text, called: [...body.content.text.matchAll(/<at user_id="([^"]+)"><\/at>/g)].map((m) => m[1]) });
    return { code: 0, msg: "success", data: {}, StatusCode: 0, StatusMessage: "success" };
  },
};

readline.createInterface({ input: process.stdin }).once("line", (line) => {
  const { secret } = JSON.parse(line);
  const server = http.createServer(async (req, res) => {
    let raw = "";
    for await (const chunk of req) raw += chunk;
    const url = new URL(req.url, "http://chat");
    const chat = chats[url.pathname];
    res.writeHead(chat ? 200 : 404, { "Content-Type": "application/json" });
    res.end(chat ? JSON.stringify(chat(url, JSON.parse(raw), secret)) : "{}");
  });
  server.listen(0, "127.0.0.1", () => say("ready", { port: server.address().port }));
});
process.stdin.on("end", () => process.exit(0));
