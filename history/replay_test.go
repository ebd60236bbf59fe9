package history

import (
	"errors"
	"path/filepath"
	"reflect"
	"testing"

	"zhigai/plant"
)

// TestReplay_CopyBecomesTheOriginal: a copy brought forward by the log says what
// the original says, with the same places and recorded times; batches that do
// not follow are refused.
func TestReplay_CopyBecomesTheOriginal(t *testing.T) {
	dir := t.TempDir()
	s := reopened(t, filepath.Join(dir, "a"), Options{MarkLate: true})
	must(t, s.SaveCursor("keeps", 0))
	add := func(from, n int) {
		for i := range n {
			at := 1_700_000_000_000_000 + plant.Micros((from+i)%7)
			if _, err := s.Append(t.Context(), plant.TenantNo(1+i%2), plant.Batch{Samples: []plant.Sample{{Tag: 1, Time: at, Value: float64(from + i)}}, Texts: []plant.Text{{Tag: 2, Time: at, Value: "x"}}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	add(0, 20)
	last, err := s.Checkpoint(filepath.Join(dir, "b"))
	must(t, err)
	if last != 20 {
		t.Fatalf("the copy ends at %d; want 20", last)
	}
	add(20, 30)
	copied := reopened(t, filepath.Join(dir, "b"), Options{})
	defer func() { must(t, copied.Close()) }()
	all, err := s.Read(t.Context(), 0, 100)
	must(t, err)
	if err := copied.Replay(t.Context(), all[25:]...); !errors.Is(err, ErrConflict) {
		t.Errorf("a hole was taken: %v", err)
	}
	must(t, copied.Replay(t.Context(), all[20:]...))
	got, err := copied.Read(t.Context(), 0, 100)
	must(t, err)
	if !reflect.DeepEqual(got, all) {
		t.Error("the logs differ")
	}
	for tenant := plant.TenantNo(1); tenant <= 2; tenant++ {
		a, err := s.Superseded(t.Context(), tenant, 1, minTime, maxTime)
		must(t, err)
		b, err := copied.Superseded(t.Context(), tenant, 1, minTime, maxTime)
		must(t, err)
		if len(a) == 0 || !reflect.DeepEqual(a, b) {
			t.Errorf("tenant %d: replaced values are %v; want %v", tenant, b, a)
		}
	}
	must(t, s.Close())
}

func reopened(t *testing.T, dir string, o Options) *Store {
	t.Helper()
	s, err := Open(dir, o)
	must(t, err)
	return s
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
