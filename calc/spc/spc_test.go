package spc_test

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"zhigai/calc/spc"
)

// reference is the folder of answers computed with R.
func reference(t *testing.T) string {
	t.Helper()
	root := os.Getenv("ZHIGAI_REFDATA")
	if root == "" {
		t.Skip("ZHIGAI_REFDATA does not say where reference data are")
	}
	return filepath.Join(root, "spc")
}

// columns of a file, by their names; those that are no numbers are left out.
func columns(t *testing.T, dir, name string) map[string][]float64 {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, name))
	must(t, err)
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	must(t, err)
	out := map[string][]float64{}
	for c, head := range rows[0] {
		for _, r := range rows[1:] {
			switch v, err := strconv.ParseFloat(r[c], 64); {
			case err == nil:
				out[head] = append(out[head], v)
			case r[c] == "TRUE":
				out[head] = append(out[head], 1)
			default:
				out[head] = append(out[head], 0)
			}
		}
	}
	return out
}

// numbers is one number or several.
type numbers []float64

func (n *numbers) UnmarshalJSON(raw []byte) error {
	var one float64
	if json.Unmarshal(raw, &one) == nil {
		*n = numbers{one}
		return nil
	}
	return json.Unmarshal(raw, (*[]float64)(n))
}

type answer struct {
	Center     float64
	StdDev     float64                    `json:"std.dev"`
	Limits     struct{ LCL, UCL numbers } `json:"limits"`
	Statistics []float64                  `json:"statistics"`
	New        []float64                  `json:"newstats"`
	Beyond     []int                      `json:"beyond_limits_index"`
	Western    map[string][]int           `json:"western_electric"`
	Nelson     map[string][]int           `json:"nelson"`
}

func read[T any](t *testing.T, dir string, path ...string) (out T) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, "expected.json"))
	must(t, err)
	for _, p := range path {
		var in map[string]json.RawMessage
		must(t, json.Unmarshal(raw, &in))
		if raw = in[p]; raw == nil {
			t.Fatalf("there is no %v", path)
		}
	}
	must(t, json.Unmarshal(raw, &out))
	return out
}

// near compares to 1e-9 relative, near 0 absolute.
func near(got, want float64) bool { return math.Abs(got-want) <= 1e-9*max(1e-6, math.Abs(want)) }

func allNear(got, want []float64) bool { return slices.EqualFunc(got, want, near) }

func compare(t *testing.T, what string, c *spc.Chart, want answer) {
	t.Helper()
	if !near(c.Center, want.Center) || !near(c.StdDev, want.StdDev) || !allNear(c.LCL, want.Limits.LCL) || !allNear(c.UCL, want.Limits.UCL) {
		t.Errorf("%s: %.15g ± %.15g, limits %.15g %.15g; want %.15g ± %.15g, %.15g %.15g", what, c.Center, c.StdDev, c.LCL, c.UCL, want.Center, want.StdDev, want.Limits.LCL, want.Limits.UCL)
	}
	if all := slices.Concat(want.Statistics, want.New); !allNear(c.Statistics, all) {
		t.Errorf("%s: statistics %v; want %v", what, c.Statistics, all)
	}
	if got := c.Beyond(); !slices.Equal(got, want.Beyond) {
		t.Errorf("%s: beyond the limits %v; want %v", what, got, want.Beyond)
	}
	for _, set := range []struct {
		rules []spc.Rule
		want  map[string][]int
	}{{spc.WesternElectric, want.Western}, {spc.Nelson, want.Nelson}} {
		got := c.Violations(set.rules)
		for rule, points := range set.want {
			if !slices.Equal(got[rule], points) {
				t.Errorf("%s: %s %v; want %v", what, rule, got[rule], points)
			}
		}
	}
}

// rings are the subgroups of pistonrings.csv, and how many are of phase I.
func rings(t *testing.T, dir string) (all [][]float64, trial int) {
	c := columns(t, dir, "pistonrings.csv")
	for i := 0; i < len(c["diameter"]); i += 5 {
		all = append(all, c["diameter"][i:i+5])
		trial += int(c["trial"][i])
	}
	return all, trial
}

func TestXBar_AsR(t *testing.T) {
	t.Parallel()
	dir := reference(t)
	all, trial := rings(t, dir)
	for name, by := range map[string]spc.Estimator{"xbar_trial_UWAVE_R": spc.MeanRange, "xbar_UWAVE_SD": spc.MeanSD, "xbar_MVLUE_R": spc.WeightedRange, "xbar_MVLUE_SD": spc.WeightedSD, "xbar_RMSDF": spc.Pooled} {
		c, err := spc.XBar(all[:trial], trial, by)
		must(t, err)
		compare(t, name, c, read[answer](t, dir, "pistonrings", name))
	}
	c, err := spc.XBar(all, trial, spc.MeanRange)
	must(t, err)
	compare(t, "new points", c, read[answer](t, dir, "pistonrings", "xbar_trial_new"))
	c, err = spc.Range(all, trial, spc.MeanRange)
	must(t, err)
	compare(t, "R", c, read[answer](t, dir, "pistonrings", "R"))
	c, err = spc.SD(all, trial, spc.MeanSD)
	must(t, err)
	compare(t, "S", c, read[answer](t, dir, "pistonrings", "S"))
}

