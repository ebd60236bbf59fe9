package history

import (
	"context"
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
	batch  plant.Batch
	raw    []byte
	seq    uint64
	err    error
	done   chan struct{}
}

// Append makes the batch durable and returns its place in the sequence. Calls
// that come together share one fsync. An error means that nothing of the batch
// is acknowledged; after [ErrFailed] the store takes no more.
//
// The batch must not be changed until Append returns.
func (s *Store) Append(ctx context.Context, tenant plant.TenantNo, b plant.Batch) (uint64, error) {
	if err := check(b); err != nil {
		return 0, err
	}
	if err := s.alive(ctx); err != nil {
		return 0, err
	}
	raw := make([]byte, 0, 16+12*len(b.Samples)+32*len(b.Texts))
	r := &request{
		tenant: tenant, batch: b, done: make(chan struct{}),
		raw: appendBatch(raw, tenant, plant.MicrosOf(s.now()), b),
	}
	if err := s.enqueue(ctx, r); err != nil {
		return 0, err
	}
	// From here the batch may become durable whatever the context says, so the
	// answer is waited for: a caller must not send again what was kept.
	<-r.done
	return r.seq, r.err
}

func (s *Store) enqueue(ctx context.Context, r *request) error {
	s.entering.RLock() // Close waits for those inside, so that every request gets its answer
	defer s.entering.RUnlock()
	if s.closed.Load() {
		return ErrClosed
	}
	select {
	case s.queue <- r:
		return nil
	case <-ctx.Done():
		return ctx.Err()
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
		case <-s.stop:
			s.refuseQueue()
			return
		}
		group := s.gather(first)
		s.waitForRoom()
		err := s.commit(group)
		for _, r := range group {
			r.err = err
			close(r.done)
		}
	}
}

// refuseQueue answers those that came too late.
func (s *Store) refuseQueue() {
	for {
		select {
		case r := <-s.queue:
			r.err = ErrClosed
			close(r.done)
		default:
			return
		}
	}
}

func (s *Store) gather(first *request) []*request {
	group, size := []*request{first}, len(first.raw)
	for size < maxGroup {
		select {
		case r := <-s.queue:
			group, size = append(group, r), size+len(r.raw)
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
	for s.held >= blockSamples && !s.closed.Load() && s.Failed() == nil {
		s.room.Wait()
	}
	s.mu.Unlock()
}

func (s *Store) commit(group []*request) error {
	if err := s.Failed(); err != nil {
		return err
	}
	b := s.db.NewBatch()
	defer b.Close()
	seq := s.LastSeq()
	for _, r := range group {
		seq++
		r.seq = seq
		if err := b.Set(batchKey(seq), r.raw, nil); err != nil {
			return s.fail(err)
		}
	}
	start := time.Now()
	if err := b.Commit(pebble.Sync); err != nil {
		return s.fail(err)
	}
	took := time.Since(start)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range group {
		s.hold(r.seq, r.tenant, r.batch)
		s.counters.Samples += uint64(r.batch.Len())
	}
	s.counters.Batches += uint64(len(group))
	s.counters.Commits++
	s.counters.LastSync = took
	s.lastSeq = seq
	close(s.arrived)
	s.arrived = make(chan struct{})
	if s.held >= flushSamples {
		select {
		case s.wake <- struct{}{}:
		default:
		}
	}
	return nil
}
