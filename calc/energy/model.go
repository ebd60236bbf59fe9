package energy

import (
	"fmt"
	"math"
	"slices"

	"zhigai/calc/stat"
)

// Kind is the shape of a baseline model.
type Kind string

// Shapes of models. T is the mean temperature of a period; change-point models are
// those of Kissock, Haberl and Claridge (ASHRAE RP-1050, 2002), degree days those
// of a base temperature that is searched (variable-base degree days, the same).
const (
	Linear        Kind = "linear"         // constant and variables: production, hours, …
	DegreeHeating Kind = "degree-heating" // constant and heating degree days
	DegreeCooling Kind = "degree-cooling"
	DegreeBoth    Kind = "degree-days" // heating and cooling, each with its base
	Heating3P     Kind = "3p-heating"  // b₀ + b₁·(T₀−T)⁺
	Cooling3P     Kind = "3p-cooling"  // b₀ + b₁·(T−T₀)⁺
	Four          Kind = "4p"          // b₀ + b₁·(T₀−T)⁺ + b₂·(T−T₀)⁺
	Five          Kind = "5p"          // b₀ + b₁·(T₁−T)⁺ + b₂·(T−T₂)⁺ with T₁ ≤ T₂
)

// Kinds are all shapes.
var Kinds = []Kind{Linear, DegreeHeating, DegreeCooling, DegreeBoth, Heating3P, Cooling3P, Four, Five}

// Period is what is known of one period: an interval, a day, a month.
type Period struct {
	Y float64   // energy, or what else is to be explained
	X []float64 // variables in the order of their names
	// Temperatures of the days of the period, all of the same weight; one of a day
	// and of shorter periods. Only models of temperature look at them.
	Temperatures []float64
}

func (p Period) mean() float64 { return stat.Sum(p.Temperatures) / float64(len(p.Temperatures)) }

// shape says which columns a kind of model makes of a temperature.
type shape struct {
	breaks  []string // what is searched
	terms   []string
	days    bool // columns are sums over days, not functions of the mean
	columns func(t float64, at, out []float64)
}

func heats(t, at float64) float64 { return max(0, at-t) }
func cools(t, at float64) float64 { return max(0, t-at) }

var shapes = map[Kind]shape{
	Linear:        {},
	DegreeHeating: {[]string{"heating_base"}, []string{"heating_degree_days"}, true, func(t float64, at, out []float64) { out[0] += heats(t, at[0]) }},
	DegreeCooling: {[]string{"cooling_base"}, []string{"cooling_degree_days"}, true, func(t float64, at, out []float64) { out[0] += cools(t, at[0]) }},
	DegreeBoth:    {[]string{"heating_base", "cooling_base"}, []string{"heating_degree_days", "cooling_degree_days"}, true, both},
	Heating3P:     {[]string{"change_point"}, []string{"heating"}, false, func(t float64, at, out []float64) { out[0] += heats(t, at[0]) }},
	Cooling3P:     {[]string{"change_point"}, []string{"cooling"}, false, func(t float64, at, out []float64) { out[0] += cools(t, at[0]) }},
	Four: {[]string{"change_point"}, []string{"heating", "cooling"}, false, func(t float64, at, out []float64) {
		out[0] += heats(t, at[0])
		out[1] += cools(t, at[0])
	}},
	Five: {[]string{"heating_change_point", "cooling_change_point"}, []string{"heating", "cooling"}, false, both},
}

func both(t float64, at, out []float64) {
	out[0] += heats(t, at[0])
	out[1] += cools(t, at[1])
}

// row is the columns of a period where the breaks are known.
func (s shape) row(p Period, at []float64) []float64 {
	out := make([]float64, len(s.terms), len(s.terms)+len(p.X))
	switch {
	case len(s.breaks) == 0:
	case s.days:
		for _, t := range p.Temperatures {
			s.columns(t, at, out)
		}
	default:
		s.columns(p.mean(), at, out)
	}
	return append(out, p.X...)
}

// Break is a temperature that was searched.
type Break struct {
	Name string  `json:"name"`
	At   float64 `json:"at"`
}

