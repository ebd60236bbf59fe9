package main

import (
	"context"
	"time"

	"zhigai/access"
	"zhigai/north"
	"zhigai/plant"
	"zhigai/record/shop"
	"zhigai/space"
)

// newNorth makes the desk that sends to foreign brokers. Of replicas the one on
// duty sends.
func (n *node) newNorth() *north.Desk {
	return north.New(north.Options{
		Tenant: demoTenant, History: n.history, Targets: shop.NewTargets(n.record), Plant: n.sharable,
		Low: func() bool { return n.disk.Level() != space.OK }, Gapped: n.northGap, Now: time.Now, Logger: n.log,
	})
}

// sharable is the plant as it is now, with the tags of its machines under their
// present paths.
func (n *node) sharable(ctx context.Context) (places []string, tags []plant.Tag, err error) {
	scope := access.Scope{Tenant: demoTenant}
	m, err := n.plants.Model(ctx, scope, plant.MicrosOf(time.Now()))
	if err != nil {
		return nil, nil, err
	}
	paths := make(map[plant.NodeID]string, len(m.Nodes))
	for _, one := range m.Nodes {
		places = append(places, one.Path)
		if one.Level == plant.LevelEquipment {
			paths[one.ID] = one.Path
		}
	}
	all, err := n.shop.Tags(ctx, scope)
	if err != nil {
		return nil, nil, err
	}
	for _, t := range all {
		if path, ok := paths[t.Node]; ok {
			t.Path = path + "/" + t.Name
			tags = append(tags, t)
		}
	}
	return places, tags, nil
}

// northGap records that a target will never get some samples.
func (n *node) northGap(ctx context.Context, t north.Target, g north.Gap) error {
	return n.access.Record(ctx, access.Node(demoTenant), "north.gap", t.Name, nil, g)
}
