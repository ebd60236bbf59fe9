package main

import (
	"context"
	"time"

	"zhigai/access"
	"zhigai/north"
	"zhigai/plant"
	"zhigai/record/shop"
)

// newNorth makes the desk that sends to foreign brokers. Of replicas the one on
// duty sends.
func (n *node) newNorth() *north.Desk {
	return north.New(north.Options{
		Tenant: demoTenant, History: n.history, Targets: shop.NewTargets(n.record), Places: n.places, Tags: n.sharable,
		Low: func() bool { return !keepsUnsent(n.disk.Level()) }, Gapped: n.northGap, Now: time.Now, Logger: n.log,
	})
}

// present is the plant as it is now.
func (n *node) present(ctx context.Context) (plant.Model, error) {
	return n.plants.Model(ctx, access.Scope{Tenant: demoTenant}, plant.MicrosOf(time.Now()))
}

// places are the paths of the plant.
func (n *node) places(ctx context.Context) ([]string, error) {
	m, err := n.present(ctx)
	out := make([]string, len(m.Nodes))
	for i := range m.Nodes {
		out[i] = m.Nodes[i].Path
	}
	return out, err
}

// sharable are the tags of the plant's machines under their present paths.
func (n *node) sharable(ctx context.Context) ([]plant.Tag, error) {
	m, err := n.present(ctx)
	if err != nil {
		return nil, err
	}
	paths := make(map[plant.NodeID]string, len(m.Nodes))
	for _, one := range m.Nodes {
		if one.Level == plant.LevelEquipment {
			paths[one.ID] = one.Path
		}
	}
	all, err := n.shop.Tags(ctx, access.Scope{Tenant: demoTenant})
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

// northGap records that a target will never get some samples.
func (n *node) northGap(ctx context.Context, t north.Target, g north.Gap) error {
	return n.access.Record(ctx, access.Node(demoTenant), "north.gap", t.Name, nil, g)
}
