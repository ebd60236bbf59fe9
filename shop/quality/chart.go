package quality

import (
	"slices"

	"zhigai/calc/spc"
	"zhigai/plant"
)

// Limits are those of a chart from an instant on: made of subgroups of phase I,
// with the reason why they were made.
type Limits struct {
	ID             string        `json:"id"`
	Characteristic string        `json:"characteristic"`
	Version        int64         `json:"version"`
	From           plant.Instant `json:"from" doc:"From when on they hold"`
	Center         float64       `json:"center"`
	StdDev         float64       `json:"std_dev" doc:"Of one value, within subgroups"`
	SpreadCenter   *float64      `json:"spread_center,omitempty" doc:"Of ranges, standard deviations or moving ranges"`
	Reason         string        `json:"reason"`
	PhaseFrom      plant.Instant `json:"phase_from" doc:"First subgroup of phase I"`
	PhaseTo        plant.Instant `json:"phase_to" doc:"Last subgroup of phase I"`
	Subgroups      int           `json:"subgroups"`
	Left           []string      `json:"left,omitempty" doc:"Subgroups that were left out, because their cause is known"`
	By             string        `json:"by"`
	At             plant.Instant `json:"at"`
}

// Point is a subgroup on its chart.
type Point struct {
	ID     string        `json:"id"`
	At     plant.Instant `json:"at"`
	Value  float64       `json:"value" doc:"Mean, single value, share or number"`
	LCL    *float64      `json:"lcl"`
	Center *float64      `json:"center"`
	UCL    *float64      `json:"ucl"`
	// Spread is the range, standard deviation or moving range.
	Spread    *float64  `json:"spread,omitempty"`
	SpreadUCL *float64  `json:"spread_ucl,omitempty"`
	SpreadLCL *float64  `json:"spread_lcl,omitempty"`
	Rules     []string  `json:"rules,omitempty" doc:"Rules that are broken here"`
	SpreadOut bool      `json:"spread_out,omitempty" doc:"The spread is beyond its limits"`
	Outside   bool      `json:"outside,omitempty" doc:"A value is outside of the specification"`
	Values    []float64 `json:"values,omitempty"`
	Size      float64   `json:"size,omitempty"`
	By        string    `json:"by,omitempty"`
	Order     string    `json:"order,omitempty"`
	Limits    int64     `json:"limits" doc:"Version of the limits; 0 are trial ones of the points themselves"`
}

// maxMemory is how many points before a window the rules look back at: n7 needs 15.
const maxMemory = 15

// Fold judges subgroups, in the order of time, by the limits in force at each. Those
// before the first limits are judged by trial limits of themselves, when there are
// enough of them; until then they have none. The first skip subgroups are there to be
// looked back at and make no point.
func Fold(c *Characteristic, versions []Limits, all []Subgroup, skip int) ([]Point, error) {
	versions = slices.Clone(versions)
	slices.SortFunc(versions, func(a, b Limits) int { return int(a.Version - b.Version) })
	out := make([]Point, 0, len(all))
	for from := 0; from < len(all); {
		v := inForce(versions, all[from].At)
		to := from + 1
		for to < len(all) && sameLimits(v, inForce(versions, all[to].At)) {
			to++
		}
		// Patterns do not reach across a change of limits: what was a run about the old
		// centre says nothing about the new one.
		points, err := stretch(c, v, all[from:to])
		if err != nil {
			return nil, err
		}
		out = append(out, points...)
		from = to
	}
	return out[min(skip, len(out)):], nil
}

func inForce(versions []Limits, at plant.Instant) *Limits {
	for i := len(versions) - 1; i >= 0; i-- {
		if versions[i].From <= at {
			return &versions[i]
		}
	}
	return nil
}

func sameLimits(a, b *Limits) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Version == b.Version
}

// minTrial is of how few subgroups limits are made at all.
const minTrial = 5

