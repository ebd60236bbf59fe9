package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"zhigai/history"
	"zhigai/plant"
)

// lookLimit and lookBytes bound what one statement brings into memory.
const lookLimit, lookBytes = 4096, 8 << 20

// view looks at the ledger and gives what is to be seen of a series in
// [from, to): everything that any replica acknowledged before the call.
func (s *Store) view(ctx context.Context, key series, from, to plant.Micros) (v view, err error) {
	err = s.settled(ctx, func(st *state) { v = st.look(key, from, to) })
	return v, err
}

// settled calls f with a state that has everything acknowledged before the
// call; f must be quick.
func (s *Store) settled(ctx context.Context, f func(*state)) error {
	for {
		seq, err := s.lookUpTo(ctx)
		if err != nil {
			return err
		}
		s.mu.Lock()
		st := &s.state
		err = st.incomplete()
		whole := st.to >= seq && !st.unread // else another look begins anew, and is waited for
		if err == nil && whole {
			f(st)
		}
		s.mu.Unlock()
		if err != nil || whole {
			return err
		}
	}
}

// look brings the state up to what the ledger holds at some moment after the
// call. Those who ask at the same time share one look.
func (s *Store) look(ctx context.Context) error {
	_, err := s.lookUpTo(ctx)
	return err
}

