package main

import (
	"context"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/shop/energy"
	"zhigai/shop/planning"
)

// shiftsOf tells energy which jobs of the plan in use could run at another time. The
// desk of plans is asked for when it is needed: energy is made before it.
type shiftsOf struct{ n *node }

// Cheaper implements energy.Plans.
func (s shiftsOf) Cheaper(ctx context.Context, scope access.Scope, place string, until plant.Instant, price func(machine plant.NodeID, from, to plant.Instant) (int64, bool)) (energy.Shiftable, error) {
	got, err := s.n.planning.Cheaper(ctx, scope, place, until, price)
	if err != nil {
		return energy.Shiftable{}, err
	}
	out := energy.Shiftable{Plan: got.Head.ID, Number: got.Head.Number, Place: got.Head.Place, Priced: got.Priced, Still: got.Still, Cost: got.Cost, Was: plannedOf(got.Was), Then: plannedOf(got.Load)}
	for _, m := range got.Moves {
		out.Jobs = append(out.Jobs, energy.ShiftedJob{
			Order: m.Order, Number: m.Number, Product: m.Product, Job: m.Job, Name: m.Name, Machine: m.Equipment,
			From: m.Was.From, To: m.Was.To, NewFrom: m.Then.From, NewTo: m.Then.To, Cost: m.Cost, Saved: m.Saved,
		})
	}
	return out, nil
}

func plannedOf(all []planning.Placement) []energy.Planned {
	out := make([]energy.Planned, len(all))
	for i, p := range all {
		out[i] = energy.Planned{Machine: p.Equipment, From: p.From, To: p.To}
	}
	return out
}
