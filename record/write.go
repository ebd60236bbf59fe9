package record

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/uptrace/bun"
)

const (
	// maxQueue bounds writes waiting for the writer: at 5,000 writes/s it is a
	// quarter of a second; beyond it callers wait in Write, and no memory grows.
	maxQueue = 1024
	// maxGroup bounds how many writes share one commit, so that the first of
	// them does not wait for an endless stream of others.
	maxGroup = 256
)

// job is one write: run inside the shared transaction, answered after it.
type job struct {
	ctx  context.Context
	run  func(ctx context.Context, tx bun.Tx) error
	lone func() error // runs with no transaction open and no commit under way
	then func()       // runs after the commit, whether the caller still waits or not
	err  error
	done chan struct{}
}

// Write runs f in a transaction and returns when it is durable. Writes that
// arrive together share one commit; each has its own savepoint, so that one
// that fails takes back its own changes only. f runs on the writer's
// goroutine: it must use its ctx and tx, be quick, and not call Write.
//
// A caller that gives up (ctx) may find its write done all the same.
func (db *DB) Write(ctx context.Context, f func(ctx context.Context, tx bun.Tx) error) error {
	return db.submit(ctx, &job{ctx: ctx, run: f, done: make(chan struct{})})
}

func (db *DB) submit(ctx context.Context, j *job) error {
	select {
	case <-db.stop:
		return ErrClosed
	default:
	}
	select {
	case db.queue <- j:
	case <-db.stop:
		return ErrClosed
	case <-ctx.Done():
		return fmt.Errorf("record: write: %w", ctx.Err())
	}
	select {
	case <-j.done:
		return j.err
	case <-ctx.Done():
		return fmt.Errorf("record: write: %w", ctx.Err())
	case <-db.done: // closed: the job may have been the last one answered
		select {
		case <-j.done:
			return j.err
		default:
			return ErrClosed
		}
	}
}

// writeLoop owns the writing connection. It uses a context of its own: a
// caller that gives up must not break the transaction others share.
func (db *DB) writeLoop() {
	defer close(db.done)
	ctx := context.Background()
	for {
		select {
		case j := <-db.queue:
			db.serve(ctx, j)
		case <-db.stop:
			for { // what was accepted before closing is still done
				select {
				case j := <-db.queue:
					db.serve(ctx, j)
				default:
					return
				}
			}
		}
	}
}

// serve runs j and what waits behind it as one group.
func (db *DB) serve(ctx context.Context, j *job) {
	group := []*job{j}
	for j.lone == nil && len(group) < maxGroup {
		select {
		case next := <-db.queue:
			if next.lone != nil {
				db.commitGroup(ctx, group)
				group, j = []*job{next}, next
				continue
			}
			group = append(group, next)
			continue
		default:
		}
		break
	}
	if j.lone != nil {
		j.err = j.lone()
		close(j.done)
		return
	}
	db.commitGroup(ctx, group)
}

func (db *DB) commitGroup(ctx context.Context, group []*job) {
	err := db.runGroup(ctx, group)
	for _, j := range group {
		if j.err == nil {
			j.err = err
		}
		if j.err == nil && j.then != nil {
			j.then()
		}
		close(j.done)
	}
}

// runGroup gives each job its own error; the returned one is everybody's.
func (db *DB) runGroup(ctx context.Context, group []*job) error {
	tx, err := db.write.BeginTx(ctx, &sql.TxOptions{})
	if err != nil {
		return fmt.Errorf("record: begin: %w", err)
	}
	for _, j := range group {
		if j.err = j.ctx.Err(); j.err != nil {
			continue
		}
		if err := runJob(ctx, tx, j); err != nil {
			return errors.Join(err, tx.Rollback())
		}
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("record: commit: %w", err)
	}
	return nil
}

// runJob runs one job in a savepoint. The returned error says that the whole
// transaction is lost; the job's own failure is in j.err.
func runJob(ctx context.Context, tx bun.Tx, j *job) (err error) {
	if _, err := tx.ExecContext(ctx, `savepoint job`); err != nil {
		return fmt.Errorf("record: savepoint: %w", err)
	}
	defer func() {
		if p := recover(); p != nil {
			// The other writers of the group are not to pay for this one.
			j.err = fmt.Errorf("record: BUG: write panicked: %v", p)
		}
		if j.err != nil {
			if _, back := tx.ExecContext(ctx, `rollback to savepoint job`); back != nil {
				err = errors.Join(j.err, fmt.Errorf("record: roll back: %w", back))
				return
			}
		}
		if _, rel := tx.ExecContext(ctx, `release savepoint job`); rel != nil {
			err = fmt.Errorf("record: release: %w", rel)
		}
	}()
	j.err = j.run(ctx, tx)
	return nil
}
