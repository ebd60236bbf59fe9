package health_test

import (
	"math"
	"testing"
	"time"

	"zhigai/calc/vibration"
	"zhigai/plant"
	"zhigai/shop/health"
	"zhigai/sim"
)

// watched is a point with temperature and current that hears windows once an hour.
type watched struct {
	*world
	t    *testing.T
	d    *health.Desk
	id   string
	well sim.Bearing
}

func watch(t *testing.T) *watched {
	t.Helper()
	w := newWorld()
	w.beside = map[plant.TagNo]float64{52: 45, 53: 12}
	d := w.desk(t)
	p, err := d.Save(t.Context(), engineer, health.Point{Name: plant.Name{ZH: "主轴"}, Tag: 1, RPM: 1797, Bearing: "6205-2RS", Group: "2-rigid", Temperature: 52, Current: 53})
	must(t, err)
	return &watched{w, t, d, p.ID, sim.Bearing{RPM: 1797, Order: 3.58484, Rate: 20480, Seed: 7}}
}

// hours pass with what is added to each window's values.
func (w *watched) hours(n int, b sim.Bearing, add func(values []float64, rate float64)) {
	w.t.Helper()
	for range n {
		w.now = w.now.Add(time.Hour)
		values := b.Window(w.now, 20480)
		if add != nil {
			add(values, b.Rate)
		}
		w.hear(1, w.now, b.Rate, values)
	}
	must(w.t, w.d.Follow(w.t.Context(), 1))
}

func (w *watched) says() health.Combined {
	w.t.Helper()
	c, err := w.d.Combined(w.t.Context(), engineer, w.id, plant.InstantOf(w.now))
	must(w.t, err)
	return c
}

func (w *watched) sign(c health.Combined, s health.Sign) health.Evidence {
	w.t.Helper()
	for _, e := range c.Evidence {
		if e.Sign == s {
			return e
		}
	}
	w.t.Fatalf("no sign %s", s)
	return health.Evidence{}
}

// turns adds velocities (mm/s peak) at orders of the shaft.
func turns(orders map[float64]float64) func([]float64, float64) {
	return func(values []float64, rate float64) {
		for order, velocity := range orders {
			hz := order * 1797 / 60
			for i := range values {
				values[i] += velocity / 1000 * 2 * math.Pi * hz * math.Sin(2*math.Pi*hz*float64(i)/rate)
			}
		}
	}
}

// Every fault is named by what vibration, temperature and current say together; what
// only one of them hints at is not.
func TestCombined_Faults(t *testing.T) {
	for want, change := range map[string]func(*watched){
		"bearing": func(w *watched) {
			w.beside[52] = 58
			w.hours(8, sim.Bearing{RPM: 1797, Order: 3.58484, Rate: 20480, Seed: 8, Begins: w.now.Add(-150 * time.Hour), Grows: 40 * time.Hour}, nil)
		},
		"unbalance": func(w *watched) { w.hours(8, w.well, turns(map[float64]float64{1: 9})) },
		"misalignment": func(w *watched) {
			w.beside[53] = 14
			w.hours(8, w.well, turns(map[float64]float64{1: 6, 2: 7}))
		},
		"lubrication": func(w *watched) {
			w.beside[52] = 70
			w.hours(8, w.well, func(values []float64, _ float64) { // it grates
				for i := range values {
					values[i] *= 1.8
				}
			})
		},
		"overload": func(w *watched) {
			w.beside[52], w.beside[53] = 60, 19
			w.hours(8, w.well, nil)
		},
		health.NothingFound: func(w *watched) { w.hours(8, w.well, nil) },
	} {
		t.Run(want, func(t *testing.T) {
			w := watch(t)
			w.hours(30, w.well, nil)
			change(w)
			c := w.says()
			if c.Verdict != want {
				t.Errorf("%s: %+v\n%+v", c.Verdict, c.Ballots, c.Evidence)
			}
		})
	}
}

// Signs that speak against each other leave it uncertain, and what nobody measures is
// said.
func TestCombined_Uncertain(t *testing.T) {
	w := watch(t)
	w.hours(30, w.well, nil)
	w.beside[52] = 60
	w.hours(2, w.well, turns(map[float64]float64{1: 9}))
	w.hours(1, w.well, nil)
	if c := w.says(); c.Verdict != health.NotSure && c.Verdict != health.NothingFound {
		t.Errorf("two windows of five: %s, %+v", c.Verdict, c.Ballots[:2])
	}
	bare := watch(t)
	delete(bare.beside, 52)
	delete(bare.beside, 53)
	bare.hours(10, bare.well, nil)
	c := bare.says()
	if bare.sign(c, health.SignTemperature).State != health.SignUnknown || bare.sign(c, health.SignVibration).State != health.SignUnknown {
		t.Errorf("%+v", c.Evidence)
	}
	for _, b := range c.Ballots {
		for _, v := range b.Votes {
			if v.Sign == health.SignTemperature && (!v.Unknown || v.Counted) {
				t.Errorf("%s counts %+v", b.Fault, v)
			}
		}
	}
}

