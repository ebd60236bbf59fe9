package truth

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"zhigai/calc/model"
	"zhigai/calc/pls"
	"zhigai/calc/stat"
)

// Digits that are wanted of certified answers, by how hard a set is: those of a
// lower difficulty, and the two that lose digits to nearly dependent columns.
const (
	usualDigits = 9
	longley     = 8
	wampler     = 7
)

// nist is a file of the NIST Statistical Reference Datasets.
type nist struct {
	text string
	rows [][]float64
}

var dataLine = regexp.MustCompile(`(?m)^Data:.*$`)

func (t *sheet) nist(name string) nist {
	c := nist{text: strings.ReplaceAll(string(t.read(name+".dat")), "\r", "")}
	heads := dataLine.FindAllStringIndex(c.text, -1)
	if len(heads) == 0 {
		t.fail(fmt.Errorf("%s.dat: no line begins with \"Data:\" to say where the data are", name))
		return c
	}
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

// after are the numbers of the line that begins so.
func (c *nist) after(t *sheet, head string) (out []float64) {
	m := regexp.MustCompile(`(?m)^\s*` + head + `(.*)$`).FindStringSubmatch(c.text)
	if m == nil {
		t.fail(fmt.Errorf("there is no line %q", head))
		return []float64{math.NaN(), math.NaN(), math.NaN()}
	}
	for f := range strings.FieldsSeq(m[1]) {
		if v, err := strconv.ParseFloat(f, 64); err == nil {
			out = append(out, v)
		}
	}
	return out
}

func (c *nist) column(i int) []float64 {
	out := make([]float64, len(c.rows))
	for k, r := range c.rows {
		out[k] = r[i]
	}
	return out
}

func certified(t *sheet) {
	type entry struct {
		Kind string
		Mean string
		SD   string `json:"std_n1"`
		Lag1 string `json:"autocorrelation_lag1"`
	}
	all := decode[map[string]entry](t, "reference.json")
	for _, name := range slices.Sorted(maps.Keys(all)) {
		e, c := all[name], t.nist(name)
		if t.err != nil {
			return
		}
		switch e.Kind {
		case "univariate":
			s := got[stat.Summary](t)(stat.Of(c.column(0)))
			for _, q := range []struct {
				what   string
				ours   float64
				theirs string
			}{{"mean", s.Mean, e.Mean}, {"std_n1", s.SD, e.SD}, {"autocorrelation_lag1", s.Lag1, e.Lag1}} {
				t.digits(name+": "+q.what, q.ours, got[float64](t)(strconv.ParseFloat(q.theirs, 64)), usualDigits)
			}
		case "anova":
			t.anova(name, &c)
		case "linear regression":
			t.regression(name, &c)
		default:
			t.fail(fmt.Errorf("%s is %q, of which nothing is computed", name, e.Kind))
		}
	}
}

func (t *sheet) anova(name string, c *nist) {
	groups := make([][]float64, len(c.rows[0])) // the first row numbers them
	for i := range groups {
		groups[i] = c.column(i)[1:]
	}
	a, err := stat.OneWay(groups)
	if err != nil {
		t.fail(fmt.Errorf("%s: %w", name, err))
		return
	}
	between, within := c.after(t, `Between \w+\s+\d+\s`), c.after(t, `Within \w+\s+\d+\s`)
	t.digits(name+": between", a.Between, between[0], usualDigits)
	t.digits(name+": within", a.Within, within[0], usualDigits)
	t.digits(name+": F", a.F, between[2], usualDigits)
	t.digits(name+": R²", a.R2, c.after(t, `Certified R-Squared\s`)[0], usualDigits)
	t.digits(name+": deviation", a.SD, c.after(t, `Standard Deviation\s`)[0], usualDigits)
}

// polynomials are files of one column that is raised to powers up to a degree.
var polynomials = map[string]int{"Wampler1": 5, "Wampler2": 5, "Wampler3": 5, "Wampler4": 5, "Wampler5": 5, "Pontius": 2, "Filip": 10}

func (t *sheet) regression(name string, c *nist) {
	constant := !strings.HasPrefix(name, "NoInt")
	var columns [][]float64
	for i := range len(c.rows[0]) - 1 {
		columns = append(columns, c.column(i+1))
	}
	for power := 2; power <= polynomials[name]; power++ {
		one := slices.Clone(columns[0])
		for i, v := range columns[0] {
			one[i] = math.Pow(v, float64(power))
		}
		columns = append(columns, one)
	}
	least := float64(usualDigits)
	switch {
	case name == "Longley":
		least = longley
	case polynomials[name] > 2:
		least = wampler
	}
	f, err := stat.Regress(c.column(0), columns, constant)
	if err != nil {
		t.fail(fmt.Errorf("%s: %w", name, err))
		return
	}
	for j := range f.Coef {
		no := j
		if !constant {
			no++
		}
		want := c.after(t, "B"+strconv.Itoa(no)+`\s`)
		t.digits(fmt.Sprintf("%s: B%d", name, no), f.Coef[j], want[0], least)
		if want[1] > 0 {
			t.digits(fmt.Sprintf("%s: standard error of B%d", name, no), f.StdErr[j], want[1], least)
		}
	}
	regression, residual := c.after(t, `Regression\s+\d+\s`), c.after(t, `Residual\s+\d+\s`)
	t.digits(name+": explained", f.SSR, regression[0], least)
	t.digits(name+": R²", f.R2, c.after(t, `R-Squared\s`)[0], least)
	if residual[0] > 0 {
		t.digits(name+": left over", f.SSE, residual[0], least)
		t.digits(name+": F", f.F, regression[2], least)
	}
	if name == "Longley" {
		t.atTheirLimits(name, c, columns)
	}
}

// atTheirLimits holds methods that shrink against the certified coefficients where they
// shrink nothing: partial least squares with as many components as columns, and ridge
// regression with a lambda of 0, are least squares.
func (t *sheet) atTheirLimits(name string, c *nist, columns [][]float64) {
	rows := make([][]float64, len(columns[0]))
	for i := range rows {
		for _, col := range columns {
			rows[i] = append(rows[i], col[i])
		}
	}
	p := got[*pls.Model](t)(pls.Regress(rows, c.column(0), len(columns)))
	r := got[*model.Ridge](t)(model.TrainRidge(rows, c.column(0), 0))
	if t.err != nil {
		return
	}
	for j := range columns {
		want := c.after(t, "B"+strconv.Itoa(j+1)+`\s`)[0]
		t.digits(fmt.Sprintf("%s: B%d by partial least squares", name, j+1), p.Coef[j], want, longley)
		t.digits(fmt.Sprintf("%s: B%d by ridge regression", name, j+1), r.Coef[j]/r.Scale.SD[j], want, longley)
	}
}
