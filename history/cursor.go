package history

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
)

// ErrGone means that batches a reader asks for are no longer in the raw log:
// it had no cursor that kept them.
var ErrGone = errors.New("history: batches are no longer in the log")

// Read gives up to limit batches behind the sequence, in order.
func (s *Store) Read(ctx context.Context, afterSeq uint64, limit int) ([]Sequenced, error) {
	if err := s.alive(ctx); err != nil {
		return nil, err
	}
	s.mu.Lock()
	first, last := s.firstRaw, s.lastSeq
	s.mu.Unlock()
	if afterSeq+1 < first {
		return nil, fmt.Errorf("%w: asked for %d, the log begins at %d", ErrGone, afterSeq+1, first)
	}
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: batchKey(afterSeq + 1), UpperBound: batchKey(last + 1)})
	if err != nil {
		return nil, err
	}
	defer it.Close()
	var out []Sequenced
	for ok := it.First(); ok && len(out) < limit; ok = it.Next() {
		one := Sequenced{Seq: binary.BigEndian.Uint64(it.Key()[1:])}
		if one.Tenant, one.Recorded, one.Batch, err = decodeBatch(it.Value()); err != nil {
			return nil, fmt.Errorf("batch %d: %w", one.Seq, err)
		}
		out = append(out, one)
	}
	return out, it.Error()
}

// Wait returns when there is a batch behind the sequence.
func (s *Store) Wait(ctx context.Context, afterSeq uint64) error {
	for {
		s.mu.Lock()
		last, arrived := s.lastSeq, s.arrived
		s.mu.Unlock()
		if last > afterSeq {
			return nil
		}
		select {
		case <-arrived:
		case <-ctx.Done():
			return ctx.Err()
		case <-s.stop:
			return ErrClosed
		}
	}
}

// Cursor is how far the named reader came; 0 when it never saved.
func (s *Store) Cursor(name string) uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cursors[name]
}

// SaveCursor notes that the reader needs nothing up to seq any more. It must
// be called only after what the reader made of those batches is durable.
func (s *Store) SaveCursor(name string, seq uint64) error {
	if err := s.alive(context.Background()); err != nil {
		return err
	}
	// Without fsync: an older cursor after a crash only makes the reader see
	// batches again.
	if err := s.db.Set(append([]byte{spaceCursor}, name...), binary.BigEndian.AppendUint64(nil, seq), pebble.NoSync); err != nil {
		return s.fail(err)
	}
	s.mu.Lock()
	s.cursors[name] = seq
	s.mu.Unlock()
	return nil
}

// DropCursor forgets a reader, so that it no longer keeps the raw log.
func (s *Store) DropCursor(name string) error {
	if err := s.db.Delete(append([]byte{spaceCursor}, name...), pebble.NoSync); err != nil {
		return s.fail(err)
	}
	s.mu.Lock()
	delete(s.cursors, name)
	s.mu.Unlock()
	return nil
}

func (s *Store) loadCursors() error {
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: []byte{spaceCursor}, UpperBound: []byte{spaceCursor + 1}})
	if err != nil {
		return err
	}
	defer it.Close()
	for ok := it.First(); ok; ok = it.Next() {
		if len(it.Value()) != 8 {
			return fmt.Errorf("%w: cursor %q", ErrDamaged, it.Key()[1:])
		}
		s.cursors[string(it.Key()[1:])] = binary.BigEndian.Uint64(it.Value())
	}
	return it.Error()
}
