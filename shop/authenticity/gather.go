package authenticity

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"

	"zhigai/calc/authenticity"
	"zhigai/plant"
)

// sensed are the units (UCUM) in which sensors measure; a value in another one
// may be a set point, a counter or a number of a programme. Frequencies, speeds
// and positions are left out: a drive holds them where it was told to.
var sensed = []string{"A", "V", "W", "kW", "kV.A", "kvar", "Cel", "K", "Pa", "kPa", "MPa", "bar", "mm/s", "m/s2", "g", "N", "kN", "N.m", "um", "dB"}

// measured reports whether the tag is what a sensor measures.
func (m Machine) measured(t plant.Tag) bool {
	return t.Kind == plant.KindNumber && !m.Writes[t.Name] && (slices.Contains(sensed, t.Unit) || strings.HasSuffix(t.Name, ".load"))
}

// maxSignals bounds how many signals of a machine are read: enough to see
// whether it moves, and a plant of 100,000 tags is examined in a minute.
const maxSignals = 12

// telling are the numeric tags to be looked at, what sensors measure first.
func (m Machine) telling() []plant.Tag {
	out := slices.DeleteFunc(slices.Clone(m.Tags), func(t plant.Tag) bool { return t.Kind != plant.KindNumber || t.Name == plant.LinkTag })
	rank := func(t plant.Tag) int {
		if m.measured(t) {
			return 0
		}
		return 1
	}
	slices.SortFunc(out, func(a, b plant.Tag) int { return cmp.Or(rank(a)-rank(b), strings.Compare(a.Name, b.Name)) })
	return out[:min(len(out), maxSignals)]
}

// maxSamples bounds what one signal's day brings into memory: ten a second.
const maxSamples = 864_000

// gather puts together what the machine said in the span.
func (d *Desk) gather(ctx context.Context, tenant plant.TenantNo, m Machine, span plant.Span) (authenticity.Day, error) {
	var day authenticity.Day
	intervals, err := d.o.Sources.Intervals(ctx, tenant, m.Node, span.From, span.To)
	if err != nil {
		return day, err
	}
	for _, i := range intervals {
		s := authenticity.Span{From: int64(i.From), To: int64(i.To)}
		switch {
		case !i.Known:
			continue
		case i.Runs:
			day.Running = join(day.Running, s)
		default:
			day.Stopped = join(day.Stopped, s)
		}
		day.Known = join(day.Known, s)
	}
	parts, err := d.o.Sources.Parts(ctx, tenant, m.Node, span.From, span.To)
	if err != nil {
		return day, err
	}
	for _, p := range parts {
		day.Counts = append(day.Counts, authenticity.Count{At: int64(p.At), Parts: p.N})
	}
	for _, c := range m.Cycles {
		if us := c.PRUms * 1000; us > 0 && (day.ShortestCycle == 0 || us < day.ShortestCycle) {
			day.ShortestCycle = us
		}
	}
	for _, t := range m.telling() {
		s, err := d.signal(ctx, tenant, t, span)
		if err != nil {
			return day, err
		}
		if len(s.Times) == 0 {
			continue
		}
		s.Measured = m.measured(t)
		day.Signals = append(day.Signals, s)
		if m.OwnClock && len(s.Times) > len(day.Clock) { // the busiest signal tells most
			day.Clock = day.Clock[:0]
			for _, at := range s.Times {
				day.Clock = append(day.Clock, authenticity.Reading{Device: at, Received: at})
			}
		}
	}
	return day, nil
}

// steps are the instants of the day at which the device's clock was not to be
// believed. What it said then was kept at the time of its coming.
func (d *Desk) steps(ctx context.Context, tenant plant.TenantNo, m Machine, span plant.Span) ([]authenticity.Finding, error) {
	readings, err := d.o.Sources.Clocks(ctx, tenant, m.Node, span.From, span.To)
	if err != nil || len(readings) == 0 {
		return nil, err
	}
	slices.SortFunc(readings, func(a, b authenticity.Reading) int { return cmp.Compare(a.Received, b.Received) })
	f := authenticity.Finding{Kind: authenticity.SteppedClock, Share: 1, Limit: float64(authenticity.StepFrom)}
	f.Span = authenticity.Span{From: readings[0].Received, To: readings[len(readings)-1].Received + 1}
	for _, r := range readings {
		if off := float64(r.Device - r.Received); math.Abs(off) > math.Abs(f.Got) {
			f.Got = off
		}
	}
	if math.Abs(f.Got) < f.Limit {
		return nil, nil
	}
	return []authenticity.Finding{f}, nil
}

// join adds a span, to the last one where they touch.
func join(spans []authenticity.Span, s authenticity.Span) []authenticity.Span {
	if n := len(spans); n > 0 && spans[n-1].To == s.From {
		spans[n-1].To = s.To
		return spans
	}
	return append(spans, s)
}

func (d *Desk) signal(ctx context.Context, tenant plant.TenantNo, t plant.Tag, span plant.Span) (authenticity.Signal, error) {
	s := authenticity.Signal{Name: t.Name}
	err := d.o.Sources.Samples(ctx, tenant, t.No, span.From, span.To, func(x plant.Sample) bool {
		if x.Quality.Class() == plant.Good && !math.IsNaN(x.Value) {
			s.Times, s.Values = append(s.Times, int64(x.Time)), append(s.Values, x.Value)
		}
		return len(s.Times) < maxSamples
	})
	return s, err
}