// An unbalance is an alarm by its name as a candidate, and goes when it is balanced.
func TestDesk_ShaftCandidate(t *testing.T) {
	w := watch(t)
	w.hours(10, w.well, nil)
	w.hours(5, w.well, turns(map[float64]float64{1: 5}))
	s, err := w.d.Point(t.Context(), engineer, w.id)
	must(t, err)
	if s.Condition.Fault != vibration.Unbalance || s.Condition.Level != health.Watch {
		t.Fatalf("%+v", s.Condition)
	}
	pic, err := w.d.Picture(t.Context(), engineer, w.id, plant.InstantOf(w.now))
	must(t, err)
	if pic.Turning == nil || len(pic.Turning.Orders) != 20 || pic.Turning.Candidates[0].Fault != vibration.Unbalance {
		t.Errorf("%+v", pic.Turning)
	}
	w.hours(6, w.well, nil)
	if s, err = w.d.Point(t.Context(), engineer, w.id); err != nil || s.Condition.Fault != "" || len(w.raised) != 0 {
		t.Errorf("balanced: %+v, %v", s.Condition, w.raised)
	}
}

// Tried on the past, the rules say when they would have named the fault, and how long
// before the work that was done.
func TestBacktest_BeforeKnownWork(t *testing.T) {
	w := watch(t)
	begin := w.now
	w.hours(30, w.well, nil)
	w.hours(10, w.well, turns(map[float64]float64{1: 9}))
	done := w.now.Add(2 * time.Hour)
	w.known = []health.Known{{At: plant.InstantOf(begin.Add(5 * time.Hour)), Text: "belt", Order: "O1"}, {At: plant.InstantOf(done), Text: "dirt on the fan", Order: "O2"}}
	w.hours(3, w.well, nil)
	w.hours(8, w.well, nil)
	b, err := w.d.Backtest(t.Context(), engineer, w.id, plant.InstantOf(begin), plant.InstantOf(w.now)+1)
	must(t, err)
	if len(b.Told) != 1 || b.Told[0].Fault != "unbalance" || b.Told[0].Before == nil || b.Told[0].Before.Order != "O2" || b.Missed != 1 || b.Windows != 51 {
		t.Fatalf("%+v", b)
	}
	if lead := time.Duration(*b.Told[0].LeadS) * time.Second; lead < 8*time.Hour || lead > 12*time.Hour {
		t.Errorf("named %s before", lead)
	}
	if b.Named < 8 || b.Named > 14 {
		t.Errorf("named at %d windows", b.Named)
	}
}

// Nothing is said of what is left while a machine is as ever; once it gets louder the
// interval holds when it truly reaches the limit.
func TestLeft_RisingVelocity(t *testing.T) {
	w := watch(t)
	w.hours(40, w.well, nil)
	if l, err := w.d.Left(t.Context(), engineer, w.id); err != nil || l.Reason != "no_change" || l.At != 0 {
		t.Errorf("as ever: %+v, %v", l, err)
	}
	begin, grows := w.now, 0.03 // of its logarithm an hour
	base := 1.5
	level := func(at time.Time) float64 { return base * math.Exp(grows*at.Sub(begin).Hours()) }
	for range 32 {
		w.hours(1, w.well, func(values []float64, rate float64) {
			turns(map[float64]float64{1: level(w.now) * math.Sqrt2})(values, rate)
		})
	}
	l, err := w.d.Left(t.Context(), engineer, w.id)
	must(t, err)
	if l.Reason != "" || l.High == nil || l.N < 28 {
		t.Fatalf("%+v", l)
	}
	truth := plant.InstantOf(begin.Add(time.Duration(math.Log(l.Limit/base) / grows * float64(time.Hour))))
	off := (l.At - truth).Time().Sub(time.UnixMicro(0)).Hours()
	t.Logf("after %d windows: %.1f h beside the truth, interval of %.1f h, said %d times before", l.N, off, (*l.High - l.Low).Time().Sub(time.UnixMicro(0)).Hours(), len(l.Past))
	if l.Low > truth || truth > *l.High || l.Low > l.At || l.At > *l.High || len(l.Past) < 5 {
		t.Errorf("%+v; the truth is %s", l, truth.Time())
	}
}
