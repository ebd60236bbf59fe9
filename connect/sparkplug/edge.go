package sparkplug

import (
	"context"
	"fmt"
	"math"
	"time"

	"zhigai/connect/mqtt"
	"zhigai/connect/sparkplug/payload"
	"zhigai/plant"
)

// edge is the state of one edge node. Its messages are handled one at a time:
// whoever holds the turn may touch the fields below it.
type edge struct {
	group, node string
	turn        chan struct{}

	online  bool
	wanted  bool // a device of it was opened once; never forgotten
	conn    uint64
	client  string
	remote  string
	bdSeq   uint64
	hasBD   bool
	next    uint64 // sequence number the next message must have
	gap     bool   // a message is missing: aliases are not believed until the next birth
	bornAt  time.Time
	devices map[string]*unit // "" is the node itself
	changed chan struct{}    // closed and renewed at every birth

	asked      time.Time // last rebirth asked for
	wait       time.Duration
	unanswered int // requests since the last birth
}

// unit is what one birth certificate described: a device or the node itself.
type unit struct {
	online  bool
	awaited time.Time // until when the device must follow its node's birth
	metrics map[string]*metric
	order   []*metric // as in the birth
	aliases map[uint64]*metric
	bytes   int
	cut     bool // the birth was larger than maxDeviceBytes

	subs     map[*subscription]struct{}
	until    time.Time // samples are kept for a coming subscription until then
	holds    bool      // acknowledgements wait for it too
	pending  []sample
	lost     int           // samples that did not fit into pending
	attached chan struct{} // closed and renewed when a subscription begins
	updated  chan struct{} // closed and renewed with every change of a value
}

// metric is one line of a birth certificate with its last value.
type metric struct {
	name     string
	alias    uint64
	hasAlias bool
	typ      payload.Type
	last     sample
}

// sample is one value of a metric, resolved to its name and type.
type sample struct {
	name       string
	typ        payload.Type
	value      payload.Value
	null       bool
	quality    int64 // of the property Quality, 192 when good or not given
	at         uint64
	historical bool
}

func newEdge(group, node string) *edge {
	return &edge{group: group, node: node, turn: make(chan struct{}, 1), devices: make(map[string]*unit), changed: make(chan struct{})}
}

func newUnit() *unit {
	return &unit{subs: make(map[*subscription]struct{}), attached: make(chan struct{}), updated: make(chan struct{})}
}

func (e *edge) String() string { return e.group + "/" + e.node }

func (e *edge) lock(ctx context.Context) error {
	select {
	case e.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (e *edge) tryLock() bool {
	select {
	case e.turn <- struct{}{}:
		return true
	default:
		return false
	}
}

func (e *edge) unlock() { <-e.turn }

func (e *edge) born(device string) bool {
	u := e.devices[device]
	return e.online && u != nil && u.online
}

func (e *edge) unit(device string) *unit {
	u, ok := e.devices[device]
	if !ok {
		u = newUnit()
		e.devices[device] = u
	}
	return u
}

// owns reports whether the message comes from the connection that gave birth.
func (e *edge) owns(m mqtt.Message) bool { return e.online && e.conn == m.Conn }

// begin is a node birth: everything said before is void.
func (e *edge) begin(m mqtt.Message, p payload.Payload) error {
	// One client identifier has one connection at a time, so a second
	// connection under the same one is the first client come back.
	if e.online && e.conn != m.Conn && e.client != m.Client {
		return fmt.Errorf("sparkplug %s is held by client %q at %s; client %q at %s claims it too: give each edge node a name of its own: %w",
			e, e.client, e.remote, m.Client, m.Remote, mqtt.ErrExpel)
	}
	e.online, e.gap, e.unanswered = true, false, 0
	e.conn, e.client, e.remote, e.bornAt = m.Conn, m.Client, m.Remote, m.At
	e.next = (p.Seq + 1) % 256
	e.bdSeq, e.hasBD = bdSeq(p)
	for name, u := range e.devices {
		if name != "" {
			u.online = false
			u.awaited = m.At.Add(deviceBirthWithin)
		}
	}
	e.unit("").describe(p)
	e.announce()
	return nil
}

// announce wakes those who wait for a birth.
func (e *edge) announce() {
	close(e.changed)
	e.changed = make(chan struct{})
}

// follow checks the sequence; false means that messages are missing.
func (e *edge) follow(p payload.Payload) bool {
	ok := p.HasSeq && p.Seq == e.next
	if p.HasSeq {
		e.next = (p.Seq + 1) % 256
	}
	if !ok {
		e.gap = true
	}
	return ok
}

// die ends the node and all its devices.
func (e *edge) die(reason error) {
	e.online = false
	for _, u := range e.devices {
		u.die(reason)
	}
}

func (u *unit) die(reason error) {
	u.online = false
	for s := range u.subs {
		s.relay.End(reason)
	}
}

// describe takes the metrics of a birth.
func (u *unit) describe(p payload.Payload) {
	u.online, u.cut, u.bytes = true, false, 0
	u.metrics = make(map[string]*metric, len(p.Metrics))
	u.order = u.order[:0]
	u.aliases = make(map[uint64]*metric)
	for i := range p.Metrics {
		m := &p.Metrics[i]
		if m.Name == "" || len(m.Name) > maxName || u.metrics[m.Name] != nil {
			continue // not addressable by anyone
		}
		if u.bytes += 2*len(m.Name) + min(len(m.Value.Bytes), plant.MaxText+1); u.bytes > maxDeviceBytes {
			u.cut = true
			break
		}
		k := &metric{name: m.Name, alias: m.Alias, hasAlias: m.HasAlias, typ: typeOf(m)}
		k.last = k.sample(m, p)
		u.metrics[m.Name] = k
		u.order = append(u.order, k)
		if m.HasAlias {
			u.aliases[m.Alias] = k
		}
	}
	u.touch()
}

func (u *unit) touch() {
	close(u.updated)
	u.updated = make(chan struct{})
}

// resolve finds the metric a data message speaks of. Aliases are only as good
// as the birth they come from.
func (u *unit) resolve(m *payload.Metric, gap bool) *metric {
	if m.Name != "" {
		return u.metrics[m.Name]
	}
	if m.HasAlias && !gap {
		return u.aliases[m.Alias]
	}
	return nil
}

// take turns a data message into samples; unknown counts metrics that the
// birth did not announce.
func (u *unit) take(p payload.Payload, gap bool) (out []sample, unknown int) {
	for i := range p.Metrics {
		m := &p.Metrics[i]
		k := u.resolve(m, gap)
		if k == nil {
			unknown++
			continue
		}
		s := k.sample(m, p)
		out = append(out, s)
		if !s.historical {
			k.last = s
		}
	}
	u.touch()
	return out, unknown
}

// snapshot is the present value of every metric. A value that changed long ago
// holds now: its old time would look like a wrong clock.
func (u *unit) snapshot(now time.Time) []sample {
	out := make([]sample, 0, len(u.order))
	for _, m := range u.order {
		s := m.last
		if s.at > 0 && now.UnixMilli()-int64(min(s.at, math.MaxInt64)) > oldValue.Milliseconds() {
			s.at = 0
		}
		out = append(out, s)
	}
	return out
}

// keep holds samples for a subscription that is expected to come back; the
// oldest go first when there are too many.
func (u *unit) keep(samples []sample) {
	u.pending = append(u.pending, samples...)
	if over := len(u.pending) - maxPending; over > 0 {
		u.lost += over
		u.pending = append([]sample(nil), u.pending[over:]...)
	}
}
