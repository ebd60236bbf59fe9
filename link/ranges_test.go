package link

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// A set of bits is the model of Ranges.
func TestRanges_LikeASet(t *testing.T) {
	const n = 64
	dice := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		var s Ranges
		var set [n + 2]bool
		for range dice.IntN(12) {
			from := 1 + dice.Uint64N(n)
			r := Range{from, from + dice.Uint64N(n-from+1)}
			before := slices.Clone(s)
			next := s.Add(r)
			if !slices.Equal(before, s) {
				t.Fatalf("Add(%v) changed its receiver %v", r, before)
			}
			s = next
			for i := r.From; i <= r.To; i++ {
				set[i] = true
			}
		}
		if !s.valid() {
			t.Fatalf("%v is not valid", s)
		}
		var count, prefix uint64
		for i := uint64(1); i <= n; i++ {
			if s.Has(i) != set[i] {
				t.Fatalf("%v.Has(%d) = %v", s, i, !set[i])
			}
			if set[i] {
				count++
				if prefix == i-1 {
					prefix = i
				}
			}
		}
		if s.Len() != count || s.Prefix() != prefix || s.Has(0) || s.Has(n+1) {
			t.Fatalf("%v: Len %d, Prefix %d; want %d, %d", s, s.Len(), s.Prefix(), count, prefix)
		}
		within := Range{1 + dice.Uint64N(n/2), n/2 + dice.Uint64N(n/2)}
		missing := s.Missing(within)
		if !missing.valid() {
			t.Fatalf("%v.Missing(%v) = %v", s, within, missing)
		}
		for i := uint64(1); i <= n; i++ {
			if want := i >= within.From && i <= within.To && !set[i]; missing.Has(i) != want {
				t.Fatalf("%v.Missing(%v) = %v; %d: want %v", s, within, missing, i, want)
			}
		}
	}
}

func TestRanges_Edges(t *testing.T) {
	s := Ranges{}.Add(Range{maxSeq, maxSeq}).Add(Range{1, 1}).Add(Range{maxSeq - 1, maxSeq - 1})
	if want := (Ranges{{1, 1}, {maxSeq - 1, maxSeq}}); !slices.Equal(s, want) {
		t.Errorf("%v; want %v", s, want)
	}
	for _, bad := range []Ranges{{{0, 1}}, {{2, 1}}, {{1, 2}, {3, 4}}, {{5, 6}, {1, 2}}, {{1, 4}, {4, 6}}} {
		if bad.valid() {
			t.Errorf("%v is valid", bad)
		}
	}
}
