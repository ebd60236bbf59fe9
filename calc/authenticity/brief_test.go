package authenticity

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
)

// between compares brief sketches in so many passes.
func between(t *testing.T, passes int, all ...Labelled) []Match {
	t.Helper()
	hashes := 0
	for i := range all {
		s, err := ParseBrief(all[i].Text())
		if err != nil {
			t.Fatal(err)
		}
		all[i].Sketch = s
		hashes += len(s.Shapes) + len(s.Clocks)
	}
	out, full, err := Between(all[0].Day, hashes, max(1, hashes/passes), func(yield func(Labelled) error) error {
		for _, l := range all {
			if err := yield(l); err != nil {
				return err
			}
		}
		return nil
	}, func(a, b string) bool { return a[0] != b[0] })
	if err != nil || full {
		t.Fatalf("compared: full %t, %v", full, err)
	}
	return out
}

// TestBetween_CopiesAmongFirms: what is copied is found through brief sketches,
// scaled or not, in one pass or in many; honest machines of one kind are not.
func TestBetween_CopiesAmongFirms(t *testing.T) {
	first := newMachine(5).day(0)
	from := first.Known[0].From + 2*hour
	honest := func(n uint64) Labelled {
		return label(fmt.Sprintf("%d", n%7), fmt.Sprint("m", n), 0, newMachine(n).day(0))
	}
	var all []Labelled
	for n := range uint64(60) {
		all = append(all, honest(1000+n))
	}
	if got := between(t, 1, all...); len(got) != 0 {
		t.Errorf("%d honest machines are accused: %+v", len(all), got)
	}
	all = append(
		all, label("a", "source", 0, first),
		label("b", "whole", 0, part(newMachine(6).day(0), first, from-2*hour, from+8*hour, 0, 1, 0)),
		label("c", "scaled", 0, part(newMachine(7).day(0), first, from, from+3*hour, 30*minute, 1.07, 3)),
		label("a", "sister", 0, first), // of the same owner: its own plant looks after that
	)
	want := between(t, 1, all...)
	var pairs []string
	for _, m := range want {
		if m.Kind == CopiedFirm {
			pairs = append(pairs, m.A.Machine+" "+m.B.Machine)
		}
	}
	slices.Sort(pairs)
	if !slices.Equal(pairs, []string{"sister scaled", "sister whole", "source scaled", "source whole", "whole scaled"}) {
		t.Errorf("copies: %v", pairs)
	}
	for _, passes := range []int{2, 7, 64} {
		if got := between(t, passes, all...); !reflect.DeepEqual(got, want) {
			t.Errorf("in %d passes: %+v; want %+v", passes, got, want)
		}
	}
	slices.Reverse(all)
	all[0], all[len(all)-1] = all[len(all)-1], all[0]
	if got := between(t, 3, all...); !reflect.DeepEqual(got, want) {
		t.Errorf("in another order: %+v; want %+v", got, want)
	}
	other := between(t, 1, label("x", "m", 1, newMachine(77).day(1)), label("a", "source", 0, first), label("b", "copy", 0, first))
	if len(other) != 0 {
		t.Errorf("two earlier days are none of today's: %+v", other)
	}
}

// TestText_IsSmall: a busy day's sketch goes up in less than a kilobyte.
func TestText_IsSmall(t *testing.T) {
	s := SketchOf(newMachine(5).day(0))
	text := s.Text()
	if len(s.Shapes) < 2*briefShapes || len(text) > 900 {
		t.Errorf("%d hashes give %d letters", len(s.Shapes), len(text))
	}
	if got, err := ParseBrief(text); err != nil || !slices.Equal(got.Shapes, s.Shapes[:briefShapes]) {
		t.Errorf("read back: %v", err)
	}
	for _, bad := range []string{"x", "AA", "AAA", text[:len(text)-3], text + "AAAA", "AgAAAAAAAAAAAQAAAAAAAAAB"} {
		if _, err := ParseBrief(bad); !errors.Is(err, ErrSketch) {
			t.Errorf("%.40q: %v", bad, err)
		}
	}
}

func FuzzParseBrief(f *testing.F) {
	f.Add(SketchOf(newMachine(5).day(0)).Text())
	f.Add("")
	f.Add("AQAAAAAAAAAAAQ")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseBrief(text)
		if err == nil && s.Text() != text {
			t.Errorf("%q is written as %q", text, s.Text())
		}
	})
}
