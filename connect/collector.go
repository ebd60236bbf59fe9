package connect

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"zhigai/connect/tap"
	"zhigai/fact"
	"zhigai/plant"
)

// Options of a collector. Drivers, Store and Journal are required.
type Options struct {
	Drivers  []Driver
	Store    Appender
	Journal  fact.Journal
	Now      func() time.Time
	Logger   *slog.Logger
	Lateness time.Duration // oldest source time that is believed; default DefaultLateness
	// Keeps reports whether readings of a class are kept now; nil keeps all. It
	// is asked for every reading.
	Keeps func(class plant.Retention) bool
}

// Collector keeps devices connected and brings their values to history. One
// goroutine serves one device, so that a slow one holds nobody up.
type Collector struct {
	o        Options
	drivers  map[string]Driver
	gather   *gatherer
	ctx      context.Context
	cancel   context.CancelFunc
	pressure pressure

	mu      sync.Mutex
	runners map[plant.DeviceID]*runner
	closed  bool
}

var errStore = errors.New("samples cannot be stored")

// NewCollector makes a collector without devices.
func NewCollector(o Options) *Collector {
	if o.Lateness == 0 {
		o.Lateness = DefaultLateness
	}
	c := &Collector{o: o, drivers: map[string]Driver{}, gather: newGatherer(o.Store), runners: map[plant.DeviceID]*runner{}}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	for _, d := range o.Drivers {
		c.drivers[d.Kind()] = d
	}
	return c
}

// Set makes the running devices those of specs: new ones start, missing ones
// stop, changed ones start anew; the others are not touched.
func (c *Collector) Set(specs []DeviceSpec) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return
	}
	wanted := map[plant.DeviceID]bool{}
	for _, s := range specs {
		wanted[s.Device.ID] = true
	}
	var stopping []*runner
	for id, r := range c.runners {
		i := slices.IndexFunc(specs, func(s DeviceSpec) bool { return s.Device.ID == id })
		if !wanted[id] || !r.spec.same(specs[i]) || r.misconfigured {
			r.cancel()
			stopping = append(stopping, r)
			delete(c.runners, id)
			continue
		}
		r.writing.Store(specs[i].Device.Writing)
	}
	for _, r := range stopping {
		<-r.done // an address is free again only when its old connection is gone
	}
	taken := places{}
	for _, r := range c.runners {
		if !r.spec.Device.Off {
			taken.add(&r.spec)
		}
	}
	for i, s := range specs {
		if _, running := c.runners[s.Device.ID]; !running {
			c.start(s, taken, i, len(specs))
		}
	}
}

// start runs one device. Two devices that read the same would take one
// machine's values for two machines': the second is named and not started.
func (c *Collector) start(spec DeviceSpec, taken places, i, n int) {
	r := &runner{c: c, spec: spec, meter: newMeter(&spec, c.o.Now()), done: make(chan struct{}), phase: float64(i) / float64(max(n, 1)), ring: ringOf(spec.Device, c.o.Now)}
	r.talk = newTalk(r.ring)
	r.writing.Store(spec.Device.Writing)
	ctx, cancel := context.WithCancel(c.ctx)
	r.cancel = cancel
	c.runners[spec.Device.ID] = r
	driver := c.drivers[spec.Device.Driver]
	var wrong error
	switch other, point := taken.find(&spec); {
	case spec.Device.Off:
		r.idle(StateOff, nil)
		return
	case spec.Refused != "":
		wrong = errors.New(spec.Refused)
	case driver == nil:
		var known []string
		for kind := range c.drivers {
			known = append(known, kind)
		}
		slices.Sort(known)
		wrong = fmt.Errorf("there is no driver %q; known are %s", spec.Device.Driver, strings.Join(known, ", "))
	case len(spec.Points) == 0:
		wrong = fmt.Errorf("%s has no points to read; choose a profile with signals", spec.Path)
	case other != "":
		wrong = fmt.Errorf("%s and %s both read %q at %s; change the address or the unit of one of them", other, spec.Path, point, spec.address())
	default:
		wrong = driver.CheckDevice(spec.Device)
	}
	if wrong != nil {
		r.misconfigured = true
		r.idle(StateMisconfigured, wrong)
		return
	}
	taken.add(&spec)
	go r.run(ctx, driver)
}

