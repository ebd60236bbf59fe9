// A Sparkplug B edge node made of the npm packages sparkplug-client and
// sparkplug-payload: the foreign party of connect/sparkplug.
//
// node edge.js URL GROUP NODE [DEVICE ...]
//
// Commands come as JSON lines on standard input, what happens goes as JSON
// lines to standard output. It answers rebirth requests and applies device
// commands unless told otherwise.
const readline = require("readline");
const sparkplug = require("sparkplug-client");

const [url, group, node, ...devices] = process.argv.slice(2);
const say = (event, more = {}) =>
  console.log(JSON.stringify({ event, ...more }, (_, v) => (typeof v === "bigint" || (v && v.constructor && v.constructor.name === "Long") ? Number(v) : v)));

// Every device begins with one metric of each type that is in use.
const machine = () => [
  { name: "Spindle/Speed", type: "Double", value: 1000.5, alias: 1 },
  { name: "Spindle/Load", type: "Float", value: 12.5, alias: 2 },
  { name: "Mode", type: "String", value: "AUTO", alias: 3 },
  { name: "Offset", type: "Int32", value: -5, alias: 4 },
  { name: "Count/Good", type: "Int64", value: 41, alias: 5 },
  { name: "Count/Huge", type: "UInt64", value: 9007199254740991, alias: 6 },
  { name: "Running", type: "Boolean", value: true, alias: 7 },
  { name: "Started", type: "DateTime", value: 1767225600000, alias: 8 },
  { name: "Blob", type: "Bytes", value: new Uint8Array([1, 2, 3]), alias: 9 },
  { name: "FeedOverride", type: "Int16", value: 100, alias: 10 },
];
const state = Object.fromEntries(devices.map((d) => [d, machine()]));
let answersRebirth = true;
let compress = undefined;

const client = sparkplug.newClient({
  serverUrl: url, username: process.env.MQTT_USER || "edge", password: process.env.MQTT_PASSWORD || "edge", groupId: group, edgeNode: node,
  clientId: `edge-${node}-${process.pid}`, version: "spBv1.0", publishDeath: true,
  keepalive: 5, mqttOptions: { reconnectPeriod: 200 },
});

function birth() {
  client.publishNodeBirth({
    timestamp: Date.now(),
    metrics: [
      { name: "Node Control/Rebirth", type: "Boolean", value: false },
      { name: "Uptime", type: "UInt32", value: Math.round(process.uptime()) },
    ],
  });
  for (const d of devices) {
    client.publishDeviceBirth(d, { timestamp: Date.now(), metrics: state[d].map((m) => ({ ...m })) }, compress);
  }
  say("born");
}

client.on("birth", birth);
client.on("close", () => say("closed"));
client.on("error", (e) => say("error", { message: e.message }));
client.on("ncmd", (p) => {
  const wanted = p.metrics.some((m) => m.name === "Node Control/Rebirth" && m.value);
  say("ncmd", { rebirth: wanted });
  if (wanted && answersRebirth) birth();
});
client.on("dcmd", (device, p) => {
  say("dcmd", { device, metrics: p.metrics.map((m) => ({ name: m.name, type: m.type, value: m.value })) });
  for (const m of p.metrics) {
    const own = (state[device] || []).find((x) => x.name === m.name);
    if (!own) continue;
    own.value = m.value;
    client.publishDeviceData(device, { timestamp: Date.now(), metrics: [{ name: own.name, type: own.type, value: own.value }] });
  }
});

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const c = JSON.parse(line);
  switch (c.op) {
    case "data": // {"op":"data","device":"CNC1","metrics":[{"name":...,"type":...,"value":...}]}
      for (const m of c.metrics) {
        const own = (state[c.device] || []).find((x) => x.name === m.name);
        if (own && !m.isHistorical) own.value = m.value;
      }
      client.publishDeviceData(c.device, { timestamp: Date.now(), metrics: c.metrics }, compress);
      break;
    case "skip": // a message that was lost on the way
      client.incrementSeqNum();
      break;
    case "deaf":
      answersRebirth = !c.on;
      break;
    case "compress":
      compress = c.on ? { compress: true } : undefined;
      break;
    case "birth":
      birth();
      break;
    case "device-death":
      client.publishDeviceDeath(c.device, { timestamp: Date.now() });
      break;
    case "raw":
      client.client.publish(c.topic, Buffer.from(c.hex, "hex"), { qos: c.qos || 0 });
      break;
    case "stop":
      client.stop();
      break;
  }
}).on("close", () => process.exit(0));
