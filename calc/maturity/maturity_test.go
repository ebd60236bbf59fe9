package maturity

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
)

var points = Points{Part: 0.5, Most: 0.8, Full: 1}

// small is a model of two elements and three levels, small enough to score by hand.
func small() Model {
	return Model{Levels: 3, Points: points, Reach: 0.8, Elements: []Node{
		{ID: "people", Weight: 0.25, Requirements: []Requirement{{"p1", 1}, {"p2", 2}, {"p3", 3}}},
		{ID: "making", Weight: 0.75, Parts: []Node{
			{ID: "design", Weight: 0.4, Requirements: []Requirement{{"d1", 1}, {"d2a", 2}, {"d2b", 2}}},
			{ID: "work", Weight: 0.6, Requirements: []Requirement{{"w1", 1}, {"w2", 2}, {"w3", 3}}},
		}},
	}}
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-9 {
		t.Errorf("%s = %v; want %v", what, got, want)
	}
}

// TestScore_ByHand: every number was calculated on paper from the doc of Score.
func TestScore_ByHand(t *testing.T) {
	f := func(name string, a Answers, cut []string, total, highest float64, reached, grade int) {
		t.Helper()
		r, err := Score(small(), a, cut)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		near(t, name+": total", r.Total, total)
		near(t, name+": highest", r.Highest, highest)
		if r.Reached != reached || r.Grade != grade {
			t.Errorf("%s: reached %d, grade %d; want %d, %d", name, r.Reached, r.Grade, reached, grade)
		}
	}
	f("nothing answered", nil, nil, 0, 3, 0, 0)
	f("all full", full(small()), nil, 3, 3, 3, 3)
	f("all none", with(full(small()), None, "p1", "p2", "p3", "d1", "d2a", "d2b", "w1", "w2", "w3"), nil, 0, 0, 0, 0)
	// Level 1: 0.25×1 + 0.75×(0.4×1 + 0.6×0.5) = 0.775, not above 0.8.
	f("a level just missed", with(full(small()), Part, "w1"), nil, 0.775, 0.775, 0, 0)
	// Level 1 whole; level 2: 0.25×1 + 0.75×(0.4×(1+0.5)/2 + 0.6×0.8) = 0.835.
	f("the second reached", with(with(full(small()), Part, "d2b"), Most, "w2"), nil, 3, 3, 3, 3)
	// Level 2: 0.25×0.5 + 0.75×1 = 0.875; level 3 without design: people 0.25, work 0.75: 0.25×0 + 0.75×1.
	f("a part that asks nothing at a level", with(with(full(small()), Part, "p2"), None, "p3"), nil, 2.75, 2.75, 2, 2)
	// Exactly 0.8 everywhere at level 1: not above 0.8, but in the band of grade 1.
	f("exactly on the line", Answers{"p1": Most, "d1": Most, "w1": Most}, nil, 0.8, 0.8, 0, 1)
	// Without work: people 0.25, making 0.75 of design alone; level 3 is people alone.
	f("one cut", Answers{"p1": Full, "d1": Full, "p2": Full, "d2a": Full, "d2b": Full, "p3": Part}, []string{"work"}, 2.5, 2.5, 2, 2)
	f("an element cut", Answers{"p1": Full, "p2": Full, "p3": Most}, []string{"design", "work"}, 2.8, 2.8, 2, 3)
	// Level 1 at 0.25×1 + 0.75×0.4 = 0.55, the rest unknown.
	f("some missing", Answers{"p1": Full, "d1": Full}, nil, 0.55, 3, 0, 0)
	f("answers to what is not asked", Answers{"x": Full}, nil, 0, 3, 0, 0)
}

func full(m Model) Answers {
	a := Answers{}
	for _, r := range Requirements(m.Elements) {
		a[r.ID] = Full
	}
	return a
}

func with(a Answers, g Grade, ids ...string) Answers {
	out := Answers{}
	maps.Copy(out, a)
	for _, id := range ids {
		out[id] = g
	}
	return out
}

