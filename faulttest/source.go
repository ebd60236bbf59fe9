package faulttest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/plant"
)

// Ledger is what a source sent and what of it was acknowledged.
type Ledger struct {
	mu     sync.Mutex
	batch  []int          // steps whose batch was acknowledged
	events map[int]string // step: id of its event, acknowledged
	forms  map[int]string // step: id of the form's token, acknowledged
	next   int            // first step whose answer is not known
}

// NewLedger is empty.
func NewLedger() *Ledger { return &Ledger{events: map[int]string{}, forms: map[int]string{}} }

// Copy is the ledger as it stands.
func (l *Ledger) Copy() *Ledger {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := NewLedger()
	c.batch, c.next = slices.Clone(l.batch), l.next
	maps.Copy(c.events, l.events)
	maps.Copy(c.forms, l.forms)
	return c
}

// Next is the first step whose answer is not known.
func (l *Ledger) Next() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.next
}

// Note writes down that step n was acknowledged, with the id it was given.
func (l *Ledger) Note(op Op, n int, id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch op {
	case Batch:
		l.batch = append(l.batch, n)
	case Event:
		l.events[n] = id
	case Form:
		l.forms[n] = id
	}
	l.next = n + 1
}

// last is the newest event that was acknowledged.
func (l *Ledger) last() (n int, id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n = -1
	for at, e := range l.events {
		if at > n {
			n, id = at, e
		}
	}
	return n, id
}

// Resume is what a source needs to know to go on.
type Resume struct {
	Next      int // first step whose answer it did not hear
	Batches   int // acknowledged
	LastEvent int // step, -1: none
	LastID    string
}

// Resume is where the source stopped.
func (l *Ledger) Resume() Resume {
	n, id := l.last()
	l.mu.Lock()
	defer l.mu.Unlock()
	return Resume{l.next, len(l.batch), n, id}
}

// Ledger is one from which a source goes on.
func (r Resume) Ledger() *Ledger {
	l := NewLedger()
	l.next, l.batch = r.Next, make([]int, r.Batches)
	if r.LastEvent >= 0 {
		l.events[r.LastEvent] = r.LastID
	}
	return l
}

// Source puts a script into a plant.
type Source struct {
	Script
	Ledger *Ledger
	Plant  *Plant
}

// ErrDoubled is an event that got a second id.
var ErrDoubled = errors.New("faulttest: an event that was sent again was stored again")

// Step does step n and returns the id it was given, if any.
func (s Source) Step(ctx context.Context, n int) (id string, err error) {
	s.Plant.clock.Set(s.time(n))
	switch s.Op(n) {
	case Batch:
		_, err = s.Plant.History.Append(ctx, tenant, s.batch(n, s.Plant.tags[s.Lane]))
	case Event:
		_, older := s.Ledger.last()
		id, err = s.record(ctx, s.event(n, s.Plant.nodes[s.Lane], older))
	case Again:
		err = s.again(ctx)
	case Form:
		var t access.Token
		t, _, err = s.Plant.access.CreateToken(ctx, access.Node(tenant), access.NewToken{Name: s.form(n), Role: access.RoleOperator})
		id = t.ID
	case Flush:
		err = s.Plant.History.Flush()
	case Ask:
		_, err = s.Plant.figures(ctx)
	case Jump:
		s.Plant.clock.Set(s.time(n).Add(s.jump(n)))
	}
	if err == nil {
		s.Ledger.Note(s.Op(n), n, id)
	}
	return id, err
}

func (s Source) record(ctx context.Context, e fact.Event) (string, error) {
	out, err := s.Plant.Record.Journal().Append(ctx, tenant, e)
	if err != nil {
		return "", err
	}
	return out[0].ID, nil
}

// again sends the last event once more.
func (s Source) again(ctx context.Context) error {
	n, id := s.Ledger.last()
	if n < 0 {
		return nil
	}
	e := s.event(n, s.Plant.nodes[s.Lane], "")
	e.Supersedes, e.Withdrawn = "", false
	got, err := s.record(ctx, e)
	if err == nil && got != id {
		return fmt.Errorf("%w: %s, then %s", ErrDoubled, id, got)
	}
	return err
}

// Resume is Step for the first step of a source that goes on: it may have been
// done already, unheard. Batches carry no number of their own, so it looks.
func (s Source) Resume(ctx context.Context, n int, first bool) (id string, err error) {
	if first && s.Op(n) == Batch {
		there := false
		at := plant.Micros(n) * 1_000_000
		err := s.Plant.History.Samples(ctx, tenant, s.Plant.tags[s.Lane][4], at, at+1, func(plant.Sample) bool { there = true; return false })
		if err != nil || there {
			s.Ledger.Note(Batch, n, "")
			return "", err
		}
	}
	return s.Step(ctx, n)
}
