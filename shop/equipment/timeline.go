package equipment

import (
	"sort"

	"zhigai/plant"
)

// timeline is a text signal over time: the product or the order at a machine.
type timeline struct {
	from  []plant.Micros
	value []string
	known []bool
}

// newTimeline keeps changes only. A bad text is not known.
func newTimeline(texts []plant.Text) timeline {
	var t timeline
	for _, x := range texts {
		known, value := !x.Quality.IsBad(), x.Value
		if !known {
			value = ""
		}
		n := len(t.from)
		if n > 0 && t.from[n-1] == x.Time {
			t.value[n-1], t.known[n-1] = value, known
			continue
		}
		if n > 0 && t.value[n-1] == value && t.known[n-1] == known {
			continue
		}
		t.from, t.value, t.known = append(t.from, x.Time), append(t.value, value), append(t.known, known)
	}
	return t
}

// at is the text at an instant, "" before the first.
func (t timeline) at(at plant.Micros) string {
	if i := t.index(at); i >= 0 {
		return t.value[i]
	}
	return ""
}

// order says whether an order is registered at an instant.
func (t timeline) order(at plant.Micros) (Ordered, string) {
	i := t.index(at)
	switch {
	case i < 0 || !t.known[i]:
		return OrderUnknown, ""
	case t.value[i] == "":
		return OrderNo, ""
	}
	return OrderYes, t.value[i]
}

func (t timeline) index(at plant.Micros) int {
	return sort.Search(len(t.from), func(i int) bool { return t.from[i] > at }) - 1
}

// reader answers for rising instants without a search.
func (t timeline) reader() func(at plant.Micros) string {
	next := 0
	return func(at plant.Micros) string {
		for next < len(t.from) && t.from[next] <= at {
			next++
		}
		if next == 0 {
			return ""
		}
		return t.value[next-1]
	}
}
