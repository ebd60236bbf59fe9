// A client of the MC protocol made of the npm package mcprotocol, the foreign
// party of our simulated Mitsubishi stations.
//
// node client.js HOST PORT ascii|binary octal|decimal
//
// Commands come as JSON lines on standard input: {"op":"read","items":["D0,2"]}
// and {"op":"write","item":"D0","value":7}; what happens goes as JSON lines to
// standard output.
//
// It numbers X and Y in decimal or octal, never in hexadecimal. It takes every
// answer to a 3E write for a failure, because it looks for the first byte of a 1E
// answer: whether a write arrived is read back. In binary code it writes the
// subcommand of bits with its bytes swapped, which no station knows; in ASCII it
// reads and writes single words only.
const readline = require("readline");
const MC = require("mcprotocol");

const [host, port, code, numbers] = process.argv.slice(2);
const log = console.log;
console.log = () => {}; // the library's chatter
const say = (event, more = {}) => log(JSON.stringify({ event, ...more }));

const plc = new MC();
plc.setTranslationCB((tag) => tag);
plc.initiateConnection({ host, port: Number(port), ascii: code === "ascii", frame: "3E", octalInputOutput: numbers === "octal" }, (err) => {
  if (err) {
    say("refused", { message: String(err) });
    return;
  }
  say("connected");
});

// Items are only ever added: taking one away makes the library fall over.
const reading = new Set();
readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const c = JSON.parse(line);
  if (c.op === "read") {
    const more = c.items.filter((item) => !reading.has(item));
    more.forEach((item) => reading.add(item));
    if (more.length) plc.addItems(more);
    plc.readAllItems((bad, values) => say("values", { bad: Boolean(bad), values }));
  } else if (c.op === "write") {
    plc.writeItems(c.item, c.value, (bad) => say("written", { bad: Boolean(bad) }));
  }
});
