package sheet

import (
	"math"
	"slices"

	"zhigai/calc/capability"
)

// AskCapability says whose capability is asked for. Limits are in the unit of the
// values; nil is none.
type AskCapability struct {
	Value    string // column
	Subgroup string // column; "" takes single values with moving ranges
	Phase    string // column; values of phase I alone are judged, all without it
	Sigma    string // estimator as of a chart
	LSL, USL *float64
	Target   *float64
}

// Index is a capability with its interval of 95 %; null with the reason when there
// is none. Its names are those of the reference.
type Index struct {
	Value  *float64 `json:"value"`
	Low    *float64 `json:"ci95_low"`
	High   *float64 `json:"ci95_high"`
	Reason string   `json:"reason,omitempty"`
}

// Performance is by the standard deviation of all values.
type Performance struct {
	Mean      float64          `json:"mean"`
	SD        float64          `json:"sd_n1"`
	Pp        *float64         `json:"Pp"`
	Ppl       *float64         `json:"Ppl"`
	Ppu       *float64         `json:"Ppu"`
	Ppk       *float64         `json:"Ppk"`
	Intervals map[string]Index `json:"intervals"`
}

// Normality is Anderson and Darling's test; p is null of fewer than 8 values.
type Normality struct {
	Test     string   `json:"test"`
	A2       *float64 `json:"a2"`
	Adjusted *float64 `json:"a2_adjusted"`
	P        *float64 `json:"p"`
}

// Percentiles are the indices of ISO 22514-2 for values that need not be normal.
type Percentiles struct {
	By     string   `json:"by"`
	Low    *float64 `json:"x_0_135"`
	Median *float64 `json:"x_50"`
	Top    *float64 `json:"x_99_865"`
	Pp     Index    `json:"Pp"`
	Ppl    Index    `json:"Ppl"`
	Ppu    Index    `json:"Ppu"`
	Ppk    Index    `json:"Ppk"`
}

// Capable is what the values of a table say of a process. The names of the reference
// are kept where it has them; std_dev and std.dev are the same.
type Capable struct {
	N         int              `json:"nobs"`
	Subgroups int              `json:"subgroups"`
	Sigma     string           `json:"sigma"`
	Spec      [2]*float64      `json:"spec"`
	Target    *float64         `json:"target"`
	Center    float64          `json:"center"`
	StdDev    float64          `json:"std_dev"`
	RStdDev   float64          `json:"std.dev"`
	Indices   map[string]Index `json:"indices"`
	// Shares below and above the limits. Expected ones are of a normal distribution
	// within subgroups, and 0 below a hundredth of a percent, as the reference has
	// them: no sample says more. ExpectedPPM has them as they are computed.
	Observed    [2]float64  `json:"observed"`
	Expected    [2]float64  `json:"expected"`
	Below       float64     `json:"expected_fraction_below"`
	ExpectedPPM [2]float64  `json:"expected_ppm"`
	Performance Performance `json:"performance"`
	Normality   Normality   `json:"normality"`
	Percentiles Percentiles `json:"percentiles"`
	Beyond      []int       `json:"beyond_limits"` // points of the chart, from 1
	Warnings    []string    `json:"warnings"`
}

// faintest share that a model is believed for.
const faintest = 1e-4

