// Package authenticity looks for signs that what a machine said in a day did
// not come from the machine: a line that stands still while it runs, a series
// copied from another machine or another day, a rate no machine has, a clock that
// is another's or was set, behaviour that its profile rules out.
//
// It knows no clock, no store and no names; it accuses nobody: a [Finding] is a
// reason for a person to look. Start with [Check] (one day of one machine) and
// [Sketch] (what days are compared by without giving a sample away).
//
// The limits are our own; no standard was found. They are chosen so that an
// honest day has none: see the comment of each.
package authenticity

import (
	"cmp"
	"math"
	"slices"
)

// Kind of a finding.
type Kind string

const (
	FlatLine        Kind = "flat_line"        // nothing moves while the machine runs
	ImpossibleRate  Kind = "impossible_rate"  // more parts than its shortest cycle allows
	SteppedClock    Kind = "stepped_clock"    // the device's clock was set
	ProfileMismatch Kind = "profile_mismatch" // values or counts that do not go with the state
	CopiedMachine   Kind = "copied_machine"   // the series of another machine of the owner
	CopiedFirm      Kind = "copied_firm"      // the series of a machine of another owner
	ClonedClock     Kind = "cloned_clock"     // the instants of another device, to the microsecond
	ReplayedWindow  Kind = "replayed_window"  // a stretch of an earlier day
)

// Span is a half-open stretch of time in microseconds since 1970.
type Span struct{ From, To int64 }

// Signal is one numeric tag of a day. Only changes need to be there; Times are
// strictly increasing microseconds since 1970.
type Signal struct {
	Name   string
	Times  []int64
	Values []float64
	// Measured marks what a sensor measures (current, power, load, vibration,
	// temperature): such a value never stands quite still on a running machine.
	// Set points, programme numbers and counters are not measured.
	Measured bool
	// Running and Idle are what the profile says the value is in these states;
	// nil: it says nothing.
	Running, Idle *Range
}

// Range is closed.
type Range struct{ Low, High float64 }

func (r Range) holds(v float64) bool { return v >= r.Low && v <= r.High }

// Count is parts that were counted at an instant.
type Count struct {
	At    int64
	Parts int64
}

// Reading pairs the instant that a device gave with the one at which it was
// received, microseconds.
type Reading struct{ Device, Received int64 }

// Day is what one machine said in a day.
type Day struct {
	Signals []Signal
	Known   []Span // time in which its values were known
	Running []Span // time in which it was executing
	Stopped []Span // time in which it said that it was not
	Counts  []Count
	// ShortestCycle is the least time one part can take, microseconds; 0: not
	// known.
	ShortestCycle int64
	// Clock is there for devices that give instants of their own.
	Clock []Reading
}

// Finding is a reason to look at a machine's day.
type Finding struct {
	Kind   Kind
	Signal string // "" when it is not about one
	Span   Span
	// Share says how much of what was looked at speaks for it, 0..1.
	Share float64
	// Got and Limit are what was found and where it begins to be odd, in the
	// finding's own measure: changes, parts, microseconds, shares.
	Got, Limit float64
}

const (
	minute = int64(60_000_000)
	// flatFor is how long nothing may move: honest machines dwell in a furnace or a
	// long cut, but a measured value moves by its noise within seconds.
	flatFor = 30 * minute
	// rateSlack lets a cycle be twice as fast as the shortest known: cycle times in
	// master data are often rounded up, an invented count is usually far off.
	rateSlack = 2.0
	// rateParts are needed before a rate says anything.
	rateParts = 10
	// StepFrom is a step no network delay explains: a minute.
	StepFrom = minute
	// mismatchShare of the time, and mismatchFor of it, must go against the
	// profile: edges of states and values are never quite together.
	mismatchShare = 0.25
	mismatchFor   = 30 * minute
	// countedStopped parts while the machine says that it stands.
	countedStopped = 10
)

