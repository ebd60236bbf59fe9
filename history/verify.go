package history

import (
	"context"
	"encoding/binary"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"zhigai/plant"
)

// Verify reads every batch and chunk and checks what can be checked: checksums
// of the engine and of chunks, order of times, no chunk reaching into the
// next, stats as they follow from the samples. The error names the first
// damage.
func (s *Store) Verify(ctx context.Context) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	if err := s.Failed(); err != nil {
		return err
	}
	snap := s.db.NewSnapshot()
	defer snap.Close()
	c := newCodec()
	for space, check := range map[byte]func(key, value []byte) error{
		spaceBatch:      checkBatch,
		spaceSuperseded: func(key, value []byte) error { _, err := decodeSuperseded(key, value); return err },
		spaceChunk:      checkChunks(snap, c, numberKind),
		spaceTextChunk:  checkChunks(snap, c, textKind),
		spaceIndex:      checkIndex(snap, spaceChunk),
		spaceTextIndex:  checkIndex(snap, spaceTextChunk),
	} {
		if err := eachKey(ctx, snap, space, check); err != nil {
			return fmt.Errorf("history: verify %s: %w", spaces[space], damaged(err))
		}
	}
	return nil
}

func eachKey(ctx context.Context, snap *pebble.Snapshot, space byte, check func(key, value []byte) error) error {
	it, err := snap.NewIterWithContext(ctx, &pebble.IterOptions{LowerBound: []byte{space}, UpperBound: []byte{space + 1}})
	if err != nil {
		return err
	}
	defer it.Close()
	for ok := it.First(); ok; ok = it.Next() {
		if err := ctx.Err(); err != nil {
			return err
		}
		value, err := it.ValueAndErr()
		if err == nil {
			err = check(it.Key(), value)
		}
		if err != nil {
			return fmt.Errorf("key %x: %w", it.Key(), err)
		}
	}
	return it.Error()
}

func checkBatch(key, value []byte) error {
	if len(key) != 9 {
		return fmt.Errorf("%w: key", ErrDamaged)
	}
	_, err := DecodeBatch(value)
	return err
}

// checkChunks checks chunks in the order of their keys.
func checkChunks[V uint64 | string](snap *pebble.Snapshot, c *codec, k kind[V]) func(key, value []byte) error {
	var of series
	var reached plant.Micros
	var points []point[V]
	return func(key, value []byte) (err error) {
		if len(key) != timeEnd {
			return fmt.Errorf("%w: key", ErrDamaged)
		}
		if points, err = k.decode(c, points[:0], value); err != nil {
			return err
		}
		if points[0].at != timeOf(key) {
			return fmt.Errorf("%w: chunk begins at another time than its key", ErrDamaged)
		}
		if seriesOf(key) == of && points[0].at <= reached {
			return fmt.Errorf("%w: chunk before reaches into this one", ErrDamaged)
		}
		for i := 1; i < len(points); i++ {
			if points[i].at <= points[i-1].at {
				return fmt.Errorf("%w: times do not rise", ErrDamaged)
			}
		}
		of, reached = seriesOf(key), points[len(points)-1].at
		stats, closer, err := snap.Get(timeKey(k.index, of, points[0].at))
		if err != nil {
			return fmt.Errorf("stats of the chunk: %w", err)
		}
		defer closer.Close()
		if string(k.stats(points).append(nil)) != string(stats) {
			return fmt.Errorf("%w: stats do not follow from the samples", ErrDamaged)
		}
		return nil
	}
}

// checkIndex looks for stats of no chunk.
func checkIndex(snap *pebble.Snapshot, chunks byte) func(key, value []byte) error {
	return func(key, value []byte) error {
		if len(key) != timeEnd {
			return fmt.Errorf("%w: key", ErrDamaged)
		}
		if _, err := decodeStats(value); err != nil {
			return err
		}
		chunk := append([]byte{chunks}, key[1:]...)
		_, closer, err := snap.Get(chunk)
		if err != nil {
			return fmt.Errorf("stats without a chunk: %w", err)
		}
		return closer.Close()
	}
}

// sequenceOf reads a number that stands in eight bytes.
func sequenceOf(raw []byte) (uint64, error) {
	if len(raw) != 8 {
		return 0, fmt.Errorf("%w: %d bytes in place of 8", ErrDamaged, len(raw))
	}
	return binary.BigEndian.Uint64(raw), nil
}
