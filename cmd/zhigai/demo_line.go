package main

import (
	"context"
	"slices"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

// layOutDemo makes the demo plant's site one line as its plant model has it,
// unless somebody has laid one out before.
func (n *node) layOutDemo(ctx context.Context, who access.Principal, site string) error {
	desk := n.newLines()
	known, err := desk.Lines(ctx, who.Scope)
	if err != nil || len(known) > 0 {
		return err
	}
	now, err := n.fleet.At(ctx, homeTenant, plant.MicrosOf(time.Now()))
	if err != nil {
		return err
	}
	i := slices.IndexFunc(now.Model.Nodes, func(nd plant.Node) bool { return nd.Path == site })
	layout, err := desk.Propose(ctx, who.Scope, now.Model.Nodes[i].ID)
	if err != nil {
		return err
	}
	_, err = desk.Save(ctx, who, layout)
	return err
}
