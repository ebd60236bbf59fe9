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
	"zhigai/fact/document"
	"zhigai/plant"
	"zhigai/shop/control/display"
	"zhigai/shop/control/handshake"
	"zhigai/shop/control/loop"
	linerule "zhigai/shop/control/rule"
	"zhigai/shop/process"
)

// Process is what a store of recipes must do.
func Process(t *testing.T, store process.Store, journal fact.Journal) {
	documents(t, store, journal, fact.KindProcess, process.KindDownload, process.KindDeviation)
}

// Loops is what a store of control loops must do.
func Loops(t *testing.T, store loop.Store, journal fact.Journal) {
	documents(t, store, journal, fact.KindLoop, loop.KindRun, loop.KindEvent)
}

// Handshakes is what a store of handshakes and hand-overs must do.
func Handshakes(t *testing.T, store handshake.Store, journal fact.Journal) {
	documents(t, store, journal, fact.KindHandshake, handshake.KindHandshake, handshake.KindHandover)
}

// Displays is what a store of displays must do; it is told of documents of any kind.
func Displays(t *testing.T, store display.Store, journal fact.Journal) {
	documents(t, store, journal, fact.KindDisplay, display.KindLayout, "other")
}

// LineRules is what a store of rules of lines must do.
func LineRules(t *testing.T, store linerule.Store, journal fact.Journal) {
	documents(t, store, journal, fact.KindRule, linerule.KindRule, linerule.KindFiring)
}

// documents is what a store of documents must do, with two kinds of the room.
func documents(t *testing.T, store document.Store, journal fact.Journal, facts fact.Kind, kind, other document.Kind) {
	ctx := t.Context()
	at := plant.InstantOf(time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC))
	doc := func(id, path, of string, rev int64, open bool, key string) document.Document {
		return document.Document{Kind: kind, ID: id, Rev: rev, Place: "M1", Path: path, Of: of, Open: open, At: at, By: "li", Key: key, Body: json.RawMessage(fmt.Sprintf(`{"rev":%d}`, rev))}
	}
	a, b, foreign := doc("A", "xc/w1/m1", "C1", 1, true, "k"), doc("B", "xc/w2/m2", "C2", 1, true, ""), doc("A", "other", "C1", 1, true, "k")
	for i, d := range []document.Document{a, b, foreign} {
		must(t, store.Save(ctx, plant.TenantNo(1+i/2), d, 0))
	}
	if got, err := store.Keyed(ctx, 1, kind, "li", "k"); err != nil || !reflect.DeepEqual(got, a) {
		t.Errorf("by its key: %+v, %v", got, err)
	}
	if _, err := store.Keyed(ctx, 1, kind, "li", ""); !errors.Is(err, access.ErrNotFound) {
		t.Errorf("one without a key was found by none: %v", err)
	}
	a = doc("A", "xc/w1/m1", "C1", 2, false, "")
	for _, seen := range []int64{0, 2} {
		if err := store.Save(ctx, 1, a, seen); !errors.Is(err, access.ErrConflict) {
			t.Errorf("saved from revision %d of 1: %v", seen, err)
		}
	}
	must(t, store.Save(ctx, 1, a, 1))
	if got, err := store.Keyed(ctx, 1, kind, "li", "k"); err != nil || !reflect.DeepEqual(got, a) {
		t.Errorf("by the key of its first revision: %+v, %v; want %+v", got, err, a)
	}
	if got, err := store.Document(ctx, 1, kind, "A"); err != nil || !reflect.DeepEqual(got, a) {
		t.Errorf("as it stands: %+v, %v; want %+v", got, err, a)
	}
	if _, err := store.Document(ctx, 1, other, "A"); !errors.Is(err, access.ErrNotFound) {
		t.Errorf("of another kind: %v", err)
	}
	scope := access.Scope{Tenant: 1}
	for _, c := range []struct {
		f    document.Filter
		want []document.Document
	}{
		{document.Filter{Scope: scope, Kind: kind, Limit: 9}, []document.Document{b, a}},
		{document.Filter{Scope: scope, Kind: kind, Limit: 1}, []document.Document{b}},
		{document.Filter{Scope: scope, Kind: kind, Before: "B", Limit: 9}, []document.Document{a}},
		{document.Filter{Scope: scope, Kind: kind, Open: true, Limit: 9}, []document.Document{b}},
		{document.Filter{Scope: scope, Kind: kind, Of: "C1", Limit: 9}, []document.Document{a}},
		{document.Filter{Scope: access.Scope{Tenant: 1, Path: "xc/w1"}, Kind: kind, Limit: 9}, []document.Document{a}},
		{document.Filter{Scope: scope, Kind: other, Limit: 9}, []document.Document{}},
		{document.Filter{Scope: access.Scope{Tenant: 3}, Kind: kind, Limit: 9}, []document.Document{}},
	} {
		if got, err := store.Documents(ctx, c.f); err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%+v: %+v, %v; want %+v", c.f, got, err, c.want)
		}
	}
	events, err := journal.Events(ctx, 1, fact.Filter{Kinds: []fact.Kind{facts}})
	must(t, err)
	if len(events) != 3 || events[2].SourceSeq != 2 && events[1].SourceSeq != 2 {
		t.Errorf("%d facts of documents; want 3: %+v", len(events), events)
	}
}
