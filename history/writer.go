package history

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"zhigai/plant"
)

// writerBatch bounds what the chunk writer commits at once, so that it never
// holds the log's fsync up for long.
const writerBatch = 1 << 20

// writeLoop turns the raw log into chunks when enough came or time is up.
func (s *Store) writeLoop() {
	defer s.done.Done()
	ticker := time.NewTicker(min(s.age, time.Minute) / 2)
	defer ticker.Stop()
	for {
		select {
		case <-s.wake:
		case <-ticker.C:
			s.mu.Lock()
			due := s.held > 0 && s.now().Sub(s.oldest) >= s.age
			s.mu.Unlock()
			if !due {
				continue
			}
		case <-s.stop:
			return
		}
		if err := s.Flush(); err != nil && !errors.Is(err, ErrClosed) {
			s.fail(err)
			return
		}
	}
}

// Flush writes all that is in memory into chunks and drops the part of the raw
// log that nobody needs any more. The writer calls it by itself; before a
// measurement or a checkpoint one may call it.
func (s *Store) Flush() error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.closed.Load() {
		return ErrClosed
	}
	upTo, numbers, texts := s.take()
	w := &chunkWriter{s: s, c: s.codecs.Get().(*codec), b: s.db.NewBatch()}
	defer s.codecs.Put(w.c)
	defer w.close()
	for _, key := range sortedSeries(numbers) {
		if err := w.writeNumbers(key, numbers[key]); err != nil {
			return fmt.Errorf("chunks of tag %d: %w", key.tag, err)
		}
	}
	for _, key := range sortedSeries(texts) {
		if err := w.writeTexts(key, texts[key]); err != nil {
			return fmt.Errorf("chunks of tag %d: %w", key.tag, err)
		}
	}
	if err := w.b.Set(keyChunked, binary.BigEndian.AppendUint64(nil, upTo), nil); err != nil {
		return err
	}
	// One fsync at the end makes all earlier commits of the writer durable too:
	// they stand in the same log before it.
	if err := w.b.Commit(pebble.Sync); err != nil {
		return err
	}
	s.chunked = upTo
	s.release(w.chunks)
	return s.dropRaw(upTo)
}

// take marks what is in memory as being written.
func (s *Store) take() (uint64, map[series][]point[uint64], map[series][]point[string]) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lastSeq, takeHeads(s.numbers), takeHeads(s.texts)
}

func takeHeads[V uint64 | string](h heads[V]) map[series][]point[V] {
	out := make(map[series][]point[V], len(h))
	for key, one := range h {
		// A flush that failed half way left pending; what came since follows it.
		if len(one.pending) == 0 {
			one.pending = one.fresh
		} else {
			one.pending = append(one.pending, one.fresh...)
		}
		one.fresh = nil
		if len(one.pending) > 0 {
			out[key] = one.pending
		}
	}
	return out
}

// release forgets what is in chunks now.
func (s *Store) release(chunks uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = releaseHeads(s.numbers) + releaseHeads(s.texts)
	s.oldest = s.now()
	s.counters.Chunks += chunks
	s.room.Broadcast()
}

func releaseHeads[V uint64 | string](h heads[V]) (left int) {
	for key, one := range h {
		one.pending = nil
		if len(one.fresh) == 0 {
			delete(h, key)
			continue
		}
		left += len(one.fresh)
	}
	return left
}

func sortedSeries[V any](m map[series]V) []series {
	return slices.SortedFunc(maps.Keys(m), func(a, b series) int {
		return cmp.Or(cmp.Compare(a.tenant, b.tenant), cmp.Compare(a.tag, b.tag))
	})
}

// dropRaw deletes batches that are in chunks and that every reader has passed.
func (s *Store) dropRaw(upTo uint64) error {
	s.mu.Lock()
	for _, seq := range s.cursors {
		upTo = min(upTo, seq)
	}
	first, last := s.firstRaw, s.lastSeq
	s.mu.Unlock()
	if upTo < first {
		return nil
	}
	b := s.db.NewBatch()
	defer b.Close()
	if err := b.Set(keyLastSeq, binary.BigEndian.AppendUint64(nil, last), nil); err != nil {
		return err
	}
	if err := b.DeleteRange(batchKey(first), batchKey(upTo+1), nil); err != nil {
		return err
	}
	if err := b.Commit(pebble.NoSync); err != nil {
		return err
	}
	s.mu.Lock()
	s.firstRaw = upTo + 1
	s.mu.Unlock()
	return nil
}

