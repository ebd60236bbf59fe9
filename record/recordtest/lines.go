package recordtest

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/plant"
	"zhigai/shop/line"
)

// Lines tests what a store of layouts must do: number the revisions of a line,
// refuse one made of an older, give all of them back as they were, and keep each as
// a fact.
func Lines(t *testing.T, store line.Store, journal fact.Journal) {
	ctx := t.Context()
	from := plant.InstantOf(time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC))
	room := int64(12)
	made := func(id plant.NodeID, path string, rev int64) line.Layout {
		return line.Layout{
			Line: id, Path: path, Rev: rev, From: from + plant.Instant(rev)*3_600_000_000, By: "e", At: from, Note: "n",
			Stations: []line.Station{
				{Code: "op10", Name: plant.Name{ZH: "车削"}, Function: line.Machining, Machines: []plant.NodeID{"M1", "M2"}},
				{Code: "op20", Name: plant.Name{ZH: "装配"}, Function: line.Assembly, Machines: []plant.NodeID{"M3"}},
			},
			Links: []line.Link{{From: "op10", To: "op20", Transfer: line.Robot, MoveMs: 4000, Capacity: &room, Take: 2}},
		}
	}
	save := func(tenant plant.TenantNo, l line.Layout) {
		t.Helper()
		must(t, store.SaveLayout(ctx, tenant, l, l.Rev-1))
	}
	save(1, made("L1", "xc/w1", 1))
	save(1, made("L1", "xc/w1", 2))
	save(1, made("L2", "xc/w2", 1))
	save(2, made("L1", "other", 1))
	for _, seen := range []int64{0, 1, 5} {
		if err := store.SaveLayout(ctx, 1, made("L1", "xc/w1", seen+1), seen); !errors.Is(err, access.ErrConflict) {
			t.Errorf("saved from revision %d of 2: %v", seen, err)
		}
	}
	all, err := store.Revisions(ctx, 1, "L1")
	must(t, err)
	if want := []line.Layout{made("L1", "xc/w1", 2), made("L1", "xc/w1", 1)}; !reflect.DeepEqual(all, want) {
		t.Errorf("revisions: %+v\nwant %+v", all, want)
	}
	if none, err := store.Revisions(ctx, 2, "L2"); err != nil || len(none) != 0 {
		t.Errorf("of a foreign tenant: %v, %v", none, err)
	}
	for _, c := range []struct {
		scope access.Scope
		want  []line.Layout
	}{
		{access.Scope{Tenant: 1}, []line.Layout{made("L1", "xc/w1", 2), made("L2", "xc/w2", 1)}},
		{access.Scope{Tenant: 1, Path: "xc/w2"}, []line.Layout{made("L2", "xc/w2", 1)}},
		{access.Scope{Tenant: 2}, []line.Layout{made("L1", "other", 1)}},
		{access.Scope{Tenant: 3}, []line.Layout{}},
	} {
		got, err := store.Layouts(ctx, c.scope)
		must(t, err)
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("lines of %+v: %+v; want %+v", c.scope, got, c.want)
		}
	}
	events, err := journal.Events(ctx, 1, fact.Filter{Kinds: []fact.Kind{fact.KindLineLayout}})
	must(t, err)
	if len(events) != 3 {
		t.Errorf("%d facts; want one for each revision", len(events))
	}
}
