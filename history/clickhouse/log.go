package clickhouse

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"zhigai/history"
	"zhigai/plant"
)

// Read gives up to limit batches behind the sequence, in order; fewer when
// they are large.
func (s *Store) Read(ctx context.Context, afterSeq uint64, limit int) ([]history.Sequenced, error) {
	got, err := s.read(ctx, afterSeq, limit)
	if err != nil || len(got) == 0 {
		return nil, err
	}
	out := make([]history.Sequenced, len(got))
	for i, e := range got {
		if out[i], err = e.decode(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// ReadEncoded is Read for who hands batches on without looking into them.
func (s *Store) ReadEncoded(ctx context.Context, afterSeq uint64, limit int) ([]history.Encoded, error) {
	got, err := s.read(ctx, afterSeq, limit)
	if err != nil || len(got) == 0 {
		return nil, err
	}
	out := make([]history.Encoded, len(got))
	for i, e := range got {
		out[i] = history.Encoded{Seq: e.seq, Tenant: plant.TenantNo(e.tenant), Recorded: plant.Micros(e.recorded), Raw: e.raw}
	}
	return out, nil
}

func (s *Store) read(ctx context.Context, after uint64, limit int) ([]entry, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := s.enter(); err != nil {
		return nil, err
	}
	defer s.leave()
	got, err := batches(ctx, s.ledger.pool, after, limit, lookBytes)
	if err == nil {
		err = whole(got, after)
	}
	if err != nil || len(got) > 0 {
		return got, classed("read batches", err)
	}
	h, err := headOf(ctx, s.ledger.pool, "") // none left, or none yet?
	if err == nil && after+1 < h.first {
		err = fmt.Errorf("%w: asked for %d, the log begins at %d", history.ErrGone, after+1, h.first)
	}
	return nil, classed("read batches", err)
}

// Wait returns when there is a batch behind the sequence, of any replica.
func (s *Store) Wait(ctx context.Context, afterSeq uint64) error {
	for {
		s.mu.Lock()
		last, arrived := s.state.head.seq, s.arrived
		s.mu.Unlock()
		select {
		case <-s.stop:
			return history.ErrClosed
		default:
		}
		if last > afterSeq {
			return nil
		}
		select {
		case <-arrived:
		case <-ctx.Done():
			return ctx.Err()
		case <-s.stop:
			return history.ErrClosed
		}
	}
}

// LastSeq is the sequence of the newest acknowledged batch that this replica
// has heard of: of its own at once, of others within moments.
func (s *Store) LastSeq() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.head.seq
}

// Bounds gives the oldest batch that Read can still give and the newest one;
// first is last+1 when there is none.
func (s *Store) Bounds() (first, last uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.head.first, s.state.head.seq
}

// quick runs what takes no context.
func (s *Store) quick(what string, f func(ctx context.Context) error) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	ctx, cancel := context.WithTimeout(context.Background(), lookTime)
	defer cancel()
	return classed(what, f(ctx))
}

// Cursor is how far the named reader came; 0 when it never saved, and while
// PostgreSQL is away: the reader then sees batches again.
func (s *Store) Cursor(name string) uint64 { return s.Cursors()[name] }

// Cursors lists the saved cursors.
func (s *Store) Cursors() map[string]uint64 {
	out := map[string]uint64{}
	err := s.quick("read cursors", func(ctx context.Context) error {
		rows, err := s.ledger.pool.Query(ctx, `select name, seq from history_cursor`)
		if err != nil {
			return err
		}
		var name string
		var seq uint64
		_, err = pgx.ForEachRow(rows, []any{&name, &seq}, func() error { out[name] = seq; return nil })
		return err
	})
	if err != nil {
		s.log.Warn("history: cursors cannot be read", "err", err)
	}
	return out
}

// SaveCursor notes that the reader needs nothing up to seq any more, and that
// what comes after is kept for it.
func (s *Store) SaveCursor(name string, seq uint64) error {
	if err := history.CheckCursor(name, min(seq, s.LastSeq()), s.LastSeq()); err != nil {
		return err
	}
	return s.quick("save a cursor", func(ctx context.Context) error {
		if seq > s.LastSeq() { // a batch of another replica, or none?
			if err := s.look(ctx); err != nil {
				return err
			}
			if err := history.CheckCursor(name, seq, s.LastSeq()); err != nil {
				return err
			}
		}
		_, err := s.ledger.pool.Exec(ctx, `insert into history_cursor (name, seq) values ($1, $2) on conflict (name) do update set seq = excluded.seq`, name, int64(seq))
		return err
	})
}

// DropCursor forgets a reader, so that it no longer keeps batches.
func (s *Store) DropCursor(name string) error {
	return s.quick("drop a cursor", func(ctx context.Context) error {
		_, err := s.ledger.pool.Exec(ctx, `delete from history_cursor where name = $1`, name)
		return err
	})
}

// DeleteBefore deletes every sample and text of the tag with a time before t
// and tells how many went. They are gone at once for every replica; ClickHouse
// is told to delete them later.
func (s *Store) DeleteBefore(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, t plant.Micros) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if err := s.enter(); err != nil {
		return 0, err
	}
	defer s.leave()
	from, to := history.Bounded(0, t)
	if from >= to {
		return 0, nil
	}
	n, seq := 0, uint64(0)
	for _, kind := range [2]uint8{kindNumber, kindText} {
		v, err := s.view(ctx, series{tenant, tag, kind}, from, to)
		if err != nil {
			return 0, err
		}
		if kind == kindNumber {
			seq = v.to
		}
		last := plant.Micros(-1)
		err = s.see(ctx, v, from, to, func(one version) bool {
			if one.at != last && one.seq <= seq {
				n, last = n+1, one.at
			}
			return true
		})
		if err != nil {
			return 0, err
		}
	}
	if n == 0 {
		return 0, nil
	}
	err := s.ledger.change(ctx, "delete", func(tx pgx.Tx, _ head) error {
		var b pgx.Batch
		b.Queue(`delete from history_expired where tenant = $1 and tag = $2 and before <= $3 and seq <= $4`, int64(tenant), int64(tag), int64(to), int64(seq))
		b.Queue(`insert into history_expired (tenant, tag, before, seq, purged) values ($1, $2, $3, $4, false)
			on conflict (tenant, tag, before) do update set seq = greatest(history_expired.seq, excluded.seq), purged = false`, int64(tenant), int64(tag), int64(to), int64(seq))
		b.Queue(`update history_head set expiry = expiry + 1`)
		if err := tx.SendBatch(ctx, &b).Close(); err != nil {
			return err
		}
		return s.ledger.tell(ctx, tx)
	})
	return n, err
}
