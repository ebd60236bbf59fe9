package record

import (
	"context"
	"errors"

	"github.com/uptrace/bun"
)

// snapshot is a reading connection on which every read sees the same commit.
type snapshot struct {
	bun.Conn
	release func() error
}

// snapshot pins the present state. barrier, if given, runs at that very point,
// while this process commits nothing.
func (db *DB) snapshot(ctx context.Context, barrier func(ctx context.Context) error) (snapshot, error) {
	conn, err := db.read.Conn(ctx)
	if err != nil {
		return snapshot{}, err
	}
	s := snapshot{conn, func() error {
		_, err := conn.ExecContext(context.WithoutCancel(ctx), `rollback`)
		if errors.Is(err, ErrUnavailable) {
			err = nil // ended with its connection
		}
		return errors.Join(err, conn.Close())
	}}
	err = db.alone(ctx, func() error {
		if err := s.pin(ctx, db.engine.pin()); err != nil || barrier == nil {
			return err
		}
		return barrier(ctx)
	})
	if err != nil {
		return snapshot{}, errors.Join(err, s.release())
	}
	return s, nil
}

// pin opens a read transaction: from the first read on, the connection sees
// this state whatever is committed later.
func (s snapshot) pin(ctx context.Context, begin string) error {
	if _, err := s.ExecContext(ctx, begin); err != nil {
		return err
	}
	var n int64
	return s.QueryRowContext(ctx, `select count(*) from journal_head`).Scan(&n)
}

// alone runs f with no transaction of this process open and waits for its
// end: f must heed ctx itself.
func (db *DB) alone(ctx context.Context, f func() error) error {
	return db.submit(context.WithoutCancel(ctx), &job{ctx: ctx, done: make(chan struct{}), lone: func() error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return f()
	}})
}
