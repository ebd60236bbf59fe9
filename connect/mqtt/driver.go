package mqtt

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"zhigai/connect"
	"zhigai/plant"
)

// Kind is the name of the driver for plain topics.
const Kind = "mqtt"

const (
	// maxTopics is how many topics below one device's prefix are remembered.
	maxTopics = 500
	// maxKept is the largest payload that is remembered; larger ones are
	// delivered and forgotten.
	maxKept = 64 << 10
	// defaultSilence is how long a device may publish nothing at all.
	defaultSilence = time.Minute
	// oldValue is the age from which the time of a retained value is not passed
	// on as the time of the present one.
	oldValue = time.Hour
	// attachWithin is how long an acknowledgement waits for a subscription: a
	// collector that lost one tries again within 19 s.
	attachWithin = 20 * time.Second
)

// Source is what the driver needs of a broker.
type Source interface {
	HandleOrTake(filter string, h Handler, take Taker) error
	Watch(w Watcher)
	Publish(topic string, payload []byte, qos byte, retain bool) error
	Retained(filter string, limit int) []Message
}

// DriverOptions of the driver for plain topics.
type DriverOptions struct {
	Broker Source
	Now    func() time.Time
	Logger *slog.Logger
}

// Driver reads devices that publish plain values under a topic prefix: a
// number, a text, or a JSON document. A device is there while it publishes.
type Driver struct {
	broker Source
	now    func() time.Time
	log    *slog.Logger

	mu      sync.Mutex
	devices map[string]*device   // by prefix
	byConn  map[uint64][]*device // that a connection published for
}

var (
	_ connect.Driver       = (*Driver)(nil)
	_ connect.Expecter     = (*Driver)(nil)
	_ connect.WriteChecker = (*Driver)(nil)
)

// NewDriver registers at the broker; call it before the broker starts.
func NewDriver(o DriverOptions) (*Driver, error) {
	if o.Broker == nil || o.Now == nil || o.Logger == nil {
		return nil, errors.New("mqtt driver: Broker, Now and Logger are required")
	}
	d := &Driver{broker: o.Broker, now: o.Now, log: o.Logger, devices: make(map[string]*device), byConn: make(map[uint64][]*device)}
	if err := o.Broker.HandleOrTake("#", d.handle, d.take); err != nil {
		return nil, fmt.Errorf("mqtt driver: %w", err)
	}
	o.Broker.Watch(Watcher{Alive: d.alive, Gone: d.gone})
	return d, nil
}

// Kind implements [connect.Driver].
func (d *Driver) Kind() string { return Kind }

// Examples implements [connect.Exampler].
func (*Driver) Examples() connect.Examples {
	return connect.Examples{
		Device: plant.Device{Driver: Kind, Address: "plant/press1"},
		Point:  "state#/spindle/speed", PointKind: plant.KindNumber,
	}
}

// settings is a device's address and params, understood.
type settings struct {
	prefix  string
	time    pointer // where in a JSON payload the device's own time stands
	hasTime bool
	silence time.Duration
}

func parseSettings(dev plant.Device) (settings, error) {
	s := settings{prefix: dev.Address, silence: defaultSilence}
	if err := CheckFilter(dev.Address); err != nil || strings.ContainsAny(dev.Address, "+#") || strings.HasSuffix(dev.Address, "/") || len(dev.Address) > 256 {
		return s, fmt.Errorf("mqtt address %q: write the topic prefix of the device, for example plant/press1, without + # or a / at the end", dev.Address)
	}
	for key, v := range dev.Params {
		var err error
		switch key {
		case "time":
			s.hasTime = true
			s.time, err = parsePointer(v)
		case "silence":
			s.silence, err = time.ParseDuration(v)
			if err == nil && (s.silence < time.Second || s.silence > 24*time.Hour) {
				err = errors.New("from 1s to 24h")
			}
		default:
			err = errors.New("not known; known are time (a JSON pointer) and silence")
		}
		if err != nil {
			return s, fmt.Errorf("mqtt param %s %q: %w", key, v, err)
		}
	}
	return s, nil
}

// CheckDevice implements [connect.Driver].
func (d *Driver) CheckDevice(dev plant.Device) error {
	_, err := parseSettings(dev)
	return err
}

