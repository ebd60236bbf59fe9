package anonymity

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
)

var scheme = Scheme{{2, []int{0, 1, 3}}, {4, []int{0, 1, 3}}, {6, []int{0, 1, 3}}}

var rules = Rules{Least: 5, Percent: 10}

// random is a table of two cities of three counties, two sections of two or
// three divisions; some places have no firm of a sector, some one, some many.
func random(r *rand.Rand) []Member {
	var out []Member
	for _, region := range []string{"330101", "330102", "330103", "330201", "330202", "330203"} {
		for _, sector := range []string{"C01", "C02", "C03", "D01", "D02"} {
			n := 0
			switch r.IntN(4) {
			case 0:
				n = r.IntN(3)
			case 1:
				n = r.IntN(8)
			case 2, 3:
				n = 4 + r.IntN(20)
			}
			for range n {
				w := int64(math.Exp(r.NormFloat64()*1.5 + 8))
				out = append(out, Member{ID: fmt.Sprint(len(out)), Region: region, Sector: sector, Value: r.Float64() * 100, Weights: []int64{w}})
			}
		}
	}
	return out
}

// seen is what an attacker makes of the cells: unknowns and equations, of one
// channel, and which unknowns a cell adds up.
type seen struct {
	unknowns int
	known    []equation
	parts    map[Key][]int
	truth    map[Key]float64
	of       map[Key]int // unknown of whole codes
}

func look(members []Member, cells []Cell, amount func(Member) float64) seen {
	s := seen{parts: map[Key][]int{}, truth: map[Key]float64{}, of: map[Key]int{}}
	for _, m := range members {
		k := Key{m.Region, m.Sector}
		if _, had := s.of[k]; !had {
			s.of[k] = s.unknowns
			s.unknowns++
		}
		for _, c := range cells {
			if strings.HasPrefix(m.Region, c.Region) && strings.HasPrefix(m.Sector, c.Sector) {
				s.truth[c.Key] += amount(m)
				if !slices.Contains(s.parts[c.Key], s.of[k]) {
					s.parts[c.Key] = append(s.parts[c.Key], s.of[k])
				}
			}
		}
	}
	for _, c := range cells {
		if c.Why == "" {
			s.known = append(s.known, equation{s.parts[c.Key], s.truth[c.Key]})
		}
	}
	return s
}

func TestProtect_AttackFindsNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	attacks, firms, shown, all := 0, int64(0), int64(0), int64(0)
	for table := range 40 {
		members := random(r)
		cells, err := Protect(members, scheme, rules)
		if err != nil {
			t.Fatal(err)
		}
		counts := look(members, cells, func(Member) float64 { return 1 })
		carried := look(members, cells, func(m Member) float64 { return float64(m.Weights[0]) })
		for _, c := range cells {
			all += c.N
			if c.Why == "" {
				shown += c.N
			}
			if c.Why == "" || c.Why == Complementary {
				continue
			}
			firms += c.N
			attacks += 2
			none := make([]float64, counts.unknowns)
			if lo, hi := span(counts.unknowns, none, counts.known, counts.parts[c.Key]); c.Why == Few && (lo > tiny || hi < float64(rules.Least)-tiny) {
				t.Errorf("table %d: %v has %d members and must be from %v to %v; nothing may say more than 0 to %d", table, c.Key, c.N, lo, hi, rules.Least)
			}
			x := carried.truth[c.Key]
			if lo, hi := span(carried.unknowns, none, carried.known, carried.parts[c.Key]); lo > 0.9*x+1 || hi < 1.1*x-1 {
				t.Errorf("table %d: %v carries %v and must be from %v to %v; 10 %% to either side must stay open", table, c.Key, x, lo, hi)
			}
		}
	}
	t.Logf("%d attacks on suppressed cells of %d members; %.0f %% of members stand in published cells", attacks, firms, 100*float64(shown)/float64(all))
	if shown*100 < 60*all {
		t.Errorf("only %d of %d members stand in published cells", shown, all)
	}
}

