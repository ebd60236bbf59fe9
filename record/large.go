package record

import (
	"context"
	"errors"

	"github.com/uptrace/bun"
)

// WriteLarge is Write for what changes very many rows. It has a transaction of
// its own and no savepoint: SQLite would keep every page that changes behind
// one in memory, which some 15,000 rows with indexes exhaust. Other writes wait
// for its end.
func (db *DB) WriteLarge(ctx context.Context, f func(ctx context.Context, tx bun.Tx) error) error {
	return db.alone(ctx, func() error {
		for try := 1; ; try++ {
			j := &job{ctx: ctx, run: f}
			err := db.runGroup(context.WithoutCancel(ctx), []*job{j}, false)
			if j.err != nil {
				err = db.judged(j.err)
			}
			if !errors.Is(err, errAgain) || try == maxTries {
				return err
			}
		}
	})
}
