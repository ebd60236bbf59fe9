package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/plant"
	recshop "zhigai/record/shop"
	"zhigai/shop/production"
	"zhigai/shop/quality/cost"
)

// newQualityCost makes the desk of the cost of quality.
func (n *node) newQualityCost() *cost.Desk {
	return cost.NewDesk(cost.Options{Store: recshop.NewQuality(n.record), Quality: n.newQuality(), Shop: costsOf{n}, Places: nodesOf{placesOf{n.fleet}}, NewID: n.record.NewID, Now: time.Now})
}

// costsOf tells the cost of quality what production scrapped and reworked.
type costsOf struct{ n *node }

var _ cost.Shop = costsOf{}

// Scrap implements cost.Shop: what people entered as scrap, with its reason, and what
// machines counted as scrap by themselves.
func (c costsOf) Scrap(ctx context.Context, scope access.Scope, from, to plant.Instant) ([]cost.Did, error) {
	now, err := c.n.fleet.At(ctx, scope.Tenant, plant.MicrosOf(time.Now()))
	if err != nil {
		return nil, err
	}
	nodes := map[plant.NodeID]plant.Node{}
	for _, nd := range now.Model.Nodes {
		if scope.Allows(nd.Path) {
			nodes[nd.ID] = nd
		}
	}
	var out []cost.Did
	add := func(at plant.Instant, nd plant.Node, product string, count int64, reason string, of cost.Of, operation int) {
		out = append(out, cost.Did{What: cost.Scrap, At: at, Product: product, Operation: operation, Place: nd.ID, Path: nd.Path, PlaceName: nd.Name, Cause: reason, Count: count, Of: of})
	}
	f := fact.Filter{Kinds: []fact.Kind{fact.KindCount}, From: from.Micros(), To: to.Micros()}
	var events []fact.Event
	for {
		page, err := c.n.record.Journal().Events(ctx, scope.Tenant, f)
		if err != nil {
			return nil, err
		}
		events = append(events, page...)
		if len(page) < fact.MaxEvents {
			break
		}
		f.AfterSeq = page[len(page)-1].Seq
	}
	for _, e := range fact.InForce(events) {
		nd, ok := nodes[e.Subject]
		if !ok {
			continue
		}
		var p fact.Count
		if err := json.Unmarshal(e.Payload, &p); err != nil {
			return nil, fmt.Errorf("count %s: %w", e.ID, err)
		}
		if p.Scrap == 0 {
			continue
		}
		of, operation := cost.Of{Kind: "machine", ID: string(nd.ID), Name: nd.Path}, 0
		if order, job, ok := production.OfJobKey(p.Job); ok {
			of, operation = cost.Of{Kind: "order", ID: order, Name: order}, job
		}
		add(plant.Instant(e.Occurred), nd, p.Product, p.Scrap, p.Reason, of, operation)
	}
	counts := countsOf{c.n.desk, c.n.record.Journal()}
	for _, nd := range now.Model.Nodes {
		if _, ok := nodes[nd.ID]; !ok || nd.Machine == nil || nd.Machine.Excluded {
			continue
		}
		parts, err := counts.Counted(ctx, scope.Tenant, nd.ID, from.Micros(), to.Micros())
		if err != nil {
			return nil, err
		}
		for _, p := range parts {
			if p.Scrap > 0 {
				add(plant.Instant(p.At), nd, p.Product, p.Scrap, "", cost.Of{Kind: "machine", ID: string(nd.ID), Name: nd.Path}, 0)
			}
		}
	}
	return out, nil
}

// maxReworked bounds the rework orders of one report.
const maxReworked = 5000

// Rework implements cost.Shop: how long jobs of rework orders ran at machines.
func (c costsOf) Rework(ctx context.Context, scope access.Scope, from, to plant.Instant) ([]cost.Did, error) {
	desk, now := c.n.newProduction(), plant.InstantOf(time.Now())
	orders, err := desk.List(ctx, access.Node(scope.Tenant), production.OrderFilter{Scope: scope, During: production.Interval{From: from, To: to}, Limit: maxReworked})
	if err != nil {
		return nil, err
	}
	var out []cost.Did
	for _, h := range orders {
		if h.Kind != production.Rework {
			continue
		}
		v, err := desk.View(ctx, access.Node(scope.Tenant), h.ID)
		if err != nil {
			return nil, err
		}
		for _, j := range v.Jobs {
			for _, r := range j.Runs {
				begin, end := max(r.From, from), min(to, now)
				if r.To != 0 {
					end = min(end, r.To)
				}
				if begin >= end {
					continue
				}
				did := cost.Did{What: cost.Rework, At: begin, Product: v.Product, Operation: j.No, Path: v.Place, Place: r.Equipment, Ms: int64(end-begin) / 1000, Of: cost.Of{Kind: "order", ID: v.Number, Name: v.Number}}
				if at, err := desk.Where(ctx, scope.Tenant, r.Equipment); err == nil {
					did.Path, did.PlaceName = at.Path, at.Name
				}
				out = append(out, did)
			}
		}
	}
	return out, nil
}
