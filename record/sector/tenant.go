// Package sector keeps the tenants of a node and what they use. It implements
// tenant.Store and decides nothing. Start with [NewTenants].
package sector

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/uptrace/bun"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/record"
	"zhigai/sector/tenant"
)

// maxPage bounds a page of tenants.
const maxPage = 1_000

// Tenants keeps the rows; its methods may be called concurrently.
type Tenants struct{ db *record.DB }

var _ tenant.Store = Tenants{}

// NewTenants keeps tenants in the record.
func NewTenants(db *record.DB) Tenants { return Tenants{db} }

func scan(rows *sql.Rows) (out []tenant.Tenant, err error) {
	for rows.Next() {
		var t tenant.Tenant
		var no, rev int64
		var body string
		if err := rows.Scan(&no, &rev, &body); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		if err := json.Unmarshal([]byte(body), &t); err != nil {
			return nil, errors.Join(fmt.Errorf("tenant %d: %w", no, err), rows.Close())
		}
		t.No, t.Rev = plant.TenantNo(no), rev
		out = append(out, t)
	}
	return out, errors.Join(rows.Err(), rows.Close())
}

func (s Tenants) find(ctx context.Context, where string, args ...any) ([]tenant.Tenant, error) {
	rows, err := s.db.Reader().QueryContext(ctx, `select no, rev, body from tenant where `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("record: read tenants: %w", err)
	}
	out, err := scan(rows)
	if err != nil {
		return nil, fmt.Errorf("record: read tenants: %w", err)
	}
	return out, nil
}

// Tenants implements tenant.Store.
func (s Tenants) Tenants(ctx context.Context, f tenant.Filter, limit int) ([]tenant.Tenant, error) {
	where, args := []string{`id > ?`}, []any{f.After}
	if f.State != "" {
		where, args = append(where, `state = ?`), append(args, string(f.State))
	}
	if f.Text != "" {
		where, args = append(where, `words like ? escape '!'`), append(args, "%"+likeWord.Replace(strings.ToLower(f.Text))+"%")
	}
	return s.find(ctx, strings.Join(where, ` and `)+` order by id limit ?`, append(args, min(limit, maxPage))...)
}

// likeWord makes a text one that "like" takes by the letter, with ! to escape.
var likeWord = strings.NewReplacer("!", "!!", "%", "!%", "_", "!_")

// Tenant implements tenant.Store.
func (s Tenants) Tenant(ctx context.Context, id string) (tenant.Tenant, error) {
	out, err := s.find(ctx, `id = ? limit 1`, id)
	if err != nil {
		return tenant.Tenant{}, err
	}
	if len(out) == 0 {
		return tenant.Tenant{}, fmt.Errorf("tenant %.40s: %w", id, access.ErrNotFound)
	}
	return out[0], nil
}

func words(t tenant.Tenant) string {
	return strings.ToLower(strings.Join([]string{t.ID, t.Name.ZH, t.Name.EN, t.Code}, "\n"))
}

// AddTenant implements tenant.Store. Numbers rise from that of the node's own.
func (s Tenants) AddTenant(ctx context.Context, t tenant.Tenant) (tenant.Tenant, error) {
	t.Rev = 1
	err := s.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		var last int64
		if err := tx.NewRaw(`select coalesce(max(no), ?) from tenant`, int64(access.HomeTenant)).Scan(ctx, &last); err != nil {
			return fmt.Errorf("record: number of a tenant: %w", err)
		}
		t.No = plant.TenantNo(last + 1)
		body, err := json.Marshal(t)
		if err != nil {
			return err
		}
		if _, err := tx.NewRaw(`insert into tenant (no, id, code, words, state, rev, body) values (?, ?, ?, ?, ?, ?, ?)`,
			int64(t.No), t.ID, t.Code, words(t), string(t.State), t.Rev, string(body)).Exec(ctx); err != nil {
			return fmt.Errorf("record: add tenant %s: %w", t.ID, err)
		}
		return nil
	})
	return t, err
}

// SaveTenant implements tenant.Store.
func (s Tenants) SaveTenant(ctx context.Context, t tenant.Tenant) (tenant.Tenant, error) {
	seen := t.Rev
	t.Rev++
	body, err := json.Marshal(t)
	if err != nil {
		return t, err
	}
	err = s.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		done, err := tx.NewRaw(`update tenant set code = ?, words = ?, state = ?, rev = ?, body = ? where no = ? and id = ? and rev = ?`,
			t.Code, words(t), string(t.State), t.Rev, string(body), int64(t.No), t.ID, seen).Exec(ctx)
		if err != nil {
			return fmt.Errorf("record: save tenant %s: %w", t.ID, err)
		}
		if n, err := done.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, fmt.Errorf("tenant %s is not at revision %d any more: %w", t.ID, seen, access.ErrConflict))
		}
		return nil
	})
	return t, err
}

// AddUsage implements tenant.Store.
func (s Tenants) AddUsage(ctx context.Context, no plant.TenantNo, u tenant.Usage) error {
	return s.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewRaw(`insert into tenant_usage (tenant, day, samples, bytes, requests, refused) values (?, ?, ?, ?, ?, ?)
			on conflict (tenant, day) do update set samples = tenant_usage.samples + excluded.samples, bytes = tenant_usage.bytes + excluded.bytes,
			requests = tenant_usage.requests + excluded.requests, refused = tenant_usage.refused + excluded.refused`,
			int64(no), u.Day, u.Samples, u.Bytes, u.Requests, u.Refused).Exec(ctx); err != nil {
			return fmt.Errorf("record: usage of tenant %d: %w", no, err)
		}
		return nil
	})
}

// Usage implements tenant.Store.
func (s Tenants) Usage(ctx context.Context, no plant.TenantNo, from string, limit int) ([]tenant.Usage, error) {
	rows, err := s.db.Reader().QueryContext(ctx, `select day, samples, bytes, requests, refused from tenant_usage where tenant = ? and day >= ? order by day desc limit ?`, int64(no), from, min(limit, maxPage))
	if err != nil {
		return nil, fmt.Errorf("record: read usage: %w", err)
	}
	var out []tenant.Usage
	for rows.Next() {
		var u tenant.Usage
		if err := rows.Scan(&u.Day, &u.Samples, &u.Bytes, &u.Requests, &u.Refused); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		out = append(out, u)
	}
	return out, errors.Join(rows.Err(), rows.Close())
}

// Standing implements tenant.Store.
func (s Tenants) Standing(ctx context.Context, no plant.TenantNo) (out tenant.Standing, err error) {
	for _, c := range []struct {
		query string
		into  *int64
	}{
		{`select count(*) from tag where tenant = ?`, &out.Tags},
		{`select count(*) from access_user where tenant = ?`, &out.Users},
		{`select count(*) from event where tenant = ?`, &out.Events},
		{`select count(distinct sha256) from diagnosis_file where tenant = ?`, &out.Files},
	} {
		rows, err := s.db.Reader().QueryContext(ctx, c.query, int64(no))
		if err != nil {
			return out, fmt.Errorf("record: count of tenant %d: %w", no, err)
		}
		if rows.Next() {
			err = rows.Scan(c.into)
		}
		if err := errors.Join(err, rows.Err(), rows.Close()); err != nil {
			return out, fmt.Errorf("record: count of tenant %d: %w", no, err)
		}
	}
	return out, nil
}
