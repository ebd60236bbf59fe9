package nodes

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"zhigai/access"
	"zhigai/link/sharing"
	"zhigai/plant"
	"zhigai/record"
)

var _ sharing.Store = Nodes{}

// Policies implements sharing.Store.
func (s Nodes) Policies(ctx context.Context, tenant plant.TenantNo, limit int) ([]sharing.Kept, error) {
	rows, err := s.db.Reader().QueryContext(ctx, `select rev, body, recorded, who from sharing_policy where tenant = ? order by rev desc limit ?`, tenant, limit)
	if err != nil {
		return nil, fmt.Errorf("record: read the sharing policy: %w", err)
	}
	var out []sharing.Kept
	for rows.Next() {
		var k sharing.Kept
		var body string
		err := rows.Scan(&k.Rev, &body, &k.At, &k.Who)
		if err == nil {
			err = json.Unmarshal([]byte(body), &k.Policy)
		}
		if err != nil {
			return nil, fmt.Errorf("record: read the sharing policy: %w", errors.Join(err, rows.Close()))
		}
		out = append(out, k)
	}
	return out, errors.Join(rows.Err(), rows.Close())
}

// SavePolicy implements sharing.Store.
func (s Nodes) SavePolicy(ctx context.Context, tenant plant.TenantNo, k sharing.Kept) (sharing.Kept, error) {
	raw, err := json.Marshal(k.Policy)
	if err != nil {
		return k, fmt.Errorf("record: sharing policy: %w", err)
	}
	seen := k.Rev
	err = s.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		var has int64
		if err := tx.NewRaw(`select coalesce(max(rev), 0) from sharing_policy where tenant = ?`, tenant).Scan(ctx, &has); err != nil {
			return fmt.Errorf("record: read the sharing policy: %w", err)
		}
		if has != seen {
			return fmt.Errorf("%w: the sharing policy is at revision %d, not %d; read it again", access.ErrConflict, has, seen)
		}
		k.Rev, k.At, k.Who = has+1, s.db.Now(), record.Who(ctx)
		if _, err := tx.NewRaw(`insert into sharing_policy (tenant, rev, body, recorded, who) values (?, ?, ?, ?, ?)`, tenant, k.Rev, string(raw), int64(k.At), k.Who).Exec(ctx); err != nil {
			return fmt.Errorf("record: save the sharing policy: %w", err)
		}
		return nil
	})
	return k, err
}

// Reannounce gives what was announced last a new number, so that it goes again.
func (s Nodes) Reannounce(ctx context.Context, tenant plant.TenantNo) error {
	return s.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewRaw(`update link_announced set seq = seq + 1 where tenant = ?`, tenant).Exec(ctx); err != nil {
			return fmt.Errorf("record: announce again: %w", err)
		}
		return nil
	})
}
