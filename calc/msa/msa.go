// Package msa judges measuring: how much of what varies is the gauge and the people
// who use it (repeatability and reproducibility, by analysis of variance and by
// averages and ranges), whether a gauge is off (bias, linearity), and whether people
// judge alike (agreement of attributes). Formulas after AIAG, Measurement Systems
// Analysis, 4th edition, and GB/T 40681.
//
// It knows no gauge, no store and no clock. Start with [Anova].
package msa

import (
	"errors"
	"fmt"
	"math"
)

// ErrInvalid is a study of which nothing can be said; the text says what to do.
var ErrInvalid = errors.New("msa: not possible")

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))
}

// Study is values by part, operator and trial: each operator measures each part the
// same number of times.
type Study struct {
	Parts, Operators []string
	Values           [][][]float64 // by part, by operator
	Trials           int
}

// Reading is one value of a study, in the unit of the characteristic.
type Reading struct {
	Part, Operator string
	Value          float64
}

// Of puts readings in order and refuses what is missing, saying which part and
// operator it belongs to.
func Of(all []Reading) (*Study, error) {
	s := &Study{}
	part, operator := map[string]int{}, map[string]int{}
	for i, r := range all {
		if math.IsNaN(r.Value) || math.IsInf(r.Value, 0) {
			return nil, invalid("value %d, part %s by %s, is %v; leave it out or mend it", i+1, r.Part, r.Operator, r.Value)
		}
		if _, ok := part[r.Part]; !ok {
			part[r.Part] = len(s.Parts)
			s.Parts = append(s.Parts, r.Part)
		}
		if _, ok := operator[r.Operator]; !ok {
			operator[r.Operator] = len(s.Operators)
			s.Operators = append(s.Operators, r.Operator)
		}
	}
	if len(s.Parts) < 2 || len(s.Operators) < 2 {
		return nil, invalid("%d parts and %d operators; a study has two of each at least, usually ten and three", len(s.Parts), len(s.Operators))
	}
	s.Values = make([][][]float64, len(s.Parts))
	for i := range s.Values {
		s.Values[i] = make([][]float64, len(s.Operators))
	}
	for _, r := range all {
		i, k := part[r.Part], operator[r.Operator]
		s.Values[i][k] = append(s.Values[i][k], r.Value)
	}
	s.Trials = len(s.Values[0][0])
	for i, row := range s.Values {
		for k, cell := range row {
			if len(cell) != s.Trials {
				return nil, invalid("part %s was measured %d times by %s, part %s %d times by %s; each operator measures each part as often", s.Parts[i], len(cell), s.Operators[k], s.Parts[0], s.Trials, s.Operators[0])
			}
		}
	}
	if s.Trials < 2 {
		return nil, invalid("each part was measured once by each operator; two trials at least show how far one repeats")
	}
	return s, nil
}

// Component is a part of what varies.
type Component struct {
	Variance float64 // in the square of the unit
	SD       float64
	Study    float64 // study variation: so many standard deviations as was asked for
	// Shares of the total: of its variance, and of its study variation. None when
	// nothing varies.
	Contribution, OfStudy *float64
	// OfTolerance is the study variation divided by the tolerance; nil without one.
	OfTolerance *float64
}

// Result is what a study found.
type Result struct {
	Repeatability   Component // equipment variation, EV
	Reproducibility Component // operators and their interaction with parts
	Operator        Component // appraiser variation, AV
	Interaction     Component
	Gauge           Component // repeatability and reproducibility, GRR
	Part            Component // part variation, PV
	Total           Component // TV
	// NDC is how many categories of parts the gauge tells apart, 1.41 PV/GRR; nil when
	// the gauge does not vary. It is rounded down where it is shown.
	NDC *float64
	// Table is the analysis of variance; nil by ranges.
	Table *Table
	// Ranges is what the method of ranges found; nil by analysis of variance.
	Ranges *Ranges
}

// Usual study variation, standard deviations (AIAG, 4th edition; earlier ones 5.15).
const usualStudy = 6

// distinct is √2, as printed.
const distinct = 1.41

// fill makes components of variances. Tolerance is the width of the specification,
// 0 for none.
func (r *Result) fill(repeat, operator, interaction, part, study, tolerance float64) {
	total := repeat + operator + interaction + part
	all := math.Sqrt(total)
	make := func(variance float64) Component {
		c := Component{Variance: variance, SD: math.Sqrt(variance)}
		c.Study = study * c.SD
		if total > 0 {
			share, of := variance/total, c.SD/all
			c.Contribution, c.OfStudy = &share, &of
		}
		if tolerance > 0 {
			of := c.Study / tolerance
			c.OfTolerance = &of
		}
		return c
	}
	r.Repeatability, r.Operator, r.Interaction = make(repeat), make(operator), make(interaction)
	r.Reproducibility, r.Gauge = make(operator+interaction), make(repeat+operator+interaction)
	r.Part, r.Total = make(part), make(total)
	if r.Gauge.SD > 0 {
		n := distinct * r.Part.SD / r.Gauge.SD
		r.NDC = &n
	}
}

// Verdict is what AIAG says of a share of the study variation or of the tolerance:
// at most 10 % is accepted, above 30 % is not, in between it depends.
type Verdict string

// Verdicts.
const (
	Accepted Verdict = "accepted"
	Marginal Verdict = "marginal"
	Rejected Verdict = "rejected"
)

// Judge a share.
func Judge(share float64) Verdict {
	switch {
	case share <= 0.10:
		return Accepted
	case share <= 0.30:
		return Marginal
	}
	return Rejected
}

// enough distinct categories (AIAG, 4th edition, chapter III B).
const enough = 5

// Verdict of a study: of the tolerance when there is one, else of the study
// variation; never better than marginal with fewer than five distinct categories.
// It is "" when nothing varies.
func (r *Result) Verdict() Verdict {
	share := r.Gauge.OfTolerance
	if share == nil {
		share = r.Gauge.OfStudy
	}
	if share == nil {
		return ""
	}
	v := Judge(*share)
	if v == Accepted && r.NDC != nil && *r.NDC < enough {
		return Marginal
	}
	return v
}
