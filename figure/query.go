package figure

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

// By says into what a figure is split: "" not at all, "product", "shift", or
// the name of an equipment level.
type By string

const (
	ByNone      By = ""
	ByProduct   By = "product"
	ByShift     By = "shift"
	ByEquipment By = By(plant.LevelEquipment)
)

// Query gives the figures of a definition for every window of the kind that
// overlaps [from, to), split by. Windows that have not begun are left out.
// Rows that are missing or out of date are folded first.
func (e *Engine) Query(ctx context.Context, scope access.Scope, id string, kind Kind, from, to plant.Micros, by By) ([]Figure, error) {
	many, err := e.QueryMany(ctx, scope, []string{id}, kind, from, to, by)
	if err != nil {
		return nil, err
	}
	return many[id], nil
}

// QueryMany is Query for several definitions over the same rows.
func (e *Engine) QueryMany(ctx context.Context, scope access.Scope, ids []string, kind Kind, from, to plant.Micros, by By) (map[string][]Figure, error) {
	defs := make([]*Definition, len(ids))
	for i, id := range ids {
		def, err := e.defs.Definition(id)
		if err != nil {
			return nil, err
		}
		defs[i] = def
	}
	q, err := e.ask(ctx, scope, kind, from, to)
	if err != nil {
		return nil, err
	}
	split, err := q.splitter(by)
	if err != nil {
		return nil, err
	}
	out := map[string][]Figure{}
	for _, w := range q.windows {
		for _, g := range split(q.in(w)) {
			for _, d := range defs {
				f, err := d.figure(g.rows, g.scope, w, q.zone)
				if err != nil {
					return nil, fmt.Errorf("figure %s: %w", d.ID, err)
				}
				out[d.ID] = append(out[d.ID], f)
			}
		}
	}
	return out, nil
}

// question is what a query works on: windows and the rows in them.
type question struct {
	scope   Scope
	model   plant.Model
	zone    *time.Location
	windows []Span
	rows    []kept // in order of From
}

// ask finds the windows and brings the rows in them up to date.
func (e *Engine) ask(ctx context.Context, scope access.Scope, kind Kind, from, to plant.Micros) (question, error) {
	q, err := e.cut(ctx, scope, kind, from, to)
	if err != nil || len(q.windows) == 0 {
		return q, err
	}
	last := q.windows[len(q.windows)-1]
	q.rows, err = e.rows(ctx, scope, q.windows[0].From, min(last.To, plant.MicrosOf(e.now())))
	return q, err
}

// Windows are those of a scope that overlap [from, to) and have begun; nothing is
// folded to tell them.
func (e *Engine) Windows(ctx context.Context, scope access.Scope, kind Kind, from, to plant.Micros) ([]Span, error) {
	q, err := e.cut(ctx, scope, kind, from, to)
	return q.windows, err
}

// cut finds the windows of a question.
func (e *Engine) cut(ctx context.Context, scope access.Scope, kind Kind, from, to plant.Micros) (question, error) {
	now := plant.MicrosOf(e.now())
	model, err := e.folder.Model(ctx, scope, min(max(to-1, from), now))
	if err != nil {
		return question{}, fmt.Errorf("plant: %w", err)
	}
	q := question{model: model, scope: Scope{Path: scope.Path}}
	calendar, ok := plant.Calendar{}, scope.Path == ""
	for _, n := range model.Nodes {
		if n.Path == scope.Path {
			q.scope, calendar, ok = scopeOf(n), Calendars(model)[n.ID], true
		}
	}
	if calendar.Zone == "" {
		calendar = firstCalendar(model, scope)
	}
	if !ok {
		return q, fmt.Errorf("%w: %q", ErrNoNode, scope.Path)
	}
	q.zone = zoneOf(calendar)
	if q.windows, err = Windows(kind, calendar, from, to); err != nil {
		return q, err
	}
	q.windows = slices.DeleteFunc(q.windows, func(w Span) bool { return w.From >= now })
	return q, nil
}

