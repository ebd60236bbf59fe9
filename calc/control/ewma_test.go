package control_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"zhigai/calc/control"
)

// follow makes runs of a process y = 3 + slope x + noise(n) and gives how far each was
// from the target.
func follow(c control.EWMA, slope float64, runs int, noise func(n int) float64) []float64 {
	const target = 10.
	s := c.Start(target, (target-3)/slope)
	out := make([]float64, runs)
	for n := range out {
		x := s.X
		y := 3 + slope*x + noise(n)
		out[n] = y - target
		s = c.Step(s, target, y, x)
	}
	return out
}

func pulse(n int) float64 {
	if n == 0 {
		return 1
	}
	return 0
}

func squares(of []float64) (sum float64) {
	for _, v := range of {
		sum += v * v
	}
	return sum
}

// The variance of what is measured under white noise is the sum of the squares of what
// one pulse of noise leaves: 2/(2 − λξ) of an EWMA controller, exactly.
func TestEWMA_Variance(t *testing.T) {
	for _, c := range []struct{ lambda, slope float64 }{{0.2, 2}, {0.7, 2}, {0.3, 3}, {0.5, 1}} {
		e := control.EWMA{Slope: 2, Lambda: c.lambda, Range: wide}
		must(t, e.Check())
		want, ok := e.Variance(c.slope)
		if !ok {
			t.Fatalf("%+v has no variance", c)
		}
		within(t, "variance", squares(follow(e, c.slope, 2000, pulse)), want, 1e-9)
		// And so it is with noise.
		r := rand.New(rand.NewPCG(1, 2))
		within(t, "variance of 200,000 runs", squares(follow(e, c.slope, 200_000, func(int) float64 { return r.NormFloat64() }))/200_000, want, 0.02)
	}
	if _, ok := (control.EWMA{Slope: 1, Lambda: 0.9}).Variance(3); ok {
		t.Error("a loop that swings up has a variance")
	}
}

// doubled is the variance of the double EWMA with the right slope: its forecast has the
// weights of [λ1 (1 − φ2 z) + λ2 (1 − z)] / [(1 − φ1 z)(1 − φ2 z)].
func doubled(l1, l2 float64) float64 {
	f1, f2 := 1-l1, 1-l2
	a := (l1*(1-f2/f1) + l2*(1-1/f1)) / (1 - f2/f1)
	b := l1 + l2 - a
	return 1 + a*a/(1-f1*f1) + b*b/(1-f2*f2) + 2*a*b/(1-f1*f2)
}

// A drift leaves δ/(λξ) with one weighted mean, and nothing with two.
func TestEWMA_Drift(t *testing.T) {
	drift := func(n int) float64 { return 0.05 * float64(n) }
	e := control.EWMA{Slope: 2, Lambda: 0.25, Range: wide}
	out := follow(e, 2.4, 400, drift)
	within(t, "offset", out[399], 0.05/(0.25*1.2), 1e-6)
	e.Trend = 0.1
	out = follow(e, 2, 400, drift)
	if math.Abs(out[399]) > 1e-9 {
		t.Errorf("with the drift followed %v is left", out[399])
	}
	within(t, "variance of the double EWMA", squares(follow(e, 2, 3000, pulse)), doubled(0.25, 0.1), 1e-9)
}

// What is corrected stays within its limits, and small things are left alone.
func TestEWMA_Limits(t *testing.T) {
	e := control.EWMA{Slope: 1, Lambda: 1, MaxStep: 0.5, Deadband: 0.1, Range: control.Range{Low: -1, High: 1}}
	s := e.Start(0, 0)
	for _, c := range []struct{ measured, want float64 }{{0.05, 0}, {3, -0.5}, {3, -1}, {3, -1}} {
		if s = e.Step(s, 0, c.measured, s.X); s.X != c.want {
			t.Errorf("after %v: %v; want %v", c.measured, s.X, c.want)
		}
	}
}
