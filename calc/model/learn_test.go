package model_test

import (
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"zhigai/calc/model"
)

var kinds = []model.Kind{model.Trees, model.Linear, model.Network}

func names(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = string(rune('a' + i))
	}
	return out
}

// ahead is a furnace that follows its power slowly: what it will be is known by what
// goes in, which a last value does not tell.
func ahead(seed uint64, n int) model.Table {
	r := rand.New(rand.NewPCG(seed, 1))
	t := model.Table{Names: names(3)}
	heat, power := 0.0, 1.0
	for i := range n {
		if i%17 == 0 {
			power = 2 * r.Float64()
		}
		last := heat
		heat = 0.6*heat + 0.4*power + 0.02*r.NormFloat64()
		next := 0.6*heat + 0.4*power
		t.Rows = append(t.Rows, []float64{heat, power, heat - last})
		t.Y = append(t.Y, next+0.02*r.NormFloat64())
		t.Naive = append(t.Naive, heat)
	}
	return t
}

// Every kind beats the last value where there is something to learn, covers what it
// says, and says the same when it is written and read.
func TestLearn_BetterThanTheLastValue(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		table := ahead(1, 800)
		way := model.Way{Kind: kind, Share: 0.9, Gap: 2, Seed: 5}
		l, v, err := model.Learn(table, way)
		must(t, err)
		t.Logf("%s: RMSE %.4f, naive %.4f, mean %.4f, p %.2g, covered %.3f", kind, v.RMSE, v.NaiveRMSE, v.MeanRMSE, *v.P, *v.Covered)
		if !v.Better || v.Skill < 0.5 || *v.Covered < 0.8 || *v.Covered > 0.98 || v.HeldOut != 200 || v.Learnt != 598 || v.Gap != 2 || len(v.Points) != v.HeldOut {
			t.Errorf("%s: %+v", kind, v)
		}
		raw, err := json.Marshal(l)
		must(t, err)
		again, _, err := model.Learn(table, way)
		must(t, err)
		if other, _ := json.Marshal(again); string(other) != string(raw) {
			t.Errorf("%s: the same rows and seed give another model", kind)
		}
		var read model.Learnt
		must(t, json.Unmarshal(raw, &read))
		must(t, read.Check())
		for _, row := range table.Rows[:20] {
			a, err := l.Predict(row)
			must(t, err)
			b, err := read.Predict(row)
			must(t, err)
			if a.Value != b.Value || *a.Low != *b.Low || !(*a.Low < a.Value && a.Value < *a.High) {
				t.Fatalf("%s: %+v, read %+v", kind, a, b)
			}
		}
	}
}

// Of noise, and of what only its last value tells, nothing is said to be better than
// naive: by chance no oftener than one in ten.
func TestLearn_NothingThere(t *testing.T) {
	t.Parallel()
	said := 0
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 2))
		table := model.Table{Names: names(3)}
		walk := 0.0
		for range 200 {
			table.Rows = append(table.Rows, []float64{walk, r.NormFloat64(), r.NormFloat64()})
			table.Naive = append(table.Naive, walk)
			walk += r.NormFloat64()
			table.Y = append(table.Y, walk)
		}
		_, v, err := model.Learn(table, model.Way{Kind: model.Linear, Share: 0.9, Seed: 1})
		must(t, err)
		if v.Better {
			said++
		}
	}
	if said > 6 {
		t.Errorf("of 60 random walks %d are said to be known better than by their last value", said)
	}
}

// What is held out by group is of no group that was learnt from: a model that knows
// groups by heart is shown to be none.
func TestLearn_GroupsAreNotSplit(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 3))
	table := model.Table{Names: names(2)}
	for g := range 16 {
		level := r.NormFloat64() // of the group, by which it can be told, and which says nothing of others
		sign := r.NormFloat64()
		for range 30 {
			table.Rows = append(table.Rows, []float64{level + 0.001*r.NormFloat64(), r.NormFloat64()})
			table.Y = append(table.Y, sign+0.01*r.NormFloat64())
			table.Group = append(table.Group, g)
		}
	}
	_, v, err := model.Learn(table, model.Way{Kind: model.Trees, Share: 0.9, Seed: 1})
	must(t, err)
	if v.By != "group" || v.Groups != 16 || v.HeldOut != 120 || v.Blocks != 4 || v.Better {
		t.Errorf("%+v", v)
	}
	for _, p := range v.Points {
		if table.Group[p.Row] < 12 {
			t.Fatalf("row %d of group %d was held out", p.Row, table.Group[p.Row])
		}
	}
}

