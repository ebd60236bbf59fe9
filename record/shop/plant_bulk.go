package shop

import (
	"context"
	"database/sql"
	"fmt"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/shop/bulk"
)

var _ bulk.Plants = Plants{}

// Generation grows with every change of a tenant's nodes. See bulk.Plants.
func (p Plants) Generation(ctx context.Context, scope access.Scope) (int64, error) {
	return generation(ctx, p.db.Reader(), scope.Tenant)
}

// generation counts versions and revisions: a change adds one of either, and
// neither is ever taken away.
func generation(ctx context.Context, db interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}, tenant plant.TenantNo,
) (int64, error) {
	var n int64
	err := db.QueryRowContext(ctx, `select cast(count(*) + coalesce(sum(rev), 0) as bigint) from master where tenant = ? and kind = ?`, tenant, kindNode).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("record: read generation of the plant: %w", err)
	}
	return n, nil
}

// SaveAll saves nodes, parents first, and ends others, all or none. See
// bulk.Plants.
func (p Plants) SaveAll(ctx context.Context, scope access.Scope, seen int64, save, retire []bulk.Revised, from plant.Micros) error {
	nodes := make([]plant.Node, len(save))
	revs := make(map[string]int64, len(save))
	for i, s := range save {
		s.Node.Valid = plant.Validity{}
		nodes[i], revs[s.Node.Path] = s.Node, s.Rev
	}
	nodes = parentsFirst(nodes)
	return p.write(ctx, scope, func(ctx context.Context, e *edit) error {
		if now, err := generation(ctx, e.tx, scope.Tenant); err != nil {
			return err
		} else if now != seen {
			return fmt.Errorf("%w: somebody changed the plant at this very moment; preview again", access.ErrConflict)
		}
		for _, r := range retire {
			if err := e.retire(ctx, string(r.Node.ID), r.Rev, int64(from)); err != nil {
				return err
			}
		}
		for _, n := range nodes {
			rev := revs[n.Path]
			if _, err := e.node(ctx, n, int64(from), &rev); err != nil {
				return err
			}
		}
		return e.fits(ctx, int64(from))
	})
}

// fits refuses a plant that [Plants.Model] would not read any more.
func (e *edit) fits(ctx context.Context, at int64) error {
	var n int
	err := e.tx.QueryRowContext(ctx, `select count(*) from master where tenant = ? and kind = ? and valid_from <= ? and valid_to > ?`,
		e.tenant, kindNode, at, at).Scan(&n)
	if err != nil {
		return fmt.Errorf("record: count nodes: %w", err)
	}
	if n > maxModel {
		return invalid("with these the plant would have %d nodes; %d are allowed, so leave some out", n, maxModel)
	}
	return nil
}
