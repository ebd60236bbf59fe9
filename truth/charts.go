package truth

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"zhigai/calc/spc"
	of "zhigai/shop/quality/sheet"
)

// exact is what control charts may differ by, as a share.
const exact = 1e-9

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

// expected is a chart as the reference has it.
type expected struct {
	Center     float64
	StdDev     float64                    `json:"std.dev"`
	Limits     struct{ LCL, UCL numbers } `json:"limits"`
	Statistics []float64                  `json:"statistics"`
	New        []float64                  `json:"newstats"`
	Beyond     []int                      `json:"beyond_limits_index"`
	Western    map[string][]int           `json:"western_electric"`
	Nelson     map[string][]int           `json:"nelson"`
}

// asked are the charts of the reference, asked for as a person would.
var asked = []struct {
	set, name string
	spread    bool // it is the chart of spread that comes with this one
	ask       of.Ask
}{
	{"pistonrings", "xbar_trial_new", false, of.Ask{Chart: "xbar-r", Value: "diameter", Subgroup: "sample", Phase: "trial"}},
	{"pistonrings", "xbar_trial_UWAVE_R", false, of.Ask{Chart: "xbar-r", Value: "diameter", Subgroup: "sample", Phase: "trial", Sigma: "UWAVE-R"}},
	{"pistonrings", "xbar_UWAVE_SD", false, of.Ask{Chart: "xbar-r", Value: "diameter", Subgroup: "sample", Phase: "trial", Sigma: "UWAVE-SD"}},
	{"pistonrings", "xbar_MVLUE_R", false, of.Ask{Chart: "xbar-r", Value: "diameter", Subgroup: "sample", Phase: "trial", Sigma: "MVLUE-R"}},
	{"pistonrings", "xbar_MVLUE_SD", false, of.Ask{Chart: "xbar-s", Value: "diameter", Subgroup: "sample", Phase: "trial", Sigma: "MVLUE-SD"}},
	{"pistonrings", "xbar_RMSDF", false, of.Ask{Chart: "xbar-s", Value: "diameter", Subgroup: "sample", Phase: "trial", Sigma: "RMSDF"}},
	{"pistonrings", "R", true, of.Ask{Chart: "xbar-r", Value: "diameter", Subgroup: "sample", Phase: "trial"}},
	{"pistonrings", "S", true, of.Ask{Chart: "xbar-s", Value: "diameter", Subgroup: "sample", Phase: "trial"}},
	{"orangejuice", "p", false, of.Ask{Chart: "p", Value: "D", Size: "size", Phase: "trial"}},
	{"orangejuice", "np", false, of.Ask{Chart: "np", Value: "D", Size: "size", Phase: "trial"}},
	{"circuit", "c", false, of.Ask{Chart: "c", Value: "x", Phase: "trial"}},
	{"circuit", "u", false, of.Ask{Chart: "u", Value: "x", Size: "size", Phase: "trial"}},
	{"dyedcloth", "u_varying_size", false, of.Ask{Chart: "u", Value: "x", Size: "size"}},
	{"viscosity", "I_trial", false, of.Ask{Chart: "imr", Value: "viscosity", Phase: "trial"}},
}

func charts(t *sheet) {
	for _, c := range asked {
		t.chart(c.set+" "+c.name, c.set, c.ask, c.spread, decode[expected](t, "expected.json", c.set, c.name))
	}
	boilers(t)
	together(t)
	capable(t)
	memory(t)
	runLengths(t)
	constants(t)
}

// table reads a file of the reference as a person's table.
func (t *sheet) table(name string) *of.Frame {
	return got[*of.Frame](t)(of.Parse(t.read(name + ".csv")))
}

func (t *sheet) ask(file string, a of.Ask) *of.Answer {
	f := t.table(file)
	if t.err != nil {
		return &of.Answer{}
	}
	answer := got[*of.Answer](t)(f.Chart(a))
	if t.err != nil {
		return &of.Answer{}
	}
	return answer
}

// list makes a limit of a chart a list, as long as theirs where theirs repeats one
// number for all points.
func list(v any, like numbers) []float64 {
	switch v := v.(type) {
	case float64:
		return slices.Repeat([]float64{v}, len(like))
	case []float64:
		return v
	}
	return nil
}

// chart compares one: its centre, deviation, limits, points, and the points that
// each rule flags.
func (t *sheet) chart(what, file string, a of.Ask, spread bool, want expected) {
	a.Rules = "nelson"
	nelson := t.ask(file, a)
	a.Rules = "western-electric"
	western := t.ask(file, a)
	if t.err != nil {
		return
	}
	part := nelson.Part
	if spread {
		part = *nelson.Dispersion
	}
	theirs := slices.Concat(want.Statistics, want.New)
	if len(part.Statistics) < len(theirs) {
		t.fail(fmt.Errorf("%s: %d points; the reference has %d", what, len(part.Statistics), len(theirs)))
		return
	}
	n := len(theirs) // some of theirs end with phase I
	t.one(what+": center", part.Center, want.Center, exact)
	t.one(what+": std_dev", part.StdDev, want.StdDev, exact)
	for _, l := range []struct {
		name   string
		ours   any
		theirs numbers
	}{{"lcl", part.Limits.LCL, want.Limits.LCL}, {"ucl", part.Limits.UCL, want.Limits.UCL}} {
		ours := list(l.ours, l.theirs)
		t.near(what+": "+l.name, ours[:min(len(ours), len(l.theirs))], l.theirs, exact)
	}
	t.near(what+": statistics", part.Statistics[:n], theirs, exact)
	t.points(what+": beyond the limits", upTo(part.Violations["n1"], n), want.Beyond)
	for _, set := range []struct {
		ours, theirs map[string][]int
	}{{nelson.Violations, want.Nelson}, {western.Violations, want.Western}} {
		for _, rule := range slices.Sorted(maps.Keys(set.theirs)) {
			t.points(what+": "+rule, upTo(set.ours[rule], n), set.theirs[rule])
		}
	}
}

