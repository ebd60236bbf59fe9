package display

import (
	"context"
	"math"
	"slices"
	"time"

	"zhigai/plant"
)

const (
	// trendBack and trendSteps are what a sparkline shows: a step is a minute.
	trendBack  = time.Hour
	trendSteps = 60
	// maxTrends bounds the trends that are remembered.
	maxTrends = 4096
	// margin is how much room an indicator has beside the range in which it moves.
	margin = 0.25
	// quiet is the least part of a value that moves its indicator where nobody said what
	// is normal.
	quiet = 0.1
)

func finite(all ...*float64) bool {
	return !slices.ContainsFunc(all, func(v *float64) bool { return v != nil && (math.IsNaN(*v) || math.IsInf(*v, 0)) })
}

// choose finds the signals of a tile that nobody laid out: what loops hold, what has
// alarm limits, and then of each machine in turn what tells most of its kind.
func (d *Desk) choose(ctx context.Context, tenant plant.TenantNo, of group, all gathered) ([]Choice, error) {
	var out []Choice
	take := func(machine plant.NodeID, signal string) {
		here := slices.ContainsFunc(of.machines, func(p Place) bool { return p.ID == machine })
		known := slices.ContainsFunc(out, func(c Choice) bool { return c.Machine == machine && c.Signal == signal })
		if here && !known && len(out) < chosenIndicators {
			out = append(out, Choice{Machine: machine, Signal: signal})
		}
	}
	for _, l := range all.loops {
		take(l.Held, l.Signal)
	}
	for _, l := range all.limits {
		take(l.Machine, l.Signal)
	}
	for i := 0; len(out) < chosenIndicators && i < chosenIndicators; i++ {
		if i >= len(of.machines) && len(of.machines) > 1 {
			break
		}
		m := of.machines[min(i, len(of.machines)-1)]
		signals, err := d.o.Plant.Signals(ctx, tenant, m.ID)
		if err != nil {
			return nil, err
		}
		if told := telling(signals); len(told) > 0 {
			take(m.ID, told[i%len(told)].Name)
		}
	}
	return out, nil
}

// ranks of units, as UCUM has them: what a room looks at first.
var ranks = []string{"Cel", "bar", "MPa", "kPa", "mm/s", "kW"}

// telling are the measured signals that have a range and a unit of the first ranks, in
// order of these, one for each unit.
func telling(signals []Signal) []Signal {
	var out []Signal
	for _, unit := range ranks {
		i := slices.IndexFunc(signals, func(s Signal) bool {
			return s.Number && s.Tag != 0 && s.SetPoint == nil && s.Unit == unit && s.Min != nil && s.Max != nil
		})
		if i >= 0 {
			out = append(out, signals[i])
		}
	}
	return out
}

// reading is a chosen signal as it is now; false where it is not there any more.
func (d *Desk) reading(ctx context.Context, tenant plant.TenantNo, of group, c Choice, all gathered, now plant.Instant) (Reading, bool, error) {
	i := slices.IndexFunc(of.machines, func(p Place) bool { return p.ID == c.Machine })
	if i < 0 {
		return Reading{}, false, nil
	}
	m := of.machines[i]
	signals, err := d.o.Plant.Signals(ctx, tenant, m.ID)
	if err != nil {
		return Reading{}, false, err
	}
	j := slices.IndexFunc(signals, func(s Signal) bool { return s.Name == c.Signal })
	if j < 0 {
		return Reading{}, false, nil
	}
	s, live := signals[j], all.live[m.ID]
	v := live.Values[s.Name]
	r := Reading{
		Machine: m.ID, Path: m.Path, MachineName: m.Name, Signal: s.Name, Tag: s.Tag, Title: s.Title, Unit: s.Unit,
		Value: v.Number, At: v.At, Quality: v.Quality, Low: c.Low, High: c.High, Marks: []Mark{},
	}
	if c.Low != nil || c.High != nil {
		r.Basis = FromLayout
	}
	for _, l := range all.loops {
		if l.Held == m.ID && l.Signal == s.Name {
			r.SP = l.SP
			if r.Basis == "" {
				r.Low, r.High, r.Basis = &l.Low, &l.High, FromLoop
			}
		}
	}
	for _, l := range all.limits {
		if l.Machine == m.ID && l.Signal == s.Name {
			r.Marks = append(r.Marks, l.Mark)
		}
	}
	r.bound()
	for _, a := range all.alarms {
		if s.Tag != 0 && a.Tag == s.Tag && (r.Priority == 0 || a.Priority < r.Priority) {
			r.Priority = a.Priority
		}
	}
	r.judge(live.Link && v.Good && v.Number != nil)
	if r.Trend, err = d.trend(ctx, tenant, s.Tag, now); err != nil {
		return Reading{}, false, err
	}
	r.scale(s.Min, s.Max)
	return r, true, nil
}

