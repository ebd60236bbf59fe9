package history

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/cockroachdb/pebble/v2"

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
// each up. Chunks that lie inside one part are not decoded: their stats say
// enough. The last value holds to the end of the question: who does not want
// to see the future asks up to now.
func (s *Store) Buckets(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, from, to plant.Micros, n int) ([]Bucket, error) {
	if err := checkBuckets(from, to, n); err != nil {
		return nil, err
	}
	f := newFiller(from, to, n)
	carry, ok, err := s.Before(ctx, tenant, tag, from)
	if err != nil {
		return nil, err
	}
	if ok && !carry.Quality.IsBad() {
		f.value, f.holds = carry.Value, true
	}
	if err := s.fill(ctx, f, series{tenant, tag}); err != nil {
		return nil, err
	}
	return f.finish(), nil
}

// fill feeds whole chunks by their stats where it can, points elsewhere.
func (s *Store) fill(ctx context.Context, f *filler, key series) error {
	runs, index, err := look(ctx, s, numberKind, key, spaceIndex)
	if err != nil {
		return err
	}
	defer s.unlook(index)
	fresh := recent(runs, f.from, f.to)
	// A clone sees the store at the same moment.
	chunks, err := index.Clone(pebble.CloneOptions{IterOptions: &pebble.IterOptions{
		LowerBound: prefix(spaceChunk, key), UpperBound: behind(spaceChunk, key),
	}})
	if err != nil {
		return err
	}
	defer chunks.Close()
	c := s.codecs.Get().(*codec)
	defer s.codecs.Put(c)
	ok := index.SeekLT(timeKey(spaceIndex, key, f.from+1))
	if !ok {
		ok = index.First()
	}
	add := func(p point[uint64]) bool { f.points([]point[uint64]{p}); return true }
	var points []point[uint64]
	for ; ok && timeOf(index.Key()) < f.to; ok = index.Next() {
		first := timeOf(index.Key())
		st, err := decodeStats(index.Value())
		if err != nil {
			return err
		}
		if st.last < f.from {
			continue
		}
		crossed := len(fresh) > 0 && fresh[0].at <= st.last
		if !crossed && first >= f.from && st.last < f.to && f.same(first, st.last) {
			f.chunk(first, st)
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if points, err = chunkAt(c, points[:0], key, first, chunks); err != nil {
			return err
		}
		if clipped := clip(points, f.from, f.to); crossed {
			fresh, _ = emit(clipped, fresh, add)
		} else {
			f.points(clipped)
		}
	}
	f.points(fresh)
	return index.Error()
}

func chunkAt(c *codec, dst []point[uint64], key series, first plant.Micros, chunks *pebble.Iterator) ([]point[uint64], error) {
	if !chunks.SeekGE(timeKey(spaceChunk, key, first)) || timeOf(chunks.Key()) != first {
		return dst, errors.Join(fmt.Errorf("%w: tag %d: no chunk from %s", ErrDamaged, key.tag, first.Time()), chunks.Error())
	}
	return decodeAt(c, numberKind, dst, key, chunks)
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

// points feeds points in order of time, all of them in the range and behind
// what was fed before.
func (f *filler) points(points []point[uint64]) {
	for len(points) > 0 {
		f.seek(points[0].at)
		b := &f.out[f.cur]
		n := 0
		for n < len(points) && points[n].at < b.To {
			n++
		}
		f.inside(b, points[:n])
		points = points[n:]
	}
}

// inside feeds points of the current bucket.
func (f *filler) inside(b *Bucket, points []point[uint64]) {
	area, held, sum, good := 0.0, plant.Micros(0), 0.0, b.Count-b.BadCount
	for i := range points {
		p := &points[i]
		if f.holds {
			held += p.at - f.at
			area += f.value * float64(p.at-f.at)
		}
		f.at = p.at
		q := p.quality()
		b.Worst = max(b.Worst, q)
		if f.holds = !q.IsBad(); !f.holds {
			b.BadCount++
			continue
		}
		v := math.Float64frombits(p.value)
		if good == 0 {
			b.First, b.FirstTime = v, p.at
		}
		good++
		f.value = v
		b.Last, b.LastTime = v, p.at
		sum += v
		if v < b.Min {
			b.Min = v
		}
		if v > b.Max {
			b.Max = v
		}
	}
	b.Count += len(points)
	b.GoodTime += held
	b.Sum += sum
	f.area[f.cur] += area / 1e6
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
			b.TimeAvg = finite(f.area[i] / (float64(b.GoodTime) / 1e6))
		}
		b.Sum = finite(b.Sum)
		if b.Count == b.BadCount {
			b.Min, b.Max = 0, 0
		}
	}
	return f.out
}

// finite keeps sums of the largest numbers there are from becoming none.
func finite(v float64) float64 {
	if math.IsNaN(v) {
		return 0
	}
	return min(max(v, -math.MaxFloat64), math.MaxFloat64)
}
