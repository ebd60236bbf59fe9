package link

import "slices"

// Range is a run of sequences, both ends included.
type Range struct {
	From uint64 `json:"from"`
	To   uint64 `json:"to"`
}

// Len is how many sequences the range has.
func (r Range) Len() uint64 { return r.To - r.From + 1 }

// Ranges is a set of sequences: rising ranges that neither touch nor overlap.
type Ranges []Range

// Add returns the set with r in it; the receiver is left as it is.
func (s Ranges) Add(r Range) Ranges {
	// The first range that touches r, and the first behind it that does not.
	lo, _ := slices.BinarySearchFunc(s, r.From, func(e Range, from uint64) int {
		if e.To != maxSeq && e.To+1 < from {
			return -1
		}
		return 1
	})
	hi := lo
	for hi < len(s) && (r.To == maxSeq || s[hi].From <= r.To+1) {
		r.From, r.To = min(r.From, s[hi].From), max(r.To, s[hi].To)
		hi++
	}
	out := make(Ranges, 0, len(s)-(hi-lo)+1)
	out = append(out, s[:lo]...)
	out = append(out, r)
	return append(out, s[hi:]...)
}

const maxSeq = ^uint64(0)

// Has reports whether the sequence is in the set.
func (s Ranges) Has(seq uint64) bool {
	_, ok := slices.BinarySearchFunc(s, seq, func(e Range, seq uint64) int {
		switch {
		case e.To < seq:
			return -1
		case e.From > seq:
			return 1
		}
		return 0
	})
	return ok
}

// Missing lists what of r is not in the set, rising.
func (s Ranges) Missing(r Range) Ranges {
	var out Ranges
	from := r.From
	for _, e := range s {
		if e.To < from {
			continue
		}
		if e.From > r.To {
			break
		}
		if e.From > from {
			out = append(out, Range{from, e.From - 1})
		}
		if e.To >= r.To {
			return out
		}
		from = e.To + 1
	}
	if from <= r.To {
		out = append(out, Range{from, r.To})
	}
	return out
}

// Prefix is the last sequence of the unbroken run from 1 on, 0 without one.
func (s Ranges) Prefix() uint64 {
	if len(s) == 0 || s[0].From > 1 {
		return 0
	}
	return s[0].To
}

// Max is the last sequence of the set.
func (s Ranges) Max() uint64 {
	if len(s) == 0 {
		return 0
	}
	return s[len(s)-1].To
}

// Len is how many sequences the set has.
func (s Ranges) Len() uint64 {
	var n uint64
	for _, r := range s {
		n += r.Len()
	}
	return n
}

// valid reports whether the set is as the type says; what a peer sends must be
// checked.
func (s Ranges) valid() bool {
	for i, r := range s {
		if r.From == 0 || r.From > r.To || i > 0 && r.From <= s[i-1].To+1 {
			return false
		}
	}
	return true
}
