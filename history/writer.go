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

// When the chunk writer runs. A series is written when it has enough points or
// waited long enough: rewriting the newest chunk of 20,000 slow tags for five
// points each would cost a hundred times what the points do.
const (
	flushEvery  = time.Minute
	flushPoints = chunkSize / 2
	flushAge    = time.Hour // also bounds how much raw log a restart reads again
	// What comes in flushFor waits in memory before some of it is written, whatever
	// its age, but at least flushSamples and at most mostSamples: few points of many
	// tags make the writer load the newest chunk of each again and again, and a
	// node that gets a million samples a second has the memory to wait. It is
	// written a part of the series after the other: all at once would hold up
	// readings on the way, and need as much memory again.
	flushFor     = 8 * time.Second
	flushSamples = 1_000_000
	mostSamples  = 6_000_000
	flushedIn    = 16 // parts
	// sampleBytes is how large a sample may be before its bytes count, not it.
	sampleBytes = 48
	// Append waits for the writer where blockAt times as much waits.
	blockAt = 3
	// paceEvery is how long the pace is taken over, at least.
	paceEvery = time.Second
	// writerBatch bounds what the writer commits at once, so that it never holds
	// the log's fsync up for long.
	writerBatch = 1 << 20
)

// writeLoop turns the raw log into chunks as it comes due.
func (s *Store) writeLoop() {
	defer s.done.Done()
	ticker := time.NewTicker(s.every)
	defer ticker.Stop()
	for part := plant.TagNo(0); ; {
		var err error
		select {
		case <-s.wake:
			s.pace()
			for s.pressed() && err == nil {
				err = s.flush(choice{page: func(k pageKey) bool { return k.page%flushedIn == part }})
				part = (part + 1) % flushedIn
			}
		case <-ticker.C:
			s.pace()
			err = s.flush(s.due(false, s.now()))
		case <-s.stop:
			return
		}
		if err != nil && !errors.Is(err, ErrNoSpace) {
			return // flush has told why the store failed
		}
	}
}

// pace notes how fast samples come, and with it how many may wait.
func (s *Store) pace() {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	took := now.Sub(s.pacedAt)
	if took < paceEvery {
		return
	}
	came := float64(s.counters.Samples - s.paced)
	s.paced, s.pacedAt = s.counters.Samples, now
	s.waits = int(min(max(came*flushFor.Seconds()/took.Seconds(), flushSamples), float64(s.most)))
}

// pressed reports whether so much is in memory that some of it is to be written
// before its time.
func (s *Store) pressed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.crowded()
}

// crowded is pressed for who holds s.mu.
func (s *Store) crowded() bool { return s.holds(s.waits) }

// holds reports whether so many samples wait in memory; the caller holds s.mu.
func (s *Store) holds(n int) bool { return s.held >= n || s.heldBytes >= n*sampleBytes }

// choice is which series are to be written.
type choice struct {
	page  func(pageKey) bool                                       // nil: of all pages
	ready func(key series, points int, since time.Time) (yes bool) // nil: all of them
}

// due says which series are to be written.
func (s *Store) due(all bool, now time.Time) choice {
	if all {
		return choice{}
	}
	return choice{ready: func(_ series, points int, since time.Time) bool {
		return points >= flushPoints || now.Sub(since) >= s.age
	}}
}

// Flush writes all that is in memory into chunks and drops the part of the raw
// log that nobody needs any more. The writer does it by itself in time; before
// a measurement or a backup one may call it.
func (s *Store) Flush() error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	if s.still {
		return ErrReadOnly
	}
	return s.flush(s.due(true, s.now()))
}

// flushOne is Flush for one series.
func (s *Store) flushOne(key series) error {
	return s.flush(choice{
		page:  func(k pageKey) bool { return k == pageOf(key) },
		ready: func(k series, _ int, _ time.Time) bool { return k == key },
	})
}