// stretch judges subgroups by one version of limits; nil makes trial limits of them.
func stretch(c *Characteristic, v *Limits, all []Subgroup) ([]Point, error) {
	points := make([]Point, len(all))
	for i, s := range all {
		points[i] = Point{ID: s.ID, At: s.At, Values: s.Values, Size: s.Size, By: s.By, Order: s.Order, Outside: s.outside(c), Value: Value(c, s)}
		if v != nil {
			points[i].Limits = v.Version
		}
	}
	if v == nil {
		if len(all) < minTrial {
			return points, nil
		}
		trial, err := LimitsOf(c, all)
		if err != nil {
			return points, nil //nolint:nilerr // of what no limits can be made points are shown without
		}
		v = &trial
	}
	chart, spread, err := charts(c, v, all)
	if err != nil {
		return nil, err
	}
	for i := range points {
		points[i].LCL, points[i].UCL, points[i].Center = at(chart.LCL, i), at(chart.UCL, i), &chart.Center
	}
	for name, broken := range chart.Violations(c.rules()) {
		for _, p := range broken {
			points[p-1].Rules = append(points[p-1].Rules, name)
		}
	}
	for i := range points {
		slices.Sort(points[i].Rules)
	}
	if spread == nil {
		return points, nil
	}
	first := len(all) - len(spread.Statistics) // a moving range begins with the second point
	for i, w := range spread.Statistics {
		p := &points[first+i]
		p.Spread, p.SpreadLCL, p.SpreadUCL = &w, at(spread.LCL, i), at(spread.UCL, i)
		p.SpreadOut = w > *p.SpreadUCL || w < *p.SpreadLCL
	}
	return points, nil
}

func at(all []float64, i int) *float64 {
	if len(all) == 1 {
		i = 0
	}
	return &all[i]
}

// Value is what the chart shows of a subgroup.
func Value(c *Characteristic, s Subgroup) float64 {
	switch {
	case !c.Attribute:
		return s.mean()
	case c.Chart == "np" || c.Chart == "c":
		return s.Found
	}
	return s.Found / s.Size
}

// charts are the chart by given limits, and that of spread.
func charts(c *Characteristic, v *Limits, all []Subgroup) (chart, spread *spc.Chart, err error) {
	if c.Attribute {
		chart, err = spc.CountsBy(c.Chart, v.Center, countsOf(all))
		return chart, nil, err
	}
	if c.Chart == "imr" {
		values := singles(all)
		chart = spc.IndividualsBy(values, v.Center, v.StdDev)
		if len(values) > 1 {
			spread = spc.MovingBy(values, v.StdDev)
		}
		return chart, spread, nil
	}
	groups := groupsOf(all)
	if chart, err = spc.XBarBy(groups, v.Center, v.StdDev); err != nil {
		return nil, nil, err
	}
	spread, err = spc.SpreadBy(groups, c.Chart == "xbar-s", v.StdDev)
	return chart, spread, err
}

func singles(all []Subgroup) []float64 {
	out := make([]float64, len(all))
	for i, s := range all {
		out[i] = s.Values[0]
	}
	return out
}

func groupsOf(all []Subgroup) [][]float64 {
	out := make([][]float64, len(all))
	for i, s := range all {
		out[i] = s.Values
	}
	return out
}

func countsOf(all []Subgroup) []spc.Count {
	out := make([]spc.Count, len(all))
	for i, s := range all {
		out[i] = spc.Count{Found: s.Found, Size: s.Size}
	}
	return out
}

// LimitsOf makes limits of subgroups of phase I, by the estimator that the chart
// has: R̄/d2, s̄/c4 or MR̄/d2.
func LimitsOf(c *Characteristic, all []Subgroup) (Limits, error) {
	var chart *spc.Chart
	var err error
	switch {
	case len(all) < minTrial:
		return Limits{}, invalid("%d subgroups; limits are made of %d at least, and 25 are usual", len(all), minTrial)
	case c.Attribute:
		of := map[string]func([]spc.Count, int) (*spc.Chart, error){"p": spc.P, "np": spc.NP, "c": spc.C, "u": spc.U}[c.Chart]
		chart, err = of(countsOf(all), len(all))
	case c.Chart == "imr":
		chart, err = spc.Individuals(singles(all), len(all), spc.MovingRange)
	case c.Chart == "xbar-s":
		chart, err = spc.XBar(groupsOf(all), len(all), spc.MeanSD)
	default:
		chart, err = spc.XBar(groupsOf(all), len(all), spc.MeanRange)
	}
	if err != nil {
		return Limits{}, invalid("%v", err)
	}
	return Limits{Center: chart.Center, StdDev: chart.StdDev, PhaseFrom: all[0].At, PhaseTo: all[len(all)-1].At, Subgroups: len(all)}, nil
}
