package vibration

import (
	"math"
	"math/rand/v2"
	"testing"
)

// turning is a window of noise with velocities (mm/s peak) at orders of a shaft, in
// m/s².
func turning(seed uint64, shaft float64, orders map[float64]float64) Window {
	const rate, n = 10240, 20480
	rnd := rand.New(rand.NewPCG(seed, 9))
	w := Window{RateHz: rate, Values: make([]float64, n)}
	for i := range w.Values {
		w.Values[i] = 0.05 * rnd.NormFloat64()
	}
	for order, velocity := range orders {
		hz, phase := order*shaft, rnd.Float64()*2*math.Pi
		for i := range w.Values {
			w.Values[i] += velocity / 1000 * 2 * math.Pi * hz * math.Sin(2*math.Pi*hz*float64(i)/rate+phase)
		}
	}
	return w
}

func first(f *ShaftFindings) Fault {
	if len(f.Candidates) == 0 || f.Candidates[0].Confidence < Named {
		return ""
	}
	return f.Candidates[0].Fault
}

// What is put into a shaft is found, nothing of a quiet one, and nothing is named
// where nobody knows how large is large.
func TestShaft_Faults(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		for _, c := range []struct {
			what    string
			orders  map[float64]float64
			teeth   int
			matters float64
			want    Fault
		}{
			{"out of balance", map[float64]float64{1: 8, 2: 0.8}, 0, 4.5, Unbalance},
			{"out of line", map[float64]float64{1: 5, 2: 6, 3: 2}, 0, 4.5, Misalignment},
			{"loose, by halves", map[float64]float64{0.5: 3, 1: 5, 1.5: 3, 2.5: 2, 2: 1}, 0, 4.5, Looseness},
			{"quiet", map[float64]float64{1: 0.4, 2: 0.2}, 0, 4.5, ""},
			{"nobody knows how large", map[float64]float64{1: 8, 2: 0.8}, 0, 0, ""},
			{"a worn gear", map[float64]float64{1: 0.5, 23: 1, 22: 0.4, 24: 0.5, 21: 0.2, 25: 0.3}, 23, 4.5, Gear},
			{"a gear that is well", map[float64]float64{1: 0.5, 23: 1, 22: 0.05, 24: 0.05}, 23, 4.5, ""},
			{"no gear", map[float64]float64{1: 0.5, 23: 1, 22: 0.4, 24: 0.5, 21: 0.2, 25: 0.3}, 0, 4.5, ""},
		} {
			got, err := Shaft(ShaftAsk{Window: turning(seed, 24.8, c.orders), ShaftHz: 24.8, Teeth: c.teeth, PerMS2: 1, Matters: c.matters})
			if err != nil {
				t.Fatal(err)
			}
			if first(got) != c.want {
				t.Errorf("seed %d, %s: %+v; want %q", seed, c.what, got.Candidates, c.want)
			}
		}
	}
}

// Amplitudes of orders are velocities, to within what noise and a line's width leave.
func TestShaft_Orders(t *testing.T) {
	t.Parallel()
	got, err := Shaft(ShaftAsk{Window: turning(1, 25, map[float64]float64{1: 8, 3: 2}), ShaftHz: 25, PerMS2: 1, Matters: 4.5})
	if err != nil {
		t.Fatal(err)
	}
	for order, want := range map[float64]float64{1: 8, 3: 2} {
		if l := at(got.Orders, order); math.Abs(l.Amplitude-want) > 0.05*want {
			t.Errorf("order %v: %v mm/s; want %v", order, l.Amplitude, want)
		}
	}
	if want := math.Sqrt((64 + 4) / 2.0); math.Abs(got.Velocity-want) > 0.1*want {
		t.Errorf("velocity %v; want %v", got.Velocity, want)
	}
}

func TestShaft_Warnings(t *testing.T) {
	t.Parallel()
	w := turning(1, 25, map[float64]float64{1: 8})
	for what, c := range map[Code]ShaftAsk{
		SpeedUnknown: {Window: w},
		WindowShort:  {Window: Window{RateHz: w.RateHz, Values: w.Values[:2000]}, ShaftHz: 25},
		DeadSensor:   {Window: Window{RateHz: w.RateHz, Values: make([]float64, 5000)}, ShaftHz: 25},
		RateLow:      {Window: w, ShaftHz: 25, Teeth: 400},
	} {
		got, err := Shaft(c)
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, x := range got.Warnings {
			found = found || x.Code == what
		}
		if !found || first(got) != "" {
			t.Errorf("%s: %+v", what, got)
		}
	}
}
