// An OPC UA machine with set points, made of the npm package node-opcua: the
// foreign party of shop/control.
//
// node setpoints.js PORT PKI_FOLDER
//
// Commands come as JSON lines on standard input, what happens goes as JSON
// lines to standard output: what a client writes is said as "written". All of
// that is kept in the file SETPOINTS_LOG with ".opcua" behind it, where there is
// one.
const fs = require("fs");
const readline = require("readline");
const { OPCUAServer, OPCUACertificateManager, Variant, DataType, DataValue, StatusCodes, MessageSecurityMode, SecurityPolicy } = require("node-opcua");

const [port, pki] = process.argv.slice(2);
const clamp = 100;
let writes = 0;
const say = (event, more = {}) => console.log(JSON.stringify({ event, ...more }));

(async () => {
  const certificates = new OPCUACertificateManager({ automaticallyAcceptUnknownCertificate: true, rootFolder: pki });
  await certificates.initialize();
  const server = new OPCUAServer({
    port: Number(port), hostname: "127.0.0.1", resourcePath: "/UA/SetPoints", serverCertificateManager: certificates,
    securityPolicies: [SecurityPolicy.None], securityModes: [MessageSecurityMode.None], allowAnonymous: true,
  });
  await server.initialize();
  const space = server.engine.addressSpace;
  const ns = space.registerNamespace("urn:zhigai.test:setpoints");
  const machine = ns.addObject({ organizedBy: space.rootFolder.objects, browseName: "Machine", nodeId: "s=Machine" });

  const values = { feed: 1000, clamped: 50, doomed: 0, guard: true, mode: 1, program: "P-1", level: 1.5, lamp: false };
  const types = { feed: "Int16", clamped: "UInt16", doomed: "UInt16", guard: "Boolean", mode: "Byte", program: "String", level: "Float", lamp: "Boolean" };
  let hidden = "";
  for (const name of Object.keys(values)) {
    const dataType = DataType[types[name]];
    ns.addVariable({
      componentOf: machine, browseName: name, nodeId: `s=${name}`, dataType: types[name], minimumSamplingInterval: 50,
      value: {
        timestamped_get: () => hidden === name
          ? new DataValue({ statusCode: StatusCodes.BadNoCommunication, sourceTimestamp: new Date() })
          : new DataValue({ value: new Variant({ dataType, value: values[name] }), sourceTimestamp: new Date() }),
        timestamped_set: async (dv) => {
          writes++;
          say("written", { name, value: dv.value.value });
          if (process.env.SETPOINTS_LOG) fs.appendFileSync(`${process.env.SETPOINTS_LOG}.opcua`, `${JSON.stringify({ name, value: dv.value.value })}\n`);
          if (name === "doomed") process.exit(0); // the plug is pulled before the answer
          values[name] = name === "clamped" ? Math.min(dv.value.value, clamp) : dv.value.value;
          return StatusCodes.Good;
        },
      },
    });
  }

  readline.createInterface({ input: process.stdin }).on("line", (line) => {
    const c = JSON.parse(line);
    switch (c.op) {
      case "set":
        values[c.name] = typeof values[c.name] === "boolean" ? !!c.value : c.value;
        say("set");
        break;
      case "hide":
        hidden = c.name;
        say("hidden");
        break;
      case "forget":
        writes = 0;
        say("forgotten");
        break;
      case "writes":
        say("writes", { n: writes });
        break;
      case "get":
        say("got", { value: values[c.name] });
        break;
    }
  }).on("close", () => process.exit(0));

  await server.start();
  say("listening");
})().catch((e) => { console.error(e); process.exit(1); });
