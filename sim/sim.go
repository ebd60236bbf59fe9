// Package sim is a plant that is not there: machines that follow orders, wear
// tools, stop for many causes, use power and speak the real protocols as real
// servers, so that everything above them is the real thing.
//
// It knows the wire, never the collector. The same seed and start give the same
// plant. Start with [New], then [Plant.Listen] and [Plant.Run].
package sim

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"zhigai/plant"
)

// Kind is what a machine's profile says of its values on the wire.
type Kind struct {
	ID       string
	Class    string
	Protocol string
	Signals  []Signal
}

// Signal is one value of a machine.
type Signal struct {
	Name     string
	Kind     plant.TagKind
	At       string // address in the protocol's words, with {parameters}
	Scale    float64
	Offset   float64
	Writable bool
}

// Config says what plant to make.
type Config struct {
	Seed     uint64
	Start    time.Time
	Model    plant.Model     // machines with their devices; addresses may hold placeholders
	Kinds    map[string]Kind // by profile id
	Products []string        // codes; those of the model when empty
}

// Plant is a simulated plant.
type Plant struct {
	mu       sync.Mutex
	now      time.Time
	machines []*machine
	truth    []Interval
	closers  []func()
	updates  []func(changed []*machine)
}

// Interval is what a machine truly did.
type Interval struct {
	Path    string
	From    time.Time
	To      time.Time
	Cause   Cause
	Product string
}

// warmUp is simulated before the plant is shown, so that its machines do not
// all begin a part at the same instant.
const warmUp = 2 * time.Hour

// step is the finest time the plant moves by.
const step = time.Second

// New makes a plant as it is at the start.
func New(c Config) (*Plant, error) {
	products := c.Products
	if len(products) == 0 {
		for _, p := range c.Model.Products {
			products = append(products, p.Code)
		}
	}
	if len(products) == 0 {
		return nil, fmt.Errorf("sim: the plant makes no product")
	}
	p := &Plant{now: c.Start.Add(-warmUp)}
	for i, n := range c.Model.Nodes {
		if n.Machine == nil {
			continue
		}
		kind, ok := c.Kinds[n.Machine.Profile]
		if !ok {
			return nil, fmt.Errorf("sim: %s: no profile %q", n.Path, n.Machine.Profile)
		}
		p.machines = append(p.machines, newMachine(n, kind, products, rand.New(rand.NewPCG(c.Seed, uint64(i)))))
	}
	p.advance(c.Start)
	p.truth = nil
	return p, nil
}

// advance moves the plant to t in steps. The caller holds the lock, or is the
// only one who knows p.
func (p *Plant) advance(t time.Time) {
	for !p.now.Add(step).After(t) {
		p.now = p.now.Add(step)
		power := map[string]float64{}
		for _, m := range p.machines {
			if m.class == "meter" {
				continue
			}
			if done := m.step(p.now); done != nil && len(p.truth) < maxTruth {
				p.truth = append(p.truth, *done)
			}
			power[m.area] += m.power
		}
		for _, m := range p.machines {
			if m.class == "meter" {
				m.meter(p.now, power)
			}
		}
	}
}

// maxTruth bounds the log of what truly happened: a month of the demo.
const maxTruth = 500_000

// Advance moves the plant to t at once; for tests.
func (p *Plant) Advance(t time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.advance(t)
}

// tick is how often a running plant moves.
const tick = 250 * time.Millisecond

// Run moves the plant with the clock, speed times as fast, until ctx ends.
func (p *Plant) Run(ctx context.Context, speed float64) {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	begin, origin := time.Now(), p.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		target := origin.Add(time.Duration(float64(time.Since(begin)) * speed))
		p.mu.Lock()
		before := p.now
		p.advance(target)
		moved, updates := p.now != before, p.updates
		p.mu.Unlock()
		if moved {
			for _, update := range updates {
				update(p.machines)
			}
		}
	}
}

// Now is the plant's own time.
func (p *Plant) Now() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now
}

// Truth lists what the machines truly did since the start, complete intervals
// only.
func (p *Plant) Truth() []Interval {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]Interval(nil), p.truth...)
}

// Unplug takes a machine off the wire, or puts it back.
func (p *Plant) Unplug(path string, off bool) bool {
	for _, m := range p.machines {
		if m.path == path {
			m.mu.Lock()
			m.unplugged = off
			m.mu.Unlock()
			return true
		}
	}
	return false
}

// Close stops the servers.
func (p *Plant) Close() {
	p.mu.Lock()
	closers := p.closers
	p.closers = nil
	p.mu.Unlock()
	for _, c := range closers {
		c()
	}
}
