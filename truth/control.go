package truth

import (
	"math"

	"zhigai/calc/control"
)

// loopShare is how far a figure of a simulated loop may be from the analytic one: loops
// are scanned, and the formulas are of continuous ones.
const loopShare = 0.02

// controllers runs the blocks of calc/control on plants whose answers are closed
// formulas.
func controllers(t *sheet) {
	firstOrder(t)
	secondOrder(t)
	deadTime(t)
	ramped(t)
	relayed(t)
	tuned(t)
	runToRun(t)
	driftFollowed(t)
}

// unbounded are limits that no loop here reaches.
var unbounded = control.Range{Low: -1e9, High: 1e9}

// stepped lets a controller bring a plant from 0 to 1.
func stepped(t *sheet, c control.PID, p control.Plant, dt, duration float64) []float64 {
	plant := got[*control.Simulation](t)(p.Run(dt))
	if t.err != nil {
		return nil
	}
	y, s := []float64{0}, control.PIDState{}
	for range int(duration / dt) {
		var out control.Out
		out, s = c.Step(s, control.In{SP: 1, PV: y[len(y)-1]}, dt)
		y = append(y, plant.Step(out.U))
	}
	return y
}

// firstOrder is a PI controller that cancels the lag: an exponential is left.
func firstOrder(t *sheet) {
	const lambda = 10.
	c := control.PID{K: 30 / (2 * lambda), Ti: 30, B: 1, Range: unbounded}
	r := control.Respond(stepped(t, c, control.Plant{Gain: 2, Lags: []float64{30}}, 0.02, 100), 0.02)
	const what = "PI cancels a lag, loop of first order: "
	t.one(what+"rise, λ ln 9", r.Rise, lambda*math.Log(9), loopShare)
	t.one(what+"settling, λ ln 50", r.Settling, lambda*math.Log(50), loopShare)
	t.one(what+"IAE, λ", r.IAE, lambda, loopShare)
}

// secondOrder is a PI controller of an integrator, the set point in its integral alone.
func secondOrder(t *sheet) {
	const omega, zeta, dt = 0.5, 0.4, 0.01
	c := control.PID{K: 2 * zeta * omega, Ti: 2 * zeta / omega, Range: unbounded}
	r := control.Respond(stepped(t, c, control.Plant{Gain: 1, Integrates: true}, dt, 60), dt)
	root := math.Sqrt(1 - zeta*zeta)
	const what = "PI holds an integrator, loop of second order: "
	t.one(what+"overshoot, e^(−πζ/√(1−ζ²))", r.Overshoot, math.Exp(-math.Pi*zeta/root), loopShare)
	t.one(what+"peak, π/(ω√(1−ζ²))", r.Peak, math.Pi/(omega*root), loopShare)
	sigma, nu := zeta*omega, omega*root
	area := func(at float64) float64 {
		return -math.Exp(-sigma*at) * (2*sigma*math.Cos(nu*at) + (sigma*sigma-nu*nu)/nu*math.Sin(nu*at)) / (omega * omega)
	}
	first, half := (math.Pi-math.Acos(zeta))/nu, math.Pi/nu
	t.one(what+"IAE, a geometric series of half swings", r.IAE, area(first)-area(0)+math.Abs(area(first+half)-area(first))/(1-math.Exp(-sigma*half)), loopShare)
}

// deadTime is the PI controller of SIMC: a dead time with an integrator is left, of
// which the response is known by steps.
func deadTime(t *sheet) {
	m := control.Model{Gain: 1.5, Lag: 40, Dead: 10}
	const dt, duration = 0.02, 200.
	c := got[control.PID](t)(m.Tune(control.PID{B: 1, Range: unbounded}, 0))
	y := stepped(t, c, control.Plant{Gain: m.Gain, Lags: []float64{m.Lag}, Dead: m.Dead}, dt, duration)
	want := make([]float64, len(y))
	for i := range want {
		at, factorial := dt*float64(i), 1.
		for k := 1; float64(k)*m.Dead <= at; k++ {
			factorial *= float64(k)
			want[i] -= math.Pow(-(at-float64(k)*m.Dead)/(2*m.Dead), float64(k)) / factorial
		}
	}
	ours, theirs := control.Respond(y, dt), control.Respond(want, dt)
	const what = "PI by SIMC on a lag with dead time, 1 − Σ (−(t−kL)/2L)^k/k!: "
	t.one(what+"overshoot", ours.Overshoot, theirs.Overshoot, loopShare)
	t.one(what+"rise", ours.Rise, theirs.Rise, loopShare)
	t.one(what+"settling", ours.Settling, theirs.Settling, loopShare)
	t.one(what+"IAE", ours.IAE, theirs.IAE, loopShare)
}

// ramped is a lag behind a ramp: it follows by rate × lag when the beginning is over.
func ramped(t *sheet) {
	const dt, rate, lag = 0.05, 0.4, 12.
	plant := got[*control.Simulation](t)(control.Plant{Gain: 1, Lags: []float64{lag}}.Run(dt))
	if t.err != nil {
		return
	}
	r, s, y, arrived := control.Ramp{Up: rate}, control.RampState{}, 0., 0.
	behind := 0.
	for n := range 4000 {
		s = r.Step(s, 50, y, dt*min(1, float64(n)))
		y = plant.Step(s.SP)
		if at := dt * float64(n+1); s.SP == 50 && arrived == 0 {
			arrived = at
		}
		if s.SP < 50 {
			behind = s.SP - y
		}
	}
	t.one("ramp of 0.4 a second to 50: when it is there, s", arrived, 50/rate, loopShare)
	t.one("ramp before a lag of 12 s: how far that is behind, rate × lag", behind, rate*lag, loopShare)
}

