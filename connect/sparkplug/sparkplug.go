// Package sparkplug is the host application of Sparkplug B: it follows the
// births, data and deaths of edge nodes on the embedded broker and gives each
// node or device as a connection.
//
// A value is passed on only under the birth certificate it belongs to; when a
// message is missing, the host asks for a new birth instead of guessing. It
// never stores anything and never takes the place of an edge node. Start with
// [New], then edge.go, the state of one edge node.
package sparkplug

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"zhigai/connect"
	"zhigai/connect/mqtt"
	"zhigai/plant"
)

// Kind is the driver's name in devices and profiles.
const Kind = "sparkplug"

const (
	// maxEdges bounds what clients can make the host remember.
	maxEdges = 1000
	// maxDevices is the most devices of one edge node.
	maxDevices = 500
	// maxDeviceBytes bounds names and texts of one device's birth.
	maxDeviceBytes = 8 << 20
	// maxPending bounds samples that wait for the collector to come back.
	maxPending = 20000
	// After a subscription was lost samples are kept until the collector has
	// opened the device again, after one that was called off until it changed
	// the points.
	keptAfterLoss = 5 * time.Minute
	keptAfterEnd  = 30 * time.Second
	// attachWithin is how long an unacknowledged message waits for the same.
	attachWithin = 10 * time.Second
	// oldValue is the age from which the time of the last change is not passed
	// on as the time of the present value.
	oldValue = time.Hour
	// deviceBirthWithin is when a device must have followed its node's birth.
	deviceBirthWithin = 10 * time.Second
	// A rebirth is asked for at most every rebirthMin, and less often the
	// longer asking does not help: births are the largest messages there are.
	rebirthMin = 5 * time.Second
	rebirthMax = time.Minute
	// maxUnanswered requests for a birth are believed to be lost by accident.
	maxUnanswered = 3
	// observeWithin bounds a write whose context has no deadline.
	observeWithin = 5 * time.Second
	maxName       = 1024 // bytes of a metric's name
)

// Broker is what the host needs of a broker.
type Broker interface {
	Handle(filter string, h mqtt.Handler) error
	Watch(w mqtt.Watcher)
	Publish(topic string, payload []byte, qos byte, retain bool) error
}

// Options of the host.
type Options struct {
	Broker Broker
	HostID string // as edge nodes are told to wait for
	Now    func() time.Time
	Logger *slog.Logger
}

// Driver is the host application.
type Driver struct {
	broker Broker
	host   string
	now    func() time.Time
	log    *slog.Logger

	mu    sync.Mutex
	edges map[string]*edge
	full  bool // maxEdges was reached and told

	expected map[address]int // collectors that will subscribe, or have
}

var (
	_ connect.Driver     = (*Driver)(nil)
	_ connect.Tester     = (*Driver)(nil)
	_ connect.Discoverer = (*Driver)(nil)
	_ connect.Expecter   = (*Driver)(nil)
)

// New registers the host at the broker and says that it is online. Call it
// before the broker starts: what is published earlier is lost.
func New(o Options) (*Driver, error) {
	if o.Broker == nil || o.Now == nil || o.Logger == nil {
		return nil, errors.New("sparkplug: Broker, Now and Logger are required")
	}
	if err := checkPart("host id", o.HostID); err != nil {
		return nil, fmt.Errorf("sparkplug: %w", err)
	}
	d := &Driver{broker: o.Broker, host: o.HostID, now: o.Now, log: o.Logger, edges: make(map[string]*edge), expected: make(map[address]int)}
	if err := o.Broker.Handle(namespace+"/#", d.handle); err != nil {
		return nil, fmt.Errorf("sparkplug: %w", err)
	}
	o.Broker.Watch(mqtt.Watcher{Gone: d.gone})
	return d, d.announce(true)
}

// Close tells the edge nodes that the host is leaving; close the broker after
// it. When the process dies instead, the broker dies with it, and the edge
// nodes see their connection end.
func (d *Driver) Close() error { return d.announce(false) }

// announce keeps STATE as Sparkplug 3.0 wants it (chapter 6.4.26).
func (d *Driver) announce(online bool) error {
	body := fmt.Sprintf(`{"online":%t,"timestamp":%d}`, online, d.now().UnixMilli())
	if err := d.broker.Publish(d.stateTopic(), []byte(body), 1, true); err != nil {
		return fmt.Errorf("sparkplug host %s: state: %w", d.host, err)
	}
	return nil
}

func (d *Driver) stateTopic() string { return namespace + "/STATE/" + d.host }

// Kind implements [connect.Driver].
func (d *Driver) Kind() string { return Kind }

