// Package sim is a plant that is not there: machines that follow orders, wear
// tools, wait for material, stop for many causes, warm up, use power and speak
// the real protocols as real servers, so that everything above them is the
// real thing.
//
// It knows the wire, never the collector. The same seed and start give the same
// plant, however it is stepped. Start with [New], then [Plant.Listen],
// [Plant.Attach] and [Plant.Run]; tests use [Plant.Advance], [Plant.Set],
// [Plant.Truth] and [Plant.Pieces].
package sim

import (
	"container/heap"
	"context"
	"errors"
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
	// Params are those of a device of this kind where nobody gives others.
	Params  map[string]string
	Signals []Signal
}

// Signal is one value of a machine.
type Signal struct {
	Name     string
	Kind     plant.TagKind
	At       string // address in the protocol's words, with {parameters}
	Scale    float64
	Offset   float64
	Writable bool
	// Min and Max are what a set point accepts, nil accepts all, and otherwise
	// what the profile believes of the value.
	Min, Max *float64
	// Names are the codes of an enumeration with their English names.
	Names map[int64]string
	// Fixed is what the machine always shows there, as text or as number: its
	// name, its serial number. "" is for what lives.
	Fixed string
}

// Config says what plant to make.
type Config struct {
	Seed     uint64
	Start    time.Time
	Model    plant.Model     // machines with their devices; addresses may hold placeholders
	Kinds    map[string]Kind // by profile id
	Products []string        // codes; those of the model when empty
	Lines    []Line          // machines that are joined part by part
	Broken   []Breakdown     // that come for certain, beside those of chance
	Wastes   []Waste         // what is used for nothing, more by the day
	Records  []Recording     // what recorders of vibration hear
	Offsets  []Offset        // what corrects itself by the wear of its tool
}

// Plant is a simulated plant.
type Plant struct {
	mu       sync.Mutex // guards time, queue, stages and truth
	now      plant.Micros
	machines []*machine
	queue    queue
	closers  []func()
	yard     *yard
	woken    []*machine // since the last step of the clock

	workers sync.WaitGroup // edge nodes
}

// warmUp is simulated before the plant is shown, so that its machines are in
// the middle of their work.
const warmUp = 8 * time.Hour

// New makes a plant as it is at the start.
func New(c Config) (*Plant, error) {
	products := c.Products
	if len(products) == 0 {
		for _, p := range c.Model.Products {
			products = append(products, p.Code)
		}
	}
	if len(products) == 0 {
		return nil, fmt.Errorf("sim: the plant makes no product; name products in the plant file")
	}
	start := plant.MicrosOf(c.Start)
	p := &Plant{now: start - micros(warmUp), yard: newYard()}
	calendars := rosters(c.Model)
	for i, n := range c.Model.Nodes {
		if n.Machine == nil {
			continue
		}
		kind, ok := c.Kinds[n.Machine.Profile]
		if !ok {
			return nil, fmt.Errorf("sim: %s: no profile %q", n.Path, n.Machine.Profile)
		}
		m := newMachine(n, kind, products, rand.New(rand.NewPCG(c.Seed, uint64(i))))
		m.roster, m.yard = calendars[n.Path], p.yard
		p.machines = append(p.machines, m)
	}
	p.connect()
	if err := p.chain(c.Lines); err != nil {
		return nil, err
	}
	if err := p.squander(c.Wastes); err != nil {
		return nil, err
	}
	if err := errors.Join(p.record(c.Records), p.correct(c.Offsets)); err != nil {
		return nil, err
	}
	for _, b := range c.Broken {
		m := p.at(b.Machine)
		if m == nil {
			return nil, fmt.Errorf("sim: breakdown: no machine %q; write its whole path", b.Machine)
		}
		m.broken = append(m.broken, b)
	}
	for _, m := range p.machines {
		m.enter(p.now)
		if m.class != "meter" {
			heap.Push(&p.queue, m)
		}
	}
	p.events(start)
	for _, m := range p.machines {
		m.openLedger(start)
		m.show()
	}
	p.observe(start)
	return p, nil
}

