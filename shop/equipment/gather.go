package equipment

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"zhigai/fact"
	"zhigai/plant"
)

// History is what this room reads of history. Ranges are half open, Before is
// strictly before; samples come in order of time, one per instant. Methods may
// be called concurrently.
type History interface {
	Samples(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, from, to plant.Micros, yield func(plant.Sample) bool) error
	Texts(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, from, to plant.Micros, yield func(plant.Text) bool) error
	Before(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, t plant.Micros) (plant.Sample, bool, error)
	TextBefore(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, t plant.Micros) (plant.Text, bool, error)
}

// factKinds are the events that folds read.
var factKinds = []fact.Kind{fact.KindOverride, fact.KindStopReason, fact.KindCount, fact.KindGap}

// Reader brings the facts of a machine together.
type Reader struct {
	History  History
	Journal  fact.Journal
	Settings Settings
}

// maxBadCarry is how many bad readings in a row are passed over in search of
// the last good one; collectors write one at a transition, so that more than a
// few are a wiring fault.
const maxBadCarry = 10_000

// Gather reads the facts that decide [from, to): one margin more on both
// sides, and the values that held at its beginning.
func (r Reader) Gather(ctx context.Context, m *Machine, from, to plant.Micros) (Facts, error) {
	lo, hi := from-r.Settings.margin(), to+r.Settings.margin()
	f, err := r.values(ctx, m, lo, hi)
	if err != nil {
		return f, err
	}
	if f.Events, err = r.events(ctx, m, lo, hi); err != nil {
		return f, err
	}
	f.Events, err = r.dropEnded(ctx, m, fact.InForce(f.Events), lo)
	return f, err
}

// values reads the machine's signals in [lo, hi) with their carry.
func (r Reader) values(ctx context.Context, m *Machine, lo, hi plant.Micros) (Facts, error) {
	f := Facts{Samples: map[string][]plant.Sample{}, Texts: map[string][]plant.Text{}}
	counters := map[string]bool{}
	for _, c := range m.counterOf() {
		counters[c.Signal] = true
	}
	for _, name := range m.signals() {
		tag, ok := m.Tags[name]
		if !ok {
			continue
		}
		var err error
		switch {
		case tag.Kind == plant.KindText:
			f.Texts[name], err = r.texts(ctx, m, tag.No, lo, hi)
		case counters[name]:
			// A part keeps the machine running for a while after it was made.
			early := lo - plant.Micros(maxSilence.Microseconds())
			f.Samples[name], err = r.samples(ctx, m, tag.No, early, hi, true)
		default:
			f.Samples[name], err = r.samples(ctx, m, tag.No, lo, hi, false)
		}
		if err != nil {
			return f, fmt.Errorf("%s %s: %w", m.Path, name, err)
		}
	}
	return f, nil
}

// samples reads [lo, hi) behind the last value before it, or behind the last
// good one and all bad ones since.
func (r Reader) samples(ctx context.Context, m *Machine, tag plant.TagNo, lo, hi plant.Micros, untilGood bool) ([]plant.Sample, error) {
	var out []plant.Sample
	for at := lo; len(out) < maxBadCarry; {
		s, ok, err := r.History.Before(ctx, m.Tenant, tag, at)
		if err != nil {
			return nil, err
		}
		if !ok || s.Time >= at {
			break
		}
		out = append(out, s)
		if !untilGood || !s.Quality.IsBad() {
			break
		}
		at = s.Time
	}
	slices.Reverse(out)
	err := r.History.Samples(ctx, m.Tenant, tag, lo, hi, func(s plant.Sample) bool {
		out = append(out, s)
		return true
	})
	return out, err
}

