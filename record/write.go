package record

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"zhigai/access"
	"zhigai/plant"
)

const (
	// maxQueue bounds writes waiting for the writer: at 5,000 writes/s it is a
	// quarter of a second; beyond it callers wait in Write, and no memory grows.
	maxQueue = 1024
	// maxGroup bounds how many writes share one commit, so that the first of
	// them does not wait for an endless stream of others.
	maxGroup = 256
	// maxTries bounds how often a group runs that loses against transactions of
	// others, which only strangers to the record make.
	maxTries = 5
)

// job is one write: run inside the shared transaction, answered after it.
type job struct {
	ctx  context.Context
	run  func(ctx context.Context, tx bun.Tx) error
	lone func() error // runs with no transaction open and no commit under way
	// Appended to the tenant's journal by run, which then reaches this place.
	tenant plant.TenantNo
	last   uint64
	err    error
	done   chan struct{}
}

// Write runs f in a transaction and returns when it is durable. Writes that
// arrive together share one commit; each has its own savepoint, so that one
// that fails takes back its own changes only. f runs on the writer's
// goroutine and nobody else writes meanwhile, in no process: what f reads
// holds until the commit. f must use its ctx and tx, be quick, and not call
// Write; it may run again when another of its group failed, or when the
// database gave the transaction up.
//
// A caller that gives up (ctx) may find its write done all the same, and so
// may one that was answered ErrUnavailable. A unique key that is taken is
// access.ErrConflict.
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
	// Where each statement is a way to a server and back, savepoints are set
	// only for a group in which a job has failed before.
	err := db.runGroup(ctx, group, !db.engine.remote())
	for try := 1; errors.Is(err, errAgain) && try < maxTries; try++ {
		err = db.runGroup(ctx, group, true)
	}
	for _, j := range group {
		if j.err == nil {
			j.err = err
		}
		j.err = db.judged(j.err)
		if j.err == nil && j.last > 0 {
			db.heads.advance(j.tenant, j.last) // whether the caller still waits or not
		}
		close(j.done)
	}
}

// runGroup gives each job its own error; the returned one is everybody's.
func (db *DB) runGroup(ctx context.Context, group []*job, guarded bool) error {
	if err := db.Failed(); err != nil {
		return err
	}
	if err := db.engine.room(); err != nil {
		return err
	}
	tx, err := db.write.BeginTx(ctx, &sql.TxOptions{})
	if err != nil {
		return db.judged(fmt.Errorf("record: begin: %w", err))
	}
	if err := db.runJobs(ctx, tx, group, guarded); err != nil {
		if back := tx.Rollback(); back != nil && !errors.Is(err, ErrUnavailable) {
			err = errors.Join(err, back)
		}
		return db.judged(err)
	}
	if err := tx.Commit(); err != nil {
		return db.judged(fmt.Errorf("record: commit: %w", err))
	}
	return nil
}

func (db *DB) runJobs(ctx context.Context, tx bun.Tx, group []*job, guarded bool) error {
	if err := db.engine.begin(ctx, tx); err != nil {
		return err
	}
	reached := map[plant.TenantNo]uint64{}
	for _, j := range group {
		if j.err, j.last = j.ctx.Err(), 0; j.err != nil {
			continue
		}
		run := runBare
		if guarded {
			run = runJob
		}
		if err := run(ctx, tx, j); err != nil {
			return err
		}
		if j.err == nil && j.last > 0 {
			reached[j.tenant] = j.last
		}
	}
	return db.engine.tell(ctx, tx, reached)
}

// runBare runs one job. A failure loses the whole transaction.
func runBare(ctx context.Context, tx bun.Tx, j *job) error {
	j.try(ctx, tx)
	if j.err == nil || errors.Is(j.err, ErrUnavailable) {
		return j.err
	}
	return errAgain // with savepoints, it takes back its own changes only
}

// try runs the job and leaves what came of it in j.err. The other writers of
// the group are not to pay for a panic.
func (j *job) try(ctx context.Context, tx bun.Tx) {
	defer func() {
		if p := recover(); p != nil {
			j.err = fmt.Errorf("record: BUG: write panicked: %v", p)
		}
	}()
	// A group is written in nobody's name; each job keeps the person who asked.
	if who, ok := access.From(j.ctx); ok {
		ctx = access.With(ctx, who)
	}
	j.err = classed(j.run(ctx, tx))
}

// runJob runs one job in a savepoint. The returned error says that the whole
// transaction is lost; the job's own failure is in j.err.
func runJob(ctx context.Context, tx bun.Tx, j *job) error {
	if _, err := tx.ExecContext(ctx, `savepoint job`); err != nil {
		return fmt.Errorf("record: savepoint: %w", err)
	}
	if j.try(ctx, tx); j.err != nil {
		if _, err := tx.ExecContext(ctx, `rollback to savepoint job`); err != nil {
			return errors.Join(j.err, fmt.Errorf("record: roll back: %w", err))
		}
	}
	if _, err := tx.ExecContext(ctx, `release savepoint job`); err != nil {
		return fmt.Errorf("record: release: %w", err)
	}
	if errors.Is(j.err, errAgain) {
		return j.err // the others of the group run again with it
	}
	return nil
}