// A member knows its own part: with it, too, nothing may be found of a cell
// that it does not belong to.
func TestProtect_MemberFindsNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	attacks := 0
	for table := range 6 {
		members := random(r)
		cells, err := Protect(members, scheme, rules)
		if err != nil {
			t.Fatal(err)
		}
		carried := look(members, cells, func(m Member) float64 { return float64(m.Weights[0]) })
		counts := look(members, cells, func(Member) float64 { return 1 })
		largest := map[Key]Member{} // who knows most of its own place
		for _, m := range members {
			if k := (Key{m.Region, m.Sector}); largest[k].ID == "" || m.Weights[0] > largest[k].Weights[0] {
				largest[k] = m
			}
		}
		for _, c := range cells {
			if c.Why != Few {
				continue
			}
			for _, m := range largest {
				if strings.HasPrefix(m.Region, c.Region) && strings.HasPrefix(m.Sector, c.Sector) {
					continue
				}
				attacks++
				own := make([]float64, carried.unknowns)
				own[carried.of[Key{m.Region, m.Sector}]] = float64(m.Weights[0])
				x := carried.truth[c.Key]
				if lo, hi := span(carried.unknowns, own, carried.known, carried.parts[c.Key]); lo > 0.9*x+1 || hi < 1.1*x-1 {
					t.Errorf("table %d: the firm of %v finds that %v carries %v to %v; it is %v", table, m, c.Key, lo, hi, x)
				}
				own[carried.of[Key{m.Region, m.Sector}]] = 1
				if lo, hi := span(counts.unknowns, own, counts.known, counts.parts[c.Key]); lo > tiny || hi < float64(rules.Least)-tiny {
					t.Errorf("table %d: the firm of %v finds that %v has %v to %v members; it has %d", table, m, c.Key, lo, hi, c.N)
				}
			}
		}
	}
	t.Logf("%d attacks by members", attacks)
	if attacks == 0 {
		t.Error("no attack was made")
	}
}

// Without complementary suppression the same attacks succeed: they would find
// a fault.
func TestProtect_AttackWouldSucceed(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	found := 0
	for range 40 {
		members := random(r)
		cells, err := Protect(members, scheme, rules)
		if err != nil {
			t.Fatal(err)
		}
		for i := range cells {
			if cells[i].Why == Complementary {
				cells[i].Why = ""
			}
		}
		counts := look(members, cells, func(Member) float64 { return 1 })
		for _, c := range cells {
			lo, hi := span(counts.unknowns, make([]float64, counts.unknowns), counts.known, counts.parts[c.Key])
			if c.Why == Few && hi-lo < tiny {
				found++
			}
		}
	}
	if found < 40 {
		t.Errorf("%d cells were found exactly; an attack this weak proves nothing", found)
	}
}

// Every whole table that fits what is published is tried, on small ones: linear
// programmes allow halves of firms, an attacker need not.
func TestProtect_WholeNumbers(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	s := Scheme{{2, []int{1, 3}}, {6, []int{1, 3}}}
	least := Rules{Least: 3, Percent: 10}
	checked := 0
	for table := range 60 {
		var members []Member
		for _, region := range []string{"330101", "330102", "330103"} {
			for _, sector := range []string{"C01", "C02", "C03"} {
				for range r.IntN(5) {
					members = append(members, Member{ID: fmt.Sprint(len(members)), Region: region, Sector: sector})
				}
			}
		}
		if len(members) == 0 {
			continue
		}
		cells, err := Protect(members, s, least)
		if err != nil {
			t.Fatal(err)
		}
		view := look(members, cells, func(Member) float64 { return 1 })
		for _, c := range cells {
			if c.Why != Few || len(view.known) == 0 {
				continue
			}
			checked++
			lo, hi := wholes(view, view.parts[c.Key], int64(least.Least))
			if lo > 0 || hi < int64(least.Least) {
				t.Errorf("table %d: %v has %d members and, in whole numbers, must have %d to %d", table, c.Key, c.N, lo, hi)
			}
		}
	}
	t.Logf("%d cells", checked)
	if checked == 0 {
		t.Error("nothing was checked")
	}
}

