package shop

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/uptrace/bun"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/plant"
	"zhigai/record"
	"zhigai/shop/andon"
)

// Calls keeps calls of machines for help: each step as a fact in the journal, and
// the call as a row. It implements andon.Store.
type Calls struct{ db *record.DB }

var _ andon.Store = Calls{}

// NewCalls keeps calls in the record.
func NewCalls(db *record.DB) Calls { return Calls{db} }

// SaveCall implements andon.Store.
func (r Calls) SaveCall(ctx context.Context, tenant plant.TenantNo, c andon.Call, seen int, author, key string) error {
	body, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("record: write call %s: %w", c.ID, err)
	}
	var events []fact.Event
	for i, s := range c.Steps[seen:] {
		payload := struct {
			andon.Step
			Call *andon.Call `json:"call,omitempty"`
		}{Step: s}
		if seen+i == 0 {
			made := c
			made.Steps = []andon.Step{}
			payload.Call = &made
		}
		e := fact.New(fact.KindCall, c.Machine, s.At.Time(), c.Source(), payload)
		e.SourceSeq = uint64(seen + i + 1)
		events = append(events, e)
	}
	return r.db.Journal().Import(ctx, tenant, func(ctx context.Context, tx bun.Tx) error {
		var steps int
		if err := tx.NewRaw(`select coalesce(max(steps), 0) from andon_call where tenant = ? and id = ?`, tenant, c.ID).Scan(ctx, &steps); err != nil {
			return fmt.Errorf("record: read call %s: %w", c.ID, err)
		}
		if steps != seen {
			return fmt.Errorf("the call for %s at %s has %d steps, not %d: %w", c.What, c.Path, steps, seen, access.ErrConflict)
		}
		if _, err := tx.NewRaw(`insert into andon_call (tenant, id, author, author_key, steps, waits, what, machine, path, body) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
			on conflict (tenant, id) do update set steps = excluded.steps, waits = excluded.waits, body = excluded.body`,
			tenant, c.ID, author, key, len(c.Steps), c.Waits(), string(c.What), c.Machine, c.Path, string(body)).Exec(ctx); err != nil {
			return fmt.Errorf("record: save call %s: %w", c.ID, err)
		}
		return nil
	}, events...)
}

// Call implements andon.Store.
func (r Calls) Call(ctx context.Context, tenant plant.TenantNo, id string) (andon.Call, error) {
	return one[andon.Call](ctx, r.db.Reader(), "call "+id, `select body from andon_call where tenant = ? and id = ?`, tenant, id)
}

// KeyedCall implements andon.Store.
func (r Calls) KeyedCall(ctx context.Context, tenant plant.TenantNo, author, key string) (andon.Call, error) {
	return one[andon.Call](ctx, r.db.Reader(), "call "+key, `select body from andon_call where tenant = ? and author = ? and author_key = ? and author_key <> ''`, tenant, author, key)
}

// Calls implements andon.Store.
func (r Calls) Calls(ctx context.Context, f andon.Filter) ([]andon.Call, error) {
	c := conditions{[]string{`?`}, []any{record.InScope("c", f.Scope)}}
	if f.Open {
		c.add(`c.waits`)
	}
	if f.What != "" {
		c.add(`c.what = ?`, string(f.What))
	}
	if f.Machine != "" {
		c.add(`c.machine = ?`, f.Machine)
	}
	if f.Before != "" {
		c.add(`c.id < ?`, f.Before)
	}
	return bodies[andon.Call](r.db.Reader().QueryContext(ctx, `select c.body from andon_call c where `+c.String()+` order by c.id desc limit ?`, append(c.args, f.Limit)...))
}
