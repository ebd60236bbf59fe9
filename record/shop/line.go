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
	"zhigai/shop/line"
)

// Lines keeps layouts of lines: each revision as a fact in the journal, and a row.
// It implements line.Store.
type Lines struct{ db *record.DB }

var _ line.Store = Lines{}

// NewLines keeps layouts in the record.
func NewLines(db *record.DB) Lines { return Lines{db} }

// SaveLayout implements line.Store.
func (r Lines) SaveLayout(ctx context.Context, tenant plant.TenantNo, l line.Layout, seen int64) error {
	body, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("record: write layout of %s: %w", l.Path, err)
	}
	e := fact.New(fact.KindLineLayout, l.Line, l.From.Time(), "line-layout:"+string(l.Line), l)
	e.SourceSeq = uint64(l.Rev)
	return r.db.Journal().Import(ctx, tenant, func(ctx context.Context, tx bun.Tx) error {
		var rev int64
		if err := tx.NewRaw(`select coalesce(max(rev), 0) from line_layout where tenant = ? and line = ?`, tenant, l.Line).Scan(ctx, &rev); err != nil {
			return fmt.Errorf("record: read layout of %s: %w", l.Path, err)
		}
		if rev != seen || l.Rev != seen+1 {
			return fmt.Errorf("the layout of %s was changed %d times, not %d: %w", l.Path, rev, seen, access.ErrConflict)
		}
		if _, err := tx.NewRaw(`update line_layout set latest = false where tenant = ? and line = ? and latest`, tenant, l.Line).Exec(ctx); err != nil {
			return fmt.Errorf("record: save layout of %s: %w", l.Path, err)
		}
		if _, err := tx.NewRaw(`insert into line_layout (tenant, line, rev, latest, path, body) values (?, ?, ?, true, ?, ?)`,
			tenant, l.Line, l.Rev, l.Path, string(body)).Exec(ctx); err != nil {
			return fmt.Errorf("record: save layout of %s: %w", l.Path, err)
		}
		return nil
	}, e)
}

// maxLines bounds a list of lines: a plant has tens.
const maxLines = 1000

// Layouts implements line.Store.
func (r Lines) Layouts(ctx context.Context, scope access.Scope) ([]line.Layout, error) {
	return bodies[line.Layout](r.db.Reader().QueryContext(ctx,
		`select l.body from line_layout l where ? and l.latest order by l.path, l.line limit ?`, record.InScope("l", scope), maxLines))
}

// maxRevisions bounds what is read of one line: a change a week for 20 years.
const maxRevisions = 1000

// Revisions implements line.Store.
func (r Lines) Revisions(ctx context.Context, tenant plant.TenantNo, id plant.NodeID) ([]line.Layout, error) {
	return bodies[line.Layout](r.db.Reader().QueryContext(ctx,
		`select body from line_layout where tenant = ? and line = ? order by rev desc limit ?`, tenant, id, maxRevisions))
}
