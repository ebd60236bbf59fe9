package history

import (
	"context"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"zhigai/plant"
)

// DeleteBefore deletes every sample and text of the tag with a time before t,
// with the values that were replaced in that time, and tells how many went. A
// sample of that time that comes later is kept until the next call.
func (s *Store) DeleteBefore(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, t plant.Micros) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if err := s.enter(); err != nil {
		return 0, err
	}
	defer s.leave()
	key := series{tenant, tag}
	if err := s.flushOne(key); err != nil { // all that is acknowledged stands in chunks now
		return 0, err
	}
	if err := s.take(s.writing); err != nil {
		return 0, err
	}
	defer func() { <-s.writing }()
	w := &chunkWriter{s: s, c: s.codecs.Get().(*codec), b: s.db.NewBatch()}
	defer s.codecs.Put(w.c)
	numbers, err := trim(w, numberKind, key, t)
	if err != nil {
		return 0, fmt.Errorf("history: delete of tag %d: %w", tag, err)
	}
	texts, err := trim(w, textKind, key, t)
	if err != nil {
		return 0, fmt.Errorf("history: delete of tag %d: %w", tag, err)
	}
	set(w.b.DeleteRange(timeKey(spaceSuperseded, key, minTime), timeKey(spaceSuperseded, key, max(t, minTime)), nil))
	if err := s.write(w.b, pebble.Sync); err != nil {
		return 0, err
	}
	delete(s.tails, tailKey{numberKind.index, key})
	delete(s.tails, tailKey{textKind.index, key})
	return numbers + texts, nil
}

// trim deletes whole chunks by their stats and writes the one that t goes
// through anew.
func trim[V uint64 | string](w *chunkWriter, k kind[V], key series, t plant.Micros) (n int, err error) {
	it, err := w.s.seriesIter(w.s.db, k.index, key)
	if err != nil {
		return 0, err
	}
	defer it.Close()
	var end []byte
	for ok := it.First(); ok && timeOf(it.Key()) < t; ok = it.Next() {
		st, err := decodeStats(it.Value())
		if err != nil {
			return 0, err
		}
		first := timeOf(it.Key())
		end = timeKey(0, key, first+1)
		if st.last < t {
			n += st.count
			continue
		}
		points, ok, err := loadChunk(w, k, key, first)
		if err != nil {
			return 0, err
		}
		if !ok { // damaged: it goes when all of it is due
			end = timeKey(0, key, first)
			break
		}
		kept := points[place(points, t):]
		n += len(points) - len(kept)
		put(w, k, key, kept, chunkSize)
	}
	if end == nil {
		return n, it.Error()
	}
	for _, space := range [2]byte{k.chunks, k.index} {
		end[0] = space
		set(w.b.DeleteRange(prefix(space, key), end, nil))
	}
	return n, it.Error()
}
