package spc

import "math"

// Base is what a chart with memory goes by: points with what a Shewhart chart of
// them found, in standard errors.
type Base struct {
	Center float64
	StdDev float64 // of one value
	Points []float64
	Sizes  []float64 // values behind each point; nil is one
}

// Base of a chart of means or single values; sizes are those of its subgroups, nil
// for single values.
func (c *Chart) Base(sizes []float64) Base {
	return Base{Center: c.Center, StdDev: c.StdDev, Points: c.Statistics, Sizes: sizes}
}

func (b *Base) error(i int) float64 {
	if b.Sizes == nil {
		return b.StdDev
	}
	return b.StdDev / math.Sqrt(b.Sizes[i])
}

func (b *Base) check() error {
	if !(b.StdDev > 0) {
		return invalid("the standard deviation is %v; values that do not vary cannot be judged", b.StdDev)
	}
	return nil
}

// Sums is a tabular CUSUM (ISO 7870-4): how far points have drifted from the
// centre, upwards and downwards, in standard errors.
type Sums struct {
	Up, Down []float64 // Down is 0 or less
	// Above and Below are the points at which a sum is beyond the decision interval,
	// from 1.
	Above, Below []int
}

// CUSUM adds up what points are away by more than half of the shift that is to be
// found, in standard errors; h is the decision interval.
func CUSUM(b Base, h, shift float64) (Sums, error) {
	s := Sums{Above: []int{}, Below: []int{}}
	if err := b.check(); err != nil {
		return s, err
	}
	if !(h > 0) || !(shift > 0) || math.IsInf(h, 0) || math.IsInf(shift, 0) {
		return s, invalid("decision interval %v, shift %v; both are numbers of standard errors above 0, as 5 and 1", h, shift)
	}
	up, down := 0.0, 0.0
	for i, v := range b.Points {
		z := (v - b.Center) / b.error(i)
		up, down = max(0, up+z-shift/2), min(0, down+z+shift/2)
		s.Up, s.Down = append(s.Up, up), append(s.Down, down)
		if up > h {
			s.Above = append(s.Above, i+1)
		}
		if down < -h {
			s.Below = append(s.Below, i+1)
		}
	}
	return s, nil
}

// EWMA charts exponentially weighted means y(i) = λ x(i) + (1-λ) y(i-1) from the
// centre (ISO 7870-6), with the limits of each point: width times
// σ/√n √(λ/(2-λ) (1-(1-λ)^2i)).
func EWMA(b Base, lambda, width float64) (*Chart, error) {
	if err := b.check(); err != nil {
		return nil, err
	}
	if !(lambda > 0) || lambda > 1 || !(width > 0) || math.IsInf(width, 0) {
		return nil, invalid("weight %v, width %v; the weight is above 0 and at most 1, the width above 0, as 0.2 and 2.86", lambda, width)
	}
	c := &Chart{Center: b.Center, StdDev: b.StdDev, Trial: len(b.Points)}
	y := b.Center
	for i, v := range b.Points {
		y = lambda*v + (1-lambda)*y
		e := b.error(i) * math.Sqrt(lambda/(2-lambda)*(1-math.Pow(1-lambda, 2*float64(i+1))))
		c.point(y, width*e, math.Inf(-1))
	}
	return c, nil
}
