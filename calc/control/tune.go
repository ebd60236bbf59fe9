package control

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// Rule says by what a controller is tuned.
type Rule string

// Rules of tuning.
const (
	// ZieglerNichols of the ultimate point (Trans. ASME 64, 1942, 759-768): quick and
	// swinging.
	ZieglerNichols Rule = "ziegler-nichols"
	// TyreusLuyben of the ultimate point (Ind. Eng. Chem. Res. 31, 1992, 2625-2628):
	// calm, for processes that integrate or are slow.
	TyreusLuyben Rule = "tyreus-luyben"
	// SIMC of a model (Skogestad, J. Process Control 13, 2003, 291-309), with the closed
	// loop as quick as the dead time.
	SIMC Rule = "simc"
)

// Tune is PI (derivative false) or PID parameters of an ultimate point. Limits, weights
// and filter are those of p.
func (u Ultimate) Tune(p PID, rule Rule, derivative bool) (PID, error) {
	if u.Gain == 0 || u.Period <= 0 || !finite(u.Gain, u.Period) {
		return p, invalid("tuning: there is no ultimate point")
	}
	p.Tt = 0
	switch {
	case rule == ZieglerNichols && derivative:
		p.K, p.Ti, p.Td = 0.6*u.Gain, u.Period/2, u.Period/8
	case rule == ZieglerNichols:
		p.K, p.Ti, p.Td = 0.45*u.Gain, u.Period/1.2, 0
	case rule == TyreusLuyben && derivative:
		p.K, p.Ti, p.Td = u.Gain/2.2, 2.2*u.Period, u.Period/6.3
	case rule == TyreusLuyben:
		p.K, p.Ti, p.Td = u.Gain/3.2, 2.2*u.Period, 0
	default:
		return p, invalid("tuning: %q is no rule of the ultimate point; %s and %s are", rule, ZieglerNichols, TyreusLuyben)
	}
	return p, nil
}

// Model is a process of first order with dead time: Gain e^(−Dead s) / (1 + Lag s).
type Model struct {
	Gain float64 `json:"gain" doc:"Change of what is measured per change of the output"`
	Lag  float64 `json:"lag_s" doc:"Time constant"`
	Dead float64 `json:"dead_s" doc:"Dead time"`
}

// Tune is a PI controller of the model by SIMC; closed is the wanted time constant of the
// closed loop, 0 for the dead time itself. Limits and weights are those of p.
func (m Model) Tune(p PID, closed float64) (PID, error) {
	if closed == 0 {
		closed = m.Dead
	}
	if m.Gain == 0 || m.Lag <= 0 || m.Dead < 0 || closed+m.Dead <= 0 || !finite(m.Gain, m.Lag, m.Dead, closed) {
		return p, invalid("tuning: a model with gain, time constant and dead time is wanted")
	}
	p.K, p.Ti, p.Td, p.Tt = m.Lag/(m.Gain*(closed+m.Dead)), min(m.Lag, 4*(closed+m.Dead)), 0, 0
	return p, nil
}

// Ultimate is where the model swings with a proportional controller alone: the
// frequency at which its phase is −π, solved to the last bit.
func (m Model) Ultimate() (Ultimate, error) {
	if m.Dead <= 0 || m.Lag <= 0 || m.Gain == 0 {
		return Ultimate{}, invalid("a process of first order without dead time never swings")
	}
	// ω Dead + atan(ω Lag) = π has one root, between π/2 and π over the dead time.
	low, high := math.Pi/2/m.Dead, math.Pi/m.Dead
	for range 200 {
		mid := (low + high) / 2
		if mid*m.Dead+math.Atan(mid*m.Lag) < math.Pi {
			low = mid
		} else {
			high = mid
		}
	}
	return Ultimate{Gain: math.Hypot(1, low*m.Lag) / m.Gain, Period: 2 * math.Pi / low}, nil
}

// Identify makes a model of a step test: what was measured every dt seconds since the
// output went from one value to another. It takes gain from the ends, and lag and dead
// time from where 28.3 % and 63.2 % of the way were gone (Smith, Digital Computer
// Process Control, 1972).
func Identify(measured []float64, dt, step float64) (Model, error) {
	const least = 10
	n := len(measured)
	if n < least || dt <= 0 || step == 0 || !finite(step) || !finite(measured...) {
		return Model{}, invalid("step test: %d values or more and a step other than 0 are wanted", least)
	}
	tail := measured[n-n/5:]
	before, end := stat.Mean(tail[:len(tail)/2], nil), stat.Mean(tail[len(tail)/2:], nil)
	rise := end - measured[0]
	noise := slices.Max(tail) - slices.Min(tail)
	const still, calm = 0.01, 0.1 // shares of the rise: what is left of it, and noise
	if rise == 0 || math.Abs(end-before) > still*math.Abs(rise) || noise > calm*math.Abs(rise) {
		return Model{}, invalid("step test: it has not come to rest, or moved no more than it wavers; wait longer or take a larger step")
	}
	reached := func(share float64) float64 {
		for i := 1; i < n; i++ {
			a, b := (measured[i-1]-measured[0])/rise, (measured[i]-measured[0])/rise
			if b >= share {
				return dt * (float64(i-1) + (share-a)/(b-a))
			}
		}
		return dt * float64(n)
	}
	// Of 1 − e^(−t/T) these are a third and the whole of the time constant.
	early, late := reached(-math.Expm1(-1./3)), reached(-math.Expm1(-1))
	lag := 1.5 * (late - early)
	return Model{Gain: rise / step, Lag: lag, Dead: max(0, late-lag)}, nil
}
