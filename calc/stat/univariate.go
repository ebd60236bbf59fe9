// Package stat is statistics of plain numbers, to the digits of certified
// answers: moments, least squares, analysis of variance. Sums are kept to twice
// the digits of a number.
//
// It knows no clock, no store and no unit. Start with [Of], [Regress], [OneWay].
package stat

import (
	"errors"
	"fmt"
	"math"
)

// ErrInvalid is what nothing can be computed of; the text says what to do.
var ErrInvalid = errors.New("stat: not possible")

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))
}

// Summary is what a series of numbers is like.
type Summary struct {
	N        int
	Mean     float64
	SD       float64 // of a sample: divided by n - 1
	Lag1     float64 // autocorrelation of each with the one before it; NaN of what does not vary
	Min, Max float64
}

// Of sums a series up. It refuses fewer than two numbers, and what is no number.
func Of(values []float64) (Summary, error) {
	if len(values) < 2 {
		return Summary{}, invalid("%d values; two at least have a spread", len(values))
	}
	s := Summary{N: len(values), Min: math.Inf(1), Max: math.Inf(-1)}
	total := double{}
	for i, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return Summary{}, invalid("value %d is %v; leave it out or mend it", i+1, v)
		}
		total = total.add(of(v))
		s.Min, s.Max = min(s.Min, v), max(s.Max, v)
	}
	mean := total.div(of(float64(s.N)))
	squares, products, before := double{}, double{}, double{}
	for i, v := range values {
		d := of(v).sub(mean)
		squares = squares.add(d.mul(d))
		if i > 0 {
			products = products.add(d.mul(before))
		}
		before = d
	}
	s.Mean = mean.value()
	s.SD = squares.div(of(float64(s.N - 1))).sqrt().value()
	s.Lag1 = products.div(squares).value()
	return s, nil
}
