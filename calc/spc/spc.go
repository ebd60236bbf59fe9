// Package spc is statistical process control: Shewhart charts (GB/T 17989.2,
// ISO 7870-2), CUSUM (ISO 7870-4), EWMA (ISO 7870-6), the rules by which points
// are signals, from numbers to numbers. Limits come from the points of phase I;
// those after them are judged by the same limits.
//
// It knows no clock, no store and no characteristic. Start with [XBar].
package spc

import (
	"errors"
	"fmt"
	"math"
)

// ErrInvalid is data of which no chart can be made; the text says where and what
// to do.
var ErrInvalid = errors.New("spc: not possible")

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))
}

// Sigmas is how far the limits of a Shewhart chart are from its centre.
const Sigmas = 3

// Chart is a control chart.
type Chart struct {
	Center float64
	StdDev float64 // of one value, within subgroups
	// LCL and UCL have an element for each point, or one when it is the same for
	// all.
	LCL, UCL   []float64
	Statistics []float64
	Trial      int // points of phase I, from which the limits are made; the first ones
}

// limits of a point.
func (c *Chart) limits(i int) (lcl, ucl float64) {
	return at(c.LCL, i), at(c.UCL, i)
}

func at(all []float64, i int) float64 {
	if len(all) == 1 {
		return all[0]
	}
	return all[i]
}

// Beyond are the points outside of the limits, from 1. A point on a limit is not.
func (c *Chart) Beyond() []int {
	out := []int{}
	for i, v := range c.Statistics {
		if lcl, ucl := c.limits(i); v < lcl || v > ucl {
			out = append(out, i+1)
		}
	}
	return out
}

// z are the points in standard errors from the centre, by the upper limit: the
// lower one may have been cut off at 0. They are NaN where nothing varies.
func (c *Chart) z() []float64 {
	out := make([]float64, len(c.Statistics))
	for i, v := range c.Statistics {
		_, ucl := c.limits(i)
		out[i] = (v - c.Center) * Sigmas / (ucl - c.Center)
	}
	return out
}

// same makes one of limits that are the same for all points.
func same(all []float64) []float64 {
	for _, v := range all {
		if v != all[0] {
			return all
		}
	}
	return all[:1]
}

// finite refuses what no number can be made of.
func finite(v float64, what string, at int) error {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return invalid("%s %d is %v; leave it out or mend it", what, at+1, v)
	}
	return nil
}
