package sampling

import "gonum.org/v1/gonum/stat/distuv"

// Share is the interval of the share of nonconforming units in what a sample was drawn
// from: found of n units, at a confidence such as 0.95 (Clopper and Pearson, Biometrika
// 26, 1934, 404–413). It holds the true share at least that often. Of no units it is 0
// to 1.
func Share(found, n int64, confidence float64) (low, high float64) {
	tail := (1 - confidence) / 2
	low, high = 0, 1
	if found > 0 {
		low = distuv.Beta{Alpha: float64(found), Beta: float64(n - found + 1)}.Quantile(tail)
	}
	if found < n {
		high = distuv.Beta{Alpha: float64(found + 1), Beta: float64(n - found)}.Quantile(1 - tail)
	}
	return low, high
}
