package historytest

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"zhigai/history"
	"zhigai/plant"
)

// exact: what comes back is what went in, to the bit, at every stage of its
// way.
func exact(t *testing.T, p Place) {
	var b plant.Batch
	at := start
	add := func(q plant.Quality, bits uint64) {
		at += second
		b.Samples = append(b.Samples, plant.Sample{Tag: 7, Time: at, Quality: q, Value: math.Float64frombits(bits)})
	}
	for q := range 256 {
		add(plant.Quality(q), math.Float64bits(float64(q)/3))
	}
	for _, v := range []float64{0, math.Copysign(0, -1), 1, math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64, math.Pi, 1 << 53} {
		add(plant.Good, math.Float64bits(v))
	}
	for _, bits := range []uint64{0x7ff8000000000001, 0xfff8dead0000beef, 0x7ff0000000000001, 0x7ff0000000000000, 0xfff0000000000000, math.MaxUint64} {
		add(plant.Bad|plant.NotANumber, bits)
	}
	b.Samples = append(b.Samples, plant.BadSample(7, at+1, plant.Sentinel, []byte{0xff, 0, 0xfe}),
		sample(7, oldest, 1), sample(7, end-1, 2), sample(0, start, 3), sample(math.MaxUint32, start, 4))
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	for i, text := range []string{"", "\x00", "程序 O1234", string(every), "\xff\xfe", "tab\tline\n'quote\"\\", strings.Repeat("x", plant.MaxText)} {
		b.Texts = append(b.Texts, plant.Text{Tag: 8, Time: start + plant.Micros(i), Quality: plant.Quality(i), Value: text})
	}
	s := p.opened(t)
	before := b
	before.Samples, before.Texts = slices.Clone(b.Samples), slices.Clone(b.Texts)
	put(t, s, 1, b)
	for _, stage := range []string{"acknowledged", "flushed", "opened again"} {
		switch stage {
		case "flushed":
			must(t, s.Flush())
		case "opened again":
			s = p.again(t, s)
		}
		for _, tag := range []plant.TagNo{7, 0, math.MaxUint32} {
			var want []plant.Sample
			for _, one := range before.Samples {
				if one.Tag == tag {
					want = append(want, one)
				}
			}
			slices.SortFunc(want, func(a, b plant.Sample) int { return int(max(-1, min(1, a.Time-b.Time))) })
			if got := samples(t, s, 1, tag, math.MinInt64, math.MaxInt64); !allSame(got, want) {
				t.Fatalf("%s: tag %d: %v; want %v", stage, tag, got, want)
			}
		}
		if got := texts(t, s, 1, 8, math.MinInt64, math.MaxInt64); !slices.Equal(got, before.Texts) {
			t.Fatalf("%s: texts %v; want %v", stage, got, before.Texts)
		}
		for i, want := range before.Samples[:256] {
			if i%37 != 0 {
				continue
			}
			if got, ok, err := s.Before(t.Context(), 1, want.Tag, want.Time+1); err != nil || !ok || !same(got, want) {
				t.Fatalf("%s: before %d: %v, %v, %v; want %v", stage, want.Time+1, got, ok, err, want)
			}
		}
		must(t, s.Verify(t.Context()))
	}
	if err := s.Failed(); err != nil {
		t.Error(err)
	}
}

