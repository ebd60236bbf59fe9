package main

import (
	"context"
	"time"

	"zhigai/access"
	"zhigai/connect"
	"zhigai/plant"
	"zhigai/record/shop"
	"zhigai/shop/discovery"
)

// newDiscovery makes the desk where devices are found.
func (n *node) newDiscovery() *discovery.Desk {
	return discovery.New(discovery.Options{
		Drivers: n.drivers.List, Profiles: n.profiles, Plants: n.plants, Rules: shop.NewRules(n.record).Sealed(n.secrets), Add: n.adopt, Announced: n.announced(), Sees: n.sees, MaySearch: n.maySearch, Now: time.Now, Log: n.log,
	})
}

// announced lists devices that announce themselves; nil when nobody listens.
func (n *node) announced() func() []connect.Found {
	if n.mdns == nil {
		return nil
	}
	return n.mdns.Found
}

// adopt makes a machine of a device that a rule takes in.
func (n *node) adopt(ctx context.Context, tenant plant.TenantNo, one plant.Node) error {
	who := access.Node(tenant)
	saved, _, err := n.plants.SaveNode(access.With(ctx, who), who.Scope, one, 0, plant.MicrosOf(time.Now()))
	if err != nil {
		return err
	}
	if err := n.access.Record(ctx, who, "node.adopt", saved.Path, nil, saved); err != nil {
		return err
	}
	return n.reconcile(ctx)
}
