package sparkplug

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sort"
	"strings"
	"time"

	"zhigai/connect"
	"zhigai/connect/mqtt"
	"zhigai/connect/sparkplug/payload"
	"zhigai/connect/tap"
	"zhigai/plant"
)

// conn is a node or device that was born.
type conn struct {
	driver  *Driver
	edge    *edge
	device  string
	address string
}

var (
	_ connect.Conn        = (*conn)(nil)
	_ connect.Subscriber  = (*conn)(nil)
	_ connect.Writer      = (*conn)(nil)
	_ connect.Interleaver = (*conn)(nil)
	_ connect.Browser     = (*conn)(nil)
)

// subscription is one running Subscribe.
type subscription struct {
	relay  *mqtt.Relay
	points []connect.Point
	byName map[string][]int
	ring   *tap.Ring // of the device's frames
}

// deliver passes on what the subscription wants of the samples.
func (s *subscription) deliver(ctx context.Context, samples []sample) error {
	readings := s.readings(samples)
	if len(readings) == 0 {
		return nil
	}
	return s.relay.Deliver(ctx, readings)
}

func (s *subscription) readings(samples []sample) []connect.Reading {
	var out []connect.Reading
	for _, v := range samples {
		for _, i := range s.byName[v.name] {
			out = append(out, v.reading(i, s.points[i].Kind))
		}
	}
	return out
}

// Close implements [connect.Conn]; the edge node keeps its own connection.
func (c *conn) Close() error { return nil }

// Interleaves implements [connect.Interleaver]: nobody waits for an answer.
func (*conn) Interleaves() {}

// Subscribe implements [connect.Subscriber]. It begins with what was kept
// since the last subscription and the last value of every metric.
func (c *conn) Subscribe(ctx context.Context, points []connect.Point, sink connect.Sink, alive func()) error {
	s := &subscription{relay: mqtt.NewRelay(), points: points, byName: make(map[string][]int), ring: tap.Of(ctx)}
	for i, p := range points {
		s.byName[p.Address] = append(s.byName[p.Address], i)
	}
	u, pending, first, err := c.attach(ctx, s)
	if err != nil {
		return err
	}
	defer func() { c.detach(u, s, ctx.Err() == nil) }()
	if err := sink(ctx, first); err != nil {
		c.giveBack(u, pending)
		s.relay.End(err)
		return err
	}
	pulse, stop := context.WithCancel(ctx)
	defer stop()
	go c.pulse(pulse, u, s.relay)
	return s.relay.Run(ctx, sink, alive)
}

// attach registers the subscription and gives its first readings.
func (c *conn) attach(ctx context.Context, s *subscription) (*unit, []sample, []connect.Reading, error) {
	if err := c.edge.lock(ctx); err != nil {
		return nil, nil, nil, err
	}
	defer c.edge.unlock()
	if !c.edge.born(c.device) {
		return nil, nil, nil, fmt.Errorf("sparkplug %s: offline", c.address)
	}
	u := c.edge.devices[c.device]
	pending := u.pending
	if u.lost > 0 {
		c.driver.log.Warn("sparkplug samples lost while no subscription was open", slog.String("device", c.address), slog.Int("n", u.lost))
	}
	u.pending, u.lost = nil, 0
	readings := append(s.readings(pending), s.readings(u.snapshot(c.driver.now()))...)
	for i, p := range s.points {
		if err := u.missing(p.Address); err != nil {
			readings = append(readings, connect.Reading{Point: i, Err: err})
		}
	}
	u.subs[s] = struct{}{}
	close(u.attached)
	u.attached = make(chan struct{})
	return u, pending, readings, nil
}

// detach ends the subscription; lost says that another one is to be expected.
func (c *conn) detach(u *unit, s *subscription, lost bool) {
	s.relay.End(mqtt.ErrDetached)
	c.edge.turn <- struct{}{} // whoever holds it waits for nothing of ours any more
	delete(u.subs, s)
	u.holds, u.until = lost, c.driver.now().Add(keptAfterEnd)
	if lost {
		u.until = c.driver.now().Add(keptAfterLoss)
	}
	c.edge.unlock()
}

func (c *conn) giveBack(u *unit, pending []sample) {
	c.edge.turn <- struct{}{}
	u.pending = append(append([]sample(nil), pending...), u.pending...)
	c.edge.unlock()
}

// pulse shows life while the node's connection is open: the broker ends it
// when probes or the client's own keep-alive fail. It also ends a device that
// did not follow its node's birth.
func (c *conn) pulse(ctx context.Context, u *unit, relay *mqtt.Relay) {
	tick := time.NewTicker(plant.LinkRenewal / 2)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if c.edge.lock(ctx) != nil {
			return
		}
		online, late := c.edge.born(c.device), c.driver.now().After(u.awaited)
		if c.edge.online && c.edge.gap {
			c.driver.askRebirth(c.edge, "still no birth after a gap") // the first request was held back or lost
		}
		c.edge.unlock()
		switch {
		case online:
			relay.Alive()
		case late:
			relay.End(fmt.Errorf("sparkplug %s: no device birth followed the birth of its edge node", c.address))
			return
		}
	}
}

