package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"time"

	"zhigai/connect"
	"zhigai/plant"
)

// sourceKind is the driver's name in profiles.
const sourceKind = "bench"

// Source is a driver whose devices are made of memory and speak by
// themselves. Every device waits until what it said is durable, as a protocol
// with acknowledgement does.
type Source struct {
	machines int
	signals  int
	every    time.Duration // between two rounds of a device; 0: as soon as the last is durable
	probe    int           // this device speaks only when told to; -1: none
	quiet    bool          // devices say nothing before Begin

	begin, end chan struct{}
	told       chan told

	mu      sync.Mutex
	opened  int
	present chan struct{}
	lags    Latencies // from when a round was due until it was durable
	rounds  int
	watched func(round) // of device 0
}

// told is one value that the probe says.
type told struct {
	reading connect.Reading
	durable chan error
}

// round is one that became durable.
type round struct {
	at    time.Time // when it was durable
	value float64   // of the last signal
}

// NewSource makes the devices of a shape, which all speak every so often.
func NewSource(s Shape, every time.Duration, probe bool) *Source {
	out := &Source{machines: s.Machines, signals: s.Signals, every: every, probe: -1, begin: make(chan struct{}), end: make(chan struct{}), told: make(chan told), present: make(chan struct{})}
	if probe {
		out.probe = s.Machines
	}
	return out
}

// Plant is the plant of these devices.
func (s *Source) Plant(now time.Time) Plant {
	machines := s.machines
	if s.probe >= 0 {
		machines++
	}
	return Plant{
		Driver: s, Profile: profileYAML(sourceKind, 0, s.signals, time.Second, strconv.Itoa), Since: now.Add(-historyOf),
		Model: model(machines, func(i int) plant.Device { return plant.Device{Driver: sourceKind, Address: strconv.Itoa(i)} }),
	}
}

// Begin lets the devices speak, which have said everything once when they
// connected; End stops them.
func (s *Source) Begin() { close(s.begin) }

// End stops the devices; they stay connected.
func (s *Source) End() { close(s.end) }

// Connected waits until every device has said everything once.
func (s *Source) Connected(ctx context.Context) error {
	select {
	case <-s.present:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("bench: devices that connected: %w", ctx.Err())
	}
}