func TestIndividuals_AsR(t *testing.T) {
	t.Parallel()
	dir := reference(t)
	all := columns(t, dir, "boiler.csv")
	for i := range 4 {
		name := fmt.Sprint("t", i+1)
		values := all[name]
		for chart, by := range map[string]spc.Estimator{"I": spc.MovingRange, "I_SD": spc.Overall} {
			c, err := spc.Individuals(values, len(values), by)
			must(t, err)
			compare(t, name+" "+chart, c, read[answer](t, dir, "boiler", name, chart))
		}
		mr, err := spc.Moving(values, len(values))
		must(t, err)
		if want := read[float64](t, dir, "boiler", name, "mr_mean"); !near(mr.Center, want) {
			t.Errorf("%s: moving range %v; want %v", name, mr.Center, want)
		}
		// D4 of the reference has the exact constants, the chart those of the tables.
		if want := read[float64](t, dir, "boiler", name, "mr_ucl_D4"); math.Abs(mr.UCL[0]/want-1) > 1e-3 {
			t.Errorf("%s: limit of the moving range %v; want %v", name, mr.UCL, want)
		}
	}
	v := columns(t, dir, "viscosity.csv")
	trial := 0
	for _, is := range v["trial"] {
		trial += int(is)
	}
	c, err := spc.Individuals(v["viscosity"], trial, spc.MovingRange)
	must(t, err)
	compare(t, "viscosity", c, read[answer](t, dir, "viscosity", "I_trial"))
}

func counts(c map[string][]float64, found, size string) (all []spc.Count, trial int) {
	for i, v := range c[found] {
		all = append(all, spc.Count{Found: v, Size: c[size][i]})
		if c["trial"] == nil || c["trial"][i] == 1 {
			trial++
		}
	}
	return all, trial
}

func TestCounts_AsR(t *testing.T) {
	t.Parallel()
	dir := reference(t)
	type maker func([]spc.Count, int) (*spc.Chart, error)
	juice, trial := counts(columns(t, dir, "orangejuice.csv"), "D", "size")
	for name, of := range map[string]maker{"p": spc.P, "np": spc.NP} {
		c, err := of(juice, trial)
		must(t, err)
		want := read[answer](t, dir, "orangejuice", name)
		if len(want.Limits.LCL) == len(juice) && len(c.LCL) == 1 { // R repeats them
			want.Limits.LCL, want.Limits.UCL = want.Limits.LCL[:1], want.Limits.UCL[:1]
		}
		compare(t, name, c, want)
	}
	boards, trial := counts(columns(t, dir, "circuit.csv"), "x", "size")
	c, err := spc.C(boards, trial)
	must(t, err)
	compare(t, "c", c, read[answer](t, dir, "circuit", "c"))
	c, err = spc.U(boards[:trial], trial)
	must(t, err)
	compare(t, "u", c, read[answer](t, dir, "circuit", "u"))
	cloth, trial := counts(columns(t, dir, "dyedcloth.csv"), "x", "size")
	c, err = spc.U(cloth, trial)
	must(t, err)
	compare(t, "u of varying size", c, read[answer](t, dir, "dyedcloth", "u_varying_size"))
}

