package evaluation

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Value is one number of a firm's year with how well it is founded.
type Value struct {
	N     int64  `json:"n"`
	Basis string `json:"basis" enum:"machine,audited,declared,objection"`
}

// Input is what a round keeps of a firm: all that its score is made of.
type Input struct {
	Firm       string           `json:"firm"`
	Name       string           `json:"name"`
	Region     string           `json:"region"`
	Sector     string           `json:"sector"`
	Size       string           `json:"size,omitempty"`
	AboveScale bool             `json:"above_scale,omitempty"`
	Values     map[string]Value `json:"values"`
}

// Term is what one item gives a firm.
type Term struct {
	Measure   string   `json:"measure"`
	Version   int      `json:"version" doc:"Of the measure"`
	Value     *float64 `json:"value,omitempty"`
	Reason    string   `json:"reason,omitempty" doc:"Why there is no value"`
	Benchmark *float64 `json:"benchmark,omitempty"`
	Raw       *float64 `json:"raw,omitempty" doc:"Points before floor and cap"`
	Points    *float64 `json:"points,omitempty"`
	Bound     string   `json:"bound,omitempty" enum:"floor,cap" doc:"Which bound made the points"`
	By        Missing  `json:"by,omitempty" enum:"peers,zero,unscored" doc:"How the standard treats the missing value"`
}

// Scored is a firm's result.
type Scored struct {
	Input
	Terms []Term   `json:"terms" nullable:"false"`
	Score *float64 `json:"score,omitempty" doc:"Left out: the standard gives none"`
	Rank  int      `json:"rank,omitempty" doc:"Among the firms that are classed together; equal scores share one"`
	Of    int      `json:"of,omitempty" doc:"How many are classed together"`
	Class string   `json:"class,omitempty"`
	Why   string   `json:"why,omitempty" doc:"Why there is no score"`
}

// Outcome is what a standard makes of firms.
type Outcome struct {
	Firms      []Scored       `json:"-"`
	Benchmarks []*float64     `json:"benchmarks" nullable:"false" doc:"By item; null: no firm has the value"`
	Classes    map[string]int `json:"classes"`
	Scored     int            `json:"scored"`
	Unscored   int            `json:"unscored"`
	Inputs     string         `json:"inputs" doc:"SHA-256 of the inputs: who has the same has the same list"`
	Root       string         `json:"root" doc:"SHA-256 of the result"`
}

// Score applies the standard. The order of the inputs is of no importance; firms
// come back in order of id. A firm outside the population is an error of the
// caller.
func (s *Standard) Score(inputs []Input) (Outcome, error) {
	inputs = slices.Clone(inputs)
	slices.SortFunc(inputs, func(a, b Input) int { return strings.Compare(a.Firm, b.Firm) })
	out := Outcome{Firms: make([]Scored, len(inputs)), Benchmarks: make([]*float64, len(s.Items)), Classes: map[string]int{}}
	for i, in := range inputs {
		out.Firms[i] = Scored{Input: in, Terms: make([]Term, len(s.Items))}
	}
	for i := range s.Items {
		if err := s.item(i, &out); err != nil {
			return Outcome{}, err
		}
	}
	for i := range out.Firms {
		s.total(&out.Firms[i])
	}
	s.classify(out.Firms)
	for _, f := range out.Firms {
		if f.Score == nil {
			out.Unscored++
			continue
		}
		out.Scored++
		out.Classes[f.Class]++
	}
	return out, out.digest(inputs)
}

// item gives every firm its points of one item.
func (s *Standard) item(i int, out *Outcome) error {
	it, m := s.Items[i], s.measures[i]
	benchmark := it.Benchmark
	total := map[string]int64{}
	for f := range out.Firms {
		term := &out.Firms[f].Terms[i]
		term.Measure, term.Version = m.ID, m.Version
		value, reason, err := ValueOf(m, out.Firms[f].Values)
		if err != nil {
			return fmt.Errorf("firm %s: %s: %w", out.Firms[f].Firm, m.ID, err)
		}
		term.Value, term.Reason = value, reason
		if value != nil {
			for _, t := range m.Terms {
				total[t] += out.Firms[f].Values[t].N
			}
		}
	}
	if it.Against != "" {
		all, err := m.Calculate(total)
		if err != nil {
			return fmt.Errorf("%s of all firms: %w", m.ID, err)
		}
		if benchmark = all.Value; benchmark != nil && !(*benchmark > 0) {
			benchmark = nil
		}
	}
	out.Benchmarks[i] = benchmark
	sum, n := 0.0, 0
	for f := range out.Firms {
		term := &out.Firms[f].Terms[i]
		term.Benchmark = benchmark
		if it.points(term, m.Better == "low"); term.Points != nil {
			sum, n = sum+*term.Points, n+1
		}
	}
	for f := range out.Firms {
		term := &out.Firms[f].Terms[i]
		if term.Points != nil {
			continue
		}
		term.By = it.Missing
		switch {
		case it.Missing == Zero:
			term.Points = new(float64)
		case it.Missing == Peers && n > 0:
			mean := sum / float64(n)
			term.Points = &mean
		}
	}
	return nil
}

