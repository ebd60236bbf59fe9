package opcua

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"github.com/gopcua/opcua/ua"

	"zhigai/connect"
)

// node is a point's address: an identifier in a namespace named by its URI.
// Servers number namespaces anew at every start, so a number is only taken
// with a warning.
type node struct {
	uri    string
	ns     uint16 // used when uri is empty
	number bool   // ns was written out
	kind   byte   // s, i, g or b
	id     string
}

const maxAddress = 4096 // bytes; the limit of a string node id (OPC UA Part 3)

func parseNode(s string) (node, error) {
	var n node
	bad := fmt.Errorf("opcua node %q: write nsu=<namespace uri>;s=<name>, or ;i= ;g= ;b= for the other identifiers", s)
	if len(s) > maxAddress || strings.ContainsRune(s, 0) {
		return n, bad
	}
	rest := s
	if after, ok := strings.CutPrefix(rest, "nsu="); ok {
		uri, id, ok := strings.Cut(after, ";")
		if !ok || uri == "" {
			return n, bad
		}
		n.uri, rest = strings.NewReplacer("%3B", ";", "%3b", ";", "%25", "%").Replace(uri), id
	} else if after, ok := strings.CutPrefix(rest, "ns="); ok {
		number, id, ok := strings.Cut(after, ";")
		ns, err := strconv.ParseUint(number, 10, 16)
		if !ok || err != nil {
			return n, bad
		}
		n.ns, n.number, rest = uint16(ns), ns > 0, id
	}
	kind, id, ok := strings.Cut(rest, "=")
	if !ok || len(kind) != 1 || id == "" {
		return n, bad
	}
	n.kind, n.id = kind[0], id
	if _, err := n.at(0); err != nil {
		return n, fmt.Errorf("%w: %w", bad, err)
	}
	return n, nil
}

// at is the node id in the namespace of a number.
func (n node) at(ns uint16) (*ua.NodeID, error) {
	switch n.kind {
	case 's':
		return ua.NewStringNodeID(ns, n.id), nil
	case 'i':
		i, err := strconv.ParseUint(n.id, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("identifier %q is no number up to 4294967295", n.id)
		}
		return ua.NewNumericNodeID(ns, uint32(i)), nil
	case 'g':
		id := ua.NewGUIDNodeID(ns, n.id)
		if !strings.EqualFold(id.StringID(), n.id) {
			return nil, fmt.Errorf("identifier %q is no GUID", n.id)
		}
		return id, nil
	case 'b':
		b, err := base64.StdEncoding.DecodeString(n.id)
		if err != nil {
			return nil, fmt.Errorf("identifier %q is no base64", n.id)
		}
		return ua.NewByteStringNodeID(ns, b), nil
	}
	return nil, fmt.Errorf("identifier kind %q; s, i, g or b", n.kind)
}

// resolve finds the node id under the server's present namespaces.
func (n node) resolve(namespaces []string) (*ua.NodeID, error) {
	if n.uri == "" {
		return n.at(n.ns)
	}
	for i, uri := range namespaces {
		if uri == n.uri {
			return n.at(uint16(i))
		}
	}
	return nil, fmt.Errorf("%w: the server has no namespace %q; it has %s", connect.ErrUnconfigured, n.uri, strings.Join(namespaces, ", "))
}

// addressOf writes a node id as an address that survives a restart.
func addressOf(id *ua.NodeID, namespaces []string) string {
	prefix := ""
	if ns := int(id.Namespace()); ns > 0 {
		if ns >= len(namespaces) {
			return id.String()
		}
		prefix = "nsu=" + strings.NewReplacer("%", "%25", ";", "%3B").Replace(namespaces[ns]) + ";"
	}
	switch id.Type() {
	case ua.NodeIDTypeString:
		return prefix + "s=" + id.StringID()
	case ua.NodeIDTypeGUID:
		return prefix + "g=" + id.StringID()
	case ua.NodeIDTypeByteString:
		return prefix + "b=" + id.StringID()
	}
	return prefix + "i=" + strconv.FormatUint(uint64(id.IntID()), 10)
}
