package historytest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"zhigai/history"
	"zhigai/plant"
)

// log: batches come in the order of acknowledgement, without holes, as often as
// they are asked for.
func log(t *testing.T, p Place) {
	s := p.opened(t)
	must(t, s.SaveCursor("reader", 0))
	if first, last := s.Bounds(); first != 1 || last != 0 {
		t.Fatalf("an empty log reaches from %d to %d", first, last)
	}
	const n = 30
	for i := range n {
		b := of(sample(plant.TagNo(i), start+plant.Micros(i), float64(i)), plant.BadSample(1, start, plant.Stale, []byte{byte(i)}))
		b.Texts = []plant.Text{{Tag: 9, Time: start + plant.Micros(i), Value: fmt.Sprint(i)}}
		if seq := put(t, s, plant.TenantNo(1+i%2), b); seq != uint64(i+1) {
			t.Fatalf("batch %d has place %d", i+1, seq)
		}
	}
	for _, stage := range []string{"acknowledged", "flushed", "opened again"} {
		switch stage {
		case "flushed":
			must(t, s.Flush())
		case "opened again":
			s = p.again(t, s)
		}
		if first, last := s.Bounds(); first != 1 || last != n || s.LastSeq() != n {
			t.Fatalf("%s: the log reaches from %d to %d (%d); want 1 to %d", stage, first, last, s.LastSeq(), n)
		}
		after, recorded := uint64(0), plant.Micros(0)
		for after < n {
			got, err := s.Read(t.Context(), after, 7)
			must(t, err)
			raw, err := s.ReadEncoded(t.Context(), after, 7)
			must(t, err)
			if len(got) == 0 || len(got) > 7 || len(raw) != len(got) {
				t.Fatalf("%s: %d batches and %d encoded behind %d", stage, len(got), len(raw), after)
			}
			for i, b := range got {
				k := int(b.Seq) - 1
				again, err := history.DecodeBatch(raw[i].Raw)
				must(t, err)
				if b.Seq != after+1 || raw[i].Seq != b.Seq || raw[i].Tenant != b.Tenant || raw[i].Recorded != b.Recorded || b.Recorded < recorded ||
					b.Tenant != plant.TenantNo(1+k%2) || len(b.Batch.Samples) != 2 || b.Batch.Samples[0] != sample(plant.TagNo(k), start+plant.Micros(k), float64(k)) ||
					b.Batch.Samples[1].Raw() != uint64(k)<<56 || len(b.Batch.Texts) != 1 || b.Batch.Texts[0].Value != fmt.Sprint(k) ||
					!allSame(again.Batch.Samples, b.Batch.Samples) || !slices.Equal(again.Batch.Texts, b.Batch.Texts) {
					t.Fatalf("%s: behind %d: %+v", stage, after, b)
				}
				after, recorded = b.Seq, b.Recorded
			}
		}
		for _, beyond := range []uint64{n, n + 5} {
			if got, err := s.Read(t.Context(), beyond, 7); err != nil || len(got) != 0 {
				t.Fatalf("%s: %v, %v behind the end", stage, got, err)
			}
		}
	}
}

// logGone: a cursor keeps what it needs; without one the log may go, and who
// asks for it then is told.
func logGone(t *testing.T, p Place) {
	s := p.opened(t)
	must(t, s.SaveCursor("slow", 0))
	for i := range 10 {
		put(t, s, 1, of(sample(1, start+plant.Micros(i), 1)))
	}
	must(t, s.SaveCursor("slow", 4))
	must(t, s.SaveCursor("quick", 8))
	p.Shed(t, s)
	if got, err := s.Read(t.Context(), 4, 100); err != nil || len(got) != 6 || got[0].Seq != 5 {
		t.Fatalf("%d batches behind the slow cursor, %v; want 6", len(got), err)
	}
	if _, err := s.Read(t.Context(), 3, 100); !errors.Is(err, history.ErrGone) {
		t.Fatalf("a batch that no cursor kept: %v", err)
	}
	if first, last := s.Bounds(); first != 5 || last != 10 {
		t.Fatalf("the log reaches from %d to %d; want 5 to 10", first, last)
	}
	must(t, s.DropCursor("slow"))
	p.Shed(t, s)
	if got, err := s.Read(t.Context(), 8, 100); err != nil || len(got) != 2 {
		t.Fatalf("%d batches behind the quick cursor, %v; want 2", len(got), err)
	}
	if _, err := s.ReadEncoded(t.Context(), 4, 100); !errors.Is(err, history.ErrGone) {
		t.Fatalf("a batch whose cursor was dropped: %v", err)
	}
	must(t, s.SaveCursor("quick", 10))
	p.Shed(t, s)
	s = p.again(t, s)
	if first, last := s.Bounds(); first != 11 || last != 10 {
		t.Fatalf("an empty log reaches from %d to %d; want 11 to 10", first, last)
	}
	if seq := put(t, s, 1, of(sample(1, start, 2))); seq != 11 {
		t.Fatalf("the next batch has place %d; want 11", seq)
	}
	if got := samples(t, s, 1, 1, start, end); len(got) != 10 {
		t.Fatalf("%d samples went with the log", 10-len(got))
	}
}

