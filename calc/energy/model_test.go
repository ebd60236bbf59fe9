package energy_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"zhigai/calc/energy"
)

func near(t *testing.T, what string, got, want, relative float64) {
	t.Helper()
	if !(math.Abs(got-want) <= relative*math.Max(1, math.Abs(want))) {
		t.Errorf("%s: %.12g; want %.12g", what, got, want)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// year is daily temperatures of a year, between −5 and 35.
func year(r *rand.Rand) []float64 {
	out := make([]float64, 365)
	for i := range out {
		out[i] = 15 - 14*math.Cos(2*math.Pi*float64(i)/365) + 3*r.NormFloat64()
	}
	return out
}

// Models find the temperatures and coefficients that made the data, without noise
// to nine digits.
func TestFit_FindsWhatMadeTheData(t *testing.T) {
	t.Parallel()
	heats := func(t, at float64) float64 { return max(0, at-t) }
	cools := func(t, at float64) float64 { return max(0, t-at) }
	for _, c := range []struct {
		kind   energy.Kind
		y      func(t float64) float64
		breaks []float64
		coef   []float64
	}{
		{energy.Heating3P, func(t float64) float64 { return 400 + 12*heats(t, 16.37) }, []float64{16.37}, []float64{400, 12, 3}},
		{energy.Cooling3P, func(t float64) float64 { return 400 + 7*cools(t, 21.04) }, []float64{21.04}, []float64{400, 7, 3}},
		{energy.Four, func(t float64) float64 { return 900 + 5*heats(t, 14.2) + 9*cools(t, 14.2) }, []float64{14.2}, []float64{900, 5, 9, 3}},
		{energy.Five, func(t float64) float64 { return 900 + 5*heats(t, 11.3) + 9*cools(t, 22.6) }, []float64{11.3, 22.6}, []float64{900, 5, 9, 3}},
		{energy.DegreeHeating, func(t float64) float64 { return 400 + 12*heats(t, 15.5) }, []float64{15.5}, []float64{400, 12, 3}},
		{energy.DegreeBoth, func(t float64) float64 { return 400 + 12*heats(t, 12.5) + 8*cools(t, 19.5) }, []float64{12.5, 19.5}, []float64{400, 12, 8, 3}},
	} {
		r := rand.New(rand.NewPCG(7, 1))
		var periods []energy.Period
		for _, temperature := range year(r) {
			parts := 100 * r.Float64()
			periods = append(periods, energy.Period{Y: c.y(temperature) + 3*parts, X: []float64{parts}, Temperatures: []float64{temperature}})
		}
		m, err := energy.Fit(c.kind, periods, []string{"parts"})
		must(t, err)
		for i, want := range c.breaks {
			near(t, string(c.kind)+" "+m.Breaks[i].Name, m.Breaks[i].At, want, 1e-5)
		}
		for i, want := range c.coef {
			near(t, string(c.kind)+" "+m.Terms[i], m.Coef[i], want, 1e-4)
		}
		if m.R2 < 1-1e-9 || m.DF != 365-len(c.coef)-len(c.breaks) {
			t.Errorf("%s: R² %v, %d left", c.kind, m.R2, m.DF)
		}
	}
}

// Degree days of a month are sums over its days, not of its mean: a month about the
// base temperature needs heat on its cold days.
func TestFit_DegreeDaysOfMonths(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 3))
	var months []energy.Period
	for range 3 {
		days := year(r)
		for m := range 12 {
			p := energy.Period{Temperatures: days[m*30 : m*30+30]}
			p.Y = 1000
			for _, t := range p.Temperatures {
				p.Y += 20 * max(0, 17.25-t)
			}
			months = append(months, p)
		}
	}
	m, err := energy.Fit(energy.DegreeHeating, months, nil)
	must(t, err)
	near(t, "base", m.Breaks[0].At, 17.25, 1e-5)
	near(t, "slope", m.Coef[1], 20, 1e-5)
}

