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
	valuesMixed   = 4 // whole numbers after scaling, but for a few strays
)

// strayShare: up to n/strayShare values may be strays: a 3.4e38 of a register
// not yet set, or the -0 that rounding makes of -0.04.
const strayShare = 8

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
	best, strays := 0, len(bits)/strayShare+1
	for digits := range len(pow10) {
		if n := countStrays(bits, pow10[digits], strays); n < strays {
			best, strays = digits, n
		}
		if strays == 0 {
			break
		}
	}
	switch {
	case strays == 0:
		c.ints, c.flags, _ = scale(c.ints[:0], c.flags[:0], nil, bits, pow10[best])
		return c.appendInts(append(dst, valuesDecimal, byte(best)), c.ints)
	case strays <= len(bits)/strayShare:
		return c.appendMixed(append(dst, valuesMixed, byte(best)), bits, pow10[best])
	}
	return c.appendFloats(dst, bits)
}

// appendMixed writes strays beside the whole numbers: flags that tell where
// they are, then their bits.
func (c *codec) appendMixed(dst []byte, bits []uint64, by float64) []byte {
	var strays []uint64
	c.ints, c.flags, strays = scale(c.ints[:0], c.flags[:0], nil, bits, by)
	dst = c.appendInts(dst, c.ints)
	dst = c.appendColumn(dst, c.flags)
	return c.appendValues(dst, strays)
}

func (c *codec) appendFloats(dst []byte, bits []uint64) []byte {
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

// whole gives the whole number that comes back as b when divided by by.
func whole(b uint64, by float64) (int64, bool) {
	w := math.Round(math.Float64frombits(b) * by)
	if !(math.Abs(w) < maxWhole) { // also refuses NaN
		return 0, false
	}
	n := int64(w)
	return n, math.Float64bits(float64(n)/by) == b // also refuses -0, which no integer has
}

// countStrays stops at most.
func countStrays(bits []uint64, by float64, most int) (n int) {
	for _, b := range bits {
		if _, ok := whole(b, by); !ok {
			if n++; n >= most {
				break
			}
		}
	}
	return n
}

// scale gives whole numbers, flags (1 is a stray) and the strays. A stray's
// number is that of the value before, which costs least.
func scale(ints []int64, flags []byte, strays, bits []uint64, by float64) ([]int64, []byte, []uint64) {
	last := int64(0)
	for _, b := range bits {
		n, ok := whole(b, by)
		if ok {
			last = n
			flags = append(flags, 0)
		} else {
			strays = append(strays, b)
			flags = append(flags, 1)
		}
		ints = append(ints, last)
	}
	return ints, flags, strays
}

// appendXOR writes c.zigzags as byte planes, each either as it is (noise) or
// XORed with the byte before (drift); a mask says which.
func (c *codec) appendXOR(dst []byte, planes int) []byte {
	at := len(dst)
	dst = append(dst, 0)
	for p := range planes {
		c.plane, c.xored = c.plane[:0], c.xored[:0]
		last := byte(0)
		for _, z := range c.zigzags {
			b := byte(z >> (8 * p))
			c.plane, c.xored = append(c.plane, b), append(c.xored, b^last)
			last = b
		}
		_, plain := c.columnCost(c.plane)
		if _, cost := c.columnCost(c.xored); cost < plain {
			dst[at] |= 1 << p
			dst = c.appendColumn(dst, c.xored)
		} else {
			dst = c.appendColumn(dst, c.plane)
		}
	}
	return dst
}

// decodeXOR fills c.zigzags with n numbers.
func (c *codec) decodeXOR(r *reader, n, planes int) []uint64 {
	mask := r.byte()
	c.zigzags = sized(c.zigzags, n)
	clear(c.zigzags)
	c.plane = sized(c.plane, n)
	for p := range planes {
		c.column(r, c.plane)
		if r.short {
			break
		}
		last := byte(0)
		if mask>>p&1 == 0 {
			for i, b := range c.plane {
				c.zigzags[i] |= uint64(b) << (8 * p)
			}
			continue
		}
		for i, b := range c.plane {
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
		c.decodeDecimals(r, dst)
	case valuesMixed:
		c.decodeDecimals(r, dst)
		flags := make([]byte, len(dst))
		c.column(r, flags)
		n := 0
		for _, f := range flags {
			n += int(f & 1)
		}
		if n == 0 || n > len(dst)/strayShare {
			r.short = true
			return
		}
		strays := make([]uint64, n)
		c.decodeValues(r, strays)
		for i, f := range flags {
			if f&1 == 1 {
				dst[i], strays = strays[0], strays[1:]
			}
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

func (c *codec) decodeDecimals(r *reader, dst []uint64) {
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
}
