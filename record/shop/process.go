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
	"zhigai/shop/process"
)

// Process keeps recipes, downloads and deviations: each change as a fact in the
// journal, and the newest as a row. It implements process.Store.
type Process struct{ db *record.DB }

var _ process.Store = Process{}

// NewProcess keeps recipes in the record.
func NewProcess(db *record.DB) Process { return Process{db} }

// Save implements process.Store.
func (r Process) Save(ctx context.Context, tenant plant.TenantNo, d process.Document, seen int64) error {
	row, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("record: write %s %s: %w", d.Kind, d.ID, err)
	}
	e := fact.New(fact.KindProcess, d.Place, d.At.Time(), "process:"+string(d.Kind)+":"+d.ID, d)
	e.SourceSeq = uint64(d.Rev)
	return r.db.Journal().Import(ctx, tenant, func(ctx context.Context, tx bun.Tx) error {
		var rev int64
		if err := tx.NewRaw(`select coalesce(max(rev), 0) from process_document where tenant = ? and kind = ? and id = ?`, tenant, string(d.Kind), d.ID).Scan(ctx, &rev); err != nil {
			return fmt.Errorf("record: read %s %s: %w", d.Kind, d.ID, err)
		}
		if rev != seen || d.Rev != seen+1 {
			return fmt.Errorf("the %s has revision %d, not %d: %w", d.Kind, rev, seen, access.ErrConflict)
		}
		// The key is the first revision's: later ones are found by it too.
		if _, err := tx.NewRaw(`insert into process_document (tenant, kind, id, rev, author, author_key, path, belongs, waits, body) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
			on conflict (tenant, kind, id) do update set rev = excluded.rev, path = excluded.path, belongs = excluded.belongs, waits = excluded.waits, body = excluded.body`,
			tenant, string(d.Kind), d.ID, d.Rev, d.By, d.Key, d.Path, d.Of, d.Open, string(row)).Exec(ctx); err != nil {
			return fmt.Errorf("record: save %s %s: %w", d.Kind, d.ID, err)
		}
		return nil
	}, e)
}

// Document implements process.Store.
func (r Process) Document(ctx context.Context, tenant plant.TenantNo, kind process.Kind, id string) (process.Document, error) {
	return one[process.Document](ctx, r.db.Reader(), string(kind)+" "+id, `select body from process_document where tenant = ? and kind = ? and id = ?`, tenant, string(kind), id)
}

// Keyed implements process.Store.
func (r Process) Keyed(ctx context.Context, tenant plant.TenantNo, kind process.Kind, author, key string) (process.Document, error) {
	return one[process.Document](ctx, r.db.Reader(), string(kind)+" "+key, `select body from process_document where tenant = ? and kind = ? and author = ? and author_key = ? and author_key <> ''`, tenant, string(kind), author, key)
}

// Documents implements process.Store.
func (r Process) Documents(ctx context.Context, f process.Filter) ([]process.Document, error) {
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
	return bodies[process.Document](r.db.Reader().QueryContext(ctx, `select d.body from process_document d where `+c.String()+` order by d.id desc limit ?`, append(c.args, f.Limit)...))
}
