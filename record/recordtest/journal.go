// Package recordtest says what a record must do, whatever database is below:
// each function takes a fresh, empty store and tests one contract. A new
// backend passes all of them before it is used.
//
// Start with [Journal], then [Plants], [Tags], [Figures] and [Access]; [Fill],
// [Reads] and [GoesOn] compare a whole record with a copy of it.
package recordtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"zhigai/fact"
	"zhigai/plant"
)

// JournalStore is the journal with what its readers need.
type JournalStore interface {
	fact.Journal
	Wait(ctx context.Context, tenant plant.TenantNo, afterSeq uint64) error
	Follow(ctx context.Context, tenant plant.TenantNo, afterSeq uint64, f func(context.Context, []fact.Event) error) error
	Head(tenant plant.TenantNo) uint64
	Cursor(ctx context.Context, tenant plant.TenantNo, reader string) (uint64, error)
	SaveCursor(ctx context.Context, tenant plant.TenantNo, reader string, seq uint64) error
}

// patience bounds a wait for something that must happen.
const patience = 30 * time.Second

var day = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

func gap(subject plant.NodeID, hour int, source string, seq uint64) fact.Event {
	e := fact.New(fact.KindGap, subject, day.Add(time.Duration(hour)*time.Hour), source, fact.Gap{Reason: fmt.Sprint("r", hour)})
	e.SourceSeq = seq
	return e
}

// Journal tests fact.Journal, waiting and cursors.
func Journal(t *testing.T, open func(t *testing.T) JournalStore) {
	t.Run("AppendGivesPlacesInOrder", func(t *testing.T) { journalOrder(t, open(t)) })
	t.Run("SameSourceSequenceIsStoredOnce", func(t *testing.T) { journalTwins(t, open(t)) })
	t.Run("RefusedStoresNothing", func(t *testing.T) { journalRefused(t, open(t)) })
	t.Run("Filter", func(t *testing.T) { journalFilter(t, open(t)) })
	t.Run("TenantsAreApart", func(t *testing.T) { journalTenants(t, open(t)) })
	t.Run("ConcurrentAppends", func(t *testing.T) { journalConcurrent(t, open(t)) })
	t.Run("WaitAndFollow", func(t *testing.T) { journalFollow(t, open(t)) })
	t.Run("Cursors", func(t *testing.T) { journalCursors(t, open(t)) })
	t.Run("AwkwardTexts", func(t *testing.T) { journalTexts(t, open(t)) })
}

func appended(t *testing.T, j JournalStore, tenant plant.TenantNo, events ...fact.Event) []fact.Event {
	t.Helper()
	out, err := j.Append(t.Context(), tenant, events...)
	if err != nil {
		t.Fatalf("Append: %v", err)
	}
	return out
}

func events(t *testing.T, j JournalStore, tenant plant.TenantNo, f fact.Filter) []fact.Event {
	t.Helper()
	out, err := j.Events(t.Context(), tenant, f)
	if err != nil {
		t.Fatalf("Events(%+v): %v", f, err)
	}
	return out
}

func journalOrder(t *testing.T, j JournalStore) {
	out := appended(t, j, 1, gap("m1", 3, "node", 0), gap("m1", 1, "node", 0))
	out = append(out, appended(t, j, 1, gap("m1", 2, "node", 0))...)
	for i, e := range out {
		if e.Seq != uint64(i+1) || e.ID == "" || e.Recorded == 0 || e.Tenant != 1 {
			t.Errorf("event %d = %+v; want seq %d, an id and a recorded time", i, e, i+1)
		}
		if i > 0 && e.ID <= out[i-1].ID {
			t.Errorf("id %s does not follow %s", e.ID, out[i-1].ID)
		}
	}
	if got := events(t, j, 1, fact.Filter{}); !sameEvents(got, out) {
		t.Errorf("Events = %+v; want as appended %+v", got, out)
	}
	if none, err := j.Append(t.Context(), 1); err != nil || len(none) != 0 {
		t.Errorf("Append of nothing = %v, %v; want nothing", none, err)
	}
}

