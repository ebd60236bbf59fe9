package connect_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"zhigai/connect"
	"zhigai/fact"
	"zhigai/plant"
)

// fakeDriver serves devices from memory, by address.
type fakeDriver struct {
	mu      sync.Mutex
	devices map[string]*fakeDevice
}

var _ connect.Driver = (*fakeDriver)(nil)

// fakeDevice is what a test turns the knobs of. Its lock is the driver's.
type fakeDevice struct {
	down   bool          // refuses and hangs up
	silent bool          // takes until the deadline
	slow   time.Duration // for an answer
	read   func(points []connect.Point, dst []connect.Reading)
	speaks bool           // a subscriber
	prompt connect.Prompt // of one that speaks and need not wait
	hasty  bool
	sink   connect.Sink
	alive  func()
	opens  []time.Time
	closes int

	written     []any
	interleaves bool
	mute        bool      // takes a write and says nothing
	heard       time.Time // of one that remembers
	under       int       // calls under way
	closedUnder bool      // closed while one was
}

var errDown = errors.New("connection refused")

func (d *fakeDriver) device(address string) *fakeDevice {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.devices[address] == nil {
		d.devices[address] = &fakeDevice{}
	}
	return d.devices[address]
}

// change turns knobs under the lock.
func (d *fakeDriver) change(f func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f()
}

func (*fakeDriver) Kind() string { return "fake" }

func (*fakeDriver) CheckDevice(d plant.Device) error {
	if d.Address == "wrong" {
		return errors.New("write an address")
	}
	return nil
}

func (*fakeDriver) CheckPoint(string, plant.TagKind) error { return nil }

func (d *fakeDriver) Open(_ context.Context, device plant.Device) (connect.Conn, error) {
	one := d.device(device.Address)
	d.mu.Lock()
	defer d.mu.Unlock()
	one.opens = append(one.opens, time.Now())
	if one.down {
		return nil, errDown
	}
	c := &fakeConn{driver: d, device: one}
	switch {
	case one.interleaves:
		return fakeInterleaver{c}, nil
	case !one.heard.IsZero():
		return fakeRememberer{fakeSubscriber{c}}, nil
	case one.hasty:
		return fakePrompter{fakeSubscriber{c}}, nil
	case one.speaks:
		return fakeSubscriber{c}, nil
	}
	return fakeWriter{c}, nil
}

// fakeWriter is a connection that writes; of its calls one is under way at a
// time.
type fakeWriter struct{ *fakeConn }

func (c fakeWriter) Write(ctx context.Context, _ connect.Point, value any) error {
	mute := false
	c.driver.change(func() { c.device.under++; mute = c.device.mute })
	defer c.driver.change(func() { c.device.under-- })
	if mute {
		<-ctx.Done()
		return ctx.Err()
	}
	c.driver.change(func() { c.device.written = append(c.device.written, value) })
	return nil
}

type fakeInterleaver struct{ *fakeConn }

func (c fakeInterleaver) Write(ctx context.Context, p connect.Point, value any) error {
	return fakeWriter(c).Write(ctx, p, value)
}

func (fakeInterleaver) Interleaves() {}

type fakeRememberer struct{ fakeSubscriber }

func (c fakeRememberer) Heard(connect.Point) (time.Time, bool) { return c.device.heard, true }

type fakeConn struct {
	driver *fakeDriver
	device *fakeDevice
	points []connect.Point
}

func (c *fakeConn) Prepare(points []connect.Point) (connect.Group, error) {
	return &fakeConn{c.driver, c.device, points}, nil
}

func (c *fakeConn) Close() error {
	c.driver.change(func() { c.device.closes++; c.device.closedUnder = c.device.under > 0 })
	return nil
}

func (c *fakeConn) Read(ctx context.Context, dst []connect.Reading) error {
	c.driver.mu.Lock()
	down, silent, slow, read := c.device.down, c.device.silent, c.device.slow, c.device.read
	c.driver.mu.Unlock()
	if silent {
		<-ctx.Done()
		return ctx.Err()
	}
	time.Sleep(slow) // the bubble's time
	if down {
		return errDown
	}
	for i := range dst {
		dst[i] = connect.Reading{Point: i, Number: 1}
	}
	if read != nil {
		read(c.points, dst)
	}
	return nil
}

type fakeSubscriber struct{ *fakeConn }

func (s fakeSubscriber) Subscribe(ctx context.Context, _ []connect.Point, sink connect.Sink, alive func()) error {
	s.driver.change(func() { s.device.sink, s.device.alive = sink, alive })
	<-ctx.Done()
	return ctx.Err()
}

