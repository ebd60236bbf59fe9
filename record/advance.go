package record

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/uptrace/bun"

	"zhigai/plant"
)

// ErrOtherPast is a record that does not go on from the one it was to bring
// forward.
var ErrOtherPast = errors.New("record: not a later state of the same record")

// Until is where Advance stops.
type Until struct {
	At     plant.Micros // nothing recorded after it is taken
	Tenant plant.TenantNo
	Events uint64 // of Tenant: the last event, whatever its time; 0 goes by At
}

// Advanced is what Advance took.
type Advanced struct {
	Events, Audit, Tags, Versions int
}

// Advance brings db, which holds an earlier state of the record later, forward
// by the facts that later recorded: events and the audit in their order up to
// the first that was recorded after until, versions of master data recorded
// by then, tags with their numbers, nodes below, and seals. Users, tokens and
// sessions stay as they are in db. later is not changed. It is done wholly or
// not at all; ErrOtherPast says that the two have nothing to do with one
// another.
func (db *DB) Advance(ctx context.Context, later *DB, until Until) (done Advanced, err error) {
	seen, err := later.snapshot(ctx, nil)
	if err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, seen.release()) }()
	err = db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		done = Advanced{}
		a := advance{ctx: ctx, tx: tx, from: seen.Conn, until: until, done: &done}
		for _, step := range []func() error{a.journal, a.audit, a.tags, a.master, a.nodes, a.seals} {
			if err := step(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return Advanced{}, fmt.Errorf("record: bring forward: %w", err)
	}
	return done, db.heads.load(ctx, db.read)
}

// advance is one transaction.
type advance struct {
	ctx   context.Context
	tx    bun.Tx
	from  bun.IDB
	until Until
	done  *Advanced
}

// tail is how far a numbered table of one tenant goes, and how far it is to go.
type tail struct {
	tenant    plant.TenantNo
	last, cut uint64
}

