package control_test

import (
	"math"
	"testing"

	"zhigai/calc/control"
)

// within fails where a value is further from the answer than a share of it.
func within(t *testing.T, what string, got, want, share float64) {
	t.Helper()
	if !(math.Abs(got-want) <= share*math.Abs(want)) {
		t.Errorf("%s = %v; want %v within %v of it", what, got, want, share)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func run(t *testing.T, p control.Plant, dt float64) *control.Simulation {
	t.Helper()
	s, err := p.Run(dt)
	must(t, err)
	return s
}

// wide are limits that nothing reaches.
var wide = control.Range{Low: -1e9, High: 1e9}

// step lets a controller bring a plant from 0 to 1.
func step(t *testing.T, c control.PID, p control.Plant, dt, duration float64) []float64 {
	t.Helper()
	must(t, c.Check())
	plant, y := run(t, p, dt), []float64{0}
	var s control.PIDState
	for range int(duration / dt) {
		var out control.Out
		out, s = c.Step(s, control.In{SP: 1, PV: y[len(y)-1]}, dt)
		y = append(y, plant.Step(out.U))
	}
	return y
}

// Plants answer a step as their formulas say, whatever the step of the simulation.
func TestPlant_StepResponse(t *testing.T) {
	for _, c := range []struct {
		name  string
		plant control.Plant
		want  func(t float64) float64 // since the dead time
	}{
		{"first order", control.Plant{Gain: 2, Lags: []float64{5}, Dead: 3}, func(t float64) float64 { return 2 * -math.Expm1(-t/5) }},
		{"second order", control.Plant{Gain: 2, Lags: []float64{5, 2}, Dead: 3}, func(t float64) float64 {
			return 2 * (1 - (5*math.Exp(-t/5)-2*math.Exp(-t/2))/3)
		}},
		{"two equal lags", control.Plant{Gain: 1, Lags: []float64{4, 4}}, func(t float64) float64 { return 1 - (1+t/4)*math.Exp(-t/4) }},
		{"integrator", control.Plant{Gain: 0.5, Integrates: true, Dead: 1}, func(t float64) float64 { return 0.5 * t }},
		{"integrator behind a lag", control.Plant{Gain: 1, Lags: []float64{2}, Integrates: true}, func(t float64) float64 { return t + 2*math.Expm1(-t/2) }},
	} {
		for _, dt := range []float64{0.25, 1} {
			s := run(t, c.plant, dt)
			for n := 1; n <= 40; n++ {
				want := c.want(max(0, float64(n)*dt-c.plant.Dead))
				if got := s.Step(1); math.Abs(got-want) > 1e-12*max(1, want) {
					t.Errorf("%s, dt %v, step %d: %v; want %v", c.name, dt, n, got, want)
				}
			}
		}
	}
}

// A PI controller whose integral time is the plant's lag makes a loop of first order:
// its figures are those of an exponential.
func TestPID_CancelledLag(t *testing.T) {
	p := control.Plant{Gain: 2, Lags: []float64{30}}
	const lambda = 10.
	y := step(t, control.PID{K: 30 / (2 * lambda), Ti: 30, B: 1, Range: wide}, p, 0.02, 100)
	r := control.Respond(y, 0.02)
	within(t, "rise", r.Rise, lambda*math.Log(9), 0.02)
	within(t, "settling", r.Settling, lambda*math.Log(50), 0.02)
	within(t, "IAE", r.IAE, lambda, 0.02)
	if r.Overshoot > 1e-3 {
		t.Errorf("overshoot %v of an exponential", r.Overshoot)
	}
}

// A PI controller of an integrator with no set point in its proportional part makes a
// loop of second order.
func TestPID_IntegratorIsSecondOrder(t *testing.T) {
	const omega, zeta = 0.5, 0.4
	// ω² = K/Ti and 2ζω = K of a plant 1/s.
	c := control.PID{K: 2 * zeta * omega, Ti: 2 * zeta / omega, B: 0, Range: wide}
	y := step(t, c, control.Plant{Gain: 1, Integrates: true}, 0.01, 60)
	r := control.Respond(y, 0.01)
	root := math.Sqrt(1 - zeta*zeta)
	within(t, "overshoot", r.Overshoot, math.Exp(-math.Pi*zeta/root), 0.02)
	within(t, "peak", r.Peak, math.Pi/(omega*root), 0.02)
	// The magnitude of an error e^(−σt) (cos νt + σ/ν sin νt), between whose zeros, half
	// a swing apart, each piece is e^(−σ half swing) of the one before.
	sigma, nu := zeta*omega, omega*root
	first := (math.Pi - math.Acos(zeta)) / nu // where the error is 0 first
	area := func(t float64) float64 {         // an integral of the error
		e := math.Exp(-sigma * t)
		return -e * (2*sigma*math.Cos(nu*t) + (sigma*sigma-nu*nu)/nu*math.Sin(nu*t)) / (omega * omega)
	}
	half := math.Pi / nu
	iae := area(first) - area(0) + math.Abs(area(first+half)-area(first))/(1-math.Exp(-sigma*half))
	within(t, "IAE", r.IAE, iae, 0.02)
}

// delayed is the error of a loop e^(−L s)/(τ s) after a step of 1: the solution of
// τ e'(t) = −e(t − L) by steps, Σ (−(t − k L)/τ)^k / k!.
func delayed(t, dead, tau float64) float64 {
	sum, factorial := 1., 1.
	for k := 1; float64(k)*dead <= t; k++ {
		factorial *= float64(k)
		sum += math.Pow(-(t-float64(k)*dead)/tau, float64(k)) / factorial
	}
	return sum
}

// By SIMC the lag is cancelled and what is left is a dead time with an integrator.
func TestSIMC_StepResponse(t *testing.T) {
	m := control.Model{Gain: 1.5, Lag: 40, Dead: 10}
	c, err := m.Tune(control.PID{B: 1, Range: wide}, 0)
	must(t, err)
	const dt, duration = 0.05, 200.
	y := step(t, c, control.Plant{Gain: m.Gain, Lags: []float64{m.Lag}, Dead: m.Dead}, dt, duration)
	want := make([]float64, len(y))
	for i := range y {
		want[i] = 1 - delayed(dt*float64(i), m.Dead, 2*m.Dead)
		if math.Abs(y[i]-want[i]) > 0.005 {
			t.Fatalf("at %v s: %v; want %v", dt*float64(i), y[i], want[i])
		}
	}
	got, theirs := control.Respond(y, dt), control.Respond(want, dt)
	within(t, "overshoot", got.Overshoot, theirs.Overshoot, 0.02)
	within(t, "rise", got.Rise, theirs.Rise, 0.02)
	within(t, "settling", got.Settling, theirs.Settling, 0.02)
	within(t, "IAE", got.IAE, theirs.IAE, 0.02)
}
