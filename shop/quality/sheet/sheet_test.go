package sheet_test

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"zhigai/shop/quality/sheet"
)

func chart(t *testing.T, text string, a sheet.Ask) *sheet.Answer {
	t.Helper()
	f, err := sheet.Parse([]byte(text))
	must(t, err)
	out, err := f.Chart(a)
	must(t, err)
	return out
}

func near(got, want float64) bool { return math.Abs(got-want) <= 1e-9*max(1e-6, math.Abs(want)) }

// Subgroups that lie apart, in another order than the phases, with an empty cell
// and a heading from a spreadsheet.
func TestChart_OfAnUntidyTable(t *testing.T) {
	t.Parallel()
	a := chart(t, "\ufeffgroup;x;phase\nb;5;new\na;1;trial\na;3;trial\nc;2;trial\nb;7;new\nc;;trial\nc;4;trial\n", sheet.Ask{Chart: "xbar-r", Value: "x", Subgroup: "group", Phase: "phase"})
	if want := []float64{2, 3, 6}; !slices.Equal(a.Statistics, want) || a.Trial != 2 || a.Center != 2.5 || !near(a.StdDev, 2/1.128) {
		t.Errorf("%+v", a)
	}
	if a.Dispersion == nil || !slices.Equal(a.Dispersion.Statistics, []float64{2, 2, 2}) {
		t.Errorf("spread %+v", a.Dispersion)
	}
	if !strings.Contains(strings.Join(a.Warnings, "\n"), "line 7 has no value") {
		t.Errorf("warnings %q", a.Warnings)
	}
}

