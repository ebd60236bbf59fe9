package history

import (
	"encoding/binary"
	"errors"
	"slices"

	"github.com/cockroachdb/pebble/v2"

	"zhigai/plant"
)

// writeTexts brings new texts into their chunks. Texts are few: every run
// merges with the chunks it touches.
func (w *chunkWriter) writeTexts(key series, points []point[string]) error {
	points = settle(points, func(old, by point[string]) { w.supersedeText(key, old, by, 0) })
	firsts, err := w.s.firsts(spaceTextChunk, key, points[0].at, points[len(points)-1].at)
	if err != nil {
		return err
	}
	if len(firsts) == 0 {
		w.putTexts(key, points)
		return w.next()
	}
	var older []point[string]
	for _, first := range firsts {
		raw, closer, err := w.s.db.Get(timeKey(spaceTextChunk, key, first))
		if err != nil {
			return err
		}
		older, err = w.c.decodeTextChunk(older, raw)
		if err = errors.Join(err, closer.Close()); err != nil {
			return err
		}
		w.remove(timeKey(spaceTextChunk, key, first))
	}
	w.putTexts(key, merge(nil, older, points, func(old, by point[string]) { w.supersedeText(key, old, by, 1) }))
	return w.next()
}

func (w *chunkWriter) putTexts(key series, points []point[string]) {
	for len(points) > 0 {
		n, size := 0, 0
		for n < len(points) && n < chunkSize && size < maxTextBytes {
			size += len(points[n].value)
			n++
		}
		w.buf = w.c.appendTextChunk(w.buf[:0], points[:n])
		w.set(timeKey(spaceTextChunk, key, points[0].at), w.buf)
		w.chunks++
		points = points[n:]
	}
}

func (w *chunkWriter) supersedeText(key series, old, by point[string], stage byte) {
	value := binary.AppendVarint([]byte{byte(old.quality())}, int64(w.s.recorded(by.seq())))
	w.set(append(supersededKey(key, old.at, by.seq()), stage), append(value, old.value...))
}

// recorded is when a batch that is still in the raw log was recorded.
func (s *Store) recorded(seq uint64) plant.Micros {
	raw, closer, err := s.db.Get(batchKey(seq))
	if err != nil {
		return plant.MicrosOf(s.now())
	}
	defer closer.Close()
	r := reader{buf: raw}
	r.byte()
	r.uvarint()
	return plant.Micros(r.varint())
}

// firsts lists the chunks of a series whose region [first, next first) meets
// [from, to]: the one that begins at or before from, and all that begin up to
// to. When all begin later, the first one takes what comes before it.
func (s *Store) firsts(space byte, key series, from, to plant.Micros) ([]plant.Micros, error) {
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: prefix(space, key), UpperBound: after(space, key)})
	if err != nil {
		return nil, err
	}
	defer it.Close()
	ok := it.SeekLT(timeKey(space, key, from+1))
	if !ok {
		ok = it.First()
		if ok && timeOf(it.Key()) > to {
			return []plant.Micros{timeOf(it.Key())}, it.Error()
		}
	}
	var out []plant.Micros
	for ; ok && timeOf(it.Key()) <= max(from, to); ok = it.Next() {
		out = append(out, timeOf(it.Key()))
	}
	return slices.Clip(out), it.Error()
}

// tailOf finds the newest chunk of a series.
func (s *Store) tailOf(key series) (tail, error) {
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: prefix(spaceIndex, key), UpperBound: after(spaceIndex, key)})
	if err != nil {
		return tail{}, err
	}
	defer it.Close()
	if !it.Last() {
		return tail{}, it.Error()
	}
	st, err := decodeStats(it.Value())
	return tail{first: timeOf(it.Key()), last: st.last, count: st.count}, err
}
