package energy_test

import (
	"math"
	"testing"

	"zhigai/calc/energy"
)

// Quartiles of 1 … 5 and of four values, by definition 7.
func TestStand(t *testing.T) {
	t.Parallel()
	s, ok := energy.Stand([]float64{5, 1, 4, 2, 3})
	if want := (energy.Standing{N: 5, Lower: 2, Median: 3, Upper: 4, Best: 1, Worst: 5}); !ok || s != want {
		t.Errorf("%+v, %v; want %+v", s, ok, want)
	}
	s, ok = energy.Stand([]float64{10, 20, 30, 50})
	if !ok || s.Lower != 17.5 || s.Median != 25 || s.Upper != 35 {
		t.Errorf("%+v, %v", s, ok)
	}
	if s, ok := energy.Stand([]float64{1, 2}); ok || s.N != 2 {
		t.Errorf("two are compared: %+v", s)
	}
}

// A motor of 15 kW that runs 6000 h with 90.6 % instead of 93.9 % draws
// 15·6000·(1/0.906 − 1/0.939) kWh more.
func TestSavedShare_Motor(t *testing.T) {
	t.Parallel()
	share, ok := energy.SavedShare(90.6, 93.9, true)
	drawn := 15 * 6000 / 0.906
	if want := 15 * 6000 * (1/0.906 - 1/0.939); !ok || math.Abs(share*drawn-want) > 1e-6 {
		t.Errorf("%v; want %v", share*drawn, want)
	}
	if share, ok := energy.SavedShare(8, 6, false); !ok || share != 0.25 {
		t.Errorf("%v, %v", share, ok)
	}
	for _, bad := range [][2]float64{{0, 1}, {1, 0}, {-1, 1}, {math.Inf(1), 1}, {1, math.NaN()}} {
		if _, ok := energy.SavedShare(bad[0], bad[1], true); ok {
			t.Errorf("%v gives a share", bad)
		}
	}
}

func TestPayback(t *testing.T) {
	t.Parallel()
	if years, ok := energy.Payback(30000, 12000); !ok || years != 2.5 {
		t.Errorf("%v, %v", years, ok)
	}
	if _, ok := energy.Payback(30000, 0); ok {
		t.Error("nothing saved pays back")
	}
}
