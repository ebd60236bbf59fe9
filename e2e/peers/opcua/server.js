// An OPC UA server made of the npm package node-opcua: the foreign party of
// connect/opcua.
//
// node server.js PORT PKI_FOLDER
//
// Commands come as JSON lines on standard input, what happens goes as JSON
// lines to standard output. The user is op with the password secret. Many tests
// use one process: each has a machine of its own, whose name stands in "for" of
// its commands and events and before the names of its nodes. A test that wants
// another server, as after a restart, gets one in the same process.
const readline = require("readline");
const { setTimeout: sleep, setImmediate } = require("timers/promises");
const {
  OPCUAServer, OPCUACertificateManager, Variant, DataType, VariantArrayType, StatusCodes, MessageSecurityMode, SecurityPolicy, coerceLocalizedText,
} = require("node-opcua");

const [port, pki] = process.argv.slice(2);
const uri = "urn:zhigai.test:machine";
const say = (event, more = {}) => console.log(JSON.stringify({ event, ...more }));

// makeServer starts a server; extra namespaces are registered before the
// machines' own, so that its number changes.
async function makeServer(port, pki, extra = 0) {
  const certificates = new OPCUACertificateManager({ automaticallyAcceptUnknownCertificate: true, rootFolder: pki });
  await certificates.initialize();
  const server = new OPCUAServer({
    port: Number(port), hostname: "127.0.0.1", resourcePath: "/UA/Machine", serverCertificateManager: certificates,
    securityPolicies: [SecurityPolicy.None, SecurityPolicy.Basic256Sha256, SecurityPolicy.Aes256_Sha256_RsaPss],
    securityModes: [MessageSecurityMode.None, MessageSecurityMode.Sign, MessageSecurityMode.SignAndEncrypt],
    allowAnonymous: true, maxConnectionsPerEndpoint: 200, serverCapabilities: { maxSessions: 200 },
    userManager: { isValidUser: (user, password) => user === "op" && password === "secret" },
    buildInfo: { productName: "grinder", manufacturerName: "test maker", buildNumber: "1", buildDate: new Date(0) },
  });
  await server.initialize();
  const space = server.engine.addressSpace;
  for (let i = 0; i < extra; i++) space.registerNamespace(`urn:zhigai.test:extra${i}`);
  const ns = space.registerNamespace(uri);
  await server.start();
  return { server, space, ns, machines: {} };
}