func sameEvents(a, b []fact.Event) bool {
	return slices.EqualFunc(a, b, func(x, y fact.Event) bool {
		p, q := string(x.Payload), string(y.Payload)
		x.Payload, y.Payload = nil, nil
		return p == q && fmt.Sprint(x) == fmt.Sprint(y)
	})
}

func journalTwins(t *testing.T, j JournalStore) {
	first := appended(t, j, 1, gap("m1", 1, "device:d1", 7))[0]
	changed := gap("m1", 9, "device:d1", 7)
	out := appended(t, j, 1, gap("m1", 2, "device:d1", 8), changed, gap("m1", 3, "device:d2", 7))
	if out[1].ID != first.ID || out[1].Seq != first.Seq || out[1].Occurred != first.Occurred {
		t.Errorf("second event of source sequence 7 = %+v; want the stored %+v", out[1], first)
	}
	twice := appended(t, j, 1, gap("m1", 4, "device:d1", 9), gap("m1", 4, "device:d1", 9))
	if twice[0].ID != twice[1].ID || twice[0].Seq != twice[1].Seq || twice[0].Seq == 0 {
		t.Errorf("twins in one append = %+v; want one event", twice)
	}
	again := appended(t, j, 1, first)
	if again[0].Seq != first.Seq {
		t.Errorf("the same id again = %+v; want the stored %+v", again[0], first)
	}
	if got := events(t, j, 1, fact.Filter{}); len(got) != 4 {
		t.Errorf("stored %d events; want 4", len(got))
	}
	appended(t, j, 1, gap("m1", 5, "node", 0), gap("m1", 5, "node", 0))
	if got := events(t, j, 1, fact.Filter{}); len(got) != 6 {
		t.Errorf("events without a source sequence: %d in all; want 6, both stored", len(got))
	}
	for i, e := range events(t, j, 1, fact.Filter{}) {
		if e.Seq != uint64(i+1) {
			t.Errorf("place %d = %d; want no holes", i, e.Seq)
		}
	}
}

func journalRefused(t *testing.T, j JournalStore) {
	good := appended(t, j, 1, gap("m1", 1, "node", 0))[0]
	bad := func(name string, change func(e *fact.Event)) {
		t.Helper()
		e := gap("m1", 2, "node", 0)
		change(&e)
		if _, err := j.Append(t.Context(), 1, gap("m1", 3, "node", 0), e); !errors.Is(err, fact.ErrRefused) {
			t.Errorf("%s: %v; want ErrRefused", name, err)
		}
	}
	bad("no kind", func(e *fact.Event) { e.Kind = "" })
	bad("no source", func(e *fact.Event) { e.Source = "" })
	bad("no time", func(e *fact.Event) { e.Occurred = 0 })
	bad("payload is no JSON", func(e *fact.Event) { e.Payload = json.RawMessage(`{"a":`) })
	bad("payload too large", func(e *fact.Event) { e.Payload = json.RawMessage(`"` + string(make([]byte, 1<<20)) + `"`) })
	bad("id is no ULID", func(e *fact.Event) { e.ID = "x" })
	bad("id of another event", func(e *fact.Event) { e.ID = good.ID })
	bad("withdrawn nothing", func(e *fact.Event) { e.Withdrawn = true })
	bad("supersedes the unknown", func(e *fact.Event) { e.Supersedes = "01ARZ3NDEKTSV4RRFFQ69G5FAV" })
	bad("source sequence too large", func(e *fact.Event) { e.SourceSeq = 1 << 63 })
	bad("NUL in source", func(e *fact.Event) { e.Source = "a\x00b" })
	if _, err := j.Append(t.Context(), 0, gap("m1", 3, "node", 0)); !errors.Is(err, fact.ErrRefused) {
		t.Errorf("tenant 0: %v; want ErrRefused", err)
	}
	if got := events(t, j, 1, fact.Filter{}); len(got) != 1 {
		t.Errorf("stored %d events; want the one good one", len(got))
	}
	fix := gap("m1", 1, "person:p", 0)
	fix.Supersedes = good.ID
	undo := gap("m1", 1, "person:p", 0)
	stored := appended(t, j, 1, fix)[0]
	undo.Supersedes, undo.Withdrawn = stored.ID, true
	appended(t, j, 1, undo)
	if got := fact.InForce(events(t, j, 1, fact.Filter{})); len(got) != 0 {
		t.Errorf("in force after a withdrawal: %+v; want nothing", got)
	}
}

