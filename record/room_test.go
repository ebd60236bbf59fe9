package record

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"zhigai/fact"
	"zhigai/space"
)

// Writes are refused while there is still room for the log and a checkpoint,
// so that a disk that somebody else fills costs nothing that was accepted;
// reading goes on, and writing without a restart.
func TestWrite_RefusedBeforeTheDiskIsFull(t *testing.T) {
	var free atomic.Uint64
	free.Store(1 << 40)
	db, err := Open(t.Context(), t.TempDir(), Options{Usage: func(string) (space.Usage, error) { return space.Usage{Free: free.Load(), Total: 1 << 40}, nil }})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	put := func() error {
		_, err := db.Journal().Append(t.Context(), 1, fact.Event{Kind: fact.KindGap, Occurred: 1, Source: "node"})
		return err
	}
	if err := put(); err != nil {
		t.Fatal(err)
	}
	free.Store(minFree - 1)
	if err := put(); !errors.Is(err, ErrNoSpace) || !strings.Contains(err.Error(), "127 MB free") {
		t.Errorf("%v; want ErrNoSpace and how much is free", err)
	}
	events, err := db.Journal().Events(t.Context(), 1, fact.Filter{})
	if err != nil || len(events) != 1 {
		t.Errorf("reading: %v, %v", events, err)
	}
	if _, err := db.write.DB.Exec(`pragma wal_checkpoint(truncate)`); err != nil {
		t.Errorf("checkpoint: %v", err)
	}
	free.Store(minFree)
	if err := put(); err != nil {
		t.Errorf("when there is room again: %v", err)
	}
}
