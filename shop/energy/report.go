package energy

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"zhigai/access"
	calc "zhigai/calc/energy"
	"zhigai/plant"
)

// maxReport bounds a baseline and what it is held against: a hundred days of
// quarters, more where periods are days.
const maxReport = 400 * 24 * time.Hour

// sample is a period with its bounds.
type sample struct {
	from, to plant.Micros
	calc.Period
}

// Try makes a baseline and keeps nothing.
func (d *Desk) Try(ctx context.Context, who access.Principal, a Ask) (Baseline, error) {
	_, place, err := d.place(ctx, who.Scope, a.Place)
	if err != nil {
		return Baseline{}, err
	}
	if err := a.check(); err != nil {
		return Baseline{}, err
	}
	net, err := d.network(ctx, who.Scope, a.Place, a.To)
	if err != nil {
		return Baseline{}, err
	}
	m, ok := net.Meter(a.Meter)
	if !ok {
		return Baseline{}, invalid("there is no meter %.40q", a.Meter)
	}
	all, left, err := d.samples(ctx, who.Scope, &net, a, a.From, a.To)
	if err != nil {
		return Baseline{}, err
	}
	model, err := calc.Fit(a.Kind, bare(all), a.names())
	if err != nil {
		return Baseline{}, invalid("%d whole periods: %v", len(all), err)
	}
	b := Baseline{
		Ask: a, Path: place.Path, Unit: units[m.Medium], Model: *model, Doubts: append([]string{}, model.Doubts()...), LeftOut: left,
		By: who.Name, At: d.now(), Network: net.Rev,
	}
	b.Note = strings.TrimSpace(a.Note)
	b.Checks, b.Accepted = model.Accept(cadences[a.Every])
	b.Stats = Statistics{
		R2: finite(model.R2), AdjR2: finite(model.AdjR2), RMSE: finite(model.RMSE), CVRMSE: finite(model.CVRMSE), NMBE: finite(model.NMBE),
		F: finite(model.F), DW: finite(model.DW), Lag1: finite(model.Lag1), T: []*float64{}, P: []*float64{},
	}
	for i := range model.T {
		b.Stats.T, b.Stats.P = append(b.Stats.T, finite(model.T[i])), append(b.Stats.P, finite(model.P[i]))
		if !isFinite(b.Model.StdErr[i]) {
			b.Model.StdErr[i] = 0
		}
	}
	return b, nil
}

func isFinite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

func finite(v float64) *float64 {
	if !isFinite(v) {
		return nil
	}
	return &v
}

// SaveBaseline makes a baseline and keeps it as the next revision of its code.
func (d *Desk) SaveBaseline(ctx context.Context, who access.Principal, a Ask) (Baseline, error) {
	_, place, err := d.place(ctx, who.Scope, a.Place)
	if err != nil {
		return Baseline{}, err
	}
	if !who.May(access.Engineer, place.Path) {
		return Baseline{}, fmt.Errorf("%w: the baselines of %s", access.ErrForbidden, place.Path)
	}
	b, err := d.Try(ctx, who, a)
	if err != nil {
		return Baseline{}, err
	}
	seen := b.Rev
	b.Rev++
	return b, d.o.Store.SaveBaseline(ctx, who.Scope.Tenant, b, seen)
}

// Baselines are the newest of a place.
func (d *Desk) Baselines(ctx context.Context, scope access.Scope, place plant.NodeID) ([]Baseline, error) {
	if _, _, err := d.place(ctx, scope, place); err != nil {
		return nil, err
	}
	return d.o.Store.Baselines(ctx, scope.Tenant, place)
}

// BaselineRevisions are those of one, the newest first.
func (d *Desk) BaselineRevisions(ctx context.Context, scope access.Scope, place plant.NodeID, code string) ([]Baseline, error) {
	if _, _, err := d.place(ctx, scope, place); err != nil {
		return nil, err
	}
	return d.o.Store.BaselineRevisions(ctx, scope.Tenant, place, code)
}

