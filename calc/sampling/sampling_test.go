package sampling_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"zhigai/calc/sampling"
)

// lots that have a letter at level II, in their order; R needs level III.
var lots = map[string]struct {
	lot   int64
	level string
}{
	"A": {8, "II"}, "B": {15, "II"}, "C": {25, "II"}, "D": {50, "II"}, "E": {90, "II"}, "F": {150, "II"}, "G": {280, "II"}, "H": {500, "II"},
	"J": {1200, "II"}, "K": {3200, "II"}, "L": {10000, "II"}, "M": {35000, "II"}, "N": {150000, "II"}, "P": {500000, "II"}, "Q": {500001, "II"}, "R": {500001, "III"},
}

// Every cell of the three tables.
func TestFor_EveryCell(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("testdata/single.txt")
	must(t, err)
	cells := 0
	for line := range strings.Lines(string(raw)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		words := strings.Fields(line)
		how, letter := sampling.Severity(words[0]), words[1]
		for j, want := range words[2:] {
			p, err := sampling.For(lots[letter].lot, lots[letter].level, sampling.AQLs[j], how)
			must(t, err)
			if got := fmt.Sprintf("%d:%d/%d", p.N, p.Ac, p.Re); got != want || p.Code != letter {
				t.Errorf("%s %s at AQL %v: %s %s; want %s", how, letter, sampling.AQLs[j], p.Code, got, want)
			}
			if p.Inspect > lots[letter].lot || p.Inspect > int64(p.N) {
				t.Errorf("%s %s at AQL %v inspects %d of %d", how, letter, sampling.AQLs[j], p.Inspect, lots[letter].lot)
			}
			cells++
		}
	}
	if cells != 3*16*26 {
		t.Errorf("%d cells; want %d", cells, 3*16*26)
	}
}

func TestFor_Letters(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		lot   int64
		level string
		want  string
	}{{2, "S-1", "A"}, {8, "III", "B"}, {9, "III", "C"}, {91, "II", "F"}, {150, "I", "D"}, {501, "II", "J"}, {1201, "S-4", "G"}, {35_001, "S-3", "G"}, {500_000, "II", "P"}, {1 << 40, "S-1", "D"}, {1 << 40, "III", "R"}} {
		p, err := sampling.For(c.lot, c.level, 1, sampling.Normal)
		must(t, err)
		if p.Code != c.want {
			t.Errorf("%d at %s: %s; want %s", c.lot, c.level, p.Code, c.want)
		}
	}
}

func TestFor_Refuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		lot   int64
		level string
		aql   float64
		how   sampling.Severity
		want  string
	}{
		{1, "II", 1, sampling.Normal, "lot of 1"},
		{100, "2", 1, sampling.Normal, "S-1, S-2"},
		{100, "II", 2, sampling.Normal, "1.5 2.5"},
		{100, "II", 1, "hard", "tightened"},
	} {
		if _, err := sampling.For(c.lot, c.level, c.aql, c.how); !errors.Is(err, sampling.ErrInvalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	if _, err := sampling.Judge(100, "II", 1, sampling.Normal, 21); !errors.Is(err, sampling.ErrInvalid) {
		t.Errorf("more than there are: %v", err)
	}
}

// follow says what each of a row of lots makes of inspection: "a" is accepted, "r"
// rejected, "b" accepted between Ac and Re.
func follow(s sampling.State, plan sampling.Plan, lots string, steady bool) sampling.State {
	for _, c := range lots {
		l := sampling.Lot{Accepted: c != 'r', Plan: plan, Tighter: c == 'a'}
		if c != 'a' {
			l.Found = plan.Ac + 1
		}
		s = s.Switch(l, steady)
	}
	return s
}

func TestSwitch(t *testing.T) {
	t.Parallel()
	one, three := sampling.Plan{Ac: 1, Re: 2}, sampling.Plan{Ac: 3, Re: 4}
	tight := sampling.State{Severity: sampling.Tightened}
	for _, c := range []struct {
		name   string
		from   sampling.State
		plan   sampling.Plan
		lots   string
		steady bool
		want   sampling.Severity
		ended  bool
		score  int
	}{
		{"two of five", sampling.Start(), one, "raaar", true, sampling.Tightened, false, 0},
		{"two of six", sampling.Start(), one, "raaaar", true, sampling.Normal, false, 0},
		{"two at once", sampling.Start(), one, "rr", true, sampling.Tightened, false, 0},
		{"four good tightened lots", tight, one, "aaaa", true, sampling.Tightened, false, 0},
		{"five", tight, one, "aaaaa", true, sampling.Normal, false, 0},
		{"one rejected in between", tight, one, "aaaaraaaa", true, sampling.Tightened, false, 0},
		{"five rejected tightened lots, not in a row", tight, one, "rarararar", true, sampling.Tightened, true, 0},
		{"nothing after it counts", tight, one, "rrrrraaaaa", true, sampling.Tightened, true, 0},
		{"small plans: two a lot", sampling.Start(), one, strings.Repeat("a", 14), true, sampling.Normal, false, 28},
		{"fifteen", sampling.Start(), one, strings.Repeat("a", 15), true, sampling.Reduced, false, 0},
		{"large plans: three a lot", sampling.Start(), three, strings.Repeat("a", 10), true, sampling.Reduced, false, 0},
		{"one that the tighter plan rejects", sampling.Start(), three, strings.Repeat("a", 9) + "b", true, sampling.Normal, false, 0},
		{"production is not steady", sampling.Start(), three, strings.Repeat("a", 12), false, sampling.Normal, false, 36},
		{"reduced: rejected", sampling.State{Severity: sampling.Reduced}, one, "aar", true, sampling.Normal, false, 0},
		{"reduced: between Ac and Re", sampling.State{Severity: sampling.Reduced}, one, "ab", true, sampling.Normal, false, 0},
		{"reduced: not steady", sampling.State{Severity: sampling.Reduced}, one, "a", false, sampling.Normal, false, 0},
	} {
		got := follow(c.from, c.plan, c.lots, c.steady)
		if got.Severity != c.want || got.Discontinued != c.ended || got.Score != c.score {
			t.Errorf("%s: %+v; want %s, discontinued %v, score %d", c.name, got, c.want, c.ended, c.score)
		}
	}
	if s := follow(tight, one, "rrrrr", true).Resume(); s.Severity != sampling.Tightened || s.Discontinued || s.Rejected != 0 {
		t.Errorf("after it was mended: %+v", s)
	}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	// H, 50 units: 3/4 at AQL 2.5, 2/3 at 1.5.
	for found, want := range map[int][2]bool{0: {true, true}, 2: {true, true}, 3: {true, false}, 4: {false, false}} {
		l, err := sampling.Judge(500, "II", 2.5, sampling.Normal, found)
		must(t, err)
		if l.Accepted != want[0] || l.Tighter != want[1] {
			t.Errorf("%d found: %+v; want accepted, tighter %v", found, l, want)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
