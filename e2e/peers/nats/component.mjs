// A component as a service elsewhere, made of the NATS project's own client for Node.js.
//
// node nats/component.mjs
//
// The first line of standard input is JSON: {"server", "seed", "series"}: nats://HOST:PORT,
// the seed of an NKey of the user kind, and the component it answers for. Without a seed it
// makes a key and says {"event": "key", "seed", "public"}. It says {"event": "ready"} when it
// listens and {"event": "refused", "why"} when it may not, then {"event": "asked"} for each
// request. Further lines say how it behaves: {"do": "answer" | "hang" | "garbage" | "decline"}.
import readline from "node:readline";
import { connect, nkeyAuthenticator, nkeys } from "@nats-io/transport-node";

const say = (event, more = {}) => console.log(JSON.stringify({ event, ...more }));
let how = "answer";
let begun = false;

async function begin({ server, seed, series, listen }) {
  if (!seed) {
    const pair = nkeys.createUser();
    say("key", { seed: new TextDecoder().decode(pair.getSeed()), public: pair.getPublicKey() });
    return;
  }
  let nc;
  try {
    nc = await connect({ servers: server, authenticator: nkeyAuthenticator(new TextEncoder().encode(seed)), reconnect: false, timeout: 5000 });
  } catch (err) {
    say("refused", { why: String(err) });
    return;
  }
  void nc.closed().then((err) => say("closed", { why: String(err ?? "") }));
  void (async () => { for await (const s of nc.status()) if (s.type === "error") say("denied", { why: String(s.error) }); })();
  nc.subscribe(listen ?? `component.${series}`, {
    callback: (err, m) => {
      if (err) return say("denied", { why: String(err) });
      const q = m.json();
      say("asked", { ping: q.ping === true });
      if (how === "hang") return;
      if (how === "garbage") return void m.respond("not JSON");
      if (q.ping) return void m.respond(JSON.stringify({ pong: true }));
      if (how === "decline") return void m.respond(JSON.stringify({ error: "too cold for the model" }));
      const good = q.inputs[0].values.filter((v) => v !== null);
      m.respond(JSON.stringify({ outputs: { [q.outputs[0].name]: { value: good.reduce((a, b) => a + b, 0) / good.length, quality: good.length < q.inputs[0].values.length ? "uncertain" : "good" } } }));
    },
  });
  await nc.flush();
  say("ready");
}

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const said = JSON.parse(line);
  if (said.do) {
    how = said.do;
    say("behaves", { how });
    return;
  }
  if (begun && said.seed === undefined) return;
  begun = true;
  void begin(said);
});
process.stdin.on("end", () => process.exit(0));