func TestMemory_AsR(t *testing.T) {
	t.Parallel()
	dir := reference(t)
	all, trial := rings(t, dir)
	base, err := spc.XBar(all, trial, spc.MeanRange)
	must(t, err)
	sizes := make([]float64, len(all))
	for i, g := range all {
		sizes[i] = float64(len(g))
	}
	for name, n := range map[string]int{"cusum": trial, "cusum_new": len(all)} {
		want := read[struct {
			H     float64 `json:"decision.interval"`
			Shift float64 `json:"se.shift"`
			Pos   []float64
			Neg   []float64
			Upper []int `json:"upper_violations"`
			Lower []int `json:"lower_violations"`
		}](t, dir, "pistonrings", name)
		b := base.Base(sizes)
		b.Points = b.Points[:n]
		s, err := spc.CUSUM(b, want.H, want.Shift)
		must(t, err)
		if !allNear(s.Up, want.Pos) || !allNear(s.Down, want.Neg) || !slices.Equal(s.Above, want.Upper) || !slices.Equal(s.Below, want.Lower) {
			t.Errorf("%s: %+v; want %+v", name, s, want)
		}
	}
	for name, n := range map[string]int{"ewma": trial, "ewma_new": len(all)} {
		want := read[struct {
			Lambda float64
			Width  float64 `json:"nsigmas"`
			Y      []float64
			LCL    []float64
			UCL    []float64
			Beyond []int `json:"violations"`
		}](t, dir, "pistonrings", name)
		b := base.Base(sizes)
		b.Points = b.Points[:n]
		c, err := spc.EWMA(b, want.Lambda, want.Width)
		must(t, err)
		if !allNear(c.Statistics, want.Y) || !allNear(c.LCL, want.LCL) || !allNear(c.UCL, want.UCL) || !slices.Equal(c.Beyond(), want.Beyond) {
			t.Errorf("%s: %+v; want %+v", name, c, want)
		}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	nan := math.NaN()
	for what, err := range map[string]error{
		"a subgroup of one":        second(spc.XBar([][]float64{{1, 2}, {3}}, 2, spc.MeanRange)),
		"no number":                second(spc.XBar([][]float64{{1, 2}, {3, nan}}, 2, spc.MeanRange)),
		"no phase I":               second(spc.XBar([][]float64{{1, 2}, {3, 4}}, 0, spc.MeanRange)),
		"ranges of many":           second(spc.XBar([][]float64{make([]float64, 26), make([]float64, 26)}, 2, spc.MeanRange)),
		"a foreign estimator":      second(spc.Individuals([]float64{1, 2, 3}, 3, spc.Pooled)),
		"more than there are":      second(spc.P([]spc.Count{{5, 10}, {11, 10}}, 2)),
		"a sample of none":         second(spc.U([]spc.Count{{5, 10}, {0, 0}}, 2)),
		"samples of two sizes":     second(spc.NP([]spc.Count{{5, 10}, {1, 20}}, 2)),
		"nothing varies":           second(spc.EWMA(spc.Base{Points: []float64{1, 1}}, 0.2, 3)),
		"a weight above 1":         second(spc.EWMA(spc.Base{StdDev: 1, Points: []float64{1}}, 1.2, 3)),
		"an interval that is none": second(spc.CUSUM(spc.Base{StdDev: 1, Points: []float64{1}}, 0, 1)),
	} {
		if !errors.Is(err, spc.ErrInvalid) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestRunLengths_AsR(t *testing.T) {
	t.Parallel()
	dir := reference(t)
	for _, c := range read[[]struct {
		K, H float64
		Mu   []float64
		One  []float64 `json:"ARL_one_sided"`
		Two  []float64 `json:"ARL_two_sided"`
	}](t, dir, "arl", "cusum") {
		for i, mu := range c.Mu {
			if got := spc.CUSUMLength(c.K, c.H, mu); math.Abs(got/c.One[i]-1) > 1e-6 {
				t.Errorf("CUSUM %v %v, shifted by %v: %v; want %v", c.K, c.H, mu, got, c.One[i])
			}
			if got := spc.CUSUMTwoSided(c.K, c.H, mu); c.Two != nil && math.Abs(got/c.Two[i]-1) > 1e-3 {
				t.Errorf("both sides of CUSUM %v %v, shifted by %v: %v; want %v", c.K, c.H, mu, got, c.Two[i])
			}
		}
	}
	for _, c := range read[[]struct {
		Lambda, L float64
		Mu, ARL   []float64
	}](t, dir, "arl", "ewma") {
		for i, mu := range c.Mu {
			if got := spc.EWMALength(c.Lambda, c.L, mu); math.Abs(got/c.ARL[i]-1) > 1e-6 {
				t.Errorf("EWMA %v %v, shifted by %v: %v; want %v", c.Lambda, c.L, mu, got, c.ARL[i])
			}
		}
	}
}

// Patterns by hand: each rule at the points where it completes and goes on.
func TestRules_ByHand(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		rules []spc.Rule
		z     []float64
		want  []int
	}{
		{"r1", spc.WesternElectric, []float64{0, 3, -3, 3.01, -3.01}, []int{4, 5}}, // on a limit is within
		{"r2", spc.WesternElectric, []float64{2.1, 0, 2.1, 0.5, -2.1, 2.1, 2}, []int{3}},
		{"r3", spc.WesternElectric, []float64{1.1, 1.1, -1.1, 1.1, 1.1, 0.9, -1.1}, []int{5}},
		{"r4", spc.WesternElectric, []float64{1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1}, []int{8, 9}},
		{"n2", spc.Nelson, []float64{-1, -1, -1, -1, -1, -1, -1, -1, -1, -1}, []int{9, 10}},
		{"n3", spc.Nelson, []float64{1, 2, 3, 4, 5, 6, 7, 7, 8}, []int{6, 7}},
		{"n3", spc.Nelson, []float64{9, 6, 5, 4, 3, 2, 1}, []int{6, 7}},
		{"n4", spc.Nelson, []float64{1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 1}, []int{14, 15}},
		{"n7", spc.Nelson, []float64{0, .9, -.9, 0, .9, -.9, 0, .9, -.9, 0, .9, -.9, 0, .9, -.9, 1}, []int{15}},
		{"n8", spc.Nelson, []float64{2, -2, 1.5, -1.5, 2, 2, -2, -1.1, 1.2, 1, 2}, []int{8, 9}},
	} {
		chart := spc.Chart{StdDev: 1, LCL: []float64{-3}, UCL: []float64{3}, Statistics: c.z}
		if got := chart.Violations(c.rules)[c.name]; !slices.Equal(got, c.want) {
			t.Errorf("%s of %v: %v; want %v", c.name, c.z, got, c.want)
		}
	}
}
