package history

import (
	"encoding/binary"
	"math/bits"
)

// maxOrder is how often the difference to the value before is taken: 0 suits
// noise, 1 what drifts, 2 what moves evenly.
const maxOrder = 2

// appendInts writes whole numbers as the differences of the order that costs
// least, zigzag, each byte plane a column. Sums wrap round, so that any
// numbers come back.
func (c *codec) appendInts(dst []byte, ints []int64) []byte {
	order, _ := c.plan(ints)
	return c.appendOrder(dst, ints, order)
}

// plan finds the order that costs least, and about how many bytes that is.
// Orders whose numbers are clearly longer than those of another are not tried.
func (c *codec) plan(ints []int64) (order int, cost float64) {
	lengths := lengthsOf(ints)
	least := min(lengths[0], lengths[1], lengths[2])
	cost = -1
	for o := maxOrder; o >= 0; o-- {
		if lengths[o] > least+least/5+len(ints)/8 {
			continue
		}
		all := c.zigzag(ints, o)
		sum := 0.0
		for p := range planesOf(all) {
			c.plane = c.plane[:0]
			for _, z := range c.zigzags {
				c.plane = append(c.plane, byte(z>>(8*p)))
			}
			_, bytes := c.columnCost(c.plane)
			sum += bytes
		}
		if cost < 0 || sum < cost {
			order, cost = o, sum
		}
		if all == 0 {
			break
		}
	}
	return order, cost
}

// lengthsOf gives for each order the bits of all differences together.
func lengthsOf(ints []int64) (sums [maxOrder + 1]int) {
	base, last, step := baseOf(ints, 0), ints[0], firstStep(ints)
	for i, v := range ints {
		d := v - last
		sums[0] += bits.Len64(zigzagOf(v - base))
		sums[1] += bits.Len64(zigzagOf(d))
		if i > 0 {
			sums[2] += bits.Len64(zigzagOf(d - step))
			step = d
		}
		last = v
	}
	return sums
}

func firstStep(ints []int64) int64 {
	if len(ints) < 2 {
		return 0
	}
	return ints[1] - ints[0]
}

func (c *codec) appendOrder(dst []byte, ints []int64, order int) []byte {
	planes := planesOf(c.zigzag(ints, order))
	dst = append(dst, byte(order<<4|planes))
	dst = binary.AppendVarint(dst, baseOf(ints, order))
	if order > 1 {
		dst = binary.AppendVarint(dst, firstStep(ints))
	}
	for p := range planes {
		c.plane = c.plane[:0]
		for _, z := range c.zigzags {
			c.plane = append(c.plane, byte(z>>(8*p)))
		}
		dst = c.appendColumn(dst, c.plane)
	}
	return dst
}

// baseOf is what differences start from: the mean for order 0.
func baseOf(ints []int64, order int) int64 {
	if order > 0 {
		return ints[0]
	}
	low, high := ints[0], ints[0]
	for _, v := range ints {
		low, high = min(low, v), max(high, v)
	}
	if width := high - low; width < 0 || width > 1<<53 {
		return low // a mean could overflow
	}
	sum := int64(0)
	for _, v := range ints {
		sum += v - low
	}
	return low + sum/int64(len(ints))
}

// zigzag fills c.zigzags and gives the bits that any of them has. For order 2
// the first step is a base too: it would cost a plane of its own.
func (c *codec) zigzag(ints []int64, order int) (all uint64) {
	base, step := baseOf(ints, order), firstStep(ints)
	c.zigzags = sized(c.zigzags, len(ints))
	for i, v := range ints {
		d := v - base
		if order > 0 {
			base = v
		}
		if order > 1 && i > 0 {
			d, step = d-step, d
		}
		z := zigzagOf(d)
		all |= z
		c.zigzags[i] = z
	}
	return all
}

func zigzagOf(d int64) uint64 { return uint64(d)<<1 ^ uint64(d>>63) }

func planesOf(all uint64) (planes int) {
	for ; all != 0; all >>= 8 {
		planes++
	}
	return planes
}

// decodePlanes puts the bytes of columns together again.
func (c *codec) decodePlanes(r *reader, n, planes int) []uint64 {
	c.zigzags = sized(c.zigzags, n)
	clear(c.zigzags)
	c.plane = sized(c.plane, n)
	for p := range planes {
		c.column(r, c.plane)
		if r.short {
			return c.zigzags
		}
		for i, b := range c.plane {
			c.zigzags[i] |= uint64(b) << (8 * p)
		}
	}
	return c.zigzags
}

// decodeInts fills dst.
func (c *codec) decodeInts(r *reader, dst []int64) {
	head := r.byte()
	order, planes := int(head>>4), int(head&15)
	last, step := r.varint(), int64(0)
	if order > maxOrder || planes > 8 || r.short {
		r.short = true
		return
	}
	if order > 1 {
		step = r.varint()
	}
	zigzags := c.decodePlanes(r, len(dst), planes)
	switch order {
	case 0:
		for i, z := range zigzags {
			dst[i] = last + unzigzag(z)
		}
	case 1:
		for i, z := range zigzags {
			last += unzigzag(z)
			dst[i] = last
		}
	default:
		for i, z := range zigzags {
			if i > 0 {
				step += unzigzag(z)
				last += step
			}
			dst[i] = last
		}
	}
}

func unzigzag(z uint64) int64 { return int64(z>>1) ^ -int64(z&1) }

// sized gives a slice of n elements, of s if it is large enough. What it holds
// is not cleared.
func sized[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, max(n, chunkSize))
	}
	return s[:n]
}
