package backup

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// tree is a data folder with files of several sizes, an empty one among them.
func tree(t *testing.T, seed uint64) string {
	t.Helper()
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(seed, 1))
	for i, size := range []int{0, 1, 4096, 70_000, 200_000} {
		raw := make([]byte, size)
		for j := range raw {
			raw[j] = byte(r.Uint32())
		}
		must(t, os.MkdirAll(filepath.Join(dir, fmt.Sprint("d", i%2)), 0o700))
		must(t, os.WriteFile(filepath.Join(dir, fmt.Sprint("d", i%2), fmt.Sprint("f", i)), raw, 0o600))
	}
	return dir
}

func snap(t *testing.T, root string, at time.Time, from string) Snapshot {
	t.Helper()
	s, err := Write(t.Context(), root, Manifest{Made: at, Positions: Positions{7, 8}}, map[string]string{"history": from, "missing": filepath.Join(from, "none")})
	must(t, err)
	return s
}

func same(t *testing.T, a, b string) {
	t.Helper()
	must(t, filepath.WalkDir(a, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(a, path)
		must(t, err)
		x, err := os.ReadFile(path)
		must(t, err)
		if y, err := os.ReadFile(filepath.Join(b, rel)); err != nil || !bytes.Equal(x, y) {
			t.Errorf("%s: %v", rel, err)
		}
		return nil
	}))
}

func TestBackup_RoundTripSharingPruning(t *testing.T) {
	from, root := tree(t, 1), filepath.Join(t.TempDir(), "backups")
	first := snap(t, root, noon, from)
	must(t, os.WriteFile(filepath.Join(from, "d0", "f2"), []byte("new"), 0o600))
	second := snap(t, root, noon.Add(time.Hour), from)
	if second.Shared != second.Bytes-3 || first.Shared != 0 {
		t.Errorf("shared %d of %d", second.Shared, second.Bytes)
	}
	got, err := Newest(root, noon.Add(30*time.Minute))
	if err != nil || got.Dir != first.Dir || got.Positions != (Positions{7, 8}) {
		t.Errorf("newest at half past: %+v, %v", got, err)
	}
	if _, err := Newest(root, noon.Add(-1)); !errors.Is(err, ErrNoSnapshot) {
		t.Errorf("before the first: %v", err)
	}
	gone, err := Prune(root, 1)
	if err != nil || len(gone) != 1 {
		t.Errorf("pruned %v, %v", gone, err)
	}
	data := filepath.Join(t.TempDir(), "data")
	last, err := Newest(root, time.Time{})
	must(t, err)
	must(t, Restore(t.Context(), last, data))
	same(t, from, filepath.Join(data, "history"))
	if err := Restore(t.Context(), last, data); !errors.Is(err, ErrNotEmpty) {
		t.Errorf("restored over data: %v", err)
	}
}

// TestVerify_FindsEveryFlippedBit: one bit anywhere in a snapshot, its manifest
// and its seal among it.
func TestVerify_FindsEveryFlippedBit(t *testing.T) {
	root := t.TempDir()
	s := snap(t, root, noon, tree(t, 2))
	files := []string{manifestName, sealName}
	for _, f := range s.Files {
		if f.Size > 0 {
			files = append(files, f.Path)
		}
	}
	r := rand.New(rand.NewPCG(3, 3))
	found := 0
	for range 300 {
		name := filepath.Join(s.Dir, files[r.IntN(len(files))])
		raw, err := os.ReadFile(name)
		must(t, err)
		at, bit := r.IntN(len(raw)), byte(1)<<r.IntN(8)
		raw[at] ^= bit
		must(t, os.WriteFile(name, raw, 0o600))
		opened, err := Open(s.Dir)
		if err == nil {
			var damage []string
			damage, err = Verify(t.Context(), opened)
			must(t, err)
			if len(damage) == 1 {
				found++
			}
			if err := Restore(t.Context(), opened, filepath.Join(t.TempDir(), "d")); !errors.Is(err, ErrDamaged) {
				t.Errorf("%s was restored: %v", name, err)
			}
		} else if errors.Is(err, ErrDamaged) {
			found++
		}
		raw[at] ^= bit
		must(t, os.WriteFile(name, raw, 0o600))
	}
	if found != 300 {
		t.Errorf("%d of 300 flipped bits found", found)
	}
	if damage, err := Verify(t.Context(), s); err != nil || len(damage) != 0 {
		t.Errorf("healed: %v, %v", damage, err)
	}
}

// TestWrite_DoesNotShareWhatRotted: a new snapshot of good data is good even
// when the older copy of a file is not.
func TestWrite_DoesNotShareWhatRotted(t *testing.T) {
	from, root := tree(t, 4), t.TempDir()
	first := snap(t, root, noon, from)
	name := filepath.Join(first.Dir, "history", "d1", "f3")
	raw, err := os.ReadFile(name)
	must(t, err)
	raw[9] ^= 4
	must(t, os.WriteFile(name, raw, 0o600))
	second := snap(t, root, noon.Add(time.Hour), from)
	if damage, err := Verify(t.Context(), second); err != nil || len(damage) != 0 {
		t.Errorf("%v, %v", damage, err)
	}
	if damage, _ := Verify(t.Context(), first); len(damage) != 1 {
		t.Errorf("the first: %v", damage)
	}
}

func TestVerify_NamesWhatIsMissingCutOrForeign(t *testing.T) {
	s := snap(t, t.TempDir(), noon, tree(t, 5))
	must(t, os.Remove(filepath.Join(s.Dir, "history", "d1", "f1")))
	must(t, os.Truncate(filepath.Join(s.Dir, "history", "d0", "f4"), 10))
	must(t, os.WriteFile(filepath.Join(s.Dir, "history", "stray"), nil, 0o600))
	damage, err := Verify(t.Context(), s)
	if err != nil || len(damage) != 3 {
		t.Errorf("%q, %v", damage, err)
	}
}

func TestOpen_RefusesForeignFolders(t *testing.T) {
	if _, err := Open(t.TempDir()); !errors.Is(err, ErrNoSnapshot) {
		t.Errorf("an empty folder: %v", err)
	}
}