// Check finds what one day shows by itself, in order of kind and time.
func Check(d Day) []Finding {
	var out []Finding
	out = append(out, flatLines(d)...)
	out = append(out, rates(d)...)
	out = append(out, steps(d.Clock)...)
	out = append(out, mismatches(d)...)
	slices.SortStableFunc(out, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Span.From, b.Span.From), cmp.Compare(a.Signal, b.Signal))
	})
	return out
}

// flatLines are measured signals without a change over a long run, and machines
// of which nothing at all changes. A value that dwells by its nature, such as one
// in whole kilowatts, is none: it must move every minute in the other runs of the
// day, or in none of them at all.
func flatLines(d Day) []Finding {
	var out []Finding
	runs := intersect(d.Running, d.Known)
	for _, run := range runs {
		if run.To-run.From < flatFor {
			continue
		}
		moving, flat := 0, 0
		for _, s := range d.Signals {
			n := changes(s, run)
			if n > 0 {
				moving++
				continue
			}
			if s.Measured && holds(s, run.From) && livelyOrDead(s, runs, run) {
				flat++
				out = append(out, Finding{Kind: FlatLine, Signal: s.Name, Span: run, Share: 1, Got: 0, Limit: 1})
			}
		}
		if moving == 0 && flat == 0 && len(d.Signals) > 0 && len(d.Counts) > 0 && counted(d.Counts, run) == 0 {
			out = append(out, Finding{Kind: FlatLine, Span: run, Share: 1, Got: 0, Limit: 1})
		}
	}
	return out
}

// livelyOrDead reports whether the signal changes once a minute in the runs but
// one, or never.
func livelyOrDead(s Signal, runs []Span, but Span) bool {
	n, time := 0, int64(0)
	for _, r := range runs {
		if r != but {
			n, time = n+changes(s, r), time+r.To-r.From
		}
	}
	return n == 0 || int64(n)*minute >= time
}

// changes counts the values in the span that differ from the one before.
func changes(s Signal, in Span) int {
	n := 0
	for i := range s.Times {
		if s.Times[i] >= in.From && s.Times[i] < in.To && i > 0 && s.Values[i] != s.Values[i-1] {
			n++
		}
	}
	return n
}

// holds reports whether the signal had a value at the instant.
func holds(s Signal, at int64) bool { return len(s.Times) > 0 && s.Times[0] <= at }

func counted(counts []Count, in Span) (n int64) {
	for _, c := range counts {
		if c.At >= in.From && c.At < in.To {
			n += c.Parts
		}
	}
	return n
}

// rates are stretches of parts faster than the shortest cycle allows: the worst
// stretch of a day between two counts with rateParts and more in between, so that
// an honest morning does not hide an invented hour. What a counter says in the
// first minute after the machine was not known was made before it.
func rates(d Day) []Finding {
	if d.ShortestCycle <= 0 {
		return nil
	}
	counts := slices.DeleteFunc(slices.Clone(d.Counts), func(c Count) bool { return !knownBefore(d.Known, c.At) })
	slices.SortStableFunc(counts, func(a, b Count) int { return cmp.Compare(a.At, b.At) })
	worst := Finding{Kind: ImpossibleRate, Limit: rateSlack}
	parts := int64(0) // counted after first, up to last
	for first, last := 0, 1; last < len(counts); last++ {
		parts += counts[last].Parts
		for first+1 < last && parts-counts[first+1].Parts >= rateParts {
			first++
			parts -= counts[first].Parts
		}
		from, to := counts[first].At, counts[last].At
		if parts < rateParts || len(intersect(d.Known, []Span{{from, to}})) > 1 {
			continue // what was counted in a gap took its time
		}
		if faster := float64(parts*d.ShortestCycle) / math.Max(1, float64(to-from)); faster > worst.Got {
			worst.Got, worst.Span = faster, Span{from, to + 1}
		}
	}
	if worst.Got <= rateSlack {
		return nil
	}
	worst.Share = 1 - rateSlack/worst.Got
	return []Finding{worst}
}

