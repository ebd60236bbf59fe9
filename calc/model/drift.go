package model

import (
	"math"
	"slices"
)

// driftBins is into how many parts of equal number a feature is cut to be
// watched.
const driftBins = 10

// Watch is how the features lay that a model was trained on.
type Watch struct {
	Limits [][]float64 `json:"limits"`
	Shares [][]float64 `json:"shares"`
}

// NewWatch keeps how each feature is distributed.
func NewWatch(rows [][]float64) (*Watch, error) {
	if err := check(rows, make([]float64, len(rows))); err != nil {
		return nil, err
	}
	w := &Watch{}
	for f := range rows[0] {
		s := make([]float64, len(rows))
		for i, r := range rows {
			s[i] = r[f]
		}
		slices.Sort(s)
		limits := []float64{}
		for k := 1; k < driftBins; k++ {
			if v := s[k*len(s)/driftBins]; len(limits) == 0 || v > limits[len(limits)-1] {
				limits = append(limits, v)
			}
		}
		w.Limits = append(w.Limits, limits)
		w.Shares = append(w.Shares, shares(limits, s))
	}
	return w, nil
}

func shares(limits, values []float64) []float64 {
	out := make([]float64, len(limits)+1)
	for _, v := range values {
		at, _ := slices.BinarySearch(limits, v)
		out[at] += 1 / float64(len(values))
	}
	return out
}

// Drift is the population stability index of each feature: Σ (now − then)·ln(now
// ÷ then) over the parts. Up to 0.1 is taken for no change, above 0.25 for one
// that asks for a new model (Siddiqi, Credit risk scorecards, 2006, chapter 9).
// Parts that nothing fell into count as half a row.
func (w *Watch) Drift(rows [][]float64) ([]float64, error) {
	if err := check(rows, make([]float64, len(rows))); err != nil {
		return nil, err
	}
	if len(rows[0]) != len(w.Limits) {
		return nil, invalid("rows of %d columns; the model was trained on %d", len(rows[0]), len(w.Limits))
	}
	out := make([]float64, len(w.Limits))
	least := 0.5 / float64(len(rows))
	for f, limits := range w.Limits {
		values := make([]float64, len(rows))
		for i, r := range rows {
			values[i] = r[f]
		}
		for k, now := range shares(limits, values) {
			a, b := max(now, least), max(w.Shares[f][k], least)
			out[f] += (a - b) * math.Log(a/b)
		}
	}
	return out, nil
}
