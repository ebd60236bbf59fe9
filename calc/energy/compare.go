package energy

import (
	"slices"
)

// MinPeers is how many of a kind are compared at least: of two, each is the other's
// standard.
const MinPeers = 3

// Standing is where values of one kind stand among each other, lower being better.
type Standing struct {
	N      int     `json:"n"`
	Lower  float64 `json:"lower_quartile" doc:"A quarter of them is no worse: what such a machine is known to reach here"`
	Median float64 `json:"median"`
	Upper  float64 `json:"upper_quartile"`
	Best   float64 `json:"best"`
	Worst  float64 `json:"worst"`
}

// Stand compares values of one kind; ok is false of fewer than [MinPeers].
// Quartiles are by Hyndman and Fan's definition 7 (The American Statistician 50,
// 1996), as spreadsheets have it.
func Stand(values []float64) (out Standing, ok bool) {
	if len(values) < MinPeers {
		return Standing{N: len(values)}, false
	}
	v := slices.Sorted(slices.Values(values))
	at := func(q float64) float64 {
		h := q * float64(len(v)-1)
		i := min(int(h), len(v)-2)
		return v[i] + (h-float64(i))*(v[i+1]-v[i])
	}
	return Standing{N: len(v), Lower: at(0.25), Median: at(0.5), Upper: at(0.75), Best: v[0], Worst: v[len(v)-1]}, true
}

// SavedShare is how much of what the old one used the new one saves for the same
// work, below 1; from their efficiencies, where higher is better, or from what each
// uses for a unit. A new one that is no better saves nothing or less than nothing.
// ok is false of numbers that are not above 0.
//
// For a motor at the same shaft power P over h hours the saving is P·h·(1/η_old −
// 1/η_new), a share 1 − η_old/η_new of what the old one draws.
func SavedShare(from, to float64, higherIsBetter bool) (share float64, ok bool) {
	if !(from > 0) || !(to > 0) || !plain(from) || !plain(to) {
		return 0, false
	}
	if higherIsBetter {
		return 1 - from/to, true
	}
	return 1 - to/from, true
}

// Payback is the years after which a price is saved, without interest (simple
// pay-back); ok is false where nothing is saved.
func Payback(price, savedPerYear float64) (years float64, ok bool) {
	if !(savedPerYear > 0) || price < 0 {
		return 0, false
	}
	return price / savedPerYear, true
}
