// Announces services by multicast DNS as a device does: answers questions for
// them over the interface given, and takes them back when told "bye".
//
// Bound to every address: by itself the library binds to that of the interface, and
// Linux gives what is sent to a group only to sockets bound to the group or to none.
const mdns = require("multicast-dns")({ interface: process.argv[2], bind: "0.0.0.0", loopback: true, ip: "224.0.0.251" });

const host = "press-7.local";
const name = "Press 7._opcua-tcp._tcp.local";
const records = (ttl) => [
  { name: "_opcua-tcp._tcp.local", type: "PTR", ttl, data: name },
  { name, type: "SRV", ttl, flush: true, data: { port: 4841, target: host } },
  { name, type: "TXT", ttl, flush: true, data: ["path=/press", "caps=LDS", "manufacturer=Acme", "model=P-1985", "serial=0017"] },
  { name: "_mqtt._tcp.local", type: "PTR", ttl, data: "broker._mqtt._tcp.local" },
  { name: "broker._mqtt._tcp.local", type: "SRV", ttl, flush: true, data: { port: 1884, target: host } },
  { name: host, type: "A", ttl, flush: true, data: process.argv[2] },
];

mdns.on("query", (q) => {
  if (!q.questions.some((x) => x.name === "_opcua-tcp._tcp.local")) return;
  console.log(JSON.stringify({ event: "asked" }));
  mdns.respond({ answers: records(120) });
});
mdns.on("ready", () => console.log(JSON.stringify({ event: "ready" })));
process.stdin.on("data", () => mdns.respond({ answers: records(0) }, () => console.log(JSON.stringify({ event: "gone" }))));
process.stdin.on("end", () => process.exit(0));
