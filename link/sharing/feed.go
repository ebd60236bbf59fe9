package sharing

import (
	"context"

	"zhigai/fact"
	"zhigai/link"
	"zhigai/link/journal"
	"zhigai/plant"
)

// MachineDays is the figure by which a policy names the days of machines.
const MachineDays = "machine-day"

// Whole is a stream that is shared as a whole or not at all.
type Whole struct {
	link.Source
	Desk   *Desk
	Shares func(link.Policy) bool
	// Passed remembers what was passed over, and sends it once the stream is shared
	// again; nil: it never goes.
	Passed Passed
}

// Passed are rows that were passed over. Methods may be called concurrently.
type Passed interface {
	// PassOver notes that the rows from a number on were passed over, unless
	// earlier ones are noted.
	PassOver(ctx context.Context, from uint64) error
	// SendAgain gives the rows from the noted number on new ones, so that they go
	// again, and forgets it. Without a note it does nothing.
	SendAgain(ctx context.Context) error
}

// Read gives what the source has, or passes it over.
func (w Whole) Read(ctx context.Context, after uint64, limit int) (items []link.Item, through uint64, err error) {
	k, err := w.Desk.Now(ctx)
	if err != nil {
		return nil, after, err
	}
	shares := w.Shares(k.Policy)
	items, through, err = w.Source.Read(ctx, after, limit)
	if err != nil || shares || len(items) == 0 {
		return items, through, err
	}
	if w.Passed != nil { // before the parent hears that nothing is there
		err = w.Passed.PassOver(ctx, items[0].Seq)
	}
	return nil, through, err
}

// Wait returns when there is something behind the number; what was passed over
// and is shared now is.
func (w Whole) Wait(ctx context.Context, after uint64) error {
	k, err := w.Desk.Now(ctx)
	if err == nil && w.Passed != nil && w.Shares(k.Policy) {
		err = w.Passed.SendAgain(ctx)
	}
	if err != nil {
		return err
	}
	return w.Source.Wait(ctx, after)
}

// Events is the record journal, of whose kinds the policy names some.
type Events struct {
	journal.Events
	Desk *Desk
}

// Read gives the events that are shared, and always the word of what is: a node
// above that does not hear of a withdrawal goes on using what it has.
func (e Events) Read(ctx context.Context, after uint64, limit int) (items []link.Item, through uint64, err error) {
	k, err := e.Desk.Now(ctx)
	if err != nil {
		return nil, after, err
	}
	if p := k.Policy; !p.All || p.Withdrawn != "" {
		e.Kinds = []fact.Kind{fact.KindSharing}
		for _, kind := range e.Desk.known.Records {
			if p.SharesRecord(kind) {
				e.Kinds = append(e.Kinds, fact.Kind(kind))
			}
		}
	}
	return e.Events.Read(ctx, after, limit)
}

// History are the samples, of whose tags the policy names some.
type History struct {
	journal.History
	Desk *Desk
	// Tags are the node's tags by number.
	Tags func(ctx context.Context) (map[plant.TagNo]plant.Tag, error)
}

// Read gives the samples that are shared. A tag that is not known is not.
func (h History) Read(ctx context.Context, after uint64, limit int) (items []link.Item, through uint64, err error) {
	k, err := h.Desk.Now(ctx)
	if err != nil {
		return nil, after, err
	}
	if p := k.Policy; !p.All || p.Withdrawn != "" {
		tags, err := h.Tags(ctx)
		if err != nil {
			return nil, after, err
		}
		h.Share = func(no plant.TagNo) bool {
			t, ok := tags[no]
			return ok && p.SharesTag(t)
		}
	}
	return h.History.Read(ctx, after, limit)
}
