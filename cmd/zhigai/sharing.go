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
)

// newSharing makes the desk of what the node shares with those above it.
func (n *node) newSharing() *sharing.Desk {
	known := link.Known{Figures: []string{sharing.MachineDays}}
	for _, k := range fact.Kinds {
		if k != fact.KindClosing { // a parent closes its own windows
			known.Records = append(known.Records, string(k))
		}
	}
	return sharing.New(n.nodes, homeTenant, known, time.Now)
}

func (n *node) sharedWhole(src link.Source, shares func(link.Policy) bool) sharing.Whole {
	return sharing.Whole{Source: src, Desk: n.sharing, Shares: shares}
}

func (n *node) sharedHistory() sharing.History {
	tags := &tagsByNo{tags: n.shop}
	return sharing.History{
		History: journal.History{Store: n.history, Cursor: linkCursor, Tenant: homeTenant}, Desk: n.sharing,
		Tags: func(ctx context.Context) (map[plant.TagNo]plant.Tag, error) { return tags.TagsOf(ctx, homeTenant) },
	}
}

// sharedDays are the days of machines, which go later when they were passed over.
func (n *node) sharedDays(days link.Source) sharing.Whole {
	w := n.sharedWhole(days, func(p link.Policy) bool { return p.SharesFigure(sharing.MachineDays) })
	w.Passed = n.passed()
	return w
}

func (n *node) passed() programme.Passed {
	return programme.Passed{Machines: n.machines, Tenant: homeTenant}
}

// shared is told of a new policy. A plant model that was passed over goes again,
// and so do days of machines.
func (n *node) shared(ctx context.Context, was, is link.Policy) error {
	if is.SharesFigure(sharing.MachineDays) {
		if err := n.passed().SendAgain(ctx); err != nil {
			return err
		}
		n.provedNew(ctx, homeTenant)
	}
	if was.Shares(link.StreamModel) || !is.Shares(link.StreamModel) {
		return nil
	}
	if err := n.nodes.Reannounce(ctx, homeTenant); err != nil {
		return err
	}
	if n.up == nil {
		return nil
	}
	return n.up.models.Changed(ctx)
}

// evidenceTerms is what the policy says of requests to see samples.
func (n *node) evidenceTerms(ctx context.Context) (requests.Terms, error) {
	k, err := n.sharing.Now(ctx)
	if err != nil {
		return requests.Terms{}, err
	}
	return requests.Terms{Refused: k.Policy.Withdrawn, Granted: func(w requests.Wish) time.Duration { return k.Policy.Grants(w.Tags) }}, nil
}
