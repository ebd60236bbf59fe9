package nats

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"zhigai/link"
	"zhigai/link/linktest"
)

// benchHub is a hub with stores in memory.
type benchHub struct {
	registry  *linktest.Registry
	authority *Authority
	parent    *link.Parent
	hub       *Hub
	stop      func()
}

func startBenchHub(b *testing.B, registry *linktest.Registry, a *Authority, sink link.Sink, listen string) *benchHub {
	b.Helper()
	p, err := link.NewParent(link.ParentOptions{Name: "hub", Registry: registry, Sink: sink, Now: time.Now, Fingerprint: a.Fingerprint()})
	if err != nil {
		b.Fatal(err)
	}
	h, err := StartHub(HubOptions{Listen: listen, Hosts: []string{"127.0.0.1"}, Authority: a, Parent: p, Now: time.Now})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var work sync.WaitGroup
	work.Go(func() { _ = p.Run(ctx) })
	return &benchHub{registry, a, p, h, func() {
		_ = h.Close()
		cancel()
		work.Wait()
	}}
}

func benchChild(b *testing.B, h *benchHub, dir, name string, source link.Source, edit func(*link.ChildOptions)) (link.NodeID, func()) {
	b.Helper()
	k, err := OpenKey(filepath.Join(dir, name+".key"))
	if err != nil {
		b.Fatal(err)
	}
	h.registry.Add(k.ID(), name)
	tr, err := NewTransport(DialOptions{Addresses: []string{"nats://" + h.hub.Address()}, Key: k, Pin: h.authority.Fingerprint(), Host: name})
	if err != nil {
		b.Fatal(err)
	}
	o := link.ChildOptions{
		Transport: tr, State: &linktest.Notes{}, Instance: "I" + name, Host: name, Program: "bench", Now: time.Now,
		Feeds: map[link.Stream]link.Feed{link.StreamHistory: {Source: source, Bounded: true}},
	}
	if edit != nil {
		edit(&o)
	}
	c, err := link.NewChild(o)
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var work sync.WaitGroup
	work.Go(func() { _ = c.Run(ctx) })
	return k.ID(), func() { cancel(); work.Wait() }
}

// BenchmarkDrain delivers a backlog of batches of one second at 2,000 samples/s
// while one batch a second is new; it reports how many times real time that is
// and how late the new ones were.
func BenchmarkDrain(b *testing.B) {
	const rate = 2000
	for b.Loop() {
		sink := newCounting()
		a, err := OpenAuthority(b.TempDir(), time.Now())
		if err != nil {
			b.Fatal(err)
		}
		h := startBenchHub(b, linktest.NewRegistry(), a, sink, "127.0.0.1:0")
		j := linktest.NewJournal()
		const seconds = 4 * 3600
		for seq := range uint64(seconds) {
			j.Append(time.Now(), packed(samples(seq+1, rate)))
		}
		var late []time.Duration
		sink.seen = func(_ link.NodeID, it link.Item) {
			if it.Seq > seconds {
				late = append(late, time.Since(it.Recorded.Time()))
			}
		}
		began := time.Now()
		id, stop := benchChild(b, h, b.TempDir(), "edge", j, nil)
		ctx, cancel := context.WithCancel(context.Background())
		var live sync.WaitGroup
		live.Go(func() { // ten times a second what is new
			tick := time.NewTicker(100 * time.Millisecond)
			defer tick.Stop()
			for ctx.Err() == nil {
				<-tick.C
				_, head, _ := j.Bounds(ctx)
				j.Append(time.Now(), packed(samples(head+1, rate/10)))
			}
		})
		if err := sink.await(context.Background(), func() bool { return sink.progress[id][link.StreamHistory].Ranges.Prefix() >= seconds }); err != nil {
			b.Fatal(err)
		}
		took := time.Since(began)
		cancel()
		live.Wait()
		stop()
		h.stop()
		slices.Sort(late)
		b.ReportMetric(seconds/took.Seconds(), "x_real_time")
		b.ReportMetric(seconds*rate/took.Seconds(), "samples/s")
		if len(late) > 0 {
			b.ReportMetric(late[len(late)*99/100].Seconds()*1000, "live_p99_ms")
		}
	}
}

// BenchmarkNodes connects a thousand children to one hub in one process, then
// stops the hub and starts it again; it reports the memory of both ends per
// node and how long the storm lasts.
func BenchmarkNodes(b *testing.B) {
	n := 1000
	if s := os.Getenv("ZHIGAI_LINK_NODES"); s != "" {
		n, _ = strconv.Atoi(s)
	}
	for b.Loop() {
		sink, registry := newCounting(), linktest.NewRegistry()
		a, err := OpenAuthority(b.TempDir(), time.Now())
		if err != nil {
			b.Fatal(err)
		}
		h := startBenchHub(b, registry, a, sink, "127.0.0.1:0")
		address := h.hub.Address()
		before := memory()
		dir := b.TempDir()
		journals := map[link.NodeID]*linktest.Journal{}
		var stops []func()
		began := time.Now()
		for i := range n {
			j := linktest.NewJournal()
			j.Append(time.Now(), packed(samples(1, 20)))
			id, stop := benchChild(b, h, dir, fmt.Sprintf("n%04d", i), j, nil)
			journals[id] = j
			stops = append(stops, stop)
		}
		reached := func(seq uint64) func() bool {
			return func() bool {
				for id := range journals {
					if sink.progress[id][link.StreamHistory].Ranges.Prefix() < seq {
						return false
					}
				}
				return true
			}
		}
		if err := sink.await(context.Background(), reached(1)); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(time.Since(began).Seconds(), "first_s")
		after := memory()
		b.ReportMetric(float64(after-before)/float64(n)/1024, "KB/node_both_ends")
		h.stop()
		for _, j := range journals {
			j.Append(time.Now(), packed(samples(2, 20)))
		}
		began = time.Now()
		h = startBenchHub(b, registry, a, sink, address)
		if err := sink.await(context.Background(), reached(2)); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(time.Since(began).Seconds(), "storm_s")
		var all sync.WaitGroup
		for _, stop := range stops {
			all.Go(stop)
		}
		all.Wait()
		h.stop()
	}
}

// memory is what the process holds, with garbage taken away: its heap and its
// stacks.
func memory() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}
