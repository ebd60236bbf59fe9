package history

import (
	"errors"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"zhigai/plant"
)

func TestCheckpoint_OpensLikeTheStore(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(filepath.Join(dir, "a"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for n := range 30 {
		if _, err := s.Append(t.Context(), 1, sourceBatch(1, n)); err != nil {
			t.Fatal(err)
		}
		if n == 10 {
			if err := errors.Join(s.SaveCursor("fold", 5), s.Flush()); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := s.Checkpoint(filepath.Join(dir, "b")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Append(t.Context(), 1, sourceBatch(1, 30)); err != nil { // not in the copy
		t.Fatal(err)
	}
	copied, err := Open(filepath.Join(dir, "b"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer copied.Close()
	if got := read(t, copied, 1, minTime, maxTime); !equalSamples(got, expected(1, 30)) || copied.LastSeq() != 30 || copied.Cursor("fold") != 5 {
		t.Errorf("copy: %d samples, last %d, cursor %d; want those of 30 batches", len(got), copied.LastSeq(), copied.Cursor("fold"))
	}
	if err := copied.Verify(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestSlowTags_WaitForTheirChunk: a tag with few samples is not written until it
// waited long enough; the log is kept for it and the fast tag is not merged
// twice after reopening.
func TestSlowTags_WaitForTheirChunk(t *testing.T) {
	fs := vfs.NewMem()
	s := opened(t, fs)
	now := time.Now()
	var b plant.Batch
	for i := range chunkSize {
		b.Samples = append(b.Samples, plant.Sample{Tag: 1, Time: start + plant.Micros(i)*second})
	}
	b.Samples = append(b.Samples, plant.Sample{Tag: 2, Time: start})
	if _, err := s.Append(t.Context(), 1, b); err != nil {
		t.Fatal(err)
	}
	if err := s.flush(s.due(false, now.Add(time.Minute))); err != nil {
		t.Fatal(err)
	}
	if st := s.Stats(); st.Chunks != 1 || st.Held != 1 || st.Backlog != 1 {
		t.Errorf("after a minute: %+v; want 1 chunk, 1 sample held, its batch in the log", st)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = opened(t, fs)
	defer s.Close()
	if st := s.Stats(); st.Held != 1 || st.Backlog != 1 {
		t.Errorf("after reopening: %+v; want 1 sample held", st)
	}
	if err := s.flush(s.due(false, time.Now().Add(2*time.Hour))); err != nil {
		t.Fatal(err)
	}
	if st := s.Stats(); st.Chunks != 1 || st.Held != 0 || st.Backlog != 0 || len(read(t, s, 2, 0, maxTime)) != 1 {
		t.Errorf("after two hours: %+v; want the chunk of the slow tag only", st)
	}
}

// TestSlowTags_CostLittle: the chunk of a tag that sends twelve samples an hour
// is written about once an hour, not once per look.
func TestSlowTags_CostLittle(t *testing.T) {
	s := opened(t, vfs.NewMem())
	defer s.Close()
	clock := time.Now()
	s.now = func() time.Time { return clock }
	for i := range 12 * 24 {
		clock = clock.Add(5 * time.Minute)
		if _, err := s.Append(t.Context(), 1, plant.Batch{Samples: []plant.Sample{{Tag: 1, Time: start + plant.Micros(i)*300*second}}}); err != nil {
			t.Fatal(err)
		}
		if err := s.flush(s.due(false, clock)); err != nil {
			t.Fatal(err)
		}
	}
	if n := s.Stats().Chunks; n > 24 {
		t.Errorf("%d chunks written in a day; want one an hour", n)
	}
}

func TestBuckets_ExtremesSurviveEveryZoom(t *testing.T) {
	s := opened(t, vfs.NewMem())
	defer s.Close()
	var b plant.Batch
	const n = 20_000
	for i := range n {
		v := 1.0
		if i == 12_345 {
			v = 99
		}
		b.Samples = append(b.Samples, plant.Sample{Tag: 1, Time: start + plant.Micros(i)*second, Value: v})
	}
	if _, err := s.Append(t.Context(), 1, b); err != nil {
		t.Fatal(err)
	}
	for _, flushed := range []bool{false, true} {
		if flushed {
			if err := s.Flush(); err != nil {
				t.Fatal(err)
			}
		}
		for _, count := range []int{1, 2, 3, 7, 10, 100, 999, 1000, 5000, MaxBuckets} {
			out, err := s.Buckets(t.Context(), 1, 1, start-second, start+(n+5)*second, count)
			if err != nil {
				t.Fatal(err)
			}
			high, points := 0, 0
			for _, k := range out {
				points += k.Count
				if k.Max == 99 {
					high++
				}
			}
			if high != 1 || points != n {
				t.Errorf("%d buckets, flushed %v: the peak in %d of them, %d points; want 1 and %d", count, flushed, high, points, n)
			}
		}
	}
}

func TestStats_CountTheDisk(t *testing.T) {
	s := opened(t, vfs.NewMem())
	defer s.Close()
	for n := range 100 {
		if _, err := s.Append(t.Context(), 1, sourceBatch(1, n)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(s.Flush(), s.db.DB.Flush()); err != nil {
		t.Fatal(err)
	}
	st := s.Stats()
	if st.Samples != 1000 || st.Batches != 100 || st.Commits == 0 || st.DiskBytes == 0 || st.Spaces["samples"] == 0 || st.Spaces["index"] == 0 {
		t.Errorf("stats %+v", st)
	}
}

func TestCursor_RefusesWhatCannotBe(t *testing.T) {
	s := opened(t, vfs.NewMem())
	defer s.Close()
	if err := s.SaveCursor("ahead", 7); !errors.Is(err, ErrRefused) {
		t.Errorf("cursor ahead of the log: %v; want it refused", err)
	}
	if err := s.SaveCursor("", 0); !errors.Is(err, ErrRefused) {
		t.Errorf("cursor without a name: %v; want it refused", err)
	}
	if err := errors.Join(s.SaveCursor("a", 0), s.SaveCursor("b", 0), s.DropCursor("a")); err != nil {
		t.Fatal(err)
	}
	var names []string
	for name := range s.Cursors() {
		names = append(names, name)
	}
	if !slices.Equal(names, []string{"b"}) {
		t.Errorf("cursors %v; want b", names)
	}
}

// TestPace: what may wait in memory is what comes in eight seconds, within
// bounds; a moment is too short to tell.
func TestPace(t *testing.T) {
	s := opened(t, vfs.NewMem())
	defer s.Close()
	clock := time.Now()
	s.now = func() time.Time { return clock }
	s.mu.Lock()
	s.pacedAt = clock
	s.mu.Unlock()
	f := func(came uint64, took time.Duration, want int) {
		t.Helper()
		s.mu.Lock()
		s.counters.Samples += came
		s.mu.Unlock()
		clock = clock.Add(took)
		s.pace()
		if s.waits != want {
			t.Errorf("%d samples in %s: %d may wait; want %d", came, took, s.waits, want)
		}
	}
	f(1_000_000, 10*time.Second, flushSamples) // 800,000
	f(400_000, time.Second/2, flushSamples)    // not yet
	f(100_000, time.Second/2, 4_000_000)
	f(1_000_000, time.Second, mostSamples)
	f(0, time.Minute, flushSamples)
	s.most = flushSamples // a lean one
	f(9_000_000, time.Second, flushSamples)
}
