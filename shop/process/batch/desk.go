package batch

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"zhigai/access"
	calc "zhigai/calc/batch"
	"zhigai/plant"
)

// Options of a desk. Alarms may be nil; all others are required.
type Options struct {
	Store      Store
	Machines   Machines
	Inspection Inspection
	Alarms     Alarms
	NewID      func() string
	Now        func() time.Time
}

// Desk is where runs are looked at. Its methods may be called concurrently.
type Desk struct{ o Options }

// NewDesk makes a desk.
func NewDesk(o Options) *Desk { return &Desk{o} }

func (d *Desk) now() plant.Instant { return plant.InstantOf(d.o.Now()) }

const (
	// maxSpan is how far apart the ends of a search for runs may lie.
	maxSpan = 92 * 24 * time.Hour
	// maxRuns is how many runs are listed at once, maxBeside how many are held against
	// a band: each reads every signal.
	maxRuns, maxBeside = 1000, 60
	// maxChanges of a signal that runs are cut by: one each second for three days.
	maxChanges = 300_000
	// reads is how many values of a signal are read for each place of a band.
	reads = 2
	// places of a band.
	places = 100
)

// machine that the asker sees and has a right at.
func (d *Desk) machine(ctx context.Context, who access.Principal, id plant.NodeID, right access.Permission) (path string, name plant.Name, err error) {
	path, name, err = d.o.Machines.Machine(ctx, who.Scope.Tenant, id)
	if err != nil {
		return "", plant.Name{}, err
	}
	if err := who.Reach(right, path, fmt.Errorf("%w: machine %s", access.ErrNotFound, id)); err != nil {
		return "", plant.Name{}, err
	}
	return path, name, nil
}

// Signals are the numbers that a machine shows.
func (d *Desk) Signals(ctx context.Context, who access.Principal, machine plant.NodeID) ([]Signal, error) {
	if _, _, err := d.machine(ctx, who, machine, access.Read); err != nil {
		return nil, err
	}
	return d.o.Machines.Signals(ctx, who.Scope.Tenant, machine)
}

// Runs finds the runs of a machine within [from, to), in the order of time.
func (d *Desk) Runs(ctx context.Context, who access.Principal, machine plant.NodeID, c Cut, item string, from, to plant.Instant) ([]Run, error) {
	if _, _, err := d.machine(ctx, who, machine, access.Read); err != nil {
		return nil, err
	}
	return d.runs(ctx, who.Scope.Tenant, machine, c, item, from, to)
}

func (d *Desk) runs(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, c Cut, item string, from, to plant.Instant) ([]Run, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	now := d.now()
	to = min(to, now)
	switch {
	case to <= from:
		return nil, invalid("the search for runs ends before it begins")
	case to.Time().Sub(from.Time()) > maxSpan:
		return nil, invalid("more than %d days at once", int(maxSpan.Hours()/24))
	}
	var all []Run
	var err error
	switch c.By {
	case ByJob:
		all, err = d.o.Machines.Jobs(ctx, tenant, machine, from, to)
	case BySignal:
		all, err = d.cycles(ctx, tenant, machine, c, from, to)
	default:
		if all, err = d.o.Machines.Produced(ctx, tenant, machine, from, to, c.GapS); err == nil && c.By == ByTime {
			all = stretches(all, c.Every, now)
		}
	}
	if err != nil {
		return nil, err
	}
	out := []Run{}
	for _, r := range all {
		if r.To == 0 || r.To >= now {
			r.To, r.Running = now, true
		}
		if r.From < r.To && (r.Running || r.seconds() >= c.MinS) && (item == "" || r.Item == item) {
			out = append(out, r)
		}
	}
	if len(out) > maxRuns {
		return nil, invalid("more than %d runs; take a shorter time, or a longer run", maxRuns)
	}
	return out, nil
}

// cycles cuts a signal; what had begun before from is left out.
func (d *Desk) cycles(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, c Cut, from, to plant.Instant) ([]Run, error) {
	held, err := d.o.Machines.Held(ctx, tenant, machine, c.Signal, from, to, maxChanges)
	if err != nil {
		return nil, err
	}
	curve := make(calc.Curve, 0, len(held))
	for _, h := range held {
		if h.Known {
			curve = append(curve, calc.Point{T: float64(h.At-from) / 1e6, V: h.Mean})
		}
	}
	spans, err := calc.Cut(curve, float64(to-from)/1e6, calc.Rule{Start: c.Start, End: c.End, Below: c.Below, Gap: c.GapS, Min: c.MinS})
	if err != nil {
		return nil, invalid("%v", err)
	}
	var out []Run
	for _, s := range spans {
		if s.Begun {
			continue
		}
		r := Run{From: from + plant.Instant(s.From*1e6), To: from + plant.Instant(s.To*1e6)}
		if s.Runs {
			r.To = 0
			if to < d.now() { // where the search ends it had not ended
				continue
			}
		}
		out = append(out, r)
	}
	return out, nil
}

