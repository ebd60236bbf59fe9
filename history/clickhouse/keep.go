package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"zhigai/history"
)

// recent is how far back is checked what ClickHouse stored before it was last
// away: it does not fsync, and systems write back within a minute.
const recent = 15 * time.Minute

func (s *Store) upkeepEvery() time.Duration { return min(mostUpkeep, max(s.o.Keep/16, s.o.FillEvery)) }

// keep drops what may go: batches from the ledger, deleted samples from
// ClickHouse.
func (f *filler) keep(ctx context.Context) error {
	now := f.o.Now()
	if now.Before(f.upkeep) {
		return nil
	}
	f.upkeep = now.Add(f.upkeepEvery())
	if err := f.shed(ctx); err != nil {
		return err
	}
	if err := f.purge(ctx); err != nil && ctx.Err() == nil { // no reason to take no more
		f.log.Error("history: deleted samples are hidden and stay in ClickHouse; will try again", "err", err)
	}
	return nil
}

// shedAtOnce bounds how long others wait for their turn.
const shedAtOnce = 5000

// shed drops batches that were read back from ClickHouse long enough ago and
// that no cursor keeps.
func (s *Store) shed(ctx context.Context) error {
	for more := true; more; {
		err := s.ledger.change(ctx, "drop old batches", func(tx pgx.Tx, h head) error {
			var end uint64
			err := tx.QueryRow(ctx, `select least($1::bigint, coalesce((select min(seq) from history_cursor), $1), coalesce((select max(last) from history_fill where at <= $2), 0))`,
				h.filled, s.o.Now().Add(-s.o.Keep).UnixMicro()).Scan(&end)
			if err != nil || end < h.first {
				more = false
				return err
			}
			if more = end >= h.first+shedAtOnce; more {
				end = h.first + shedAtOnce - 1
			}
			var b pgx.Batch
			b.Queue(`delete from history_batch where seq <= $1`, end)
			b.Queue(`delete from history_fill where last < $1`, end) // the last one still tells that end is due
			b.Queue(`update history_head set first = $1`, end+1)
			return tx.SendBatch(ctx, &b).Close()
		})
		if err != nil {
			return err
		}
	}
	return s.look(ctx)
}

// purgeAtOnce bounds the conditions of one deletion.
const purgeAtOnce = 1000

// purge tells ClickHouse to delete what is deleted; until it has, questions
// leave it out.
func (s *Store) purge(ctx context.Context) error {
	rows, err := s.ledger.pool.Query(ctx, `select tenant, tag, before, seq from history_expired where not purged and seq <= (select filled from history_head) order by tenant, tag limit $1`, purgeAtOnce)
	if err != nil {
		return classed("delete", err)
	}
	var conditions []string
	var tenants, tags, befores []int64
	var tenant, tag, before, seq int64
	_, err = pgx.ForEachRow(rows, []any{&tenant, &tag, &before, &seq}, func() error {
		tenants, tags, befores = append(tenants, tenant), append(tags, tag), append(befores, before)
		conditions = append(conditions, fmt.Sprintf("(tenant = %d AND tag = %d AND time < %d AND seq <= %d AND kind < %d)", tenant, tag, before, seq, kindMarker))
		return nil
	})
	if err != nil || len(conditions) == 0 {
		return classed("delete", err)
	}
	if err := s.server.run(ctx, fmt.Sprintf(`ALTER TABLE %s DELETE WHERE %s`, s.server.table, strings.Join(conditions, " OR ")), nil); err != nil {
		return err
	}
	_, err = s.ledger.pool.Exec(ctx, `update history_expired e set purged = true from unnest($1::bigint[], $2::bigint[], $3::bigint[]) as p (tenant, tag, before)
		where e.tenant = p.tenant and e.tag = p.tag and e.before = p.before`, tenants, tags, befores)
	return classed("delete", err)
}

// recheck compares what was stored lately with the ledger and stores it again
// when ClickHouse lost some.
func (f *filler) recheck(ctx context.Context) error {
	var from uint64
	err := f.conn.QueryRow(ctx, `select coalesce((select max(last) from history_fill where at <= $1), 0)`, f.o.Now().Add(-recent).UnixMicro()).Scan(&from)
	if err != nil {
		return classed("fill", err)
	}
	lost, err := f.compare(ctx, from)
	if err != nil || lost == 0 {
		return err
	}
	f.log.Error("history: ClickHouse lost samples that it had stored; they are stored again from the ledger", "from_batch", lost)
	if err := f.putBack(ctx, lost); err != nil {
		return err
	}
	return f.look(ctx)
}

// compare gives the first batch behind the place that ClickHouse does not have
// as it is in the ledger, or one a little before it; 0 when it has all up to
// filled.
func (s *Store) compare(ctx context.Context, after uint64) (uint64, error) {
	h, err := headOf(ctx, s.ledger.pool, "")
	if err != nil {
		return 0, classed("compare", err)
	}
	after = max(after, h.first-1)
	for after < h.filled {
		got, err := batches(ctx, s.ledger.pool, after, int(min(fillBatches, h.filled-after)), fillBytes)
		if err == nil && len(got) == 0 {
			return 0, nil // gone meanwhile
		}
		if err != nil {
			return 0, classed("compare", err)
		}
		c, err := chunkOf(got)
		if err != nil {
			return 0, err
		}
		and, err := s.leaveOut(c, got)
		if err != nil {
			return 0, err
		}
		if err := s.server.check(ctx, c, and); errors.Is(err, errMissing) {
			return c.first, nil
		} else if err != nil {
			return 0, err
		}
		after = c.last
	}
	return 0, nil
}

