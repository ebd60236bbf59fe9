// A FINS client made of the npm package omron-fins: it reads and writes what
// connect/fins/frame serves.
//
// node client.js PORT udp|tcp
//
// Commands come as JSON lines on standard input: {"op":"read","address":…,
// "count":…}, {"op":"many","addresses":…}, {"op":"write","address":…,"data":[…]}
// and {"op":"who"}.
const readline = require("readline");
const fins = require("omron-fins");

const [port, protocol] = process.argv.slice(2);
const say = (event, more = {}) => console.log(JSON.stringify({ event, ...more }));

const c = fins.FinsClient(Number(port), "127.0.0.1", { protocol, timeout: 5000, SA1: protocol === "udp" ? 1 : 0, DA1: protocol === "udp" ? 1 : 0 });
c.on("open", () => say("open"));
c.on("error", (err) => say("failed", { error: String(err) }));

const done = (event) => (err, msg) => {
  const r = (msg && msg.response) || {};
  say(event, { error: err ? String(err) : "", end: r.endCode, values: r.values === undefined ? r.result : r.values });
};
readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const q = JSON.parse(line);
  if (q.op === "read") c.read(q.address, q.count, done("read"));
  if (q.op === "many") c.readMultiple(q.addresses, done("many"));
  if (q.op === "write") c.write(q.address, q.data, done("written"));
  if (q.op === "who") c.cpuUnitDataRead(done("who"));
});
