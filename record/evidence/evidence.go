// Package evidence keeps the rows of seals: what was touched and is not sealed
// yet, seals with their leaves, and what retention deleted. It implements
// seals.Store and decides nothing. Start with [New].
package evidence

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/uptrace/bun"

	"zhigai/evidence"
	"zhigai/evidence/seals"
	"zhigai/plant"
	"zhigai/record"
)

// maxTags bounds the tags with an expiry, as record/shop bounds tags.
const maxTags = 300_000

// rowsPerInsert keeps a statement below the parameters that both databases take.
const rowsPerInsert = 200

// Seals keeps the rows; its methods may be called concurrently.
type Seals struct{ db *record.DB }

var _ seals.Store = Seals{}

// New keeps seals in the record.
func New(db *record.DB) Seals { return Seals{db} }

// insert writes rows of a number of columns, a few hundred in a statement.
func insert(ctx context.Context, tx bun.Tx, head, tail string, rows [][]any) error {
	for len(rows) > 0 {
		n := min(len(rows), rowsPerInsert)
		var q strings.Builder
		q.WriteString(head)
		var args []any
		for i, row := range rows[:n] {
			if i > 0 {
				q.WriteString(`, `)
			}
			q.WriteString(`(?)`)
			args = append(args, bun.List(row))
		}
		if _, err := tx.NewRaw(q.String()+tail, args...).Exec(ctx); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// Note keeps touches; of one that is there already the later Seq counts.
func (s Seals) Note(ctx context.Context, tenant plant.TenantNo, touches []seals.Touch) error {
	newest := map[seals.Touch]uint64{} // one statement must not touch a row twice
	for _, t := range touches {
		key := t
		key.Seq = 0
		newest[key] = max(newest[key], t.Seq)
	}
	rows := make([][]any, 0, len(newest))
	for t, seq := range newest {
		rows = append(rows, []any{tenant, int64(t.Recorded), int64(t.Tag), int64(t.Day), int64(seq)})
	}
	err := s.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		return insert(ctx, tx, `insert into evidence_touch (tenant, recorded, tag, day, seq) values `,
			` on conflict (tenant, tag, day, recorded) do update set seq = excluded.seq where evidence_touch.seq < excluded.seq`, rows)
	})
	return said("note what was recorded", err)
}

func said(what string, err error) error {
	if err != nil {
		return fmt.Errorf("record: %s: %w", what, err)
	}
	return nil
}

// list reads rows until the end.
func list[T any](ctx context.Context, db *record.DB, what string, scan func(*sql.Rows) (T, error), query string, args ...any) ([]T, error) {
	rows, err := db.Reader().QueryContext(ctx, query, args...)
	if err != nil {
		return nil, said(what, err)
	}
	var out []T
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, said(what, errors.Join(err, rows.Close()))
		}
		out = append(out, one)
	}
	return out, said(what, errors.Join(rows.Err(), rows.Close()))
}

// Touched lists touches recorded up to the day and noted up to seq.
func (s Seals) Touched(ctx context.Context, tenant plant.TenantNo, recorded evidence.Day, seq uint64, after seals.Touch, limit int) ([]seals.Touch, error) {
	return list(ctx, s.db, "read what is not sealed", func(rows *sql.Rows) (t seals.Touch, err error) {
		return t, rows.Scan(&t.Recorded, &t.Tag, &t.Day, &t.Seq)
	}, `select recorded, tag, day, seq from evidence_touch where tenant = ? and recorded <= ? and seq <= ? and (tag, day, recorded) > (?, ?, ?)
		order by tag, day, recorded limit ?`, tenant, int64(recorded), int64(seq), int64(after.Tag), int64(after.Day), int64(after.Recorded), limit)
}

// OldestTouched is the oldest recorded day of a touch.
func (s Seals) OldestTouched(ctx context.Context, tenant plant.TenantNo) (evidence.Day, bool, error) {
	var day sql.NullInt64
	err := s.db.Reader().QueryRowContext(ctx, `select min(recorded) from evidence_touch where tenant = ?`, tenant).Scan(&day)
	return evidence.Day(day.Int64), day.Valid, said("read what is not sealed", err)
}

// AddLeaves keeps leaves of the seal that will have the number.
func (s Seals) AddLeaves(ctx context.Context, tenant plant.TenantNo, number int64, leaves []seals.Row) error {
	rows := make([][]any, len(leaves))
	for i, l := range leaves {
		rows[i] = []any{tenant, number, int64(l.Tag), int64(l.Day), l.Samples, l.Hash.String()}
	}
	return said("keep leaves of a seal", s.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		return insert(ctx, tx, `insert into evidence_leaf (tenant, number, tag, day, samples, hash) values `, ``, rows)
	}))
}

// DropLeaves forgets leaves of seals that were not finished.
func (s Seals) DropLeaves(ctx context.Context, tenant plant.TenantNo, above int64, limit int) (int64, error) {
	return s.remove(ctx, `delete from evidence_leaf where tenant = ? and number > ? and (number, tag, day) in
		(select number, tag, day from evidence_leaf where tenant = ? and number > ? limit ?)`, tenant, above, tenant, above, limit)
}

// Settle forgets touches that the seal is over.
func (s Seals) Settle(ctx context.Context, tenant plant.TenantNo, k seals.Kept, limit int) (int64, error) {
	return s.remove(ctx, `delete from evidence_touch where tenant = ? and (tag, day, recorded) in
		(select t.tag, t.day, t.recorded from evidence_touch t join evidence_leaf l on l.tenant = t.tenant and l.number = ? and l.tag = t.tag and l.day = t.day
		where t.tenant = ? and t.recorded <= ? and t.seq <= ? limit ?)`, tenant, k.Number, tenant, int64(k.Day), int64(k.Through), limit)
}

