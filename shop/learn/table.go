package learn

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"zhigai/calc/model"
	"zhigai/plant"
)

// Why a window is not learnt of, or nothing is said of it.
type Why string

// Reasons.
const (
	NotProducing  Why = "not_producing"
	MissingInput  Why = "missing_input"  // too few values of a signal
	MissingTarget Why = "missing_target" // what is to be told was not measured
	UnderRepair   Why = "under_repair"   // from a failure until the work was done
	NotYetKnown   Why = "not_yet_known"  // whether it failed within its hours is to be seen
	StillRuns     Why = "still_runs"     // after the last failure: how long it lasts is not known
)

// Dropped is how many windows were left out, and why.
type Dropped struct {
	Why   Why    `json:"why" enum:"not_producing,missing_input,missing_target,under_repair,not_yet_known,still_runs"`
	Input string `json:"input,omitempty" doc:"Signal that was missing first"`
	N     int    `json:"n"`
}

// row is a window that is learnt of.
type row struct {
	at       plant.Instant // its end
	machine  int           // of the study's
	group    int
	values   []float64
	y, naive float64
}

// table is what a study learns of.
type table struct {
	rows     []row
	windows  int
	dropped  []Dropped
	failures []Breakdown
}

func (t *table) drop(why Why, input string) {
	for i := range t.dropped {
		if t.dropped[i].Why == why && t.dropped[i].Input == input {
			t.dropped[i].N++
			return
		}
	}
	t.dropped = append(t.dropped, Dropped{why, input, 1})
}

// tabulate reads all windows of a study; told is called after each machine, and stops
// by returning false.
func (d *Desk) tabulate(ctx context.Context, tenant plant.TenantNo, s *Study, told func(done int) bool) (*table, error) {
	t := &table{dropped: []Dropped{}}
	group := 0
	for i, machine := range s.Machines {
		if told != nil && !told(i) {
			return nil, model.ErrStopped
		}
		g := gridOf(s.From, min(s.To, d.now()), s.window())
		w, err := d.windows(ctx, tenant, s, machine, g)
		if err != nil {
			return nil, err
		}
		t.windows += g.n
		t.failures = append(t.failures, w.failures...)
		group = t.add(s, i, w, group) + 1
	}
	slices.SortStableFunc(t.rows, func(a, b row) int { return cmp.Compare(a.at, b.at) })
	slices.SortFunc(t.dropped, func(a, b Dropped) int { return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Why, b.Why)) })
	return t, nil
}

// windows of one machine over a grid, read.
type windows struct {
	grid
	columns  []column
	target   *column // of a value: its mean over each window
	busy     []bool  // nil: whether it produced is not asked
	failures []Breakdown
}

func (d *Desk) windows(ctx context.Context, tenant plant.TenantNo, s *Study, machine plant.NodeID, g grid) (*windows, error) {
	w := &windows{grid: g}
	inputs := s.Inputs
	if s.Target.Goal == Value {
		inputs = append(slices.Clone(inputs), Input{Signal: s.Target.Signal, Stat: Mean})
	}
	all, err := d.columns(ctx, tenant, machine, inputs, g)
	if err != nil {
		return nil, err
	}
	w.columns = all[:len(s.Inputs)]
	if s.Target.Goal == Value {
		w.target = &all[len(s.Inputs)]
	}
	if g.n == 0 {
		return w, nil
	}
	from, to := g.start, g.end(g.n-1)
	if s.Producing {
		spans, err := d.o.Machines.Produced(ctx, tenant, machine, from, to)
		if err != nil {
			return nil, err
		}
		w.busy = producing(g, spans)
	}
	if s.Target.Goal == Failure || s.Target.Goal == Life {
		ahead := plant.Instant(s.Target.WithinH * float64(hour))
		if w.failures, err = d.o.Machines.Failures(ctx, tenant, machine, from, to+ahead); err != nil {
			return nil, err
		}
		slices.SortFunc(w.failures, func(a, b Breakdown) int { return cmp.Compare(a.At, b.At) })
	}
	return w, nil
}

