package figure

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/plant"
)

// Rebuilt says what a from-scratch run did.
type Rebuilt struct {
	Windows int `json:"windows"` // folded again
	Changed int `json:"changed"` // closed windows whose terms are not those they were closed with
	Gone    int `json:"gone"`    // windows that no calendar cuts like that any more
}

// Rebuild deletes every row and window of the tenant and folds them again from
// facts. Revisions come back from the closings in the journal: a window whose
// terms are the same keeps its revision, one whose terms differ gets the next.
func (e *Engine) Rebuild(ctx context.Context, tenant plant.TenantNo) (Rebuilt, error) {
	var done Rebuilt
	if !e.keeps() {
		return done, fmt.Errorf("rebuild: %w", ErrNotKeeper)
	}
	// Older windows than these are closed, and so in the journal.
	now := plant.MicrosOf(e.now())
	windows, err := e.store.Windows(ctx, access.Scope{Tenant: tenant}, now-plant.Micros(closeBack.Microseconds()), endOfTime)
	if err != nil {
		return done, fmt.Errorf("rebuild: windows: %w", err)
	}
	all := map[baseKey]Window{}
	for _, w := range windows {
		all[baseKey{w.Node, w.From}] = w
	}
	closed, err := e.closings(ctx, tenant)
	if err != nil {
		return done, fmt.Errorf("rebuild: %w", err)
	}
	maps.Copy(all, closed)
	if err := e.store.DeleteAll(ctx, tenant); err != nil {
		return done, fmt.Errorf("rebuild: delete: %w", err)
	}
	order := make([]Window, 0, len(all))
	for _, w := range all {
		order = append(order, w)
	}
	slices.SortFunc(order, func(a, b Window) int { return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.Node, b.Node)) })
	for _, w := range order {
		o := owner{tenant, w.Node}
		b, ok, err := e.base(ctx, o, w.From, w.To)
		if err != nil {
			return done, fmt.Errorf("rebuild: %w", err)
		}
		if !ok {
			done.Gone++
			continue
		}
		made, _, err := e.settle(ctx, o, b, nil)
		if err != nil {
			return done, fmt.Errorf("rebuild: %w", err)
		}
		done.Windows++
		if was, ok := closed[baseKey{w.Node, w.From}]; ok && was.Digest != made.Digest {
			done.Changed++
		}
	}
	return done, nil
}

// endOfTime is later than any window: the year 9999.
const endOfTime = plant.Micros(253_402_300_800_000_000)

// closings reads the newest closing of every window.
func (e *Engine) closings(ctx context.Context, tenant plant.TenantNo) (map[baseKey]Window, error) {
	out := map[baseKey]Window{}
	after := uint64(0)
	for {
		events, err := e.journal.Events(ctx, tenant, fact.Filter{Kinds: []fact.Kind{fact.KindClosing}, AfterSeq: after})
		if err != nil {
			return nil, fmt.Errorf("closings: %w", err)
		}
		if len(events) == 0 {
			return out, nil
		}
		for _, ev := range events {
			after = max(after, ev.Seq)
			var c Closing
			if err := json.Unmarshal(ev.Payload, &c); err != nil {
				return nil, fmt.Errorf("closing %s: %w", ev.ID, err)
			}
			k := baseKey{ev.Subject, c.From}
			if have, ok := out[k]; !ok || have.Revision < c.Revision {
				out[k] = Window{Node: ev.Subject, From: c.From, To: c.To, Revision: c.Revision, AsOf: c.AsOf, Digest: c.Digest, Fold: c.Fold}
			}
		}
	}
}