// relayed are limit cycles under a relay.
func relayed(t *sheet) {
	swing := func(r control.Relay, p control.Plant, dt float64) (u control.Ultimate) {
		plant := got[*control.Simulation](t)(p.Run(dt))
		if t.err != nil {
			return u
		}
		var s control.RelayState
		for y, done := 0., false; !done && s.At < 1e5; {
			var out float64
			if out, s, done = r.Step(s, 0, y, dt); !done {
				y = plant.Step(out)
			}
		}
		return got[control.Ultimate](t)(r.Ultimate(s))
	}
	const gain, lag, dead, d, eps = 2., 20., 5., 3., 0.4
	u := swing(control.Relay{Amplitude: d, Hysteresis: eps, Cycles: 4}, control.Plant{Gain: gain, Lags: []float64{lag}, Dead: dead}, 0.005)
	a := gain*d - (gain*d-eps)*math.Exp(-dead/lag)
	const what = "relay on a lag with dead time: "
	t.one(what+"amplitude of the limit cycle", u.Amplitude, a, loopShare)
	t.one(what+"period of the limit cycle", u.Period, 2*(dead+lag*math.Log((gain*d+a)/(gain*d-eps))), loopShare)
	u = swing(control.Relay{Amplitude: 5, Cycles: 4}, control.Plant{Gain: 1, Lags: []float64{10, 10, 10}}, 0.01)
	t.one("relay on three lags: ultimate gain, 8", u.Gain, 8, loopShare)
	t.one("relay on three lags: ultimate period, 2πT/√3", u.Period, 2*math.Pi*10/math.Sqrt(3), loopShare)
}

// tuned are rules of tuning and a model that a step test gives back.
func tuned(t *sheet) {
	want := control.Model{Gain: -1.5, Lag: 40, Dead: 10}
	plant := got[*control.Simulation](t)(control.Plant{Gain: want.Gain, Lags: []float64{want.Lag}, Dead: want.Dead}.Run(0.5))
	if t.err != nil {
		return
	}
	measured := []float64{0}
	for range 800 {
		measured = append(measured, plant.Step(4))
	}
	m := got[control.Model](t)(control.Identify(measured, 0.5, 4))
	t.near("step test of a lag with dead time: gain, lag, dead time", []float64{m.Gain, m.Lag, m.Dead}, []float64{want.Gain, want.Lag, want.Dead}, loopShare)
	// tan(ω L) = −ω T at the phase crossover, and the gain there is 1/Ku.
	u := got[control.Ultimate](t)(control.Model{Gain: 1.5, Lag: 40, Dead: 10}.Ultimate())
	omega := 2 * math.Pi / u.Period
	t.one("ultimate point of a lag with dead time: tan(ω L) = −ω T", math.Tan(omega*10), -omega*40, exact)
	t.one("ultimate point of a lag with dead time: gain √(1 + ω²T²)/K", u.Gain, math.Hypot(1, omega*40)/1.5, exact)
}

// settings follows runs y = 3 + slope x + noise and gives how far each was from 10.
func settings(c control.EWMA, slope float64, runs int, noise func(n int) float64) []float64 {
	s := c.Start(10, 7/slope)
	out := make([]float64, runs)
	for n := range out {
		y := 3 + slope*s.X + noise(n)
		out[n] = y - 10
		s = c.Step(s, 10, y, s.X)
	}
	return out
}

func power(of []float64) (sum float64) {
	for _, v := range of {
		sum += v * v
	}
	return sum
}

func pulse(n int) float64 { return max(0, 1-float64(n)) }

// runToRun is the EWMA controller: variance under white noise, and what a drift leaves.
func runToRun(t *sheet) {
	for _, c := range []struct{ lambda, xi float64 }{{0.2, 1}, {0.7, 1}, {0.3, 1.5}, {0.5, 0.5}} {
		e := control.EWMA{Slope: 2, Lambda: c.lambda, Range: unbounded}
		t.one("run to run by EWMA, λ = "+text(c.lambda)+", ξ = "+text(c.xi)+": variance, 2/(2 − λξ)", power(settings(e, 2*c.xi, 3000, pulse)), 2/(2-c.lambda*c.xi), exact)
	}
	drift := settings(control.EWMA{Slope: 2, Lambda: 0.25, Range: unbounded}, 2.4, 600, func(n int) float64 { return 0.05 * float64(n) })
	t.one("run to run by EWMA: what a drift δ leaves, δ/(λξ)", drift[len(drift)-1], 0.05/(0.25*1.2), exact)
}

// driftFollowed is the double EWMA: nothing of a drift is left, at the price of more
// variance.
func driftFollowed(t *sheet) {
	const l1, l2 = 0.25, 0.1
	e := control.EWMA{Slope: 2, Lambda: l1, Trend: l2, Range: unbounded}
	drift := settings(e, 2, 600, func(n int) float64 { return 0.05 * float64(n) })
	t.one("double EWMA: what is measured under a drift, the target", 10+drift[len(drift)-1], 10, exact)
	f1, f2 := 1-l1, 1-l2
	a := (l1*(1-f2/f1) + l2*(1-1/f1)) / (1 - f2/f1)
	b := l1 + l2 - a
	t.one("double EWMA: variance, 1 + Σ of its forecast's weights squared", power(settings(e, 2, 3000, pulse)), 1+a*a/(1-f1*f1)+b*b/(1-f2*f2)+2*a*b/(1-f1*f2), exact)
}
