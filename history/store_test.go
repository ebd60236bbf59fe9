package history

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"zhigai/plant"
)

const second = plant.Micros(1_000_000)

var start = plant.Micros(1_700_000_000) * second

func opened(t *testing.T, fs vfs.FS) *Store {
	t.Helper()
	s, err := Open("history", Options{FS: fs})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAppend_ConcurrentCallersKeepTheirOrder(t *testing.T) {
	s := opened(t, vfs.NewMem())
	defer s.Close()
	var all sync.WaitGroup
	for tag := range plant.TagNo(16) {
		all.Go(func() {
			var last uint64
			for i := range plant.Micros(100) {
				seq, err := s.Append(context.Background(), 1, plant.Batch{Samples: []plant.Sample{{Tag: tag + 1, Time: start + i, Value: float64(i)}}})
				if err != nil || seq <= last {
					t.Errorf("append = %d, %v; want more than %d", seq, err, last)
				}
				last = seq
			}
		})
	}
	all.Wait()
	batches, err := s.Read(t.Context(), 0, 10_000)
	if err != nil || len(batches) != 1600 || s.LastSeq() != 1600 {
		t.Fatalf("%d batches, last %d, %v; want 1600", len(batches), s.LastSeq(), err)
	}
	for i, b := range batches {
		if b.Seq != uint64(i+1) {
			t.Fatalf("batch %d has sequence %d", i, b.Seq)
		}
	}
}

func TestAppend_RefusesWhatCannotBeKept(t *testing.T) {
	s := opened(t, vfs.NewMem())
	defer s.Close()
	f := func(name string, b plant.Batch) {
		t.Helper()
		if _, err := s.Append(t.Context(), 1, b); !errors.Is(err, ErrRefused) {
			t.Errorf("%s: %v; want it refused", name, err)
		}
	}
	f("empty", plant.Batch{})
	f("NaN as good", plant.Batch{Samples: []plant.Sample{{Tag: 1, Time: start, Value: math.NaN()}}})
	f("infinity", plant.Batch{Samples: []plant.Sample{{Tag: 1, Time: start, Value: math.Inf(1)}}})
	f("year 1900", plant.Batch{Samples: []plant.Sample{{Tag: 1, Time: -2_000_000_000 * second}}})
	f("year 2300", plant.Batch{Texts: []plant.Text{{Tag: 1, Time: 10_500_000_000 * second}}})
	f("long text", plant.Batch{Texts: []plant.Text{{Tag: 1, Time: start, Value: string(make([]byte, plant.MaxText+1))}}})
	if s.LastSeq() != 0 {
		t.Error("something of a refused batch was kept")
	}
}

func TestTexts_LateAndCorrected(t *testing.T) {
	fs := vfs.NewMem()
	s := opened(t, fs)
	put := func(at plant.Micros, v string) {
		t.Helper()
		if _, err := s.Append(t.Context(), 1, plant.Batch{Texts: []plant.Text{{Tag: 9, Time: start + at, Value: v}}}); err != nil {
			t.Fatal(err)
		}
	}
	want := func(texts ...string) {
		t.Helper()
		var got []string
		if err := s.Texts(t.Context(), 1, 9, start, start+100, func(x plant.Text) bool { got = append(got, x.Value); return true }); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, texts) {
			t.Errorf("texts %q; want %q", got, texts)
		}
	}
	put(10, "6204")
	put(30, "6305")
	if err := s.Flush(); err != nil {
		t.Fatal(err)
	}
	put(20, "6205")
	put(30, "6306")
	want("6204", "6205", "6306")
	if err := s.Flush(); err != nil {
		t.Fatal(err)
	}
	want("6204", "6205", "6306")
	old, err := s.Superseded(t.Context(), 1, 9, start, start+100)
	if err != nil || len(old) != 1 || old[0].Text != "6305" || old[0].By != 4 {
		t.Errorf("superseded %+v, %v; want 6305 by batch 4", old, err)
	}
	s.Close()
	s = opened(t, fs)
	defer s.Close()
	want("6204", "6205", "6306")
	if last, ok, _ := s.TextBefore(t.Context(), 1, 9, start+25); !ok || last.Value != "6205" {
		t.Errorf("text before = %v, %v; want 6205", last, ok)
	}
}

