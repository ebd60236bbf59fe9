package stat_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"zhigai/calc/stat"
)

func TestRefusals(t *testing.T) {
	t.Parallel()
	y, x := []float64{1, 2, 4, 3}, []float64{1, 2, 3, 4}
	twice := []float64{2, 4, 6, 8}
	for what, err := range map[string]error{
		"one value":           second(stat.Of([]float64{1})),
		"no number":           second(stat.Of([]float64{1, math.Inf(1)})),
		"as many unknowns":    second(stat.Regress(y[:2], [][]float64{x[:2]}, true)),
		"columns of a length": second(stat.Regress(y, [][]float64{x[:3]}, true)),
		"a column twice":      second(stat.Regress(y, [][]float64{x, twice}, true)),
		"a constant column":   second(stat.Regress(y, [][]float64{{3, 3, 3, 3}}, true)),
		"no number in y":      second(stat.Regress([]float64{1, 2, math.NaN(), 3}, [][]float64{x}, true)),
		"one group":           second(stat.OneWay([][]float64{{1, 2}})),
		"an empty group":      second(stat.OneWay([][]float64{{1, 2}, {}})),
		"groups of one":       second(stat.OneWay([][]float64{{1}, {2}})),
	} {
		if !errors.Is(err, stat.ErrInvalid) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// What a table has wrong is said with where it is.
func TestAnswered(t *testing.T) {
	t.Parallel()
	good := [][]float64{{1, 2}, {3, 4}}
	if err := stat.Answered(good, []float64{1, 2}, 2); err != nil {
		t.Error(err)
	}
	for want, c := range map[string]struct {
		rows    [][]float64
		answers []float64
	}{
		"2 rows and 1 answers":   {good, []float64{1}},
		"1 rows and 1 answers":   {good[:1], []float64{1}},
		"rows without columns":   {[][]float64{{}, {}}, []float64{1, 2}},
		"row 2 has 1 columns":    {[][]float64{{1, 2}, {3}}, []float64{1, 2}},
		"row 2, column 1 is NaN": {[][]float64{{1, 2}, {math.NaN(), 4}}, []float64{1, 2}},
		"answer 1 is +Inf":       {good, []float64{math.Inf(1), 2}},
	} {
		if err := stat.Answered(c.rows, c.answers, 2); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", want, err)
		}
	}
}