// values of a window's inputs, or why there are none.
func (w *windows) values(inputs []Input, k int) (values []float64, why Why, input string) {
	if w.busy != nil && !w.busy[k] {
		return nil, NotProducing, ""
	}
	values = make([]float64, len(inputs))
	for j, c := range w.columns {
		if !c.known[k] {
			return nil, MissingInput, inputs[j].Signal
		}
		values[j] = c.values[k]
	}
	return values, "", ""
}

// add takes the windows of a machine into the table; group is the number of its first
// run, and that of its last comes back.
func (t *table) add(s *Study, machine int, w *windows, group int) int {
	first := group
	for k := range w.n {
		r := row{at: w.end(k), machine: machine, group: group}
		var why Why
		var input string
		if r.values, why, input = w.values(s.Inputs, k); why == "" {
			switch s.Target.Goal {
			case Value:
				why = r.ofValue(s, w, k)
			case Failure, Life:
				var run int
				run, why = r.ofFailure(s, w)
				r.group = first + run
				group = max(group, r.group)
			}
		}
		if why != "" {
			t.drop(why, input)
			continue
		}
		t.rows = append(t.rows, r)
	}
	return group
}

// ofValue is the target's mean over the window that is to be told; the naive answer is
// the last mean that is known when it is told.
func (r *row) ofValue(s *Study, w *windows, k int) Why {
	then, last := k+s.ahead(), k
	if s.ahead() == 0 {
		last = k - 1
	}
	if then >= w.n || last < 0 || !w.target.known[then] || !w.target.known[last] {
		return MissingTarget
	}
	r.y, r.naive = w.target.values[then], w.target.values[last]
	return ""
}

// ofFailure is whether, or when, the machine failed next; and of which run the window
// is: each failure ends one.
func (r *row) ofFailure(s *Study, w *windows) (run int, why Why) {
	next := -1
	for i, f := range w.failures {
		if f.At <= r.at && r.at <= max(f.At, f.Until) {
			return i, UnderRepair
		}
		if f.At > r.at {
			next = i
			break
		}
	}
	if s.Target.Goal == Life {
		if next < 0 {
			return len(w.failures), StillRuns
		}
		r.y = min(s.Target.MostH, float64(w.failures[next].At-r.at)/float64(hour))
		return next, ""
	}
	within := plant.Instant(s.Target.WithinH * float64(hour))
	switch {
	case next >= 0 && w.failures[next].At <= r.at+within:
		r.y = 1
	case r.at+within > w.end(w.n-1):
		return 0, NotYetKnown
	}
	return 0, ""
}

// asTable is what calc/model learns of, and how.
func (t *table) asTable(s *Study) (model.Table, model.Way) {
	m := model.Table{}
	w := model.Way{Kind: s.Kind, Binary: s.Target.Goal == Failure, Share: s.Share, Seed: s.Seed}
	for _, in := range s.Inputs {
		m.Names = append(m.Names, in.name())
	}
	for _, r := range t.rows {
		m.Rows, m.Y = append(m.Rows, r.values), append(m.Y, r.y)
		switch s.Target.Goal {
		case Value:
			m.Naive = append(m.Naive, r.naive)
		case Life:
			m.Group = append(m.Group, r.group)
		}
	}
	// What a window is to be told of must not be on the other side of a split.
	over := s.ahead() + 1
	if s.Target.Goal == Failure {
		over = int(math.Ceil(s.Target.WithinH*60/float64(s.WindowMin))) + 1
	}
	w.Gap = over * len(s.Machines)
	return m, w
}

// enough says why nothing can be learnt, before anything is tried.
func (t *table) enough(s *Study) error {
	if (s.Target.Goal == Failure || s.Target.Goal == Life) && len(t.failures) < leastFailures {
		return invalid("%d failures are known of these machines and this time; it takes %d: take more machines or a longer time, or a model of what is normal, which needs none", len(t.failures), leastFailures)
	}
	if len(t.rows) == 0 {
		what := "nothing was recorded then"
		if len(t.dropped) > 0 {
			what = fmt.Sprintf("most were left out as %s", t.dropped[0].Why)
		}
		return invalid("none of %d windows can be learnt of; %s: take another time, or other signals", t.windows, what)
	}
	return nil
}

// leastFailures leave some to judge by.
const leastFailures = 6
