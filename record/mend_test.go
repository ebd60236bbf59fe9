package record_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"zhigai/record"
)

// TestMendFiles_FlippedBits: most bits anywhere in the database or its log come
// back without any other copy, to the byte; of the others it is said that they
// did not, and nothing is changed.
func TestMendFiles_FlippedBits(t *testing.T) {
	dir := t.TempDir()
	db := filled(t, dir)
	died := copied(t, dir)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(5, 2))
	tried := map[string]int{}
	for _, c := range []struct {
		dir, file string
		size      int64
	}{{dir, "record.db", fileSize(t, dir, "record.db")}, {died, "record.db-wal", logReached(t, died)}} {
		name := filepath.Join(c.dir, c.file)
		for i := range 25 {
			was, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			bit := r.Int64N(c.size * 8)
			if i < 5 {
				bit = r.Int64N(32 * 8) // the header
			}
			flipBit(t, name, bit)
			mended, left, err := record.MendFiles(t.Context(), c.dir, "")
			now, err2 := os.ReadFile(name)
			switch whole := bytes.Equal(now, was); {
			case err != nil || err2 != nil || whole != (len(left) == 0) || whole != (len(mended) == 1):
				t.Fatalf("bit %d of %s: mended %v, left %v, %v", bit, c.file, mended, left, err)
			case whole:
				tried[c.file]++
			}
			if err := os.WriteFile(name, was, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	t.Logf("mended to the byte: %v of 25 each", tried)
	if tried["record.db"] < 15 || tried["record.db-wal"] < 15 {
		t.Errorf("mended %v of 25", tried)
	}
}

func fileSize(t *testing.T, dir, name string) int64 {
	t.Helper()
	info, err := os.Stat(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// TestMendFiles_TornPage: a page of which a sector is gone comes from a snapshot
// that holds the very page, and from no other.
func TestMendFiles_TornPage(t *testing.T) {
	dir := t.TempDir()
	db := filled(t, dir)
	spare := t.TempDir()
	if err := db.Backup(t.Context(), filepath.Join(spare, "record.db"), nil); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "record.db")
	was, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for page := 1; page < len(was)/4096; page += 5 {
		torn := bytes.Clone(was)
		for i := range 512 {
			torn[page*4096+1024+i] ^= byte(i) | 1
		}
		if err := os.WriteFile(name, torn, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, left, err := record.MendFiles(t.Context(), dir, ""); err != nil || len(left) != 1 {
			t.Fatalf("page %d without a snapshot: left %v, %v", page+1, left, err)
		}
		if _, left, err := record.MendFiles(t.Context(), dir, spare); err != nil || len(left) > 0 {
			t.Fatalf("page %d: left %v, %v", page+1, left, err)
		}
		if now, err := os.ReadFile(name); err != nil || !bytes.Equal(now, was) {
			t.Fatalf("page %d is another than it was", page+1)
		}
	}
}
