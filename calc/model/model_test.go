package model_test

import (
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"zhigai/calc/model"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var options = model.Options{Trees: 100, Depth: 4, Rate: 0.1, Leaf: 10, Share: 0.7, Seed: 7}

// friedman is the first of Friedman's benchmark functions (Multivariate adaptive
// regression splines, Annals of Statistics 19, 1991, section 4.3): five features
// count, five do not.
func friedman(r *rand.Rand, n int) (rows [][]float64, y []float64) {
	for range n {
		x := make([]float64, 10)
		for j := range x {
			x[j] = r.Float64()
		}
		rows = append(rows, x)
		y = append(y, 10*math.Sin(math.Pi*x[0]*x[1])+20*(x[2]-0.5)*(x[2]-0.5)+10*x[3]+5*x[4]+r.NormFloat64())
	}
	return rows, y
}

// Noise of 1 is in the answers, and their spread is 5: trees find most of what is
// between.
func TestTrain_Friedman(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	rows, y := friedman(r, 2000)
	b, err := model.Train(rows, y, options)
	must(t, err)
	rows, y = friedman(r, 1000)
	got := make([]float64, len(rows))
	for i, x := range rows {
		got[i] = b.Predict(x)
	}
	if rmse := model.RMSE(got, y); rmse > 1.5 {
		t.Errorf("RMSE %.3f on data not seen; want 1.5 at most, 1 is noise", rmse)
	}
}

// The same data and seed give the same bits, another seed other ones, and a model
// that was written and read says the same.
func TestTrain_SameBits(t *testing.T) {
	rows, y := friedman(rand.New(rand.NewPCG(2, 2)), 300)
	var all []string
	for _, seed := range []uint64{7, 7, 8} {
		o := options
		o.Seed = seed
		b, err := model.Train(rows, y, o)
		must(t, err)
		raw, err := json.Marshal(b)
		must(t, err)
		all = append(all, string(raw))
		var read model.Boost
		must(t, json.Unmarshal(raw, &read))
		must(t, read.Check(10))
		if read.Predict(rows[0]) != b.Predict(rows[0]) {
			t.Error("a model that was read says something else")
		}
	}
	if all[0] != all[1] || all[0] == all[2] {
		t.Error("same seeds differ, or others do not")
	}
}

// A step is learnt where it is, and what never varies is never asked.
func TestTrain_Step(t *testing.T) {
	var rows [][]float64
	var y []float64
	for i := range 200 {
		rows = append(rows, []float64{3, float64(i)})
		y = append(y, map[bool]float64{true: 1, false: -1}[i >= 150])
	}
	b, err := model.Train(rows, y, model.Options{Trees: 1, Depth: 1, Rate: 1, Leaf: 1, Share: 1})
	must(t, err)
	if n := b.Trees[0][0]; n.Feature != 1 || n.Limit < 149 || n.Limit > 153 {
		t.Errorf("%+v", n)
	}
}

func TestRefusals(t *testing.T) {
	good := [][]float64{{1}, {2}}
	for name, err := range map[string]error{
		"no rows":       func() error { _, err := model.Train(nil, nil, options); return err }(),
		"no number":     func() error { _, err := model.Train([][]float64{{math.NaN()}}, []float64{1}, options); return err }(),
		"uneven":        func() error { _, err := model.Train([][]float64{{1}, {1, 2}}, []float64{1, 2}, options); return err }(),
		"no trees":      func() error { _, err := model.Train(good, []float64{1, 2}, model.Options{}); return err }(),
		"around":        (&model.Boost{Width: 1, Trees: [][]model.Node{{{Feature: 0, Left: 0, Right: 0}}}}).Check(1),
		"other width":   (&model.Boost{Width: 1}).Check(2),
		"beyond":        (&model.Boost{Width: 1, Trees: [][]model.Node{{{Feature: 3, Left: 1, Right: 1}, {Feature: -1}}}}).Check(1),
		"empty tree":    (&model.Boost{Width: 1, Trees: [][]model.Node{{}}}).Check(1),
		"watch of none": func() error { _, err := model.NewWatch(nil); return err }(),
	} {
		if !errors.Is(err, model.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Half widths made on some cover the share asked of others.
func TestConformal_Covers(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	covered, asked := 0, 0
	for range 2000 {
		scores := make([]float64, 50)
		for i := range scores {
			scores[i] = math.Abs(r.NormFloat64())
		}
		q, ok := model.Conformal(scores, 0.9)
		if !ok {
			t.Fatal("50 scores are enough for 90 %")
		}
		for range 10 {
			asked++
			if math.Abs(r.NormFloat64()) <= q {
				covered++
			}
		}
	}
	// Exactly 46/51 of what comes lies within the 46th of 50.
	if got := float64(covered) / float64(asked); math.Abs(got-46./51) > 0.01 {
		t.Errorf("%.4f covered; want %.4f", got, 46./51)
	}
	if _, ok := model.Conformal([]float64{1, 2, 3}, 0.9); ok {
		t.Error("three scores say nothing of 90 %")
	}
}

func TestWatch_Drift(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	draw := func(shift float64) [][]float64 {
		rows := make([][]float64, 2000)
		for i := range rows {
			rows[i] = []float64{r.NormFloat64(), r.NormFloat64() + shift, 5}
		}
		return rows
	}
	w, err := model.NewWatch(draw(0))
	must(t, err)
	same, err := w.Drift(draw(0))
	must(t, err)
	moved, err := w.Drift(draw(1))
	must(t, err)
	if slices.Max(same) > 0.05 || moved[1] < 0.25 || moved[0] > 0.05 || moved[2] != 0 {
		t.Errorf("same %v, moved %v", same, moved)
	}
}

func TestAUC(t *testing.T) {
	if got := model.AUC([]float64{1, 2, 3, 3}, []float64{0, 1, 0, 1}); got != 0.625 { // pairs: 1, 1, 0, ½
		t.Errorf("%v; want 0.625", got)
	}
	if got := model.AUC([]float64{1, 2}, []float64{0, 0}); !math.IsNaN(got) {
		t.Errorf("no pairs: %v", got)
	}
}
