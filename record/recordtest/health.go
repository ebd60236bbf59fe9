package recordtest

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/plant"
	"zhigai/shop/health"
)

// Health is what a store of measuring points must do: number revisions, refuse one
// made of an older, keep each as a fact, and keep one reading of an instant.
func Health(t *testing.T, store health.Store, journal fact.Journal) {
	ctx := t.Context()
	at := plant.InstantOf(time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC))
	made := func(id string, machine plant.NodeID, path string, rev int64) health.Point {
		return health.Point{ID: id, Machine: machine, Path: path, Name: plant.Name{ZH: "前轴承"}, Tag: 7, Unit: "m/s2", RPM: 1500, Bearing: "6205-2RS", Group: "2-rigid", Rev: rev, By: "e", At: at}
	}
	a, b, foreign := made("P1", "M1", "xc/w1/m1", 1), made("P2", "M2", "xc/w2/m2", 1), made("P1", "M1", "other", 1)
	must(t, store.SavePoint(ctx, 1, a, 0))
	must(t, store.SavePoint(ctx, 1, b, 0))
	must(t, store.SavePoint(ctx, 2, foreign, 0))
	a.Rev = 2
	for _, seen := range []int64{0, 2} {
		if err := store.SavePoint(ctx, 1, a, seen); !errors.Is(err, access.ErrConflict) {
			t.Errorf("saved from revision %d of 1: %v", seen, err)
		}
	}
	must(t, store.SavePoint(ctx, 1, a, 1))
	b.Rev, b.Ended = 2, true
	must(t, store.SavePoint(ctx, 1, b, 1))
	silent := health.Judge(nil)
	if got, err := store.Point(ctx, 1, "P1"); err != nil || !reflect.DeepEqual(got, health.State{Point: a, Condition: silent}) {
		t.Errorf("%+v, %v; want %+v", got, err, a)
	}
	bad := health.Condition{Level: health.Bad, Why: health.WhyElement, Element: "outer", Since: at, Change: &health.Change{Baseline: 20, Ratio: 2}}
	must(t, store.KeepCondition(ctx, 1, "P1", bad))
	a.Rev = 3
	must(t, store.SavePoint(ctx, 1, a, 2))
	isBad, isSilent := health.State{Point: a, Condition: bad}, health.State{Point: b, Condition: silent}
	if got, err := store.Point(ctx, 2, "P1"); err != nil || got.Condition.Level != health.Unknown {
		t.Errorf("of another tenant: %+v, %v", got, err)
	}
	if _, err := store.Point(ctx, 3, "P1"); !errors.Is(err, access.ErrNotFound) {
		t.Errorf("of another tenant: %v", err)
	}
	scope := access.Scope{Tenant: 1}
	for _, c := range []struct {
		f    health.Filter
		want []health.State
	}{
		{health.Filter{Scope: scope, Limit: 9}, []health.State{isBad}},
		{health.Filter{Scope: scope, Ended: true, Limit: 9}, []health.State{isBad, isSilent}},
		{health.Filter{Scope: scope, Ended: true, Limit: 1}, []health.State{isBad}},
		{health.Filter{Scope: scope, Ended: true, After: "P1", Limit: 9}, []health.State{isSilent}},
		{health.Filter{Scope: scope, Ended: true, Machine: "M2", Limit: 9}, []health.State{isSilent}},
		{health.Filter{Scope: access.Scope{Tenant: 1, Path: "xc/w2"}, Ended: true, Limit: 9}, []health.State{isSilent}},
		{health.Filter{Scope: access.Scope{Tenant: 3}, Limit: 9}, []health.State{}},
	} {
		if got, err := store.Points(ctx, c.f); err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("points of %+v: %+v, %v; want %+v", c.f, got, err, c.want)
		}
	}
	reading := func(at plant.Instant, verdict string) health.Reading {
		return health.Reading{At: at, Version: 1, Quality: "good", Verdict: verdict}
	}
	first, second, third := reading(at, "healthy"), reading(at+1, "uncertain"), reading(at+2, "outer")
	must(t, store.KeepReadings(ctx, 1, "P1", []health.Reading{second, first}))
	must(t, store.KeepReadings(ctx, 1, "P1", []health.Reading{third, second}))
	must(t, store.KeepReadings(ctx, 2, "P1", []health.Reading{third}))
	for _, c := range []struct {
		from, to plant.Instant
		limit    int
		want     []health.Reading
	}{
		{0, at + 9, 9, []health.Reading{first, second, third}},
		{0, at + 9, 2, []health.Reading{second, third}},
		{at + 1, at + 2, 9, []health.Reading{second}},
		{at + 3, at + 9, 9, []health.Reading{}},
	} {
		if got, err := store.Readings(ctx, 1, "P1", c.from, c.to, c.limit); err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("readings from %d to %d: %+v, %v; want %+v", c.from-at, c.to-at, got, err, c.want)
		}
	}
	facts, err := journal.Events(ctx, 1, fact.Filter{Kinds: []fact.Kind{fact.KindHealthPoint}, Sources: []string{a.Source()}})
	if err != nil || len(facts) != 3 || facts[0].Subject != "M1" || facts[1].SourceSeq != 2 {
		t.Errorf("facts of the point: %+v, %v", facts, err)
	}
}