// Close stops every device and waits for them.
func (c *Collector) Close() {
	c.mu.Lock()
	c.closed = true
	runners := make([]*runner, 0, len(c.runners))
	for _, r := range c.runners {
		runners = append(runners, r)
	}
	c.mu.Unlock()
	c.cancel()
	for _, r := range runners {
		<-r.done
	}
}

// Status tells how every device fares, by path.
func (c *Collector) Status() []DeviceStatus {
	c.mu.Lock()
	out := make([]DeviceStatus, 0, len(c.runners))
	for _, r := range c.runners {
		out = append(out, r.meter.snapshot())
	}
	c.mu.Unlock()
	slices.SortFunc(out, func(a, b DeviceStatus) int { return strings.Compare(a.Path, b.Path) })
	return out
}

// Latest is the last reading of each point of a device; nil when it does not
// run.
func (c *Collector) Latest(id plant.DeviceID) []LatestValue {
	r := c.runner(id)
	if r == nil {
		return nil
	}
	return r.meter.values()
}

// runner serves one device.
type runner struct {
	c             *Collector
	spec          DeviceSpec
	meter         *meter
	cancel        context.CancelFunc
	done          chan struct{}
	phase         float64 // where in a period this device reads, 0..1
	misconfigured bool
	talk          *talk
	ring          *tap.Ring // of frames
	noted         error     // the last error of a question that was counted in this session
	writing       atomic.Bool

	gates     []gate
	up        bool
	renewed   plant.Micros // when link.state was last written
	answered  plant.Micros
	clockSaid bool
	storing   time.Duration // spent on storing since the round began
	pace      pace
	refused   refusal
}

func (r *runner) idle(state string, err error) {
	r.meter.set(state, err, r.c.o.Now())
	if err != nil {
		r.meter.failed(failedConfiguration, err, r.c.o.Now())
	}
	close(r.done)
}

func (r *runner) now() plant.Micros {
	// Our clock, to the millisecond: what is finer says nothing about a poll
	// and costs a byte a sample.
	return plant.MicrosOf(r.c.o.Now().Truncate(time.Millisecond))
}

// Backoff between attempts to connect: quick at first, because most losses are
// short, and never so long that a machine waits after its switch is on again.
const (
	firstPause = 500 * time.Millisecond
	longest    = 15 * time.Second
)

func (r *runner) run(ctx context.Context, driver Driver) {
	defer close(r.done)
	defer r.goodbye()
	ctx = tap.With(ctx, r.ring)
	if e, ok := driver.(Expecter); ok {
		defer e.Expect(r.spec.Device)()
	}
	pause := firstPause
	for ctx.Err() == nil {
		won, err := r.session(ctx, driver)
		if ctx.Err() != nil {
			return
		}
		if won {
			pause = firstPause
		}
		r.lost(ctx, err)
		if !sleep(ctx, pause+time.Duration(r.phase*float64(pause)/4)) {
			return
		}
		pause = min(2*pause, longest)
	}
}

// goodbye notes that nobody looks any more.
func (r *runner) goodbye() {
	r.meter.set(StateOff, nil, r.c.o.Now())
	if r.up {
		r.up = false
		_ = r.link(context.Background(), 0) // knowledge ends by itself where this is not kept
	}
	if r.pace.factor > 1 {
		r.stretch(context.Background(), 1, "")
	}
	if r.refused.from != 0 {
		r.c.pressure.refusing.Add(-1)
	}
}

// session connects and collects until contact is lost. won says whether the
// device ever answered.
func (r *runner) session(ctx context.Context, driver Driver) (won bool, err error) {
	r.noted = nil
	open, cancel := context.WithTimeout(ctx, max(2*r.spec.Timeout, 5*time.Second))
	conn, err := driver.Open(open, r.spec.Device)
	cancel()
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	r.meter.connected()
	ended, end := context.WithCancel(ctx)
	r.talk.open(ended, conn)
	defer func() { end(); r.talk.close() }()
	r.clockSaid = false
	r.gates = make([]gate, len(r.spec.Points))
	for i := range r.gates {
		r.gates[i] = gate{spec: &r.spec.Points[i], lateness: r.c.o.Lateness}
	}
	if s, ok := conn.(Subscriber); ok {
		err = r.subscribe(ctx, s)
	} else {
		err = r.poll(ctx, conn)
	}
	return r.up, err
}

