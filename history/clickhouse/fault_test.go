package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"zhigai/history"
	"zhigai/history/clickhouse/chtest"
	"zhigai/plant"
	"zhigai/record/pgtest"
)

var begin = plant.MicrosOf(time.Date(2026, 3, 2, 6, 0, 0, 0, time.UTC))

// point is what one sample says.
type point struct {
	tag plant.TagNo
	at  plant.Micros
}

// acked is what was acknowledged, and what was sent without an answer.
type acked struct {
	mu     sync.Mutex
	sure   map[point]float64
	unsure map[point]float64
	seqs   map[uint64]bool
}

func newAcked() *acked {
	return &acked{sure: map[point]float64{}, unsure: map[point]float64{}, seqs: map[uint64]bool{}}
}

// send appends n samples of a tag from the time on and remembers what came of
// it.
func (a *acked) send(ctx context.Context, s *Store, tag plant.TagNo, from plant.Micros, n int) error {
	var b plant.Batch
	for i := range n {
		b.Samples = append(b.Samples, plant.Sample{Tag: tag, Time: from + plant.Micros(i), Value: float64(from) + float64(i)})
	}
	seq, err := s.Append(ctx, 1, b)
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, p := range b.Samples {
		if err == nil {
			a.sure[point{tag, p.Time}] = p.Value
		} else {
			a.unsure[point{tag, p.Time}] = p.Value
		}
	}
	if err == nil {
		if a.seqs[seq] {
			return fmt.Errorf("place %d was given twice", seq)
		}
		a.seqs[seq] = true
	}
	return err
}

// check compares with what the store says: nothing acknowledged is missing, and
// nothing is there that was not sent.
func (a *acked) check(t *testing.T, s *Store, tags int) {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	left, n := maps.Clone(a.sure), 0
	for tag := range plant.TagNo(tags) {
		last := plant.Micros(-1)
		err := s.Samples(t.Context(), 1, tag, math.MinInt64, math.MaxInt64, func(p plant.Sample) bool {
			key := point{tag, p.Time}
			want, sure := a.sure[key]
			if !sure {
				want, sure = a.unsure[key]
			}
			if !sure || want != p.Value || p.Time <= last {
				t.Errorf("tag %d at %d: %v behind %d; want %v", tag, p.Time, p.Value, last, want)
				return false
			}
			delete(left, key)
			n, last = n+1, p.Time
			return true
		})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := s.Superseded(t.Context(), 1, tag, math.MinInt64, math.MaxInt64); err != nil || len(got) > 0 {
			t.Errorf("tag %d: superseded %v, %v; nothing was corrected", tag, got, err)
		}
	}
	if len(left) > 0 {
		t.Errorf("%d of %d acknowledged samples are lost", len(left), len(a.sure))
	}
	if n == 0 {
		t.Error("nothing was compared")
	}
}

// inOrder reads the log: no place is missing or comes twice.
func inOrder(t *testing.T, s *Store) {
	t.Helper()
	for after := uint64(0); after < s.LastSeq(); {
		got, err := s.Read(t.Context(), after, 100)
		if err != nil || len(got) == 0 {
			t.Fatalf("behind %d: %v", after, err)
		}
		for _, b := range got {
			if b.Seq != after+1 {
				t.Fatalf("place %d follows %d", b.Seq, after)
			}
			after = b.Seq
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// ClickHouse is killed again and again while samples come and go into it:
// none is refused, lost or doubled.
func TestFill_ServerKilled(t *testing.T) {
	ch := chtest.New(t)
	s := openAt(t, ch.Database(t), pgtest.Address(t), quick())
	a, stop := newAcked(), make(chan struct{})
	const writers, kills = 4, 6
	var writing sync.WaitGroup
	for w := range writers {
		writing.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				if err := a.send(t.Context(), s, plant.TagNo(w), begin+plant.Micros(n)*1000, 200); err != nil {
					t.Errorf("samples are refused while ClickHouse is away: %v", err)
					return
				}
			}
		})
	}
	r := rand.New(rand.NewPCG(1, 1))
	for range kills {
		from := s.Stats().Samples
		for more := uint64(1 + r.IntN(20_000)); s.Stats().Samples < from+more; { // at any moment of the way
			must(t, s.Wait(t.Context(), s.LastSeq()))
		}
		must(t, ch.Kill())
		err := s.Samples(t.Context(), 1, 0, begin, math.MaxInt64, func(plant.Sample) bool { return true })
		if s.Stats().Backlog < s.LastSeq() && (!errors.Is(err, history.ErrUnavailable) || !strings.Contains(err.Error(), "ClickHouse")) {
			t.Errorf("a question while ClickHouse is away: %v; want ErrUnavailable that names it", err)
		}
		must(t, ch.Start())
	}
	close(stop)
	writing.Wait()
	flushed(t, s)
	a.check(t, s, writers)
	inOrder(t, s)
	must(t, s.Verify(t.Context()))
	t.Logf("%d samples in %d batches, %d kills, %d failed fills", len(a.sure), s.LastSeq(), kills, s.Stats().Engine)
}

