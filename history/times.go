package history

import (
	"encoding/binary"

	"zhigai/plant"
)

// timeScales are the grids that clocks of machines keep: seconds, tenths,
// hundredths, milliseconds, tenths of those, and anything.
var timeScales = [...]int64{1_000_000, 100_000, 10_000, 1_000, 100, 1}

// appendTimes writes rising times as the second differences of their steps on
// the coarsest grid that all of them keep: an even grid costs nothing but its
// zeros, which the compressor takes away.
func appendTimes(dst []byte, at func(i int) plant.Micros, n int) []byte {
	scale := byte(0)
	for int(scale) < len(timeScales)-1 && !onGrid(at, n, timeScales[scale]) {
		scale++
	}
	dst = append(dst, scale)
	dst = binary.AppendVarint(dst, int64(at(0)))
	grid, last, step := timeScales[scale], at(0), int64(0)
	for i := 1; i < n; i++ {
		next := int64(at(i)-last) / grid
		dst = binary.AppendVarint(dst, next-step)
		last, step = at(i), next
	}
	return dst
}

func onGrid(at func(i int) plant.Micros, n int, grid int64) bool {
	for i := 1; i < n; i++ {
		if int64(at(i)-at(i-1))%grid != 0 {
			return false
		}
	}
	return true
}

// decodeTimes calls set for each of n times.
func decodeTimes(r *reader, n int, set func(i int, t plant.Micros)) {
	scale := r.byte()
	if int(scale) >= len(timeScales) {
		r.short = true
		return
	}
	grid, t, step := timeScales[scale], r.varint(), int64(0)
	set(0, plant.Micros(t))
	for i := 1; i < n; i++ {
		step += r.varint()
		t += step * grid
		set(i, plant.Micros(t))
	}
}

// appendRuns writes qualities as (value, length) runs.
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

func decodeRuns(r *reader, n int, set func(i int, b byte)) {
	for i := 0; i < n; {
		b, length := r.byte(), r.uvarint()
		if r.short || length == 0 || length > uint64(n-i) {
			r.short = true
			return
		}
		for range length {
			set(i, b)
			i++
		}
	}
}
