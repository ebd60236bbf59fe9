package shop

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/uptrace/bun"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/plant"
	"zhigai/shop/planning"
)

// SaveLimit implements planning.Store.
func (p Plans) SaveLimit(ctx context.Context, tenant plant.TenantNo, l planning.Limit, seen int64) error {
	body, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("record: write limit of %s: %w", l.Name, err)
	}
	e := fact.New(fact.KindPlanLimit, "", l.At.Time(), "plan-limit:"+string(l.What)+":"+l.Name, l)
	e.SourceSeq = uint64(l.Rev)
	return p.db.Journal().Import(ctx, tenant, func(ctx context.Context, tx bun.Tx) error {
		var rev int64
		if err := tx.NewRaw(`select coalesce(max(rev), 0) from plan_limit where tenant = ? and what = ? and name = ?`, tenant, string(l.What), l.Name).Scan(ctx, &rev); err != nil {
			return fmt.Errorf("record: read limit of %s: %w", l.Name, err)
		}
		if rev != seen {
			return fmt.Errorf("the limit of %s was changed %d times, not %d: %w", l.Name, rev, seen, access.ErrConflict)
		}
		if _, err := tx.NewRaw(`insert into plan_limit (tenant, what, name, rev, body) values (?, ?, ?, ?, ?)
			on conflict (tenant, what, name) do update set rev = excluded.rev, body = excluded.body`, tenant, string(l.What), l.Name, l.Rev, string(body)).Exec(ctx); err != nil {
			return fmt.Errorf("record: save limit of %s: %w", l.Name, err)
		}
		return nil
	}, e)
}

// maxPlanLimits bounds what is read of a plant.
const maxPlanLimits = 5000

// Limits implements planning.Store.
func (p Plans) Limits(ctx context.Context, tenant plant.TenantNo) ([]planning.Limit, error) {
	return bodies[planning.Limit](p.db.Reader().QueryContext(ctx, `select body from plan_limit where tenant = ? order by what desc, name limit ?`, tenant, maxPlanLimits))
}
