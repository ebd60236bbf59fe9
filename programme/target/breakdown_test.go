package target

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"testing"

	"zhigai/access"
)

func (f facts) divide(t *testing.T, id, region string, areas ...access.Area) Breakdown {
	t.Helper()
	ind, err := book(t).Indicator(id)
	if err != nil {
		t.Fatal(err)
	}
	if areas == nil {
		areas = []access.Area{{}}
	}
	b, err := (&Desk{Facts: f}).divide(t.Context(), 1, ind, Question{Region: region, Year: 2022, Base: 2017, Areas: areas}, len(region)+2, Lists{Incentive: []string{"330624"}})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// sum adds the rows' terms and what was left out.
func (b Breakdown) sum() map[string]int64 {
	out := maps.Clone(b.Rest)
	if out == nil {
		out = map[string]int64{}
	}
	for _, r := range b.Rows {
		for t, n := range r.Terms {
			out[t] += n
		}
	}
	return out
}

func TestBreakdown_CitiesCountiesFirms(t *testing.T) {
	f := workshop()
	province := f.divide(t, "backbone-networking-rate", "33")
	if province.Level != "city" || len(province.Rows) != 2 || province.Rows[0].Region != "330600" || province.Rows[1].Region != "330700" {
		t.Fatalf("%+v", province)
	}
	if shaoxing := province.Rows[0]; *shaoxing.Value != 0.5 || *shaoxing.Coverage != 1 || shaoxing.Known.Due != 2 {
		t.Errorf("75 of 150 machines, and never the mean of 60 %% and 30 %%: %+v", shaoxing)
	}
	if jinhua := province.Rows[1]; jinhua.Value != nil || jinhua.Reason == "" || *jinhua.Coverage != 0 {
		t.Errorf("nothing is known there: %+v", jinhua)
	}
	county := f.divide(t, "backbone-networking-rate", "330624")
	if county.Level != "member" || len(county.Rows) != 1 || county.Rows[0].Firm != "a" || *county.Rows[0].Value != 0.6 || county.Rows[0].Confidence != "A" {
		t.Errorf("%+v", county)
	}
	entries := f.divide(t, "demonstration-projects", "330624")
	if len(entries.Rows) != 1 || entries.Rows[0].Entry != "5" || entries.Rows[0].Name != "甲" {
		t.Errorf("%+v", entries)
	}
	if own := f.divide(t, "selected-subsectors", "33"); len(own.Rows) != 1 || !own.Rows[0].Direct || own.Rows[0].Region != "330000" {
		t.Errorf("what is the province's own: %+v", own.Rows)
	}
	if out := f.divide(t, "backbone-networking-rate", "33", access.Area{Region: "3306"}); len(out.Rows) != 1 {
		t.Errorf("a city's officer sees %+v", out.Rows)
	}
}

// TestBreakdown_AddsUp: at every level the rows' terms are those of the whole,
// for every indicator.
func TestBreakdown_AddsUp(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 2022))
	f := facts{firms: map[int][]Firm{}}
	for i := range 2500 {
		region := fmt.Sprintf("33%02d%02d", 1+r.IntN(3), 1+r.IntN(3))
		if i < 2100 {
			region = "330101" // more than one answer shows
		}
		f.firms[2022] = append(f.firms[2022], Firm{
			ID: fmt.Sprintf("f%04d", i), Name: "x", Region: region, Sector: "C3451", AboveScale: true, Backbone: r.IntN(3) > 0,
			Values: values(Machine, "machines", 1+r.IntN(50), "machines_networked", r.IntN(2), "output_fen", r.IntN(1000), "smart_output_fen", r.IntN(100)),
		})
	}
	f.firms[2017] = f.firms[2022]
	checked := 0
	for _, ind := range book(t).Indicators() {
		for _, region := range []string{"33", "3301", "330101"} {
			b := f.divide(t, ind.ID, region)
			want := maps.Clone(b.Whole.Terms)
			for term, s := range ind.Sources {
				if s.Years != "" {
					delete(want, term)
				}
			}
			got := b.sum()
			maps.DeleteFunc(want, func(_ string, n int64) bool { return n == 0 })
			maps.DeleteFunc(got, func(_ string, n int64) bool { return n == 0 })
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%s in %q: rows add up to %v; the whole is %v", ind.ID, region, got, want)
			}
			checked += len(b.Rows)
		}
	}
	b, ref := f.divide(t, "cloud-firms", "33"), f.ask(t, "cloud-firms", Question{Region: "33", Year: 2022})
	if b.Whole.Root != ref.Root {
		t.Error("another root than the fold's")
	}
	if b := f.divide(t, "erp-adoption", "330101"); len(b.Rows) != maxMembers || b.More < 50 {
		t.Errorf("%d rows, %d left out", len(b.Rows), b.More)
	}
	t.Logf("%d rows of %d indicators", checked, len(book(t).Indicators()))
}

func TestContributions_OneFirm(t *testing.T) {
	all, err := Fold(t.Context(), 1, book(t).Indicators(), Question{Year: 2022, Areas: []access.Area{{}}}, oneFirm{workshop(), "a"}, Lists{Incentive: []string{"330624"}})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]map[string]int64{}
	for _, r := range all {
		got[r.Definition.ID] = r.Terms
	}
	if n := got["backbone-networking-rate"]; n["machines"] != 100 || n["machines_networked"] != 60 {
		t.Errorf("its machines: %v", n)
	}
	if n := got["subsector-coverage"]; n["firms"] != 1 || n["transformed"] != 1 {
		t.Errorf("its sub-sector is selected: %v", n)
	}
	if n := got["robots-in-service"]; n["robots"] != 1 {
		t.Errorf("its robots: %v", n)
	}
}