// wholes enumerates tables in whole numbers; a cell without any published sum
// above it may hold as many as enough.
func wholes(s seen, asked []int, enough int64) (lo, hi int64) {
	x := make([]int64, s.unknowns)
	lo, hi = math.MaxInt64, -1
	var walk func(at int)
	walk = func(at int) {
		if lo == 0 && hi >= enough {
			return
		}
		bound, exact := int64(math.MaxInt64), int64(-1)
		for _, e := range s.known {
			left, last := int64(e.sum), true
			for _, a := range e.of {
				if a < at {
					left -= x[a]
				} else if a > at {
					last = false
				}
			}
			if !slices.Contains(e.of, at) {
				continue
			}
			if left < 0 || last && exact >= 0 && exact != left {
				return
			}
			if last {
				exact = left
			}
			bound = min(bound, left)
		}
		if at == s.unknowns {
			var n int64
			for _, a := range asked {
				n += x[a]
			}
			lo, hi = min(lo, n), max(hi, n)
			return
		}
		if bound == math.MaxInt64 {
			bound = enough // nothing published holds it
		}
		from := int64(0)
		if exact >= 0 {
			if exact > bound {
				return
			}
			from, bound = exact, exact
		}
		for x[at] = from; x[at] <= bound; x[at]++ {
			walk(at + 1)
		}
		x[at] = 0
	}
	walk(0)
	return lo, hi
}

func TestProtect_SameInAnyOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	members := random(r)
	want, err := Protect(members, scheme, rules)
	if err != nil {
		t.Fatal(err)
	}
	r.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
	got, err := Protect(members, scheme, rules)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("another order gives other cells (%v)", err)
	}
}

func TestProtect_Reasons(t *testing.T) {
	var members []Member
	add := func(region, sector string, n int, weight func(i int) int64) {
		for i := range n {
			members = append(members, Member{ID: fmt.Sprint(len(members)), Region: region, Sector: sector, Value: float64(i), Weights: []int64{weight(i)}})
		}
	}
	even := func(int) int64 { return 10 }
	for _, region := range []string{"330101", "330102", "330103"} {
		for _, sector := range []string{"C01", "C02", "C03"} {
			add(region, sector, 20, even)
		}
	}
	add("330101", "C04", 4, even)
	add("330102", "C04", 20, even)
	add("330103", "C04", 20, even)
	add("330102", "C05", 20, func(i int) int64 { // one carries nearly all
		if i == 0 {
			return 1000
		}
		return 1
	})
	add("330103", "C05", 20, even)
	cells, err := Protect(members, scheme, rules)
	if err != nil {
		t.Fatal(err)
	}
	by := map[Key]Cell{}
	for _, c := range cells {
		by[c.Key] = c
	}
	f := func(region, sector string, want Why) {
		t.Helper()
		if got := by[Key{region, sector}].Why; got != want {
			t.Errorf("%s %s is suppressed as %q; want %q", region, sector, got, want)
		}
	}
	f("330101", "C04", Few)
	f("330102", "C05", Dominated)
	f("33", "", "")
	f("33", "C04", "")
	f("330103", "", "")
	hidden := 0
	for _, c := range cells {
		if c.Why == Complementary {
			hidden++
		}
		if c.Why != "" && c.Quantiles != nil {
			t.Errorf("%v is suppressed and has quantiles", c.Key)
		}
	}
	if hidden < 3 || hidden > 12 {
		t.Errorf("%d cells are suppressed beside; three at least close a pattern, and few are needed", hidden)
	}
}

