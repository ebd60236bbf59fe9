// Package model is models that are trained and asked inside the program:
// gradient-boosted regression trees, the quantiles that make honest intervals of
// what they say, and the watch over whether they are still asked about what they
// have learnt from. The same data and seed give the same model to the bit.
//
// It knows no machine, file or clock, and never judges a model by data it was
// trained on; which data those are the caller says. Start with [Train].
package model

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"zhigai/calc/stat"
)

// ErrInvalid is what nothing can be learnt of; the text says what to do.
var ErrInvalid = errors.New("model: not possible")

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))
}

// check refuses tables that are none.
func check(rows [][]float64, y []float64) error {
	if err := stat.Answered(rows, y, 1); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return nil
}

// Conformal is the half width, in the unit of the scores, that covers a share of
// what comes, when scores are those of data that are like what comes and no model
// has seen: the ⌈(n+1)·share⌉-th smallest (Lei et al., Distribution-free
// predictive inference for regression, JASA 113, 2018, algorithm 2). It is false
// when there are too few scores for that share.
func Conformal(scores []float64, share float64) (float64, bool) {
	k := int(math.Ceil(float64(len(scores)+1) * share))
	if k < 1 || k > len(scores) {
		return 0, false
	}
	s := slices.Clone(scores)
	slices.Sort(s)
	return s[k-1], true
}

// RMSE is the root of the mean squared difference.
func RMSE(got, want []float64) float64 {
	sum := 0.0
	for i := range got {
		sum += (got[i] - want[i]) * (got[i] - want[i])
	}
	return math.Sqrt(sum / float64(len(got)))
}

// AUC is the share of pairs of a row with answer 1 and one with 0 that scores put
// in this order; ties count half (Hanley and McNeil, Radiology 143, 1982). NaN
// when there are no such pairs.
func AUC(scores, y []float64) float64 {
	order := make([]int, len(y))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(scores[a], scores[b]) })
	ranks, ones := 0.0, 0.0
	for from := 0; from < len(order); {
		to := from
		for to < len(order) && scores[order[to]] == scores[order[from]] {
			to++
		}
		for _, i := range order[from:to] {
			if y[i] == 1 {
				ranks += float64(from+to+1) / 2
				ones++
			}
		}
		from = to
	}
	return (ranks - ones*(ones+1)/2) / (ones * (float64(len(y)) - ones))
}
