package recordtest

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/plant"
	"zhigai/shop/andon"
)

// Andon is what a store of calls must do.
func Andon(t *testing.T, store andon.Store, journal fact.Journal) {
	ctx := t.Context()
	at := plant.InstantOf(time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC))
	made := func(id string, what andon.What, machine plant.NodeID, path string) andon.Call {
		c := andon.Call{ID: id, What: what, Machine: machine, Path: path, Name: plant.Name{ZH: "车床"}, Steps: []andon.Step{}}
		must(t, c.Step(andon.Step{State: andon.Called, At: at, Entered: at + 600_000_000, By: "op"}))
		return c
	}
	a, b, foreign := made("C1", andon.Quality, "M1", "xc/w1/m1"), made("C2", andon.Material, "M2", "xc/w2/m2"), made("C1", andon.Quality, "M1", "other")
	must(t, store.SaveCall(ctx, 1, a, 0, "op", "k1"))
	must(t, store.SaveCall(ctx, 1, b, 0, "op", ""))
	must(t, store.SaveCall(ctx, 2, foreign, 0, "op", "k1"))
	if got, err := store.KeyedCall(ctx, 1, "op", "k1"); err != nil || !reflect.DeepEqual(got, a) {
		t.Errorf("by its key: %+v, %v", got, err)
	}
	for _, who := range []string{"op", "other"} {
		if _, err := store.KeyedCall(ctx, 1, who, ""); !errors.Is(err, access.ErrNotFound) {
			t.Errorf("a call without a key was found by none: %v", err)
		}
	}
	must(t, a.Step(andon.Step{State: andon.Accepted, At: at + 1, Entered: at + 1, By: "inspector"}))
	for _, seen := range []int{0, 2} {
		if err := store.SaveCall(ctx, 1, a, seen, "", ""); !errors.Is(err, access.ErrConflict) {
			t.Errorf("saved from %d steps of 1: %v", seen, err)
		}
	}
	must(t, store.SaveCall(ctx, 1, a, 1, "", ""))
	must(t, a.Step(andon.Step{State: andon.Done, At: at + 2, Entered: at + 2, By: "inspector", Note: "n"}))
	must(t, store.SaveCall(ctx, 1, a, 2, "", ""))
	if got, err := store.Call(ctx, 1, "C1"); err != nil || !reflect.DeepEqual(got, a) {
		t.Errorf("as it stands: %+v, %v; want %+v", got, err, a)
	}
	scope := access.Scope{Tenant: 1}
	for _, c := range []struct {
		f    andon.Filter
		want []andon.Call
	}{
		{andon.Filter{Scope: scope, Limit: 9}, []andon.Call{b, a}},
		{andon.Filter{Scope: scope, Limit: 1}, []andon.Call{b}},
		{andon.Filter{Scope: scope, Before: "C2", Limit: 9}, []andon.Call{a}},
		{andon.Filter{Scope: scope, Open: true, Limit: 9}, []andon.Call{b}},
		{andon.Filter{Scope: scope, What: andon.Quality, Limit: 9}, []andon.Call{a}},
		{andon.Filter{Scope: scope, Machine: "M2", Limit: 9}, []andon.Call{b}},
		{andon.Filter{Scope: access.Scope{Tenant: 1, Path: "xc/w1"}, Limit: 9}, []andon.Call{a}},
		{andon.Filter{Scope: access.Scope{Tenant: 3}, Limit: 9}, []andon.Call{}},
	} {
		if got, err := store.Calls(ctx, c.f); err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("calls of %+v: %+v, %v; want %+v", c.f, got, err, c.want)
		}
	}
	facts, err := journal.Events(ctx, 1, fact.Filter{Kinds: []fact.Kind{fact.KindCall}, Sources: []string{a.Source()}})
	if err != nil || len(facts) != 3 || facts[0].Subject != "M1" || facts[2].SourceSeq != 3 {
		t.Errorf("facts of the call: %+v, %v", facts, err)
	}
}
