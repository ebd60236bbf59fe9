package shop

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"zhigai/fact"
	"zhigai/plant"
	"zhigai/record"
	"zhigai/shop/component"
)

// Components keeps components, publishers and events, and what components said. It
// implements component.Store.
type Components struct{ documents }

var _ component.Store = Components{}

// NewComponents keeps components in the record.
func NewComponents(db *record.DB) Components {
	return Components{documents{db, "component_document", fact.KindComponent, "component"}}
}

// KeepRun implements component.Store.
func (r Components) KeepRun(ctx context.Context, tenant plant.TenantNo, revision string, one component.Run) error {
	body, err := json.Marshal(one)
	if err != nil {
		return fmt.Errorf("record: write a run of component %s: %w", revision, err)
	}
	return r.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewRaw(`insert into component_run (tenant, revision, at, body) values (?, ?, ?, ?) on conflict (tenant, revision, at) do update set body = excluded.body`,
			tenant, revision, int64(one.At), string(body)).Exec(ctx); err != nil {
			return fmt.Errorf("record: save a run of component %s: %w", revision, err)
		}
		return nil
	})
}

// Runs implements component.Store.
func (r Components) Runs(ctx context.Context, tenant plant.TenantNo, revision string, from, to plant.Instant, limit int) ([]component.Run, error) {
	all, err := bodies[component.Run](r.db.Reader().QueryContext(ctx, `select body from component_run where tenant = ? and revision = ? and at >= ? and at < ? order by at desc limit ?`, tenant, revision, int64(from), int64(to), limit))
	slices.Reverse(all)
	return all, err
}

// ForgetRuns implements component.Store.
func (r Components) ForgetRuns(ctx context.Context, tenant plant.TenantNo, before plant.Instant) error {
	return r.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewRaw(`delete from component_run where tenant = ? and at < ?`, tenant, int64(before)).Exec(ctx); err != nil {
			return fmt.Errorf("record: delete runs of components: %w", err)
		}
		return nil
	})
}
