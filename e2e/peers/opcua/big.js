// An OPC UA server made of node-opcua with many nodes: FOLDERS folders of SIGNALS
// variables each.
//
// node big.js PORT PKI_FOLDER FOLDERS SIGNALS
//
// A line {"op":"tick"} on standard input changes every value once.
const readline = require("readline");
const { OPCUAServer, OPCUACertificateManager, Variant, DataType, MessageSecurityMode, SecurityPolicy } = require("node-opcua");

const [port, pki, folders, signals] = process.argv.slice(2);
const say = (event, more = {}) => console.log(JSON.stringify({ event, ...more }));

(async () => {
  const certificates = new OPCUACertificateManager({ automaticallyAcceptUnknownCertificate: true, rootFolder: pki });
  await certificates.initialize();
  const server = new OPCUAServer({
    port: Number(port), hostname: "127.0.0.1", serverCertificateManager: certificates,
    securityPolicies: [SecurityPolicy.None], securityModes: [MessageSecurityMode.None], allowAnonymous: true,
  });
  await server.initialize();
  const space = server.engine.addressSpace;
  const ns = space.registerNamespace("urn:zhigai.test:big");
  const all = [];
  for (let f = 0; f < Number(folders); f++) {
    const folder = ns.addFolder(space.rootFolder.objects, { browseName: `F${f}`, nodeId: `s=F${f}` });
    for (let i = 0; i < Number(signals); i++) {
      const v = ns.addVariable({ componentOf: folder, browseName: `V${i}`, nodeId: `s=F${f}.V${i}`, dataType: "Double", minimumSamplingInterval: 100 });
      v.setValueFromSource(new Variant({ dataType: DataType.Double, value: i }));
      all.push(v);
    }
  }
  let round = 0;
  readline.createInterface({ input: process.stdin }).on("line", () => {
    round += 1;
    all.forEach((v, i) => v.setValueFromSource(new Variant({ dataType: DataType.Double, value: (i % Number(signals)) + round * 1e6 })));
    say("ticked", { round });
  }).on("close", () => process.exit(0));
  await server.start();
  say("listening");
})().catch((e) => { console.error(e); process.exit(1); });
