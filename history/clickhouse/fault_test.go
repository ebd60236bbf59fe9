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
	const writers, kills = 4, 4
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