// tails finds for each tenant of later what is to be taken of a table whose
// rows are numbered and never change. proof is a column by which the last row
// of both is known to be the same.
func (a advance) tails(table, recorded, proof string) ([]tail, error) {
	var out []tail
	var tenants []plant.TenantNo
	if err := a.from.NewRaw(`select distinct tenant from ? order by tenant`, bun.Ident(table)).Scan(a.ctx, &tenants); err != nil {
		return nil, err
	}
	for _, tenant := range tenants {
		t := tail{tenant: tenant}
		if err := a.tx.NewRaw(`select coalesce(max(seq), 0) from ? where tenant = ?`, bun.Ident(table), tenant).Scan(a.ctx, &t.last); err != nil {
			return nil, err
		}
		if t.last > 0 {
			var here, there []string
			query := `select ` + proof + ` from ` + table + ` where tenant = ? and seq = ?`
			if err := errors.Join(a.tx.NewRaw(query, tenant, t.last).Scan(a.ctx, &here), a.from.NewRaw(query, tenant, t.last).Scan(a.ctx, &there)); err != nil {
				return nil, err
			}
			if len(there) != 1 || here[0] != there[0] {
				return nil, fmt.Errorf("%w: %s %d of tenant %d differs", ErrOtherPast, table, t.last, tenant)
			}
		}
		// In the order of recording up to the first that is too late: a clock that
		// was put back must not make a hole.
		if err := a.from.NewRaw(`select coalesce((select min(seq) - 1 from ? where tenant = ? and seq > ? and ? > ?), (select max(seq) from ? where tenant = ?))`,
			bun.Ident(table), tenant, t.last, bun.Ident(recorded), int64(a.until.At), bun.Ident(table), tenant).Scan(a.ctx, &t.cut); err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, nil
}

func (a advance) journal() error {
	tails, err := a.tails("event", "recorded", "id")
	if err != nil {
		return err
	}
	for _, t := range tails {
		if a.until.Events > 0 && t.tenant == a.until.Tenant {
			t.cut = a.until.Events
		}
		n, err := a.take("event", `tenant = ? and seq > ? and seq <= ? order by seq`, t.tenant, t.last, t.cut)
		if err != nil {
			return err
		}
		a.done.Events += n
		if _, err := a.tx.NewRaw(`insert into journal_head (tenant, seq) values (?, ?) on conflict (tenant) do update set seq = excluded.seq`,
			t.tenant, t.last+uint64(n)).Exec(a.ctx); err != nil {
			return err
		}
	}
	return nil
}

func (a advance) audit() error {
	tails, err := a.tails("audit", "at", "hash")
	if err != nil {
		return err
	}
	for _, t := range tails {
		n, err := a.take("audit", `tenant = ? and seq > ? and seq <= ? order by seq`, t.tenant, t.last, t.cut)
		if err != nil {
			return err
		}
		a.done.Audit += n
	}
	return nil
}

// tags takes every number that was given: samples stand under them.
func (a advance) tags() error {
	has := map[[2]int64]bool{}
	rows, err := a.tx.QueryContext(a.ctx, `select tenant, no from tag`)
	if err != nil {
		return err
	}
	for rows.Next() {
		var key [2]int64
		if err := rows.Scan(&key[0], &key[1]); err != nil {
			return errors.Join(err, rows.Close())
		}
		has[key] = true
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	a.done.Tags, err = a.takeSome("tag", `1 = 1 order by tenant, no`, nil, func(column func(string) any) bool {
		return !has[[2]int64{column("tenant").(int64), column("no").(int64)}]
	})
	if err != nil {
		return err
	}
	if _, err := a.tx.NewRaw(`delete from tag_head`).Exec(a.ctx); err != nil {
		return err
	}
	_, err = a.take("tag_head", `1 = 1`)
	return err
}

// master takes the versions recorded in time. A version that a later one cut
// short holds again as long as it did.
func (a advance) master() error {
	if _, err := a.tx.NewRaw(`create temp table if not exists too_late (tenant bigint, kind text, id text, valid_from bigint, valid_to bigint)`).Exec(a.ctx); err != nil {
		return err
	}
	if _, err := a.tx.NewRaw(`delete from too_late`).Exec(a.ctx); err != nil {
		return err
	}
	rows, err := a.from.QueryContext(a.ctx, `select tenant, kind, id, valid_from, valid_to from master where recorded_at > ?`, int64(a.until.At))
	if err != nil {
		return err
	}
	for rows.Next() {
		var tenant, from, to int64
		var kind, id string
		if err := rows.Scan(&tenant, &kind, &id, &from, &to); err != nil {
			return errors.Join(err, rows.Close())
		}
		if _, err := a.tx.NewRaw(`insert into too_late values (?, ?, ?, ?, ?)`, tenant, kind, id, from, to).Exec(a.ctx); err != nil {
			return errors.Join(err, rows.Close())
		}
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	if _, err := a.tx.NewRaw(`delete from master where not exists (select 1 from too_late l where l.tenant = master.tenant and l.kind = master.kind
		and l.id = master.id and l.valid_from = master.valid_from)`).Exec(a.ctx); err != nil {
		return err
	}
	if a.done.Versions, err = a.take("master", `recorded_at <= ? order by tenant, kind, id, valid_from`, int64(a.until.At)); err != nil {
		return err
	}
	for range maxReopen {
		res, err := a.tx.NewRaw(`update master set valid_to = (select l.valid_to from too_late l where l.tenant = master.tenant and l.kind = master.kind
			and l.id = master.id and l.valid_from = master.valid_to)
			where exists (select 1 from too_late l where l.tenant = master.tenant and l.kind = master.kind and l.id = master.id
			and l.valid_from = master.valid_to and l.valid_to > l.valid_from)
			and not exists (select 1 from master m where m.tenant = master.tenant and m.kind = master.kind and m.id = master.id and m.valid_from = master.valid_to)`).Exec(a.ctx)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return err
		}
	}
	return nil
}

// maxReopen bounds the versions one behind the other that are taken back: an
// edit an hour for a month.
const maxReopen = 1000

// nodes takes the nodes below that were enrolled in time; one that was revoked
// stays so, whenever that was.
func (a advance) nodes() error {
	if _, err := a.take("link_node", `enrolled <= ? order by id`, int64(a.until.At)); err != nil {
		return err
	}
	_, err := a.take("master_origin", `1 = 1 order by tenant, kind, id`)
	return err
}

// seals takes the seals that were made in time with their leaves, so that the
// next one follows the last that others may have noted. What is not sealed yet
// is noted again from the log of history.
func (a advance) seals() error {
	at := int64(a.until.At)
	for table, where := range map[string]string{
		"evidence_seal":   `made <= ? order by tenant, number`,
		"evidence_leaf":   `exists (select 1 from evidence_seal s where s.tenant = evidence_leaf.tenant and s.number = evidence_leaf.number and s.made <= ?) order by tenant, number, tag, day`,
		"evidence_expiry": `at <= ? order by tenant, tag`,
	} {
		if _, err := a.take(table, where, at); err != nil {
			return err
		}
	}
	return nil
}

// take copies rows of later; a row with the same key gives way.
func (a advance) take(table, where string, args ...any) (int, error) {
	return a.takeSome(table, where, args, nil)
}

func (a advance) takeSome(table, where string, args []any, wanted func(column func(string) any) bool) (n int, err error) {
	rows, err := a.from.QueryContext(a.ctx, `select * from `+table+` where `+where, args...)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	columns, err := rows.Columns()
	if err != nil {
		return 0, err
	}
	insert := `insert or replace into ` + table + ` (` + strings.Join(columns, `, `) + `) values (?` + strings.Repeat(`, ?`, len(columns)-1) + `)`
	for rows.Next() {
		row, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			return n, err
		}
		if wanted != nil && !wanted(func(name string) any {
			for i, c := range columns {
				if c == name {
					return row[i]
				}
			}
			return int64(math.MinInt64)
		}) {
			continue
		}
		if _, err := a.tx.NewRaw(insert, row...).Exec(a.ctx); err != nil {
			return n, fmt.Errorf("%s: %w", table, err)
		}
		n++
	}
	return n, rows.Err()
}