type fakePrompter struct{ fakeSubscriber }

func (s fakePrompter) SubscribePrompt(ctx context.Context, points []connect.Point, sink connect.Sink, prompt connect.Prompt, alive func()) error {
	s.driver.change(func() { s.device.prompt = prompt })
	return s.Subscribe(ctx, points, sink, alive)
}

// fakeStore keeps what is appended, or fails.
type fakeStore struct {
	mu      sync.Mutex
	fails   bool
	full    bool          // takes nothing for now
	slow    time.Duration // for a commit
	appends int
	samples []plant.Sample
}

func (s *fakeStore) Append(_ context.Context, _ plant.TenantNo, b plant.Batch) (uint64, error) {
	s.mu.Lock()
	slow := s.slow
	s.mu.Unlock()
	time.Sleep(slow) // the bubble's time
	s.mu.Lock()
	defer s.mu.Unlock()
	s.appends++
	if s.fails {
		return 0, errors.New("disk full")
	}
	if s.full {
		return 0, fmt.Errorf("%w: disk full", connect.ErrNotAccepted)
	}
	s.samples = append(s.samples, b.Samples...)
	return 0, nil
}

func (s *fakeStore) fail(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fails = on
}

func (s *fakeStore) change(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

// of is the samples of one tag.
func (s *fakeStore) of(tag plant.TagNo) []plant.Sample {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []plant.Sample
	for _, one := range s.samples {
		if one.Tag == tag {
			out = append(out, one)
		}
	}
	return out
}

// fakeJournal keeps events.
type fakeJournal struct {
	mu     sync.Mutex
	events []fact.Event
}

func (j *fakeJournal) Append(_ context.Context, _ plant.TenantNo, events ...fact.Event) ([]fact.Event, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.events = append(j.events, events...)
	return events, nil
}

func (*fakeJournal) Events(context.Context, plant.TenantNo, fact.Filter) ([]fact.Event, error) {
	return nil, nil
}

// of is the payloads of one kind.
func of[T any](t *testing.T, j *fakeJournal, kind fact.Kind) []T {
	t.Helper()
	j.mu.Lock()
	defer j.mu.Unlock()
	var out []T
	for _, e := range j.events {
		if e.Kind != kind {
			continue
		}
		var p T
		if err := json.Unmarshal(e.Payload, &p); err != nil {
			t.Fatal(err)
		}
		out = append(out, p)
	}
	return out
}

// hall is a collector among fakes, in the bubble's time.
type hall struct {
	driver  *fakeDriver
	store   *fakeStore
	journal *fakeJournal
	keeps   func(plant.Retention) bool // nil keeps all; set before devices are
	*connect.Collector
}

// inHall runs a test where time passes only when everybody waits.
func inHall(t *testing.T, f func(t *testing.T, h *hall)) {
	synctest.Test(t, func(t *testing.T) {
		h := &hall{driver: &fakeDriver{devices: map[string]*fakeDevice{}}, store: &fakeStore{}, journal: &fakeJournal{}}
		h.Collector = connect.NewCollector(connect.Options{
			Drivers: []connect.Driver{h.driver}, Store: h.store, Journal: h.journal,
			Now: time.Now, Logger: slog.New(slog.DiscardHandler),
			Keeps: func(class plant.Retention) bool { return h.keeps == nil || h.keeps(class) },
		})
		defer h.Close()
		f(t, h)
	})
}

// after lets time pass.
func after(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// spec is a device with a tag a second; its link state is tag no, its points
// no+1 and so on.
func spec(name, address string, no plant.TagNo, points ...connect.PointSpec) connect.DeviceSpec {
	if points == nil {
		points = []connect.PointSpec{{}}
	}
	for i := range points {
		points[i].Tag, points[i].Name, points[i].Address = no+1+plant.TagNo(i), "p", address+" p"
		if points[i].Kind == "" {
			points[i].Kind = plant.KindNumber
		}
		if points[i].Period == 0 {
			points[i].Period = time.Second
		}
	}
	return connect.DeviceSpec{
		Tenant: 1, Path: "line/" + name, Link: no, Points: points, Timeout: time.Second,
		Device: plant.Device{ID: plant.DeviceID(name), Driver: "fake", Address: address},
	}
}

func (h *hall) status(t *testing.T, name string) connect.DeviceStatus {
	t.Helper()
	for _, s := range h.Status() {
		if strings.HasSuffix(s.Path, name) {
			return s
		}
	}
	t.Fatalf("no status of %s", name)
	return connect.DeviceStatus{}
}