// bound takes the innermost alarm limits as the normal range where nobody gave another.
func (r *Reading) bound() {
	if r.Basis != "" {
		return
	}
	for _, m := range r.Marks {
		switch v := m.Value; {
		case m.Kind == "hi" && (r.High == nil || v < *r.High):
			r.High, r.Basis = &v, FromLimits
		case m.Kind == "lo" && (r.Low == nil || v > *r.Low):
			r.Low, r.Basis = &v, FromLimits
		}
	}
}

// judge says where the value lies.
func (r *Reading) judge(known bool) {
	switch {
	case !known:
		r.Place = Stale
	case r.Low != nil && *r.Value < *r.Low:
		r.Place = Low
	case r.High != nil && *r.Value > *r.High:
		r.Place = High
	case r.Basis == "":
		r.Place = Unbound
	default:
		r.Place = Normal
	}
}

// scale says between what the indicator is drawn: around the normal range and the
// limits, or else around what the last hour saw; all within what the signal can be.
func (r *Reading) scale(least, greatest *float64) {
	var all []float64
	add := func(more ...*float64) {
		for _, v := range more {
			if v != nil {
				all = append(all, *v)
			}
		}
	}
	add(r.Low, r.High, r.SP)
	for _, m := range r.Marks {
		all = append(all, m.Value)
	}
	if len(all) < 2 {
		add(r.Value)
		add(r.Trend.Min...)
		add(r.Trend.Max...)
	}
	if len(all) == 0 {
		r.ScaleLow, r.ScaleHigh = least, greatest
		return
	}
	low, high := slices.Min(all), slices.Max(all)
	room := margin * (high - low)
	if r.Basis == "" { // or noise would look like news
		room = max(room, quiet*max(math.Abs(low), math.Abs(high)))
	}
	if room == 0 {
		room = 1
	}
	low, high = low-room, high+room
	if least != nil && low < *least {
		low = *least
	}
	if greatest != nil && high > *greatest {
		high = *greatest
	}
	if low < high {
		r.ScaleLow, r.ScaleHigh = &low, &high
	}
}

type trendKey struct {
	tenant plant.TenantNo
	tag    plant.TagNo
}

// trend is a signal's last hour up to the last whole minute, which is read once.
func (d *Desk) trend(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, now plant.Instant) (Trend, error) {
	to := now - now%plant.Instant(time.Minute.Microseconds())
	t := Trend{From: to - plant.Instant(trendBack.Microseconds()), To: to, Min: []*float64{}, Max: []*float64{}}
	if tag == 0 {
		return t, nil
	}
	key := trendKey{tenant, tag}
	d.mu.Lock()
	kept, ok := d.trends[key]
	d.mu.Unlock()
	if ok && kept.To == to {
		return kept, nil
	}
	low, high, err := d.o.Trends.Trend(ctx, tenant, tag, t.From.Micros(), t.To.Micros(), trendSteps)
	if err != nil {
		return Trend{}, err
	}
	t.Min, t.Max = low, high
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.trends) >= maxTrends {
		clear(d.trends)
	}
	d.trends[key] = t
	return t, nil
}