// The formula of the guideline on the numbers of an open implementation of it
// (changepointmodel, test of relative_uncertainty_avoided_energy_use): 80 %, CV 0.5,
// all saved, two coefficients, 12 months before and after: 0.269.
func TestSaving_GuidelineFormula(t *testing.T) {
	t.Parallel()
	m := &energy.Model{
		Kind: energy.Linear, Terms: []string{"const", "x"}, Coef: []float64{100, 0}, N: 12, DF: 10, CVRMSE: 0.5, RMSE: 50,
		Inverse: [][]float64{{1. / 12, 0}, {0, 0}},
	}
	after := make([]energy.Period, 12)
	for i := range after {
		after[i].X = []float64{0}
	}
	s, err := m.Saving(after, 0.8)
	must(t, err)
	near(t, "guideline", *s.Guideline, 0.269, 1e-3)
	near(t, "saving", s.Saving, 1200, 1e-12)
	// t(0.9, 10) = 1.372184 (Student's table); 50·√(12 + 144/12).
	near(t, "half an interval", *s.Uncertainty, 1.372184*50*math.Sqrt(24), 1e-6)
}

// Intervals of 90 % hold the truth in 85 to 95 of 100 cases, also where days follow
// one another; without the correction for that they do not.
func TestSaving_IntervalsHoldTheTruth(t *testing.T) {
	t.Parallel()
	for _, rho := range []float64{0, 0.5} {
		r := rand.New(rand.NewPCG(11, 5))
		held, narrow, n := 0, 0, 600
		for range n {
			noise, e := 0.0, make([]energy.Period, 330)
			for i := range e {
				noise = rho*noise + r.NormFloat64()*math.Sqrt(1-rho*rho)
				x := 50 + 50*r.Float64()
				e[i] = energy.Period{Y: 200 + 3*x + 20*noise, X: []float64{x}}
				if i >= 240 {
					e[i].Y -= 15 // what the measure saves of each
				}
			}
			m, err := energy.Fit(energy.Linear, e[:240], []string{"parts"})
			must(t, err)
			s, err := m.Saving(e[240:], 0.9)
			must(t, err)
			off := math.Abs(s.Saving - 15*90)
			if off <= *s.Uncertainty {
				held++
			}
			if off <= *s.Uncertainty/math.Sqrt(float64(m.N)/s.Effective) {
				narrow++
			}
		}
		if share := float64(held) / float64(n); share < 0.85 || share > 0.95 {
			t.Errorf("ρ = %v: %v of the intervals hold the truth", rho, share)
		}
		if share := float64(narrow) / float64(n); rho > 0 && share > 0.8 {
			t.Errorf("ρ = %v: %v hold it without the correction, which would not be needed", rho, share)
		}
	}
}

func TestSaving_CUSUMAndIndicator(t *testing.T) {
	t.Parallel()
	var before, after []energy.Period
	for i := range 40 {
		x := float64(10 + i%20)
		wiggle := float64(i%3 - 1)
		before = append(before, energy.Period{Y: 50 + 2*x + wiggle, X: []float64{x}})
		after = append(after, energy.Period{Y: 0.9*(50+2*x) + wiggle, X: []float64{x}})
	}
	after[0].X[0] = 90
	m, err := energy.Fit(energy.Linear, before, []string{"parts"})
	must(t, err)
	s, err := m.Saving(after, 0.95)
	must(t, err)
	sum := 0.0
	for _, step := range s.Steps {
		sum += step.Actual - step.Expected
		near(t, "cusum", step.CUSUM, sum, 1e-9)
	}
	near(t, "end", s.Steps[39].CUSUM, -s.Saving, 1e-12)
	if s.Beyond["parts"] != 1 || !s.Significant {
		t.Errorf("%+v", s)
	}
	in := m.Indicator(before, after, 0)
	near(t, "normalised", *in.Normalised, s.Actual/s.Expected, 1e-12)
	near(t, "improvement", *in.Improvement, 1-s.Actual/s.Expected, 1e-12)
	near(t, "base load", *in.BaseLoad, 50, 0.02)
	if energy.Ratio(5, 0) != nil {
		t.Error("energy per nothing is a number")
	}
}

