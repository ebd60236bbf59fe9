// A client by node-opcua: browses a server's machines, reads, writes and
// subscribes as it is told. One JSON object a line, both ways.
//   node client.js ENDPOINT
"use strict";
const readline = require("node:readline");
const { OPCUAClient, MessageSecurityMode, SecurityPolicy, AttributeIds, ClientSubscription, ClientMonitoredItemGroup,
  TimestampsToReturn, DataType, BrowseDirection } = require("node-opcua");

const say = (event) => process.stdout.write(JSON.stringify(event) + "\n");

// JSON has no NaN; dates are told as ms since 1970.
const plain = (dv) => ({
  status: dv.statusCode.name,
  value: typeof dv.value?.value === "number" && !Number.isFinite(dv.value.value) ? String(dv.value.value) : dv.value?.value,
  type: dv.value ? DataType[dv.value.dataType] : undefined,
  source: dv.sourceTimestamp?.getTime(),
});

async function main() {
  const client = OPCUAClient.create({ endpointMustExist: false, securityMode: MessageSecurityMode.None, securityPolicy: SecurityPolicy.None,
    connectionStrategy: { maxRetry: 2, initialDelay: 100 } });
  await client.connect(process.argv[2]);
  const session = await client.createSession();
  const names = await session.readNamespaceArray();
  say({ event: "connected", namespaces: names });
  const id = (name) => `ns=${names.indexOf("urn:zhigai:demo")};s=${name}`;
  const commands = {
    async browse({ node }) {
      const r = await session.browse({ nodeId: node ? id(node) : "i=85", browseDirection: BrowseDirection.Forward, includeSubtypes: true,
        referenceTypeId: "HierarchicalReferences", resultMask: 63 });
      return r.references.map((x) => x.browseName.name);
    },
    async read({ names: wanted }) {
      const r = await session.read(wanted.map((n) => ({ nodeId: id(n), attributeId: AttributeIds.Value })));
      return r.map(plain);
    },
    async type({ name }) {
      const r = await session.read({ nodeId: id(name), attributeId: AttributeIds.DataType });
      return DataType[r.value.value.value];
    },
    async write({ name, type, value }) {
      const r = await session.write({ nodeId: id(name), attributeId: AttributeIds.Value, value: { value: { dataType: DataType[type], value } } });
      return r.name;
    },
    async subscribe({ names: wanted, every }) {
      const sub = ClientSubscription.create(session, { requestedPublishingInterval: every, requestedLifetimeCount: 100, requestedMaxKeepAliveCount: 5,
        maxNotificationsPerPublish: 0, publishingEnabled: true, priority: 1 });
      const group = ClientMonitoredItemGroup.create(sub, wanted.map((n) => ({ nodeId: id(n), attributeId: AttributeIds.Value })),
        { samplingInterval: every, discardOldest: true, queueSize: 1 }, TimestampsToReturn.Both);
      group.on("changed", (item, dv, i) => say({ event: "changed", name: wanted[i], ...plain(dv) }));
      sub.on("terminated", () => say({ event: "terminated" }));
      return "ok";
    },
  };
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const q = JSON.parse(line);
    try {
      say({ event: "answer", result: await commands[q.do](q) });
    } catch (err) {
      say({ event: "answer", error: String(err) });
    }
  }
}

main().catch((err) => {
  say({ event: "failed", error: String(err) });
  process.exit(1);
});
