package line

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhigai/access"
	"zhigai/figure"
	"zhigai/plant"
)

// Options of a desk. All are required.
type Options struct {
	Store       Store
	Plant       Plant
	Machines    Machines
	Orders      Orders
	Definitions *figure.Definitions // that read [TermNames]
	Now         func() time.Time
}

// Desk is where lines are laid out and looked at. Its methods may be called
// concurrently.
type Desk struct{ o Options }

// NewDesk makes a desk.
func NewDesk(o Options) *Desk { return &Desk{o} }

// Definitions lists the figures of lines.
func (d *Desk) Definitions() []*figure.Definition { return d.o.Definitions.Newest() }

func (d *Desk) now() plant.Instant { return plant.InstantOf(d.o.Now()) }

// place finds the node of a line within the scope, in the plant as it is at an
// instant.
func (d *Desk) place(ctx context.Context, scope access.Scope, id plant.NodeID, at plant.Micros) (plant.Model, plant.Node, error) {
	m, err := d.o.Plant.Model(ctx, scope.Tenant, at)
	if err != nil {
		return m, plant.Node{}, err
	}
	for _, n := range m.Nodes {
		if n.ID != id || !scope.Allows(n.Path) {
			continue
		}
		if n.Machine != nil {
			return m, n, invalid("%s is one machine; a line is a site, an area, a line or a cell", n.Path)
		}
		return m, n, nil
	}
	return m, plant.Node{}, fmt.Errorf("%w: line %s", access.ErrNotFound, id)
}

// Lines are the newest layouts of the lines within the scope, by path.
func (d *Desk) Lines(ctx context.Context, scope access.Scope) ([]Layout, error) {
	return d.o.Store.Layouts(ctx, scope)
}

// Propose makes a layout from the plant model, to be corrected and saved.
func (d *Desk) Propose(ctx context.Context, scope access.Scope, id plant.NodeID) (Layout, error) {
	m, place, err := d.place(ctx, scope, id, d.now().Micros())
	if err != nil {
		return Layout{}, err
	}
	l := Propose(m, place)
	l.From = d.now()
	saved, err := d.o.Store.Revisions(ctx, scope.Tenant, id)
	if err != nil {
		return Layout{}, err
	}
	if len(saved) > 0 {
		l.Rev = saved[0].Rev
	}
	return l, nil
}

// Revisions are all layouts of a line, the newest first.
func (d *Desk) Revisions(ctx context.Context, scope access.Scope, id plant.NodeID) ([]Layout, error) {
	if _, _, err := d.place(ctx, scope, id, d.now().Micros()); err != nil {
		return nil, err
	}
	return d.o.Store.Revisions(ctx, scope.Tenant, id)
}

// Save stores a layout as the next revision of its line, in force from its own
// instant on.
func (d *Desk) Save(ctx context.Context, who access.Principal, l Layout) (Layout, error) {
	m, place, err := d.place(ctx, who.Scope, l.Line, d.now().Micros())
	if err != nil {
		return Layout{}, err
	}
	if !who.May(access.Engineer, place.Path) {
		return Layout{}, fmt.Errorf("%w: the layout of %s", access.ErrForbidden, place.Path)
	}
	l.Note = strings.TrimSpace(l.Note)
	if err := l.Check(); err != nil {
		return Layout{}, err
	}
	for _, s := range l.Stations {
		for _, id := range s.Machines {
			i := slices.IndexFunc(m.Nodes, func(n plant.Node) bool { return n.ID == id })
			switch {
			case i < 0 || m.Nodes[i].Machine == nil || !plant.Within(m.Nodes[i].Path, place.Path):
				return Layout{}, invalid("station %s: no machine %.60q stands in %s", s.Code, id, place.Path)
			case m.Nodes[i].Machine.Excluded:
				return Layout{}, invalid("station %s: %s is auxiliary equipment: nobody counts what it makes", s.Code, m.Nodes[i].Path)
			}
		}
	}
	if l.From == 0 {
		l.From = d.now()
	}
	seen := l.Rev
	l.Rev, l.Path, l.By, l.At = seen+1, place.Path, who.Name, d.now()
	return l, d.o.Store.SaveLayout(ctx, who.Scope.Tenant, l, seen)
}
