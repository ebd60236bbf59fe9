package history

import (
	"encoding/binary"
	"math"
)

// How a column of values is written.
const (
	valuesSame    = 0 // all equal
	valuesDecimal = 1 // whole numbers after scaling by a power of ten
	valuesFloat32 = 2 // bits of float32, byte planes
	valuesFloat64 = 3 // bits of float64, byte planes
)

// maxDigits is the most decimals tried: sensors have fewer.
const maxDigits = 6

var pow10 = [maxDigits + 1]float64{1, 10, 100, 1000, 1e4, 1e5, 1e6}

// maxWhole bounds scaled integers so that the way back is exact.
const maxWhole = 1 << 52

// appendValues writes bit patterns of float64 so that they come back bit for
// bit.
func (c *codec) appendValues(dst []byte, bits []uint64) []byte {
	if len(bits) == 0 {
		return dst
	}
	if same(bits) {
		return binary.LittleEndian.AppendUint64(append(dst, valuesSame), bits[0])
	}
	for digits := range len(pow10) {
		var ok bool
		if c.ints, ok = scaled(c.ints[:0], bits, pow10[digits]); ok {
			return c.appendInts(append(dst, valuesDecimal, byte(digits)), c.ints)
		}
	}
	c.zigzags = c.zigzags[:0]
	for _, b := range bits {
		v := math.Float64frombits(b)
		short := float32(v)
		if math.Float64bits(float64(short)) != b || v != v { // a NaN's payload may not fit
			break
		}
		c.zigzags = append(c.zigzags, uint64(turn32(math.Float32bits(short))))
	}
	if len(c.zigzags) == len(bits) {
		return c.appendXOR(append(dst, valuesFloat32), 4)
	}
	c.zigzags = c.zigzags[:0]
	for _, b := range bits {
		c.zigzags = append(c.zigzags, turn64(b))
	}
	return c.appendXOR(append(dst, valuesFloat64), 8)
}

// turn32 and turn64 put the sign at the low end: the high byte is then all
// exponent, which varies little.
func turn32(b uint32) uint32 { return b<<1 | b>>31 }
func back32(b uint32) uint32 { return b>>1 | b<<31 }
func turn64(b uint64) uint64 { return b<<1 | b>>63 }
func back64(b uint64) uint64 { return b>>1 | b<<63 }

func same(bits []uint64) bool {
	for _, b := range bits[1:] {
		if b != bits[0] {
			return false
		}
	}
	return true
}

func scaled(ints []int64, bits []uint64, by float64) ([]int64, bool) {
	for _, b := range bits {
		v := math.Float64frombits(b)
		w := math.Round(v * by)
		if !(math.Abs(w) < maxWhole) { // also refuses NaN
			return ints, false
		}
		whole := int64(w)
		if math.Float64bits(float64(whole)/by) != b { // also refuses -0, which no integer has
			return ints, false
		}
		ints = append(ints, whole)
	}
	return ints, true
}

// appendXOR writes c.zigzags as byte planes, each either as it is (noise) or
// XORed with the byte before (drift); a mask says which.
func (c *codec) appendXOR(dst []byte, planes int) []byte {
	n := len(c.zigzags)
	c.planes = appendPlanes(c.planes[:0], c.zigzags, planes)
	at := len(dst)
	dst = append(dst, 0)
	for p := range planes {
		plain := c.planes[p*n : (p+1)*n]
		c.best = c.best[:0]
		last := byte(0)
		for _, b := range plain {
			c.best = append(c.best, b^last)
			last = b
		}
		_, costPlain := c.columnCost(plain)
		if _, cost := c.columnCost(c.best); cost < costPlain {
			plain = c.best
			dst[at] |= 1 << p
		}
		dst = c.appendColumn(dst, plain)
	}
	return dst
}

// decodeXOR fills c.zigzags with n numbers.
func (c *codec) decodeXOR(r *reader, n, planes int) []uint64 {
	mask := r.byte()
	c.zigzags = sized(c.zigzags, n)
	clear(c.zigzags)
	c.planes = sized(c.planes, n)
	for p := range planes {
		c.column(r, c.planes)
		if r.short {
			break
		}
		last := byte(0)
		if mask>>p&1 == 0 {
			for i, b := range c.planes {
				c.zigzags[i] |= uint64(b) << (8 * p)
			}
			continue
		}
		for i, b := range c.planes {
			last ^= b
			c.zigzags[i] |= uint64(last) << (8 * p)
		}
	}
	return c.zigzags
}

// decodeValues fills dst with bit patterns.
func (c *codec) decodeValues(r *reader, dst []uint64) {
	if len(dst) == 0 {
		return
	}
	switch r.byte() {
	case valuesSame:
		b := r.fixed64()
		for i := range dst {
			dst[i] = b
		}
	case valuesDecimal:
		digits := r.byte()
		if int(digits) >= len(pow10) {
			r.short = true
			return
		}
		c.ints = sized(c.ints, len(dst))
		c.decodeInts(r, c.ints)
		by := pow10[digits]
		for i, v := range c.ints {
			dst[i] = math.Float64bits(float64(v) / by)
		}
	case valuesFloat32:
		for i, b := range c.decodeXOR(r, len(dst), 4) {
			dst[i] = math.Float64bits(float64(math.Float32frombits(back32(uint32(b)))))
		}
	case valuesFloat64:
		for i, b := range c.decodeXOR(r, len(dst), 8) {
			dst[i] = back64(b)
		}
	default:
		r.short = true
	}
}
