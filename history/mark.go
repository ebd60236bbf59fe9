package history

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/cockroachdb/pebble/v2"

	"zhigai/plant"
)

// Mark is what an owner keeps beside its batches, changed in the same commit:
// how far it has come with handing them over.
type Mark struct {
	Name    string
	Version uint64 // rises by one with every change; 0: there is none
	Value   []byte
}

// AppendMarked makes the batches and the mark durable in one step and returns
// the place of the last batch. m.Version must be the one that is stored: the
// mark then has the next one. ErrConflict says that somebody else moved it;
// nothing is stored then. There may be no batches.
func (s *Store) AppendMarked(ctx context.Context, tenant plant.TenantNo, m Mark, batches ...plant.Batch) (uint64, error) {
	if err := m.Check(); err != nil {
		return 0, err
	}
	r := &request{tenant: tenant, done: make(chan struct{}), mark: &m}
	now := s.now()
	for _, b := range batches {
		if err := r.add(b, now); err != nil {
			return 0, err
		}
		if err := CheckMarked(r.size); err != nil {
			return 0, err
		}
	}
	return s.submit(ctx, r)
}

// Mark gives what AppendMarked stored last under the name; Version is 0 when
// there is nothing.
func (s *Store) Mark(name string) (Mark, error) {
	if err := s.enter(); err != nil {
		return Mark{}, err
	}
	defer s.leave()
	return s.mark(name)
}

func (s *Store) mark(name string) (Mark, error) {
	m := Mark{Name: name}
	raw, closer, err := s.db.Get(append([]byte{spaceMark}, name...))
	if errors.Is(err, pebble.ErrNotFound) {
		return m, nil
	}
	if err != nil {
		return m, fmt.Errorf("history: mark %s: %w", name, err)
	}
	defer closer.Close()
	if len(raw) < 8 {
		return m, fmt.Errorf("%w: mark %s", ErrDamaged, name)
	}
	m.Version, m.Value = binary.BigEndian.Uint64(raw), slices.Clone(raw[8:])
	return m, nil
}

// moveMarks puts the marks of the group into b and gives the requests that
// may be committed; the others have their error.
func (s *Store) moveMarks(b *pebble.Batch, group []*request) ([]*request, error) {
	var moved map[string]uint64 // by this group
	out := group[:0:0]
	for _, r := range group {
		if r.mark == nil {
			out = append(out, r)
			continue
		}
		at, ok := moved[r.mark.Name]
		if !ok {
			stored, err := s.mark(r.mark.Name)
			if err != nil {
				return nil, err
			}
			at = stored.Version
		}
		if at != r.mark.Version {
			r.err = fmt.Errorf("%w: %s is at version %d, not %d", ErrConflict, r.mark.Name, at, r.mark.Version)
			continue
		}
		if moved == nil {
			moved = map[string]uint64{}
		}
		moved[r.mark.Name] = at + 1
		value := append(binary.BigEndian.AppendUint64(make([]byte, 0, 8+len(r.mark.Value)), at+1), r.mark.Value...)
		set(b.Set(append([]byte{spaceMark}, r.mark.Name...), value, nil))
		out = append(out, r)
	}
	return out, nil
}

// newest knows the latest time of each series that came through this process.
type newest map[series]plant.Micros

// pass lists the entries of the batch that may not be the newest of their
// series and remembers the others. What a series had before the process
// started is not known, so its first entry counts as late.
func (n newest) pass(tenant plant.TenantNo, b plant.Batch) []int {
	if n == nil {
		return nil
	}
	var late []int
	see := func(i int, tag plant.TagNo, t plant.Micros) {
		key := series{tenant, tag}
		last, ok := n[key]
		if !ok || t <= last {
			late = append(late, i)
		}
		if !ok || t > last {
			n[key] = t
		}
	}
	for i := range b.Samples {
		see(i, b.Samples[i].Tag, b.Samples[i].Time)
	}
	for i := range b.Texts {
		see(len(b.Samples)+i, b.Texts[i].Tag, b.Texts[i].Time)
	}
	return late
}
