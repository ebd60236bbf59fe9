package recordtest

import (
	"errors"
	"testing"

	"zhigai/access"
	"zhigai/attachment"
	"zhigai/fact"
)

// Attachments tests what a store of what is known of files must do.
func Attachments(t *testing.T, store attachment.Store, journal fact.Journal) {
	ctx := t.Context()
	f := attachment.File{SHA256: "ab", Name: "ring.png", Media: "image/png", Bytes: 3, Place: "xc/w/l1", By: "e", At: 1_000_000}
	must(t, store.SaveFile(ctx, 1, f))
	if got, err := store.File(ctx, 1, "ab"); err != nil || got != f {
		t.Errorf("file: %+v %v", got, err)
	}
	if _, err := store.File(ctx, 2, "ab"); !errors.Is(err, access.ErrNotFound) {
		t.Errorf("another tenant's: %v", err)
	}
	f.Place, f.At = "xc/w", 2_000_000
	must(t, store.SaveFile(ctx, 1, f))
	if got, err := store.File(ctx, 1, "ab"); err != nil || got.Place != "xc/w" {
		t.Errorf("of another place now: %+v %v", got, err)
	}
	if facts, err := journal.Events(ctx, 1, fact.Filter{Kinds: []fact.Kind{fact.KindFile}, Sources: []string{f.Source()}}); err != nil || len(facts) != 2 {
		t.Errorf("facts: %+v %v", facts, err)
	}
}