// laterWins: of one tag and time the later record counts, and what it replaced
// is kept.
func laterWins(t *testing.T, p Place) {
	s := p.opened(t)
	at := start
	put(t, s, 1, of(sample(1, at, 1), sample(1, at, 2), sample(1, at+second, 9))) // 1 gives way inside the batch
	put(t, s, 1, of(sample(1, at, 2)))                                            // says the same
	must(t, s.Flush())
	third := put(t, s, 1, of(sample(1, at, 3), plant.BadSample(1, at+second, plant.Stale, nil)))
	put(t, s, 1, plant.Batch{Texts: []plant.Text{{Tag: 2, Time: at, Value: "a"}}})
	fifth := put(t, s, 1, plant.Batch{Texts: []plant.Text{{Tag: 2, Time: at, Value: "b"}}})
	for _, stage := range []string{"acknowledged", "flushed", "opened again"} {
		switch stage {
		case "flushed":
			must(t, s.Flush())
		case "opened again":
			s = p.again(t, s)
		}
		if got := samples(t, s, 1, 1, at, at+10*second); len(got) != 2 || got[0].Value != 3 || !got[1].Quality.IsBad() {
			t.Fatalf("%s: %v; want the later records", stage, got)
		}
		got, err := s.Superseded(t.Context(), 1, 1, math.MinInt64, math.MaxInt64)
		must(t, err)
		if len(got) != 3 || got[0].Sample.Value != 1 || got[0].By != 1 || got[1].Sample.Value != 2 || got[1].By != third || got[2].Sample.Value != 9 || got[2].By != third {
			t.Fatalf("%s: superseded %+v; want 1 by batch 1, 2 and 9 by batch %d", stage, got, third)
		}
		if got[1].Replaced <= 0 || got[1].Replaced < got[0].Replaced {
			t.Fatalf("%s: superseded %+v: when?", stage, got)
		}
		if some, err := s.Superseded(t.Context(), 1, 1, at+1, at+second+1); err != nil || len(some) != 1 || some[0] != got[2] {
			t.Fatalf("%s: superseded in a range: %+v, %v", stage, some, err)
		}
		if got, ok, err := s.LastText(t.Context(), 1, 2); err != nil || !ok || got.Value != "b" {
			t.Fatalf("%s: last text %v, %v, %v", stage, got, ok, err)
		}
		if got, err := s.Superseded(t.Context(), 1, 2, at, at+1); err != nil || len(got) != 1 || got[0].Text != "a" || got[0].By != fifth {
			t.Fatalf("%s: superseded text %+v, %v", stage, got, err)
		}
	}
}

// ranges: from is inside, to is not, Before is strict, After is not.
func ranges(t *testing.T, p Place) {
	s := p.opened(t)
	var b plant.Batch
	for i := range 10 {
		b.Samples = append(b.Samples, sample(1, start+plant.Micros(i)*second, float64(i)))
		b.Texts = append(b.Texts, plant.Text{Tag: 1, Time: start + plant.Micros(i)*second, Value: string(rune('a' + i))}) // a tag may have both
	}
	put(t, s, 1, b)
	for _, flushed := range []bool{false, true} {
		if flushed {
			must(t, s.Flush())
		}
		if got := samples(t, s, 1, 1, start+2*second, start+5*second); len(got) != 3 || got[0].Value != 2 || got[2].Value != 4 {
			t.Fatalf("half open range: %v", got)
		}
		for _, r := range [][2]plant.Micros{{start, start}, {start + second, start}, {start + 20*second, start + 30*second}, {math.MaxInt64, math.MinInt64}} {
			if got := samples(t, s, 1, 1, r[0], r[1]); len(got) != 0 {
				t.Fatalf("%v in an empty range", got)
			}
		}
		if got := texts(t, s, 1, 1, start+second, start+3*second); len(got) != 2 || got[0].Value != "b" {
			t.Fatalf("texts in a range: %v", got)
		}
		n := 0
		must(t, s.Samples(t.Context(), 1, 1, start, end, func(plant.Sample) bool { n++; return n < 4 }))
		if n != 4 {
			t.Fatalf("%d samples after the caller had enough at 4", n)
		}
		type question func(context.Context, plant.TenantNo, plant.TagNo, plant.Micros) (plant.Sample, bool, error)
		f := func(name string, ask question, at plant.Micros, want float64, there bool) {
			t.Helper()
			if got, ok, err := ask(t.Context(), 1, 1, at); err != nil || ok != there || ok && got.Value != want {
				t.Fatalf("%s(%d) = %v, %v, %v; want %v, %v", name, at, got, ok, err, want, there)
			}
		}
		f("Before", s.Before, start, 0, false)
		f("Before", s.Before, start+1, 0, true)
		f("Before", s.Before, start+9*second, 8, true)
		f("Before", s.Before, math.MaxInt64, 9, true)
		f("Before", s.Before, math.MinInt64, 0, false)
		f("After", s.After, start+9*second, 9, true)
		f("After", s.After, start+9*second+1, 0, false)
		f("After", s.After, math.MinInt64, 0, true)
		if got, ok, err := s.Last(t.Context(), 1, 1); err != nil || !ok || got.Value != 9 {
			t.Fatalf("last %v, %v, %v", got, ok, err)
		}
		if _, ok, err := s.Last(t.Context(), 1, 2); err != nil || ok {
			t.Fatalf("a tag without samples has a last one: %v", err)
		}
		if got, ok, err := s.TextBefore(t.Context(), 1, 1, start+2*second); err != nil || !ok || got.Value != "b" {
			t.Fatalf("text before: %v, %v, %v", got, ok, err)
		}
	}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Samples(stopped, 1, 1, start, end, func(plant.Sample) bool { return true }); !errors.Is(err, context.Canceled) {
		t.Errorf("a question whose asker is gone: %v", err)
	}
}

