package maturity

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// Result is a firm held against a model.
type Result struct {
	// Total is the number of levels reached plus the score of the next one,
	// 0..Levels, what is not answered counting as not met.
	Total float64
	// Highest is Total if everything that is not answered were fully met.
	Highest float64
	// Reached is the highest level that is reached together with all below it.
	Reached int
	// Grade is the band that Total lies in: level g from g-1+Reach on. It differs
	// from Reached where a level's score is exactly Reach, which both sentences of
	// the standard, as they are known to us, judge differently.
	Grade   int
	Levels  []LevelScore
	Missing []string // requirements without an answer, in the order of the model
}

// LevelScore is one level.
type LevelScore struct {
	Level        int
	Score        float64 // 0..1
	Highest      float64 // if what is not answered were fully met
	Reached      bool    // and all below it
	Requirements int
	Answered     int
	Parts        []PartScore // every node of which the level asks something, as in the model
}

// PartScore is a node at a level.
type PartScore struct {
	ID           string
	Share        float64 // of the level's score, after what is not asked was left out, 0..1
	Score        float64
	Highest      float64
	Requirements int
	Answered     int
}

// Score holds answers against the model without the parts that are cut: the
// weights of what is left keep their proportions and add up to 1 again. So do
// they at a level where a part asks nothing.
//
// Per level, a subdomain is the mean of its requirements, everything above the
// weighted sum of what is below; a level is reached when its score is above Reach
// and all lower ones are reached (GB/T 39117-2020; from secondary sources,
// unverified). Answers to requirements that are not in the model do not count.
func Score(m Model, answers Answers, cut []string) (Result, error) {
	if err := m.Check(); err != nil {
		return Result{}, err
	}
	m, err := m.without(cut)
	if err != nil {
		return Result{}, err
	}
	var out Result
	for _, r := range Requirements(m.Elements) {
		if _, ok := m.Points.of(answers[r.ID]); !ok {
			out.Missing = append(out.Missing, r.ID)
		}
	}
	low, high := true, true
	for level := 1; level <= m.Levels; level++ {
		one := LevelScore{Level: level}
		s, _ := m.level(level, answers, &one.Parts)
		one.Score, one.Highest, one.Requirements, one.Answered = s.score, s.highest, s.asked, s.answered
		if low {
			low = one.Score > m.Reach
			one.Reached = low
			out.Total += counted(one.Score, low)
			if low {
				out.Reached = level
			}
		}
		if high {
			high = one.Highest > m.Reach
			out.Highest += counted(one.Highest, high)
		}
		out.Levels = append(out.Levels, one)
	}
	out.Total, out.Highest = steady(out.Total), steady(out.Highest)
	out.Grade = min(m.Levels, int(math.Floor(steady(out.Total-m.Reach)+1)))
	out.Grade = max(out.Grade, out.Reached)
	return out, nil
}

// counted is what a level adds to the total.
func counted(score float64, reached bool) float64 {
	if reached {
		return 1
	}
	return score
}

// steady takes the noise of binary fractions away, so that a score of exactly
// 0.8 compares as such.
func steady(v float64) float64 { return math.Round(v*1e9) / 1e9 }

type sum struct {
	score, highest  float64
	asked, answered int
}

// level scores one level; false when it asks nothing. parts gets every node.
func (m Model) level(level int, answers Answers, parts *[]PartScore) (sum, bool) {
	return m.weigh(m.Elements, level, 1, answers, parts)
}

// weigh scores nodes that together make the share of the level.
func (m Model) weigh(nodes []Node, level int, share float64, answers Answers, parts *[]PartScore) (sum, bool) {
	total := 0.0
	for _, n := range nodes {
		if asks(n, level) {
			total += n.Weight
		}
	}
	var out sum
	for _, n := range nodes {
		if !asks(n, level) {
			continue
		}
		own, at := share*n.Weight/total, -1
		if parts != nil {
			at = len(*parts)
			*parts = append(*parts, PartScore{ID: n.ID})
		}
		s := m.leaf(n, level, answers)
		if len(n.Parts) > 0 {
			s, _ = m.weigh(n.Parts, level, own, answers, parts)
		}
		if at >= 0 {
			(*parts)[at] = PartScore{n.ID, steady(own), s.score, s.highest, s.asked, s.answered}
		}
		out.score += s.score * n.Weight / total
		out.highest += s.highest * n.Weight / total
		out.asked, out.answered = out.asked+s.asked, out.answered+s.answered
	}
	out.score, out.highest = steady(out.score), steady(out.highest)
	return out, out.asked > 0 || total > 0
}

