package msa_test

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"zhigai/calc/msa"
)

func near(got, want float64) bool { return math.Abs(got-want) <= 1e-9*max(1e-60, math.Abs(want)) }

type gauge struct {
	Part, Operator []string
	Y              []float64
	DF             []int
	SS             []float64
	FInteraction   float64 `json:"f_interaction"`
	PInteraction   float64 `json:"p_interaction"`
	Pooled         bool
	FPart          float64 `json:"f_part"`
	PPart          float64 `json:"p_part"`
	FOperator      float64 `json:"f_operator"`
	POperator      float64 `json:"p_operator"`
	Var            struct{ Repeatability, Operator, Interaction, Part float64 }
}

type golden struct {
	AIAG, Crossed gauge
	Bias          struct {
		Y                                []float64
		Reference, Bias, T, P, Low, High float64
	}
	Linearity struct {
		Reference, Y, Coef, P []float64
		StdErr                []float64 `json:"std_err"`
		R2, SD                float64
	}
	Attribute struct {
		Known, A1, A2, B1, B2 []string
		AKnown                []float64 `json:"a_known"`
		BKnown                []float64 `json:"b_known"`
		AB                    []float64 `json:"a_b"`
		Fleiss                []float64
	}
}

// r is what R found; see testdata/reference.R.
func r(t *testing.T) (g golden) {
	t.Helper()
	raw, err := os.ReadFile("testdata/reference.json")
	must(t, err)
	must(t, json.Unmarshal(raw, &g))
	return g
}

func (g gauge) study(t *testing.T) *msa.Study {
	t.Helper()
	all := make([]msa.Reading, len(g.Y))
	for i := range g.Y {
		all[i] = msa.Reading{Part: g.Part[i], Operator: g.Operator[i], Value: g.Y[i]}
	}
	s, err := msa.Of(all)
	must(t, err)
	return s
}

func TestAnova_AsR(t *testing.T) {
	t.Parallel()
	g := r(t)
	for name, want := range map[string]gauge{"aiag": g.AIAG, "crossed": g.Crossed} {
		got, err := msa.Anova(want.study(t), msa.Options{})
		must(t, err)
		table := got.Table
		for i, s := range []msa.Source{table.Part, table.Operator, table.Interaction, table.Repeatability} {
			if s.DF != want.DF[i] || !near(s.SS, want.SS[i]) {
				t.Errorf("%s, line %d: %+v; want %d, %.15g", name, i, s, want.DF[i], want.SS[i])
			}
		}
		if table.Pooled != want.Pooled {
			t.Errorf("%s: pooled %v", name, table.Pooled)
		}
		for what, pair := range map[string][2]float64{
			"F of the interaction": {*table.Interaction.F, want.FInteraction}, "its P": {*table.Interaction.P, want.PInteraction},
			"F of parts": {*table.Part.F, want.FPart}, "P of parts": {*table.Part.P, want.PPart},
			"F of operators": {*table.Operator.F, want.FOperator}, "P of operators": {*table.Operator.P, want.POperator},
			"repeatability": {got.Repeatability.Variance, want.Var.Repeatability}, "operator": {got.Operator.Variance, want.Var.Operator},
			"interaction": {got.Interaction.Variance, want.Var.Interaction}, "part": {got.Part.Variance, want.Var.Part},
		} {
			if !near(pair[0], pair[1]) {
				t.Errorf("%s: %s %.15g; want %.15g", name, what, pair[0], pair[1])
			}
		}
	}
}

