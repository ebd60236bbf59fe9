package history

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"zhigai/plant"
)

// Samples calls yield for every sample of the tag in [from, to), in order of
// time, until it returns false. Everything acknowledged is seen; of one time
// the later record counts.
func (s *Store) Samples(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, from, to plant.Micros, yield func(plant.Sample) bool) error {
	return scan(ctx, s, numberKind, series{tenant, tag}, from, to, func(p point[uint64]) bool { return yield(sampleOf(tag, p)) })
}

// Texts is Samples for a text tag.
func (s *Store) Texts(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, from, to plant.Micros, yield func(plant.Text) bool) error {
	return scan(ctx, s, textKind, series{tenant, tag}, from, to, func(p point[string]) bool { return yield(textOf(tag, p)) })
}

// Before is the last sample with a time before t.
func (s *Store) Before(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, t plant.Micros) (plant.Sample, bool, error) {
	p, ok, err := before(ctx, s, numberKind, series{tenant, tag}, t)
	return sampleOf(tag, p), ok, err
}

// TextBefore is Before for a text tag.
func (s *Store) TextBefore(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, t plant.Micros) (plant.Text, bool, error) {
	p, ok, err := before(ctx, s, textKind, series{tenant, tag}, t)
	return textOf(tag, p), ok, err
}

// After is the first sample at or after t.
func (s *Store) After(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, t plant.Micros) (plant.Sample, bool, error) {
	var found plant.Sample
	var ok bool
	err := s.Samples(ctx, tenant, tag, t, maxTime, func(one plant.Sample) bool {
		found, ok = one, true
		return false
	})
	return found, ok, err
}

// Last is the newest sample of the tag.
func (s *Store) Last(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo) (plant.Sample, bool, error) {
	return s.Before(ctx, tenant, tag, maxTime)
}

// LastText is the newest text of the tag.
func (s *Store) LastText(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo) (plant.Text, bool, error) {
	return s.TextBefore(ctx, tenant, tag, maxTime)
}

func sampleOf(tag plant.TagNo, p point[uint64]) plant.Sample {
	return plant.Sample{Tag: tag, Time: p.at, Quality: p.quality(), Value: math.Float64frombits(p.value)}
}

func textOf(tag plant.TagNo, p point[string]) plant.Text {
	return plant.Text{Tag: tag, Time: p.at, Quality: p.quality(), Value: p.value}
}

// look is one question's view of a series: what is in memory first, then an
// iterator, which sees the chunks as they are at that moment. The writer
// empties memory only after the chunks are written, so that a point may be
// seen twice here but never not at all.
func look[V uint64 | string](ctx context.Context, s *Store, k kind[V], key series, space byte) ([2]run[V], *pebble.Iterator, error) {
	if err := ctx.Err(); err != nil {
		return [2]run[V]{}, nil, err
	}
	if err := s.enter(); err != nil {
		return [2]run[V]{}, nil, err
	}
	s.mu.Lock()
	runs := k.heads(s).runs(key)
	s.mu.Unlock()
	it, err := s.seriesIter(s.db, space, key)
	if err != nil {
		s.leave()
	}
	return runs, it, err
}

// unlook ends a look.
func (s *Store) unlook(it *pebble.Iterator) {
	_ = it.Close()
	s.leave()
}

// scan merges chunks with what is in memory.
func scan[V uint64 | string](ctx context.Context, s *Store, k kind[V], key series, from, to plant.Micros, yield func(point[V]) bool) error {
	from, to = Bounded(from, to)
	runs, it, err := look(ctx, s, k, key, k.chunks)
	if err != nil {
		return err
	}
	defer s.unlook(it)
	fresh := recent(runs, from, to)
	c := s.codecs.Get().(*codec)
	defer s.codecs.Put(c)
	ok := it.SeekLT(timeKey(k.chunks, key, from+1))
	if !ok {
		ok = it.First()
	}
	var points []point[V]
	for ; ok && timeOf(it.Key()) < to; ok = it.Next() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if points, err = decodeAt(c, k, points[:0], key, it); err != nil {
			return err
		}
		var more bool
		if fresh, more = emit(clip(points, from, to), fresh, yield); !more {
			return nil
		}
	}
	if err := it.Error(); err != nil {
		return fmt.Errorf("tag %d: %w", key.tag, damaged(err))
	}
	for _, p := range fresh {
		if !yield(p) {
			return nil
		}
	}
	return nil
}

