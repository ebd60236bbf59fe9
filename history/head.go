package history

import (
	"math"
	"slices"

	"zhigai/plant"
)

// head is what is acknowledged of one series and not yet in chunks: pending is
// being written right now, fresh came since. Both stand in order of record.
type head[V uint64 | string] struct {
	pending, fresh []point[V]
}

// heads is one kind of samples in memory.
type heads[V uint64 | string] map[series]*head[V]

func (h heads[V]) add(s series, p point[V]) {
	one := h[s]
	if one == nil {
		one = &head[V]{}
		h[s] = one
	}
	one.fresh = append(one.fresh, p)
}

// within copies the points of [from, to), in order of record.
func (h heads[V]) within(s series, from, to plant.Micros) []point[V] {
	one := h[s]
	if one == nil {
		return nil
	}
	var out []point[V]
	for _, list := range [2][]point[V]{one.pending, one.fresh} {
		for i := range list {
			if list[i].at >= from && list[i].at < to {
				out = append(out, list[i])
			}
		}
	}
	return out
}

// nearest is the latest point before t; of one time the later record counts.
func (h heads[V]) nearest(s series, t plant.Micros) (best point[V], ok bool) {
	one := h[s]
	if one == nil {
		return best, false
	}
	for _, list := range [2][]point[V]{one.pending, one.fresh} {
		for i := range list {
			if p := &list[i]; p.at < t && (!ok || p.at >= best.at) {
				best, ok = *p, true
			}
		}
	}
	return best, ok
}

// settle puts points in order of time, keeping of each time the last record.
// replaced is called for every point that gives way, with the one it gives way
// to.
func settle[V uint64 | string](points []point[V], replaced func(old, by point[V])) []point[V] {
	rising := true
	for i := 1; i < len(points); i++ {
		if points[i].at <= points[i-1].at {
			rising = false
			break
		}
	}
	if rising {
		return points
	}
	points = slices.Clone(points) // readers look at the list in order of record
	slices.SortStableFunc(points, func(a, b point[V]) int {
		switch {
		case a.at < b.at:
			return -1
		case a.at > b.at:
			return 1
		}
		return 0
	})
	out := points[:0]
	for _, p := range points {
		if n := len(out); n > 0 && out[n-1].at == p.at {
			if replaced != nil && !equal(out[n-1], p) {
				replaced(out[n-1], p)
			}
			out[n-1] = p
			continue
		}
		out = append(out, p)
	}
	return out
}

// equal reports whether two points of one time say the same.
func equal[V uint64 | string](a, b point[V]) bool {
	return a.value == b.value && a.quality() == b.quality()
}

// merge joins older and newer, both in order of time; at one time newer wins.
func merge[V uint64 | string](dst, older, newer []point[V], replaced func(old, by point[V])) []point[V] {
	i, j := 0, 0
	for i < len(older) && j < len(newer) {
		switch {
		case older[i].at < newer[j].at:
			dst = append(dst, older[i])
			i++
		case older[i].at > newer[j].at:
			dst = append(dst, newer[j])
			j++
		default:
			if replaced != nil && !equal(older[i], newer[j]) {
				replaced(older[i], newer[j])
			}
			dst = append(dst, newer[j])
			i, j = i+1, j+1
		}
	}
	dst = append(dst, older[i:]...)
	return append(dst, newer[j:]...)
}

// holdNumbers adds samples, looking a series up once per run of one tag.
func holdNumbers(h heads[uint64], seq uint64, tenant plant.TenantNo, samples []plant.Sample) {
	var one *head[uint64]
	var tag plant.TagNo
	for i := range samples {
		p := &samples[i]
		if one == nil || p.Tag != tag {
			tag = p.Tag
			key := series{tenant, tag}
			if one = h[key]; one == nil {
				one = &head[uint64]{}
				h[key] = one
			}
		}
		one.fresh = append(one.fresh, point[uint64]{at: p.Time, value: math.Float64bits(p.Value), order: pack(seq, p.Quality)})
	}
}
