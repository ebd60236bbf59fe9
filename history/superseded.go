package history

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"

	"github.com/cockroachdb/pebble/v2"

	"zhigai/plant"
)

// MaxSuperseded bounds one answer: a screen or an auditor's page at a time.
const MaxSuperseded = 100_000

// Superseded lists the values of [from, to) that later records replaced, in
// order of time and then of replacement, at most MaxSuperseded.
func (s *Store) Superseded(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, from, to plant.Micros) ([]Superseded, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := s.enter(); err != nil {
		return nil, err
	}
	defer s.leave()
	key := series{tenant, tag}
	if err := s.flushOne(key); err != nil { // replacements are found when chunks are written
		return nil, err
	}
	if from, to = Bounded(from, to); from >= to {
		return nil, nil
	}
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: timeKey(spaceSuperseded, key, from), UpperBound: timeKey(spaceSuperseded, key, to)})
	if err != nil {
		return nil, err
	}
	defer it.Close()
	var out []Superseded
	for ok := it.First(); ok && len(out) < MaxSuperseded; ok = it.Next() {
		one, err := decodeSuperseded(it.Key(), it.Value())
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, damaged(it.Error())
}

func decodeSuperseded(key, value []byte) (Superseded, error) {
	if len(key) != timeEnd+8+2 {
		return Superseded{}, fmt.Errorf("%w: key of a superseded value", ErrDamaged)
	}
	r := reader{buf: value}
	space := r.byte()
	one := Superseded{By: binary.BigEndian.Uint64(key[timeEnd:])}
	one.Sample = plant.Sample{Tag: seriesOf(key).tag, Time: timeOf(key), Quality: plant.Quality(r.byte())}
	one.Replaced = plant.Micros(r.varint())
	switch space {
	case spaceTextChunk:
		one.Text, r.buf = string(r.buf), nil
	case spaceChunk:
		one.Sample.Value = math.Float64frombits(r.fixed64())
	default:
		r.short = true
	}
	if r.short || len(r.buf) != 0 {
		return Superseded{}, fmt.Errorf("%w: superseded value", ErrDamaged)
	}
	return one, nil
}
