package equipment

import (
	"slices"
	"sort"

	"zhigai/plant"
)

// Interval is time in which nothing about a machine changed. Its bounds are
// whole milliseconds.
type Interval struct {
	From    plant.Micros `json:"from"`
	To      plant.Micros `json:"to"`
	State   State        `json:"state"`
	Source  Source       `json:"source"`
	Class   Class        `json:"class"`
	Plan    Plan         `json:"plan"`
	Shift   string       `json:"shift,omitempty"`
	Reason  string       `json:"reason,omitempty"`  // only while it stands
	SaidBy  string       `json:"said_by,omitempty"` // who gave the reason
	Product string       `json:"product,omitempty"`
	Order   string       `json:"order,omitempty"`
	// Stop is when the whole standstill began that this is a part of, 0 when
	// the machine does not stand.
	Stop      plant.Micros `json:"stop,omitempty"`
	MicroStop bool         `json:"micro_stop,omitempty"`
}

// Ms is the length in milliseconds.
func (i Interval) Ms() int64 { return int64(i.To-i.From) / 1000 }

// past is a machine's range, replayed: what Intervals and Terms are cut
// from.
type past struct {
	intervals []Interval
	stops     []stop
	failures  []run // neighbouring time that went to breakdown
	reasons   []run // neighbouring time of one reason
	counts    []Count
	energy    []delta
	readings  int64
	anomalies []Anomaly
}

// run is neighbouring time with something in common.
type run struct {
	from, to plant.Micros
	reason   string
}

// Intervals says what a machine did in [from, to): without gaps, in order. The
// facts must reach one margin beyond the range on both sides (see [Gather]); a
// stop reason without an end that began earlier is taken to hold still.
func (s Settings) Intervals(m *Machine, f Facts, from, to plant.Micros) []Interval {
	return s.replay(m, f, from, to).intervals
}

// replay makes the past of [from, to).
func (s Settings) replay(m *Machine, f Facts, from, to plant.Micros) past {
	var p past
	if from >= to {
		return p
	}
	odd := func(a Anomaly) { p.anomalies = append(p.anomalies, a) }
	people := overlayOf(f.Events)
	products, orders := newTimeline(f.Texts[SignalProduct]), newTimeline(f.Texts[SignalOrder])
	p.energy, p.readings = m.energyUse(f, from, to, odd)
	if m.Excluded {
		return p
	}
	p.counts = m.counts(f, people.corrections, products, from, to, odd)
	lo, hi := from-s.margin(), to+s.margin()
	stretches := m.stretches(f, products, lo, hi)
	said, stops := s.standstills(people.lay(stretches))
	p.stops = stops
	p.reasons = runs(said, func(reason string) string { return reason })
	p.failures = runs(said, s.failure)
	p.intervals = s.cutAll(m, said, stops, products, orders, from, to)
	return p
}

// failure is breakdown for any reason of that kind and "" for others, so that
// a failure explained in two steps counts once.
func (s Settings) failure(reason string) string {
	if r, ok := s.Reasons.Reason(reason); ok && r.Loss == LossBreakdown {
		return string(LossBreakdown)
	}
	return ""
}

// runs joins neighbouring stretches to which of gives the same word.
func runs(in []stretch, of func(reason string) string) []run {
	var out []run
	for _, x := range in {
		word := of(x.reason)
		if word == "" || !x.state.stopped() {
			continue
		}
		if n := len(out); n > 0 && out[n-1].to == x.from && out[n-1].reason == word {
			out[n-1].to = x.to
			continue
		}
		out = append(out, run{from: x.from, to: x.to, reason: word})
	}
	return out
}

// cutAll cuts stretches wherever the plan, the shift, the product or the order
// changes, and gives every piece its class.
func (s Settings) cutAll(m *Machine, in []stretch, stops []stop, products, orders timeline, from, to plant.Micros) []Interval {
	operation := m.Calendar.OperationSpans(from, to)
	busy := m.Calendar.BusySpans(from, to)
	shifts := m.Calendar.ShiftSpans(from, to)
	marks := boundaries(operation, busy, shifts, products, orders, from, to)
	out := make([]Interval, 0, len(in)+len(marks))
	mark := 0
	for _, x := range in {
		at, end := max(x.from, from), min(x.to, to)
		if at >= end {
			continue
		}
		for mark < len(marks) && marks[mark] <= at {
			mark++
		}
		for at < end {
			next := end
			if mark < len(marks) && marks[mark] < end {
				next = marks[mark]
				mark++
			}
			i := Interval{From: at, To: next, State: x.state, Source: x.source, Plan: planAt(operation, busy, at), Shift: shiftAt(shifts, at)}
			order, id := orders.order(at + 999)
			i.Product, i.Order = products.at(at+999), id
			s.classify(&i, x, order)
			out = append(out, i)
			at = next
		}
	}
	markStops(out, stops)
	return out
}

// classify gives the piece its time class and, while the machine stands, its
// reason. A reason may overrule the class of delay and down time.
func (s Settings) classify(i *Interval, x stretch, order Ordered) {
	i.Class = s.Classes.Class(i.State, i.Plan, order)
	if !i.State.stopped() {
		return
	}
	i.Reason, i.SaidBy = x.reason, x.saidBy
	if i.Class != ADET && i.Class != ADOT {
		return
	}
	if reason, ok := s.Reasons.Reason(x.reason); ok && reason.Class != "" {
		i.Class = reason.Class
	}
}

func markStops(in []Interval, stops []stop) {
	n := 0
	for k := range in {
		for n < len(stops) && stops[n].to <= in[k].From {
			n++
		}
		if n < len(stops) && stops[n].from <= in[k].From && in[k].State.stopped() {
			in[k].Stop, in[k].MicroStop = stops[n].from, stops[n].micro
		}
	}
}

// boundaries lists where something other than the state may change, floored to
// milliseconds, in order.
func boundaries(operation, busy, shifts []plant.Span, products, orders timeline, from, to plant.Micros) []plant.Micros {
	var out []plant.Micros
	add := func(t plant.Micros) {
		if t = floorMs(t); t > from && t < to {
			out = append(out, t)
		}
	}
	for _, spans := range [][]plant.Span{operation, busy, shifts} {
		for _, s := range spans {
			add(s.From)
			add(s.To)
		}
	}
	for _, t := range []timeline{products, orders} {
		for _, at := range t.from {
			add(at)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func planAt(operation, busy []plant.Span, at plant.Micros) Plan {
	if _, ok := spanAt(busy, at); ok {
		return PlanBusy
	}
	if _, ok := spanAt(operation, at); ok {
		return PlanDown
	}
	return PlanOff
}

func shiftAt(shifts []plant.Span, at plant.Micros) string {
	// Shifts may overlap for a hand-over; the earlier one has the time.
	for _, s := range shifts {
		if s.From <= at && at < s.To {
			return s.Shift
		}
	}
	return ""
}

// spanAt finds the span around an instant in disjoint, ordered spans.
func spanAt(spans []plant.Span, at plant.Micros) (plant.Span, bool) {
	i := sort.Search(len(spans), func(i int) bool { return spans[i].To > at })
	if i < len(spans) && spans[i].From <= at {
		return spans[i], true
	}
	return plant.Span{}, false
}
