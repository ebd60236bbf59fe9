package clickhouse

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"zhigai/history"
	"zhigai/plant"
)

// Samples calls yield for every sample of the tag in [from, to), in order of
// time, until it returns false.
func (s *Store) Samples(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, from, to plant.Micros, yield func(plant.Sample) bool) error {
	return s.newest(ctx, series{tenant, tag, kindNumber}, from, to, func(v version) bool { return yield(v.sample(tag)) })
}

// Texts is Samples for a text tag.
func (s *Store) Texts(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, from, to plant.Micros, yield func(plant.Text) bool) error {
	return s.newest(ctx, series{tenant, tag, kindText}, from, to, func(v version) bool { return yield(v.asText(tag)) })
}

// Before is the last sample with a time before t.
func (s *Store) Before(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, t plant.Micros) (plant.Sample, bool, error) {
	v, ok, err := s.nearest(ctx, series{tenant, tag, kindNumber}, math.MinInt64, t, true)
	return v.sample(tag), ok, err
}

// TextBefore is Before for a text tag.
func (s *Store) TextBefore(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, t plant.Micros) (plant.Text, bool, error) {
	v, ok, err := s.nearest(ctx, series{tenant, tag, kindText}, math.MinInt64, t, true)
	return v.asText(tag), ok, err
}

// After is the first sample at or after t.
func (s *Store) After(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, t plant.Micros) (plant.Sample, bool, error) {
	v, ok, err := s.nearest(ctx, series{tenant, tag, kindNumber}, t, math.MaxInt64, false)
	return v.sample(tag), ok, err
}

// Last is the newest sample of the tag.
func (s *Store) Last(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo) (plant.Sample, bool, error) {
	return s.Before(ctx, tenant, tag, math.MaxInt64)
}

// LastText is the newest text of the tag.
func (s *Store) LastText(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo) (plant.Text, bool, error) {
	return s.TextBefore(ctx, tenant, tag, math.MaxInt64)
}

// Buckets cuts [from, to) into n parts and sums each up.
func (s *Store) Buckets(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, from, to plant.Micros, n int) ([]history.Bucket, error) {
	return history.BucketsOf(from, to, n,
		func() (plant.Sample, bool, error) { return s.Before(ctx, tenant, tag, from) },
		func(yield func(plant.Sample) bool) error { return s.Samples(ctx, tenant, tag, from, to, yield) })
}

