package capability

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"zhigai/calc/stat"
)

// Normality is Anderson and Darling's test of a normal distribution whose mean and
// standard deviation are estimated.
type Normality struct {
	A2       float64
	Adjusted float64 // A² (1 + 0.75/n + 2.25/n²)
	P        float64 // that normal values are as far off, or farther
	OK       bool    // false of fewer than 8 values, or values that do not vary
}

// minTested: with fewer values the formulas for P do not hold.
const minTested = 8

// normality of values: A² and its adjustment, and P by the formulas of D'Agostino
// and Stephens (Goodness-of-Fit Techniques, 1986, table 4.9).
func normality(values []float64, of stat.Summary) Normality {
	if of.N < minTested || of.SD <= 0 {
		return Normality{}
	}
	d := distuv.Normal{Mu: of.Mean, Sigma: of.SD}
	a2 := andersonDarling(values, func(v float64) (float64, float64) {
		z := (v - d.Mu) / d.Sigma
		return distuv.UnitNormal.CDF(z), distuv.UnitNormal.Survival(z)
	})
	n := float64(of.N)
	a := a2 * (1 + 0.75/n + 2.25/(n*n))
	return Normality{A2: a2, Adjusted: a, P: pOfAndersonDarling(a), OK: true}
}

// andersonDarling is how far values are from a distribution, given as the shares
// below and above a value: -n - Σ (2i-1)/n (ln F(xi) + ln(1 - F(x(n+1-i)))).
func andersonDarling(values []float64, of func(float64) (below, above float64)) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	sum := 0.0
	for i := range sorted {
		below, _ := of(sorted[i])
		_, above := of(sorted[n-1-i])
		sum += float64(2*i+1) * (math.Log(max(below, math.SmallestNonzeroFloat64)) + math.Log(max(above, math.SmallestNonzeroFloat64)))
	}
	return -float64(n) - sum/float64(n)
}

func pOfAndersonDarling(a float64) float64 {
	switch {
	case a < 0.2:
		return 1 - math.Exp(-13.436+101.14*a-223.73*a*a)
	case a < 0.34:
		return 1 - math.Exp(-8.318+42.796*a-59.938*a*a)
	case a < 0.6:
		return math.Exp(0.9177 - 4.279*a - 1.38*a*a)
	case a < 10:
		return math.Exp(1.2937 - 5.709*a + 0.0186*a*a)
	}
	return 3.7e-24 // the formula's value at 10, from where on it would rise
}
