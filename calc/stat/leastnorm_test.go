package stat_test

import (
	"math"
	"testing"

	"zhigai/calc/stat"
)

// Of columns that go together the answer is the pseudo-inverse's: with x and 2x, the
// slope s of x alone is shared as s/5 and 2s/5, which is the shortest of all.
func TestRegressLeastNorm(t *testing.T) {
	t.Parallel()
	y, x := []float64{1, 3, 2, 5, 4}, []float64{1, 2, 3, 4, 5}
	twice := make([]float64, len(x))
	for i, v := range x {
		twice[i] = 2 * v
	}
	alone, err := stat.Regress(y, [][]float64{x}, true)
	must(t, err)
	f, err := stat.RegressLeastNorm(y, [][]float64{x, twice}, true)
	must(t, err)
	for i, want := range []float64{alone.Coef[0], alone.Coef[1] / 5, alone.Coef[1] * 2 / 5} {
		if math.Abs(f.Coef[i]-want) > 1e-14 {
			t.Errorf("coefficient %d: %v; want %v", i, f.Coef[i], want)
		}
	}
	if f.Rank != 2 || f.DF != 3 || f.R2 != alone.R2 || math.Abs(f.Coef[2]/f.StdErr[2]-alone.Coef[1]/alone.StdErr[1]) > 1e-12 {
		t.Errorf("%+v", f)
	}
	same, err := stat.RegressLeastNorm(y, [][]float64{x}, true)
	must(t, err)
	if same.Coef[1] != alone.Coef[1] || len(same.Explained) != 0 {
		t.Errorf("%+v", same)
	}
}
