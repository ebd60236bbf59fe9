package history

import (
	"context"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"zhigai/plant"
)

// DeleteBefore deletes whole chunks whose samples all lie before t and tells
// how many samples went; a chunk that reaches to t or beyond stays whole.
// Replaced values of that time go with them.
func (s *Store) DeleteBefore(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, t plant.Micros) (int, error) {
	if err := s.alive(ctx); err != nil {
		return 0, err
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	key := series{tenant, tag}
	b := s.db.NewBatch()
	defer b.Close()
	n, err := s.deleteNumbers(b, key, t)
	if err != nil {
		return 0, err
	}
	texts, err := s.deleteTexts(b, key, t)
	if err != nil {
		return 0, err
	}
	if n+texts == 0 {
		return 0, nil
	}
	if err := b.DeleteRange(timeKey(spaceSuperseded, key, minTime), timeKey(spaceSuperseded, key, t), nil); err != nil {
		return 0, err
	}
	if err := b.Commit(pebble.Sync); err != nil {
		return 0, s.fail(err)
	}
	delete(s.tails, key)
	return n + texts, nil
}

func (s *Store) deleteNumbers(b *pebble.Batch, key series, t plant.Micros) (int, error) {
	it, err := s.chunkIter(spaceIndex, key)
	if err != nil {
		return 0, err
	}
	defer it.Close()
	n := 0
	for ok := it.First(); ok; ok = it.Next() {
		st, err := decodeStats(it.Value())
		if err != nil {
			return 0, err
		}
		if st.last >= t {
			break
		}
		n += st.count
		first := timeOf(it.Key())
		if err := errors.Join(b.Delete(timeKey(spaceChunk, key, first), nil), b.Delete(timeKey(spaceIndex, key, first), nil)); err != nil {
			return 0, err
		}
	}
	return n, it.Error()
}

func (s *Store) deleteTexts(b *pebble.Batch, key series, t plant.Micros) (int, error) {
	it, err := s.chunkIter(spaceTextChunk, key)
	if err != nil {
		return 0, err
	}
	defer it.Close()
	c := s.codecs.Get().(*codec)
	defer s.codecs.Put(c)
	n := 0
	for ok := it.First(); ok && timeOf(it.Key()) < t; ok = it.Next() {
		points, err := c.decodeTextChunk(nil, it.Value())
		if err != nil {
			return 0, err
		}
		if points[len(points)-1].at >= t {
			break
		}
		n += len(points)
		if err := b.Delete(it.Key(), nil); err != nil {
			return 0, err
		}
	}
	return n, it.Error()
}

// Verify reads every batch and chunk and checks what can be checked: checksums,
// order of times, stats against samples. The error names the first damage.
func (s *Store) Verify(ctx context.Context) error {
	it, err := s.db.NewIterWithContext(ctx, &pebble.IterOptions{LowerBound: []byte{spaceBatch}, UpperBound: []byte{spaceCursor}})
	if err != nil {
		return err
	}
	defer it.Close()
	c := newCodec()
	for ok := it.First(); ok; ok = it.Next() {
		if err := ctx.Err(); err != nil {
			return err
		}
		value, err := it.ValueAndErr()
		if err == nil {
			err = s.verify(c, it.Key(), value)
		}
		if err != nil {
			return fmt.Errorf("history: key %x: %w", it.Key(), err)
		}
	}
	return it.Error()
}

func (s *Store) verify(c *codec, key, value []byte) error {
	switch key[0] {
	case spaceBatch:
		_, _, _, err := decodeBatch(value)
		return err
	case spaceChunk:
		points, err := c.decodeChunk(nil, value)
		if err != nil {
			return err
		}
		if points[0].at != timeOf(key) {
			return fmt.Errorf("%w: chunk begins at another time than its key", ErrDamaged)
		}
		return rising(points)
	case spaceTextChunk:
		_, err := c.decodeTextChunk(nil, value)
		return err
	case spaceIndex:
		_, err := decodeStats(value)
		return err
	}
	return nil
}

func rising(points []point[uint64]) error {
	for i := 1; i < len(points); i++ {
		if points[i].at <= points[i-1].at {
			return fmt.Errorf("%w: times do not rise", ErrDamaged)
		}
	}
	return nil
}
