package control_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"zhigai/calc/control"
)

// swing lets a relay find how a plant swings around sp.
func swing(t *testing.T, r control.Relay, p control.Plant, sp, dt float64) control.RelayState {
	t.Helper()
	must(t, r.Check())
	plant := run(t, p, dt)
	var s control.RelayState
	y := 0.
	for range 1_000_000 {
		var u float64
		var done bool
		if u, s, done = r.Step(s, sp, y, dt); done {
			return s
		}
		y = plant.Step(u)
	}
	t.Fatalf("no end: %+v", s)
	return s
}

// The swing of a process of first order with dead time under a relay is known exactly:
// period and amplitude.
func TestRelay_FirstOrderLimitCycle(t *testing.T) {
	const gain, lag, dead, d, eps = 2., 20., 5., 3., 0.4
	for _, eps := range []float64{0, eps} {
		r := control.Relay{Amplitude: d, Hysteresis: eps, Cycles: 4}
		u, err := r.Ultimate(swing(t, r, control.Plant{Gain: gain, Lags: []float64{lag}, Dead: dead}, 0, 0.005))
		must(t, err)
		// From ±ε it goes on for the dead time, turns at ±a, and falls to ∓ε.
		a := gain*d - (gain*d-eps)*math.Exp(-dead/lag)
		half := dead + lag*math.Log((gain*d+a)/(gain*d-eps))
		within(t, "amplitude", u.Amplitude, a, 0.005)
		within(t, "period", u.Period, 2*half, 0.005)
	}
}

// Where lags follow one another little but the first harmonic comes through, and the
// describing function gives the ultimate point: ω = √3/T and Ku = 8 of three equal ones.
func TestRelay_UltimatePointOfThreeLags(t *testing.T) {
	p := control.Plant{Gain: 1, Lags: []float64{10, 10, 10}}
	r := control.Relay{Amplitude: 5, Cycles: 4}
	u, err := r.Ultimate(swing(t, r, p, 0, 0.01))
	must(t, err)
	within(t, "gain", u.Gain, 8, 0.02)
	within(t, "period", u.Period, 2*math.Pi*10/math.Sqrt(3), 0.02)
	r.Reverse = true
	p.Gain = -1
	u, err = r.Ultimate(swing(t, r, p, 0, 0.01))
	must(t, err)
	within(t, "gain of a process that goes the other way", u.Gain, -8, 0.02)
}

// A process that follows at once swings by the hysteresis alone, which says nothing of it.
func TestRelay_SwingOfItsHysteresis(t *testing.T) {
	r := control.Relay{Amplitude: 5, Hysteresis: 1, Cycles: 3}
	s := swing(t, r, control.Plant{Gain: 1, Lags: []float64{20}}, 0, 0.05)
	if u, err := r.Ultimate(s); !errors.Is(err, control.ErrInvalid) || !strings.Contains(err.Error(), "smaller hysteresis") {
		t.Errorf("%+v, %v", u, err)
	}
}

// A proportional controller of the ultimate gain makes the process swing with neither
// growth nor decay, at the ultimate period.
func TestModel_UltimateSwingsForEver(t *testing.T) {
	m := control.Model{Gain: 1.5, Lag: 40, Dead: 10}
	u, err := m.Ultimate()
	must(t, err)
	const dt = 0.01
	y := step(t, control.PID{K: u.Gain, B: 1, Range: wide}, control.Plant{Gain: m.Gain, Lags: []float64{m.Lag}, Dead: m.Dead}, dt, 60*u.Period)
	height := func(from, to float64) float64 {
		low, high := math.Inf(1), math.Inf(-1)
		for _, v := range y[int(from*u.Period/dt):int(to*u.Period/dt)] {
			low, high = min(low, v), max(high, v)
		}
		return high - low
	}
	within(t, "height forty periods later", height(58, 59), height(18, 19), 0.1)
}

func TestTune_Rules(t *testing.T) {
	u := control.Ultimate{Gain: 8, Period: 36}
	for _, c := range []struct {
		rule       control.Rule
		derivative bool
		k, ti, td  float64
	}{
		{control.ZieglerNichols, false, 3.6, 30, 0},
		{control.ZieglerNichols, true, 4.8, 18, 4.5},
		{control.TyreusLuyben, false, 2.5, 79.2, 0},
		{control.TyreusLuyben, true, 8 / 2.2, 79.2, 36 / 6.3},
	} {
		p, err := u.Tune(control.PID{B: 1}, c.rule, c.derivative)
		must(t, err)
		if math.Abs(p.K-c.k) > 1e-12 || math.Abs(p.Ti-c.ti) > 1e-9 || math.Abs(p.Td-c.td) > 1e-9 || p.B != 1 {
			t.Errorf("%s: %+v", c.rule, p)
		}
	}
	if _, err := u.Tune(control.PID{}, control.SIMC, false); !errors.Is(err, control.ErrInvalid) {
		t.Errorf("SIMC of a point: %v", err)
	}
}

// A step test of a model gives the model back.
func TestIdentify(t *testing.T) {
	want := control.Model{Gain: -1.5, Lag: 40, Dead: 10}
	plant := run(t, control.Plant{Gain: want.Gain, Lags: []float64{want.Lag}, Dead: want.Dead}, 0.5)
	measured := []float64{0}
	for range 800 {
		measured = append(measured, plant.Step(4))
	}
	m, err := control.Identify(measured, 0.5, 4)
	must(t, err)
	within(t, "gain", m.Gain, want.Gain, 0.005)
	within(t, "lag", m.Lag, want.Lag, 0.005)
	within(t, "dead time", m.Dead, want.Dead, 0.01)
	if _, err := control.Identify(measured[:90], 0.5, 4); !errors.Is(err, control.ErrInvalid) {
		t.Errorf("a test that was stopped early: %v", err)
	}
}
