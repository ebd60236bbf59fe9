package main

import (
	"context"
	"time"

	"zhigai/access"
	calc "zhigai/calc/control"
	"zhigai/plant"
	"zhigai/shop/control/loop"
)

// demoCorrected is the grinder whose wheel offset the demo corrects from part to part.
const demoCorrected = demoSite + "/grinding/line-1/grinder-02"

// demoWritten are the machines of the demo to which writing is switched on.
var demoWritten = []string{demoHeld, demoCorrected}

// What the bore of a ring is to be, and may be, mm.
const demoBore, demoBoreWithin = 30.0, 0.006

// demoOffset is how the grinder's bore is kept where it is to be: of the mean of three
// parts by an EWMA controller. A worn wheel grinds larger, 8 um in its life, while one
// part differs from the next by 1.2 um: weight 0.4 follows the first and not the second.
func demoOffset(grinder plant.NodeID) (loop.Loop, error) {
	return loop.Loop{
		Name: plant.Name{ZH: "2号磨床内径逐批修正", EN: "grinder 2 bore, run to run"}, Owner: "engineer", Machine: grinder, Output: "tool.offset",
		PV:    loop.Input{Machine: grinder, Signal: "part.diameter"},
		Block: loop.Block{Kind: loop.RunToRun, EWMA: &calc.EWMA{Slope: 1, Lambda: 0.4, MaxStep: 0.004, Range: calc.Range{Low: -0.03, High: 0.03}}, Every: 3},
		SP:    demoBore, SPLow: demoBore - 0.02, SPHigh: demoBore + 0.02, PeriodMs: 1000, MaxAgeMs: 10_000, IntervalMs: 5000, Deadband: 0.0002, Resolution: 0.0001,
		Safe: loop.Safe{Action: loop.Hold}, Note: "首版：三件一修正，λ=0.4",
	}, nil
}

// holdDemoLoop does what an engineer does at a machine: in manual the loop looks at what
// it is to hold, and as soon as that is to be had it goes to auto.
func (n *node) holdDemoLoop(ctx context.Context, who access.Principal, machine plant.Node, series string) error {
	if err := n.answering(ctx, machine); err != nil {
		return err
	}
	v, err := n.loops.SetMode(ctx, who, series, loop.Asked{Mode: loop.Manual})
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for err == nil && (v.Now == nil || v.Now.PV == nil || v.Now.Wrong != "") {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
			v, err = n.loops.View(ctx, who, series)
		}
	}
	if err == nil {
		_, err = n.loops.SetMode(ctx, who, series, loop.Asked{Mode: loop.Auto, Rev: v.Run.Rev})
	}
	return err
}
