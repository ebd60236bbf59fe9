// An OPC UA server made of node-opcua whose machines follow companion
// specifications, from the node sets that the package ships.
//
// node companion.js PORT PKI_FOLDER [EXTRA_NAMESPACES [turned]]
//
// Extra namespaces are registered before the machines' own, so that its number
// changes. Node sets are loaded in an order in which each finds those it needs;
// "turned" is another such order, in which all have other numbers; then the
// first machine tool has stopped and the second made parts, so that one sees
// which server it is.
const {
  OPCUAServer, OPCUACertificateManager, Variant, DataType, LocalizedText, MessageSecurityMode, SecurityPolicy, nodesets,
} = require("node-opcua");

const [port, pki, extra, order] = process.argv.slice(2);
const usual = [nodesets.standard, nodesets.di, nodesets.ia, nodesets.machinery, nodesets.isa95JobControl, nodesets.machineryJobs,
  nodesets.machineTool, nodesets.packML, nodesets.robotics, nodesets.cnc];
const turned = [nodesets.standard, nodesets.packML, nodesets.di, nodesets.cnc, nodesets.robotics, nodesets.ia, nodesets.machinery,
  nodesets.isa95JobControl, nodesets.machineryJobs, nodesets.machineTool];
const say = (event, more = {}) => console.log(JSON.stringify({ event, ...more }));

