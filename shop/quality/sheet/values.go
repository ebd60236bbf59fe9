package sheet

import (
	"cmp"
	"slices"

	"zhigai/calc/spc"
)

// Usual parameters of charts with memory (ISO 7870-4 and -6).
const (
	usualH      = 5
	usualShift  = 1
	usualLambda = 0.2
	usualWidth  = 3
)

// ofValues charts what was measured.
func (f *Frame) ofValues(a Ask) (*Answer, error) {
	rules, err := ruleSet(a.Rules)
	if err != nil {
		return nil, err
	}
	out := &Answer{Chart: a.Chart, Warnings: []string{}}
	groups, trial, err := f.groups(a, out)
	if err != nil {
		return nil, err
	}
	single := a.Subgroup == ""
	switch {
	case single && (a.Chart == "xbar-r" || a.Chart == "xbar-s"):
		return nil, invalid("a chart of means needs --subgroup: the column that says which values belong together; single values are charted by imr")
	case !single && a.Chart == "imr":
		return nil, invalid("a chart of single values has no subgroups; leave --subgroup out, or chart xbar-r")
	}
	c, sizes, err := mean(a, groups, trial, single)
	if err != nil {
		return nil, err
	}
	out.Sigma = string(estimator(a.Sigma, own(a.Chart, single)))
	switch a.Chart {
	case "cusum":
		return out, out.cusum(a, c, sizes)
	case "ewma":
		return out, out.ewma(a, c, sizes)
	}
	out.take(c, rules)
	out.doubts(c.Statistics, c.Trial)
	spread, err := dispersion(a.Chart, groups, trial, estimator(a.Sigma, own(a.Chart, single)))
	if err != nil {
		return nil, err
	}
	p := part(spread, spc.OfCounts(rules))
	out.Dispersion = &p
	return out, nil
}

// own is the estimator that a chart has when none is asked for.
func own(chart string, single bool) spc.Estimator {
	switch {
	case single:
		return spc.MovingRange
	case chart == "xbar-s":
		return spc.MeanSD
	}
	return spc.MeanRange
}

// mean is the Shewhart chart of means or single values, with the sizes of its
// subgroups.
func mean(a Ask, groups [][]float64, trial int, single bool) (*spc.Chart, []float64, error) {
	by := estimator(a.Sigma, own(a.Chart, single))
	if single {
		c, err := spc.Individuals(slices.Concat(groups...), trial, by)
		return c, nil, err
	}
	sizes := make([]float64, len(groups))
	for i, g := range groups {
		sizes[i] = float64(len(g))
	}
	c, err := spc.XBar(groups, trial, by)
	return c, sizes, err
}

func dispersion(chart string, groups [][]float64, trial int, by spc.Estimator) (*spc.Chart, error) {
	switch chart {
	case "xbar-r":
		return spc.Range(groups, trial, by)
	case "xbar-s":
		return spc.SD(groups, trial, by)
	}
	return spc.Moving(slices.Concat(groups...), trial)
}

func (a *Answer) cusum(ask Ask, c *spc.Chart, sizes []float64) error {
	a.H, a.Shift = cmp.Or(ask.H, usualH), cmp.Or(ask.Shift, usualShift)
	s, err := spc.CUSUM(c.Base(sizes), a.H, a.Shift)
	if err != nil {
		return err
	}
	a.take(c, nil)
	a.Pos, a.Neg, a.Violations = s.Up, s.Down, map[string][]int{"upper": s.Above, "lower": s.Below}
	a.Limits = Limits{-a.H, a.H} // of the sums, in standard errors
	a.doubts(c.Statistics, c.Trial)
	return nil
}

func (a *Answer) ewma(ask Ask, c *spc.Chart, sizes []float64) error {
	a.Lambda, a.Width = cmp.Or(ask.Lambda, usualLambda), cmp.Or(ask.Width, usualWidth)
	e, err := spc.EWMA(c.Base(sizes), a.Lambda, a.Width)
	if err != nil {
		return err
	}
	a.take(e, nil)
	a.Trial, a.Violations = c.Trial, map[string][]int{"limits": e.Beyond()}
	a.doubts(c.Statistics, c.Trial)
	return nil
}
