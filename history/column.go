package history

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/klauspost/compress/fse"
	"github.com/klauspost/compress/huff0"
	"github.com/klauspost/compress/zstd"

	"zhigai/plant"
)

// A column is a run of bytes of one meaning, packed by itself: mixed into one
// block the noise of one column would spoil the code tables of the others.
const (
	columnRaw  = 0
	columnSame = 1 // one byte, repeated
	columnHuff = 2 // Huffman: best from about 1.5 bits a byte up
	columnTANS = 3 // tabled asymmetric numerals: fractions of a bit
	columnZstd = 4 // repetitions
)

// codec holds the coders and the scratch space of one writer or reader at a
// time.
type codec struct {
	enc  *zstd.Encoder
	dec  *zstd.Decoder
	huff huff0.Scratch // of the encoder
	read huff0.Scratch // of the decoder: its tables are kept apart
	tans fse.Scratch

	body    []byte // texts behind one another
	packed  []byte // a column as zstd packs it
	plane   []byte // a byte of each number
	xored   []byte // the same, XORed with the byte before
	times   []int64
	bits    []uint64 // good values
	bad     []uint64 // raw bytes of bad markers
	ints    []int64
	flags   []byte // places of strays
	zigzags []uint64
	hist    [256]uint32

	qualities  []byte
	lastTimes  []plant.Micros // written last
	lastPacked []byte         // what they became
}

// maxZstdWindow bounds what a decoder must remember: more than any chunk.
const maxZstdWindow = 8 << 20

func newCodec() *codec {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1),
		zstd.WithWindowSize(64<<10), zstd.WithEncoderCRC(false), zstd.WithSingleSegment(true), zstd.WithLowerEncoderMem(true))
	if err != nil {
		panic("BUG: zstd options: " + err.Error())
	}
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxZstdWindow), zstd.WithDecoderLowmem(true))
	if err != nil {
		panic("BUG: zstd options: " + err.Error())
	}
	c := &codec{enc: enc, dec: dec}
	c.huff.Reuse = huff0.ReusePolicyNone
	return c
}

// log2 of the counts that columns of numbers can have.
var log2 = func() (t [2*chunkSize + 1]float64) {
	for i := 2; i < len(t); i++ {
		t[i] = math.Log2(float64(i))
	}
	return t
}()

// columnCost estimates the packed size of a column of at most 2·chunkSize
// bytes in each form, and names the cheapest.
func (c *codec) columnCost(col []byte) (form byte, bytes float64) {
	n := len(col)
	if n < 16 { // no table pays off; the form still says "same" where it is
		return c.shortCost(col)
	}
	c.hist = [256]uint32{}
	changes, last := 0, col[0]
	for _, b := range col {
		c.hist[b]++
		if b != last {
			changes++
			last = b
		}
	}
	if changes == 0 {
		return columnSame, 2
	}
	entropy, distinct := float64(n)*log2[n], 0
	for _, count := range c.hist {
		if count > 0 {
			entropy -= float64(count) * log2[count]
			distinct++
		}
	}
	form, bytes = columnRaw, float64(n)+1
	// The constants are sizes of headers and code tables, fitted on the signals
	// of the benchmark.
	if cost := max(entropy*1.02, float64(n))/8 + 6 + float64(distinct)*0.5; cost < bytes && distinct > 2 {
		form, bytes = columnHuff, cost
	}
	if cost := entropy/8 + 6 + float64(distinct)*0.6; cost < bytes && (form == columnRaw || cost < bytes*0.9) {
		form, bytes = columnTANS, cost
	}
	if cost := 16 + float64(changes)*2; cost < bytes {
		form, bytes = columnZstd, cost
	}
	return form, bytes
}

func (c *codec) shortCost(col []byte) (byte, float64) {
	for _, b := range col {
		if b != col[0] {
			return columnRaw, float64(len(col)) + 1
		}
	}
	return columnSame, 2
}

// appendColumn packs at most 2·chunkSize bytes, at least one.
func (c *codec) appendColumn(dst, col []byte) []byte {
	form, _ := c.columnCost(col)
	switch form {
	case columnSame:
		return append(dst, columnSame, col[0])
	case columnHuff:
		if out, _, err := huff0.Compress1X(col, &c.huff); err == nil && len(out) < len(col) {
			return appendPacked(dst, columnHuff, out)
		}
	case columnTANS:
		if out, err := fse.Compress(col, &c.tans); err == nil && len(out) < len(col) {
			return appendPacked(dst, columnTANS, out)
		}
	case columnZstd:
		return c.appendZstd(dst, col)
	}
	return append(append(dst, columnRaw), col...)
}

// appendZstd packs a column of any length for its repetitions.
func (c *codec) appendZstd(dst, col []byte) []byte {
	c.packed = c.enc.EncodeAll(col, c.packed[:0])
	if len(c.packed)+3 < len(col) {
		return appendPacked(dst, columnZstd, c.packed)
	}
	return append(append(dst, columnRaw), col...)
}

func appendPacked(dst []byte, form byte, packed []byte) []byte {
	dst = binary.AppendUvarint(append(dst, form), uint64(len(packed)))
	return append(dst, packed...)
}

// column unpacks a column into dst, whose length says how many bytes it has.
func (c *codec) column(r *reader, dst []byte) {
	form := r.byte()
	if form == columnRaw {
		copy(dst, r.bytes(uint64(len(dst))))
		return
	}
	if form == columnSame {
		b := r.byte()
		for i := range dst {
			dst[i] = b
		}
		return
	}
	packed := r.bytes(r.uvarint())
	if r.short {
		return
	}
	out, err := c.unpack(form, packed, dst)
	if err != nil || len(out) != len(dst) {
		r.short = true
		return
	}
	copy(dst, out) // nothing moves where the coder wrote in place
}

// unpack gives the bytes of a packed column, in dst if they fit.
func (c *codec) unpack(form byte, packed, dst []byte) ([]byte, error) {
	switch form {
	case columnHuff:
		s, rest, err := huff0.ReadTable(packed, &c.read)
		if err != nil {
			return nil, err
		}
		return s.Decoder().Decompress1X(dst[:0:len(dst)], rest)
	case columnTANS:
		c.tans.DecompressLimit = len(dst) + 1
		return fse.Decompress(packed, &c.tans)
	case columnZstd:
		return c.dec.DecodeAll(packed, dst[:0:len(dst)])
	}
	return nil, fmt.Errorf("column form %d", form)
}
