package database

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// ordered are the types that a cursor may have: with one order, and written so
// that they come back exactly.
var ordered = []string{"smallint", "integer", "bigint", "numeric", "timestamp without time zone", "timestamp with time zone", "date", "text", "character varying", "uuid"}

// describe asks for the columns of the query and the type of the cursor.
func (c *conn) describe(ctx context.Context) error {
	s := &c.settings
	return c.readOnly(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, "SELECT * FROM ("+s.query+"\n) AS q LIMIT 0", pgx.QueryExecModeExec)
		if err != nil {
			return wrong(err)
		}
		for _, f := range rows.FieldDescriptions() {
			c.columns = append(c.columns, f.Name)
		}
		if rows.Close(); rows.Err() != nil {
			return wrong(rows.Err())
		}
		for _, name := range []string{s.cursor, s.time, s.names, s.values} {
			if name != "" && !slices.Contains(c.columns, name) {
				return fmt.Errorf("database: the query has no column %q; write one of %s", name, strings.Join(c.columns, ", "))
			}
		}
		if err := tx.QueryRow(ctx, "SELECT format_type(pg_typeof(q."+quoted(s.cursor)+"), NULL) FROM (SELECT) AS one LEFT JOIN ("+s.query+"\n) AS q ON false",
			pgx.QueryExecModeExec).Scan(&c.typed); err != nil {
			return wrong(err)
		}
		if !slices.Contains(ordered, c.typed) {
			return fmt.Errorf("database: the cursor %q is a %s; write a column that is one of %s", s.cursor, c.typed, strings.Join(ordered, ", "))
		}
		if c.timed = s.time; c.timed == "" {
			if !strings.HasPrefix(c.typed, "timestamp") {
				return fmt.Errorf("database: when a row was measured is not known; write the param time, one of %s", strings.Join(c.columns, ", "))
			}
			c.timed = s.cursor
		}
		return nil
	})
}

// wrong says of an error of the server what it is about.
func wrong(err error) error { return fmt.Errorf("database: query: %w", err) }

func quoted(name string) string { return pgx.Identifier{name}.Sanitize() }

// readOnly runs f in a transaction that cannot write and sees one state of the
// database.
func (c *conn) readOnly(ctx context.Context, f func(tx pgx.Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, c.settings.timeout)
	defer cancel()
	tx, err := c.db.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return fmt.Errorf("database: %w", err)
	}
	err = f(tx)
	if end := tx.Rollback(ctx); end != nil && err == nil {
		err = fmt.Errorf("database: %w", end)
	}
	return err
}

// row is one row: every column as text, nil for NULL.
type row struct {
	cursor string
	cells  []*string
}

// rows gives the next rows behind a cursor, in its order, at most limit and one.
func (c *conn) rows(ctx context.Context, from *string, limit int, newestFirst bool) (out []row, err error) {
	s := &c.settings
	var sql strings.Builder
	cursor := "q." + quoted(s.cursor)
	sql.WriteString("SELECT " + cursor + "::text")
	for _, name := range c.columns {
		sql.WriteString(", q." + quoted(name) + "::text")
	}
	sql.WriteString(" FROM (" + s.query + "\n) AS q WHERE " + cursor + " IS NOT NULL")
	var args []any
	if from != nil {
		args = append(args, *from)
		sql.WriteString(" AND " + cursor + " > $1::text::" + c.typed)
	}
	if s.behind > 0 {
		fmt.Fprintf(&sql, " AND q.%s <= now() - interval '%d milliseconds'", quoted(c.timed), s.behind.Milliseconds())
	}
	order := ""
	if newestFirst {
		order = " DESC"
	}
	fmt.Fprintf(&sql, " ORDER BY %s%s LIMIT %d", cursor, order, limit+1)
	err = c.readOnly(ctx, func(tx pgx.Tx) error {
		got, err := tx.Query(ctx, sql.String(), append([]any{pgx.QueryExecModeExec}, args...)...)
		if err != nil {
			return wrong(err)
		}
		defer got.Close()
		for got.Next() {
			one := row{cells: make([]*string, len(c.columns))}
			dst := []any{&one.cursor}
			for i := range one.cells {
				dst = append(dst, &one.cells[i])
			}
			if err := got.Scan(dst...); err != nil {
				return wrong(err)
			}
			out = append(out, one)
		}
		if err := got.Err(); err != nil {
			return wrong(err)
		}
		return nil
	})
	return out, err
}

// complete leaves out rows of the last cursor value when more of it may follow:
// rows that share a value are taken together or not at all.
func complete(rows []row, limit int, column string) ([]row, bool, error) {
	if len(rows) <= limit {
		return rows, false, nil
	}
	last := rows[limit].cursor
	n := limit
	for n > 0 && rows[n-1].cursor == last {
		n--
	}
	if n == 0 {
		return nil, false, fmt.Errorf("database: more than %d rows have the cursor %s = %s; write a column whose values differ, or a greater param rows", limit, column, last)
	}
	return rows[:n], true, nil
}