func journalFilter(t *testing.T, j JournalStore) {
	var all []fact.Event
	for h := range 6 {
		e := gap(plant.NodeID(fmt.Sprint("m", h%2)), h, "node", 0)
		if h >= 4 {
			e.Kind = fact.KindCount
			e.Source, e.SourceSeq = fmt.Sprint("command:", h), uint64(h)
		}
		all = append(all, e)
	}
	all = appended(t, j, 1, all...)
	at := func(h int) plant.Micros { return plant.MicrosOf(day.Add(time.Duration(h) * time.Hour)) }
	for name, c := range map[string]struct {
		f    fact.Filter
		want []int
	}{
		"all":        {fact.Filter{}, []int{0, 1, 2, 3, 4, 5}},
		"kind":       {fact.Filter{Kinds: []fact.Kind{fact.KindCount}}, []int{4, 5}},
		"two kinds":  {fact.Filter{Kinds: []fact.Kind{fact.KindCount, fact.KindGap}, Limit: 2}, []int{0, 1}},
		"subject":    {fact.Filter{Subjects: []plant.NodeID{"m1"}}, []int{1, 3, 5}},
		"half open":  {fact.Filter{From: at(1), To: at(3)}, []int{1, 2}},
		"after":      {fact.Filter{AfterSeq: all[3].Seq}, []int{4, 5}},
		"limit":      {fact.Filter{Limit: 2}, []int{0, 1}},
		"newest":     {fact.Filter{Newest: true, Limit: 2}, []int{5, 4}},
		"everything": {fact.Filter{Kinds: []fact.Kind{fact.KindGap}, Subjects: []plant.NodeID{"m0", "m1"}, From: at(0), To: at(4), AfterSeq: 1, Limit: 9, Newest: true}, []int{3, 2, 1}},
		"sources":    {fact.Filter{Sources: []string{"command:5", "command:4", "command:9"}}, []int{4, 5}},
		"no places":  {fact.Filter{Sources: []string{"node"}}, nil},
		"ids":        {fact.Filter{IDs: []string{all[3].ID, all[1].ID}}, []int{1, 3}},
		"id of kind": {fact.Filter{IDs: []string{all[3].ID}, Kinds: []fact.Kind{fact.KindCount}}, nil},
		"nobody":     {fact.Filter{Subjects: []plant.NodeID{"m9' or '1'='1"}}, nil},
	} {
		var want []fact.Event
		for _, i := range c.want {
			want = append(want, all[i])
		}
		if got := events(t, j, 1, c.f); !sameEvents(got, want) {
			t.Errorf("%s: %d events %+v; want %v", name, len(got), got, c.want)
		}
	}
}

func journalTenants(t *testing.T, j JournalStore) {
	mine := appended(t, j, 1, gap("m1", 1, "device:d", 5))[0]
	yours := appended(t, j, 2, gap("m1", 2, "device:d", 5))[0]
	if yours.Seq != 1 || mine.Seq != 1 || mine.ID == yours.ID {
		t.Errorf("events of two tenants: %+v and %+v; want each its own journal", mine, yours)
	}
	if got := events(t, j, 3, fact.Filter{}); len(got) != 0 {
		t.Errorf("a foreign tenant sees %+v; want nothing", got)
	}
	fix := gap("m1", 1, "node", 0)
	fix.Supersedes = mine.ID
	if _, err := j.Append(t.Context(), 2, fix); !errors.Is(err, fact.ErrRefused) {
		t.Errorf("superseding a foreign tenant's event: %v; want ErrRefused", err)
	}
}

