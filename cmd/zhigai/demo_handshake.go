package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"zhigai/access"
	calccontrol "zhigai/calc/control"
	calc "zhigai/calc/handshake"
	"zhigai/plant"
	"zhigai/shop/control/handshake"
	"zhigai/shop/control/loop"
)

const (
	demoGantry = demoSite + "/auxiliary/handling/gantry-1"
	demoBuffer = demoSite + "/auxiliary/handling/buffer-1"
	demoAGV    = demoSite + "/auxiliary/handling/agv-1"
)

// demoHands are the machines of the demo that hand parts and material on: of three
// protocols.
var demoHands = []string{demoGantry, demoBuffer, demoAGV}

// demoTransfer is how the gantry (OPC UA) hands parts to the buffer (Modbus).
func demoTransfer(gantry, buffer plant.NodeID) handshake.Handshake {
	tell := func(v float64) *handshake.Tell { return &handshake.Tell{Signal: "hand.told", Value: v} }
	safe := handshake.Safe{Stale: calc.Release, Lost: calc.Release, Restart: calc.Wait, Clock: calc.Wait, Overload: calc.Wait}
	return handshake.Handshake{
		Name: plant.Name{ZH: "桁架机械手到缓存工位", EN: "gantry to buffer"}, Owner: "engineer", Kind: handshake.Transfer, Giver: handshake.Side{Machine: gantry}, Taker: handshake.Side{Machine: buffer},
		Steps: []handshake.Step{
			{Name: "offer", Party: calc.Giver, Signal: "hand.code", Value: 1, Tell: tell(1), Safe: safe},
			{Name: "reserve", Party: calc.Taker, Signal: "hand.code", Value: 1, Tell: tell(1), WithinMs: 40_000, Safe: safe},
			{Name: "start", Party: calc.Giver, Signal: "hand.code", Value: 2, Tell: tell(2), WithinMs: 10_000, Safe: safe},
			{Name: "done", Party: calc.Taker, Signal: "hand.code", Value: 3, Tell: tell(3), WithinMs: 20_000, Safe: safe},
		},
		Aborts:   []handshake.Abort{{Party: calc.Giver, Signal: "hand.fault", Value: 1}, {Party: calc.Taker, Signal: "hand.fault", Value: 1}},
		MaxAgeMs: 5000, ClearMs: 60_000, Note: "首版",
	}
}

// demoCallOff is how the gantry calls for material and the AGV (S7) brings it.
func demoCallOff(gantry, agv plant.NodeID) handshake.Handshake {
	called := func(v float64) *handshake.Tell { return &handshake.Tell{Signal: "call.told", Value: v} }
	brings := func(v float64) *handshake.Tell { return &handshake.Tell{Signal: "hand.told", Value: v} }
	safe := handshake.Safe{Stale: calc.Wait, Lost: calc.Wait, Restart: calc.Wait, Clock: calc.Wait, Overload: calc.Wait}
	return handshake.Handshake{
		Name: plant.Name{ZH: "机械手叫料 AGV 送料", EN: "gantry calls, AGV brings"}, Owner: "engineer", Kind: handshake.CallOff, Giver: handshake.Side{Machine: gantry}, Taker: handshake.Side{Machine: agv},
		Steps: []handshake.Step{
			{Name: "call", Party: calc.Giver, Signal: "call.code", Value: 1, Tell: brings(1), Safe: safe},
			{Name: "reserved", Party: calc.Taker, Signal: "hand.code", Value: 1, Tell: called(1), WithinMs: 60_000, Safe: safe},
			{Name: "picked-up", Party: calc.Taker, Signal: "hand.code", Value: 2, Tell: called(2), WithinMs: 300_000, Safe: safe},
			{Name: "delivered", Party: calc.Taker, Signal: "hand.code", Value: 3, Tell: called(3), WithinMs: 300_000, Safe: safe},
			{Name: "confirmed", Party: calc.Giver, Signal: "call.code", Value: 2, Tell: brings(2), WithinMs: 60_000, Safe: safe},
		},
		Aborts:   []handshake.Abort{{Party: calc.Taker, Signal: "hand.fault", Value: 1}},
		MaxAgeMs: 5000, ClearMs: 60_000, Note: "首版",
	}
}

