// An OPC UA server made of node-opcua whose machines follow companion
// specifications, from the node sets that the package ships.
//
// node companion.js PORT PKI_FOLDER [EXTRA_NAMESPACES]
//
// Extra namespaces are registered before the machines' own, so that its number
// changes. Node sets are loaded in an order in which each finds those it needs.
const {
  OPCUAServer, OPCUACertificateManager, Variant, DataType, MessageSecurityMode, SecurityPolicy, nodesets,
} = require("node-opcua");

const [port, pki, extra] = process.argv.slice(2);
const say = (event, more = {}) => console.log(JSON.stringify({ event, ...more }));

(async () => {
  const certificates = new OPCUACertificateManager({ automaticallyAcceptUnknownCertificate: true, rootFolder: pki });
  await certificates.initialize();
  const server = new OPCUAServer({
    port: Number(port), hostname: "127.0.0.1", serverCertificateManager: certificates,
    securityPolicies: [SecurityPolicy.None], securityModes: [MessageSecurityMode.None], allowAnonymous: true,
    nodeset_filename: [nodesets.standard, nodesets.di, nodesets.ia, nodesets.machinery, nodesets.isa95JobControl, nodesets.machineryJobs,
      nodesets.machineTool, nodesets.packML, nodesets.robotics, nodesets.cnc],
  });
  await server.initialize();
  const space = server.engine.addressSpace;
  for (let i = 0; i < Number(extra || 0); i++) space.registerNamespace(`urn:zhigai.test:extra${i}`);
  const ns = space.registerNamespace("urn:zhigai.test:hall");
  const index = (uri) => space.getNamespaceIndex(uri);
  const type = (uri, name) => space.findObjectType(name, index(uri));
  const machinery = index("http://opcfoundation.org/UA/Machinery/");
  const machines = space.rootFolder.objects.getFolderElementByName("Machines", machinery) || space.rootFolder.objects.getComponentByName("Machines", machinery);

  // A machine tool (OPC 40501-1), twice in the hall.
  for (const name of ["CNC-01", "CNC-02"]) {
    const tool = type("http://opcfoundation.org/UA/MachineTool/", "MachineToolType").instantiate({
      browseName: { name, namespaceIndex: ns.index }, namespace: ns, organizedBy: machines,
    });
    const program = find(tool, ["Production", "ActiveProgram", "NumberInList"]);
    program.setValueFromSource(new Variant({ dataType: DataType.UInt16, value: name === "CNC-01" ? 7 : 8 }));
    const serial = find(tool, ["Identification", "SerialNumber"]);
    serial.setValueFromSource(new Variant({ dataType: DataType.String, value: name + "-4711" }));
  }
  // A packing machine (OPC 30050), below a folder of its maker.
  const packing = ns.addFolder(space.rootFolder.objects, { browseName: "Packing" });
  const packer = type("http://opcfoundation.org/UA/PackML/", "PackMLBaseObjectType").instantiate({ browseName: { name: "Packer", namespaceIndex: ns.index }, namespace: ns, organizedBy: packing });
  find(packer, ["Status", "CurMachSpeed"]).setValueFromSource(new Variant({ dataType: DataType.Float, value: 42.5 }));
  // A robot cell (OPC 40010-1) whose type is derived by its maker.
  const own = ns.addObjectType({ browseName: "MakersRobotType", subtypeOf: type("http://opcfoundation.org/UA/Robotics/", "MotionDeviceSystemType") });
  own.instantiate({ browseName: { name: "Robot-1", namespaceIndex: ns.index }, organizedBy: packing });
  // A press that only says what it is (OPC 40001-1).
  const press = ns.addObject({ browseName: "Press-1", organizedBy: machines });
  type("http://opcfoundation.org/UA/Machinery/", "MachineIdentificationType").instantiate({
    browseName: { name: "Identification", namespaceIndex: index("http://opcfoundation.org/UA/DI/") }, namespace: ns, componentOf: press,
  });
  process.stdin.on("close", () => process.exit(0)).resume();
  await server.start();
  say("listening", { namespaces: space.getNamespaceArray().map((n) => n.namespaceUri) });
})().catch((e) => { console.error(e); process.exit(1); });

function find(node, way) {
  return way.reduce((at, name) => {
    const next = at.findReferencesExAsObject("HierarchicalReferences").find((n) => n.browseName.name === name);
    if (!next) throw new Error(`${at.browseName} has no ${name}; it has ${at.findReferencesExAsObject("HierarchicalReferences").map((n) => n.browseName.toString())}`);
    return next;
  }, node);
}
