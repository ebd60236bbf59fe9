package history

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"

	"github.com/klauspost/compress/zstd"

	"zhigai/plant"
)

const chunkVersion = 1

// point is a sample in memory: its value is eight bytes or a text. order is
// the batch's sequence above the quality byte, so that of two points of one
// time the later record is known.
type point[V uint64 | string] struct {
	at    plant.Micros
	value V
	order uint64
}

func pack(seq uint64, q plant.Quality) uint64 { return seq<<8 | uint64(q) }

func (p point[V]) quality() plant.Quality { return plant.Quality(p.order) }
func (p point[V]) seq() uint64            { return p.order >> 8 }

// codec holds the scratch space of one writer or reader at a time.
type codec struct {
	enc  *zstd.Encoder
	dec  *zstd.Decoder
	body []byte
	bits []uint64
	bad  []uint64
	ints []int64
}

// maxChunkBody bounds what a chunk may decompress to: 1,024 texts at their
// longest.
const maxChunkBody = 2*chunkSize*(plant.MaxText+16) + 1024

func newCodec() *codec {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1),
		zstd.WithWindowSize(32<<10), zstd.WithEncoderCRC(false), zstd.WithSingleSegment(true))
	if err != nil {
		panic("BUG: zstd options: " + err.Error())
	}
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxChunkBody), zstd.WithDecoderLowmem(true))
	if err != nil {
		panic("BUG: zstd options: " + err.Error())
	}
	return &codec{enc: enc, dec: dec}
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

const (
	bodyPlain = 0
	bodyZstd  = 1
)

// seal joins the head of a chunk and its body, compressed where that helps,
// and a checksum over both.
func (c *codec) seal(dst []byte, n int, body []byte) []byte {
	at := len(dst)
	dst = append(dst, chunkVersion)
	dst = binary.AppendUvarint(dst, uint64(n))
	mark := len(dst)
	dst = append(dst, bodyZstd)
	dst = c.enc.EncodeAll(body, dst)
	if len(dst)-mark-1 >= len(body) {
		dst = append(append(dst[:mark], bodyPlain), body...)
	}
	return binary.LittleEndian.AppendUint32(dst, crc32.Checksum(dst[at:], castagnoli))
}

// open checks a chunk and gives its count and body; the body lives in c until
// the next call.
func (c *codec) open(raw []byte) (int, *reader, error) {
	if len(raw) < 7 {
		return 0, nil, fmt.Errorf("%w: chunk of %d bytes", ErrDamaged, len(raw))
	}
	sum := binary.LittleEndian.Uint32(raw[len(raw)-4:])
	raw = raw[:len(raw)-4]
	if crc32.Checksum(raw, castagnoli) != sum {
		return 0, nil, fmt.Errorf("%w: checksum of chunk", ErrDamaged)
	}
	r := reader{buf: raw}
	if v := r.byte(); v != chunkVersion {
		return 0, nil, fmt.Errorf("%w: chunk version %d", ErrDamaged, v)
	}
	n := r.uvarint()
	form := r.byte()
	if r.short || n == 0 || n > 2*chunkSize {
		return 0, nil, fmt.Errorf("%w: chunk of %d samples", ErrDamaged, n)
	}
	if form == bodyPlain {
		return int(n), &r, nil
	}
	body, err := c.dec.DecodeAll(r.buf, c.body[:0])
	if err != nil {
		return 0, nil, fmt.Errorf("%w: chunk: %w", ErrDamaged, err)
	}
	c.body = body
	return int(n), &reader{buf: body}, nil
}

// appendChunk writes points in order of time, no two at one time.
func (c *codec) appendChunk(dst []byte, points []point[uint64]) []byte {
	n := len(points)
	body := appendTimes(c.body[:0], func(i int) plant.Micros { return points[i].at }, n)
	body = appendRuns(body, func(i int) byte { return byte(points[i].order) }, n)
	c.bits, c.bad = c.bits[:0], c.bad[:0]
	for i := range points {
		if points[i].quality().IsBad() {
			c.bad = append(c.bad, points[i].value) // raw bytes must not disturb the numbers' scale
		} else {
			c.bits = append(c.bits, points[i].value)
		}
	}
	body, c.ints = appendValues(body, c.bits, c.ints)
	if len(c.bad) > 0 {
		body, c.ints = appendValues(body, c.bad, c.ints)
	}
	c.body = body
	return c.seal(dst, n, body)
}

