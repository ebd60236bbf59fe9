package certificate

import (
	"testing"

	"zhigai/plant"
	"zhigai/shop/quality"
)

// Which measurements are of the goods: what names them, and what a machine measured by
// itself while the order ran there.
func TestFacts_Holds(t *testing.T) {
	lot := Lot{ID: "ring:1", Number: "1", Machine: "M1", Began: 3 * hour, Made: 4 * hour}
	whole := Facts{Order: order(), Lots: []Lot{lot, {ID: "ring:2", Number: "2"}}}
	one := Facts{Order: order(), Lot: lot.ID, Lots: []Lot{lot}}
	at := func(place string, s quality.Subgroup) (quality.Characteristic, quality.Subgroup) {
		return quality.Characteristic{Place: plant.NodeID(place)}, s
	}
	for name, c := range map[string]struct {
		place           string
		s               quality.Subgroup
		ofOrder, ofLot1 bool
	}{
		"names the order":                  {"M1", quality.Subgroup{At: 99 * hour, Order: "MO-1"}, true, true},
		"names another order":              {"M1", quality.Subgroup{At: 3 * hour, Order: "MO-2"}, false, false},
		"names the lot":                    {"M9", quality.Subgroup{At: 99 * hour, Lot: "1"}, true, true},
		"names the lot by its id":          {"M9", quality.Subgroup{At: 99 * hour, Lot: "ring:1"}, true, true},
		"names another lot of it":          {"M1", quality.Subgroup{At: 3 * hour, Order: "MO-1", Lot: "2"}, true, false},
		"names a lot that nobody knows":    {"M1", quality.Subgroup{At: 3 * hour, Lot: "7"}, false, false},
		"read while it ran there":          {"M1", quality.Subgroup{At: 5 * hour, By: "tag:d"}, true, false},
		"read while the lot was made":      {"M1", quality.Subgroup{At: 3*hour + 1, By: "tag:d"}, true, true},
		"read at the machine afterwards":   {"M1", quality.Subgroup{At: 9 * hour, By: "tag:d"}, false, false},
		"read where it runs still":         {"M2", quality.Subgroup{At: 90 * hour, By: "tag:d"}, true, true},
		"read at a machine of other goods": {"M3", quality.Subgroup{At: 3 * hour, By: "tag:d"}, false, false},
	} {
		ch, s := at(c.place, c.s)
		if got := whole.holds(&ch, &s); got != c.ofOrder {
			t.Errorf("%s: of the order %v", name, got)
		}
		if got := one.holds(&ch, &s); got != c.ofLot1 {
			t.Errorf("%s: of lot 1 %v", name, got)
		}
	}
}