// Report holds the time after a baseline against it: rev 0 is the newest. Without
// bounds it is all from the end of the baseline until now.
func (d *Desk) Report(ctx context.Context, scope access.Scope, place plant.NodeID, code string, rev int64, from, to plant.Instant, confidence float64) (Report, error) {
	all, err := d.BaselineRevisions(ctx, scope, place, code)
	if err != nil {
		return Report{}, err
	}
	i := slices.IndexFunc(all, func(b Baseline) bool { return rev == 0 || b.Rev == rev })
	if i < 0 {
		return Report{}, fmt.Errorf("%w: baseline %s", access.ErrNotFound, code)
	}
	b := all[i]
	if from == 0 {
		from = b.To
	}
	if to == 0 || to > d.now() {
		to = d.now()
	}
	out := Report{Baseline: b, From: from, To: to, Points: []Point{}, Changes: []Change{}, Superseded: i > 0}
	if to <= from {
		return out, nil
	}
	net, err := d.network(ctx, scope, place, to)
	if err != nil {
		return Report{}, err
	}
	before, _, err := d.samples(ctx, scope, &net, b.Ask, b.From, b.To)
	if err != nil {
		return Report{}, err
	}
	after, left, err := d.samples(ctx, scope, &net, b.Ask, from, to)
	if err != nil {
		return Report{}, err
	}
	out.LeftOut = left
	if len(after) == 0 {
		return out, nil
	}
	model := b.restored()
	if out.Saving, err = model.Saving(bare(after), confidence); err != nil {
		return Report{}, invalid("%v", err)
	}
	differences := make([]float64, len(after))
	for i, p := range after {
		out.Points = append(out.Points, Point{From: plant.InstantOf(p.from.Time()), To: plant.InstantOf(p.to.Time()), Step: out.Saving.Steps[i], X: append([]float64{}, p.X...)})
		differences[i] = out.Saving.Steps[i].Difference
	}
	for _, c := range model.Changes(differences) {
		one := Change{Found: out.Points[c.Found].To, Since: out.Points[c.Since].From, Mean: c.Mean, Later: c.Found - c.Since + 1}
		if c.Over < len(out.Points) {
			one.Until, one.Over = out.Points[c.Until].From, out.Points[c.Over].To
		}
		out.Changes = append(out.Changes, one)
	}
	per := b.amountVariable()
	out.EnPI = &EnPI{Indicator: model.Indicator(bare(before), bare(after), per)}
	if per >= 0 {
		out.EnPI.Per = b.Variables[per].Name
	}
	return out, nil
}

func bare(all []sample) []calc.Period {
	out := make([]calc.Period, len(all))
	for i, s := range all {
		out[i] = s.Period
	}
	return out
}

// samples are the whole periods of a range of time with energy and variables; left
// says how many are not known and left out.
func (d *Desk) samples(ctx context.Context, scope access.Scope, net *Network, a Ask, from, to plant.Instant) (out []sample, left int, err error) {
	lo, hi, err := d.window(from, to, maxReport)
	if err != nil {
		return nil, 0, err
	}
	g := gather{d: d, ctx: ctx, scope: scope, net: net, ask: a}
	windows, err := g.windows(lo, hi)
	if err != nil {
		return nil, 0, err
	}
	if len(windows) == 0 {
		return nil, 0, nil
	}
	every := quarter
	if windows[len(windows)-1].To-windows[0].From > plant.Micros((maxCost - quarter).Microseconds()) {
		every = time.Hour
	}
	g.look = d.look(ctx, scope.Tenant, net, windows[0].From, windows[len(windows)-1].To, every)
	y, err := g.look.of(a.Meter)
	if err != nil {
		return nil, 0, err
	}
	columns := make([][]*float64, len(a.Variables))
	for i, v := range a.Variables {
		if columns[i], err = g.column(v, windows); err != nil {
			return nil, 0, err
		}
	}
	energy := within(y, windows)
	for i, w := range windows {
		s := sample{from: w.From, to: w.To}
		if energy[i] == nil || slices.ContainsFunc(columns, func(c []*float64) bool { return c[i] == nil }) {
			left++
			continue
		}
		s.Y = *energy[i]
		for k, v := range a.Variables {
			if a.Kind != calc.Linear && v.Name == calc.Temperature {
				s.Temperatures = []float64{*columns[k][i]}
				continue
			}
			s.X = append(s.X, *columns[k][i])
		}
		out = append(out, s)
	}
	return out, left, nil
}

