package history

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"zhigai/plant"
)

// model is what the store must say: the simplest thing that could be right.
type model struct {
	samples    map[plant.TagNo]map[plant.Micros]plant.Sample
	texts      map[plant.TagNo]map[plant.Micros]plant.Text
	superseded map[plant.TagNo][]Superseded
}

func newModel() *model {
	return &model{map[plant.TagNo]map[plant.Micros]plant.Sample{}, map[plant.TagNo]map[plant.Micros]plant.Text{}, map[plant.TagNo][]Superseded{}}
}

func (m *model) put(seq uint64, b plant.Batch) {
	for _, s := range b.Samples {
		if m.samples[s.Tag] == nil {
			m.samples[s.Tag] = map[plant.Micros]plant.Sample{}
		}
		if old, ok := m.samples[s.Tag][s.Time]; ok && !equalSamples([]plant.Sample{old}, []plant.Sample{s}) {
			m.superseded[s.Tag] = append(m.superseded[s.Tag], Superseded{Sample: old, By: seq})
		}
		m.samples[s.Tag][s.Time] = s
	}
	for _, t := range b.Texts {
		if m.texts[t.Tag] == nil {
			m.texts[t.Tag] = map[plant.Micros]plant.Text{}
		}
		if old, ok := m.texts[t.Tag][t.Time]; ok && old != t {
			m.superseded[t.Tag] = append(m.superseded[t.Tag], Superseded{Sample: plant.Sample{Tag: t.Tag, Time: t.Time, Quality: old.Quality}, Text: old.Value, By: seq})
		}
		m.texts[t.Tag][t.Time] = t
	}
}

func (m *model) deleteBefore(tag plant.TagNo, t plant.Micros) (n int) {
	n = len(m.samples[tag]) + len(m.texts[tag])
	maps.DeleteFunc(m.samples[tag], func(at plant.Micros, _ plant.Sample) bool { return at < t })
	maps.DeleteFunc(m.texts[tag], func(at plant.Micros, _ plant.Text) bool { return at < t })
	m.superseded[tag] = slices.DeleteFunc(m.superseded[tag], func(s Superseded) bool { return s.Sample.Time < t })
	return n - len(m.samples[tag]) - len(m.texts[tag])
}

func (m *model) sorted(tag plant.TagNo, from, to plant.Micros) []plant.Sample {
	var out []plant.Sample
	for _, at := range slices.Sorted(maps.Keys(m.samples[tag])) {
		if at >= from && at < to {
			out = append(out, m.samples[tag][at])
		}
	}
	return out
}

func (m *model) sortedTexts(tag plant.TagNo, from, to plant.Micros) []plant.Text {
	var out []plant.Text
	for _, at := range slices.Sorted(maps.Keys(m.texts[tag])) {
		if at >= from && at < to {
			out = append(out, m.texts[tag][at])
		}
	}
	return out
}

func read(t *testing.T, s *Store, tag plant.TagNo, from, to plant.Micros) []plant.Sample {
	t.Helper()
	var out []plant.Sample
	if err := s.Samples(t.Context(), 1, tag, from, to, func(p plant.Sample) bool { out = append(out, p); return true }); err != nil {
		t.Fatal(err)
	}
	return out
}

func readTexts(t *testing.T, s *Store, tag plant.TagNo, from, to plant.Micros) []plant.Text {
	t.Helper()
	var out []plant.Text
	if err := s.Texts(t.Context(), 1, tag, from, to, func(p plant.Text) bool { out = append(out, p); return true }); err != nil {
		t.Fatal(err)
	}
	return out
}

func equalSamples(a, b []plant.Sample) bool {
	return slices.EqualFunc(a, b, func(x, y plant.Sample) bool {
		return x.Tag == y.Tag && x.Time == y.Time && x.Quality == y.Quality && math.Float64bits(x.Value) == math.Float64bits(y.Value)
	})
}

// modelTags: samples have the tags below, texts this one.
const modelTags = 3

// randomBatch holds what is in order, late, corrected, doubled and far off.
func randomBatch(r *rand.Rand, now *plant.Micros) plant.Batch {
	var b plant.Batch
	for range 1 + r.IntN(400) {
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
			at = plant.Micros(r.Int64N(int64(maxTime)))
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

// TestStore_LikeAMap drives the store with late, corrected and doubled samples,
// deletions, flushes of some series, reopenings and power losses, and compares
// with a map after each step.
func TestStore_LikeAMap(t *testing.T) {
	for seed := range uint64(16) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { likeAMap(t, seed) })
	}
}

func likeAMap(t *testing.T, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 7))
	fs := vfs.NewCrashableMem()
	s := opened(t, fs)
	defer func() { s.Close() }()
	m, now := newModel(), start
	for range 60 {
		b := randomBatch(r, &now)
		seq, err := s.Append(t.Context(), 1, b)
		if err != nil {
			t.Fatal(err)
		}
		m.put(seq, b)
		switch r.IntN(10) {
		case 0:
			err = s.Flush()
		case 1, 2:
			err = s.flushOne(series{1, plant.TagNo(1 + r.IntN(modelTags))})
		case 3:
			err = s.Close()
			s = opened(t, fs)
		case 4: // power loss: only what was synced is sure to be left
			crashed := fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: r.IntN(101), RNG: r})
			err = s.Close()
			fs = crashed
			s = opened(t, fs)
		case 5:
			tag, before := plant.TagNo(1+r.IntN(modelTags)), now-plant.Micros(r.Int64N(int64(86400*second)))*plant.Micros(r.IntN(2))
			var n int
			if n, err = s.DeleteBefore(t.Context(), 1, tag, before); n != m.deleteBefore(tag, before) {
				t.Fatalf("tag %d: %d deleted before %d", tag, n, before)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		compare(t, r, s, m, now)
	}
	for tag := range plant.TagNo(modelTags) {
		compareSuperseded(t, s, m, tag+1)
	}
	if err := s.Flush(); err != nil {
		t.Fatal(err)
	}
	compare(t, r, s, m, now)
	if err := s.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	if st := s.Stats(); st.Held != 0 || st.HeldBytes != 0 || st.Backlog != 0 || st.Damaged != 0 {
		t.Errorf("after a flush: %+v; want nothing held", st)
	}
}

