package record_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"zhigai/plant"
	"zhigai/record"
)

// columnsOf gives the columns of a table with their types, as the database itself
// knows them.
func columnsOf(t *testing.T, db *record.DB, table string) (names, types []string) {
	t.Helper()
	rows, err := db.Reader().QueryContext(t.Context(), `select * from `+table+` limit 0`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.ColumnTypes()
	if err != nil || rows.Err() != nil {
		t.Fatal(err, rows.Err())
	}
	for _, c := range columns {
		names, types = append(names, c.Name()), append(types, strings.ToUpper(c.DatabaseTypeName()))
	}
	return names, types
}

// sample is some value of a type, another for each tenant.
func sample(column, kind string, tenant int) any {
	switch {
	case column == "tenant":
		return tenant
	case strings.HasPrefix(kind, "BOOL"):
		return false
	case strings.Contains(kind, "INT"):
		return 100 + tenant
	case strings.HasPrefix(kind, "DOUBLE"), strings.HasPrefix(kind, "FLOAT"):
		return float64(tenant) + 0.5
	}
	return fmt.Sprintf("x%d", tenant)
}

// TestDeleteTenant puts a row of three tenants into every table of the schema
// that has the column, deletes one, and walks the schema: nothing of it is left
// but the audit, and everything of the others. A table that a migration adds is
// in it by itself.
func TestDeleteTenant(t *testing.T) {
	each(t, func(t *testing.T, open func(t *testing.T) *record.DB) {
		db := open(t)
		ctx := t.Context()
		ofNode := []string{"duty", "tenant", "link_lease", "link_model", "link_progress", "link_settings"}
		count := func(table string, tenant plant.TenantNo) (n int) {
			t.Helper()
			if err := db.Reader().NewRaw(`select count(*) from ? where tenant = ?`, bun.Ident(table), tenant).Scan(ctx, &n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		var filled []string
		for _, line := range record.Tables() {
			table, _, _ := strings.Cut(line, ":")
			columns, types := columnsOf(t, db, table)
			if !strings.Contains(" "+strings.Join(columns, " ")+" ", " tenant ") {
				if !strings.Contains(" "+strings.Join(ofNode, " ")+" ", " "+table+" ") {
					t.Errorf("table %s has no tenant: say in this test why it need not have one", table)
				}
				continue
			}
			filled = append(filled, table)
			for tenant := range 3 {
				err := db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
					values := make([]any, len(columns))
					for i, c := range columns {
						values[i] = sample(c, types[i], tenant+1)
					}
					_, err := tx.NewRaw(fmt.Sprintf(`insert into %s (%s) values (?)`, table, strings.Join(columns, ", ")), bun.List(values)).Exec(ctx)
					return err
				})
				if err != nil {
					t.Fatalf("%s: %v", table, err)
				}
			}
		}
		var exported bytes.Buffer
		if err := db.ExportTenant(ctx, 2, func(string) (io.Writer, error) { return &exported, nil }); err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(exported.Bytes(), []byte("\n")); n != len(filled)-4 { // sessions, links, second factors and codes open doors
			t.Errorf("%d rows exported of %d", n, len(filled))
		}
		for range 2 { // again is the same
			if err := db.DeleteTenant(ctx, 2); err != nil {
				t.Fatal(err)
			}
		}
		for _, table := range filled {
			want := 0
			if table == "audit" {
				want = 1
			}
			if got := count(table, 2); got != want {
				t.Errorf("%d rows of the tenant are left in %s; want %d", got, table, want)
			}
			if count(table, 1) != 1 || count(table, 3) != 1 {
				t.Errorf("of the others %d and %d rows are left in %s", count(table, 1), count(table, 3), table)
			}
		}
		if len(filled) < 40 {
			t.Errorf("only %d tables have a tenant: %v", len(filled), filled)
		}
	})
}