// wait: who waits is woken by the batch, and by the end of either side.
func wait(t *testing.T, p Place) {
	s := p.opened(t)
	put(t, s, 1, of(sample(1, start, 1)))
	must(t, s.Wait(t.Context(), 0))
	var waiting sync.WaitGroup
	for range 3 {
		waiting.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			if err := s.Wait(ctx, 1); err != nil {
				t.Errorf("waiting for a batch: %v", err)
			}
		})
	}
	put(t, s, 1, of(sample(1, start, 2)))
	waiting.Wait()
	ctx, cancel := context.WithCancel(t.Context())
	ends := make(chan error, 1)
	go func() { ends <- s.Wait(ctx, 2) }()
	cancel()
	if err := <-ends; !errors.Is(err, context.Canceled) {
		t.Errorf("the asker went: %v", err)
	}
	go func() { ends <- s.Wait(t.Context(), 2) }()
	must(t, s.Close())
	if err := <-ends; !errors.Is(err, history.ErrClosed) {
		t.Errorf("the store was closed: %v", err)
	}
}

// cursors outlive the store.
func cursors(t *testing.T, p Place) {
	s := p.opened(t)
	for i := range 5 {
		put(t, s, 1, of(sample(1, start+plant.Micros(i), 1)))
	}
	if got := s.Cursor("nobody"); got != 0 {
		t.Errorf("a reader that never saved is at %d", got)
	}
	must(t, s.SaveCursor("a", 3))
	must(t, s.SaveCursor("b", 5))
	must(t, s.SaveCursor("读者", 0))
	must(t, s.SaveCursor("b", 2)) // begins again
	must(t, s.DropCursor("a"))
	must(t, s.DropCursor("nobody"))
	for range 2 {
		if got := s.Cursors(); len(got) != 2 || got["b"] != 2 || got["读者"] != 0 || s.Cursor("b") != 2 {
			t.Fatalf("cursors %v", got)
		}
		s = p.again(t, s)
	}
}

// marks: a mark and its batches are kept together or not at all.
func marks(t *testing.T, p Place) {
	s := p.opened(t)
	for n := range uint64(5) {
		m, err := s.Mark("node")
		must(t, err)
		if m.Version != n || m.Name != "node" || n > 0 && string(m.Value) != fmt.Sprint("v", n-1) {
			t.Fatalf("mark %+v after %d moves", m, n)
		}
		m.Value = fmt.Append(nil, "v", n)
		seq, err := s.AppendMarked(t.Context(), 1, m, of(sample(1, start+plant.Micros(n), 1)), of(sample(2, start+plant.Micros(n), 1)))
		if err != nil || seq != 2*(n+1) {
			t.Fatalf("place %d, %v; want %d", seq, err, 2*(n+1))
		}
		if _, err := s.AppendMarked(t.Context(), 1, m, of(sample(3, start, 1))); !errors.Is(err, history.ErrConflict) {
			t.Fatalf("the same version twice: %v", err)
		}
		if n == 2 {
			s = p.again(t, s)
		}
	}
	if _, err := s.AppendMarked(t.Context(), 1, history.Mark{Name: "other", Version: 7}); !errors.Is(err, history.ErrConflict) {
		t.Errorf("a mark that was never made: %v", err)
	}
	if seq, err := s.AppendMarked(t.Context(), 1, history.Mark{Name: "alone", Value: []byte{1}}); err != nil {
		t.Errorf("a mark without batches: %d, %v", seq, err)
	}
	if m, err := s.Mark("alone"); err != nil || m.Version != 1 || len(m.Value) != 1 {
		t.Errorf("a mark without batches is %+v, %v", m, err)
	}
	if s.LastSeq() != 10 || len(samples(t, s, 1, 3, start, end)) != 0 || len(samples(t, s, 1, 2, start, end)) != 5 {
		t.Errorf("%d batches; what was refused left a trace", s.LastSeq())
	}
}

// oneWinner: of many that move one mark at once exactly one gets its way.
func oneWinner(t *testing.T, p Place) {
	s := p.opened(t)
	var all sync.WaitGroup
	won := make(chan int, 40)
	for n := range cap(won) {
		all.Go(func() {
			_, err := s.AppendMarked(t.Context(), 1, history.Mark{Name: "node", Value: []byte{byte(n)}}, of(sample(1, start, float64(n))))
			switch {
			case err == nil:
				won <- n
			case !errors.Is(err, history.ErrConflict):
				t.Error(err)
			}
		})
	}
	all.Wait()
	close(won)
	n, ok := <-won
	if m, err := s.Mark("node"); !ok || len(won) > 0 || err != nil || m.Version != 1 || int(m.Value[0]) != n || s.LastSeq() != 1 {
		t.Errorf("winner %d and %d more; mark %+v, %v; %d batches", n, len(won), m, err, s.LastSeq())
	}
	if got, _, err := s.Last(t.Context(), 1, 1); err != nil || got.Value != float64(n) {
		t.Errorf("the winner's value is %v, %v; want %d", got, err, n)
	}
}

