package control_test

import (
	"math"
	"testing"

	"zhigai/calc/control"
)

func TestRamp(t *testing.T) {
	r := control.Ramp{Up: 2, Down: 4, Hold: 5}
	must(t, r.Check())
	var s control.RampState
	s = r.Step(s, 100, 20, 0)
	if s.SP != 20 {
		t.Fatalf("it begins at %v", s.SP)
	}
	for n := 1; n <= 10; n++ { // the measurement follows
		if s = r.Step(s, 100, s.SP, 0.5); s.SP != 20+float64(n) {
			t.Fatalf("after %d halves: %v", n, s.SP)
		}
	}
	for range 10 { // it stays behind
		s = r.Step(s, 100, 24, 1)
	}
	if s.SP != 30 || !s.Waiting {
		t.Errorf("held back at %+v; want 30: 6 behind is more than 5", s)
	}
	if s = r.Step(s, 0, 24, 1); s.SP != 26 {
		t.Errorf("down by four a second: %+v", s)
	}
	if s = (control.Ramp{}).Step(s, 70, 24, 1); s.SP != 70 {
		t.Errorf("without a rate at once: %+v", s)
	}
}

func TestRatio(t *testing.T) {
	r := control.Ratio{Ratio: 2.5, Bias: 1, Range: control.Range{Low: 0, High: 20}}
	must(t, r.Check())
	for wild, want := range map[float64]float64{4: 11, 100: 20, -3: 0} {
		if got := r.Step(wild); got != want {
			t.Errorf("at %v: %v; want %v", wild, got, want)
		}
	}
}

// On an integrator that rises by up and falls by down, with a dead time, on-off swings
// between edges that dead time widens: period and height are known.
func TestOnOff_LimitCycle(t *testing.T) {
	const dt, band, dead, up, down = 0.01, 2., 3., 0.5, 0.2
	o := control.OnOff{Hysteresis: band}
	must(t, o.Check())
	plant := run(t, control.Plant{Gain: 1, Integrates: true, Dead: dead}, dt)
	var s control.OnOffState
	y, on, last := 0., 0, []float64{}
	low, high := math.Inf(1), math.Inf(-1)
	for n := range 30_000 {
		was := on
		on, s = o.Step(s, 50, y+50, dt)
		u := -down
		if on == 1 {
			u = up
		}
		if on == 1 && was == 0 {
			last = append(last, float64(n)*dt)
		}
		y = plant.Step(u)
		if n > 10_000 {
			low, high = min(low, y), max(high, y)
		}
	}
	if len(last) < 5 {
		t.Fatalf("switched on %d times", len(last))
	}
	height := band + dead*(up+down)
	within(t, "height", high-low, height, 0.01)
	within(t, "period", last[len(last)-1]-last[len(last)-2], height/up+height/down, 0.01)
}

func TestOnOff_Times(t *testing.T) {
	o := control.OnOff{Hysteresis: 2, Cools: true, Gap: 3, MinOn: 10, MinOff: 5, Dead: 30}
	must(t, o.Check())
	var s control.OnOffState
	at, side := 0., 0
	until := func(pv float64, want int) float64 { // s until it is so, from now on
		begin := at
		for range 1000 {
			side, s = o.Step(s, 50, pv, 1)
			at++
			if side == want {
				return at - begin
			}
		}
		t.Fatalf("at %v it never came to %d", pv, want)
		return 0
	}
	if after := until(40, 1); after != 1 {
		t.Errorf("on at once: %v s", after)
	}
	if after := until(55, 0); after != 10 {
		t.Errorf("on for 10 s at least: %v", after)
	}
	if after := until(56, -1); after != 30 {
		t.Errorf("both off for 30 s between: %v", after)
	}
	if after := until(51, 0); after != 10 {
		t.Errorf("the other side for 10 s at least: %v", after)
	}
	if after := until(56, -1); after != 5 {
		t.Errorf("off for 5 s at least: %v", after)
	}
	if s, _ := (control.OnOff{Hysteresis: 2}).Step(control.OnOffState{}, 50, 50, 1); s != 0 {
		t.Errorf("within the band: %d", s)
	}
}
