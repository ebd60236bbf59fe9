package opcua

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/gopcua/opcua/id"
	"github.com/gopcua/opcua/ua"

	"zhigai/connect"
)

// walker is an address on its way to its node.
type walker struct {
	at     *ua.NodeID
	parent *ua.NodeID // of at, once a step was made
	way    []step
	err    error
}

// find finds the nodes of addresses by one browse for each depth, however many
// they are; where is the object a method belongs to. Each has a node or an
// error; an error of the whole is a loss of contact.
func (s *session) find(ctx context.Context, addresses []address) (nodes, where []*ua.NodeID, errs []error, err error) {
	walkers := make([]walker, len(addresses))
	for i, a := range addresses {
		w := &walkers[i]
		w.way = a.way
		switch {
		case a.kind != step{}:
			w.at, w.err, err = s.objectOf(ctx, a)
			if err != nil {
				return nil, nil, nil, err
			}
		case len(a.way) > 0:
			w.at = ua.NewNumericNodeID(0, id.ObjectsFolder)
		default:
			w.at, w.err = a.node.resolve(s.namespaces)
		}
	}
	for s.step(ctx, walkers, &err) {
	}
	for i := range walkers {
		w := &walkers[i]
		nodes, where, errs = append(nodes, w.at), append(where, w.parent), append(errs, w.err)
	}
	return nodes, where, errs, err
}

// step takes every walker one name further; false when none is left to go.
func (s *session) step(ctx context.Context, walkers []walker, failed *error) bool {
	var places []*ua.NodeID
	number := map[string]int{}
	for i := range walkers {
		w := &walkers[i]
		if w.err != nil || len(w.way) == 0 {
			continue
		}
		if key := w.at.String(); number[key] == 0 {
			places = append(places, w.at)
			number[key] = len(places)
		}
	}
	if len(places) == 0 || *failed != nil {
		return false
	}
	below, err := s.references(ctx, places, downwards(ua.NodeClassObject|ua.NodeClassVariable|ua.NodeClassMethod, wideBatch))
	if err != nil {
		*failed = err
		return false
	}
	for i := range walkers {
		w := &walkers[i]
		if w.err != nil || len(w.way) == 0 {
			continue
		}
		next, err := s.child(below[number[w.at.String()]-1], w.way[0])
		if err != nil {
			w.err = err
			continue
		}
		w.parent, w.at, w.way = w.at, next, w.way[1:]
	}
	return true
}

// child finds the node of a name among the references of its parent.
func (s *session) child(f found, wanted step) (*ua.NodeID, error) {
	if f.status != ua.StatusOK {
		return nil, statusError(f.status)
	}
	ns := -1
	if wanted.uri != "" {
		if ns = slices.Index(s.namespaces, wanted.uri); ns < 0 {
			return nil, fmt.Errorf("%w: the server has no namespace %q; it has %s", connect.ErrUnconfigured, wanted.uri, strings.Join(s.namespaces, ", "))
		}
	}
	var match *ua.NodeID
	for _, r := range f.refs {
		n := here(r)
		if n == nil || r.BrowseName.Name != wanted.name || ns >= 0 && int(r.BrowseName.NamespaceIndex) != ns {
			continue
		}
		if match != nil && match.String() != n.String() {
			return nil, fmt.Errorf("%w: two nodes are called %s; write the namespace before the name, as [<uri>]%s", connect.ErrUnconfigured, wanted, wanted.name)
		}
		match = n
	}
	if match == nil {
		var names []string
		for _, r := range f.refs[:min(len(f.refs), 20)] {
			if here(r) != nil {
				names = append(names, r.BrowseName.Name)
			}
		}
		return nil, fmt.Errorf("%w: there is no %s; there are %s", connect.ErrUnconfigured, wanted, strings.Join(names, ", "))
	}
	return match, nil
}
