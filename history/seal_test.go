package history

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"zhigai/plant"
)

// lived is a store in a real folder with logs, tables and a manifest.
func lived(t *testing.T, dir string) *Store {
	t.Helper()
	s, err := Open(dir, Options{memTable: 64 << 10})
	if err != nil {
		t.Fatal(err)
	}
	for n := range 300 {
		if _, err := s.Append(t.Context(), 1, sourceBatch(1, n)); err != nil {
			t.Fatal(err)
		}
		if n%50 == 49 {
			if err := s.Flush(); err != nil {
				t.Fatal(err)
			}
		}
	}
	return s
}

func copied(t *testing.T, dir string) string {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return to
}

// left is the folder as a process that dies now leaves it, with a table. Files are
// copied one after the other while tables are written and dropped in the background:
// what was caught half is copied again, until the end of patience, so that a check that
// is wrong is still seen.
func left(t *testing.T, dir string) string {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); ; {
		to := t.TempDir()
		err := os.CopyFS(to, os.DirFS(dir))
		over := time.Now().After(end)
		if err != nil && over {
			t.Fatal(err)
		}
		if err != nil { // a table was dropped meanwhile
			continue
		}
		if over || ofOneMoment(t, to) {
			return to
		}
	}
}

// ofOneMoment says whether a copy is of one moment: its files are as they were sealed, and
// all that its manifest names are there.
func ofOneMoment(t *testing.T, dir string) bool {
	t.Helper()
	if _, damage, err := CheckFiles(t.Context(), dir, nil); err != nil || len(damage) > 0 || !hasTable(bytesThatMatter(t, dir)) {
		return false
	}
	s, err := Open(copied(t, dir), Options{})
	return err == nil && s.Close() == nil
}

func checked(t *testing.T, dir string) []Damage {
	t.Helper()
	files, damage, err := CheckFiles(t.Context(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	if files == 0 {
		t.Error("no file has a seal")
	}
	return damage
}

func flip(t *testing.T, name string, bit int64) {
	t.Helper()
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	var b [1]byte
	_, err = f.ReadAt(b[:], bit/8)
	b[0] ^= 1 << (bit % 8)
	_, err2 := f.WriteAt(b[:], bit/8)
	if err := errors.Join(err, err2, f.Close()); err != nil {
		t.Fatal(err)
	}
}

// bytesThatMatter are the files of a folder with how many of their bytes are
// data: of a log those up to the last fsync.
func bytesThatMatter(t *testing.T, dir string) map[string]int64 {
	t.Helper()
	of, _, _, err := readSeals(vfs.Default, dir)
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]int64{}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		size := info.Size()
		if strings.HasSuffix(e.Name(), ".log") || strings.HasSuffix(e.Name(), ".sst") {
			size = of[e.Name()].length // 0 of a table that is just being written: nothing names it yet
		}
		if size > 0 {
			out[e.Name()] = size
		}
	}
	return out
}

func hasTable(files map[string]int64) bool {
	for name := range files {
		if strings.HasSuffix(name, ".sst") {
			return true
		}
	}
	return false
}