// makeMachine adds the machine of a test.
function makeMachine({ space, ns, machines }, name) {
  if (machines[name]) return;
  const report = (event, more = {}) => say(event, { for: name, ...more });
  const machine = ns.addObject({ organizedBy: space.rootFolder.objects, browseName: `${name}Machine`, nodeId: `s=${name}Machine` });
  const variables = (machines[name] = {});
  const add = (short, dataType, value, { variant = { arrayType: VariantArrayType.Scalar }, ...more } = {}) => {
    const v = ns.addVariable({ componentOf: machine, browseName: short, nodeId: `s=${name}${short}`, dataType, minimumSamplingInterval: 50, ...more });
    v.setValueFromSource(new Variant({ dataType: DataType[dataType], value, ...variant }));
    variables[short] = { node: v, dataType: DataType[dataType], variant };
    return v;
  };
  add("Speed", "Double", 1000.5);
  add("Load", "Float", 12.5);
  add("Running", "Boolean", true);
  add("Small", "SByte", -5);
  add("Byte", "Byte", 200);
  add("Short", "Int16", -1234);
  add("Word", "UInt16", 65535);
  add("Int", "Int32", -70000);
  add("Long", "Int64", [0, 41]);
  add("Huge", "UInt64", [0x200000, 1]); // 2^53 + 1
  add("Mode", "String", "AUTO");
  add("Title", "LocalizedText", coerceLocalizedText("磨床"));
  add("Started", "DateTime", new Date(Date.UTC(2026, 0, 1)));
  add("Bytes", "ByteString", Buffer.from([1, 2, 255]));
  add("Array", "Double", [1, 2, 3], { valueRank: 1, variant: { arrayType: VariantArrayType.Array } });
  const doubtful = add("Probe", "Double", 1);
  doubtful.setValueFromSource(new Variant({ dataType: DataType.Double, value: 1 }), StatusCodes.Uncertain, new Date());

  // A set point the machine applies, and one it refuses.
  let feed = 100;
  ns.addVariable({
    componentOf: machine, browseName: "Feed", nodeId: `s=${name}Feed`, dataType: "Int16", minimumSamplingInterval: 50,
    value: {
      get: () => new Variant({ dataType: DataType.Int16, value: feed }),
      set: (v) => { feed = v.value; report("written", { name: "Feed", value: v.value }); return StatusCodes.Good; },
    },
  });
  ns.addVariable({
    componentOf: machine, browseName: "Locked", nodeId: `s=${name}Locked`, dataType: "Double",
    value: { get: () => new Variant({ dataType: DataType.Double, value: 1 }), set: () => StatusCodes.BadUserAccessDenied },
  });

  // A value whose past the server keeps.
  const past = add("Past", "Double", 0);
  space.installHistoricalDataNode(past, { maxOnlineValues: 10000 });

  // Methods: one with arguments of several types, one without, one that refuses.
  const start = ns.addMethod(machine, {
    browseName: "StartProgram",
    inputArguments: [{ name: "Program", dataType: DataType.String }, { name: "Parts", dataType: DataType.UInt16 }, { name: "Dry", dataType: DataType.Boolean }],
    outputArguments: [{ name: "Job", dataType: DataType.UInt32 }, { name: "Message", dataType: DataType.String }],
  });
  start.bindMethod((args, _context, done) => {
    const [program, parts, dry] = args.map((a) => a.value);
    if (parts === 0) return done(null, { statusCode: StatusCodes.BadInvalidArgument, inputArgumentResults: [StatusCodes.Good, StatusCodes.BadOutOfRange, StatusCodes.Good] });
    report("called", { program, parts, dry });
    done(null, { statusCode: StatusCodes.Good, outputArguments: [{ dataType: DataType.UInt32, value: 77 }, { dataType: DataType.String, value: `${program} x ${parts}` }] });
  });
  ns.addMethod(machine, { browseName: "Reset" }).bindMethod((_args, _context, done) => {
    report("called", { program: "reset" });
    done(null, { statusCode: StatusCodes.Good });
  });

}

(async () => {
  const servers = [await makeServer(port, pki)];
  const counting = {};
  const set = (v, value, ...status) => v.node.setValueFromSource(new Variant({ dataType: v.dataType, value, ...v.variant }), ...status);
  readline.createInterface({ input: process.stdin }).on("line", async (line) => {
    const c = JSON.parse(line);
    const report = (event, more = {}) => say(event, { for: c.for, ...more });
    const at = servers[c.server || 0];
    const v = at && at.machines[c.for] && at.machines[c.for][c.name];
    switch (c.op) {
      case "machine": // {"op":"machine","for":"T1."}
        makeMachine(at, c.for);
        report("made");
        break;
      case "server": // {"op":"server","for":"T1.","port":1,"pki":"dir","extra":3}: another one, its number is told
        servers.push(await makeServer(c.port, c.pki, c.extra));
        makeMachine(servers.at(-1), c.for);
        report("started", { server: servers.length - 1 });
        break;
      case "set": // {"op":"set","for":"T1.","name":"Speed","value":1}
        set(v, c.value);
        break;
      case "status": // {"op":"status","for":"T1.","name":"Speed","status":"BadSensorFailure"}
        set(v, c.value || 0, StatusCodes[c.status], new Date());
        break;
      case "count": { // {"op":"count","for":"T1.","name":"Speed","ms":100,"from":1,"n":20}: a number higher at each step
        const run = (counting[c.for] = {}); // the run before ends
        for (let n = 0; n < c.n && counting[c.for] === run; n++) {
          set(v, c.from + n);
          // Timers and what they put off have their turn several times, so that a
          // busy process has sampled every number.
          for (let turn = 0; turn < 3; turn++) {
            await sleep(c.ms / 3);
            await setImmediate();
          }
        }
        if (counting[c.for] === run) report("counted");
        break;
      }
      case "namespace": // {"op":"namespace","for":"T1.","uri":"urn:x"}: one more
        at.space.registerNamespace(c.uri);
        report("registered");
        break;
      case "stop": // an orderly end
        await at.server.shutdown(0);
        report("stopped");
        break;
    }
  }).on("close", () => process.exit(0));
  say("listening", { endpoint: servers[0].server.getEndpointUrl() });
})().catch((e) => { console.error(e); process.exit(1); });