func (s Seals) remove(ctx context.Context, query string, args ...any) (n int64, err error) {
	err = s.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		done, err := tx.NewRaw(query, args...).Exec(ctx)
		if err != nil {
			return err
		}
		n, err = done.RowsAffected()
		return err
	})
	return n, said("end a seal", err)
}

const sealColumns = `number, node, day, leaves, samples, root, prev, through, made`

func scanSeal(rows *sql.Rows) (k seals.Kept, err error) {
	var root, prev string
	if err := rows.Scan(&k.Number, &k.Node, &k.Day, &k.Leaves, &k.Samples, &root, &prev, &k.Through, &k.Made); err != nil {
		return k, err
	}
	if k.Root, err = evidence.ParseHash(root); err != nil {
		return k, err
	}
	k.Prev, err = evidence.ParseHash(prev)
	return k, err
}

// AddSeal finishes a seal.
func (s Seals) AddSeal(ctx context.Context, tenant plant.TenantNo, k seals.Kept) error {
	return said("keep a seal", s.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewRaw(`insert into evidence_seal (tenant, `+sealColumns+`) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			tenant, k.Number, k.Node, int64(k.Day), k.Leaves, k.Samples, k.Root.String(), k.Prev.String(), int64(k.Through), int64(k.Made)).Exec(ctx)
		return err
	}))
}

// Seals lists seals behind the number, oldest first.
func (s Seals) Seals(ctx context.Context, tenant plant.TenantNo, after int64, limit int) ([]seals.Kept, error) {
	return list(ctx, s.db, "read seals", scanSeal, `select `+sealColumns+` from evidence_seal where tenant = ? and number > ? order by number limit ?`, tenant, after, limit)
}

// Last is the newest seal; the zero Kept before the first.
func (s Seals) Last(ctx context.Context, tenant plant.TenantNo) (seals.Kept, error) {
	out, err := list(ctx, s.db, "read the newest seal", scanSeal, `select `+sealColumns+` from evidence_seal where tenant = ? order by number desc limit 1`, tenant)
	if err != nil || len(out) == 0 {
		return seals.Kept{}, err
	}
	return out[0], nil
}

func scanRow(rows *sql.Rows) (r seals.Row, err error) {
	var hash string
	if err := rows.Scan(&r.Tag, &r.Day, &r.Samples, &hash, &r.Newest); err != nil {
		return r, err
	}
	r.Hash, err = evidence.ParseHash(hash)
	return r, err
}

// Leaves lists the leaves of a seal behind the tag-day.
func (s Seals) Leaves(ctx context.Context, tenant plant.TenantNo, number int64, after seals.Row, limit int) ([]seals.Row, error) {
	return list(ctx, s.db, "read leaves", scanRow, `select l.tag, l.day, l.samples, l.hash,
		(select max(n.number) from evidence_leaf n join evidence_seal s on s.tenant = n.tenant and s.number = n.number
			where n.tenant = l.tenant and n.tag = l.tag and n.day = l.day)
		from evidence_leaf l where l.tenant = ? and l.number = ? and (l.tag, l.day) > (?, ?) order by l.tag, l.day limit ?`,
		tenant, number, int64(after.Tag), int64(after.Day), limit)
}

// LeavesOf lists the leaves of a tag-day, the newest seal first. Newest is the
// number of the seal that the leaf is of.
func (s Seals) LeavesOf(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, day evidence.Day, limit int) ([]seals.Row, error) {
	return list(ctx, s.db, "read leaves", scanRow, `select l.tag, l.day, l.samples, l.hash, l.number from evidence_leaf l
		join evidence_seal s on s.tenant = l.tenant and s.number = l.number
		where l.tenant = ? and l.tag = ? and l.day = ? order by l.number desc limit ?`, tenant, int64(tag), int64(day), limit)
}

// Expire notes that samples of tags are deleted.
func (s Seals) Expire(ctx context.Context, tenant plant.TenantNo, tags map[plant.TagNo]seals.Expiry) error {
	rows := make([][]any, 0, len(tags))
	for tag, e := range tags {
		rows = append(rows, []any{tenant, int64(tag), int64(e.Before), int64(e.At)})
	}
	return said("note what is deleted", s.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		return insert(ctx, tx, `insert into evidence_expiry (tenant, tag, before, at) values `,
			` on conflict (tenant, tag) do update set before = excluded.before, at = excluded.at where evidence_expiry.before < excluded.before`, rows)
	}))
}

// Expired gives for each tag the day before which samples are deleted.
func (s Seals) Expired(ctx context.Context, tenant plant.TenantNo) (map[plant.TagNo]seals.Expiry, error) {
	type row struct {
		tag plant.TagNo
		seals.Expiry
	}
	rows, err := list(ctx, s.db, "read what is deleted", func(rows *sql.Rows) (r row, err error) {
		return r, rows.Scan(&r.tag, &r.Before, &r.At)
	}, `select tag, before, at from evidence_expiry where tenant = ? order by tag limit ?`, tenant, maxTags)
	out := make(map[plant.TagNo]seals.Expiry, len(rows))
	for _, r := range rows {
		out[r.tag] = r.Expiry
	}
	return out, err
}
