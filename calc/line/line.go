// Package line holds the formulas of production lines: which station holds the
// line up and since when, how even its work is shared, how fast it must be, and
// where the parts went that it could have made.
//
// It knows no plant, no clock and no I/O: stations are numbers, time is whole
// milliseconds. What a station did is told to it; it guesses nothing.
//
// Start with [Stretch], [Detect] and [Fall].
package line

import "fmt"

// State is what a station does as its line sees it.
type State uint8

const (
	Unknown State = iota // nobody knows
	Working
	Setup
	Down    // a failure of its own
	Service // planned work done in planned busy time, as maintenance is
	Minor   // a short stop of its own
	Delay   // a longer stop of its own that is no failure
	Starved // it waits for parts
	Blocked // it cannot get rid of parts
	Planned // planned down time
	Off     // outside planned operation
)

// States lists all, in the order in which time is shown.
var States = []State{Working, Setup, Down, Service, Minor, Delay, Starved, Blocked, Planned, Off, Unknown}

var names = [...]string{"unknown", "working", "setup", "down", "service", "minor", "delay", "starved", "blocked", "planned", "off"}

// String is the state's word.
func (s State) String() string {
	if int(s) < len(names) {
		return names[s]
	}
	return fmt.Sprintf("state %d", s)
}

// MarshalText writes the state's word.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (s *State) UnmarshalText(raw []byte) error {
	for i, name := range names {
		if name == string(raw) {
			*s = State(i)
			return nil
		}
	}
	return fmt.Errorf("state %q; write one of %v", raw, names)
}

// Active reports whether others may have to wait for a station in the state:
// it works, or it would have to and cannot for a cause of its own (Roser, Nakano,
// Tanaka: A practical bottleneck detection method, Winter Simulation Conference
// 2001, table 1). Who waits for others, or has no plan, is not.
func (s State) Active() bool {
	switch s {
	case Working, Setup, Down, Service, Minor, Delay:
		return true
	}
	return false
}

// Stretch is time in which a station was in one state. From and To are in
// milliseconds of any one clock, half open.
type Stretch struct {
	From, To int64
	State    State
}

// Ms is its length.
func (s Stretch) Ms() int64 { return s.To - s.From }

// Check reports whether the stretches of every station cover [from, to) without a
// gap, in order.
func Check(stations [][]Stretch, from, to int64) error {
	if from >= to {
		return fmt.Errorf("line: the window ends at %d, before it begins at %d", to, from)
	}
	for n, all := range stations {
		at := from
		for _, s := range all {
			if s.From != at || s.To <= s.From {
				return fmt.Errorf("line: station %d: a stretch of %d to %d stands behind %d; they follow one another without a gap", n, s.From, s.To, at)
			}
			at = s.To
		}
		if at != to {
			return fmt.Errorf("line: station %d is told up to %d of %d", n, at, to)
		}
	}
	return nil
}

// Times adds up how long a station was in each state.
func Times(all []Stretch) map[State]int64 {
	out := map[State]int64{}
	for _, s := range all {
		out[s.State] += s.Ms()
	}
	return out
}

// Balance is the share of the slowest station's cycle that the stations are busy
// for on average, 0..1: the sum of cycles over stations × longest cycle (line
// efficiency of assembly line balancing, usage). It is not ok without a station, or
// when a cycle is not positive.
func Balance(cycles []float64) (share float64, ok bool) {
	var sum, longest float64
	for _, c := range cycles {
		if c <= 0 {
			return 0, false
		}
		sum, longest = sum+c, max(longest, c)
	}
	if longest == 0 {
		return 0, false
	}
	return sum / (float64(len(cycles)) * longest), true
}

// Together is the cycle of machines that work side by side, in the unit of their
// cycles: as many parts as all of them make. It is not ok without a machine, or
// when a cycle is not positive.
func Together(cycles []float64) (float64, bool) {
	rate := 0.0
	for _, c := range cycles {
		if c <= 0 {
			return 0, false
		}
		rate += 1 / c
	}
	if rate == 0 {
		return 0, false
	}
	return 1 / rate, true
}
