package nats

import (
	"bufio"
	"context"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"zhigai/history"
	"zhigai/link"
	"zhigai/link/linktest"
)

// benchHub is a hub with stores in memory.
type benchHub struct {
	hub  *Hub
	stop func()
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
	return &benchHub{h, func() {
		_ = h.Close()
		cancel()
		work.Wait()
	}}
}

func benchChild(t testing.TB, address string, pin [link.FingerprintBytes]byte, dir, name string, source link.Source, edit func(*link.ChildOptions)) *link.Child {
	t.Helper()
	k, err := OpenKey(filepath.Join(dir, name+".key"))
	if err != nil {
		t.Fatal(err)
	}
	tr, err := NewTransport(DialOptions{Addresses: []string{"nats://" + address}, Key: k, Pin: pin, Host: name})
	if err != nil {
		t.Fatal(err)
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
		t.Fatal(err)
	}
	return c
}

// BenchmarkDrain delivers a backlog of batches of one second at 2,000 samples/s,
// out of memory and out of a real store, while ten small batches a second are
// new; it reports how many times real time that is and how late the new ones
// were.
func BenchmarkDrain(b *testing.B) {
	b.Run("memory", func(b *testing.B) {
		j := linktest.NewJournal()
		drain(b, j, func(seq uint64, n int) error {
			j.Append(time.Now(), packed(samples(seq, n)))
			return nil
		})
	})
	b.Run("history", func(b *testing.B) {
		store, err := history.Open(filepath.Join(b.TempDir(), "history"), history.Options{})
		if err != nil {
			b.Fatal(err)
		}
		defer store.Close()
		if err := store.SaveCursor("link", 0); err != nil {
			b.Fatal(err)
		}
		drain(b, archive{store, "link"}, func(seq uint64, n int) error {
			_, err := store.Append(context.Background(), 1, samples(seq, n))
			return err
		})
	})
}

func drain(b *testing.B, source link.Source, add func(seq uint64, n int) error) {
	const rate, seconds = 2000, 2 * 3600
	sink, registry, dir := newCounting(), linktest.NewRegistry(), b.TempDir()
	a, err := OpenAuthority(b.TempDir(), time.Now())
	if err != nil {
		b.Fatal(err)
	}
	k, err := OpenKey(filepath.Join(dir, "edge.key"))
	if err != nil {
		b.Fatal(err)
	}
	registry.Add(k.ID(), "edge")
	for seq := range uint64(seconds) {
		if err := add(seq+1, rate); err != nil {
			b.Fatal(err)
		}
	}
	var late []time.Duration
	sink.seen = func(_ link.NodeID, it link.Item) {
		if it.Seq > seconds {
			late = append(late, time.Since(it.Recorded.Time()))
		}
	}
	b.ResetTimer() // once: afterwards the backlog is gone
	h := startBenchHub(b, registry, a, sink, "127.0.0.1:0")
	began := time.Now()
	c := benchChild(b, h.hub.Address(), a.Fingerprint(), dir, "edge", source, nil)
	ctx, cancel := context.WithCancel(context.Background())
	var live sync.WaitGroup
	live.Go(func() { _ = c.Run(ctx) })
	live.Go(func() {
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for seq := uint64(seconds + 1); ctx.Err() == nil; seq++ {
			<-tick.C
			if err := add(seq, rate/10); err != nil {
				b.Error(err)
				return
			}
		}
	})
	if err := sink.await(context.Background(), func() bool { return sink.progress[k.ID()][link.StreamHistory].Ranges.Prefix() >= seconds }); err != nil {
		b.Fatal(err)
	}
	took := time.Since(began)
	cancel()
	live.Wait()
	h.stop()
	slices.Sort(late)
	b.ReportMetric(seconds/took.Seconds(), "x_real_time")
	b.ReportMetric(seconds*rate/took.Seconds(), "samples/s")
	if len(late) > 0 {
		b.ReportMetric(late[len(late)*99/100].Seconds()*1000, "live_p99_ms")
	}
}

// nodesAt tells the process of the children where the hub is: address, pin,
// number of nodes and the folder of their keys.
const nodesAt = "ZHIGAI_LINK_NODES_AT"

// TestNodesProcess is the process of BenchmarkNodes in which the children run,
// so that the memory of the hub is measured alone. Each line of its input adds
// an item to every node.
func TestNodesProcess(t *testing.T) {
	part := strings.Fields(os.Getenv(nodesAt))
	if len(part) != 4 {
		t.Skip("runs inside BenchmarkNodes")
	}
	pin, err := hex.DecodeString(part[1])
	if err != nil || len(pin) != link.FingerprintBytes {
		t.Fatal("pin", part[1])
	}
	n, _ := strconv.Atoi(part[2])
	var journals []*linktest.Journal
	ctx, cancel := context.WithCancel(t.Context())
	var work sync.WaitGroup
	for i := range n {
		j := linktest.NewJournal()
		journals = append(journals, j)
		name := fmt.Sprintf("n%04d", i)
		work.Go(func() { _ = benchChild(t, part[0], [link.FingerprintBytes]byte(pin), part[3], name, j, nil).Run(ctx) })
	}
	lines := bufio.NewScanner(os.Stdin)
	for seq := uint64(1); lines.Scan(); seq++ {
		for _, j := range journals {
			j.Append(time.Now(), packed(samples(seq, 20)))
		}
	}
	cancel()
	work.Wait()
}

// BenchmarkNodes connects a thousand children in another process to one hub,
// then stops the hub and starts it again; it reports the hub's memory per node
// and how long the storm lasts.
func BenchmarkNodes(b *testing.B) {
	n := 1000
	if s := os.Getenv("ZHIGAI_LINK_NODES"); s != "" {
		n, _ = strconv.Atoi(s)
	}
	for b.Loop() {
		sink, registry, dir := newCounting(), linktest.NewRegistry(), b.TempDir()
		a, err := OpenAuthority(b.TempDir(), time.Now())
		if err != nil {
			b.Fatal(err)
		}
		for i := range n {
			name := fmt.Sprintf("n%04d", i)
			k, err := OpenKey(filepath.Join(dir, name+".key"))
			if err != nil {
				b.Fatal(err)
			}
			registry.Add(k.ID(), name)
		}
		h := startBenchHub(b, registry, a, sink, "127.0.0.1:0")
		address := h.hub.Address()
		before := memory()
		began := time.Now()
		pin := a.Fingerprint()
		cmd := exec.Command(os.Args[0], "-test.run=^TestNodesProcess$")
		cmd.Env = append(os.Environ(), nodesAt+"="+strings.Join([]string{address, hex.EncodeToString(pin[:]), strconv.Itoa(n), dir}, " "))
		in, err := cmd.StdinPipe()
		if err != nil {
			b.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			b.Fatal(err)
		}
		all := func(seq uint64) error {
			if _, err := fmt.Fprintln(in); err != nil {
				return err
			}
			return sink.await(context.Background(), func() bool {
				done := 0
				for _, streams := range sink.progress {
					if streams[link.StreamHistory].Ranges.Prefix() >= seq {
						done++
					}
				}
				return done == n
			})
		}
		if err := all(1); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(time.Since(began).Seconds(), "first_s")
		b.ReportMetric(float64(memory()-before)/float64(n)/1024, "hub_KB/node")
		h.stop()
		began = time.Now()
		h = startBenchHub(b, registry, a, sink, address)
		if err := all(2); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(time.Since(began).Seconds(), "storm_s")
		_ = in.Close()
		if err := cmd.Wait(); err != nil {
			b.Fatal(err)
		}
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
