package control

import "math"

// PID is a controller in the standard form of ISA:
//
//	u = K [ b r − y + 1/Ti ∫ (r − y) dt + Td d/dt (c r − y) / (1 + Td/N s) ] + ff
//
// with limits of output and of its rate. While a limit holds, the integral follows by
// back-calculation (Åström & Hägglund, Advanced PID Control, 2006, section 3.5).
type PID struct {
	K  float64 `json:"k" doc:"Gain, output per input; negative where more output makes less of what is measured"`
	Ti float64 `json:"ti_s,omitempty" doc:"Integral time, s; 0: no integral"`
	Td float64 `json:"td_s,omitempty" doc:"Derivative time, s; 0: no derivative"`
	N  float64 `json:"n,omitempty" doc:"Filter of the derivative, whose time constant is Td/N; 10 when left out"`
	B  float64 `json:"b" doc:"Share of the set point that the proportional part sees, 0..1"`
	C  float64 `json:"c,omitempty" doc:"Share of the set point that the derivative sees; 0: derivative on the measurement"`
	Tt float64 `json:"tt_s,omitempty" doc:"Tracking time of the anti-windup, s; left out: √(Ti Td), or Ti without derivative"`
	Range
	Rate float64 `json:"rate,omitempty" doc:"Largest change of the output in a second; 0: none"`
}

// PIDState is what a controller remembers. The zero value has seen nothing yet.
type PIDState struct {
	I    float64 `json:"i"`    // the integral part, in the output's unit
	D    float64 `json:"d"`    // the derivative part
	Seen float64 `json:"seen"` // c r − y of the last step
	U    float64 `json:"u"`    // the last output
	Been bool    `json:"been"` // there was a step before
}

// In is what a step is taken on.
type In struct {
	SP float64 // set point
	PV float64 // what is measured
	FF float64 // feed-forward, added to the output
}

// Out is what a step gave.
type Out struct {
	U    float64 // within the limits
	Free float64 // as it would be without
	P, I float64
	D    float64
}

// Saturated says to which side a limit holds the output: -1 below, 1 above, 0 none.
func (o Out) Saturated() int {
	switch {
	case o.U < o.Free:
		return 1
	case o.U > o.Free:
		return -1
	}
	return 0
}

// defaultN is the filter of the derivative where none is said: 2 to 20 are usual
// (Åström & Hägglund 2006, section 3.3).
const defaultN = 10

// Check says what is wrong with the parameters.
func (p PID) Check() error {
	switch {
	case !finite(p.K, p.Ti, p.Td, p.N, p.B, p.C, p.Tt, p.Rate):
		return invalid("every parameter is a number")
	case p.K == 0:
		return invalid("a gain of 0 does nothing; write one, negative where more output makes less of what is measured")
	case p.Ti < 0 || p.Td < 0 || p.Tt < 0 || p.Rate < 0 || p.N < 0:
		return invalid("times, filter and rate are not negative; 0 leaves one out")
	case p.B < 0 || p.B > 1 || p.C < 0 || p.C > 1:
		return invalid("the weights of the set point are 0 to 1, not b = %v and c = %v", p.B, p.C)
	}
	return p.Range.check()
}

func (p PID) tracking() float64 {
	switch {
	case p.Tt > 0:
		return p.Tt
	case p.Td > 0 && p.Ti > 0:
		return math.Sqrt(p.Ti * p.Td)
	}
	return p.Ti
}

// parts are the proportional part and the derivative part after dt, and what the
// derivative saw.
func (p PID) parts(s PIDState, in In, dt float64) (prop, d, seen float64) {
	n := p.N
	if n == 0 {
		n = defaultN
	}
	seen = p.C*in.SP - in.PV
	if p.Td > 0 && s.Been && dt > 0 {
		// Backward difference: stable for every dt (Åström & Hägglund 2006, (13.14)).
		f := p.Td + n*dt
		d = p.Td/f*s.D + p.K*p.Td*n/f*(seen-s.Seen)
	}
	return p.K * (p.B*in.SP - in.PV), d, seen
}

// Step is the output dt seconds after the last step. The first one, of which nothing
// is known before, gives what the set point asks for with no integral.
func (p PID) Step(s PIDState, in In, dt float64) (Out, PIDState) {
	prop, d, seen := p.parts(s, in, dt)
	free := prop + s.I + d + in.FF
	u := p.Clamp(free)
	if p.Rate > 0 && s.Been {
		u = p.Clamp(toward(s.U, u, p.Rate*dt))
	}
	next := PIDState{I: s.I, D: d, Seen: seen, U: u, Been: true}
	if p.Ti > 0 && dt > 0 {
		next.I += p.K * dt / p.Ti * (in.SP - in.PV)
		// The integral goes at most all the way in a step: a tracking time shorter
		// than the step would make it swing.
		next.I += min(1, dt/p.tracking()) * (u - free)
	}
	return Out{U: u, Free: free, P: prop, I: s.I, D: d}, next
}

// Track follows an output that somebody else gave: a hand, another controller. The
// next Step begins there.
func (p PID) Track(s PIDState, in In, u, dt float64) PIDState {
	prop, d, seen := p.parts(s, in, dt)
	return PIDState{I: u - prop - d - in.FF, D: d, Seen: seen, U: u, Been: true}
}

// Retune is the state with which another set of parameters goes on from the output
// that there is.
func (p PID) Retune(to PID, s PIDState, in In) PIDState {
	if !s.Been {
		return s
	}
	next := to.Track(PIDState{}, in, s.U, 0)
	return next
}

// FeedForward answers to a disturbance that is measured, before it is felt: gain with
// a lead and a lag, Gain (1 + Lead s) / (1 + Lag s).
type FeedForward struct {
	Gain float64 `json:"gain" doc:"Output per unit of the disturbance"`
	At   float64 `json:"at,omitempty" doc:"The disturbance at which nothing is added"`
	Lead float64 `json:"lead_s,omitempty"`
	Lag  float64 `json:"lag_s,omitempty"`
}

// FeedState is what a feed-forward remembers.
type FeedState struct {
	X    float64 `json:"x"` // the disturbance behind the lag
	Been bool    `json:"been"`
}

// Check says what is wrong with the parameters.
func (f FeedForward) Check() error {
	switch {
	case !finite(f.Gain, f.At, f.Lead, f.Lag) || f.Lead < 0 || f.Lag < 0:
		return invalid("feed-forward: gain, lead and lag are numbers, the times not negative")
	case f.Lead > 0 && f.Lag == 0:
		return invalid("feed-forward: a lead without a lag answers to noise without end; give it a lag")
	}
	return nil
}

// Step is what is added dt seconds after the last step, exact for a disturbance that
// holds between steps. It begins settled.
func (f FeedForward) Step(s FeedState, disturbance, dt float64) (float64, FeedState) {
	d := disturbance - f.At
	if f.Lag == 0 {
		return f.Gain * d, FeedState{X: d, Been: true}
	}
	if !s.Been {
		s.X = d
	}
	x := s.X + (d-s.X)*-math.Expm1(-dt/f.Lag)
	return f.Gain * (x + f.Lead/f.Lag*(d-x)), FeedState{X: x, Been: true}
}
