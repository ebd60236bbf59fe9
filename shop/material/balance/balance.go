// Package balance says what became of an item's stock in a window: what was there,
// what came, what was used, what got lost, and how much lay there on average; from
// that the KPIs of ISO 22400-2 that are about inventories. It is a fold over
// bookings, in whatever order they came, with the lots behind every figure.
//
// It books nothing and stores nothing. Items are never added up: their units
// differ, and nobody enters prices. Start with [Fold] and [Desk.Figures].
package balance

import (
	"cmp"
	"math/big"
	"slices"

	"zhigai/plant"
	"zhigai/shop/material"
)

// Names of the terms of an item. Quantities are in millionths of its unit.
const (
	Opening   = "stock_opening"   // at the beginning of the window
	Closing   = "stock_closing"   // at its end
	Average   = "stock_average"   // over the time of the window
	Received  = "stock_received"  // from suppliers
	Produced  = "stock_produced"  // by jobs
	MovedIn   = "stock_moved_in"  // from places that are not asked about
	MovedOut  = "stock_moved_out" // to such
	Consumed  = "stock_consumed"  // by jobs (CM)
	Shipped   = "stock_shipped"   // to customers
	Scrapped  = "stock_scrapped"  // without an order: in storage or on the way
	Discarded = "stock_discarded" // scrapped for an order
	Missing   = "stock_missing"   // expected less counted, all counts
	Adjusted  = "stock_adjusted"  // found more, less found less
	Bins      = "bins"            // lots in locations
	Sure      = "bins_sure"       // of them never below nothing in the window
	WindowMs  = "window_ms"
)

// TermNames are all of them.
func TermNames() []string {
	return []string{Opening, Closing, Average, Received, Produced, MovedIn, MovedOut, Consumed, Shipped, Scrapped, Discarded, Missing, Adjusted, Bins, Sure, WindowMs}
}

// Leg is what an entry did to one lot in one location, with what else is known of
// the entry.
type Leg struct {
	material.Leg
	Item  string
	Order string // "" for none
}

// Lot is one lot of an item with its terms; those of untracked items are one lot.
type Lot struct {
	Lot     string           `json:"lot" doc:"Item and number, parted by ':'"`
	Entries int              `json:"entries" doc:"Bookings in the window"`
	Terms   map[string]int64 `json:"terms"`
}

// Fold makes the lots of one item from all its legs before to, whatever order they
// came in; by lot. In every lot
// Opening + Received + Produced + MovedIn − MovedOut − Consumed − Shipped − Scrapped − Discarded − Missing + Adjusted = Closing,
// but for what a split or a merge took to another lot.
func Fold(legs []Leg, from, to plant.Instant) []Lot {
	legs = slices.SortedStableFunc(slices.Values(legs), func(a, b Leg) int {
		return cmp.Or(cmp.Compare(a.Lot, b.Lot), cmp.Compare(a.Location, b.Location), cmp.Compare(a.At, b.At), cmp.Compare(a.Entry, b.Entry))
	})
	out := []Lot{}
	for len(legs) > 0 {
		n := endOf(legs, func(l Leg) bool { return l.Lot == legs[0].Lot })
		out = append(out, foldLot(legs[:n], from, to))
		legs = legs[n:]
	}
	return slices.DeleteFunc(out, func(l Lot) bool { return l.Entries == 0 && l.Terms[Average] == 0 && l.Terms[Bins] == 0 })
}

// endOf is how many legs at the beginning belong together.
func endOf(legs []Leg, same func(Leg) bool) int {
	if n := slices.IndexFunc(legs, func(l Leg) bool { return !same(l) }); n >= 0 {
		return n
	}
	return len(legs)
}

func foldLot(legs []Leg, from, to plant.Instant) Lot {
	l := Lot{Lot: legs[0].Lot, Terms: map[string]int64{}}
	area, moved, entries := new(big.Int), map[string]int64{}, map[string]bool{}
	for len(legs) > 0 {
		n := endOf(legs, func(x Leg) bool { return x.Location == legs[0].Location })
		l.bin(legs[:n], from, to, area)
		for _, x := range legs[:n] {
			if x.At >= from && x.At < to {
				entries[x.Entry] = true
				if x.What == material.Moved {
					moved[x.Entry] += int64(x.Quantity)
				}
			}
		}
		legs = legs[n:]
	}
	for _, q := range moved { // from one place that is asked about to another is nothing
		l.Terms[MovedIn] += max(q, 0)
		l.Terms[MovedOut] += max(-q, 0)
	}
	l.Entries = len(entries)
	l.Terms[Average] = quotient(area, int64(to-from))
	for name, n := range l.Terms {
		if n == 0 {
			delete(l.Terms, name)
		}
	}
	return l
}

// bin follows one lot in one location, and adds what lay there × time to area.
func (l *Lot) bin(legs []Leg, from, to plant.Instant, area *big.Int) {
	q, since := int64(0), from
	lay := func(until plant.Instant) {
		if until > since {
			area.Add(area, new(big.Int).Mul(big.NewInt(q), big.NewInt(int64(until-since))))
			since = until
		}
	}
	below, touched := false, false
	for _, x := range legs {
		if x.At >= to {
			break
		}
		lay(x.At)
		if x.At >= from && !touched {
			touched = true
			l.Terms[Opening] += q
			below = q < 0
		}
		n := int64(x.Quantity)
		if x.Count {
			if x.At >= from {
				l.Terms[Missing] += q - n
			}
			q = n
			continue
		}
		q += n
		if x.At >= from {
			below = below || q < 0
			if name, quantity := termOf(x); name != "" {
				l.Terms[name] += quantity
			}
		}
	}
	if !touched {
		l.Terms[Opening] += q
		below = q < 0
	}
	lay(to)
	l.Terms[Closing] += q
	if q == 0 && !touched {
		return
	}
	l.Terms[Bins]++
	if !below {
		l.Terms[Sure]++
	}
}

// termOf names the term that a leg belongs to, as a positive quantity when it
// leaves the bin; "" for moves, which are added up by entry, and for splits and
// merges, of which the other lot has as much.
func termOf(l Leg) (name string, quantity int64) {
	q := int64(l.Quantity)
	switch l.What {
	case material.Received:
		return Received, q
	case material.Produced:
		return Produced, q
	case material.Consumed:
		return Consumed, -q
	case material.Shipped:
		return Shipped, -q
	case material.Scrapped:
		if l.Order != "" {
			return Discarded, -q
		}
		return Scrapped, -q
	case material.Adjusted:
		return Adjusted, q
	default:
		return "", 0
	}
}

// quotient is n ÷ d to the nearest whole number, halves away from nought.
func quotient(n *big.Int, d int64) int64 {
	half := new(big.Int).Rsh(big.NewInt(d), 1)
	if n.Sign() < 0 {
		half.Neg(half)
	}
	return new(big.Int).Quo(new(big.Int).Add(n, half), big.NewInt(d)).Int64()
}
