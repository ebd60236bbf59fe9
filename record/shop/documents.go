package shop

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/uptrace/bun"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/fact/document"
	"zhigai/plant"
	"zhigai/record"
)

// documents keeps what a room keeps by revision in a table of the room. It implements
// document.Store.
type documents struct {
	db    *record.DB
	table string
	fact  fact.Kind
	room  string // before the source of its facts
}

var _ document.Store = documents{}

// Save implements document.Store.
func (r documents) Save(ctx context.Context, tenant plant.TenantNo, d document.Document, seen int64) error {
	return r.saveWith(ctx, tenant, d, seen, func(context.Context, bun.Tx) error { return nil })
}

// saveWith saves a document with what else its room keeps of it, in one commit.
func (r documents) saveWith(ctx context.Context, tenant plant.TenantNo, d document.Document, seen int64, more func(context.Context, bun.Tx) error) error {
	row, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("record: write %s %s: %w", d.Kind, d.ID, err)
	}
	e := fact.New(r.fact, d.Place, d.At.Time(), r.room+":"+string(d.Kind)+":"+d.ID, d)
	e.SourceSeq = uint64(d.Rev)
	return r.db.Journal().Import(ctx, tenant, func(ctx context.Context, tx bun.Tx) error {
		var rev int64
		if err := tx.NewRaw(`select coalesce(max(rev), 0) from `+r.table+` where tenant = ? and kind = ? and id = ?`, tenant, string(d.Kind), d.ID).Scan(ctx, &rev); err != nil {
			return fmt.Errorf("record: read %s %s: %w", d.Kind, d.ID, err)
		}
		if rev != seen || d.Rev != seen+1 {
			return fmt.Errorf("the %s has revision %d, not %d: %w", d.Kind, rev, seen, access.ErrConflict)
		}
		// The key is the first revision's: later ones are found by it too.
		if _, err := tx.NewRaw(`insert into `+r.table+` (tenant, kind, id, rev, author, author_key, path, belongs, waits, body) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
			on conflict (tenant, kind, id) do update set rev = excluded.rev, path = excluded.path, belongs = excluded.belongs, waits = excluded.waits, body = excluded.body`,
			tenant, string(d.Kind), d.ID, d.Rev, d.By, d.Key, d.Path, d.Of, d.Open, string(row)).Exec(ctx); err != nil {
			return fmt.Errorf("record: save %s %s: %w", d.Kind, d.ID, err)
		}
		return more(ctx, tx)
	}, e)
}

// Document implements document.Store.
func (r documents) Document(ctx context.Context, tenant plant.TenantNo, kind document.Kind, id string) (document.Document, error) {
	return one[document.Document](ctx, r.db.Reader(), string(kind)+" "+id, `select body from `+r.table+` where tenant = ? and kind = ? and id = ?`, tenant, string(kind), id)
}

// Keyed implements document.Store.
func (r documents) Keyed(ctx context.Context, tenant plant.TenantNo, kind document.Kind, author, key string) (document.Document, error) {
	return one[document.Document](ctx, r.db.Reader(), string(kind)+" "+key, `select body from `+r.table+` where tenant = ? and kind = ? and author = ? and author_key = ? and author_key <> ''`, tenant, string(kind), author, key)
}

// Documents implements document.Store.
func (r documents) Documents(ctx context.Context, f document.Filter) ([]document.Document, error) {
	c := conditions{[]string{`?`}, []any{record.InScope("d", f.Scope)}}
	c.add(`d.kind = ?`, string(f.Kind))
	if f.Of != "" {
		c.add(`d.belongs = ?`, f.Of)
	}
	if f.Open {
		c.add(`d.waits`)
	}
	if f.Before != "" {
		c.add(`d.id < ?`, f.Before)
	}
	return bodies[document.Document](r.db.Reader().QueryContext(ctx, `select d.body from `+r.table+` d where `+c.String()+` order by d.id desc limit ?`, append(c.args, f.Limit)...))
}
