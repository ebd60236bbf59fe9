package sim

import (
	"context"
	"maps"
	"math"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gopcua/opcua/id"
	"github.com/gopcua/opcua/server"
	"github.com/gopcua/opcua/ua"

	"zhigai/plant"
)

// namespace is the URI of the simulated machines' nodes.
const namespace = "urn:zhigai:demo"

// node is one signal in the address space.
type node struct {
	id   *ua.NodeID
	name string
	m    *machine
	slot int
}

// space is the machines as an OPC UA namespace: a folder for each machine with
// its signals inside. Values are read where they are, nothing is kept twice.
type space struct {
	index    uint16
	machines []*machine
	folders  map[string][]*node // by the machine's prefix
	nodes    map[string]*node   // by identifier
	shelf    map[string]*server.Node
}

var _ server.NameSpace = (*space)(nil)

// newSpace makes the nodes. Signals stand under "nsu=urn:...;s={prefix}.name".
func newSpace(machines []*machine) *space {
	s := &space{machines: machines, folders: map[string][]*node{}, nodes: map[string]*node{}, shelf: map[string]*server.Node{}}
	for _, m := range machines {
		prefix := m.device.Params["prefix"]
		for i, sig := range m.kind.Signals {
			name := sig.At[strings.LastIndex(sig.At, "s=")+2:]
			n := &node{name: name, m: m, slot: i}
			s.nodes[name] = n
			s.folders[prefix] = append(s.folders[prefix], n)
		}
	}
	return s
}

// serveOPCUA serves machines as one OPC UA server without encryption: the
// library's server does not do more. It stands behind a [porch].
// Subscriptions, reading and writing are ours, see subscription.go.
func (p *Plant) serveOPCUA(host, port string, machines []*machine) (string, error) {
	front, err := newPorch(net.JoinHostPort(host, port))
	if err != nil {
		return "", err
	}
	address := front.l.Addr().(*net.TCPAddr)
	inner, err := freePort()
	if err != nil {
		front.close()
		return "", err
	}
	s := server.New(server.EndPoint(loopback, inner), server.EndPoint(host, address.Port), server.EnableSecurity("None", ua.MessageSecurityModeNone),
		server.EnableAuthMode(ua.UserTokenTypeAnonymous), server.ServerName("zhigai simulated machines"), server.ManufacturerName("zhigai"),
		server.ProductName("simulated plant"))
	sp := newSpace(machines)
	s.AddNamespace(sp)
	for _, n := range sp.nodes {
		n.id = ua.NewStringNodeID(sp.index, n.name)
	}
	root, err := s.Namespace(0)
	if err != nil {
		front.close()
		return "", err
	}
	for _, prefix := range slices.Sorted(maps.Keys(sp.folders)) {
		root.Objects().AddRef(sp.folder(prefix), id.Organizes, true)
	}
	ctx, cancel := context.WithCancel(context.Background())
	publishing, stop := context.WithCancel(ctx)
	subs := newSubscriptions(publishing, s, sp)
	subs.register()
	if err := s.Start(ctx); err != nil {
		stop()
		cancel()
		front.close()
		return "", err
	}
	front.begin(net.JoinHostPort(loopback, strconv.Itoa(inner)))
	p.closing(func() {
		stop()
		subs.done.Wait()
		front.close()
		_ = s.Close() // it has no connections left to wait for
		cancel()
	})
	return "opc.tcp://" + address.String(), nil
}

// folder is how namespace 0 shows a machine; the library's own maker of folders
// panics.
func (s *space) folder(prefix string) *server.Node {
	n := server.NewNode(ua.NewStringNodeID(s.index, prefix), server.Attributes{
		ua.AttributeIDNodeClass:   server.DataValueFromValue(uint32(ua.NodeClassObject)),
		ua.AttributeIDBrowseName:  server.DataValueFromValue(&ua.QualifiedName{NamespaceIndex: s.index, Name: prefix}),
		ua.AttributeIDDisplayName: server.DataValueFromValue(ua.NewLocalizedText(prefix)),
	}, nil, nil)
	s.shelf[prefix] = n
	return n
}

