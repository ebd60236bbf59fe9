// Package linktest has what tests of links need: stores in memory that check
// what is done to them, and a TCP proxy that cuts, stalls, throttles and
// half-opens. Nothing of it runs in a node.
package linktest

import (
	"context"
	"sync"
	"time"

	"zhigai/link"
	"zhigai/plant"
)

// Journal is a source in memory.
type Journal struct {
	mu      sync.Mutex
	first   uint64
	items   []link.Item // items[0] is first
	arrived chan struct{}
	cursor  uint64
	hidden  func(seq uint64) bool
	broken  func(seq uint64) bool
	reads   int
}

// NewJournal is empty.
func NewJournal() *Journal { return &Journal{first: 1, arrived: make(chan struct{})} }

// Hide makes sequences unshared.
func (j *Journal) Hide(f func(seq uint64) bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.hidden = f
}

// Break makes sequences unreadable.
func (j *Journal) Break(f func(seq uint64) bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.broken = f
}

// Append commits an item and gives its sequence.
func (j *Journal) Append(at time.Time, payload []byte) uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	seq := j.first + uint64(len(j.items))
	j.items = append(j.items, link.Item{Seq: seq, Recorded: plant.MicrosOf(at), Payload: payload})
	close(j.arrived)
	j.arrived = make(chan struct{})
	return seq
}

// Drop forgets everything up to the sequence, cursor or not.
func (j *Journal) Drop(to uint64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.drop(to)
}

func (j *Journal) drop(to uint64) {
	if n := int(to + 1 - j.first); to+1 > j.first {
		n = min(n, len(j.items))
		j.items = append([]link.Item(nil), j.items[n:]...)
		j.first += uint64(n)
	}
}

// Compact forgets what the cursor has passed, as a journal does in its own time.
func (j *Journal) Compact() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.drop(j.cursor)
}

// Copy is the journal as it is now: a backup.
func (j *Journal) Copy() *Journal {
	j.mu.Lock()
	defer j.mu.Unlock()
	return &Journal{first: j.first, items: append([]link.Item(nil), j.items...), cursor: j.cursor, arrived: make(chan struct{})}
}

// Cursor is what SaveCursor saved last.
func (j *Journal) Cursor() uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.cursor
}

// Item gives one item.
func (j *Journal) Item(seq uint64) (link.Item, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if seq < j.first || seq >= j.first+uint64(len(j.items)) {
		return link.Item{}, false
	}
	return j.items[seq-j.first], true
}

// Bounds implements link.Source.
func (j *Journal) Bounds(context.Context) (first, head uint64, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.first, j.first + uint64(len(j.items)) - 1, nil
}

// Read implements link.Source.
func (j *Journal) Read(ctx context.Context, after uint64, limit int) ([]link.Item, uint64, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.reads++
	if after+1 < j.first {
		return nil, 0, link.ErrGone
	}
	var out []link.Item
	through := after
	for i := after + 1 - j.first; i < uint64(len(j.items)) && limit > 0; i++ {
		it := j.items[i]
		limit--
		if j.broken != nil && j.broken(it.Seq) {
			return nil, 0, link.ErrDamaged
		}
		through = it.Seq
		if j.hidden == nil || !j.hidden(it.Seq) {
			out = append(out, it)
		}
	}
	return out, through, ctx.Err()
}

// Wait implements link.Source.
func (j *Journal) Wait(ctx context.Context, after uint64) error {
	for {
		j.mu.Lock()
		head, arrived := j.first+uint64(len(j.items))-1, j.arrived
		j.mu.Unlock()
		if head > after {
			return nil
		}
		select {
		case <-arrived:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// SaveCursor implements link.Source.
func (j *Journal) SaveCursor(_ context.Context, seq uint64) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.cursor = seq
	return nil
}

// Notes is a state store in memory.
type Notes struct {
	mu  sync.Mutex
	raw []byte
}

// Load implements link.StateStore.
func (n *Notes) Load() ([]byte, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.raw, nil
}

// Save implements link.StateStore.
func (n *Notes) Save(raw []byte) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.raw = append([]byte(nil), raw...)
	return nil
}
