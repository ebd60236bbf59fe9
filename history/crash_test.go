package history

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"zhigai/plant"
)

// sent is what one source put in and what of it was acknowledged.
type sent struct {
	mu    sync.Mutex
	acked int // its batches 0..acked-1 are
}

// sourceBatch is batch n of a source: ten samples of the tag that nobody else
// writes, and every fourth batch corrects a sample of the one before.
func sourceBatch(tag plant.TagNo, n int) plant.Batch {
	var b plant.Batch
	for i := range 10 {
		b.Samples = append(b.Samples, plant.Sample{Tag: tag, Time: start + plant.Micros(n*10+i)*second, Value: float64(n)})
	}
	if n%4 == 3 {
		b.Samples[0].Time -= 5 * second
	}
	return b
}

// expected is what must be read of a source after its first n batches.
func expected(tag plant.TagNo, n int) []plant.Sample {
	m := newModel()
	for i := range n {
		m.put(uint64(i), sourceBatch(tag, i))
	}
	return m.sorted(tag, minTime, maxTime)
}

// TestPowerLoss_KeepsWhatWasAcknowledged takes the power away while sources
// append and the writer writes: what is left holds every acknowledged batch,
// none doubled and none half.
func TestPowerLoss_KeepsWhatWasAcknowledged(t *testing.T) {
	for seed := range uint64(8) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { powerLoss(t, seed) })
	}
}

const sources = 4

func powerLoss(t *testing.T, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 11))
	fs := vfs.NewCrashableMem()
	s := opened(t, fs)
	if err := s.SaveCursor("reader", 0); err != nil { // keeps every batch in the log
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var all sync.WaitGroup
	puts := make([]sent, sources+1)
	for tag := plant.TagNo(1); tag <= sources; tag++ {
		all.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				if _, err := s.Append(context.Background(), 1, sourceBatch(tag, n)); err != nil {
					t.Errorf("append: %v", err)
					return
				}
				puts[tag].mu.Lock()
				puts[tag].acked = n + 1
				puts[tag].mu.Unlock()
			}
		})
	}
	all.Go(func() {
		for ctx.Err() == nil {
			if err := errors.Join(s.Flush(), s.flushOne(series{1, 2})); err != nil {
				t.Errorf("flush: %v", err)
				return
			}
		}
	})
	for range 3 {
		after := s.LastSeq() + 20 + r.Uint64N(200)
		if err := s.Wait(t.Context(), after); err != nil {
			t.Fatal(err)
		}
		acked := make([]int, sources+1)
		for tag := range puts {
			puts[tag].mu.Lock()
			acked[tag] = puts[tag].acked
			puts[tag].mu.Unlock()
		}
		crashed := fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: r.IntN(101), RNG: r})
		checkAfterPowerLoss(t, crashed, acked)
	}
	stop()
	all.Wait()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// checkAfterPowerLoss opens what is left and compares it with what the sources
// were told.
func checkAfterPowerLoss(t *testing.T, fs *vfs.MemFS, acked []int) {
	t.Helper()
	s := opened(t, fs)
	defer s.Close()
	kept := make([]int, len(acked))
	for after := uint64(0); ; {
		batches, err := s.Read(t.Context(), after, 1000)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range batches {
			tag := b.Batch.Samples[0].Tag
			if !equalSamples(b.Batch.Samples, sourceBatch(tag, kept[tag]).Samples) {
				t.Fatalf("batch %d is not number %d of tag %d: lost, doubled or changed", b.Seq, kept[tag], tag)
			}
			kept[tag]++
			after = b.Seq
		}
		if len(batches) == 0 {
			break
		}
	}
	for range 2 { // once with what was in memory, once from chunks
		for tag := plant.TagNo(1); int(tag) < len(acked); tag++ {
			if kept[tag] < acked[tag] {
				t.Fatalf("tag %d: %d batches kept; %d were acknowledged", tag, kept[tag], acked[tag])
			}
			if got := read(t, s, tag, minTime, maxTime); !equalSamples(got, expected(tag, kept[tag])) {
				t.Fatalf("tag %d: %d samples do not follow from %d batches", tag, len(got), kept[tag])
			}
			corrections, err := s.Superseded(t.Context(), 1, tag, minTime, maxTime)
			if err != nil || len(corrections) != kept[tag]/4 {
				t.Fatalf("tag %d: %d superseded, %v; want %d", tag, len(corrections), err, kept[tag]/4)
			}
		}
		if err := errors.Join(s.Flush(), s.Verify(t.Context())); err != nil {
			t.Fatal(err)
		}
	}
}

// TestReaders_SeeOneTruthWhileTheWriterWrites: a sample that was seen stays
// seen, whether it is in memory, being written or in a chunk.
func TestReaders_SeeOneTruthWhileTheWriterWrites(t *testing.T) {
	s := opened(t, vfs.NewMem())
	defer s.Close()
	const batches = 400
	var all sync.WaitGroup
	ctx, stop := context.WithCancel(t.Context())
	all.Go(func() {
		for ctx.Err() == nil {
			if err := s.Flush(); err != nil {
				t.Errorf("flush: %v", err)
				return
			}
		}
	})
	for range 2 {
		all.Go(func() {
			for seen := 0; ctx.Err() == nil; {
				before := s.LastSeq()
				var got []plant.Sample
				err := s.Samples(context.Background(), 1, 1, minTime, maxTime, func(p plant.Sample) bool { got = append(got, p); return true })
				buckets, err2 := s.Buckets(context.Background(), 1, 1, start, start+batches*10*second, 7)
				if err := errors.Join(err, err2); err != nil {
					t.Error(err)
					return
				}
				n := 0
				for _, b := range buckets {
					n += b.Count
				}
				if want := len(expected(1, int(before))); len(got) < want || n < want || len(got) < seen {
					t.Errorf("%d samples, %d in buckets; %d were acknowledged and %d seen before", len(got), n, want, seen)
					return
				}
				seen = len(got)
			}
		})
	}
	for n := range batches {
		if _, err := s.Append(t.Context(), 1, sourceBatch(1, n)); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	all.Wait()
	if got := read(t, s, 1, minTime, maxTime); !equalSamples(got, expected(1, batches)) {
		t.Errorf("%d samples at the end; want %d", len(got), len(expected(1, batches)))
	}
}

// within fails the test when f hangs.
func within(t *testing.T, what string, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	select {
	case <-done:
	case <-time.After(time.Minute):
		buf := make([]byte, 1<<20)
		t.Logf("%s", buf[:runtime.Stack(buf, true)])
		t.Fatalf("%s hangs", what)
	}
}
