package alarm

import (
	"math"
	"slices"
)

// forever is the end of what is known while nobody says that contact can be lost.
const forever = math.MaxInt64

// settling is how long after contact came back a value from before it may still be
// on its way out: until then only a new value counts.
const settling = 2 * second

// Fold turns the values of a signal, in order of time, into firings. A value holds
// until the next one. Make one with [NewFold].
type Fold struct {
	r    Rule
	emit func(Firing)

	at    int64 // the instant reached
	until int64 // contact is known until here
	wait  int64 // contact is back: the value from before counts from here on

	value, target float64
	known, aimed  bool

	past []point // of the last window, for Rate
	full bool    // the first of them is as old as the window

	over     bool  // the condition holds
	since    int64 // it does, or does not, since
	measured float64
	firing   Firing
	stands   bool
}

type point struct {
	at    int64
	value float64
}

// NewFold begins with nothing known. emit is called with every firing that ended.
func NewFold(r Rule, emit func(Firing)) *Fold {
	return &Fold{r: r, emit: emit, at: math.MinInt64, until: forever, since: math.MinInt64, target: r.Target, aimed: true}
}

// Clone goes on from the same state on its own: what comes next is tried without
// changing f.
func (f *Fold) Clone(emit func(Firing)) *Fold {
	c := *f
	c.emit, c.past = emit, slices.Clone(f.past)
	return &c
}

// Aimed says that the target comes from a signal, by [Fold.Aim]: until it does,
// nothing is known.
func (f *Fold) Aimed() { f.aimed = false }

// Take sets the value at an instant.
func (f *Fold) Take(at int64, value float64) {
	f.Advance(at)
	f.value, f.known, f.wait = value, true, 0
	if f.r.Kind == Rate {
		f.past = append(f.past, point{at, value})
	}
	f.decide(at)
}

// Aim sets the target at an instant.
func (f *Fold) Aim(at int64, target float64) {
	f.Advance(at)
	f.target, f.aimed = target, true
	f.decide(at)
}

// Miss says that from the instant on value or target is not known.
func (f *Fold) Miss(at int64) {
	f.Advance(at)
	f.lose(at)
	f.known, f.wait = false, 0
}

// Contact says that values are known up to an instant, if nothing comes before:
// after it they are not, until contact is said again. One that is not after at says
// that contact was lost at at.
func (f *Fold) Contact(at, until int64) {
	f.Advance(at)
	if until <= at {
		f.lose(at)
		f.until = at
		return
	}
	if f.until <= at && f.known { // it is back
		f.wait = at + settling
	}
	f.until = until
}

// Advance lets time go on to an instant without a new value.
func (f *Fold) Advance(to int64) {
	if to <= f.at {
		return
	}
	if f.until < to && f.until > f.at {
		f.run(f.until)
		f.lose(f.until)
	}
	f.run(to)
	f.at = to
}

// run does what falls due before an instant; what falls due at it waits for the
// values of that instant.
func (f *Fold) run(to int64) {
	if f.wait != 0 && f.wait < to {
		at := f.wait
		f.wait = 0
		if f.r.Kind == Rate {
			f.past = append(f.past, point{at, f.value})
		}
		f.decide(at)
	}
	for f.r.Kind == Rate {
		next := 0
		if f.full {
			next = 1
		}
		if next >= len(f.past) || f.past[next].at+f.r.Window >= to {
			break
		}
		f.decide(f.past[next].at + f.r.Window)
	}
	f.expire(to - 1)
}

// expire ends the delays that are over at an instant.
func (f *Fold) expire(at int64) {
	switch {
	case f.over && !f.stands && f.since+f.r.OnDelay <= at:
		f.stands, f.firing = true, Firing{From: f.since + f.r.OnDelay, Peak: f.measured}
	case !f.over && f.stands && f.since+f.r.OffDelay <= at:
		f.end(f.since+f.r.OffDelay, false)
	}
}

// measure is the quantity that is held against the limit; not ok while it is not
// known.
func (f *Fold) measure(at int64) (float64, bool) {
	if !f.known || f.until <= at {
		return 0, false
	}
	switch f.r.Kind {
	case Rate:
		if !f.full {
			return 0, false // less than a window is known
		}
		return math.Abs(f.value-f.past[0].value) * float64(minute) / float64(f.r.Window), true
	case Deviation:
		return math.Abs(f.value - f.target), f.aimed
	default:
		return f.value, true
	}
}

func (f *Fold) decide(at int64) {
	f.expire(at - 1)
	for len(f.past) > 1 && f.past[1].at <= at-f.r.Window {
		f.past = f.past[1:]
	}
	f.full = len(f.past) > 0 && f.past[0].at <= at-f.r.Window
	if f.wait != 0 {
		return
	}
	x, ok := f.measure(at)
	if !ok {
		return
	}
	excess := f.r.excess(x)
	switch {
	case excess > 0 && !f.over:
		f.over, f.since, f.measured = true, at, x
	case excess <= -f.r.Deadband && f.over:
		f.over, f.since = false, at
	}
	if f.over && excess > f.r.excess(f.measured) {
		f.measured = x
	}
	if f.stands && excess > f.r.excess(f.firing.Peak) {
		f.firing.Peak = x
	}
	f.expire(at)
}

// lose ends what stands because nobody knows any more.
func (f *Fold) lose(at int64) {
	if f.stands {
		f.end(at, true)
	}
	f.over, f.past, f.full = false, nil, false
}

func (f *Fold) end(at int64, lost bool) {
	f.stands = false
	f.firing.To, f.firing.Lost = at, lost
	if f.firing.To > f.firing.From {
		f.emit(f.firing)
	}
}

// Standing is the firing that stands at the instant reached.
func (f *Fold) Standing() (Firing, bool) {
	if !f.stands || f.at <= f.firing.From {
		return Firing{}, false
	}
	out := f.firing
	out.To, out.Open = f.at, true
	return out, true
}

// Idle reports whether nothing stands and nothing is pending: what comes next does
// not depend on what was, but for the values held and the window of a rate.
func (f *Fold) Idle() bool { return !f.over && !f.stands }
