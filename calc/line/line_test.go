package line_test

import (
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"zhigai/calc/line"
)

// parse reads a station a letter a minute: w works, d down, u setup, s starved, b
// blocked, o off, ? unknown.
func parse(text string) []line.Stretch {
	states := map[byte]line.State{
		'w': line.Working, 'd': line.Down, 'u': line.Setup, 's': line.Starved, 'b': line.Blocked, 'o': line.Off, '?': line.Unknown, 'm': line.Minor,
	}
	var out []line.Stretch
	for i := range len(text) {
		s := states[text[i]]
		if n := len(out); n > 0 && out[n-1].State == s {
			out[n-1].To++
			continue
		}
		out = append(out, line.Stretch{From: int64(i), To: int64(i) + 1, State: s})
	}
	return out
}

// show writes who was the bottleneck a character an instant: a digit for a sole
// one, a letter while it shifts (a for station 0), - for none.
func show(b line.Bottlenecks) string {
	var out []byte
	for _, m := range b.Moments {
		c := byte('-')
		switch {
		case m.Station != line.None && m.With == line.None:
			c = '0' + byte(m.Station)
		case m.Station != line.None:
			c = 'a' + byte(m.Station)
		}
		for range m.To - m.From {
			out = append(out, c)
		}
	}
	return string(out)
}

func TestDetect_ByHand(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		stations []string
		want     string
	}{
		{"one station", []string{"wwsswwoo"}, "00--00--"},
		{"down and setup are active", []string{"wdus", "ssss"}, "000-"},
		// Station 0 has six, station 1 seven from 4 on: from 4 to 6 it shifts.
		{
			"it shifts in the overlap",
			[]string{
				"wwwwwwsssss",
				"sssswwwwwww",
			},
			"0000bb11111",
		},
		// The longer period of station 0 keeps it until it ends; station 1, which is
		// the longest then, was active since 6.
		{
			"the longer one keeps it to its end",
			[]string{
				"wwwwwwwwsss",
				"sssssswwwww",
			},
			"000000aa111",
		},
		{"a shorter one inside a longer one never is", []string{"wwwwwwww", "swwsswws"}, "00000000"},
		{"of equal ones the earlier", []string{"sswwwws", "wwwwsss"}, "11bb00-"},
		{"unknown time cuts a period", []string{"www?wwww", "sswwwsss"}, "00a1a000"},
		{"nobody", []string{"sb", "os"}, "--"},
	} {
		var all [][]line.Stretch
		for _, s := range c.stations {
			all = append(all, parse(s))
		}
		b, err := line.Detect(all, 0, int64(len(c.stations[0])))
		if err != nil {
			t.Fatal(err)
		}
		if got := show(b); got != c.want {
			t.Errorf("%s: %s; want %s", c.name, got, c.want)
		}
	}
}

func TestDetect_Shares(t *testing.T) {
	t.Parallel()
	b, err := line.Detect([][]line.Stretch{parse("wwwwwwsssss"), parse("sssswwwwwww")}, 0, 11)
	if err != nil {
		t.Fatal(err)
	}
	want := []line.Share{{SoleMs: 4, ShiftingMs: 2, Periods: 1, ActiveMs: 6}, {SoleMs: 5, ShiftingMs: 2, Periods: 1, ActiveMs: 7}}
	if !reflect.DeepEqual(b.Shares, want) || b.ShiftingMs != 2 || b.NoneMs != 0 || b.Main() != 1 {
		t.Errorf("%+v, shifting %d, none %d, main %d", b.Shares, b.ShiftingMs, b.NoneMs, b.Main())
	}
	if m := want[1].MeanActiveMs(); m != 7 {
		t.Errorf("mean %v", m)
	}
}

// Whatever stations do: sole, shifting and none add up to the window, the
// bottleneck is active at every instant, and no active station has a longer
// period around it.
func TestDetect_SharesAddUp(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	letters := "wwwdusbo?m"
	for range 200 {
		n, length := 1+rng.IntN(6), 5+rng.IntN(60)
		var all [][]line.Stretch
		texts := make([]string, n)
		for i := range n {
			raw := make([]byte, 0, length)
			for len(raw) < length {
				c := letters[rng.IntN(len(letters))]
				for range 1 + rng.IntN(7) {
					raw = append(raw, c)
				}
			}
			texts[i] = string(raw[:length])
			all = append(all, parse(texts[i]))
		}
		b, err := line.Detect(all, 0, int64(length))
		if err != nil {
			t.Fatal(err)
		}
		sum := b.ShiftingMs + b.NoneMs
		for _, s := range b.Shares {
			sum += s.SoleMs
		}
		at := int64(0)
		for _, m := range b.Moments {
			if m.From != at {
				t.Fatalf("%q: a moment begins at %d behind %d", texts, m.From, at)
			}
			at = m.To
			for i := m.From; i < m.To; i++ {
				longest := int64(0)
				for _, s := range texts {
					longest = max(longest, around(s, i))
				}
				mine := int64(0)
				if m.Station != line.None {
					mine = around(texts[m.Station], i)
				}
				if mine != longest || m.With != line.None && around(texts[m.With], i) == 0 {
					t.Fatalf("%q at %d: %+v has a period of %d; the longest is %d", texts, i, m, mine, longest)
				}
			}
		}
		if sum != int64(length) || at != int64(length) {
			t.Fatalf("%q: shares add up to %d, moments to %d of %d", texts, sum, at, length)
		}
	}
}

