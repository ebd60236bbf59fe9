package history

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"zhigai/plant"
)

// TestMark_MovesWithItsBatches: after power loss the mark says exactly which
// batches are there, and of two owners with the same version one is refused.
func TestMark_MovesWithItsBatches(t *testing.T) {
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 3))
		fs := vfs.NewCrashableMem()
		s := opened(t, fs)
		acked := 0
		for n := range 20 {
			m, err := s.Mark("node")
			if err != nil {
				t.Fatal(err)
			}
			m.Value = []byte{byte(n + 1)}
			if _, err := s.AppendMarked(t.Context(), 1, m, sourceBatch(1, n)); err != nil {
				t.Fatal(err)
			}
			last := s.LastSeq()
			if _, err := s.AppendMarked(t.Context(), 1, m, sourceBatch(2, n)); !errors.Is(err, ErrConflict) {
				t.Fatalf("the same version twice: %v", err)
			}
			if s.LastSeq() != last {
				t.Fatal("a refused batch took a place in the sequence")
			}
			acked++
		}
		crashed := fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: r.IntN(101), RNG: r})
		again := opened(t, crashed)
		m, err := again.Mark("node")
		if err != nil || m.Version != uint64(acked) || len(m.Value) != 1 || int(m.Value[0]) != acked {
			t.Fatalf("mark %+v, %v after power loss; %d batches were acknowledged", m, err, acked)
		}
		if got := read(t, again, 1, minTime, maxTime); !equalSamples(got, expected(1, acked)) {
			t.Errorf("seed %d: %d samples, %d expected", seed, len(got), len(expected(1, acked)))
		}
		if got := read(t, again, 2, minTime, maxTime); len(got) != 0 {
			t.Errorf("seed %d: %d samples of a refused owner", seed, len(got))
		}
	}
}

// TestMark_TwoOwnersInOneCommit: of many that move one mark at once exactly
// one gets its way, also when they share a commit.
func TestMark_TwoOwnersInOneCommit(t *testing.T) {
	s := opened(t, vfs.NewMem())
	won := make(chan bool, 50)
	for n := range cap(won) {
		go func() {
			_, err := s.AppendMarked(t.Context(), 1, Mark{Name: "node"}, sourceBatch(1, n))
			if err != nil && !errors.Is(err, ErrConflict) {
				t.Error(err)
			}
			won <- err == nil
		}()
	}
	winners := 0
	for range cap(won) {
		if <-won {
			winners++
		}
	}
	if winners != 1 || s.LastSeq() != 1 {
		t.Errorf("%d owners got the mark, %d batches are there", winners, s.LastSeq())
	}
}

// TestLate_NamesEveryEntryThatCanReplace compares with all that came before.
func TestLate_NamesEveryEntryThatCanReplace(t *testing.T) {
	s, err := Open("late", Options{FS: vfs.NewMem(), MarkLate: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	r := rand.New(rand.NewPCG(1, 1))
	type at struct {
		tag plant.TagNo
		t   plant.Micros
	}
	seen := map[at]bool{}
	if err := s.SaveCursor("reader", 0); err != nil {
		t.Fatal(err)
	}
	now, late, safe := start, 0, 0
	for range 200 {
		if _, err := s.Append(t.Context(), 1, randomBatch(r, &now)); err != nil {
			t.Fatal(err)
		}
	}
	for seq := uint64(0); ; {
		batches, err := s.Read(t.Context(), seq, 10)
		if err != nil {
			t.Fatal(err)
		}
		if len(batches) == 0 {
			break
		}
		for _, b := range batches {
			again, err := DecodeBatch(b.Encode(nil))
			if err != nil || !slices.Equal(again.Late, b.Late) {
				t.Fatalf("late entries %v come back as %v, %v", b.Late, again.Late, err)
			}
			keys := []at{}
			for _, one := range b.Batch.Samples {
				keys = append(keys, at{one.Tag, one.Time})
			}
			for _, one := range b.Batch.Texts {
				keys = append(keys, at{one.Tag, one.Time})
			}
			for i, k := range keys {
				if seen[k] && !slices.Contains(b.Late, i) {
					t.Errorf("entry %d of batch %d replaces another and is not late", i, b.Seq)
				}
				if !slices.Contains(b.Late, i) {
					safe++
				}
				seen[k] = true
			}
			late += len(b.Late)
			seq = b.Seq
		}
	}
	if late == 0 || safe == 0 {
		t.Errorf("%d entries late, %d not: the test shows nothing", late, safe)
	}
}
