package main

import (
	"context"
	"errors"
	"time"

	"zhigai/access"
	"zhigai/figure"
	"zhigai/plant"
	recshop "zhigai/record/shop"
	"zhigai/shop/equipment"
	"zhigai/shop/line"
	"zhigai/shop/production"
)

// newLines makes the desk of lines.
func (n *node) newLines() *line.Desk {
	return line.NewDesk(line.Options{
		Store: recshop.NewLines(n.record), Plant: plantOf{n.fleet}, Machines: lineMachines{n.desk, n.reasons}, Orders: demandOf{n.newProduction()},
		Definitions: n.lineFigures, Now: time.Now,
	})
}

// plantOf shows the plant as it is at an instant.
type plantOf struct{ fleet *equipment.Fleet }

// Model implements line.Plant.
func (p plantOf) Model(ctx context.Context, tenant plant.TenantNo, at plant.Micros) (plant.Model, error) {
	s, err := p.fleet.At(ctx, tenant, at)
	if err != nil {
		return plant.Model{}, err
	}
	return s.Model, nil
}

// lineMachines tells lines what machines did and counted.
type lineMachines struct {
	desk    *equipment.Desk
	reasons *equipment.Reasons
}

var _ line.Machines = lineMachines{}

// Did implements line.Machines.
func (l lineMachines) Did(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, from, to plant.Micros) ([]line.Did, error) {
	all, err := l.desk.Timeline(ctx, access.Scope{Tenant: tenant}, machine, from, to)
	if errors.Is(err, equipment.ErrInvalid) { // shorter than the desk tells apart
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	out := make([]line.Did, 0, len(all))
	for _, i := range all {
		reason, _ := l.reasons.Reason(i.Reason)
		out = append(out, line.Did{
			From: i.From, To: i.To, Class: string(i.Class), Busy: i.Plan == equipment.PlanBusy,
			Fault: i.State.Known && (i.State.Item == equipment.OutOfService || i.State.Mode == equipment.Maintenance),
			Micro: i.MicroStop, Reason: i.Reason, Loss: string(reason.Loss), SaidBy: i.SaidBy, Product: i.Product,
		})
	}
	return out, nil
}

// Counted implements line.Machines.
func (l lineMachines) Counted(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, from, to plant.Micros) ([]figure.CountedParts, error) {
	return countsOf{desk: l.desk}.Counted(ctx, tenant, machine, from, to)
}

// demandOf tells lines what orders want.
type demandOf struct{ desk *production.Desk }

// ordersAtOnce is how many orders are read at a time.
const ordersAtOnce = 500

// Demand implements line.Orders. Orders that are only forecast or were cancelled
// want nothing.
func (d demandOf) Demand(ctx context.Context, scope access.Scope, from, to plant.Instant) (int64, error) {
	who, sum := access.Node(scope.Tenant), int64(0)
	f := production.OrderFilter{Scope: scope, During: production.Interval{From: from, To: to}, Limit: ordersAtOnce}
	for {
		page, err := d.desk.List(ctx, who, f)
		if err != nil {
			return 0, err
		}
		for _, o := range page {
			if o.Due >= from && o.Due < to && o.State != production.OrderForecast && o.State != production.OrderCancelled {
				sum += o.Quantity
			}
		}
		if len(page) < ordersAtOnce {
			return sum, nil
		}
		f.After = page[len(page)-1].After()
	}
}
