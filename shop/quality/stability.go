package quality

import (
	"cmp"
	"math"
	"slices"

	"zhigai/calc/spc"
	"zhigai/plant"
)

// How checks of a gauge are judged. A drift is small beside what one check varies by,
// and comes slowly: an EWMA finds it (ISO 7870-6), and a wide Shewhart limit beside it
// finds the gauge that was dropped (Lucas, Saccucci: Technometrics 32 (1990), 1–12,
// section 5). A gauge is set by its master, so that the centre is 0.
const (
	checkWeight = 0.1
	// checkWidth in standard errors: a gauge that holds is called in once in 26,000 checks
	// (spc.EWMALength); of a hundred gauges that are checked eight times a day, one a month.
	checkWidth = 4
	// checkFar is the Shewhart limit of one check, in standard deviations.
	checkFar = 4.5
	// minChecks say by what a gauge varies, maxSpread of the first ones are used.
	minChecks, maxSpread = 10, 60
	// The deviation of one check is found of few: its upper bound of 99 % makes the
	// limits, so that a gauge that holds is not called in for that. The estimate from
	// moving ranges of n checks has a relative variance of 0.826 / (n - 1) (Cryer, Ryan:
	// Journal of Quality Technology 22 (1990), 187–192).
	boundSpread, varianceSpread = 2.3263, 0.826
	// plausible is by how much more squares, in variances of a check, another beginning
	// of a change may leave over: the 95 % quantile of χ² with one degree of freedom.
	plausible = 3.841
	// biasShare of the tolerance is what a gauge may be off by: a tenth, as it may
	// spread (AIAG MSA, 4th edition, chapter II D).
	biasShare = 0.1
)

// GaugeVerdict says how a gauge holds.
type GaugeVerdict string

// Verdicts of a gauge.
const (
	GaugeUnknown GaugeVerdict = "unknown" // too few checks
	GaugeStable  GaugeVerdict = "stable"
	GaugeDrifts  GaugeVerdict = "drifts" // its deviation grows
	GaugeJumped  GaugeVerdict = "jumped" // it is off since an instant
	GaugeOff     GaugeVerdict = "off"    // by more than a tenth of the tolerance, in one check
)

// CheckPoint is a check on the chart of a gauge's stability.
type CheckPoint struct {
	ID        string        `json:"id"`
	At        plant.Instant `json:"at"`
	By        string        `json:"by"`
	Deviation float64       `json:"deviation" doc:"Mean of the readings less the master, in the unit of the gauge"`
	EWMA      *float64      `json:"ewma" doc:"Weighted mean of the deviations since the gauge was adjusted last"`
	LCL       *float64      `json:"lcl"`
	UCL       *float64      `json:"ucl"`
	Signal    bool          `json:"signal,omitempty"`
}

// Stability is what the checks of a gauge say of it.
type Stability struct {
	Gauge     Gauge         `json:"gauge"`
	Verdict   GaugeVerdict  `json:"verdict" enum:"unknown,stable,drifts,jumped,off"`
	Why       string        `json:"why,omitempty" enum:"no_checks,few_checks,"`
	Points    []CheckPoint  `json:"points" nullable:"false" doc:"In the order of time, 1000 at most; withdrawn ones are left out"`
	SD        *float64      `json:"std_dev" doc:"Of one check, from moving ranges of the first 60"`
	Adjusted  []Adjustment  `json:"adjustments" nullable:"false" doc:"In the order of time"`
	Tolerance *float64      `json:"tolerance" doc:"Width of the narrowest specification that it measures"`
	Found     plant.Instant `json:"found,omitempty" doc:"First check since the last adjustment that is a signal"`
	Since     plant.Instant `json:"since,omitempty" doc:"When it most likely began: least squares of a line that rises from an instant on, or of a step, whichever fits better"`
	LastGood  plant.Instant `json:"last_good,omitempty" doc:"The check before the earliest instant at which it may have begun (95 %): what was measured since is in doubt"`
	PerDay    *float64      `json:"per_day" doc:"By how much its deviation grows a day"`
	Bias      *float64      `json:"bias" doc:"What it is off by at the last check, by the same line or step"`
	BiasSE    *float64      `json:"bias_std_error"`
	Share     *float64      `json:"share" doc:"Of the tolerance"`
	Reaches   plant.Instant `json:"reaches,omitempty" doc:"When a tenth of the tolerance will be reached, if it goes on"`
	Next      plant.Instant `json:"next_check,omitempty"`
	Overdue   bool          `json:"overdue,omitempty" doc:"A check is due"`

	change  change
	changes []change // all that may be so
}

