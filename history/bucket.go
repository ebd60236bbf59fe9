package history

import (
	"context"
	"fmt"
	"math"

	"zhigai/plant"
)

// MaxBuckets bounds one trend question; screens are narrower.
const MaxBuckets = 10_000

// Bucket sums up the samples of [From, To). Min, Max, First, Last and Sum are
// of values that are not bad, and hold nothing where Count equals BadCount.
// TimeAvg weighs every value by the time it held, also one from before the
// bucket; bad samples end what held before them. GoodTime is how long any
// value held.
type Bucket struct {
	From, To              plant.Micros
	Count, BadCount       int
	Min, Max, First, Last float64
	Sum                   float64
	FirstTime, LastTime   plant.Micros // of the values First and Last
	TimeAvg               float64
	GoodTime              plant.Micros
	Worst                 plant.Quality
}

// Buckets cuts [from, to) into n parts as equal as microseconds allow and sums
// each up. Chunks that lie inside one part are not decoded.
func (s *Store) Buckets(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, from, to plant.Micros, n int) ([]Bucket, error) {
	if n < 1 || n > MaxBuckets || to <= from {
		return nil, fmt.Errorf("%w: %d buckets from %d to %d; 1 to %d of a time that is not empty", ErrRefused, n, from, to, MaxBuckets)
	}
	f := newFiller(from, to, n)
	carry, ok, err := s.Before(ctx, tenant, tag, from)
	if err != nil {
		return nil, err
	}
	if ok && !carry.Quality.IsBad() {
		f.value, f.holds = carry.Value, true
	}
	if err := s.fill(ctx, f, series{tenant, tag}, from, to); err != nil {
		return nil, err
	}
	return f.finish(), nil
}

// fill feeds whole chunks by their stats where it can, points elsewhere.
func (s *Store) fill(ctx context.Context, f *filler, key series, from, to plant.Micros) error {
	s.mu.Lock()
	recent := s.numbers.within(key, from, to)
	s.mu.Unlock()
	recent = settle(recent, nil)
	index, err := s.chunkIter(spaceIndex, key)
	if err != nil {
		return err
	}
	defer index.Close()
	c := s.codecs.Get().(*codec)
	defer s.codecs.Put(c)
	ok := index.SeekLT(timeKey(spaceIndex, key, from+1))
	if !ok {
		ok = index.First()
	}
	add := func(p point[uint64]) bool { f.point(p); return true }
	var points []point[uint64]
	for ; ok && timeOf(index.Key()) < to; ok = index.Next() {
		first := timeOf(index.Key())
		raw, err := index.ValueAndErr()
		if err != nil {
			return err
		}
		st, err := decodeStats(raw)
		if err != nil {
			return err
		}
		if st.last < from {
			continue
		}
		crossed := len(recent) > 0 && recent[0].at <= st.last
		if !crossed && first >= from && st.last < to && f.same(first, st.last) {
			f.chunk(first, st)
			continue
		}
		if points, err = s.chunkAt(ctx, c, points[:0], key, first); err != nil {
			return err
		}
		recent, _ = emit(clip(points, from, to), recent, add)
	}
	for _, p := range recent {
		f.point(p)
	}
	return index.Error()
}

func (s *Store) chunkAt(ctx context.Context, c *codec, dst []point[uint64], key series, first plant.Micros) ([]point[uint64], error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	raw, closer, err := s.db.Get(timeKey(spaceChunk, key, first))
	if err != nil {
		return nil, err
	}
	defer closer.Close()
	return c.decodeChunk(dst, raw)
}

// filler walks along the buckets, carrying the value that holds.
type filler struct {
	from, to plant.Micros
	out      []Bucket
	area     []float64
	cur      int          // bucket that at lies in
	at       plant.Micros // everything before is accounted for
	value    float64
	holds    bool
}

func newFiller(from, to plant.Micros, n int) *filler {
	f := &filler{from: from, to: to, out: make([]Bucket, n), area: make([]float64, n), at: from}
	for i := range f.out {
		b := &f.out[i]
		b.From, b.To = f.edge(i), f.edge(i+1)
		b.Min, b.Max = math.Inf(1), math.Inf(-1)
	}
	return f
}

// edge is where bucket i begins. The span is split first so that the product
// cannot overflow.
func (f *filler) edge(i int) plant.Micros {
	n, span := int64(len(f.out)), int64(f.to-f.from)
	return f.from + plant.Micros(span/n*int64(i)+span%n*int64(i)/n)
}

// same reports whether both times lie in the bucket of the first.
func (f *filler) same(first, last plant.Micros) bool {
	i := f.cur
	for i < len(f.out)-1 && f.out[i].To <= first {
		i++
	}
	return last < f.out[i].To
}

// hold accounts for the value that holds from f.at to t.
func (f *filler) hold(t plant.Micros) {
	for f.at < t {
		b := &f.out[f.cur]
		end := min(t, b.To)
		if f.holds && end > f.at {
			b.GoodTime += end - f.at
			f.area[f.cur] += f.value * float64(end-f.at) / 1e6
		}
		f.at = end
		if end == b.To && f.cur < len(f.out)-1 {
			f.cur++
		} else if end == b.To {
			return
		}
	}
}

// seek moves to the bucket of t, which lies inside the range.
func (f *filler) seek(t plant.Micros) {
	f.hold(t)
	for f.out[f.cur].To <= t {
		f.cur++
	}
}

func (f *filler) point(p point[uint64]) {
	f.seek(p.at)
	b := &f.out[f.cur]
	q := p.quality()
	b.Count++
	b.Worst = max(b.Worst, q)
	if f.holds = !q.IsBad(); !f.holds {
		b.BadCount++
		return
	}
	f.value = math.Float64frombits(p.value)
	if b.Count == b.BadCount+1 {
		b.First, b.FirstTime = f.value, p.at
	}
	b.Last, b.LastTime = f.value, p.at
	b.Min, b.Max, b.Sum = min(b.Min, f.value), max(b.Max, f.value), b.Sum+f.value
}

func (f *filler) chunk(first plant.Micros, st stats) {
	f.seek(first)
	b := &f.out[f.cur]
	if st.count > st.bad {
		if b.Count == b.BadCount {
			b.First, b.FirstTime = st.first, st.firstGood
		}
		b.Last, b.LastTime = st.end, st.lastGood
		b.Min, b.Max, b.Sum = min(b.Min, st.min), max(b.Max, st.max), b.Sum+st.sum
	}
	b.Count += st.count
	b.BadCount += st.bad
	b.Worst = max(b.Worst, st.worst)
	b.GoodTime += st.hold
	f.area[f.cur] += st.area
	f.at, f.value, f.holds = st.last, st.end, !st.lastQuality.IsBad()
}

// finish lets the last value hold to the end of the last bucket that anything
// is known of: the question's end.
func (f *filler) finish() []Bucket {
	f.hold(f.to)
	for i := range f.out {
		b := &f.out[i]
		if b.GoodTime > 0 {
			b.TimeAvg = f.area[i] / (float64(b.GoodTime) / 1e6)
		}
		if b.Count == b.BadCount {
			b.Min, b.Max = 0, 0
		}
	}
	return f.out
}
