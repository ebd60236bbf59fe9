// An S7 controller with set points, made of the npm package node-snap7 (the
// snap7 library): the foreign party of shop/control.
//
// node setpoints.js PORT
//
// All stands in DB 1. Commands come as JSON lines on standard input, what
// happens goes as JSON lines to standard output: what a client writes is said
// as "written". All of that is kept in the file SETPOINTS_LOG with ".s7" behind
// it, where there is one.
const fs = require("fs");
const readline = require("readline");
const snap7 = require("node-snap7");

const [port] = process.argv.slice(2);
let writes = 0;
const say = (event, more = {}) => console.log(JSON.stringify({ event, ...more }));

const places = { feed: 0, clamped: 2, doomed: 4, guard: 6, lamp: 7, mode: 8, level: 10, program: 14 };
const clamp = 100;
const bit = 0x01; // word length of a tag that is one bit; its start counts bits
const db = Buffer.alloc(64);
db.writeInt16BE(1000, 0);
db.writeUInt16BE(50, 2);
db[6] = 1;
db.writeUInt16BE(1, 8);
db.writeFloatBE(1.5, 10);
db.write("\x08\x03P-1", 14, "latin1"); // STRING[8]

const s = new snap7.S7Server();
s.SetResourceless(true);
s.on("readWrite", (sender, operation, tag, buffer, done) => {
  const at = tag.WordLen === bit ? tag.Start >> 3 : tag.Start;
  const end = at + Math.max(1, tag.Size);
  if (operation === s.operationRead) {
    if (tag.WordLen === bit) return done(Buffer.from([(db[at] >> (tag.Start & 7)) & 1]));
    return done(db.subarray(at, end));
  }
  writes++;
  const name = Object.keys(places).find((n) => places[n] === at) || String(at);
  say("written", { name, hex: Buffer.from(buffer).toString("hex") });
  if (process.env.SETPOINTS_LOG) fs.appendFileSync(`${process.env.SETPOINTS_LOG}.s7`, `${JSON.stringify({ name, hex: Buffer.from(buffer).toString("hex") })}\n`);
  if (name === "doomed") process.exit(0); // the plug is pulled before the answer
  if (tag.WordLen === bit) db[at] = (db[at] & ~(1 << (tag.Start & 7))) | (buffer[0] << (tag.Start & 7));
  else buffer.copy(db, at);
  if (name === "clamped") db.writeUInt16BE(Math.min(db.readUInt16BE(2), clamp), 2);
  return done();
});
s.SetParam(s.LocalPort, Number(port));
s.StartTo("127.0.0.1", (err) => {
  if (err) {
    say("failed", { error: String(err) });
    process.exit(1);
  }
  say("listening");
});

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const c = JSON.parse(line);
  switch (c.op) {
    case "set":
      if (c.name === "guard") db[6] = c.value;
      else db.writeInt16BE(c.value, places[c.name]);
      say("set");
      break;
    case "hide": // a controller has no way to say that one of its variables is not known
      say("hidden");
      break;
    case "forget":
      writes = 0;
      say("forgotten");
      break;
    case "writes":
      say("writes", { n: writes });
      break;
  }
});