// change is a picture of how a deviation came to be.
type change struct {
	from plant.Instant
	good plant.Instant // last check before it
	rate float64       // by microsecond; 0 for a step
	step float64
	se   float64 // of rate or step
	sse  float64 // what it leaves over
}

// at is the deviation at an instant, with its standard error.
func (c *change) at(t plant.Instant) (bias, se float64) {
	if t < c.from {
		return 0, 0
	}
	if c.rate != 0 {
		x := float64(t - c.from)
		return c.rate * x, c.se * x
	}
	return c.step, c.se
}

// within are the least and the greatest deviation at an instant by all that may be so,
// two standard errors to both sides.
func (s *Stability) within(t plant.Instant) (low, high float64) {
	low, se := s.change.at(t)
	low, high = low-2*se, low+2*se
	for i := range s.changes {
		bias, se := s.changes[i].at(t)
		low, high = min(low, bias-2*se), max(high, bias+2*se)
	}
	return low, high
}

// StabilityOf judges the checks of a gauge, in the order of time.
func StabilityOf(g Gauge, checks []Check, adjusted []Adjustment, tolerance *float64, now plant.Instant) Stability {
	s := Stability{Gauge: g, Verdict: GaugeUnknown, Points: []CheckPoint{}, Adjusted: adjusted, Tolerance: tolerance}
	for i := range checks {
		if c := &checks[i]; c.Withdrawn == nil {
			s.Points = append(s.Points, CheckPoint{ID: c.ID, At: c.At, By: c.By, Deviation: c.Deviation()})
		}
	}
	spreads := spread(s.Points, g.Resolution)
	if n := len(spreads); n > 0 && spreads[n-1] > 0 {
		s.Verdict, s.SD = GaugeStable, &spreads[n-1]
		for from := 0; from < len(s.Points); {
			to := from + 1
			for to < len(s.Points) && since(adjusted, s.Points[to].At) == since(adjusted, s.Points[from].At) {
				to++
			}
			judge(s.Points[from:to], spreads[from:to], from)
			from = to
		}
	}
	if s.Why = "few_checks"; len(s.Points) == 0 {
		s.Why = "no_checks"
	} else if s.SD != nil {
		s.Why = ""
	}
	s.say()
	s.plan(now)
	return s
}

// since is how many adjustments were before an instant.
func since(adjusted []Adjustment, at plant.Instant) (n int) {
	for _, a := range adjusted {
		if a.At <= at {
			n++
		}
	}
	return n
}

// spread is the standard deviation of one check as it was known at each, 0 where it was
// not, and not less than what rounding alone makes: a gauge that always says the same is
// as coarse as its resolution.
func spread(points []CheckPoint, resolution float64) []float64 {
	out := make([]float64, len(points))
	values := make([]float64, 0, maxSpread)
	for i, p := range points {
		if len(values) == maxSpread {
			out[i] = out[i-1]
			continue
		}
		if values = append(values, p.Deviation); len(values) < minChecks {
			continue
		}
		if c, err := spc.Individuals(values, len(values), spc.MovingRange); err == nil {
			out[i] = max(c.StdDev, resolution/math.Sqrt(12))
		}
	}
	return out
}

// judge the checks between two adjustments; before is how many checks were before them.
func judge(points []CheckPoint, spreads []float64, before int) {
	b := spc.Base{StdDev: 1} // limits of a spread of 1, which differs from check to check
	for _, p := range points {
		b.Points = append(b.Points, p.Deviation)
	}
	c, err := spc.EWMA(b, checkWeight, checkWidth)
	if err != nil {
		return
	}
	for i := range points {
		p := &points[i]
		p.EWMA = &c.Statistics[i]
		if !(spreads[i] > 0) {
			continue
		}
		n := float64(min(before+i+1, maxSpread))
		sd := spreads[i] * (1 + boundSpread*math.Sqrt(varianceSpread/(n-1)))
		low, high := c.LCL[i]*sd, c.UCL[i]*sd
		p.LCL, p.UCL = &low, &high
		p.Signal = *p.EWMA > high || *p.EWMA < low || math.Abs(p.Deviation) > checkFar*sd
	}
}

