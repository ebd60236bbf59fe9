package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"zhigai/history"
	"zhigai/history/clickhouse/chtest"
	"zhigai/plant"
	"zhigai/record/pgtest"
)

// Two replicas append at once: no place is given twice or left out, each sees
// what the other was told is kept, and one goes on filling when the other is
// gone.
func TestReplicas_SeeEachOther(t *testing.T) {
	address, ledger := chtest.Address(t), pgtest.Address(t)
	both := []*Store{openAt(t, address, ledger, quick()), openAt(t, address, ledger, quick())}
	const writers, each = 3, 20
	a := newAcked()
	var writing sync.WaitGroup
	for i := range both {
		for w := range writers {
			writing.Go(func() {
				tag := plant.TagNo(i*writers + w)
				for n := range each {
					at := begin + plant.Micros(n)*1000
					if err := a.send(t.Context(), both[i], tag, at, 10); err != nil {
						t.Error(err)
						return
					}
					got, ok, err := both[1-i].Last(t.Context(), 1, tag)
					if err != nil || !ok || got.Time != at+9 {
						t.Errorf("the other replica sees %v, %v, %v as the last; %d is kept", got, ok, err, at+9)
						return
					}
				}
			})
		}
	}
	writing.Wait()
	for _, s := range both {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		must(t, s.Wait(ctx, 2*writers*each-1))
		cancel()
		if s.LastSeq() != 2*writers*each {
			t.Errorf("%d batches; want %d", s.LastSeq(), 2*writers*each)
		}
		inOrder(t, s)
		a.check(t, s, 2*writers)
	}
	if n, err := both[0].DeleteBefore(t.Context(), 1, 0, math.MaxInt64); err != nil || n != each*10 {
		t.Errorf("%d deleted, %v", n, err)
	}
	if _, ok, err := both[1].Last(t.Context(), 1, 0); ok || err != nil {
		t.Errorf("the other replica still sees what was deleted: %v", err)
	}
	for i := range 2 { // one of them has the turn to fill
		must(t, both[i].Close())
		s := both[1-i]
		must(t, a.send(t.Context(), s, 1, begin+plant.Micros(10+i)*1_000_000, 10))
		must(t, s.Flush())
		both[i] = openAt(t, address, ledger, quick())
	}
}

// ClickHouse was restored from an older backup: what came since is stored again.
// So was PostgreSQL: then places would be given twice, and nothing is done.
func TestFit_ServersFromOlderBackups(t *testing.T) {
	ch, pg := chtest.Shared(t), pgtest.Shared(t)
	address, ledger := ch.Database(t), pg.Record(t)
	database := address[strings.LastIndexByte(address, '/')+1:]
	run := func(q string) {
		t.Helper()
		_, err := ch.SQL(strings.ReplaceAll(q, "samples", database+".samples"))
		must(t, err)
	}
	a := newAcked()
	s := openAt(t, address, ledger, quick())
	for n := range 10 {
		must(t, a.send(t.Context(), s, 0, begin+plant.Micros(n)*1000, 10))
		must(t, s.Flush())
		if n == 4 {
			run("CREATE TABLE samples_backup AS samples")
			run("INSERT INTO samples_backup SELECT * FROM samples")
		}
	}
	must(t, s.Close())
	run("DROP TABLE samples")
	run("RENAME TABLE samples_backup TO samples")
	s = openAt(t, address, ledger, quick())
	flushed(t, s)
	a.check(t, s, 1)
	must(t, s.Verify(t.Context()))
	must(t, s.Close())
	must(t, pg.SQL("record", "set search_path = "+pgtest.Schema(ledger)+"; delete from history_batch where seq > 6; update history_head set seq = 6, filled = 6, behind = 0"))
	if s, err := Open(t.Context(), address, ledger, quick()); !errors.Is(err, history.ErrDamaged) || !strings.Contains(err.Error(), "older backup") {
		t.Errorf("Open: %v, %v; want it refused", s, err)
	}
}

// A table that was filled from another ledger is left alone.
func TestOpen_AnotherLedgersTable(t *testing.T) {
	address := chtest.Address(t)
	s := openAt(t, address, pgtest.Address(t), quick())
	must(t, newAcked().send(t.Context(), s, 0, begin, 10))
	must(t, s.Flush())
	if s, err := Open(t.Context(), address, pgtest.Address(t), quick()); err == nil || !strings.Contains(err.Error(), "not from ours") {
		t.Errorf("Open: %v, %v; want it refused", s, err)
	}
}

