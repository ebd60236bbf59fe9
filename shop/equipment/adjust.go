package equipment

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"zhigai/access"
	"zhigai/calc/threshold"
	"zhigai/connect/profile"
	"zhigai/plant"
)

// intervals says what a machine did in [from, to), each hour by what was valid at
// its end, as figures are folded: a threshold that a person changes today leaves
// yesterday as it was. m is the machine at the end.
func (d *Desk) intervals(ctx context.Context, m *Machine, from, to plant.Micros) ([]Interval, error) {
	first, err := d.Fleet.At(ctx, m.Tenant, from)
	if err != nil {
		return nil, err
	}
	before, there := first.Machines[m.Node]
	cut := (from + to) / 2 / hourMicros * hourMicros
	if cut <= from {
		cut += hourMicros
	}
	if !there || before.same(m) || cut >= to {
		facts, err := d.Reader.Gather(ctx, m, from, to)
		if err != nil {
			return nil, err
		}
		return d.Reader.Settings.Intervals(m, facts, from, to), nil
	}
	half, err := d.Fleet.At(ctx, m.Tenant, cut-1)
	if err != nil {
		return nil, err
	}
	then, there := half.Machines[m.Node]
	if !there {
		then = m
	}
	early, err := d.intervals(ctx, then, from, cut)
	if err != nil {
		return nil, err
	}
	late, err := d.intervals(ctx, m, cut, to)
	return join(early, late), err
}

const hourMicros = plant.Micros(time.Hour / time.Microsecond)

// join puts two neighbouring times together. A standstill that reaches over the
// cut began in the earlier one.
func join(early, late []Interval) []Interval {
	if len(early) > 0 {
		began := early[len(early)-1].Stop
		for i := range late {
			if began == 0 || late[i].Stop == 0 {
				break
			}
			late[i].Stop = began
		}
	}
	return append(early, late...)
}

// Preview says what a machine would have done in [from, to) had its device the
// parameters: the same facts and rules, other thresholds. Nothing is changed.
func (d *Desk) Preview(ctx context.Context, scope access.Scope, node plant.NodeID, from, to plant.Micros, params map[string]string) ([]Interval, error) {
	from, to, err := d.span(from, to)
	if err != nil {
		return nil, err
	}
	m, given, err := d.adjusted(ctx, scope, node)
	if err != nil {
		return nil, err
	}
	for name, v := range params {
		if !slices.ContainsFunc(m.Kind.params, func(p profile.Param) bool { return p.Name == name }) {
			return nil, fmt.Errorf("%w: %s is no parameter that decides a state", ErrInvalid, name)
		}
		given[name] = v
	}
	would := *m
	would.Kind = m.Kind.With(given)
	facts, err := d.Reader.Gather(ctx, &would, from, to)
	if err != nil {
		return nil, err
	}
	return d.Reader.Settings.Intervals(&would, facts, from, to), nil
}

// adjusted is a machine as it is now, and the parameters of its device.
func (d *Desk) adjusted(ctx context.Context, scope access.Scope, node plant.NodeID) (*Machine, map[string]string, error) {
	now := plant.MicrosOf(d.Now())
	m, err := d.machine(ctx, scope, node, now)
	if err != nil {
		return nil, nil, err
	}
	s, err := d.Fleet.At(ctx, scope.Tenant, now)
	if err != nil {
		return nil, nil, err
	}
	given := map[string]string{}
	for _, n := range s.Model.Nodes {
		if n.ID == node && n.Machine != nil {
			maps.Copy(given, n.Machine.Device.Params)
		}
	}
	return m, given, nil
}

// Threshold is a parameter that a state rule compares a signal with.
type Threshold struct {
	Param    profile.Param
	Value    *float64 // as the device has it, or the profile's
	Proposed *float64 // nil: leave it
}

// Learned is what the values of a signal say about a machine's thresholds.
type Learned struct {
	Signals    []plant.Tag // that may be learned from
	Tag        plant.Tag
	Holds      []threshold.Hold
	Proposal   threshold.Proposal
	Thresholds []Threshold // lowest first
}

// maxLearned is how many values one learning looks at: a week at one a second.
const maxLearned = 700_000

