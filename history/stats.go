package history

import (
	"encoding/binary"
	"fmt"
	"math"

	"zhigai/plant"
)

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