// connect finds the machines' neighbours: the areas follow one another as in
// the model, and the meters share them out, the last one taking the rest.
// Machines aside have no neighbours, and the first meter among them is theirs.
func (p *Plant) connect() {
	stages := map[string]*stage{}
	var areas []string
	var meters []*machine
	beside := p.beside()
	for _, m := range p.machines {
		if m.class == "meter" || m.aside {
			m.stage = &stage{}
			if m.class == "meter" && beside[m.area] == nil {
				meters = append(meters, m)
			}
			continue
		}
		if stages[m.area] == nil {
			stages[m.area] = &stage{}
			areas = append(areas, m.area)
		}
		m.stage = stages[m.area]
		m.stage.machines++
		m.stage.running++
	}
	for i, area := range areas {
		for _, m := range p.machines {
			if m.area != area || m.class == "meter" || m.aside {
				continue
			}
			if i > 0 {
				m.upstream = stages[areas[i-1]]
			}
			if i+1 < len(areas) {
				m.downstream = stages[areas[i+1]]
			}
			if len(meters) > 0 {
				meter := meters[min(i, len(meters)-1)]
				meter.feeds = append(meter.feeds, m)
			}
		}
	}
}

// beside gives the first meter of each area with machines aside their power, and
// tells those machines by area.
func (p *Plant) beside() map[string][]*machine {
	out := map[string][]*machine{}
	for _, m := range p.machines {
		if m.aside {
			out[m.area] = append(out[m.area], m)
		}
	}
	taken := map[string]bool{}
	for _, m := range p.machines {
		if m.class != "meter" || out[m.area] == nil || taken[m.area] {
			continue
		}
		taken[m.area], m.feeds = true, out[m.area]
		// It was installed long after them: a counter of six digits holds it.
		m.set.energy = -m.body.energy / 10
		for _, one := range m.feeds {
			m.set.energy += one.body.energy * lineLoss
		}
	}
	return out
}

// events lets everything happen up to t, in order of time. The caller holds
// the lock, or is the only one who knows p.
func (p *Plant) events(t plant.Micros) {
	for len(p.queue) > 0 && p.queue[0].next <= t {
		m := p.queue[0]
		m.happen()
		heap.Fix(&p.queue, 0)
	}
	p.now = max(p.now, t)
}

func (p *Plant) observe(t plant.Micros) {
	for _, m := range p.machines {
		m.observe(t)
	}
}

// Advance moves the plant to t at once; for tests.
func (p *Plant) Advance(t time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wake(plant.MicrosOf(t))
	p.events(plant.MicrosOf(t))
	p.observe(p.now)
}

// tick is how often a running plant moves: events are seen a tenth of a second
// after they happen, what is continuous once a second.
const tick = 100 * time.Millisecond

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
		p.Advance(origin.Add(time.Duration(float64(time.Since(begin)) * speed)))
	}
}

// Now is the plant's own time.
func (p *Plant) Now() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now.Time()
}

// at finds a machine, nil without; which there are never changes.
func (p *Plant) at(path string) *machine {
	for _, m := range p.machines {
		if m.path == path {
			return m
		}
	}
	return nil
}

// Close stops the servers and waits for the edge nodes, whose context must
// have ended.
func (p *Plant) Close() {
	p.mu.Lock()
	closers := p.closers
	p.closers = nil
	p.mu.Unlock()
	for _, c := range closers {
		c()
	}
	p.workers.Wait()
}

// queue is a heap of machines by what happens next; the path decides between
// two at one instant, so that a plant is the same every time.
type queue []*machine

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	if q[i].next != q[j].next {
		return q[i].next < q[j].next
	}
	return q[i].path < q[j].path
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }

// Push implements [heap.Interface].
func (q *queue) Push(x any) { *q = append(*q, x.(*machine)) }

// Pop implements [heap.Interface].
func (q *queue) Pop() any {
	old := *q
	last := old[len(old)-1]
	*q = old[:len(old)-1]
	return last
}
