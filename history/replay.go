package history

import (
	"context"
	"fmt"
)

// Replay appends batches of another store as they stand in its log: with their
// places, which must follow on what is here, and the times at which they were
// recorded. By it a copy is brought forward to a later state of the store it
// was taken of. Nobody else may append meanwhile.
func (s *Store) Replay(ctx context.Context, batches ...Sequenced) error {
	for len(batches) > 0 {
		if last := s.LastSeq(); batches[0].Seq != last+1 {
			return fmt.Errorf("%w: batch %d does not follow on %d", ErrConflict, batches[0].Seq, last)
		}
		r := &request{tenant: batches[0].Tenant, done: make(chan struct{})}
		n := 0
		for n < len(batches) && batches[n].Tenant == r.tenant && batches[n].Seq == batches[0].Seq+uint64(n) && r.size < maxGroup {
			if err := r.add(batches[n].Batch, batches[n].Recorded.Time()); err != nil {
				return fmt.Errorf("batch %d: %w", batches[n].Seq, err)
			}
			p := &r.parts[n]
			p.late, p.replayed = batches[n].Late, true
			n++
		}
		if _, err := s.submit(ctx, r); err != nil {
			return err
		}
		batches = batches[n:]
	}
	return nil
}
