package control_test

import (
	"math"
	"testing"

	"zhigai/calc/control"
)

// Step by step it comes to the best settings that keep the limit, never leaves the
// bounds, never moves further than it may, and never breaks the limit.
func TestOptimiser(t *testing.T) {
	// The best is at 7, and beyond 5.5 it gets too hot.
	measure := func(x float64) control.Trial {
		return control.Trial{At: []float64{x}, Value: -(x - 7) * (x - 7), Margin: 5.5 - x}
	}
	o := control.Optimiser{Bounds: []control.Range{{Low: 0, High: 10}}, MaxStep: []float64{0.8}, Limited: true, Seed: 3}
	trials := []control.Trial{measure(2), measure(1.5), measure(1), measure(1.8)}
	for n := range 12 {
		now := trials[len(trials)-1].At[0]
		next, err := o.Step(trials)
		must(t, err)
		if x := next[0]; math.Abs(x-now) > 0.8+1e-9 || x < 0 || x > 10 || x > 5.5 {
			t.Fatalf("step %d goes from %v to %v", n, now, x)
		}
		trials = append(trials, measure(next[0]))
	}
	best := math.Inf(-1)
	for _, one := range trials {
		best = max(best, one.Value)
	}
	if best < -3 { // at 5.3 or better
		t.Errorf("it came to %v only: %+v", best, trials)
	}
}
