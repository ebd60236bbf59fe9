package main

import (
	"cmp"
	"context"
	"fmt"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/shop/energy"
	"zhigai/shop/production"
)

// ranOf tells energy which orders ran at machines.
type ranOf struct{ desk *production.Desk }

// ranAtOnce is how many orders one allocation is made of.
const ranAtOnce = 1000

// During implements energy.Orders.
func (r ranOf) During(ctx context.Context, tenant plant.TenantNo, from, to plant.Instant) ([]energy.OrderRuns, error) {
	all, err := r.desk.During(ctx, access.Node(tenant), production.OrderFilter{
		Scope: access.Scope{Tenant: tenant}, During: production.Interval{From: from, To: to}, Limit: ranAtOnce + 1,
	})
	if err != nil {
		return nil, err
	}
	if len(all) > ranAtOnce {
		return nil, fmt.Errorf("%w: more than %d orders in this time; ask for less of it", energy.ErrInvalid, ranAtOnce)
	}
	out := make([]energy.OrderRuns, len(all))
	for i := range all {
		out[i] = orderRuns(&all[i].Order, all[i].Jobs)
	}
	return out, nil
}

// Order implements energy.Orders.
func (r ranOf) Order(ctx context.Context, who access.Principal, id string) (energy.OrderRuns, error) {
	v, err := r.desk.View(ctx, who, id)
	if err != nil {
		return energy.OrderRuns{}, err
	}
	jobs := make([]production.Job, len(v.Jobs))
	for i, j := range v.Jobs {
		jobs[i] = j.Job
	}
	return orderRuns(&v.Order, jobs), nil
}

// orderRuns are the runs of an order, and the time in which machines were set up for
// it: at the machine of the run that came of it, or at the one where the job is.
func orderRuns(o *production.Order, jobs []production.Job) energy.OrderRuns {
	out := energy.OrderRuns{ID: o.ID, Number: o.Number, Product: o.Product, Began: o.Began, Ended: o.Ended}
	for _, j := range jobs {
		one := energy.JobRuns{No: j.No, Name: j.Name, Quantity: j.Quantity, Good: j.Made.Good}
		out.Good = j.Made.Good
		came := map[plant.Instant]plant.NodeID{}
		for _, r := range j.Runs {
			came[r.From] = r.Equipment
			one.Runs = append(one.Runs, energy.Run{Machine: r.Equipment, From: r.From, To: r.To})
		}
		for _, s := range j.Setups {
			if at := cmp.Or(came[s.To], j.Equipment); at != "" {
				one.Runs = append(one.Runs, energy.Run{Machine: at, From: s.From, To: s.To})
			}
		}
		out.Jobs = append(out.Jobs, one)
	}
	return out
}
