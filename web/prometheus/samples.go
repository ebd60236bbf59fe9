package prometheus

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/annotations"

	"zhigai/plant"
	"zhigai/web"
)

// source is what one question is answered from.
type source struct {
	history  History
	tenant   plant.TenantNo
	all      []oneSeries
	lookback time.Duration
	// touched are the machines whose samples were read, for the audit.
	touched map[web.Seen]bool
}

// Querier implements [storage.Queryable].
func (s *source) Querier(mint, maxt int64) (storage.Querier, error) {
	return &querier{source: s, mint: mint, maxt: maxt, links: map[plant.TagNo]link{}}, nil
}

// querier reads the tags of one question. Its methods are called by one
// goroutine.
type querier struct {
	*source
	mint, maxt int64
	links      map[plant.TagNo]link
}

var errTooMany = fmt.Errorf("the question touches more than %d series; name a machine, line or signal", maxSeries)

// Select implements [storage.Querier].
func (q *querier) Select(ctx context.Context, _ bool, hints *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
	found := matching(q.all, matchers) // sorted, as all are
	if len(found) > maxSeries {
		return storage.ErrSeriesSet(errTooMany)
	}
	from, to, span := q.mint, q.maxt, int64(1)
	if hints != nil {
		from, to, span = hints.Start, hints.End, hints.Range
	}
	set := &seriesSet{at: -1}
	for _, one := range found {
		q.touched[web.Seen{ID: one.tag.Node, Path: strings.TrimSuffix(one.tag.Path, "/"+one.tag.Name)}] = true
		set.all = append(set.all, &selected{q: q, ctx: ctx, series: one, from: from, to: to, vector: span == 0})
	}
	return set
}

// LabelValues and LabelNames are asked of the tags alone.
func (q *querier) LabelValues(context.Context, string, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}

// LabelNames implements [storage.LabelQuerier].
func (q *querier) LabelNames(context.Context, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}

// Close implements [storage.LabelQuerier].
func (q *querier) Close() error { return nil }

type seriesSet struct {
	all []storage.Series
	at  int
}

func (s *seriesSet) Next() bool                        { s.at++; return s.at < len(s.all) }
func (s *seriesSet) At() storage.Series                { return s.all[s.at] }
func (s *seriesSet) Err() error                        { return nil }
func (s *seriesSet) Warnings() annotations.Annotations { return nil }

// selected is one series of a question; it is read when the engine comes to it,
// so that not all of them are in memory at once.
type selected struct {
	q        *querier
	ctx      context.Context // of the question: the engine's Iterator takes none
	series   oneSeries
	from, to int64 // ms, both included
	vector   bool  // one value at each step is wanted, not all of a range
}

func (s *selected) Labels() labels.Labels { return s.series.labels }

func (s *selected) Iterator(chunkenc.Iterator) chunkenc.Iterator {
	points, err := s.q.read(s.ctx, s)
	if err != nil {
		return failed{chunkenc.NewNopIterator(), err}
	}
	return storage.NewListSeriesIterator(points)
}

// failed is the iterator of a series that could not be read.
type failed struct {
	chunkenc.Iterator
	err error
}

func (f failed) Err() error { return f.err }

// points are values with stale markers where a value ends without another.
type points []point

func (p points) Get(i int) chunks.Sample { return p[i] }
func (p points) Len() int                { return len(p) }

type point struct {
	t int64 // ms
	v float64
}

func (p point) T() int64                      { return p.t }
func (p point) F() float64                    { return p.v }
func (p point) H() *histogram.Histogram       { return nil }
func (p point) FH() *histogram.FloatHistogram { return nil }
func (p point) Type() chunkenc.ValueType      { return chunkenc.ValFloat }
func (p point) Copy() chunks.Sample           { return p }

var stale = math.Float64frombits(value.StaleNaN)

