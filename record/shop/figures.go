package shop

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"zhigai/access"
	"zhigai/figure"
	"zhigai/plant"
	"zhigai/record"
)

const (
	// maxWindow is the longest base window: an hour is what folds use, a day
	// leaves room; knowing it lets a question about time use the index on starts.
	maxWindow = plant.Micros(24 * time.Hour / time.Microsecond)
	// maxRows bounds one answer: 300 machines for two months of hours. Longer
	// questions are asked month by month.
	maxRows = 500_000
	// maxRowsPerWindow bounds the products one machine makes in one window.
	maxRowsPerWindow = 1000
)

// Figures keeps figure rows and windows; it implements figure.Store.
type Figures struct {
	db   *record.DB
	duty *record.Duty
}

var _ figure.Store = Figures{}

// NewFigures keeps figures in the record.
func NewFigures(db *record.DB) Figures { return Figures{db: db} }

// Under lets only the process that has the duty keep figures.
func (f Figures) Under(duty *record.Duty) Figures { return Figures{f.db, duty} }

// PutWindow replaces the window and all its rows at once.
func (f Figures) PutWindow(ctx context.Context, tenant plant.TenantNo, w figure.Window, rows []figure.Row) error {
	if tenant == 0 || w.Node == "" || w.To <= w.From || w.To-w.From > maxWindow || len(rows) > maxRowsPerWindow {
		return invalid("figure window of %q, %s to %s, %d rows: a tenant, a node, a time of at most a day and %d rows are needed",
			w.Node, w.From.Time(), w.To.Time(), len(rows), maxRowsPerWindow)
	}
	for _, r := range rows {
		if r.Node != w.Node || r.From != w.From || r.To != w.To {
			return invalid("figure row of %q, %s to %s, in the window of %q, %s to %s",
				r.Node, r.From.Time(), r.To.Time(), w.Node, w.From.Time(), w.To.Time())
		}
	}
	return f.duty.Write(ctx, f.db, figure.ErrNotKeeper, func(ctx context.Context, tx bun.Tx) error { return put(ctx, tx, tenant, w, rows) })
}

func put(ctx context.Context, tx bun.Tx, tenant plant.TenantNo, w figure.Window, rows []figure.Row) error {
	path, err := windowPath(ctx, tx, tenant, w, rows)
	if err != nil {
		return err
	}
	if _, err := tx.NewRaw(`insert into figure_node (tenant, path, node) values (?, ?, ?) on conflict (tenant, path, node) do nothing`,
		tenant, path, string(w.Node)).Exec(ctx); err != nil {
		return fmt.Errorf("record: save figure node: %w", err)
	}
	if _, err := tx.NewRaw(`insert into figure_window (tenant, node, win_from, win_to, path, revision, as_of, digest, dirty, fold)
		values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		on conflict (tenant, node, win_from) do update set win_to = excluded.win_to, path = excluded.path, revision = excluded.revision,
		as_of = excluded.as_of, digest = excluded.digest, dirty = excluded.dirty, fold = excluded.fold`,
		tenant, string(w.Node), int64(w.From), int64(w.To), path, w.Revision, int64(w.AsOf), w.Digest, w.Dirty, w.Fold).Exec(ctx); err != nil {
		return fmt.Errorf("record: save window: %w", err)
	}
	if _, err := tx.NewRaw(`delete from figure_row where tenant = ? and node = ? and win_from = ?`,
		tenant, string(w.Node), int64(w.From)).Exec(ctx); err != nil {
		return fmt.Errorf("record: replace figure rows: %w", err)
	}
	for _, r := range rows {
		terms, err := encodeTerms(r.Terms)
		if err != nil {
			return err
		}
		if _, err := tx.NewRaw(`insert into figure_row (tenant, node, win_from, product, win_to, path, shift, terms) values (?, ?, ?, ?, ?, ?, ?, ?)`,
			tenant, string(r.Node), int64(r.From), r.Product, int64(r.To), path, r.Shift, terms).Exec(ctx); err != nil {
			return fmt.Errorf("record: save figure row of product %q: %w", r.Product, err)
		}
	}
	return nil
}

// windowPath is where the machine stood at the window's start, which decides
// who may see it: the rows say so, else the plant model does.
func windowPath(ctx context.Context, tx bun.Tx, tenant plant.TenantNo, w figure.Window, rows []figure.Row) (string, error) {
	for _, r := range rows {
		if r.Path != rows[0].Path {
			return "", invalid("figure rows of one window under two paths, %q and %q", rows[0].Path, r.Path)
		}
	}
	if len(rows) > 0 {
		return rows[0].Path, nil
	}
	var path string
	err := tx.NewRaw(`select path from master where tenant = ? and kind = ? and id = ? and valid_from <= ? order by valid_from desc limit 1`,
		tenant, kindNode, string(w.Node), int64(w.From)).Scan(ctx, &path)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("record: place of %s: %w", w.Node, err)
	}
	return path, nil // unknown: seen by the whole tenant's scope only
}

