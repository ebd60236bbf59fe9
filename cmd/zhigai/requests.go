package main

import (
	"context"
	"errors"
	"time"

	"zhigai/access"
	"zhigai/evidence/requests"
	"zhigai/evidence/seals"
	"zhigai/link"
	"zhigai/link/sharing"
	"zhigai/plant"
	"zhigai/programme/machine"
	webshop "zhigai/web/shop"
)

// evidenceDesk is what the API asks: requests that arrive here, and those that
// people of this node make.
type evidenceDesk struct {
	*requests.Desk
	requests.Asker
}

var _ webshop.Evidence = evidenceDesk{}

// newRequests makes the desk of requests for evidence of a tenant.
func (n *node) newRequests(tenant plant.TenantNo, book *seals.Book, shares *sharing.Desk) evidenceDesk {
	desk := requests.NewDesk(requests.Options{
		Tenant: tenant, Node: n.id.ID, Journal: n.record.Journal(), Book: book, Tags: ownTags{tenant, &tagsByNo{tags: n.shop}}, Onward: onward{n, tenant},
		Audit: func(ctx context.Context, who, action, object string, after any) error {
			return n.access.Record(ctx, access.Principal{User: "elsewhere", Name: who, Scope: access.Scope{Tenant: tenant}}, action, object, nil, after)
		},
		NewID: n.record.NewID, Now: time.Now, Terms: evidenceTerms(shares),
	})
	return evidenceDesk{desk, requests.Asker{Desk: desk}}
}

// ownTags are the tags of machines that no node below collects.
type ownTags struct {
	tenant plant.TenantNo
	tags   *tagsByNo
}

// TagsAt gives the tags of a machine by name.
func (o ownTags) TagsAt(ctx context.Context, equipment plant.NodeID) (map[string]plant.Tag, error) {
	all, err := o.tags.TagsOf(ctx, o.tenant)
	if err != nil {
		return nil, err
	}
	out := map[string]plant.Tag{}
	for _, t := range all {
		if t.Node == equipment {
			out[t.Name] = t
		}
	}
	return out, nil
}

// onward leads to the nodes below.
type onward struct {
	n      *node
	tenant plant.TenantNo
}

// Below names the node that leads to the machine; "" is this one.
func (o onward) Below(ctx context.Context, equipment plant.NodeID) (string, bool, error) {
	origins, err := o.n.nodes.Origins(ctx, o.tenant)
	if err != nil {
		return "", false, err
	}
	if node, ok := origins[equipment]; ok {
		return string(node), true, nil
	}
	m, err := o.n.plants.Model(ctx, access.Scope{Tenant: o.tenant}, plant.MicrosOf(time.Now()))
	if err != nil {
		return "", false, err
	}
	for _, one := range m.Nodes {
		if one.ID == equipment {
			return "", true, nil
		}
	}
	return o.byDays(ctx, equipment)
}

// byDays leads to a machine whose plant model is not shared, by the way that its
// days came.
func (o onward) byDays(ctx context.Context, equipment plant.NodeID) (string, bool, error) {
	p, err := o.n.proved.Plant(ctx, o.tenant, []access.Area{{}}, equipment)
	if errors.Is(err, access.ErrNotFound) {
		return "", false, nil
	}
	for _, way := range p.Ways {
		if way != machine.OwnWay {
			return way, true, nil
		}
	}
	return "", false, err
}

// seenPlants are the plants whose firms an officer may see.
type seenPlants struct{ desk *machine.Desk }

var _ webshop.EvidencePlants = seenPlants{}

// Sees implements webshop.EvidencePlants.
func (s seenPlants) Sees(ctx context.Context, tenant plant.TenantNo, areas []access.Area, machine plant.NodeID) error {
	_, err := s.desk.Plant(ctx, tenant, areas, machine)
	return err
}

// Ask asks a node below over its link.
func (o onward) Ask(ctx context.Context, node string, payload []byte) ([]byte, error) {
	if o.n.down == nil {
		return nil, &requests.AwayError{Node: node}
	}
	raw, err := o.n.down.parent.Request(ctx, link.NodeID(node), requests.Verb, payload)
	if !errors.Is(err, link.ErrNotConnected) && !errors.Is(err, context.DeadlineExceeded) {
		return raw, err
	}
	away := &requests.AwayError{Node: node}
	all, serr := o.n.down.parent.Status(ctx)
	for _, one := range all {
		if one.Node.ID == link.NodeID(node) {
			away.Node, away.Since = one.Node.Name, max(one.Heard, one.Since)
		}
	}
	if serr != nil {
		o.n.log.Warn("since when a node is away is not known", "node", node, "err", serr)
	}
	return nil, away
}