// Capability judges the values of a table against a specification.
func (f *Frame) Capability(a AskCapability) (*Capable, error) {
	notes := &Answer{}
	groups, trial, err := f.groups(Ask{Value: a.Value, Subgroup: a.Subgroup, Phase: a.Phase}, notes)
	if err != nil {
		return nil, err
	}
	if trial == 0 {
		return nil, invalid("no value is of phase I; write TRUE in its column for those that are to be judged")
	}
	if left := len(groups) - trial; left > 0 {
		notes.warn("%d subgroups are not of phase I and are left out", left)
	}
	groups = groups[:trial]
	single := a.Subgroup == ""
	ask := Ask{Chart: "xbar-r", Sigma: a.Sigma}
	chart, _, err := mean(ask, groups, trial, single)
	if err != nil {
		return nil, err
	}
	beyond := chart.Beyond()
	process := capability.Process{Values: slices.Concat(groups...), Center: chart.Center, Within: chart.StdDev, Subgroups: trial, Points: chart.Statistics, Beyond: len(beyond)}
	r, err := capability.Of(process, capability.Spec{LSL: a.LSL, USL: a.USL, Target: a.Target})
	if err != nil {
		return nil, invalid("%v", err)
	}
	if sum := r.Center + r.Within + r.Overall; math.IsNaN(sum) || math.IsInf(sum, 0) {
		return nil, invalid("the values are too large to be added up; give them in a larger unit")
	}
	out := CapableOf(r)
	out.Sigma, out.Subgroups, out.Beyond = string(estimator(a.Sigma, own("xbar-r", single))), trial, beyond
	out.Spec = [2]*float64{a.LSL, a.USL}
	for _, d := range r.Doubts {
		doubt(notes, d, r, beyond, single)
	}
	switch r.CpK.Why {
	case capability.NoSpecification:
		notes.warn("without a limit nothing can be said of how well the process keeps within it: give a lower or an upper one")
	case capability.Reversed:
		notes.warn("the lower limit %v is not below the upper one %v: swap them", *a.LSL, *a.USL)
	case capability.NoSpread:
		notes.warn("the values do not vary: the gauge may be stuck or too coarse")
	}
	out.Warnings = append([]string{}, notes.Warnings...)
	return out, nil
}

// CapableOf puts a report into the words of the commands and of the API.
func CapableOf(r *capability.Report) *Capable {
	out := &Capable{
		N: r.N, Target: r.Target, Center: r.Center, StdDev: r.Within, RStdDev: r.Within, Observed: r.Observed,
		Indices: map[string]Index{"Cp": indexOf(r.Cp), "Cp_l": indexOf(r.CpL), "Cp_u": indexOf(r.CpU), "Cp_k": indexOf(r.CpK), "Cpm": indexOf(r.Cpm)},
	}
	for i, share := range r.Expected {
		out.ExpectedPPM[i] = share * 1e6
		if share >= faintest {
			out.Expected[i] = share
		}
	}
	out.Below = out.Expected[0]
	p := map[string]Index{"Pp": indexOf(r.Pp), "Ppl": indexOf(r.PpL), "Ppu": indexOf(r.PpU), "Ppk": indexOf(r.PpK)}
	out.Performance = Performance{Mean: r.Mean, SD: r.Overall, Pp: p["Pp"].Value, Ppl: p["Ppl"].Value, Ppu: p["Ppu"].Value, Ppk: p["Ppk"].Value, Intervals: p}
	out.Normality.Test = "anderson-darling"
	if n := r.Normal; n.OK {
		out.Normality.A2, out.Normality.Adjusted, out.Normality.P = &n.A2, &n.Adjusted, &n.P
	}
	q := r.Percentiles
	out.Percentiles = Percentiles{By: q.By, Pp: indexOf(q.Pp), Ppl: indexOf(q.PpL), Ppu: indexOf(q.PpU), Ppk: indexOf(q.PpK)}
	if q.OK {
		out.Percentiles.Low, out.Percentiles.Median, out.Percentiles.Top = &q.Low, &q.Median, &q.Top
	}
	return out
}

func indexOf(x capability.Index) Index {
	if !x.OK {
		return Index{Reason: string(x.Why)}
	}
	out := Index{Value: &x.Value}
	if x.Low != x.High {
		out.Low, out.High = &x.Low, &x.High
	}
	return out
}

// doubt says what to do about one.
func doubt(to *Answer, d capability.Doubt, r *capability.Report, beyond []int, single bool) {
	switch d {
	case capability.OutOfControl:
		to.warn("the process is not in control (points %v are beyond the limits): capability says nothing of what comes; find the causes first", beyond)
	case capability.FewSubgroups:
		if !single { // values are counted below
			to.warn("fewer than 25 subgroups: the spread within them is uncertain")
		}
	case capability.FewValues:
		to.warn("%d values: 100 at least are usual; see how wide the intervals are", r.N)
	case capability.NotNormal:
		to.warn("the values are not normal (Anderson-Darling p %.3g): read the indices by percentiles, and look for mixed machines, moulds or lots", r.Normal.P)
	case capability.Correlated:
		to.warn("points follow the ones before them (autocorrelation %.2f): the spread within subgroups is not that of the process; read Pp and Ppk", r.Lag1)
	case capability.TargetOutside:
		to.warn("the target is outside of the specification; check which number is wrong")
	}
}
