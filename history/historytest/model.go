package historytest

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"zhigai/history"
	"zhigai/plant"
)

// Size of the random script.
const seeds, steps = 3, 30

// model is what the store must say: the simplest thing that could be right.
type model struct {
	samples    map[plant.TagNo]map[plant.Micros]plant.Sample
	texts      map[plant.TagNo]map[plant.Micros]plant.Text
	superseded map[plant.TagNo][]history.Superseded
	batches    []plant.Batch
}

func newModel() *model {
	return &model{samples: map[plant.TagNo]map[plant.Micros]plant.Sample{}, texts: map[plant.TagNo]map[plant.Micros]plant.Text{}, superseded: map[plant.TagNo][]history.Superseded{}}
}

func (m *model) put(seq uint64, b plant.Batch) {
	m.batches = append(m.batches, b)
	for _, s := range b.Samples {
		if m.samples[s.Tag] == nil {
			m.samples[s.Tag] = map[plant.Micros]plant.Sample{}
		}
		if old, ok := m.samples[s.Tag][s.Time]; ok && !same(old, s) {
			m.superseded[s.Tag] = append(m.superseded[s.Tag], history.Superseded{Sample: old, By: seq})
		}
		m.samples[s.Tag][s.Time] = s
	}
	for _, t := range b.Texts {
		if m.texts[t.Tag] == nil {
			m.texts[t.Tag] = map[plant.Micros]plant.Text{}
		}
		if old, ok := m.texts[t.Tag][t.Time]; ok && old != t {
			m.superseded[t.Tag] = append(m.superseded[t.Tag], history.Superseded{Sample: plant.Sample{Tag: t.Tag, Time: t.Time, Quality: old.Quality}, Text: old.Value, By: seq})
		}
		m.texts[t.Tag][t.Time] = t
	}
}

func (m *model) deleteBefore(tag plant.TagNo, t plant.Micros) (n int) {
	n = len(m.samples[tag]) + len(m.texts[tag])
	maps.DeleteFunc(m.samples[tag], func(at plant.Micros, _ plant.Sample) bool { return at < t })
	maps.DeleteFunc(m.texts[tag], func(at plant.Micros, _ plant.Text) bool { return at < t })
	m.superseded[tag] = slices.DeleteFunc(m.superseded[tag], func(s history.Superseded) bool { return s.Sample.Time < t })
	return n - len(m.samples[tag]) - len(m.texts[tag])
}

// sorted gives what lies in [from, to) in order of time.
func sorted[V any](all map[plant.Micros]V, from, to plant.Micros) (out []V) {
	for _, at := range slices.Sorted(maps.Keys(all)) {
		if at >= from && at < to {
			out = append(out, all[at])
		}
	}
	return out
}

// Tags of the script: numbers have those below, texts this one.
const modelTags = 3

// randomBatch holds what is in order, late, corrected, doubled and far off.
func randomBatch(r *rand.Rand, now *plant.Micros) plant.Batch {
	var b plant.Batch
	for range 1 + r.IntN(300) {
		at := *now
		switch r.IntN(20) {
		case 0: // late, by up to a day
			at -= plant.Micros(r.Int64N(int64(86400 * second)))
		case 1: // of a time that is there already
			at -= plant.Micros(r.IntN(50)) * second
		default:
			*now += second
		}
		if r.IntN(20) == 0 { // one of few times, so that it is corrected often
			at = start - plant.Micros(r.IntN(30))*second
		}
		if r.IntN(2000) == 0 {
			at = oldest + plant.Micros(r.Int64N(int64(end-oldest)))
		}
		if r.IntN(15) == 0 {
			b.Texts = append(b.Texts, plant.Text{Tag: modelTags, Time: at, Value: fmt.Sprint("program ", r.IntN(3)), Quality: plant.Quality(r.IntN(2)) * plant.Uncertain})
			continue
		}
		s := plant.Sample{Tag: plant.TagNo(1 + r.IntN(modelTags-1)), Time: at, Value: math.Round(r.NormFloat64()*10) / 10}
		if r.IntN(30) == 0 {
			s = plant.BadSample(s.Tag, at, plant.Sentinel, []byte{0xff, 0xff, byte(r.IntN(256))})
		}
		b.Samples = append(b.Samples, s)
		if n := len(b.Samples); r.IntN(40) == 0 { // the same again
			b.Samples = append(b.Samples, b.Samples[r.IntN(n)])
		}
	}
	return b
}

