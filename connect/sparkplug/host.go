package sparkplug

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"zhigai/connect/mqtt"
	"zhigai/connect/sparkplug/payload"
	"zhigai/connect/tap"
)

// errDeath ends the subscriptions of a node or device that said goodbye.
var errDeath = errors.New("death certificate")

// handle is called by the broker for every message of the namespace.
func (d *Driver) handle(ctx context.Context, m mqtt.Message) error {
	t, ok := parseTopic(m.Topic)
	if !ok {
		d.log.Warn("sparkplug topic not understood", slog.String("topic", m.Topic), slog.String("client", m.Client))
		return nil
	}
	switch t.kind {
	case "STATE":
		if m.Topic == d.stateTopic() {
			return fmt.Errorf("sparkplug host %s is this process; give the other host an id of its own", d.host)
		}
		return nil
	case "NCMD", "DCMD":
		return nil
	}
	e, err := d.edge(t.group, t.node)
	if err != nil {
		d.tellFull(err)
		return nil
	}
	if err := e.lock(ctx); err != nil {
		return err
	}
	defer e.unlock()
	e.show(t.device, m)
	p, err := payload.Open(m.Payload)
	if err != nil {
		// Sent again it would be no better, so it is acknowledged.
		d.log.Warn("sparkplug payload dropped", slog.String("topic", m.Topic), slog.String("client", m.Client), slog.Any("err", err))
		if e.owns(m) || !e.online {
			e.gap = true
			d.askRebirth(e, "payload could not be decoded")
		}
		return nil
	}
	switch t.kind {
	case "NBIRTH":
		return d.nodeBirth(ctx, e, m, p)
	case "NDEATH":
		d.nodeDeath(e, m, p)
		return nil
	}
	if !e.owns(m) {
		return d.stranger(e, t, m)
	}
	if !e.follow(p) {
		d.askRebirth(e, "sequence number missing")
	}
	switch t.kind {
	case "DBIRTH":
		return d.deviceBirth(ctx, e, t, m, p)
	case "DDEATH":
		if u := e.devices[t.device]; u != nil {
			u.die(fmt.Errorf("sparkplug %s: %w of the device", t.address, errDeath))
		}
		return nil
	}
	return d.data(ctx, e, t, m, p)
}

// show lets who watches a device see a message, understood or not. The caller
// holds the turn.
func (e *edge) show(device string, m mqtt.Message) {
	if u := e.devices[device]; u != nil {
		for s := range u.subs {
			s.ring.Record(tap.Received, m.Topic, m.Payload)
		}
	}
}

func (d *Driver) nodeBirth(ctx context.Context, e *edge, m mqtt.Message, p payload.Payload) error {
	if err := e.begin(m, p); err != nil {
		return err
	}
	if !p.HasSeq || !e.hasBD {
		d.log.Warn("sparkplug birth without seq or bdSeq", slog.String("edge_node", e.String()), slog.String("client", m.Client))
	}
	return d.deliver(ctx, e, "", e.devices[""].snapshot(d.now()), true, m)
}

func (d *Driver) deviceBirth(ctx context.Context, e *edge, t topic, m mqtt.Message, p payload.Payload) error {
	if e.devices[t.device] == nil && len(e.devices) > maxDevices {
		d.log.Warn("sparkplug device not taken: too many", slog.String("edge_node", e.String()), slog.Int("limit", maxDevices))
		return nil
	}
	u := e.unit(t.device)
	u.describe(p)
	if u.cut {
		d.log.Warn("sparkplug birth cut: too large", slog.String("device", t.String()), slog.Int("limit", maxDeviceBytes))
	}
	e.announce()
	return d.deliver(ctx, e, t.device, u.snapshot(d.now()), true, m)
}

func (d *Driver) data(ctx context.Context, e *edge, t topic, m mqtt.Message, p payload.Payload) error {
	u := e.devices[t.device]
	if u == nil || !u.online {
		d.askRebirth(e, "data of a device before its birth")
		return nil
	}
	samples, unknown := u.take(p, e.gap)
	if unknown > 0 {
		d.askRebirth(e, "metric that the birth does not list")
	}
	if e.gap && unknown > 0 && e.unanswered > maxUnanswered {
		// Better no contact than values under names that may be wrong.
		e.die(fmt.Errorf("sparkplug %s: messages were lost and the edge node does not answer requests for a new birth", e))
		return nil
	}
	return d.deliver(ctx, e, t.device, samples, false, m)
}

// nodeDeath believes a death only of the birth it belongs to: the will of a
// connection that was replaced arrives after the new birth.
func (d *Driver) nodeDeath(e *edge, m mqtt.Message, p payload.Payload) {
	seq, has := bdSeq(p)
	if !e.online || e.conn != m.Conn || has && e.hasBD && seq != e.bdSeq {
		return
	}
	e.die(fmt.Errorf("sparkplug %s: %w of the edge node", e, errDeath))
}

