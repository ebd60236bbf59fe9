package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"zhigai/access"
	calcrule "zhigai/calc/rule"
	"zhigai/plant"
	"zhigai/shop/control/rule"
	"zhigai/shop/energy"
)

// ruleDerived tells rules the signals that no device tells.
type ruleDerived struct {
	n      *node
	states *ruleStates

	mu   sync.Mutex
	kept map[derivedKey]derivedKept
}

type derivedKey struct {
	tenant  plant.TenantNo
	machine plant.NodeID
	signal  string
}

// derivedKept is what a signal was and will be around an instant at which it was asked.
type derivedKept struct {
	from, to plant.Micros
	asked    time.Time
	all      []rule.Stretch
}

var _ rule.Derived = (*ruleDerived)(nil)

const (
	// derivedFor is how long an answer serves all rules that ask the same.
	derivedFor = time.Second
	// minuteUs and dayUs are in µs; a period that lasts longer than a day has a day left.
	minuteUs = plant.Micros(time.Minute / time.Microsecond)
	dayUs    = 24 * 60 * minuteUs
)

func newRuleDerived(n *node) *ruleDerived {
	return &ruleDerived{n: n, states: &ruleStates{desk: n.desk, board: n.board}, kept: map[derivedKey]derivedKept{}}
}

// Signals implements rule.Derived.
func (d *ruleDerived) Signals(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID) ([]rule.Signal, error) {
	now := plant.MicrosOf(time.Now())
	s, err := d.n.fleet.At(ctx, tenant, now)
	if err != nil {
		return nil, err
	}
	m := s.Machines[machine]
	if m == nil {
		return nil, nil
	}
	out := append(slices.Clone(rule.StateSignals), d.factSignals()...)
	if len(m.Calendar.Shifts) > 0 {
		out = append(out, rule.CalendarSignals...)
	}
	switch _, err := d.n.newEnergy().HoursOf(ctx, access.Scope{Tenant: tenant}, machine, now, now+1); {
	case err == nil:
		out = append(out, rule.TariffSignals...)
	case !errors.Is(err, access.ErrNotFound):
		return nil, err
	}
	return out, nil
}

// Did implements rule.Derived.
func (d *ruleDerived) Did(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, signal string, from, to plant.Micros) ([]rule.Stretch, error) {
	switch kind, _, _ := strings.Cut(signal, "."); kind {
	case "calendar":
		return d.calendar(ctx, tenant, machine, signal, from, to)
	case "tariff":
		return d.tariff(ctx, tenant, machine, signal, from, to)
	case "order", "alarms", "calls", "figure":
		return d.facts(ctx, tenant, machine, signal, from, to)
	}
	return d.states.Did(ctx, tenant, machine, from, to)
}

// Since implements rule.Derived.
func (d *ruleDerived) Since(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, signal string, after plant.Micros) ([]rule.Stretch, error) {
	if signal == rule.MachineState {
		return d.states.Since(tenant, machine), nil
	}
	now := time.Now()
	key := derivedKey{tenant, machine, signal}
	d.mu.Lock()
	defer d.mu.Unlock()
	k, at := d.kept[key], plant.MicrosOf(now)
	after = max(after, at-minuteUs) // what was then and before was told
	if now.Sub(k.asked) > derivedFor || now.Before(k.asked) || k.from > after || k.to <= at {
		// Known ahead, so that what begins meanwhile is told at once.
		k = derivedKept{from: min(after, at), to: at + 2*plant.Micros(derivedFor.Microseconds()), asked: now}
		var err error
		if k.all, err = d.Did(ctx, tenant, machine, signal, k.from, k.to); err != nil {
			return nil, err
		}
		d.kept[key] = k
	}
	var out []rule.Stretch
	for _, one := range k.all {
		if (one.To == 0 || one.To > after) && one.From <= at {
			out = append(out, one)
		}
	}
	return out, nil
}

// calendar is what a machine's calendar says of [from, to), by the plant as it is now, or
// was at from, or at to where the machine was not there before: a trial asks by pieces of
// some hours.
func (d *ruleDerived) calendar(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, signal string, from, to plant.Micros) ([]rule.Stretch, error) {
	now := plant.MicrosOf(time.Now())
	instants := []plant.Micros{from, to}
	if to >= now { // the present, which is asked each second, and remembered as long
		instants = []plant.Micros{now}
	}
	for _, at := range instants {
		s, err := d.n.fleet.At(ctx, tenant, at)
		if err != nil {
			return nil, err
		}
		if m := s.Machines[machine]; m != nil && len(m.Calendar.Shifts) > 0 {
			return calendarCourse(m.Calendar, signal, from, to), nil
		}
	}
	return []rule.Stretch{{From: from, To: to}}, nil // it was not there yet, or nobody planned it
}