(async () => {
  const certificates = new OPCUACertificateManager({ automaticallyAcceptUnknownCertificate: true, rootFolder: pki });
  await certificates.initialize();
  const server = new OPCUAServer({
    port: Number(port), hostname: "127.0.0.1", serverCertificateManager: certificates,
    securityPolicies: [SecurityPolicy.None], securityModes: [MessageSecurityMode.None], allowAnonymous: true,
    nodeset_filename: order === "turned" ? turned : usual,
  });
  await server.initialize();
  const space = server.engine.addressSpace;
  for (let i = 0; i < Number(extra || 0); i++) space.registerNamespace(`urn:zhigai.test:extra${i}`);
  const ns = space.registerNamespace("urn:zhigai.test:hall");
  const index = (uri) => space.getNamespaceIndex(uri);
  const type = (uri, name) => space.findObjectType(name, index(uri));
  const machinery = index("http://opcfoundation.org/UA/Machinery/");
  const machines = space.rootFolder.objects.getFolderElementByName("Machines", machinery) || space.rootFolder.objects.getComponentByName("Machines", machinery);

  const MACHINERY = "http://opcfoundation.org/UA/Machinery/", TOOL = "http://opcfoundation.org/UA/MachineTool/";
  const PACKML = "http://opcfoundation.org/UA/PackML/", ROBOTICS = "http://opcfoundation.org/UA/Robotics/";
  const set = (node, way, dataType, value) => find(node, way).setValueFromSource(new Variant({ dataType, value }));
  const plate = (node, maker, model, serial) => {
    set(node, ["Manufacturer"], DataType.LocalizedText, new LocalizedText({ text: maker }));
    set(node, ["SerialNumber"], DataType.String, serial);
    if (model) set(node, ["Model"], DataType.LocalizedText, new LocalizedText({ text: model }));
  };
  // The machine's state is a node of the type; the text may be in any language.
  const state = (node, way, stateOf, name, text, number) => {
    set(node, [...way, "CurrentState"], DataType.LocalizedText, new LocalizedText({ text }));
    set(node, [...way, "CurrentState", "Id"], DataType.NodeId, find(stateOf, [name]).nodeId);
    if (number !== undefined) set(node, [...way, "CurrentState", "Number"], DataType.UInt32, number);
  };

  // A machine tool (OPC 40501-1), twice in the hall; the second has only what
  // the specification wants of all.
  for (const name of ["CNC-01", "CNC-02"]) {
    const first = name === "CNC-01", running = first === (order !== "turned"), words = running ? ["Running", "Läuft", 1] : ["Interrupted", "Unterbrochen", 3];
    const tool = type(TOOL, "MachineToolType").instantiate({
      browseName: { name, namespaceIndex: ns.index }, namespace: ns, organizedBy: machines,
      optionals: first ? ["Identification.Model", "Production.Statistics", "Production.Statistics.PartsProducedInLifetime", "Monitoring.MachineTool.FeedOverride",
        "MachineryBuildingBlocks", "MachineryBuildingBlocks.MachineryItemState"] : [],
    });
    set(tool, ["Production", "ActiveProgram", "NumberInList"], DataType.UInt16, first ? 7 : 8);
    set(tool, ["Production", "ActiveProgram", "Name"], DataType.String, first ? "O1000" : "O2000");
    set(tool, ["Monitoring", "MachineTool", "OperationMode"], DataType.Int32, 1);
    plate(find(tool, ["Identification"]), "Maker of tools", first && "MT-5", name + "-4711");
    state(tool, ["Production", "ActiveProgram", "State"], type(TOOL, "ProductionProgramStateMachineType"), ...words);
    if (first) {
      set(tool, ["Production", "Statistics", "PartsProducedInLifetime"], DataType.UInt32, order === "turned" ? 1240 : 1234);
      state(tool, ["MachineryBuildingBlocks", "MachineryItemState"], type(MACHINERY, "MachineryItemState_StateMachineType"), "Executing", "Läuft");
    }
  }
  // A packing machine (OPC 30050), below a folder of its maker.
  const packing = ns.addFolder(space.rootFolder.objects, { browseName: "Packing" });
  const packer = type(PACKML, "PackMLBaseObjectType").instantiate({ browseName: { name: "Packer", namespaceIndex: ns.index }, namespace: ns, organizedBy: packing });
  set(packer, ["Status", "CurMachSpeed"], DataType.Float, 42.5);
  set(packer, ["Status", "MachSpeed"], DataType.Float, 50);
  set(packer, ["Status", "UnitModeCurrent"], DataType.Int32, 1);
  set(packer, ["Status", "EquipmentStarved"], DataType.Boolean, false);
  set(packer, ["Status", "EquipmentBlocked"], DataType.Boolean, false);
  state(packer, ["BaseStateMachine"], type(PACKML, "PackMLBaseStateMachineType"), "Cleared", "Cleared");
  state(packer, ["BaseStateMachine", "MachineState"], type(PACKML, "PackMLMachineStateMachineType"), "Running", "Running");
  state(packer, ["BaseStateMachine", "MachineState", "ExecuteState"], type(PACKML, "PackMLExecuteStateMachineType"), "Execute", "Execute");
  // A robot cell (OPC 40010-1) whose type is derived by its maker.
  const own = ns.addObjectType({ browseName: "MakersRobotType", subtypeOf: type(ROBOTICS, "MotionDeviceSystemType") });
  const robot = own.instantiate({ browseName: { name: "Robot-1", namespaceIndex: ns.index }, organizedBy: packing });
  const arm = type(ROBOTICS, "MotionDeviceType").instantiate({
    browseName: { name: "Arm", namespaceIndex: ns.index }, namespace: ns, componentOf: find(robot, ["MotionDevices"]), optionals: ["ParameterSet.InControl"],
  });
  plate(arm, "Maker of robots", "R-10", "R-0815");
  set(arm, ["ParameterSet", "SpeedOverride"], DataType.Double, 80);
  set(arm, ["ParameterSet", "InControl"], DataType.Boolean, true);
  for (const n of [1, 2, 10]) {
    const axis = type(ROBOTICS, "AxisType").instantiate({ browseName: { name: "A" + n, namespaceIndex: ns.index }, namespace: ns, componentOf: find(arm, ["Axes"]) });
    set(axis, ["ParameterSet", "ActualPosition"], DataType.Double, n * 10);
  }
  const safety = type(ROBOTICS, "SafetyStateType").instantiate({ browseName: { name: "Safety", namespaceIndex: ns.index }, namespace: ns, componentOf: find(robot, ["SafetyStates"]) });
  set(safety, ["ParameterSet", "OperationalMode"], DataType.Int32, 3);
  set(safety, ["ParameterSet", "EmergencyStop"], DataType.Boolean, false);
  set(safety, ["ParameterSet", "ProtectiveStop"], DataType.Boolean, false);
  // A press that only says what it is (OPC 40001-1).
  const press = ns.addObject({ browseName: "Press-1", organizedBy: machines });
  const identification = type(MACHINERY, "MachineIdentificationType").instantiate({
    browseName: { name: "Identification", namespaceIndex: index("http://opcfoundation.org/UA/DI/") }, namespace: ns, componentOf: press,
  });
  plate(identification, "Maker of presses", "", "P-99");
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
