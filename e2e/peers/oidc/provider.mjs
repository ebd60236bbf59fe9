// A provider of OpenID Connect, made of the npm package oidc-provider: the foreign
// party at which people sign in.
//
// node provider.mjs PORT
//
// Commands come as JSON lines on standard input:
//   {"clients": [...], "accounts": {"id": {claims}}}  begin anew with these
//   {"rotate": true}                                  sign with a new key alone
// Each is answered by a line {"event": "ready", "issuer": ..., "kid": ...}. The
// page of signing in is a form with the account's id and how it signed in.
import { generateKeyPairSync, randomBytes } from "node:crypto";
import http from "node:http";
import readline from "node:readline";
import { Provider } from "oidc-provider";

const port = Number(process.argv[2]);
const say = (event, more = {}) => console.log(JSON.stringify({ event, ...more }));
let clients = [], accounts = {}, key, serve, issuer;

function newKey() {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return { ...privateKey.export({ format: "jwk" }), kid: randomBytes(4).toString("hex"), use: "sig", alg: "ES256" };
}

const page = (uid) => `<!doctype html><html lang="zh"><title>统一认证</title><main><h1>统一认证</h1>
<form method="post" action="/interaction/${uid}"><label>账号 <input name="account"></label><label>方式 <input name="amr" value="pwd"></label><button>登录</button></form></main></html>`;

async function body(req) {
  let text = "";
  for await (const chunk of req) text += chunk;
  return new URLSearchParams(text);
}

function begin() {
  const provider = new Provider(issuer, {
    clients, jwks: { keys: [key] }, cookies: { keys: ["a test has no secrets"] }, pkce: { required: () => true },
    claims: { openid: ["sub", "amr", "acr"], profile: ["name", "preferred_username"], email: ["email"], groups: ["groups"] },
    features: { devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: true } },
    clientDefaults: { id_token_signed_response_alg: "ES256" },
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (_, id) => accounts[id] && { accountId: id, claims: () => ({ sub: id, ...accounts[id] }) },
    loadExistingGrant: async (ctx) => {
      const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
      grant.addOIDCScope(ctx.oidc.params.scope);
      await grant.save();
      return grant;
    },
  });
  const answer = provider.callback();
  serve = async (req, res) => {
    const uid = /^\/interaction\/([\w-]+)$/.exec(req.url)?.[1];
    if (!uid) return answer(req, res);
    if (req.method !== "POST") {
      res.setHeader("content-type", "text/html; charset=utf-8");
      return res.end(page(uid));
    }
    const form = await body(req);
    const result = form.get("account") === "" ? { error: "access_denied", error_description: "the person went away" }
      : { login: { accountId: form.get("account"), amr: form.get("amr").split(" "), remember: false } };
    return provider.interactionFinished(req, res, result, { mergeWithLastSubmission: false });
  };
  say("ready", { issuer, kid: key.kid });
}

const server = http.createServer((req, res) => serve(req, res).catch((err) => { res.statusCode = 500; res.end(String(err)); }));
server.listen(port, "127.0.0.1", () => {
  issuer = `http://127.0.0.1:${server.address().port}`;
  key = newKey();
  begin();
});

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const command = JSON.parse(line);
  if (command.rotate) key = newKey();
  ({ clients = clients, accounts = accounts } = command);
  begin();
}).on("close", () => process.exit(0));
