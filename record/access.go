package record

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/uptrace/bun"

	"zhigai/access"
	"zhigai/plant"
)

// Bounds of lists: a node with more people or tokens than this is several
// nodes.
const (
	maxUsers  = 10_000
	maxTokens = 10_000
)

// Access keeps users, tokens, sessions and the audit; it implements
// access.Store.
type Access struct{ db *DB }

var _ access.Store = Access{}

// Access is the record's keeper of users and the audit.
func (db *DB) Access() Access { return Access{db} }

const userColumns = `tenant, id, name, display, organisation, role, path, grants, password, disabled, rev, seen`

func (a Access) users(ctx context.Context, query string, args ...any) ([]access.User, error) {
	rows, err := a.db.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("record: read users: %w", err)
	}
	var out []access.User
	for rows.Next() {
		var u access.User
		var grants string
		var seen int64
		if err := rows.Scan(&u.Tenant, &u.ID, &u.Name, &u.Display, &u.Organisation, &u.Role, &u.Path, &grants, &u.Password, &u.Off, &u.Rev, &seen); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		u.Seen = sinceTime(seen)
		if u.Grants, err = grantsFrom(grants, u.Name); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		out = append(out, u)
	}
	return out, errors.Join(rows.Err(), rows.Close())
}

func one[T any](found []T, err error, what string) (T, error) {
	var none T
	if err != nil {
		return none, err
	}
	if len(found) == 0 {
		return none, fmt.Errorf("%s: %w", what, access.ErrNotFound)
	}
	return found[0], nil
}

// UserByName finds a user of any tenant: it is asked before the tenant is known.
func (a Access) UserByName(ctx context.Context, name string) (access.User, error) {
	found, err := a.users(ctx, `select `+userColumns+` from access_user where name = ? limit 1`, name)
	return one(found, err, "user "+name)
}

// UserByID finds a user of the tenant.
func (a Access) UserByID(ctx context.Context, tenant plant.TenantNo, id string) (access.User, error) {
	found, err := a.users(ctx, `select `+userColumns+` from access_user where tenant = ? and id = ? limit 1`, tenant, id)
	return one(found, err, "user "+id)
}

// Users lists the tenant's users by name.
func (a Access) Users(ctx context.Context, tenant plant.TenantNo) ([]access.User, error) {
	return a.users(ctx, `select `+userColumns+` from access_user where tenant = ? order by name limit ?`, tenant, maxUsers)
}

// SaveUser stores a new user (no id, or an id with revision 0) or a changed
// one (with the revision that was read), and returns it with id and revision.
func (a Access) SaveUser(ctx context.Context, u access.User) (access.User, error) {
	if u.ID == "" {
		u.ID = a.db.NewID()
	}
	if err := a.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error { return saveUser(ctx, tx, u) }); err != nil {
		return access.User{}, err
	}
	u.Rev++
	return u, nil
}

// saveUser stores a user at the revision after the one it has.
func saveUser(ctx context.Context, tx bun.Tx, u access.User) error {
	grants, err := grantsText(u.Grants)
	if err != nil {
		return err
	}
	var rev int64
	err = tx.NewRaw(`select rev from access_user where tenant = ? and id = ?`, u.Tenant, u.ID).Scan(ctx, &rev)
	switch {
	case err != nil && !errors.Is(err, sql.ErrNoRows):
		return fmt.Errorf("record: read user %s: %w", u.Name, err)
	case err != nil && u.Rev != 0:
		return fmt.Errorf("user %s: %w", u.ID, access.ErrNotFound)
	case rev != u.Rev:
		return fmt.Errorf("user %s is at revision %d, not %d: %w", u.Name, rev, u.Rev, access.ErrConflict)
	}
	var other int
	if err := tx.NewRaw(`select count(*) from access_user where name = ? and not (tenant = ? and id = ?)`,
		u.Name, u.Tenant, u.ID).Scan(ctx, &other); err != nil {
		return fmt.Errorf("record: read user %s: %w", u.Name, err)
	}
	if other > 0 {
		return fmt.Errorf("the name %s is taken; choose another: %w", u.Name, access.ErrConflict)
	}
	if _, err := tx.NewRaw(`insert into access_user (`+userColumns+`) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		on conflict (tenant, id) do update set name = excluded.name, display = excluded.display, organisation = excluded.organisation, role = excluded.role,
		path = excluded.path, grants = excluded.grants, password = excluded.password, disabled = excluded.disabled, rev = excluded.rev`,
		u.Tenant, u.ID, u.Name, u.Display, u.Organisation, string(u.Role), u.Path, grants, u.Password, u.Off, u.Rev+1, sinceMicros(u.Seen)).Exec(ctx); err != nil {
		return fmt.Errorf("record: save user %s: %w", u.Name, err)
	}
	return nil
}

const tokenColumns = `tenant, id, name, role, path, grants, hash, created, expires, revoked`

func (a Access) tokens(ctx context.Context, query string, args ...any) ([]access.Token, error) {
	rows, err := a.db.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("record: read tokens: %w", err)
	}
	var out []access.Token
	for rows.Next() {
		var t access.Token
		var created, expires int64
		var grants string
		if err := rows.Scan(&t.Tenant, &t.ID, &t.Name, &t.Role, &t.Path, &grants, &t.Hash, &created, &expires, &t.Revoked); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		if t.Grants, err = grantsFrom(grants, t.Name); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		t.Created, t.Expires = plant.Micros(created).Time(), ends(expires)
		out = append(out, t)
	}
	return out, errors.Join(rows.Err(), rows.Close())
}

// never stands for an expiry that does not come.
const never = math.MaxInt64

func ends(at int64) time.Time {
	if at == never {
		return time.Time{}
	}
	return plant.Micros(at).Time()
}

func endsAt(t time.Time) int64 {
	if t.IsZero() {
		return never
	}
	return t.UnixMicro()
}

// SaveToken stores a token, new or changed; its hash never changes.
func (a Access) SaveToken(ctx context.Context, t access.Token) error {
	grants, err := grantsText(t.Grants)
	if err != nil {
		return err
	}
	return a.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewRaw(`insert into access_token (`+tokenColumns+`) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
			on conflict (tenant, id) do update set name = excluded.name, role = excluded.role, path = excluded.path, grants = excluded.grants,
			expires = excluded.expires, revoked = excluded.revoked`,
			t.Tenant, t.ID, t.Name, string(t.Role), t.Path, grants, t.Hash, t.Created.UnixMicro(), endsAt(t.Expires), t.Revoked).Exec(ctx); err != nil {
			return fmt.Errorf("record: save token %s: %w", t.Name, err)
		}
		return nil
	})
}

// TokenByHash finds a token of any tenant by the hash of its secret.
func (a Access) TokenByHash(ctx context.Context, hash string) (access.Token, error) {
	found, err := a.tokens(ctx, `select `+tokenColumns+` from access_token where hash = ? limit 1`, hash)
	return one(found, err, "token")
}

// Tokens lists the tenant's tokens, revoked ones too, oldest first.
func (a Access) Tokens(ctx context.Context, tenant plant.TenantNo) ([]access.Token, error) {
	return a.tokens(ctx, `select `+tokenColumns+` from access_token where tenant = ? order by created, id limit ?`, tenant, maxTokens)
}
