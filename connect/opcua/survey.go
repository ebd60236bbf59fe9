package opcua

import (
	"context"
	"maps"
	"slices"

	"github.com/gopcua/opcua/id"
	"github.com/gopcua/opcua/ua"
)

const (
	// maxSurveyed bounds the objects that are looked at for their types: a hall
	// of some hundred machines behind one server has some ten thousand.
	maxSurveyed = 20_000
	// maxDepth is where machines are not any more.
	maxDepth = 8
	// maxAncestors of a type.
	maxAncestors = 32
)

// object is one object below the Objects folder with what its type is.
type object struct {
	node   *ua.NodeID
	name   *ua.QualifiedName
	shown  string
	parent int // in the survey, -1 below the Objects folder
	types  []step
}

// is reports whether the object is of a type or of one derived from it.
func (o *object) is(t step) bool { return slices.Contains(o.types, t) }

// survey lists the objects of the server with the names of their types, each
// with all it is derived from. It is made once: a server whose objects come and
// go is connected anew.
func (s *session) survey(ctx context.Context) ([]object, error) {
	s.mu.Lock()
	known := s.surveyed
	s.mu.Unlock()
	if known != nil {
		return known, nil
	}
	all := []object{}
	var kinds []*ua.NodeID
	seen := map[string]bool{}
	level, parents := []*ua.NodeID{ua.NewNumericNodeID(0, id.ObjectsFolder)}, []int{-1}
	for depth := 0; depth < maxDepth && len(level) > 0 && len(all) < maxSurveyed; depth++ {
		below, err := s.references(ctx, level, downwards(ua.NodeClassObject, wideBatch))
		if err != nil {
			return nil, err
		}
		var next []*ua.NodeID
		var nextParents []int
		for i, f := range below {
			for _, r := range f.refs {
				n := here(r)
				if n == nil || seen[n.String()] || isServer(n) || len(all) >= maxSurveyed {
					continue
				}
				seen[n.String()] = true
				next, nextParents = append(next, n), append(nextParents, len(all))
				all = append(all, object{node: n, name: r.BrowseName, shown: nameOf(r), parent: parents[i]})
				kinds = append(kinds, typeNode(r))
			}
		}
		level, parents = next, nextParents
	}
	names, err := s.ancestry(ctx, kinds)
	if err != nil {
		return nil, err
	}
	for i, k := range kinds {
		if k != nil {
			all[i].types = names[k.String()]
		}
	}
	s.mu.Lock()
	s.surveyed = all
	s.mu.Unlock()
	return all, nil
}

// isServer reports whether the node is the server's own object, which has
// hundreds of others below it and no machine.
func isServer(n *ua.NodeID) bool { return n.Namespace() == 0 && n.IntID() == id.Server }

// typeNode is the type of a reference's target, nil for types of OPC UA itself:
// a folder says nothing of a machine.
func typeNode(r *ua.ReferenceDescription) *ua.NodeID {
	if r.TypeDefinition == nil || r.TypeDefinition.NodeID == nil {
		return nil
	}
	n := ua.NewNodeIDFromExpandedNodeID(r.TypeDefinition)
	if n.Namespace() == 0 {
		return nil
	}
	return n
}

// ancestry names types and all they are derived from, outside of namespace 0.
func (s *session) ancestry(ctx context.Context, kinds []*ua.NodeID) (map[string][]step, error) {
	names := map[string][]step{}
	at := map[string]*ua.NodeID{} // how far up the type has been followed
	s.mu.Lock()
	for _, k := range kinds {
		if k == nil {
			continue
		}
		if known, ok := s.typeNames[k.String()]; ok {
			names[k.String()] = known
		} else {
			at[k.String()] = k
		}
	}
	s.mu.Unlock()
	if len(at) == 0 {
		return names, nil
	}
	own := make([]*ua.NodeID, 0, len(at))
	for _, k := range at {
		own = append(own, k)
	}
	values, err := s.read(ctx, own, ua.AttributeIDBrowseName)
	if err != nil {
		return nil, err
	}
	for i, v := range values {
		if q, ok := valueOf(v).(*ua.QualifiedName); ok {
			names[own[i].String()] = []step{s.qualified(q)}
		}
	}
	for range maxAncestors {
		var keys []string
		var nodes []*ua.NodeID
		for key, n := range at {
			keys, nodes = append(keys, key), append(nodes, n)
		}
		if len(nodes) == 0 {
			break
		}
		up, err := s.references(ctx, nodes, look{types: id.HasSubtype, inverse: true, mask: ua.BrowseResultMaskAll, perAnswer: narrowBatch})
		if err != nil {
			return nil, err
		}
		for i, key := range keys {
			delete(at, key)
			for _, r := range up[i].refs {
				if n := here(r); n != nil && n.Namespace() != 0 {
					names[key] = append(names[key], s.qualified(r.BrowseName))
					at[key] = n
				}
			}
		}
	}
	s.mu.Lock()
	if len(s.typeNames) < maxTypes {
		maps.Copy(s.typeNames, names)
	}
	s.mu.Unlock()
	return names, nil
}

// qualified is a name with the URI of its namespace.
func (s *session) qualified(q *ua.QualifiedName) step {
	if int(q.NamespaceIndex) >= len(s.namespaces) {
		return step{name: q.Name}
	}
	return step{uri: s.namespaces[q.NamespaceIndex], name: q.Name}
}
