package history

import "encoding/binary"

// maxOrder is how often the difference to the value before is taken: 0 suits
// noise, 1 what drifts, 2 what moves evenly.
const maxOrder = 2

// appendInts writes whole numbers as the differences of the order that costs
// least, zigzag, each byte plane a column. Sums wrap round, so that any
// numbers come back.
func (c *codec) appendInts(dst []byte, ints []int64) []byte {
	n := len(ints)
	bestCost, bestOrder := -1.0, 0
	step := int64(0)
	if n > 1 {
		step = ints[1] - ints[0]
	}
	c.best = c.best[:0]
	for order := maxOrder; order >= 0; order-- {
		all := c.zigzag(ints, order, baseOf(ints, order), step)
		c.planes = appendPlanes(c.planes[:0], c.zigzags, planesOf(all))
		cost := 0.0
		for p := range len(c.planes) / n {
			_, bytes := c.columnCost(c.planes[p*n : (p+1)*n])
			cost += bytes
		}
		if bestCost < 0 || cost < bestCost {
			bestCost, bestOrder = cost, order
			c.best, c.planes = c.planes, c.best
		}
		if all == 0 {
			break
		}
	}
	dst = append(dst, byte(bestOrder<<4|len(c.best)/n))
	dst = binary.AppendVarint(dst, baseOf(ints, bestOrder))
	if bestOrder > 1 {
		dst = binary.AppendVarint(dst, step)
	}
	for p := range len(c.best) / n {
		dst = c.appendColumn(dst, c.best[p*n:(p+1)*n])
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
func (c *codec) zigzag(ints []int64, order int, base, step int64) (all uint64) {
	c.zigzags = c.zigzags[:0]
	for i, v := range ints {
		d := v - base
		if order > 0 {
			base = v
		}
		if order > 1 && i > 0 {
			d, step = d-step, d
		}
		z := uint64(d)<<1 ^ uint64(d>>63)
		all |= z
		c.zigzags = append(c.zigzags, z)
	}
	return all
}

func planesOf(all uint64) (planes int) {
	for ; all != 0; all >>= 8 {
		planes++
	}
	return planes
}

// appendPlanes splits values into columns of their bytes, lowest first.
func appendPlanes(dst []byte, values []uint64, planes int) []byte {
	for p := range planes {
		for _, v := range values {
			dst = append(dst, byte(v>>(8*p)))
		}
	}
	return dst
}

// decodePlanes puts the bytes of columns together again.
func (c *codec) decodePlanes(r *reader, n, planes int) []uint64 {
	c.zigzags = sized(c.zigzags, n)
	clear(c.zigzags)
	c.planes = sized(c.planes, n)
	for p := range planes {
		c.column(r, c.planes)
		if r.short {
			return c.zigzags
		}
		for i, b := range c.planes {
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
