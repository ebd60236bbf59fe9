package main

import (
	"context"
	"slices"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/shop/production"
	"zhigai/shop/quality"
)

// jobsOf tells inspection what machines are at.
type jobsOf struct{ n *node }

var _ quality.Jobs = jobsOf{}

// AtHand implements quality.Jobs: the job that runs, or was begun there last.
func (j jobsOf) AtHand(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID) (quality.AtHand, bool, error) {
	all, err := j.n.newProduction().Dispatch(ctx, access.Node(tenant), machine)
	if err != nil {
		return quality.AtHand{}, false, err
	}
	i := slices.IndexFunc(all, func(h production.JobHead) bool { return h.Equipment == machine && h.State == production.Running })
	if i < 0 {
		return quality.AtHand{}, false, nil
	}
	h := all[i]
	return quality.AtHand{Order: h.Number, Product: h.Product, No: h.No, Began: h.Began}, true, nil
}

// Parts implements quality.Jobs.
func (j jobsOf) Parts(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, from, to plant.Instant) (n int64, err error) {
	counts := countsOf{j.n.desk, j.n.record.Journal()}
	all, err := counts.Counted(ctx, tenant, machine, from.Micros(), max(from.Micros(), to.Micros()))
	for _, c := range all {
		n += c.Good + c.Scrap + c.Rework
	}
	return n, err
}
