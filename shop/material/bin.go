package material

import (
	"cmp"
	"fmt"
	"slices"

	"zhigai/plant"
)

// Bin is what is known of one lot in one location. Its quantity is below zero
// only beside a doubt that says why.
type Bin struct {
	Lot      string         `json:"lot" doc:"Item and number, parted by ':'"`
	Location string         `json:"location"`
	Quantity plant.Quantity `json:"quantity"`
	Doubts   []Doubt        `json:"doubts" nullable:"false" doc:"More was taken than was there; a count mends it"`
	Count    *Count         `json:"count,omitempty" doc:"The last one"`
	At       plant.Instant  `json:"at" doc:"Of the last entry"`
	Last     string         `json:"last" doc:"Id of the last entry"`
}

// Doubt is an entry that took more than there was by all that is known. It is
// booked all the same: it happened.
type Doubt struct {
	Entry string        `json:"entry"`
	At    plant.Instant `json:"at"`
	By    string        `json:"by"`
	What  Kind          `json:"what"`
	Why   string        `json:"why"`
}

// Count is what was found, beside what the bookings said.
type Count struct {
	Entry    string         `json:"entry"`
	At       plant.Instant  `json:"at"`
	By       string         `json:"by"`
	Expected plant.Quantity `json:"expected"`
	Counted  plant.Quantity `json:"counted"`
}

// Difference is expected less counted: what was lost without an entry.
func (c Count) Difference() plant.Quantity { return c.Expected - c.Counted }

// Take follows a leg that happened behind all others. It says no to one that did
// not: then the bin is folded anew.
func (b *Bin) Take(l Leg) bool {
	if b.Last != "" && cmp.Or(cmp.Compare(l.At, b.At), cmp.Compare(l.Entry, b.Last)) <= 0 {
		return false
	}
	b.At, b.Last = l.At, l.Entry
	if l.Count {
		b.Count = &Count{Entry: l.Entry, At: l.At, By: l.By, Expected: b.Quantity, Counted: l.Quantity}
		b.Quantity, b.Doubts = l.Quantity, []Doubt{}
		return true
	}
	had := b.Quantity
	b.Quantity += l.Quantity
	if l.Quantity < 0 && b.Quantity < 0 {
		b.Doubts = append(slices.Clip(b.Doubts), Doubt{
			Entry: l.Entry, At: l.At, By: l.By, What: l.What,
			Why: fmt.Sprintf("%s were taken and %s were there", -l.Quantity, had),
		})
	}
	return true
}

// NewBin is one of which nothing is known.
func NewBin(lot, location string) Bin { return Bin{Lot: lot, Location: location, Doubts: []Doubt{}} }

// FoldBin makes a bin of its legs, whatever order they came in, with every count
// on the way.
func FoldBin(lot, location string, legs []Leg) (Bin, []Count) {
	b, counts := NewBin(lot, location), []Count{}
	for _, l := range slices.SortedStableFunc(slices.Values(legs), func(x, y Leg) int {
		return cmp.Or(cmp.Compare(x.At, y.At), cmp.Compare(x.Entry, y.Entry))
	}) {
		if b.Take(l) && l.Count {
			counts = append(counts, *b.Count)
		}
	}
	return b, counts
}
