package history

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"

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

// maxTextBytes closes a chunk of texts early, so that decoding stays quick.
const maxTextBytes = 256 << 10

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func appendSum(dst []byte, at int) []byte {
	return binary.LittleEndian.AppendUint32(dst, crc32.Checksum(dst[at:], castagnoli))
}

// openChunk checks a chunk and gives its count and what follows.
func openChunk(raw []byte) (int, reader, error) {
	if len(raw) < 6 {
		return 0, reader{}, fmt.Errorf("%w: chunk of %d bytes", ErrDamaged, len(raw))
	}
	sum := binary.LittleEndian.Uint32(raw[len(raw)-4:])
	raw = raw[:len(raw)-4]
	if crc32.Checksum(raw, castagnoli) != sum {
		return 0, reader{}, fmt.Errorf("%w: checksum of chunk", ErrDamaged)
	}
	r := reader{buf: raw}
	if v := r.byte(); v != chunkVersion {
		return 0, reader{}, fmt.Errorf("%w: chunk version %d", ErrDamaged, v)
	}
	n := r.uvarint()
	if r.short || n == 0 || n > chunkSize {
		return 0, reader{}, fmt.Errorf("%w: chunk of %d samples", ErrDamaged, n)
	}
	return int(n), r, nil
}

func appendChunkHead[V uint64 | string](c *codec, dst []byte, points []point[V]) []byte {
	n := len(points)
	dst = binary.AppendUvarint(append(dst, chunkVersion), uint64(n))
	dst = c.appendTimes(dst, func(i int) plant.Micros { return points[i].at }, n)
	return appendRuns(dst, func(i int) byte { return byte(points[i].order) }, n)
}

// decodeChunkHead reads times and qualities into new points behind dst.
func decodeChunkHead[V uint64 | string](c *codec, r *reader, dst []point[V], n int) []point[V] {
	c.times, c.qualities = sized(c.times, n), sized(c.qualities, n)
	c.decodeTimes(r, c.times)
	decodeRuns(r, c.qualities)
	if r.short {
		return dst
	}
	for i, t := range c.times {
		// What is in a chunk is older than anything in memory: sequence 0.
		dst = append(dst, point[V]{at: plant.Micros(t), order: uint64(c.qualities[i])})
	}
	return dst
}

// appendChunk writes points in order of time, no two at one time.
func (c *codec) appendChunk(dst []byte, points []point[uint64]) []byte {
	at := len(dst)
	dst = appendChunkHead(c, dst, points)
	c.bits, c.bad = c.bits[:0], c.bad[:0]
	for i := range points {
		if points[i].quality().IsBad() {
			c.bad = append(c.bad, points[i].value) // raw bytes must not disturb the numbers' scale
		} else {
			c.bits = append(c.bits, points[i].value)
		}
	}
	dst = c.appendValues(c.appendValues(dst, c.bits), c.bad)
	return appendSum(dst, at)
}

// decodeChunk appends a chunk's points to dst.
func (c *codec) decodeChunk(dst []point[uint64], raw []byte) ([]point[uint64], error) {
	n, r, err := openChunk(raw)
	if err != nil {
		return dst, err
	}
	at := len(dst)
	dst = decodeChunkHead(c, &r, dst, n)
	points := dst[at:]
	bad := 0
	for i := range points {
		if points[i].quality().IsBad() {
			bad++
		}
	}
	c.bits, c.bad = sized(c.bits, len(points)-bad), sized(c.bad, bad)
	c.decodeValues(&r, c.bits)
	c.decodeValues(&r, c.bad)
	if r.short || len(r.buf) != 0 {
		return dst[:at], fmt.Errorf("%w: chunk of the wrong length", ErrDamaged)
	}
	if bad == 0 {
		for i, b := range c.bits {
			points[i].value = b
		}
		return dst, nil
	}
	good, marked := c.bits, c.bad
	for i := range points {
		from := &good
		if points[i].quality().IsBad() {
			from = &marked
		}
		points[i].value, *from = (*from)[0], (*from)[1:]
	}
	return dst, nil
}

// appendTextChunk and decodeTextChunk do the same for texts: lengths, then all
// texts behind one another.
func (c *codec) appendTextChunk(dst []byte, points []point[string]) []byte {
	at := len(dst)
	dst = appendChunkHead(c, dst, points)
	c.ints, c.body = c.ints[:0], c.body[:0]
	for i := range points {
		c.ints = append(c.ints, int64(len(points[i].value)))
		c.body = append(c.body, points[i].value...)
	}
	dst = c.appendInts(dst, c.ints)
	if len(c.body) > 0 {
		dst = c.appendZstd(dst, c.body)
	}
	return appendSum(dst, at)
}

func (c *codec) decodeTextChunk(dst []point[string], raw []byte) ([]point[string], error) {
	n, r, err := openChunk(raw)
	if err != nil {
		return dst, err
	}
	at := len(dst)
	dst = decodeChunkHead(c, &r, dst, n)
	points := dst[at:]
	c.ints = sized(c.ints, len(points))
	c.decodeInts(&r, c.ints)
	total := int64(0)
	for _, length := range c.ints {
		if length < 0 || length > MaxValue {
			r.short = true
		}
		total += length
	}
	if r.short || total > maxTextBytes+MaxValue {
		return dst[:at], fmt.Errorf("%w: text chunk", ErrDamaged)
	}
	c.body = sized(c.body, int(total))
	if total > 0 {
		c.column(&r, c.body)
	}
	if r.short || len(r.buf) != 0 {
		return dst[:at], fmt.Errorf("%w: text chunk of the wrong length", ErrDamaged)
	}
	all := string(c.body) // one piece of memory for the texts of a chunk
	for i, length := range c.ints {
		points[i].value, all = all[:length], all[length:]
	}
	return dst, nil
}
