package sheet

import (
	"math"
	"slices"

	"zhigai/calc/msa"
)

// AskGauge says which study of measuring to judge.
type AskGauge struct {
	Method    string // anova, range, bias, linearity, stability or attribute
	Part      string // columns
	Operator  string
	Value     string
	Reference string  // column of what the part is known to be
	Tolerance float64 // width of the specification; 0 is none
	Study     float64 // standard deviations of the study variation; 0 is 6
	PoolAbove float64
	Good      string // category of conforming parts, of attributes
}

// GaugeMethods that can be asked for.
var GaugeMethods = []string{"anova", "range", "bias", "linearity", "stability", "attribute"}

// Component is a part of what varies in a study; percentages are of 100.
type Component struct {
	Variance     float64  `json:"variance"`
	SD           float64  `json:"std_dev"`
	Study        float64  `json:"study_variation"`
	Contribution *float64 `json:"percent_contribution"` // of the variance
	OfStudy      *float64 `json:"percent_study"`
	OfTolerance  *float64 `json:"percent_tolerance"`
}

// Source is a line of the analysis of variance.
type Source struct {
	DF int      `json:"df"`
	SS float64  `json:"ss"`
	MS float64  `json:"ms"`
	F  *float64 `json:"f"`
	P  *float64 `json:"p"`
}

// Gauge is what a study of repeatability and reproducibility found.
type Gauge struct {
	Method     string               `json:"method"`
	Parts      int                  `json:"parts"`
	Operators  int                  `json:"operators"`
	Trials     int                  `json:"trials"`
	Components map[string]Component `json:"components"`
	NDC        *int                 `json:"ndc"`
	NDCExact   *float64             `json:"ndc_exact"`
	Verdict    string               `json:"verdict"` // accepted, marginal, rejected; "" when nothing varies
	Anova      map[string]Source    `json:"anova,omitempty"`
	Pooled     *bool                `json:"interaction_pooled,omitempty"`
	Ranges     *Ranges              `json:"ranges,omitempty"`
	Warnings   []string             `json:"warnings"`
}

// Ranges are what the method of averages and ranges rests on.
type Ranges struct {
	Mean     float64 `json:"r_bar"`
	UCL      float64 `json:"ucl_r"`
	XDiff    float64 `json:"x_diff"`
	PartSpan float64 `json:"r_p"`
	Beyond   []Cell  `json:"beyond"`
}

// Cell is a part as measured by an operator.
type Cell struct {
	Part     string `json:"part"`
	Operator string `json:"operator"`
}

// ComponentNames are the components in the order in which tables show them.
var ComponentNames = []string{"gage_rr", "repeatability", "reproducibility", "operator", "interaction", "part", "total"}

// Gauge judges a study by analysis of variance or by averages and ranges.
func (f *Frame) Gauge(a AskGauge) (*Gauge, error) {
	readings, err := f.readings(a)
	if err != nil {
		return nil, err
	}
	s, err := msa.Of(readings)
	if err != nil {
		return nil, invalid("%v", err)
	}
	by := msa.Anova
	if a.Method == "range" {
		by = msa.AverageRange
	}
	r, err := by(s, msa.Options{Tolerance: a.Tolerance, Study: a.Study, PoolAbove: a.PoolAbove})
	if err != nil {
		return nil, invalid("%v", err)
	}
	if math.IsNaN(r.Total.SD) || math.IsInf(r.Total.SD, 0) {
		return nil, invalid("the values are too large to be added up; give them in a larger unit")
	}
	return GaugeOf(a.Method, s, r), nil
}

// GaugeOf puts what a study found into the words of the commands.
func GaugeOf(method string, s *msa.Study, r *msa.Result) *Gauge {
	out := &Gauge{Method: method, Parts: len(s.Parts), Operators: len(s.Operators), Trials: s.Trials, NDCExact: r.NDC, Verdict: string(r.Verdict()), Components: map[string]Component{}}
	for i, c := range []msa.Component{r.Gauge, r.Repeatability, r.Reproducibility, r.Operator, r.Interaction, r.Part, r.Total} {
		out.Components[ComponentNames[i]] = Component{c.Variance, c.SD, c.Study, percent(c.Contribution), percent(c.OfStudy), percent(c.OfTolerance)}
	}
	if r.NDC != nil {
		n := int(min(math.Floor(*r.NDC), math.MaxInt32))
		out.NDC = &n
	}
	notes := &Answer{}
	if t := r.Table; t != nil {
		out.Pooled = &t.Pooled
		out.Anova = map[string]Source{}
		for name, line := range map[string]msa.Source{"part": t.Part, "operator": t.Operator, "interaction": t.Interaction, "repeatability": t.Repeatability, "total": t.Total} {
			out.Anova[name] = Source(line)
		}
	}
	if g := r.Ranges; g != nil {
		out.Ranges = &Ranges{g.Mean, g.UCL, g.XDiff, g.PartSpan, []Cell{}}
		for _, c := range g.Beyond {
			out.Ranges.Beyond = append(out.Ranges.Beyond, Cell(c))
			notes.warn("the trials of part %s by %s differ by more than chance allows: look at how they were measured, and repeat them", c.Part, c.Operator)
		}
		notes.warn("ranges do not see whether operators differ by part; the analysis of variance does")
	}
	if len(s.Parts) < 10 || len(s.Parts)*len(s.Operators)*s.Trials < 60 {
		notes.warn("%d parts, %d operators, %d trials: ten parts, three operators and two or three trials are usual", len(s.Parts), len(s.Operators), s.Trials)
	}
	if r.Total.Variance == 0 {
		notes.warn("the values do not vary: the gauge may be stuck or too coarse for these parts")
	} else if r.Part.Variance == 0 {
		notes.warn("no difference between parts is seen: take parts over the whole range of the process")
	}
	out.Warnings = append([]string{}, notes.Warnings...)
	return out
}