// crowd: many write and read at once; places have no hole, each batch is there
// once, and what a writer was told it sees.
func crowd(t *testing.T, p Place) {
	s := p.opened(t)
	must(t, s.SaveCursor("reader", 0))
	const writers, each = 8, 25
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			tag, last := plant.TagNo(w), uint64(0)
			for n := range each {
				at := start + plant.Micros(n)*second
				seq, err := s.Append(t.Context(), 1, of(sample(tag, at, float64(n)), sample(100, at+plant.Micros(w), float64(w))))
				if err != nil || seq <= last {
					t.Errorf("place %d behind %d, %v", seq, last, err)
					return
				}
				last = seq
				if got, ok, err := s.Last(t.Context(), 1, tag); err != nil || !ok || got.Value != float64(n) {
					t.Errorf("writer %d sees %v, %v, %v; it was told that %d is kept", w, got, ok, err, n)
					return
				}
				if n == each/2 {
					if err := s.Flush(); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	all.Go(func() {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		for after := uint64(0); after < writers*each; {
			err := s.Wait(ctx, after)
			if err != nil {
				t.Errorf("following: %v", err)
				return
			}
			batches, err := s.Read(ctx, after, 10)
			if err != nil {
				t.Errorf("following: %v", err)
				return
			}
			for _, b := range batches {
				if b.Seq != after+1 {
					t.Errorf("place %d follows %d", b.Seq, after)
				}
				after = b.Seq
			}
		}
	})
	all.Wait()
	if s.LastSeq() != writers*each {
		t.Errorf("%d batches; want %d", s.LastSeq(), writers*each)
	}
	for w := range writers {
		if got := samples(t, s, 1, plant.TagNo(w), start, end); len(got) != each {
			t.Errorf("writer %d left %d samples; want %d", w, len(got), each)
		}
	}
	if got := samples(t, s, 1, 100, start, end); len(got) != writers*each {
		t.Errorf("%d samples of the common tag; want %d", len(got), writers*each)
	}
	must(t, s.Verify(t.Context()))
}

// late: with MarkLate every entry that can replace another is named.
func late(t *testing.T, p Place) {
	s := p.Open(t, true)
	t.Cleanup(func() { _ = s.Close() })
	must(t, s.SaveCursor("reader", 0))
	put(t, s, 1, of(sample(1, start, 1), sample(1, start+second, 2)))
	put(t, s, 1, of(sample(1, start+2*second, 3), sample(1, start, 4)))
	put(t, s, 1, of(sample(1, start+2*second, 5)))
	got, err := s.Read(t.Context(), 0, 10)
	must(t, err)
	if len(got) != 3 || !slices.Contains(got[1].Late, 1) || !slices.Contains(got[2].Late, 0) {
		t.Errorf("%+v; want the second and third batch to name what replaces", got)
	}
	for _, b := range got {
		again, err := history.DecodeBatch(b.Encode(nil))
		if err != nil || !slices.Equal(again.Late, b.Late) {
			t.Errorf("late entries %v come back as %v, %v", b.Late, again.Late, err)
		}
	}
}

// closed: every question to a closed store is answered, and says so.
func closed(t *testing.T, p Place) {
	s := p.opened(t)
	put(t, s, 1, of(sample(1, start, 1)))
	must(t, s.Close())
	ctx := t.Context()
	errs := map[string]error{"Close": s.Close(), "Flush": s.Flush(), "Verify": s.Verify(ctx), "SaveCursor": s.SaveCursor("a", 0), "DropCursor": s.DropCursor("a"), "Wait": s.Wait(ctx, 1)}
	_, errs["Append"] = s.Append(ctx, 1, of(sample(1, start, 1)))
	_, errs["AppendMarked"] = s.AppendMarked(ctx, 1, history.Mark{Name: "m"})
	_, errs["Mark"] = s.Mark("m")
	errs["Samples"] = s.Samples(ctx, 1, 1, start, end, func(plant.Sample) bool { return true })
	errs["Texts"] = s.Texts(ctx, 1, 1, start, end, func(plant.Text) bool { return true })
	_, _, errs["Before"] = s.Before(ctx, 1, 1, end)
	_, _, errs["TextBefore"] = s.TextBefore(ctx, 1, 1, end)
	_, _, errs["After"] = s.After(ctx, 1, 1, start)
	_, errs["Buckets"] = s.Buckets(ctx, 1, 1, start, start+second, 1)
	_, errs["Superseded"] = s.Superseded(ctx, 1, 1, start, end)
	_, errs["Tags"] = s.Tags(ctx, 1)
	_, errs["DeleteBefore"] = s.DeleteBefore(ctx, 1, 1, end)
	_, errs["Read"] = s.Read(ctx, 0, 1)
	_, errs["ReadEncoded"] = s.ReadEncoded(ctx, 0, 1)
	for name, err := range errs {
		if !errors.Is(err, history.ErrClosed) {
			t.Errorf("%s: %v; want ErrClosed", name, err)
		}
	}
	s = p.opened(t)
	if got := samples(t, s, 1, 1, start, end); len(got) != 1 {
		t.Errorf("%v after it was opened again", got)
	}
}
