package control

import "zhigai/calc/experiment"

// Optimiser moves settings, step by step, to where a measured value is highest, within
// bounds and, where a limit must hold, where it is expected to.
type Optimiser struct {
	Bounds  []Range   // of each setting: never left
	MaxStep []float64 // largest move of each from the settings of now; 0: none
	Limited bool      // a limit must hold, see [Trial]
	Seed    uint64    // the same trials and seed give the same step
}

// Trial is what was measured at settings.
type Trial struct {
	At     []float64
	Value  float64
	Margin float64 // how far the limit was kept; below 0 it was broken
}

// Step is where to go next from the settings of the last trial, by
// [experiment.Propose] of what can be reached with one move.
func (o Optimiser) Step(trials []Trial) ([]float64, error) {
	k := len(o.Bounds)
	if len(trials) == 0 || k == 0 || len(o.MaxStep) != k {
		return nil, invalid("optimiser: bounds and steps for every setting, and trials, are wanted")
	}
	now := trials[len(trials)-1].At
	reach := make([]Range, k)
	for i, b := range o.Bounds {
		if err := b.check(); err != nil {
			return nil, err
		}
		if len(now) != k || b.Clamp(now[i]) != now[i] {
			return nil, invalid("optimiser: it begins at settings within the bounds, not at %v", now)
		}
		if reach[i] = b; o.MaxStep[i] > 0 {
			reach[i] = Range{b.Clamp(now[i] - o.MaxStep[i]), b.Clamp(now[i] + o.MaxStep[i])}
		}
	}
	tried := make([]experiment.Tried, len(trials))
	for n, t := range trials {
		if len(t.At) != k {
			return nil, invalid("optimiser: trial %d has %d settings, not %d", n+1, len(t.At), k)
		}
		tried[n] = experiment.Tried{At: make([]float64, k), Value: t.Value, Margin: t.Margin}
		for i, r := range reach {
			tried[n].At[i] = 2*(t.At[i]-r.Low)/(r.High-r.Low) - 1
		}
	}
	next, err := experiment.Propose(tried, o.Limited, o.Seed)
	if err != nil {
		return nil, err
	}
	to := make([]float64, k)
	for i, r := range reach {
		to[i] = r.Clamp(r.Low + (next.At[i]+1)/2*(r.High-r.Low))
	}
	return to, nil
}