// gather reads what a baseline is made of.
type gather struct {
	d     *Desk
	ctx   context.Context
	scope access.Scope
	net   *Network
	ask   Ask
	look  *look
	made  map[string][]Made
}

// windows of the calendar that lie wholly in a range of time.
func (g *gather) windows(lo, hi plant.Micros) (out []Made, err error) {
	path := g.net.Path
	all, err := g.d.o.Production.Windows(g.ctx, access.Scope{Tenant: g.scope.Tenant, Path: path}, path, g.ask.Every, lo, hi)
	if err != nil {
		return nil, err
	}
	for _, w := range all {
		if w.From >= lo && w.To <= hi {
			out = append(out, w)
		}
	}
	return out, nil
}

// of is what was made at a place.
func (g *gather) of(path string, lo, hi plant.Micros) ([]Made, error) {
	if made, ok := g.made[path]; ok {
		return made, nil
	}
	made, err := g.d.o.Production.Made(g.ctx, access.Scope{Tenant: g.scope.Tenant, Path: path}, path, g.ask.Every, lo, hi)
	if err != nil {
		return nil, err
	}
	if g.made == nil {
		g.made = map[string][]Made{}
	}
	g.made[path] = made
	return made, nil
}

// column is a variable of each window; null where it is not known.
func (g *gather) column(v Variable, windows []Made) ([]*float64, error) {
	out := make([]*float64, len(windows))
	switch v.Kind {
	case Weekend:
		for i, w := range windows {
			out[i] = new(weekend(w))
		}
	case MeterUse:
		s, err := g.look.of(v.Meter)
		if err != nil {
			return nil, err
		}
		return within(s, windows), nil
	case SignalAvg:
		for i, w := range windows {
			shown, err := g.d.o.Readings.Steps(g.ctx, g.scope.Tenant, v.Machine, v.Signal, w.From, w.To, 1)
			if err != nil {
				return nil, err
			}
			if len(shown) == 1 && float64(shown[0].Good) >= enough*float64(w.To-w.From) {
				out[i] = finite(shown[0].Mean)
			}
		}
	default:
		return g.parts(v, windows)
	}
	return out, nil
}

func (g *gather) parts(v Variable, windows []Made) ([]*float64, error) {
	path := g.net.Path
	if v.Place != "" {
		_, node, err := g.d.place(g.ctx, g.scope, v.Place)
		if err != nil {
			return nil, err
		}
		path = node.Path
	}
	made, err := g.of(path, windows[0].From, windows[len(windows)-1].To)
	if err != nil {
		return nil, err
	}
	out := make([]*float64, len(windows))
	for i, w := range windows {
		k := slices.IndexFunc(made, func(m Made) bool { return m.From == w.From && m.To == w.To })
		if k < 0 || made[k].Known < enough {
			continue
		}
		switch v.Kind {
		case GoodParts:
			out[i] = new(made[k].Good)
		case Produced:
			out[i] = new(made[k].Produced)
		default:
			out[i] = new(made[k].BusyHours)
		}
	}
	return out, nil
}

// within adds the steps of a meter up by windows; null where a part is not known.
func within(s series, windows []Made) []*float64 {
	out := make([]*float64, len(windows))
	if s.why != "" {
		return out
	}
	k := 0
	for i, w := range windows {
		count, known := int64(0), plant.Micros(0)
		for ; k < len(s.steps) && s.steps[k].from < w.To; k++ {
			if s.steps[k].from >= w.From {
				count += s.steps[k].count
				known += s.steps[k].known
			}
		}
		if float64(known) >= enough*float64(w.To-w.From) {
			out[i] = new(float64(count) / micro)
		}
	}
	return out
}

// weekend is the share of a window on Saturdays and Sundays, in China.
func weekend(w Made) float64 {
	middle := time.UnixMicro(int64(w.From+w.To) / 2).In(shanghai)
	if d := middle.Weekday(); d == time.Saturday || d == time.Sunday {
		return 1
	}
	return 0
}

// shanghai keeps no summer time.
var shanghai = time.FixedZone("Asia/Shanghai", 8*3600)
