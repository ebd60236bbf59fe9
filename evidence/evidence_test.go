package evidence

import (
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"zhigai/plant"
)

const testDay Day = 20785 // 2026-11-28

// odd are values whose bits a sloppy hash would take for one another.
var odd = []float64{0, math.Copysign(0, -1), 1, math.NaN(), math.Float64frombits(0x7FF8000000000002), math.Inf(1), math.MaxFloat64, 5e-324, -1.5}

func someSamples(r *rand.Rand, d Day, n int) []plant.Sample {
	at := map[plant.Micros]bool{}
	var out []plant.Sample
	for len(out) < n {
		s := plant.Sample{Time: d.From() + plant.Micros(r.Int64N(int64(day))), Value: odd[r.IntN(len(odd))], Quality: plant.Quality(r.IntN(4)<<6 | r.IntN(15))}
		if r.IntN(3) == 0 {
			s = plant.BadSample(0, s.Time, plant.Sentinel, []byte{1, 2, byte(r.IntN(256))})
		}
		if !at[s.Time] {
			at[s.Time] = true
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b plant.Sample) int { return int(a.Time - b.Time) })
	return out
}

func mustDay(t *testing.T, d Day, samples []plant.Sample, texts []plant.Text) TagDay {
	t.Helper()
	out, err := DayOf(d, samples, texts)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestDayOf_EveryChangeIsSeen(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	changes := 0
	for round := range 200 {
		was := someSamples(r, testDay, 1+r.IntN(60))
		sealed := mustDay(t, testDay, was, nil)
		if sealed.Samples != int64(len(was)) || mustDay(t, testDay, was, nil).Hash() != sealed.Hash() {
			t.Fatal("the same samples have another digest")
		}
		differs := func(what string, now []plant.Sample) {
			changes++
			if mustDay(t, testDay, now, nil).Hash() == sealed.Hash() {
				t.Errorf("round %d: %s is not seen", round, what)
			}
		}
		i := r.IntN(len(was))
		one := func(change func(*plant.Sample)) []plant.Sample {
			now := slices.Clone(was)
			change(&now[i])
			return now
		}
		differs("a sample that is gone", slices.Delete(slices.Clone(was), i, i+1))
		differs("one bit of a value", one(func(s *plant.Sample) {
			s.Value = math.Float64frombits(math.Float64bits(s.Value) ^ 1<<r.IntN(64))
		}))
		differs("a quality", one(func(s *plant.Sample) { s.Quality ^= 1 << r.IntN(8) }))
		if at := was[i].Time + 1; at < testDay.To() && (i+1 == len(was) || was[i+1].Time > at) {
			differs("a time", one(func(s *plant.Sample) { s.Time = at }))
			differs("a sample more", slices.Insert(slices.Clone(was), i+1, plant.Sample{Time: at}))
		}
	}
	if changes < 900 {
		t.Errorf("only %d changes tried", changes)
	}
}

func TestDayOf_TextsAndNumbersAreApart(t *testing.T) {
	at := testDay.From()
	number := mustDay(t, testDay, []plant.Sample{{Time: at, Value: math.Float64frombits(0x0000000461626364)}}, nil)
	for _, texts := range [][]plant.Text{
		{{Time: at, Value: "abcd"}},
		{{Time: at, Value: "ab"}, {Time: at + 1, Value: "cd"}},
		{{Time: at, Value: ""}, {Time: at + 1, Value: "abcd"}},
		{{Time: at, Value: "abcd", Quality: plant.Uncertain}},
		{{Time: at + hour, Value: "abcd"}},
	} {
		got := mustDay(t, testDay, nil, texts)
		if got.Hash() == number.Hash() {
			t.Errorf("%v has the digest of a number", texts)
		}
		if again := mustDay(t, testDay+1, nil, shift(texts, day)); again.Hash() == got.Hash() {
			t.Errorf("%v of the next day has the same digest", texts)
		}
	}
}

func shift(texts []plant.Text, by plant.Micros) []plant.Text {
	out := slices.Clone(texts)
	for i := range out {
		out[i].Time += by
	}
	return out
}

func TestDayOf_RefusesWhatIsOutOfOrder(t *testing.T) {
	from := testDay.From()
	for name, samples := range map[string][]plant.Sample{
		"twice":    {{Time: from + 5}, {Time: from + 5}},
		"backward": {{Time: from + 5}, {Time: from + 4}},
		"before":   {{Time: from - 1}},
		"behind":   {{Time: testDay.To()}},
	} {
		if _, err := DayOf(testDay, samples, nil); !errors.Is(err, ErrOrder) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := mustDay(t, testDay, []plant.Sample{{Time: from}, {Time: testDay.To() - 1}}, nil); got.Samples != 2 {
		t.Errorf("the first and last instant of the day: %d samples", got.Samples)
	}
}

func TestDayAt(t *testing.T) {
	for at, want := range map[plant.Micros]string{-1: "1969-12-31", 0: "1970-01-01", day - 1: "1970-01-01", day: "1970-01-02", -day: "1969-12-31", -day - 1: "1969-12-30"} {
		d := DayAt(at)
		if d.String() != want || at < d.From() || at >= d.To() {
			t.Errorf("%d lies in %s, want %s", at, d, want)
		}
		if back, err := ParseDay(want); err != nil || back != d {
			t.Errorf("%s read as %v, %v", want, back, err)
		}
	}
}

func someLeaves(r *rand.Rand, t *testing.T, n int) []Leaf {
	var out []Leaf
	for i := range n {
		d := testDay - Day(i%3)
		out = append(out, LeafOf(Tag{Equipment: plant.NodeID(rune('A' + i/6)), Name: string(rune('a' + i/3%2))}, mustDay(t, d, someSamples(r, d, r.IntN(9)), nil)))
	}
	return out
}

func TestSeal_OrderOfLeavesDoesNotMatter(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	leaves := someLeaves(r, t, 100)
	first, err := NewSeal(Seal{}, "N", testDay, slices.Clone(leaves))
	if err != nil {
		t.Fatal(err)
	}
	for range 50 {
		r.Shuffle(len(leaves), func(i, j int) { leaves[i], leaves[j] = leaves[j], leaves[i] })
		if again, err := NewSeal(Seal{}, "N", testDay, slices.Clone(leaves)); err != nil || again != first {
			t.Fatalf("%v, %v; want %v", again, err, first)
		}
	}
	if _, err := NewSeal(Seal{}, "N", testDay, append(slices.Clone(leaves), leaves[7])); !errors.Is(err, ErrMalformed) {
		t.Errorf("two leaves of one tag-day: %v", err)
	}
	for i := range leaves {
		now := slices.Clone(leaves)
		now[i].Hash[r.IntN(32)] ^= 1 << r.IntN(8)
		if err := first.Holds(now); !errors.Is(err, ErrMismatch) {
			t.Errorf("a changed leaf: %v", err)
		}
		if err := first.Holds(slices.Delete(slices.Clone(leaves), i, i+1)); !errors.Is(err, ErrMismatch) {
			t.Errorf("a leaf that is gone: %v", err)
		}
	}
}

func TestSeal_ChainNamesTheOneBefore(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	var chain []Seal
	prev := Seal{}
	for i := range 5 {
		s, err := NewSeal(prev, "N", testDay+Day(i), someLeaves(r, t, 3))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Follows(prev); err != nil {
			t.Fatal(err)
		}
		chain, prev = append(chain, s), s
	}
	for name, change := range map[string]func(*Seal){
		"root":    func(s *Seal) { s.Root[3] ^= 1 },
		"prev":    func(s *Seal) { s.Prev[3] ^= 1 },
		"leaves":  func(s *Seal) { s.Leaves++ },
		"samples": func(s *Seal) { s.Samples-- },
		"day":     func(s *Seal) { s.Day-- },
		"node":    func(s *Seal) { s.Node = "M" },
		"number":  func(s *Seal) { s.Number-- },
	} {
		now := chain[2]
		change(&now)
		if err := chain[3].Follows(now); !errors.Is(err, ErrMismatch) {
			t.Errorf("a seal with another %s is not missed by the next: %v", name, err)
		}
	}
	if err := chain[3].Follows(chain[1]); !errors.Is(err, ErrMismatch) {
		t.Errorf("a seal that was taken out: %v", err)
	}
	if _, err := NewSeal(chain[4], "N", testDay, someLeaves(r, t, 1)); !errors.Is(err, ErrMalformed) {
		t.Errorf("a day before the last seal: %v", err)
	}
}

// TestProof_EveryChangeIsSeen changes every byte of proofs, one at a time.
func TestProof_EveryChangeIsSeen(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	tag := Tag{Equipment: "EQ", Name: "spindle.speed"}
	samples := someSamples(r, testDay, 200)
	digest := mustDay(t, testDay, samples, nil)
	leaves := append(someLeaves(r, t, 36), LeafOf(tag, digest))
	seal, err := NewSeal(Seal{}, "N", testDay, slices.Clone(leaves))
	if err != nil {
		t.Fatal(err)
	}
	p, err := Prove(seal, leaves, tag, testDay)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.CheckDay(tag, digest); err != nil {
		t.Fatal(err)
	}
	h, err := ProveHour(p, digest, 7)
	if err != nil {
		t.Fatal(err)
	}
	of := slices.DeleteFunc(slices.Clone(samples), func(s plant.Sample) bool { return (s.Time-testDay.From())/hour != 7 })
	if len(of) == 0 {
		t.Fatal("the hour is empty")
	}
	if err := h.CheckHour(tag, of, nil); err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	changed := 0
	for i := range raw {
		b := slices.Clone(raw)
		b[i] ^= 1
		var now HourProof
		if json.Unmarshal(b, &now) != nil {
			continue
		}
		if again, _ := json.Marshal(now); string(again) == string(raw) {
			continue // letters of hexadecimal digits in the other case
		}
		changed++
		if now.CheckHour(tag, of, nil) == nil && now.Seal.Hash() == seal.Hash() {
			t.Errorf("byte %d: %s", i, b[max(0, i-20):min(len(b), i+20)])
		}
	}
	if changed < 500 {
		t.Errorf("only %d changes could be read", changed)
	}
	if err := h.CheckHour(Tag{Equipment: "EQ", Name: "spindle.load"}, of, nil); !errors.Is(err, ErrMismatch) {
		t.Errorf("another tag: %v", err)
	}
	if err := h.CheckHour(tag, of[1:], nil); !errors.Is(err, ErrMismatch) {
		t.Errorf("a sample that is gone: %v", err)
	}
	if err := h.CheckHour(tag, samples, nil); !errors.Is(err, ErrMismatch) {
		t.Errorf("samples of other hours: %v", err)
	}
}

// FuzzHourProof: whatever is sent as a proof gives an error, never a panic.
func FuzzHourProof(f *testing.F) {
	f.Add([]byte(`{"seal":{"number":1,"leaves":1,"day":"2026-11-28"},"leaf":{"day":"2026-11-28"},"hour":3}`))
	f.Add([]byte(`{"seal":{"number":1,"leaves":9223372036854775807},"index":-1,"path":[""],"hour":99}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var p HourProof
		if json.Unmarshal(raw, &p) != nil {
			return
		}
		if err := p.CheckHour(Tag{Equipment: "E", Name: "n"}, []plant.Sample{{Time: testDay.From()}}, nil); err == nil {
			t.Errorf("%s proves a sample that nobody sealed", raw)
		}
	})
}