func (s *Store) flush(which choice) error {
	if err := s.take(s.writing); err != nil {
		return err
	}
	defer func() { <-s.writing }()
	if err := s.checkSpace(s.minFree / 4); err != nil {
		return err
	}
	s.mu.Lock()
	upTo, numbers, texts := s.lastSeq, takeHeads(s.numbers, which), takeHeads(s.texts, which)
	s.mu.Unlock()
	w := &chunkWriter{s: s, c: s.codecs.Get().(*codec), b: s.db.NewBatch(), upTo: upTo, chunked: map[byte]*pebble.Iterator{}}
	defer s.codecs.Put(w.c)
	err := writeAll(w, numberKind, numbers)
	if err == nil {
		err = writeAll(w, textKind, texts)
	}
	for _, it := range w.chunked {
		_ = it.Close() // its errors are told where it is read
	}
	if err == nil {
		err = s.write(w.b, pebble.Sync)
	}
	if err != nil {
		return s.fail(err)
	}
	s.mu.Lock()
	chunked := release(s.texts, release(s.numbers, s.lastSeq+1)) - 1
	s.held -= w.points
	s.heldBytes -= w.bytes
	s.counters.Chunks += w.chunks
	s.counters.Damaged += w.damaged
	s.room.Broadcast()
	s.mu.Unlock()
	if err := s.advance(chunked); err != nil {
		return s.fail(err)
	}
	return nil
}

// advance notes that every batch up to chunked is in chunks and drops those
// that every reader has passed, too.
func (s *Store) advance(chunked uint64) error {
	b := s.db.NewBatch()
	s.progress.pass(chunked, func(space byte, key series) { set(b.Delete(prefix(space, key), nil)) })
	s.mu.Lock()
	drop := chunked
	for _, seq := range s.cursors {
		drop = min(drop, seq)
	}
	saved := maps.Clone(s.unsaved)
	first, last := s.firstRaw, s.lastSeq
	s.mu.Unlock()
	for name, seq := range saved {
		set(b.Set(cursorKey(name), binary.BigEndian.AppendUint64(nil, seq), nil))
	}
	set(b.Set(keyChunked, binary.BigEndian.AppendUint64(nil, chunked), nil))
	if drop >= first {
		set(b.Set(keyLastSeq, binary.BigEndian.AppendUint64(nil, last), nil))
		set(b.DeleteRange(batchKey(first), batchKey(drop+1), nil))
	}
	if err := s.write(b, pebble.NoSync); err != nil {
		return err
	}
	s.mu.Lock()
	s.chunked, s.firstRaw = chunked, max(s.firstRaw, drop+1)
	maps.DeleteFunc(s.unsaved, func(name string, seq uint64) bool { return saved[name] == seq })
	s.mu.Unlock()
	return nil
}

// set checks what a batch in memory never refuses.
func set(err error) {
	if err != nil {
		panic("BUG: a batch takes no more: " + err.Error())
	}
}

// chunkWriter is one run of the writer.
type chunkWriter struct {
	s       *Store
	c       *codec
	b       *pebble.Batch
	upTo    uint64 // newest batch of the run
	points  int
	bytes   int
	chunks  uint64
	damaged uint64
	buf     []byte
	numbers []point[uint64]           // scratch
	texts   []point[string]           // scratch
	chunked map[byte]*pebble.Iterator // by space, see chunksOf
	chain   map[plant.Micros]*link    // times that the run has several records of
	times   map[uint64]plant.Micros   // when batches were recorded
}

