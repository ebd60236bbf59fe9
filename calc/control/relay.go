package control

import "math"

// Relay finds how a process swings when a controller is on the edge: a relay with
// hysteresis makes it swing by itself (Åström & Hägglund, Automatica 20, 1984,
// 645-651), and period and amplitude of that give the ultimate point.
type Relay struct {
	Mid        float64 `json:"mid" doc:"Output around which it switches: that at which the process stands now"`
	Amplitude  float64 `json:"amplitude" doc:"By which the output goes up and down"`
	Hysteresis float64 `json:"hysteresis" doc:"Distance from the set point at which it switches: above the noise"`
	Cycles     int     `json:"cycles" doc:"Whole swings that must be alike, 2 to 10"`
	Reverse    bool    `json:"reverse,omitempty" doc:"More output makes less of what is measured"`
}

// RelayState is an experiment under way.
type RelayState struct {
	At     float64 `json:"at"`   // s since it began
	Side   int     `json:"side"` // of the output: 1 up, -1 down
	Last   float64 `json:"last"` // what was measured at the last step, as distance
	Swings []Swing `json:"swings,omitempty"`
	High   float64 `json:"high"` // of the swing under way
	Low    float64 `json:"low"`
}

// Swing is one whole swing.
type Swing struct {
	End    float64 `json:"end"`    // s since the experiment began
	Period float64 `json:"period"` // s; 0 of the first, which has no beginning
	High   float64 `json:"high"`   // above the set point
	Low    float64 `json:"low"`    // below it, negative
}

// Ultimate is the point at which a proportional controller alone makes the process
// swing for ever.
type Ultimate struct {
	Gain      float64 `json:"gain" doc:"Ultimate gain, output per input"`
	Period    float64 `json:"period_s" doc:"Ultimate period"`
	Amplitude float64 `json:"amplitude" doc:"Of the swing, from middle to peak"`
}

// alike is how far the periods and amplitudes of swings that count may differ.
const alike = 0.1

// ownSwing is how much of the swing may be the hysteresis: at 0.6 the process lags by
// π − asin 0.6 and not by π, and the gain is found a quarter too high.
const ownSwing = 0.6

// Check says what is wrong with the parameters.
func (r Relay) Check() error {
	switch {
	case !finite(r.Mid, r.Amplitude, r.Hysteresis):
		return invalid("autotuning: every parameter is a number")
	case r.Amplitude <= 0 || r.Hysteresis < 0:
		return invalid("autotuning: the amplitude is above 0 and the hysteresis not below")
	case r.Cycles < 2 || r.Cycles > 10:
		return invalid("autotuning: 2 to 10 swings, not %d", r.Cycles)
	}
	return nil
}

// Step is the output dt seconds after the last step. done says that enough swings were
// alike; see [Relay.Ultimate].
func (r Relay) Step(s RelayState, sp, pv, dt float64) (u float64, next RelayState, done bool) {
	d := pv - sp
	up := -1 // side that brings the measurement down when it is high
	if r.Reverse {
		up = 1
	}
	if s.Side == 0 {
		s = RelayState{Side: -up, Last: d, High: d, Low: d}
		if d > 0 {
			s.Side = up
		}
		return r.Mid + float64(s.Side)*r.Amplitude, s, false
	}
	before := s.At
	s.At += dt
	s.High, s.Low = max(s.High, d), min(s.Low, d)
	switch {
	case s.Side == -up && d > r.Hysteresis:
		s.Side = up
	case s.Side == up && d < -r.Hysteresis:
		// A swing ends where it falls through the lower edge: between two steps.
		s.Side = -up
		end := s.At
		if s.Last != d {
			end = before + dt*min(1, max(0, (s.Last+r.Hysteresis)/(s.Last-d)))
		}
		w := Swing{End: end, High: s.High, Low: s.Low}
		if n := len(s.Swings); n > 0 {
			w.Period = end - s.Swings[n-1].End
		}
		s.Swings = append(s.Swings[:len(s.Swings):len(s.Swings)], w)
		s.High, s.Low = d, d
	}
	s.Last = d
	return r.Mid + float64(s.Side)*r.Amplitude, s, r.settled(s)
}

// settled says whether the last swings are alike. The first two are of the beginning.
func (r Relay) settled(s RelayState) bool {
	n := len(s.Swings)
	if n < 2+r.Cycles {
		return false
	}
	last := s.Swings[n-1]
	for _, w := range s.Swings[n-r.Cycles:] {
		height := last.High - last.Low
		if math.Abs(w.Period-last.Period) > alike*last.Period || math.Abs(w.High-w.Low-height) > alike*height {
			return false
		}
	}
	return true
}

// Ultimate is what the experiment found, by the describing function of a relay with
// hysteresis: Ku = 4 d / (π √(a² − ε²)).
func (r Relay) Ultimate(s RelayState) (Ultimate, error) {
	if !r.settled(s) {
		return Ultimate{}, invalid("autotuning: %d swings, and the last are not alike yet", len(s.Swings))
	}
	period, height := 0.0, 0.0
	for _, w := range s.Swings[len(s.Swings)-r.Cycles:] {
		period += w.Period / float64(r.Cycles)
		height += (w.High - w.Low) / float64(r.Cycles)
	}
	a := height / 2
	if r.Hysteresis > ownSwing*a {
		return Ultimate{}, invalid("autotuning: the swing of %.3g is little more than the hysteresis of %.3g, and says little of the process; take a smaller hysteresis or a larger amplitude", a, r.Hysteresis)
	}
	gain := 4 * r.Amplitude / (math.Pi * math.Sqrt(a*a-r.Hysteresis*r.Hysteresis))
	if r.Reverse {
		gain = -gain
	}
	return Ultimate{Gain: gain, Period: period, Amplitude: a}, nil
}