// likeAMap drives the store with late, corrected and doubled samples,
// deletions, flushes and reopenings, and compares with a map after each step.
func likeAMap(t *testing.T, seed uint64, fresh func(t *testing.T) Place) {
	t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
		p := fresh(t)
		r := rand.New(rand.NewPCG(seed, 11))
		s := p.opened(t)
		m, now := newModel(), start
		must(t, s.SaveCursor("reader", 0))
		for range steps {
			b := randomBatch(r, &now)
			m.put(put(t, s, 1, b), b)
			switch r.IntN(8) {
			case 0:
				must(t, s.Flush())
			case 1:
				s = p.again(t, s)
			case 2, 3:
				tag, before := plant.TagNo(1+r.IntN(modelTags)), now-plant.Micros(r.Int64N(int64(86400*second)))*plant.Micros(r.IntN(2))
				if n, err := s.DeleteBefore(t.Context(), 1, tag, before); err != nil || n != m.deleteBefore(tag, before) {
					t.Fatalf("tag %d: %d deleted before %d, %v", tag, n, before, err)
				}
			}
			compare(t, r, s, m, now)
		}
		compareLog(t, s, m)
		for _, flushed := range []bool{false, true} {
			if flushed {
				must(t, s.Flush())
			}
			for tag := range plant.TagNo(modelTags) {
				compareSuperseded(t, s, m, tag+1)
			}
			compare(t, r, s, m, now)
		}
		must(t, s.Verify(t.Context()))
	})
}

func compareLog(t *testing.T, s Store, m *model) {
	t.Helper()
	for after := uint64(0); after < uint64(len(m.batches)); {
		got, err := s.Read(t.Context(), after, 16)
		must(t, err)
		for _, b := range got {
			want := m.batches[after]
			if b.Seq != after+1 || !allSame(b.Batch.Samples, want.Samples) || !slices.Equal(b.Batch.Texts, want.Texts) {
				t.Fatalf("batch %d is not what was appended as %d", b.Seq, after+1)
			}
			after++
		}
	}
}

func compare(t *testing.T, r *rand.Rand, s Store, m *model, now plant.Micros) {
	t.Helper()
	tag := plant.TagNo(1 + r.IntN(modelTags-1))
	from := start - 86400*second + plant.Micros(r.Int64N(int64(now-start+86400*second)))
	to := from + plant.Micros(r.Int64N(int64(2*86400*second)))
	if r.IntN(10) == 0 {
		from, to = math.MinInt64, math.MaxInt64
	}
	want := sorted(m.samples[tag], from, to)
	if got := samples(t, s, 1, tag, from, to); !allSame(got, want) {
		t.Fatalf("tag %d in [%d, %d): %d samples; want %d", tag, from, to, len(got), len(want))
	}
	if got, want := texts(t, s, 1, modelTags, from, to), sorted(m.texts[modelTags], from, to); !slices.Equal(got, want) {
		t.Fatalf("texts in [%d, %d): %v; want %v", from, to, got, want)
	}
	all := sorted(m.samples[tag], math.MinInt64, math.MaxInt64)
	i, _ := slices.BinarySearchFunc(all, from, func(p plant.Sample, t plant.Micros) int { return cmp.Compare(p.Time, t) })
	got, ok, err := s.Before(t.Context(), 1, tag, from)
	if err != nil || ok != (i > 0) || ok && !same(got, all[i-1]) {
		t.Fatalf("before %d = %v, %v, %v; want %d earlier ones", from, got, ok, err, i)
	}
	got, ok, err = s.After(t.Context(), 1, tag, from)
	if err != nil || ok != (i < len(all)) || ok && !same(got, all[i]) {
		t.Fatalf("after %d = %v, %v, %v", from, got, ok, err)
	}
	got, ok, err = s.Last(t.Context(), 1, tag)
	if err != nil || ok != (len(all) > 0) || ok && !same(got, all[len(all)-1]) {
		t.Fatalf("last = %v, %v, %v", got, ok, err)
	}
	if from >= oldest && to > from {
		compareBuckets(t, s, tag, from, min(to, end), 1+r.IntN(50), all)
	}
	var tags []plant.TagNo
	for tag := range plant.TagNo(modelTags + 1) {
		if len(m.samples[tag])+len(m.texts[tag]) > 0 {
			tags = append(tags, tag)
		}
	}
	if got, err := s.Tags(t.Context(), 1); err != nil || !slices.Equal(got, tags) {
		t.Fatalf("tags %v, %v; want %v", got, err, tags)
	}
}

