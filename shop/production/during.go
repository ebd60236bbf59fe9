package production

import (
	"context"

	"zhigai/access"
	"zhigai/plant"
)

// Counted is an order with what its jobs have made and how they are done.
type Counted struct {
	Order
	Definition *Definition // nil before the order is released
}

// During are orders that somebody worked on, or that are due, during the
// filter's interval; by due date.
func (d *Desk) During(ctx context.Context, who access.Principal, f OrderFilter) ([]Counted, error) {
	heads, err := d.List(ctx, who, f)
	if err != nil {
		return nil, err
	}
	return d.counted(ctx, who.Scope.Tenant, heads)
}

// counted folds the orders of heads, and reads each definition once.
func (d *Desk) counted(ctx context.Context, tenant plant.TenantNo, heads []Head) ([]Counted, error) {
	type key struct {
		product  string
		revision int
	}
	known := map[key]*Definition{}
	out := make([]Counted, 0, len(heads))
	for _, h := range heads {
		steps, err := d.o.Store.Steps(ctx, tenant, h.ID)
		if err != nil {
			return nil, err
		}
		o := Counted{Order: Fold(h.ID, steps)}
		if len(o.Jobs) > 0 {
			k := key{o.Product, o.Revision}
			if known[k] == nil {
				def, err := d.o.Store.Definition(ctx, tenant, o.Product, o.Revision)
				if err != nil {
					return nil, err
				}
				known[k] = &def
			}
			o.Definition = known[k]
		}
		out = append(out, o)
	}
	orders := make([]*Order, len(out))
	for i := range out {
		orders[i] = &out[i].Order
	}
	counts, typed, err := d.countsOf(ctx, tenant, orders...)
	if err != nil {
		return nil, err
	}
	for _, o := range orders {
		o.count(counts, typed)
	}
	return out, nil
}
