package main

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"zhigai/access"
	"zhigai/figure"
	"zhigai/plant"
	recshop "zhigai/record/shop"
	"zhigai/shop/equipment"
	"zhigai/shop/material"
	"zhigai/shop/planning"
	"zhigai/shop/production"
)

// newPlanning makes the desk of plans.
func (n *node) newPlanning() *planning.Desk {
	return planning.NewDesk(planning.Options{
		Store: recshop.NewPlans(n.record), Facts: planFacts{n.newProduction(), n.newMaterial(), placesOf{n.fleet}, n.board, n.reasons, n.longStop},
		NewID: n.record.NewID, Now: time.Now, Log: n.log,
	})
}

// planFacts tells planning of orders, of what they take, of machines with their
// calendars, and of what stands.
type planFacts struct {
	orders   *production.Desk
	material *material.Desk
	places   placesOf
	board    *equipment.Board
	reasons  *equipment.Reasons
	// longStop is a standstill that is a reason to plan anew.
	longStop time.Duration
}

var _ planning.Facts = planFacts{}

// State implements planning.Facts.
func (p planFacts) State(ctx context.Context, scope access.Scope) (planning.State, error) {
	s := planning.State{At: plant.InstantOf(time.Now()), LongStop: plant.Instant(p.longStop.Microseconds()), Calendars: map[string]plant.Calendar{}}
	now, err := p.places.now(ctx, scope.Tenant)
	if err != nil {
		return s, err
	}
	for _, c := range now.Model.Calendars {
		s.Calendars[c.Code] = c
	}
	stands := p.stands(scope.Tenant)
	calendars := figure.Calendars(now.Model)
	for _, nd := range now.Model.Nodes {
		if nd.Machine == nil || nd.Machine.Excluded {
			continue
		}
		s.Machines = append(s.Machines, planning.Machine{
			ID: nd.ID, Path: nd.Path, Name: nd.Name, Above: productionPlace(now.Model, nd).Above, Calendar: calendars[nd.ID].Code, Stands: stands[nd.ID],
		})
	}
	slices.SortFunc(s.Machines, func(a, b planning.Machine) int { return strings.Compare(a.Path, b.Path) })
	open, err := p.orders.Open(ctx, scope)
	if err != nil {
		return s, err
	}
	for _, o := range open {
		s.Orders = append(s.Orders, planOrder(o))
	}
	return s, p.supply(ctx, scope, &s)
}

// stands are machines that stand in time in which they are to work.
func (p planFacts) stands(tenant plant.TenantNo) map[plant.NodeID]*planning.Standing {
	out := map[plant.NodeID]*planning.Standing{}
	machines, _ := p.board.Snapshot(access.Scope{Tenant: tenant})
	for _, l := range machines {
		if l.Stop == 0 || l.Plan != equipment.PlanBusy || !l.State.Known {
			continue
		}
		reason, _ := p.reasons.Reason(l.Reason)
		out[l.Node] = &planning.Standing{
			Since: plant.Instant(l.Stop), Reason: l.Reason,
			Fault: l.State.Item == equipment.OutOfService || l.State.Mode == equipment.Maintenance || reason.Loss == equipment.LossBreakdown || reason.Loss == equipment.LossPlanned,
		}
	}
	return out
}

// planOrder is an order as planning sees it.
func planOrder(o production.Counted) planning.Order {
	out := planning.Order{
		ID: o.ID, Number: o.Number, Product: o.Product, Revision: o.Order.Revision, Rev: o.Rev, Quantity: o.Quantity, Place: o.Place, Earliest: o.Earliest, Due: o.Due,
		Priority: o.Priority, Weight: o.Weight, State: planning.OrderOpen, Reason: o.Reason,
	}
	switch o.State {
	case production.OrderForecast:
		out.State = planning.OrderForecast
	case production.OrderHeld:
		out.State = planning.OrderHeld
	}
	for _, j := range o.Jobs {
		g, _ := o.Definition.Segment(j.No)
		out.Jobs = append(out.Jobs, planning.Job{
			Segment: planSegment(o.Definition, g), State: string(j.State), Equipment: j.Equipment, Began: j.Began, Ended: j.Ended, Good: j.Made.Good, Made: j.Made.Total(),
		})
	}
	slices.SortStableFunc(out.Jobs, func(a, b planning.Job) int { return cmp.Compare(a.No, b.No) })
	return out
}

// planSegment is how a segment of a routing is done.
func planSegment(d *production.Definition, g production.Segment) planning.Segment {
	out := planning.Segment{
		No: g.No, Name: g.Name, After: d.Before(g.No), Family: g.Family, Overlap: g.Overlap, Tools: g.Tools, Skills: g.Skills, Operators: g.Operators, MoveMs: g.MoveMs, QueueMs: g.QueueMs,
		MinWaitMs: g.MinWaitMs, MaxWaitMs: g.MaxWaitMs, ScrapPPM: g.ScrapPPM,
	}
	if g.Outside != nil {
		out.LeadMs = g.Outside.LeadMs
	}
	for _, m := range d.Materials {
		if m.Segment == g.No || m.Segment == 0 && d.Segments[0].No == g.No {
			out.Materials = append(out.Materials, planning.Amount{Item: m.Item, Quantity: m.Quantity})
		}
	}
	for _, a := range g.Alternatives {
		out.Alternatives = append(out.Alternatives, planning.Alternative{Equipment: a.Equipment, SetupMs: a.SetupMs, RunMs: a.RunMs, Batch: a.Batch})
	}
	return out
}

// Routing implements planning.Facts.
func (p planFacts) Routing(ctx context.Context, tenant plant.TenantNo, product string, at plant.Instant) (int, []planning.Segment, error) {
	d, err := p.orders.Effective(ctx, tenant, product, at)
	if err != nil {
		return 0, nil, err
	}
	var out []planning.Segment
	for _, g := range d.Segments {
		out = append(out, planSegment(&d, g))
	}
	return d.Revision, out, nil
}

// Decide implements planning.Facts.
func (p planFacts) Decide(ctx context.Context, who access.Principal, decided []planning.Decided) error {
	var all []production.Decision
	for _, d := range decided {
		one := production.Decision{Order: d.Order}
		for _, j := range d.Jobs {
			one.Jobs = append(one.Jobs, production.Planned{No: j.No, Equipment: j.Equipment, From: j.From, To: j.To, Locked: j.Locked})
		}
		all = append(all, one)
	}
	return p.orders.Decide(ctx, who, all)
}