// decodeAt appends the points of the chunk under the iterator.
func decodeAt[V uint64 | string](c *codec, k kind[V], dst []point[V], key series, it *pebble.Iterator) ([]point[V], error) {
	raw, err := it.ValueAndErr()
	if err == nil {
		dst, err = k.decode(c, dst, raw)
	}
	if err != nil {
		return dst, fmt.Errorf("tag %d, chunk from %s: %w", key.tag, timeOf(it.Key()).Time().Format(time.RFC3339Nano), damaged(err))
	}
	return dst, nil
}

func clip[V uint64 | string](points []point[V], from, to plant.Micros) []point[V] {
	for len(points) > 0 && points[0].at < from {
		points = points[1:]
	}
	for len(points) > 0 && points[len(points)-1].at >= to {
		points = points[:len(points)-1]
	}
	return points
}

// emit yields a chunk's points with the recent ones between them, and gives
// back the recent ones that come later.
func emit[V uint64 | string](points, recent []point[V], yield func(point[V]) bool) ([]point[V], bool) {
	for _, p := range points {
		for len(recent) > 0 && recent[0].at < p.at {
			if !yield(recent[0]) {
				return nil, false
			}
			recent = recent[1:]
		}
		if len(recent) > 0 && recent[0].at == p.at {
			p = recent[0]
			recent = recent[1:]
		}
		if !yield(p) {
			return nil, false
		}
	}
	return recent, true
}

func before[V uint64 | string](ctx context.Context, s *Store, k kind[V], key series, t plant.Micros) (best point[V], ok bool, err error) {
	runs, it, err := look(ctx, s, k, key, k.index)
	if err != nil {
		return best, false, err
	}
	defer s.unlook(it)
	best, ok = nearest(runs, t)
	if ok { // most tags have their newest in memory; then a look at the index does
		if !it.SeekLT(timeKey(k.index, key, max(t, minTime))) {
			return best, ok, damaged(it.Error())
		}
		if st, err := decodeStats(it.Value()); err == nil && st.last <= best.at {
			return best, ok, nil
		}
	}
	it.SetBounds(prefix(k.chunks, key), behind(k.chunks, key))
	if !it.SeekLT(timeKey(k.chunks, key, max(t, minTime))) {
		return best, ok, damaged(it.Error())
	}
	c := s.codecs.Get().(*codec)
	defer s.codecs.Put(c)
	points, err := decodeAt(c, k, nil, key, it)
	if err != nil {
		return best, false, err
	}
	if i := place(points, t); i > 0 && (!ok || points[i-1].at > best.at) {
		best, ok = points[i-1], true
	}
	return best, ok, nil
}

// Tags lists the tags of a tenant that have samples or texts, in order.
func (s *Store) Tags(ctx context.Context, tenant plant.TenantNo) ([]plant.TagNo, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := s.enter(); err != nil {
		return nil, err
	}
	defer s.leave()
	seen := map[plant.TagNo]bool{}
	s.mu.Lock()
	addTags(seen, s.numbers, tenant)
	addTags(seen, s.texts, tenant)
	s.mu.Unlock()
	for _, space := range [2]byte{spaceIndex, spaceTextIndex} {
		if err := s.tagsIn(space, tenant, seen); err != nil {
			return nil, err
		}
	}
	return slices.Sorted(maps.Keys(seen)), nil
}

func addTags[V uint64 | string](seen map[plant.TagNo]bool, h heads[V], tenant plant.TenantNo) {
	for key := range h.all {
		if key.tenant == tenant {
			seen[key.tag] = true
		}
	}
}

// tagsIn jumps from series to series.
func (s *Store) tagsIn(space byte, tenant plant.TenantNo, seen map[plant.TagNo]bool) error {
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: prefix(space, series{tenant, 0}), UpperBound: behind(space, series{tenant, math.MaxUint32})})
	if err != nil {
		return err
	}
	defer it.Close()
	for ok := it.First(); ok; {
		key := seriesOf(it.Key())
		seen[key.tag] = true
		ok = it.SeekGE(behind(space, key))
	}
	return damaged(it.Error())
}
