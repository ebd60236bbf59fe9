// Package energy is the arithmetic of energy management: meter readings made
// intervals, demand, baseline models with their fit, measured savings with their
// uncertainty, cumulative sums and performance indicators.
//
// It knows no clock, no store and no unit: energy is in the unit it comes in, and
// what comes out is in the same. Start with [Fit] and [Model.Saving]; of meters
// with [Meter.Intervals], of demand with [Peak].
package energy

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// ErrInvalid is what nothing can be computed of; the text says what to do.
var ErrInvalid = errors.New("energy: not possible")

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))
}

func plain(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// twoSided is how likely a t at least as far from 0 is where nothing is behind it.
func twoSided(t float64, df int) float64 {
	if !plain(t) {
		return math.NaN()
	}
	return 2 * distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(df)}.CDF(-math.Abs(t))
}

// quantile is the t between whose negative and itself a share of all lies.
func quantile(share float64, df int) float64 {
	return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(df)}.Quantile((1 + share) / 2)
}
