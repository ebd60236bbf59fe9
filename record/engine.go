package record

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/ncruces/go-sqlite3"
	"github.com/uptrace/bun"

	"zhigai/access"
	"zhigai/plant"
)

// engine is one kind of database: everything in which SQLite and PostgreSQL
// differ. No query of a table is here: those are the same for both.
type engine interface {
	name() string
	// remote says that a statement costs a way to a server and back.
	remote() bool
	// connect opens the pools and brings the schema up to date. After a failure
	// close is called all the same.
	connect(ctx context.Context) (write, read *bun.DB, err error)
	// begin runs first in every writing transaction. From then to the commit no
	// other process writes, and what was committed before is seen.
	begin(ctx context.Context, tx bun.Tx) error
	// tell lets other processes know how far journals reach once tx is committed.
	tell(ctx context.Context, tx bun.Tx, reached map[plant.TenantNo]uint64) error
	// watch moves the heads on with what other processes append, until ctx ends.
	watch(ctx context.Context, h *heads)
	// pin is the statement that begins a transaction which sees one state.
	pin() string
	// unhurried lets tx be idle for long: a copy waits for the other side.
	unhurried(ctx context.Context, tx bun.Tx) error
	// backup writes what conn sees to a new SQLite file.
	backup(ctx context.Context, conn bun.Conn, path string) error
	// room returns ErrNoSpace while writes would leave too little of the disk.
	room() error
	close() error
}

// Errors of a record; test with errors.Is.
var (
	// ErrInUse is a folder that another process has open.
	ErrInUse = errors.New("record: in use by another process")
	// ErrNewerSchema is a record that a newer program wrote.
	ErrNewerSchema = errors.New("record: written by a newer program")
	// ErrClosed answers what is asked after Close.
	ErrClosed = errors.New("record: closed")
	// ErrUnavailable is temporary: the server cannot be reached, is starting or
	// has no room. The record reconnects by itself; try again. Whether a write
	// that failed with it was done is not known; it was not acknowledged.
	ErrUnavailable = errors.New("record: the database is not available now")
	// ErrUnsafe is a server that may forget what it acknowledges.
	ErrUnsafe = errors.New("record: the database does not keep what it acknowledges")

	// errAgain is a transaction that the database gave up for another's sake:
	// nothing of it was done, and the same again may succeed.
	errAgain = fmt.Errorf("%w: the transaction lost against another", ErrUnavailable)
)

// classed adds to a database's error what it means for the caller; an error
// that means nothing special comes back as it is.
func classed(err error) error {
	if errors.Is(err, access.ErrConflict) || errors.Is(err, ErrUnavailable) {
		return err
	}
	if errors.Is(err, sqlite3.CONSTRAINT_UNIQUE) || errors.Is(err, sqlite3.CONSTRAINT_PRIMARYKEY) {
		return fmt.Errorf("%w: %w", access.ErrConflict, err)
	}
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return err
	}
	switch pg.Code {
	case "23505": // unique_violation
		return fmt.Errorf("%w: %w", access.ErrConflict, err)
	case "40001", "40P01": // serialization_failure, deadlock_detected
		return fmt.Errorf("%w: %w", errAgain, err)
	case "55P03": // lock_not_available
		return fmt.Errorf("%w: another process does not end its write: %w", ErrUnavailable, err)
	case "25006": // read_only_sql_transaction: a server that is no primary any more
		return fmt.Errorf("%w: the server is read-only: %w", ErrUnavailable, err)
	}
	switch pg.Code[:2] {
	case "08", // connection_exception
		"53", // insufficient_resources: disk full, too many connections
		"57": // operator_intervention: shutting down, starting; a canceled query
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return err
}

func closePools(pools ...*sql.DB) error {
	var errs []error
	for _, p := range pools {
		if p != nil {
			errs = append(errs, p.Close())
		}
	}
	return errors.Join(errs...)
}
