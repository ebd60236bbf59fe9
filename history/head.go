package history

import (
	"cmp"
	"math"
	"slices"
	"time"

	"zhigai/plant"
)

// run is a list of points in order of record. What is in it never changes and
// more is only put behind, so that a copy of a run may be read without a lock.
type run[V uint64 | string] struct {
	points  []point[V]
	falling bool // some point is not later than the one before
}

func (r *run[V]) add(p point[V]) {
	if n := len(r.points); n > 0 && p.at <= r.points[n-1].at {
		r.falling = true
	}
	r.points = append(r.points, p)
}

// within gives the points of [from, to) in order of record.
func (r run[V]) within(from, to plant.Micros) run[V] {
	if !r.falling {
		return run[V]{points: r.points[place(r.points, from):max(place(r.points, from), place(r.points, to))]}
	}
	out := run[V]{falling: true}
	for i := range r.points {
		if p := &r.points[i]; p.at >= from && p.at < to {
			out.points = append(out.points, *p)
		}
	}
	return out
}

// place is where the first point at or after t stands in points that rise.
func place[V uint64 | string](points []point[V], t plant.Micros) int {
	i, _ := slices.BinarySearchFunc(points, t, func(p point[V], t plant.Micros) int { return cmp.Compare(p.at, t) })
	return i
}

// head is what is acknowledged of one series and not yet in chunks: pending is
// being written right now, fresh came since.
type head[V uint64 | string] struct {
	pending, fresh run[V]
	since          time.Time // when the oldest of fresh came
}

// heads is one kind of samples in memory, in pages of neighbouring tags: the
// values of one answer are those of neighbours.
type heads[V uint64 | string] map[pageKey]*headPage[V]

type pageKey struct {
	tenant plant.TenantNo
	page   plant.TagNo
}

// pageTags is how many neighbours share a page.
const pageTags = 64

type headPage[V uint64 | string] [pageTags]head[V]

func pageOf(s series) pageKey { return pageKey{s.tenant, s.tag / pageTags} }

// series is the i-th of the page.
func (k pageKey) series(i int) series { return series{k.tenant, k.page*pageTags + plant.TagNo(i)} }

// page gives the page of a series, made if there is none.
func (h heads[V]) page(s series) *headPage[V] {
	key := pageOf(s)
	page := h[key]
	if page == nil {
		page = &headPage[V]{}
		h[key] = page
	}
	return page
}

// in gives the head of a series of the page, ready to take points that come
// now.
func (p *headPage[V]) in(s series, now time.Time) *head[V] {
	one := &p[s.tag%pageTags]
	if len(one.fresh.points) == 0 {
		one.since = now
	}
	return one
}

// of gives the head of a series, made if there is none, ready to take points
// that come now.
func (h heads[V]) of(s series, now time.Time) *head[V] { return h.page(s).in(s, now) }

// runs copies what is in memory of a series; the copy may be read without the
// lock.
func (h heads[V]) runs(s series) [2]run[V] {
	if page := h[pageOf(s)]; page != nil {
		one := &page[s.tag%pageTags]
		return [2]run[V]{one.pending, one.fresh}
	}
	return [2]run[V]{}
}

// all goes through the heads that hold something.
func (h heads[V]) all(yield func(series, *head[V]) bool) {
	for key, page := range h {
		for i := range page {
			one := &page[i]
			if len(one.fresh.points)+len(one.pending.points) > 0 && !yield(key.series(i), one) {
				return
			}
		}
	}
}

// recent is what of [from, to) is in the runs, in order of time, the last
// record of each time.
func recent[V uint64 | string](runs [2]run[V], from, to plant.Micros) []point[V] {
	a, b := runs[0].within(from, to), runs[1].within(from, to)
	switch {
	case len(a.points) == 0:
		return settle(b, nil)
	case len(b.points) == 0:
		return settle(a, nil)
	}
	joined := run[V]{points: slices.Concat(a.points, b.points)}
	joined.falling = a.falling || b.falling || b.points[0].at <= a.points[len(a.points)-1].at
	return settle(joined, nil)
}