// writeAll brings new points into the chunks of their series. What of a series
// is written and how far it is go together into one commit: after a crash each
// point is merged exactly once.
func writeAll[V uint64 | string](w *chunkWriter, k kind[V], all taken[V]) error {
	keys := slices.SortedFunc(maps.Keys(all), func(a, b series) int {
		return cmp.Or(cmp.Compare(a.tenant, b.tenant), cmp.Compare(a.tag, b.tag))
	})
	for _, key := range keys {
		if err := writeSeries(w, k, key, all[key]); err != nil {
			return fmt.Errorf("chunks of tag %d: %w", key.tag, err)
		}
		set(w.b.Set(prefix(k.progress, key), binary.BigEndian.AppendUint64(nil, w.upTo), nil))
		w.s.progress.of(k.progress)[key] = w.upTo
		if w.b.Len() < writerBatch {
			continue
		}
		if err := w.s.write(w.b, pebble.NoSync); err != nil {
			return err
		}
		w.b = w.s.db.NewBatch()
	}
	return nil
}

// writeSeries brings one series' new points into its chunks. In the usual
// case, all of them behind the newest chunk, it reads at most the tail.
func writeSeries[V uint64 | string](w *chunkWriter, k kind[V], key series, r run[V]) error {
	w.points += len(r.points)
	w.bytes += heldBytes(r.points)
	w.chain = nil
	points := settle(r, func(old, by point[V]) { supersedeInRun(w, k, key, old, by) })
	id := tailKey{k.index, key}
	t, known := w.s.tails[id]
	if !known {
		var err error
		if t, err = w.s.tailOf(k.index, key); err != nil {
			return err
		}
	}
	if t.count > 0 && points[0].at <= t.last {
		newest, err := rewrite(w, k, key, points)
		switch {
		case points[len(points)-1].at < t.first:
		case newest.count > 0 && t.loose == 0:
			w.s.tails[id] = newest
		default:
			delete(w.s.tails, id) // looked for again when it is on the disk
		}
		return err
	}
	switch {
	case t.count == 0 || t.full:
		w.s.tails[id] = put(w, k, key, points, chunkSize)
		return nil
	case !t.packs(len(points)):
		last := put(w, k, key, points, chunkSize)
		t.last, t.loose, t.behind = last.last, t.loose+1, t.behind+len(points)
		w.s.tails[id] = t
		return nil
	}
	older, err := loadTail(w, k, key, t)
	if err != nil {
		return err
	}
	older = append(older, points...)
	if scratch := k.scratch(w); cap(older) > cap(*scratch) {
		*scratch = older
	}
	w.s.tails[id] = put(w, k, key, older, chunkSize)
	return nil
}

func heldBytes[V uint64 | string](points []point[V]) (n int) {
	switch all := any(points).(type) {
	case []point[uint64]:
		return numberBytes * len(all)
	case []point[string]:
		for i := range all {
			n += textBytes + len(all[i].value)
		}
	}
	return n
}

// put writes points as chunks of at most limit and tells of the last.
func put[V uint64 | string](w *chunkWriter, k kind[V], key series, points []point[V], limit int) (t tail) {
	for len(points) > 0 {
		n, full := k.cut(points, limit)
		part := points[:n]
		points = points[n:]
		w.buf = k.encode(w.c, w.buf[:0], part)
		set(w.b.Set(timeKey(k.chunks, key, part[0].at), w.buf, nil))
		w.buf = k.stats(part).append(w.buf[:0])
		set(w.b.Set(timeKey(k.index, key, part[0].at), w.buf, nil))
		w.chunks++
		t = tail{first: part[0].at, last: part[n-1].at, count: n, full: full}
	}
	return t
}

// loadChunk reads the chunk that begins at first. A damaged one gives ok =
// false: what is lost is lost, and new points must not be held up by it.
func loadChunk[V uint64 | string](w *chunkWriter, k kind[V], key series, first plant.Micros) (points []point[V], ok bool, err error) {
	raw, closer, err := w.s.db.Get(timeKey(k.chunks, key, first))
	if err == nil {
		points, err = k.decode(w.c, make([]point[V], 0, 2*chunkSize), raw)
		err = errors.Join(err, closer.Close())
	}
	if w.lost(key, first, err) {
		return nil, false, nil
	}
	return points, err == nil, err
}
