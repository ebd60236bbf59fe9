package history

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
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

// model is what the store must say: the simplest thing that could be right.
type model map[plant.TagNo]map[plant.Micros]plant.Sample

func (m model) put(s plant.Sample) {
	if m[s.Tag] == nil {
		m[s.Tag] = map[plant.Micros]plant.Sample{}
	}
	m[s.Tag][s.Time] = s
}

func (m model) sorted(tag plant.TagNo, from, to plant.Micros) []plant.Sample {
	var out []plant.Sample
	for _, at := range slices.Sorted(maps.Keys(m[tag])) {
		if at >= from && at < to {
			out = append(out, m[tag][at])
		}
	}
	return out
}

func read(t *testing.T, s *Store, tag plant.TagNo, from, to plant.Micros) []plant.Sample {
	t.Helper()
	var out []plant.Sample
	if err := s.Samples(t.Context(), 1, tag, from, to, func(p plant.Sample) bool { out = append(out, p); return true }); err != nil {
		t.Fatal(err)
	}
	return out
}

func equalSamples(a, b []plant.Sample) bool {
	return slices.EqualFunc(a, b, func(x, y plant.Sample) bool {
		return x.Tag == y.Tag && x.Time == y.Time && x.Quality == y.Quality && math.Float64bits(x.Value) == math.Float64bits(y.Value)
	})
}

func randomBatch(r *rand.Rand, now *plant.Micros) plant.Batch {
	var b plant.Batch
	for range 1 + r.IntN(400) {
		at := *now
		switch r.IntN(20) {
		case 0: // late, by up to a day
			at -= plant.Micros(r.Int64N(int64(86400 * second)))
		case 1: // of a time that is there already
			at -= plant.Micros(r.IntN(50)) * second
		default:
			*now += second
		}
		s := plant.Sample{Tag: plant.TagNo(1 + r.IntN(3)), Time: at, Value: math.Round(r.NormFloat64()*100) / 10}
		if r.IntN(30) == 0 {
			s = plant.BadSample(s.Tag, at, plant.Sentinel, []byte{0xff, 0xff, byte(r.IntN(256))})
		}
		b.Samples = append(b.Samples, s)
	}
	return b
}

// TestStore_LikeAMap drives the store with late, corrected and doubled
// samples, flushes, reopenings and crashes, and compares with a map.
func TestStore_LikeAMap(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 7))
			fs := vfs.NewCrashableMem()
			s := opened(t, fs)
			defer func() { s.Close() }()
			m, now := model{}, start
			for range 60 {
				b := randomBatch(r, &now)
				if _, err := s.Append(t.Context(), 1, b); err != nil {
					t.Fatal(err)
				}
				for _, p := range b.Samples {
					m.put(p)
				}
				switch r.IntN(8) {
				case 0:
					if err := s.Flush(); err != nil {
						t.Fatal(err)
					}
				case 1:
					if err := s.Close(); err != nil {
						t.Fatal(err)
					}
					s = opened(t, fs)
				case 2: // power loss: only what was synced is left
					crashed := fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: r.IntN(101), RNG: r})
					s.Close()
					fs = crashed
					s = opened(t, fs)
				}
				compare(t, r, s, m, now)
			}
			if err := s.Flush(); err != nil {
				t.Fatal(err)
			}
			compare(t, r, s, m, now)
			if err := s.Verify(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

func compare(t *testing.T, r *rand.Rand, s *Store, m model, now plant.Micros) {
	t.Helper()
	tag := plant.TagNo(1 + r.IntN(3))
	from := start - 86400*second + plant.Micros(r.Int64N(int64(now-start+86400*second)))
	to := from + plant.Micros(r.Int64N(int64(2*86400*second)))
	want := m.sorted(tag, from, to)
	if got := read(t, s, tag, from, to); !equalSamples(got, want) {
		t.Fatalf("tag %d in [%d, %d): %d samples; want %d", tag, from, to, len(got), len(want))
	}
	all := m.sorted(tag, 0, math.MaxInt64)
	i, _ := slices.BinarySearchFunc(all, from, func(p plant.Sample, t plant.Micros) int { return int(min(1, max(-1, p.Time-t))) })
	got, ok, err := s.Before(t.Context(), 1, tag, from)
	if err != nil || ok != (i > 0) || ok && !equalSamples([]plant.Sample{got}, all[i-1:i]) {
		t.Fatalf("before %d = %v, %v, %v; want %d earlier ones", from, got, ok, err, i)
	}
	got, ok, err = s.After(t.Context(), 1, tag, from)
	if err != nil || ok != (i < len(all)) || ok && !equalSamples([]plant.Sample{got}, all[i:i+1]) {
		t.Fatalf("after %d = %v, %v, %v", from, got, ok, err)
	}
	if to > from {
		compareBuckets(t, s, tag, from, to, 1+r.IntN(50), all)
	}
}

// compareBuckets sums up by hand.
func compareBuckets(t *testing.T, s *Store, tag plant.TagNo, from, to plant.Micros, n int, all []plant.Sample) {
	t.Helper()
	if to-from < plant.Micros(n) {
		return
	}
	buckets, err := s.Buckets(t.Context(), 1, tag, from, to, n)
	if err != nil {
		t.Fatal(err)
	}
	if buckets[0].From != from || buckets[n-1].To != to {
		t.Fatalf("buckets reach from %d to %d; want %d to %d", buckets[0].From, buckets[n-1].To, from, to)
	}
	for _, b := range buckets {
		want := Bucket{From: b.From, To: b.To}
		area := 0.0
		for i, p := range all {
			if !p.Quality.IsBad() { // how long it held inside the bucket
				end := b.To
				if i+1 < len(all) {
					end = min(end, all[i+1].Time)
				}
				if held := end - max(p.Time, b.From); held > 0 {
					want.GoodTime += held
					area += p.Value * float64(held) / 1e6
				}
			}
			if p.Time < b.From || p.Time >= b.To {
				continue
			}
			want.Count++
			want.Worst = max(want.Worst, p.Quality)
			if p.Quality.IsBad() {
				want.BadCount++
				continue
			}
			if want.FirstTime == 0 {
				want.First, want.FirstTime, want.Min, want.Max = p.Value, p.Time, p.Value, p.Value
			}
			want.Last, want.LastTime = p.Value, p.Time
			want.Min, want.Max = min(want.Min, p.Value), max(want.Max, p.Value)
		}
		if b.Count != want.Count || b.BadCount != want.BadCount || b.Min != want.Min || b.Max != want.Max || b.First != want.First || b.Last != want.Last ||
			b.FirstTime != want.FirstTime || b.LastTime != want.LastTime || b.GoodTime != want.GoodTime || b.Worst != want.Worst {
			t.Fatalf("bucket %+v; want %+v", b, want)
		}
		if b.GoodTime > 0 && math.Abs(b.TimeAvg-area/(float64(b.GoodTime)/1e6)) > 1e-6 {
			t.Fatalf("average over time %v; want %v", b.TimeAvg, area/(float64(b.GoodTime)/1e6))
		}
	}
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
