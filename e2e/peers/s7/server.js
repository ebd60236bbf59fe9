// An S7 controller made of the npm package node-snap7 (the snap7 library): the
// foreign party of connect/s7.
//
// node server.js PORT
//
// DB 1 has 512 bytes with values of every type, encoded here; DB 2 has 4096
// bytes, each byte its address modulo 251; inputs, outputs and flags have 64
// bytes, timer 0 and counter 0 are there. Other blocks do not exist. Commands
// come as JSON lines on standard input, what happens goes as JSON lines to
// standard output.
const readline = require("readline");
const snap7 = require("node-snap7");

const [port] = process.argv.slice(2);
const say = (event, more = {}) => console.log(JSON.stringify({ event, ...more }));

const db1 = Buffer.alloc(512);
db1.writeUInt8(0b1000_1001, 0);
db1.writeUInt8(200, 1);
db1.writeInt8(-5, 2);
db1.writeInt16BE(-1234, 4);
db1.writeUInt16BE(65535, 6);
db1.writeInt32BE(-70000, 8);
db1.writeUInt32BE(4000000000, 12);
db1.writeFloatBE(1000.5, 16);
db1.writeDoubleBE(-0.1, 24);
db1.writeBigInt64BE(-(2n ** 53n - 1n), 32);
db1.writeBigUInt64BE(2n ** 64n - 1n, 40);
db1.writeInt32BE(-1500, 48); // TIME
db1.writeUInt16BE(0x1250, 52); // S5TIME: 250 × 100 ms
db1.writeUInt16BE(13333, 54); // DATE: 2026-07-04
db1.writeUInt32BE(45296789, 56); // TIME_OF_DAY: 12:34:56.789
Buffer.from("2607041234567897", "hex").copy(db1, 60); // DATE_AND_TIME, a Saturday
db1.writeUInt16BE(2026, 68); // DTL
Buffer.from([7, 4, 7, 12, 34, 56]).copy(db1, 70);
db1.writeUInt32BE(789000000, 76);
db1.write("\x14\x05CNC-7", 80, "latin1"); // STRING[20]
Buffer.from([20, 4, 0xc4, 0xa5, 0xb4, 0xb2]).copy(db1, 102); // STRING[20] in GB 18030: 磨床
db1.writeUInt16BE(10, 124); // WSTRING[10]
db1.writeUInt16BE(2, 126);
Buffer.from([0x78, 0xe8, 0x5e, 0x8a]).copy(db1, 128); // 磨床
db1.write("AB12    ", 148, "latin1"); // CHAR[8]
db1.writeUInt8(3, 160); // a STRING that cannot be: 9 characters of 3
db1.writeUInt8(9, 161);
db1.writeUInt16BE(0x3abc, 170); // no S5TIME
db1.writeUInt8(254, 200); // STRING[254] over more than one PDU of 240
db1.writeUInt8(250, 201);
db1.fill("x", 202, 452);

const db2 = Buffer.alloc(4096, 0);
for (let i = 0; i < db2.length; i++) db2[i] = i % 251;
const flags = Buffer.alloc(64);
flags.writeUInt16BE(4711, 10);
flags[20] = 0x08;
const inputs = Buffer.alloc(64);
inputs.writeUInt16BE(1, 0);
const outputs = Buffer.alloc(64);
outputs[4] = 0x5a;
const timers = Buffer.alloc(8);
timers.writeUInt16BE(0x2123, 0); // 123 × 1 s
const counters = Buffer.alloc(8);
counters.writeUInt16BE(0x0456, 0);

const s = new snap7.S7Server();
s.SetResourceless(false);
s.RegisterArea(s.srvAreaDB, 1, db1);
s.RegisterArea(s.srvAreaDB, 2, db2);
s.RegisterArea(s.srvAreaMK, flags);
s.RegisterArea(s.srvAreaPE, inputs);
s.RegisterArea(s.srvAreaPA, outputs);
s.RegisterArea(s.srvAreaTM, timers);
s.RegisterArea(s.srvAreaCT, counters);
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
  if (c.op === "get") say("got", { hex: s.GetArea(s.srvAreaDB, c.db).toString("hex", c.at, c.at + c.count) });
});
