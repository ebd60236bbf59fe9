package history

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"zhigai/plant"
)

// TestReadOnly_ReadsAndWritesNothing: what is in chunks and what is only in the
// raw log is answered, every call that would write is refused, and no file of
// data changes.
func TestReadOnly_ReadsAndWritesNothing(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	put := func(at plant.Micros) {
		t.Helper()
		if _, err := s.Append(t.Context(), 1, plant.Batch{Samples: []plant.Sample{{Tag: 1, Time: at, Value: float64(at)}}}); err != nil {
			t.Fatal(err)
		}
	}
	put(1)
	if err := s.Flush(); err != nil {
		t.Fatal(err)
	}
	put(2)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	before := filesOf(t, dir)
	if s, err = Open(dir, Options{ReadOnly: true}); err != nil {
		t.Fatal(err)
	}
	var got []plant.Micros
	if err := s.Samples(t.Context(), 1, 1, 0, 10, func(p plant.Sample) bool { got = append(got, p.Time); return true }); err != nil || len(got) != 2 {
		t.Errorf("samples %v, %v", got, err)
	}
	_, appended := s.Append(t.Context(), 1, plant.Batch{Samples: []plant.Sample{{Tag: 1, Time: 3}}})
	_, deleted := s.DeleteBefore(t.Context(), 1, 1, 10)
	for what, err := range map[string]error{"append": appended, "delete": deleted, "flush": s.Flush(), "save a cursor": s.SaveCursor("x", 1), "drop a cursor": s.DropCursor("x")} {
		if !errors.Is(err, ErrReadOnly) {
			t.Errorf("%s: %v; want ErrReadOnly", what, err)
		}
	}
	if err := errors.Join(s.Failed(), s.Close()); err != nil {
		t.Error(err)
	}
	for name, content := range filesOf(t, dir) {
		if before[name] != content {
			t.Errorf("%s changed", name)
		}
	}
	if _, err := Open(t.TempDir(), Options{ReadOnly: true}); err == nil {
		t.Error("a folder without a store opened")
	}
}

func filesOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		out[filepath.Base(name)] = string(raw)
	}
	return out
}