func compare(t *testing.T, r *rand.Rand, s *Store, m *model, now plant.Micros) {
	t.Helper()
	tag := plant.TagNo(1 + r.IntN(modelTags-1))
	from := start - 86400*second + plant.Micros(r.Int64N(int64(now-start+86400*second)))
	to := from + plant.Micros(r.Int64N(int64(2*86400*second)))
	if r.IntN(10) == 0 {
		from, to = math.MinInt64, math.MaxInt64
	}
	want := m.sorted(tag, from, to)
	if got := read(t, s, tag, from, to); !equalSamples(got, want) {
		t.Fatalf("tag %d in [%d, %d): %d samples; want %d", tag, from, to, len(got), len(want))
	}
	if got, want := readTexts(t, s, modelTags, from, to), m.sortedTexts(modelTags, from, to); !slices.Equal(got, want) {
		t.Fatalf("texts in [%d, %d): %v; want %v", from, to, got, want)
	}
	all := m.sorted(tag, math.MinInt64, math.MaxInt64)
	i, _ := slices.BinarySearchFunc(all, from, func(p plant.Sample, t plant.Micros) int { return cmp.Compare(p.Time, t) })
	got, ok, err := s.Before(t.Context(), 1, tag, from)
	if err != nil || ok != (i > 0) || ok && !equalSamples([]plant.Sample{got}, all[i-1:i]) {
		t.Fatalf("before %d = %v, %v, %v; want %d earlier ones", from, got, ok, err, i)
	}
	got, ok, err = s.After(t.Context(), 1, tag, from)
	if err != nil || ok != (i < len(all)) || ok && !equalSamples([]plant.Sample{got}, all[i:i+1]) {
		t.Fatalf("after %d = %v, %v, %v", from, got, ok, err)
	}
	got, ok, err = s.Last(t.Context(), 1, tag)
	if err != nil || ok != (len(all) > 0) || ok && !equalSamples([]plant.Sample{got}, all[len(all)-1:]) {
		t.Fatalf("last = %v, %v, %v", got, ok, err)
	}
	if from >= minTime && to > from {
		compareBuckets(t, s, tag, from, min(to, maxTime), 1+r.IntN(50), all)
	}
}

func compareSuperseded(t *testing.T, s *Store, m *model, tag plant.TagNo) {
	t.Helper()
	got, err := s.Superseded(t.Context(), 1, tag, math.MinInt64, math.MaxInt64)
	if err != nil {
		t.Fatal(err)
	}
	want := slices.Clone(m.superseded[tag])
	slices.SortStableFunc(want, func(a, b Superseded) int { return cmp.Compare(a.Sample.Time, b.Sample.Time) })
	if !slices.EqualFunc(got, want, func(a, b Superseded) bool {
		return equalSamples([]plant.Sample{a.Sample}, []plant.Sample{b.Sample}) && a.Text == b.Text && a.By == b.By && time.Since(a.Replaced.Time()) < time.Hour
	}) {
		t.Fatalf("tag %d: superseded %v; want %v", tag, got, want)
	}
}

// compareBuckets sums up by hand.
func compareBuckets(t *testing.T, s *Store, tag plant.TagNo, from, to plant.Micros, n int, all []plant.Sample) {
	t.Helper()
	if to-from < plant.Micros(n) {
		return
	}
	buckets, err := s.Buckets(t.Context(), 1, tag, from, to, n)
	if err != nil {
		t.Fatal(err)
	}
	if buckets[0].From != from || buckets[n-1].To != to {
		t.Fatalf("buckets reach from %d to %d; want %d to %d", buckets[0].From, buckets[n-1].To, from, to)
	}
	for i, b := range buckets {
		want, area := bucketByHand(b.From, b.To, all)
		if i > 0 && b.From != buckets[i-1].To {
			t.Fatalf("bucket %d begins at %d; the one before ends at %d", i, b.From, buckets[i-1].To)
		}
		got := b
		got.Sum, got.TimeAvg, want.Sum = 0, 0, 0
		if got != want {
			t.Fatalf("bucket %+v; want %+v", got, want)
		}
		if b.GoodTime > 0 && math.Abs(b.TimeAvg-area/(float64(b.GoodTime)/1e6)) > 1e-6 {
			t.Fatalf("average over time %v; want %v", b.TimeAvg, area/(float64(b.GoodTime)/1e6))
		}
	}
}

func bucketByHand(from, to plant.Micros, all []plant.Sample) (want Bucket, area float64) {
	want = Bucket{From: from, To: to}
	for i, p := range all {
		if !p.Quality.IsBad() { // how long it held inside the bucket
			end := to
			if i+1 < len(all) {
				end = min(end, all[i+1].Time)
			}
			if held := end - max(p.Time, from); held > 0 {
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
	}
	return want, area
}
