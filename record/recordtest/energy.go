package recordtest

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"zhigai/access"
	calc "zhigai/calc/energy"
	"zhigai/fact"
	"zhigai/plant"
	"zhigai/shop/energy"
)

// Energy tests what a store of meters and baselines must do: number the revisions of
// a place and of a baseline, refuse one made of an older, give all of them back as
// they were, and keep each as a fact.
func Energy(t *testing.T, store energy.Store, journal fact.Journal) {
	ctx := t.Context()
	at := plant.InstantOf(time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC))
	limit := 630.5
	net := func(id plant.NodeID, path string, rev int64) energy.Network {
		return energy.Network{
			Place: id, Path: path, Rev: rev, From: at + plant.Instant(rev)*3_600_000_000, By: "e", At: at, Note: "n",
			Meters: []energy.Meter{
				{Code: "main", Name: plant.Name{ZH: "总表"}, Medium: energy.Electricity, Machine: "M1", Signal: "energy.active", Reads: energy.Counter, Limit: &limit, Modulo: 1e6},
				{Code: "rest", Name: plant.Name{ZH: "其余"}, Medium: energy.Electricity, Formula: "main - 0.5 * main"},
			},
			Tariffs: []energy.TariffUse{{Tariff: "t", Day: "2026-01-01", Base: 650_000}},
		}
	}
	for _, n := range []struct {
		tenant plant.TenantNo
		energy.Network
	}{{1, net("P1", "xc/w1", 1)}, {1, net("P1", "xc/w1", 2)}, {1, net("P2", "xc/w2", 1)}, {2, net("P1", "other", 1)}} {
		must(t, store.SaveNetwork(ctx, n.tenant, n.Network, n.Rev-1))
	}
	for _, seen := range []int64{0, 1, 5} {
		if err := store.SaveNetwork(ctx, 1, net("P1", "xc/w1", seen+1), seen); !errors.Is(err, access.ErrConflict) {
			t.Errorf("saved from revision %d of 2: %v", seen, err)
		}
	}
	all, err := store.NetworkRevisions(ctx, 1, "P1")
	must(t, err)
	if want := []energy.Network{net("P1", "xc/w1", 2), net("P1", "xc/w1", 1)}; !reflect.DeepEqual(all, want) {
		t.Errorf("revisions: %+v\nwant %+v", all, want)
	}
	newest, err := store.Networks(ctx, access.Scope{Tenant: 1})
	must(t, err)
	if want := []energy.Network{net("P1", "xc/w1", 2), net("P2", "xc/w2", 1)}; !reflect.DeepEqual(newest, want) {
		t.Errorf("newest: %+v\nwant %+v", newest, want)
	}
	if part, err := store.Networks(ctx, access.Scope{Tenant: 1, Path: "xc/w2"}); err != nil || len(part) != 1 {
		t.Errorf("of a part: %+v, %v", part, err)
	}
	baseline := func(code string, rev int64) energy.Baseline {
		return energy.Baseline{
			Ask:  energy.Ask{Code: code, Rev: rev, Place: "P1", Name: plant.Name{ZH: "基准"}, Meter: "main", Every: energy.EveryDay, Kind: calc.Linear, Variables: []energy.Variable{{Name: "parts", Kind: energy.GoodParts}}, From: at, To: at + 1, Note: "n"},
			Path: "xc/w1", Unit: "kW.h", By: "e", At: at, Checks: []calc.Check{}, Doubts: []string{}, Network: 1,
			Model: calc.Model{Kind: calc.Linear, Terms: []string{"const", "parts"}, Coef: []float64{1.25, 0.1}, StdErr: []float64{0.1, 0.01}, Breaks: []calc.Break{}, Ranges: []calc.Range{}, Inverse: [][]float64{{1, 0}, {0, 1}}},
			Stats: energy.Statistics{R2: &limit, T: []*float64{nil}, P: []*float64{&limit}},
		}
	}
	must(t, store.SaveBaseline(ctx, 1, baseline("b", 1), 0))
	must(t, store.SaveBaseline(ctx, 1, baseline("b", 2), 1))
	must(t, store.SaveBaseline(ctx, 1, baseline("a", 1), 0))
	if err := store.SaveBaseline(ctx, 1, baseline("b", 2), 1); !errors.Is(err, access.ErrConflict) {
		t.Errorf("saved from an older revision: %v", err)
	}
	kept, err := store.Baselines(ctx, 1, "P1")
	must(t, err)
	if want := []energy.Baseline{baseline("a", 1), baseline("b", 2)}; !reflect.DeepEqual(kept, want) {
		t.Errorf("baselines: %+v\nwant %+v", kept, want)
	}
	if before, err := store.BaselineRevisions(ctx, 1, "P1", "b"); err != nil || len(before) != 2 || before[1].Rev != 1 {
		t.Errorf("revisions of one: %+v, %v", before, err)
	}
	if none, err := store.Baselines(ctx, 2, "P1"); err != nil || len(none) != 0 {
		t.Errorf("of a foreign tenant: %v, %v", none, err)
	}
	replacement := func(code string, rev int64) energy.Replacement {
		return energy.Replacement{
			Code: code, Rev: rev, Place: "P1", Path: "xc/w1", Machine: "M1", Name: plant.Name{ZH: "新电机"}, Price: 1_200_000, From: at, To: at + 1, By: energy.ByGrade,
			Grade: &energy.GradeChoice{Table: "t", Size: 18.5, Grade: 1}, Old: 90.5, New: 95.3, Higher: true, Unit: "%", Source: "name plate", State: energy.Proposed, Note: "n", Author: "e", At: at,
		}
	}
	must(t, store.SaveReplacement(ctx, 1, replacement("r", 1), 0))
	must(t, store.SaveReplacement(ctx, 1, replacement("r", 2), 1))
	must(t, store.SaveReplacement(ctx, 1, replacement("q", 1), 0))
	if err := store.SaveReplacement(ctx, 1, replacement("r", 2), 1); !errors.Is(err, access.ErrConflict) {
		t.Errorf("a replacement saved from an older revision: %v", err)
	}
	wanted, err := store.Replacements(ctx, 1, "P1")
	must(t, err)
	if want := []energy.Replacement{replacement("q", 1), replacement("r", 2)}; !reflect.DeepEqual(wanted, want) {
		t.Errorf("replacements: %+v\nwant %+v", wanted, want)
	}
	if before, err := store.ReplacementRevisions(ctx, 1, "P1", "r"); err != nil || len(before) != 2 || !reflect.DeepEqual(before[1], replacement("r", 1)) {
		t.Errorf("revisions of a replacement: %+v, %v", before, err)
	}
	if none, err := store.Replacements(ctx, 2, "P1"); err != nil || len(none) != 0 {
		t.Errorf("replacements of a foreign tenant: %v, %v", none, err)
	}
	for kind, want := range map[fact.Kind]int{fact.KindEnergyNetwork: 3, fact.KindEnergyBaseline: 3, fact.KindEnergyReplacement: 3} {
		events, err := journal.Events(ctx, 1, fact.Filter{Kinds: []fact.Kind{kind}})
		must(t, err)
		if len(events) != want {
			t.Errorf("%s: %d facts; want one for each revision", kind, len(events))
		}
	}
}
