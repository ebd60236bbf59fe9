package history

import (
	"bytes"
	"encoding/binary"
	"errors"

	"github.com/cockroachdb/pebble/v2"

	"zhigai/plant"
)

// rewrite merges points, some of them not behind the newest chunk, into the
// chunks they belong to. A chunk's region reaches to the start of the next one,
// that of the first also to all before it; only regions with new points are
// touched. It tells of the newest chunk if that was touched.
func rewrite[V uint64 | string](w *chunkWriter, k kind[V], key series, points []point[V]) (newest tail, err error) {
	firsts, next, err := w.s.firsts(k.index, key, points[0].at, points[len(points)-1].at)
	if err != nil {
		return newest, err
	}
	for i, first := range firsts {
		n, last := len(points), i+1 == len(firsts)
		if !last {
			n = place(points, firsts[i+1])
		}
		part := points[:n]
		points = points[n:]
		if n == 0 {
			continue
		}
		older, ok, err := loadChunk(w, k, key, first)
		if err != nil {
			return newest, err
		}
		changed := n
		merged := merge(make([]point[V], 0, len(older)+n), older, part, func(old, by point[V]) {
			if equal(old, by) {
				changed--
			}
			supersede(w, k, key, old, firstRecord(w, by), 0)
		})
		if changed == 0 {
			continue // what came again said nothing new
		}
		if ok && merged[0].at != first {
			set(w.b.Delete(timeKey(k.chunks, key, first), nil))
			set(w.b.Delete(timeKey(k.index, key, first), nil))
		}
		if last && !next {
			newest = put(w, k, key, merged, chunkSize)
			continue
		}
		// Between others a chunk that grew too large is split evenly: the next
		// late points find room.
		parts := (len(merged) + chunkSize - 1) / chunkSize
		put(w, k, key, merged, (len(merged)+parts-1)/parts)
	}
	return newest, nil
}

// link is what a run of the writer knows of a time with several records.
type link struct {
	first any // the earliest of them: it replaced what is in a chunk
	count uint16
}

// supersedeInRun keeps a value that came and was replaced in one run.
func supersedeInRun[V uint64 | string](w *chunkWriter, k kind[V], key series, old, by point[V]) {
	if w.chain == nil {
		w.chain = map[plant.Micros]*link{}
	}
	l := w.chain[old.at]
	if l == nil {
		l = &link{first: old}
		w.chain[old.at] = l
	}
	l.count++
	supersede(w, k, key, old, by, l.count)
}

// firstRecord is the earliest record of the point's time in the run.
func firstRecord[V uint64 | string](w *chunkWriter, by point[V]) point[V] {
	if l := w.chain[by.at]; l != nil {
		return l.first.(point[V])
	}
	return by
}

// supersede keeps the value that gives way, unless nothing changed.
func supersede[V uint64 | string](w *chunkWriter, k kind[V], key series, old, by point[V], place uint16) {
	if equal(old, by) {
		return
	}
	value := []byte{k.chunks, byte(old.quality())}
	value = binary.AppendVarint(value, int64(w.recorded(by.seq())))
	set(w.b.Set(supersededKey(key, old.at, by.seq(), place), k.bytes(value, old.value), nil))
}

// recorded is when a batch that is still in the raw log was recorded.
func (w *chunkWriter) recorded(seq uint64) plant.Micros {
	if at, ok := w.times[seq]; ok {
		return at
	}
	at := plant.MicrosOf(w.s.now())
	if raw, closer, err := w.s.db.Get(batchKey(seq)); err == nil {
		r := reader{buf: raw}
		r.byte()
		r.uvarint()
		if was := plant.Micros(r.varint()); !r.short {
			at = was
		}
		_ = closer.Close()
	}
	if w.times == nil {
		w.times = map[uint64]plant.Micros{}
	}
	w.times[seq] = at
	return at
}

