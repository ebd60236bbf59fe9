package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhigai/access"
	calc "zhigai/calc/authenticity"
	"zhigai/connect/mqtt"
	"zhigai/connect/mtconnect"
	"zhigai/connect/opcua"
	"zhigai/connect/sparkplug"
	"zhigai/fact"
	"zhigai/plant"
	"zhigai/shop/authenticity"
)

// newAuthenticity makes the desk that examines machines' days.
func (n *node) newAuthenticity() *authenticity.Desk {
	return authenticity.NewDesk(authenticity.Options{Sources: recorded{n}, Sketches: n.machines, Journal: n.record.Journal(), Now: time.Now, Above: func(tenant plant.TenantNo) bool { return n.worksOf(tenant).to.Load() != nil }})
}

// recorded is what the plant recorded of its machines.
type recorded struct{ n *node }

var _ authenticity.Sources = recorded{}

// Samples implements authenticity.Sources.
func (r recorded) Samples(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, from, to plant.Micros, yield func(plant.Sample) bool) error {
	return r.n.history.Samples(ctx, tenant, tag, from, to, yield)
}

// Intervals implements authenticity.Sources.
func (r recorded) Intervals(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, from, to plant.Micros) ([]authenticity.Interval, error) {
	timeline, err := r.n.desk.Timeline(ctx, access.Scope{Tenant: tenant}, machine, from, to)
	out := make([]authenticity.Interval, len(timeline))
	for i, t := range timeline {
		out[i] = authenticity.Interval{From: t.From, To: t.To, Known: t.State.Known, Runs: t.State.Runs()}
	}
	return out, err
}

// Parts implements authenticity.Sources.
func (r recorded) Parts(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, from, to plant.Micros) ([]authenticity.Parts, error) {
	counted, err := r.n.desk.Counted(ctx, access.Scope{Tenant: tenant}, machine, from, to)
	var out []authenticity.Parts
	for _, c := range counted {
		if made := c.Good + c.Scrap + c.Rework; made > 0 {
			out = append(out, authenticity.Parts{At: c.At, N: made})
		}
	}
	return out, err
}

// settling is how long after contact a wrong clock is one that always was: a
// device whose clock nobody ever set has not set it back.
const settling = plant.Micros(5 * time.Minute / time.Microsecond)

// Clocks implements authenticity.Sources: a clock that was right when contact
// was made and is not any more.
func (r recorded) Clocks(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, from, to plant.Micros) ([]calc.Reading, error) {
	events, err := r.n.record.Journal().Events(ctx, tenant, fact.Filter{Kinds: []fact.Kind{fact.KindClock, fact.KindConnection}, Subjects: []plant.NodeID{machine}, From: from, To: to})
	if err != nil {
		return nil, err
	}
	var out []calc.Reading
	var contact plant.Micros
	for _, e := range events {
		if e.Kind == fact.KindConnection {
			contact = e.Occurred
			continue
		}
		var c fact.Clock
		if err := json.Unmarshal(e.Payload, &c); err != nil {
			return nil, fmt.Errorf("clock event %s: %w", e.ID, err)
		}
		if c.Kept-contact > settling {
			out = append(out, calc.Reading{Device: int64(c.Claimed), Received: int64(c.Kept)})
		}
	}
	return out, nil
}

// ownClocks are the drivers whose instants come from the device.
var ownClocks = []string{mqtt.Kind, sparkplug.Kind, opcua.Kind, mtconnect.Kind, mtconnect.AdapterKind}

// examined is what an examination must know of the machine.
func (n *node) examined(one, enterprise plant.Node, tags []plant.Tag) authenticity.Machine {
	d := one.Machine.Device
	m := authenticity.Machine{
		Node: one.ID, Owner: enterprise.ID, Path: one.Path, Tags: tags, Cycles: one.Machine.Cycles, Writes: map[string]bool{}, OwnClock: slices.Contains(ownClocks, d.Driver),
		// Devices of one broker, one server or one gateway may share its clock.
		Link: d.Driver + " " + gatewayOf(d),
	}
	if p, ok := n.profileOf(one); ok {
		for i := range p.Signals {
			m.Writes[p.Signals[i].Name] = p.Signals[i].Write != nil
		}
	}
	return m
}

// gatewayOf is the part of an address that several devices have in common.
func gatewayOf(d plant.Device) string {
	if d.Driver == sparkplug.Kind || d.Driver == mqtt.Kind { // group/node/device
		if i := strings.LastIndexByte(d.Address, '/'); i > 0 {
			return d.Address[:i]
		}
	}
	return d.Address
}

// suspected examines the machines' day and gives the kinds of signs that stand
// against each.
func (n *node) suspected(ctx context.Context, tenant plant.TenantNo, date string, span plant.Span, machines []authenticity.Machine) (map[plant.NodeID][]string, error) {
	if _, err := n.authenticity.Examine(ctx, tenant, date, span, machines); err != nil {
		return nil, err
	}
	nodes := make([]plant.NodeID, len(machines))
	for i, m := range machines {
		nodes[i] = m.Node
	}
	all, err := n.authenticity.Suspect(ctx, tenant, nodes)
	if err != nil {
		return nil, err
	}
	out := map[plant.NodeID][]string{}
	for machine, days := range all {
		out[machine] = days[date]
	}
	return out, nil
}
