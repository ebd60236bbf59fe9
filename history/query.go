package history

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"

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

// kind is what differs between numbers and texts.
type kind[V uint64 | string] struct {
	space  byte
	heads  func(s *Store) heads[V]
	decode func(c *codec, dst []point[V], raw []byte) ([]point[V], error)
}

var (
	numberKind = kind[uint64]{spaceChunk, func(s *Store) heads[uint64] { return s.numbers }, (*codec).decodeChunk}
	textKind   = kind[string]{spaceTextChunk, func(s *Store) heads[string] { return s.texts }, (*codec).decodeTextChunk}
)

func (s *Store) chunkIter(space byte, key series) (*pebble.Iterator, error) {
	return s.db.NewIter(&pebble.IterOptions{LowerBound: prefix(space, key), UpperBound: after(space, key)})
}

// scan merges chunks with what is in memory. Memory is looked at first: the
// writer empties it only after the chunks are written, so that a point may be
// seen twice here but never not at all.
func scan[V uint64 | string](ctx context.Context, s *Store, k kind[V], key series, from, to plant.Micros, yield func(point[V]) bool) error {
	if err := s.alive(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	recent := k.heads(s).within(key, from, to)
	s.mu.Unlock()
	recent = settle(recent, nil)
	it, err := s.chunkIter(k.space, key)
	if err != nil {
		return err
	}
	defer it.Close()
	c := s.codecs.Get().(*codec)
	defer s.codecs.Put(c)
	ok := it.SeekLT(timeKey(k.space, key, from+1))
	if !ok {
		ok = it.First()
	}
	var points []point[V]
	for ; ok && timeOf(it.Key()) < to; ok = it.Next() {
		if err := ctx.Err(); err != nil {
			return err
		}
		raw, err := it.ValueAndErr()
		if err != nil {
			return err
		}
		if points, err = k.decode(c, points[:0], raw); err != nil {
			return fmt.Errorf("tag %d, chunk of %s: %w", key.tag, timeOf(it.Key()).Time(), err)
		}
		var more bool
		if recent, more = emit(clip(points, from, to), recent, yield); !more {
			return nil
		}
	}
	for _, p := range recent {
		if !yield(p) {
			return nil
		}
	}
	return it.Error()
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
	if err := s.alive(ctx); err != nil {
		return best, false, err
	}
	s.mu.Lock()
	best, ok = k.heads(s).nearest(key, t)
	s.mu.Unlock()
	it, err := s.chunkIter(k.space, key)
	if err != nil {
		return best, false, err
	}
	defer it.Close()
	if !it.SeekLT(timeKey(k.space, key, t)) {
		return best, ok, it.Error()
	}
	c := s.codecs.Get().(*codec)
	defer s.codecs.Put(c)
	raw, err := it.ValueAndErr()
	if err != nil {
		return best, false, err
	}
	points, err := k.decode(c, nil, raw)
	if err != nil {
		return best, false, fmt.Errorf("tag %d, chunk of %s: %w", key.tag, timeOf(it.Key()).Time(), err)
	}
	for i := len(points) - 1; i >= 0; i-- {
		if points[i].at < t {
			if !ok || points[i].at > best.at {
				best, ok = points[i], true
			}
			break
		}
	}
	return best, ok, nil
}

// Superseded lists the values of [from, to) that later records replaced, in
// order of time and then of replacement.
func (s *Store) Superseded(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, from, to plant.Micros) ([]Superseded, error) {
	if err := s.Flush(); err != nil { // replacements are found when chunks are written
		return nil, err
	}
	key := series{tenant, tag}
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: timeKey(spaceSuperseded, key, from), UpperBound: timeKey(spaceSuperseded, key, to)})
	if err != nil {
		return nil, err
	}
	defer it.Close()
	var out []Superseded
	for ok := it.First(); ok; ok = it.Next() {
		r := reader{buf: it.Value()}
		one := Superseded{By: binary.BigEndian.Uint64(it.Key()[timeEnd:])}
		one.Sample = plant.Sample{Tag: tag, Time: timeOf(it.Key()), Quality: plant.Quality(r.byte())}
		one.Replaced = plant.Micros(r.varint())
		if s.isText(key) {
			one.Text = string(r.buf)
		} else {
			one.Sample.Value = math.Float64frombits(r.fixed64())
		}
		if n := len(out); n > 0 && out[n-1].By == one.By && out[n-1].Sample.Time == one.Sample.Time && out[n-1].Text == one.Text && out[n-1].Sample.Quality == one.Sample.Quality &&
			math.Float64bits(out[n-1].Sample.Value) == math.Float64bits(one.Sample.Value) {
			continue // written again after a crash
		}
		out = append(out, one)
	}
	return out, it.Error()
}

func (s *Store) isText(key series) bool {
	firsts, err := s.firsts(spaceTextChunk, key, minTime, maxTime)
	return err == nil && len(firsts) > 0
}

// Tags lists the tags of a tenant that have samples.
func (s *Store) Tags(ctx context.Context, tenant plant.TenantNo) ([]plant.TagNo, error) {
	if err := s.alive(ctx); err != nil {
		return nil, err
	}
	seen := map[plant.TagNo]bool{}
	s.mu.Lock()
	for key := range s.numbers {
		seen[key.tag] = seen[key.tag] || key.tenant == tenant
	}
	for key := range s.texts {
		seen[key.tag] = seen[key.tag] || key.tenant == tenant
	}
	s.mu.Unlock()
	for _, space := range [2]byte{spaceIndex, spaceTextChunk} {
		if err := s.tagsIn(space, tenant, seen); err != nil {
			return nil, err
		}
	}
	out := make([]plant.TagNo, 0, len(seen))
	for tag, ours := range seen {
		if ours {
			out = append(out, tag)
		}
	}
	return out, nil
}

// tagsIn jumps from series to series.
func (s *Store) tagsIn(space byte, tenant plant.TenantNo, seen map[plant.TagNo]bool) error {
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: prefix(space, series{tenant, 0}), UpperBound: after(space, series{tenant, math.MaxUint32})})
	if err != nil {
		return err
	}
	defer it.Close()
	for ok := it.First(); ok; {
		key := seriesOf(it.Key())
		seen[key.tag] = true
		ok = it.SeekGE(after(space, key))
	}
	return it.Error()
}
