package shop

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"zhigai/fact"
	"zhigai/plant"
	"zhigai/record"
	"zhigai/shop/quality"
)

// Quality keeps inspection: documents and entered measurements as facts in the
// journal, and all as rows. It implements quality.Store.
type Quality struct{ documents }

var _ quality.Store = Quality{}

// NewQuality keeps inspection in the record.
func NewQuality(db *record.DB) Quality {
	return Quality{documents{db, "quality_document", fact.KindQuality, "quality"}}
}

// GaugeUsed implements quality.Store.
func (r Quality) GaugeUsed(ctx context.Context, tenant plant.TenantNo, gauge string) ([]string, error) {
	var ids []string
	if err := r.db.Reader().NewRaw(`select characteristic from quality_gauge_use where tenant = ? and gauge = ? order by characteristic limit ?`, tenant, gauge, maxUsed).Scan(ctx, &ids); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("record: read what gauge %s measured: %w", gauge, err)
	}
	return ids, nil
}

// maxUsed bounds the characteristics of one gauge.
const maxUsed = 1000

// Widths of sums, in microseconds; days are those of UTC.
const (
	hourMicros = 3600 * 1_000_000
	dayMicros  = 24 * hourMicros
)

// rowsAtOnce is how many subgroups one statement inserts: SQLite takes 32,766
// parameters.
const rowsAtOnce = 1000

// AddSubgroups implements quality.Store.
func (r Quality) AddSubgroups(ctx context.Context, tenant plant.TenantNo, c quality.Characteristic, all []quality.Valued) error {
	var events []fact.Event
	for _, s := range all {
		if s.Fact {
			e := fact.New(fact.KindMeasurement, c.Place, s.At.Time(), "person:"+s.By, struct {
				Characteristic string `json:"characteristic"`
				Rev            int64  `json:"rev"`
				quality.Subgroup
			}{c.ID, c.Rev, s.Subgroup})
			events = append(events, e)
		}
	}
	return r.db.Journal().Import(ctx, tenant, func(ctx context.Context, tx bun.Tx) error {
		for from := 0; from < len(all); from += rowsAtOnce {
			if err := addSubgroups(ctx, tx, tenant, &c, all[from:min(len(all), from+rowsAtOnce)]); err != nil {
				return err
			}
		}
		return nil
	}, events...)
}

func addSubgroups(ctx context.Context, tx bun.Tx, tenant plant.TenantNo, c *quality.Characteristic, all []quality.Valued) error {
	characteristic := c.ID
	known, err := knownSubgroups(ctx, tx, tenant, characteristic, all)
	if err != nil {
		return err
	}
	query, args := []byte(`insert into quality_subgroup (tenant, characteristic, at, id, author, author_key, body) values `), []any{}
	var d derived
	for _, s := range all {
		if known[s.ID] {
			continue
		}
		body, err := json.Marshal(s.Subgroup)
		if err != nil {
			return fmt.Errorf("record: write subgroup %s: %w", s.ID, err)
		}
		if len(args) > 0 {
			query = append(query, ',')
		}
		query = append(query, `(?, ?, ?, ?, ?, ?, ?)`...)
		args = append(args, tenant, characteristic, int64(s.At), s.ID, s.By, s.Key, string(body))
		d.add(c, s)
	}
	if len(args) == 0 {
		return nil
	}
	if _, err := tx.NewRaw(string(query), args...).Exec(ctx); err != nil {
		return fmt.Errorf("record: save subgroups of %s: %w", characteristic, err)
	}
	return d.keep(ctx, tx, tenant, characteristic)
}

type sumKey struct {
	days bool
	at   int64
}

