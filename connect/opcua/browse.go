package opcua

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/gopcua/opcua/id"
	"github.com/gopcua/opcua/ua"

	"zhigai/connect"
)

const (
	// maxBrowsed bounds one answer to a person's click.
	maxBrowsed = 5000
	// maxWalked bounds a walk through everything: five times the largest address
	// space that is asked for.
	maxWalked = 500_000
)

// Browse implements [connect.Browser]: objects are folders, so are variables
// with components.
func (c *conn) Browse(ctx context.Context, parent string) ([]connect.Browsed, error) {
	out, err := c.browse(ctx, parent)
	if err != nil {
		return nil, fmt.Errorf("opcua %s: browse %q: %w", c.address, parent, err)
	}
	return out, nil
}

func (c *conn) browse(ctx context.Context, parent string) ([]connect.Browsed, error) {
	top, err := c.top(ctx, parent)
	if err != nil {
		return nil, err
	}
	l := downwards(ua.NodeClassObject|ua.NodeClassVariable, 1)
	l.limit = maxBrowsed
	below, err := c.session.references(ctx, []*ua.NodeID{top.node}, l)
	if err != nil {
		return nil, err
	}
	if below[0].status != ua.StatusOK {
		return nil, statusError(below[0].status)
	}
	below[0].refs = below[0].refs[:min(len(below[0].refs), maxBrowsed)]
	nodes, err := c.session.describe(ctx, []*place{top}, below, nil)
	if err != nil {
		return nil, err
	}
	out := make([]connect.Browsed, len(nodes))
	for i := range nodes {
		out[i] = nodes[i].Browsed
	}
	return out, nil
}

// place is a node on a walk.
type place struct {
	connect.Browsed
	node *ua.NodeID
	way  []step
	leaf bool // a property: nothing stands below it (OPC UA Part 3, 4.5.2)
}

// top is where a browse begins.
func (c *conn) top(ctx context.Context, parent string) (*place, error) {
	if parent == "" {
		return &place{node: ua.NewNumericNodeID(0, id.ObjectsFolder)}, nil
	}
	a, err := parseAddress(parent)
	if err != nil {
		return nil, err
	}
	nodes, _, errs, err := c.session.find(ctx, []address{a})
	if err == nil {
		err = errs[0]
	}
	if err != nil {
		return nil, err
	}
	return &place{node: nodes[0], way: a.way}, nil
}

// describe makes places of what stands below parents, with the kinds of
// variables and the companion specifications of objects. Nodes in seen are left
// out and the others put there.
func (s *session) describe(ctx context.Context, parents []*place, below []found, seen *visited) ([]*place, error) {
	count := 0
	for i := range below {
		count += len(below[i].refs)
	}
	out := make([]*place, 0, count)
	var variables, kinds []*ua.NodeID
	var index, kindIndex []int
	for i := range below {
		for _, r := range below[i].refs {
			n := here(r)
			if n == nil || isServer(n) && seen != nil {
				continue
			}
			p := &place{node: n, way: append(parents[i].way[:len(parents[i].way):len(parents[i].way)], s.qualified(r.BrowseName))}
			p.Browsed = connect.Browsed{Address: addressOf(n, s.namespaces), Name: nameOf(r), Path: pathForm + wayOf(p.way)}
			if seen != nil && !seen.first(p.Address) {
				continue
			}
			p.leaf = r.ReferenceTypeID != nil && r.ReferenceTypeID.Namespace() == 0 && r.ReferenceTypeID.IntID() == id.HasProperty
			if r.NodeClass == ua.NodeClassVariable {
				variables, index = append(variables, n), append(index, len(out))
			} else {
				p.Folder = true
				kinds, kindIndex = append(kinds, typeNode(r)), append(kindIndex, len(out))
			}
			out = append(out, p)
		}
	}
	types, err := s.read(ctx, variables, ua.AttributeIDDataType)
	if err != nil {
		return nil, err
	}
	for i, v := range types {
		if t, ok := valueOf(v).(*ua.NodeID); ok {
			if out[index[i]].Kind, err = s.kindOf(ctx, t); err != nil {
				return nil, err
			}
		}
	}
	names, err := s.ancestry(ctx, kinds)
	if err != nil {
		return nil, err
	}
	for i, k := range kinds {
		if k != nil {
			out[kindIndex[i]].Model = modelOf(names[k.String()])
		}
	}
	return out, nil
}

func nameOf(r *ua.ReferenceDescription) string {
	if r.DisplayName != nil && r.DisplayName.Text != "" {
		return r.DisplayName.Text
	}
	if r.BrowseName != nil {
		return r.BrowseName.Name
	}
	return ""
}

var _ connect.Walker = (*conn)(nil)

// Walk implements [connect.Walker]. Depth by depth, a node that is reached in
// two ways is told once. The server's own object is passed over.
func (c *conn) Walk(ctx context.Context, parent string, yield func([]connect.Browsed) bool) error {
	if err := c.walk(ctx, parent, yield); err != nil {
		return fmt.Errorf("opcua %s: walk %q: %w", c.address, parent, err)
	}
	return nil
}

func (c *conn) walk(ctx context.Context, parent string, yield func([]connect.Browsed) bool) error {
	top, err := c.top(ctx, parent)
	if err != nil {
		return err
	}
	seen := &visited{nodes: map[string]bool{addressOf(top.node, c.session.namespaces): true}}
	folders, variables := []*place{top}, []*place(nil)
	for len(folders)+len(variables) > 0 {
		var nextFolders, nextVariables []*place
		for _, part := range []struct {
			places []*place
			size   int
		}{{folders, wideBatch}, {variables, narrowBatch}} {
			below, err := c.session.below(ctx, part.places, part.size, seen)
			if err != nil {
				return err
			}
			told := make([]connect.Browsed, len(below))
			for i := range below {
				told[i] = below[i].Browsed
				switch {
				case below[i].Folder:
					nextFolders = append(nextFolders, below[i])
				case !below[i].leaf:
					nextVariables = append(nextVariables, below[i])
				}
			}
			if len(told) > 0 && !yield(told) {
				return nil
			}
			if len(seen.nodes) > maxWalked {
				return fmt.Errorf("more than %d nodes; begin further down", maxWalked)
			}
		}
		folders, variables = nextFolders, nextVariables
	}
	return nil
}

// visited is the nodes that a walk came to. Several goroutines may ask it.
type visited struct {
	mu    sync.Mutex
	nodes map[string]bool // by address
}

// first reports whether the walk comes to the node for the first time.
func (v *visited) first(address string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.nodes[address] {
		return false
	}
	v.nodes[address] = true
	return true
}

// below is what stands directly below the places and was not seen before. While
// one part is read here the server answers for others.
func (s *session) below(ctx context.Context, places []*place, size int, seen *visited) ([]*place, error) {
	size = min(size, s.maxBrowse)
	parts := make([][]*place, (len(places)+size-1)/size)
	err := inParts(ctx, len(places), size, func(ctx context.Context, from, to int) error {
		nodes := make([]*ua.NodeID, 0, to-from)
		for _, p := range places[from:to] {
			nodes = append(nodes, p.node)
		}
		below := make([]found, len(nodes))
		err := s.browseBatch(ctx, nodes, downwards(ua.NodeClassObject|ua.NodeClassVariable, size), below)
		if err == nil {
			parts[from/size], err = s.describe(ctx, places[from:to], below, seen)
		}
		return err
	})
	return slices.Concat(parts...), err
}