// Examples implements [connect.Exampler].
func (*Driver) Examples() connect.Examples {
	return connect.Examples{
		Device: plant.Device{Driver: Kind, Address: "hall-1/press-1"},
		Search: "hall-1",
		Point:  "Spindle/Speed", PointKind: plant.KindNumber,
	}
}

// CheckDevice implements [connect.Driver].
func (d *Driver) CheckDevice(dev plant.Device) error {
	_, err := parseAddress(dev.Address)
	return err
}

// CheckPoint implements [connect.Driver].
func (d *Driver) CheckPoint(address string, kind plant.TagKind) error {
	if strings.TrimSpace(address) == "" || len(address) > maxName {
		return fmt.Errorf("sparkplug metric %q: write the metric's name as the birth certificate gives it, for example Spindle/Speed", address)
	}
	if kind == plant.KindWaveform {
		return fmt.Errorf("sparkplug metric %q: waveforms are not read over Sparkplug", address)
	}
	return nil
}

// Expect implements [connect.Expecter].
func (d *Driver) Expect(dev plant.Device) (release func()) {
	a, err := parseAddress(dev.Address)
	if err != nil {
		return func() {} // Open says what is wrong
	}
	want := func(n int) {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.expected[a] += n; d.expected[a] == 0 {
			delete(d.expected, a)
		}
	}
	want(1)
	return func() { want(-1) }
}

func (d *Driver) expects(e *edge, device string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.expected[address{e.group, e.node, device}] > 0
}

// Open waits until the node or device is born.
func (d *Driver) Open(ctx context.Context, dev plant.Device) (connect.Conn, error) {
	a, err := parseAddress(dev.Address)
	if err != nil {
		return nil, err
	}
	e, err := d.edge(a.group, a.node)
	if err != nil {
		return nil, err
	}
	for {
		if err := e.lock(ctx); err != nil {
			return nil, d.notBorn(a, err)
		}
		e.wanted = true
		born, changed := e.born(a.device), e.changed
		if !born && e.online {
			d.askRebirth(e, "device wanted, no birth known")
		}
		e.unlock()
		if born {
			return &conn{driver: d, edge: e, device: a.device, address: dev.Address}, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, d.notBorn(a, ctx.Err())
		}
	}
}

func (d *Driver) notBorn(a address, cause error) error {
	err := fmt.Errorf("sparkplug %s: no birth certificate seen: %w", a, cause)
	if near := nearest(a.String(), d.known()); len(near) > 0 {
		return fmt.Errorf("%w; seen are %s", err, strings.Join(near, ", "))
	}
	return fmt.Errorf("%w; no edge node is connected under such a name", err)
}

// Test implements [connect.Tester].
func (d *Driver) Test(ctx context.Context, dev plant.Device) (string, error) {
	c, err := d.Open(ctx, dev)
	if err != nil {
		return "", err
	}
	defer func() { _ = c.Close() }()
	sc := c.(*conn)
	if err := sc.edge.lock(ctx); err != nil {
		return "", err
	}
	defer sc.edge.unlock()
	e, metrics := sc.edge, 0
	if unit := e.devices[sc.device]; unit != nil {
		metrics = len(unit.metrics)
	}
	return fmt.Sprintf("Sparkplug B %s: online, client %s at %s, born %s, %d metrics",
		dev.Address, e.client, e.remote, e.bornAt.UTC().Format(time.RFC3339), metrics), nil
}

// edge finds or makes the state of an edge node.
func (d *Driver) edge(group, node string) (*edge, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	key := group + "/" + node
	if e, ok := d.edges[key]; ok {
		return e, nil
	}
	if len(d.edges) >= maxEdges && !d.forget() {
		return nil, fmt.Errorf("sparkplug %s: %d edge nodes are known already", key, maxEdges)
	}
	e := newEdge(group, node)
	d.edges[key] = e
	return e, nil
}

// forget drops an edge node that is offline and nobody asked for.
func (d *Driver) forget() bool {
	for key, e := range d.edges {
		if !e.tryLock() {
			continue
		}
		idle := !e.online && !e.wanted
		e.unlock()
		if idle {
			delete(d.edges, key)
			return true
		}
	}
	return false
}

func (d *Driver) known() []string {
	d.mu.Lock()
	edges := make([]*edge, 0, len(d.edges))
	for _, e := range d.edges {
		edges = append(edges, e)
	}
	d.mu.Unlock()
	var out []string
	for _, e := range edges {
		if !e.tryLock() {
			continue // busy; a hint is no reason to wait
		}
		for name, unit := range e.devices {
			if e.online && unit.online {
				out = append(out, address{e.group, e.node, name}.String())
			}
		}
		e.unlock()
	}
	return out
}
