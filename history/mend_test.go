package history

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// TestMendFiles_EveryFlippedBit: one bit anywhere in the files of a store comes
// back, without any other copy, and the files are as before to the byte.
func TestMendFiles_EveryFlippedBit(t *testing.T) {
	dir := t.TempDir()
	s := lived(t, dir)
	died := left(t, dir)
	must(t, s.Close())
	r := rand.New(rand.NewPCG(4, 4))
	for state, where := range map[string]string{"closed": dir, "died": died} {
		for file, size := range bytesThatMatter(t, where) {
			name := filepath.Join(where, file)
			for range 12 {
				was, err := os.ReadFile(name)
				must(t, err)
				bit := r.Int64N(size * 8)
				flip(t, name, bit)
				mended, left, err := MendFiles(t.Context(), where, "")
				must(t, err)
				now, err := os.ReadFile(name)
				must(t, err)
				if len(left) > 0 || len(mended) != 1 || !bytes.Equal(now, was) {
					t.Fatalf("%s: bit %d of %s: mended %v, left %v", state, bit, file, mended, left)
				}
			}
		}
	}
}

// TestMendFiles_TornSectors: what is worse than a bit comes from the snapshot
// where it has the very file; a snapshot whose file differs is not touched.
func TestMendFiles_TornSectors(t *testing.T) {
	dir := t.TempDir()
	s := lived(t, dir)
	must(t, s.Close())
	s = reopened(t, dir, Options{}) // opening writes tables
	spare := filepath.Join(t.TempDir(), "spare")
	if _, err := s.Checkpoint(spare); err != nil {
		t.Fatal(err)
	}
	spare = copied(t, spare) // its tables are links
	must(t, s.Close())
	taken := 0
	for file, size := range bytesThatMatter(t, dir) {
		if filepath.Ext(file) != ".sst" {
			continue
		}
		name := filepath.Join(dir, file)
		was, err := os.ReadFile(name)
		must(t, err)
		torn := bytes.Clone(was)
		for i := size / 3; i < min(size, size/3+512); i++ {
			torn[i] ^= 0xa5
		}
		must(t, os.WriteFile(name, torn, 0o600))
		_, left, err := MendFiles(t.Context(), dir, spare)
		must(t, err)
		now, err := os.ReadFile(name)
		must(t, err)
		inSpare, _ := os.ReadFile(filepath.Join(spare, file))
		switch {
		case bytes.Equal(inSpare, was):
			if taken++; len(left) > 0 || !bytes.Equal(now, was) {
				t.Errorf("%s is in the snapshot, but left %v", file, left)
			}
		case len(left) != 1 || !bytes.Equal(now, torn):
			t.Errorf("%s is not in the snapshot, but left %v", file, left)
		}
		must(t, os.WriteFile(name, was, 0o600))
	}
	if taken == 0 {
		t.Error("no table of the store is in the snapshot")
	}
}
