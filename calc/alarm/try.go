package alarm

import (
	"cmp"
	"slices"
)

// Span is time in µs, half open.
type Span struct{ From, To int64 }

// Joined sorts spans and joins those that touch or overlap.
func Joined(spans []Span) []Span {
	slices.SortFunc(spans, func(a, b Span) int { return cmp.Compare(a.From, b.From) })
	var out []Span
	for _, s := range spans {
		if n := len(out); n > 0 && s.From <= out[n-1].To {
			out[n-1].To = max(out[n-1].To, s.To)
			continue
		}
		out = append(out, s)
	}
	return out
}

// Trial is what a rule would have done over a stretch of history.
type Trial struct {
	Count   int
	PerDay  float64
	StoodUs int64 // all firings together
	Longest int64 // µs
	// BeforeStops are firings that began before a stop and no more than the given
	// time before it; InStops those that began while the machine stood already, which
	// nobody needs.
	BeforeStops, InStops int
	// Stops are the stops of the stretch, Foreseen those that a firing came before.
	Stops, Foreseen int
	Floods          []Flood
	// Before says of each firing how long before the next stop it began, µs; -1
	// where no stop came within the given time.
	Before []int64
}

// Try judges firings of [from, to) by the stops of the same machine. Both are in
// order of time and each without overlap. within is how long before a stop a firing
// must begin to count as a warning, µs.
//
// It asks nothing of where the firings come from: limits, control charts, baselines
// and rules of diagnosis are tried alike.
func Try(firings, stops []Span, from, to, within int64) Trial {
	t := Trial{Count: len(firings), Stops: len(stops), Before: make([]int64, len(firings))}
	if to > from {
		t.PerDay = float64(len(firings)) * float64(day) / float64(to-from)
	}
	foreseen := make([]bool, len(stops))
	begins := make([]int64, len(firings))
	next := 0
	for i, f := range firings {
		begins[i] = f.From
		t.StoodUs += f.To - f.From
		t.Longest = max(t.Longest, f.To-f.From)
		for next < len(stops) && stops[next].To <= f.From {
			next++
		}
		t.Before[i] = -1
		at := next
		if at < len(stops) && stops[at].From <= f.From {
			t.InStops++
			continue
		}
		if at < len(stops) && stops[at].From-f.From <= within {
			t.BeforeStops++
			t.Before[i], foreseen[at] = stops[at].From-f.From, true
		}
	}
	for _, yes := range foreseen {
		if yes {
			t.Foreseen++
		}
	}
	slices.Sort(begins)
	t.Floods = Floods(begins)
	return t
}
