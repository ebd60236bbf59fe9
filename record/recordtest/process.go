package recordtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/plant"
	"zhigai/shop/process"
)

// Process is what a store of recipes must do.
func Process(t *testing.T, store process.Store, journal fact.Journal) {
	ctx := t.Context()
	at := plant.InstantOf(time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC))
	doc := func(id, path, of string, rev int64, open bool, key string) process.Document {
		return process.Document{Kind: process.KindDownload, ID: id, Rev: rev, Place: "M1", Path: path, Of: of, Open: open, At: at, By: "li", Key: key, Body: json.RawMessage(fmt.Sprintf(`{"rev":%d}`, rev))}
	}
	a, b, foreign := doc("A", "xc/w1/m1", "M1", 1, true, "k"), doc("B", "xc/w2/m2", "M2", 1, true, ""), doc("A", "other", "M1", 1, true, "k")
	for i, d := range []process.Document{a, b, foreign} {
		must(t, store.Save(ctx, plant.TenantNo(1+i/2), d, 0))
	}
	if got, err := store.Keyed(ctx, 1, process.KindDownload, "li", "k"); err != nil || !reflect.DeepEqual(got, a) {
		t.Errorf("by its key: %+v, %v", got, err)
	}
	if _, err := store.Keyed(ctx, 1, process.KindDownload, "li", ""); !errors.Is(err, access.ErrNotFound) {
		t.Errorf("one without a key was found by none: %v", err)
	}
	a = doc("A", "xc/w1/m1", "M1", 2, false, "")
	for _, seen := range []int64{0, 2} {
		if err := store.Save(ctx, 1, a, seen); !errors.Is(err, access.ErrConflict) {
			t.Errorf("saved from revision %d of 1: %v", seen, err)
		}
	}
	must(t, store.Save(ctx, 1, a, 1))
	if got, err := store.Keyed(ctx, 1, process.KindDownload, "li", "k"); err != nil || !reflect.DeepEqual(got, a) {
		t.Errorf("by the key of its first revision: %+v, %v; want %+v", got, err, a)
	}
	if _, err := store.Document(ctx, 1, process.KindRecipe, "A"); !errors.Is(err, access.ErrNotFound) {
		t.Errorf("of another kind: %v", err)
	}
	scope := access.Scope{Tenant: 1}
	for _, c := range []struct {
		f    process.Filter
		want []process.Document
	}{
		{process.Filter{Scope: scope, Kind: process.KindDownload, Limit: 9}, []process.Document{b, a}},
		{process.Filter{Scope: scope, Kind: process.KindDownload, Limit: 1}, []process.Document{b}},
		{process.Filter{Scope: scope, Kind: process.KindDownload, Before: "B", Limit: 9}, []process.Document{a}},
		{process.Filter{Scope: scope, Kind: process.KindDownload, Open: true, Limit: 9}, []process.Document{b}},
		{process.Filter{Scope: scope, Kind: process.KindDownload, Of: "M1", Limit: 9}, []process.Document{a}},
		{process.Filter{Scope: access.Scope{Tenant: 1, Path: "xc/w1"}, Kind: process.KindDownload, Limit: 9}, []process.Document{a}},
		{process.Filter{Scope: scope, Kind: process.KindDeviation, Limit: 9}, []process.Document{}},
		{process.Filter{Scope: access.Scope{Tenant: 3}, Kind: process.KindDownload, Limit: 9}, []process.Document{}},
	} {
		if got, err := store.Documents(ctx, c.f); err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%+v: %+v, %v; want %+v", c.f, got, err, c.want)
		}
	}
	events, err := journal.Events(ctx, 1, fact.Filter{Kinds: []fact.Kind{fact.KindProcess}})
	must(t, err)
	if len(events) != 3 {
		t.Errorf("%d facts of documents; want 3: %+v", len(events), events)
	}
}
