package model

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// Ridge is a linear regression whose coefficients are held small (Hoerl and Kennard,
// Ridge regression: biased estimation for nonorthogonal problems, Technometrics 12,
// 1970), over columns brought to mean 0 and standard deviation 1.
type Ridge struct {
	Scale    Scale     `json:"scale"`
	Coef     []float64 `json:"coef"`     // for a standard deviation of each column, in the unit of the answer; 0 where a column does not vary
	Constant float64   `json:"constant"` // the answer where all columns are at their means
	Lambda   float64   `json:"lambda"`   // added to the diagonal of X'X of the scaled columns
}

// Scale is where columns lie: their means and standard deviations, divided by n.
type Scale struct {
	Mean []float64 `json:"mean"`
	SD   []float64 `json:"sd"` // 0 of what does not vary
}

// still is the share of its size below which a column's spread is rounding.
const still = 1e-12

func newScale(rows [][]float64) Scale {
	n, width := float64(len(rows)), len(rows[0])
	s := Scale{Mean: make([]float64, width), SD: make([]float64, width)}
	for _, r := range rows {
		for j, v := range r {
			s.Mean[j] += v / n
		}
	}
	for _, r := range rows {
		for j, v := range r {
			s.SD[j] += (v - s.Mean[j]) * (v - s.Mean[j]) / n
		}
	}
	for j, v := range s.SD {
		if s.SD[j] = math.Sqrt(v); s.SD[j] <= still*math.Abs(s.Mean[j]) {
			s.SD[j] = 0
		}
	}
	return s
}

// of writes a row in standard deviations from the means; 0 where a column does not vary.
func (s Scale) of(dst, row []float64) {
	for j, v := range row {
		dst[j] = 0
		if s.SD[j] > 0 {
			dst[j] = (v - s.Mean[j]) / s.SD[j]
		}
	}
}

func (s Scale) check(width int) error {
	if len(s.Mean) != width || len(s.SD) != width {
		return invalid("means and spreads of %d and %d columns; %d are given", len(s.Mean), len(s.SD), width)
	}
	return nil
}

// moments are the sums that ridge regression needs, of columns that are scaled.
type moments struct {
	scale  Scale
	meanY  float64
	xx     *mat.SymDense
	xy     []float64
	values []float64 // of the decomposition of xx
	turn   mat.Dense // its vectors
	turned []float64 // xy in them
}

func newMoments(rows [][]float64, y []float64) (*moments, error) {
	width := len(rows[0])
	m := &moments{scale: newScale(rows), xx: mat.NewSymDense(width, nil), xy: make([]float64, width), turned: make([]float64, width)}
	for _, v := range y {
		m.meanY += v / float64(len(y))
	}
	z := make([]float64, width)
	for i, r := range rows {
		m.scale.of(z, r)
		m.xx.SymRankOne(m.xx, 1, mat.NewVecDense(width, z))
		for j, v := range z {
			m.xy[j] += v * (y[i] - m.meanY)
		}
	}
	var e mat.EigenSym
	if !e.Factorize(m.xx, true) {
		return nil, invalid("the columns' correlations cannot be decomposed; leave out columns that are copies of others")
	}
	m.values = e.Values(nil)
	e.VectorsTo(&m.turn)
	for j := range width {
		for i, v := range m.xy {
			m.turned[j] += m.turn.At(i, j) * v
		}
	}
	return m, nil
}

// solve gives the coefficients for a lambda; directions in which nothing varies
// count for nothing.
func (m *moments) solve(lambda float64) *Ridge {
	width := len(m.xy)
	r := &Ridge{Scale: m.scale, Coef: make([]float64, width), Constant: m.meanY, Lambda: lambda}
	for j, d := range m.values {
		if d+lambda <= still*m.values[width-1] {
			continue
		}
		for i := range width {
			r.Coef[i] += m.turn.At(i, j) * m.turned[j] / (d + lambda)
		}
	}
	return r
}

// TrainRidge fits with a lambda of 0 or more, which is that of R's lm.ridge: added
// to the diagonal of X'X, columns scaled by their standard deviations over n.
func TrainRidge(rows [][]float64, y []float64, lambda float64) (*Ridge, error) {
	if err := check(rows, y); err != nil {
		return nil, err
	}
	if !(lambda >= 0) || math.IsInf(lambda, 0) {
		return nil, invalid("lambda is %v; 0 or more is possible", lambda)
	}
	m, err := newMoments(rows, y)
	if err != nil {
		return nil, err
	}
	return m.solve(lambda), nil
}

// lambdas that are tried, for one row: from next to nothing to where little is left
// of any coefficient.
var lambdas = []float64{1e-6, 1e-5, 1e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 1, 3, 10}

// chooseRidge fits with the lambda that answers best for folds that it did not
// learn from.
func chooseRidge(rows [][]float64, y []float64, folds []int) (*Ridge, error) {
	errs := make([]float64, len(lambdas))
	for k := range slices.Max(folds) + 1 {
		var learn [][]float64
		var want []float64
		for i, f := range folds {
			if f != k {
				learn, want = append(learn, rows[i]), append(want, y[i])
			}
		}
		if len(learn) == 0 || len(learn) == len(rows) {
			continue
		}
		m, err := newMoments(learn, want)
		if err != nil {
			return nil, err
		}
		for l, lambda := range lambdas {
			r := m.solve(lambda * float64(len(learn)))
			for i, f := range folds {
				if f == k {
					e := r.Predict(rows[i]) - y[i]
					errs[l] += e * e
				}
			}
		}
	}
	best := 0
	for l, e := range errs {
		if e < errs[best] {
			best = l
		}
	}
	return TrainRidge(rows, y, lambdas[best]*float64(len(rows)))
}

// Predict answers for a row.
func (r *Ridge) Predict(row []float64) float64 {
	v := r.Constant
	for j, x := range row {
		if r.Scale.SD[j] > 0 {
			v += r.Coef[j] * (x - r.Scale.Mean[j]) / r.Scale.SD[j]
		}
	}
	return v
}

// Check refuses a regression that is not of so many columns.
func (r *Ridge) Check(width int) error {
	if len(r.Coef) != width {
		return invalid("coefficients of %d columns; %d are given", len(r.Coef), width)
	}
	return r.Scale.check(width)
}