// ValueOf is a firm's value of a measure; without one, reason says why: the
// name of a value that is not known, or of the rule that leaves it undefined.
func ValueOf(m *Measure, values map[string]Value) (v *float64, reason string, err error) {
	terms := make(map[string]int64, len(m.Terms))
	for _, t := range m.Terms {
		one, ok := values[t]
		if !ok {
			return nil, "unknown:" + t, nil
		}
		terms[t] = one.N
	}
	f, err := m.Calculate(terms)
	if err != nil {
		return nil, "", err
	}
	return f.Value, f.Reason, nil
}

func (it Item) points(t *Term, less bool) {
	if t.Value == nil || t.Benchmark == nil {
		if t.Reason == "" {
			t.Reason = "no_benchmark"
		}
		return
	}
	over, under := *t.Value, *t.Benchmark
	if less {
		over, under = under, over
	}
	if under == 0 {
		t.Reason = "divides_by_nought"
		return
	}
	raw := over / under * it.Weight
	points := raw
	switch {
	case it.Floor != nil && raw < *it.Floor:
		points, t.Bound = *it.Floor, "floor"
	case it.Cap != nil && raw > *it.Cap:
		points, t.Bound = *it.Cap, "cap"
	}
	t.Raw, t.Points = &raw, &points
}

// total adds the points up and writes them with the standard's decimals, half
// away from zero.
func (s *Standard) total(f *Scored) {
	sum := 0.0
	for _, t := range f.Terms {
		if t.Points == nil {
			f.Why = t.Measure + ":" + t.Reason
			return
		}
		sum += *t.Points
	}
	unit := math.Pow10(s.Digits)
	score := math.Round(sum*unit) / unit
	f.Score = &score
}

// classify ranks the scored firms, together or within each division.
func (s *Standard) classify(firms []Scored) {
	groups := map[string][]int{}
	for i, f := range firms {
		if f.Score == nil {
			continue
		}
		key := ""
		if s.Classes.Within == "division" {
			key = f.Sector[:min(3, len(f.Sector))]
		}
		groups[key] = append(groups[key], i)
	}
	for _, group := range groups {
		slices.SortFunc(group, func(a, b int) int {
			return cmp.Or(cmp.Compare(*firms[b].Score, *firms[a].Score), strings.Compare(firms[a].Firm, firms[b].Firm))
		})
		for at, i := range group {
			f := &firms[i]
			f.Rank, f.Of = at+1, len(group)
			if at > 0 && *firms[group[at-1]].Score == *f.Score {
				f.Rank = firms[group[at-1]].Rank
			}
			f.Class = s.Classes.of(*f.Score, f.Rank, f.Of)
		}
	}
}

// of is the class of a score at a rank, 1 the best. A share of firms is counted
// down to whole firms; those with one score have one rank and so one class.
func (c Classes) of(score float64, rank, of int) string {
	share := 0.0
	for _, s := range c.Steps {
		switch {
		case s.Share != nil:
			share += *s.Share
			if float64(rank) <= math.Floor(share*float64(of)+1e-9) {
				return s.Class
			}
		case s.Score != nil:
			if score >= *s.Score {
				return s.Class
			}
		default:
			return s.Class
		}
	}
	return ""
}

func (o *Outcome) digest(inputs []Input) error {
	sum := func(v any) (string, error) {
		raw, err := json.Marshal(v) // keys of maps are in order
		if err != nil {
			return "", fmt.Errorf("evaluation: digest: %w", err)
		}
		of := sha256.Sum256(raw)
		return hex.EncodeToString(of[:]), nil
	}
	var err error
	if o.Inputs, err = sum(inputs); err != nil {
		return err
	}
	o.Root, err = sum(o.Firms)
	return err
}
