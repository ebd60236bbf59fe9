package spc

import (
	"math"
	"slices"
)

// Estimator says how the standard deviation within subgroups is found.
type Estimator string

// Estimators of subgroups, by the names of the R package qcc: unweighted averages
// (UWAVE) and minimum-variance linear ones (MVLUE) of ranges or standard
// deviations, and the root of the mean square (RMSDF), each without bias.
const (
	MeanRange     Estimator = "UWAVE-R"
	MeanSD        Estimator = "UWAVE-SD"
	WeightedRange Estimator = "MVLUE-R"
	WeightedSD    Estimator = "MVLUE-SD"
	Pooled        Estimator = "RMSDF"
)

// Estimators of single values.
const (
	MovingRange Estimator = "MR" // mean of |x(i) - x(i-1)| / d2(2)
	Overall     Estimator = "SD" // of all values / c4
)

// group is a subgroup in numbers.
type group struct {
	n               int
	mean, sd, width float64
}

func groupOf(values []float64) group {
	g := group{n: len(values)}
	for _, v := range values {
		g.mean += v
	}
	g.mean /= float64(g.n)
	for _, v := range values {
		g.sd += (v - g.mean) * (v - g.mean)
	}
	if g.n > 1 {
		g.sd = math.Sqrt(g.sd / float64(g.n-1))
	}
	g.width = slices.Max(values) - slices.Min(values)
	return g
}

// measured are the subgroups, and the standard deviation within those of phase I.
func measured(all [][]float64, trial int, by Estimator) ([]group, float64, error) {
	groups, err := groupsOf(all)
	if err != nil {
		return nil, 0, err
	}
	if err := phase(len(all), trial); err != nil {
		return nil, 0, err
	}
	s, err := sigma(groups[:trial], by)
	return groups, s, err
}

func groupsOf(all [][]float64) ([]group, error) {
	out := make([]group, len(all))
	for i, values := range all {
		if len(values) < 2 {
			return nil, invalid("subgroup %d has %d values; two at least, or take the chart of single values", i+1, len(values))
		}
		for _, v := range values {
			if err := finite(v, "a value of subgroup", i); err != nil {
				return nil, err
			}
		}
		out[i] = groupOf(values)
	}
	return out, nil
}

// sigma estimates the standard deviation within subgroups.
func sigma(groups []group, by Estimator) (float64, error) {
	ranges := by == MeanRange || by == WeightedRange
	sum, weights := 0.0, 0.0
	for i, g := range groups {
		if ranges && g.n > MaxRange {
			return 0, invalid("subgroup %d has %d values; ranges are used up to %d: take %s or %s", i+1, g.n, MaxRange, MeanSD, Pooled)
		}
		w, v := 1.0, 0.0
		switch by {
		case MeanRange:
			v = g.width / d2[g.n]
		case WeightedRange:
			w, v = math.Pow(d2[g.n]/d3[g.n], 2), g.width/d2[g.n]
		case MeanSD:
			v = g.sd / c4(g.n)
		case WeightedSD:
			c := c4(g.n)
			w, v = c*c/(1-c*c), g.sd/c
		case Pooled:
			w, v = float64(g.n-1), g.sd*g.sd
		default:
			return 0, invalid("%q is no estimator of subgroups; write %s, %s, %s, %s or %s", by, MeanRange, MeanSD, WeightedRange, WeightedSD, Pooled)
		}
		sum += w * v
		weights += w
	}
	if by == Pooled {
		return math.Sqrt(sum/weights) / c4(int(weights)+1), nil
	}
	return sum / weights, nil
}

// phase checks how many points the limits are made of.
func phase(points, trial int) error {
	if trial < 2 || trial > points {
		return invalid("phase I has %d of %d points; limits are made of two at least", trial, points)
	}
	return nil
}
