package sheet_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"zhigai/calc/energy"
	"zhigai/shop/energy/sheet"
)

var update = flag.Bool("update", false, "write golden files")

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func frame(t *testing.T, text string) *sheet.Frame {
	t.Helper()
	f, err := sheet.Parse([]byte(text))
	must(t, err)
	return f
}

// steel is the year of a steel works; what other programs found in it is held
// against ours in package truth.
func steel(t *testing.T) *sheet.Frame {
	t.Helper()
	root := os.Getenv("ZHIGAI_REFDATA")
	if root == "" {
		t.Skip("ZHIGAI_REFDATA does not say where reference data are")
	}
	raw, err := os.ReadFile(filepath.Join(root, "energy-steel", "steel_2018.csv"))
	must(t, err)
	f, err := sheet.Parse(raw)
	must(t, err)
	return f
}

func plain(t *testing.T, v any) (out any) {
	t.Helper()
	raw, err := json.Marshal(v)
	must(t, err)
	must(t, json.Unmarshal(raw, &out))
	return out
}

// A label of midnight stands at the date that it ends: it is found out and said.
func TestTotals_SteelWorks(t *testing.T) {
	t.Parallel()
	got, err := steel(t).Totals(sheet.TotalsAsk{Time: "date", Y: "Usage_kWh"})
	must(t, err)
	if got["total_kWh"] != 729316.67 { // of values with two decimals, exactly
		t.Errorf("total %v", got["total_kWh"])
	}
	if c, ok := got["time"].(sheet.Clock); !ok || c.Marks != sheet.End || c.Rolled != 273 {
		t.Errorf("%+v", got["time"])
	}
}

// Half a year is the baseline of the next: savings and CUSUM are of the same sums.
func TestBaseline_Applied(t *testing.T) {
	t.Parallel()
	a, err := steel(t).Baseline(sheet.Ask{
		Time: "date", Y: "Usage_kWh", X: []string{"weekend", "Load_Type"}, Every: "day", Fit: "2018-01..2018-06", Apply: "2018-07-01..2018-09-30",
	})
	must(t, err)
	if a.Statistics.N != 181 || a.Savings.M != 92 || len(a.CUSUM) != 92 || a.Accepted {
		t.Errorf("%+v", a)
	}
	if math.Abs(a.Savings.Actual-(81674.41+68559.43+57883.07)) > 1e-6 || math.Abs(a.CUSUM[91].CUSUM+a.Savings.Saving) > 1e-6 {
		t.Errorf("%+v", a.Savings)
	}
	if said := strings.Join(a.Warnings, "\n"); !strings.Contains(said, "explained by the terms before it") || !strings.Contains(said, "does not pass") {
		t.Error(said)
	}
}

// table of quarters of hours from a label, for some days.
func quarters(first time.Time, n int, skip func(i int) bool) string {
	var b strings.Builder
	b.WriteString("time,kWh,parts,weather\n")
	for i := range n {
		if skip != nil && skip(i) {
			continue
		}
		at := first.Add(time.Duration(i) * 15 * time.Minute)
		fmt.Fprintf(&b, "%s,%d,%d,%d\n", at.Format("2006-01-02 15:04"), 10+3*(i%7)+(i*i/50)%5, i%7, i%20)
	}
	return b.String()
}

func TestClock_WhatLabelsMark(t *testing.T) {
	t.Parallel()
	monday := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		text  string
		marks sheet.Marks
		warn  string
	}{
		"beginning": {quarters(monday, 192, nil), sheet.Start, ""},
		"end":       {quarters(monday.Add(15*time.Minute), 192, nil), sheet.End, ""},
		"neither":   {quarters(monday.Add(30*time.Minute), 192, nil), sheet.Start, "--interval end"},
		"a gap":     {quarters(monday, 192, func(i int) bool { return i == 50 }), sheet.Start, "time is missing in 1 places"},
	} {
		a, err := frame(t, c.text).Baseline(sheet.Ask{Time: "time", Y: "kWh", X: []string{"parts"}})
		must(t, err)
		if said := strings.Join(a.Warnings, "\n"); a.Time.Marks != c.marks || !strings.Contains(said, c.warn) {
			t.Errorf("%s: %+v %s", name, a.Time, said)
		}
	}
	// A day with a gap is left out of daily sums, and said.
	a, err := frame(t, quarters(monday, 10*96, func(i int) bool { return i == 250 })).Baseline(sheet.Ask{Time: "time", Y: "kWh", X: []string{"parts"}, Every: "day"})
	must(t, err)
	if said := strings.Join(a.Warnings, "\n"); a.Statistics.N != 9 || !strings.Contains(said, "2026-03-04 has 23h45m0s of 24h0m0s") {
		t.Errorf("%d days: %s", a.Statistics.N, said)
	}
}

