package record

import (
	"context"
	"errors"
)

// Erasing runs f, which overwrites secrets, so that what stood there before is
// gone from the file, too: SQLite leaves the bytes of before where nothing points
// to them any more. A server keeps them until its own vacuum.
func (db *DB) Erasing(ctx context.Context, f func() error) error {
	if db.engine.remote() {
		return f()
	}
	pragma := func(what string) error {
		return db.alone(context.WithoutCancel(ctx), func() error {
			_, err := db.write.ExecContext(context.WithoutCancel(ctx), `pragma `+what)
			return err
		})
	}
	if err := pragma(`secure_delete = on`); err != nil {
		return err
	}
	return errors.Join(f(), pragma(`wal_checkpoint(truncate)`), pragma(`secure_delete = off`))
}
