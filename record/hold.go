package record

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
)

// takeHold makes this process the only one that has the folder open. The hold
// is a write transaction on a database of its own, kept open: the operating
// system drops it when the process dies, however it dies, and others can
// still read in it who holds.
func takeHold(ctx context.Context, dir string) (*sql.DB, error) {
	file := filepath.Join(dir, "record.lock")
	d, err := sql.Open("sqlite3", "file:"+(&url.URL{Path: filepath.ToSlash(file)}).EscapedPath()+
		"?_pragma=busy_timeout(0)&_pragma=journal_mode(memory)&_pragma=synchronous(off)")
	if err != nil {
		return nil, fmt.Errorf("record: lock %s: %w", dir, err)
	}
	d.SetMaxOpenConns(1)
	if err := hold(ctx, d); err != nil {
		var pid int64
		who := "another process"
		if d.QueryRowContext(ctx, `select pid from holder`).Scan(&pid) == nil && pid != int64(os.Getpid()) {
			who = fmt.Sprintf("process %d", pid)
		}
		_ = d.Close() // the error before is the one that matters
		return nil, fmt.Errorf("%w: %s has %s open; stop it or choose another data folder (%v)", ErrInUse, who, dir, err)
	}
	return d, nil
}

func hold(ctx context.Context, d *sql.DB) error {
	for _, q := range []string{
		`create table if not exists holder (pid bigint not null)`,
		`delete from holder`,
		fmt.Sprintf(`insert into holder (pid) values (%d)`, os.Getpid()),
		`begin immediate`,
	} {
		if _, err := d.ExecContext(ctx, q); err != nil {
			return err
		}
	}
	return nil
}
