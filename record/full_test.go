package record

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"zhigai/fact"
)

// A disk that fills up refuses writes and loses none that it accepted; when
// there is room again, writing goes on.
func TestWrite_DiskFull(t *testing.T) {
	db, err := Open(t.Context(), t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	limit := func(pages int) {
		t.Helper()
		if _, err := db.write.DB.Exec(fmt.Sprintf(`pragma max_page_count = %d`, pages)); err != nil {
			t.Fatal(err)
		}
	}
	var pages int
	if err := db.read.DB.QueryRow(`pragma page_count`).Scan(&pages); err != nil {
		t.Fatal(err)
	}
	limit(pages + 20)
	var mu sync.Mutex
	accepted := map[string]bool{}
	var all sync.WaitGroup
	for w := range 4 {
		all.Go(func() {
			for n := 1; ; n++ {
				e := fact.Event{Kind: fact.KindGap, Occurred: 1, Source: fmt.Sprint("device:", w), SourceSeq: uint64(n)}
				out, err := db.Journal().Append(t.Context(), 1, e)
				if err != nil {
					if errors.Is(err, fact.ErrRefused) {
						t.Errorf("a full disk is no fault of the event: %v", err)
					}
					return
				}
				mu.Lock()
				accepted[out[0].ID] = true
				mu.Unlock()
			}
		})
	}
	all.Wait()
	limit(1 << 30)
	if _, err := db.Journal().Append(t.Context(), 1, fact.Event{Kind: fact.KindGap, Occurred: 1, Source: "node"}); err != nil {
		t.Errorf("Append when there is room again: %v", err)
	}
	stored, err := db.Journal().Events(t.Context(), 1, fact.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range stored {
		if e.Seq != uint64(i+1) {
			t.Errorf("place %d = %d; want no holes", i+1, e.Seq)
		}
		delete(accepted, e.ID)
	}
	if len(accepted) > 0 || len(stored) < 10 {
		t.Errorf("%d accepted events are lost, %d stored", len(accepted), len(stored))
	}
	if head := db.Journal().Head(1); head != uint64(len(stored)) {
		t.Errorf("Head = %d; want %d", head, len(stored))
	}
}