// knownBefore reports whether the machine was known for the minute before the
// instant.
func knownBefore(known []Span, at int64) bool {
	return slices.ContainsFunc(known, func(s Span) bool { return s.From <= at-minute && at <= s.To })
}

// steps are jumps of the difference between the device's clock and ours. A slow
// drift is none, and neither is one late message: a step stays.
func steps(clock []Reading) []Finding {
	var out []Finding
	const around = 5 // readings before and after whose medians are compared
	for i := around; i+around <= len(clock); i++ {
		before, after := offset(clock[i-around:i]), offset(clock[i:i+around])
		if step := after - before; step >= StepFrom || step <= -StepFrom {
			if n := len(out); n > 0 && clock[i].Received-out[n-1].Span.To < 2*minute {
				continue // the same step, seen from the next reading
			}
			out = append(out, Finding{Kind: SteppedClock, Span: Span{clock[i].Received, clock[i].Received + 1}, Share: 1, Got: float64(step), Limit: float64(StepFrom)})
		}
	}
	return out
}

func offset(readings []Reading) int64 {
	d := make([]int64, len(readings))
	for i, r := range readings {
		d[i] = r.Device - r.Received
	}
	slices.Sort(d)
	return d[len(d)/2]
}

// mismatches are values outside of what the profile says of the state, and
// parts counted while the machine says that it stands.
func mismatches(d Day) []Finding {
	var out []Finding
	for _, s := range d.Signals {
		for _, c := range []struct {
			states []Span
			want   *Range
		}{{d.Running, s.Running}, {d.Stopped, s.Idle}} {
			if c.want == nil {
				continue
			}
			looked, wrong, first := against(s, intersect(c.states, d.Known), *c.want)
			if looked == 0 || wrong < mismatchFor || float64(wrong) < mismatchShare*float64(looked) {
				continue
			}
			out = append(out, Finding{Kind: ProfileMismatch, Signal: s.Name, Span: first, Share: float64(wrong) / float64(looked), Got: float64(wrong), Limit: float64(mismatchFor)})
		}
	}
	stopped, at := int64(0), Span{}
	for _, span := range d.Stopped {
		if n := counted(d.Counts, span); n > 0 {
			if stopped == 0 {
				at = span
			}
			stopped, at.To = stopped+n, span.To
		}
	}
	if all := counted(d.Counts, Span{math.MinInt64, math.MaxInt64}); stopped >= countedStopped && float64(stopped) >= mismatchShare*float64(all) {
		out = append(out, Finding{Kind: ProfileMismatch, Span: at, Share: float64(stopped) / float64(all), Got: float64(stopped), Limit: countedStopped})
	}
	return out
}

// against adds up how long the value, held from sample to sample, was looked at
// and how long it was outside of what is wanted.
func against(s Signal, spans []Span, want Range) (looked, wrong int64, first Span) {
	for _, span := range spans {
		for i := range s.Times {
			from, to := s.Times[i], int64(math.MaxInt64)
			if i+1 < len(s.Times) {
				to = s.Times[i+1]
			}
			from, to = max(from, span.From), min(to, span.To)
			if from >= to {
				continue
			}
			looked += to - from
			if !want.holds(s.Values[i]) {
				if wrong == 0 {
					first = Span{from, to}
				}
				wrong, first.To = wrong+to-from, to
			}
		}
	}
	return looked, wrong, first
}

// intersect gives the time that lies in both lists; each is in order and does
// not overlap itself.
func intersect(a, b []Span) []Span {
	var out []Span
	for i, j := 0, 0; i < len(a) && j < len(b); {
		if from, to := max(a[i].From, b[j].From), min(a[i].To, b[j].To); from < to {
			out = append(out, Span{from, to})
		}
		if a[i].To < b[j].To {
			i++
		} else {
			j++
		}
	}
	return out
}
