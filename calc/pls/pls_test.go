package pls

import (
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
)

// golden is what R's package pls says of testdata/table.json; testdata/golden.R
// made it.
type golden struct {
	X           [][]float64 `json:"x"`
	Y           []float64   `json:"y"`
	Kernel      [][]float64 `json:"coefficients"` // by components
	Intercept   []float64   `json:"intercepts"`
	VIP         [][]float64 `json:"vip"`
	R2          []float64   `json:"r2"`
	Q2          []float64   `json:"q2"`
	Permutation []float64   `json:"bh_p"`
	Adjusted    []float64   `json:"bh_q"`
}

func readGolden(t *testing.T) golden {
	t.Helper()
	raw, err := os.ReadFile("testdata/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	var g golden
	if err := json.Unmarshal(raw, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

func near(got, want float64) bool {
	return math.Abs(got-want) <= 1e-9*math.Max(1, math.Abs(want))
}

// Coefficients, constants, importances and R² are those of an independent program,
// for each number of components; so is Q² by the same stretches of time.
func TestRegress_AsR(t *testing.T) {
	g := readGolden(t)
	if len(g.Kernel) < 4 {
		t.Fatalf("%d numbers of components", len(g.Kernel))
	}
	for a, want := range g.Kernel {
		m, err := Regress(g.X, g.Y, a+1)
		if err != nil {
			t.Fatal(err)
		}
		for j, c := range want {
			if !near(m.Coef[j], c) || !near(m.VIP[j], g.VIP[a][j]) {
				t.Errorf("%d components, column %d: coefficient %v, importance %v; want %v, %v", a+1, j, m.Coef[j], m.VIP[j], c, g.VIP[a][j])
			}
		}
		if !near(m.Constant, g.Intercept[a]) || !near(m.R2, g.R2[a]) {
			t.Errorf("%d components: constant %v, R² %v; want %v, %v", a+1, m.Constant, m.R2, g.Intercept[a], g.R2[a])
		}
	}
	v := &validation{x: g.X, folds: 5, most: len(g.Q2)}
	for a, q := range v.q2(g.Y) {
		if !near(q, g.Q2[a]) {
			t.Errorf("Q² of %d components %v; want %v", a+1, q, g.Q2[a])
		}
	}
	for i, q := range BenjaminiHochberg(g.Permutation) {
		if !near(q, g.Adjusted[i]) {
			t.Errorf("p %v becomes %v; want %v", g.Permutation[i], q, g.Adjusted[i])
		}
	}
}

// With as many components as columns it is least squares: residuals stand upright
// on every column.
func TestRegress_AllComponentsAreLeastSquares(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	x, y := table(r, 40, 5)
	for i := range y {
		y[i] = 3 + 2*x[i][0] - x[i][3] + r.NormFloat64()
	}
	m, err := Regress(x, y, 5)
	if err != nil {
		t.Fatal(err)
	}
	for j := range 5 {
		sum, constant := 0., 0.
		for i := range x {
			left := y[i] - m.Predict(x[i])
			sum += left * x[i][j]
			constant += left
		}
		if math.Abs(sum) > 1e-8 || math.Abs(constant) > 1e-8 {
			t.Errorf("column %d: what is left over adds up to %v with it and %v without", j, sum, constant)
		}
	}
}

func table(r *rand.Rand, n, k int) (x [][]float64, y []float64) {
	x, y = make([][]float64, n), make([]float64, n)
	for i := range x {
		x[i] = make([]float64, k)
		for j := range x[i] {
			x[i][j] = r.NormFloat64()
		}
		y[i] = r.NormFloat64()
	}
	return x, y
}

// wander makes a series whose neighbours are alike.
func wander(r *rand.Rand, n int, keep float64) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = r.NormFloat64()
		if i > 0 {
			out[i] = keep*out[i-1] + math.Sqrt(1-keep*keep)*out[i]
		}
	}
	return out
}

// Two columns among thirty make the quantity, with five that go along with the first:
// they are found, hold for later rows, and what has nothing to do with it stays below.
func TestScreen_FindsWhatIsThere(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	x, y := table(r, 160, 30)
	for i := range x {
		for j := 1; j <= 2; j++ {
			x[i][j] = x[i][0] + 0.3*r.NormFloat64()
		}
		y[i] = 10 + 2*x[i][0] - 1.5*x[i][9] + r.NormFloat64()
	}
	s, err := Screen(x, y, Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("p %.3g, Q² %.3f, held out %.3f, error %.2f beside %.2f, %d components", s.P, s.Q2, s.Q2HeldOut, s.RMSE, s.RMSEMean, s.Components)
	if !s.Found || s.P > 0.01 || s.Q2HeldOut < 0.5 {
		t.Errorf("p %v, held out %v; want it found", s.P, s.Q2HeldOut)
	}
	first := map[int]bool{}
	for _, c := range s.Causes[:4] {
		first[c.Column] = true
		if c.Stable < 0.9 || c.Q > 0.01 {
			t.Errorf("column %d: stable in %v, q %v", c.Column, c.Stable, c.Q)
		}
	}
	for _, j := range []int{0, 1, 2, 9} {
		if !first[j] {
			t.Errorf("column %d is not among the first four: %+v", j, s.Causes[:6])
		}
	}
	for _, c := range s.Causes[4:] {
		if c.VIP > 1 && c.Stable > 0.9 {
			t.Errorf("column %d has nothing to do with it: importance %v, stable in %v", c.Column, c.VIP, c.Stable)
		}
	}
	again, err := Screen(x, y, Options{Seed: 1})
	if err != nil || again.P != s.P || again.Causes[0] != s.Causes[0] {
		t.Errorf("the same table and seed: %v, %+v", err, again.Causes[0])
	}
}

// Where there is nothing it says so: of many tables of noise, and of series that
// wander each by itself, it finds something in no more than chance allows.
func TestScreen_FindsNothingWhereNothingIs(t *testing.T) {
	for name, keep := range map[string]float64{"rows of their own": 0, "neighbours alike": 0.8} {
		found, low := 0, 0
		const tables = 60
		for seed := range uint64(tables) {
			r := rand.New(rand.NewPCG(seed, 5))
			const n, k = 80, 12
			x := make([][]float64, n)
			for range k {
				for i, v := range wander(r, n, keep) {
					x[i] = append(x[i], v)
				}
			}
			s, err := Screen(x, wander(r, n, keep), Options{Permutations: 39, Bootstraps: 20, Seed: seed})
			if err != nil {
				t.Fatal(err)
			}
			if s.Found {
				found++
			}
			if s.P <= chance {
				low++
			}
		}
		t.Logf("%s: p of 0.05 or less in %d of %d tables, found in %d", name, low, tables, found)
		// Binomial: 60 tables at 5 % give 8 or more in one case of a hundred.
		if found > 7 || keep == 0 && low > 8 {
			t.Errorf("%s: found in %d of %d, p at most 0.05 in %d", name, found, tables, low)
		}
	}
}

func TestScreen_Refusals(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	x, y := table(r, 30, 3)
	spoiled, _ := table(r, 30, 3)
	spoiled[4][1] = math.NaN()
	still := make([]float64, 30)
	for _, c := range []struct {
		want string
		x    [][]float64
		y    []float64
		o    Options
	}{
		{"19 rows; 20 or more", x[:19], y[:19], Options{}},
		{"row 5, column 2 is NaN", spoiled, y, Options{}},
		{"the quantity is the same", x, still, Options{}},
		{"29 answers", x, y[:29], Options{}},
		{"take 3 to 20", x, y, Options{Folds: 2}},
		{"held out; take 0.1 to 0.5", x, y, Options{HeldOut: 0.9}},
	} {
		if _, err := Screen(c.x, c.y, c.o); !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v; want %q", err, c.want)
		}
	}
	for i := range x {
		x[i][2] = 5 // a column that stands still is no reason to refuse the others
	}
	s, err := Screen(x, y, Options{Permutations: 19, Bootstraps: 20})
	if err != nil {
		t.Fatal(err)
	}
	if c := s.Causes[len(s.Causes)-1]; c.Column != 2 || !c.Still || c.VIP != 0 {
		t.Errorf("the column that stands still: %+v", c)
	}
}
