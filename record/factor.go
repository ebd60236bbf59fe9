package record

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"zhigai/access"
	"zhigai/plant"
)

// Factor implements [access.Store].
func (a Access) Factor(ctx context.Context, tenant plant.TenantNo, user string) (access.Factor, error) {
	f, err := readFactor(ctx, a.db.read, tenant, user)
	if err == nil && f == nil {
		err = fmt.Errorf("second factor of %s: %w", user, access.ErrNotFound)
	}
	if err != nil {
		return access.Factor{}, err
	}
	return *f, nil
}

// readFactor gives nil where there is none.
func readFactor(ctx context.Context, db bun.IDB, tenant plant.TenantNo, user string) (*access.Factor, error) {
	var body string
	err := db.QueryRowContext(ctx, `select body from access_factor where tenant = ? and user_id = ?`, tenant, user).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("record: read second factor of %s: %w", user, err)
	}
	var f access.Factor
	if err := json.Unmarshal([]byte(body), &f); err != nil {
		return nil, fmt.Errorf("record: second factor of %s: %w", user, err)
	}
	return &f, nil
}

// maxFactors bounds the list of second factors: one of each user of a large hub.
const maxFactors = 200_000

// Factors implements [access.Store].
func (a Access) Factors(ctx context.Context) ([]access.FactorOwner, error) {
	rows, err := a.db.read.QueryContext(ctx, `select tenant, user_id from access_factor order by tenant, user_id limit ?`, maxFactors)
	if err != nil {
		return nil, fmt.Errorf("record: read second factors: %w", err)
	}
	var out []access.FactorOwner
	for rows.Next() {
		var o access.FactorOwner
		if err := rows.Scan(&o.Tenant, &o.User); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		out = append(out, o)
	}
	return out, errors.Join(rows.Err(), rows.Close())
}

// ChangeFactor implements [access.Store].
func (a Access) ChangeFactor(ctx context.Context, tenant plant.TenantNo, user string, change func(*access.Factor) (*access.Factor, error)) error {
	return a.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		was, err := readFactor(ctx, tx, tenant, user)
		if err != nil {
			return err
		}
		now, err := change(was)
		if err != nil {
			return err
		}
		if now == nil {
			if _, err := tx.NewRaw(`delete from access_factor where tenant = ? and user_id = ?`, tenant, user).Exec(ctx); err != nil {
				return fmt.Errorf("record: remove second factor of %s: %w", user, err)
			}
			return nil
		}
		body, err := json.Marshal(now)
		if err != nil {
			return fmt.Errorf("record: write second factor of %s: %w", user, err)
		}
		if _, err := tx.NewRaw(`insert into access_factor (tenant, user_id, body) values (?, ?, ?)
			on conflict (tenant, user_id) do update set body = excluded.body`, tenant, user, string(body)).Exec(ctx); err != nil {
			return fmt.Errorf("record: save second factor of %s: %w", user, err)
		}
		return nil
	})
}