func TestScore_MissingIsNamed(t *testing.T) {
	r, err := Score(small(), Answers{"p1": Full, "d2a": "perhaps"}, []string{"work"})
	if want := []string{"p2", "p3", "d1", "d2a", "d2b"}; err != nil || !slices.Equal(r.Missing, want) {
		t.Errorf("missing %v, %v; want %v", r.Missing, err, want)
	}
	if l := r.Levels[0]; l.Requirements != 2 || l.Answered != 1 || len(l.Parts) != 3 || l.Parts[0].Share != 0.25 || l.Parts[1].ID != "making" || l.Parts[2].Share != 0.75 {
		t.Errorf("level 1: %+v", l)
	}
}

func TestScore_Refuses(t *testing.T) {
	f := func(want error, cut []string, change func(*Model)) {
		t.Helper()
		m := small()
		change(&m)
		if _, err := Score(m, nil, cut); !errors.Is(err, want) {
			t.Errorf("cut %v: %v; want %v", cut, err, want)
		}
	}
	same := func(*Model) {}
	f(ErrCut, []string{"sales"}, same)
	f(ErrCut, []string{"people", "making"}, same)
	f(ErrModel, nil, func(m *Model) { m.Levels = 0 })
	f(ErrModel, nil, func(m *Model) { m.Levels = 4 })
	f(ErrModel, nil, func(m *Model) { m.Reach = 1 })
	f(ErrModel, nil, func(m *Model) { m.Points.Most = 0.5 })
	f(ErrModel, nil, func(m *Model) { m.Elements[0].Weight = 0.3 })
	f(ErrModel, nil, func(m *Model) { m.Elements[0].Weight = math.NaN() })
	f(ErrModel, nil, func(m *Model) { m.Elements[0].ID = "making" })
	f(ErrModel, nil, func(m *Model) { m.Elements[0].Requirements[0].ID = "w1" })
	f(ErrModel, nil, func(m *Model) { m.Elements[0].Requirements[0].Level = 4 })
	f(ErrModel, nil, func(m *Model) { m.Elements[0].Requirements = nil })
}

func TestGaps_LowestLevelAndLargestGainFirst(t *testing.T) {
	a := with(with(full(small()), None, "p1", "w1", "d2a", "w3"), Most, "d1")
	delete(a, "p2")
	got, err := Gaps(small(), a, nil, 2)
	want := []Gap{{"w1", 1, None, 0.45}, {"p1", 1, None, 0.25}, {"d1", 1, Most, 0.06}, {"p2", 2, Unanswered, 0.25}, {"d2a", 2, None, 0.15}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("gaps %v, %v; want %v", got, err, want)
	}
}

func TestRadar_EachSubdomainAlone(t *testing.T) {
	a := with(with(full(small()), Part, "p2", "d2b"), None, "w1")
	delete(a, "w3")
	got, err := Radar(small(), a, nil)
	want := []Point{{"people", 1.5, 1.5, 3}, {"design", 1.75, 1.75, 2}, {"work", 0, 0, 3}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("radar %v, %v; want %v", got, err, want)
	}
	if got, err := Radar(small(), full(small()), []string{"work"}); err != nil || len(got) != 2 || got[1].Value != 2 {
		t.Errorf("radar without work: %v, %v", got, err)
	}
}

func TestCompare(t *testing.T) {
	// Quantiles of 1..5 by definition 7 are the values themselves.
	if p, ok := Compare(3, []float64{5, 1, 4, 2, 3}, 5); !ok || p != (Peers{5, 2, 3, 4, 2, 3}) {
		t.Errorf("among five: %+v, %v", p, ok)
	}
	if p, ok := Compare(1, []float64{1, 2}, 1); !ok || p.Q25 != 1.25 || p.Q50 != 1.5 || p.Q75 != 1.75 {
		t.Errorf("among two: %+v, %v", p, ok)
	}
	for _, others := range [][]float64{nil, {1, 2, 3, 4}} {
		if p, ok := Compare(3, others, 5); ok || p != (Peers{Count: len(others)}) {
			t.Errorf("among %d: %+v, %v; want nothing told", len(others), p, ok)
		}
	}
}

