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

// maxProviders bounds a list of providers, above what access lets the tenants of
// one record make.
const maxProviders = 1000

// NewID implements [access.Store].
func (a Access) NewID() string { return a.db.NewID() }

// Providers implements [access.Store].
func (a Access) Providers(ctx context.Context, tenant plant.TenantNo) ([]access.Provider, error) {
	return a.providers(ctx, `where tenant = ? order by id limit ?`, tenant, maxProviders)
}

// AllProviders implements [access.Store].
func (a Access) AllProviders(ctx context.Context) ([]access.Provider, error) {
	return a.providers(ctx, `order by tenant, id limit ?`, maxProviders)
}

// ProviderByID implements [access.Store].
func (a Access) ProviderByID(ctx context.Context, id string) (access.Provider, error) {
	found, err := a.providers(ctx, `where id = ? limit 1`, id)
	return one(found, err, "provider "+id)
}

func (a Access) providers(ctx context.Context, which string, args ...any) ([]access.Provider, error) {
	rows, err := a.db.read.QueryContext(ctx, `select tenant, id, body, rev from access_provider `+which, args...)
	if err != nil {
		return nil, fmt.Errorf("record: read providers: %w", err)
	}
	var out []access.Provider
	for rows.Next() {
		var tenant plant.TenantNo
		var id, body string
		var rev int64
		if err := rows.Scan(&tenant, &id, &body, &rev); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		var p access.Provider
		if err := json.Unmarshal([]byte(body), &p); err != nil {
			return nil, errors.Join(fmt.Errorf("record: provider %s: %w", id, err), rows.Close())
		}
		p.Tenant, p.ID, p.Rev = tenant, id, rev
		out = append(out, p)
	}
	return out, errors.Join(rows.Err(), rows.Close())
}

// SaveProvider implements [access.Store].
func (a Access) SaveProvider(ctx context.Context, p access.Provider) (access.Provider, error) {
	err := a.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := providerAt(ctx, tx, p.Tenant, p.ID, p.Rev); err != nil {
			return err
		}
		p.Rev++
		body, err := json.Marshal(p)
		if err != nil {
			return fmt.Errorf("record: write provider %s: %w", p.ID, err)
		}
		if _, err := tx.NewRaw(`insert into access_provider (tenant, id, body, rev) values (?, ?, ?, ?)
			on conflict (tenant, id) do update set body = excluded.body, rev = excluded.rev`, p.Tenant, p.ID, string(body), p.Rev).Exec(ctx); err != nil {
			return fmt.Errorf("record: save provider %s: %w", p.ID, err)
		}
		return nil
	})
	if err != nil {
		return access.Provider{}, err
	}
	return p, nil
}

// DropProvider implements [access.Store].
func (a Access) DropProvider(ctx context.Context, tenant plant.TenantNo, id string, rev int64) error {
	return a.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := providerAt(ctx, tx, tenant, id, rev); err != nil {
			return err
		}
		if _, err := tx.NewRaw(`delete from access_provider where tenant = ? and id = ?`, tenant, id).Exec(ctx); err != nil {
			return fmt.Errorf("record: remove provider %s: %w", id, err)
		}
		return nil
	})
}

// providerAt refuses a revision that is not the stored one; 0 is a provider that
// is not there.
func providerAt(ctx context.Context, tx bun.Tx, tenant plant.TenantNo, id string, rev int64) error {
	var is int64
	err := tx.NewRaw(`select rev from access_provider where tenant = ? and id = ?`, tenant, id).Scan(ctx, &is)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("record: read provider %s: %w", id, err)
	}
	if is != rev {
		return fmt.Errorf("provider %s is at revision %d, not %d: %w", id, is, rev, access.ErrConflict)
	}
	return nil
}

// DropSessionsBy implements [access.Store].
func (a Access) DropSessionsBy(ctx context.Context, tenant plant.TenantNo, provider string) error {
	return a.drop(ctx, `delete from ? where tenant = ? and provider = ?`, []string{"access_session", "access_link"}, tenant, provider)
}

// Linked implements [access.Store].
func (a Access) Linked(ctx context.Context, tenant plant.TenantNo, issuer, subject string) (access.User, error) {
	found, err := a.users(ctx, `select `+userColumns+` from access_user where tenant = ? and id =
		(select user_id from access_linking where tenant = ? and issuer = ? and subject = ?) limit 1`, tenant, tenant, issuer, subject)
	return one(found, err, "user of "+issuer)
}

// Adopt implements [access.Store].
func (a Access) Adopt(ctx context.Context, u access.User, l access.Linking) (access.User, error) {
	if u.ID == "" {
		u.ID = a.db.NewID()
	}
	err := a.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		var other int
		if err := tx.NewRaw(`select count(*) from access_linking where tenant = ? and issuer = ? and subject = ?`,
			u.Tenant, l.Issuer, l.Subject).Scan(ctx, &other); err != nil {
			return fmt.Errorf("record: read linking of %s: %w", u.Name, err)
		}
		if other > 0 {
			return fmt.Errorf("the person is linked to a user already: %w", access.ErrConflict)
		}
		if err := saveUser(ctx, tx, u); err != nil {
			return err
		}
		if _, err := tx.NewRaw(`insert into access_linking (tenant, issuer, subject, user_id, provider, since) values (?, ?, ?, ?, ?, ?)`,
			u.Tenant, l.Issuer, l.Subject, u.ID, l.Provider, l.Since.UnixMicro()).Exec(ctx); err != nil {
			return fmt.Errorf("record: link user %s: %w", u.Name, err)
		}
		return nil
	})
	if err != nil {
		return access.User{}, err
	}
	u.Rev++
	return u, nil
}
