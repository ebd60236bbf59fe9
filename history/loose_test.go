package history

import (
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"zhigai/plant"
)

// chunksOf counts the chunks of a tag.
func chunksOf(t *testing.T, s *Store, tag plant.TagNo) (n int) {
	t.Helper()
	it, err := s.seriesIter(s.db, spaceIndex, series{1, tag})
	if err != nil {
		t.Fatal(err)
	}
	defer it.Close()
	for ok := it.First(); ok; ok = it.Next() {
		n++
	}
	return n
}

// TestLooseChunks: a tag that is written a few points at a time is packed into
// full chunks, with few loose ones behind them at any time, through restarts,
// late points and a chunk that is damaged.
func TestLooseChunks(t *testing.T) {
	fs := vfs.NewMem()
	s := opened(t, fs)
	const step, rounds = 7, 600
	lost, written := 0, 0
	for r := range rounds {
		var b plant.Batch
		for i := range step {
			b.Samples = append(b.Samples, plant.Sample{Tag: 1, Time: start + plant.Micros(r*step+i)*second, Value: float64(r*step+i) / 10})
		}
		if r%50 == 49 { // late: between two that are long there
			b.Samples = append(b.Samples, plant.Sample{Tag: 1, Time: start + plant.Micros((r-3)*step)*second + second/2, Value: -1})
		}
		if _, err := s.Append(t.Context(), 1, b); err != nil {
			t.Fatal(err)
		}
		written += len(b.Samples)
		if err := s.Flush(); err != nil {
			t.Fatal(err)
		}
		// What stood loose before the damaged chunk stays so.
		if n, most := chunksOf(t, s, 1), written/chunkFull+1+2*maxLoose; n > most {
			t.Fatalf("%d chunks after %d points; want at most %d", n, written, most)
		}
		if r%70 == 69 {
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			s = opened(t, fs)
		}
		if r == 500 {
			lost = spoilLastChunk(t, s, 1)
		}
	}
	if n := int(s.Stats().Damaged); n == 0 {
		t.Error("the damaged chunk was not noticed")
	}
	var got int
	for at := start; at < start+plant.Micros(rounds*step)*second; at += second / 2 {
		if one := readAround(t, s, at); one {
			got++
		}
	}
	if got != written-lost {
		t.Errorf("%d points are read one by one; want %d less the %d of the damaged chunk", got, written, lost)
	}
	t.Cleanup(func() { _ = s.Close() })
}

// readAround reports whether the tag has a point at the time that can be read.
func readAround(t *testing.T, s *Store, at plant.Micros) (ok bool) {
	t.Helper()
	_ = s.Samples(t.Context(), 1, 1, at, at+1, func(plant.Sample) bool { ok = true; return true }) // the damaged chunk gives an error
	return ok
}

// spoilLastChunk flips a bit in the newest chunk and tells how many points it
// has.
func spoilLastChunk(t *testing.T, s *Store, tag plant.TagNo) int {
	t.Helper()
	it, err := s.seriesIter(s.db, spaceChunk, series{1, tag})
	if err != nil {
		t.Fatal(err)
	}
	defer it.Close()
	if !it.Last() {
		t.Fatal("no chunk")
	}
	points, err := newCodec().decodeChunk(nil, it.Value())
	if err != nil {
		t.Fatal(err)
	}
	raw := append([]byte(nil), it.Value()...)
	raw[len(raw)/2] ^= 1
	if err := s.db.Set(it.Key(), raw, pebble.Sync); err != nil {
		t.Fatal(err)
	}
	return len(points)
}
