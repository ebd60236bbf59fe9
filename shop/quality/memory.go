package quality

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"

	"zhigai/access"
	"zhigai/calc/spc"
	"zhigai/plant"
)

// MemoryKind is a chart that remembers, or compares what is not alike.
type MemoryKind string

// Kinds of charts beside the characteristic's own.
const (
	EWMAChart  MemoryKind = "ewma"      // weighted means: small shifts
	CUSUMChart MemoryKind = "cusum"     // sums of deviations: small shifts
	ShortRun   MemoryKind = "short-run" // items in turn, each about its own target
	TSquared   MemoryKind = "t2"        // several characteristics of a part at once
)

// How they are drawn, with what they were published for: EWMA of weight 0.2 with limits
// of 2.962 (in-control run length 500: Lucas, Saccucci: Technometrics 32 (1990), table 3),
// CUSUM for a shift of one standard error with h = 5 (465: ISO 7870-4, annex B).
const (
	ewmaWeight, ewmaWidth  = 0.2, 2.962
	cusumShift, cusumLimit = 1, 5
	// t2Together is how far apart in time values of one part may be entered.
	t2Together = plant.Instant(60 * 1e6)
	// maxT2 characteristics are charted together: what they have in common has to be
	// estimated.
	maxT2 = 8
)

// MemoryPoint is a point of such a chart.
type MemoryPoint struct {
	ID     string        `json:"id"`
	At     plant.Instant `json:"at"`
	Item   string        `json:"item,omitempty"`
	Value  float64       `json:"value" doc:"EWMA in the unit; the upper sum, z or T² without one"`
	Down   *float64      `json:"down,omitempty" doc:"The lower sum of a CUSUM, 0 or less"`
	LCL    *float64      `json:"lcl"`
	Center float64       `json:"center"`
	UCL    *float64      `json:"ucl"`
	Spread *float64      `json:"spread,omitempty" doc:"Of a short run: range of z and the one before"`
	Off    *float64      `json:"off,omitempty" doc:"Of a short run: deviation from the item's target, in the unit"`
	Parts  []float64     `json:"parts,omitempty" doc:"Of T²: what it would lose without each characteristic"`
	Signal bool          `json:"signal,omitempty"`
}

// MemoryView is such a chart over a window.
type MemoryView struct {
	Kind            MemoryKind       `json:"kind" enum:"ewma,cusum,short-run,t2"`
	Characteristics []Characteristic `json:"characteristics" nullable:"false"`
	Points          []MemoryPoint    `json:"points" nullable:"false"`
	SpreadUCL       *float64         `json:"spread_ucl,omitempty"`
	Left            int              `json:"left,omitempty" doc:"Subgroups without limits of their item, or without their fellows, that are not shown"`
}

// Memory draws a chart that remembers, of at most [MaxPoints] subgroups. With is what
// is charted together with the characteristic by T².
func (d *Desk) Memory(ctx context.Context, who access.Principal, id string, kind MemoryKind, with []string, from, to plant.Instant) (MemoryView, error) {
	c, err := d.characteristic(ctx, who, id, access.Read)
	if err != nil {
		return MemoryView{}, err
	}
	if c.Attribute {
		return MemoryView{}, invalid("%s is judged, not measured; its own chart shows it", c.Code)
	}
	v := MemoryView{Kind: kind, Characteristics: []Characteristic{c}, Points: []MemoryPoint{}}
	switch kind {
	case EWMAChart, CUSUMChart:
		return v, d.remember(ctx, who.Scope.Tenant, c, from, to, &v)
	case ShortRun:
		return v, d.shortRun(ctx, who, c, from, to, &v)
	case TSquared:
		return v, d.together(ctx, who, with, from, to, &v)
	}
	return MemoryView{}, invalid("chart %q; there are ewma, cusum, short-run and t2", kind)
}

