package linktest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"zhigai/link"
)

// Sink keeps what is committed, in memory, and notes every broken rule. It
// outlives the parents that write to it, as a database does.
type Sink struct {
	mu       sync.Mutex
	progress map[key]link.Progress
	items    map[key]map[uint64]link.Item // by epoch too
	gaps     map[key][]link.Gap
	commits  []Commit
	faults   []error
	before   func(ctx context.Context, node link.Node, d link.Delivery) error
	after    func(ctx context.Context, node link.Node, d link.Delivery) error
	changed  chan struct{}
}

// Commit is one line of what was done.
type Commit struct {
	Node     link.NodeID
	Stream   link.Stream
	From, To uint64 // of items
	Items    int
}

type key struct {
	node   link.NodeID
	stream link.Stream
	epoch  uint64
}

// NewSink is empty.
func NewSink() *Sink {
	return &Sink{
		progress: map[key]link.Progress{}, items: map[key]map[uint64]link.Item{}, gaps: map[key][]link.Gap{}, changed: make(chan struct{}),
	}
}

// Hook puts f before every commit and g behind it: an error of g comes after
// the items are kept, as when an answer of a database is lost.
func (s *Sink) Hook(f, g func(ctx context.Context, node link.Node, d link.Delivery) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before, s.after = f, g
}

// Progress implements link.Sink.
func (s *Sink) Progress(_ context.Context, node link.NodeID, stream link.Stream) (link.Progress, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.progress[key{node, stream, 0}], nil
}

// Commit implements link.Sink.
func (s *Sink) Commit(ctx context.Context, node link.Node, d link.Delivery) error {
	s.mu.Lock()
	before, after := s.before, s.after
	s.mu.Unlock()
	if before != nil {
		if err := before(ctx, node, d); err != nil {
			return err
		}
	}
	if err := s.keep(node.ID, d); err != nil {
		return err
	}
	if after != nil {
		return after(ctx, node, d)
	}
	return nil
}

func (s *Sink) keep(node link.NodeID, d link.Delivery) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := key{node, d.Stream, 0}
	if s.progress[at].Version != d.Before {
		return link.ErrConflict
	}
	if d.After.Version <= d.Before {
		s.fault("version %d after %d", d.After.Version, d.Before)
	}
	place := key{node, d.Stream, d.Epoch}
	if s.items[place] == nil {
		s.items[place] = map[uint64]link.Item{}
	}
	c := Commit{Node: node, Stream: d.Stream, Items: len(d.Items)}
	for i, it := range d.Items {
		if _, ok := s.items[place][it.Seq]; ok {
			s.fault("%s of %s: %d is committed twice", d.Stream, node, it.Seq)
		}
		if i > 0 && it.Seq <= d.Items[i-1].Seq {
			s.fault("%s of %s: %d after %d", d.Stream, node, it.Seq, d.Items[i-1].Seq)
		}
		if !d.After.Ranges.Has(it.Seq) {
			s.fault("%s of %s: %d is not in the progress", d.Stream, node, it.Seq)
		}
		it.Payload = bytes.Clone(it.Payload)
		s.items[place][it.Seq] = it
		if i == 0 {
			c.From = it.Seq
		}
		c.To = it.Seq
	}
	for _, g := range d.Gaps {
		for seq := g.From; seq <= g.To; seq++ {
			if _, ok := s.items[place][seq]; ok {
				s.fault("%s of %s: %d is committed and a gap", d.Stream, node, seq)
			}
		}
	}
	s.gaps[place] = append(s.gaps[place], d.Gaps...)
	s.progress[at] = d.After
	s.commits = append(s.commits, c)
	close(s.changed)
	s.changed = make(chan struct{})
	return nil
}

func (s *Sink) fault(format string, args ...any) {
	s.faults = append(s.faults, fmt.Errorf(format, args...))
}

// Faults are the rules that were broken.
func (s *Sink) Faults() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return errors.Join(s.faults...)
}

// Gaps lists the gaps of an epoch.
func (s *Sink) Gaps(node link.NodeID, stream link.Stream, epoch uint64) []link.Gap {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.gaps[key{node, stream, epoch}])
}

// Commits lists what was done, in order.
func (s *Sink) Commits() []Commit {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.commits)
}

// Copy is the sink as it is now: a backup.
func (s *Sink) Copy() *Sink {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := NewSink()
	maps.Copy(out.progress, s.progress)
	for k, v := range s.items {
		out.items[k] = map[uint64]link.Item{}
		maps.Copy(out.items[k], v)
	}
	for k, v := range s.gaps {
		out.gaps[k] = slices.Clone(v)
	}
	return out
}

// Await waits until ok holds, looking after every commit.
func (s *Sink) Await(ctx context.Context, ok func() bool) error {
	for {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		if ok() {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Reached reports whether the progress of the stream has everything up to seq.
func (s *Sink) Reached(node link.NodeID, stream link.Stream, seq uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.progress[key{node, stream, 0}].Ranges.Prefix() >= seq
}

// Items gives what is kept of an epoch, by sequence.
func (s *Sink) Items(node link.NodeID, stream link.Stream, epoch uint64) []link.Item {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]link.Item, 0, len(s.items[key{node, stream, epoch}]))
	for _, it := range s.items[key{node, stream, epoch}] {
		out = append(out, it)
	}
	slices.SortFunc(out, func(a, b link.Item) int {
		if a.Seq < b.Seq {
			return -1
		}
		return 1
	})
	return out
}

// Check compares what is kept with what was appended: same payload, nothing
// lost between first and last unless it is in a gap, nothing doubled.
func (s *Sink) Check(node link.NodeID, stream link.Stream, epoch, first, last uint64, want func(seq uint64) (payload []byte, shared bool)) error {
	items := map[uint64]link.Item{}
	for _, it := range s.Items(node, stream, epoch) {
		items[it.Seq] = it
	}
	gap := map[uint64]bool{}
	for _, g := range s.Gaps(node, stream, epoch) {
		for seq := g.From; seq <= g.To; seq++ {
			gap[seq] = true
		}
	}
	errs := []error{s.Faults()}
	for seq := first; seq <= last && len(errs) < 10; seq++ {
		payload, shared := want(seq)
		it, ok := items[seq]
		switch {
		case shared && !ok && !gap[seq]:
			errs = append(errs, fmt.Errorf("%s: %d is lost", stream, seq))
		case !shared && ok:
			errs = append(errs, fmt.Errorf("%s: %d is not to be shared", stream, seq))
		case ok && !bytes.Equal(it.Payload, payload):
			errs = append(errs, fmt.Errorf("%s: %d is altered", stream, seq))
		}
		delete(items, seq)
	}
	if len(items) > 0 {
		errs = append(errs, fmt.Errorf("%s: %d items that nobody sent", stream, len(items)))
	}
	return errors.Join(errs...)
}
