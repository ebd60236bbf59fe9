package record

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// connector opens connections whose errors say what they mean: every read and
// write of the record goes through here, so this is the one place where a
// lost connection becomes ErrUnavailable.
type connector struct {
	driver.Connector
	readOnly bool
}

func newConnector(config *pgx.ConnConfig, readOnly bool) connector {
	return connector{stdlib.GetConnector(*config), readOnly}
}

// Connect dials.
func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, refusal(ctx, err)
	}
	return pgSession{conn.(*stdlib.Conn), c.readOnly}, nil
}

// refusal tells a server that is away from one that does not want us.
func refusal(ctx context.Context, err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) || ctx.Err() != nil {
		return classed(oneLine{err})
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, oneLine{err})
}

// oneLine says once what the driver says of every way it tried to connect.
type oneLine struct{ error }

func (e oneLine) Error() string {
	tries := strings.Split(e.error.Error(), "\n\t")
	if len(tries) > 1 { // the first says who, which the address does
		tries = slices.Compact(tries[1:])
	}
	if len(tries) > 1 { // a server without TLS is tried again without
		tries = slices.DeleteFunc(tries, func(s string) bool { return strings.Contains(s, "server refused TLS connection") })
	}
	return strings.Join(tries, "; ")
}

func (e oneLine) Unwrap() error { return e.error }

// pgSession is one connection.
type pgSession struct {
	*stdlib.Conn
	readOnly bool
}

// classed is classed, and knows a connection that broke.
func (s pgSession) classed(err error) error {
	switch {
	case err == nil, errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, driver.ErrBadConn), s.Conn.Conn().IsClosed():
		return fmt.Errorf("%w: the connection was lost: %w", ErrUnavailable, err)
	}
	return classed(err)
}

// harmless lets the pool try the same on another connection: nothing was
// changed when this one broke.
func (s pgSession) harmless(err error) error {
	if err = s.classed(err); errors.Is(err, ErrUnavailable) && s.Conn.Conn().IsClosed() && !errors.Is(err, driver.ErrBadConn) {
		return fmt.Errorf("%w: %w", err, driver.ErrBadConn)
	}
	return err
}

// BeginTx begins a transaction.
func (s pgSession) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	tx, err := s.Conn.BeginTx(ctx, o)
	if err != nil {
		return nil, s.harmless(err)
	}
	return pgTx{tx, s}, nil
}

// ExecContext runs a statement.
func (s pgSession) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	r, err := s.Conn.ExecContext(ctx, query, args)
	return r, s.classed(err)
}

// QueryContext asks.
func (s pgSession) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	rows, err := s.Conn.QueryContext(ctx, query, args)
	if err != nil {
		if s.readOnly {
			return nil, s.harmless(err)
		}
		return nil, s.classed(err)
	}
	return pgRows{rows.(*stdlib.Rows), s}, nil
}

type pgTx struct {
	driver.Tx
	s pgSession
}

// Commit is not acknowledged when the connection broke: whether it was done is
// not known then.
func (t pgTx) Commit() error { return t.s.classed(t.Tx.Commit()) }

func (t pgTx) Rollback() error { return t.s.classed(t.Tx.Rollback()) }

type pgRows struct {
	*stdlib.Rows
	s pgSession
}

// Next reads one row; io.EOF is the end.
func (r pgRows) Next(dest []driver.Value) error {
	err := r.Rows.Next(dest)
	if err == io.EOF { // as database/sql has it, bare
		return err
	}
	return r.s.classed(err)
}

func (r pgRows) Close() error { return r.s.classed(r.Rows.Close()) }