// Chances: an event that a column announces is warned of, and others seldom.
func TestLearn_Chances(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		r := rand.New(rand.NewPCG(4, 4))
		table := model.Table{Names: names(2)}
		for i := range 1000 {
			is := 0.0
			if i%100 >= 90 {
				is = 1
			}
			table.Rows = append(table.Rows, []float64{2*is + 0.4*r.NormFloat64(), r.NormFloat64()})
			table.Y = append(table.Y, is)
		}
		l, v, err := model.Learn(table, model.Way{Kind: kind, Binary: true, Share: 0.99, Seed: 1})
		must(t, err)
		if *v.AUC < 0.95 || !v.Better || *v.Warned < 0.7 || *v.FalseWarned > 0.05 || v.Covered != nil {
			t.Errorf("%s: AUC %v, warned %v, wrongly %v: %+v", kind, *v.AUC, *v.Warned, *v.FalseWarned, v.P)
		}
		s, err := l.Predict([]float64{2, 0})
		must(t, err)
		if !s.Warns || s.Low != nil || s.Value > 1 || s.Value < 0.5 {
			t.Errorf("%s: %+v", kind, s)
		}
	}
}

// A way that is told to stop stops, and tells how far it is.
func TestLearn_Stops(t *testing.T) {
	var told []int
	_, _, err := model.Learn(ahead(1, 200), model.Way{Kind: model.Linear, Share: 0.9, Step: func(done, of int) bool {
		told = append(told, done, of)
		return done < 3
	}})
	if !errors.Is(err, model.ErrStopped) || len(told) != 8 || told[6] != 3 || told[7] != 6 {
		t.Errorf("%v, told %v", err, told)
	}
}

