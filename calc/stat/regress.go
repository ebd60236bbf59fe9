package stat

import (
	"math"
)

// Fit is a linear model fitted by least squares.
type Fit struct {
	Coef   []float64 // the constant first, where there is one
	StdErr []float64
	N, DF  int     // rows, and those left: n - coefficients
	SSE    float64 // sum of the squares that are left over
	SSR    float64 // that the model explains: about the mean with a constant, about 0 without
	SD     float64 // of what is left over: √(SSE/DF)
	R2     float64
	AdjR2  float64
	F      float64
	CVRMSE float64 // SD ÷ mean of y (ASHRAE Guideline 14)
	DW     float64 // Durbin-Watson, in the order of the rows
	AIC    float64 // of normal errors, with the constants of the likelihood
	Resid  []float64
	// Inverse is (XᵀX)⁻¹, by coefficients: SD² times it is how they vary together.
	Inverse [][]float64
}

// dependent is how much of a column must be new beside those before it.
const dependent = 1e-13

// Regress fits y = constant + Σ coefficients · columns. Rows that are no numbers
// are refused, and columns that others explain: the error names the column, from 0.
func Regress(y []float64, columns [][]float64, constant bool) (*Fit, error) {
	n := len(y)
	q, err := design(y, columns, constant)
	if err != nil {
		return nil, err
	}
	p := len(q)
	if n <= p {
		return nil, invalid("%d rows for %d coefficients; more rows than coefficients leave something to judge by", n, p)
	}
	rest := make([]double, n)
	for i, v := range y {
		rest[i] = of(v)
	}
	// Gram-Schmidt, modified: each column is made square to those before it, and so is y.
	r, z, lengths := make([][]double, p), make([]double, p), make([]float64, p)
	for j := range q {
		r[j], lengths[j] = make([]double, p), norm(q[j]).hi
	}
	for j := range q {
		for k := range j { // what rounding left over, once more
			c := dot(q[k], q[j])
			r[k][j] = r[k][j].add(c)
			take(q[j], c, q[k])
		}
		if r[j][j] = norm(q[j]); !(r[j][j].hi > dependent*lengths[j]) {
			return nil, invalid("column %d is explained by those before it; leave it out", j-shift(constant))
		}
		scale(q[j], r[j][j])
		for k := j + 1; k < p; k++ {
			c := dot(q[j], q[k])
			r[j][k] = r[j][k].add(c)
			take(q[k], c, q[j])
		}
		z[j] = dot(q[j], rest)
		take(rest, z[j], q[j])
	}
	return fitted(y, rest, r, z, constant), nil
}

func shift(constant bool) int {
	if constant {
		return 1
	}
	return 0
}

func design(y []float64, columns [][]float64, constant bool) ([][]double, error) {
	var q [][]double
	if constant {
		ones := make([]double, len(y))
		for i := range ones {
			ones[i] = of(1)
		}
		q = append(q, ones)
	}
	for c, column := range columns {
		if len(column) != len(y) {
			return nil, invalid("column %d has %d rows, y has %d", c, len(column), len(y))
		}
		one := make([]double, len(y))
		for i, v := range column {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return nil, invalid("row %d of column %d is %v; leave the row out", i+1, c, v)
			}
			one[i] = of(v)
		}
		q = append(q, one)
	}
	for i, v := range y {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, invalid("row %d of y is %v; leave the row out", i+1, v)
		}
	}
	return q, nil
}

func fitted(y []float64, rest []double, r [][]double, z []double, constant bool) *Fit {
	n, p := len(y), len(z)
	inverse := invert(r)
	f := &Fit{N: n, DF: n - p, Resid: make([]float64, n)}
	sse, steps := double{}, double{}
	for i, e := range rest {
		f.Resid[i] = e.value()
		sse = sse.add(e.mul(e))
		if i > 0 {
			d := e.sub(rest[i-1])
			steps = steps.add(d.mul(d))
		}
	}
	variance := sse.div(of(float64(f.DF)))
	f.Inverse = make([][]float64, p)
	for j := range p {
		b, v := double{}, double{}
		for k := j; k < p; k++ {
			b = b.add(inverse[j][k].mul(z[k]))
			v = v.add(inverse[j][k].mul(inverse[j][k]))
		}
		f.Coef = append(f.Coef, b.value())
		f.StdErr = append(f.StdErr, v.mul(variance).sqrt().value())
		f.Inverse[j] = make([]float64, p)
		for i := range p {
			f.Inverse[j][i] = dot(inverse[j][max(i, j):], inverse[i][max(i, j):]).value()
		}
	}
	explained, total := double{}, double{}
	for _, v := range y {
		total = total.add(of(v))
	}
	mean := total.div(of(float64(n)))
	for k := shift(constant); k < p; k++ {
		explained = explained.add(z[k].mul(z[k]))
	}
	free := p - shift(constant) // coefficients that the model is judged by
	f.SSE, f.SSR, f.SD = sse.value(), explained.value(), variance.sqrt().value()
	f.R2 = explained.div(explained.add(sse)).value()
	f.AdjR2 = 1 - (1-f.R2)*float64(n-shift(constant))/float64(f.DF)
	f.F = explained.div(of(float64(free))).div(variance).value()
	f.CVRMSE = f.SD / mean.value()
	f.DW = steps.div(sse).value()
	f.AIC = float64(n)*(math.Log(2*math.Pi)+math.Log(f.SSE/float64(n))+1) + 2*float64(p)
	return f
}

// invert an upper triangle.
func invert(r [][]double) [][]double {
	p := len(r)
	out := make([][]double, p)
	for j := range out {
		out[j] = make([]double, p)
	}
	for j := range p {
		out[j][j] = of(1).div(r[j][j])
		for i := j - 1; i >= 0; i-- {
			s := double{}
			for k := i + 1; k <= j; k++ {
				s = s.add(r[i][k].mul(out[k][j]))
			}
			out[i][j] = s.div(r[i][i]).neg()
		}
	}
	return out
}

func dot(a, b []double) (s double) {
	for i := range a {
		s = s.add(a[i].mul(b[i]))
	}
	return s
}

func norm(a []double) double { return dot(a, a).sqrt() }

// take subtracts c times b from a.
func take(a []double, c double, b []double) {
	for i := range a {
		a[i] = a[i].sub(c.mul(b[i]))
	}
}

func scale(a []double, by double) {
	for i := range a {
		a[i] = a[i].div(by)
	}
}
