package spc

import "math"

// d2 is the mean of the range of n values of a standard normal distribution, to
// the three digits of the published tables (ASTM MNL 7, Montgomery, appendix VI),
// by which limits are compared between programs. The exact ones differ by up to
// 0.05 %.
var d2 = [...]float64{
	2: 1.128, 1.693, 2.059, 2.326, 2.534, 2.704, 2.847, 2.970, 3.078, 3.173, 3.258, 3.336, 3.407, 3.472, 3.532, 3.588, 3.640, 3.689, 3.735, 3.778, 3.819, 3.858, 3.895, 3.931,
}

// d3 is the standard deviation of that range, as tables print it to seven digits.
var d3 = [...]float64{
	2: 0.8525033, 0.8883697, 0.8798108, 0.8640855, 0.8480442, 0.8332108, 0.8198378, 0.8078413, 0.7970584, 0.7873230, 0.7784873, 0.7704257, 0.7630330, 0.7562217, 0.7499188, 0.7440627, 0.7386021, 0.7334929, 0.7286980, 0.7241851, 0.7199267, 0.7158987, 0.7120802, 0.7084528,
}

// MaxRange is the largest subgroup whose range says anything: beyond it charts
// are made with the standard deviation.
const MaxRange = len(d2) - 1

// c4 is the mean of the standard deviation of n values of a standard normal
// distribution: √(2/(n-1)) Γ(n/2) / Γ((n-1)/2).
func c4(n int) float64 {
	a, _ := math.Lgamma(float64(n) / 2)
	b, _ := math.Lgamma(float64(n-1) / 2)
	return math.Sqrt(2/float64(n-1)) * math.Exp(a-b)
}

// Constants are what limits of subgroups of a size rest on, without a unit.
type Constants struct {
	D2 float64 // mean of the range, as tables print it
	D3 float64 // its standard deviation
	C4 float64 // mean of the standard deviation
}

// ConstantsOf are those of subgroups of n values, of which there are 2 to
// [MaxRange].
func ConstantsOf(n int) (Constants, error) {
	if n < 2 || n > MaxRange {
		return Constants{}, invalid("subgroups of %d; constants are known of 2 to %d", n, MaxRange)
	}
	return Constants{d2[n], d3[n], c4(n)}, nil
}