func percent(share *float64) *float64 {
	if share == nil {
		return nil
	}
	v := 100 * *share
	return &v
}

func (f *Frame) readings(a AskGauge) ([]msa.Reading, error) {
	if a.Part == "" || a.Operator == "" {
		return nil, invalid("a study needs --part and --operator: the columns that say what was measured, and by whom")
	}
	parts, err := f.Texts(a.Part)
	if err != nil {
		return nil, err
	}
	operators, err := f.Texts(a.Operator)
	if err != nil {
		return nil, err
	}
	values, err := f.Numbers(a.Value)
	if err != nil {
		return nil, err
	}
	out := make([]msa.Reading, len(values))
	for i := range out {
		out[i] = msa.Reading{Part: parts[i], Operator: operators[i], Value: values[i]}
	}
	return out, nil
}

// Bias is how far a gauge is off at a reference value.
type Bias struct {
	Reference float64  `json:"reference"`
	N         int      `json:"n"`
	Mean      float64  `json:"mean"`
	SD        float64  `json:"std_dev"`
	Bias      float64  `json:"bias"`
	Low       float64  `json:"ci95_low"`
	High      float64  `json:"ci95_high"`
	T         *float64 `json:"t"`
	P         *float64 `json:"p"`
	Off       bool     `json:"off"` // the interval does not hold 0
}

// Linearity is the bias at several references, with the line through it where it was
// asked for.
type Linearity struct {
	Method       string   `json:"method"`
	At           []Bias   `json:"at"`
	Slope        *float64 `json:"slope,omitempty"`
	SlopeErr     *float64 `json:"slope_std_err,omitempty"`
	SlopeP       *float64 `json:"slope_p,omitempty"`
	Intercept    *float64 `json:"intercept,omitempty"`
	InterceptErr *float64 `json:"intercept_std_err,omitempty"`
	InterceptP   *float64 `json:"intercept_p,omitempty"`
	R2           *float64 `json:"r2,omitempty"`
	Verdict      string   `json:"verdict"` // accepted, or off when a bias or the slope is none of chance
}

// Linearity judges readings of parts whose values are known: each bias, and with the
// method linearity the line through them.
func (f *Frame) Linearity(a AskGauge) (*Linearity, error) {
	if a.Reference == "" {
		return nil, invalid("%s needs --reference: the column of what each part is known to be", a.Method)
	}
	references, err := f.Numbers(a.Reference)
	if err != nil {
		return nil, err
	}
	values, err := f.Numbers(a.Value)
	if err != nil {
		return nil, err
	}
	out := &Linearity{Method: a.Method, Verdict: "accepted"}
	var at []*msa.Bias
	if a.Method == "linearity" {
		points := make([]msa.Point, len(values))
		for i := range points {
			points[i] = msa.Point{Reference: references[i], Value: values[i]}
		}
		l, err := msa.LinearityOf(points)
		if err != nil {
			return nil, invalid("%v", err)
		}
		at = l.At
		out.Slope, out.SlopeErr, out.SlopeP = &l.Slope, &l.SlopeErr, l.SlopeP
		out.Intercept, out.InterceptErr, out.InterceptP = &l.Intercept, &l.InterceptErr, l.InterceptP
		if !math.IsNaN(l.R2) {
			out.R2 = &l.R2
		}
		if l.SlopeP != nil && *l.SlopeP < 0.05 {
			out.Verdict = "off"
		}
	} else if at, err = biases(values, references); err != nil {
		return nil, err
	}
	for _, b := range at {
		if b.Off() {
			out.Verdict = "off"
		}
		out.At = append(out.At, Bias{b.Reference, b.N, b.Mean, b.SD, b.Bias, b.Low, b.High, b.T, b.P, b.Off()})
	}
	return out, nil
}

