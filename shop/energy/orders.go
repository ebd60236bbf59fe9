package energy

import (
	"context"

	"zhigai/access"
	"zhigai/plant"
)

// Orders tells which orders ran at machines, and what they made.
type Orders interface {
	// During are the orders of which a job ran, or was set up for, in [from, to),
	// wherever their place is: a machine may work for another part of the plant.
	During(ctx context.Context, tenant plant.TenantNo, from, to plant.Instant) ([]OrderRuns, error)
	// Order is one that the asker may see; access.ErrNotFound without.
	Order(ctx context.Context, who access.Principal, id string) (OrderRuns, error)
}

// OrderRuns is an order as energy sees it.
type OrderRuns struct {
	ID, Number, Product string
	Began, Ended        plant.Instant // 0 while it has not
	Good                int64         // of its last job
	Jobs                []JobRuns
}

// JobRuns is a job of an order with the time in which machines worked for it.
type JobRuns struct {
	No       int
	Name     plant.Name
	Quantity int64 // to be made
	Good     int64
	Runs     []Run
}

// Run is time in which a machine was set up for a job or ran it; To is 0 while it
// does.
type Run struct {
	Machine  plant.NodeID
	From, To plant.Instant
}

// held is a run at one machine, within the time that is looked at.
type held struct {
	from, to plant.Micros
	order    int // of the orders that were told
	job      int // of its jobs
	weight   int64
}

// atMachines are the runs of orders by machine, cut to [lo, hi).
func atMachines(orders []OrderRuns, lo, hi plant.Micros) map[plant.NodeID][]held {
	out := map[plant.NodeID][]held{}
	for i, o := range orders {
		for k, j := range o.Jobs {
			for _, r := range j.Runs {
				from, to := max(r.From.Micros(), lo), hi
				if r.To != 0 {
					to = min(r.To.Micros(), hi)
				}
				if from < to {
					out[r.Machine] = append(out[r.Machine], held{from, to, i, k, max(1, j.Quantity)})
				}
			}
		}
	}
	return out
}
