package journal

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"zhigai/fact"
	"zhigai/link"
	"zhigai/plant"
)

// EventLog is what a child's record must offer.
type EventLog interface {
	Events(ctx context.Context, tenant plant.TenantNo, f fact.Filter) ([]fact.Event, error)
	Head(tenant plant.TenantNo) uint64
	Wait(ctx context.Context, tenant plant.TenantNo, afterSeq uint64) error
	SaveCursor(ctx context.Context, tenant plant.TenantNo, reader string, seq uint64) error
}

// Events is the stream of a child's record journal. Closings stay: they are
// made of figures, and the parent closes its own.
type Events struct {
	Log    EventLog
	Cursor string
	Tenant plant.TenantNo
	Kinds  []fact.Kind // that are shared; nil: every kind
}

var _ link.Source = Events{}

// Bounds: the journal keeps every event.
func (e Events) Bounds(context.Context) (first, head uint64, err error) {
	return 1, e.Log.Head(e.Tenant), nil
}

// Wait returns when there is an event behind the sequence.
func (e Events) Wait(ctx context.Context, after uint64) error {
	return e.Log.Wait(ctx, e.Tenant, after)
}

// SaveCursor notes how far the parent has come.
func (e Events) SaveCursor(ctx context.Context, seq uint64) error {
	return e.Log.SaveCursor(ctx, e.Tenant, e.Cursor, seq)
}

// Read gives the events that are shared.
func (e Events) Read(ctx context.Context, after uint64, limit int) (items []link.Item, through uint64, err error) {
	events, err := e.Log.Events(ctx, e.Tenant, fact.Filter{AfterSeq: after, Limit: limit})
	if err != nil {
		return nil, after, err
	}
	through = after
	for _, one := range events {
		through = one.Seq
		if one.Kind == fact.KindClosing || e.Kinds != nil && !slices.Contains(e.Kinds, one.Kind) {
			continue
		}
		raw, err := json.Marshal(one)
		if err != nil {
			return nil, after, fmt.Errorf("link: event %s: %w", one.ID, err)
		}
		items = append(items, link.Item{Seq: one.Seq, Recorded: one.Recorded, Payload: raw})
	}
	return items, through, nil
}

// EventStore is what a parent's record must offer.
type EventStore interface {
	Progress(ctx context.Context, node link.NodeID, stream link.Stream) (link.Progress, error)
	CommitEvents(ctx context.Context, node link.Node, d link.Delivery, events []fact.Event) error
}

// Happenings stores the events of children.
type Happenings struct {
	EventStore
	Entered func(ctx context.Context, tenant plant.TenantNo, events []fact.Event) // nil: nobody is told
	// Admits leaves out what the node may not say; nil: nothing is left out.
	Admits func(ctx context.Context, node link.Node, events []fact.Event) ([]fact.Event, error)
}

// Commit stores the delivery's events with its progress in one step.
func (h Happenings) Commit(ctx context.Context, node link.Node, d link.Delivery) error {
	events := make([]fact.Event, 0, len(d.Items))
	for _, item := range d.Items {
		var e fact.Event
		if err := json.Unmarshal(item.Payload, &e); err != nil {
			return fmt.Errorf("%w: event %d: %w", link.ErrDamaged, item.Seq, err)
		}
		e.Seq, e.Recorded = 0, 0 // the parent's own
		events = append(events, e)
	}
	if h.Admits != nil {
		var err error
		if events, err = h.Admits(ctx, node, events); err != nil {
			return err
		}
	}
	if err := h.CommitEvents(ctx, node, d, events); err != nil {
		return err
	}
	if h.Entered != nil && len(events) > 0 {
		h.Entered(ctx, node.Tenant, events)
	}
	return nil
}