// overlap is the condition on the window's time. The lower bound on starts is
// implied by maxWindow and lets the key answer.
const overlap = ` and w.win_from < ? and w.win_to > ? and w.win_from > ?`

func span(from, to plant.Micros) []any { return []any{int64(to), int64(from), int64(from - maxWindow)} }

// Rows lists the rows of windows that overlap [from, to), by machine path,
// time and product. The machines of the scope are found first, then each
// machine's rows by key: CROSS JOIN keeps SQLite to that order.
func (f Figures) Rows(ctx context.Context, scope access.Scope, from, to plant.Micros) ([]figure.Row, error) {
	args := append([]any{record.InScope("n", scope)}, span(from, to)...)
	rows, err := f.db.Reader().QueryContext(ctx, `select w.node, w.path, w.win_from, w.win_to, w.shift, w.product, w.terms
		from figure_node n cross join figure_row w
		where ? and w.tenant = n.tenant and w.node = n.node and w.path = n.path`+overlap+`
		order by n.path, w.node, w.win_from, w.product limit ?`, append(args, maxRows+1)...)
	if err != nil {
		return nil, fmt.Errorf("record: read figures: %w", err)
	}
	var out []figure.Row
	names := termNames{}
	for rows.Next() {
		var r figure.Row
		var terms sql.RawBytes
		if err := rows.Scan(&r.Node, &r.Path, &r.From, &r.To, &r.Shift, &r.Product, &terms); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		if r.Terms, err = names.decode(terms); err != nil {
			return nil, errors.Join(fmt.Errorf("record: figure row %s %s: %w", r.Path, r.From.Time(), err), rows.Close())
		}
		if out = append(out, r); len(out) > maxRows {
			return nil, errors.Join(invalid("more than %d figure rows; ask for a shorter time or a smaller scope", maxRows), rows.Close())
		}
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return nil, fmt.Errorf("record: read figures: %w", err)
	}
	return out, nil
}

const windowColumns = `w.node, w.win_from, w.win_to, w.revision, w.as_of, w.digest, w.dirty, w.fold`

// Windows lists the windows that overlap [from, to), by machine and time.
func (f Figures) Windows(ctx context.Context, scope access.Scope, from, to plant.Micros) ([]figure.Window, error) {
	args := append([]any{record.InScope("n", scope)}, span(from, to)...)
	out, err := f.windows(ctx, `select `+windowColumns+` from figure_node n cross join figure_window w
		where ? and w.tenant = n.tenant and w.node = n.node and w.path = n.path`+overlap+`
		order by n.path, w.node, w.win_from limit ?`, append(args, maxRows+1)...)
	if err == nil && len(out) > maxRows {
		return nil, invalid("more than %d windows; ask for a shorter time or a smaller scope", maxRows)
	}
	return out, err
}

func (f Figures) windows(ctx context.Context, query string, args ...any) ([]figure.Window, error) {
	rows, err := f.db.Reader().QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("record: read windows: %w", err)
	}
	var out []figure.Window
	for rows.Next() {
		var w figure.Window
		if err := rows.Scan(&w.Node, &w.From, &w.To, &w.Revision, &w.AsOf, &w.Digest, &w.Dirty, &w.Fold); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		out = append(out, w)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return nil, fmt.Errorf("record: read windows: %w", err)
	}
	return out, nil
}

// MarkDirty flags the machine's windows that overlap [from, to). Windows that
// are flagged already cost no write.
func (f Figures) MarkDirty(ctx context.Context, tenant plant.TenantNo, node plant.NodeID, from, to plant.Micros) error {
	return f.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewRaw(`update figure_window set dirty = true where tenant = ? and node = ?
			and win_from < ? and win_to > ? and win_from > ? and dirty = false`,
			tenant, string(node), int64(to), int64(from), int64(from-maxWindow)).Exec(ctx); err != nil {
			return fmt.Errorf("record: mark windows of %s: %w", node, err)
		}
		return nil
	})
}

// DirtyWindows lists windows waiting for a fold, oldest first.
func (f Figures) DirtyWindows(ctx context.Context, tenant plant.TenantNo, limit int) ([]figure.Window, error) {
	if limit <= 0 || limit > maxRows {
		limit = maxRows
	}
	return f.windows(ctx, `select `+windowColumns+` from figure_window w where w.tenant = ? and w.dirty
		order by w.win_from, w.node limit ?`, tenant, limit)
}

// DeleteAll drops every row and window of the tenant.
func (f Figures) DeleteAll(ctx context.Context, tenant plant.TenantNo) error {
	return f.duty.Write(ctx, f.db, figure.ErrNotKeeper, func(ctx context.Context, tx bun.Tx) error {
		for _, table := range []string{"figure_row", "figure_window", "figure_node"} {
			if _, err := tx.NewRaw(`delete from ? where tenant = ?`, bun.Ident(table), tenant).Exec(ctx); err != nil {
				return fmt.Errorf("record: delete figures: %w", err)
			}
		}
		return nil
	})
}