// flushed waits until ClickHouse has everything, however often it failed
// before.
func flushed(t *testing.T, s *Store) {
	t.Helper()
	for {
		err := s.Flush()
		if err == nil {
			return
		}
		if !errors.Is(err, history.ErrUnavailable) {
			t.Fatal(err)
		}
	}
}

// A filler died after it had stored rows, all or some, and before it had noted
// it: storing them again does no harm.
func TestFill_StoredAndNotNoted(t *testing.T) {
	o := quick()
	o.FillEvery = time.Hour // only when it is woken
	s := openAt(t, chtest.Address(t), pgtest.Address(t), o)
	a := newAcked()
	must(t, a.send(t.Context(), s, 0, begin-1000, 100))
	must(t, s.Flush())
	for n := range 30 { // the filler may still be awake for the first
		must(t, a.send(t.Context(), s, plant.TagNo(n%3), begin+plant.Micros(n)*1000, 100))
	}
	h, err := headOf(t.Context(), s.ledger.pool, "")
	must(t, err)
	got, err := batches(t.Context(), s.ledger.pool, h.filled, 100, 1<<20)
	must(t, err)
	if len(got) < 12 {
		t.Fatalf("only %d batches wait", len(got))
	}
	for _, some := range [][]entry{got, got[:7], got[5:12]} {
		c, err := chunkOf(some)
		must(t, err)
		must(t, s.server.store(t.Context(), c))
		a.check(t, s, 3)
	}
	must(t, s.Flush())
	a.check(t, s, 3)
	must(t, s.Verify(t.Context()))
}

// A server that may only be read from takes nothing: samples are kept, the
// state is said, and beyond the bound no more are taken.
func TestFill_ServerRefuses(t *testing.T) {
	ch := chtest.Shared(t)
	address, ledger := ch.Database(t), pgtest.Address(t)
	o := quick()
	o.MaxBehind = 20_000
	a := newAcked()
	s := openAt(t, address, ledger, o)
	must(t, a.send(t.Context(), s, 0, begin, 100))
	must(t, s.Flush())
	must(t, s.Close())
	s = openAt(t, strings.Replace(address, "default@", "reader@", 1), ledger, o)
	must(t, a.send(t.Context(), s, 0, begin+1000, 100))
	if err := s.Flush(); !errors.Is(err, history.ErrUnavailable) || !strings.Contains(err.Error(), "may only read") {
		t.Errorf("Flush: %v; want the user's rights named", err)
	}
	if err := s.Reachable(t.Context()); err == nil || !strings.Contains(err.Error(), "wait in PostgreSQL") {
		t.Errorf("Reachable: %v; want to be told how much waits", err)
	}
	a.check(t, s, 1)
	var err error
	for n := 2; err == nil; n++ {
		err = a.send(t.Context(), s, 0, begin+plant.Micros(n)*1000, 100)
	}
	if !errors.Is(err, history.ErrNoSpace) || !strings.Contains(err.Error(), "wait for ClickHouse") {
		t.Errorf("beyond the bound: %v; want ErrNoSpace and why", err)
	}
	a.unsure = map[point]float64{} // what is refused is not there
	a.check(t, s, 1)
	must(t, s.Close())
	s = openAt(t, address, ledger, o)
	must(t, s.Flush())
	must(t, a.send(t.Context(), s, 0, begin+10_000_000, 100))
	a.check(t, s, 1)
}

