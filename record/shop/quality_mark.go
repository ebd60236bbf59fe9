package shop

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"github.com/uptrace/bun"

	"zhigai/fact/document"
	"zhigai/plant"
	"zhigai/record"
	"zhigai/shop/quality"
)

// spots is how finely a picture is measured in columns: finer than anybody points.
const spots = 10_000

// Save implements document.Store. What a case marks on pictures is found by rows of
// their own, in the same commit.
func (r Quality) Save(ctx context.Context, tenant plant.TenantNo, d document.Document, seen int64) error {
	if d.Kind != quality.KindCase {
		return r.documents.Save(ctx, tenant, d, seen)
	}
	var c quality.Case
	if err := json.Unmarshal(d.Body, &c); err != nil {
		return fmt.Errorf("record: read case %s: %w", d.ID, err)
	}
	return r.saveWith(ctx, tenant, d, seen, func(ctx context.Context, tx bun.Tx) error {
		if err := dropMarks(ctx, tx, tenant, c.ID); err != nil {
			return err
		}
		return addMarks(ctx, tx, tenant, c.ID, c.Marks())
	})
}

// dropMarks takes away what an inspection or a case marked.
func dropMarks(ctx context.Context, tx bun.Tx, tenant plant.TenantNo, source string) error {
	if _, err := tx.NewRaw(`delete from quality_mark where tenant = ? and source = ?`, tenant, source).Exec(ctx); err != nil {
		return fmt.Errorf("record: marks of %s: %w", source, err)
	}
	return nil
}

func addMarks(ctx context.Context, tx bun.Tx, tenant plant.TenantNo, source string, all []quality.Mark) error {
	for _, m := range all {
		body, err := json.Marshal(m)
		if err != nil {
			return fmt.Errorf("record: write mark %s: %w", m.ID, err)
		}
		if _, err := tx.NewRaw(`insert into quality_mark (tenant, picture, at, id, source, code, n, x, y, operation, place, path, characteristic, body) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing`,
			tenant, m.Picture, int64(m.At), m.ID, source, m.Code, m.Count, spotOf(m.X), spotOf(m.Y), m.Operation, string(m.Place), m.Path, m.Characteristic, string(body)).Exec(ctx); err != nil {
			return fmt.Errorf("record: mark %s: %w", m.ID, err)
		}
	}
	return nil
}

func spotOf(share float64) int64 {
	return min(spots-1, max(0, int64(math.Floor(share*spots))))
}

func marksWhere(f quality.MarkFilter) conditions {
	c := conditions{[]string{`?`}, []any{record.InScope("m", f.Scope)}}
	c.add(`m.picture = ?`, f.Picture)
	if f.To != 0 {
		c.add(`m.at >= ?`, int64(f.From))
		c.add(`m.at < ?`, int64(f.To))
	}
	if f.Code != "" {
		c.add(`m.code = ?`, f.Code)
	}
	if f.Operation != 0 {
		c.add(`m.operation = ?`, f.Operation)
	}
	if f.Place != "" {
		c.add(`m.place = ?`, string(f.Place))
	}
	return c
}

// Marks implements quality.Store.
func (r Quality) Marks(ctx context.Context, f quality.MarkFilter) ([]quality.Mark, error) {
	c := marksWhere(f)
	if f.BeforeID != "" {
		c.add(`(m.at, m.id) < (?, ?)`, int64(f.BeforeAt), f.BeforeID)
	}
	return bodies[quality.Mark](r.db.Reader().QueryContext(ctx, `select m.body from quality_mark m where `+c.String()+` order by m.at desc, m.id desc limit ?`, append(c.args, f.Limit)...))
}

// MarkCount implements quality.Store.
func (r Quality) MarkCount(ctx context.Context, f quality.MarkFilter) (int64, error) {
	c := marksWhere(f)
	var n int64
	err := r.db.Reader().NewRaw(`select coalesce(sum(m.n), 0) from quality_mark m where `+c.String(), c.args...).Scan(ctx, &n)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("record: count marks of %.12s: %w", f.Picture, err)
	}
	return n, nil
}

// maxGroups bounds the kinds and places of a density.
const maxGroups = 1000

// MarkDensity implements quality.Store.
func (r Quality) MarkDensity(ctx context.Context, f quality.MarkFilter) (d quality.Density, err error) {
	c := marksWhere(f)
	d.Side = quality.MarkSide
	const cell = spots / quality.MarkSide
	d.Cells, err = scanned(func(rows *sql.Rows) (one quality.Cell, err error) {
		return one, rows.Scan(&one.X, &one.Y, &one.Count)
	})(r.db.Reader().QueryContext(ctx, `select m.x / ?, m.y / ?, sum(m.n) from quality_mark m where `+c.String()+` group by 1, 2 order by 3 desc, 1, 2`, append([]any{cell, cell}, c.args...)...))
	if err != nil {
		return d, err
	}
	for _, one := range d.Cells {
		d.Count += one.Count
	}
	d.Codes, err = scanned(func(rows *sql.Rows) (one quality.CodeCount, err error) {
		return one, rows.Scan(&one.Code, &one.Count)
	})(r.db.Reader().QueryContext(ctx, `select m.code, sum(m.n) from quality_mark m where `+c.String()+` group by 1 order by 2 desc, 1 limit ?`, append(c.args, maxGroups)...))
	if err != nil {
		return d, err
	}
	d.Places, err = scanned(func(rows *sql.Rows) (one quality.PlaceCount, err error) {
		return one, rows.Scan(&one.Place, &one.Count)
	})(r.db.Reader().QueryContext(ctx, `select m.place, sum(m.n) from quality_mark m where `+c.String()+` group by 1 order by 2 desc, 1 limit ?`, append(c.args, maxGroups)...))
	if err != nil {
		return d, err
	}
	d.Operations, err = scanned(func(rows *sql.Rows) (one quality.OperationCount, err error) {
		return one, rows.Scan(&one.Operation, &one.Count)
	})(r.db.Reader().QueryContext(ctx, `select m.operation, sum(m.n) from quality_mark m where `+c.String()+` and m.operation > 0 group by 1 order by 1 limit ?`, append(c.args, maxGroups)...))
	return d, err
}

// rebuildMarks makes what cases mark again; what subgroups mark is made with their sums.
func (r Quality) rebuildMarks(ctx context.Context, tenant plant.TenantNo) error {
	docs, err := bodies[quality.Document](r.db.Reader().QueryContext(ctx, `select body from quality_document where tenant = ? and kind = ?`, tenant, string(quality.KindCase)))
	if err != nil {
		return err
	}
	return r.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewRaw(`delete from quality_mark where tenant = ? and characteristic = ''`, tenant).Exec(ctx); err != nil {
			return fmt.Errorf("record: rebuild quality_mark: %w", err)
		}
		for _, doc := range docs {
			var c quality.Case
			if err := json.Unmarshal(doc.Body, &c); err != nil {
				return fmt.Errorf("record: read case %s: %w", doc.ID, err)
			}
			if err := addMarks(ctx, tx, tenant, c.ID, c.Marks()); err != nil {
				return err
			}
		}
		return nil
	})
}
