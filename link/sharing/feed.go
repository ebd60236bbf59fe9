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
}

// Read gives what the source has, or passes it over.
func (w Whole) Read(ctx context.Context, after uint64, limit int) (items []link.Item, through uint64, err error) {
	k, err := w.Desk.Now(ctx)
	if err != nil {
		return nil, after, err
	}
	items, through, err = w.Source.Read(ctx, after, limit)
	if !w.Shares(k.Policy) {
		items = nil
	}
	return items, through, err
}

// Events is the record journal, of whose kinds the policy names some.
type Events struct {
	journal.Events
	Desk *Desk
}

// Read gives the events that are shared.
func (e Events) Read(ctx context.Context, after uint64, limit int) (items []link.Item, through uint64, err error) {
	k, err := e.Desk.Now(ctx)
	if err != nil {
		return nil, after, err
	}
	if p := k.Policy; !p.All || p.Withdrawn != "" {
		e.Kinds = []fact.Kind{}
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
