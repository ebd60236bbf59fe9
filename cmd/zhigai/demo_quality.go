package main

import (
	"context"
	"strings"
	"time"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/shop/quality"
	"zhigai/sim"
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

// demoOuter is what the demo's inspection machines measure of finished bearings.
func demoOuter(machine plant.NodeID, gauge string, from time.Time) quality.Characteristic {
	lsl, target, usl := 46.992, 47.000, 47.008
	return quality.Characteristic{
		Code: "90.1", Name: plant.Name{ZH: "成品外径", EN: "outer diameter, finished"}, Place: machine, Item: "bearing", Operation: 90, Stage: quality.Final, Special: true,
		Unit: "mm", Decimals: 4, LSL: &lsl, USL: &usl, Target: &target, Size: 5, Every: "每件", Chart: "xbar-r", Rules: []string{"n1"},
		Gauge: gauge, Tag: "inspect.diameter.outer", Trigger: "count.good", From: plant.InstantOf(from),
	}
}

// demoGauge is what one of them measures with: it measures its master by itself.
func demoGauge(machine plant.NodeID, number string) quality.Gauge {
	return quality.Gauge{
		Number: number, Name: plant.Name{ZH: "外径测头", EN: "diameter gauge"}, Place: machine, Unit: "mm", Resolution: 0.0001,
		Master: "M-47", Reference: 47, CheckHours: 2, Tag: "master.diameter", Trigger: "master.checks",
	}
}

// planDemoInspection gives the lathes of the demo plant and its inspection machines
// characteristics that they measure by themselves, unless somebody planned inspection
// before; except is the path of a machine that has a story of its own.
func (n *node) planDemoInspection(ctx context.Context, except string, from time.Time) error {
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
		switch {
		case nd.Machine == nil, nd.Path == except:
			continue
		case nd.Machine.Class == "inspection":
			g, err := desk.SaveGauge(ctx, who, demoGauge(nd.ID, "G-"+nd.Code()))
			if err != nil {
				return err
			}
			if _, err := desk.SaveCharacteristic(ctx, who, demoOuter(nd.ID, g.ID, from)); err != nil {
				return err
			}
		case nd.Machine.Class == "lathe" && strings.Contains(nd.Path, "line-1/"):
			if _, err := desk.SaveCharacteristic(ctx, who, demoDiameter(nd.ID)); err != nil {
				return err
			}
		}
	}
	return nil
}

// adjustEvery is how soon the simulated plant does what somebody entered about a gauge.
const adjustEvery = 5 * time.Second

// adjustDemoGauges does in the simulated plant what people enter that they did: whoever
// enters that the gauge of an inspection machine was adjusted finds it right from then
// on.
func (n *node) adjustDemoGauges(ctx context.Context, p *sim.Plant) {
	who, desk := access.Node(homeTenant), n.newQuality()
	done := map[string]bool{}
	for {
		all, err := desk.Adjustments(ctx, quality.Filter{Scope: who.Scope, Limit: mastersAtOnce})
		if err != nil && ctx.Err() == nil {
			n.log.Warn("demo plant: its gauges", "error", err)
		}
		for _, a := range all {
			if done[a.ID] {
				continue
			}
			done[a.ID] = true
			g, err := desk.Gauge(ctx, who, a.Gauge)
			if err == nil {
				err = p.Adjust(g.Gauge.Path, a.At.Time())
			}
			if err != nil && ctx.Err() == nil {
				n.log.Warn("demo plant: its gauges", "gauge", a.Gauge, "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(adjustEvery):
		}
	}
}
