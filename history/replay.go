package history

import (
	"context"
	"fmt"

	"zhigai/plant"
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
			if err := r.addReplayed(batches[n]); err != nil {
				return fmt.Errorf("batch %d: %w", batches[n].Seq, err)
			}
			n++
		}
		if _, err := s.submit(ctx, r); err != nil {
			return err
		}
		batches = batches[n:]
	}
	return nil
}

// addReplayed is add for a batch of another log. An empty one keeps the place
// of a batch that was lost.
func (r *request) addReplayed(b Sequenced) error {
	if b.Batch.Len() == 0 {
		raw := appendBatch(nil, r.tenant, b.Recorded, plant.Batch{})
		r.parts, r.size = append(r.parts, part{raw: raw}), r.size+len(raw)
	} else if err := r.add(b.Batch, b.Recorded.Time()); err != nil {
		return err
	}
	p := &r.parts[len(r.parts)-1]
	p.late, p.replayed = b.Late, true
	return nil
}
