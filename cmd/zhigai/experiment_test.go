package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// What a plan asks for, filled in with what a known process would give, is read
// back as that process, with the place of its maximum in settings.
func TestExperiment_PlanAndAnalyse(t *testing.T) {
	factors := "temperature=180..220,time=10..20"
	plan, _, err := command(t, "experiment", "plan", "--factor", factors, "--design", "composite", "--centres", "4", "--result", "hardness", "--seed", "3")
	must(t, err)
	rows, err := csv.NewReader(strings.NewReader(plan)).ReadAll()
	must(t, err)
	if strings.Join(rows[0], " ") != "order run temperature time hardness" || len(rows) != 1+4+4+4 {
		t.Fatalf("%d rows, %v", len(rows), rows[0])
	}
	var filled strings.Builder
	filled.WriteString("temperature,time,hardness\n")
	for i, r := range rows[1:] {
		temperature, err := strconv.ParseFloat(r[2], 64)
		must(t, err)
		hours, err := strconv.ParseFloat(r[3], 64)
		must(t, err)
		a, b := (temperature-200)/20, (hours-15)/5
		y := 60 + 2*a - 1*b - 3*a*a - 2*b*b + a*b + 0.01*float64(i%3-1)
		fmt.Fprintf(&filled, "%s,%s,%v\n", r[2], r[3], y)
	}
	file := filepath.Join(t.TempDir(), "runs.csv")
	must(t, os.WriteFile(file, []byte(filled.String()), 0o600))
	said, _, err := command(t, "experiment", "analyse", file, "--factor", factors, "--y", "hardness", "--model", "quadratic", "--json")
	must(t, err)
	var got struct {
		Terms []struct {
			Term string
			Coef float64
			P    float64
		}
		Point struct {
			Settings map[string]float64
			Kind     string
			Inside   bool
		} `json:"stationary_point"`
	}
	must(t, json.Unmarshal([]byte(said), &got))
	want := map[string]float64{"A": 2, "B": -1, "AB": 1, "A²": -3, "B²": -2}
	if len(got.Terms) != len(want) {
		t.Fatalf("%+v", got.Terms)
	}
	for _, l := range got.Terms {
		if math.Abs(l.Coef-want[l.Term]) > 0.02 || l.P > 1e-6 {
			t.Errorf("%s: %+v; want %v", l.Term, l, want[l.Term])
		}
	}
	// By hand: 6a - b = 2 and 4b - a = -1 at the maximum.
	if at := got.Point.Settings; got.Point.Kind != "maximum" || !got.Point.Inside || math.Abs(at["temperature"]-(200+20*7./23)) > 0.1 || math.Abs(at["time"]-(15-5*4./23)) > 0.1 {
		t.Errorf("%+v", got.Point)
	}
	text, _, err := command(t, "experiment", "analyse", file, "--factor", factors, "--y", "hardness", "--model", "quadratic")
	must(t, err)
	for _, part := range []string{"temperature, 180 to 220", "lack of fit", "maximum"} {
		if !strings.Contains(text, part) {
			t.Errorf("no %q in\n%s", part, text)
		}
	}
}

func TestExperiment_Refusals(t *testing.T) {
	file := filepath.Join(t.TempDir(), "runs.csv")
	must(t, os.WriteFile(file, []byte("a,y\n1,2\n2,4\n1,high\n2,5\n"), 0o600))
	for _, c := range []struct {
		want  string
		words []string
	}{
		{"NAME=LOW..HIGH", []string{"plan", "--factor", "a=2..1"}},
		{"3 to 7", []string{"plan", "--factor", "a=1..2", "--design", "box-behnken"}},
		{"line 4, column y", []string{"analyse", file, "--factor", "a=1..2", "--y", "y"}},
		{"no column \"b\"", []string{"analyse", file, "--factor", "b=1..2", "--y", "a"}},
	} {
		if _, _, err := command(t, append([]string{"experiment"}, c.words...)...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v; want %q", c.words, err, c.want)
		}
	}
}