// decodeChunk appends a chunk's points to dst. Their order is 0: what is in a
// chunk is older than anything in memory.
func (c *codec) decodeChunk(dst []point[uint64], raw []byte) ([]point[uint64], error) {
	n, r, err := c.open(raw)
	if err != nil {
		return dst, err
	}
	at := len(dst)
	dst = append(dst, make([]point[uint64], n)...)
	points := dst[at:]
	bad := 0
	decodeTimes(r, n, func(i int, t plant.Micros) { points[i].at = t })
	decodeRuns(r, n, func(i int, b byte) {
		points[i].order = uint64(b)
		if plant.Quality(b).IsBad() {
			bad++
		}
	})
	if r.short {
		return dst[:at], fmt.Errorf("%w: chunk is short", ErrDamaged)
	}
	next := 0
	decodeValues(r, n-bad, func(_ int, bits uint64) {
		for points[next].quality().IsBad() {
			next++
		}
		points[next].value = bits
		next++
	})
	next = 0
	decodeValues(r, bad, func(_ int, bits uint64) {
		for !points[next].quality().IsBad() {
			next++
		}
		points[next].value = bits
		next++
	})
	if r.short || len(r.buf) != 0 {
		return dst[:at], fmt.Errorf("%w: chunk of the wrong length", ErrDamaged)
	}
	return dst, nil
}

// appendTextChunk and decodeTextChunk do the same for texts.
func (c *codec) appendTextChunk(dst []byte, points []point[string]) []byte {
	n := len(points)
	body := appendTimes(c.body[:0], func(i int) plant.Micros { return points[i].at }, n)
	body = appendRuns(body, func(i int) byte { return byte(points[i].order) }, n)
	for i := range points {
		body = binary.AppendUvarint(body, uint64(len(points[i].value)))
	}
	for i := range points {
		body = append(body, points[i].value...)
	}
	c.body = body
	return c.seal(dst, n, body)
}

func (c *codec) decodeTextChunk(dst []point[string], raw []byte) ([]point[string], error) {
	n, r, err := c.open(raw)
	if err != nil {
		return dst, err
	}
	at := len(dst)
	dst = append(dst, make([]point[string], n)...)
	points := dst[at:]
	decodeTimes(r, n, func(i int, t plant.Micros) { points[i].at = t })
	decodeRuns(r, n, func(i int, b byte) { points[i].order = uint64(b) })
	lengths := make([]uint64, n)
	for i := range lengths {
		lengths[i] = r.uvarint()
	}
	for i := range points {
		points[i].value = string(r.bytes(lengths[i]))
	}
	if r.short || len(r.buf) != 0 {
		return dst[:at], fmt.Errorf("%w: text chunk of the wrong length", ErrDamaged)
	}
	return dst, nil
}

// stats say what a chunk holds, so that long questions need not decode it.
// hold is the time a good value held from one sample to the next inside the
// chunk, area the sum of value × that time in seconds.
type stats struct {
	count, bad          int
	last                plant.Micros // time of the last sample
	firstGood, lastGood plant.Micros
	min, max, sum       float64
	first, end          float64 // first and last good value
	hold                plant.Micros
	area                float64
	worst, lastQuality  plant.Quality
}

func statsOf(points []point[uint64]) stats {
	s := stats{min: math.Inf(1), max: math.Inf(-1)}
	for i := range points {
		p := &points[i]
		q := p.quality()
		s.count++
		s.worst = max(s.worst, q)
		if q.IsBad() {
			s.bad++
			continue
		}
		v := math.Float64frombits(p.value)
		if s.count == s.bad+1 {
			s.firstGood, s.first = p.at, v
		}
		s.lastGood, s.end = p.at, v
		s.min, s.max, s.sum = min(s.min, v), max(s.max, v), s.sum+v
		if i+1 < len(points) {
			held := points[i+1].at - p.at
			s.hold += held
			s.area += v * float64(held) / 1e6
		}
	}
	tail := points[len(points)-1]
	s.last, s.lastQuality = tail.at, tail.quality()
	return s
}

func (s stats) append(dst []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(s.count))
	dst = binary.AppendUvarint(dst, uint64(s.bad))
	dst = append(dst, byte(s.worst), byte(s.lastQuality))
	for _, t := range [...]plant.Micros{s.last, s.firstGood, s.lastGood, s.hold} {
		dst = binary.AppendVarint(dst, int64(t))
	}
	for _, v := range [...]float64{s.min, s.max, s.sum, s.first, s.end, s.area} {
		dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(v))
	}
	return dst
}

func decodeStats(raw []byte) (stats, error) {
	r := reader{buf: raw}
	s := stats{count: int(r.uvarint()), bad: int(r.uvarint())}
	s.worst, s.lastQuality = plant.Quality(r.byte()), plant.Quality(r.byte())
	for _, t := range [...]*plant.Micros{&s.last, &s.firstGood, &s.lastGood, &s.hold} {
		*t = plant.Micros(r.varint())
	}
	for _, v := range [...]*float64{&s.min, &s.max, &s.sum, &s.first, &s.end, &s.area} {
		*v = math.Float64frombits(r.fixed64())
	}
	if r.short || len(r.buf) != 0 {
		return stats{}, fmt.Errorf("%w: stats of a chunk", ErrDamaged)
	}
	return s, nil
}
