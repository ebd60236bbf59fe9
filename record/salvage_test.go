package record_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"zhigai/fact"
	"zhigai/record"
)

// TestSalvage_RowsOnOtherPages tears a page of the events' table: the events on
// other pages are there as they were, those of the snapshot too, and the rest
// is named.
func TestSalvage_RowsOnOtherPages(t *testing.T) {
	dir := t.TempDir()
	db := filled(t, dir)
	spare := t.TempDir()
	if err := db.Backup(t.Context(), filepath.Join(spare, "record.db"), nil); err != nil {
		t.Fatal(err)
	}
	want, err := db.Journal().Events(t.Context(), 1, fact.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	was, err := os.ReadFile(filepath.Join(dir, "record.db"))
	if err != nil {
		t.Fatal(err)
	}
	tried := 0
	for page := range len(was) / 4096 {
		torn := bytes.Clone(was)
		for i := range 512 {
			torn[page*4096+3584+i] ^= byte(i) | 1 // with the checksum: no page of the snapshot is known to be the same
		}
		broken := t.TempDir()
		if err := os.WriteFile(filepath.Join(broken, "record.db"), torn, 0o600); err != nil {
			t.Fatal(err)
		}
		if d := damageOf(t, broken); len(d) != 1 || !strings.Contains(d[0].Detail, "of table event") {
			continue
		}
		tried++
		for _, from := range []string{spare, ""} {
			to := t.TempDir()
			done, err := record.Salvage(t.Context(), broken, from, to)
			if err != nil {
				t.Fatalf("page %d: %v", page+1, err)
			}
			fresh, err := record.Open(t.Context(), to, record.Options{})
			if err != nil {
				t.Fatal(err)
			}
			got, err := fresh.Journal().Events(t.Context(), 1, fact.Filter{})
			if err != nil {
				t.Fatal(err)
			}
			bySeq := map[uint64]fact.Event{}
			for _, e := range got {
				bySeq[e.Seq] = e
			}
			missing := 0
			for _, e := range want {
				if now, ok := bySeq[e.Seq]; !ok {
					missing++
				} else if now.ID != e.ID || string(now.Payload) != string(e.Payload) {
					t.Errorf("event %d is %+v; was %+v", e.Seq, now, e)
				}
			}
			if from != "" && missing > 0 || missing > 0 != (len(done.Lost) > 0) {
				t.Errorf("page %d, snapshot %q: %d events are gone: %+v", page+1, from, missing, done)
			}
			t.Logf("page %d, snapshot %v: %d events read, %d rows from the snapshot, %d gone: %v", page+1, from != "", len(got), done.FromSpare, missing, done.Lost)
			if err := fresh.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if tried == 0 {
		t.Error("no page of events")
	}
}

// TestSalvage_NumbersAreNotGivenTwice: the page that says which number comes next is
// damaged and comes from a snapshot that is older than the events that can be read: what
// is recorded afterwards has numbers behind theirs.
func TestSalvage_NumbersAreNotGivenTwice(t *testing.T) {
	dir := t.TempDir()
	db := filled(t, dir)
	spare := t.TempDir()
	if err := db.Backup(t.Context(), filepath.Join(spare, "record.db"), nil); err != nil {
		t.Fatal(err)
	}
	add := func(db *record.DB, n int) fact.Event {
		t.Helper()
		e := fact.New(fact.KindGap, "node1", time.Unix(int64(1_800_000_000+n), 0), "test", fact.Gap{Reason: "later"})
		e.SourceSeq = uint64(1000 + n)
		stored, err := db.Journal().Append(t.Context(), 1, e)
		if err != nil {
			t.Fatal(err)
		}
		return stored[0]
	}
	var last fact.Event
	for n := range 20 {
		last = add(db, n)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	was, err := os.ReadFile(filepath.Join(dir, "record.db"))
	if err != nil {
		t.Fatal(err)
	}
	tried := 0
	for page := range len(was) / 4096 {
		torn := bytes.Clone(was)
		for i := range 512 {
			torn[page*4096+3584+i] ^= byte(i) | 1
		}
		broken := t.TempDir()
		if err := os.WriteFile(filepath.Join(broken, "record.db"), torn, 0o600); err != nil {
			t.Fatal(err)
		}
		if d := damageOf(t, broken); len(d) != 1 || !strings.Contains(d[0].Detail, "of table journal_head") {
			continue
		}
		tried++
		to := t.TempDir()
		if _, err := record.Salvage(t.Context(), broken, spare, to); err != nil {
			t.Fatal(err)
		}
		fresh, err := record.Open(t.Context(), to, record.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if e := add(fresh, 100); e.Seq != last.Seq+1 {
			t.Errorf("event %d comes after %d", e.Seq, last.Seq)
		}
		if err := fresh.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if tried == 0 {
		t.Error("no page of the counter")
	}
}
