package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"zhigai/bench"
	"zhigai/fact"
	"zhigai/link"
	"zhigai/link/nats"
	"zhigai/plant"
)

// linkedClients are many nodes that have an event to tell now and then, and no
// stores.
type linkedClients struct {
	ctx  context.Context
	what bench.Linked
	pin  [link.FingerprintBytes]byte
	news *news
	work sync.WaitGroup
}

func openLinkedClients(ctx context.Context, what bench.Linked) (string, answers, func() error, error) {
	c := &linkedClients{ctx: ctx, what: what, news: &news{head: 1, changed: make(chan struct{})}}
	return "", answers{"keys": c.keys, "pin": c.setPin, "join": c.join, "say": c.say}, func() error { c.work.Wait(); return nil }, nil
}

func (c *linkedClients) name(i int) string { return fmt.Sprintf("node-%04d", i) }

func (c *linkedClients) key(i int) (*nats.Key, error) {
	return nats.OpenKey(filepath.Join(c.what.Dir, c.name(i)+".key"))
}

// keys writes the names of all nodes into a file, one a line.
func (c *linkedClients) keys(args []string) (string, error) {
	var b strings.Builder
	for i := range c.what.Clients {
		key, err := c.key(i)
		if err != nil {
			return "", err
		}
		fmt.Fprintln(&b, key.ID())
	}
	return "", os.WriteFile(args[0], []byte(b.String()), 0o600)
}

func (c *linkedClients) setPin(args []string) (string, error) {
	raw, err := hex.DecodeString(args[0])
	if err == nil && len(raw) != len(c.pin) {
		err = fmt.Errorf("pin of %d bytes", len(raw))
	}
	copy(c.pin[:], raw)
	return "", err
}

func (c *linkedClients) join(args []string) (string, error) {
	for i := range c.what.Clients {
		key, err := c.key(i)
		if err != nil {
			return "", err
		}
		t, err := nats.NewTransport(nats.DialOptions{Addresses: []string{"nats://" + args[0]}, Key: key, Pin: c.pin, Host: c.name(i)})
		if err != nil {
			return "", err
		}
		child, err := link.NewChild(link.ChildOptions{
			Transport: t, State: link.FileState(filepath.Join(c.what.Dir, c.name(i)+".json")), Instance: "I" + c.name(i), Host: c.name(i), Program: version, Now: time.Now, Log: benchLog(),
			Feeds: map[link.Stream]link.Feed{link.StreamRecord: {Source: teller{c.news, c.name(i), i}}},
		})
		if err != nil {
			return "", err
		}
		c.work.Go(func() { _ = child.Run(c.ctx) })
	}
	return "", nil
}

// say gives every node one more event.
func (c *linkedClients) say([]string) (string, error) { return fmt.Sprint(c.news.more()), nil }

// news counts the events that every node of a measurement has to tell.
type news struct {
	mu      sync.Mutex
	head    uint64
	changed chan struct{}
}

func (n *news) more() uint64 {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.head++
	close(n.changed)
	n.changed = make(chan struct{})
	return n.head
}

func (n *news) now() (uint64, <-chan struct{}) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.head, n.changed
}

// teller is the journal of one of these nodes.
type teller struct {
	*news
	name   string
	number int
}

var _ link.Source = teller{}

// Bounds implements [link.Source].
func (t teller) Bounds(context.Context) (first, head uint64, err error) {
	head, _ = t.now()
	return 1, head, nil
}

// Read implements [link.Source].
func (t teller) Read(_ context.Context, after uint64, limit int) (items []link.Item, through uint64, err error) {
	head, _ := t.now()
	for through = after; through < head && limit > 0; limit-- {
		through++
		e := fact.New(fact.KindConnection, plant.NodeID(t.name), time.Unix(int64(through), 0), "bench:"+t.name, fact.Connection{Device: plant.DeviceID(t.name), Up: true})
		e.ID, e.SourceSeq = fmt.Sprintf("01%012d%012d", t.number, through), through
		raw, err := json.Marshal(e)
		if err != nil {
			return nil, after, err
		}
		items = append(items, link.Item{Seq: through, Recorded: e.Occurred, Payload: raw})
	}
	return items, through, nil
}

// Wait implements [link.Source].
func (t teller) Wait(ctx context.Context, after uint64) error {
	for {
		head, changed := t.now()
		if head > after {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// SaveCursor implements [link.Source].
func (teller) SaveCursor(context.Context, uint64) error { return nil }