func TestChart_Warns(t *testing.T) {
	t.Parallel()
	var rising, stuck strings.Builder
	rising.WriteString("x\n")
	stuck.WriteString("x\n")
	for i := range 30 {
		rising.WriteString(strings.Repeat("1", i/10+1) + "\n")
		stuck.WriteString("4.2\n")
	}
	for text, want := range map[string]string{rising.String(): "autocorrelation", stuck.String(): "do not vary", "x\n1\n2\n3\n": "limits of 3 points"} {
		a := chart(t, text, sheet.Ask{Chart: "imr", Value: "x"})
		if !strings.Contains(strings.Join(a.Warnings, "\n"), want) {
			t.Errorf("warnings %q; want %q", a.Warnings, want)
		}
		if _, err := json.Marshal(a); err != nil {
			t.Error(err)
		}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	ask := sheet.Ask{Chart: "imr", Value: "x"}
	for text, c := range map[string]struct {
		ask  sheet.Ask
		want string
	}{
		"":                     {ask, "empty"},
		"x\n":                  {ask, "line of names"},
		"x\n1\nhigh\n":         {ask, `line 3, column x: "high"`},
		"x\n1\ninf\n":          {ask, "line 3"},
		"y\n1\n2\n":            {ask, `no column "x"`},
		"x,p\n1,maybe\n2,\n":   {sheet.Ask{Chart: "imr", Value: "x", Phase: "p"}, "phase I"},
		"x\n1\n2\n3\n":         {sheet.Ask{Chart: "xbar-r", Value: "x"}, "--subgroup"},
		"x,g\n1,a\n2,b\n":      {sheet.Ask{Chart: "imr", Value: "x", Subgroup: "g"}, "no subgroups"},
		"x,n\n1,5\n2,5\n":      {sheet.Ask{Chart: "p", Value: "x"}, "--size"},
		"x,g\n1,a\n2,a\n3,b\n": {sheet.Ask{Chart: "xbar-s", Value: "x", Subgroup: "g"}, "subgroup 2"},
		"x\n1\n2\n4\n":         {sheet.Ask{Chart: "ewma", Value: "x", Lambda: 2}, "weight"},
		"x\n1\n2\n5\n":         {sheet.Ask{Chart: "imr", Value: "x", Rules: "mine"}, "rules"},
	} {
		f, err := sheet.Parse([]byte(text))
		if err == nil {
			_, err = f.Chart(c.ask)
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v; want %q", text, err, c.want)
		}
	}
	if _, err := sheet.Parse([]byte("\"x\n")); !errors.Is(err, sheet.ErrInvalid) {
		t.Errorf("an open quote: %v", err)
	}
}

func FuzzChart(f *testing.F) {
	f.Add("x,g,t\n1,a,TRUE\n2,a,TRUE\n3,b,1\n4,b,1\n", "xbar-r")
	f.Add("x,g\n1,5\n2,6\n", "p")
	f.Add("x;g\n1;5\n\n2;6\n", "ewma")
	f.Fuzz(func(t *testing.T, text, kind string) {
		frame, err := sheet.Parse([]byte(text))
		if err != nil {
			return
		}
		for _, a := range []sheet.Ask{{Chart: kind, Value: "x"}, {Chart: kind, Value: "x", Subgroup: "g"}, {Chart: kind, Value: "x", Size: "g"}} {
			if out, err := frame.Chart(a); err == nil {
				if _, err := json.Marshal(out); err != nil {
					t.Error(err)
				}
			}
		}
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Reasons instead of numbers, each with what to do.
func TestCapability_SaysWhy(t *testing.T) {
	t.Parallel()
	limit := func(v float64) *float64 { return &v }
	for _, c := range []struct {
		text         string
		ask          sheet.AskCapability
		reason, note string
	}{
		{"x\n1\n2\n1\n", sheet.AskCapability{Value: "x"}, "no_specification", "give a lower"},
		{"x\n1\n2\n1\n", sheet.AskCapability{Value: "x", LSL: limit(3), USL: limit(0)}, "limits_reversed", "swap"},
		{"x\n4\n4\n4\n", sheet.AskCapability{Value: "x", LSL: limit(3), USL: limit(5)}, "values_do_not_vary", "stuck"},
		{"x\n1\n2\n9\n2\n1\n1\n2\n2\n1\n2\n1\n2\n", sheet.AskCapability{Value: "x", LSL: limit(0), USL: limit(10)}, "", "not in control (points [3]"},
		{"x,g,p\n1,a,TRUE\n2,a,TRUE\n1,b,TRUE\n3,b,TRUE\n9,c,FALSE\n", sheet.AskCapability{Value: "x", Subgroup: "g", Phase: "p", USL: limit(10)}, "", "1 subgroups are not of phase I"},
	} {
		f, err := sheet.Parse([]byte(c.text))
		must(t, err)
		got, err := f.Capability(c.ask)
		must(t, err)
		if x := got.Indices["Cp_k"]; x.Reason != c.reason || (x.Value == nil) != (c.reason != "") {
			t.Errorf("%q: %+v; want %q", c.text, x, c.reason)
		}
		if !strings.Contains(strings.Join(got.Warnings, "\n"), c.note) {
			t.Errorf("%q: warnings %q; want %q", c.text, got.Warnings, c.note)
		}
		if _, err := json.Marshal(got); err != nil {
			t.Errorf("%q: %v", c.text, err)
		}
	}
}

// Points with a value for each of two columns, in subgroups, of two phases.
func TestT2_OfATable(t *testing.T) {
	t.Parallel()
	f, err := sheet.Parse([]byte("a,b,g,p\n1,2,1,1\n2,3,1,1\n3,2,2,1\n2,1,2,1\n2,2,3,1\n1,3,3,1\n9,1,4,2\n8,2,4,2\n,1,4,2\n"))
	must(t, err)
	got, err := f.T2(sheet.AskMultivariate{Values: []string{"a", "b"}, Subgroup: "g", Phase: "p"})
	must(t, err)
	ucl, _ := got.Limits.UCL.([]float64)
	if got.Trial != 3 || got.Points != 4 || len(ucl) != 4 || !(ucl[3] > ucl[0]) || !strings.Contains(strings.Join(got.Warnings, "\n"), "line 10 has no value") {
		t.Errorf("%+v", got)
	}
	if _, err := f.T2(sheet.AskMultivariate{Values: []string{"a"}}); !errors.Is(err, sheet.ErrInvalid) {
		t.Errorf("one column: %v", err)
	}
}
