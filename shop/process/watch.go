package process

import (
	"context"
	"fmt"
	"math"

	"zhigai/calc/alarm"
	"zhigai/plant"
)

// WatchRule is the version of the code that says when a parameter is outside of its
// window: see calc/alarm.
const WatchRule = "process.window/1"

// Excursion is time in which a parameter was outside of its window while the machine
// produced.
type Excursion struct {
	From    plant.Instant `json:"from" doc:"When its delay was over"`
	To      plant.Instant `json:"to"`
	Worst   float64       `json:"worst" doc:"The value furthest out"`
	High    bool          `json:"high" doc:"It was above the window, not below"`
	Open    bool          `json:"open,omitempty" doc:"It still is"`
	Stopped bool          `json:"stopped,omitempty" doc:"It ended because the machine stopped, or nobody knows the value any more"`
}

// watch folds one parameter over the time in which a machine produced. The same folds
// run over the present and the past.
type watch struct {
	p    Parameter
	tag  plant.TagNo
	at   plant.Instant // reached
	high *alarm.Fold   // nil without a limit to that side
	low  *alarm.Fold
	out  []Excursion // that ended since they were taken last
}

// newWatch begins at an instant with nothing known. delay false leaves the delay out:
// every instant outside counts.
func newWatch(p Parameter, tag plant.TagNo, from plant.Instant, delay bool) *watch {
	w := &watch{p: p, tag: tag, at: from}
	rule := alarm.Rule{}
	if delay {
		rule.OnDelay = p.DelayS * 1_000_000
	}
	end := func(high bool) func(alarm.Firing) {
		return func(f alarm.Firing) { w.out = append(w.out, excursion(f, high)) }
	}
	if p.High != nil {
		rule.Kind, rule.Limit = alarm.High, *p.High
		w.high = alarm.NewFold(rule, end(true))
	}
	if p.Low != nil {
		rule.Kind, rule.Limit = alarm.Low, *p.Low
		w.low = alarm.NewFold(rule, end(false))
	}
	return w
}

func excursion(f alarm.Firing, high bool) Excursion {
	return Excursion{From: plant.Instant(f.From), To: plant.Instant(f.To), Worst: f.Peak, High: high, Open: f.Open, Stopped: f.Lost}
}

// each does something with both folds, as far as there are both.
func (w *watch) each(do func(*alarm.Fold)) {
	for _, f := range []*alarm.Fold{w.high, w.low} {
		if f != nil {
			do(f)
		}
	}
}

// miss says that from an instant on nothing is known, or nothing is made.
func (w *watch) miss(at plant.Instant) {
	w.each(func(f *alarm.Fold) { f.Miss(int64(at)) })
}

// advance folds what was measured up to an instant; produced is when the machine
// produced since the one reached, in order of time. seen is told every stretch in
// which a value held while the machine produced.
func (w *watch) advance(ctx context.Context, h History, tenant plant.TenantNo, produced []Span, to plant.Instant, seen func(v float64, from, to plant.Instant)) error {
	if len(produced) == 0 || produced[0].From > w.at {
		w.miss(w.at)
	}
	for _, s := range produced {
		if err := w.span(ctx, h, tenant, Span{max(s.From, w.at), min(s.To, to)}, seen); err != nil {
			return fmt.Errorf("%s: %w", w.p.Signal, err)
		}
		if s.To < to {
			w.miss(s.To)
		}
	}
	w.each(func(f *alarm.Fold) { f.Advance(int64(to)) })
	w.at = to
	return nil
}

func (w *watch) span(ctx context.Context, h History, tenant plant.TenantNo, s Span, seen func(v float64, from, to plant.Instant)) error {
	if s.From >= s.To {
		return nil
	}
	var value float64
	known, since := false, s.From
	take := func(one plant.Sample, at plant.Instant) {
		if known && seen != nil {
			seen(value, since, at)
		}
		value, known, since = one.Value, !one.Quality.IsBad(), at
		w.each(func(f *alarm.Fold) {
			if known {
				f.Take(int64(at), value)
			} else {
				f.Miss(int64(at))
			}
		})
	}
	before, ok, err := h.Before(ctx, tenant, w.tag, s.From.Micros())
	if err != nil {
		return err
	}
	if ok {
		take(before, s.From)
	}
	err = h.Samples(ctx, tenant, w.tag, s.From.Micros(), s.To.Micros(), func(one plant.Sample) bool {
		take(one, plant.Instant(one.Time))
		return true
	})
	if known && seen != nil {
		seen(value, since, s.To)
	}
	return err
}

// taken are the excursions that ended since it was asked last.
func (w *watch) taken() []Excursion {
	out := w.out
	w.out = nil
	return out
}

// standing are those that have not ended.
func (w *watch) standing() (out []Excursion) {
	for _, one := range []struct {
		f    *alarm.Fold
		high bool
	}{{w.high, true}, {w.low, false}} {
		if one.f == nil {
			continue
		}
		if f, ok := one.f.Standing(); ok {
			out = append(out, excursion(f, one.high))
		}
	}
	return out
}

// summary is how a parameter really was while the machine produced.
type summary struct {
	min, max, sum float64 // sum of value × time, in unit × s
	known         float64 // s in which it had a value
	outside       float64 // s of it outside of its window
}

func newSummary() *summary { return &summary{min: math.Inf(1), max: math.Inf(-1)} }

// take adds a value that held.
func (s *summary) take(p Parameter, v float64, from, to plant.Instant) {
	held := seconds(from, to)
	if held <= 0 {
		return
	}
	s.min, s.max = min(s.min, v), max(s.max, v)
	s.known += held
	s.sum += v * held
	if p.Outside(v) {
		s.outside += held
	}
}

func seconds(from, to plant.Instant) float64 { return float64(to-from) / 1e6 }