// lost notes the end of contact: the state, the sample and the event. That
// samples cannot be stored says nothing about the device.
func (r *runner) lost(ctx context.Context, err error) {
	now := r.c.o.Now()
	if r.noted == nil || !errors.Is(err, r.noted) {
		r.failed(err) // else the question it came from has counted it
	}
	if errors.Is(err, errStore) {
		r.meter.set(StateNotAccepted, err, now)
		return
	}
	state := StateDown
	if errors.Is(err, ErrNotTrusted) {
		state = StateUntrusted
	}
	r.meter.set(state, err, now)
	if !r.up {
		return
	}
	r.up = false
	r.meter.lostContact()
	_ = r.link(ctx, 0) // knowledge ends by itself where this is not kept
	r.event(ctx, fact.KindConnection, fact.Connection{Device: r.spec.Device.ID, Reason: err.Error(), Last: r.answered})
}

// alive notes an answer, and wins contact with the first. It fails when that
// cannot be stored, unless nothing is accepted for now: then it is said again
// with the next answer.
func (r *runner) alive(ctx context.Context, took time.Duration) error {
	now := r.c.o.Now()
	r.meter.answered(took, now)
	r.answered = r.now()
	if !r.up {
		r.up = true
		r.meter.set(StateUp, nil, now)
		r.event(ctx, fact.KindConnection, fact.Connection{Device: r.spec.Device.ID, Up: true})
		return r.renew(ctx)
	}
	// Negative when our clock was set back.
	if age := r.answered - r.renewed; age < 0 || age >= plant.Micros(plant.LinkRenewal.Microseconds()) {
		return r.renew(ctx)
	}
	return nil
}

// stillAlive is alive where an answer has nothing to store.
func (r *runner) stillAlive() bool {
	now := r.now()
	if age := now - r.renewed; !r.up || age < 0 || age >= plant.Micros(plant.LinkRenewal.Microseconds()) {
		return false
	}
	r.meter.answered(0, r.c.o.Now())
	r.answered = now
	return true
}

func (r *runner) renew(ctx context.Context) error {
	err := r.link(ctx, 1)
	if errors.Is(err, ErrNotAccepted) {
		return nil
	}
	return err
}

func (r *runner) link(ctx context.Context, value float64) error {
	at := r.now()
	err := r.append(ctx, plant.Batch{Samples: []plant.Sample{{Tag: r.spec.Link, Time: at, Value: value}}})
	if err == nil {
		r.renewed = at
	}
	return err
}

func (r *runner) append(ctx context.Context, b plant.Batch) error {
	if b.Len() == 0 {
		return nil
	}
	start := r.c.o.Now()
	err := r.c.gather.append(ctx, r.spec.Tenant, b)
	r.storing += r.c.o.Now().Sub(start)
	if err != nil {
		err = fmt.Errorf("%w: %w", errStore, err)
		r.refuse(ctx, b.Len(), err)
		return err
	}
	r.meter.stored(b.Len())
	if r.refused.from != 0 {
		r.accept(ctx)
	}
	return nil
}

// event writes to the journal. A journal that fails must not stop collection:
// the samples say the same.
func (r *runner) event(ctx context.Context, kind fact.Kind, payload any) {
	r.eventAt(ctx, kind, r.c.o.Now(), payload)
}

func (r *runner) eventAt(ctx context.Context, kind fact.Kind, at time.Time, payload any) {
	e := fact.New(kind, r.spec.Node, at, "device:"+string(r.spec.Device.ID), payload)
	if _, err := r.c.o.Journal.Append(context.WithoutCancel(ctx), r.spec.Tenant, e); err != nil {
		r.c.o.Logger.Error("event of a device not kept", "device", r.spec.Path, "kind", kind, "err", err)
	}
}