func TestProtect_Quantiles(t *testing.T) {
	var members []Member
	for i := range 20 {
		members = append(members, Member{ID: fmt.Sprint(i), Region: "330101", Sector: "C01", Value: float64(i)})
	}
	cells, err := Protect(members, scheme, rules)
	if err != nil || len(cells) != 9 {
		t.Fatal(cells, err)
	}
	for _, c := range cells {
		if want := []Quantile{{0.1, 1.9}, {0.25, 4.75}, {0.5, 9.5}, {0.75, 14.3}, {0.9, 17.1}}; !reflect.DeepEqual(c.Quantiles, want) {
			t.Errorf("quantiles of 0 to 19 in %v = %v; want %v", c.Key, c.Quantiles, want)
		}
	}
}

// What a published cell leaves after its published parts is a group as well.
func TestProtect_RestsAreGroups(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	rests := 0
	for table := range 200 {
		members := random(r)
		cells, err := Protect(members, scheme, rules)
		if err != nil {
			t.Fatal(err)
		}
		for _, whole := range cells {
			if whole.Why != "" {
				continue
			}
			left := map[[2]int]int64{}
			for _, c := range cells {
				if (c.Region == whole.Region) != (c.Sector == whole.Sector) && strings.HasPrefix(c.Region, whole.Region) && strings.HasPrefix(c.Sector, whole.Sector) && c.Why != "" {
					left[[2]int{len(c.Region), len(c.Sector)}] += c.N
				}
			}
			for by, n := range left {
				rests++
				if n < int64(rules.Least) {
					t.Errorf("table %d: %v less its published parts of lengths %v leaves %d members", table, whole.Key, by, n)
				}
			}
		}
	}
	t.Logf("%d rests", rests)
	if rests == 0 {
		t.Error("no rest was looked at")
	}
}

func TestProtect_Refuses(t *testing.T) {
	f := func(m []Member, s Scheme, r Rules) {
		t.Helper()
		if _, err := Protect(m, s, r); !errors.Is(err, ErrInvalid) {
			t.Errorf("Protect(%v, %v, %v): %v; want ErrInvalid", m, s, r, err)
		}
	}
	f(nil, scheme, Rules{Least: 1, Percent: 10})
	f(nil, scheme, Rules{Least: 5})
	f(nil, nil, rules)
	f([]Member{{ID: "a"}, {ID: "a"}}, scheme, rules)
	f([]Member{{ID: "a", Value: math.NaN()}}, scheme, rules)
	f([]Member{{ID: "a", Weights: []int64{-1}}}, scheme, rules)
	f([]Member{{ID: "a", Weights: []int64{1}}, {ID: "b"}}, scheme, rules)
	if cells, err := Protect(nil, scheme, rules); err != nil || len(cells) != 0 {
		t.Errorf("nobody: %v, %v", cells, err)
	}
}

func TestOfSorted(t *testing.T) {
	f := func(values []float64, p, want float64) {
		t.Helper()
		if got, ok := OfSorted(values, p); !ok || math.Abs(got-want) > 1e-12 {
			t.Errorf("OfSorted(%v, %v) = %v, %v; want %v", values, p, got, ok, want)
		}
	}
	// quantile(c(1,2,3,4,10), p, type=7) of R.
	f([]float64{1, 2, 3, 4, 10}, 0.1, 1.4)
	f([]float64{1, 2, 3, 4, 10}, 0.25, 2)
	f([]float64{1, 2, 3, 4, 10}, 0.9, 7.6)
	f([]float64{7}, 0.5, 7)
	f([]float64{7, 7}, 0.3, 7)
	f([]float64{1, 2}, 1, 2)
	if _, ok := OfSorted(nil, 0.5); ok {
		t.Error("no values have a quantile")
	}
}

func TestRound(t *testing.T) {
	f := func(v, want float64) {
		t.Helper()
		if got := Round(v); got != want {
			t.Errorf("Round(%v) = %v; want %v", v, got, want)
		}
	}
	f(0, 0)
	f(1234567, 1230000)
	f(-0.0012349, -0.00123)
	f(9.995, 9.99) // 9.995 lies below its decimal writing
	f(14.25, 14.3)
	f(100, 100)
}