func calendarCourse(c plant.Calendar, signal string, from, to plant.Micros) []rule.Stretch {
	var spans []plant.Span
	value := func(s plant.Span) []rule.Stretch {
		return []rule.Stretch{{From: s.From, To: s.To, Value: calcrule.Value{Number: 1}, Known: true}}
	}
	switch signal {
	case rule.CalendarBusy:
		spans = c.BusySpans(from, to)
	case rule.CalendarMinutesLeft:
		spans, value = c.ShiftSpans(from, to), func(s plant.Span) []rule.Stretch { return minutesLeft(s.From, s.To, s.To) }
	case rule.CalendarShift:
		spans, value = c.ShiftSpans(from, to), func(s plant.Span) []rule.Stretch {
			return []rule.Stretch{{From: s.From, To: s.To, Value: calcrule.Value{Text: s.Shift}, Known: true}}
		}
	default:
		spans = c.ShiftSpans(from, to)
	}
	var out []rule.Stretch
	at := from
	for _, s := range spans { // of two shifts at once the one that began first counts until its end
		if s.From = max(s.From, at); s.From >= min(s.To, to) {
			continue
		}
		if at < s.From {
			out = append(out, rule.Stretch{From: at, To: s.From, Known: true})
		}
		out = append(out, value(s)...)
		at = s.To
	}
	if at < to {
		out = append(out, rule.Stretch{From: at, To: to, Known: true})
	}
	return joinedStretches(out, from, to)
}

// minutesLeft is how many minutes are left to an end, from an instant to another: begun
// ones count, and it is a day at most.
func minutesLeft(from, to, end plant.Micros) []rule.Stretch {
	var out []rule.Stretch
	for at := from; at < to; {
		left := min((end-at+minuteUs-1)/minuteUs, dayUs/minuteUs)
		next := end - (left-1)*minuteUs
		if end-at > dayUs {
			next = end - dayUs
		}
		next = min(next, to)
		out = append(out, rule.Stretch{From: at, To: next, Value: calcrule.Value{Number: float64(left)}, Known: true})
		at = next
	}
	return out
}

// joinedStretches cuts to [from, to) and makes neighbours of one value one.
func joinedStretches(in []rule.Stretch, from, to plant.Micros) []rule.Stretch {
	var out []rule.Stretch
	for _, s := range in {
		s.From, s.To = max(s.From, from), min(s.To, to)
		if s.From >= s.To {
			continue
		}
		if n := len(out); n > 0 && out[n-1].To == s.From && out[n-1].Value == s.Value && out[n-1].Known == s.Known {
			out[n-1].To = s.To
			continue
		}
		out = append(out, s)
	}
	return out
}

// tariff is what the tariff at a machine says of [from, to).
func (d *ruleDerived) tariff(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, signal string, from, to plant.Micros) ([]rule.Stretch, error) {
	ahead := plant.Micros(0)
	if signal == rule.TariffMinutesLeft {
		ahead = dayUs
	}
	hours, err := d.n.newEnergy().HoursOf(ctx, access.Scope{Tenant: tenant}, machine, from, to+ahead)
	if errors.Is(err, access.ErrNotFound) { // nobody says any more what it costs
		return []rule.Stretch{{From: from, To: to}}, nil
	}
	return tariffCourse(hours, signal, from, to), err
}

func tariffCourse(hours []energy.HourSpan, signal string, from, to plant.Micros) []rule.Stretch {
	var out []rule.Stretch
	for _, h := range hours {
		switch {
		case h.From >= to:
		case h.Kind == "":
			out = append(out, rule.Stretch{From: h.From, To: h.To})
		case signal == rule.TariffMinutesLeft:
			out = append(out, minutesLeft(h.From, min(h.To, to), h.To)...)
		default:
			out = append(out, rule.Stretch{From: h.From, To: h.To, Value: calcrule.Value{Text: string(h.Kind)}, Known: true})
		}
	}
	return joinedStretches(out, from, to)
}
