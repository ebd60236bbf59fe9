package clickhouse

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"zhigai/history"
	"zhigai/plant"
)

const (
	// maxQueue is how many callers wait for one commit; more wait in line.
	maxQueue = 1024
	// maxGroup bounds one commit in bytes.
	maxGroup = 4 << 20
)

type request struct {
	tenant plant.TenantNo
	parts  []history.Sequenced
	raws   [][]byte
	size   int
	mark   *history.Mark
	seq    uint64 // of the last part
	err    error
	done   chan struct{}
}

// Append makes the batch durable and returns its place in the sequence, which
// is gapless and one for all replicas. An error means that nothing is
// acknowledged; after ErrUnavailable the batch may be there all the same.
func (s *Store) Append(ctx context.Context, tenant plant.TenantNo, b plant.Batch) (uint64, error) {
	r := &request{tenant: tenant, done: make(chan struct{})}
	if err := s.add(r, b); err != nil {
		return 0, err
	}
	return s.submit(ctx, r)
}

// AppendMarked makes the batches and the mark durable in one step.
func (s *Store) AppendMarked(ctx context.Context, tenant plant.TenantNo, m history.Mark, all ...plant.Batch) (uint64, error) {
	if err := m.Check(); err != nil {
		return 0, err
	}
	r := &request{tenant: tenant, done: make(chan struct{}), mark: &m}
	for _, b := range all {
		if err := s.add(r, b); err != nil {
			return 0, err
		}
		if err := history.CheckMarked(r.size); err != nil {
			return 0, err
		}
	}
	return s.submit(ctx, r)
}

func (s *Store) add(r *request, b plant.Batch) error {
	if err := history.Check(b); err != nil {
		return err
	}
	one := history.Sequenced{Tenant: r.tenant, Recorded: plant.MicrosOf(s.o.Now()), Batch: b}
	if s.o.MarkLate {
		one.Late = make([]int, b.Len())
		for i := range one.Late {
			one.Late[i] = i
		}
	}
	raw := one.Encode(make([]byte, 0, 16+13*len(b.Samples)+32*len(b.Texts)))
	r.parts, r.raws, r.size = append(r.parts, one), append(r.raws, raw), r.size+len(raw)
	return nil
}

func (s *Store) submit(ctx context.Context, r *request) (uint64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if err := s.enter(); err != nil { // Close waits for those inside, so that every request gets its answer
		return 0, err
	}
	defer s.leave()
	select {
	case s.queue <- r:
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	// From here the batch may become durable whatever the context says.
	<-r.done
	return r.seq, r.err
}

// commitLoop joins what waits into one commit.
func (s *Store) commitLoop() {
	for {
		var first *request
		select {
		case first = <-s.queue:
		case <-s.idle: // closed, and nobody waits for an answer
			return
		}
		group, size := []*request{first}, first.size
	more:
		for size < maxGroup {
			select {
			case r := <-s.queue:
				group, size = append(group, r), size+r.size
			default:
				break more
			}
		}
		err := s.commit(group)
		for _, r := range group {
			if r.err == nil {
				r.err = err
			}
			close(r.done)
		}
	}
}

func (s *Store) commit(group []*request) error {
	ctx, cancel := context.WithTimeout(context.Background(), commitTime)
	defer cancel()
	start := s.o.Now()
	var was head
	var kept []*request
	err := s.ledger.change(ctx, "append", func(tx pgx.Tx, h head) (err error) {
		if err := h.safe(); err != nil {
			return err
		}
		if h.behind > s.o.MaxBehind {
			return fmt.Errorf("%w: %d MB of samples in PostgreSQL wait for ClickHouse, %d MB may; see why ClickHouse at %s takes none",
				history.ErrNoSpace, h.behind>>20, s.o.MaxBehind>>20, s.server)
		}
		was = h
		if kept, err = moveMarks(ctx, tx, group); err != nil {
			return err
		}
		return s.ledger.append(ctx, tx, h, kept)
	})
	if err != nil {
		for _, r := range group {
			if errors.Is(r.err, history.ErrConflict) {
				r.err = nil // what it was compared with is not sure either
			}
		}
		return err
	}
	if s.took(was, kept, start) {
		return nil
	}
	// Another process appended before this one; its batches are read first.
	if err := s.look(ctx); err != nil {
		s.log.Warn("history: the ledger was not read after a commit", "err", err) // the watcher goes on trying
	}
	return nil
}

// append writes the batches of the requests and moves the head.
func (l *ledger) append(ctx context.Context, tx pgx.Tx, h head, group []*request) error {
	var seqs, tenants, recorded, sizes []int64
	var raws [][]byte
	seq, total := h.seq, int64(0)
	for _, r := range group {
		for i, p := range r.parts {
			seq++
			r.parts[i].Seq = seq
			seqs, tenants, recorded = append(seqs, int64(seq)), append(tenants, int64(p.Tenant)), append(recorded, int64(p.Recorded))
			sizes, raws = append(sizes, int64(len(r.raws[i]))), append(raws, r.raws[i])
			total += int64(len(r.raws[i]))
		}
		r.seq = seq
	}
	if len(raws) == 0 {
		return nil
	}
	var b pgx.Batch
	b.Queue(`insert into history_batch (seq, tenant, recorded, bytes, raw) select * from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::integer[], $5::bytea[])`,
		seqs, tenants, recorded, sizes, raws)
	b.Queue(`update history_head set seq = $1, behind = behind + $2`, seq, total)
	b.Queue(`select pg_notify($1, $2)`, l.channel(), fmt.Sprint(seq))
	return tx.SendBatch(ctx, &b).Close()
}

// moveMarks moves the marks of the group and gives the requests that may be
// committed; the others have their error.
func moveMarks(ctx context.Context, tx pgx.Tx, group []*request) ([]*request, error) {
	var names []string
	for _, r := range group {
		if r.mark != nil {
			names = append(names, r.mark.Name)
		}
	}
	if len(names) == 0 {
		return group, nil
	}
	at := map[string]uint64{}
	rows, err := tx.Query(ctx, `select name, version from history_mark where name = any($1)`, names)
	if err != nil {
		return nil, err
	}
	var name string
	var version uint64
	if _, err := pgx.ForEachRow(rows, []any{&name, &version}, func() error { at[name] = version; return nil }); err != nil {
		return nil, err
	}
	var b pgx.Batch
	var out []*request
	for _, r := range group {
		if m := r.mark; m != nil {
			if at[m.Name] != m.Version {
				r.err = fmt.Errorf("%w: %s is at version %d, not %d", history.ErrConflict, m.Name, at[m.Name], m.Version)
				continue
			}
			at[m.Name]++
			b.Queue(`insert into history_mark (name, version, value) values ($1, $2, $3)
				on conflict (name) do update set version = excluded.version, value = excluded.value`, m.Name, at[m.Name], append([]byte{}, m.Value...))
		}
		out = append(out, r)
	}
	if b.Len() == 0 {
		return out, nil
	}
	return out, tx.SendBatch(ctx, &b).Close()
}

// Mark gives what AppendMarked stored last under the name.
func (s *Store) Mark(name string) (history.Mark, error) {
	m := history.Mark{Name: name}
	return m, s.quick("read a mark", func(ctx context.Context) error {
		err := s.ledger.pool.QueryRow(ctx, `select version, value from history_mark where name = $1`, name).Scan(&m.Version, &m.Value)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	})
}
