package record_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"zhigai/fact"
	"zhigai/record"
)

// TestTogether: what goes along is there with the commit, or not at all.
func TestTogether(t *testing.T) {
	each(t, func(t *testing.T, open func(t *testing.T) *record.DB) {
		db := open(t)
		event := func(source string) fact.Event {
			return fact.New(fact.KindGap, "m", time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC), source, fact.Gap{})
		}
		held := func(want int) {
			t.Helper()
			got, err := db.Journal().Events(t.Context(), 1, fact.Filter{Kinds: []fact.Kind{fact.KindGap}})
			if err != nil || len(got) != want {
				t.Errorf("%d events are stored, %v; want %d", len(got), err, want)
			}
		}
		nothing := func(context.Context, bun.Tx) error { return nil }
		failed := errors.New("no")
		ctx, done := record.Together(t.Context(), func(context.Context, bun.Tx) error { return failed }, event("along"))
		if err := db.Journal().Import(ctx, 1, nothing, event("own")); !errors.Is(err, failed) || done() {
			t.Errorf("what goes along fails: %v, done %v", err, done())
		}
		held(0)
		ctx, done = record.Together(t.Context(), nothing, event("along"))
		if err := db.Journal().Import(ctx, 1, func(context.Context, bun.Tx) error { return failed }, event("own")); !errors.Is(err, failed) || done() {
			t.Errorf("the commit fails: %v, done %v", err, done())
		}
		held(0)
		stored, err := db.Journal().Append(ctx, 1, event("own"))
		if err != nil || len(stored) != 1 || stored[0].Source != "own" || !done() {
			t.Errorf("a second try: %+v %v, done %v", stored, err, done())
		}
		held(2)
		if _, err := db.Journal().Append(ctx, 1, event("twice")); err == nil {
			t.Error("what goes along went twice")
		}
		held(2)
	})
}
