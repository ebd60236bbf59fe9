// Package capability says how well a process keeps within its specification:
// capability by the spread within subgroups (Cp, Cpk, Cpm), performance by that of
// all values (Pp, Ppk), each with the interval in which it may be, and by
// percentiles where values are not normal (GB/T 38939, ISO 22514-2).
//
// It knows no characteristic and no chart: what a chart found is told to it. An
// index that cannot be had is none, with the reason. Start with [Of].
package capability

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"zhigai/calc/stat"
)

// ErrInvalid is data of which nothing can be said; the text says what to do.
var ErrInvalid = errors.New("capability: not possible")

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))
}

// Spec is a specification in the unit of the values; nil is none.
type Spec struct {
	LSL, USL *float64
	Target   *float64 // nil is the middle of two limits
}

// Process is what was measured, and what its control chart found.
type Process struct {
	Values    []float64 // in the order in which they were measured
	Center    float64   // of the chart
	Within    float64   // standard deviation within subgroups, by the chart's estimator
	Subgroups int
	Points    []float64 // of the chart, by which values are seen to follow one another
	Beyond    int       // points of the chart outside of its limits
}

// Reason why an index is none.
type Reason string

// Reasons.
const (
	NoSpecification Reason = "no_specification"
	OneSided        Reason = "one_sided_specification"
	Reversed        Reason = "limits_reversed"
	NoSpread        Reason = "values_do_not_vary"
	NoDistribution  Reason = "no_distribution_fits_and_too_few_values"
)

// Index is a capability with the interval of 95 % in which it is; without a value,
// why.
type Index struct {
	Value     float64
	Low, High float64 // equal when no interval is known
	OK        bool
	Why       Reason
}

func none(why Reason) Index { return Index{Why: why} }

func known(v float64) Index { return Index{Value: v, Low: v, High: v, OK: true} }

// Doubt is a thing that capability rests on and that the values do not show.
type Doubt string

// Doubts.
const (
	OutOfControl  Doubt = "out_of_control"
	FewSubgroups  Doubt = "few_subgroups"
	FewValues     Doubt = "few_values"
	NotNormal     Doubt = "not_normal"
	Correlated    Doubt = "autocorrelated"
	TargetOutside Doubt = "target_outside"
)

// How much is usually asked before a capability is believed (AIAG SPC, 2nd edition,
// chapter IV): 25 subgroups, 100 values.
const (
	minSubgroups = 25
	minValues    = 100
)

// Normality below which values are not taken for normal ones.
const minP = 0.05

// Report is what can be said of a process.
type Report struct {
	N       int
	Center  float64
	Within  float64
	Mean    float64
	Overall float64 // standard deviation of all values, divided by n - 1
	Lag1    float64 // autocorrelation of the chart's points; NaN when they do not vary

	Target *float64 // that was taken

	Cp, CpL, CpU, CpK, Cpm Index
	Pp, PpL, PpU, PpK      Index
	// Shares of the values below and above the limits: those seen, and those of a
	// normal distribution within subgroups.
	Observed, Expected [2]float64

	Normal      Normality
	Percentiles Percentiles
	Doubts      []Doubt
}

// Of says what can be said. Values that are no numbers are refused.
func Of(p Process, s Spec) (*Report, error) {
	all, err := stat.Of(p.Values)
	if err != nil {
		return nil, invalid("%v", err)
	}
	if math.IsNaN(p.Within) || math.IsInf(p.Within, 0) || p.Within < 0 {
		return nil, invalid("the standard deviation within subgroups is %v", p.Within)
	}
	r := &Report{N: all.N, Center: p.Center, Within: p.Within, Mean: all.Mean, Overall: all.SD, Lag1: math.NaN(), Target: s.target()}
	if points, err := stat.Of(p.Points); err == nil {
		r.Lag1 = points.Lag1
	}
	r.Normal = normality(p.Values, all)
	r.capable(s)
	r.performs(s)
	r.shares(p.Values, s)
	r.Percentiles = percentiles(p.Values, s, r.Normal)
	r.doubts(p, s)
	return r, nil
}

func (s Spec) target() *float64 {
	if s.Target != nil || s.LSL == nil || s.USL == nil {
		return s.Target
	}
	mid := (*s.LSL + *s.USL) / 2
	return &mid
}

// why no index of the specification can be had; "" when some can.
func (s Spec) why() Reason {
	switch {
	case s.LSL == nil && s.USL == nil:
		return NoSpecification
	case s.LSL != nil && s.USL != nil && *s.LSL >= *s.USL:
		return Reversed
	}
	return ""
}

