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
	"zhigai/shop/learn"
)

// Models keeps studies of models, each version that was trained, and what those at
// work said of windows. It implements learn.Store.
type Models struct{ documents }

var _ learn.Store = Models{}

// NewModels keeps models in the record.
func NewModels(db *record.DB) Models {
	return Models{documents{db, "model_document", fact.KindModel, "model"}}
}

// KeepReadings implements learn.Store.
func (r Models) KeepReadings(ctx context.Context, tenant plant.TenantNo, version string, all []learn.Reading) error {
	return r.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		for _, one := range all {
			body, err := json.Marshal(one)
			if err != nil {
				return fmt.Errorf("record: write a reading of model %s: %w", version, err)
			}
			if _, err := tx.NewRaw(`insert into model_reading (tenant, version, machine, at, body) values (?, ?, ?, ?, ?) on conflict (tenant, version, machine, at) do update set body = excluded.body`,
				tenant, version, one.Machine, int64(one.At), string(body)).Exec(ctx); err != nil {
				return fmt.Errorf("record: save a reading of model %s: %w", version, err)
			}
		}
		return nil
	})
}

// Readings implements learn.Store.
func (r Models) Readings(ctx context.Context, tenant plant.TenantNo, version string, machine plant.NodeID, from, to plant.Instant, limit int) ([]learn.Reading, error) {
	c := conditions{[]string{`tenant = ?`, `version = ?`, `at >= ?`, `at < ?`}, []any{tenant, version, int64(from), int64(to)}}
	if machine != "" {
		c.add(`machine = ?`, machine)
	}
	all, err := bodies[learn.Reading](r.db.Reader().QueryContext(ctx, `select body from model_reading where `+c.String()+` order by at desc, machine limit ?`, append(c.args, limit)...))
	slices.Reverse(all)
	return all, err
}
