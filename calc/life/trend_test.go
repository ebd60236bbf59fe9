package life

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Of values that rise as they are taken to, the interval of the share 0.9 has the
// true time in it nine times of ten, also where neighbours are alike.
func TestReach_IntervalCovers(t *testing.T) {
	t.Parallel()
	for _, alike := range []float64{0, 0.5} {
		covered, asked := 0, 0
		for seed := range uint64(600) {
			rnd := rand.New(rand.NewPCG(seed, 4))
			var times, values []float64
			echo := 0.0
			for i := range 60 {
				echo = alike*echo + math.Sqrt(1-alike*alike)*rnd.NormFloat64()
				times, values = append(times, float64(i)), append(values, math.Exp(0.02*float64(i)+0.1*echo))
			}
			truth := math.Log(6) / 0.02
			l, why := Reach(times, values, 6, 0.9)
			if why != "" {
				continue
			}
			asked++
			if l.Low <= truth && (l.High == nil || truth <= *l.High) {
				covered++
			}
		}
		share := float64(covered) / float64(asked)
		t.Logf("neighbours alike by %v: %d of %d intervals have the truth in them, %.3f", alike, covered, asked, share)
		if asked < 500 || share < 0.86 || share > 0.97 {
			t.Errorf("neighbours alike by %v: %v of %d", alike, share, asked)
		}
	}
}

// Nothing is said of what does not rise: by chance alone no oftener than once in a
// hundred.
func TestReach_NoTrend(t *testing.T) {
	t.Parallel()
	said := 0
	for seed := range uint64(1000) {
		rnd := rand.New(rand.NewPCG(seed, 5))
		var times, values []float64
		for i := range 40 {
			times, values = append(times, float64(i)), append(values, math.Exp(0.1*rnd.NormFloat64()))
		}
		if _, why := Reach(times, values, 2, 0.9); why == "" {
			said++
		}
	}
	if said > 15 {
		t.Errorf("of 1000 without a trend %d have one", said)
	}
}

func TestReach_Reasons(t *testing.T) {
	t.Parallel()
	rising := func(n int, slope float64) (times, values []float64) {
		for i := range n {
			times, values = append(times, float64(i)), append(values, math.Exp(slope*float64(i)+0.01*float64(i%3)))
		}
		return
	}
	times, values := rising(11, 0.1)
	if _, why := Reach(times, values, 10, 0.9); why != TooFew {
		t.Error(why)
	}
	times, values = rising(40, 0.01)
	if _, why := Reach(times, values, 1e6, 0.9); why != TooFar {
		t.Error(why)
	}
	if _, why := Reach(times, values, 1.2, 0.9); why != AtLimit {
		t.Error(why)
	}
	if _, why := Reach(times, values, 0, 0.9); why != NotBelow {
		t.Error(why)
	}
	times[3] = times[2]
	if _, why := Reach(times, values, 2, 0.9); why != Unordered {
		t.Error(why)
	}
}