// window are subgroups of a characteristic, few enough to be drawn.
func (d *Desk) window(ctx context.Context, tenant plant.TenantNo, c *Characteristic, from, to plant.Instant) ([]Subgroup, []Limits, error) {
	all, err := d.o.Store.Subgroups(ctx, tenant, c.ID, from, to, MaxPoints+1)
	if err != nil {
		return nil, nil, err
	}
	if len(all) > MaxPoints {
		return nil, nil, invalid("more than %d subgroups of %s; choose a shorter time", MaxPoints, c.Code)
	}
	versions, err := d.limits(ctx, tenant, c.ID)
	return all, versions, err
}

// byLimits calls back for each stretch of subgroups with the limits in force, trial ones
// of themselves where there are none; what no limits can be made of is counted.
func byLimits(c *Characteristic, versions []Limits, all []Subgroup, each func(l *Limits, part []Subgroup) error) (left int, err error) {
	for from := 0; from < len(all); {
		l := inForce(versions, all[from].At)
		to := from + 1
		for to < len(all) && sameLimits(l, inForce(versions, all[to].At)) {
			to++
		}
		part := all[from:to]
		from = to
		if l == nil {
			trial, err := LimitsOf(c, part)
			if err != nil || !(trial.StdDev > 0) { // too few, or all the same
				left += len(part)
				continue
			}
			l = &trial
		}
		if err := each(l, part); err != nil {
			return left, err
		}
	}
	return left, nil
}

func (d *Desk) remember(ctx context.Context, tenant plant.TenantNo, c Characteristic, from, to plant.Instant, v *MemoryView) error {
	all, versions, err := d.window(ctx, tenant, &c, from, to)
	if err != nil {
		return err
	}
	v.Left, err = byLimits(&c, versions, all, func(l *Limits, part []Subgroup) error {
		b := spc.Base{Center: l.Center, StdDev: l.StdDev}
		for i := range part {
			b.Points, b.Sizes = append(b.Points, part[i].mean()), append(b.Sizes, float64(len(part[i].Values)))
		}
		if v.Kind == EWMAChart {
			return v.ewma(b, part)
		}
		return v.cusum(b, part)
	})
	return err
}

func (v *MemoryView) ewma(b spc.Base, part []Subgroup) error {
	chart, err := spc.EWMA(b, ewmaWeight, ewmaWidth)
	if err != nil {
		return invalid("%v", err)
	}
	for i, s := range part {
		p := MemoryPoint{ID: s.ID, At: s.At, Value: chart.Statistics[i], Center: chart.Center, LCL: at(chart.LCL, i), UCL: at(chart.UCL, i)}
		p.Signal = p.Value > *p.UCL || p.Value < *p.LCL
		v.Points = append(v.Points, p)
	}
	return nil
}

func (v *MemoryView) cusum(b spc.Base, part []Subgroup) error {
	sums, err := spc.CUSUM(b, cusumLimit, cusumShift)
	if err != nil {
		return invalid("%v", err)
	}
	high, low := float64(cusumLimit), -float64(cusumLimit)
	for i, s := range part {
		v.Points = append(v.Points, MemoryPoint{
			ID: s.ID, At: s.At, Value: sums.Up[i], Down: &sums.Down[i], LCL: &low, UCL: &high, Signal: sums.Up[i] > high || sums.Down[i] < low,
		})
	}
	return nil
}

