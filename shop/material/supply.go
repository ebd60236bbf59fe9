package material

import (
	"context"
	"slices"

	"zhigai/plant"
)

// Supply is what planning asks of items: what lies where, what is expected, and
// what orders keep and have used.
type Supply struct {
	// Kept are the items of which books are kept: something was booked of them once,
	// or is expected. Of others nothing is known, not even that there is none.
	Kept         []string
	Stock        []Lying
	Arrivals     []Arrival // of which something is still to come, what comes first first
	Reservations []Reservation
	Used         []Usage
}

// Lying is what of an item may be used at one place of the plant: not blocked, not
// expired, not in quarantine.
type Lying struct {
	Item     string
	Path     string // of the place
	Quantity plant.Quantity
}

// Usage is what a job has used of an item.
type Usage struct {
	Order    string // number
	Job      int
	Item     string
	Quantity plant.Quantity
}

// Supply tells of items what there is of them, and of orders, by number, what
// they used. It is the node's question: whoever asks in the name of a person
// must not show more than the person may see.
func (d *Desk) Supply(ctx context.Context, tenant plant.TenantNo, items, orders []string) (Supply, error) {
	if len(items) == 0 {
		return Supply{}, nil
	}
	slices.Sort(items)
	s, err := d.o.Store.Supply(ctx, tenant, slices.Compact(items), orders, day(d.o.Now()))
	slices.SortFunc(s.Arrivals, Arrival.before)
	return s, err
}
