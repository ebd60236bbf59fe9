package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"zhigai/access"
	calc "zhigai/calc/control"
	"zhigai/fact"
	"zhigai/plant"
	"zhigai/shop/control"
	"zhigai/shop/control/loop"
)

// demoHeld is the furnace whose second zone the demo holds.
const demoHeld = demoSite + "/heat-treatment/line-1/furnace-1"

// The rings are hardened well while the zone is within these, Cel.
const demoSoakLow, demoSoakHigh = 805.0, 835.0

// demoZone is how the zone is held, tuned by SIMC for a closed loop of half a minute:
// it gains 11 Cel per percent of heater power with a lag of six minutes, and scan and
// read-back are a dead time of two seconds.
func demoZone(furnace plant.NodeID) (loop.Loop, error) {
	const closed = 30
	pid, err := calc.Model{Gain: 11, Lag: 360, Dead: 2}.Tune(calc.PID{B: 0.6, Range: calc.Range{Low: 0, High: 100}}, closed)
	return loop.Loop{
		Name: plant.Name{ZH: "1号炉2区温度", EN: "furnace 1, zone 2 temperature"}, Owner: "engineer", Machine: furnace, Output: "heater.output",
		PV: loop.Input{Machine: furnace, Signal: "temperature.zone2"}, Block: loop.Block{Kind: loop.PID, PID: &pid, Ramp: &calc.Ramp{Up: 1, Down: 1, Hold: 30}},
		SP: 820, SPLow: 600, SPHigh: 900, Tariff: &loop.Tariff{
			By:  []loop.Shift{{Period: "sharp", By: -12}, {Period: "peak", By: -12}},
			Low: demoSoakLow, High: demoSoakHigh,
		},
		PeriodMs: 1000, MaxAgeMs: 5000, IntervalMs: 3000, Deadband: 0.2, Resolution: 0.1,
		Safe: loop.Safe{Action: loop.HandBack, Signal: "heater.remote"}, Watchdog: &loop.Watchdog{Signal: "watchdog.remote", PeriodMs: 2000}, Note: "首版，按 SIMC 整定；尖峰和高峰降 12 °C，不出工艺窗口",
	}, err
}

// demoWork is a loop of the demo at a machine, and how it is put to work.
type demoWork struct {
	path  string
	write func(plant.NodeID) (loop.Loop, error)
	hold  func(ctx context.Context, who access.Principal, machine plant.Node, series string) error
}

// planDemoLoop gives the demo plant control loops, written by its engineer and approved
// by its administrator, and puts them to work when their machines answer, unless there
// were some before: then it is for a person to do so.
func (n *node) planDemoLoop(ctx context.Context, shed bool) error {
	who := access.Node(homeTenant)
	known, err := n.loops.Loops(ctx, loop.Filter{Scope: who.Scope, Limit: 1})
	if err != nil || len(known) > 0 {
		return err
	}
	stored, err := n.plants.Model(ctx, who.Scope, plant.MicrosOf(time.Now()))
	if err != nil {
		return err
	}
	engineer, admin := who, who
	engineer.Name, admin.Name = "engineer", "admin"
	all := []demoWork{{demoHeld, demoZone, n.holdDemoZone}, {demoCorrected, demoOffset, n.holdDemoLoop}}
	if shed {
		if all, err = n.demoShedding(all, stored); err != nil {
			return err
		}
	}
	for _, one := range all {
		i := slices.IndexFunc(stored.Nodes, func(nd plant.Node) bool { return nd.Path == one.path })
		if i < 0 {
			continue
		}
		machine := stored.Nodes[i]
		l, err := one.write(machine.ID)
		if err == nil {
			l, err = n.loops.SaveLoop(ctx, engineer, l)
		}
		if err == nil {
			l, err = n.loops.Move(ctx, admin, l.ID, loop.Move{State: loop.Approved, Rev: l.Rev})
		}
		if err != nil {
			return fmt.Errorf("control loop of %s: %w", one.path, err)
		}
		n.workers.Go(func() {
			if err := one.hold(ctx, engineer, machine, l.Series); err != nil && ctx.Err() == nil {
				n.log.Warn("a loop of the demo does not run", "machine", one.path, "err", err)
			}
		})
	}
	return nil
}

// answering waits until a machine answers.
func (n *node) answering(ctx context.Context, machine plant.Node) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		if _, contact, _ := n.collector.Writing(machine.Machine.Device.ID); contact {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// holdDemoZone does what an engineer does at the furnace: in manual the watchdog is
// served, the furnace gives the zone away, and the loop goes to auto.
func (n *node) holdDemoZone(ctx context.Context, who access.Principal, furnace plant.Node, series string) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	wait := func() error {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
			return nil
		}
	}
	if err := n.answering(ctx, furnace); err != nil {
		return err
	}
	v, err := n.loops.SetMode(ctx, who, series, loop.Asked{Mode: loop.Manual})
	for err == nil && (v.Now == nil || v.Now.Beats == 0) {
		if err = wait(); err == nil {
			v, err = n.loops.View(ctx, who, series)
		}
	}
	if err != nil {
		return err
	}
	remote := 1.0
	c, err := n.control.Order(ctx, who, control.Order{Node: furnace.ID, Signal: "heater.remote", Value: fact.Setting{Number: &remote}, Source: "loop:" + series, Note: "由 zhigai 保持2区温度"})
	if err == nil {
		c, err = n.control.Wait(ctx, who.Scope, c.ID)
	}
	if err == nil && c.State != fact.CommandConfirmed {
		err = errors.New("the furnace did not give its zone away: " + c.State)
	}
	if err == nil {
		v, err = n.loops.View(ctx, who, series)
	}
	if err == nil {
		_, err = n.loops.SetMode(ctx, who, series, loop.Asked{Mode: loop.Auto, Rev: v.Run.Rev})
	}
	return err
}