// Changes come and go: each is found after it began, ends after it has gone, and the
// next one is looked for behind it; none is found of what stays.
func TestChanges_ComeAndGo(t *testing.T) {
	t.Parallel()
	m := &energy.Model{RMSE: 1}
	noise := func(i int) float64 { return float64((i*5)%3-1) * 0.8 }
	var d []float64
	for i := range 100 {
		v := noise(i)
		switch {
		case i >= 20 && i < 40:
			v += 3
		case i >= 60 && i < 80:
			v -= 2 + float64(i-60)*0.1
		}
		d = append(d, v)
	}
	got := m.Changes(d)
	if len(got) != 2 {
		t.Fatalf("%+v", got)
	}
	for i, want := range []struct {
		since, until int
		mean         float64
	}{{20, 40, 3}, {60, 80, -2.95}} {
		c := got[i]
		if c.Since < want.since-2 || c.Since > want.since+1 || c.Found <= c.Since || c.Found > want.since+4 ||
			c.Until < want.until-1 || c.Until > want.until+1 || c.Over <= c.Until || c.Over > want.until+6 || math.Abs(c.Mean-want.mean) > 0.3 {
			t.Errorf("%+v; want about %+v", c, want)
		}
	}
	if lasts := m.Changes(d[:35]); len(lasts) != 1 || lasts[0].Over != 35 || lasts[0].Until != 35 || math.Abs(lasts[0].Mean-3) > 0.3 {
		t.Errorf("%+v", lasts)
	}
	if none := m.Changes(d[:20]); none != nil {
		t.Errorf("%+v", none)
	}
	if none := (&energy.Model{}).Changes(d); none != nil {
		t.Errorf("without anything to measure by: %+v", none)
	}
}

// A model of a variable that explains nothing does not pass, one that explains does.
func TestAccept(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 3))
	var good, bad []energy.Period
	for range 60 {
		x := 100 * r.Float64()
		good = append(good, energy.Period{Y: 100 + 4*x + 5*r.NormFloat64(), X: []float64{x}})
		bad = append(bad, energy.Period{Y: 300 + 50*r.NormFloat64(), X: []float64{x}})
	}
	m, err := energy.Fit(energy.Linear, good, []string{"parts"})
	must(t, err)
	if checks, ok := m.Accept(energy.Daily); !ok {
		t.Errorf("%+v", checks)
	}
	m, err = energy.Fit(energy.Linear, bad, []string{"parts"})
	must(t, err)
	checks, ok := m.Accept(energy.Daily)
	if ok || checks[0].Pass || checks[1].Pass {
		t.Errorf("%+v", checks)
	}
}

func TestFit_Refusals(t *testing.T) {
	t.Parallel()
	line := func(n int) (out []energy.Period) {
		for i := range n {
			out = append(out, energy.Period{Y: float64(i * i), X: []float64{float64(i)}, Temperatures: []float64{20}})
		}
		return out
	}
	still := line(9)
	for i := range still {
		still[i].Y = 7
	}
	endless := line(9)
	endless[3].Y = math.Inf(1)
	cold := line(9)
	cold[4].Temperatures = nil
	for what, err := range map[string]error{
		"a shape that is none": second(energy.Fit("6p", line(9), []string{"x"})),
		"nothing to explain":   second(energy.Fit(energy.Linear, line(9), nil)),
		"meter that stands":    second(energy.Fit(energy.Linear, still, []string{"x"})),
		"no number":            second(energy.Fit(energy.Linear, endless, []string{"x"})),
		"no temperature":       second(energy.Fit(energy.Four, cold, []string{"x"})),
		"one temperature":      second(energy.Fit(energy.Four, line(20), []string{"x"})),
		"no period":            second(energy.Fit(energy.Linear, nil, []string{"x"})),
		"too few":              second(energy.Fit(energy.Five, line(5), []string{"x"})),
	} {
		if !errors.Is(err, energy.ErrInvalid) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := energy.Fit(energy.Linear, line(2), []string{"x"}); err == nil {
		t.Error("two points make a baseline")
	}
}

// Columns that go together are told, and what is expected is what it is without one.
func TestFit_ColumnsThatGoTogether(t *testing.T) {
	t.Parallel()
	var both, one []energy.Period
	for i := range 30 {
		x := float64(i % 7)
		y := 10 + 3*x + float64(i%4)
		both = append(both, energy.Period{Y: y, X: []float64{x, 2*x + 1}})
		one = append(one, energy.Period{Y: y, X: []float64{x}})
	}
	m, err := energy.Fit(energy.Linear, both, []string{"parts", "twice"})
	must(t, err)
	alone, err := energy.Fit(energy.Linear, one, []string{"parts"})
	must(t, err)
	if !slices.Equal(m.Explained, []string{"twice"}) || m.DF != alone.DF || len(m.Doubts()) == 0 {
		t.Errorf("%v, %d left, %v", m.Explained, m.DF, m.Doubts())
	}
	for _, x := range []float64{0, 3, 6} {
		a, err := m.Expect(energy.Period{X: []float64{x, 2*x + 1}})
		must(t, err)
		b, err := alone.Expect(energy.Period{X: []float64{x}})
		must(t, err)
		near(t, "expected", a, b, 1e-12)
	}
}

func second[T any](_ T, err error) error { return err }
