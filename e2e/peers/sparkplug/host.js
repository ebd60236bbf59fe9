// A Sparkplug B host made of the npm packages mqtt and sparkplug-payload: the
// foreign party of north.
//
// node host.js URL GROUP
//
// Every message of the group goes as a JSON line to standard output. Commands
// come as JSON lines on standard input: {"op":"rebirth","edge"},
// {"op":"state","host","online","old"}. User and password come by MQTT_USER and
// MQTT_PASSWORD, the CA's file by MQTT_CA.
const fs = require("fs");
const readline = require("readline");
const mqtt = require("mqtt");
const payloads = require("sparkplug-payload").get("spBv1.0");

const [url, group] = process.argv.slice(2);
const plain = (_, v) => (typeof v === "bigint" || (v && v.constructor && v.constructor.name === "Long") ? Number(v) : v);
const say = (event, more = {}) => console.log(JSON.stringify({ event, ...more }, plain));

const client = mqtt.connect(url, {
  clientId: `host-${process.pid}`, username: process.env.MQTT_USER, password: process.env.MQTT_PASSWORD, reconnectPeriod: 100,
  ca: process.env.MQTT_CA ? fs.readFileSync(process.env.MQTT_CA) : undefined, resubscribe: false,
});
client.on("connect", () => client.subscribe([`spBv1.0/${group}/#`], { qos: 1 }, (err) => (err ? say("error", { message: err.message }) : say("listening"))));
client.on("error", (err) => say("error", { message: err.message }));
client.on("message", (topic, raw) => {
  const [, , kind, edge, device] = topic.split("/");
  if (kind === "NCMD" || kind === "DCMD") return;
  const p = payloads.decodePayload(raw);
  say("message", { kind, edge, device: device || "", seq: p.seq, metrics: p.metrics || [] });
});

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const c = JSON.parse(line);
  switch (c.op) {
    case "rebirth":
      client.publish(`spBv1.0/${group}/NCMD/${c.edge}`, Buffer.from(payloads.encodePayload({
        timestamp: Date.now(), metrics: [{ name: "Node Control/Rebirth", type: "Boolean", value: true }],
      })), { qos: 0 });
      break;
    case "state":
      if (c.old) client.publish(`STATE/${c.host}`, c.online ? "ONLINE" : "OFFLINE", { qos: 1, retain: true });
      else client.publish(`spBv1.0/STATE/${c.host}`, JSON.stringify({ online: c.online, timestamp: Date.now() }), { qos: 1, retain: true });
      break;
  }
});
