package history

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"zhigai/plant"
)

// ErrGone means that batches a reader asks for are no longer in the raw log:
// it had no cursor that kept them.
var ErrGone = errors.New("history: batches are no longer in the log")

// maxReadBytes bounds what one Read brings into memory; a single batch may be
// larger.
const maxReadBytes = 8 << 20

// Read gives up to limit batches behind the sequence, in order; fewer when
// they are large. The reader's cursor keeps them: see SaveCursor.
func (s *Store) Read(ctx context.Context, afterSeq uint64, limit int) (out []Sequenced, err error) {
	err = s.eachRaw(ctx, afterSeq, limit, func(seq uint64, raw []byte) error {
		one, err := DecodeBatch(raw)
		if err != nil {
			return fmt.Errorf("batch %d: %w", seq, err)
		}
		one.Seq = seq
		out = append(out, one)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Encoded is a batch as [Sequenced.Encode] writes it.
type Encoded struct {
	Seq      uint64
	Tenant   plant.TenantNo
	Recorded plant.Micros
	Raw      []byte
}

// ReadEncoded is Read for who hands batches on without looking into them.
func (s *Store) ReadEncoded(ctx context.Context, afterSeq uint64, limit int) (out []Encoded, err error) {
	err = s.eachRaw(ctx, afterSeq, limit, func(seq uint64, raw []byte) error {
		head, _, err := batchHead(raw)
		if err != nil {
			return fmt.Errorf("batch %d: %w", seq, err)
		}
		out = append(out, Encoded{Seq: seq, Tenant: head.Tenant, Recorded: head.Recorded, Raw: bytes.Clone(raw)})
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// eachRaw goes through batches of the log; what f gets is not kept.
func (s *Store) eachRaw(ctx context.Context, afterSeq uint64, limit int, f func(seq uint64, raw []byte) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	s.mu.Lock()
	first, last := s.firstRaw, s.lastSeq
	s.mu.Unlock()
	if afterSeq >= last {
		return nil
	}
	if afterSeq+1 < first {
		return fmt.Errorf("%w: asked for %d, the log begins at %d", ErrGone, afterSeq+1, first)
	}
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: batchKey(afterSeq + 1), UpperBound: batchKey(last + 1)})
	if err != nil {
		return err
	}
	defer it.Close()
	n, size := 0, 0
	for ok := it.First(); ok && n < limit && size < maxReadBytes; ok = it.Next() {
		seq := binary.BigEndian.Uint64(it.Key()[1:])
		if seq != afterSeq+1+uint64(n) { // dropped since we looked
			return fmt.Errorf("%w: asked for %d, found %d", ErrGone, afterSeq+1+uint64(n), seq)
		}
		value, err := it.ValueAndErr()
		if err != nil {
			return err
		}
		n, size = n+1, size+len(value)
		if err := f(seq, value); err != nil {
			return err
		}
	}
	return damaged(it.Error())
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
		case <-s.broken:
			return s.Failed()
		}
	}
}

// Cursor is how far the named reader came; 0 when it never saved.
func (s *Store) Cursor(name string) uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cursors[name]
}

// SaveCursor notes that the reader needs nothing up to seq any more, and that
// what comes after is kept for it; a new reader first saves the place it
// begins at. It must be called only after what the reader made of those
// batches is durable.
func (s *Store) SaveCursor(name string, seq uint64) error {
	if err := CheckCursor(name, seq, s.LastSeq()); err != nil {
		return err
	}
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	if s.checkSpace(s.minFree/4) != nil {
		// A log that cannot be written is the end of the store, and this write can
		// wait: the chunk writer makes it before it drops anything.
		s.mu.Lock()
		defer s.mu.Unlock()
		s.cursors[name], s.unsaved[name] = seq, seq
		return nil
	}
	b := s.db.NewBatch()
	set(b.Set(cursorKey(name), binary.BigEndian.AppendUint64(nil, seq), nil))
	// Without fsync: an older cursor after a crash only makes the reader see
	// batches again. What is dropped because of it is dropped behind it.
	if err := s.write(b, pebble.NoSync); err != nil {
		return err
	}
	s.mu.Lock()
	s.cursors[name] = seq
	delete(s.unsaved, name)
	s.mu.Unlock()
	return nil
}

func cursorKey(name string) []byte { return append([]byte{spaceCursor}, name...) }

// DropCursor forgets a reader, so that it no longer keeps the raw log.
func (s *Store) DropCursor(name string) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	if err := s.checkSpace(s.minFree / 4); err != nil {
		return err
	}
	b := s.db.NewBatch()
	set(b.Delete(cursorKey(name), nil))
	if err := s.write(b, pebble.NoSync); err != nil {
		return err
	}
	s.mu.Lock()
	delete(s.cursors, name)
	delete(s.unsaved, name)
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
		seq, err := sequenceOf(it.Value())
		if err != nil {
			return fmt.Errorf("cursor %q: %w", it.Key()[1:], err)
		}
		s.cursors[string(it.Key()[1:])] = seq
	}
	return it.Error()
}