// limits: what is refused leaves no trace.
func limits(t *testing.T, p Place) {
	s := p.opened(t)
	ctx := t.Context()
	refused := func(what string, err error) {
		t.Helper()
		if !errors.Is(err, history.ErrRefused) {
			t.Errorf("%s: %v; want ErrRefused", what, err)
		}
	}
	try := func(what string, b plant.Batch) {
		t.Helper()
		_, err := s.Append(ctx, 1, b)
		refused(what, err)
		_, err = s.AppendMarked(ctx, 1, history.Mark{Name: "m"}, of(sample(1, start, 1)), b)
		refused(what+" among others", err)
	}
	try("nothing", plant.Batch{})
	try("too many", plant.Batch{Samples: make([]plant.Sample, history.MaxBatch+1)})
	try("before 1970", of(sample(1, oldest-1, 1)))
	try("after 2199", of(sample(1, end, 1)))
	try("a good NaN", of(sample(1, start, math.NaN())))
	try("a good infinity", of(sample(1, start, math.Inf(-1))))
	try("a long text", plant.Batch{Texts: []plant.Text{{Tag: 1, Time: start, Value: strings.Repeat("x", plant.MaxText+1)}}})
	try("a text before 1970", plant.Batch{Texts: []plant.Text{{Tag: 1, Time: oldest - 1}}})
	_, err := s.AppendMarked(ctx, 1, history.Mark{})
	refused("a mark without a name", err)
	_, err = s.AppendMarked(ctx, 1, history.Mark{Name: "m", Value: make([]byte, 8<<20+1)})
	refused("a large mark", err)
	refused("a cursor without a name", s.SaveCursor("", 0))
	refused("a cursor with a long name", s.SaveCursor(strings.Repeat("n", 201), 0))
	refused("a cursor ahead", s.SaveCursor("reader", 1))
	for _, q := range []struct {
		from, to plant.Micros
		n        int
	}{{start, start + second, 0}, {start, start + second, history.MaxBuckets + 1}, {start, start, 1}, {oldest - 1, start, 1}, {start, end + 1, 1}} {
		_, err := s.Buckets(ctx, 1, 1, q.from, q.to, q.n)
		refused("buckets", err)
	}
	if m, err := s.Mark("m"); err != nil || m.Version != 0 || s.LastSeq() != 0 || len(s.Cursors()) != 0 {
		t.Errorf("mark %+v, %v, last %d, cursors %v after refusals", m, err, s.LastSeq(), s.Cursors())
	}
	if got := samples(t, s, 1, 1, math.MinInt64, math.MaxInt64); len(got) != 0 {
		t.Errorf("%v after refusals", got)
	}
}

