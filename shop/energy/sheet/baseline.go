package sheet

import (
	"math"
	"slices"
	"time"

	"zhigai/calc/energy"
)

// Ask says what to make a baseline of.
type Ask struct {
	Time        string         // column
	Marks       Marks          // what the time marks; "" and auto find it out
	Zone        *time.Location // of labels without an offset; nil is the table's own clock
	Y           string         // column of energy
	X           []string       // terms
	Temperature string         // column; "" of models without
	Model       energy.Kind    // "" is linear
	Every       string         // row, day, week or month; "" is row
	Fit, Apply  string         // spans; "" fits all and applies to nothing
	Confidence  float64        // of savings; 0 is 0.9
	Per         string         // the term that energy per unit is told of; "" is the first column of numbers
}

// Statistics are how well a model fits, by the names of reference programs.
type Statistics struct {
	N      int      `json:"n"`
	DF     int      `json:"df_residual"`
	R2     *float64 `json:"r2"`
	AdjR2  *float64 `json:"adj_r2"`
	RMSE   *float64 `json:"rmse_n_minus_p"`
	CVRMSE *float64 `json:"cv_rmse"`
	NMBE   *float64 `json:"nmbe"`
	F      *float64 `json:"f"`
	AIC    *float64 `json:"aic"`
	DW     *float64 `json:"durbin_watson"`
	Lag1   *float64 `json:"autocorrelation_lag1"`
}

// Fitted is a model in numbers that JSON can hold.
type Fitted struct {
	Kind   energy.Kind    `json:"kind"`
	Terms  []string       `json:"terms"`
	Coef   []float64      `json:"coef"`
	StdErr []*float64     `json:"std_err"`
	T      []*float64     `json:"t"`
	P      []*float64     `json:"p"`
	Breaks []energy.Break `json:"breaks"`
	Ranges []energy.Range `json:"ranges"`
}

// Point is a period that the baseline is held against.
type Point struct {
	Time string `json:"time"` // its beginning
	energy.Step
}

// Answer is a baseline and what it says of later periods.
type Answer struct {
	Time       Clock          `json:"time"`
	Every      string         `json:"every"`
	Fit        string         `json:"fit"`
	Apply      string         `json:"apply,omitempty"`
	Model      Fitted         `json:"model"`
	Statistics Statistics     `json:"statistics"`
	Accepted   bool           `json:"accepted"`
	Checks     []energy.Check `json:"acceptance"`
	Savings    *energy.Saving `json:"savings"`
	EnPI       *EnPI          `json:"enpi"`
	CUSUM      []Point        `json:"cusum"`
	Warnings   []string       `json:"warnings"`
	made       *energy.Model
}

// EnPI is energy per unit of a term, and what it is beside the baseline.
type EnPI struct {
	Per string `json:"per"` // "" where there is no column to divide by
	energy.Indicator
}

// Baseline fits a model to one span and holds another against it.
func (f *Frame) Baseline(a Ask) (*Answer, error) {
	if err := a.complete(); err != nil {
		return nil, err
	}
	out := &Answer{Every: a.Every, CUSUM: []Point{}}
	var n notes
	in, err := f.clocked(a.Time, a.Marks, a.Zone, &n)
	if err != nil {
		return nil, err
	}
	out.Time = in.clock
	all, terms, err := f.periods(a, in, &n)
	if err != nil {
		return nil, err
	}
	fit, apply, err := a.spans(in, all, &n)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(terms))
	for i, t := range terms {
		names[i] = t.name
		if t.hours && a.Every != "row" {
			names[i] = "hours " + t.name
		}
	}
	out.Fit = in.extent(fit)
	m, err := energy.Fit(a.Model, bare(fit), names)
	if err != nil {
		return nil, invalid("%s: %v", out.Fit, err)
	}
	out.told(m)
	for _, s := range m.Doubts() {
		n.say("%s", s)
	}
	out.Checks, out.Accepted = m.Accept(cadence(a.Every, in.clock.Step))
	if a.Apply != "" {
		if err := out.held(a, in, fit, apply, perOf(a.Per, terms, names), names, &n); err != nil {
			return nil, err
		}
	}
	out.Warnings = append([]string{}, n...)
	return out, nil
}

func (a *Ask) complete() error {
	if a.Every == "" {
		a.Every = "row"
	}
	if a.Model == "" {
		a.Model = energy.Linear
	}
	if a.Marks == "" {
		a.Marks = Auto
	}
	if a.Confidence == 0 {
		a.Confidence = 0.9
	}
	switch {
	case !slices.Contains(Every, a.Every):
		return invalid("--every %s; write one of %v", a.Every, Every)
	case !slices.Contains(energy.Kinds, a.Model):
		return invalid("--model %s; write one of %v", a.Model, energy.Kinds)
	case (a.Model == energy.Linear) != (a.Temperature == ""):
		if a.Temperature == "" {
			return invalid("a model %s needs --temperature: the column of the outdoor temperature", a.Model)
		}
		return invalid("--temperature belongs to a model of temperature; say --model, one of %v, or name the column as a variable", energy.Kinds[1:])
	}
	return nil
}