func (r Reader) texts(ctx context.Context, m *Machine, tag plant.TagNo, lo, hi plant.Micros) ([]plant.Text, error) {
	var out []plant.Text
	t, ok, err := r.History.TextBefore(ctx, m.Tenant, tag, lo)
	if err != nil {
		return nil, err
	}
	if ok && t.Time < lo {
		out = append(out, t)
	}
	err = r.History.Texts(ctx, m.Tenant, tag, lo, hi, func(t plant.Text) bool {
		out = append(out, t)
		return true
	})
	return out, err
}

// events reads what was said about the machine and can reach into [lo, hi).
func (r Reader) events(ctx context.Context, m *Machine, lo, hi plant.Micros) ([]fact.Event, error) {
	var out []fact.Event
	filter := fact.Filter{Kinds: factKinds, Subjects: []plant.NodeID{m.Node}, From: lo - plant.Micros(maxReach.Microseconds()), To: hi}
	for {
		page, err := r.Journal.Events(ctx, m.Tenant, filter)
		if err != nil {
			return nil, fmt.Errorf("events of %s: %w", m.Path, err)
		}
		out = append(out, page...)
		if len(page) == 0 {
			return out, nil
		}
		for _, e := range page {
			filter.AfterSeq = max(filter.AfterSeq, e.Seq)
		}
	}
}

// dropEnded takes out stop reasons without an end that ended before lo because
// the machine ran again.
func (r Reader) dropEnded(ctx context.Context, m *Machine, events []fact.Event, lo plant.Micros) ([]fact.Event, error) {
	out := events[:0:0]
	for _, e := range events {
		var p fact.StopReason
		if e.Kind == fact.KindStopReason && json.Unmarshal(e.Payload, &p) == nil && p.To == 0 {
			w := reasonRange(e, p)
			if w.from < lo {
				ended := w.to <= lo
				if !ended {
					var err error
					if ended, err = r.ran(ctx, m, events, floorMs(w.from), lo); err != nil {
						return nil, err
					}
				}
				if ended {
					continue
				}
			}
		}
		out = append(out, e)
	}
	return out, nil
}

// ran reports whether the machine worked at any time in [from, to). It looks
// backwards in growing steps: machines that stand mostly ran a short while
// ago.
func (r Reader) ran(ctx context.Context, m *Machine, events []fact.Event, from, to plant.Micros) (bool, error) {
	people := overlayOf(events)
	people.reasons = nil
	for step := time.Hour; to > from; step *= 2 {
		lo := max(from, to-plant.Micros(step.Microseconds()))
		f, err := r.values(ctx, m, lo, to)
		if err != nil {
			return false, err
		}
		for _, s := range people.lay(m.stretches(f, newTimeline(f.Texts[SignalProduct]), lo, to)) {
			if s.state.Known && !s.state.stopped() {
				return true, nil
			}
		}
		to = lo
	}
	return false, nil
}

// stretches replays what the machine said in [lo, hi).
func (m *Machine) stretches(f Facts, products timeline, lo, hi plant.Micros) []stretch {
	streams := m.streams(f)
	changes := 16
	for _, s := range streams[1:] { // contact changes no state while it lasts
		changes += len(s.samples) + len(s.texts)
	}
	out := make([]stretch, 0, changes)
	r := newReplay(m, lo, func(s stretch) { out = append(out, s) })
	r.run(streams, m.parts(f, products), hi)
	return out
}

// next is the time of the first value of a tag after t, forever when there is
// none; of a counter the first good one.
func (r Reader) next(ctx context.Context, tenant plant.TenantNo, tag *plant.Tag, t plant.Micros) (plant.Micros, error) {
	found := plant.Micros(math.MaxInt64)
	var err error
	if tag.Kind == plant.KindText {
		err = r.History.Texts(ctx, tenant, tag.No, t+1, forever, func(x plant.Text) bool {
			found = x.Time
			return false
		})
	} else {
		err = r.History.Samples(ctx, tenant, tag.No, t+1, forever, func(s plant.Sample) bool {
			found = s.Time
			return s.Quality.IsBad()
		})
	}
	return found, err
}
