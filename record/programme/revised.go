package programme

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/uptrace/bun"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/record"
)

// filed is what lists of a table narrow by, beside the body: what a row belongs
// to, whose it is and where, how it stands and the words that it is found by.
type filed struct {
	parent, firm, region, sector, state, words string
	more                                       []any // of the columns that the table has beside these
}

// revised is a table of which every row is a revision of something, the newest
// marked. As is what of T stands in the columns; Put gives it id and revision.
type revised[T any] struct {
	db    *record.DB
	table string
	more  string // names of its further columns, each with a comma before it
	as    func(T) (id string, rev int64, f filed)
	put   func(*T, string, int64)
}

func (r revised[T]) scan(rows *sql.Rows, more ...any) (one T, err error) {
	var id, raw string
	var rev int64
	if err := rows.Scan(append([]any{&id, &rev, &raw}, more...)...); err != nil {
		return one, err
	}
	if err := json.Unmarshal([]byte(raw), &one); err != nil {
		return one, fmt.Errorf("record: %s %s: %w", r.table, id, err)
	}
	r.put(&one, id, rev)
	return one, nil
}

// list gives newest revisions by a condition, in an order.
func (r revised[T]) list(ctx context.Context, tenant plant.TenantNo, where string, args []any, order string, limit int) ([]T, error) {
	all := append([]any{bun.Ident(r.table), tenant}, args...)
	rows, err := r.db.Reader().QueryContext(ctx, `select id, rev, body from ? where tenant = ? and latest`+where+` order by `+order+` limit ?`, append(all, limit)...)
	return collect(rows, err, func(rows *sql.Rows) (T, error) { return r.scan(rows) })
}

// one is the newest revision; access.ErrNotFound when there is none.
func (r revised[T]) one(ctx context.Context, tenant plant.TenantNo, id string) (T, error) {
	found, err := r.list(ctx, tenant, ` and id = ?`, []any{id}, `id`, 1)
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("%s %s: %w", r.table, id, access.ErrNotFound)
	}
	if err != nil {
		var none T
		return none, err
	}
	return found[0], nil
}

// past gives every revision to each, oldest first.
func (r revised[T]) past(ctx context.Context, tenant plant.TenantNo, id string, each func(is T, at plant.Micros, who string)) error {
	rows, err := r.db.Reader().QueryContext(ctx, `select id, rev, body, recorded, who from ? where tenant = ? and id = ? order by rev limit ?`, bun.Ident(r.table), tenant, id, maxHistory)
	_, err = collect(rows, err, func(rows *sql.Rows) (none struct{}, err error) {
		var at plant.Micros
		var who string
		is, err := r.scan(rows, &at, &who)
		each(is, at, who)
		return none, err
	})
	return err
}

// save stores a new thing, without an id, or the revision behind the one that
// was read.
func (r revised[T]) save(ctx context.Context, tenant plant.TenantNo, one T) (T, error) {
	id, seen, f := r.as(one)
	if id == "" {
		id = r.db.NewID()
	}
	saved := one
	err := r.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		rev, err := Registers{r.db}.revise(ctx, tx, tenant, r.table, id, seen)
		if err != nil {
			return err
		}
		r.put(&saved, id, rev)
		raw, err := json.Marshal(saved)
		if err == nil {
			args := append([]any{bun.Ident(r.table), tenant, id, rev, f.parent, f.firm, f.region, f.sector, f.state, strings.ToLower(f.words), string(raw), int64(r.db.Now()), record.Who(ctx)}, f.more...)
			_, err = tx.NewRaw(`insert into ? (tenant, id, rev, latest, parent, firm, region, sector, state, words, body, recorded, who`+r.more+`) values (?, ?, ?, true, ?, ?, ?, ?, ?, ?, ?, ?, ?`+strings.Repeat(`, ?`, len(f.more))+`)`, args...).Exec(ctx)
		}
		if err != nil {
			return fmt.Errorf("record: save %s %s: %w", r.table, id, err)
		}
		return nil
	})
	if err != nil {
		var none T
		return none, err
	}
	return saved, nil
}

// saying is the condition that the words hold a text.
func saying(text string) (string, any) {
	return ` and words like ? escape '!'`, "%" + strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(strings.ToLower(text)) + "%"
}
