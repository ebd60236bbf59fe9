package nats

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"zhigai/link"
	"zhigai/link/linktest"
)

// patience is how long a test waits for what must happen: far longer than it
// takes on a busy machine.
const patience = 60 * time.Second

func testLog(t *testing.T) *slog.Logger {
	return slog.New(slog.NewTextHandler(lines{t}, &slog.HandlerOptions{Level: slog.LevelInfo}))
}

type lines struct{ t *testing.T }

func (l lines) Write(p []byte) (int, error) {
	if testing.Verbose() {
		l.t.Log(strings.TrimSpace(string(p)))
	}
	return len(p), nil
}

var _ io.Writer = lines{}

// hubRig is a hub whose stores outlive its replicas.
type hubRig struct {
	t         *testing.T
	registry  *linktest.Registry
	sink      *linktest.Sink
	authority *Authority
	leaseTTL  time.Duration
	beat      time.Duration
	versions  link.Versions
}

func newHubRig(t *testing.T) *hubRig {
	t.Helper()
	a, err := OpenAuthority(t.TempDir(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return &hubRig{t: t, registry: linktest.NewRegistry(), sink: linktest.NewSink(), authority: a, leaseTTL: 20 * time.Second, beat: 200 * time.Millisecond}
}

// replica is one running replica.
type replica struct {
	hub    *Hub
	parent *link.Parent
	told   *atomic.Int32 // how often another replica called Tell
	stop   func()
}

func (r *hubRig) start(cluster Cluster) *replica {
	r.t.Helper()
	log := testLog(r.t)
	p, err := link.NewParent(link.ParentOptions{
		Name: "hub", Registry: r.registry, Sink: r.sink, Now: time.Now, Log: log,
		Fingerprint: r.authority.Fingerprint(), LeaseTTL: r.leaseTTL, BeatEvery: r.beat, Versions: r.versions,
	})
	if err != nil {
		r.t.Fatal(err)
	}
	var told atomic.Int32
	h, err := StartHub(HubOptions{Told: func() { told.Add(1) }, Listen: "127.0.0.1:0", Hosts: []string{"127.0.0.1"}, Authority: r.authority, Parent: p, Cluster: cluster, Log: log, Now: time.Now})
	if err != nil {
		r.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var work sync.WaitGroup
	work.Go(func() { _ = p.Run(ctx) })
	var once sync.Once
	out := &replica{hub: h, parent: p, told: &told, stop: func() {
		once.Do(func() {
			if err := h.Close(); err != nil {
				r.t.Error(err)
			}
			cancel()
			work.Wait()
		})
	}}
	r.t.Cleanup(out.stop)
	return out
}

// nodeRig is a child whose journals outlive its runs.
type nodeRig struct {
	t        *testing.T
	hub      *hubRig
	key      *Key
	instance string
	host     string
	history  *linktest.Journal
	record   *linktest.Journal
	notes    *linktest.Notes
	edit     func(*link.ChildOptions)
}

func (r *hubRig) node(name string) *nodeRig {
	r.t.Helper()
	dir := r.t.TempDir()
	k, err := OpenKey(filepath.Join(dir, "node.key"))
	if err != nil {
		r.t.Fatal(err)
	}
	i, err := OpenInstance(dir, "machine of "+name)
	if err != nil {
		r.t.Fatal(err)
	}
	r.registry.Add(k.ID(), name)
	return &nodeRig{t: r.t, hub: r, key: k, instance: i, host: name, history: linktest.NewJournal(), record: linktest.NewJournal(), notes: &linktest.Notes{}}
}

type running struct {
	*link.Child
	stop func()
}

func (n *nodeRig) transport(addresses ...string) link.Transport {
	n.t.Helper()
	for i, a := range addresses {
		addresses[i] = "nats://" + a
	}
	tr, err := NewTransport(DialOptions{Addresses: addresses, Key: n.key, Pin: n.hub.authority.Fingerprint(), Host: n.host, PingEvery: 500 * time.Millisecond})
	if err != nil {
		n.t.Fatal(err)
	}
	return tr
}

func (n *nodeRig) start(addresses ...string) *running {
	n.t.Helper()
	o := link.ChildOptions{
		Parent: strings.Join(addresses, ","), Transport: n.transport(addresses...), State: n.notes, Instance: n.instance, Host: n.host, Program: "test",
		Feeds: map[link.Stream]link.Feed{link.StreamHistory: {Source: n.history, Bounded: true}, link.StreamRecord: {Source: n.record}},
		Now:   time.Now, Log: testLog(n.t),
		RetryMin: 20 * time.Millisecond, RetryMax: 200 * time.Millisecond, RetryRefused: 100 * time.Millisecond, MeasureEvery: 100 * time.Millisecond,
		AnswerTime: 10 * time.Second,
	}
	if n.edit != nil {
		n.edit(&o)
	}
	c, err := link.NewChild(o)
	if err != nil {
		n.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var work sync.WaitGroup
	work.Go(func() {
		if err := c.Run(ctx); err != nil {
			n.t.Error("child:", err)
		}
	})
	var once sync.Once
	out := &running{Child: c, stop: func() { once.Do(func() { cancel(); work.Wait() }) }}
	n.t.Cleanup(out.stop)
	return out
}

// payload is what an item of the sequence holds, so that a checker knows it.
func payload(stream link.Stream, seq uint64) []byte {
	r := rand.New(rand.NewPCG(seq, 7))
	b := make([]byte, 20+r.IntN(400))
	for i := range b {
		b[i] = byte(r.IntN(4))
	}
	return append(b, fmt.Sprintf("%s %d", stream, seq)...)
}

func fill(j *linktest.Journal, stream link.Stream, n int) uint64 {
	var last uint64
	for range n {
		_, head, _ := j.Bounds(context.Background())
		last = j.Append(time.Now(), payload(stream, head+1))
	}
	return last
}

func (r *hubRig) awaitReached(n *nodeRig, stream link.Stream, seq uint64) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := r.sink.Await(ctx, func() bool { return r.sink.Reached(n.key.ID(), stream, seq) }); err != nil {
		p, _ := r.sink.Progress(ctx, n.key.ID(), stream)
		r.t.Fatalf("%s of %s did not reach %d: it is at %+v", stream, n.host, seq, p)
	}
}

func (r *hubRig) check(n *nodeRig, stream link.Stream, last uint64) {
	r.t.Helper()
	err := r.sink.Check(n.key.ID(), stream, 1, 1, last, func(seq uint64) ([]byte, bool) { return payload(stream, seq), true })
	if err != nil {
		r.t.Fatal(err)
	}
}

// await polls a state that has no channel.
func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatal("never came: " + what)
		}
		<-tick.C
	}
}