// lookUpTo is look, and gives the last batch that the ledger had. A caller that
// gives up leaves its look to the others.
func (s *Store) lookUpTo(ctx context.Context) (uint64, error) {
	mine := s.asked.Add(1)
	select {
	case s.looking <- struct{}{}:
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	if s.served >= mine {
		defer func() { <-s.looking }()
		return s.seen, s.lookErr
	}
	var seq uint64
	var err error
	ready := make(chan struct{})
	s.done.Go(func() {
		s.lookForAll()
		seq, err = s.seen, s.lookErr
		<-s.looking
		close(ready)
	})
	select {
	case <-ready:
		return seq, err
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// lookForAll answers everybody who asked before it began. The caller has the
// slot.
func (s *Store) lookForAll() {
	ctx, cancel := context.WithTimeout(context.Background(), lookTime)
	defer cancel()
	upTo := s.asked.Load()
	seq, err := s.lookNow(ctx)
	for range 3 { // batches went while they were looked for
		if !errors.Is(err, history.ErrGone) {
			break
		}
		s.mu.Lock()
		s.state.begin(s.state.head.filled)
		s.mu.Unlock()
		seq, err = s.lookNow(ctx)
	}
	s.served, s.seen, s.lookErr = upTo, seq, classed("look at the ledger", err)
}

// lookNow gives the last batch that the ledger has.
func (s *Store) lookNow(ctx context.Context) (uint64, error) {
	h, err := headOf(ctx, s.ledger.pool, "")
	if err != nil {
		return 0, err
	}
	s.mu.Lock()
	changed := h.expiry != s.state.head.expiry
	s.mu.Unlock()
	var expired map[tagKey][]expiry
	if changed {
		if expired, err = readExpired(ctx, s.ledger.pool); err != nil {
			return 0, err
		}
	}
	s.mu.Lock()
	after, unread := s.follow(h, expired), s.state.unread
	s.mu.Unlock()
	if unread {
		extents, err := readExtents(ctx, s.ledger.pool) // of filled or later
		if err != nil {
			return 0, err
		}
		s.mu.Lock()
		s.state.extents, s.state.unread = extents, false
		s.mu.Unlock()
	}
	for after < h.seq {
		got, err := batches(ctx, s.ledger.pool, after, lookLimit, lookBytes)
		if err == nil {
			err = whole(got, after)
		}
		if err == nil && len(got) == 0 {
			err = fmt.Errorf("%w: asked for %d", history.ErrGone, after+1)
		}
		if err != nil {
			return 0, err
		}
		if after, err = s.hold(got); err != nil {
			return 0, err
		}
	}
	return h.seq, nil
}

// follow takes over what the head says and gives the place behind which
// batches are missing. s.mu is held.
func (s *Store) follow(h head, expired map[tagKey][]expiry) (after uint64) {
	st := &s.state
	if st.head.ledger != "" && h.refills != st.head.refills {
		st.begin(h.filled)
	}
	moved, arrived := h.filled != st.head.filled, h.seq > st.head.seq
	if h.seq < st.head.seq { // a commit of ours was heard of first
		h.seq, h.behind = st.head.seq, st.head.behind
	}
	st.head = h
	if expired != nil {
		st.expired = expired
	}
	switch far := h.behind > s.o.MaxHeld; {
	case far:
		if !st.tooFar {
			st.tooFar = true
			st.begin(h.seq)
		}
		st.from, st.to = h.seq, h.seq
	case st.tooFar, h.filled > st.to:
		st.tooFar = false
		st.begin(h.filled)
	default:
		st.trim(h.filled)
	}
	if moved {
		close(s.moved)
		s.moved = make(chan struct{})
	}
	if arrived {
		close(s.arrived)
		s.arrived = make(chan struct{})
	}
	return st.to
}

// hold takes batches that were read from the ledger, and gives the last one.
func (s *Store) hold(got []entry) (last uint64, err error) {
	for _, e := range got {
		one, err := e.decode()
		if err != nil {
			return 0, err
		}
		s.mu.Lock()
		if one.Seq == s.state.to+1 {
			s.state.hold(one)
		}
		s.mu.Unlock()
	}
	return got[len(got)-1].seq, nil
}

// took makes a commit of our own visible, if what came before it is; else it
// returns false.
func (s *Store) took(was head, group []*request, start time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &s.counters
	c.Commits++
	c.LastSync = s.o.Now().Sub(start)
	last, bytes := was.seq, int64(0)
	for _, r := range group {
		for i, p := range r.parts {
			c.Samples += uint64(p.Batch.Len())
			bytes += int64(len(r.raws[i]))
			last++
		}
		c.Batches += uint64(len(r.parts))
	}
	st := &s.state
	if last == was.seq {
		return true
	}
	if st.tooFar || st.to != was.seq || st.head.seq != was.seq {
		return false
	}
	for _, r := range group {
		for _, p := range r.parts {
			st.hold(p)
		}
	}
	st.head.seq, st.head.behind = last, st.head.behind+bytes
	close(s.arrived)
	s.arrived = make(chan struct{})
	return true
}

func readExpired(ctx context.Context, q queryer) (map[tagKey][]expiry, error) {
	rows, err := q.Query(ctx, `select tenant, tag, before, seq from history_expired order by tenant, tag, before`)
	if err != nil {
		return nil, err
	}
	out := map[tagKey][]expiry{}
	var tenant, tag uint32
	var before int64
	var seq uint64
	_, err = pgx.ForEachRow(rows, []any{&tenant, &tag, &before, &seq}, func() error {
		key := tagKey{plant.TenantNo(tenant), plant.TagNo(tag)}
		out[key] = append(out[key], expiry{plant.Micros(before), seq})
		return nil
	})
	return out, err
}

func readExtents(ctx context.Context, q queryer) (map[series]extent, error) {
	rows, err := q.Query(ctx, `select tenant, tag, kind, first_time, last_time from history_series`)
	if err != nil {
		return nil, err
	}
	out := map[series]extent{}
	var tenant, tag uint32
	var kind, first, last int64
	_, err = pgx.ForEachRow(rows, []any{&tenant, &tag, &kind, &first, &last}, func() error {
		out[series{plant.TenantNo(tenant), plant.TagNo(tag), uint8(kind)}] = extent{plant.Micros(first), plant.Micros(last)}
		return nil
	})
	return out, err
}

const (
	// silence bounds how long word of another process may be missed: a
	// connection that died unnoticed tells nothing.
	silence = 10 * time.Second
	// Between two tries to reach a server that is away.
	firstPause, longestPause = 100 * time.Millisecond, 5 * time.Second
)

// watch follows what other processes append until ctx ends, over a connection
// of its own that it makes again when it is lost.
func (s *Store) watch(ctx context.Context) {
	pause := firstPause
	for ctx.Err() == nil {
		heard, err := s.listen(ctx)
		if err != nil && ctx.Err() == nil {
			s.log.Warn("history: does not hear of other replicas; will try again", "err", err)
		}
		if heard {
			pause = firstPause
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
		pause = min(2*pause, longestPause)
	}
}

// listen returns whether it was in touch, and the error that ended it.
func (s *Store) listen(ctx context.Context) (heard bool, err error) {
	conn, err := pgx.ConnectConfig(ctx, s.ledger.config.Copy())
	if err != nil {
		return false, err
	}
	defer hangUp(conn)
	if _, err := conn.Exec(ctx, `listen `+s.ledger.channel()); err != nil {
		return false, err
	}
	for {
		// Whatever was told before, or while nobody listened, is read here.
		if err := s.look(ctx); err != nil {
			return heard, err
		}
		heard = true
		if err := s.hear(ctx, conn); err != nil {
			return heard, err
		}
	}
}

// hear returns when something was told that is not known yet, and after a
// while of silence.
func (s *Store) hear(ctx context.Context, conn *pgx.Conn) error {
	some, cancel := context.WithTimeout(ctx, silence)
	defer cancel()
	for {
		n, err := conn.WaitForNotification(some)
		if err != nil {
			if ctx.Err() == nil && pgconn.Timeout(err) && !conn.IsClosed() {
				return nil
			}
			return err
		}
		if seq, err := strconv.ParseUint(n.Payload, 10, 63); err != nil || seq > s.LastSeq() { // else our own commit
			return nil
		}
	}
}

// hangUp says goodbye to a server that may be away: not for long.
func hangUp(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = conn.Close(ctx) // nothing is lost with it
}
