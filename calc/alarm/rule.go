// Package alarm is alarms as numbers: when a rule over a signal fires, whether
// firings came before stops, how much a list of alarms asks of operators. The
// terms are those of ISA-18.2 and IEC 62682.
//
// The same [Fold] runs over the past and the present, so that a rule that is tried
// on history does later what it did there. It knows no tag, no machine and no
// clock. Times are microseconds since 1970, as samples have them.
//
// Start with [Rule], then [Fold]; [Try] judges firings, [Assess] a whole list.
package alarm

import (
	"errors"
	"fmt"
	"math"
)

// Kind says what of a signal is held against the limit.
type Kind string

// Kinds of limits.
const (
	High      Kind = "hi"        // the value is above
	Low       Kind = "lo"        // the value is below
	Rate      Kind = "rate"      // the value changes faster, up or down, per minute
	Deviation Kind = "deviation" // the value is further from its target, to either side
)

const (
	second = int64(1_000_000)
	minute = 60 * second
	day    = 24 * 60 * minute
)

// Bounds of a rule: a delay longer than a day or a rate over more than one is a
// report, not an alarm.
const (
	MaxDelay  = day
	MaxWindow = day
)

// Rule is when an alarm stands. Times are µs.
type Rule struct {
	Kind Kind
	// Limit is in the signal's unit, for Rate in its unit per minute.
	Limit float64
	// Deadband is how far back beyond the limit the value must come before the
	// condition ends: a value that trembles at the limit is one alarm.
	Deadband float64
	// Target is what Deviation is from, where no signal gives it.
	Target float64
	// Window is the time over which Rate is taken.
	Window int64
	// OnDelay is how long the condition must hold before the alarm stands, OffDelay
	// how long it must be away before the alarm returns to normal.
	OnDelay, OffDelay int64
}

// Check says what is wrong with the rule and how to mend it.
func (r Rule) Check() error {
	finite := func(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
	switch {
	case r.Kind != High && r.Kind != Low && r.Kind != Rate && r.Kind != Deviation:
		return fmt.Errorf("%q is no kind of limit; write hi, lo, rate or deviation", r.Kind)
	case !finite(r.Limit) || !finite(r.Target):
		return errors.New("limit and target must be numbers")
	case !finite(r.Deadband) || r.Deadband < 0:
		return errors.New("the deadband must be a number that is not below 0, in the unit of the limit")
	case (r.Kind == Rate || r.Kind == Deviation) && r.Limit <= 0:
		return fmt.Errorf("a limit of %s must be above 0: it counts to both sides", r.Kind)
	case (r.Kind == Rate || r.Kind == Deviation) && r.Deadband >= r.Limit:
		return errors.New("the deadband must be smaller than the limit, or the alarm never returns to normal")
	case r.Kind == Rate && (r.Window < second || r.Window > MaxWindow):
		return errors.New("a rate needs a window of 1 second to 24 hours")
	case r.OnDelay < 0 || r.OnDelay > MaxDelay || r.OffDelay < 0 || r.OffDelay > MaxDelay:
		return errors.New("delays must be between 0 and 24 hours")
	}
	return nil
}

// excess is how far x, the measured quantity of the rule, is over the limit.
func (r Rule) excess(x float64) float64 {
	if r.Kind == Low {
		return r.Limit - x
	}
	return x - r.Limit
}

// MayFire reports whether values between lo and hi can begin the condition or hold
// it up. A stretch in which they cannot need not be read sample by sample. It is
// true where the values alone do not say.
func (r Rule) MayFire(lo, hi float64) bool {
	switch r.Kind {
	case High:
		return r.excess(hi) > -r.Deadband
	case Low:
		return r.excess(lo) > -r.Deadband
	case Deviation:
		return r.excess(math.Max(math.Abs(lo-r.Target), math.Abs(hi-r.Target))) > -r.Deadband
	default:
		return true
	}
}

// Firing is one occurrence of an alarm. With an on delay From is when the delay was
// over, with an off delay To likewise: that is when a person was told.
type Firing struct {
	From, To int64
	// Peak is the worst of what was measured while it stood: the value, for Rate the
	// change per minute, for Deviation the distance.
	Peak float64
	Open bool // it stands still at To
	Lost bool // at To contact or signal was lost: nobody knows whether it stood on
}