// value is a signal as the server gives it.
func (n *node) value() *ua.DataValue {
	m := n.m
	m.mu.Lock()
	v, kind := m.values[n.slot], m.kind.Signals[n.slot].Kind
	at := m.stamp(v.at)
	faults := [...]bool{m.faults[Unplug], m.faults[Silent], m.faults[NaN], m.faults[Sentinel], m.faults[Garbage]}
	m.mu.Unlock()
	out := &ua.DataValue{
		EncodingMask:    ua.DataValueValue | ua.DataValueSourceTimestamp | ua.DataValueServerTimestamp,
		SourceTimestamp: at.Time(), ServerTimestamp: time.Now(),
	}
	switch {
	case faults[0], faults[1]:
		out.EncodingMask, out.Status = ua.DataValueStatusCode|ua.DataValueServerTimestamp, ua.StatusBadNoCommunication
		if faults[1] {
			out.Status = ua.StatusBadTimeout
		}
		return out
	case faults[4] && kind != plant.KindText:
		out.Value = ua.MustVariant("\x00#garbage")
		return out
	}
	var content any = v.num
	switch kind {
	case plant.KindText:
		content = v.text
	case plant.KindBoolean:
		content = v.num != 0
	case plant.KindEnumeration:
		content = int32(v.num)
		if faults[3] {
			content = int32(math.MinInt32)
		}
	default:
		if faults[2] {
			content = math.NaN()
		} else if faults[3] {
			content = 1e38
		}
	}
	out.Value = ua.MustVariant(content)
	return out
}

// version tells whether the value is another one; a silent machine has none.
func (n *node) version() (version uint32, silent bool) {
	n.m.mu.Lock()
	defer n.m.mu.Unlock()
	return n.m.values[n.slot].version, n.m.faults[Silent]
}

// Name implements [server.NameSpace].
func (s *space) Name() string { return namespace }

// ID implements [server.NameSpace].
func (s *space) ID() uint16 { return s.index }

// SetID implements [server.NameSpace].
func (s *space) SetID(index uint16) { s.index = index }

// AddNode implements [server.NameSpace]: clients cannot add any.
func (s *space) AddNode(n *server.Node) *server.Node { return n }

// Node implements [server.NameSpace]: what namespace 0 refers to.
func (s *space) Node(id *ua.NodeID) *server.Node { return s.shelf[id.StringID()] }

// Objects implements [server.NameSpace].
func (s *space) Objects() *server.Node { return nil }

// Root implements [server.NameSpace].
func (s *space) Root() *server.Node { return nil }

// Browse implements [server.NameSpace].
func (s *space) Browse(d *ua.BrowseDescription) *ua.BrowseResult {
	out := &ua.BrowseResult{StatusCode: ua.StatusOK, References: []*ua.ReferenceDescription{}}
	nodes, isFolder := s.folders[d.NodeID.StringID()]
	if _, isNode := s.nodes[d.NodeID.StringID()]; !isFolder && !isNode {
		out.StatusCode = ua.StatusBadNodeIDUnknown
	}
	if d.BrowseDirection == ua.BrowseDirectionInverse || d.NodeClassMask != 0 && d.NodeClassMask&uint32(ua.NodeClassVariable) == 0 {
		return out
	}
	for _, n := range nodes {
		short := n.m.kind.Signals[n.slot].Name
		out.References = append(out.References, &ua.ReferenceDescription{
			ReferenceTypeID: ua.NewNumericNodeID(0, id.HasComponent), IsForward: true, NodeID: ua.NewExpandedNodeID(n.id, "", 0),
			BrowseName:  &ua.QualifiedName{NamespaceIndex: s.index, Name: short},
			DisplayName: ua.NewLocalizedText(short), NodeClass: ua.NodeClassVariable,
			TypeDefinition: ua.NewExpandedNodeID(ua.NewNumericNodeID(0, id.BaseDataVariableType), "", 0),
		})
	}
	return out
}

