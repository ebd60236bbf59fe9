package history

import (
	"context"
	"errors"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"zhigai/plant"
)

const (
	// maxQueue is how many callers wait for one commit; more wait in line.
	maxQueue = 1024
	// maxGroup bounds one commit in bytes, so that its memory stays small.
	maxGroup = 4 << 20
)

type request struct {
	tenant plant.TenantNo
	parts  []part
	size   int // of the raw batches
	mark   *Mark
	seq    uint64 // of the last part
	err    error
	done   chan struct{}
}

type part struct {
	batch    plant.Batch
	raw      []byte
	late     []int
	replayed bool // late is known
}

// Append makes the batch durable and returns its place in the sequence. Calls
// that come together share one fsync. An error means that nothing of the batch
// is acknowledged; after [ErrFailed] the store takes no more.
//
// The batch must not be changed until Append returns.
func (s *Store) Append(ctx context.Context, tenant plant.TenantNo, b plant.Batch) (uint64, error) {
	r := &request{tenant: tenant, done: make(chan struct{})}
	if err := r.add(b, s.now()); err != nil {
		return 0, err
	}
	return s.submit(ctx, r)
}

// add puts a batch into the request.
func (r *request) add(b plant.Batch, recorded time.Time) error {
	if err := Check(b); err != nil {
		return err
	}
	raw := make([]byte, 0, 16+12*len(b.Samples)+32*len(b.Texts))
	raw = appendBatch(raw, r.tenant, plant.MicrosOf(recorded), b)
	r.parts = append(r.parts, part{batch: b, raw: raw})
	r.size += len(raw)
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
	if s.still {
		return 0, ErrReadOnly
	}
	select {
	case s.queue <- r:
	case <-ctx.Done():
		return 0, ctx.Err()
	case <-s.broken:
		return 0, s.Failed()
	}
	// From here the batch may become durable whatever the context says, so the
	// answer is waited for: a caller must not send again what was kept.
	select {
	case <-r.done:
		return r.seq, r.err
	case <-s.broken: // whether the batch is on the disk is not known
		return 0, s.Failed()
	}
}

// commitLoop is the only one that gives sequences: it joins what waits into
// one commit, and makes it visible in that order.
func (s *Store) commitLoop() {
	defer s.done.Done()
	for {
		var first *request
		select {
		case first = <-s.queue:
		case <-s.idle: // closed, and nobody waits for an answer
			return
		}
		group := s.gather(first)
		s.waitForRoom()
		err := s.commit(group)
		for _, r := range group {
			if r.err == nil {
				r.err = err
			}
			close(r.done)
		}
	}
}

func (s *Store) gather(first *request) []*request {
	group, size := []*request{first}, first.size
	for size < maxGroup {
		select {
		case r := <-s.queue:
			group, size = append(group, r), size+r.size
		default:
			return group
		}
	}
	return group
}

// waitForRoom holds commits back while the chunk writer is far behind: memory
// is bounded and the sources feel it.
func (s *Store) waitForRoom() {
	s.mu.Lock()
	for s.holds(blockAt*s.waits) && s.Failed() == nil {
		select {
		case <-s.stop:
			s.mu.Unlock()
			return
		default:
			s.room.Wait()
		}
	}
	s.mu.Unlock()
}

func (s *Store) commit(group []*request) error {
	if err := s.checkSpace(s.minFree); err != nil {
		return err
	}
	b := s.db.NewBatch()
	seq := s.LastSeq()
	group, err := s.moveMarks(b, group)
	if err != nil {
		return errors.Join(err, b.Close())
	}
	if len(group) == 0 {
		return b.Close()
	}
	for _, r := range group {
		for _, p := range r.parts {
			seq++
			late := s.newest.pass(r.tenant, p.batch)
			if p.replayed {
				late = p.late
			}
			set(b.Set(batchKey(seq), appendLate(p.raw, late), nil))
		}
		r.seq = seq
	}
	start := s.now()
	if err := s.write(b, pebble.Sync); err != nil {
		return err
	}
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range group {
		for i, p := range r.parts {
			s.hold(r.seq-uint64(len(r.parts)-1-i), r.tenant, p.batch, now, nil)
			s.counters.Samples += uint64(p.batch.Len())
		}
		s.counters.Batches += uint64(len(r.parts))
	}
	s.counters.Commits++
	s.counters.LastSync = now.Sub(start)
	s.lastSeq = seq
	close(s.arrived)
	s.arrived = make(chan struct{})
	if s.crowded() {
		select {
		case s.wake <- struct{}{}:
		default:
		}
	}
	return nil
}
