// A client of Logix controllers made of the npm package st-ethernet-ip, the
// foreign party of our simulated controller.
//
// node client.js HOST PORT connected|unconnected
//
// Commands come as JSON lines on standard input: {"op":"read","tag":"A","program":"Main"},
// {"op":"group","tags":["A","B"]}, {"op":"write","tag":"A","value":7,"type":"REAL"} and
// {"op":"list"}; what happens goes as JSON lines to standard output.
const readline = require("readline");
const config = require("st-ethernet-ip/dist/config");
const { Controller, Tag, TagGroup, TagList } = require("st-ethernet-ip");
const { CIP } = require("st-ethernet-ip/dist/enip");

const [host, port, mode] = process.argv.slice(2);
const say = (event, more = {}) => console.log(JSON.stringify({ event, ...more }));
config.EIP_PORT = Number(port);
const plc = new Controller(mode === "connected");
const types = CIP.DataTypes.Types;

async function obey(c) {
  switch (c.op) {
    case "read": {
      const tag = new Tag(c.tag, c.program || null);
      await plc.readTag(tag);
      return { value: tag.value };
    }
    case "group": {
      const group = new TagGroup();
      const tags = c.tags.map((name) => new Tag(name));
      tags.forEach((t) => group.add(t));
      await plc.readTagGroup(group);
      return { values: tags.map((t) => t.value) };
    }
    case "write": {
      const tag = new Tag(c.tag, c.program || null, types[c.type]);
      await plc.readTag(tag);
      tag.value = c.value;
      await plc.writeTag(tag);
      return {};
    }
    case "list": {
      const list = new TagList();
      await plc.getControllerTagList(list);
      return { names: list.tags.map((t) => (t.program ? `Program:${t.program}.${t.name}` : t.name)) };
    }
  }
}

const text = (e) => (e && e.message) || JSON.stringify(e);
plc
  .connect(host, 0, false)
  .then(() => plc.readControllerProps().catch((e) => say("props", { message: text(e) })))
  .then(() => say("connected", { name: plc.properties && plc.properties.name }))
  .catch((e) => say("refused", { message: text(e) }));
readline.createInterface({ input: process.stdin }).on("line", async (line) => {
  const c = JSON.parse(line);
  try {
    say("done", await obey(c));
  } catch (e) {
    say("done", { error: text(e) });
  }
});