// The study printed in AIAG, Measurement Systems Analysis, 4th edition, with what is
// printed below it.
func TestStudies_AsAIAGPrints(t *testing.T) {
	t.Parallel()
	s := r(t).AIAG.study(t)
	ranges, err := msa.AverageRange(s, msa.Options{})
	must(t, err)
	anova, err := msa.Anova(s, msa.Options{})
	must(t, err)
	for _, c := range []struct {
		what       string
		got, print float64
		digits     float64
	}{
		{"R̄", ranges.Ranges.Mean, 0.3417, 1e-4},
		{"X̄diff", ranges.Ranges.XDiff, 0.4447, 1e-4},
		{"Rp", ranges.Ranges.PartSpan, 3.511, 1e-3},
		{"EV", ranges.Repeatability.SD, 0.20188, 1e-4},
		{"AV", ranges.Operator.SD, 0.22963, 1e-4},
		{"GRR", ranges.Gauge.SD, 0.30575, 1e-4},
		{"PV", ranges.Part.SD, 1.10456, 1e-4},
		{"TV", ranges.Total.SD, 1.14610, 1e-4},
		{"%EV", *ranges.Repeatability.OfStudy, 0.1762, 1e-4},
		{"%AV", *ranges.Operator.OfStudy, 0.2004, 1e-4},
		{"%GRR", *ranges.Gauge.OfStudy, 0.2668, 1e-4},
		{"%PV", *ranges.Part.OfStudy, 0.9637, 1e-4},
		{"ndc", math.Floor(*ranges.NDC), 5, 0},
		{"EV by variances", anova.Repeatability.SD, 0.199933, 1e-6},
		{"AV by variances", anova.Operator.SD, 0.226838, 1e-6},
		{"GRR by variances", anova.Gauge.SD, 0.302373, 2e-6},
		{"PV by variances", anova.Part.SD, 1.042327, 1e-6},
		{"%GRR by variances", *anova.Gauge.OfStudy, 0.279, 1e-3},
		{"ndc by variances", math.Floor(*anova.NDC), 4, 0},
	} {
		if math.Abs(c.got-c.print) > c.digits {
			t.Errorf("%s: %v; printed %v", c.what, c.got, c.print)
		}
	}
	if anova.Verdict() != msa.Marginal || len(ranges.Ranges.Beyond) != 1 {
		t.Errorf("verdict %s, beyond %v", anova.Verdict(), ranges.Ranges.Beyond)
	}
	of, err := msa.Anova(s, msa.Options{Tolerance: 20})
	must(t, err)
	if want := 6 * anova.Gauge.SD / 20; !near(*of.Gauge.OfTolerance, want) || of.Verdict() != msa.Marginal { // 9 %, and four categories
		t.Errorf("of the tolerance %v; want %v; %s", *of.Gauge.OfTolerance, want, of.Verdict())
	}
}

// Shares of variances add up, and those of study variation do so squared.
func TestAnova_Adds(t *testing.T) {
	t.Parallel()
	g := r(t)
	for _, s := range []gauge{g.AIAG, g.Crossed} {
		got, err := msa.Anova(s.study(t), msa.Options{Study: 5.15})
		must(t, err)
		if sum := *got.Gauge.Contribution + *got.Part.Contribution; !near(sum, 1) {
			t.Errorf("contributions add up to %v", sum)
		}
		if sum := math.Pow(*got.Gauge.OfStudy, 2) + math.Pow(*got.Part.OfStudy, 2); !near(sum, 1) {
			t.Errorf("squares of shares add up to %v", sum)
		}
		if !near(got.Total.Study, 5.15*got.Total.SD) {
			t.Errorf("study variation %v of %v", got.Total.Study, got.Total.SD)
		}
	}
}