// demoInterlock slows the gantry while the buffer behind it is full: a level held by
// hysteresis, which is a control loop of kind on-off and nothing new. What loses the level
// stays slow.
func demoInterlock(gantry, buffer plant.NodeID) loop.Loop {
	const full, slow = 100, 40
	return loop.Loop{
		Name: plant.Name{ZH: "下游缓存满，上游减速", EN: "buffer full, gantry slows"}, Owner: "engineer", Machine: gantry, Output: "transfer.speed", PV: loop.Input{Machine: buffer, Signal: "buffer.level"},
		Block: loop.Block{Kind: loop.OnOff, OnOff: &calccontrol.OnOff{Hysteresis: 2}, On: full, Off: slow},
		SP:    4, SPLow: 1, SPHigh: 7, PeriodMs: 500, MaxAgeMs: 5000, IntervalMs: 1000, Safe: loop.Safe{Action: loop.Ramp, Value: slow}, Note: "首版",
	}
}

// planDemoHandshakes gives the demo plant its handshakes and the interlock, written by its
// engineer and approved by its administrator, and puts them to work when the machines
// answer, unless there were some before.
func (n *node) planDemoHandshakes(ctx context.Context) error {
	who := access.Node(homeTenant)
	known, err := n.handshakes.Handshakes(ctx, handshake.Filter{Scope: who.Scope, Limit: 1})
	if err != nil || len(known) > 0 {
		return err
	}
	stored, err := n.plants.Model(ctx, who.Scope, plant.MicrosOf(time.Now()))
	if err != nil {
		return err
	}
	var at []plant.Node
	for _, path := range demoHands {
		i := slices.IndexFunc(stored.Nodes, func(nd plant.Node) bool { return nd.Path == path })
		if i < 0 {
			return nil
		}
		at = append(at, stored.Nodes[i])
	}
	engineer, admin := who, who
	engineer.Name, admin.Name = "engineer", "admin"
	var series []string
	for _, h := range []handshake.Handshake{demoTransfer(at[0].ID, at[1].ID), demoCallOff(at[0].ID, at[2].ID)} {
		if h, err = n.handshakes.Save(ctx, engineer, h); err == nil {
			h, err = n.handshakes.Move(ctx, admin, h.ID, handshake.Move{State: handshake.Approved, Rev: h.Rev})
		}
		if err != nil {
			return fmt.Errorf("handshake: %w", err)
		}
		series = append(series, h.Series)
	}
	l, err := n.loops.SaveLoop(ctx, engineer, demoInterlock(at[0].ID, at[1].ID))
	if err == nil {
		l, err = n.loops.Move(ctx, admin, l.ID, loop.Move{State: loop.Approved, Rev: l.Rev})
	}
	if err != nil {
		return fmt.Errorf("interlock: %w", err)
	}
	n.workers.Go(func() {
		if err := n.beginDemoHandshakes(ctx, engineer, at, series, l.Series); err != nil && ctx.Err() == nil {
			n.log.Warn("the demo's machines hand nothing over", "err", err)
		}
	})
	return nil
}

// beginDemoHandshakes does what an engineer does once all machines answer.
func (n *node) beginDemoHandshakes(ctx context.Context, who access.Principal, at []plant.Node, series []string, interlock string) error {
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	until := func(is func() (bool, error)) error {
		for {
			if ok, err := is(); ok || err != nil {
				return err
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-tick.C:
			}
		}
	}
	if err := until(func() (bool, error) {
		return !slices.ContainsFunc(at, func(nd plant.Node) bool {
			_, contact, _ := n.collector.Writing(nd.Machine.Device.ID)
			return !contact
		}), nil
	}); err != nil {
		return err
	}
	for _, one := range series {
		if _, err := n.handshakes.SetMode(ctx, who, one, handshake.Asked{Mode: handshake.On}); err != nil {
			return err
		}
	}
	v, err := n.loops.SetMode(ctx, who, interlock, loop.Asked{Mode: loop.Manual})
	if err == nil {
		err = until(func() (bool, error) {
			var err error
			v, err = n.loops.View(ctx, who, interlock)
			return err == nil && v.Now != nil && v.Now.PV != nil && v.Now.Output != nil, err
		})
	}
	if err == nil {
		_, err = n.loops.SetMode(ctx, who, interlock, loop.Asked{Mode: loop.Auto, Rev: v.Run.Rev})
	}
	return err
}
