// An S7 client made of the npm package nodes7: it reads and writes what
// connect/s7/pdu serves.
//
// node client.js PORT RACK SLOT
//
// Commands come as JSON lines on standard input: {"op":"read","items":[…]} and
// {"op":"write","item":…,"value":…}, with addresses as nodes7 writes them.
const readline = require("readline");
const NodeS7 = require("nodes7");

const [port, rack, slot] = process.argv.slice(2).map(Number);
const say = (event, more = {}) => console.log(JSON.stringify({ event, ...more }));

const c = new NodeS7({ silent: true });
c.initiateConnection({ port, host: "127.0.0.1", rack, slot, timeout: 5000 }, (err) => {
  if (err) return say("failed", { error: String(err) });
  say("connected");
});

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const q = JSON.parse(line);
  if (q.op === "read") {
    c.removeItems();
    c.addItems(q.items);
    c.readAllItems((bad, values) => say("read", { bad: Boolean(bad), values }));
  }
  if (q.op === "write") c.writeItems(q.item, q.value, (bad) => say("written", { bad: Boolean(bad) }));
});
