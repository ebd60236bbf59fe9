// Package sheet makes control charts of tables: which columns are values,
// subgroups, sizes and phases, and what a chart of them says, in the words of
// reference programs. It is a pure codec around [spc].
//
// Start with [Parse] and [Frame.Chart].
package sheet

import (
	"fmt"
	"math"
	"slices"

	"zhigai/calc/spc"
	"zhigai/calc/stat"
)

// Charts of one column that can be asked for; T² of several is [Frame.T2].
var Charts = []string{"xbar-r", "xbar-s", "imr", "p", "np", "c", "u", "cusum", "ewma"}

// Ask says what to chart.
type Ask struct {
	Chart    string
	Value    string // column
	Subgroup string // column; "" takes each row for a point
	Size     string // column, of charts of counts
	Phase    string // column; "" takes all points for phase I
	Sigma    string // estimator by its name, or r, s, mr, sd; "" is the chart's own
	Rules    string // nelson, western-electric or none

	H, Shift      float64 // of a CUSUM
	Lambda, Width float64 // of an EWMA
}

// Limits are numbers when they are the same for all points, arrays otherwise.
type Limits struct {
	LCL any `json:"lcl"`
	UCL any `json:"ucl"`
}

// Part is a chart by itself: of what points are, or of how they spread.
type Part struct {
	Center     float64          `json:"center"`
	StdDev     float64          `json:"std_dev"`
	Limits     Limits           `json:"limits"`
	Statistics []float64        `json:"statistics"`
	Violations map[string][]int `json:"violations"`
}

// Answer is a chart and what it found. Points are numbered from 1, those of phase
// I first.
type Answer struct {
	Chart  string `json:"chart"`
	Sigma  string `json:"sigma"`
	Trial  int    `json:"trial"`
	Points int    `json:"points"`
	Part
	// Dispersion is the chart of ranges, standard deviations or moving ranges.
	Dispersion *Part `json:"dispersion,omitempty"`
	// Of a CUSUM, in standard errors.
	Pos   []float64 `json:"pos,omitempty"`
	Neg   []float64 `json:"neg,omitempty"`
	H     float64   `json:"decision_interval,omitempty"`
	Shift float64   `json:"se_shift,omitempty"`
	// Of an EWMA.
	Lambda float64 `json:"lambda,omitempty"`
	Width  float64 `json:"nsigmas,omitempty"`
	// Warnings say what to bear in mind before the chart is believed.
	Warnings []string `json:"warnings"`
}

// Chart makes one.
func (f *Frame) Chart(a Ask) (*Answer, error) {
	if !slices.Contains(Charts, a.Chart) {
		return nil, invalid("chart %q; write one of %v", a.Chart, Charts)
	}
	of := f.ofValues
	if slices.Contains([]string{"p", "np", "c", "u"}, a.Chart) {
		of = f.ofCounts
	}
	out, err := of(a)
	if err != nil {
		return nil, err
	}
	if sum := out.Center + out.StdDev; math.IsNaN(sum) || math.IsInf(sum, 0) {
		return nil, invalid("the values are too large to be added up; give them in a larger unit")
	}
	return out, nil
}

// ruleSet are the rules that were asked for.
func ruleSet(name string) ([]spc.Rule, error) {
	switch name {
	case "nelson", "":
		return spc.Nelson, nil
	case "western-electric":
		return spc.WesternElectric, nil
	case "none":
		return nil, nil
	}
	return nil, invalid("rules %q; write nelson, western-electric or none", name)
}

var shortNames = map[string]spc.Estimator{"r": spc.MeanRange, "s": spc.MeanSD, "mr": spc.MovingRange, "sd": spc.Overall}

func estimator(name string, own spc.Estimator) spc.Estimator {
	if e, ok := shortNames[name]; ok {
		return e
	}
	if name == "" {
		return own
	}
	return spc.Estimator(name)
}