// stretches of equal length of what was produced without a longer pause; the last
// one may run still.
func stretches(all []Run, every float64, now plant.Instant) []Run {
	var out []Run
	for _, r := range all {
		width := plant.Instant(every * 1e6)
		at := r.From
		for ; at+width <= r.To && at+width < now; at += width {
			one := r
			one.From, one.To = at, at+width
			out = append(out, one)
		}
		if r.To >= now && at < now {
			r.From = at
			out = append(out, r)
		}
	}
	return out
}

// read makes a run of the signals as the formulas want it.
func (d *Desk) read(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, signals []string, r Run) (calc.Run, error) {
	out := calc.Run{ID: r.From.Time().Format(time.RFC3339), Length: r.seconds(), Runs: r.Running}
	for _, s := range signals {
		course, err := d.o.Machines.Course(ctx, tenant, machine, s, r.From, r.To, reads*places)
		if err != nil {
			return calc.Run{}, err
		}
		curve := calc.Curve{}
		for _, m := range course {
			if m.Known {
				curve = append(curve, calc.Point{T: float64(m.At-r.From) / 1e6, V: m.Mean})
			}
		}
		out.Curves = append(out.Curves, curve)
	}
	return out, nil
}

// Save makes a golden batch of the runs that somebody chose, and keeps it as the
// next revision.
func (d *Desk) Save(ctx context.Context, who access.Principal, a Asked) (Golden, error) {
	a.Reason, a.Item = strings.TrimSpace(a.Reason), strings.TrimSpace(a.Item)
	g, err := d.make(ctx, who, a, access.Engineer)
	if err != nil {
		return Golden{}, err
	}
	seen := a.Rev
	if g.ID == "" {
		g.ID, seen = d.o.NewID(), 0
	} else {
		old, err := d.Golden(ctx, who, g.ID, 0)
		if err != nil {
			return Golden{}, err
		}
		if old.Machine != g.Machine {
			return Golden{}, invalid("%s is of another machine: make a new one", old.Name.ZH)
		}
	}
	g.Rev, g.By, g.At = seen+1, who.Name, d.now()
	return g, d.o.Store.SaveGolden(ctx, who.Scope.Tenant, g, seen)
}

// Try makes a golden batch and keeps nothing.
func (d *Desk) Try(ctx context.Context, who access.Principal, a Asked) (Golden, error) {
	return d.make(ctx, who, a, access.Read)
}

func (d *Desk) make(ctx context.Context, who access.Principal, a Asked, right access.Permission) (Golden, error) {
	tenant := who.Scope.Tenant
	path, name, err := d.machine(ctx, who, a.Machine, right)
	if err != nil {
		return Golden{}, err
	}
	if err := a.check(); err != nil {
		return Golden{}, err
	}
	known, err := d.o.Machines.Signals(ctx, tenant, a.Machine)
	if err != nil {
		return Golden{}, err
	}
	g := Golden{Asked: a, Path: path, MachineName: name}
	for _, s := range a.Signals {
		i := slices.IndexFunc(known, func(k Signal) bool { return k.Name == s })
		if i < 0 {
			return Golden{}, invalid("%s shows no number %s", path, s)
		}
		g.Titles = append(g.Titles, known[i])
	}
	g.Runs = slices.Clone(a.Runs)
	slices.SortFunc(g.Runs, func(x, y Chosen) int { return int(min(1, max(-1, x.From-y.From))) })
	runs := make([]calc.Run, len(g.Runs))
	for i, r := range g.Runs {
		if runs[i], err = d.read(ctx, tenant, a.Machine, a.Signals, Run{From: r.From, To: r.To}); err != nil {
			return Golden{}, err
		}
	}
	if g.Band, err = calc.Build(a.Signals, runs, calc.Options{Align: a.Align, K: a.K, Points: places}); err != nil {
		return Golden{}, invalid("%v", err)
	}
	for i, s := range g.Band.Scores {
		g.Runs[i].Score = &s
	}
	return g, nil
}

// Golden is a revision that the asker sees; 0 is the newest.
func (d *Desk) Golden(ctx context.Context, who access.Principal, id string, rev int64) (Golden, error) {
	g, err := d.o.Store.Golden(ctx, who.Scope.Tenant, id, rev)
	if err == nil && !who.Scope.Allows(g.Path) {
		return Golden{}, fmt.Errorf("%w: golden batch %s", access.ErrNotFound, id)
	}
	return g, err
}