// say puts what is so since the last adjustment into words and figures.
func (s *Stability) say() {
	first := 0
	if n := len(s.Adjusted); n > 0 {
		for first < len(s.Points) && s.Points[first].At < s.Adjusted[n-1].At {
			first++
		}
	}
	points := s.Points[first:]
	if len(points) == 0 {
		return
	}
	last := points[len(points)-1]
	for _, p := range points {
		switch {
		case p.Signal && s.Found == 0:
			s.Found = p.At
		case !p.Signal && p.UCL != nil && math.Abs(*p.EWMA) < *p.UCL/2: // it came back by itself
			s.Found = 0
		}
	}
	if s.Found == 0 {
		if s.beyond(last.Deviation) {
			s.Verdict, s.Found, s.Bias = GaugeOff, last.At, &last.Deviation
			s.share()
			s.LastGood = points[max(0, len(points)-2)].At
			s.change = change{from: s.LastGood, step: last.Deviation}
			s.Since = s.LastGood
		}
		return
	}
	s.explain(points)
}

// beyond says whether a deviation is more than a gauge may have.
func (s *Stability) beyond(v float64) bool {
	return s.Tolerance != nil && math.Abs(v) > biasShare**s.Tolerance
}

// explain finds the line or step that fits the checks best, and all others that may be
// so as well. Both have an instant and a size, so that what is left over says which one
// it is.
func (s *Stability) explain(points []CheckPoint) {
	var all []change
	for i := range points {
		for _, ramp := range []bool{true, false} {
			if c, ok := fit(points, i, ramp, *s.SD); ok {
				all = append(all, c)
			}
		}
	}
	if len(all) == 0 {
		return
	}
	s.change = slices.MinFunc(all, func(a, b change) int { return cmp.Compare(a.sse, b.sse) })
	last := points[len(points)-1].At
	bias, _ := s.change.at(last)
	s.Bias, s.Since, s.LastGood = &bias, s.change.from, s.change.good
	for _, c := range all {
		if c.sse <= s.change.sse+plausible**s.SD**s.SD {
			s.changes = append(s.changes, c)
			s.LastGood = min(s.LastGood, c.good)
		}
	}
	low, high := s.within(last)
	se := (high - low) / 4
	s.BiasSE = &se
	s.Verdict = GaugeJumped
	if s.change.rate != 0 {
		perDay := s.change.rate * float64(day)
		s.Verdict, s.PerDay = GaugeDrifts, &perDay
		if s.Tolerance != nil {
			s.Reaches = s.change.from + plant.Instant(biasShare**s.Tolerance/math.Abs(s.change.rate))
		}
	}
	s.share()
}

// fit a deviation that begins at the check i, as a line from 0 or as a step: least
// squares about nothing before it.
func fit(points []CheckPoint, i int, ramp bool, sd float64) (change, bool) {
	if ramp && i > len(points)-3 { // two checks above it at least make a line
		return change{}, false
	}
	c := change{from: points[i].At, good: points[max(0, i-1)].At}
	xx, xd, dd := 0.0, 0.0, 0.0
	for k, p := range points {
		x := 0.0
		switch {
		case k < i:
		case ramp:
			x = float64(p.At - c.from)
		default:
			x = 1
		}
		xx, xd, dd = xx+x*x, xd+x*p.Deviation, dd+p.Deviation*p.Deviation
	}
	if !(xx > 0) {
		return change{}, false
	}
	size := xd / xx
	c.se, c.sse = sd/math.Sqrt(xx), dd-xd*size
	if ramp {
		c.rate = size
	} else {
		c.step = size
	}
	return c, true
}

func (s *Stability) share() {
	if s.Tolerance != nil && s.Bias != nil {
		share := math.Abs(*s.Bias) / *s.Tolerance
		s.Share = &share
	}
}

// plan says when the next check is due.
func (s *Stability) plan(now plant.Instant) {
	if s.Gauge.CheckHours == 0 {
		return
	}
	if s.Next = now; len(s.Points) > 0 {
		s.Next = s.Points[len(s.Points)-1].At + plant.Instant(s.Gauge.CheckHours)*day/24
	}
	s.Overdue = s.Next <= now
}

// bad says that a gauge is to be taken out of use.
func (s *Stability) bad() bool {
	return s.Verdict == GaugeDrifts || s.Verdict == GaugeJumped || s.Verdict == GaugeOff
}