// Attribute implements [server.NameSpace].
func (s *space) Attribute(nodeID *ua.NodeID, attribute ua.AttributeID) *ua.DataValue {
	n := s.nodes[nodeID.StringID()]
	_, isFolder := s.folders[nodeID.StringID()]
	switch {
	case n == nil && !isFolder:
		return badValue(ua.StatusBadNodeIDUnknown)
	case n != nil && attribute == ua.AttributeIDValue:
		return n.value()
	}
	class, name := ua.NodeClassObject, nodeID.StringID()
	if n != nil {
		class, name = ua.NodeClassVariable, n.m.kind.Signals[n.slot].Name
	}
	var content any
	switch attribute {
	case ua.AttributeIDNodeID:
		content = nodeID
	case ua.AttributeIDNodeClass:
		content = int32(class)
	case ua.AttributeIDBrowseName:
		content = &ua.QualifiedName{NamespaceIndex: s.index, Name: name}
	case ua.AttributeIDDisplayName, ua.AttributeIDDescription:
		content = ua.NewLocalizedText(name)
	case ua.AttributeIDEventNotifier:
		content = byte(0)
	}
	if n != nil {
		switch attribute {
		case ua.AttributeIDDataType:
			content = ua.NewNumericNodeID(0, dataType(n.m.kind.Signals[n.slot].Kind))
		case ua.AttributeIDValueRank:
			content = int32(-1)
		case ua.AttributeIDAccessLevel, ua.AttributeIDUserAccessLevel:
			content = byte(ua.AccessLevelTypeCurrentRead)
			if n.m.kind.Signals[n.slot].Writable {
				content = byte(ua.AccessLevelTypeCurrentRead | ua.AccessLevelTypeCurrentWrite)
			}
		}
	}
	if content == nil {
		return badValue(ua.StatusBadAttributeIDInvalid)
	}
	return &ua.DataValue{EncodingMask: ua.DataValueValue, Value: ua.MustVariant(content)}
}

// dataType is the type of value that [node.value] gives.
func dataType(k plant.TagKind) uint32 {
	switch k {
	case plant.KindText:
		return id.String
	case plant.KindBoolean:
		return id.Boolean
	case plant.KindEnumeration:
		return id.Int32
	}
	return id.Double
}

func badValue(status ua.StatusCode) *ua.DataValue {
	return &ua.DataValue{EncodingMask: ua.DataValueStatusCode | ua.DataValueServerTimestamp, Status: status, ServerTimestamp: time.Now()}
}

// SetAttribute implements [server.NameSpace]: set points can be written.
func (s *space) SetAttribute(nodeID *ua.NodeID, attribute ua.AttributeID, v *ua.DataValue) ua.StatusCode {
	n := s.nodes[nodeID.StringID()]
	switch {
	case n == nil:
		return ua.StatusBadNodeIDUnknown
	case attribute != ua.AttributeIDValue || !n.m.kind.Signals[n.slot].Writable:
		return ua.StatusBadNotWritable
	case v == nil || v.Value == nil:
		return ua.StatusBadTypeMismatch
	}
	number, ok := v.Value.Value().(float64)
	if on, isBool := v.Value.Value().(bool); isBool && n.m.kind.Signals[n.slot].Kind == plant.KindBoolean {
		number, ok = flag(on), true
	}
	if !ok {
		return ua.StatusBadTypeMismatch
	}
	n.m.mu.Lock()
	defer n.m.mu.Unlock()
	if n.m.faults[Unplug] || n.m.faults[Silent] {
		return ua.StatusBadNoCommunication
	}
	if !n.m.write(n.slot, number) {
		return ua.StatusBadOutOfRange
	}
	return ua.StatusOK
}

const loopback = "127.0.0.1"

// freePort finds a free port for the library, which does not tell which one it
// took.
func freePort() (int, error) {
	l, err := net.Listen("tcp", net.JoinHostPort(loopback, "0"))
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
