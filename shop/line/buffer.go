package line

import (
	"cmp"
	"slices"
)

// settleMs is how far what a machine says of its state and of its count may lie
// apart: both come by polling, once a second.
const settleMs = 2000

// change is a number of parts that come or go at an instant.
type change struct{ at, n int64 }

// level is time in which as many parts were in a buffer.
type level struct {
	span
	parts int64
}

// Anchor is from where the content of a buffer is counted.
type Anchor string

const (
	AnchorEmpty Anchor = "empty" // its lowest content in the window is taken for none
	AnchorFull  Anchor = "full"  // its highest content is taken for full
	AnchorNone  Anchor = "none"  // it cannot be told from counts
)

// levels adds changes up over [from, to), from 0 on.
func levels(changes []change, from, to int64) []level {
	slices.SortStableFunc(changes, func(a, b change) int { return cmp.Compare(a.at, b.at) })
	var out []level
	at, parts := from, int64(0)
	for i := 0; i < len(changes); {
		t := changes[i].at
		if t >= to {
			break
		}
		if t > at {
			out, at = append(out, level{span{at, t}, parts}), t
		}
		for ; i < len(changes) && changes[i].at == t; i++ {
			parts += changes[i].n
		}
	}
	return append(out, level{span{at, to}, parts})
}

// bounds are the lowest and the highest content that held for a while: what is
// over at once comes of two clocks.
func bounds(all []level) (lowest, highest int64) {
	found := false
	for _, least := range []int64{settleMs, 0} {
		for _, l := range all {
			if l.to-l.from < least {
				continue
			}
			if !found {
				lowest, highest, found = l.parts, l.parts, true
			}
			lowest, highest = min(lowest, l.parts), max(highest, l.parts)
		}
		if found {
			break
		}
	}
	return lowest, highest
}

// settle counts the content of a buffer from an anchor. That it was empty once is
// taken for so, unless it was full more likely: of the time in which the station
// before stood without a word, more lies at the highest content than of that of
// the station behind at the lowest. Contents are at least what they are said to be
// when anchored empty, at most when full.
func settle(all []level, capacity *int64, before, behind []span) ([]level, Anchor) {
	lowest, highest := bounds(all)
	anchor, offset := AnchorEmpty, -lowest
	if capacity != nil && highest-lowest < *capacity {
		var low, high int64
		for _, l := range all {
			switch {
			case l.parts <= lowest:
				low += within(behind, l.span)
			case l.parts >= highest:
				high += within(before, l.span)
			}
		}
		if high > low {
			anchor, offset = AnchorFull, *capacity-highest
		}
	}
	out := slices.Clone(all)
	for i := range out {
		out[i].parts = max(out[i].parts+offset, 0)
	}
	return out, anchor
}

// within is how much of a span lies in spans, which are disjoint and in order.
func within(spans []span, s span) (ms int64) {
	first, _ := slices.BinarySearchFunc(spans, s.from, func(x span, at int64) int { return cmp.Compare(x.to, at+1) })
	for _, x := range spans[first:] {
		if x.from >= s.to {
			break
		}
		ms += max(0, min(x.to, s.to)-max(x.from, s.from))
	}
	return ms
}

// union joins spans.
func union(all []span) []span {
	slices.SortFunc(all, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	var out []span
	for _, s := range all {
		if n := len(out); n > 0 && s.from <= out[n-1].to {
			out[n-1].to = max(out[n-1].to, s.to)
			continue
		}
		out = append(out, s)
	}
	return out
}

func total(spans []span) (ms int64) {
	for _, s := range spans {
		ms += s.to - s.from
	}
	return ms
}
