package nats

import (
	"context"
	"encoding/binary"
	"errors"
	"math"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"zhigai/history"
	"zhigai/link"
	"zhigai/plant"
)

// archive is a source over a real history store.
type archive struct {
	store  *history.Store
	cursor string
}

func (a archive) Bounds(context.Context) (first, head uint64, err error) {
	head = a.store.LastSeq()
	backlog := a.store.Stats().Backlog
	return min(head, a.store.LastSeq()) + 1 - min(backlog, head), head, nil
}

func (a archive) Read(ctx context.Context, after uint64, limit int) ([]link.Item, uint64, error) {
	batches, err := a.store.Read(ctx, after, limit)
	switch {
	case errors.Is(err, history.ErrGone):
		return nil, 0, errors.Join(link.ErrGone, err)
	case errors.Is(err, history.ErrDamaged):
		return nil, 0, errors.Join(link.ErrDamaged, err)
	case err != nil:
		return nil, 0, err
	}
	out := make([]link.Item, 0, len(batches))
	for _, b := range batches {
		after = b.Seq
		out = append(out, link.Item{Seq: b.Seq, Recorded: b.Recorded, Payload: packed(b.Batch)})
	}
	return out, after, nil
}

func (a archive) Wait(ctx context.Context, after uint64) error { return a.store.Wait(ctx, after) }

func (a archive) SaveCursor(_ context.Context, seq uint64) error {
	return a.store.SaveCursor(a.cursor, seq)
}

// packed is a payload that a reader of this test can take apart.
func packed(b plant.Batch) []byte {
	out := make([]byte, 0, 13*len(b.Samples))
	var at plant.Micros
	for _, s := range b.Samples {
		out = binary.AppendUvarint(out, uint64(s.Tag))
		out = binary.AppendVarint(out, int64(s.Time-at))
		out = binary.LittleEndian.AppendUint64(out, math.Float64bits(s.Value))
		at = s.Time
	}
	return out
}

// samples is the batch of a sequence: at 2,000 samples a second, one second.
func samples(seq uint64, n int) plant.Batch {
	b := plant.Batch{Samples: make([]plant.Sample, n)}
	base := plant.MicrosOf(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)) + plant.Micros(seq)*1_000_000
	for i := range b.Samples {
		b.Samples[i] = plant.Sample{Tag: plant.TagNo(1 + i), Time: base, Value: 20 + math.Round(1000*math.Sin(float64(seq)/50+float64(i)))/1000}
	}
	return b
}

// TestHistory_RestartsInsideAnOutage delivers a real store's batches, with the
// store closed and opened again while the way is cut.
func TestHistory_RestartsInsideAnOutage(t *testing.T) {
	r := newHubRig(t)
	hub := r.start(Cluster{})
	proxy := newProxy(t, hub.hub.Address())
	n := r.node("edge")
	dir := filepath.Join(t.TempDir(), "history")
	var store *history.Store
	open := func() {
		var err error
		if store, err = history.Open(dir, history.Options{}); err != nil {
			t.Fatal(err)
		}
	}
	open()
	t.Cleanup(func() { _ = store.Close() })
	n.edit = func(o *link.ChildOptions) {
		o.Feeds = map[link.Stream]link.Feed{link.StreamHistory: {Source: archive{store, "link"}, Bounded: true}}
	}
	var last uint64
	add := func(count int) {
		for range count {
			var err error
			if last, err = store.Append(t.Context(), 1, samples(last+1, 20)); err != nil {
				t.Fatal(err)
			}
		}
	}
	add(100)
	c := n.start(proxy.Address())
	r.awaitReached(n, link.StreamHistory, last)
	for range 3 {
		proxy.Cut(true)
		add(100)
		c.stop()
		if err := store.Close(); err != nil {
			t.Fatal(err)
		}
		open()
		c = n.start(proxy.Address())
		add(50)
		proxy.Restore()
		add(50)
		r.awaitReached(n, link.StreamHistory, last)
	}
	err := r.sink.Check(n.key.ID(), link.StreamHistory, 1, 1, last, func(seq uint64) ([]byte, bool) { return packed(samples(seq, 20)), true })
	if err != nil {
		t.Error(err)
	}
	await(t, "cursor", func() bool { return store.Cursor("link") == last })
	c.stop()
}

// counting is a sink that keeps progress and counts; it measures the link and
// not a store.
type counting struct {
	mu       sync.Mutex
	progress map[link.NodeID]map[link.Stream]link.Progress
	items    int
	bytes    int64
	seen     func(node link.NodeID, it link.Item)
	changed  chan struct{}
}

func newCounting() *counting {
	return &counting{progress: map[link.NodeID]map[link.Stream]link.Progress{}, changed: make(chan struct{})}
}

func (c *counting) Progress(_ context.Context, node link.NodeID, s link.Stream) (link.Progress, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.progress[node][s], nil
}

func (c *counting) Commit(_ context.Context, node link.Node, d link.Delivery) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.progress[node.ID] == nil {
		c.progress[node.ID] = map[link.Stream]link.Progress{}
	}
	if c.progress[node.ID][d.Stream].Version != d.Before {
		return link.ErrConflict
	}
	c.progress[node.ID][d.Stream] = d.After
	c.items += len(d.Items)
	for _, it := range d.Items {
		c.bytes += int64(len(it.Payload))
		if c.seen != nil {
			c.seen(node.ID, it)
		}
	}
	close(c.changed)
	c.changed = make(chan struct{})
	return nil
}

func (c *counting) await(ctx context.Context, ok func() bool) error {
	for {
		c.mu.Lock()
		done, changed := ok(), c.changed
		c.mu.Unlock()
		if done {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
