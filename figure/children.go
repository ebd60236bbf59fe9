package figure

import (
	"context"
	"fmt"
	"slices"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

// Children are the figures that one figure is made of, over the same window:
// those of the nodes directly below its scope, or, for a machine, those of its
// base windows. scope names the figure's node; product and shift those of its
// scope, if any. leaf says that the children are base windows, whose own
// inputs are facts: see Evidence.
func (e *Engine) Children(ctx context.Context, scope access.Scope, id string, w Span, product, shift *string) (children []Figure, leaf bool, err error) {
	def, err := e.defs.Definition(id)
	if err != nil {
		return nil, false, err
	}
	q, err := e.ask(ctx, scope, w.Kind.question(), w.From, w.To)
	if err != nil {
		return nil, false, err
	}
	rows := slices.DeleteFunc(slices.Clone(q.rows), func(r kept) bool {
		return !w.contains(Base{From: r.From, To: r.To, Shift: r.Shift}) ||
			product != nil && r.Product != *product || shift != nil && r.Shift != *shift
	})
	var groups []group
	var windows []Span
	if q.scope.Level == plant.LevelEquipment {
		groups, windows = byBase(rows, q.scope)
	} else {
		for _, n := range q.model.Nodes {
			if isChild(q.model, n, q.scope) {
				groups, windows = append(groups, group{scopeOf(n), within(rows, n)}), append(windows, w)
			}
		}
	}
	for i, g := range groups {
		g.scope.Product, g.scope.Shift = product, shift
		f, err := def.figure(g.rows, g.scope, windows[i], q.zone)
		if err != nil {
			return nil, false, fmt.Errorf("figure %s: %w", id, err)
		}
		children = append(children, f)
	}
	return children, q.scope.Level == plant.LevelEquipment, nil
}

// question is the kind to ask for so that the bounds stay as they are.
func (k Kind) question() Kind {
	if k == baseKind || k == "" {
		return Range
	}
	return k
}

// isChild reports whether n stands directly below the scope; above every node
// stand those without a parent.
func isChild(m plant.Model, n plant.Node, s Scope) bool {
	parent := plant.ParentPath(n.Path)
	if s.Path != "" {
		return parent == s.Path
	}
	return !slices.ContainsFunc(m.Nodes, func(x plant.Node) bool { return x.Path == parent })
}

func byBase(rows []kept, scope Scope) ([]group, []Span) {
	var groups []group
	var windows []Span
	for _, r := range rows {
		if n := len(windows); n > 0 && windows[n-1].From == r.From && windows[n-1].To == r.To {
			groups[n-1].rows = append(groups[n-1].rows, r)
			continue
		}
		groups = append(groups, group{scope, []kept{r}})
		windows = append(windows, Span{Kind: baseKind, From: r.From, To: r.To, Shift: r.Shift})
	}
	return groups, windows
}

// Evidence opens the base window of a machine that holds the instant: the
// facts, rules, calendar and planned run times that its terms were folded
// from. scope names the machine.
func (e *Engine) Evidence(ctx context.Context, scope access.Scope, at plant.Micros) (Evidence, error) {
	now := plant.MicrosOf(e.now())
	// A base window is an hour at most: a machine that came or went inside it
	// stands at one of its ends.
	hour := plant.Micros(time.Hour.Microseconds())
	machines, err := e.machines(ctx, scope, min(at+hour, now), min(at, now))
	if err != nil {
		return Evidence{}, err
	}
	i := slices.IndexFunc(machines, func(m machine) bool { return m.node.Path == scope.Path })
	if i < 0 {
		return Evidence{}, fmt.Errorf("%w: no machine %q", ErrNoNode, scope.Path)
	}
	m := machines[i]
	bases := Bases(m.calendar, at, at+1)
	if len(bases) == 0 || bases[0].From >= now {
		return Evidence{}, fmt.Errorf("%w: the window has not begun", ErrInvalid)
	}
	b := bases[0]
	stored, err := e.stored(ctx, scope, b.From, b.To)
	if err != nil {
		return Evidence{}, err
	}
	// The rows must be those of the facts shown: fold what is out of date.
	o := owner{scope.Tenant, m.node.ID}
	if _, _, err = e.current(ctx, o, b, stored, now); err != nil {
		return Evidence{}, err
	}
	if stored, err = e.stored(ctx, scope, b.From, b.To); err != nil {
		return Evidence{}, err
	}
	have := stored[baseKey{m.node.ID, b.From}]
	upto := min(b.To, have.window.AsOf)
	if have.window.Revision > 0 {
		upto = b.To
	}
	ev, err := e.folder.Evidence(ctx, scope.Tenant, m.node.ID, b, upto)
	if err != nil {
		return Evidence{}, fmt.Errorf("evidence of %s: %w", scope.Path, err)
	}
	ev.Scope, ev.Window = scopeOf(m.node), Span{Kind: baseKind, From: b.From, To: b.To, Shift: b.Shift}
	ev.Upto, ev.Revision, ev.AsOf, ev.Digest = upto, have.window.Revision, have.window.AsOf, have.window.Digest
	return ev, nil
}

// Totals are all terms of a window, summed over the scope.
type Totals struct {
	Window Span             `json:"window"`
	Terms  map[string]int64 `json:"terms"`
}

// Totals sums every term, also those no definition reads (the time and number
// of stops of each reason), over the windows of the kind in [from, to).
func (e *Engine) Totals(ctx context.Context, scope access.Scope, kind Kind, from, to plant.Micros) ([]Totals, error) {
	q, err := e.ask(ctx, scope, kind, from, to)
	if err != nil {
		return nil, err
	}
	out := make([]Totals, len(q.windows))
	for i, w := range q.windows {
		out[i] = Totals{Window: w, Terms: sums(q.in(w))}
	}
	return out, nil
}
