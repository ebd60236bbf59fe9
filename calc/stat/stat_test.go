package stat_test

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"zhigai/calc/stat"
)

// certified is a file of the NIST Statistical Reference Datasets.
type certified struct {
	text string
	rows [][]float64
}

func nist(t *testing.T, name string) certified {
	t.Helper()
	root := os.Getenv("ZHIGAI_REFDATA")
	if root == "" {
		t.Skip("ZHIGAI_REFDATA does not say where reference data are")
	}
	raw, err := os.ReadFile(filepath.Join(root, "nist-strd", name+".dat"))
	must(t, err)
	c := certified{text: strings.ReplaceAll(string(raw), "\r", "")}
	heads := regexp.MustCompile(`(?m)^Data:.*$`).FindAllStringIndex(c.text, -1)
lines:
	for line := range strings.SplitSeq(c.text[heads[len(heads)-1][1]:], "\n") {
		var row []float64
		for f := range strings.FieldsSeq(line) {
			v, err := strconv.ParseFloat(f, 64)
			if err != nil {
				continue lines
			}
			row = append(row, v)
		}
		if len(row) > 0 {
			c.rows = append(c.rows, row)
		}
	}
	return c
}

func number(t *testing.T, s string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(s, 64)
	must(t, err)
	return v
}

// after are the numbers of the line that begins so.
func (c certified) after(t *testing.T, head string) []float64 {
	t.Helper()
	m := regexp.MustCompile(`(?m)^\s*` + head + `(.*)$`).FindStringSubmatch(c.text)
	if m == nil {
		t.Fatalf("there is no line %q", head)
	}
	var out []float64
	for f := range strings.FieldsSeq(m[1]) {
		if v, err := strconv.ParseFloat(f, 64); err == nil {
			out = append(out, v)
		}
	}
	return out
}

func (c certified) column(i int) []float64 {
	out := make([]float64, len(c.rows))
	for k, r := range c.rows {
		out[k] = r[i]
	}
	return out
}

// digits is how many of a certified answer are met.
func digits(got, want float64) float64 {
	if got == want {
		return 15
	}
	if want == 0 {
		return -math.Log10(math.Abs(got))
	}
	return -math.Log10(math.Abs(got-want) / math.Abs(want))
}

func holds(t *testing.T, what string, got, want, least float64) {
	t.Helper()
	if d := digits(got, want); !(d >= least) {
		t.Errorf("%s: %.15g, %.1f digits of %.15g; want %v", what, got, d, want, least)
	}
}

func TestOf_NIST(t *testing.T) {
	t.Parallel()
	var all map[string]struct {
		Kind string
		Mean string
		SD   string `json:"std_n1"`
		Lag1 string `json:"autocorrelation_lag1"`
	}
	_ = nist(t, "Lew")
	raw, err := os.ReadFile(filepath.Join(os.Getenv("ZHIGAI_REFDATA"), "nist-strd", "reference.json"))
	must(t, err)
	must(t, json.Unmarshal(raw, &all))
	n := 0
	for name, want := range all {
		if want.Kind != "univariate" {
			continue
		}
		n++
		s, err := stat.Of(nist(t, name).column(0))
		must(t, err)
		holds(t, name+" mean", s.Mean, number(t, want.Mean), 13)
		holds(t, name+" deviation", s.SD, number(t, want.SD), 12)
		holds(t, name+" autocorrelation", s.Lag1, number(t, want.Lag1), 12)
	}
	if n == 0 {
		t.Error("no file of one variable")
	}
}

func TestRegress_NIST(t *testing.T) {
	t.Parallel()
	for name, constant := range map[string]bool{"Norris": true, "Longley": true, "NoInt1": false, "Wampler1": true} {
		c := nist(t, name)
		var columns [][]float64
		for i := range len(c.rows[0]) - 1 {
			columns = append(columns, c.column(i+1))
		}
		if name == "Wampler1" { // a polynomial of degree 5
			x := columns[0]
			for power := 2; power <= 5; power++ {
				one := make([]float64, len(x))
				for i, v := range x {
					one[i] = math.Pow(v, float64(power))
				}
				columns = append(columns, one)
			}
		}
		f, err := stat.Regress(c.column(0), columns, constant)
		must(t, err)
		for j := range f.Coef {
			no := j
			if !constant {
				no++
			}
			want := c.after(t, "B"+strconv.Itoa(no)+`\s`)
			holds(t, name+" coefficient", f.Coef[j], want[0], 11)
			if want[1] > 0 {
				holds(t, name+" standard error", f.StdErr[j], want[1], 11)
			}
		}
		regression, residual := c.after(t, `Regression\s+\d+\s`), c.after(t, `Residual\s+\d+\s`)
		holds(t, name+" explained", f.SSR, regression[0], 11)
		holds(t, name+" R²", f.R2, c.after(t, `R-Squared\s`)[0], 11)
		if residual[0] > 0 {
			holds(t, name+" left over", f.SSE, residual[0], 11)
			holds(t, name+" F", f.F, regression[2], 11)
		}
	}
}

func TestOneWay_NIST(t *testing.T) {
	t.Parallel()
	for name, least := range map[string]float64{"SiRstvt": 9, "SmLs01t": 12} {
		c := nist(t, name)
		all := make([][]float64, len(c.rows[0])) // the first row numbers them
		for i := range all {
			all[i] = c.column(i)[1:]
		}
		a, err := stat.OneWay(all)
		must(t, err)
		between := c.after(t, `Between \w+\s+\d+\s`)
		within := c.after(t, `Within \w+\s+\d+\s`)
		holds(t, name+" between", a.Between, between[0], least)
		holds(t, name+" F", a.F, between[2], least)
		holds(t, name+" within", a.Within, within[0], least)
		holds(t, name+" R²", a.R2, c.after(t, `Certified R-Squared\s`)[0], least)
		holds(t, name+" deviation", a.SD, c.after(t, `Standard Deviation\s`)[0], least)
	}
}

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
