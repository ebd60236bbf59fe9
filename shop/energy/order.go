package energy

import (
	"context"
	"fmt"
	"slices"

	"zhigai/access"
	"zhigai/plant"
)

// OrderEnergy is what an order used, from its beginning to its end or now.
type OrderEnergy struct {
	From   plant.Instant `json:"from,omitempty"`
	To     plant.Instant `json:"to,omitempty"`
	Place  plant.NodeID  `json:"place,omitempty" doc:"Whose meters tell"`
	Order  *OrderShare   `json:"order" doc:"Null where nothing is known: reason says why"`
	Reason string        `json:"reason,omitempty" enum:",not_begun,no_meters,too_long"`
}

// OfOrder is what an order used, by the meters of the place that has most of its
// machines.
func (d *Desk) OfOrder(ctx context.Context, who access.Principal, id string) (OrderEnergy, error) {
	if d.o.Orders == nil {
		return OrderEnergy{}, fmt.Errorf("%w: order %s", access.ErrNotFound, id)
	}
	o, err := d.o.Orders.Order(ctx, who, id)
	if err != nil {
		return OrderEnergy{}, err
	}
	out := OrderEnergy{From: o.Began, To: o.Ended}
	if out.From == 0 {
		out.Reason = "not_begun"
		return out, nil
	}
	if out.To == 0 {
		out.To = d.now()
	}
	if out.To.Time().Sub(out.From.Time()) > maxAllocation {
		out.Reason = "too_long"
		return out, nil
	}
	ran := map[plant.NodeID]bool{}
	for _, j := range o.Jobs {
		for _, r := range j.Runs {
			ran[r.Machine] = true
		}
	}
	all, err := d.o.Store.Networks(ctx, who.Scope)
	if err != nil {
		return OrderEnergy{}, err
	}
	best := 0
	for i := range all {
		if n := all[i].meters(ran); n > best {
			best, out.Place = n, all[i].Place
		}
	}
	if best == 0 || out.To <= out.From {
		out.Reason = "no_meters"
		return out, nil
	}
	a, err := d.allocate(ctx, who.Scope, out.Place, out.From, out.To, ran)
	if err != nil {
		return OrderEnergy{}, err
	}
	if i := slices.IndexFunc(a.Orders, func(s OrderShare) bool { return s.ID == id }); i >= 0 {
		out.Order = &a.Orders[i]
	} else {
		out.Reason = "no_meters"
	}
	return out, nil
}

// meters counts machines of which a network tells.
func (n *Network) meters(machines map[plant.NodeID]bool) (out int) {
	for _, m := range n.Meters {
		if m.Medium != Electricity || m.Virtual() && m.Shared == nil {
			continue
		}
		if machines[m.Machine] {
			out++
		}
		if m.Shared == nil {
			continue
		}
		for _, w := range m.Shared.Among {
			if machines[w.Machine] {
				out++
			}
		}
	}
	return out
}
