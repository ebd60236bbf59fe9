package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"zhigai/plant/file"
	"zhigai/programme/enterprise"
)

// TestFiguresExport: what the command writes is what the API answers, term by
// term, and a region or an indicator that is none is refused in words.
func TestFiguresExport(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	year := 2025
	for i, f := range []struct {
		code, region                 string
		machines, numeric, networked int
	}{{"91350200776049653A", "330624", 7, 5, 3}, {"91350500798359476R", "330522", 6, 3, 1}} {
		var made struct{ ID string }
		firm := map[string]any{"code": f.code, "name": fmt.Sprintf("出口企业%d有限公司", i), "region": f.region, "industry": "C3451", "above_scale": true, "backbone": map[string]any{"from": "2020-01-01"}, "since": 1577836800000000, "confirmed": true}
		if status, body := r.call("POST", "/firms", firm, &made); status != 201 {
			t.Fatalf("add firm: %d %s", status, body)
		}
		for _, v := range []struct {
			name string
			n    int
		}{{"machines", f.machines}, {"machines_nc", f.numeric}, {"machines_networked", f.networked}} {
			if status, body := r.call("PUT", "/firm-returns", map[string]any{"firm": made.ID, "year": year, "name": v.name, "value": v.n, "basis": "audited", "rev": 0}, nil); status != 200 {
				t.Fatalf("return: %d %s", status, body)
			}
		}
	}
	export := func(q figuresQuestion) []exported {
		t.Helper()
		out, err := exportFigures(t.Context(), r.n.targets, q)
		must(t, err)
		return out
	}
	all := export(figuresQuestion{Year: year})
	if len(all) != len(r.n.targetBook.Indicators()) {
		t.Errorf("%d indicators; want %d", len(all), len(r.n.targetBook.Indicators()))
	}
	one := export(figuresQuestion{Indicators: []string{"backbone-networking-rate"}, Region: "330000", Year: year, Parts: true})[0]
	if one.Value == nil || *one.Value != 4.0/13 || one.Terms["machines"] != 13 || one.Terms["machines_networked"] != 4 || *one.Coverage != 1 || one.Confidence != "B" || len(one.Root) != 64 || one.Verified != "unverified" || len(one.Parts) != 2 {
		t.Errorf("exported %+v", one)
	}
	var api struct {
		Root  string
		Terms map[string]int64
	}
	if status, body := r.call("GET", fmt.Sprintf("/indicators/backbone-networking-rate?region=33&year=%d", year), nil, &api); status != 200 || api.Root != one.Root || api.Terms["machines"] != 13 {
		t.Errorf("the API answers %d %s; the command %s", status, body, one.Root)
	}
	var text strings.Builder
	must(t, writeFigures(&text, []exported{one}))
	rows, err := csv.NewReader(strings.NewReader(text.String())).ReadAll()
	must(t, err)
	if got := fmt.Sprintf("%d %s %s %v %v", len(rows), rows[2][0], rows[2][4], rows[2][12:], rows[6][12:]); got != "7 backbone-networking-rate 2025 [ machines_networked 4] [330624 machines_networked 3]" {
		t.Errorf("as CSV: %s\n%s", got, text.String())
	}
	for want, q := range map[string]figuresQuestion{
		"330103":        {Region: "330103", Year: year}, // merged in 2021
		"330199":        {Region: "330199", Year: year},
		"no-such":       {Indicators: []string{"no-such"}, Year: year},
		"is not before": {Year: year, Base: year},
		"1949 to 2100":  {Year: 26},
	} {
		if _, err := exportFigures(t.Context(), r.n.targets, q); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v; want %q", q, err, want)
		}
	}
	if _, err := json.Marshal(all); err != nil {
		t.Error(err)
	}
}

// TestSyntheticFirms: the firms of the demo are taken by the registry as they
// are, without a doubt, and the same seed makes the same.
func TestSyntheticFirms(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	firms, err := syntheticFirms(1, 300, 30, 2026)
	must(t, err)
	again, err := syntheticFirms(1, 300, 30, 2026)
	must(t, err)
	if fmt.Sprint(firms) != fmt.Sprint(again) {
		t.Error("the same seed makes other firms")
	}
	raw, err := sheetOf(firms, "33", 2026)
	must(t, err)
	j, rows := r.send("firms.csv", raw)
	if j.Stage != enterprise.Ready || j.Counts.New != 300 {
		t.Errorf("%+v", j)
	}
	for _, row := range rows {
		if len(row.Faults) > 0 {
			t.Errorf("%+v", row)
		}
	}
	if _, err := file.Read("plants.yaml", plantFileOf(firms[:30]), file.Options{Profiles: r.n.profiles.IDs()}); err != nil {
		t.Error(err)
	}
}