// Range is where a variable was while the model was fitted.
type Range struct {
	Name string  `json:"name"`
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// Model is a baseline: what energy is expected of variables. Its statistics are of
// the periods it was fitted to.
type Model struct {
	Kind   Kind      `json:"kind"`
	Terms  []string  `json:"terms" nullable:"false"` // const first
	Coef   []float64 `json:"coef" nullable:"false"`
	StdErr []float64 `json:"std_err" nullable:"false"`
	T      []float64 `json:"-"` // Coef ÷ StdErr; NaN where there is no error
	P      []float64 `json:"-"` // two-sided
	Breaks []Break   `json:"breaks" nullable:"false"`
	Ranges []Range   `json:"ranges" nullable:"false"`
	N      int       `json:"n"`
	DF     int       `json:"df_residual"` // N less coefficients that are known apart, less breaks
	Rank   int       `json:"rank"`
	Mean   float64   `json:"mean"` // of Y
	R2     float64   `json:"-"`
	AdjR2  float64   `json:"-"`
	RMSE   float64   `json:"-"` // √(SSE ÷ DF)
	CVRMSE float64   `json:"-"` // RMSE ÷ Mean
	NMBE   float64   `json:"-"` // Σ(Y − expected) ÷ (DF · Mean): 0 of least squares with a constant, up to rounding
	F      float64   `json:"-"`
	AIC    float64   `json:"-"`
	DW     float64   `json:"-"`
	Lag1   float64   `json:"-"` // autocorrelation of what is left over with the one before
	Resid  []float64 `json:"-"`
	// Explained are terms that others before them explain: what the model says of
	// those apart is one of many answers.
	Explained []string    `json:"explained,omitempty"`
	Inverse   [][]float64 `json:"inverse" nullable:"false"` // (XᵀX)⁻¹
}

// Fit fits a model to periods; names are those of their variables. Periods are in
// the order of time.
func Fit(kind Kind, periods []Period, names []string) (*Model, error) {
	s, ok := shapes[kind]
	if !ok {
		return nil, invalid("a model %q; there are %v", kind, Kinds)
	}
	if err := fits(s, periods, names); err != nil {
		return nil, err
	}
	var at []float64
	if len(s.breaks) > 0 {
		var err error
		if at, err = s.search(periods); err != nil {
			return nil, err
		}
	}
	terms := append(slices.Clone(s.terms), names...)
	y, columns := make([]float64, len(periods)), make([][]float64, len(terms))
	for i, p := range periods {
		y[i] = p.Y
		for c, v := range s.row(p, at) {
			columns[c] = append(columns[c], v)
		}
	}
	m := &Model{Kind: kind, Terms: append([]string{"const"}, terms...), Breaks: []Break{}, Ranges: []Range{}, N: len(periods), Mean: stat.Sum(y) / float64(len(y))}
	fit, err := fitted(y, columns)
	if err != nil {
		return nil, fmt.Errorf("energy: a model of %v: %w", m.Terms, err)
	}
	for i, name := range s.breaks {
		m.Breaks = append(m.Breaks, Break{name, at[i]})
	}
	for i, name := range names {
		m.Ranges = append(m.Ranges, Range{name, slices.Min(columns[len(s.terms)+i]), slices.Max(columns[len(s.terms)+i])})
	}
	if len(s.breaks) > 0 {
		low, high := coldest(periods)
		m.Ranges = append(m.Ranges, Range{Temperature, low, high})
	}
	m.take(fit, len(s.breaks))
	return m, nil
}

// Temperature is the name of the range of temperatures.
const Temperature = "temperature"

func fits(s shape, periods []Period, names []string) error {
	if len(s.terms)+len(names) == 0 {
		return invalid("a model of nothing; name variables that explain the energy, or take one of temperature")
	}
	if len(periods) == 0 {
		return invalid("no period to fit to; take a longer time")
	}
	for i, p := range periods {
		if len(p.X) != len(names) {
			return invalid("period %d has %d variables, not %d", i+1, len(p.X), len(names))
		}
		if !plain(p.Y) {
			return invalid("period %d is %v; leave it out", i+1, p.Y)
		}
		if len(s.breaks) > 0 && len(p.Temperatures) == 0 {
			return invalid("period %d has no temperature; leave it out, or take a model without", i+1)
		}
		for _, t := range p.Temperatures {
			if !plain(t) {
				return invalid("period %d has a temperature of %v; leave it out", i+1, t)
			}
		}
	}
	return nil
}

func fitted(y []float64, columns [][]float64) (*stat.LeastNorm, error) {
	first, same := y[0], len(y) > 2 // of fewer, that there are too few is said
	for _, v := range y {
		same = same && v == first
	}
	if same {
		return nil, invalid("all %d values are %v; look whether the meter stands still", len(y), first)
	}
	return stat.RegressLeastNorm(y, columns, true)
}

// take makes what was fitted the model's own. Every temperature that was searched
// takes a degree of freedom as a coefficient does.
func (m *Model) take(f *stat.LeastNorm, breaks int) {
	m.Coef, m.StdErr, m.Inverse, m.Resid = f.Coef, f.StdErr, f.Inverse, f.Resid
	m.Rank, m.DF = f.Rank, f.DF-breaks
	n := float64(m.N)
	m.R2, m.DW = f.R2, f.DW
	m.RMSE = math.Sqrt(f.SSE / float64(m.DF))
	m.CVRMSE = m.RMSE / m.Mean
	m.NMBE = stat.Sum(f.Resid) / (float64(m.DF) * m.Mean)
	m.AdjR2 = 1 - (1-m.R2)*(n-1)/float64(m.DF)
	m.F = f.SSR / float64(m.Rank-1+breaks) / (m.RMSE * m.RMSE)
	m.AIC = f.AIC + 2*float64(breaks)
	for _, c := range f.Explained {
		m.Explained = append(m.Explained, m.Terms[c+1])
	}
	widen := 1.0 // breaks that were searched leave fewer degrees of freedom
	if f.SD > 0 {
		widen = m.RMSE / f.SD
	}
	for i := range m.Coef {
		m.StdErr[i] *= widen
		t := m.Coef[i] / m.StdErr[i]
		m.T, m.P = append(m.T, t), append(m.P, twoSided(t, m.DF))
	}
	if s, err := stat.Of(f.Resid); err == nil {
		m.Lag1 = s.Lag1
	}
}

// at are the temperatures that were found.
func (m *Model) at() []float64 {
	out := make([]float64, len(m.Breaks))
	for i, b := range m.Breaks {
		out[i] = b.At
	}
	return out
}

// Expect is the energy that the model expects of a period.
func (m *Model) Expect(p Period) (float64, error) {
	row, err := m.row(p)
	if err != nil {
		return 0, err
	}
	y := m.Coef[0]
	for i, v := range row {
		y += m.Coef[i+1] * v
	}
	return y, nil
}

func (m *Model) row(p Period) ([]float64, error) {
	s, ok := shapes[m.Kind]
	if !ok {
		return nil, invalid("a model %q; there are %v", m.Kind, Kinds)
	}
	if len(p.X)+len(s.terms)+1 != len(m.Coef) {
		return nil, invalid("a period of %d variables; the model has %d", len(p.X), len(m.Coef)-1-len(s.terms))
	}
	if len(s.breaks) > 0 && len(p.Temperatures) == 0 {
		return nil, invalid("a period without a temperature; the model is one of temperature")
	}
	return s.row(p, m.at()), nil
}

// Beyond are the variables of a period outside of where the model was fitted by
// more than a tenth of that range: what is expected there is a guess (ASHRAE
// Guideline 14-2002, 5.2.2 on conditions outside of the baseline's; the tenth is
// ours).
func (m *Model) Beyond(p Period) (names []string) {
	for i, r := range m.Ranges {
		v := 0.0
		switch {
		case i < len(p.X):
			v = p.X[i]
		case len(p.Temperatures) > 0:
			v = p.mean()
		default:
			continue
		}
		if margin := (r.High - r.Low) / 10; v < r.Low-margin || v > r.High+margin {
			names = append(names, r.Name)
		}
	}
	return names
}
