package spc

import (
	"math"
	"math/rand/v2"
)

// Chance is how many signals for each point a process in control gives by chance:
// points one behind the other that break a rule are one signal. It is found by a
// fixed run of 10⁵ independent normal points, so that it is known to some 4 % of
// itself; 0 without rules.
func Chance(rules []Rule) float64 {
	const n = 100_000
	r := rand.New(rand.NewPCG(1, 2))
	c := &Chart{Center: 0, StdDev: 1, UCL: []float64{Sigmas}, LCL: []float64{-Sigmas}, Statistics: make([]float64, n)}
	for i := range c.Statistics {
		c.Statistics[i] = r.NormFloat64()
	}
	broken := make([]bool, n+1) // by point, from 1
	for _, points := range c.Violations(rules) {
		for _, p := range points {
			broken[p] = true
		}
	}
	signals := 0
	for i := 1; i <= n; i++ {
		if broken[i] && !broken[i-1] {
			signals++
		}
	}
	return float64(signals) / n
}

// AtLeast is the probability of k signals or more where so many are expected by
// chance (Poisson).
func AtLeast(k int, expected float64) float64 {
	below, term := 0.0, math.Exp(-expected)
	for i := range k {
		below += term
		term *= expected / float64(i+1)
	}
	return max(0, 1-below)
}
