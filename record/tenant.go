package record

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"zhigai/plant"
)

const (
	// deletedAtOnce bounds the rows that one transaction deletes: others wait for
	// its end.
	deletedAtOnce = 2_000
	// whose is the column by which rows of a table belong to a tenant.
	whose = "tenant"
)

// kept are tables whose rows of a tenant stay: the tenant's own row, by which
// its number is never given again, and the audit.
var kept = []string{"tenant", "audit"}

// shared are tables of the node itself; what they keep belongs to no tenant.
// Those below link_node are keyed by its id.
var shared = []string{"duty", "link_lease", "link_model", "link_progress", "link_settings"}

// secret are tables that no export holds, and columns that are left out of those
// it does: what opens a door is nobody's to take along.
var secret = map[string][]string{
	"access_factor": nil, "access_link": nil, "access_session": nil, "link_code": nil,
	"access_user": {"password"}, "access_token": {"hash"},
}

// ofTenant lists the tables with rows of tenants; those of nodes below before
// the nodes.
func ofTenant() (out []struct{ name, key string }) {
	for _, t := range tables {
		if !slices.Contains(shared, t.name) && t.name != "tenant" {
			out = append(out, t)
		}
	}
	return out
}

// DeleteTenant deletes every row of a tenant but its own one and the audit.
// Nobody may write for the tenant meanwhile. What was deleted stays deleted when
// it fails on the way; it may be called again.
func (db *DB) DeleteTenant(ctx context.Context, tenant plant.TenantNo) error {
	for _, t := range shared {
		if !strings.HasPrefix(t, "link_") {
			continue
		}
		if err := db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
			_, err := tx.NewRaw(`delete from ? where node in (select id from link_node where tenant = ?)`, bun.Ident(t), tenant).Exec(ctx)
			return err
		}); err != nil {
			return fmt.Errorf("record: delete of tenant %d from %s: %w", tenant, t, err)
		}
	}
	for _, t := range ofTenant() {
		if slices.Contains(kept, t.name) {
			continue
		}
		if err := db.deleteRows(ctx, t.name, t.key, tenant); err != nil {
			return fmt.Errorf("record: delete of tenant %d from %s: %w", tenant, t.name, err)
		}
	}
	db.heads.drop(tenant)
	return nil
}

func (db *DB) deleteRows(ctx context.Context, table, key string, tenant plant.TenantNo) error {
	for {
		var n int64
		err := db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
			done, err := tx.NewRaw(`delete from ? where (?) in (select ? from ? where tenant = ? limit ?)`,
				bun.Ident(table), bun.Safe(key), bun.Safe(key), bun.Ident(table), tenant, deletedAtOnce).Exec(ctx)
			if err == nil {
				n, err = done.RowsAffected()
			}
			return err
		})
		if err != nil || n < deletedAtOnce {
			return err
		}
	}
}

// drop forgets how far the journal of a tenant reached.
func (h *heads) drop(tenant plant.TenantNo) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.last, tenant)
}

// RowsOf counts the rows of a tenant by table, the audit and its own row among
// them; tables without one are left out.
func (db *DB) RowsOf(ctx context.Context, tenant plant.TenantNo) (map[string]int64, error) {
	out := map[string]int64{}
	for _, t := range append(ofTenant(), struct{ name, key string }{"tenant", "no"}) {
		column := whose
		if t.name == "tenant" {
			column = "no"
		}
		var n int64
		if err := db.read.NewRaw(`select count(*) from ? where ? = ?`, bun.Ident(t.name), bun.Ident(column), tenant).Scan(ctx, &n); err != nil {
			return nil, fmt.Errorf("record: rows of tenant %d in %s: %w", tenant, t.name, err)
		}
		if n > 0 {
			out[t.name] = n
		}
	}
	return out, nil
}

// ExportTenant writes every row of a tenant, as they were at one commit, as JSON
// lines: a table at a time, in the order of its key, to the writer that to gives
// for it. Passwords and secrets are not among them.
func (db *DB) ExportTenant(ctx context.Context, tenant plant.TenantNo, to func(table string) (io.Writer, error)) (err error) {
	seen, err := db.snapshot(ctx, nil)
	if err != nil {
		return fmt.Errorf("record: export of tenant %d: %w", tenant, err)
	}
	defer func() { err = errors.Join(err, seen.release()) }()
	for _, t := range ofTenant() {
		hidden, is := secret[t.name]
		if is && hidden == nil {
			continue
		}
		if err := exportTable(ctx, seen.Conn, t.name, t.key, tenant, hidden, to); err != nil {
			return fmt.Errorf("record: export of tenant %d: table %s: %w", tenant, t.name, err)
		}
	}
	return nil
}

func exportTable(ctx context.Context, from bun.IDB, table, key string, tenant plant.TenantNo, hidden []string, to func(table string) (io.Writer, error)) error {
	rows, err := from.QueryContext(ctx, `select * from `+table+` where tenant = ? order by `+key, tenant)
	if err != nil {
		return err
	}
	return errors.Join(writeRows(rows, hidden, func() (io.Writer, error) { return to(table) }), rows.Err(), rows.Close())
}

// writeRows asks for the writer when there is a first row.
func writeRows(rows *sql.Rows, hidden []string, to func() (io.Writer, error)) error {
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	values, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	var enc *json.Encoder
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		if enc == nil {
			w, err := to()
			if err != nil {
				return err
			}
			enc = json.NewEncoder(w)
			enc.SetEscapeHTML(false)
		}
		line := make(map[string]any, len(columns))
		for i, c := range columns {
			if c == whose || slices.Contains(hidden, c) {
				continue
			}
			switch v := values[i].(type) {
			case []byte:
				line[c] = string(v)
			default:
				line[c] = v
			}
		}
		if err := enc.Encode(line); err != nil {
			return err
		}
	}
	return nil
}