// sides are the two halves of a specification against a centre and a spread: how
// many times three spreads fit below and above it; and both together.
func (s Spec) sides(center, spread float64) (both, lower, upper, least Index) {
	why := s.why()
	if why == "" && spread <= 0 {
		why = NoSpread
	}
	if why != "" {
		return none(why), none(why), none(why), none(why)
	}
	both, lower, upper = none(OneSided), none(OneSided), none(OneSided)
	if s.LSL != nil {
		lower = known((center - *s.LSL) / (3 * spread))
		least = lower
	}
	if s.USL != nil {
		upper = known((*s.USL - center) / (3 * spread))
		if s.LSL == nil || upper.Value < lower.Value {
			least = upper
		}
	}
	if s.LSL != nil && s.USL != nil {
		both = known((*s.USL - *s.LSL) / (6 * spread))
	}
	return both, lower, upper, least
}

// capable finds the indices by the spread within subgroups and their intervals:
// of Cp by the chi-square distribution with n - 1 degrees of freedom; of one side
// and of the lesser one by Bissell's approximation (Applied Statistics 39 (1990),
// 331–340), one side one-sided at 95 %, the lesser two-sided; of Cpm with the
// degrees of freedom of Boyles (Journal of Quality Technology 23 (1991), 17–26).
func (r *Report) capable(s Spec) {
	r.Cp, r.CpL, r.CpU, r.CpK = s.sides(r.Center, r.Within)
	n := float64(r.N)
	intervals(n, &r.Cp, &r.CpL, &r.CpU, &r.CpK)
	switch {
	case !r.Cp.OK:
		r.Cpm = none(r.Cp.Why)
	default:
		off := (r.Center - *r.Target) / r.Within
		r.Cpm = known(r.Cp.Value / math.Sqrt(1+off*off))
		r.Cpm.chi(n * (1 + off*off) / (1 + 2*off*off))
	}
}

// performs finds those by the spread of all values.
func (r *Report) performs(s Spec) {
	r.Pp, r.PpL, r.PpU, r.PpK = s.sides(r.Mean, r.Overall)
	intervals(float64(r.N), &r.Pp, &r.PpL, &r.PpU, &r.PpK)
}

// intervals gives indices by n values their intervals: the one of both limits, of
// each, and of the lesser.
func intervals(n float64, both, lower, upper, lesser *Index) {
	both.chi(n - 1)
	oneSided, twoSided := distuv.UnitNormal.Quantile(0.95), distuv.UnitNormal.Quantile(0.975)
	lower.bissell(n, oneSided)
	upper.bissell(n, oneSided)
	lesser.bissell(n, twoSided)
}

func (x *Index) chi(df float64) {
	if !x.OK {
		return
	}
	x.Low = x.Value * math.Sqrt(chiSquare(0.025, df)/df)
	x.High = x.Value * math.Sqrt(chiSquare(0.975, df)/df)
}

func (x *Index) bissell(n, z float64) {
	if !x.OK {
		return
	}
	half := z * math.Sqrt(1/(9*n)+x.Value*x.Value/(2*(n-1)))
	x.Low, x.High = x.Value-half, x.Value+half
}

// chiSquare is a quantile of the chi-square distribution, which may have a fraction
// of a degree of freedom.
func chiSquare(p, df float64) float64 {
	d := distuv.ChiSquared{K: df}
	x := d.Quantile(p)
	for range 3 { // to the last digits
		step := (d.CDF(x) - p) / d.Prob(x)
		if x -= step; math.Abs(step) <= 1e-15*x {
			break
		}
	}
	return x
}

func (r *Report) shares(values []float64, s Spec) {
	if s.why() != "" {
		return
	}
	for _, v := range values {
		if s.LSL != nil && v < *s.LSL {
			r.Observed[0]++
		}
		if s.USL != nil && v > *s.USL {
			r.Observed[1]++
		}
	}
	r.Observed[0] /= float64(r.N)
	r.Observed[1] /= float64(r.N)
	if r.Within <= 0 {
		return
	}
	if s.LSL != nil {
		r.Expected[0] = distuv.UnitNormal.CDF((*s.LSL - r.Center) / r.Within)
	}
	if s.USL != nil {
		r.Expected[1] = distuv.UnitNormal.Survival((*s.USL - r.Center) / r.Within)
	}
}

func (r *Report) doubts(p Process, s Spec) {
	add := func(is bool, d Doubt) {
		if is {
			r.Doubts = append(r.Doubts, d)
		}
	}
	add(p.Beyond > 0, OutOfControl)
	add(p.Subgroups < minSubgroups, FewSubgroups)
	add(r.N < minValues, FewValues)
	add(r.Normal.OK && r.Normal.P < minP, NotNormal)
	points := float64(len(p.Points))
	add(len(p.Points) >= 20 && math.Abs(r.Lag1) > 2/math.Sqrt(points), Correlated)
	t := r.Target
	add(t != nil && s.why() == "" && (s.LSL != nil && *t < *s.LSL || s.USL != nil && *t > *s.USL), TargetOutside)
}