// addTo adds a subgroup to the sum of its hour or day; Mean holds the total.
func addTo(sums map[sumKey]*quality.Summary, days bool, s quality.Valued) {
	width := int64(hourMicros)
	if days {
		width = dayMicros
	}
	key := sumKey{days, int64(s.At) / width * width}
	sum := sums[key]
	if sum == nil {
		sum = &quality.Summary{Low: s.Value, High: s.Value}
		sums[key] = sum
	}
	sum.N++
	sum.Mean += s.Value
	sum.Low, sum.High = min(sum.Low, s.Value), max(sum.High, s.Value)
	if len(s.Rules) > 0 {
		sum.Flagged++
	}
}

// knownSubgroups are those of a batch that are stored already.
func knownSubgroups(ctx context.Context, tx bun.Tx, tenant plant.TenantNo, characteristic string, all []quality.Valued) (map[string]bool, error) {
	from, to := all[0].At, all[0].At
	for _, s := range all {
		from, to = min(from, s.At), max(to, s.At)
	}
	var ids []string
	if err := tx.NewRaw(`select id from quality_subgroup where tenant = ? and characteristic = ? and at >= ? and at <= ? limit ?`, tenant, characteristic, int64(from), int64(to), maxKnown).Scan(ctx, &ids); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("record: read subgroups of %s: %w", characteristic, err)
	}
	known := make(map[string]bool, len(ids))
	for _, id := range ids {
		known[id] = true
	}
	return known, nil
}

// maxKnown bounds what is compared with a batch: a batch is of one stretch of time.
const maxKnown = 100 * rowsAtOnce

// KeyedSubgroup implements quality.Store.
func (r Quality) KeyedSubgroup(ctx context.Context, tenant plant.TenantNo, characteristic, author, key string) (quality.Subgroup, error) {
	return one[quality.Subgroup](ctx, r.db.Reader(), "measurement "+key, `select body from quality_subgroup where tenant = ? and characteristic = ? and author = ? and author_key = ? and author_key <> ''`, tenant, characteristic, author, key)
}

// Subgroups implements quality.Store.
func (r Quality) Subgroups(ctx context.Context, tenant plant.TenantNo, characteristic string, from, to plant.Instant, limit int) ([]quality.Subgroup, error) {
	return bodies[quality.Subgroup](r.db.Reader().QueryContext(ctx, `select body from quality_subgroup where tenant = ? and characteristic = ? and at >= ? and at < ? and not withdrawn order by at, id limit ?`, tenant, characteristic, int64(from), int64(to), limit))
}

// Before implements quality.Store.
func (r Quality) Before(ctx context.Context, tenant plant.TenantNo, characteristic string, at plant.Instant, n int) ([]quality.Subgroup, error) {
	return bodies[quality.Subgroup](r.db.Reader().QueryContext(ctx, `select body from (select at, id, body from quality_subgroup where tenant = ? and characteristic = ? and at < ? and not withdrawn order by at desc, id desc limit ?) last order by at, id`, tenant, characteristic, int64(at), n))
}

// maxSums bounds what is summed up: hours of a year, or days of a hundred.
const maxSums = 40_000

// Summaries implements quality.Store.
func (r Quality) Summaries(ctx context.Context, tenant plant.TenantNo, characteristic string, from, to plant.Instant, days bool) ([]quality.Summary, error) {
	width := int64(hourMicros)
	if days {
		width = dayMicros
	}
	rows, err := r.db.Reader().QueryContext(ctx, `select at, n, total, low, high, flagged from quality_sum where tenant = ? and characteristic = ? and days = ? and at >= ? and at < ? order by at limit ?`,
		tenant, characteristic, days, int64(from)-int64(from)%width, int64(to), maxSums)
	if err != nil {
		return nil, fmt.Errorf("record: read sums of %s: %w", characteristic, err)
	}
	out := []quality.Summary{}
	for rows.Next() {
		var s quality.Summary
		var at int64
		if err := rows.Scan(&at, &s.N, &s.Mean, &s.Low, &s.High, &s.Flagged); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		s.At = plant.Instant(at)
		s.Mean /= float64(s.N)
		out = append(out, s)
	}
	return out, errors.Join(rows.Err(), rows.Close())
}