// shortRun charts what is measured at a place of all items in turn under one code: z is
// the distance from the item's own target in its own standard errors (Z-MR, Montgomery,
// Introduction to Statistical Quality Control, 10.1).
func (d *Desk) shortRun(ctx context.Context, who access.Principal, c Characteristic, from, to plant.Instant, v *MemoryView) error {
	list, err := d.Characteristics(ctx, Filter{Scope: who.Scope, Limit: maxList})
	if err != nil {
		return err
	}
	v.Characteristics = v.Characteristics[:0]
	for _, o := range list {
		if o.Place != c.Place || o.Code != c.Code || o.Attribute {
			continue
		}
		v.Characteristics = append(v.Characteristics, o)
		all, versions, err := d.window(ctx, who.Scope.Tenant, &o, from, to)
		if err != nil {
			return err
		}
		left, err := byLimits(&o, versions, all, func(l *Limits, part []Subgroup) error {
			target := l.Center
			if o.Target != nil {
				target = *o.Target
			}
			for _, s := range part {
				off := s.mean() - target
				v.Points = append(v.Points, MemoryPoint{ID: s.ID, At: s.At, Item: o.Item, Off: &off, Value: off / (l.StdDev / math.Sqrt(float64(len(s.Values))))})
			}
			return nil
		})
		if v.Left += left; err != nil {
			return err
		}
	}
	slices.SortStableFunc(v.Points, func(a, b MemoryPoint) int { return cmp.Or(cmp.Compare(a.At, b.At), strings.Compare(a.ID, b.ID)) })
	if len(v.Points) > MaxPoints {
		return invalid("more than %d subgroups; choose a shorter time", MaxPoints)
	}
	z := make([]float64, len(v.Points))
	for i, p := range v.Points {
		z[i] = p.Value
	}
	high, low := float64(spc.Sigmas), -float64(spc.Sigmas)
	ranges := spc.MovingBy(z, 1)
	for i := range v.Points {
		p := &v.Points[i]
		p.LCL, p.UCL, p.Signal = &low, &high, math.Abs(p.Value) > high
		if i > 0 {
			p.Spread = &ranges.Statistics[i-1]
			v.SpreadUCL = at(ranges.UCL, i-1)
			p.Signal = p.Signal || *p.Spread > *v.SpreadUCL
		}
	}
	return nil
}

// together charts T² of characteristics that were measured of the same parts: within a
// minute, at one place.
func (d *Desk) together(ctx context.Context, who access.Principal, with []string, from, to plant.Instant, v *MemoryView) error {
	first := v.Characteristics[0]
	if len(with) == 0 || len(with) >= maxT2 {
		return invalid("%d characteristics beside %s; name 1 to %d", len(with), first.Code, maxT2-1)
	}
	all := make([][]Subgroup, 1, len(with)+1)
	var err error
	if all[0], _, err = d.window(ctx, who.Scope.Tenant, &first, from, to); err != nil {
		return err
	}
	for _, id := range with {
		c, err := d.characteristic(ctx, who, id, access.Read)
		if err != nil {
			return err
		}
		if c.Attribute || c.Place != first.Place || slices.ContainsFunc(v.Characteristics, func(o Characteristic) bool { return o.ID == c.ID }) {
			return invalid("%s beside %s; name others that are measured at the same place", c.Code, first.Code)
		}
		part, _, err := d.window(ctx, who.Scope.Tenant, &c, from, to)
		if err != nil {
			return err
		}
		v.Characteristics, all = append(v.Characteristics, c), append(all, part)
	}
	var points [][]float64
	var of []Subgroup
	next := make([]int, len(all))
	for _, s := range all[0] {
		values, ok := []float64{s.mean()}, true
		for k := 1; k < len(all); k++ {
			for next[k] < len(all[k]) && all[k][next[k]].At < s.At-t2Together {
				next[k]++
			}
			if ok = next[k] < len(all[k]) && all[k][next[k]].At <= s.At+t2Together; !ok {
				break
			}
			values = append(values, all[k][next[k]].mean())
		}
		if !ok {
			v.Left++
			continue
		}
		for k := 1; k < len(all); k++ { // each is of one part
			next[k]++
		}
		points, of = append(points, values), append(of, s)
	}
	if len(points) == 0 {
		return nil
	}
	chart, err := spc.T2(points, len(points), spc.Alpha(len(all)))
	if err != nil {
		return invalid("%v", err)
	}
	for i, s := range of {
		limit := chart.Limit(i)
		v.Points = append(v.Points, MemoryPoint{ID: s.ID, At: s.At, Value: chart.Statistics[i], UCL: &limit, Parts: chart.Parts[i], Signal: chart.Statistics[i] > limit})
	}
	return nil
}
