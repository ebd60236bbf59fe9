package clickhouse

import (
	"context"
	"fmt"

	"zhigai/history"
)

// Stats tells how the store fares: Held is what waits in memory for
// ClickHouse, Backlog the batches that it does not have.
func (s *Store) Stats() history.Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	st, h := s.counters, s.state.head
	st.Held, st.HeldBytes, st.Backlog = s.state.points, int(h.behind), h.seq-h.filled
	st.Engine = s.failures
	return st
}

// Reachable returns why samples cannot be stored or read now, or nil: which
// server is away, and what it means.
func (s *Store) Reachable(ctx context.Context) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	if err := s.look(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	err, behind, batches := s.state.incomplete(), s.state.head.behind, s.state.head.seq-s.state.head.filled
	fill := s.fillErr
	s.mu.Unlock()
	if err != nil {
		return err
	}
	if fill != nil {
		return fmt.Errorf("%w; %d batches (%d MB) wait in PostgreSQL", fill, batches, behind>>20)
	}
	if _, err := s.server.askIn(ctx, "", `SELECT 1`); err != nil {
		return err
	}
	return s.fit(ctx)
}

// Verify reads every batch of the ledger and compares what ClickHouse has of
// it. The error names the first that differs.
func (s *Store) Verify(ctx context.Context) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	if err := s.look(ctx); err != nil {
		return err
	}
	if err := s.fit(ctx); err != nil {
		return err
	}
	lost, err := s.compare(ctx, 0)
	if err != nil {
		return err
	}
	if lost > 0 {
		return fmt.Errorf("%w: ClickHouse at %s does not have what the ledger says from about batch %d on; store it again with: zhigai history refill", history.ErrDamaged, s.server, lost)
	}
	return s.waiting(ctx)
}

// waiting checks the batches that ClickHouse does not have yet.
func (s *Store) waiting(ctx context.Context) error {
	h, err := headOf(ctx, s.ledger.pool, "")
	for after := h.filled; err == nil && after < h.seq; {
		var got []entry
		if got, err = batches(ctx, s.ledger.pool, after, lookLimit, lookBytes); err != nil {
			break
		}
		if err = whole(got, after); err != nil || len(got) == 0 {
			break
		}
		for _, e := range got {
			if _, err := e.decode(); err != nil {
				return err
			}
		}
		after = got[len(got)-1].seq
	}
	return classed("read the ledger", err)
}