// leaveOut takes deleted rows out of the chunk, and gives the condition that
// does so in ClickHouse.
func (s *Store) leaveOut(c *chunk, got []entry) (string, error) {
	s.mu.Lock()
	expired := map[tagKey][]expiry{}
	for one := range c.extents {
		key := tagKey{one.tenant, one.tag}
		if all := s.state.expired[key]; len(all) > 0 {
			expired[key] = all
		}
	}
	s.mu.Unlock()
	var and strings.Builder
	for key, all := range expired {
		for _, e := range all {
			if e.seq >= c.first {
				fmt.Fprintf(&and, " AND NOT (tenant = %d AND tag = %d AND time < %d AND seq <= %d)", key.tenant, key.tag, e.before, e.seq)
			}
		}
	}
	if and.Len() == 0 {
		return "", nil
	}
	c.digest = digest{}
	for _, e := range got {
		one, err := e.decode()
		if err != nil {
			return "", err
		}
		versions(one, func(key series, v version) {
			if !(view{hidden: expired[tagKey{key.tenant, key.tag}]}).hides(v) {
				c.digest.add(key, v)
			}
		})
	}
	return and.String(), nil
}

// Refill lets ClickHouse be filled again with every batch from the given one
// on, after it lost some; 0 is the oldest that the ledger still has, see
// [Options.Keep]. It gives the first batch and returns before they are stored;
// see [Store.Flush]. Rows that are there do no harm.
//
// An empty table is filled when the ledger has every batch that there was, or
// with loss: then the samples of older batches are gone.
func (s *Store) Refill(ctx context.Context, from uint64, loss bool) (uint64, error) {
	if err := s.enter(); err != nil {
		return 0, err
	}
	defer s.leave()
	if err := s.look(ctx); err != nil {
		return 0, err
	}
	s.mu.Lock()
	h := s.state.head
	s.mu.Unlock()
	if from == 0 {
		from = h.first
	}
	s.server.fits.Store(false)
	last, err := s.server.fit(ctx, h.ledger, from == 1 || loss)
	if err != nil {
		return 0, err
	}
	if last+1 < from && !loss {
		return 0, fmt.Errorf("%w: ClickHouse has batches up to %d, and the ledger begins at %d: those between are lost; restore a newer backup of ClickHouse, or go on without them with --accept-loss", history.ErrGone, last, from)
	}
	if loss { // what is missing is not asked for again
		if err := s.server.insert(ctx, appendMarker(nil, h.ledger, from-1)); err != nil {
			return 0, err
		}
	}
	return from, s.putBack(ctx, from)
}

// refillOlder stores again what ClickHouse forgot, if the ledger has all of it.
func (f *filler) refillOlder(ctx context.Context) error {
	h, err := headOf(ctx, f.conn, "")
	if err != nil {
		return classed("fill", err)
	}
	last, err := f.server.fit(ctx, h.ledger, false)
	if err != nil {
		return err
	}
	f.log.Error("history: ClickHouse was put back to an older state; samples are stored again from the ledger", "from_batch", last+1, "to_batch", h.filled)
	if err := f.putBack(ctx, last+1); err != nil {
		return err
	}
	if err := f.look(ctx); err != nil {
		return err
	}
	return f.fit(ctx)
}

// putBack moves filled back before the batch.
func (s *Store) putBack(ctx context.Context, from uint64) error {
	return s.ledger.change(ctx, "refill", func(tx pgx.Tx, h head) error {
		if from < h.first {
			return fmt.Errorf("%w: batch %d is no longer in the ledger, which begins at %d; restore ClickHouse from a backup first", history.ErrGone, from, h.first)
		}
		if from > h.filled {
			return nil
		}
		var b pgx.Batch
		b.Queue(`update history_head set filled = $1, refills = refills + 1, behind = (select coalesce(sum(bytes), 0) from history_batch where seq >= $2)`, from-1, from)
		b.Queue(`delete from history_fill where last >= $1`, from)
		b.Queue(`update history_expired set purged = false where seq >= $1`, from)
		if err := tx.SendBatch(ctx, &b).Close(); err != nil {
			return err
		}
		return s.ledger.tell(ctx, tx)
	})
}

// Flush returns when everything acknowledged before the call is in ClickHouse,
// or why it does not get there.
func (s *Store) Flush() error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	if err := s.look(s.running); err != nil {
		return s.ended(err)
	}
	s.mu.Lock()
	target, failures := s.state.head.seq, s.failures
	s.mu.Unlock()
	late := time.After(answerTime)
	for {
		s.mu.Lock()
		filled, moved, failed, err := s.state.head.filled, s.moved, s.failures > failures, s.fillErr
		s.mu.Unlock()
		if filled >= target {
			err := s.fit(s.running)
			if err == nil || !errors.Is(err, errOlder) {
				return s.ended(err)
			}
		} else if failed && err != nil {
			return err
		}
		select {
		case s.wake <- struct{}{}:
		default:
		}
		select {
		case <-moved:
		case <-late:
			return fmt.Errorf("%w: ClickHouse at %s got no more for %s: another replica fills it; see its log", history.ErrUnavailable, s.server, answerTime)
		case <-s.stop:
			return history.ErrClosed
		}
	}
}

// ended is ErrClosed for what Close cut off.
func (s *Store) ended(err error) error {
	if err != nil && s.running.Err() != nil {
		return history.ErrClosed
	}
	return err
}