// chunkWriter is one run of the writer.
type chunkWriter struct {
	s      *Store
	c      *codec
	b      *pebble.Batch
	chunks uint64
	buf    []byte
	old    []point[uint64]
}

func (w *chunkWriter) close() { _ = w.b.Close() }

// next commits when the batch has grown; replaying what is committed twice
// changes nothing.
func (w *chunkWriter) next() error {
	if w.b.Len() < writerBatch {
		return nil
	}
	if err := w.b.Commit(pebble.NoSync); err != nil {
		return err
	}
	if err := w.b.Close(); err != nil {
		return err
	}
	w.b = w.s.db.NewBatch()
	return nil
}

// writeNumbers brings one series' new points into its chunks. The usual case,
// all of them behind the newest chunk, reads at most that chunk.
func (w *chunkWriter) writeNumbers(key series, points []point[uint64]) error {
	points = settle(points, func(old, by point[uint64]) { w.supersede(key, old, by, 0) })
	t, known := w.s.tails[key]
	if !known {
		var err error
		if t, err = w.s.tailOf(key); err != nil {
			return err
		}
	}
	if t.count > 0 && points[0].at <= t.last {
		if err := w.rewrite(key, points); err != nil {
			return err
		}
		delete(w.s.tails, key)
		return w.next()
	}
	if t.count > 0 && t.count < chunkSize {
		older, err := w.load(key, t.first)
		if err != nil {
			return err
		}
		points = append(older, points...)
	}
	w.s.tails[key] = w.put(key, points)
	return w.next()
}

// load reads the chunk that begins at first.
func (w *chunkWriter) load(key series, first plant.Micros) ([]point[uint64], error) {
	raw, closer, err := w.s.db.Get(timeKey(spaceChunk, key, first))
	if err != nil {
		return nil, err
	}
	defer closer.Close()
	w.old, err = w.c.decodeChunk(w.old[:0], raw)
	return slices.Clone(w.old), err
}

// put writes points as chunks of full size and a last one with the rest.
func (w *chunkWriter) put(key series, points []point[uint64]) tail {
	var t tail
	for len(points) > 0 {
		part := points[:min(chunkSize, len(points))]
		points = points[len(part):]
		w.buf = w.c.appendChunk(w.buf[:0], part)
		w.set(timeKey(spaceChunk, key, part[0].at), w.buf)
		w.buf = statsOf(part).append(w.buf[:0])
		w.set(timeKey(spaceIndex, key, part[0].at), w.buf)
		w.chunks++
		t = tail{first: part[0].at, last: part[len(part)-1].at, count: len(part)}
	}
	return t
}

func (w *chunkWriter) set(key, value []byte) {
	if err := w.b.Set(key, value, nil); err != nil {
		panic("BUG: batch takes no more: " + err.Error())
	}
}

func (w *chunkWriter) remove(key []byte) {
	if err := w.b.Delete(key, nil); err != nil {
		panic("BUG: batch takes no more: " + err.Error())
	}
}

// rewrite merges late points into the chunks they belong to. A chunk's region
// reaches to the start of the next one; only regions with new points are
// touched.
func (w *chunkWriter) rewrite(key series, points []point[uint64]) error {
	firsts, err := w.s.firsts(spaceChunk, key, points[0].at, points[len(points)-1].at)
	if err != nil {
		return err
	}
	for i, first := range firsts {
		n := len(points)
		if i+1 < len(firsts) {
			n, _ = slices.BinarySearchFunc(points, firsts[i+1], func(p point[uint64], t plant.Micros) int { return cmp.Compare(p.at, t) })
		}
		if n == 0 {
			continue
		}
		older, err := w.load(key, first)
		if err != nil {
			return err
		}
		merged := merge(nil, older, points[:n], func(old, by point[uint64]) { w.supersede(key, old, by, 1) })
		points = points[n:]
		w.remove(timeKey(spaceChunk, key, first))
		w.remove(timeKey(spaceIndex, key, first))
		w.put(key, merged)
	}
	return nil
}

// supersede keeps the value that gives way. stage tells apart the two places
// where one batch can replace two values of a time.
func (w *chunkWriter) supersede(key series, old, by point[uint64], stage byte) {
	value := binary.AppendVarint([]byte{byte(old.quality())}, int64(w.s.recorded(by.seq())))
	value = binary.LittleEndian.AppendUint64(value, old.value)
	w.set(append(supersededKey(key, old.at, by.seq()), stage), value)
}
