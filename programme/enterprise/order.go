package enterprise

import (
	"cmp"
	"iter"
	"slices"
	"sort"
	"strings"
)

// mostLate bounds the entries that no order has yet: each search looks at all
// of them, and to take them in is a pass over the order.
const mostLate = 2000

// order is a tenant's entries in one of the orders of lists.
type order struct {
	by Sort
	at []int32 // numbers of entries
	to int     // entries below it are in at, unless they are gone
}

// kept are the orders that are kept; that of changes is the one in which entries
// come.
var kept = []Sort{ByName, BySales}

// compareEntries is whether a stands before b, as their places do: keys first,
// then ids.
func compareEntries(by Sort, a, b *Entry) int {
	var c int
	switch by {
	case BySales:
		c = cmp.Compare(a.Sales, b.Sales)
	case ByChanged:
		c = cmp.Compare(a.Seq, b.Seq)
	default:
		c = strings.Compare(a.Sort, b.Sort)
	}
	if c == 0 {
		c = strings.Compare(a.ID, b.ID)
	}
	if by.Descends() {
		return -c
	}
	return c
}

// entryAt is an entry that stands at a place.
func entryAt(by Sort, p Place) (Entry, error) {
	e := Entry{ID: p.ID, Sort: p.Key}
	if !by.Descends() {
		return e, nil
	}
	number, err := KeyNumber(p.Key)
	e.Sales, e.Seq = number, number
	return e, err
}

// arrange takes late entries into the orders.
func (n *names) arrange() {
	for _, by := range kept {
		o := n.orders[by]
		if o == nil {
			o = &order{by: by}
			n.orders[by] = o
		}
		if len(n.entries)-o.to > mostLate || o.to == 0 {
			o.take(n)
		}
	}
}

func (o *order) take(n *names) {
	compare := func(a, b int32) int { return compareEntries(o.by, &n.entries[a], &n.entries[b]) }
	late := make([]int32, 0, len(n.entries)-o.to)
	for i := o.to; i < len(n.entries); i++ {
		if !n.gone[i] {
			late = append(late, int32(i))
		}
	}
	slices.SortFunc(late, compare)
	next := make([]int32, 0, len(o.at)+len(late))
	for _, i := range o.at {
		if n.gone[i] {
			continue
		}
		for len(late) > 0 && compare(late[0], i) < 0 {
			next, late = append(next, late[0]), late[1:]
		}
		next = append(next, i)
	}
	o.at, o.to = append(next, late...), len(n.entries)
}

// behind gives the numbers of the entries behind a place in an order, nil for
// all of them; late is the number from which on entries are not among them.
func (n *names) behind(by Sort, after *Entry) (all iter.Seq[int], late int) {
	if by == ByChanged {
		end := len(n.entries)
		if after != nil {
			end = sort.Search(end, func(i int) bool { return n.entries[i].Seq >= after.Seq })
		}
		return func(yield func(int) bool) {
			for i := end - 1; i >= 0 && yield(i); i-- {
			}
		}, len(n.entries)
	}
	if by != BySales {
		by = ByName // also the order of who asks for none
	}
	o := n.orders[by]
	from := 0
	if after != nil {
		from = sort.Search(len(o.at), func(i int) bool { return compareEntries(by, &n.entries[o.at[i]], after) > 0 })
	}
	return func(yield func(int) bool) {
		for _, i := range o.at[from:] {
			if !yield(int(i)) {
				return
			}
		}
	}, o.to
}
