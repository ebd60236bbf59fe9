package main

import (
	"context"
	"slices"
	"time"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/plant"
	recshop "zhigai/record/shop"
	"zhigai/shop/alarm"
	"zhigai/shop/control"
	"zhigai/shop/control/handshake"
	"zhigai/shop/control/rule"
)

// newHandshakes makes the desk of handshakes between machines.
func (n *node) newHandshakes() *handshake.Desk {
	started := time.Now()
	return handshake.NewDesk(handshake.Options{
		Store: n.handshakesKept(), Machines: n.handshakeMachines(), Live: handshakeLive{loopLive{n}}, Commands: handshakeCommands{controls{n}},
		Alarms: handshakeAlarms{alarmsFrom{n.alarms, fromControl}}, Follower: handshakeCalls{n}, Held: n.heldBeside(holdsHandshake), NewID: n.record.NewID, Now: time.Now,
		Passed: func() time.Duration { return time.Since(started) }, Logger: n.log,
	})
}

func (n *node) handshakesKept() handshake.Store { return recshop.NewHandshakes(n.record) }

func (n *node) handshakeMachines() handshake.Machines {
	return handshakeMachines{rulePlant{recipeMachines{placesOf{n.fleet}, n.profiles}}}
}

// runHandshakes lets handshakes see samples until ctx ends.
func (n *node) runHandshakes(ctx context.Context) error {
	return n.handshakes.Run(ctx, handshakeFeed{n.history})
}

// holder is a room that moves set points by itself.
type holder int

const (
	holdsLoop holder = iota
	holdsRule
	holdsHandshake
)

// heldBeside says for one room which other one moves a set point by itself now.
func (n *node) heldBeside(asker holder) func(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, signal string) (string, error) {
	return func(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, signal string) (string, error) {
		if asker != holdsLoop {
			if by := n.loops.Holder(tenant, machine, signal); by != "" {
				return by, nil
			}
		}
		if asker != holdsHandshake {
			if by := n.handshakes.Holder(tenant, machine, signal); by != "" {
				return by, nil
			}
		}
		if asker == holdsRule {
			return "", nil
		}
		return n.lineRules.Holder(ctx, tenant, machine, signal)
	}
}

// handshakeFeed gives handshakes what was committed.
type handshakeFeed struct{ samples }

var _ handshake.Feed = handshakeFeed{}

// Read implements handshake.Feed.
func (f handshakeFeed) Read(ctx context.Context, after uint64, limit int) ([]handshake.Entry, error) {
	batches, err := f.samples.Read(ctx, after, limit)
	out := make([]handshake.Entry, len(batches))
	for i, b := range batches {
		out[i] = handshake.Entry{Seq: b.Seq, Tenant: b.Tenant, Batch: b.Batch}
	}
	return out, err
}

// handshakeMachines tells handshakes of the plant as it is now.
type handshakeMachines struct{ rulePlant }

var _ handshake.Machines = handshakeMachines{}

// Machine implements handshake.Machines.
func (m handshakeMachines) Machine(ctx context.Context, tenant plant.TenantNo, node plant.NodeID) (handshake.Machine, error) {
	at, err := m.rulePlant.Machine(ctx, tenant, node)
	if err != nil {
		return handshake.Machine{}, err
	}
	takes, err := loopMachines(m.recipeMachines).Machine(ctx, tenant, node)
	if err != nil {
		return handshake.Machine{}, err
	}
	out := handshake.Machine{ID: at.ID, Path: at.Path, Name: at.Name, Link: at.Link}
	for _, s := range takes.Signals {
		one := handshake.Signal{Name: s.Name, Title: s.Title, Unit: s.Unit, Number: s.Number, Writable: s.Writable, Approve: s.Approve, Watchdog: s.Watchdog, Min: s.Min, Max: s.Max, Tag: s.Tag}
		if i := slices.IndexFunc(at.Signals, func(of rule.Signal) bool { return of.Name == s.Name }); i >= 0 {
			one.Values = at.Signals[i].Values
		}
		out.Signals = append(out.Signals, one)
	}
	return out, nil
}

// handshakeLive reads signals of running devices.
type handshakeLive struct{ loopLive }

var _ handshake.Live = handshakeLive{}

// Values implements handshake.Live.
func (l handshakeLive) Values(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, signals []string) ([]handshake.Value, error) {
	all, err := l.loopLive.Values(ctx, tenant, machine, signals)
	out := make([]handshake.Value, len(all))
	for i, v := range all {
		out[i] = handshake.Value(v)
	}
	return out, err
}

// handshakeCommands orders what handshakes tell machines.
type handshakeCommands struct{ controls }

var _ handshake.Commands = handshakeCommands{}

// Order implements handshake.Commands.
func (c handshakeCommands) Order(ctx context.Context, by access.Principal, o handshake.Order) (string, error) {
	one, err := c.controls.Order(ctx, by, control.Order{
		Node: o.Machine, Signal: o.Signal, Value: fact.Setting{Number: &o.Value}, Note: o.Note, Key: o.Key, Source: "handshake:" + o.Handshake, Expires: o.Expires,
	})
	return one.ID, err
}

// Wait implements handshake.Commands.
func (c handshakeCommands) Wait(ctx context.Context, tenant plant.TenantNo, id string) (handshake.Command, error) {
	one, err := c.controls.Wait(ctx, access.Scope{Tenant: tenant}, id)
	if err != nil {
		return handshake.Command{}, err
	}
	out := handshake.Command{State: one.State, Final: one.Final(), Confirmed: one.State == fact.CommandConfirmed, Why: whyOf(one), Lost: one.State == fact.CommandMismatched || one.State == fact.CommandUnknown}
	if n := len(one.Steps); n > 0 {
		out.At = one.Steps[n-1].At
	}
	return out, nil
}

// handshakeAlarms tells people of hand-overs that do not go on.
type handshakeAlarms struct{ alarmsFrom }

// handshakeStands is how urgent it is that machines hand nothing over any more.
const handshakeStands = 2

var _ handshake.Alarms = handshakeAlarms{}

// Raise implements handshake.Alarms.
func (a handshakeAlarms) Raise(ctx context.Context, tenant plant.TenantNo, n handshake.Notice) error {
	return a.raise(ctx, tenant, alarm.Signal{Key: n.Key, Place: n.Place, At: n.At, Priority: handshakeStands, Text: n.Text, Evidence: n.Page})
}
