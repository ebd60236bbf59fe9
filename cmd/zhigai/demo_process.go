package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"zhigai/access"
	"zhigai/plant"
	recipes "zhigai/shop/process"
)

// demoGrinding is how a grinding machine of the demo makes rings of a bearing, as it is
// delivered: two values are set, the others watched.
func demoGrinding(item string, line plant.NodeID) recipes.Recipe {
	at := func(signal string, target, low, high float64, set bool) recipes.Parameter {
		return recipes.Parameter{Signal: signal, Target: target, Low: &low, High: &high, Download: set, DelayS: 10}
	}
	return recipes.Recipe{
		Item: item, Operation: 30, Place: line, Profile: "demo-grinder", Note: "首版",
		Parameters: []recipes.Parameter{
			at("feed.override", 100, 97, 103, true), at("spindle.override", 100, 97, 103, true),
			at("feed.rate", 480, 456, 504, false), at("temperature.coolant", 28, 15, 40, false),
		},
	}
}

// planDemoProcess gives the demo plant recipes, written by its engineer and approved by
// its administrator, and types of tools, unless somebody wrote some before.
func (n *node) planDemoProcess(ctx context.Context) error {
	who := access.Node(homeTenant)
	known, err := n.process.Recipes(ctx, recipes.Filter{Scope: who.Scope, Limit: 1})
	if err != nil || len(known) > 0 {
		return err
	}
	stored, err := n.plants.Model(ctx, who.Scope, plant.MicrosOf(time.Now()))
	if err != nil {
		return err
	}
	ids := map[string]plant.NodeID{}
	for _, nd := range stored.Nodes {
		ids[nd.Path] = nd.ID
	}
	line, turning := ids["xinchang-bearing/xinchang/grinding/line-1"], ids["xinchang-bearing/xinchang/turning"]
	engineer, admin := who, who
	engineer.Name, admin.Name = "engineer", "admin"
	for _, item := range []string{"6205-2rs", "6206-zz", "6305"} {
		r, err := n.process.SaveRecipe(ctx, engineer, demoGrinding(item, line))
		for _, to := range []recipes.State{recipes.Checked, recipes.Approved} {
			if err == nil {
				r, err = n.process.Move(ctx, admin, r.ID, recipes.Move{State: to, Rev: r.Rev})
			}
		}
		if err != nil {
			return fmt.Errorf("recipe of %s: %w", item, err)
		}
	}
	insert, err := n.process.SaveToolType(ctx, engineer, recipes.ToolType{
		Code: "CNMG-120408", Name: plant.Name{ZH: "外圆车刀片", EN: "turning insert"}, Place: turning, Measure: recipes.InMinutes, Life: 400, PriceFen: 3500,
	})
	if err != nil {
		return err
	}
	for path, id := range ids {
		if strings.HasPrefix(path, "xinchang-bearing/xinchang/turning/line-1/lathe-0") {
			if _, err := n.process.MountTool(ctx, engineer, recipes.Mount{Type: insert.ID, Machine: id, Slot: "T1"}); err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
		}
	}
	return nil
}
