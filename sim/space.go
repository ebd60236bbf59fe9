package sim

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gopcua/opcua/id"
	"github.com/gopcua/opcua/server"
	"github.com/gopcua/opcua/ua"

	"zhigai/plant"
)

// node is one node of the address space: an object, a type, or a signal.
type node struct {
	key   string // its identifier
	id    *ua.NodeID
	uri   string // namespace of the name
	name  string
	class ua.NodeClass
	kind  *node // type of an object, nil for a plain one
	below []*node
	m     *machine // of a signal
	slot  int
}

// space is the machines as an OPC UA namespace: an object for each machine with
// its signals inside. Values are read where they are, nothing is kept twice.
type space struct {
	uri    string
	index  uint16
	nodes  map[string]*node // by identifier
	tops   []*node          // the machines
	others []*space         // namespaces of names that the signals' addresses use
	shelf  map[string]*server.Node
}

var _ server.NameSpace = (*space)(nil)

// newSpace makes the nodes. A signal stands under "nsu=urn:...;s={prefix}.name",
// or where an address of types and browse names says: type=[uri]Type/[uri]Name.
func newSpace(machines []*machine) (*space, error) {
	s := &space{uri: namespace, nodes: map[string]*node{}, shelf: map[string]*server.Node{}}
	for _, m := range machines {
		prefix := m.device.Params["prefix"]
		if prefix == "" {
			prefix = m.device.Params["object"]
		}
		top := s.node(prefix, namespace, prefix, ua.NodeClassObject)
		s.tops = append(s.tops, top)
		own := ownType(m.kind.Signals)
		for i, sig := range m.kind.Signals {
			if strings.HasPrefix(sig.At, typeForm) {
				if err := s.place(top, own, m, i); err != nil {
					return nil, fmt.Errorf("%s: %s: %w", m.path, sig.Name, err)
				}
				continue
			}
			name := sig.At[strings.LastIndex(sig.At, "s=")+2:]
			n := s.node(name, namespace, sig.Name, ua.NodeClassVariable)
			n.m, n.slot = m, i
			top.below = append(top.below, n)
		}
	}
	slices.SortFunc(s.tops, func(a, b *node) int { return strings.Compare(a.key, b.key) })
	for _, n := range s.nodes {
		s.other(n.uri)
	}
	slices.SortFunc(s.others, func(a, b *space) int { return strings.Compare(a.uri, b.uri) })
	return s, nil
}

func (s *space) node(key, uri, name string, class ua.NodeClass) *node {
	if s.nodes[key] == nil {
		s.nodes[key] = &node{key: key, uri: uri, name: name, class: class}
	}
	return s.nodes[key]
}

// other makes the namespace of an URI known to the server.
func (s *space) other(uri string) {
	if uri != "" && uri != s.uri && !slices.ContainsFunc(s.others, func(o *space) bool { return o.uri == uri }) {
		s.others = append(s.others, &space{uri: uri})
	}
}

const typeForm = "type="

// typed is an address of a type and browse names, in its parts.
type typed struct {
	uri, name string // of the type
	number    string // among the objects of the type, "1" when there is one
	object    string // its name, "" for any
	way       [][2]string
}

// parseTyped reads type=[uri]Type#2(Object)/[uri]Name/Name.
func parseTyped(at string) (typed, error) {
	bad := fmt.Errorf("address %q; write type=[<namespace uri>]Type/Name", at)
	var t typed
	uri, rest, ok := strings.Cut(strings.TrimPrefix(at, typeForm+"["), "]")
	end := strings.IndexAny(rest, "(/")
	if !ok || end < 0 {
		return t, bad
	}
	t.uri, t.name, t.number = uri, rest[:end], "1"
	if name, number, numbered := strings.Cut(t.name, "#"); numbered {
		t.name, t.number = name, number
	}
	if rest = rest[end:]; rest[0] == '(' {
		if t.object, rest, ok = strings.Cut(rest[1:], ")"); !ok {
			return t, bad
		}
	}
	for rest != "" {
		rest = strings.TrimPrefix(rest, "/")
		step := [2]string{uri, ""}
		if strings.HasPrefix(rest, "[") {
			if step[0], rest, ok = strings.Cut(rest[1:], "]"); !ok {
				return t, bad
			}
		}
		end := strings.IndexByte(rest, '/')
		if end < 0 {
			end = len(rest)
		}
		step[1], rest = rest[:end], rest[end:]
		t.way = append(t.way, step)
	}
	if len(t.way) == 0 {
		return t, bad
	}
	return t, nil
}

// typed reports whether the kind's signals are found by types and names: then a
// machine is told from its neighbours by the name of its object and not by what
// stands before each identifier.
func (k *Kind) typed() bool {
	return slices.ContainsFunc(k.Signals, func(s Signal) bool { return strings.HasPrefix(s.At, typeForm) })
}

// toldBy is the parameter that tells machines of the kind apart, when param does
// for others of the protocol.
func (k *Kind) toldBy(param string) string {
	if param == "prefix" && k.typed() {
		return "object"
	}
	return param
}

// ownType is the type that a machine itself is of, of those its signals name:
// the last one, which a more special profile adds to those of its base. Objects
// of the other types are its parts.
func ownType(signals []Signal) string {
	for _, sig := range slices.Backward(signals) {
		if t, err := parseTyped(sig.At); err == nil && strings.HasPrefix(sig.At, typeForm) {
			return "[" + t.uri + "]" + t.name
		}
	}
	return ""
}