func (f *Frame) periods(a Ask, in *intervals, n *notes) ([]period, []term, error) {
	y, err := f.Named(a.Y)
	if err != nil {
		return nil, nil, err
	}
	temperature := -1
	if a.Temperature != "" {
		if temperature, err = f.Named(a.Temperature); err != nil {
			return nil, nil, err
		}
	}
	terms, err := f.terms(a.X, in, n)
	if err != nil {
		return nil, nil, err
	}
	all, err := f.fill(in.group(a.Every, n), y, terms, temperature, in, n)
	return all, terms, err
}

// spans are the periods that a model is fitted to, and those held against it.
func (a Ask) spans(in *intervals, all []period, n *notes) (fit, apply []period, err error) {
	f, err := spanOf(a.Fit, in.zone)
	if err != nil {
		return nil, nil, err
	}
	if fit = f.within(all); len(fit) == 0 {
		return nil, nil, invalid("--fit %s holds no whole period; the table has %s", a.Fit, in.extent(all))
	}
	if a.Apply == "" {
		return fit, nil, nil
	}
	s, err := spanOf(a.Apply, in.zone)
	if err != nil {
		return nil, nil, err
	}
	if apply = s.within(all); len(apply) == 0 {
		return nil, nil, invalid("--apply %s holds no whole period; the table has %s", a.Apply, in.extent(all))
	}
	if apply[0].from.Before(fit[len(fit)-1].to) && fit[0].from.Before(apply[len(apply)-1].to) {
		n.say("periods that the baseline is made of are also held against it: what is saved there is nothing by construction")
	}
	return fit, apply, nil
}

func cadence(every string, step int64) energy.Cadence {
	day := int64(24 * 3600)
	switch {
	case every == "week" || every == "month" || step > day:
		return energy.Monthly
	case every == "day" || step == day:
		return energy.Daily
	}
	return energy.Hourly
}

// told writes a model down.
func (o *Answer) told(m *energy.Model) {
	o.made = m
	o.Model = Fitted{Kind: m.Kind, Terms: m.Terms, Coef: m.Coef, StdErr: numbers(m.StdErr), T: numbers(m.T), P: numbers(m.P), Breaks: m.Breaks, Ranges: m.Ranges}
	o.Statistics = Statistics{
		N: m.N, DF: m.DF, R2: number(m.R2), AdjR2: number(m.AdjR2), RMSE: number(m.RMSE), CVRMSE: number(m.CVRMSE), NMBE: number(m.NMBE),
		F: number(m.F), AIC: number(m.AIC), DW: number(m.DW), Lag1: number(m.Lag1),
	}
}

// held is what the baseline says of later periods.
func (o *Answer) held(a Ask, in *intervals, fit, apply []period, per int, names []string, n *notes) error {
	s, err := o.made.Saving(bare(apply), a.Confidence)
	if err != nil {
		return invalid("%v", err)
	}
	o.Savings, o.Apply = s, in.extent(apply)
	for i, p := range apply {
		o.CUSUM = append(o.CUSUM, Point{in.written(p.from), s.Steps[i]})
	}
	if a.Per != "" && per < 0 {
		return invalid("--per %s is none of the variables %v", a.Per, names)
	}
	o.EnPI = &EnPI{Indicator: o.made.Indicator(bare(fit), bare(apply), per)}
	if per >= 0 {
		o.EnPI.Per = names[per]
	}
	for name, beyond := range s.Beyond {
		n.say("%s lies outside of where the baseline was fitted in %d of %d periods: what is expected there is a guess", name, beyond, len(apply))
	}
	if !o.Accepted {
		n.say("the model does not pass as a baseline (see acceptance): a saving by it is not proven")
	}
	if !s.Significant {
		n.say("the difference is smaller than its uncertainty: it is not proven")
	}
	return nil
}

// perOf is the variable that energy per unit is told of; −1 is none.
func perOf(asked string, terms []term, names []string) int {
	if asked != "" {
		return slices.Index(names, asked)
	}
	return slices.IndexFunc(terms, func(t term) bool { return t.amount })
}

func number(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}

func numbers(all []float64) []*float64 {
	out := make([]*float64, len(all))
	for i, v := range all {
		out[i] = number(v)
	}
	return out
}
