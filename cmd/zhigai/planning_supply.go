package main

import (
	"context"
	"slices"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/shop/material"
	"zhigai/shop/planning"
)

// supply tells a state of orders what there is of what they take, and who else
// takes of it.
func (p planFacts) supply(ctx context.Context, scope access.Scope, s *planning.State) error {
	items, numbers := takenBy(s.Orders)
	if len(items) == 0 {
		return nil
	}
	found, err := p.material.Supply(ctx, scope.Tenant, items, numbers)
	if err != nil || len(found.Kept) == 0 {
		return err
	}
	if scope.Path != "" { // orders of other places take of the same stock
		all, err := p.orders.Open(ctx, access.Scope{Tenant: scope.Tenant})
		if err != nil {
			return err
		}
		for _, o := range all {
			if !plant.Within(o.Place, scope.Path) {
				s.Others = append(s.Others, planOrder(o))
			}
		}
		_, numbers = takenBy(s.Others)
		used, err := p.material.Supply(ctx, scope.Tenant, found.Kept, numbers)
		if err != nil {
			return err
		}
		found.Used = append(found.Used, used.Used...)
	}
	s.Supply = supplyOf(found)
	tell(s, found)
	return nil
}

// takenBy are the items that jobs of orders take, and the numbers of the orders.
func takenBy(orders []planning.Order) (items, numbers []string) {
	seen := map[string]bool{}
	for i := range orders {
		numbers = append(numbers, orders[i].Number)
		for k := range orders[i].Jobs {
			for _, m := range orders[i].Jobs[k].Materials {
				if !seen[m.Item] {
					seen[m.Item], items = true, append(items, m.Item)
				}
			}
		}
	}
	return items, numbers
}

// supplyOf is what there is of items as planning sees it.
func supplyOf(found material.Supply) []planning.Supply {
	out := make([]planning.Supply, len(found.Kept))
	at := map[string]*planning.Supply{}
	for i, code := range found.Kept {
		out[i].Item, at[code] = code, &out[i]
	}
	for _, l := range found.Stock {
		if s := at[l.Item]; s != nil {
			s.Stock = append(s.Stock, planning.Stock{Path: l.Path, Quantity: l.Quantity})
		}
	}
	for _, a := range found.Arrivals {
		if s := at[a.Item]; s != nil {
			s.Arrivals = append(s.Arrivals, planning.Arrival{ID: a.ID, Path: a.Path, Party: a.Party, Reference: a.Reference, Due: a.Due, Quantity: a.Left()})
		}
	}
	return out
}

// tell says to orders what is kept for them and what their jobs have used.
func tell(s *planning.State, found material.Supply) {
	orders := map[string]*planning.Order{}
	for _, all := range [][]planning.Order{s.Orders, s.Others} {
		for i := range all {
			orders[all[i].Number] = &all[i]
		}
	}
	type kept struct{ order, item string }
	used := map[kept]plant.Quantity{}
	for _, u := range found.Used {
		used[kept{u.Order, u.Item}] += u.Quantity
		if o := orders[u.Order]; o != nil {
			if k := slices.IndexFunc(o.Jobs, func(j planning.Job) bool { return j.No == u.Job }); k >= 0 {
				o.Jobs[k].Used = append(o.Jobs[k].Used, planning.Amount{Item: u.Item, Quantity: u.Quantity})
			}
		}
	}
	for _, r := range found.Reservations {
		left := r.Quantity - used[kept{r.Order, r.Item}]
		if o := orders[r.Order]; o != nil && left > 0 {
			o.Reserved = append(o.Reserved, planning.Amount{Item: r.Item, Quantity: left})
		}
	}
}
