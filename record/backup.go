package record

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Backup writes a copy of the record to a new SQLite file while writing goes
// on; in a folder of its own it opens as a record. The copy is the state at
// one commit; barrier, if given, runs at that very point, while this process
// commits nothing, so that history can take its checkpoint at the same
// position. It must be short.
func (db *DB) Backup(ctx context.Context, path string, barrier func(ctx context.Context) error) error {
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("record: backup to %s: the file exists; choose another name", path)
	}
	if err := db.backup(ctx, path, barrier); err != nil {
		return fmt.Errorf("record: backup to %s: %w", path, err)
	}
	return nil
}

func (db *DB) backup(ctx context.Context, path string, barrier func(ctx context.Context) error) error {
	seen, err := db.snapshot(ctx, barrier)
	if err != nil {
		return err
	}
	return errors.Join(keepCopy(path, func(part string) error { return db.engine.backup(ctx, seen.Conn, part) }), seen.release())
}

// keepCopy lets write make a side file first: a backup that has its name is
// whole.
func keepCopy(path string, write func(part string) error) error {
	part := path + ".partial"
	if err := os.Remove(part); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	err := write(part)
	if err == nil {
		err = checkCopy(part)
	}
	if err == nil {
		err = syncFile(part)
	}
	if err != nil {
		if gone := os.Remove(part); gone != nil && !errors.Is(gone, os.ErrNotExist) {
			err = errors.Join(err, gone)
		}
		return err
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
