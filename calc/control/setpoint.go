package control

import "math"

// Ramp moves a set point no faster than a rate, and waits while what is measured has
// fallen behind.
type Ramp struct {
	Up   float64 `json:"up" doc:"Fastest rise of the set point in a second; 0: at once"`
	Down float64 `json:"down" doc:"Fastest fall in a second; 0: at once"`
	Hold float64 `json:"hold,omitempty" doc:"Distance of the measurement from the set point beyond which it waits (hold-back); 0: it never does"`
}

// RampState is what a ramp remembers.
type RampState struct {
	SP      float64 `json:"sp"`
	Been    bool    `json:"been"`
	Waiting bool    `json:"waiting"` // held back
}

// Check says what is wrong with the parameters.
func (r Ramp) Check() error {
	if !finite(r.Up, r.Down, r.Hold) || r.Up < 0 || r.Down < 0 || r.Hold < 0 {
		return invalid("ramp: rates and hold-back are numbers that are not negative")
	}
	return nil
}

// Step is the set point dt seconds after the last step, on its way to target. It
// begins at what is measured, so that nothing jumps.
func (r Ramp) Step(s RampState, target, pv, dt float64) RampState {
	if !s.Been {
		s = RampState{SP: pv, Been: true}
	}
	rate := r.Up
	if target < s.SP {
		rate = r.Down
	}
	// It waits for a measurement that lags behind, not for one that ran ahead.
	lag := (s.SP - pv) * sign(target-s.SP)
	if s.Waiting = rate > 0 && r.Hold > 0 && lag > r.Hold && target != s.SP; s.Waiting {
		return s
	}
	if rate == 0 {
		rate = math.Inf(1)
	}
	if dt > 0 {
		s.SP = toward(s.SP, target, rate*dt)
	}
	return s
}

// Ratio keeps an output in proportion to a wild signal.
type Ratio struct {
	Ratio float64 `json:"ratio"`
	Bias  float64 `json:"bias,omitempty"`
	Range
}

// Check says what is wrong with the parameters.
func (r Ratio) Check() error {
	if !finite(r.Ratio, r.Bias) || r.Ratio == 0 {
		return invalid("ratio: a number other than 0 is wanted")
	}
	return r.Range.check()
}

// Step is the output at a value of the wild signal.
func (r Ratio) Step(wild float64) float64 { return r.Clamp(r.Ratio*wild + r.Bias) }

// OnOff switches an output with hysteresis around the set point: off, on, and with
// Cools on the other side.
type OnOff struct {
	Hysteresis float64 `json:"hysteresis" doc:"On half of it below the set point, off half of it above"`
	Cools      bool    `json:"cools,omitempty" doc:"There is an output for the other side"`
	Gap        float64 `json:"gap,omitempty" doc:"How far above the set point the other side begins"`
	Reverse    bool    `json:"reverse,omitempty" doc:"On makes less of what is measured: a cooler alone"`
	MinOn      float64 `json:"min_on_s,omitempty" doc:"It stays on that long at least"`
	MinOff     float64 `json:"min_off_s,omitempty" doc:"It stays off that long at least"`
	Dead       float64 `json:"dead_s,omitempty" doc:"Both are off that long between the one side and the other"`
}

// OnOffState is what a switch remembers.
type OnOffState struct {
	Side int     `json:"side"` // 1 on, 0 off, -1 on the other side
	Last int     `json:"last"` // the side that was on last
	For  float64 `json:"for"`  // s since it was switched
	Been bool    `json:"been"`
}

// Check says what is wrong with the parameters.
func (o OnOff) Check() error {
	switch {
	case !finite(o.Hysteresis, o.Gap, o.MinOn, o.MinOff, o.Dead):
		return invalid("on-off: every parameter is a number")
	case o.Hysteresis <= 0:
		return invalid("on-off: without hysteresis it switches at every reading; write one")
	case o.Gap < 0 || o.MinOn < 0 || o.MinOff < 0 || o.Dead < 0:
		return invalid("on-off: gap and times are not negative")
	case o.Cools && o.Reverse:
		return invalid("on-off: an output for each side has no reverse")
	}
	return nil
}

// Step is the switch dt seconds after the last step: 1, 0, or -1 for the other side.
func (o OnOff) Step(s OnOffState, sp, pv, dt float64) (int, OnOffState) {
	e := sp - pv
	if o.Reverse {
		e = -e
	}
	s.For += dt
	want := s.Side
	switch half := o.Hysteresis / 2; {
	case s.Side == 1 && e < -half, s.Side == -1 && e+o.Gap > half:
		want = 0
	case s.Side == 0 && e > half:
		want = 1
	case s.Side == 0 && o.Cools && e+o.Gap < -half:
		want = -1
	}
	if want == s.Side {
		s.Been = true
		return s.Side, s
	}
	least := o.MinOff
	switch {
	case !s.Been:
		least = 0 // nobody knows of a time before
	case s.Side != 0:
		least = o.MinOn
	case s.Last == -want:
		least = max(least, o.Dead)
	}
	if s.For < least {
		return s.Side, s
	}
	if s.Side != 0 {
		s.Last = s.Side
	}
	return want, OnOffState{Side: want, Last: s.Last, Been: true}
}