// upTo are those of the first n points.
func upTo(points []int, n int) (out []int) {
	for _, p := range points {
		if p <= n {
			out = append(out, p)
		}
	}
	return out
}

// boilers are four columns of single values.
func boilers(t *sheet) {
	for i := range 4 {
		column := fmt.Sprint("t", i+1)
		for _, c := range []struct{ name, by string }{{"I", "mr"}, {"I_SD", "sd"}} {
			t.chart("boiler "+column+" "+c.name, "boiler", of.Ask{Chart: "imr", Value: column, Sigma: c.by}, false, decode[expected](t, "expected.json", "boiler", column, c.name))
		}
		moving := t.ask("boiler", of.Ask{Chart: "imr", Value: column}).Dispersion
		if t.err != nil {
			return
		}
		t.one("boiler "+column+": mean moving range", moving.Center, decode[float64](t, "expected.json", "boiler", column, "mr_mean"), exact)
		// D4 of the reference has the exact constants, a chart those of the printed
		// tables (3.267), which differ in the fourth digit.
		ucl, _ := moving.Limits.UCL.(float64)
		t.one("boiler "+column+": limit of moving ranges", ucl, decode[float64](t, "expected.json", "boiler", column, "mr_ucl_D4"), 1e-3)
	}
}

// memory are charts of sums and weighted means.
func memory(t *sheet) {
	for _, name := range []string{"cusum", "cusum_new"} {
		want := decode[struct {
			H     float64 `json:"decision.interval"`
			Shift float64 `json:"se.shift"`
			Pos   []float64
			Neg   []float64
			Upper []int `json:"upper_violations"`
			Lower []int `json:"lower_violations"`
		}](t, "expected.json", "pistonrings", name)
		a := t.ask("pistonrings", of.Ask{Chart: "cusum", Value: "diameter", Subgroup: "sample", Phase: "trial", H: want.H, Shift: want.Shift})
		if n := len(want.Pos); t.err == nil && len(a.Pos) >= n {
			t.near("pistonrings "+name+": pos", a.Pos[:n], want.Pos, exact)
			t.near("pistonrings "+name+": neg", a.Neg[:n], want.Neg, exact)
			t.points("pistonrings "+name+": upper", upTo(a.Violations["upper"], n), want.Upper)
			t.points("pistonrings "+name+": lower", upTo(a.Violations["lower"], n), want.Lower)
		}
	}
	for _, name := range []string{"ewma", "ewma_new"} {
		want := decode[struct {
			Lambda   float64
			Width    float64 `json:"nsigmas"`
			Y        []float64
			LCL, UCL []float64
			Beyond   []int `json:"violations"`
		}](t, "expected.json", "pistonrings", name)
		a := t.ask("pistonrings", of.Ask{Chart: "ewma", Value: "diameter", Subgroup: "sample", Phase: "trial", Lambda: want.Lambda, Width: want.Width})
		if n := len(want.Y); t.err == nil && len(a.Statistics) >= n {
			t.near("pistonrings "+name+": y", a.Statistics[:n], want.Y, exact)
			t.near("pistonrings "+name+": lcl", list(a.Limits.LCL, want.LCL)[:n], want.LCL, exact)
			t.near("pistonrings "+name+": ucl", list(a.Limits.UCL, want.UCL)[:n], want.UCL, exact)
			t.points("pistonrings "+name+": beyond the limits", upTo(a.Violations["limits"], n), want.Beyond)
		}
	}
}

func runLengths(t *sheet) {
	const percent = 1e-2
	for _, c := range decode[[]struct {
		K, H float64
		Mu   []float64
		One  []float64 `json:"ARL_one_sided"`
		Two  []float64 `json:"ARL_two_sided"`
	}](t, "expected.json", "arl", "cusum") {
		var one, two []float64
		for _, mu := range c.Mu {
			one = append(one, spc.CUSUMLength(c.K, c.H, mu))
			two = append(two, spc.CUSUMTwoSided(c.K, c.H, mu))
		}
		t.near(fmt.Sprintf("ARL of CUSUM k %v h %v, one side", c.K, c.H), one, c.One, percent)
		if c.Two != nil {
			t.near(fmt.Sprintf("ARL of CUSUM k %v h %v, both sides", c.K, c.H), two, c.Two, percent)
		}
	}
	for _, c := range decode[[]struct {
		Lambda, L float64
		Mu, ARL   []float64
	}](t, "expected.json", "arl", "ewma") {
		var ours []float64
		for _, mu := range c.Mu {
			ours = append(ours, spc.EWMALength(c.Lambda, c.L, mu))
		}
		t.near(fmt.Sprintf("ARL of EWMA λ %v L %v", c.Lambda, c.L), ours, c.ARL, percent)
	}
}

// constants: a chart has those of the printed tables, of three digits.
func constants(t *sheet) {
	want := decode[struct {
		N          []int
		D2, D3, C4 []float64
	}](t, "expected.json", "control_chart_constants")
	var d2, d3, c4 []float64
	for _, n := range want.N {
		c := got[spc.Constants](t)(spc.ConstantsOf(n))
		d2, d3, c4 = append(d2, c.D2), append(d3, c.D3), append(c4, c.C4)
	}
	const printed = 1e-3
	t.near("d2 for n of 2 to 25, as printed", d2, want.D2, printed)
	t.near("d3 for n of 2 to 25, as printed", d3, want.D3, printed)
	t.near("c4 for n of 2 to 25", c4, want.C4, exact)
}
