package control

import (
	"math"
	"time"
)

// SafeAction is what happens to an output when whoever moves it cannot go on.
type SafeAction string

// Safe actions. Whichever it is, a watchdog is served no longer.
const (
	Hold     SafeAction = "hold"      // the output stays as it is
	RampTo   SafeAction = "ramp"      // it goes to a safe value
	HandBack SafeAction = "hand-back" // a signal tells the machine to take over
)

// Safe is a safe action with its parameters.
type Safe struct {
	Action SafeAction `json:"action" enum:"hold,ramp,hand-back"`
	Value  float64    `json:"value,omitempty" doc:"Of ramp: where the output goes; of hand-back: what the signal is set to"`
	Rate   float64    `json:"rate,omitempty" doc:"Of ramp: by how much in a second; 0: in one step"`
	Signal string     `json:"signal,omitempty" maxLength:"100" doc:"Of hand-back: set point of the machine by which it takes over"`
}

// Check says what is wrong with the parameters.
func (s Safe) Check() error {
	switch {
	case s.Action != Hold && s.Action != RampTo && s.Action != HandBack:
		return invalid("%q is no safe action; hold, ramp and hand-back are", s.Action)
	case !finite(s.Value, s.Rate) || s.Rate < 0:
		return invalid("safe action: value and rate are numbers, the rate not negative")
	}
	return nil
}

// Strides are how an output may be moved; 0 is no limit.
type Strides struct {
	MaxStep    float64 // of one command
	MaxRate    float64 // of all commands in a minute
	Tolerance  float64 // of what is read back
	Resolution float64 // smallest step that the machine takes
	Pause      time.Duration
}

// Same says whether a machine would read a value back as another.
func (s Strides) Same(a, b float64) bool {
	return math.Abs(a-b) <= max(s.Tolerance, 1e-6*max(math.Abs(a), math.Abs(b)))
}

// Rounded is the nearest whole number of steps of a resolution; v itself without one.
func Rounded(v, resolution float64) float64 {
	if resolution <= 0 {
		return v
	}
	if inverse := math.Round(1 / resolution); math.Abs(1/resolution-inverse) < 1e-9*inverse {
		return math.Round(v*inverse) / inverse // of 0.1 it is exact, and the resolution is not
	}
	return math.Round(v/resolution) * resolution
}

// Bounds of trying again at a machine that does not answer: more and more seldom.
const (
	firstRetry   = time.Second
	longestRetry = time.Minute
)

// Way is a safe action under way, from its first step until the machine has what was
// declared. Times are those that passed since some instant.
type Way struct {
	Safe  Safe
	begun bool
	tried time.Duration
	retry time.Duration
}

// SafeStep is what is to be done next: Done, or a value for a signal; "" is the output.
type SafeStep struct {
	Done   bool
	Signal string
	Value  float64
}

// Next is the next step when it is time for one. have is the output as it was read just
// now; nil: nobody knows, and a ramp waits for it.
func (w *Way) Next(passed time.Duration, have *float64, by Strides) (SafeStep, bool) {
	if w.begun && passed-w.tried < max(w.retry, by.Pause) {
		return SafeStep{}, false
	}
	switch {
	case w.Safe.Action == Hold:
		return SafeStep{Done: true}, true
	case w.Safe.Action == HandBack:
		w.begun, w.tried = true, passed
		return SafeStep{Signal: w.Safe.Signal, Value: w.Safe.Value}, true
	case have == nil:
		return SafeStep{}, false
	case by.Same(*have, w.Safe.Value):
		return SafeStep{Done: true}, true
	}
	since := by.Pause
	if w.begun {
		since = min(since, passed-w.tried)
	}
	w.begun, w.tried = true, passed
	return SafeStep{Value: w.toward(*have, since, by)}, true
}

// toward is the next value on the ramp to the safe one.
func (w *Way) toward(have float64, since time.Duration, by Strides) float64 {
	to := w.Safe.Value
	step := math.Inf(1)
	if w.Safe.Rate > 0 {
		step = w.Safe.Rate * since.Seconds()
	}
	if by.MaxStep > 0 {
		step = min(step, by.MaxStep)
	}
	if by.MaxRate > 0 {
		step = min(step, by.MaxRate/60*by.Pause.Seconds())
	}
	if math.Abs(to-have) <= step {
		return to
	}
	v := Rounded(have+math.Copysign(step, to-have), by.Resolution)
	if by.Same(v, have) { // a step finer than the machine takes
		v = have + math.Copysign(max(step, by.Resolution), to-have)
	}
	return v
}

// Confirmed takes a step that the machine has, and says whether it was the last.
func (w *Way) Confirmed(value float64, by Strides) (done bool) {
	w.retry = 0
	return w.Safe.Action == HandBack || by.Same(value, w.Safe.Value)
}

// Refused takes a step that the machine does not have.
func (w *Way) Refused() { w.retry = min(longestRetry, max(firstRetry, 2*w.retry)) }
