package maturity

import (
	"math"
	"slices"
)

// Peers says where a value stands among those of others.
type Peers struct {
	Count          int
	Q25, Q50, Q75  float64
	Below, AtLeast int // how many are lower, how many not lower
}

// Compare places own among the totals of other firms. It gives false when there
// are fewer than least: of so few, one could be told from the quantiles.
//
// Quantiles are interpolated linearly between order statistics (Hyndman and Fan
// 1996, definition 7).
func Compare(own float64, others []float64, least int) (Peers, bool) {
	if len(others) < max(least, 1) {
		return Peers{Count: len(others)}, false
	}
	sorted := slices.Sorted(slices.Values(others))
	p := Peers{Count: len(sorted), Q25: quantile(sorted, 0.25), Q50: quantile(sorted, 0.5), Q75: quantile(sorted, 0.75)}
	for _, v := range sorted {
		if v < own {
			p.Below++
		} else {
			p.AtLeast++
		}
	}
	return p, true
}

// quantile of sorted values, q in 0..1.
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	i := int(math.Floor(at))
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}
