package record

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/ncruces/go-sqlite3/driver"
)

// Backup writes a copy of the record to a new file while writing goes on. The
// copy is the state at one commit; barrier, if given, runs at that very
// point, while nothing is committed, so that history can take its checkpoint
// at the same position. It must be short.
func (db *DB) Backup(ctx context.Context, path string, barrier func(ctx context.Context) error) error {
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("record: backup to %s: the file exists; choose another name", path)
	}
	conn, err := db.reader.Conn(ctx)
	if err != nil {
		return fmt.Errorf("record: backup: %w", err)
	}
	defer func() { _ = conn.Close() }() // gives the connection back to the pool
	pin := func() error { return pinSnapshot(ctx, conn) }
	err = db.submit(ctx, &job{ctx: ctx, done: make(chan struct{}), lone: func() error {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := pin(); err != nil || barrier == nil {
			return err
		}
		return barrier(ctx)
	}})
	if err == nil {
		err = copyPinned(conn, path)
	}
	if _, back := conn.ExecContext(context.WithoutCancel(ctx), `rollback`); back != nil && err == nil {
		err = back
	}
	if err != nil {
		return fmt.Errorf("record: backup to %s: %w", path, err)
	}
	return nil
}

// pinSnapshot opens a read transaction: from the first read on, the
// connection sees this state whatever is committed later.
func pinSnapshot(ctx context.Context, conn *sql.Conn) error {
	if _, err := conn.ExecContext(ctx, `begin deferred`); err != nil {
		return err
	}
	var n int64
	return conn.QueryRowContext(ctx, `select count(*) from journal_head`).Scan(&n)
}

// copyPinned copies to a side file first: a backup that has its name is whole.
func copyPinned(conn *sql.Conn, path string) error {
	part := path + ".partial"
	if err := os.Remove(part); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	err := conn.Raw(func(c any) error { return c.(driver.Conn).Raw().Backup("main", "file:"+part) })
	if err == nil {
		err = checkCopy(part)
	}
	if err == nil {
		err = syncFile(part)
	}
	if err != nil {
		return errors.Join(err, os.Remove(part))
	}
	if err := os.Rename(part, path); err != nil {
		return err
	}
	return syncFile(filepath.Dir(path))
}

// checkCopy reads every page of the copy and leaves it without a WAL, so that
// it is one file.
func checkCopy(path string) error {
	d, err := sql.Open("sqlite3", "file:"+path+"?_pragma=busy_timeout(1000)&_pragma=journal_mode(delete)")
	if err != nil {
		return err
	}
	var verdict string
	err = d.QueryRow(`pragma quick_check(1)`).Scan(&verdict)
	if err == nil && verdict != "ok" {
		err = fmt.Errorf("the copy is damaged: %s", verdict)
	}
	return errors.Join(err, d.Close())
}

func syncFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
