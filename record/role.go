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

// maxRoles bounds the list of own roles, above what access lets a tenant make.
const maxRoles = 1000

// Roles implements [access.Store].
func (a Access) Roles(ctx context.Context, tenant plant.TenantNo) ([]access.RoleDef, error) {
	rows, err := a.db.read.QueryContext(ctx, `select id, body, rev from access_role where tenant = ? order by id limit ?`, tenant, maxRoles)
	if err != nil {
		return nil, fmt.Errorf("record: read roles: %w", err)
	}
	var out []access.RoleDef
	for rows.Next() {
		var id, body string
		var rev int64
		if err := rows.Scan(&id, &body, &rev); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		var r access.RoleDef
		if err := json.Unmarshal([]byte(body), &r); err != nil {
			return nil, errors.Join(fmt.Errorf("record: role %s: %w", id, err), rows.Close())
		}
		r.Rev = rev
		out = append(out, r)
	}
	return out, errors.Join(rows.Err(), rows.Close())
}

// SaveRole implements [access.Store].
func (a Access) SaveRole(ctx context.Context, tenant plant.TenantNo, r access.RoleDef) (access.RoleDef, error) {
	err := a.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := roleAt(ctx, tx, tenant, r.ID, r.Rev); err != nil {
			return err
		}
		r.Rev++
		body, err := json.Marshal(r)
		if err != nil {
			return fmt.Errorf("record: write role %s: %w", r.ID, err)
		}
		if _, err := tx.NewRaw(`insert into access_role (tenant, id, body, rev) values (?, ?, ?, ?)
			on conflict (tenant, id) do update set body = excluded.body, rev = excluded.rev`, tenant, string(r.ID), string(body), r.Rev).Exec(ctx); err != nil {
			return fmt.Errorf("record: save role %s: %w", r.ID, err)
		}
		return nil
	})
	if err != nil {
		return access.RoleDef{}, err
	}
	return r, nil
}

// DropRole implements [access.Store].
func (a Access) DropRole(ctx context.Context, tenant plant.TenantNo, id access.Role, rev int64) error {
	return a.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := roleAt(ctx, tx, tenant, id, rev); err != nil {
			return err
		}
		if _, err := tx.NewRaw(`delete from access_role where tenant = ? and id = ?`, tenant, string(id)).Exec(ctx); err != nil {
			return fmt.Errorf("record: remove role %s: %w", id, err)
		}
		return nil
	})
}

// roleAt refuses a revision that is not the stored one; 0 is a role that is not
// there.
func roleAt(ctx context.Context, tx bun.Tx, tenant plant.TenantNo, id access.Role, rev int64) error {
	var is int64
	err := tx.NewRaw(`select rev from access_role where tenant = ? and id = ?`, tenant, string(id)).Scan(ctx, &is)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("record: read role %s: %w", id, err)
	}
	if is != rev {
		return fmt.Errorf("role %s is at revision %d, not %d: %w", id, is, rev, access.ErrConflict)
	}
	return nil
}

// grantsText is what a column of grants holds.
func grantsText(grants []access.Grant) (string, error) {
	if len(grants) == 0 {
		return "[]", nil
	}
	raw, err := json.Marshal(grants)
	if err != nil {
		return "", fmt.Errorf("record: write grants: %w", err)
	}
	return string(raw), nil
}

func grantsFrom(text, of string) ([]access.Grant, error) {
	out := []access.Grant{}
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		return nil, fmt.Errorf("record: grants of %s: %w", of, err)
	}
	return out, nil
}
