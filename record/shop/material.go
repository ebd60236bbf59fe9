package shop

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/uptrace/bun"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/plant"
	"zhigai/record"
	"zhigai/shop/material"
)

// Material keeps items, locations, loops, entries and calls: what happened as
// facts in the journal, and rows of what follows from them. It implements
// material.Store.
type Material struct{ db *record.DB }

var _ material.Store = Material{}

// NewMaterial keeps material in the record.
func NewMaterial(db *record.DB) Material { return Material{db} }

// master is a row of master data: its table, its key's column and value.
type master struct {
	table, column, key string
	rev, seen          int64
	by                 string
	body               any
	columns            []string // beside rev and body
	values             []any
}

// saveMaster stores a fact and a row in one commit.
func (m Material) saveMaster(ctx context.Context, tenant plant.TenantNo, w master, check func(ctx context.Context, tx bun.Tx) error) error {
	body, err := json.Marshal(w.body)
	if err != nil {
		return fmt.Errorf("record: write %s %s: %w", w.table, w.key, err)
	}
	e := fact.New(fact.KindMaterialMaster, "", m.db.Now().Time(), w.table+":"+w.key, map[string]any{"by": w.by, "is": w.body})
	e.SourceSeq = uint64(w.rev)
	return m.db.Journal().Import(ctx, tenant, func(ctx context.Context, tx bun.Tx) error {
		var rev int64
		if err := tx.NewRaw(`select coalesce(max(rev), 0) from ? where tenant = ? and ? = ?`, bun.Ident(w.table), tenant, bun.Ident(w.column), w.key).Scan(ctx, &rev); err != nil {
			return fmt.Errorf("record: read %s %s: %w", w.table, w.key, err)
		}
		if rev != w.seen {
			return fmt.Errorf("%s was changed %d times, not %d: %w", w.key, rev, w.seen, access.ErrConflict)
		}
		if check != nil {
			if err := check(ctx, tx); err != nil {
				return err
			}
		}
		if _, err := tx.NewRaw(`delete from ? where tenant = ? and ? = ?`, bun.Ident(w.table), tenant, bun.Ident(w.column), w.key).Exec(ctx); err != nil {
			return fmt.Errorf("record: save %s %s: %w", w.table, w.key, err)
		}
		columns := append([]string{"tenant", w.column, "rev", "body"}, w.columns...)
		values := append([]any{tenant, w.key, w.rev, string(body)}, w.values...)
		_, err := tx.NewRaw(`insert into `+w.table+` (`+strings.Join(columns, `, `)+`) values (?`+strings.Repeat(`, ?`, len(columns)-1)+`)`, values...).Exec(ctx)
		if err != nil {
			return fmt.Errorf("record: save %s %s: %w", w.table, w.key, err)
		}
		return nil
	}, e)
}

// one reads a row's body; what names it in the error.
func one[T any](ctx context.Context, db bun.IDB, what, query string, args ...any) (T, error) {
	var none T
	found, err := bodies[T](db.QueryContext(ctx, query+` limit 1`, args...))
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("%w: %s", access.ErrNotFound, what)
	}
	if err != nil {
		return none, err
	}
	return found[0], nil
}

// SaveItem implements material.Store.
func (m Material) SaveItem(ctx context.Context, tenant plant.TenantNo, by string, i material.Item, seen int64) error {
	words := strings.ToLower(strings.Join([]string{i.Code, i.Name.ZH, i.Name.EN}, "\n"))
	return m.saveMaster(ctx, tenant, master{"material_item", "code", i.Code, i.Rev, seen, by, i, []string{"words"}, []any{words}}, func(ctx context.Context, tx bun.Tx) error {
		was, err := one[material.Item](ctx, tx, "item", `select body from material_item where tenant = ? and code = ?`, tenant, i.Code)
		if errors.Is(err, access.ErrNotFound) || err == nil && was.Unit == i.Unit && was.Tracking == i.Tracking {
			return nil
		}
		if err != nil {
			return err
		}
		var booked int
		if err := tx.NewRaw(`select count(*) from (select 1 from material_entry where tenant = ? and item = ? limit 1) as booked`, tenant, i.Code).Scan(ctx, &booked); err != nil {
			return fmt.Errorf("record: entries of %s: %w", i.Code, err)
		}
		if booked > 0 {
			return fmt.Errorf("%w: item %s was booked in %s, tracked by %s; that stays: enter another item beside it", material.ErrInvalid, i.Code, was.Unit, was.Tracking)
		}
		return nil
	})
}

// Item implements material.Store.
func (m Material) Item(ctx context.Context, tenant plant.TenantNo, code string) (material.Item, error) {
	return one[material.Item](ctx, m.db.Reader(), "item "+code, `select body from material_item where tenant = ? and code = ?`, tenant, code)
}

// Items implements material.Store.
func (m Material) Items(ctx context.Context, tenant plant.TenantNo, text, after string, limit int) ([]material.Item, error) {
	return bodies[material.Item](m.db.Reader().QueryContext(ctx,
		`select body from material_item where tenant = ? and words like ? escape '!' and code > ? order by code limit ?`, tenant, contains(text), after, limit))
}

// SaveLocation implements material.Store.
func (m Material) SaveLocation(ctx context.Context, tenant plant.TenantNo, by string, l material.Location, seen int64) error {
	return m.saveMaster(ctx, tenant, master{"material_location", "code", l.Code, l.Rev, seen, by, l, []string{"kind", "path"}, []any{string(l.Kind), l.Path}}, func(ctx context.Context, tx bun.Tx) error {
		// What lies there, and what is to come, goes with it when it is told to be
		// elsewhere.
		for _, table := range []string{"material_arrival", "material_bin", "material_count"} {
			if _, err := tx.NewRaw(`update ? set path = ? where tenant = ? and location = ?`, bun.Ident(table), l.Path, tenant, l.Code).Exec(ctx); err != nil {
				return fmt.Errorf("record: move location %s: %w", l.Code, err)
			}
		}
		return nil
	})
}

// Location implements material.Store.
func (m Material) Location(ctx context.Context, tenant plant.TenantNo, code string) (material.Location, error) {
	return one[material.Location](ctx, m.db.Reader(), "location "+code, `select body from material_location where tenant = ? and code = ?`, tenant, code)
}

// Locations implements material.Store.
func (m Material) Locations(ctx context.Context, scope access.Scope, limit int) ([]material.Location, error) {
	return bodies[material.Location](m.db.Reader().QueryContext(ctx, `select l.body from material_location l where ? order by l.code limit ?`, record.InScope("l", scope), limit))
}

// SaveLoop implements material.Store.
func (m Material) SaveLoop(ctx context.Context, tenant plant.TenantNo, by string, l material.Loop, seen int64) error {
	to, err := m.Location(ctx, tenant, l.To)
	if err != nil {
		return err
	}
	return m.saveMaster(ctx, tenant, master{"material_loop", "id", l.ID, l.Rev, seen, by, l, []string{"path"}, []any{to.Path}}, nil)
}

// Loop implements material.Store.
func (m Material) Loop(ctx context.Context, tenant plant.TenantNo, id string) (material.Loop, error) {
	return one[material.Loop](ctx, m.db.Reader(), "kanban loop "+id, `select body from material_loop where tenant = ? and id = ?`, tenant, id)
}

// Loops implements material.Store.
func (m Material) Loops(ctx context.Context, scope access.Scope, limit int) ([]material.Loop, error) {
	return bodies[material.Loop](m.db.Reader().QueryContext(ctx, `select l.body from material_loop l where ? order by l.id limit ?`, record.InScope("l", scope), limit))
}