// read gives the points of a series. A bad sample ends the value before it, and
// so does the end of contact with the machine.
func (q *querier) read(ctx context.Context, s *selected) (points, error) {
	from, to := plant.Micros(s.from)*1000, plant.Micros(s.to)*1000+999
	var raw []plant.Sample
	begin := from
	if s.vector {
		// Of what lies before the first step only the last value counts.
		first := min(from+plant.Micros(q.lookback.Microseconds()), to)
		last, ok, err := q.history.Before(ctx, q.tenant, s.series.tag.No, first)
		if err != nil {
			return nil, err
		}
		if ok && last.Time >= from {
			raw = append(raw, last)
		}
		begin = first
	}
	err := q.history.Samples(ctx, q.tenant, s.series.tag.No, begin, to+1, func(one plant.Sample) bool {
		raw = append(raw, one)
		return len(raw) <= maxSamples
	})
	if err != nil {
		return nil, err
	}
	if len(raw) > maxSamples {
		return nil, fmt.Errorf("%s has more than %d samples in this range; ask for a shorter one", s.series.tag.Path, maxSamples)
	}
	if len(raw) == 0 {
		return nil, nil
	}
	l, err := q.link(ctx, s.series.link, from, to)
	if err != nil {
		return nil, err
	}
	return l.held(raw, s.series.tag.Silence, to), nil
}

// link is when contact with a machine was lost.
type link struct {
	known  bool // anything is known of it
	spells []spell
}

// spell is a stretch of contact; to is when it was lost, 0 when it was not.
type spell struct{ from, to plant.Micros }

// link reads a machine's link once for all of its tags.
func (q *querier) link(ctx context.Context, tag plant.TagNo, from, to plant.Micros) (link, error) {
	if tag == 0 {
		return link{}, nil
	}
	if l, ok := q.links[tag]; ok {
		return l, nil
	}
	silence := plant.Micros(plant.LinkSilence.Microseconds())
	var l link
	up, last := false, plant.Micros(0)
	take := func(s plant.Sample) bool {
		l.known = true
		if up && s.Time-last > silence {
			l.spells[len(l.spells)-1].to, up = last+silence, false
		}
		answers := !s.Quality.IsBad() && s.Value == 1
		switch {
		case answers && !up:
			l.spells = append(l.spells, spell{from: s.Time})
		case !answers && up:
			l.spells[len(l.spells)-1].to = s.Time
		}
		up, last = answers, s.Time
		return true
	}
	first, ok, err := q.history.Before(ctx, q.tenant, tag, from)
	if err != nil {
		return l, err
	}
	if ok {
		take(first)
	}
	if err := q.history.Samples(ctx, q.tenant, tag, from, to+1, take); err != nil {
		return l, err
	}
	if up && to-last > silence {
		l.spells[len(l.spells)-1].to = last + silence
	}
	q.links[tag] = l
	return l, nil
}

// ends is when a value of time t ends by itself, 0 when it does not.
func (l link) ends(t plant.Micros, silence time.Duration) plant.Micros {
	if !l.known {
		return 0
	}
	i, inside := slices.BinarySearchFunc(l.spells, t, func(s spell, t plant.Micros) int {
		switch {
		case s.to != 0 && s.to <= t:
			return -1
		case s.from > t:
			return 1
		}
		return 0
	})
	if inside {
		return l.spells[i].to
	}
	return t + plant.Micros(silence.Microseconds()) // said while nobody listens: late, or by a clock ahead of ours
}

// held makes points of samples: at most one a millisecond, the last.
func (l link) held(raw []plant.Sample, silence time.Duration, to plant.Micros) points {
	out := make(points, 0, len(raw)+8)
	add := func(at plant.Micros, v float64) {
		ms := int64(at) / 1000
		if n := len(out); n > 0 && out[n-1].t == ms {
			out[n-1].v = v
			return
		}
		out = append(out, point{ms, v})
	}
	for i, s := range raw {
		v := s.Value
		if s.Quality.IsBad() {
			v = stale
		}
		add(s.Time, v)
		next := to + 1
		if i+1 < len(raw) {
			next = raw[i+1].Time
		}
		// At an end in the same millisecond as the next sample, that one counts.
		if end := l.ends(s.Time, silence); end > s.Time && end/1000 < next/1000 && !s.Quality.IsBad() {
			add(end, stale)
		}
	}
	return out
}
