package history

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"zhigai/plant"
)

// acked is what a store was told and acknowledged: the value that holds, by
// tag and time, last among those that held before.
type acked map[plant.TagNo]map[plant.Micros][]float64

// told appends batches of several tags, with corrections of older times, to a
// store that flushes now and then.
func (a acked) told(t *testing.T, s *Store, r *rand.Rand, from, n int) {
	t.Helper()
	for i := from; i < from+n; i++ {
		var b plant.Batch
		for tag := plant.TagNo(1); tag <= 12; tag++ {
			at := start + plant.Micros(i)*second
			if i%9 == 8 {
				at = start + plant.Micros(r.IntN(i))*second
			}
			v := r.Float64()
			b.Samples = append(b.Samples, plant.Sample{Tag: tag, Time: at, Value: v})
			if a[tag] == nil {
				a[tag] = map[plant.Micros][]float64{}
			}
			a[tag][at] = append(a[tag][at], v)
		}
		_, err := s.Append(t.Context(), 1, b)
		must(t, err)
		if i%40 == 39 {
			must(t, s.Flush())
		}
	}
}

// compare gives how many are lost, corrections that are lost among them; nothing
// may be altered or made up.
func (a acked) compare(t *testing.T, s *Store) (lost int) {
	t.Helper()
	for tag, want := range a {
		got := map[plant.Micros]float64{}
		must(t, s.Samples(t.Context(), 1, tag, minTime, maxTime, func(p plant.Sample) bool {
			got[p.Time] = p.Value
			return true
		}))
		for at, v := range want {
			now, ok := got[at]
			switch {
			case !ok || now != v[len(v)-1] && slices.Contains(v, now):
				lost++
			case now != v[len(v)-1]:
				t.Errorf("tag %d at %d is %v; was %v", tag, at, now, v)
			}
		}
		for at := range got {
			if _, ok := want[at]; !ok {
				t.Errorf("tag %d at %d was never written", tag, at)
			}
		}
	}
	return lost
}

// TestRescue_TornSectors tears sectors out of tables and logs of a store, newer
// than its snapshot, and rescues it with the snapshot and without: everything
// acknowledged is there as it was, or it is said what is not.
func TestRescue_TornSectors(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 1))
	dir, spare := filepath.Join(t.TempDir(), "a"), filepath.Join(t.TempDir(), "b")
	s := reopened(t, dir, Options{memTable: 64 << 10})
	ledger := acked{}
	ledger.told(t, s, r, 0, 200)
	last, err := s.Checkpoint(spare)
	must(t, err)
	must(t, s.SaveCursor("backup", last))
	ledger.told(t, s, r, 200, 200)
	died := left(t, dir)
	must(t, s.Close())
	spare = copied(t, spare)
	var files []string
	sizes := bytesThatMatter(t, died)
	for name := range sizes {
		if ext := filepath.Ext(name); ext == ".sst" || ext == ".log" {
			files = append(files, name)
		}
	}
	outcomes := map[string]int{}
	for n := range 10 {
		broken := copied(t, died)
		name := files[r.IntN(len(files))]
		tear(t, filepath.Join(broken, name), sizes[name], r)
		to := filepath.Join(t.TempDir(), "to")
		how := "without"
		if n%2 == 0 {
			must(t, os.CopyFS(to, os.DirFS(spare)))
			how = "with"
		}
		done, err := Rescue(t.Context(), broken, to, Options{})
		if err != nil {
			t.Fatalf("%s torn, %s snapshot: %v", name, how, err)
		}
		whole := reopened(t, to, Options{})
		must(t, whole.Verify(t.Context()))
		lost := ledger.compare(t, whole)
		if lost > 0 && len(done.Lost) == 0 {
			t.Errorf("%s torn, %s snapshot: %d samples are gone and nobody says so: %+v", name, how, lost, done)
		}
		must(t, whole.Close())
		if _, err := os.Stat(to + ".damaged"); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the working copy is left: %v", err)
		}
		kind := fmt.Sprintf("%s %s snapshot", strings.TrimPrefix(filepath.Ext(name), "."), how)
		outcomes[kind]++
		if lost == 0 {
			outcomes[kind+", all there"]++
		}
	}
	t.Log(outcomes)
	if outcomes["sst with snapshot, all there"] == 0 {
		t.Error("no table was rescued wholly")
	}
}

// tear spoils a sector.
func tear(t *testing.T, name string, size int64, r *rand.Rand) {
	t.Helper()
	raw, err := os.ReadFile(name)
	must(t, err)
	at := r.Int64N(size)
	for i := at; i < min(size, at+512); i++ {
		raw[i] ^= byte(r.Uint32()) | 1
	}
	must(t, os.WriteFile(name, raw, 0o600))
}
