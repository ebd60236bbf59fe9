package sim

import (
	"context"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"zhigai/connect/mtconnect/document"
)

const (
	// agentBuffer is how many observations an agent keeps.
	agentBuffer = 16_384
	// gatherEvery is how often it looks at its machines.
	gatherEvery = 100 * time.Millisecond
	// headWithin is for whoever connects and does not ask.
	headWithin = 5 * time.Second
)

// agent serves machines as an MTConnect agent does: what they said stands in a
// buffer, which clients read at their own pace.
type agent struct {
	models   []*machineModel
	instance uint64
	began    time.Time
	ctx      context.Context // done when the agent closes
	size     int

	mu     sync.Mutex
	buffer []document.Observation // of the numbers first to next-1
	next   uint64
	latest map[*dataItem]document.Observation
	seen   map[*dataItem]uint64
	off    map[*machineModel]bool
	news   chan struct{} // closed when something was said
}

// serveMTConnect serves machines as the devices of one agent. A device's name is
// what stands behind the placeholder of its address, or the machine's code.
func (p *Plant) serveMTConnect(host, port string, machines []*machine) (string, error) {
	l, err := net.Listen("tcp", net.JoinHostPort(host, port))
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithCancel(context.Background())
	a, err := newAgent(ctx, machines, agentBuffer)
	if err != nil {
		cancel()
		_ = l.Close()
		return "", err
	}
	srv := &http.Server{Handler: a, ReadHeaderTimeout: headWithin}
	var done sync.WaitGroup
	done.Go(a.run)
	done.Go(func() { _ = srv.Serve(l) }) // ends when closed below
	p.closing(func() {
		cancel()
		_ = srv.Close()
		done.Wait()
	})
	return "http://" + l.Addr().String(), nil
}

func newAgent(ctx context.Context, machines []*machine, size int) (*agent, error) {
	now := time.Now()
	a := &agent{
		instance: uint64(now.UnixMicro()), began: now.UTC(), ctx: ctx, size: size, next: 1, news: make(chan struct{}),
		latest: map[*dataItem]document.Observation{}, seen: map[*dataItem]uint64{}, off: map[*machineModel]bool{},
	}
	for _, m := range machines {
		_, name, has := strings.Cut(m.device.Address, "}/")
		if !has {
			name = m.code
		}
		model, err := newModel(m, name)
		if err != nil {
			return nil, err
		}
		a.models = append(a.models, model)
	}
	a.gather()
	return a, nil
}

func (a *agent) run() {
	tick := time.NewTicker(gatherEvery)
	defer tick.Stop()
	for {
		select {
		case <-a.ctx.Done():
			return
		case <-tick.C:
			a.gather()
		}
	}
}

// gather puts what changed into the buffer.
func (a *agent) gather() {
	a.mu.Lock()
	defer a.mu.Unlock()
	before := a.next
	for _, x := range a.models {
		a.look(x)
	}
	if a.next != before {
		close(a.news)
		a.news = make(chan struct{})
	}
}

func (a *agent) look(x *machineModel) {
	x.m.mu.Lock()
	defer x.m.mu.Unlock()
	if x.m.faults[Silent] {
		return
	}
	off := x.m.faults[Unplug]
	turned := off != a.off[x]
	a.off[x] = off
	for _, d := range x.items {
		version := d.version(x.m)
		if last, told := a.seen[d]; told && last == version && !turned {
			continue
		}
		a.seen[d] = version
		o := x.observation(d)
		if last, ok := a.latest[d]; ok && same(last, o) {
			continue // it was looked at, and is what it was
		}
		if turned {
			o.Time = x.m.stamp(x.m.seen()).Time()
		}
		o.Sequence = a.next
		a.next++
		a.latest[d] = o
		if a.buffer = append(a.buffer, o); len(a.buffer) > a.size {
			a.buffer = a.buffer[1:] // append makes room anew now and then
		}
	}
}

// same: two observations say the same.
func same(a, b document.Observation) bool {
	if a.Value != b.Value || a.Level != b.Level || a.Code != b.Code || len(a.Entries) != len(b.Entries) {
		return false
	}
	for i := range a.Entries {
		if a.Entries[i].Value != b.Entries[i].Value {
			return false
		}
	}
	return true
}

// header is that of an answer. The lock is held.
func (a *agent) header() document.Header {
	return document.Header{
		Sender: "zhigai-sim", Version: "2.0.0.0", Instance: a.instance, Created: time.Now().UTC().Truncate(time.Second), ModelChanged: a.began,
		BufferSize: uint64(a.size), AssetBuffer: 1024,
		First: a.next - uint64(len(a.buffer)), Last: a.next - 1, Next: a.next,
	}
}

// current is what the items last said.
func (a *agent) current(items []*dataItem) *document.Document {
	a.mu.Lock()
	defer a.mu.Unlock()
	d := &document.Document{Kind: document.Streams, Header: a.header()}
	for _, it := range items {
		if o, ok := a.latest[it]; ok {
			d.Observations = append(d.Observations, o)
		}
	}
	return d
}

// sample is what the items said from a number on, and what says when there is
// more; false when the buffer does not reach so far back, or the number is
// beyond the next.
func (a *agent) sample(items map[string]bool, from uint64, count int) (d *document.Document, news <-chan struct{}, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	d = &document.Document{Kind: document.Streams, Header: a.header()}
	if from < d.Header.First || from > a.next {
		return d, nil, false
	}
	at := from
	for _, o := range a.buffer[from-d.Header.First:] {
		if len(d.Observations) == count {
			break
		}
		if at++; items[o.Item] {
			d.Observations = append(d.Observations, o)
		}
	}
	d.Header.Next = at
	return d, a.news, true
}