// missing says that the birth does not list a metric.
func (u *unit) missing(name string) error {
	if u.metrics[name] != nil {
		return nil
	}
	names := make([]string, 0, len(u.metrics))
	for n := range u.metrics {
		names = append(names, n)
	}
	if near := nearest(name, names); len(near) > 0 {
		return fmt.Errorf("%w: the birth certificate has no metric %q; near are %s", connect.ErrUnconfigured, name, strings.Join(near, ", "))
	}
	return fmt.Errorf("%w: the birth certificate has no metric %q", connect.ErrUnconfigured, name)
}

// Prepare implements [connect.Conn]: the group reads the last known values.
func (c *conn) Prepare(points []connect.Point) (connect.Group, error) {
	return &group{conn: c, points: append([]connect.Point(nil), points...)}, nil
}

type group struct {
	conn   *conn
	points []connect.Point
}

// Read implements [connect.Group].
func (g *group) Read(ctx context.Context, dst []connect.Reading) error {
	c := g.conn
	if err := c.edge.lock(ctx); err != nil {
		return err
	}
	defer c.edge.unlock()
	if !c.edge.born(c.device) {
		return fmt.Errorf("sparkplug %s: offline", c.address)
	}
	u := c.edge.devices[c.device]
	for i, p := range g.points {
		if m := u.metrics[p.Address]; m != nil {
			dst[i] = m.last.reading(i, p.Kind)
			continue
		}
		dst[i] = connect.Reading{Point: i, Err: u.missing(p.Address)}
	}
	return nil
}

// Write implements [connect.Writer]: a command, then the value as the edge
// node reports it. Sparkplug has no other confirmation.
func (c *conn) Write(ctx context.Context, p connect.Point, value any) error {
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, observeWithin)
		defer cancel()
	}
	want, err := c.command(ctx, p, value)
	if err != nil {
		return fmt.Errorf("sparkplug %s: write %q: %w: %w", c.address, p.Address, connect.ErrNotWritten, err)
	}
	for {
		last, updated, err := c.last(ctx, p.Address)
		if err != nil {
			return fmt.Errorf("sparkplug %s: write %q: not observed: %w", c.address, p.Address, err)
		}
		if last.value.Field == want.Field && last.value.Bits == want.Bits && string(last.value.Bytes) == string(want.Bytes) {
			return nil
		}
		select {
		case <-updated:
		case <-ctx.Done():
			return fmt.Errorf("sparkplug %s: write %q: the command was sent, the edge node did not report the new value: %w", c.address, p.Address, ctx.Err())
		}
	}
}

func (c *conn) command(ctx context.Context, p connect.Point, value any) (payload.Value, error) {
	if err := c.edge.lock(ctx); err != nil {
		return payload.Value{}, err
	}
	defer c.edge.unlock()
	if !c.edge.born(c.device) {
		return payload.Value{}, errors.New("offline")
	}
	u := c.edge.devices[c.device]
	m := u.metrics[p.Address]
	if m == nil {
		return payload.Value{}, u.missing(p.Address)
	}
	v, err := valueFor(m.typ, value)
	if err != nil {
		return payload.Value{}, err
	}
	now := uint64(c.driver.now().UnixMilli())
	body := payload.Payload{Timestamp: now, HasTimestamp: true, Metrics: []payload.Metric{{
		Name: m.name, Alias: m.alias, HasAlias: m.hasAlias, Timestamp: now, HasTimestamp: true, Type: m.typ, Value: v,
	}}}
	topic := namespace + "/" + c.edge.group + "/NCMD/" + c.edge.node
	if c.device != "" {
		topic = namespace + "/" + c.edge.group + "/DCMD/" + c.edge.node + "/" + c.device
	}
	encoded := body.Append(nil)
	tap.Of(ctx).Record(tap.Sent, topic, encoded)
	return v, c.driver.broker.Publish(topic, encoded, 0, false)
}

func (c *conn) last(ctx context.Context, name string) (sample, <-chan struct{}, error) {
	if err := c.edge.lock(ctx); err != nil {
		return sample{}, nil, err
	}
	defer c.edge.unlock()
	if !c.edge.born(c.device) {
		return sample{}, nil, errors.New("offline")
	}
	u := c.edge.devices[c.device]
	m := u.metrics[name]
	if m == nil {
		return sample{}, nil, u.missing(name)
	}
	return m.last, u.updated, nil
}

// Browse implements [connect.Browser]: metric names with "/" as folders.
func (c *conn) Browse(ctx context.Context, parent string) ([]connect.Browsed, error) {
	if err := c.edge.lock(ctx); err != nil {
		return nil, err
	}
	defer c.edge.unlock()
	u := c.edge.devices[c.device]
	if u == nil {
		return nil, fmt.Errorf("sparkplug %s: offline", c.address)
	}
	prefix := ""
	if parent != "" {
		prefix = strings.TrimSuffix(parent, "/") + "/"
	}
	var out []connect.Browsed
	folders := make(map[string]bool)
	for name, m := range u.metrics {
		rest, ok := strings.CutPrefix(name, prefix)
		if !ok || name == "bdSeq" {
			continue
		}
		if folder, _, deeper := strings.Cut(rest, "/"); deeper {
			if !folders[folder] {
				folders[folder] = true
				out = append(out, connect.Browsed{Address: prefix + folder, Name: folder, Folder: true})
			}
			continue
		}
		out = append(out, connect.Browsed{Address: name, Name: rest, Kind: kindOf(m.typ)})
	}
	sort.Slice(out, func(i, j int) bool {
		if out[i].Folder != out[j].Folder {
			return out[i].Folder
		}
		return out[i].Address < out[j].Address
	})
	return out, nil
}
