package record

import (
	"context"
	"errors"
	"slices"

	"github.com/uptrace/bun"

	"zhigai/fact"
	"zhigai/plant"
)

// more is what goes along with the next commit to the journal.
type more struct {
	with   func(ctx context.Context, tx bun.Tx) error
	events []fact.Event
	done   bool
}

type moreKey struct{}

// errTwice is a room that commits twice where one commit was promised.
var errTwice = errors.New("record: BUG: two commits where one was to carry more")

// Together lets the next commit to the journal under the context carry more:
// with runs in its transaction, before the rows of whoever commits, and the
// events are stored behind theirs. All of it is there, or nothing. done says
// whether a commit carried it. A second commit under the context is refused; one
// that failed may be tried again. The context is for one goroutine.
func Together(ctx context.Context, with func(ctx context.Context, tx bun.Tx) error, events ...fact.Event) (_ context.Context, done func() bool) {
	m := &more{with: with, events: events}
	return context.WithValue(ctx, moreKey{}, m), func() bool { return m.done }
}

func moreOf(ctx context.Context) *more {
	m, _ := ctx.Value(moreKey{}).(*more)
	return m
}

// carry adds what goes along to a commit of events.
func (m *more) carry(events []fact.Event, insert inserter) ([]fact.Event, inserter, error) {
	switch {
	case m == nil:
		return events, insert, nil
	case m.done:
		return nil, nil, errTwice
	}
	return slices.Concat(events, m.events), func(ctx context.Context, tx bun.Tx, tenant plant.TenantNo, events []fact.Event) (uint64, error) {
		if err := m.with(ctx, tx); err != nil {
			return 0, err
		}
		return insert(ctx, tx, tenant, events)
	}, nil
}
