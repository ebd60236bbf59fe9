package spc

import "math"

// Charts of phase II: limits are given, by the centre and the standard deviation of
// one value that were found in phase I, and points judged by them.

// XBarBy charts means of subgroups by given limits.
func XBarBy(all [][]float64, center, sd float64) (*Chart, error) {
	groups, err := groupsOf(all)
	if err != nil {
		return nil, err
	}
	c := &Chart{Center: center, StdDev: sd}
	for _, g := range groups {
		c.point(g.mean, Sigmas*sd/math.Sqrt(float64(g.n)), math.Inf(-1))
	}
	return c.done(), nil
}

// SpreadBy charts ranges of subgroups, or their standard deviations, by a given
// deviation of one value: d2 σ ± 3 d3 σ, c4 σ ± 3 σ √(1 - c4²). The centre is that of
// the first subgroup.
func SpreadBy(all [][]float64, deviations bool, sd float64) (*Chart, error) {
	groups, err := groupsOf(all)
	if err != nil {
		return nil, err
	}
	c := &Chart{StdDev: sd}
	for i, g := range groups {
		center, half, v := 0.0, 0.0, g.sd
		if deviations {
			k := c4(g.n)
			center, half = k*sd, Sigmas*sd*math.Sqrt(1-k*k)
		} else {
			if g.n > MaxRange {
				return nil, invalid("subgroup %d has %d values; ranges are charted up to %d: chart standard deviations", i+1, g.n, MaxRange)
			}
			center, half, v = d2[g.n]*sd, Sigmas*d3[g.n]*sd, g.width
		}
		if i == 0 {
			c.Center = center
		}
		c.Statistics = append(c.Statistics, v)
		c.LCL, c.UCL = append(c.LCL, max(0, center-half)), append(c.UCL, center+half)
	}
	return c.done(), nil
}

// IndividualsBy charts single values by given limits.
func IndividualsBy(values []float64, center, sd float64) *Chart {
	c := &Chart{Center: center, StdDev: sd}
	for _, v := range values {
		c.point(v, Sigmas*sd, math.Inf(-1))
	}
	return c.done()
}

// MovingBy charts the ranges of two values after each other by a given deviation.
func MovingBy(values []float64, sd float64) *Chart {
	c := &Chart{Center: d2[2] * sd, StdDev: sd}
	for i := 1; i < len(values); i++ {
		c.point(math.Abs(values[i]-values[i-1]), Sigmas*d3[2]*sd, 0)
	}
	return c.done()
}

// CountsBy charts what was found in samples by a given centre: a share (p), a number
// in samples of one size (np, c) or a number per unit (u).
func CountsBy(chart string, center float64, all []Count) (*Chart, error) {
	if _, _, err := counts(all, max(2, len(all)), chart == "p" || chart == "np"); err != nil && len(all) > 1 {
		return nil, err
	}
	c := &Chart{Center: center}
	for _, s := range all {
		switch chart {
		case "p":
			c.StdDev = math.Sqrt(center * (1 - center))
			c.point(s.Found/s.Size, Sigmas*c.StdDev/math.Sqrt(s.Size), 0)
		case "np":
			c.StdDev = math.Sqrt(center * (1 - center/s.Size))
			c.point(s.Found, Sigmas*c.StdDev, 0)
		case "c":
			c.StdDev = math.Sqrt(center)
			c.point(s.Found, Sigmas*c.StdDev, 0)
		case "u":
			c.StdDev = math.Sqrt(center)
			c.point(s.Found/s.Size, Sigmas*c.StdDev/math.Sqrt(s.Size), 0)
		default:
			return nil, invalid("chart %q of counts; write p, np, c or u", chart)
		}
	}
	return c.done(), nil
}