// TestCheckFiles_EveryFlippedBit: in a folder that was closed and in one whose
// process died, every flipped bit is found and its file named; without one
// nothing is.
func TestCheckFiles_EveryFlippedBit(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "history")
	s := lived(t, dir)
	if d := checked(t, dir); len(d) > 0 {
		t.Errorf("false alarm while it runs: %v", d)
	}
	died := left(t, dir)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(4, 2))
	for state, where := range map[string]string{"closed": dir, "died": died} {
		if d := checked(t, where); len(d) > 0 {
			t.Fatalf("%s: false alarm: %v", state, d)
		}
		kinds := map[string]int{}
		for name, size := range bytesThatMatter(t, where) {
			kinds[strings.TrimLeft(name, "0123456789")]++
			for range 30 {
				bit := r.Int64N(size * 8)
				flip(t, filepath.Join(where, name), bit)
				d := checked(t, where)
				flip(t, filepath.Join(where, name), bit)
				if !slices.ContainsFunc(d, func(d Damage) bool { return d.File == name }) {
					t.Errorf("%s: bit %d of %s: found %v", state, bit, name, d)
				}
			}
		}
		if kinds[".sst"] == 0 || kinds[".log"] == 0 || len(kinds) < 5 {
			t.Errorf("%s: kinds of files tried: %v", state, kinds)
		}
	}
	// The folder of the process that died opens and keeps all.
	again, err := Open(died, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := read(t, again, 1, minTime, maxTime); again.LastSeq() != 300 || !equalSamples(got, expected(1, 300)) {
		t.Errorf("%d batches, %d samples", again.LastSeq(), len(got))
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
	if d := checked(t, died); len(d) > 0 {
		t.Errorf("false alarm after the restart: %v", d)
	}
}

// TestOpen_RefusesADamagedLog: the engine alone would take a flipped bit in
// the last commit for the log's end and forget it.
func TestOpen_RefusesADamagedLog(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "history")
	s := lived(t, dir)
	died := left(t, dir)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for name, size := range bytesThatMatter(t, died) {
		if !journalFile(name) {
			continue
		}
		flip(t, filepath.Join(died, name), size*8-20)
		if _, err := Open(died, Options{}); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), name) {
			t.Errorf("opened with a flipped bit in %s: %v", name, err)
		}
		flip(t, filepath.Join(died, name), size*8-20)
	}
}

// TestSamples_DamagedTable: what a damaged table holds is an error of reading,
// not data.
func TestSamples_DamagedTable(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "history")
	s := lived(t, dir)
	for n := 300; n < 2000; n++ {
		if _, err := s.Append(t.Context(), 1, sourceBatch(1, n)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Flush(); err != nil {
		t.Fatal(err)
	}
	// What is needed to open stands elsewhere then.
	if err := s.db.Compact(t.Context(), []byte{0}, []byte{255}, false); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	largest, bytes := "", int64(0)
	for name, size := range bytesThatMatter(t, dir) {
		if strings.HasSuffix(name, ".sst") && size > bytes {
			largest, bytes = name, size
		}
	}
	atOpen, atRead := 0, 0
	for place := int64(1); place < 40; place++ {
		bit := bytes * 8 * place / 41
		flip(t, filepath.Join(dir, largest), bit)
		s, err := Open(dir, Options{})
		if err != nil {
			atOpen++
		} else {
			if err = readAll(t, s); err != nil {
				atRead++
			} else {
				err = s.Verify(t.Context())
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if !errors.Is(err, ErrDamaged) {
			t.Errorf("bit %d of %s: %v; want ErrDamaged", bit, largest, err)
		}
		flip(t, filepath.Join(dir, largest), bit)
	}
	if atRead < 5 {
		t.Errorf("%d flips were found at the start, %d when read", atOpen, atRead)
	}
}

func readAll(t *testing.T, s *Store) error {
	t.Helper()
	tags, err := s.Tags(t.Context(), 1)
	for _, tag := range tags {
		if err == nil {
			err = s.Samples(t.Context(), 1, tag, minTime, maxTime, func(plant.Sample) bool { return true })
		}
	}
	return err
}

func FuzzDecodeSlot(f *testing.F) {
	f.Add(appendSlot(nil, "000004.log", seal{length: 4096, sum: 7}))
	f.Add(make([]byte, slotBytes))
	f.Fuzz(func(t *testing.T, raw []byte) {
		name, s, err := decodeSlot(raw)
		if err != nil {
			return
		}
		again, two, err := decodeSlot(appendSlot(nil, name, s))
		if err != nil || again != name || two.length != s.length || two.sum != s.sum {
			t.Errorf("%q %+v became %q %+v, %v", name, s, again, two, err)
		}
	})
}