func asks(n Node, level int) bool {
	return slices.ContainsFunc(n.Requirements, func(r Requirement) bool { return r.Level == level }) ||
		slices.ContainsFunc(n.Parts, func(p Node) bool { return asks(p, level) })
}

// leaf is the mean of a subdomain's requirements at the level.
func (m Model) leaf(n Node, level int, answers Answers) sum {
	var out sum
	for _, r := range n.Requirements {
		if r.Level != level {
			continue
		}
		out.asked++
		if p, ok := m.Points.of(answers[r.ID]); ok {
			out.answered++
			out.score += p
			out.highest += p
		} else {
			out.highest++
		}
	}
	if out.asked > 0 {
		out.score, out.highest = out.score/float64(out.asked), out.highest/float64(out.asked)
	}
	return out
}

// Gap is a requirement that is not fully met.
type Gap struct {
	Requirement string
	Level       int
	Grade       Grade
	// Gain is by how much the level's score rises when it is fully met, 0..1.
	Gain float64
}

// Gaps are the requirements up to a level that are not fully met, the lowest
// level first and in it those whose meeting raises the score most.
func Gaps(m Model, answers Answers, cut []string, target int) ([]Gap, error) {
	if err := m.Check(); err != nil {
		return nil, err
	}
	m, err := m.without(cut)
	if err != nil {
		return nil, err
	}
	var out []Gap
	for level := 1; level <= min(target, m.Levels); level++ {
		var parts []PartScore
		m.level(level, answers, &parts)
		shares := map[string]PartScore{}
		for _, p := range parts {
			shares[p.ID] = p
		}
		walk(m.Elements, func(n Node) {
			for _, r := range n.Requirements {
				points, _ := m.Points.of(answers[r.ID])
				if p := shares[n.ID]; r.Level == level && points < 1 {
					out = append(out, Gap{r.ID, level, answers[r.ID], steady(p.Share / float64(p.Requirements) * (1 - points))})
				}
			}
		})
	}
	slices.SortStableFunc(out, func(a, b Gap) int {
		return cmp.Or(cmp.Compare(a.Level, b.Level), cmp.Compare(b.Gain, a.Gain), strings.Compare(a.Requirement, b.Requirement))
	})
	return out, nil
}

func walk(nodes []Node, f func(Node)) {
	for _, n := range nodes {
		f(n)
		walk(n.Parts, f)
	}
}

// Point is a subdomain on a radar chart.
type Point struct {
	ID      string
	Value   float64 // as Result.Total, of the subdomain alone, 0..Most
	Highest float64
	Most    int // the highest level of which it asks something
}

// Radar gives every subdomain that is not cut as if it were the whole: the levels
// reached in it plus the score of the next. A level at which it asks nothing is
// reached when those below are.
func Radar(m Model, answers Answers, cut []string) ([]Point, error) {
	if err := m.Check(); err != nil {
		return nil, err
	}
	m, err := m.without(cut)
	if err != nil {
		return nil, err
	}
	var out []Point
	walk(m.Elements, func(n Node) {
		if len(n.Requirements) == 0 {
			return
		}
		p := Point{ID: n.ID}
		for _, r := range n.Requirements {
			p.Most = max(p.Most, r.Level)
		}
		low, high := true, true
		for level := 1; level <= p.Most; level++ {
			s := m.leaf(n, level, answers)
			if s.asked == 0 {
				s.score, s.highest = 1, 1
			}
			if low {
				low = steady(s.score) > m.Reach
				p.Value += counted(s.score, low)
			}
			if high {
				high = steady(s.highest) > m.Reach
				p.Highest += counted(s.highest, high)
			}
		}
		p.Value, p.Highest = steady(p.Value), steady(p.Highest)
		out = append(out, p)
	})
	return out, nil
}