// What waits is too much for memory: questions say so until ClickHouse has
// caught up; the log can be read all the time.
func TestLook_MoreThanCanBeHeld(t *testing.T) {
	ch := chtest.New(t)
	o := quick()
	o.MaxHeld = 5000
	s := openAt(t, ch.Database(t), pgtest.Address(t), o)
	must(t, s.Flush())
	must(t, ch.Kill())
	a := newAcked()
	for n := range 10 {
		must(t, a.send(t.Context(), s, 0, begin+plant.Micros(n)*1000, 100))
	}
	err := s.Samples(t.Context(), 1, 0, begin, begin+1, func(plant.Sample) bool { return true })
	if !errors.Is(err, history.ErrUnavailable) || !strings.Contains(err.Error(), "safe in PostgreSQL") {
		t.Errorf("a question: %v; want to be told what is lacking", err)
	}
	inOrder(t, s)
	must(t, ch.Start())
	flushed(t, s)
	a.check(t, s, 1)
}

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

// ClickHouse lost what it had stored, as after a power cut: it is found out
// when it comes back, and stored again.
func TestFill_WhatIsLostIsStoredAgain(t *testing.T) {
	ch := chtest.New(t)
	address := ch.Database(t)
	database := address[strings.LastIndexByte(address, '/')+1:]
	s := openAt(t, address, pgtest.Address(t), quick())
	a := newAcked()
	for n := range 10 {
		must(t, a.send(t.Context(), s, 0, begin+plant.Micros(n)*1000, 10))
		must(t, s.Flush())
	}
	lose := func() {
		_, err := ch.SQL(fmt.Sprintf("CREATE TABLE %[1]s.kept AS %[1]s.samples", database))
		must(t, err)
		for _, q := range []string{"INSERT INTO %[1]s.kept SELECT * FROM %[1]s.samples WHERE seq < 7", "DROP TABLE %[1]s.samples", "RENAME TABLE %[1]s.kept TO %[1]s.samples"} {
			_, err := ch.SQL(fmt.Sprintf(q, database))
			must(t, err)
		}
	}
	lose()
	if err := s.Verify(t.Context()); !errors.Is(err, history.ErrDamaged) || !strings.Contains(err.Error(), "refill") {
		t.Errorf("Verify: %v; want to be told how to mend it", err)
	}
	must(t, ch.Kill())
	must(t, a.send(t.Context(), s, 0, begin+1_000_000, 10)) // the filler notices that it was away
	if err := s.Flush(); err == nil {
		t.Error("a server that is away was filled")
	}
	must(t, ch.Start())
	flushed(t, s)
	a.check(t, s, 1)
	must(t, s.Verify(t.Context()))

	lose()
	from, err := s.Refill(t.Context(), 0, false)
	if err != nil || from != 1 {
		t.Fatalf("Refill from %d: %v", from, err)
	}
	must(t, s.Flush())
	a.check(t, s, 1)
	must(t, s.Verify(t.Context()))

	_, err = ch.SQL(fmt.Sprintf("DROP TABLE %s.samples", database))
	must(t, err)
	if err := s.Samples(t.Context(), 1, 0, begin, begin+1, func(plant.Sample) bool { return true }); !errors.Is(err, history.ErrUnavailable) {
		t.Errorf("a question without a table: %v", err)
	}
	if _, err := s.Refill(t.Context(), 0, false); err != nil {
		t.Fatal(err)
	}
	flushed(t, s)
	a.check(t, s, 1)
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
	const dense, sparse = 600_000, 1000
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
	for _, stop := range []int{dense + sparse, 300_000, 1} {
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