func TestLearn_Refusals(t *testing.T) {
	good := ahead(1, 200)
	way := model.Way{Kind: model.Linear, Share: 0.9}
	change := func(f func(*model.Table, *model.Way)) error {
		table, w := good, way
		f(&table, &w)
		_, _, err := model.Learn(table, w)
		return err
	}
	for want, err := range map[string]error{
		"no kind of model":       change(func(_ *model.Table, w *model.Way) { w.Kind = "magic" }),
		"2 names of 3 columns":   change(func(t *model.Table, _ *model.Way) { t.Names = t.Names[:2] }),
		"naive answers":          change(func(t *model.Table, _ *model.Way) { t.Naive = t.Naive[:2] }),
		"take a longer time":     change(func(t *model.Table, _ *model.Way) { t.Rows, t.Y, t.Naive = t.Rows[:40], t.Y[:40], t.Naive[:40] }),
		"share 1":                change(func(_ *model.Table, w *model.Way) { w.Share = 1 }),
		"are 0 and 1":            change(func(_ *model.Table, w *model.Way) { w.Binary = true }),
		"there is nothing":       change(func(t *model.Table, _ *model.Way) { t.Y = make([]float64, 200) }),
		"a smaller gap":          change(func(_ *model.Table, w *model.Way) { w.Gap = 140 }),
		"3 groups":               change(func(t *model.Table, _ *model.Way) { t.Group = threes(200) }),
		"with the event":         change(func(t *model.Table, w *model.Way) { t.Y, w.Binary = one(200), true }),
		"row 7, column 2 is NaN": change(func(t *model.Table, _ *model.Way) { t.Rows = ahead(1, 200).Rows; t.Rows[6][1] = math.NaN() }),
	} {
		if !errors.Is(err, model.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

func threes(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i % 3
	}
	return out
}

// one event, which is not enough.
func one(n int) []float64 {
	out := make([]float64, n)
	out[5] = 1
	return out
}

// mixed are rows in which two columns go together and a third is on its own.
func mixed(r *rand.Rand, n int) [][]float64 {
	var rows [][]float64
	for range n {
		a := r.NormFloat64()
		rows = append(rows, []float64{100 + 5*a, 3 + 2*a + 0.2*r.NormFloat64(), r.NormFloat64(), 7})
	}
	return rows
}

// A monitor leaves good rows alone about as often as asked, and finds what goes
// together no more, though each column by itself is where it always was.
func TestMonitor_BrokenCorrelation(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(6, 6))
	m, w, err := model.TrainMonitor(names(4), mixed(r, 3000), model.MonitorOptions{Explain: 0.9, Share: 0.99, Gap: 1})
	must(t, err)
	t.Logf("%+v; limits %v %v, in theory %v %v", w, m.T2Limit, m.SPELimit, m.T2Theory, m.SPETheory)
	if !w.Steady || w.Outside > 0.04 || w.Rows != 3000 || w.Learnt != 1800 || len(m.Loadings) != 2 {
		t.Errorf("%+v, %d components", w, len(m.Loadings))
	}
	if math.Abs(m.SPELimit/m.SPETheory-1) > 0.3 || math.Abs(m.T2Limit/m.T2Theory-1) > 0.3 {
		t.Errorf("limits of normal rows %v and %v; theory has %v and %v", m.T2Limit, m.SPELimit, m.T2Theory, m.SPETheory)
	}
	raw, err := json.Marshal(m)
	must(t, err)
	var read model.Monitor
	must(t, json.Unmarshal(raw, &read))
	must(t, read.Check())
	broken := []float64{105, 1, 0, 7} // each within one standard deviation and a bit
	c, err := read.Ask(broken)
	must(t, err)
	_, spe, err := read.Contributions(broken)
	must(t, err)
	if !c.Outside || c.SPE < m.SPELimit || spe[0]+spe[1] < 0.9*c.SPE || spe[3] != 0 {
		t.Errorf("%+v, contributions %v", c, spe)
	}
}

// A plant that goes on elsewhere than it was learnt is not steady.
func TestMonitor_NotSteady(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	rows := mixed(r, 1000)
	for i := 800; i < 1000; i++ {
		rows[i][1] += 3
	}
	_, w, err := model.TrainMonitor(names(4), rows, model.MonitorOptions{Explain: 0.9, Share: 0.99})
	must(t, err)
	if w.Steady || w.Outside < 0.9 || w.P > 1e-6 {
		t.Errorf("%+v", w)
	}
}

func TestMonitor_Refusals(t *testing.T) {
	rows := mixed(rand.New(rand.NewPCG(8, 8)), 600)
	good := model.MonitorOptions{Explain: 0.9, Share: 0.99}
	m, _, err := model.TrainMonitor(names(4), rows, good)
	must(t, err)
	train := func(n []string, rows [][]float64, o model.MonitorOptions) error {
		_, _, err := model.TrainMonitor(n, rows, o)
		return err
	}
	ask := func(row ...float64) error { _, err := m.Ask(row); return err }
	flat := make([][]float64, 200)
	for i := range flat {
		flat[i] = []float64{1, float64(i)}
	}
	damaged := *m
	damaged.Variances = nil
	other := *m
	other.Version++
	for want, err := range map[string]error{
		"3 names of 4":        train(names(3), rows, good),
		"take a longer time":  train(names(4), rows[:50], good),
		"explain 0 to 1":      train(names(4), rows, model.MonitorOptions{Share: 0.99}),
		"leaves nothing":      train(names(4), rows, model.MonitorOptions{Explain: 0.9, Share: 0.99, Gap: 130}),
		"make no limit":       train(names(4), rows, model.MonitorOptions{Explain: 0.9, Share: 0.9999}),
		"1 of 2 columns vary": train(names(2), flat, good),
		"a row of 2 columns":  ask(1, 2),
		"column b is NaN":     ask(1, math.NaN(), 1, 1),
		"not whole":           damaged.Check(),
		"version":             other.Check(),
	} {
		if !errors.Is(err, model.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}