func journalConcurrent(t *testing.T, j JournalStore) {
	const writers, each = 8, 50
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for i := range each {
				// Two writers share each source: every event comes twice.
				if _, err := j.Append(t.Context(), 1, gap("m", i, fmt.Sprint("device:", w/2), uint64(i+1))); err != nil {
					t.Errorf("Append: %v", err)
				}
			}
		})
	}
	all.Wait()
	got := events(t, j, 1, fact.Filter{})
	if len(got) != writers/2*each {
		t.Errorf("stored %d events; want %d, each once", len(got), writers/2*each)
	}
	for i, e := range got {
		if e.Seq != uint64(i+1) {
			t.Fatalf("place %d = %d; want no holes", i, e.Seq)
		}
	}
}

var errEnough = errors.New("enough")

func journalFollow(t *testing.T, j JournalStore) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	const n = 2500 // several pages
	result := make(chan error, 1)
	var seen []fact.Event
	go func() {
		result <- j.Follow(ctx, 1, 0, func(_ context.Context, page []fact.Event) error {
			if seen = append(seen, page...); len(seen) >= n {
				return errEnough
			}
			return nil
		})
	}()
	appended(t, j, 2, gap("m", 1, "node", 0)) // another tenant's wakes nobody wrongly
	for i := 0; i < n; i += 250 {
		var some []fact.Event
		for range 250 {
			some = append(some, gap("m", i, "node", 0))
		}
		appended(t, j, 1, some...)
	}
	if err := <-result; !errors.Is(err, errEnough) {
		t.Fatalf("Follow: %v; want what the reader returned", err)
	}
	for i, e := range seen {
		if e.Seq != uint64(i+1) {
			t.Fatalf("followed place %d = %d; want every event once, in order", i, e.Seq)
		}
	}
	if got := j.Head(1); got != n {
		t.Errorf("Head = %d; want %d", got, n)
	}
	if err := j.Wait(ctx, 1, n-1); err != nil {
		t.Errorf("Wait for what is there: %v", err)
	}
	short, stop := context.WithCancel(ctx)
	stop()
	if err := j.Wait(short, 1, n); !errors.Is(err, context.Canceled) {
		t.Errorf("Wait, given up: %v; want context.Canceled", err)
	}
}

func journalCursors(t *testing.T, j JournalStore) {
	want := func(tenant plant.TenantNo, reader string, want uint64) {
		t.Helper()
		if got, err := j.Cursor(t.Context(), tenant, reader); err != nil || got != want {
			t.Errorf("Cursor(%d, %s) = %d, %v; want %d", tenant, reader, got, err, want)
		}
	}
	save := func(tenant plant.TenantNo, reader string, seq uint64) {
		t.Helper()
		if err := j.SaveCursor(t.Context(), tenant, reader, seq); err != nil {
			t.Fatalf("SaveCursor: %v", err)
		}
	}
	want(1, "figure", 0)
	save(1, "figure", 5)
	save(1, "outbox", 7)
	save(2, "figure", 9)
	want(1, "figure", 5)
	want(1, "outbox", 7)
	want(2, "figure", 9)
	save(1, "figure", 0)
	want(1, "figure", 0)
}

func journalTexts(t *testing.T, j JournalStore) {
	for _, s := range []string{"'", `"`, `\`, "?", "??", "'; drop table event; --", "轴承", "\U0001F600", "$1", "%", "\x01", "a\nb"} {
		e := fact.New(fact.KindStopReason, plant.NodeID("n"+s), day, "person:"+s, fact.StopReason{Note: s})
		stored := appended(t, j, 1, e)[0]
		got := events(t, j, 1, fact.Filter{Subjects: []plant.NodeID{plant.NodeID("n" + s)}})
		if len(got) != 1 || !sameEvents(got, []fact.Event{stored}) {
			t.Errorf("text %q came back as %+v; want %+v", s, got, stored)
		}
	}
}
