package control_test

import (
	"errors"
	"math"
	"testing"

	"zhigai/calc/control"
)

// The derivative of a ramp of the measurement is −K Td slope behind its filter.
func TestPID_DerivativeOfARamp(t *testing.T) {
	c := control.PID{K: 2, Td: 4, N: 8, Range: wide}
	const slope, dt = 0.3, 0.01
	var s control.PIDState
	for n := range 400 {
		at := float64(n) * dt
		var out control.Out
		out, s = c.Step(s, control.In{SP: 1e6, PV: slope * at}, dt)
		if want := -c.K * c.Td * slope * -math.Expm1(-at*c.N/c.Td); math.Abs(out.D-want) > 0.02*c.K*c.Td*slope {
			t.Fatalf("at %v s: %v; want %v, and nothing of the set point", at, out.D, want)
		}
	}
}

// While the output is at its limit the integral follows: when the set point comes back
// in reach the output leaves the limit at once, and without tracking it does not.
func TestPID_Windup(t *testing.T) {
	leaves := func(c control.PID) float64 {
		const dt = 0.1
		plant := run(t, control.Plant{Gain: 1, Lags: []float64{20}}, dt)
		var s control.PIDState
		y := 0.0
		for n := range 6000 {
			at := float64(n) * dt
			sp := 200.0 // beyond what the plant reaches at 100
			if at >= 300 {
				sp = 50
			}
			var out control.Out
			out, s = c.Step(s, control.In{SP: sp, PV: y}, dt)
			if at >= 300 && out.U < c.High {
				return at - 300
			}
			y = plant.Step(out.U)
		}
		return math.Inf(1)
	}
	c := control.PID{K: 2, Ti: 20, B: 1, Range: control.Range{Low: 0, High: 100}}
	if late := leaves(c); late > 0.1 {
		t.Errorf("it left the limit %v s after the set point came back", late)
	}
	c.Tt = 1e9
	if late := leaves(c); late < 20 {
		t.Errorf("a controller that does not track left the limit after %v s: the test shows nothing", late)
	}
}

// The output does not jump when a hand takes over, when it lets go, or when the
// parameters change.
func TestPID_Bumpless(t *testing.T) {
	old := control.PID{K: 2, Ti: 20, Td: 3, B: 0.7, Range: control.Range{Low: 0, High: 100}}
	in := control.In{SP: 60, PV: 41, FF: 5}
	const dt, hand = 0.5, 33.
	var s control.PIDState
	for range 10 {
		_, s = old.Step(s, in, dt)
	}
	s = old.Track(s, in, hand, dt)
	out, s := old.Step(s, in, dt)
	if math.Abs(out.U-hand) > 1e-9 {
		t.Errorf("let go at %v: %v", hand, out.U)
	}
	before := out.U
	next := control.PID{K: 9, Ti: 100, Td: 0, B: 0, Range: old.Range}
	out, _ = next.Step(old.Retune(next, s, in), in, dt)
	if math.Abs(out.U-before) > 1e-9 {
		t.Errorf("with other parameters: %v; want %v", out.U, before)
	}
}

func TestPID_RateLimit(t *testing.T) {
	c := control.PID{K: 50, Ti: 5, B: 1, Rate: 2, Range: control.Range{Low: 0, High: 100}}
	s := c.Track(control.PIDState{}, control.In{}, 10, 0)
	last := 10.
	for range 20 {
		var out control.Out
		out, s = c.Step(s, control.In{SP: 40, PV: 0}, 0.5)
		if out.U-last > 1+1e-12 {
			t.Fatalf("from %v to %v in half a second; 2 a second are allowed", last, out.U)
		}
		last = out.U
	}
	if last <= 20 {
		t.Errorf("it came to %v only", last)
	}
}

// Where more output makes less, the gain is negative.
func TestPID_Reverse(t *testing.T) {
	y := step(t, control.PID{K: -3, Ti: 30, B: 1, Range: wide}, control.Plant{Gain: -2, Lags: []float64{30}}, 0.05, 120)
	within(t, "end", y[len(y)-1], 1, 0.001)
}