// random is a model of up to three storeys with something asked at every level.
func random(r *rand.Rand) Model {
	m := Model{Levels: 1 + r.IntN(5), Points: points, Reach: 0.8}
	n := 0
	var nodes func(depth int) []Node
	nodes = func(depth int) []Node {
		out := make([]Node, 1+r.IntN(4))
		left := 1.0
		for i := range out {
			n++
			out[i] = Node{ID: fmt.Sprint("n", n), Weight: left}
			if i < len(out)-1 {
				out[i].Weight = left * (0.1 + 0.8*r.Float64())
			}
			left -= out[i].Weight
			if depth > 0 && r.IntN(2) == 0 {
				out[i].Parts = nodes(depth - 1)
				continue
			}
			for range 1 + r.IntN(6) {
				n++
				out[i].Requirements = append(out[i].Requirements, Requirement{fmt.Sprint("r", n), 1 + r.IntN(m.Levels)})
			}
		}
		return out
	}
	m.Elements = nodes(2)
	for at := &m.Elements[0]; ; at = &at.Parts[0] {
		if len(at.Parts) > 0 {
			continue
		}
		for level := 1; level <= m.Levels; level++ {
			n++
			at.Requirements = append(at.Requirements, Requirement{fmt.Sprint("r", n), level})
		}
		return m
	}
}

// TestScore_Properties: over random models, a better answer never lowers any
// score; what is missing lies between none and full; shares of a level add up to
// 1, whatever is cut; the sum of the gains is what a level lacks.
func TestScore_Properties(t *testing.T) {
	grades := []Grade{None, Part, Most, Full}
	r := rand.New(rand.NewPCG(39116, 2020))
	improved, cuts := 0, 0
	for range 2000 {
		m := random(r)
		all := Requirements(m.Elements)
		a := Answers{}
		for _, q := range all {
			if g := r.IntN(5); g > 0 {
				a[q.ID] = grades[g-1]
			}
		}
		var cut []string
		if one := m.Elements[len(m.Elements)-1]; r.IntN(2) == 0 && len(m.Elements) > 1 {
			cut = []string{one.ID}
			cuts++
		}
		before := scored(t, m, a, cut)
		one := all[r.IntN(len(all))].ID
		at := slices.Index(grades, a[one])
		if at == len(grades)-1 {
			continue
		}
		improved++
		after := scored(t, m, with(a, grades[at+1], one), cut)
		if after.Total < before.Total || after.Grade < before.Grade || after.Reached < before.Reached {
			t.Fatalf("%s from %q to %q: %v (grade %d) became %v (grade %d)", one, a[one], grades[at+1], before.Total, before.Grade, after.Total, after.Grade)
		}
		if at >= 0 && after.Highest < before.Highest {
			t.Fatalf("%s: the highest fell from %v to %v", one, before.Highest, after.Highest)
		}
		for i := range after.Levels {
			if after.Levels[i].Score < before.Levels[i].Score {
				t.Fatalf("level %d fell from %v to %v", i+1, before.Levels[i].Score, after.Levels[i].Score)
			}
		}
	}
	t.Logf("%d answers improved, %d models with something cut", improved, cuts)
	if improved < 1000 || cuts < 500 {
		t.Errorf("%d improved and %d cut: the test shows little", improved, cuts)
	}
}

func scored(t *testing.T, m Model, a Answers, cut []string) Result {
	t.Helper()
	r, err := Score(m, a, cut)
	if err != nil {
		t.Fatal(err)
	}
	if r.Total < 0 || r.Total > r.Highest || r.Highest > float64(m.Levels) || r.Reached > r.Grade || r.Grade > m.Levels {
		t.Fatalf("total %v, highest %v, reached %d, grade %d of %d", r.Total, r.Highest, r.Reached, r.Grade, m.Levels)
	}
	gaps, err := Gaps(m, a, cut, m.Levels)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range r.Levels {
		shares, gain, top := 0.0, 0.0, map[string]bool{}
		for _, n := range m.Elements {
			top[n.ID] = true
		}
		for _, p := range l.Parts {
			if top[p.ID] {
				shares += p.Share
			}
			if slices.Contains(cut, p.ID) {
				t.Fatalf("%s is cut and counts %v", p.ID, p.Share)
			}
		}
		for _, g := range gaps {
			if g.Level == l.Level {
				gain += g.Gain
			}
		}
		if math.Abs(shares-1) > 1e-6 || math.Abs(l.Score+gain-1) > 1e-6 {
			t.Fatalf("level %d: shares add up to %v, score %v and gains %v to %v", l.Level, shares, l.Score, gain, l.Score+gain)
		}
	}
	return r
}
