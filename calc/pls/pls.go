// Package pls finds what a measured quantity goes with among many others that go
// with one another: partial least squares regression, and a screening of causes
// that says whether there is anything to be found before it says what.
//
// It knows no machine, clock or I/O. Rows are in the order of time. What it finds
// are associations: a trial shows whether one is a cause. Start with [Regress] and
// [Screen].
package pls

import (
	"errors"
	"fmt"
	"math"

	"zhigai/calc/stat"
)

// ErrInvalid is wrapped by every refusal; its text says what is wrong and what
// would do.
var ErrInvalid = errors.New("nothing can be learnt of this table")

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))
}

// Model is a partial least squares regression of one quantity on columns that were
// brought to mean 0 and standard deviation 1 (n - 1).
type Model struct {
	Components int
	// Coef and Constant predict in the units of the table; Scaled are for columns in
	// standard deviations.
	Coef     []float64
	Constant float64
	Scaled   []float64
	// VIP is each column's importance in projection: the mean of their squares is 1,
	// and what is above 1 explains more than its share (Wold, Johansson & Cocchi 1993;
	// Chong & Jun, Chemometrics 78, 2005).
	VIP []float64
	R2  float64 // of the rows that it was fitted to

	meanX, sdX []float64
	meanY      float64
	w, p       [][]float64
	q          []float64
}

// check refuses tables that are none.
func check(x [][]float64, y []float64) error {
	if err := stat.Answered(x, y, 3); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return nil
}

// Regress fits so many components with the NIPALS algorithm for one quantity
// (Wold, Sjöström & Eriksson, Chemometrics 58, 2001), which gives what SIMPLS does
// (de Jong, Chemometrics 18, 1993). Fewer components come back when the columns
// have no more in them.
func Regress(x [][]float64, y []float64, components int) (*Model, error) {
	if err := check(x, y); err != nil {
		return nil, err
	}
	if components < 1 || components > len(x[0]) || components > len(x)-1 {
		return nil, invalid("%d components of %d rows and %d columns; take 1 to %d", components, len(x), len(x[0]), min(len(x[0]), len(x)-1))
	}
	return fit(x, y, components), nil
}

// fit is Regress of a table that was checked.
func fit(x [][]float64, y []float64, components int) *Model {
	n, k := len(x), len(x[0])
	m := &Model{meanX: make([]float64, k), sdX: make([]float64, k)}
	for _, r := range x {
		for j, v := range r {
			m.meanX[j] += v / float64(n)
		}
	}
	for _, r := range x {
		for j, v := range r {
			m.sdX[j] += (v - m.meanX[j]) * (v - m.meanX[j])
		}
	}
	for j := range m.sdX {
		const rounding = 1e-12 // of a column that stands still, in its mean
		if m.sdX[j] = math.Sqrt(m.sdX[j] / float64(n-1)); m.sdX[j] <= rounding*math.Abs(m.meanX[j]) {
			m.sdX[j] = 0
		}
	}
	for _, v := range y {
		m.meanY += v / float64(n)
	}
	rest := make([]float64, n*k) // of the columns, row by row
	left, total := make([]float64, n), 0.
	for i, r := range x {
		m.scale(r, rest[i*k:(i+1)*k])
		left[i] = y[i] - m.meanY
		total += left[i] * left[i]
	}
	explained := make([]float64, 0, components)
	for range components {
		if !m.component(rest, left, total, &explained) {
			break
		}
	}
	m.Components = len(m.q)
	m.finish(explained, left, total)
	return m
}

// scale brings a row to mean 0 and deviation 1; a column that stands still is 0.
func (m *Model) scale(row, out []float64) {
	for j, v := range row {
		if out[j] = 0; m.sdX[j] > 0 {
			out[j] = (v - m.meanX[j]) / m.sdX[j]
		}
	}
}

// component takes one more from what is left; false when nothing is.
func (m *Model) component(rest, left []float64, total float64, explained *[]float64) bool {
	n, k := len(left), len(m.meanX)
	w := make([]float64, k)
	for i := range n {
		for j, v := range rest[i*k : (i+1)*k] {
			w[j] += v * left[i]
		}
	}
	size := math.Sqrt(dot(w, w))
	const nothing = 1e-12 // of what there was to explain
	if !(size > nothing*math.Sqrt(total*float64(n))) {
		return false
	}
	for j := range w {
		w[j] /= size
	}
	t, tt, q := make([]float64, n), 0., 0.
	for i := range n {
		t[i] = dot(rest[i*k:(i+1)*k], w)
		tt += t[i] * t[i]
		q += t[i] * left[i]
	}
	if !(tt > nothing) {
		return false
	}
	q /= tt
	p := make([]float64, k)
	for i := range n {
		for j, v := range rest[i*k : (i+1)*k] {
			p[j] += v * t[i] / tt
		}
	}
	for i := range n {
		for j := range p {
			rest[i*k+j] -= t[i] * p[j]
		}
		left[i] -= q * t[i]
	}
	m.w, m.p, m.q = append(m.w, w), append(m.p, p), append(m.q, q)
	*explained = append(*explained, q*q*tt)
	return true
}

func dot(a, b []float64) (sum float64) {
	for i, v := range a {
		sum += v * b[i]
	}
	return sum
}

// finish makes coefficients, importances and how much is explained.
func (m *Model) finish(explained, left []float64, total float64) {
	k := len(m.meanX)
	m.Scaled, m.Coef, m.VIP = make([]float64, k), make([]float64, k), make([]float64, k)
	m.Constant = m.meanY
	// Rotations: what of a scaled row each component is, without taking components off
	// one after the other.
	rotated := make([][]float64, len(m.w))
	for a, w := range m.w {
		r := append([]float64(nil), w...)
		for b := range a {
			c := dot(m.p[b], w)
			for j := range r {
				r[j] -= c * rotated[b][j]
			}
		}
		rotated[a] = r
		for j := range r {
			m.Scaled[j] += m.q[a] * r[j]
		}
	}
	for j := range k {
		if m.sdX[j] > 0 {
			m.Coef[j] = m.Scaled[j] / m.sdX[j]
			m.Constant -= m.Coef[j] * m.meanX[j]
		}
	}
	all := 0.
	for _, e := range explained {
		all += e
	}
	for j := range k {
		for a, e := range explained {
			m.VIP[j] += float64(k) * e / all * m.w[a][j] * m.w[a][j]
		}
		m.VIP[j] = math.Sqrt(m.VIP[j])
	}
	if total > 0 {
		m.R2 = 1 - dot(left, left)/total
	}
}

// Predict is what the quantity is expected to be for a row of the table's columns.
func (m *Model) Predict(row []float64) float64 { return m.Constant + dot(m.Coef, row) }

// predictions are those by 1, 2 … components.
func (m *Model) predictions(row, scratch []float64, out []float64) {
	m.scale(row, scratch)
	is := m.meanY
	for a := range out {
		if a < len(m.q) {
			t := dot(scratch, m.w[a])
			for j := range scratch {
				scratch[j] -= t * m.p[a][j]
			}
			is += t * m.q[a]
		}
		out[a] = is
	}
}