// Goldens lists golden batches within the asker's places, the newest first.
func (d *Desk) Goldens(ctx context.Context, f Filter) ([]Golden, error) {
	return bandless(d.o.Store.Goldens(ctx, f))
}

// Revisions of a golden batch, the newest first.
func (d *Desk) Revisions(ctx context.Context, who access.Principal, id string) ([]Golden, error) {
	if _, err := d.Golden(ctx, who, id, 0); err != nil {
		return nil, err
	}
	return bandless(d.o.Store.GoldenRevisions(ctx, who.Scope.Tenant, id))
}

func bandless(all []Golden, err error) ([]Golden, error) {
	for i := range all {
		all[i].Band = nil
	}
	return all, err
}

// Compared are the last runs of the machine within [from, to) beside a golden
// batch, the newest first.
func (d *Desk) Compared(ctx context.Context, who access.Principal, id string, rev int64, from, to plant.Instant) ([]Beside, error) {
	g, err := d.Golden(ctx, who, id, rev)
	if err != nil {
		return nil, err
	}
	runs, err := d.runs(ctx, who.Scope.Tenant, g.Machine, g.Cut, g.Item, from, to)
	if err != nil {
		return nil, err
	}
	slices.Reverse(runs)
	out := []Beside{}
	for _, r := range runs[:min(len(runs), maxBeside)] {
		b, err := d.beside(ctx, who.Scope.Tenant, g, r)
		if err != nil {
			return nil, err
		}
		b.Signals = nil
		out = append(out, b)
	}
	return out, nil
}

// Compare holds one run against a golden batch, place by place. Without an end it
// is the one that runs.
func (d *Desk) Compare(ctx context.Context, who access.Principal, id string, rev int64, from, to plant.Instant) (Beside, error) {
	g, err := d.Golden(ctx, who, id, rev)
	if err != nil {
		return Beside{}, err
	}
	r := Run{From: from, To: to}
	if now := d.now(); to == 0 || to > now {
		r.To, r.Running = now, true
	}
	switch {
	case r.To <= r.From:
		return Beside{}, invalid("the run ends before it begins")
	case r.To.Time().Sub(r.From.Time()) > maxSpan:
		return Beside{}, invalid("a run of more than %d days", int(maxSpan.Hours()/24))
	}
	return d.beside(ctx, who.Scope.Tenant, g, r)
}

func (d *Desk) beside(ctx context.Context, tenant plant.TenantNo, g Golden, r Run) (Beside, error) {
	b := Beside{Run: r}
	for _, s := range g.Band.Scores {
		b.HighestGood = max(b.HighestGood, s)
	}
	run, err := d.read(ctx, tenant, g.Machine, g.Signals, r)
	if err != nil {
		return Beside{}, err
	}
	res, err := g.Band.Compare(run)
	if errors.Is(err, calc.ErrInvalid) {
		b.Why = err.Error()
		return b, nil
	}
	if err != nil {
		return Beside{}, err
	}
	b.Score, b.Departed, b.Long, b.Short = &res.Score, res.Departed(), res.Long, res.Short
	b.Reached = float64(res.Reached) / float64(g.Band.Points)
	at := func(p int) plant.Instant {
		if p >= len(res.At) || math.IsNaN(res.At[p]) {
			return 0
		}
		return r.From + plant.Instant(res.At[p]*1e6)
	}
	for s, j := range res.Signals {
		b.Signals = append(b.Signals, course(g, s, j, at))
	}
	if res.First >= 0 {
		b.First = g.Signals[res.First]
		b.FirstAt = at(res.Signals[res.First].Departed)
	}
	return b, nil
}

// course is one signal place by place.
func course(g Golden, s int, j calc.Judged, at func(int) plant.Instant) SignalCourse {
	e := g.Band.Signals[s]
	out := SignalCourse{Signal: g.Titles[s], Share: j.Share, Score: j.Score, Places: make([]Place, g.Band.Points)}
	for p := range out.Places {
		one := &out.Places[p]
		one.Second, one.At = g.Band.Length*float64(p)/float64(g.Band.Points-1), at(p)
		if p < len(j.Values) && j.Known[p] {
			one.Value = &j.Values[p]
		}
		if e.N[p] >= calc.Least {
			one.Mean, one.Low, one.High = &e.Mean[p], &e.Low[p], &e.High[p]
		}
	}
	if j.Worst >= 0 {
		out.Worst = &out.Places[j.Worst]
	}
	if j.Departed >= 0 {
		out.Departed = &out.Places[j.Departed]
	}
	return out
}
