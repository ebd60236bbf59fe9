package production

import (
	"context"

	"zhigai/access"
)

// Done is an order with what was made in it, and how it was to be made.
type Done struct {
	Order
	Definition Definition
}

// During are orders that somebody worked on, or that are due, during the
// filter's interval, with what their machines counted; by due date.
func (d *Desk) During(ctx context.Context, who access.Principal, f OrderFilter) ([]Done, error) {
	heads, err := d.List(ctx, who, f)
	if err != nil {
		return nil, err
	}
	type revision struct {
		product string
		no      int
	}
	known := map[revision]Definition{}
	out := make([]Done, 0, len(heads))
	for _, h := range heads {
		o, _, err := d.load(ctx, who, h.ID)
		if err != nil {
			return nil, err
		}
		one := Done{Order: o}
		if len(o.Jobs) > 0 {
			at := revision{o.Product, o.Revision}
			def, ok := known[at]
			if !ok {
				if def, err = d.o.Store.Definition(ctx, who.Scope.Tenant, o.Product, o.Revision); err != nil {
					return nil, err
				}
				known[at] = def
			}
			one.Definition = def
		}
		if _, err := d.count(ctx, who.Scope.Tenant, &one.Order); err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}