// Days on which clocks are set have 23 and 25 hours, with a zone and without.
func TestClock_SummerTime(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	must(t, err)
	for month, hours := range map[time.Month]int{time.March: 23, time.October: 25} {
		from := time.Date(2021, month, 20, 0, 0, 0, 0, berlin)
		var b strings.Builder
		b.WriteString("time,kWh,parts\n")
		for at := from; at.Before(from.AddDate(0, 0, 12)); at = at.Add(15 * time.Minute) {
			fmt.Fprintf(&b, "%s,1,%d\n", at.In(berlin).Format("2006-01-02 15:04"), at.Day())
		}
		for _, zone := range []*time.Location{berlin, nil} {
			out, err := frame(t, b.String()).Totals(sheet.TotalsAsk{Time: "time", Y: "kWh", Zone: zone})
			must(t, err)
			date := map[time.Month]string{time.March: "2021-03-28", time.October: "2021-10-31"}[month]
			daily, _ := out["daily_kWh"].(map[string]float64)
			said, _ := out["warnings"].([]string)
			if daily[date] != float64(4*hours) || len(daily) != 12 || len(said) == 0 {
				t.Errorf("%s in %v: %v %v", date, zone, daily[date], said)
			}
		}
	}
}

// The answer of a small table, as it is written down.
func TestBaseline_Golden(t *testing.T) {
	t.Parallel()
	text := quarters(time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC), 14*96, nil)
	a, err := frame(t, text).Baseline(sheet.Ask{Time: "time", Y: "kWh", X: []string{"parts", "mean:weather", "weekend"}, Every: "day", Fit: "2026-03-02..2026-03-11", Apply: "2026-03-12.."})
	must(t, err)
	got, err := json.MarshalIndent(rounded(plain(t, a)), "", " ")
	must(t, err)
	file := filepath.Join("testdata", "baseline.golden")
	if *update {
		must(t, os.WriteFile(file, append(got, '\n'), 0o600))
	}
	want, err := os.ReadFile(file)
	must(t, err)
	if string(want) != string(got)+"\n" {
		t.Errorf("differs from %s:\n%s", file, got)
	}
}

// rounded to nine digits: the last ones are the processor's.
func rounded(v any) any {
	switch v := v.(type) {
	case float64:
		if math.Abs(v) < 1e-9 {
			return 0.0
		}
		var out float64
		fmt.Sscanf(fmt.Sprintf("%.9g", v), "%g", &out)
		return out
	case map[string]any:
		for k := range v {
			v[k] = rounded(v[k])
		}
	case []any:
		for i := range v {
			v[i] = rounded(v[i])
		}
	}
	return v
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	monday := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	good := quarters(monday, 192, nil)
	ask := func(change func(*sheet.Ask)) sheet.Ask {
		a := sheet.Ask{Time: "time", Y: "kWh", X: []string{"parts"}}
		change(&a)
		return a
	}
	same := func(*sheet.Ask) {}
	for _, c := range []struct {
		text   string
		change func(*sheet.Ask)
		want   string
	}{
		{good, func(a *sheet.Ask) { a.Y = "MWh" }, `no column "MWh"; there are time, kWh, parts, weather`},
		{good, func(a *sheet.Ask) { a.X = []string{"part"} }, `no column "part"`},
		{good, func(a *sheet.Ask) { a.X = nil }, "name variables"},
		{good, func(a *sheet.Ask) { a.Fit = "2026-03-01" }, "A..B"},
		{good, func(a *sheet.Ask) { a.Fit = "2027-01-01..2027-02-01" }, "holds no whole period"},
		{good, func(a *sheet.Ask) { a.Fit = "2026-03-03..2026-03-01" }, "ends before it begins"},
		{good, func(a *sheet.Ask) { a.Model = energy.Five }, "needs --temperature"},
		{good, func(a *sheet.Ask) { a.Temperature = "weather" }, "belongs to a model of temperature"},
		{good, func(a *sheet.Ask) { a.Every = "shift" }, "--every"},
		{good, func(a *sheet.Ask) { a.Apply, a.Confidence = "2026-03-03..", 2 }, "confidence"},
		{strings.Replace(good, ",13,1,1", ",high,1,1", 1), same, `line 3, column kWh: "high" is no number`},
		{strings.Replace(good, ",13,1,1", ",inf,1,1", 1), same, `"inf" is no number`},
		{strings.Replace(good, "2026-03-02 00:15", "yesterday", 1), same, `line 3, column time: "yesterday" is no time`},
		{strings.Replace(good, "2026-03-02 00:30", "2026-03-02 00:15", 1), same, "stands there twice"},
		{strings.Replace(good, "2026-03-02 02:00", "2026-03-01 02:00", 1), same, "is earlier than the line above it"},
		{"time,kWh\n2026-01-02,5\n", func(a *sheet.Ask) { a.X = []string{"weekend"} }, "more rows"},
		{"time,kWh,parts\n03/02/2026,5,1\n", same, "may be read as"},
		{"time,kWh,parts\n", same, "nothing stands below"},
	} {
		f, err := sheet.Parse([]byte(c.text))
		if err == nil {
			_, err = f.Baseline(ask(c.change))
		}
		if !errors.Is(err, sheet.ErrInvalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v; want %q", err, c.want)
		}
	}
}
