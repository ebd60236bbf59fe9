package main

import (
	"context"
	"time"

	"zhigai/access"
	"zhigai/north"
	"zhigai/plant"
	"zhigai/record/shop"
)

// newNorth makes the desk that sends to foreign brokers for a tenant. Of replicas the one on
// duty sends.
func (n *node) newNorth(tenant plant.TenantNo) *north.Desk {
	return north.New(north.Options{
		Tenant: tenant, History: n.history, Targets: shop.NewTargets(n.record).Sealed(n.secrets),
		Places: func(ctx context.Context) ([]string, error) { return n.places(ctx, tenant) },
		Tags:   func(ctx context.Context) ([]plant.Tag, error) { return n.sharable(ctx, tenant) },
		Low:    func() bool { return !keepsUnsent(n.disk.Level()) },
		Gapped: func(ctx context.Context, t north.Target, g north.Gap) error {
			return n.access.Record(ctx, access.Node(tenant), "north.gap", t.Name, nil, g)
		},
		Now: time.Now, Logger: n.logOf(tenant),
	})
}

// present is the plant as it is now.
func (n *node) present(ctx context.Context, tenant plant.TenantNo) (plant.Model, error) {
	return n.plants.Model(ctx, access.Scope{Tenant: tenant}, plant.MicrosOf(time.Now()))
}

// places are the paths of the plant.
func (n *node) places(ctx context.Context, tenant plant.TenantNo) ([]string, error) {
	m, err := n.present(ctx, tenant)
	out := make([]string, len(m.Nodes))
	for i := range m.Nodes {
		out[i] = m.Nodes[i].Path
	}
	return out, err
}

// sharable are the tags of the plant's machines under their present paths.
func (n *node) sharable(ctx context.Context, tenant plant.TenantNo) ([]plant.Tag, error) {
	m, err := n.present(ctx, tenant)
	if err != nil {
		return nil, err
	}
	paths := make(map[plant.NodeID]string, len(m.Nodes))
	for _, one := range m.Nodes {
		if one.Level == plant.LevelEquipment {
			paths[one.ID] = one.Path
		}
	}
	all, err := n.shop.Tags(ctx, access.Scope{Tenant: tenant})
	if err != nil {
		return nil, err
	}
	var out []plant.Tag
	for _, t := range all {
		if path, ok := paths[t.Node]; ok {
			t.Path = path + "/" + t.Name
			out = append(out, t)
		}
	}
	return out, nil
}
