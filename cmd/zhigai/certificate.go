package main

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"zhigai/access"
	"zhigai/plant"
	recshop "zhigai/record/shop"
	"zhigai/shop/material"
	"zhigai/shop/quality/certificate"
)

// newCertificates makes the desk of certificates of conformity.
func (n *node) newCertificates() *certificate.Desk {
	return certificate.NewDesk(certificate.Options{
		Store: recshop.NewCertificates(n.record), Quality: n.newQuality(), Orders: certifiedOrders{n}, Materials: certifiedLots{recshop.NewMaterial(n.record)}, Now: time.Now,
	})
}

// certifiedOrders tells certificates of orders.
type certifiedOrders struct{ n *node }

var _ certificate.Orders = certifiedOrders{}

// Order implements certificate.Orders.
func (o certifiedOrders) Order(ctx context.Context, tenant plant.TenantNo, number string) (certificate.Order, error) {
	v, err := o.n.newProduction().ByNumber(ctx, access.Node(tenant), number)
	if err != nil {
		return certificate.Order{}, err
	}
	out := certificate.Order{
		Number: v.Number, Product: v.Product, Definition: v.Revision, Unit: v.Units, Place: v.Place, Customer: v.Customer, Reference: v.Reference,
		Created: v.Created, Began: v.Began, Ended: v.Ended,
	}
	if i := lastJob(v); i >= 0 && i < len(v.Jobs) {
		out.Good = v.Jobs[i].Made.Good
	}
	for _, j := range v.Jobs {
		out.Segments = append(out.Segments, j.No)
		for _, r := range j.Runs {
			out.Runs = append(out.Runs, certificate.Run{Job: j.No, Machine: r.Equipment, From: r.From, To: r.To})
		}
	}
	snapshot, err := o.n.fleet.At(ctx, tenant, plant.MicrosOf(time.Now()))
	if err != nil {
		return certificate.Order{}, err
	}
	for _, nd := range snapshot.Model.Nodes {
		if plant.ParentPath(nd.Path) == "" && plant.Within(v.Place, nd.Path) {
			out.Maker = nd.Name
		}
	}
	for _, p := range snapshot.Model.Products {
		if p.Code == v.Product {
			out.ProductName = p.Name
		}
	}
	return out, nil
}

// certifiedLots tells certificates of lots and of what they were made.
type certifiedLots struct{ store material.Store }

var _ certificate.Materials = certifiedLots{}

func certifiedLot(l material.Lot) certificate.Lot {
	out := certificate.Lot{ID: l.ID, Number: l.Number, Job: l.Job, Machine: l.Machine, Began: l.Began, Made: l.Since}
	if l.Blocked {
		out.Blocked = cmp.Or(l.Reason, "—")
	}
	return out
}

// Lot implements certificate.Materials.
func (m certifiedLots) Lot(ctx context.Context, tenant plant.TenantNo, id string) (certificate.Lot, string, error) {
	l, err := m.store.Lot(ctx, tenant, id)
	return certifiedLot(l), l.Order, err
}

// maxCertified bounds the lots of an order on a certificate, and the heats of them.
const maxCertified = 2000

// Made implements certificate.Materials.
func (m certifiedLots) Made(ctx context.Context, tenant plant.TenantNo, order, product string) ([]certificate.Lot, error) {
	ids, err := m.booked(ctx, tenant, order, material.Produced, product)
	if err != nil {
		return nil, err
	}
	out := []certificate.Lot{}
	for _, id := range ids {
		l, err := m.store.Lot(ctx, tenant, id)
		if err != nil {
			return nil, err
		}
		out = append(out, certifiedLot(l))
	}
	return out, nil
}

// booked are the lots of an item that were booked for an order, of any item without one,
// in the order of their ids.
func (m certifiedLots) booked(ctx context.Context, tenant plant.TenantNo, order string, what material.Kind, item string) (ids []string, err error) {
	all, err := m.store.Entries(ctx, tenant, material.EntryFilter{Scope: access.Scope{Tenant: tenant}, Order: order, Item: item, What: []material.Kind{what}, Limit: maxCertified})
	for _, e := range all {
		if e.Lot != "" {
			ids = append(ids, e.LotID())
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids), err
}

// Heats implements certificate.Materials.
func (m certifiedLots) Heats(ctx context.Context, tenant plant.TenantNo, order string, lots []certificate.Lot) (out []certificate.Heat, more bool, err error) {
	var from []string
	for _, l := range lots {
		from = append(from, l.ID)
	}
	if len(from) == 0 {
		if from, err = m.booked(ctx, tenant, order, material.Consumed, ""); err != nil {
			return nil, false, err
		}
	}
	seen := map[string]bool{}
	for _, id := range from {
		found, err := m.store.Trace(ctx, tenant, id, false, maxCertified+1)
		if errors.Is(err, access.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, false, err
		}
		more = more || len(found) > maxCertified
		for _, f := range found {
			if l := f.Lot; l.Origin == material.Received && !seen[l.ID] {
				seen[l.ID] = true
				out = append(out, certificate.Heat{ID: l.ID, Item: l.Item, Number: l.Number, Supplier: l.Party, Paper: l.Paper, Blocked: certifiedLot(l).Blocked})
			}
		}
	}
	slices.SortFunc(out, func(a, b certificate.Heat) int { return cmp.Compare(a.ID, b.ID) })
	if len(out) > maxCertified {
		out, more = out[:maxCertified], true
	}
	return out, more, nil
}