func compareSuperseded(t *testing.T, s Store, m *model, tag plant.TagNo) {
	t.Helper()
	got, err := s.Superseded(t.Context(), 1, tag, math.MinInt64, math.MaxInt64)
	must(t, err)
	want := slices.Clone(m.superseded[tag])
	slices.SortStableFunc(want, func(a, b history.Superseded) int { return cmp.Compare(a.Sample.Time, b.Sample.Time) })
	if !slices.EqualFunc(got, want, func(a, b history.Superseded) bool {
		return same(a.Sample, b.Sample) && a.Text == b.Text && a.By == b.By && a.Replaced > 0
	}) {
		t.Fatalf("tag %d: superseded %v; want %v", tag, got, want)
	}
}

// compareBuckets sums up by hand.
func compareBuckets(t *testing.T, s Store, tag plant.TagNo, from, to plant.Micros, n int, all []plant.Sample) {
	t.Helper()
	if to-from < plant.Micros(n) {
		return
	}
	buckets, err := s.Buckets(t.Context(), 1, tag, from, to, n)
	must(t, err)
	if len(buckets) != n || buckets[0].From != from || buckets[n-1].To != to {
		t.Fatalf("%d buckets reach from %d to %d; want %d to %d", len(buckets), buckets[0].From, buckets[n-1].To, from, to)
	}
	for i, b := range buckets {
		want, area, sum := bucketByHand(b.From, b.To, all)
		if i > 0 && b.From != buckets[i-1].To {
			t.Fatalf("bucket %d begins at %d; the one before ends at %d", i, b.From, buckets[i-1].To)
		}
		got := b
		got.Sum, got.TimeAvg, want.Sum = 0, 0, 0
		if got != want {
			t.Fatalf("bucket %+v; want %+v", got, want)
		}
		if math.Abs(b.Sum-sum) > 1e-6 {
			t.Fatalf("sum %v; want %v", b.Sum, sum)
		}
		if b.GoodTime > 0 && math.Abs(b.TimeAvg-area/(float64(b.GoodTime)/1e6)) > 1e-6 {
			t.Fatalf("average over time %v; want %v", b.TimeAvg, area/(float64(b.GoodTime)/1e6))
		}
	}
}

func bucketByHand(from, to plant.Micros, all []plant.Sample) (want history.Bucket, area, sum float64) {
	want = history.Bucket{From: from, To: to}
	for i, p := range all {
		if !p.Quality.IsBad() { // how long it held inside the bucket
			until := to
			if i+1 < len(all) {
				until = min(until, all[i+1].Time)
			}
			if held := until - max(p.Time, from); held > 0 {
				want.GoodTime += held
				area += p.Value * float64(held) / 1e6
			}
		}
		if p.Time < from || p.Time >= to {
			continue
		}
		want.Count++
		want.Worst = max(want.Worst, p.Quality)
		if p.Quality.IsBad() {
			want.BadCount++
			continue
		}
		if want.FirstTime == 0 {
			want.First, want.FirstTime, want.Min, want.Max = p.Value, p.Time, p.Value, p.Value
		}
		want.Last, want.LastTime = p.Value, p.Time
		want.Min, want.Max = min(want.Min, p.Value), max(want.Max, p.Value)
		sum += p.Value
	}
	return want, area, sum
}