// firsts lists the chunks of a series whose region meets [from, to]: the one
// that begins at or before from, or else the very first, and all that begin up
// to to. next tells whether there is one behind them.
func (s *Store) firsts(space byte, key series, from, to plant.Micros) (out []plant.Micros, next bool, err error) {
	it, err := s.seriesIter(s.db, space, key)
	if err != nil {
		return nil, false, err
	}
	defer it.Close()
	ok := it.SeekLT(timeKey(space, key, from+1))
	if !ok {
		ok = it.First()
	}
	for ; ok && (len(out) == 0 || timeOf(it.Key()) <= to); ok = it.Next() {
		out = append(out, timeOf(it.Key()))
	}
	return out, ok, it.Error()
}

func (s *Store) seriesIter(from pebble.Reader, space byte, key series) (*pebble.Iterator, error) {
	return from.NewIter(&pebble.IterOptions{LowerBound: prefix(space, key), UpperBound: behind(space, key)})
}

// tailOf finds the tail of a series.
func (s *Store) tailOf(space byte, key series) (t tail, err error) {
	it, err := s.seriesIter(s.db, space, key)
	if err != nil {
		return tail{}, err
	}
	defer it.Close()
	for ok := it.Last(); ok && t.loose < maxLoose; ok = it.Prev() {
		st, err := decodeStats(it.Value())
		if err != nil {
			return tail{}, err
		}
		switch full := st.count >= chunkFull; {
		case t.count == 0:
			t = tail{last: st.last, full: full}
		case full || t.full:
			return t, nil
		default:
			t.loose, t.behind = t.loose+1, t.behind+t.count
		}
		t.first, t.count = timeOf(it.Key()), st.count
	}
	return t, it.Error()
}

// loadTail reads the points of a tail and lets them go from where they stand;
// whoever calls it puts them back. What is damaged stays, with all before it.
func loadTail[V uint64 | string](w *chunkWriter, k kind[V], key series, t tail) ([]point[V], error) {
	it, err := w.chunksOf(k.chunks)
	if err != nil {
		return nil, err
	}
	scratch := k.scratch(w)
	points, end := (*scratch)[:0], behind(k.chunks, key)
	var loose []plant.Micros
	for ok := it.SeekGE(timeKey(k.chunks, key, t.first)); ok && bytes.Compare(it.Key(), end) < 0; ok = it.Next() {
		first := timeOf(it.Key())
		raw, err := it.ValueAndErr()
		n := len(points)
		if err == nil {
			points, err = k.decode(w.c, points, raw)
		}
		switch {
		case w.lost(key, first, err):
			points, loose = points[:0], loose[:0]
		case err != nil:
			return nil, err
		case n > 0:
			loose = append(loose, first)
		}
	}
	*scratch = points
	if err := it.Error(); w.lost(key, t.first, err) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	for _, first := range loose {
		set(w.b.Delete(timeKey(k.chunks, key, first), nil))
		set(w.b.Delete(timeKey(k.index, key, first), nil))
	}
	return points, nil
}

// chunksOf is an iterator over all chunks of a kind as they were when the run
// began: series are written in its order, each once.
func (w *chunkWriter) chunksOf(space byte) (*pebble.Iterator, error) {
	if it := w.chunked[space]; it != nil {
		return it, nil
	}
	it, err := w.s.db.NewIter(&pebble.IterOptions{LowerBound: []byte{space}, UpperBound: []byte{space + 1}})
	if err != nil {
		return nil, err
	}
	w.chunked[space] = it
	return it, nil
}

// lost reports whether an error means that a chunk is lost, and tells of it:
// new points must not be held up by it.
func (w *chunkWriter) lost(key series, first plant.Micros, err error) bool {
	if !errors.Is(err, ErrDamaged) && !pebble.IsCorruptionError(err) && !errors.Is(err, pebble.ErrNotFound) {
		return false
	}
	w.damaged++
	w.s.log.Error("history: damaged chunk is left as it is", "tag", key.tag, "from", first.Time(), "err", err)
	return true
}
