package line

import (
	"context"
	"fmt"
	"time"

	"zhigai/access"
	calc "zhigai/calc/line"
	"zhigai/figure"
	"zhigai/plant"
)

// MaxWindow is what one question covers: what every machine did is folded for it.
const MaxWindow = 7 * 24 * time.Hour

// Query chooses a line and a window.
type Query struct {
	Line     plant.NodeID
	From, To plant.Instant
	Demand   int64 // parts wanted in the window; 0 for those of orders that are due in it
}

// Analyse says what a line's stations did in a window, who held it up, and where
// the parts went.
func (d *Desk) Analyse(ctx context.Context, scope access.Scope, q Query) (Analysis, error) {
	var a Analysis
	now := d.now()
	switch {
	case q.To.Time().Sub(q.From.Time()) > MaxWindow:
		return a, invalid("%s at once; %s are allowed", q.To.Time().Sub(q.From.Time()), MaxWindow)
	case q.Demand < 0:
		return a, invalid("a demand of %d parts", q.Demand)
	}
	a.Provisional, a.To = q.To > now, min(q.To, now)
	revisions, err := d.Revisions(ctx, scope, q.Line)
	if err != nil {
		return a, err
	}
	layout, ok := InForce(revisions, a.To-1)
	if !ok {
		return a, fmt.Errorf("%w: a layout of line %s at %s", access.ErrNotFound, q.Line, a.To.Time().Format(time.RFC3339))
	}
	a.From = max(q.From, layout.From)
	w := world{layout: layout, from: int64(a.From) / 1000, to: int64(a.To) / 1000}
	if w.from >= w.to {
		return a, invalid("the time ends before it begins, or has not begun")
	}
	model, place, err := d.place(ctx, scope, q.Line, a.To.Micros()-1)
	if err != nil {
		return a, err
	}
	a.Layout, a.Name = layout, place.Name
	nodes, err := d.gather(ctx, scope, &w, model, place)
	if err != nil {
		return a, err
	}
	a.Demand = Demand{q.Demand, "asked"}
	if q.Demand == 0 {
		a.Demand.Of = "orders"
		if a.Demand.Parts, err = d.o.Orders.Demand(ctx, access.Scope{Tenant: scope.Tenant, Path: place.Path}, a.From, a.To); err != nil {
			return a, err
		}
	}
	w.derive()
	return a, d.compose(&a, &w, cyclesOf(&layout, model, a.To.Micros()-1), nodes)
}

// gather reads what the machines did and counted. Of one that stands elsewhere
// now, or nowhere, nothing is known.
func (d *Desk) gather(ctx context.Context, scope access.Scope, w *world, model plant.Model, place plant.Node) (map[plant.NodeID]plant.Node, error) {
	nodes := map[plant.NodeID]plant.Node{}
	for _, n := range model.Nodes {
		if n.Machine != nil && plant.Within(n.Path, place.Path) {
			nodes[n.ID] = n
		}
	}
	from, to := plant.Micros(w.from*1000), plant.Micros(w.to*1000)
	for _, s := range w.layout.Stations {
		var all []machine
		for _, id := range s.Machines {
			var one machine
			var did []Did
			if _, there := nodes[id]; there {
				var err error
				if did, err = d.o.Machines.Did(ctx, scope.Tenant, id, from, to); err != nil {
					return nil, err
				}
				if one.counted, err = d.o.Machines.Counted(ctx, scope.Tenant, id, from, to); err != nil {
					return nil, err
				}
			}
			one.parts = ownParts(did, w.from, w.to)
			all = append(all, one)
		}
		w.stations = append(w.stations, all)
	}
	return nodes, nil
}

// compose writes the answer.
func (d *Desk) compose(a *Analysis, w *world, c cycles, nodes map[plant.NodeID]plant.Node) error {
	per, mix, terms := perEnd(&w.layout), w.mix(), w.terms(c, a.Demand.Parts)
	var all [][]calc.Stretch
	for s := range w.layout.Stations {
		did, stretches := w.station(s, nodes)
		did.CycleMs = c.mean(s, mix, per[s])
		a.Stations, all = append(a.Stations, did), append(all, stretches)
	}
	a.Buffers = w.contents()
	found, err := calc.Detect(all, w.from, w.to)
	if err != nil {
		return err
	}
	a.Bottleneck = w.held(found)
	if main := found.Main(); main != calc.None {
		if fall, ok := w.fall(main, c); ok {
			a.Waterfall = waterfall(w.layout.Stations[main].Code, fall)
		}
	}
	if a.Figures, err = d.o.Definitions.Over(terms, figure.Scope{Path: a.Layout.Path}, figure.Span{From: a.From.Micros(), To: a.To.Micros()}, a.Provisional); err != nil {
		return err
	}
	a.Root, err = figure.RootOf(struct {
		Stations []StationDid `json:"stations"`
		Buffers  []Buffer     `json:"buffers"`
	}{a.Stations, a.Buffers})
	return err
}