// Learn looks at a signal in [from, to) and proposes the thresholds of the
// machine's state rules. Without a signal it is the first that rules compare. A
// machine whose rules have no such parameter has no Thresholds.
func (d *Desk) Learn(ctx context.Context, scope access.Scope, node plant.NodeID, signal string, from, to plant.Micros) (Learned, error) {
	from, to, err := d.span(from, to)
	if err != nil {
		return Learned{}, err
	}
	m, given, err := d.adjusted(ctx, scope, node)
	if err != nil {
		return Learned{}, err
	}
	var out Learned
	out.Thresholds = m.Kind.thresholds(given)
	if len(out.Thresholds) == 0 {
		return out, nil
	}
	for _, name := range m.Kind.Rules.Inputs() {
		if tag, ok := m.Tags[name]; ok && tag.Kind == plant.KindNumber {
			out.Signals = append(out.Signals, *tag)
		}
	}
	i := slices.IndexFunc(out.Signals, func(t plant.Tag) bool { return signal == "" || t.Name == signal })
	if i < 0 {
		return out, fmt.Errorf("%w: the machine's rules compare no number %q", ErrInvalid, signal)
	}
	out.Tag = out.Signals[i]
	if out.Holds, err = d.Reader.holds(ctx, m, out.Tag, from, to); err != nil {
		return out, err
	}
	out.Proposal = threshold.Learn(out.Holds)
	// One threshold parts standing from running: the highest parameter.
	for i, j := len(out.Proposal.Thresholds)-1, len(out.Thresholds)-1; i >= 0 && j >= 0; i, j = i-1, j-1 {
		out.Thresholds[j].Proposed = &out.Proposal.Thresholds[i]
	}
	return out, nil
}

// thresholds are the numbers among the parameters of the rules, in the order of
// the profile's defaults.
func (k Kind) thresholds(given map[string]string) []Threshold {
	r, ok := k.Rules.(rules)
	if !ok {
		return nil
	}
	var out []Threshold
	for _, p := range r.program.Params() {
		if p.Kind != profile.ParamNumber {
			continue
		}
		text := given[p.Name]
		if text == "" {
			text = p.Default
		}
		t := Threshold{Param: p}
		if v, err := strconv.ParseFloat(text, 64); err == nil {
			t.Value = &v
		}
		out = append(out, t)
	}
	slices.SortStableFunc(out, func(a, b Threshold) int {
		x, _ := strconv.ParseFloat(a.Param.Default, 64) // one without stands first
		y, _ := strconv.ParseFloat(b.Param.Default, 64)
		return int(max(min(x-y, 1), -1) * 2)
	})
	return out
}

// holds is how long each value of a tag held in [from, to): until the next one,
// while there was contact.
func (r Reader) holds(ctx context.Context, m *Machine, tag plant.Tag, from, to plant.Micros) ([]threshold.Hold, error) {
	samples, err := r.samples(ctx, m, tag.No, from, to, false)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", tag.Path, err)
	}
	if len(samples) > maxLearned {
		return nil, fmt.Errorf("%w: %d values of %s; at most %d are looked at, choose a shorter time", ErrInvalid, len(samples), tag.Name, maxLearned)
	}
	link, err := r.samples(ctx, m, m.tagNo(plant.LinkTag), from, to, false)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", m.Path, err)
	}
	contact := contacts(link, from, to)
	var out []threshold.Hold
	at := from
	hold := func(until plant.Micros, s plant.Sample, known bool) {
		for at < until {
			for len(contact) > 0 && contact[0].To <= at {
				contact = contact[1:]
			}
			end, missing := until, !known || s.Quality.IsBad()
			switch {
			case len(contact) == 0:
				missing = true
			case contact[0].From > at:
				end, missing = min(end, contact[0].From), true
			default:
				end = min(end, contact[0].To)
			}
			out = append(out, threshold.Hold{Value: s.Value, Ms: int64(end-at) / 1000, Missing: missing})
			at = end
		}
	}
	var last plant.Sample
	known := false
	for _, s := range samples {
		hold(s.Time, last, known)
		last, known = s, true
	}
	hold(to, last, known)
	return out, nil
}

// contacts is when the device was heard: each word of it holds for LinkSilence.
func contacts(link []plant.Sample, from, to plant.Micros) []plant.Span {
	var out []plant.Span
	for i, s := range link {
		end := to
		if i+1 < len(link) {
			end = link[i+1].Time
		}
		if s.Quality.IsBad() || s.Value != 1 {
			continue
		}
		begin := max(s.Time, from)
		end = min(end, s.Time+plant.Micros(plant.LinkSilence.Microseconds()), to)
		if begin >= end {
			continue
		}
		if n := len(out); n > 0 && out[n-1].To == begin {
			out[n-1].To = end
			continue
		}
		out = append(out, plant.Span{From: begin, To: end})
	}
	return out
}
