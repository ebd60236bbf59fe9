package model

import (
	"encoding/json"
	"math"
	"os"
	"testing"
)

func near(got, want float64) bool {
	return math.Abs(got-want) <= 1e-9*math.Max(1, math.Abs(want))
}

// golden is what R says of a table; testdata/golden.R made it.
func golden(t *testing.T) (g struct {
	X         [][]float64
	Y         []float64
	Lambda    []float64
	Ridge     [][]float64
	Variances []float64
	T2        []float64
	SPE       []float64
	First     []float64 `json:"spe_first"`
	T2Limit   float64   `json:"t2_limit"`
	SPELimit  float64   `json:"spe_limit"`
},
) {
	t.Helper()
	raw, err := os.ReadFile("testdata/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

// Coefficients in the units of the table are those of R, found another way.
func TestTrainRidge_AsR(t *testing.T) {
	g := golden(t)
	for k, lambda := range g.Lambda {
		r, err := TrainRidge(g.X, g.Y, lambda)
		if err != nil {
			t.Fatal(err)
		}
		constant := r.Constant
		for j, c := range r.Coef {
			c /= r.Scale.SD[j]
			constant -= c * r.Scale.Mean[j]
			if !near(c, g.Ridge[k][j+1]) {
				t.Errorf("lambda %v, column %d: %v; want %v", lambda, j, c, g.Ridge[k][j+1])
			}
		}
		if !near(constant, g.Ridge[k][0]) {
			t.Errorf("lambda %v: constant %v; want %v", lambda, constant, g.Ridge[k][0])
		}
	}
}

// Components, figures and theoretical limits are those of R's prcomp; contributions
// add up to their figures.
func TestMonitor_AsR(t *testing.T) {
	g := golden(t)
	all, err := components(make([]string, len(g.X[0])), g.X, MonitorOptions{Explain: 1, Share: 0.99})
	if err != nil {
		t.Fatal(err)
	}
	share := 0.0
	for _, v := range all.Variances[:len(g.Variances)] {
		share += v / float64(len(g.X[0]))
	}
	m, err := components(make([]string, len(g.X[0])), g.X, MonitorOptions{Explain: share, Share: 0.99})
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Variances) != len(g.Variances) {
		t.Fatalf("%d components; want %d", len(m.Variances), len(g.Variances))
	}
	for k, v := range g.Variances {
		if !near(m.Variances[k], v) {
			t.Errorf("variance %d: %v; want %v", k+1, m.Variances[k], v)
		}
	}
	for i, row := range g.X {
		if t2, spe := m.figures(row); !near(t2, g.T2[i]) || !near(spe, g.SPE[i]) {
			t.Errorf("row %d: T² %v, SPE %v; want %v, %v", i+1, t2, spe, g.T2[i], g.SPE[i])
		}
		t2, spe, err := m.Contributions(row)
		if err != nil {
			t.Fatal(err)
		}
		a, b := 0.0, 0.0
		for j := range t2 {
			a, b = a+t2[j], b+spe[j]
			if i == 0 && !near(spe[j], g.First[j]) {
				t.Errorf("column %d has %v of SPE; want %v", j+1, spe[j], g.First[j])
			}
		}
		if !near(a, g.T2[i]) || !near(b, g.SPE[i]) {
			t.Errorf("row %d: contributions add up to %v and %v; want %v and %v", i+1, a, b, g.T2[i], g.SPE[i])
		}
	}
	if !near(m.T2Theory, g.T2Limit) || !near(m.SPETheory, g.SPELimit) {
		t.Errorf("limits %v, %v; want %v, %v", m.T2Theory, m.SPETheory, g.T2Limit, g.SPELimit)
	}
}

// The slopes by which a network learns are those of its errors, weight by weight.
func TestNet_SlopesAreThoseOfTheError(t *testing.T) {
	g := golden(t)
	n := newNet(g.X, g.Y, NetOptions{Hidden: []int{4, 3}, Seed: 3})
	tr := newTrainer(n)
	row, want := make([]float64, len(g.X[0])), 0.7
	n.Scale.of(row, g.X[5])
	tr.learn(row, want)
	half := func() float64 { e := tr.forward(row) - want; return e * e / 2 }
	for l, w := range n.Weight {
		for k := range w {
			const by = 1e-6
			is := w[k]
			w[k] = is + by
			up := half()
			w[k] = is - by
			down := half()
			w[k] = is
			if got := (up - down) / (2 * by); math.Abs(got-tr.slope[l][k]) > 1e-7 {
				t.Errorf("layer %d, weight %d: slope %v; the error says %v", l+1, k, tr.slope[l][k], got)
			}
		}
	}
}