// place makes the objects and names that lead to a signal.
func (s *space) place(top *node, own string, m *machine, slot int) error {
	t, err := parseTyped(m.kind.Signals[slot].At)
	if err != nil {
		return err
	}
	name := "[" + t.uri + "]" + t.name
	at := top
	if name != own || t.number != "1" || t.object != "" {
		part := t.object
		if part == "" {
			part = strings.TrimSuffix(t.name, "Type") + t.number
		}
		at = s.child(top, t.uri, part, ua.NodeClassObject)
	}
	at.kind = s.node(typeForm+name, t.uri, t.name, ua.NodeClassObjectType)
	for _, step := range t.way[:len(t.way)-1] {
		at = s.child(at, step[0], step[1], ua.NodeClassObject)
	}
	last := t.way[len(t.way)-1]
	at = s.child(at, last[0], last[1], ua.NodeClassVariable)
	at.class, at.m, at.slot = ua.NodeClassVariable, m, slot
	return nil
}

// child is the node of a name below another one, made when it is not there.
func (s *space) child(parent *node, uri, name string, class ua.NodeClass) *node {
	key := parent.key + "/" + name
	known := s.nodes[key] != nil
	n := s.node(key, uri, name, class)
	if !known {
		parent.below = append(parent.below, n)
	}
	return n
}

// number gives the nodes their identifiers, once the server has said which
// namespace is which.
func (s *space) number() {
	for _, n := range s.nodes {
		n.id = ua.NewStringNodeID(s.index, n.key)
	}
}

// qualified is the name of a node with the number of its namespace.
func (s *space) qualified(n *node) *ua.QualifiedName {
	index := s.index
	for _, o := range s.others {
		if o.uri == n.uri {
			index = o.index
		}
	}
	return &ua.QualifiedName{NamespaceIndex: index, Name: n.name}
}

// typeDefinition is the type that a reference to the node tells.
func (n *node) typeDefinition() *ua.ExpandedNodeID {
	switch {
	case n.kind != nil:
		return ua.NewExpandedNodeID(n.kind.id, "", 0)
	case n.class == ua.NodeClassVariable:
		return ua.NewExpandedNodeID(ua.NewNumericNodeID(0, id.BaseDataVariableType), "", 0)
	}
	return ua.NewExpandedNodeID(ua.NewNumericNodeID(0, id.BaseObjectType), "", 0)
}

// show is how namespace 0 shows a machine; the library's own maker of folders
// panics.
func (s *space) show(n *node) *server.Node {
	out := server.NewNode(n.id, server.Attributes{
		ua.AttributeIDNodeClass:   server.DataValueFromValue(uint32(ua.NodeClassObject)),
		ua.AttributeIDBrowseName:  server.DataValueFromValue(s.qualified(n)),
		ua.AttributeIDDisplayName: server.DataValueFromValue(ua.NewLocalizedText(n.name)),
	}, []*ua.ReferenceDescription{{
		ReferenceTypeID: ua.NewNumericNodeID(0, id.HasTypeDefinition), IsForward: true, NodeID: n.typeDefinition(),
		BrowseName: &ua.QualifiedName{}, DisplayName: ua.NewLocalizedText(""), NodeClass: ua.NodeClassObjectType,
	}}, nil)
	s.shelf[n.key] = out
	return out
}

// Name implements [server.NameSpace].
func (s *space) Name() string { return s.uri }

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
	n := s.nodes[d.NodeID.StringID()]
	if n == nil {
		out.StatusCode = ua.StatusBadNodeIDUnknown
	}
	if n == nil || d.BrowseDirection == ua.BrowseDirectionInverse {
		return out
	}
	for _, b := range n.below {
		if d.NodeClassMask != 0 && d.NodeClassMask&uint32(b.class) == 0 {
			continue
		}
		out.References = append(out.References, &ua.ReferenceDescription{
			ReferenceTypeID: ua.NewNumericNodeID(0, id.HasComponent), IsForward: true, NodeID: ua.NewExpandedNodeID(b.id, "", 0),
			BrowseName: s.qualified(b), DisplayName: ua.NewLocalizedText(b.name), NodeClass: b.class, TypeDefinition: b.typeDefinition(),
		})
	}
	return out
}

// Attribute implements [server.NameSpace].
func (s *space) Attribute(nodeID *ua.NodeID, attribute ua.AttributeID) *ua.DataValue {
	n := s.nodes[nodeID.StringID()]
	switch {
	case n == nil:
		return badValue(ua.StatusBadNodeIDUnknown)
	case n.m != nil && attribute == ua.AttributeIDValue:
		return n.value()
	}
	var content any
	switch attribute {
	case ua.AttributeIDNodeID:
		content = nodeID
	case ua.AttributeIDNodeClass:
		content = int32(n.class)
	case ua.AttributeIDBrowseName:
		content = s.qualified(n)
	case ua.AttributeIDDisplayName, ua.AttributeIDDescription:
		content = ua.NewLocalizedText(n.name)
	case ua.AttributeIDEventNotifier:
		content = byte(0)
	}
	if n.m != nil {
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
