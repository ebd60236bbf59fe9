package spc

import (
	"math"
)

// XBar charts means of subgroups; the first trial ones make the limits:
// x̿ ± 3 σ/√n.
func XBar(all [][]float64, trial int, by Estimator) (*Chart, error) {
	groups, s, err := measured(all, trial, by)
	if err != nil {
		return nil, err
	}
	c := &Chart{StdDev: s, Trial: trial}
	c.Center = weighted(groups[:trial], func(g group) float64 { return g.mean })
	for _, g := range groups {
		c.point(g.mean, Sigmas*s/math.Sqrt(float64(g.n)), math.Inf(-1))
	}
	return c.done(), nil
}

// Range charts the ranges of subgroups: R̄ ± 3 d3 σ.
func Range(all [][]float64, trial int, by Estimator) (*Chart, error) {
	return spread(all, trial, by, func(g group) float64 { return g.width }, func(n int) (float64, error) {
		if n > MaxRange {
			return 0, invalid("a subgroup has %d values; ranges are charted up to %d: chart standard deviations", n, MaxRange)
		}
		return d3[n], nil
	})
}

// SD charts the standard deviations of subgroups: s̄ ± 3 σ √(1 - c4²).
func SD(all [][]float64, trial int, by Estimator) (*Chart, error) {
	return spread(all, trial, by, func(g group) float64 { return g.sd }, func(n int) (float64, error) {
		c := c4(n)
		return math.Sqrt(1 - c*c), nil
	})
}

func spread(all [][]float64, trial int, by Estimator, of func(group) float64, unscaled func(n int) (float64, error)) (*Chart, error) {
	groups, s, err := measured(all, trial, by)
	if err != nil {
		return nil, err
	}
	c := &Chart{StdDev: s, Trial: trial, Center: weighted(groups[:trial], of)}
	for _, g := range groups {
		k, err := unscaled(g.n)
		if err != nil {
			return nil, err
		}
		c.point(of(g), Sigmas*k*s, 0)
	}
	return c.done(), nil
}

// weighted is the mean of what subgroups have, each as often as it has values.
func weighted(groups []group, of func(group) float64) float64 {
	sum, n := 0.0, 0
	for _, g := range groups {
		sum += of(g) * float64(g.n)
		n += g.n
	}
	return sum / float64(n)
}

// Individuals charts single values: x̄ ± 3 σ, by default from moving ranges of two.
func Individuals(values []float64, trial int, by Estimator) (*Chart, error) {
	for i, v := range values {
		if err := finite(v, "value", i); err != nil {
			return nil, err
		}
	}
	if err := phase(len(values), trial); err != nil {
		return nil, err
	}
	g := groupOf(values[:trial])
	c := &Chart{Center: g.mean, Trial: trial}
	switch by {
	case MovingRange:
		for i, v := range values[1:trial] {
			c.StdDev += math.Abs(v - values[i])
		}
		c.StdDev /= float64(trial-1) * d2[2]
	case Overall:
		c.StdDev = g.sd / c4(trial)
	default:
		return nil, invalid("%q is no estimator of single values; write %s or %s", by, MovingRange, Overall)
	}
	for _, v := range values {
		c.point(v, Sigmas*c.StdDev, math.Inf(-1))
	}
	return c.done(), nil
}

// Moving charts the ranges of two single values after each other: MR̄, and D4 MR̄
// with D4 = 1 + 3 d3/d2.
func Moving(values []float64, trial int) (*Chart, error) {
	pairs := make([][]float64, max(0, len(values)-1))
	for i := range pairs {
		pairs[i] = values[i : i+2]
	}
	return Range(pairs, trial-1, MeanRange)
}

// point adds one with limits so far from the centre, cut off at a floor.
func (c *Chart) point(v, half, floor float64) {
	c.Statistics = append(c.Statistics, v)
	c.LCL, c.UCL = append(c.LCL, max(floor, c.Center-half)), append(c.UCL, c.Center+half)
}

func (c *Chart) done() *Chart {
	c.LCL, c.UCL = same(c.LCL), same(c.UCL)
	return c
}
