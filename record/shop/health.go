package shop

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/plant"
	"zhigai/record"
	"zhigai/shop/health"
)

// Health keeps measuring points, each revision as a fact in the journal and the
// newest as a row, and what windows said of them. It implements health.Store.
type Health struct{ db *record.DB }

var _ health.Store = Health{}

// NewHealth keeps measuring points in the record.
func NewHealth(db *record.DB) Health { return Health{db} }

// SavePoint implements health.Store.
func (r Health) SavePoint(ctx context.Context, tenant plant.TenantNo, p health.Point, seen int64) error {
	body, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("record: write measuring point %s: %w", p.ID, err)
	}
	e := fact.New(fact.KindHealthPoint, p.Machine, p.At.Time(), p.Source(), p)
	e.SourceSeq = uint64(p.Rev)
	return r.db.Journal().Import(ctx, tenant, func(ctx context.Context, tx bun.Tx) error {
		var rev int64
		if err := tx.NewRaw(`select coalesce(max(rev), 0) from health_point where tenant = ? and id = ?`, tenant, p.ID).Scan(ctx, &rev); err != nil {
			return fmt.Errorf("record: read measuring point %s: %w", p.ID, err)
		}
		if rev != seen || p.Rev != seen+1 {
			return fmt.Errorf("measuring point %s was changed %d times, not %d: %w", p.ID, rev, seen, access.ErrConflict)
		}
		if _, err := tx.NewRaw(`insert into health_point (tenant, id, rev, ended, machine, path, body) values (?, ?, ?, ?, ?, ?, ?)
			on conflict (tenant, id) do update set rev = excluded.rev, ended = excluded.ended, machine = excluded.machine, path = excluded.path, body = excluded.body`,
			tenant, p.ID, p.Rev, p.Ended, p.Machine, p.Path, string(body)).Exec(ctx); err != nil {
			return fmt.Errorf("record: save measuring point %s: %w", p.ID, err)
		}
		return nil
	}, e)
}

// Point implements health.Store.
func (r Health) Point(ctx context.Context, tenant plant.TenantNo, id string) (health.State, error) {
	all, err := r.states(ctx, `p.tenant = ? and p.id = ? limit 1`, tenant, id)
	if err == nil && len(all) == 0 {
		err = fmt.Errorf("%w: measuring point %s", access.ErrNotFound, id)
	}
	if err != nil {
		return health.State{}, err
	}
	return all[0], nil
}

// Points implements health.Store.
func (r Health) Points(ctx context.Context, f health.Filter) ([]health.State, error) {
	c := conditions{[]string{`?`}, []any{record.InScope("p", f.Scope)}}
	if !f.Ended {
		c.add(`not p.ended`)
	}
	if f.Machine != "" {
		c.add(`p.machine = ?`, f.Machine)
	}
	if f.After != "" {
		c.add(`p.id > ?`, f.After)
	}
	return r.states(ctx, c.String()+` order by p.id limit ?`, append(c.args, f.Limit)...)
}

func (r Health) states(ctx context.Context, where string, args ...any) (_ []health.State, err error) {
	rows, err := r.db.Reader().QueryContext(ctx, `select p.body, p.condition from health_point p where `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("record: read measuring points: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	out := []health.State{}
	for rows.Next() {
		var body, condition string
		s := health.State{Condition: health.Judge(nil)}
		if err := rows.Scan(&body, &condition); err != nil {
			return nil, fmt.Errorf("record: read measuring points: %w", err)
		}
		if err := json.Unmarshal([]byte(body), &s.Point); err != nil {
			return nil, fmt.Errorf("record: read a measuring point: %w", err)
		}
		if condition != "" {
			if err := json.Unmarshal([]byte(condition), &s.Condition); err != nil {
				return nil, fmt.Errorf("record: read how measuring point %s is: %w", s.ID, err)
			}
		}
		out = append(out, s)
	}
	return out, rows.Err()
}

// KeepCondition implements health.Store.
func (r Health) KeepCondition(ctx context.Context, tenant plant.TenantNo, point string, c health.Condition) error {
	body, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("record: write how measuring point %s is: %w", point, err)
	}
	return r.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewRaw(`update health_point set condition = ? where tenant = ? and id = ?`, string(body), tenant, point).Exec(ctx); err != nil {
			return fmt.Errorf("record: keep how measuring point %s is: %w", point, err)
		}
		return nil
	})
}

// KeepReadings implements health.Store.
func (r Health) KeepReadings(ctx context.Context, tenant plant.TenantNo, point string, all []health.Reading) error {
	return r.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		for _, one := range all {
			body, err := json.Marshal(one)
			if err != nil {
				return fmt.Errorf("record: write a reading of %s: %w", point, err)
			}
			if _, err := tx.NewRaw(`insert into health_reading (tenant, point, at, body) values (?, ?, ?, ?) on conflict (tenant, point, at) do update set body = excluded.body`,
				tenant, point, int64(one.At), string(body)).Exec(ctx); err != nil {
				return fmt.Errorf("record: save a reading of %s: %w", point, err)
			}
		}
		return nil
	})
}

// Readings implements health.Store.
func (r Health) Readings(ctx context.Context, tenant plant.TenantNo, point string, from, to plant.Instant, limit int) ([]health.Reading, error) {
	all, err := bodies[health.Reading](r.db.Reader().QueryContext(ctx, `select body from health_reading where tenant = ? and point = ? and at >= ? and at < ? order by at desc limit ?`,
		tenant, point, int64(from), int64(to), limit))
	slices.Reverse(all)
	return all, err
}