func TestSuperseded_ChainInOneFlush(t *testing.T) {
	s := opened(t, vfs.NewMem())
	defer s.Close()
	for i, flush := range []bool{true, false, false} {
		if _, err := s.Append(t.Context(), 1, plant.Batch{Samples: []plant.Sample{{Tag: 1, Time: start, Value: float64(i)}}}); err != nil {
			t.Fatal(err)
		}
		if flush {
			if err := s.Flush(); err != nil {
				t.Fatal(err)
			}
		}
	}
	old, err := s.Superseded(t.Context(), 1, 1, start, start+1)
	var values []float64
	for _, o := range old {
		values = append(values, o.Sample.Value)
	}
	slices.Sort(values)
	if err != nil || !slices.Equal(values, []float64{0, 1}) {
		t.Errorf("superseded %v, %v; want 0 and 1", values, err)
	}
}

func TestCursor_KeepsTheRawLog(t *testing.T) {
	fs := vfs.NewMem()
	s := opened(t, fs)
	one := plant.Batch{Samples: []plant.Sample{{Tag: 1, Time: start, Value: 1}}}
	for i := range 5 {
		one.Samples[0].Time += plant.Micros(i)
		if _, err := s.Append(t.Context(), 1, one); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(s.SaveCursor("fold", 2), s.Flush()); err != nil {
		t.Fatal(err)
	}
	if b, err := s.Read(t.Context(), 2, 10); err != nil || len(b) != 3 {
		t.Fatalf("behind the cursor: %d batches, %v; want 3", len(b), err)
	}
	if _, err := s.Read(t.Context(), 0, 10); !errors.Is(err, ErrGone) {
		t.Errorf("before the cursor: %v; want ErrGone", err)
	}
	if err := errors.Join(s.SaveCursor("fold", 5), s.Flush(), s.Close()); err != nil {
		t.Fatal(err)
	}
	s = opened(t, fs)
	defer s.Close()
	if s.LastSeq() != 5 || s.Cursor("fold") != 5 {
		t.Errorf("after reopening: last %d, cursor %d; want 5 and 5", s.LastSeq(), s.Cursor("fold"))
	}
}

func TestDeleteBefore_CutsThroughAChunk(t *testing.T) {
	s := opened(t, vfs.NewMem())
	defer s.Close()
	var b plant.Batch
	for i := range 3 * chunkSize {
		b.Samples = append(b.Samples, plant.Sample{Tag: 1, Time: start + plant.Micros(i)*second, Value: float64(i)})
	}
	if _, err := s.Append(t.Context(), 1, b); err != nil {
		t.Fatal(err)
	}
	if err := s.Flush(); err != nil {
		t.Fatal(err)
	}
	n, err := s.DeleteBefore(t.Context(), 1, 1, start+chunkSize*3/2*second)
	if err != nil || n != chunkSize*3/2 {
		t.Errorf("deleted %d, %v; want %d", n, err, chunkSize*3/2)
	}
	if got := read(t, s, 1, 0, maxTime); len(got) != chunkSize*3/2 || got[0].Value != chunkSize*3/2 {
		t.Errorf("left %d samples; want %d", len(got), chunkSize*3/2)
	}
	if err := s.Verify(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestOpen_SecondProcessIsToldWhatToDo(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := Open(dir, Options{}); !errors.Is(err, ErrInUse) {
		t.Errorf("second open: %v; want ErrInUse", err)
	}
}

func TestTenants_DoNotSeeOneAnother(t *testing.T) {
	s := opened(t, vfs.NewMem())
	defer s.Close()
	for tenant := range plant.TenantNo(2) {
		if _, err := s.Append(t.Context(), tenant+1, plant.Batch{Samples: []plant.Sample{{Tag: plant.TagNo(tenant + 5), Time: start, Value: 1}}}); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if tags, err := s.Tags(t.Context(), 1); err != nil || !slices.Equal(tags, []plant.TagNo{5}) {
			t.Errorf("tags of tenant 1: %v, %v; want 5", tags, err)
		}
		if got := read(t, s, 6, 0, maxTime); len(got) != 0 {
			t.Errorf("tenant 1 sees tag 6 of tenant 2")
		}
		if err := s.Flush(); err != nil {
			t.Fatal(err)
		}
	}
}