func (f *Frame) ofCounts(a Ask) (*Answer, error) {
	rules, err := ruleSet(a.Rules)
	if err != nil {
		return nil, err
	}
	value, err := f.Named(a.Value)
	if err != nil {
		return nil, err
	}
	size, err := f.Optional(a.Size)
	if err != nil {
		return nil, err
	}
	phase, err := f.Optional(a.Phase)
	if err != nil {
		return nil, err
	}
	if size < 0 && a.Chart != "c" {
		return nil, invalid("a chart of %s needs --size: the column that says how many units were looked at", a.Chart)
	}
	out := &Answer{Chart: a.Chart, Sigma: "counts", Warnings: []string{}}
	var first, then []spc.Count
	for row := range f.Rows {
		n, ok, err := f.Number(row, value)
		if err != nil {
			return nil, err
		}
		c := spc.Count{Found: n, Size: 1}
		if ok && size >= 0 {
			if c.Size, ok, err = f.Number(row, size); err != nil {
				return nil, err
			}
		}
		if !ok {
			out.warn("line %d has no value and is left out", f.Rows[row].Line)
			continue
		}
		trial, err := f.trial(row, phase)
		if err != nil {
			return nil, err
		}
		if trial {
			first = append(first, c)
		} else {
			then = append(then, c)
		}
	}
	of := map[string]func([]spc.Count, int) (*spc.Chart, error){"p": spc.P, "np": spc.NP, "c": spc.C, "u": spc.U}[a.Chart]
	c, err := of(slices.Concat(first, then), len(first))
	if err != nil {
		return nil, err
	}
	if c.Center == 0 {
		out.warn("nothing was found in phase I: the limits are 0 and every finding is beyond them")
	}
	out.take(c, spc.OfCounts(rules))
	return out, nil
}

// trial says whether a row is of phase I, as all are without a column for it.
func (f *Frame) trial(row, phase int) (bool, error) {
	if phase < 0 {
		return true, nil
	}
	return f.yes(row, phase)
}

// groups are the values by subgroup, in the order in which these begin, those of
// phase I first; without a column for it each row is one.
func (f *Frame) groups(a Ask, out *Answer) (all [][]float64, trial int, err error) {
	points, trial, err := f.points(AskMultivariate{Values: []string{a.Value}, Subgroup: a.Subgroup, Phase: a.Phase}, out)
	if err != nil {
		return nil, 0, err
	}
	for _, g := range points {
		values := make([]float64, len(g))
		for i, point := range g {
			values[i] = point[0]
		}
		all = append(all, values)
	}
	return all, trial, nil
}

// maxWarnings are listed; how many more there are is said.
const maxWarnings = 20

func (a *Answer) warn(format string, args ...any) {
	if len(a.Warnings) < maxWarnings {
		a.Warnings = append(a.Warnings, fmt.Sprintf(format, args...))
	} else if len(a.Warnings) == maxWarnings {
		a.Warnings = append(a.Warnings, "and more like these")
	}
}

// take makes a chart the answer.
func (a *Answer) take(c *spc.Chart, rules []spc.Rule) {
	a.Part, a.Trial, a.Points = part(c, rules), c.Trial, len(c.Statistics)
}

func part(c *spc.Chart, rules []spc.Rule) Part {
	return Part{Center: c.Center, StdDev: c.StdDev, Limits: Limits{one(c.LCL), one(c.UCL)}, Statistics: c.Statistics, Violations: c.Violations(rules)}
}

func one(all []float64) any {
	if len(all) == 1 {
		return all[0]
	}
	return all
}

// doubts warns of what limits of three standard errors rest on and the points do
// not have.
func (a *Answer) doubts(points []float64, trial int) {
	if s, err := stat.Of(points[:trial]); err == nil && trial >= 20 && math.Abs(s.Lag1) > 2/math.Sqrt(float64(trial)) {
		a.warn("points follow the ones before them (autocorrelation %.2f of %d points): limits are too narrow or too wide; chart what is left after a model of it, or sample less often", s.Lag1, trial)
	}
	if a.StdDev == 0 {
		a.warn("the values of phase I do not vary: the gauge may be stuck or too coarse, and no rule but the limits says anything")
	}
	if trial < 20 {
		a.warn("limits of %d points are uncertain; 20 to 25 are usual", trial)
	}
}