func biases(values, references []float64) (out []*msa.Bias, err error) {
	by := map[float64][]float64{}
	var order []float64
	for i, r := range references {
		if _, ok := by[r]; !ok {
			order = append(order, r)
		}
		by[r] = append(by[r], values[i])
	}
	for _, r := range order {
		b, err := msa.BiasOf(by[r], r)
		if err != nil {
			return nil, invalid("%v", err)
		}
		out = append(out, b)
	}
	return out, nil
}

// Stability charts readings of one master part over time: in subgroups when there is
// a column for the part of the study that says which were taken together.
func (f *Frame) Stability(a AskGauge) (*Answer, error) {
	if a.Part == "" {
		return f.Chart(Ask{Chart: "imr", Value: a.Value})
	}
	return f.Chart(Ask{Chart: "xbar-r", Value: a.Value, Subgroup: a.Part})
}

// Kappa is agreement beyond chance.
type Kappa struct {
	Observed float64  `json:"observed"`
	Expected float64  `json:"expected"`
	Value    *float64 `json:"kappa"` // null when chance agrees fully
}

// Appraiser is how one operator judges.
type Appraiser struct {
	Operator   string   `json:"operator"`
	Same       int      `json:"within"` // parts of which it said the same in all trials
	Right      int      `json:"against_reference"`
	Against    *Kappa   `json:"kappa_reference,omitempty"`
	Miss       *float64 `json:"miss_rate"`
	FalseAlarm *float64 `json:"false_alarm_rate"`
}

// Agreement is a study of attributes.
type Agreement struct {
	Method     string           `json:"method"`
	Parts      int              `json:"parts"`
	Categories []string         `json:"categories"`
	Appraisers []Appraiser      `json:"appraisers"`
	All        int              `json:"between"`
	AllRight   int              `json:"all_against_reference"`
	Pairs      map[string]Kappa `json:"kappa_between"` // Cohen's, "A/B"
	Fleiss     Kappa            `json:"fleiss"`
	Verdict    string           `json:"verdict"`
}

// Limits of kappa (AIAG, 4th edition, chapter III C): above 0.75 is good, below 0.40
// poor.
const (
	goodKappa = 0.75
	poorKappa = 0.40
)

// Agreement judges what operators said of parts.
func (f *Frame) Agreement(a AskGauge) (*Agreement, error) {
	if a.Part == "" || a.Operator == "" {
		return nil, invalid("a study needs --part and --operator: the columns that say what was judged, and by whom")
	}
	columns := []string{a.Part, a.Operator, a.Value}
	if a.Reference != "" {
		columns = append(columns, a.Reference)
	}
	texts := make([][]string, 4)
	for i, name := range columns {
		var err error
		if texts[i], err = f.Texts(name); err != nil {
			return nil, err
		}
	}
	ratings := make([]msa.Rating, len(texts[0]))
	for i := range ratings {
		ratings[i] = msa.Rating{Part: texts[0][i], Operator: texts[1][i], Said: texts[2][i]}
		if texts[3] != nil {
			ratings[i].Known = texts[3][i]
		}
	}
	r, err := msa.Agree(ratings, a.Good)
	if err != nil {
		return nil, invalid("%v", err)
	}
	if a.Good != "" && !slices.Contains(r.Categories, a.Good) {
		return nil, invalid("nothing is %q; there are %v", a.Good, r.Categories)
	}
	out := &Agreement{Method: "attribute", Parts: r.Parts, Categories: r.Categories, All: r.All, AllRight: r.AllRight, Pairs: map[string]Kappa{}, Fleiss: Kappa(r.Fleiss)}
	least := math.Inf(1)
	if v := r.Fleiss.Value; v != nil {
		least = *v
	}
	for _, x := range r.Appraisers {
		one := Appraiser{Operator: x.Operator, Same: x.Same, Right: x.Right, Miss: x.Miss, FalseAlarm: x.FalseAlarm}
		if x.Against != nil {
			k := Kappa(*x.Against)
			one.Against = &k
			if k.Value != nil {
				least = min(least, *k.Value)
			}
		}
		out.Appraisers = append(out.Appraisers, one)
	}
	for pair, k := range r.Between {
		out.Pairs[pair[0]+"/"+pair[1]] = Kappa(k)
	}
	switch {
	case math.IsInf(least, 1):
	case least >= goodKappa:
		out.Verdict = string(msa.Accepted)
	case least >= poorKappa:
		out.Verdict = string(msa.Marginal)
	default:
		out.Verdict = string(msa.Rejected)
	}
	return out, nil
}