func TestAnova_NothingVaries(t *testing.T) {
	t.Parallel()
	var all []msa.Reading
	for _, part := range []string{"1", "2"} {
		for _, operator := range []string{"A", "B", "A", "B"} {
			all = append(all, msa.Reading{Part: part, Operator: operator, Value: 5})
		}
	}
	s, err := msa.Of(all)
	must(t, err)
	for name, of := range map[string]func(*msa.Study, msa.Options) (*msa.Result, error){"anova": msa.Anova, "ranges": msa.AverageRange} {
		got, err := of(s, msa.Options{Tolerance: 1})
		must(t, err)
		if got.NDC != nil || got.Gauge.OfStudy != nil || got.Gauge.Contribution != nil || *got.Gauge.OfTolerance != 0 {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	read := func(words ...string) error {
		var all []msa.Reading
		for _, w := range words {
			all = append(all, msa.Reading{Part: w[:1], Operator: w[1:2], Value: float64(len(all))})
		}
		_, err := msa.Of(all)
		return err
	}
	large := gauge{}
	for i := range 11 {
		for _, o := range []string{"A", "B"} {
			for range 2 {
				large.Part, large.Operator, large.Y = append(large.Part, string(rune('a'+i))), append(large.Operator, o), append(large.Y, float64(len(large.Y)))
			}
		}
	}
	_, tooMany := msa.AverageRange(large.study(t), msa.Options{})
	_, tolerance := msa.Anova(large.study(t), msa.Options{Tolerance: -1})
	_, infinite := msa.Of([]msa.Reading{{"1", "A", math.Inf(1)}})
	_, few := msa.LinearityOf([]msa.Point{{1, 1}, {1, 2}, {2, 2}, {2, 3}})
	_, twice := msa.Agree([]msa.Rating{{"1", "A", "ok", "ok"}, {"1", "B", "ok", "nok"}}, "ok")
	for want, err := range map[string]error{
		"0 parts":               read(),
		"1 operators":           read("1A", "1A", "2A", "2A"),
		"part 2 was measured 1": read("1A", "1A", "1B", "1B", "2A", "2A", "2B"),
		"once by each":          read("1A", "1B", "2A", "2B"),
		"take the analysis":     tooMany,
		"a tolerance of -1":     tolerance,
		"part 1 by A, is +Inf":  infinite,
		"2 reference values":    few,
		`as "ok" and as "nok"`:  twice,
	} {
		if !errors.Is(err, msa.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v; want %q", err, want)
		}
	}
}

func TestBias_AsR(t *testing.T) {
	t.Parallel()
	want := r(t).Bias
	b, err := msa.BiasOf(want.Y, want.Reference)
	must(t, err)
	for what, pair := range map[string][2]float64{"bias": {b.Bias, want.Bias}, "t": {*b.T, want.T}, "P": {*b.P, want.P}, "low": {b.Low, want.Low}, "high": {b.High, want.High}} {
		if math.Abs(pair[0]-pair[1]) > 1e-9 {
			t.Errorf("%s %.15g; want %.15g", what, pair[0], pair[1])
		}
	}
	if b.Off() {
		t.Errorf("%+v is off", b)
	}
	l := r(t).Linearity
	all := make([]msa.Point, len(l.Y))
	for i := range all {
		all[i] = msa.Point{Reference: l.Reference[i], Value: l.Y[i]}
	}
	got, err := msa.LinearityOf(all)
	must(t, err)
	for what, pair := range map[string][2]float64{
		"intercept": {got.Intercept, l.Coef[0]}, "slope": {got.Slope, l.Coef[1]}, "error of the intercept": {got.InterceptErr, l.StdErr[0]}, "error of the slope": {got.SlopeErr, l.StdErr[1]},
		"P of the intercept": {*got.InterceptP, l.P[0]}, "P of the slope": {*got.SlopeP, l.P[1]}, "R²": {got.R2, l.R2}, "left over": {got.SD, l.SD},
	} {
		if !near(pair[0], pair[1]) {
			t.Errorf("%s %.15g; want %.15g", what, pair[0], pair[1])
		}
	}
	if len(got.At) != 5 || !got.At[0].Off() {
		t.Errorf("%+v", got.At)
	}
}

func TestAgree_AsR(t *testing.T) {
	t.Parallel()
	want := r(t).Attribute
	var all []msa.Rating
	right := map[string]int{}
	for i, known := range want.Known {
		part := string(rune('a' + i))
		for o, trials := range map[string][2]string{"A": {want.A1[i], want.A2[i]}, "B": {want.B1[i], want.B2[i]}} {
			all = append(all, msa.Rating{part, o, trials[0], known}, msa.Rating{part, o, trials[1], known})
			if trials[0] == known && trials[1] == known {
				right[o]++
			}
		}
	}
	slices.SortStableFunc(all, func(a, b msa.Rating) int { return strings.Compare(a.Operator, b.Operator) })
	got, err := msa.Agree(all, "ok")
	must(t, err)
	check := func(what string, k msa.Kappa, w []float64) {
		t.Helper()
		if !near(k.Observed, w[0]) || !near(k.Expected, w[1]) || !near(*k.Value, w[2]) {
			t.Errorf("%s: %+v %v; want %v", what, k, *k.Value, w)
		}
	}
	check("A", *got.Appraisers[0].Against, want.AKnown)
	check("B", *got.Appraisers[1].Against, want.BKnown)
	check("between", got.Between[[2]string{"A", "B"}], want.AB)
	check("Fleiss", got.Fleiss, want.Fleiss)
	for _, a := range got.Appraisers {
		if a.Right != right[a.Operator] {
			t.Errorf("%s is right of %d parts; want %d", a.Operator, a.Right, right[a.Operator])
		}
		if a.Miss == nil || a.FalseAlarm == nil || *a.Miss > 1 || *a.FalseAlarm > 1 {
			t.Errorf("%+v", a)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
