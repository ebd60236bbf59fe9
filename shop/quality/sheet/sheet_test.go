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
