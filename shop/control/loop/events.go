package loop

import (
	"context"
	"slices"

	"zhigai/fact/document"
	"zhigai/plant"
)

// What a loop did, or was told.
const (
	WhatMode     = "mode"      // its mode changed
	WhatSetPoint = "set-point" // a person moved its set point
	WhatHand     = "hand"      // a person moved its output
	WhatWrite    = "write"     // it wrote its output
	WhatRefused  = "refused"   // a write did not end as it was to
	WhatSafe     = "safe"      // what it declared for a suspension is done
	WhatTuned    = "tuned"     // an autotuning ended
	WhatRevision = "revision"  // it goes on by another revision
)

// Event is one of them, a fact.
type Event struct {
	ID          string        `json:"id"`
	Loop        string        `json:"loop"`
	Revision    int           `json:"revision"`
	At          plant.Instant `json:"at"`
	What        string        `json:"what" enum:"mode,set-point,hand,write,refused,safe,tuned,revision"`
	Mode        Mode          `json:"mode" enum:"off,manual,auto,tuning,suspended" doc:"That it is in since then"`
	By          string        `json:"by,omitempty"`
	Reason      string        `json:"reason,omitempty"`
	Note        string        `json:"note,omitempty"`
	SP          *float64      `json:"sp,omitempty"`
	PV          *float64      `json:"pv,omitempty"`
	Inner       *float64      `json:"inner,omitempty"`
	Disturbance *float64      `json:"disturbance,omitempty"`
	From        *float64      `json:"from,omitempty" doc:"The output before"`
	Value       *float64      `json:"value,omitempty" doc:"What was written"`
	Command     string        `json:"command,omitempty" doc:"Id of the command"`
	Tuned       *Tuned        `json:"tuned,omitempty"`
}

// note keeps an event. One that the store does not take is said in the log: the command
// and the mode are facts of their own.
func (r *runner) note(e Event) {
	e.ID, e.Loop, e.Revision, e.At, e.Mode = r.d.o.NewID(), r.loop.Series, r.loop.Revision, r.d.now(), r.run.Mode
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.d.ctx), keepAgain)
	defer cancel()
	err := r.d.save(ctx, r.tenant, document.Document{Kind: KindEvent, ID: e.ID, Place: r.loop.Machine, Path: r.loop.Path, Of: r.loop.Series, By: e.By}, e, 0)
	if err != nil {
		r.d.o.Logger.Error("what a loop did is not kept", "loop", r.loop.Series, "what", e.What, "err", err)
	}
}

// change keeps the mode as it is now.
func (r *runner) change() error {
	r.run.Rev++
	return r.keep()
}

// keep offers the mode to the store.
func (r *runner) keep() error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.d.ctx), keepAgain)
	defer cancel()
	run := r.run
	run.Rev = r.kept + 1
	err := r.d.save(ctx, r.tenant, document.Document{Kind: KindRun, ID: run.ID, Place: r.loop.Machine, Path: r.loop.Path, Of: run.ID, Open: run.Mode != Off, By: run.By}, run, r.kept)
	if err == nil {
		r.kept, r.run.Rev = run.Rev, run.Rev
	}
	return err
}

// EventFilter chooses events of one loop.
type EventFilter struct {
	From, To plant.Instant // half open; 0 is not asked
	What     string        // "" for all
	Before   string        // id: those before it
	Limit    int
}

// Events are what a loop did, the newest first.
func (d *Desk) Events(ctx context.Context, tenant plant.TenantNo, series string, f EventFilter) ([]Event, error) {
	var out []Event
	q := Filter{Kind: KindEvent, Of: series, Before: f.Before, Limit: maxEvents}
	q.Scope.Tenant = tenant
	for looked := 0; looked < 50*maxEvents; looked += maxEvents {
		page, err := document.ReadAll[Event](d.o.Store.Documents(ctx, q))
		if err != nil {
			return nil, err
		}
		for _, e := range page {
			if (f.To == 0 || e.At < f.To) && e.At >= f.From && (f.What == "" || e.What == f.What) {
				if out = append(out, e); len(out) == f.Limit {
					return out, nil
				}
			}
		}
		if len(page) < maxEvents || page[len(page)-1].At < f.From {
			break
		}
		q.Before = page[len(page)-1].ID
	}
	return slices.Clip(out), nil
}
