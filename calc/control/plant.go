package control

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// Plant is a process to try blocks on: a gain, lags one after the other, an integrator
// where it has one, and a dead time.
type Plant struct {
	Gain       float64
	Lags       []float64 // time constants, s
	Integrates bool      // 1/s beside the lags; Gain is then per second
	Dead       float64   // s, a multiple of the step
}

// Simulation is a plant that runs, with an input that holds between steps: exact, by
// the exponential of its matrix.
type Simulation struct {
	x    *mat.VecDense
	a    *mat.Dense
	b    []float64
	late []float64 // inputs under way
	gain float64
}

// Run begins a simulation at rest with steps of dt seconds.
func (p Plant) Run(dt float64) (*Simulation, error) {
	n := len(p.Lags)
	if p.Integrates {
		n++
	}
	steps := math.Round(p.Dead / dt)
	if n == 0 || dt <= 0 || p.Dead < 0 || math.Abs(steps*dt-p.Dead) > 1e-9*max(dt, p.Dead) {
		return nil, invalid("plant: it has a lag or an integrator, and a dead time of whole steps")
	}
	// The augmented matrix gives both parts of the step at once: exp [A B; 0 0] dt.
	m := mat.NewDense(n+1, n+1, nil)
	before := n // the input
	for i, lag := range p.Lags {
		if lag <= 0 {
			return nil, invalid("plant: a time constant of %v", lag)
		}
		m.Set(i, i, -dt/lag)
		m.Set(i, before, dt/lag)
		before = i
	}
	if p.Integrates {
		m.Set(n-1, before, dt)
	}
	var e mat.Dense
	e.Exp(m)
	s := &Simulation{x: mat.NewVecDense(n, nil), a: mat.NewDense(n, n, nil), b: make([]float64, n), late: make([]float64, int(steps)), gain: p.Gain}
	for i := range n {
		for j := range n {
			s.a.Set(i, j, e.At(i, j))
		}
		s.b[i] = e.At(i, n)
	}
	return s, nil
}

// Output is what is measured now.
func (s *Simulation) Output() float64 { return s.gain * s.x.AtVec(s.x.Len()-1) }

// Step lets an input hold for a step and gives what is measured then.
func (s *Simulation) Step(u float64) float64 {
	if len(s.late) > 0 {
		s.late = append(s.late, u)
		u, s.late = s.late[0], s.late[1:]
	}
	var next mat.VecDense
	next.MulVec(s.a, s.x)
	for i, b := range s.b {
		next.SetVec(i, next.AtVec(i)+b*u)
	}
	s.x.CopyVec(&next)
	return s.Output()
}
