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
	"zhigai/shop/material"
)

// callFacts are the steps of a call that are new; the first carries the call.
func callFacts(c material.CallChange) (out []fact.Event) {
	for i, s := range c.Call.Steps[c.Seen:] {
		payload := struct {
			material.CallStep
			Call *material.Call `json:"call,omitempty"`
		}{CallStep: s}
		if c.Seen+i == 0 {
			asked := c.Call
			asked.Steps = []material.CallStep{}
			payload.Call = &asked
		}
		e := fact.New(fact.KindMaterialCall, "", s.At.Time(), c.Call.Source(), payload)
		e.SourceSeq = uint64(c.Seen + i + 1)
		out = append(out, e)
	}
	return out
}

// SaveCalls implements material.Store.
func (m Material) SaveCalls(ctx context.Context, tenant plant.TenantNo, changes ...material.CallChange) error {
	var events []fact.Event
	for _, c := range changes {
		events = append(events, callFacts(c)...)
	}
	return m.db.Journal().Import(ctx, tenant, func(ctx context.Context, tx bun.Tx) error { return saveCalls(ctx, tx, tenant, changes) }, events...)
}

func saveCalls(ctx context.Context, tx bun.Tx, tenant plant.TenantNo, changes []material.CallChange) error {
	for _, c := range changes {
		var steps int
		if err := tx.NewRaw(`select coalesce(max(steps), 0) from material_call where tenant = ? and id = ?`, tenant, c.Call.ID).Scan(ctx, &steps); err != nil {
			return fmt.Errorf("record: read call %s: %w", c.Call.ID, err)
		}
		if steps != c.Seen {
			return fmt.Errorf("the call for %s has %d steps, not %d: %w", c.Call.Item, steps, c.Seen, access.ErrConflict)
		}
		body, err := json.Marshal(c.Call)
		if err != nil {
			return fmt.Errorf("record: write call %s: %w", c.Call.ID, err)
		}
		if _, err := tx.NewRaw(`insert into material_call (tenant, id, author, author_key, steps, waits, path, body) values (?, ?, ?, ?, ?, ?, ?, ?)
			on conflict (tenant, id) do update set steps = excluded.steps, waits = excluded.waits, body = excluded.body`,
			tenant, c.Call.ID, c.Author, c.Key, len(c.Call.Steps), c.Call.Waits(), c.Path, string(body)).Exec(ctx); err != nil {
			return fmt.Errorf("record: save call %s: %w", c.Call.ID, err)
		}
	}
	return nil
}

// Call implements material.Store.
func (m Material) Call(ctx context.Context, tenant plant.TenantNo, id string) (material.Call, error) {
	return one[material.Call](ctx, m.db.Reader(), "call "+id, `select body from material_call where tenant = ? and id = ?`, tenant, id)
}

// KeyedCall implements material.Store.
func (m Material) KeyedCall(ctx context.Context, tenant plant.TenantNo, author, key string) (material.Call, error) {
	return one[material.Call](ctx, m.db.Reader(), "call "+key, `select body from material_call where tenant = ? and author = ? and author_key = ? and author_key <> ''`, tenant, author, key)
}

// Calls implements material.Store.
func (m Material) Calls(ctx context.Context, scope access.Scope, open bool, before string, limit int) ([]material.Call, error) {
	c := conditions{[]string{`?`}, []any{record.InScope("c", scope)}}
	if open {
		c.add(`c.waits`)
	}
	if before != "" {
		c.add(`c.id < ?`, before)
	}
	return bodies[material.Call](m.db.Reader().QueryContext(ctx, `select c.body from material_call c where `+c.String()+` order by c.id desc limit ?`, append(c.args, limit)...))
}