// firstCalendar is that of the first machine below: what a scope above all
// calendars (an enterprise of several sites) counts its days by.
func firstCalendar(model plant.Model, scope access.Scope) plant.Calendar {
	calendars := Calendars(model)
	for _, n := range model.Nodes {
		if n.Machine != nil && scope.Allows(n.Path) {
			if c := calendars[n.ID]; c.Zone != "" {
				return c
			}
		}
	}
	return plant.Calendar{}
}

func scopeOf(n plant.Node) Scope {
	return Scope{Path: n.Path, Node: n.ID, Level: n.Level, Name: n.Name}
}

// rows brings the base windows in [from, to) up to date and returns their rows
// in order of time.
func (e *Engine) rows(ctx context.Context, scope access.Scope, from, to plant.Micros) ([]kept, error) {
	stored, err := e.stored(ctx, scope, from, to)
	if err != nil {
		return nil, err
	}
	r := reading{e: e, scope: scope, from: from, stored: stored, now: plant.MicrosOf(e.now())}
	// Hour by hour, with the machines that stood then.
	for _, hour := range hourSpans(time.UTC, from, to) {
		if err := r.hour(ctx, max(hour.From, from), min(hour.To, to)); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(r.out, func(a, b kept) int { return cmp.Compare(a.From, b.From) })
	return r.out, nil
}

// reading collects the rows of a question.
type reading struct {
	e      *Engine
	scope  access.Scope
	from   plant.Micros
	stored map[baseKey]keptWindow
	now    plant.Micros
	out    []kept
	bases  int
	fresh  int
}

func (r *reading) hour(ctx context.Context, lo, hi plant.Micros) error {
	machines, err := r.e.machines(ctx, r.scope, min(hi, r.now)-1, lo)
	if err != nil {
		return err
	}
	cut := map[string][]Base{} // by calendar code
	for _, m := range machines {
		bases, ok := cut[m.calendar.Code]
		if !ok {
			bases = Bases(m.calendar, lo, hi)
			cut[m.calendar.Code] = bases
		}
		for _, b := range bases {
			// A base window belongs to the hour that it begins in, or to the
			// question's first one.
			if b.From >= r.now || b.From < lo && lo != r.from {
				continue
			}
			if err := r.base(ctx, owner{r.scope.Tenant, m.node.ID}, b); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *reading) base(ctx context.Context, o owner, b Base) error {
	if r.bases++; r.bases > maxBases {
		return fmt.Errorf("%w: more than %d machine-hours; ask for less time or a smaller scope", ErrTooMuch, maxBases)
	}
	rows, folded, err := r.e.current(ctx, o, b, r.stored, r.now)
	if err != nil {
		return err
	}
	if r.fresh += folded; r.fresh > maxFreshFold {
		return fmt.Errorf("%w: more than %d machine-hours are not folded yet; ask for less time at once", ErrTooMuch, maxFreshFold)
	}
	r.out = append(r.out, rows...)
	return nil
}

type baseKey struct {
	node plant.NodeID
	from plant.Micros
}

// keptWindow is a window of the store with its rows.
type keptWindow struct {
	window Window
	rows   []Row
}

func (e *Engine) stored(ctx context.Context, scope access.Scope, from, to plant.Micros) (map[baseKey]keptWindow, error) {
	// Base windows are at most an hour; one that began before from is in.
	lo := from - plant.Micros(time.Hour.Microseconds())
	windows, err := e.store.Windows(ctx, scope, lo, to)
	if err != nil {
		return nil, fmt.Errorf("windows: %w", err)
	}
	rows, err := e.store.Rows(ctx, scope, lo, to)
	if err != nil {
		return nil, fmt.Errorf("rows: %w", err)
	}
	out := make(map[baseKey]keptWindow, len(windows))
	for _, w := range windows {
		out[baseKey{w.Node, w.From}] = keptWindow{window: w}
	}
	for _, r := range rows {
		k := baseKey{r.Node, r.From}
		if have, ok := out[k]; ok && have.window.To == r.To {
			have.rows = append(have.rows, r)
			out[k] = have
		}
	}
	return out, nil
}

// current returns the rows of a base window, folded again when they are out of
// date.
func (e *Engine) current(ctx context.Context, o owner, b Base, stored map[baseKey]keptWindow, now plant.Micros) ([]kept, int, error) {
	version, err := e.folder.Version(ctx, o.tenant, o.node, b)
	if err != nil {
		return nil, 0, err
	}
	have, ok := stored[baseKey{o.node, b.From}]
	folded := 0
	if !ok || e.stale(have.window, b, version, now) {
		var before *Window
		if ok && have.window.To == b.To {
			before = &have.window
		}
		if have.window, have.rows, err = e.settle(ctx, o, b, before); err != nil {
			return nil, 0, err
		}
		folded = 1
	}
	out := make([]kept, len(have.rows))
	sortRows(have.rows)
	for i, r := range have.rows {
		out[i] = kept{Row: r, revision: have.window.Revision, asOf: have.window.AsOf, open: now < b.To}
	}
	return out, folded, nil
}

// in picks the rows of one window.
func (q question) in(w Span) []kept {
	first, _ := slices.BinarySearchFunc(q.rows, w.From, func(r kept, t plant.Micros) int {
		if r.From < t {
			return -1
		}
		return 1
	})
	var out []kept
	for _, r := range q.rows[first:] {
		if r.From >= w.To {
			break
		}
		if w.contains(Base{From: r.From, To: r.To, Shift: r.Shift}) {
			out = append(out, r)
		}
	}
	return out
}

// group is a part of a window's rows and what it stands for.
type group struct {
	scope Scope
	rows  []kept
}

// splitter gives the function that splits a window's rows.
func (q question) splitter(by By) (func([]kept) []group, error) {
	switch by {
	case ByNone:
		return func(rows []kept) []group { return []group{{q.scope, rows}} }, nil
	case ByProduct:
		return func(rows []kept) []group {
			return q.byText(rows, func(r kept) string { return r.Product }, func(s *Scope, v *string) { s.Product = v })
		}, nil
	case ByShift:
		return func(rows []kept) []group {
			return q.byText(rows, func(r kept) string { return r.Shift }, func(s *Scope, v *string) { s.Shift = v })
		}, nil
	}
	if plant.Level(by).Depth() < 0 {
		return nil, fmt.Errorf("%w: by %q; write product, shift or a level: %v", ErrInvalid, by, plant.Levels)
	}
	return func(rows []kept) []group {
		var out []group
		for _, n := range q.model.Nodes {
			if n.Level != plant.Level(by) || !plant.Within(n.Path, q.scope.Path) {
				continue
			}
			out = append(out, group{scopeOf(n), within(rows, n)})
		}
		return out
	}, nil
}

// within picks the rows at or below a node: by id for a machine, which may
// have been renamed since.
func within(rows []kept, n plant.Node) []kept {
	var out []kept
	for _, r := range rows {
		if r.Node == n.ID || plant.Within(r.Path, n.Path) {
			out = append(out, r)
		}
	}
	return out
}

func (q question) byText(rows []kept, of func(kept) string, set func(*Scope, *string)) []group {
	parts := map[string][]kept{}
	for _, r := range rows {
		parts[of(r)] = append(parts[of(r)], r)
	}
	out := make([]group, 0, len(parts))
	for value, part := range parts {
		scope := q.scope
		set(&scope, &value)
		out = append(out, group{scope, part})
	}
	slices.SortFunc(out, func(a, b group) int { return strings.Compare(of(a.rows[0]), of(b.rows[0])) })
	return out
}
