package history

import (
	"encoding/binary"

	"zhigai/plant"
)

// kind is what differs between numbers and texts.
type kind[V uint64 | string] struct {
	chunks, index, progress byte // key spaces
	heads                   func(s *Store) heads[V]
	encode                  func(c *codec, dst []byte, points []point[V]) []byte
	decode                  func(c *codec, dst []point[V], raw []byte) ([]point[V], error)
	stats                   func(points []point[V]) stats
	// cut says how many of the points the next chunk takes, at most limit, and
	// whether it is full then.
	cut     func(points []point[V], limit int) (n int, full bool)
	scratch func(w *chunkWriter) *[]point[V]
	bytes   func(dst []byte, value V) []byte // of a superseded value
}

var numberKind = kind[uint64]{
	chunks: spaceChunk, index: spaceIndex, progress: spaceProgress,
	heads:  func(s *Store) heads[uint64] { return s.numbers },
	encode: (*codec).appendChunk,
	decode: (*codec).decodeChunk,
	stats:  statsOf,
	cut: func(points []point[uint64], limit int) (int, bool) {
		n := min(limit, len(points))
		return n, n >= chunkFull
	},
	scratch: func(w *chunkWriter) *[]point[uint64] { return &w.numbers },
	bytes:   func(dst []byte, v uint64) []byte { return binary.LittleEndian.AppendUint64(dst, v) },
}

var textKind = kind[string]{
	chunks: spaceTextChunk, index: spaceTextIndex, progress: spaceTextProgress,
	heads:  func(s *Store) heads[string] { return s.texts },
	encode: (*codec).appendTextChunk,
	decode: (*codec).decodeTextChunk,
	stats:  textStatsOf,
	cut: func(points []point[string], limit int) (int, bool) {
		n, size := 0, 0
		for n < len(points) && n < limit && size < maxTextBytes {
			size += len(points[n].value)
			n++
		}
		return n, n >= chunkFull || size >= maxTextBytes
	},
	scratch: func(w *chunkWriter) *[]point[string] { return &w.texts },
	bytes:   func(dst []byte, v string) []byte { return append(dst, v...) },
}

// textStatsOf counts; texts have no size.
func textStatsOf(points []point[string]) stats {
	s := stats{count: len(points)}
	for i := range points {
		q := points[i].quality()
		s.worst = max(s.worst, q)
		if q.IsBad() {
			s.bad++
		}
		s.last, s.lastQuality = points[i].at, q
	}
	return s
}

// progress tells of series whose chunks are ahead of keyChunked.
type progress struct {
	numbers, texts map[series]uint64
}

func newProgress() *progress {
	return &progress{numbers: map[series]uint64{}, texts: map[series]uint64{}}
}

func (p *progress) of(space byte) map[series]uint64 {
	if space == spaceTextProgress {
		return p.texts
	}
	return p.numbers
}

// covers reports whether a batch's points of the series are in chunks.
func (p *progress) covers(space byte, key series, seq uint64) bool {
	return p != nil && seq <= p.of(space)[key]
}

// pass forgets what keyChunked says by itself now.
func (p *progress) pass(chunked uint64, forgotten func(space byte, key series)) {
	for _, space := range [2]byte{spaceProgress, spaceTextProgress} {
		for key, seq := range p.of(space) {
			if seq <= chunked {
				delete(p.of(space), key)
				forgotten(space, key)
			}
		}
	}
}

// tailKey names the newest chunk of a series of one kind.
type tailKey struct {
	space byte
	series
}

// tail is the end of a series that is not packed into full chunks yet: one
// chunk, and loose ones behind it.
type tail struct {
	first, last plant.Micros // of the tail's first chunk the first sample, of the series the last
	count       int          // samples in that chunk
	full        bool
	loose       int // chunks behind it
	behind      int // samples in them
}

// maxLoose is how many loose chunks stand behind one another: each costs a
// reader some microseconds.
const maxLoose = 16

// packs reports whether n points that come now are put together with the tail.
// A chunk that is read and written again for every few points costs many times
// what these do; a tail that at least doubles each time costs a few times.
func (t tail) packs(n int) bool {
	more := t.behind + n
	return more >= t.count || t.count+more >= chunkFull || t.loose+1 > maxLoose
}
