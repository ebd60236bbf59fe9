package life_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"zhigai/calc/life"
	"zhigai/calc/model"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wearing things last 100 to 200 cycles; one signal rises as they wear, one is
// noise, one never moves.
func wearing(r *rand.Rand, n int) []life.Run {
	runs := make([]life.Run, n)
	for i := range runs {
		runs[i].ID = fmt.Sprint(i + 1)
		total := 100 + r.IntN(100)
		for c := range total {
			wear := math.Exp(float64(c-total) / 25)
			runs[i].Values = append(runs[i].Values, []float64{10 + 5*wear + 0.2*r.NormFloat64(), r.NormFloat64(), 1})
		}
	}
	return runs
}

func usual() life.Options {
	o := life.Usual()
	o.Tree = model.Options{Trees: 60, Depth: 4, Rate: 0.1, Leaf: 20, Share: 0.5, Seed: 1}
	return o
}

func TestJudge_Wearing(t *testing.T) {
	v, err := life.Judge(wearing(rand.New(rand.NewPCG(1, 1)), 80), usual(), 4)
	must(t, err)
	if v.Runs != 80 || v.RMSE > 15 || v.Covered < 0.8 || v.Covered > 1 || v.Width > 60 {
		t.Errorf("%+v", v)
	}
	t.Logf("%+v", v)
}

func TestTrain_SameBitsAndBounds(t *testing.T) {
	runs := wearing(rand.New(rand.NewPCG(2, 2)), 40)
	a, err := life.Train(runs, usual())
	must(t, err)
	b, err := life.Train(runs, usual())
	must(t, err)
	x, err := json.Marshal(a)
	must(t, err)
	y, err := json.Marshal(b)
	must(t, err)
	if string(x) != string(y) {
		t.Error("the same runs and seed give another model")
	}
	if len(a.Used) != 2 {
		t.Errorf("signals %v are used; the third never moves", a.Used)
	}
	must(t, a.Check())
	for _, r := range runs[:10] {
		for _, n := range []int{1, 10, len(r.Values)} {
			got, err := a.Predict(life.Run{ID: r.ID, Values: r.Values[:n]})
			must(t, err)
			if !(0 <= got.Low && got.Low <= got.Life && got.Life <= got.High && got.High <= 125) {
				t.Errorf("%s after %d cycles: %+v", r.ID, n, got)
			}
		}
	}
	drift, err := a.Drift(runs)
	must(t, err)
	for i, v := range drift {
		if v > 0.25 {
			t.Errorf("feature %d drifts by %v from what it was learnt from", i, v)
		}
	}
	a.Version++
	if err := a.Check(); !errors.Is(err, life.ErrInvalid) {
		t.Errorf("another version: %v", err)
	}
}

// Few runs kept back give no interval, and say so.
func TestTrain_FewRuns(t *testing.T) {
	o := usual()
	m, err := life.Train(wearing(rand.New(rand.NewPCG(3, 3)), 12), o)
	must(t, err)
	a, err := m.Predict(wearing(rand.New(rand.NewPCG(4, 4)), 1)[0])
	must(t, err)
	if a.Interval || m.Covered {
		t.Errorf("three runs kept back say nothing of 90 %%: %+v", a)
	}
}

func TestRefusals(t *testing.T) {
	runs := wearing(rand.New(rand.NewPCG(5, 5)), 12)
	m, err := life.Train(runs, usual())
	must(t, err)
	bad := life.Options{}
	one := func(v ...float64) []life.Run { return []life.Run{{ID: "1", Values: [][]float64{v}}} }
	flat := make([]life.Run, 12)
	for i := range flat {
		flat[i] = life.Run{ID: fmt.Sprint(i), Values: [][]float64{{1}, {1}}}
	}
	for name, err := range map[string]error{
		"no options":  func() error { _, err := life.Train(runs, bad); return err }(),
		"few runs":    func() error { _, err := life.Train(runs[:5], usual()); return err }(),
		"no number":   func() error { _, err := m.Predict(one(1, math.NaN(), 1)[0]); return err }(),
		"few signals": func() error { _, err := m.Predict(one(1, 2)[0]); return err }(),
		"empty":       func() error { _, err := m.Predict(life.Run{ID: "x"}); return err }(),
		"constant":    func() error { _, err := life.Train(flat, usual()); return err }(),
		"one fold":    func() error { _, err := life.Judge(runs, usual(), 1); return err }(),
	} {
		if !errors.Is(err, life.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