// around is the length of the active period around an instant.
func around(s string, i int64) int64 {
	active := func(k int64) bool { return k >= 0 && k < int64(len(s)) && parse(s[k : k+1])[0].State.Active() }
	if !active(i) {
		return 0
	}
	a, b := i, i
	for active(a - 1) {
		a--
	}
	for active(b) {
		b++
	}
	return b - a
}

func TestCheck_Refuses(t *testing.T) {
	t.Parallel()
	w := line.Working
	for name, c := range map[string]struct {
		all      [][]line.Stretch
		from, to int64
	}{
		"a gap":            {[][]line.Stretch{{{0, 4, w}, {5, 9, w}}}, 0, 9},
		"too short":        {[][]line.Stretch{{{0, 4, w}}}, 0, 9},
		"empty stretch":    {[][]line.Stretch{{{0, 0, w}, {0, 9, w}}}, 0, 9},
		"window backwards": {nil, 9, 0},
	} {
		if _, err := line.Detect(c.all, c.from, c.to); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestBalance(t *testing.T) {
	t.Parallel()
	if got, ok := line.Balance([]float64{30, 40, 50}); !ok || got != 0.8 {
		t.Errorf("%v, %t; want 120 of 150", got, ok)
	}
	if got, ok := line.Together([]float64{20, 20, 10}); !ok || got != 5 {
		t.Errorf("%v, %t; want 5", got, ok)
	}
	for _, bad := range [][]float64{nil, {10, 0}, {-1}} {
		if _, ok := line.Balance(bad); ok {
			t.Errorf("Balance(%v) has a value", bad)
		}
		if _, ok := line.Together(bad); ok {
			t.Errorf("Together(%v) has a value", bad)
		}
	}
}

// A shift of 480 min of planned operation at 1 min a part: 30 planned, 40 broken
// down, 20 setup, 10 minor, 15 starved, 5 blocked leave 360 in which 300 parts
// were made; 12 of them scrap, 3 scrapped behind, 280 came out.
func TestFall_ByHand(t *testing.T) {
	t.Parallel()
	w, err := line.Fall(line.Bottleneck{
		Times: map[line.State]int64{
			line.Working: 360, line.Planned: 25, line.Service: 5, line.Down: 40, line.Setup: 20, line.Minor: 10, line.Starved: 15, line.Blocked: 5, line.Off: 240,
		},
		StandardMs: 300, Total: 300, Bad: 12, After: 3, Good: 280,
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []line.Step{
		{line.LossPlanned, 30, 30},
		{line.LossBreakdown, 40, 40},
		{line.LossSetup, 20, 20},
		{line.LossMinor, 10, 10},
		{line.LossDelay, 0, 0},
		{line.LossStarved, 15, 15},
		{line.LossBlocked, 5, 5},
		{line.LossUnknown, 0, 0},
		{line.LossSpeed, 60, 60},
		{line.LossScrap, 0, 12},
		{line.LossAfter, 0, 3},
		{line.LossBetween, 0, 5},
	}
	if !reflect.DeepEqual(w.Steps, want) || w.PossibleMs != 480 || w.Possible != 480 || w.Good != 280 {
		t.Errorf("%+v", w)
	}
	if _, err := line.Fall(line.Bottleneck{Times: map[line.State]int64{line.Down: 5}}); err == nil {
		t.Error("without a cycle: no error")
	}
}

func TestFall_AddsUp(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		b := line.Bottleneck{Times: map[line.State]int64{}, CycleMs: 1000, Total: rng.Int64N(5000), Good: rng.Int64N(5000)}
		for _, s := range line.States {
			b.Times[s] = rng.Int64N(8_000_000)
		}
		b.Bad, b.After = rng.Int64N(b.Total+1), rng.Int64N(50)
		b.StandardMs = b.Total * (1 + rng.Int64N(9000))
		w, err := line.Fall(b)
		if err != nil {
			t.Fatal(err)
		}
		time, parts, left := b.StandardMs, b.Good, w.Possible
		for _, s := range w.Steps {
			time += s.Ms
			left -= s.Parts
			if s.Ms == 0 {
				parts += int64(math.Round(s.Parts))
			}
		}
		if time != w.PossibleMs {
			t.Fatalf("%+v: times add up to %d of %d", b, time, w.PossibleMs)
		}
		if parts != b.Total {
			t.Fatalf("%+v: parts add up to %d of %d", b, parts, b.Total)
		}
		if math.Abs(left-float64(w.Good)) > 1e-6*w.Possible {
			t.Fatalf("%+v: the fall ends at %v; want %d", b, left, w.Good)
		}
	}
}

func TestState_Words(t *testing.T) {
	t.Parallel()
	for _, s := range line.States {
		raw, err := s.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		var back line.State
		if err := back.UnmarshalText(raw); err != nil || back != s {
			t.Errorf("%s comes back as %s, %v", s, back, err)
		}
	}
	var s line.State
	if err := s.UnmarshalText([]byte("idle")); err == nil {
		t.Error("a word that is none: no error")
	}
}