func TestPID_Check(t *testing.T) {
	good := control.PID{K: 1, Ti: 1, B: 1, Range: control.Range{Low: 0, High: 1}}
	must(t, good.Check())
	for name, spoil := range map[string]func(p *control.PID){
		"no gain": func(p *control.PID) { p.K = 0 }, "a negative time": func(p *control.PID) { p.Ti = -1 },
		"no number": func(p *control.PID) { p.Td = math.NaN() }, "weight": func(p *control.PID) { p.B = 1.1 }, "range": func(p *control.PID) { p.Low = 1 },
	} {
		p := good
		if spoil(&p); !errors.Is(p.Check(), control.ErrInvalid) {
			t.Errorf("%s: %+v is taken", name, p)
		}
	}
}

// Lead and lag of a feed-forward answer to a step as their formula says.
func TestFeedForward_Step(t *testing.T) {
	f := control.FeedForward{Gain: 3, At: 2, Lead: 8, Lag: 5}
	must(t, f.Check())
	_, s := f.Step(control.FeedState{}, 2, 0)
	for n := 1; n < 40; n++ {
		var u float64
		u, s = f.Step(s, 4, 0.5)
		at := 0.5 * float64(n)
		if want := 6 * (1 + (8./5-1)*math.Exp(-at/5)); math.Abs(u-want) > 1e-12 {
			t.Fatalf("at %v s: %v; want %v", at, u, want)
		}
	}
}

// A disturbance of the inner loop is felt in the outer a fraction of what a single
// controller lets through; and the outer does not wind up while the inner is at its
// limit.
func TestCascade(t *testing.T) {
	const dt = 0.1
	outer := control.PID{K: 2, Ti: 40, B: 1, Range: control.Range{Low: 0, High: 200}}
	inner := control.PID{K: 4, Ti: 4, B: 1, Range: control.Range{Low: 0, High: 100}}
	c := control.Cascade{Outer: outer, Inner: inner}
	must(t, c.Check())
	// Jacket behind a valve, and the vessel behind the jacket.
	world := func(u func(jacket, vessel, at float64) float64) (worst, end float64) {
		jacket, vessel := run(t, control.Plant{Gain: 1, Lags: []float64{8}}, dt), run(t, control.Plant{Gain: 1, Lags: []float64{60}}, dt)
		j, v := 0., 0.
		for n := range 12_000 {
			at := float64(n) * dt
			supply := 0.
			if at >= 600 {
				supply = -20
			}
			j = jacket.Step(u(j, v, at) + supply)
			v = vessel.Step(j)
			if at >= 600 {
				worst = max(worst, math.Abs(v-50))
			}
		}
		return worst, v
	}
	var cs control.CascadeState
	both, end := world(func(j, v, _ float64) float64 {
		var out control.CascadeOut
		out, cs = c.Step(cs, control.CascadeIn{SP: 50, PV: v, Inner: j}, dt)
		return out.U
	})
	within(t, "end", end, 50, 0.001)
	single := control.PID{K: 2, Ti: 40, B: 1, Range: inner.Range}
	var s control.PIDState
	alone, _ := world(func(_, v, _ float64) float64 {
		var out control.Out
		out, s = single.Step(s, control.In{SP: 50, PV: v}, dt)
		return out.U
	})
	if both > alone/3 {
		t.Errorf("the vessel moved by %v with a cascade and %v without", both, alone)
	}
	// A set point that the inner cannot reach, and back.
	cs = control.CascadeState{}
	back := 0.
	_, _ = world(func(j, v, at float64) float64 {
		sp := 150.
		if at >= 300 {
			sp = 50
		}
		var out control.CascadeOut
		out, cs = c.Step(cs, control.CascadeIn{SP: sp, PV: v, Inner: j}, dt)
		if at >= 300 && back == 0 && out.U < inner.High {
			back = at
		}
		return out.U
	})
	if back-300 > 2 {
		t.Errorf("it left the limit %v s after the set point came back", back-300)
	}
	// A hand at the valve: no jump when it lets go.
	in := control.CascadeIn{SP: 50, PV: 48, Inner: 52}
	out, _ := c.Step(c.Track(control.CascadeState{}, in, 37, dt), in, dt)
	if math.Abs(out.U-37) > 1e-9 || math.Abs(out.InnerSP-52) > 1e-9 {
		t.Errorf("let go at 37: %+v", out)
	}
}
