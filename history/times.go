package history

import (
	"encoding/binary"
	"slices"

	"zhigai/plant"
)

// timeScales are the grids that clocks of machines keep: seconds, tenths,
// hundredths, milliseconds, tenths of those, and anything.
var timeScales = [...]int64{1_000_000, 100_000, 10_000, 1_000, 100, 1}

// How a column of times is written.
const (
	timesEven  = 0 // one step
	timesSteps = 1 // the times, their steps or the changes of these
	timesGrid  = 2 // places on an even grid and the distances from it
)

// appendTimes writes rising times in units of the coarsest scale that all of
// their steps keep.
//
// A poller that keeps its period but answers some milliseconds late gives
// steps that are noise twice over (this answer's delay and the one's before);
// as distances from the grid of the period it is noise once. Missed polls only
// jump places of the grid.
//
// Tags that one answer brings have the same times: those of the series before
// are remembered as they were written.
func (c *codec) appendTimes(dst []byte, at func(i int) plant.Micros, n int) []byte {
	if len(c.lastTimes) == n && !slices.ContainsFunc(c.lastTimes, differs(at)) {
		return append(dst, c.lastPacked...)
	}
	c.lastTimes = c.lastTimes[:0]
	for i := range n {
		c.lastTimes = append(c.lastTimes, at(i))
	}
	mark := len(dst)
	dst = c.packTimes(dst, at, n)
	c.lastPacked = append(c.lastPacked[:0], dst[mark:]...)
	return dst
}

// differs compares times in their order.
func differs(at func(i int) plant.Micros) func(t plant.Micros) bool {
	i := -1
	return func(t plant.Micros) bool { i++; return at(i) != t }
}

func (c *codec) packTimes(dst []byte, at func(i int) plant.Micros, n int) []byte {
	scale := byte(0)
	for int(scale) < len(timeScales)-1 && !onGrid(at, n, timeScales[scale]) {
		scale++
	}
	unit := timeScales[scale]
	first := int64(at(0))
	units := make([]int64, 0, chunkSize) // on the stack
	even, step := true, int64(0)
	for i := range n {
		u := (int64(at(i)) - first) / unit
		if i == 1 {
			step = u
		}
		even = even && u == step*int64(i)
		units = append(units, u)
	}
	if even {
		dst = append(dst, timesEven<<4|scale)
		dst = binary.AppendVarint(dst, first)
		return binary.AppendUvarint(dst, uint64(step))
	}
	order, cost := c.plan(units)
	if n >= 16 {
		period := middleStep(units)
		places, rests := make([]int64, 0, chunkSize), make([]int64, 0, chunkSize) // on the stack
		for _, u := range units {
			place := (u + period/2) / period
			places, rests = append(places, place), append(rests, u-place*period)
		}
		_, costPlaces := c.plan(places)
		if _, costRests := c.plan(rests); costPlaces+costRests < cost {
			dst = append(dst, timesGrid<<4|scale)
			dst = binary.AppendVarint(dst, first)
			dst = binary.AppendUvarint(dst, uint64(period))
			return c.appendInts(c.appendInts(dst, places), rests)
		}
	}
	dst = append(dst, timesSteps<<4|scale)
	dst = binary.AppendVarint(dst, first)
	return c.appendOrder(dst, units, order)
}

// middleStep is the median step: missed polls and stray answers do not move
// it.
func middleStep(units []int64) int64 {
	steps := make([]int64, 0, chunkSize) // on the stack
	for i := 1; i < len(units); i++ {
		steps = append(steps, units[i]-units[i-1])
	}
	slices.Sort(steps)
	return steps[len(steps)/2]
}

func onGrid(at func(i int) plant.Micros, n int, grid int64) bool {
	for i := 1; i < n; i++ {
		if int64(at(i)-at(i-1))%grid != 0 {
			return false
		}
	}
	return true
}

// decodeTimes fills dst, which is not empty.
func (c *codec) decodeTimes(r *reader, dst []int64) {
	head := r.byte()
	if int(head&15) >= len(timeScales) {
		r.short = true
		return
	}
	unit, first := timeScales[head&15], r.varint()
	switch head >> 4 {
	case timesEven:
		step := int64(r.uvarint()) * unit
		for i := range dst {
			dst[i] = first + step*int64(i)
		}
		return
	case timesSteps:
		c.decodeInts(r, dst)
	case timesGrid:
		period := int64(r.uvarint())
		c.decodeInts(r, dst)
		c.ints = sized(c.ints, len(dst))
		c.decodeInts(r, c.ints)
		for i, rest := range c.ints {
			dst[i] = dst[i]*period + rest
		}
	default:
		r.short = true
	}
	for i := range dst {
		dst[i] = first + dst[i]*unit
	}
}

// appendRuns writes bytes, mostly the same, as (value, length) runs.
func appendRuns(dst []byte, at func(i int) byte, n int) []byte {
	for i := 0; i < n; {
		j := i + 1
		for j < n && at(j) == at(i) {
			j++
		}
		dst = append(dst, at(i))
		dst = binary.AppendUvarint(dst, uint64(j-i))
		i = j
	}
	return dst
}

func decodeRuns(r *reader, dst []byte) {
	for len(dst) > 0 {
		b, length := r.byte(), r.uvarint()
		if r.short || length == 0 || length > uint64(len(dst)) {
			r.short = true
			return
		}
		for i := range dst[:length] {
			dst[i] = b
		}
		dst = dst[length:]
	}
}