// Tell makes the probe say a value of a signal at a time, and returns when it
// is durable.
func (s *Source) Tell(ctx context.Context, signal int, at time.Time, value float64) error {
	t := told{connect.Reading{Point: signal, Number: value, Source: at}, make(chan error, 1)}
	select {
	case s.told <- t:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-t.durable:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Kind implements [connect.Driver].
func (*Source) Kind() string { return sourceKind }

// CheckDevice implements [connect.Driver].
func (s *Source) CheckDevice(d plant.Device) error {
	_, err := s.device(d)
	return err
}

// CheckPoint implements [connect.Driver].
func (*Source) CheckPoint(address string, _ plant.TagKind) error {
	_, err := strconv.Atoi(address)
	return err
}

func (s *Source) device(d plant.Device) (int, error) {
	n, err := strconv.Atoi(strings.TrimSpace(d.Address))
	if err != nil || n < 0 || n > s.machines {
		return 0, fmt.Errorf("bench device %q: write 0 to %d", d.Address, s.machines)
	}
	return n, nil
}

// Open implements [connect.Driver].
func (s *Source) Open(_ context.Context, d plant.Device) (connect.Conn, error) {
	n, err := s.device(d)
	return &speaker{s, n}, err
}

// speaker is the connection to one device.
type speaker struct {
	s *Source
	n int
}

var _ connect.Subscriber = (*speaker)(nil)

func (*speaker) Prepare([]connect.Point) (connect.Group, error) {
	return nil, errors.New("bench device: speaks by itself")
}

func (*speaker) Close() error { return nil }

// Subscribe implements [connect.Subscriber].
func (c *speaker) Subscribe(ctx context.Context, points []connect.Point, sink connect.Sink, alive func()) error {
	readings := make([]connect.Reading, len(points))
	fill(readings, 0)
	if c.s.quiet {
		select {
		case <-c.s.begin:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if err := sink(ctx, readings); err != nil {
		return err
	}
	c.s.connected()
	if c.n == c.s.probe {
		return c.answer(ctx, sink, alive)
	}
	select {
	case <-c.s.begin:
	case <-ctx.Done():
		return ctx.Err()
	}
	due := time.Now().Add(c.s.every * time.Duration(c.n) / time.Duration(c.s.machines)) // devices are spread over the period
	for r := 1; ; r++ {
		if !c.wait(ctx, time.Until(due), alive) {
			return ctx.Err()
		}
		if c.s.every == 0 {
			due = time.Now()
		}
		fill(readings, r)
		if err := sink(ctx, readings); err != nil {
			return err
		}
		c.s.durable(c.n, due, readings[len(readings)-1].Number)
		due = due.Add(c.s.every) // what is late is not left out: it comes right away
	}
}

// wait returns true when the next round is due.
func (c *speaker) wait(ctx context.Context, d time.Duration, alive func()) bool {
	select {
	case <-c.s.end:
		return c.stay(ctx, alive)
	default:
	}
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-c.s.end:
		return c.stay(ctx, alive)
	case <-ctx.Done():
		return false
	}
}

// stay keeps the device connected without a word.
func (c *speaker) stay(ctx context.Context, alive func()) bool {
	tick := time.NewTicker(plant.LinkRenewal / 2)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			alive()
		case <-ctx.Done():
			return false
		}
	}
}

// answer is the life of the probe.
func (c *speaker) answer(ctx context.Context, sink connect.Sink, alive func()) error {
	tick := time.NewTicker(plant.LinkRenewal / 2)
	defer tick.Stop()
	for {
		select {
		case t := <-c.s.told:
			t.durable <- sink(ctx, []connect.Reading{t.reading})
		case <-tick.C:
			alive()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (s *Source) connected() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opened++
	all := s.machines
	if s.probe >= 0 {
		all++
	}
	if s.opened == all {
		close(s.present)
	}
}

func (s *Source) durable(n int, due time.Time, value float64) {
	now := time.Now()
	s.mu.Lock()
	s.lags.Add(now.Sub(due))
	s.rounds++
	watched := s.watched
	s.mu.Unlock()
	if n == 0 && watched != nil {
		watched(round{now, value})
	}
}

// watch calls f with every durable round of device 0; f must not wait.
func (s *Source) watch(f func(round)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watched = f
}

// Lags are the times from when a round was due until it was durable.
func (s *Source) Lags() Latencies {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Latencies{all: append([]time.Duration(nil), s.lags.all...)}
}

// noise is what measured values do: a walk in steps of a tenth. Its length is
// a prime, so that no two signals go together for long.
var noise = func() [8191]float64 {
	r := rand.New(rand.NewPCG(1, 2))
	var out [8191]float64
	level := 600
	for i := range out {
		step := 1 + r.IntN(3)
		if r.IntN(2) == 0 && level > 300 || level > 900 {
			step = -step
		}
		level += step
		out[i] = float64(level) / 10
	}
	return out
}()

// value is what signal i says in the r-th round: the machine runs, its counters
// rise, and every other value differs from the one before, so that no deadband
// takes it away. Making values must cost little beside storing them.
func value(i, r int) float64 {
	switch i {
	case 0:
		return 1
	case 1:
		return float64(r)
	case 2:
		return float64(r) / 100
	}
	return noise[(r+i*131)%len(noise)]
}

// fill makes the values of the r-th round.
func fill(readings []connect.Reading, r int) {
	for i := range readings {
		readings[i].Point, readings[i].Number = i, value(i, r)
	}
}
