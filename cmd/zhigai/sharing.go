package main

import (
	"context"
	"time"

	"zhigai/evidence/requests"
	"zhigai/fact"
	"zhigai/link"
	"zhigai/link/journal"
	"zhigai/link/sharing"
	"zhigai/plant"
	"zhigai/record/programme"
	"zhigai/web"
)

// newSharing makes the desk of what a tenant shares with nodes above. A firm on a
// node of many shares nothing that it has not said; what a node of its own sends,
// edge or plant, is the operator's to say.
func (n *node) newSharing(tenant plant.TenantNo) *sharing.Desk {
	known := link.Known{Figures: []string{sharing.MachineDays}}
	for _, k := range fact.Kinds {
		if k != fact.KindClosing { // a parent closes its own windows
			known.Records = append(known.Records, string(k))
		}
	}
	if tenant == homeTenant {
		return sharing.New(n.nodes, tenant, link.Policy{All: true}, known, time.Now)
	}
	return sharing.New(n.nodes, tenant, link.Policy{}, known, time.Now)
}

func (w *tenantWorks) sharedWhole(src link.Source, shares func(link.Policy) bool) sharing.Whole {
	return sharing.Whole{Source: src, Desk: w.sharing, Shares: shares}
}

func (n *node) sharedHistory(w *tenantWorks, cursor string) sharing.History {
	tags := &tagsByNo{tags: n.shop}
	return sharing.History{
		History: journal.History{Store: n.history, Cursor: cursor, Tenant: w.tenant}, Desk: w.sharing,
		Tags: func(ctx context.Context) (map[plant.TagNo]plant.Tag, error) { return tags.TagsOf(ctx, w.tenant) },
	}
}

// sharedDays are the days of machines, which go later when they were passed over.
func (n *node) sharedDays(w *tenantWorks, days link.Source) sharing.Whole {
	out := w.sharedWhole(days, func(p link.Policy) bool { return p.SharesFigure(sharing.MachineDays) })
	out.Passed = n.passed(w.tenant)
	return out
}

func (n *node) passed(tenant plant.TenantNo) programme.Passed {
	return programme.Passed{Machines: n.machines, Tenant: tenant}
}

// sharings are what each tenant shares.
type sharings struct{ n *node }

var _ web.Sharings = sharings{}

// Of implements web.Sharings.
func (s sharings) Of(tenant plant.TenantNo) *sharing.Desk { return s.n.worksOf(tenant).sharing }

// Changed implements web.Sharings. A plant model that was passed over goes again,
// and so do days of machines.
func (s sharings) Changed(ctx context.Context, tenant plant.TenantNo, was, is link.Policy) error {
	n := s.n
	if is.SharesFigure(sharing.MachineDays) {
		if err := n.passed(tenant).SendAgain(ctx); err != nil {
			return err
		}
		n.provedNew(ctx, tenant)
	}
	if was.Shares(link.StreamModel) || !is.Shares(link.StreamModel) {
		return nil
	}
	if err := n.nodes.Reannounce(ctx, tenant); err != nil {
		return err
	}
	if u := n.worksOf(tenant).to.Load(); u != nil {
		return u.models.Changed(ctx)
	}
	return nil
}

// evidenceTerms is what the policy says of requests to see samples.
func evidenceTerms(of *sharing.Desk) func(context.Context) (requests.Terms, error) {
	return func(ctx context.Context) (requests.Terms, error) {
		k, err := of.Now(ctx)
		if err != nil {
			return requests.Terms{}, err
		}
		return requests.Terms{Refused: k.Policy.Withdrawn, Granted: func(w requests.Wish) time.Duration { return k.Policy.Grants(w.Tags) }}, nil
	}
}
