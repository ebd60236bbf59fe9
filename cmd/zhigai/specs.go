package main

import (
	"context"
	"slices"
	"time"

	"zhigai/access"
	"zhigai/connect"
	"zhigai/plant"
)

// specsOf are the devices of a tenant as the collector is to read them.
func (n *node) specsOf(ctx context.Context, of plant.TenantNo) ([]connect.DeviceSpec, error) {
	m, err := n.plants.Model(ctx, access.Scope{Tenant: of}, plant.MicrosOf(time.Now()))
	if err != nil {
		return nil, err
	}
	elsewhere, err := n.nodes.Origins(ctx, of)
	if err != nil {
		return nil, err
	}
	m.Nodes = slices.DeleteFunc(m.Nodes, func(one plant.Node) bool { return elsewhere[one.ID] != "" }) // a node below collects it
	var tags []plant.Tag
	for _, one := range m.Nodes {
		if p, ok := n.profileOf(one); ok {
			tags = append(tags, p.Tags(one)...)
		}
	}
	if tags, err = n.shop.EnsureTags(ctx, of, tags); err != nil {
		return nil, err
	}
	byNode := map[plant.NodeID][]plant.Tag{}
	for _, t := range tags {
		byNode[t.Node] = append(byNode[t.Node], t)
	}
	var specs []connect.DeviceSpec
	for _, one := range m.Nodes {
		p, ok := n.profileOf(one)
		if !ok {
			continue
		}
		open, locked := n.plants.Opened(of, one)
		spec, err := p.Spec(of, open, byNode[one.ID])
		if err != nil {
			n.logOf(of).Error("device cannot be read", "machine", one.Path, "err", err)
			continue
		}
		if locked != nil {
			n.logOf(of).Error("device is not read: its password cannot be opened", "machine", one.Path, "err", locked)
			spec.Refused = locked.Error()
		}
		specs = append(specs, spec)
	}
	return n.allowed(ctx, of, specs)
}
