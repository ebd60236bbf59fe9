package recordtest

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/shop/quality"
)

// QualityMarks is what a store of inspection must do with flaws on pictures: each is
// found by its picture, whoever marked it, and goes with what it is of.
func QualityMarks(t *testing.T, store QualityStore) {
	ctx := t.Context()
	at := plant.InstantOf(time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC))
	one, other := strings.Repeat("a", 64), strings.Repeat("b", 64)
	flaw := func(picture, code string, n int64, x, y float64) quality.Defect {
		return quality.Defect{Code: code, Count: n, Spot: &quality.Spot{Picture: picture, X: x, Y: y}}
	}
	c := quality.Characteristic{ID: "C1", Rev: 1, Place: "M1", Path: "xc/w1/m1", Item: "ring", Operation: 10, Attribute: true, Chart: "p"}
	raw, err := json.Marshal(c)
	must(t, err)
	must(t, store.Save(ctx, 1, quality.Document{Kind: quality.KindCharacteristic, ID: c.ID, Rev: 1, Place: c.Place, Path: c.Path, At: at, By: "li", Body: raw}, 0))
	group := func(id string, i plant.Instant, defects ...quality.Defect) quality.Valued {
		return quality.Valued{Subgroup: quality.Subgroup{ID: id, At: at + i, By: "li", Found: 1, Size: 50, Defects: defects}, Value: 0.02, Fact: true}
	}
	first := group("S1", 0, flaw(one, "scratch", 2, 0.5, 0.25), quality.Defect{Code: "burr", Count: 1}, flaw(one, "dent", 1, 0, 1))
	must(t, store.AddSubgroups(ctx, 1, c, []quality.Valued{first, group("S2", 10, flaw(other, "scratch", 1, 0.1, 0.1))}))
	must(t, store.AddSubgroups(ctx, 1, c, []quality.Valued{first})) // said again
	k := quality.Case{ID: "K1", Rev: 1, Place: "M2", Path: "xc/w2/m2", Item: "ring", State: quality.CaseOpen, Defects: []quality.Defect{flaw(one, "scratch", 1, 0.5, 0.25)}, Steps: []quality.CaseStep{{State: quality.CaseOpen, At: at + 20, By: "wang"}}}
	save := func(seen int64) {
		t.Helper()
		k.Rev = seen + 1
		raw, err := json.Marshal(k)
		must(t, err)
		must(t, store.Save(ctx, 1, quality.Document{Kind: quality.KindCase, ID: k.ID, Rev: k.Rev, Place: k.Place, Path: k.Path, At: at, By: "wang", Body: raw}, seen))
	}
	save(0)
	scope := access.Scope{Tenant: 1}
	ids := func(f quality.MarkFilter) (out []string) {
		t.Helper()
		if f.Limit == 0 {
			f.Limit = 9
		}
		all, err := store.Marks(ctx, f)
		must(t, err)
		for _, m := range all {
			out = append(out, m.ID)
		}
		return out
	}
	for _, q := range []struct {
		f    quality.MarkFilter
		want []string
	}{
		{quality.MarkFilter{Scope: scope, Picture: one}, []string{"K1.0", "S1.2", "S1.0"}},
		{quality.MarkFilter{Scope: scope, Picture: one, Limit: 1}, []string{"K1.0"}},
		{quality.MarkFilter{Scope: scope, Picture: one, BeforeAt: at, BeforeID: "S1.2"}, []string{"S1.0"}},
		{quality.MarkFilter{Scope: scope, Picture: one, Code: "scratch"}, []string{"K1.0", "S1.0"}},
		{quality.MarkFilter{Scope: scope, Picture: one, Operation: 10}, []string{"S1.2", "S1.0"}},
		{quality.MarkFilter{Scope: scope, Picture: one, Place: "M2"}, []string{"K1.0"}},
		{quality.MarkFilter{Scope: scope, Picture: one, From: at + 1, To: at + 21}, []string{"K1.0"}},
		{quality.MarkFilter{Scope: scope, Picture: other}, []string{"S2.0"}},
		{quality.MarkFilter{Scope: access.Scope{Tenant: 1, Path: "xc/w1"}, Picture: one}, []string{"S1.2", "S1.0"}},
		{quality.MarkFilter{Scope: access.Scope{Tenant: 2}, Picture: one}, nil},
	} {
		if got := ids(q.f); !reflect.DeepEqual(got, q.want) {
			t.Errorf("marks of %+v: %v; want %v", q.f, got, q.want)
		}
	}
	all := quality.MarkFilter{Scope: scope, Picture: one}
	want := quality.Density{
		Side: quality.MarkSide, Count: 4, Cells: []quality.Cell{{X: 10, Y: 5, Count: 3}, {X: 0, Y: quality.MarkSide - 1, Count: 1}},
		Codes: []quality.CodeCount{{Code: "scratch", Count: 3}, {Code: "dent", Count: 1}}, Places: []quality.PlaceCount{{Place: "M1", Count: 3}, {Place: "M2", Count: 1}},
		Operations: []quality.OperationCount{{Operation: 10, Count: 3}},
	}
	dense := func(want quality.Density) {
		t.Helper()
		if got, err := store.MarkDensity(ctx, all); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("density %+v, %v; want %+v", got, err, want)
		}
		if n, err := store.MarkCount(ctx, all); err != nil || n != want.Count {
			t.Errorf("%d marks, %v; want %d", n, err, want.Count)
		}
	}
	dense(want)
	if _, err := store.Rebuild(ctx, 1); err != nil {
		t.Fatal(err)
	}
	dense(want)
	// What was none, and what was mistyped, marks nothing.
	k.State = quality.CaseCancelled
	save(1)
	if got := ids(all); !reflect.DeepEqual(got, []string{"S1.2", "S1.0"}) {
		t.Errorf("a case that was none: %v", got)
	}
	wrong := first.Subgroup
	wrong.Withdrawn = &quality.Withdrawal{At: at + 30, By: "li", Reason: "mistyped"}
	must(t, store.Withdraw(ctx, 1, c, wrong))
	if got := ids(all); got != nil {
		t.Errorf("an inspection that was withdrawn: %v", got)
	}
	if _, err := store.Rebuild(ctx, 1); err != nil {
		t.Fatal(err)
	}
	if got := ids(all); got != nil {
		t.Errorf("made again: %v", got)
	}
}
