package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"zhigai/fact"
	"zhigai/link"
	"zhigai/link/sharing"
	"zhigai/plant"
	"zhigai/programme/evaluation/benchmark"
	"zhigai/programme/machine"
)

// tellEvery is how often is looked for a new policy, or a new plant under it.
const tellEvery = 2 * time.Second

// tellSharing tells the nodes above what each plant that this node serves
// shares, until ctx ends.
func (n *node) tellSharing(ctx context.Context) error {
	told := map[plant.TenantNo][2]int64{}
	return n.eachTenantEvery(ctx, tellEvery, "sharing: will tell those above again", func(ctx context.Context, tenant plant.TenantNo) error {
		now, err := n.tellPolicy(ctx, tenant, told[tenant])
		if err == nil {
			told[tenant] = now
		}
		return err
	})
}

// tellPolicy records what the policy says of each plant, once for a revision,
// and returns the revision and the number of the newest day that it looked at.
func (n *node) tellPolicy(ctx context.Context, tenant plant.TenantNo, told [2]int64) ([2]int64, error) {
	k, err := n.worksOf(tenant).sharing.Now(ctx)
	if err != nil || k.Rev == 0 {
		return told, err
	}
	head, err := n.machines.RowsHead(ctx, tenant)
	now := [2]int64{k.Rev, int64(head)}
	if err != nil || now == told {
		return told, err
	}
	plants, err := n.machines.Links(ctx, tenant, nil)
	if err != nil {
		return told, err
	}
	for _, p := range plants {
		if !slices.Contains(p.Ways, machine.OwnWay) {
			continue
		}
		said := fact.Sharing{Rev: k.Rev, Withdrawn: k.Policy.Withdrawn, Days: k.Policy.SharesFigure(sharing.MachineDays)}
		e := fact.New(fact.KindSharing, p.Owner, k.At.Time(), "sharing:"+string(p.Owner), said)
		e.SourceSeq = uint64(k.Rev)
		if _, err := n.record.Journal().Append(ctx, tenant, e); err != nil {
			return told, fmt.Errorf("what %s shares: %w", p.Owner, err)
		}
	}
	return now, nil
}

// admits leaves out what a node below says of plants and machines that do not
// come by it.
func (n *node) admits(ctx context.Context, from link.Node, events []fact.Event) ([]fact.Event, error) {
	var subjects []plant.NodeID
	about := func(e fact.Event) bool {
		return e.Kind == fact.KindSharing || e.Kind == fact.KindSuspicion || e.Kind == fact.KindSuspicionSaid
	}
	for _, e := range events {
		if about(e) {
			subjects = append(subjects, e.Subject)
		}
	}
	may, err := n.machines.Speaks(ctx, from.Tenant, from.ID, subjects, true)
	if err != nil {
		return nil, err
	}
	events, err = n.admitReports(ctx, from, events)
	return slices.DeleteFunc(events, func(e fact.Event) bool {
		out := about(e) && !may[e.Subject]
		if out {
			n.log.Warn("a node below speaks of a plant that does not come by it; it is left out", "node", from.Name, "kind", e.Kind, "subject", e.Subject)
		}
		return out
	}), err
}

// sharingFirms are the firms of the plants whose nodes told what they share.
type sharingFirms struct{ *stores }

var _ benchmark.Sharing = sharingFirms{}

// Withdrawn implements benchmark.Sharing: a firm one of whose plants has
// withdrawn is in no group.
func (s sharingFirms) Withdrawn(ctx context.Context, tenant plant.TenantNo) (map[string]bool, error) {
	said, err := s.plantsShare(ctx, tenant)
	if err != nil {
		return nil, err
	}
	plants, err := s.machines.Links(ctx, tenant, nil)
	out := map[string]bool{}
	for _, p := range plants {
		if p.Firm != "" && said[p.Owner].Withdrawn != "" {
			out[p.Firm] = true
		}
	}
	return out, err
}

// plantsShare is what each plant shares by its newest policy.
func (s *stores) plantsShare(ctx context.Context, tenant plant.TenantNo) (map[plant.NodeID]fact.Sharing, error) {
	out := map[plant.NodeID]fact.Sharing{}
	for after := uint64(0); ; {
		events, err := s.record.Journal().Events(ctx, tenant, fact.Filter{AfterSeq: after, Kinds: []fact.Kind{fact.KindSharing}})
		if err != nil {
			return nil, err
		}
		for _, e := range events {
			after = e.Seq
			var said fact.Sharing
			if err := json.Unmarshal(e.Payload, &said); err != nil {
				return nil, fmt.Errorf("what plant %s shares, event %s: %w", e.Subject, e.ID, err)
			}
			if said.Rev >= out[e.Subject].Rev {
				out[e.Subject] = said
			}
		}
		if len(events) < fact.MaxEvents {
			return out, nil
		}
	}
}