// nearest is the latest point before t; of one time the later record counts.
func nearest[V uint64 | string](runs [2]run[V], t plant.Micros) (best point[V], ok bool) {
	for _, r := range runs {
		if !r.falling {
			if i := place(r.points, t); i > 0 && (!ok || r.points[i-1].at >= best.at) {
				best, ok = r.points[i-1], true
			}
			continue
		}
		for i := range r.points {
			if p := &r.points[i]; p.at < t && (!ok || p.at >= best.at) {
				best, ok = *p, true
			}
		}
	}
	return best, ok
}

// settle puts points in order of time, keeping of each time the last record.
// replaced is called for every point that gives way, in order of record, with
// the one it gives way to.
func settle[V uint64 | string](r run[V], replaced func(old, by point[V])) []point[V] {
	if !r.falling {
		return r.points
	}
	points := slices.Clone(r.points)
	slices.SortStableFunc(points, func(a, b point[V]) int { return cmp.Compare(a.at, b.at) })
	out := points[:0]
	for _, p := range points {
		if n := len(out); n > 0 && out[n-1].at == p.at {
			if replaced != nil {
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

// merge joins older and newer, both in order of time; at one time newer wins
// and replaced is told.
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
			replaced(older[i], newer[j])
			dst = append(dst, newer[j])
			i, j = i+1, j+1
		}
	}
	dst = append(dst, older[i:]...)
	return append(dst, newer[j:]...)
}

// Sizes of a point in memory, with what slices keep in reserve.
const (
	numberBytes = 36
	textBytes   = 48
)

// hold puts a batch into memory. s.mu is held, or nobody else knows s yet.
// done tells what is in chunks already; nil means nothing.
func (s *Store) hold(seq uint64, tenant plant.TenantNo, b plant.Batch, now time.Time, done *progress) {
	s.holdNumbers(seq, tenant, b.Samples, now, done)
	for i := range b.Texts {
		t := &b.Texts[i]
		key := series{tenant, t.Tag}
		if done.covers(spaceTextProgress, key, seq) {
			continue
		}
		s.texts.of(key, now).fresh.add(point[string]{at: t.Time, value: t.Value, order: pack(seq, t.Quality)})
		s.held++
		s.heldBytes += textBytes + len(t.Value)
	}
}

func (s *Store) holdNumbers(seq uint64, tenant plant.TenantNo, samples []plant.Sample, now time.Time, done *progress) {
	var page *headPage[uint64]
	var at plant.TagNo
	held := 0
	for i := range samples {
		p := &samples[i]
		key := series{tenant, p.Tag}
		if page == nil || p.Tag/pageTags != at { // samples of an answer mostly stand together
			at, page = p.Tag/pageTags, s.numbers.page(key)
		}
		if done != nil && done.covers(spaceProgress, key, seq) {
			continue
		}
		page.in(key, now).fresh.add(point[uint64]{at: p.Time, value: math.Float64bits(p.Value), order: pack(seq, p.Quality)})
		held++
	}
	s.held += held
	s.heldBytes += held * numberBytes
}

// taken is what the writer takes out of memory at once.
type taken[V uint64 | string] map[series]run[V]

// takeHeads marks the chosen series as being written.
func takeHeads[V uint64 | string](h heads[V], which choice) taken[V] {
	out := taken[V]{}
	for at, page := range h {
		if which.page != nil && !which.page(at) {
			continue
		}
		for i := range page {
			one, key := &page[i], at.series(i)
			n := len(one.fresh.points)
			if n == 0 || which.ready != nil && !which.ready(key, n, one.since) {
				continue
			}
			one.pending, one.fresh = one.fresh, run[V]{points: make([]point[V], 0, min(n, 2*chunkSize))}
			out[key] = one.pending
		}
	}
	return out
}

// release forgets what was taken and gives the oldest sequence that is still
// only in memory, or the given one.
func release[V uint64 | string](h heads[V], oldest uint64) uint64 {
	for key, page := range h {
		empty := true
		for i := range page {
			one := &page[i]
			one.pending = run[V]{}
			if len(one.fresh.points) == 0 {
				*one = head[V]{}
				continue
			}
			empty = false
			oldest = min(oldest, one.fresh.points[0].seq())
		}
		if empty {
			delete(h, key)
		}
	}
	return oldest
}