// PostgreSQL is killed among writes: what it acknowledged is there, and no
// place is given twice.
func TestLedger_ServerKilled(t *testing.T) {
	pg := pgtest.New(t)
	s := openAt(t, chtest.Address(t), pg.Record(t), quick())
	a := newAcked()
	const writers, kills = 3, 2
	for kill := range kills {
		var writing sync.WaitGroup
		for w := range writers {
			writing.Go(func() {
				for n := 0; ; n++ {
					at := begin + plant.Micros(kill)*1_000_000_000 + plant.Micros(n)*1000
					if err := a.send(t.Context(), s, plant.TagNo(w), at, 20); errors.Is(err, history.ErrUnavailable) {
						return
					} else if err != nil {
						t.Errorf("while PostgreSQL is away: %v", err)
						return
					}
				}
			})
		}
		for from := s.LastSeq(); s.LastSeq() < from+20; {
			must(t, s.Wait(t.Context(), s.LastSeq()))
		}
		must(t, pg.Kill())
		writing.Wait()
		if err := s.Reachable(t.Context()); !errors.Is(err, history.ErrUnavailable) || !strings.Contains(err.Error(), "PostgreSQL") {
			t.Errorf("Reachable: %v; want PostgreSQL named", err)
		}
		must(t, pg.Start())
	}
	must(t, a.send(t.Context(), s, 0, begin-1000, 20))
	flushed(t, s)
	a.check(t, s, writers)
	inOrder(t, s)
}

// A server that acknowledges before it has stored is refused.
func TestAppend_UnsafeServer(t *testing.T) {
	s := openAt(t, chtest.Address(t), pgtest.Address(t)+"&synchronous_commit=off", quick())
	if err := newAcked().send(t.Context(), s, 0, begin, 1); err == nil || !strings.Contains(err.Error(), "synchronous_commit is off") {
		t.Errorf("Append: %v; want it refused", err)
	}
}

// Deleted samples go from ClickHouse, too, and do not come back when it is
// filled again.
func TestPurge_DeletedRowsGo(t *testing.T) {
	ch := chtest.Shared(t)
	address := ch.Database(t)
	database := address[strings.LastIndexByte(address, '/')+1:]
	s := openAt(t, address, pgtest.Address(t), quick())
	a := newAcked()
	must(t, a.send(t.Context(), s, 0, begin, 100))
	must(t, s.Flush())
	if n, err := s.DeleteBefore(t.Context(), 1, 0, begin+60); err != nil || n != 60 {
		t.Fatalf("%d deleted, %v", n, err)
	}
	must(t, s.purge(t.Context()))
	for { // it deletes in its own time
		got, err := ch.SQL(fmt.Sprintf("SELECT count() FROM %s.samples WHERE kind = 0", database))
		must(t, err)
		if got == "40" {
			break
		}
	}
	must(t, s.Verify(t.Context()))
	for range 2 {
		n := 0
		must(t, s.Samples(t.Context(), 1, 0, begin, begin+100, func(plant.Sample) bool { n++; return true }))
		if n != 40 {
			t.Errorf("%d samples are seen; want 40", n)
		}
		_, err := s.Refill(t.Context(), 0, false)
		must(t, err)
		must(t, s.Flush())
	}
}

// A long answer comes in windows, whole and in order, also where samples stand
// close together here and far apart there.
func TestSamples_MoreThanOneWindow(t *testing.T) {
	s := openAt(t, chtest.Address(t), pgtest.Address(t), quick())
	const dense, sparse = 290_000, 1000
	at, n := begin, 0
	for n < dense+sparse {
		var b plant.Batch
		for len(b.Samples) < history.MaxBatch && n < dense+sparse {
			b.Samples = append(b.Samples, plant.Sample{Tag: 1, Time: at, Value: float64(n)})
			n++
			if at += 20_000; n > dense {
				at += 3600 * 1_000_000
			}
		}
		_, err := s.Append(t.Context(), 1, b)
		must(t, err)
	}
	must(t, s.Flush())
	for _, stop := range []int{dense + sparse, 200_000, 1} {
		i, start := 0, time.Now()
		must(t, s.Samples(t.Context(), 1, 1, math.MinInt64, math.MaxInt64, func(p plant.Sample) bool {
			if p.Value != float64(i) {
				t.Fatalf("sample %d is %v", i, p)
			}
			i++
			return i < stop
		}))
		if i != stop {
			t.Fatalf("%d samples; want %d", i, stop)
		}
		t.Logf("%d of %d samples in %s", i, n, time.Since(start).Round(time.Millisecond))
	}
	start := time.Now()
	got, err := s.Buckets(t.Context(), 1, 1, begin, at, 500)
	must(t, err)
	sum := 0
	for _, b := range got {
		sum += b.Count
	}
	if sum != n {
		t.Errorf("buckets hold %d samples; want %d", sum, n)
	}
	t.Logf("500 buckets in %s", time.Since(start).Round(time.Millisecond))
}