// stranger is data of a connection that gave no birth.
func (d *Driver) stranger(e *edge, t topic, m mqtt.Message) error {
	if e.online {
		return fmt.Errorf("sparkplug %s is held by client %q at %s; %s of client %q at %s is not taken: %w",
			e, e.client, e.remote, t.kind, m.Client, m.Remote, mqtt.ErrExpel)
	}
	d.askRebirth(e, "data before birth")
	return nil
}

// gone ends the nodes of a connection that ended without their death, orderly
// or not.
func (d *Driver) gone(conn uint64, _ bool) {
	d.mu.Lock()
	edges := make([]*edge, 0, len(d.edges))
	for _, e := range d.edges {
		edges = append(edges, e)
	}
	d.mu.Unlock()
	for _, e := range edges {
		// Not bounded by a context: a delivery that holds the turn ends with
		// its subscription or with the broker.
		e.turn <- struct{}{}
		if e.online && e.conn == conn {
			e.die(fmt.Errorf("sparkplug %s: connection ended without a death certificate", e))
		}
		e.unlock()
	}
}

// askRebirth asks the node for new births, not too often. The caller holds
// the turn.
func (d *Driver) askRebirth(e *edge, why string) {
	now := d.now()
	since := now.Sub(e.asked)
	if since < e.wait {
		return
	}
	if since > 2*rebirthMax {
		e.wait = 0
	}
	e.unanswered++
	e.asked, e.wait = now, min(max(2*e.wait, rebirthMin), rebirthMax)
	p := payload.Payload{Timestamp: uint64(now.UnixMilli()), HasTimestamp: true, Metrics: []payload.Metric{{
		Name: "Node Control/Rebirth", Type: payload.TypeBoolean, Value: payload.OfBool(true),
	}}}
	d.log.Info("sparkplug rebirth asked for", slog.String("edge_node", e.String()), slog.String("why", why))
	if err := d.broker.Publish(namespace+"/"+e.group+"/NCMD/"+e.node, p.Append(nil), 0, false); err != nil {
		d.log.Warn("sparkplug rebirth", slog.Any("err", err))
	}
}

func (d *Driver) tellFull(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.full {
		d.full = true
		d.log.Warn("sparkplug edge node not taken", slog.Any("err", err))
	}
}

// deliver passes samples to the subscriptions of a node or device and waits
// until they are durable. The caller holds the turn and has it again after.
func (d *Driver) deliver(ctx context.Context, e *edge, device string, samples []sample, birth bool, m mqtt.Message) error {
	u := e.devices[device]
	if len(samples) == 0 {
		e.life()
		return nil
	}
	expected := d.expects(e, device)
	if m.QoS > 0 && !birth && u.waits(d.now(), expected) {
		// To acknowledge now would promise what nobody keeps. A birth does not
		// wait: whoever comes later begins with its values.
		if err := d.awaitSubscription(ctx, e, u); err != nil {
			return fmt.Errorf("sparkplug %s: nobody takes the values of %q: %w", e, device, err)
		}
	}
	var failed error
	taken := false
	for s := range u.subs {
		if err := s.deliver(ctx, samples); err != nil {
			failed = err
			continue
		}
		taken = true
	}
	e.life()
	switch {
	case taken:
		return nil
	case failed == nil && !expected && !d.now().Before(u.until):
		u.pending, u.lost = nil, 0 // nobody wants the device
		return nil
	}
	u.keep(samples)
	if failed == nil || birth && errors.Is(failed, mqtt.ErrDetached) {
		return nil
	}
	return fmt.Errorf("sparkplug %s: values of %q are not kept: %w", e, device, failed)
}

// waits reports whether no subscription is open but one is to come: a
// collector said so, or the last one was lost or is just ending.
func (u *unit) waits(now time.Time, expected bool) bool {
	for s := range u.subs {
		if !s.relay.Ended() {
			return false
		}
	}
	return len(u.subs) > 0 || expected || u.holds && now.Before(u.until)
}

// awaitSubscription gives the turn away while it waits.
func (d *Driver) awaitSubscription(ctx context.Context, e *edge, u *unit) error {
	attached := u.attached
	e.unlock()
	timer := time.NewTimer(attachWithin)
	defer timer.Stop()
	var err error
	select {
	case <-attached:
	case <-timer.C:
		err = errors.New("no subscription came")
	case <-ctx.Done():
		err = ctx.Err()
	}
	e.turn <- struct{}{}
	return err
}

// life tells every subscription of the node that it spoke.
func (e *edge) life() {
	for _, u := range e.devices {
		if !u.online {
			continue
		}
		for s := range u.subs {
			s.relay.Alive()
		}
	}
}
