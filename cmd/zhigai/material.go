package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"zhigai/access"
	"zhigai/plant"
	recshop "zhigai/record/shop"
	"zhigai/shop/material"
	"zhigai/shop/production"
)

// newMaterial makes the desk of items, lots and where they came from.
func (n *node) newMaterial() *material.Desk {
	return material.NewDesk(material.Options{
		Store: recshop.NewMaterial(n.record), Orders: spareRuns{runsOf{n.newProduction(), recshop.NewProduction(n.record)}, recshop.NewMaintenance(n.record)}, Places: nodesOf{placesOf{n.fleet}},
		Machines: measuredOf{n}, NewID: n.record.NewID, Now: time.Now,
	})
}

// nodesOf shows material the plant as it is now.
type nodesOf struct{ placesOf }

func (p nodesOf) Place(ctx context.Context, tenant plant.TenantNo, node plant.NodeID) (string, plant.Name, error) {
	at, err := p.placesOf.Place(ctx, tenant, node)
	return at.Path, at.Name, err
}

// runsOf tells material of orders and their jobs.
type runsOf struct {
	desk  *production.Desk
	store production.Store
}

func (r runsOf) order(ctx context.Context, tenant plant.TenantNo, number string) (production.View, error) {
	id, err := r.store.Number(ctx, tenant, number)
	if err != nil {
		return production.View{}, err
	}
	return r.desk.View(ctx, access.Node(tenant), id)
}

func (r runsOf) Run(ctx context.Context, tenant plant.TenantNo, order string, job int) (material.Run, error) {
	v, err := r.order(ctx, tenant, order)
	if err != nil {
		return material.Run{}, err
	}
	i := slices.IndexFunc(v.Jobs, func(j production.JobView) bool { return j.No == job })
	if i < 0 {
		return material.Run{}, fmt.Errorf("%w: order %s has no job %d", access.ErrNotFound, order, job)
	}
	j := v.Jobs[i]
	out := material.Run{
		Order: v.Number, OrderID: v.ID, Job: j.No, Name: j.Name, Product: v.Product, Revision: v.Revision, Made: j.Made.Total(), Good: j.Made.Good, Last: i == lastJob(v),
		Tools: append([]string{}, j.Segment.Tools...), Stretches: []material.Stretch{}, Work: []material.Attendance{},
	}
	for _, run := range j.Runs {
		s := material.Stretch{Machine: run.Equipment, From: run.From, To: run.To}
		at, err := r.desk.Where(ctx, tenant, run.Equipment)
		if err == nil {
			s.Path, s.Name = at.Path, at.Name
		} else if !errors.Is(err, access.ErrNotFound) { // one that is gone has no place now
			return material.Run{}, err
		}
		out.Stretches = append(out.Stretches, s)
	}
	for _, w := range j.Work {
		out.Work = append(out.Work, material.Attendance{Person: w.Person, From: w.From, To: w.To})
	}
	if f := j.FirstPiece; f != nil {
		out.First = &material.FirstPiece{OK: f.OK, By: f.By, At: f.At, Note: f.Note}
	}
	def, err := r.store.Definition(ctx, tenant, v.Product, v.Revision)
	if err != nil {
		return material.Run{}, err
	}
	for _, m := range def.Materials {
		if m.Segment == job || m.Segment == 0 && len(def.Segments) > 0 && def.Segments[0].No == job {
			out.Uses = append(out.Uses, material.Use{Item: m.Item, Per: m.Quantity, Unit: m.Unit})
		}
	}
	return out, nil
}

func (r runsOf) Needs(ctx context.Context, tenant plant.TenantNo, order string) ([]material.Need, error) {
	v, err := r.order(ctx, tenant, order)
	if err != nil {
		return nil, err
	}
	if v.Revision == 0 { // not released: no bill of materials holds yet
		return []material.Need{}, nil
	}
	def, err := r.store.Definition(ctx, tenant, v.Product, v.Revision)
	if err != nil {
		return nil, err
	}
	out := []material.Need{}
	for _, m := range def.Materials {
		q, ok := m.Quantity.Times(v.Quantity)
		if !ok {
			return nil, fmt.Errorf("%w: order %s: %d × %s of %s is more than can be counted", material.ErrInvalid, order, v.Quantity, m.Quantity, m.Item)
		}
		if i := slices.IndexFunc(out, func(n material.Need) bool { return n.Item == m.Item }); i >= 0 {
			out[i].Quantity += q
			continue
		}
		out = append(out, material.Need{Item: m.Item, Quantity: q, Unit: m.Unit})
	}
	return out, nil
}

// measuredOf tells material what machines measured.
type measuredOf struct{ n *node }

func (m measuredOf) Parameters(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, from, to plant.Micros) ([]material.Parameter, error) {
	tags, err := m.n.shop.Tags(ctx, access.Scope{Tenant: tenant})
	if err != nil {
		return nil, err
	}
	out := []material.Parameter{}
	for _, t := range tags {
		if t.Node != machine || t.Kind != plant.KindNumber || t.Name == plant.LinkTag {
			continue
		}
		buckets, err := m.n.history.Buckets(ctx, tenant, t.No, from, to, 1)
		if err != nil {
			return nil, fmt.Errorf("parameters of %s: %s: %w", machine, t.Name, err)
		}
		if len(buckets) != 1 || buckets[0].GoodTime == 0 {
			continue
		}
		b := buckets[0]
		p := material.Parameter{Tag: t.No, Name: t.Name, Title: t.Title, Unit: t.Unit, Min: b.Min, Mean: b.TimeAvg, Max: b.Max, Samples: b.Count, Known: float64(b.GoodTime) / float64(to-from)}
		switch {
		case b.Count == 0: // a value from before held all the time
			p.Min, p.Max = b.TimeAvg, b.TimeAvg
		case b.GoodTime > to-b.FirstTime: // it held until the first one
			before, ok, err := m.n.history.Before(ctx, tenant, t.No, from)
			if err != nil {
				return nil, fmt.Errorf("parameters of %s: %s: %w", machine, t.Name, err)
			}
			if ok {
				p.Min, p.Max = min(p.Min, before.Value), max(p.Max, before.Value)
			}
		}
		if !math.IsNaN(p.Mean) {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b material.Parameter) int { return int(a.Tag) - int(b.Tag) })
	return out, nil
}
