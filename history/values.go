package history

import (
	"encoding/binary"
	"math"
)

// How a column of values is written.
const (
	valuesDelta  = 0 // decimal-scaled integers, first differences
	valuesDelta2 = 1 // decimal-scaled integers, second differences
	valuesPlanes = 2 // XOR with the value before, byte planes
	valuesSame   = 3 // all equal
)

// maxDigits is the most decimals tried: sensors have fewer.
const maxDigits = 6

var pow10 = [maxDigits + 1]float64{1, 10, 100, 1000, 1e4, 1e5, 1e6}

// maxWhole bounds scaled integers so that the way back is exact.
const maxWhole = 1 << 52

// appendValues writes bit patterns of float64 so that they come back bit for
// bit: as integers where every value is one after scaling by a power of ten,
// else as byte planes. ints is scratch.
func appendValues(dst []byte, bits []uint64, ints []int64) ([]byte, []int64) {
	if len(bits) == 0 {
		return dst, ints
	}
	if same(bits) {
		dst = append(dst, valuesSame)
		return binary.LittleEndian.AppendUint64(dst, bits[0]), ints
	}
	for digits := range len(pow10) {
		var ok bool
		if ints, ok = scaled(ints[:0], bits, pow10[digits]); ok {
			return appendInts(dst, ints, byte(digits)), ints
		}
	}
	return appendPlanes(dst, bits), ints
}

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

func appendInts(dst []byte, ints []int64, digits byte) []byte {
	var first, second int
	var last, step int64
	for _, v := range ints {
		d := v - last
		first += varintLen(d)
		second += varintLen(d - step)
		last, step = v, d
	}
	last, step = 0, 0
	if second < first {
		dst = append(dst, valuesDelta2, digits)
		for _, v := range ints {
			d := v - last
			dst = binary.AppendVarint(dst, d-step)
			last, step = v, d
		}
		return dst
	}
	dst = append(dst, valuesDelta, digits)
	for _, v := range ints {
		dst = binary.AppendVarint(dst, v-last)
		last = v
	}
	return dst
}

func varintLen(v int64) int {
	u := uint64(v)<<1 ^ uint64(v>>63)
	n := 1
	for u >= 0x80 {
		u >>= 7
		n++
	}
	return n
}

func appendPlanes(dst []byte, bits []uint64) []byte {
	dst = append(dst, valuesPlanes)
	at := len(dst)
	n := len(bits)
	dst = append(dst, make([]byte, 8*n)...)
	planes := dst[at:]
	last := uint64(0)
	for i, b := range bits {
		x := b ^ last
		last = b
		for p := range 8 {
			planes[p*n+i] = byte(x >> (56 - 8*p))
		}
	}
	return dst
}

// decodeValues calls set for each of n bit patterns.
func decodeValues(r *reader, n int, set func(i int, bits uint64)) {
	if n == 0 {
		return
	}
	switch r.byte() {
	case valuesSame:
		b := r.fixed64()
		for i := range n {
			set(i, b)
		}
	case valuesDelta:
		decodeInts(r, n, false, set)
	case valuesDelta2:
		decodeInts(r, n, true, set)
	case valuesPlanes:
		planes := r.bytes(8 * uint64(n))
		if planes == nil {
			return
		}
		last := uint64(0)
		for i := range n {
			x := uint64(0)
			for p := range 8 {
				x = x<<8 | uint64(planes[p*n+i])
			}
			last ^= x
			set(i, last)
		}
	default:
		r.short = true
	}
}

func decodeInts(r *reader, n int, second bool, set func(i int, bits uint64)) {
	digits := r.byte()
	if int(digits) >= len(pow10) {
		r.short = true
		return
	}
	by := pow10[digits]
	var v, step int64
	for i := range n {
		d := r.varint()
		if second {
			step += d
			d = step
		}
		v += d
		set(i, math.Float64bits(float64(v)/by))
	}
}
