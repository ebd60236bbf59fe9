package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"zhigai/history"
)

// One insert takes that many batches and bytes of them.
const fillBatches, fillBytes = 4096, 8 << 20

// keepAlive is how often a filler without work looks whether it still has its
// turn; upkeep how often what is old goes.
const (
	keepAlive  = 10 * time.Second
	mostUpkeep = time.Hour
)

// fillLoop keeps ClickHouse filled, in turn with the other processes: one that
// cannot lets another try.
func (s *Store) fillLoop(ctx context.Context) {
	pause := firstPause
	for ctx.Err() == nil {
		filled, err := s.fillInTurn(ctx)
		if ctx.Err() != nil {
			return
		}
		if filled {
			pause = firstPause
		}
		s.noteFill(err)
		select {
		case <-ctx.Done():
		case <-s.wake:
		case <-time.After(pause):
		}
		pause = min(2*pause, longestPause)
	}
}

// noteFill remembers why ClickHouse does not get more, and says it once.
func (s *Store) noteFill(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		if s.fillErr != nil {
			s.log.Info("history: ClickHouse takes samples again")
		}
		s.fillErr = nil
		return
	}
	if s.fillErr == nil || s.fillErr.Error() != err.Error() {
		s.log.Error("history: ClickHouse is not filled; samples wait in the ledger", "err", err)
	}
	s.fillErr = err
	s.failures++
	close(s.moved)
	s.moved = make(chan struct{})
}

// filler has the turn to fill: its connection holds the lock, and what it
// notes goes over the same connection, so that without the lock nothing is
// noted.
type filler struct {
	*Store
	conn   *pgx.Conn
	upkeep time.Time // when it is due
}

// fillInTurn fills until something fails. It returns false and no error while
// another process has the turn.
func (s *Store) fillInTurn(ctx context.Context) (filled bool, err error) {
	conn, err := pgx.ConnectConfig(ctx, s.ledger.config.Copy())
	if err != nil {
		return false, classed("fill", err)
	}
	defer hangUp(conn)
	var mine bool
	if err := conn.QueryRow(ctx, `select pg_try_advisory_lock($1, $2)`, lockFill, int32(s.ledger.schema)).Scan(&mine); err != nil || !mine {
		return false, classed("fill", err)
	}
	f := &filler{Store: s, conn: conn}
	if err := f.begin(ctx); err != nil {
		return false, err
	}
	for {
		n, err := f.next(ctx)
		if err != nil {
			return filled, err
		}
		s.noteFill(nil)
		filled = true
		if err := f.keep(ctx); err != nil {
			return filled, err
		}
		if err := f.rest(ctx, n); err != nil {
			return filled, err
		}
	}
}

// begin makes sure of the table, and of what was stored last: a server that
// lost power may have forgotten it.
func (f *filler) begin(ctx context.Context) error {
	if err := f.look(ctx); err != nil {
		return err
	}
	f.server.fits.Store(false)
	switch err := f.fit(ctx); {
	case errors.Is(err, errOlder):
		if err := f.refillOlder(ctx); err != nil {
			return err
		}
	case err != nil:
		return err
	}
	return f.recheck(ctx)
}

// rest waits until there is work: at once when there is a whole insert, else
// after the batches have had time to gather.
func (f *filler) rest(ctx context.Context, n int) error {
	if n >= fillBatches {
		return nil
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-f.wake:
		return nil
	case <-time.After(f.o.FillEvery):
	}
	for {
		f.mu.Lock()
		arrived, work := f.arrived, f.state.head.seq > f.state.head.filled
		f.mu.Unlock()
		if work {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-f.wake:
			return nil
		case <-arrived:
		case <-time.After(min(keepAlive, f.upkeepEvery())):
			if err := f.conn.Ping(ctx); err != nil {
				return classed("fill", err)
			}
			return nil // upkeep may be due
		}
	}
}

// next stores the next batches, reads them back and notes it. It returns how
// many there were.
func (f *filler) next(ctx context.Context) (int, error) {
	h, err := headOf(ctx, f.conn, "")
	if err != nil {
		return 0, classed("fill", err)
	}
	if h.filled >= h.seq {
		return 0, nil
	}
	if err := f.fit(ctx); err != nil {
		return 0, err
	}
	got, err := batches(ctx, f.conn, h.filled, fillBatches, fillBytes)
	if err == nil {
		err = whole(got, h.filled)
	}
	if err != nil {
		return 0, classed("fill", err)
	}
	if len(got) == 0 {
		return 0, nil
	}
	c, err := chunkOf(got)
	if err != nil {
		return 0, err
	}
	c.rows = appendMarker(c.rows, h.ledger, c.last)
	if err := f.server.store(ctx, c); err != nil {
		return 0, err
	}
	return len(got), f.note(ctx, h, c)
}

