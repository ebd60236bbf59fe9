package wear

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"
)

// draw is n lives of a distribution, those beyond a limit changed there as planned.
func draw(rng *rand.Rand, w Weibull, n int, planned float64) (out []Life) {
	for range n {
		t := w.Scale * math.Pow(rng.ExpFloat64(), 1/w.Shape)
		out = append(out, Life{Used: min(t, planned), Ended: t <= planned})
	}
	return out
}

// The likelihood is nowhere greater than at the fit.
func TestFit_IsTheGreatestLikelihood(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, truth := range []Weibull{{0.8, 300}, {2, 50}, {8, 1200}, {60, 5000}} {
		lives := draw(rng, truth, 40, truth.Scale*1.05)
		w, err := Fit(lives)
		if err != nil {
			t.Fatal(err)
		}
		best := likelihood(w, lives)
		for _, by := range []float64{0.98, 0.999, 1.001, 1.02} {
			for _, other := range []Weibull{{w.Shape * by, w.Scale}, {w.Shape, w.Scale * by}} {
				if l := likelihood(other, lives); l > best+1e-9 {
					t.Errorf("%+v is likelier than %+v: %v > %v", other, w, l, best)
				}
			}
		}
	}
}

func likelihood(w Weibull, lives []Life) (sum float64) {
	for _, l := range lives {
		sum -= math.Pow(l.Used/w.Scale, w.Shape)
		if l.Ended {
			sum += math.Log(w.Shape/w.Scale) + (w.Shape-1)*math.Log(l.Used/w.Scale)
		}
	}
	return sum
}

// Without censoring and with shape 1 the scale is the mean, whatever the unit.
func TestFit_ScalesWithTheUnit(t *testing.T) {
	lives := draw(rand.New(rand.NewPCG(3, 3)), Weibull{3, 10}, 30, 12)
	a, err := Fit(lives)
	if err != nil {
		t.Fatal(err)
	}
	for i := range lives {
		lives[i].Used *= 60
	}
	b, err := Fit(lives)
	if err != nil || math.Abs(b.Shape/a.Shape-1) > 1e-9 || math.Abs(b.Scale/a.Scale/60-1) > 1e-9 {
		t.Errorf("in minutes %+v, in seconds %+v, %v", a, b, err)
	}
}

func TestFit_SaysWhenItCannot(t *testing.T) {
	if _, err := Fit(draw(rand.New(rand.NewPCG(1, 1)), Weibull{2, 10}, 4, 99)); !errors.Is(err, ErrFew) {
		t.Errorf("four lives: %v", err)
	}
	if _, err := Fit([]Life{{Used: 0, Ended: true}}); err == nil || errors.Is(err, ErrFew) {
		t.Errorf("a life of nothing: %v", err)
	}
	same := []Life{{5, true}, {5, true}, {5, true}, {5, true}, {5, true}}
	if w, err := Fit(same); err != nil || math.Abs(w.Scale-5) > 0.01 || w.Shape < 1000 {
		t.Errorf("all the same: %+v, %v", w, err)
	}
	if r, err := Remaining(same, 3, 0.9); err != nil || math.Abs(r.Median-2) > 0.01 {
		t.Errorf("of five out of 5 that lasted 3: %+v, %v", r, err)
	}
}

// Of many tools in use, nine in ten end within the interval.
func TestRemaining_Covers(t *testing.T) {
	all, inside := 0, 0
	for _, c := range []struct {
		truth   Weibull
		n       int
		planned float64 // share of the scale
	}{{Weibull{3, 1000}, 12, 99}, {Weibull{3, 1000}, 30, 1.1}, {Weibull{12, 1000}, 12, 1.05}, {Weibull{1.2, 1000}, 20, 1.5}} {
		rng := rand.New(rand.NewPCG(5, uint64(c.n)))
		within, trials := 0, 100
		for i := 0; i < trials; {
			lives := draw(rng, c.truth, c.n, c.planned*c.truth.Scale)
			used := 0.8 * c.truth.Scale * rng.Float64() // whoever asks knows nothing of its end
			one := 0.0
			for one <= used {
				one = draw(rng, c.truth, 1, math.Inf(1))[0].Used
			}
			r, err := Remaining(lives, used, 0.9)
			if errors.Is(err, ErrFew) {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			if i++; one-used >= r.Low && one-used <= r.High {
				within++
			}
			if r.Low > r.Median || r.Median > r.High || r.Low < 0 {
				t.Fatalf("%+v", r)
			}
		}
		all, inside = all+trials, inside+within
		t.Logf("%+v, %d lives, changed as planned at %v of the scale: %d of %d within an interval of 0.9", c.truth, c.n, c.planned, within, trials)
	}
	if share := float64(inside) / float64(all); share < 0.85 || share > 0.95 {
		t.Errorf("%.3f of %d within an interval of 0.9", share, all)
	}
}