// tenants: nothing of one is seen by another.
func tenants(t *testing.T, p Place) {
	s := p.opened(t)
	all := []plant.TenantNo{1, 2, math.MaxUint32}
	for _, tenant := range all {
		put(t, s, tenant, of(sample(5, start, float64(tenant)), sample(plant.TagNo(tenant), start+second, 1)))
	}
	for _, flushed := range []bool{false, true} {
		if flushed {
			must(t, s.Flush())
		}
		for _, tenant := range all {
			if got := samples(t, s, tenant, 5, start, start+1); len(got) != 1 || got[0].Value != float64(tenant) {
				t.Fatalf("tenant %d: %v", tenant, got)
			}
			want := []plant.TagNo{plant.TagNo(tenant), 5}
			slices.Sort(want)
			if got, err := s.Tags(t.Context(), tenant); err != nil || !slices.Equal(got, want) {
				t.Fatalf("tenant %d has tags %v, %v; want %v", tenant, got, err, want)
			}
		}
	}
	if n, err := s.DeleteBefore(t.Context(), 1, 5, end); err != nil || n != 1 {
		t.Fatalf("%d deleted, %v", n, err)
	}
	if got, err := s.Tags(t.Context(), 1); err != nil || !slices.Equal(got, []plant.TagNo{1}) {
		t.Errorf("tags %v, %v after one lost its samples", got, err)
	}
	if got := samples(t, s, 2, 5, start, end); len(got) != 1 {
		t.Errorf("tenant 2 lost with tenant 1: %v", got)
	}
	if got, err := s.Tags(t.Context(), 3); err != nil || len(got) != 0 {
		t.Errorf("a tenant without samples has tags %v, %v", got, err)
	}
}

// deletion: what was there goes, what comes later stays until the next time.
func deletion(t *testing.T, p Place) {
	s := p.opened(t)
	var b plant.Batch
	for i := range 20 {
		b.Samples = append(b.Samples, sample(1, start+plant.Micros(i)*second, 1))
	}
	b.Texts = []plant.Text{{Tag: 1, Time: start, Value: "a"}, {Tag: 1, Time: start + 15*second, Value: "b"}}
	put(t, s, 1, b)
	must(t, s.Flush())
	put(t, s, 1, of(sample(1, start, 2), sample(1, start+12*second, 2)))
	del := func(before plant.Micros, want int) {
		t.Helper()
		if n, err := s.DeleteBefore(t.Context(), 1, 1, before); err != nil || n != want {
			t.Fatalf("%d deleted, %v; want %d", n, err, want)
		}
	}
	check := func(first plant.Micros, n, corrected int) {
		t.Helper()
		for _, flushed := range []bool{false, true} {
			if flushed {
				must(t, s.Flush())
			}
			got := samples(t, s, 1, 1, math.MinInt64, math.MaxInt64)
			if len(got) != n || got[0].Time != first {
				t.Fatalf("%d samples from %v; want %d from %d", len(got), got, n, first)
			}
			if old, err := s.Superseded(t.Context(), 1, 1, math.MinInt64, math.MaxInt64); err != nil || len(old) != corrected {
				t.Fatalf("superseded %v, %v; want %d", old, err, corrected)
			}
			if _, ok, err := s.Before(t.Context(), 1, 1, first); err != nil || ok {
				t.Fatalf("something is there before the first: %v", err)
			}
			if got, ok, err := s.After(t.Context(), 1, 1, math.MinInt64); err != nil || !ok || got.Time != first {
				t.Fatalf("first is %v, %v, %v", got, ok, err)
			}
		}
	}
	del(start, 0)
	del(start+10*second, 11)
	check(start+10*second, 10, 1)
	if got := texts(t, s, 1, 1, math.MinInt64, math.MaxInt64); len(got) != 1 || got[0].Value != "b" {
		t.Fatalf("texts %v", got)
	}
	put(t, s, 1, of(sample(1, start+3*second, 5), sample(1, start+3*second, 6)))
	check(start+3*second, 11, 2)
	del(start+second, 0)
	check(start+3*second, 11, 2)
	del(start+4*second, 1)
	check(start+10*second, 10, 1)
	s = p.again(t, s)
	check(start+10*second, 10, 1)
	del(end, 11)
	if got := samples(t, s, 1, 1, math.MinInt64, math.MaxInt64); len(got) != 0 {
		t.Fatalf("%v after all was deleted", got)
	}
	put(t, s, 1, of(sample(1, start, 7)))
	check(start, 1, 0)
}