// CheckPoint implements [connect.Driver].
func (d *Driver) CheckPoint(address string, kind plant.TagKind) error {
	p, err := parsePoint(address)
	if err == nil && kind == plant.KindWaveform && !p.json {
		return fmt.Errorf("mqtt point %q: a waveform stands in JSON with its rate; write a # behind the topic, for example vibration# or vibration#/x", address)
	}
	return err
}

// CheckWrite implements [connect.WriteChecker].
func (d *Driver) CheckWrite(address string, kind plant.TagKind, value any) error {
	if err := d.CheckPoint(address, kind); err != nil {
		return err
	}
	p, err := parsePoint(address)
	if err != nil {
		return err
	}
	if value == nil {
		value = 0.0
	}
	if _, err := encode(p, value); err != nil {
		return fmt.Errorf("mqtt point %q: %w; write the topic of a value of its own", address, err)
	}
	return nil
}

// Open waits until the device has published something, now or retained.
func (d *Driver) Open(ctx context.Context, dev plant.Device) (connect.Conn, error) {
	s, err := parseSettings(dev)
	if err != nil {
		return nil, err
	}
	u := d.device(s.prefix)
	for {
		u.mu.Lock()
		heard, changed := u.heard(d.now(), s.silence), u.change()
		u.mu.Unlock()
		if heard {
			return &conn{driver: d, device: u, settings: s}, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, fmt.Errorf("mqtt %s: nothing was published under %s/# within %v: %w", s.prefix, s.prefix, s.silence, ctx.Err())
		}
	}
}

// Expect implements [connect.Expecter].
func (d *Driver) Expect(dev plant.Device) (release func()) {
	s, err := parseSettings(dev)
	if err != nil {
		return func() {} // Open says what is wrong
	}
	u := d.device(s.prefix)
	want := func(n int) {
		u.mu.Lock()
		defer u.mu.Unlock()
		u.wanted += n
	}
	want(1)
	return func() { want(-1) }
}

func (d *Driver) device(prefix string) *device {
	d.mu.Lock()
	defer d.mu.Unlock()
	u, ok := d.devices[prefix]
	if !ok {
		u = &device{prefix: prefix, last: make(map[string]Message), attached: make(chan struct{})}
		d.devices[prefix] = u
		for _, m := range d.broker.Retained(prefix+"/#", maxTopics) {
			u.keep(m) // values as they were; a sign of life comes later
		}
	}
	return u
}

// under finds the devices a message belongs to: every prefix of its topic that
// is one. It notes on which connection they speak.
func (d *Driver) under(m Message) []*device {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []*device
	for i := 0; i <= len(m.Topic); i++ {
		if i == len(m.Topic) || m.Topic[i] == '/' {
			if u, ok := d.devices[m.Topic[:i]]; ok {
				out = append(out, u)
				if !m.Will && !slices.Contains(d.byConn[m.Conn], u) {
					d.byConn[m.Conn] = append(d.byConn[m.Conn], u)
				}
			}
		}
	}
	return out
}

func (d *Driver) handle(ctx context.Context, m Message) error {
	under := d.under(m)
	for i, u := range under {
		now := ctx
		if i < len(under)-1 {
			now = unpassed(ctx)
		}
		if err := u.handle(now, m); err != nil {
			return fmt.Errorf("mqtt %s: %w", u.prefix, err)
		}
	}
	return nil
}

// take is handle without waiting.
func (d *Driver) take(m Message, done func(error)) bool {
	under := d.under(m)
	return len(under) == 1 && under[0].take(m, done)
}

// alive: a device shows life while the connection that published for it does.
func (d *Driver) alive(conn uint64) {
	d.mu.Lock()
	of := d.byConn[conn]
	d.mu.Unlock()
	for _, u := range of {
		u.life(conn)
	}
}

// gone: a device whose client was lost is lost; one whose client said goodbye
// publishes now and then, and has its time of silence.
func (d *Driver) gone(conn uint64, orderly bool) {
	d.mu.Lock()
	of := d.byConn[conn]
	delete(d.byConn, conn)
	d.mu.Unlock()
	if orderly {
		return
	}
	for _, u := range of {
		u.gone(conn)
	}
}