// note moves filled on.
func (f *filler) note(ctx context.Context, was head, c *chunk) error {
	err := classed("note what ClickHouse has", pgx.BeginFunc(ctx, f.conn, locked(ctx, func(tx pgx.Tx, h head) error {
		if h.filled != was.filled || h.refills != was.refills {
			return nil // put back meanwhile: what was stored is stored again
		}
		var b pgx.Batch
		b.Queue(`update history_head set filled = $1, behind = behind - $2`, c.last, c.bytes)
		b.Queue(`insert into history_fill (last, at) values ($1, $2) on conflict (last) do update set at = excluded.at`, c.last, f.o.Now().UnixMicro())
		var tenants, tags, kinds, first, last []int64
		for key, e := range c.extents {
			tenants, tags, kinds = append(tenants, int64(key.tenant)), append(tags, int64(key.tag)), append(kinds, int64(key.kind))
			first, last = append(first, int64(e.first)), append(last, int64(e.last))
		}
		b.Queue(`insert into history_series as s (tenant, tag, kind, first_time, last_time)
			select * from unnest($1::bigint[], $2::bigint[], $3::smallint[], $4::bigint[], $5::bigint[])
			on conflict (tenant, tag, kind) do update set first_time = least(s.first_time, excluded.first_time), last_time = greatest(s.last_time, excluded.last_time)`,
			tenants, tags, kinds, first, last)
		if err := tx.SendBatch(ctx, &b).Close(); err != nil {
			return err
		}
		return f.ledger.tell(ctx, tx)
	})))
	if err != nil {
		return err
	}
	return f.look(ctx)
}

// chunk is a run of batches as rows.
type chunk struct {
	first, last uint64
	bytes       int64 // in the ledger
	rows        []byte
	digest      digest
	times       []int64
	extents     map[series]extent
}

func chunkOf(got []entry) (*chunk, error) {
	c := &chunk{first: got[0].seq, last: got[len(got)-1].seq, extents: map[series]extent{}}
	for _, e := range got {
		one, err := e.decode()
		if err != nil {
			return nil, err
		}
		c.bytes += int64(len(e.raw))
		versions(one, func(key series, v version) {
			c.rows = appendRow(c.rows, row{key, v})
			c.digest.add(key, v)
			c.times = append(c.times, int64(v.at))
			extend(c.extents, key, v.at, v.at)
		})
	}
	return c, nil
}

// where finds the rows of the chunk: the sequence says which, the rest where
// to look.
func (c *chunk) where() string {
	var tenants, tags []int64
	for key := range c.extents {
		tenants, tags = append(tenants, int64(key.tenant)), append(tags, int64(key.tag))
	}
	return fmt.Sprintf("PREWHERE seq >= %d AND seq <= %d WHERE kind < %d AND (%s) AND (%s) AND (%s)", c.first, c.last, kindMarker,
		within("tenant", tenants), within("tag", tags), within("time", c.times))
}

// maxRanges bounds the parts of a condition.
const maxRanges = 64

// within is a condition that holds for the values and for few others: at most
// maxRanges ranges, cut where the gaps are largest.
func within(column string, values []int64) string {
	values = slices.Compact(slices.Sorted(slices.Values(values)))
	cuts := make([]int, 0, len(values)) // places that begin a range
	for i := 1; i < len(values); i++ {
		cuts = append(cuts, i)
	}
	if len(cuts) >= maxRanges {
		gap := func(i int) uint64 { return uint64(values[i]) - uint64(values[i-1]) }
		slices.SortFunc(cuts, func(a, b int) int {
			if gap(a) > gap(b) {
				return -1
			}
			return 1
		})
		cuts = cuts[:maxRanges-1]
		slices.Sort(cuts)
	}
	out, first := "", 0
	for _, end := range append(cuts, len(values)) {
		if out != "" {
			out += " OR "
		}
		out += fmt.Sprintf("%s >= %d AND %s <= %d", column, values[first], column, values[end-1])
		first = end
	}
	return out
}

// store makes ClickHouse have the rows of the chunk: it stores them and reads
// them back. Rows that were there before, of a try that was cut off, do no
// harm.
func (s *server) store(ctx context.Context, c *chunk) error {
	if err := s.insert(ctx, c.rows); err != nil {
		return err
	}
	return s.check(ctx, c, "")
}

// errMissing says that ClickHouse does not have what was stored there.
var errMissing = errors.New("rows are missing")

// check compares what ClickHouse has of the chunk with what it should have;
// and is one more condition.
func (s *server) check(ctx context.Context, c *chunk, and string) error {
	got, err := s.ask(ctx, fmt.Sprintf(`SELECT count(), sum(h) FROM (SELECT DISTINCT tenant, tag, kind, time, seq, entry, %s AS h FROM %s %s%s)`, sumSQL, s.table, c.where(), and))
	if err != nil {
		return err
	}
	if want := [][]string{{fmt.Sprint(c.digest.rows), fmt.Sprint(c.digest.sum)}}; !slices.EqualFunc(got, want, slices.Equal[[]string]) {
		return fmt.Errorf("%w: ClickHouse at %s: of batches %d to %d it has rows %v, the ledger %v (count and sum): %w", history.ErrUnavailable, s, c.first, c.last, got, want, errMissing)
	}
	return nil
}