// Superseded lists the values of [from, to) that later records replaced, in
// order of time and then of replacement, at most history.MaxSuperseded.
func (s *Store) Superseded(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, from, to plant.Micros) (out []history.Superseded, err error) {
	for _, kind := range [2]uint8{kindNumber, kindText} {
		var old version
		err := s.scan(ctx, series{tenant, tag, kind}, from, to, func(v version) bool {
			if old.seq > 0 && old.at == v.at && !old.says(v) {
				out = append(out, history.Superseded{Sample: old.sample(tag), Text: old.text, By: v.seq, Replaced: v.recorded})
			}
			old = v
			return len(out) < history.MaxSuperseded
		})
		if err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(out, func(a, b history.Superseded) int { return int(max(-1, min(1, a.Sample.Time-b.Sample.Time))) })
	return out, nil
}

// newest yields of every time the version that counts.
func (s *Store) newest(ctx context.Context, key series, from, to plant.Micros, yield func(version) bool) error {
	var last version
	more := true
	err := s.scan(ctx, key, from, to, func(v version) bool {
		if last.seq > 0 && last.at != v.at {
			more = yield(last)
		}
		last = v
		return more
	})
	if err == nil && more && last.seq > 0 {
		yield(last)
	}
	return err
}

// scan yields every version of [from, to) once, in order of time and record.
func (s *Store) scan(ctx context.Context, key series, from, to plant.Micros, yield func(version) bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	if from, to = history.Bounded(from, to); from >= to {
		return nil
	}
	v, err := s.view(ctx, key, from, to)
	if err != nil {
		return err
	}
	return s.see(ctx, v, from, to, yield)
}

// see is scan for a view.
func (s *Store) see(ctx context.Context, v view, from, to plant.Micros, yield func(version) bool) error {
	held, more := v.held, true
	var last version
	once := func(one version) bool {
		if last.seq == one.seq && last.at == one.at && last.entry == one.entry {
			return true // stored twice, or held and stored
		}
		last = one
		more = yield(one)
		return more
	}
	err := s.stored(ctx, v, from, to, func(one version) bool {
		for len(held) > 0 && held[0].order(one) < 0 {
			if !once(held[0]) {
				return false
			}
			held = held[1:]
		}
		return once(one)
	})
	if err != nil || !more {
		return err
	}
	for _, one := range held {
		if !once(one) {
			break
		}
	}
	return nil
}

// Answers are cut into windows of time of about as many rows, so that neither
// side sorts or holds much; the first is small for who has enough soon. Of a
// short time it is not asked first how many there are.
const (
	firstRows, mostRows              = 16_000, 256_000
	shortTime           plant.Micros = 2 * 3600 * 1e6
	smallestCut         plant.Micros = 1e6
)

// stored yields what ClickHouse has of the view in [from, to), in order of time
// and record; a row may come twice.
func (s *Store) stored(ctx context.Context, v view, from, to plant.Micros, yield func(version) bool) error {
	if from, to = max(from, v.from), min(to, v.end); from >= to {
		return nil
	}
	if err := s.fit(ctx); err != nil {
		return err
	}
	cut, most := to-from, to-from
	if cut > shortTime {
		n, first, last, err := s.extent(ctx, v, from, to)
		if err != nil || n == 0 {
			return err
		}
		from, to = max(from, first), min(to, last+1)
		size := func(rows int64) plant.Micros {
			return min(to-from, max(smallestCut, plant.Micros(float64(to-from)*float64(rows)/float64(n))))
		}
		cut, most = size(firstRows), size(mostRows)
	}
	for more := true; from < to && more; cut = min(most, 2*cut) {
		end := min(to, from+cut)
		err := s.rows(ctx, v, from, end, "time, seq, entry", func(one version) bool { more = yield(one); return more })
		if err != nil {
			return err
		}
		from = end
	}
	return nil
}

// extent says how many rows there are, and from when to when.
func (s *Store) extent(ctx context.Context, v view, from, to plant.Micros) (n int64, first, last plant.Micros, err error) {
	got, err := s.server.ask(ctx, fmt.Sprintf(`SELECT count(), min(time), max(time) FROM %s WHERE %s`, s.server.table, v.where(from, to)))
	if err != nil {
		return 0, 0, 0, err
	}
	var out [3]int64
	for i := range out {
		if len(got) != 1 || len(got[0]) != len(out) {
			return 0, 0, 0, fmt.Errorf("%w: ClickHouse answered %v to a count", history.ErrDamaged, got)
		}
		if out[i], err = strconv.ParseInt(got[0][i], 10, 64); err != nil {
			return 0, 0, 0, fmt.Errorf("%w: ClickHouse answered %v to a count", history.ErrDamaged, got)
		}
	}
	return out[0], plant.Micros(out[1]), plant.Micros(out[2]), nil
}

// where finds the rows of the view in [from, to).
func (v view) where(from, to plant.Micros) string {
	var out strings.Builder
	fmt.Fprintf(&out, "tenant = %d AND tag = %d AND kind = %d AND time >= %d AND time < %d AND seq <= %d", v.tenant, v.tag, v.kind, from, to, v.to)
	for _, e := range v.hidden {
		if e.before > from {
			fmt.Fprintf(&out, " AND NOT (time < %d AND seq <= %d)", e.before, e.seq)
		}
	}
	return out.String()
}

func (s *Store) rows(ctx context.Context, v view, from, to plant.Micros, order string, yield func(version) bool) error {
	a, err := s.server.do(ctx, fmt.Sprintf(`SELECT %s FROM %s WHERE %s ORDER BY %s FORMAT RowBinary`, versionColumns, s.server.table, v.where(from, to), order), nil, s.server.database)
	if err != nil {
		return err
	}
	defer a.Close()
	in := bufio.NewReaderSize(a, 64<<10)
	for {
		one, err := readVersion(in)
		if err == io.EOF {
			return nil
		}
		if err != nil || !yield(one) {
			return err
		}
	}
}

// reaches are how far is looked at first: most tags have a sample nearby, and
// a server that must order the whole of a tag to find its last one is slow. The
// very end is known, and mostly meant.
var reaches = [...]plant.Micros{1, plant.Micros(time.Hour / 1000), plant.Micros(24 * time.Hour / 1000), plant.Micros(32 * 24 * time.Hour / 1000), math.MaxInt64}

// nearest is the version that counts at the last time of [from, to), or the
// first.
func (s *Store) nearest(ctx context.Context, key series, from, to plant.Micros, last bool) (best version, ok bool, err error) {
	if err := ctx.Err(); err != nil {
		return best, false, err
	}
	if err := s.enter(); err != nil {
		return best, false, err
	}
	defer s.leave()
	if from, to = history.Bounded(from, to); from >= to {
		return best, false, nil
	}
	v, err := s.view(ctx, key, from, to)
	if err != nil {
		return best, false, err
	}
	for _, one := range v.held { // in order: of one time the last counts
		if !ok || last || one.at == best.at {
			best, ok = one, true
		}
	}
	if from, to = max(from, v.from), min(to, v.end); from >= to {
		return best, ok, nil
	}
	order := "time, seq DESC, entry DESC LIMIT 1"
	if last {
		order = "time DESC, seq DESC, entry DESC LIMIT 1"
	}
	for _, reach := range reaches {
		lo, hi := from, to
		switch { // what is held is newer than what is stored of the same time
		case last && ok:
			lo = max(lo, best.at+1)
		case ok:
			hi = min(hi, best.at)
		}
		if last {
			lo = max(lo, to-min(reach, to-from))
		} else {
			hi = min(hi, from+min(reach, to-from))
		}
		if lo < hi {
			if err := s.fit(ctx); err != nil {
				return version{}, false, err
			}
			found := false
			if err := s.rows(ctx, v, lo, hi, order, func(one version) bool { best, ok, found = one, true, true; return false }); err != nil || found {
				return best, ok && err == nil, err
			}
		}
		if ok && (last && lo == best.at+1 || !last && hi == best.at) || reach >= to-from {
			break
		}
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
	var doubtful []plant.TagNo // some of their samples are deleted
	err := s.settled(ctx, func(st *state) {
		see := func(key series) {
			if key.tenant != tenant || seen[key.tag] {
				return
			}
			seen[key.tag] = true
			if len(st.expired[tagKey{tenant, key.tag}]) > 0 {
				doubtful = append(doubtful, key.tag)
			}
		}
		for key := range st.extents {
			see(key)
		}
		for key := range st.held {
			see(key)
		}
	})
	if err != nil {
		return nil, err
	}
	for _, tag := range doubtful {
		_, number, err := s.Last(ctx, tenant, tag)
		if err != nil {
			return nil, err
		}
		_, text, err := s.LastText(ctx, tenant, tag)
		if err != nil {
			return nil, err
		}
		if !number && !text {
			delete(seen, tag)
		}
	}
	return slices.Sorted(maps.Keys(seen)), nil
}
