package enterprise

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"zhigai/plant"
)

// fits is the filter over an entry, but for its text; record has the same in SQL.
func (f Filter) fits(e *Entry) bool {
	return strings.HasPrefix(e.Region, f.Region) && strings.HasPrefix(e.Sector, f.Industry) &&
		(f.Size == "" || f.Size == e.Size) && (f.Cluster == "" || f.Cluster == e.Cluster) &&
		(!f.AboveScale || e.AboveScale) && (!f.Doubt || e.Doubt) &&
		(f.Backbone == "" || e.BackboneFrom != "" && e.BackboneFrom <= f.Backbone && (e.BackboneTo == "" || f.Backbone < e.BackboneTo))
}

// place is where an entry stands in an order. Numbers go in 19 digits, so that
// as texts they have their order.
func (e *Entry) place(by Sort) Place {
	switch by {
	case BySales:
		return Place{NumberKey(e.Sales), e.ID}
	case ByChanged:
		return Place{NumberKey(e.Seq), e.ID}
	}
	return Place{e.Sort, e.ID}
}

// NumberKey is a number as the key of a place; −1 and more.
func NumberKey(n int64) string { return fmt.Sprintf("%019d", n+1) }

// KeyNumber reads it back.
func KeyNumber(key string) (int64, error) {
	n, err := strconv.ParseInt(key, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%w: the cursor is not one that this list gave", ErrInvalid)
	}
	return n - 1, nil
}

// Descends reports whether an order goes from the greatest on; ids do as well.
func (by Sort) Descends() bool { return strings.HasPrefix(string(by), "-") }

func sortMicros(s []plant.Micros) { slices.Sort(s) }

func joined(codes []string) string { return strings.Join(codes, " ") }
