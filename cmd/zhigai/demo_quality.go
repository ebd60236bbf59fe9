package main

import (
	"context"
	"strings"
	"time"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/shop/quality"
)

// demoDiameter is what the demo's lathes measure of each part: the diameter grows as
// the tool wears, by less than the specification allows until the tool is changed.
func demoDiameter(machine plant.NodeID) quality.Characteristic {
	lsl, target, usl := 29.990, 30.000, 30.012
	return quality.Characteristic{
		Code: "10.1", Name: plant.Name{ZH: "外径", EN: "outer diameter"}, Place: machine, Item: "ring", Operation: 10, Stage: quality.InProcess, Special: true,
		Unit: "mm", Decimals: 4, LSL: &lsl, USL: &usl, Target: &target, Size: 1, Every: "每件", Chart: "imr", Rules: []string{"n1", "n2", "n3"},
		Tag: "part.diameter", Trigger: "count.good",
	}
}

// planDemoInspection gives the lathes of the demo plant a characteristic that they
// measure by themselves, unless somebody planned inspection before; except is the path
// of a lathe that has a story of its own.
func (n *node) planDemoInspection(ctx context.Context, except string) error {
	who, desk := access.Node(homeTenant), n.newQuality()
	known, err := desk.Characteristics(ctx, quality.Filter{Scope: who.Scope, Limit: 1})
	if err != nil || len(known) > 0 {
		return err
	}
	stored, err := n.plants.Model(ctx, who.Scope, plant.MicrosOf(time.Now()))
	if err != nil {
		return err
	}
	for _, nd := range stored.Nodes {
		if nd.Machine == nil || nd.Machine.Class != "lathe" || nd.Path == except || !strings.Contains(nd.Path, "line-1/") {
			continue
		}
		if _, err := desk.SaveCharacteristic(ctx, who, demoDiameter(nd.ID)); err != nil {
			return err
		}
	}
	return nil
}
