package msa

import (
	"math"

	"gonum.org/v1/gonum/mathext"

	"zhigai/calc/stat"
)

// Source is a line of an analysis of variance.
type Source struct {
	DF     int
	SS, MS float64
	F, P   *float64 // nil for the error, and where what it is compared with is 0
}

// Table is an analysis of variance with parts and operators drawn at random.
type Table struct {
	Part, Operator, Interaction, Repeatability Source
	Total                                      Source
	// Pooled says that the interaction was taken for error, because P was above the
	// limit; part and operator are then compared with that.
	Pooled bool
}

// PoolAbove is the probability above which an interaction is taken for error (AIAG,
// 4th edition, appendix A).
const PoolAbove = 0.25

// Options of a study.
type Options struct {
	Tolerance float64 // width of the specification in the values' unit; 0 for none
	Study     float64 // standard deviations of the study variation; 0 is 6
	PoolAbove float64 // 0 is [PoolAbove]; 1 never pools
}

func (o *Options) check() error {
	if o.Study == 0 {
		o.Study = usualStudy
	}
	if o.PoolAbove == 0 {
		o.PoolAbove = PoolAbove
	}
	if !(o.Tolerance >= 0) || math.IsInf(o.Tolerance, 0) {
		return invalid("a tolerance of %v; it is the upper limit less the lower one", o.Tolerance)
	}
	if !(o.Study > 0) || math.IsInf(o.Study, 0) {
		return invalid("a study variation of %v standard deviations; 6 is usual, 5.15 was", o.Study)
	}
	if !(o.PoolAbove > 0) || o.PoolAbove > 1 {
		return invalid("an interaction is pooled above a probability of %v; it is above 0 and at most 1, 0.25 is usual", o.PoolAbove)
	}
	return nil
}

// Anova judges a study by analysis of variance: parts, operators and their
// interaction at random, σ² of repeatability = MSE, of the interaction
// (MSAP - MSE)/r, of operators (MSA - MSAP)/(n r), of parts (MSP - MSAP)/(k r), each
// at least 0 (AIAG, 4th edition, appendix A).
func Anova(s *Study, o Options) (*Result, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	t, err := table(s)
	if err != nil {
		return nil, err
	}
	n, k, r := float64(len(s.Parts)), float64(len(s.Operators)), float64(s.Trials)
	out := &Result{Table: t}
	against := t.Interaction
	interaction := max(0, (t.Interaction.MS-t.Repeatability.MS)/r)
	repeat := t.Repeatability.MS
	// An interaction that cannot be tested stands: it is all there is.
	if p := t.Interaction.P; p != nil && *p > o.PoolAbove {
		t.Pooled = true
		against = Source{DF: t.Interaction.DF + t.Repeatability.DF, SS: t.Interaction.SS + t.Repeatability.SS}
		against.MS = against.SS / float64(against.DF)
		interaction, repeat = 0, against.MS
	}
	t.Part.test(against)
	t.Operator.test(against)
	out.fill(repeat, max(0, (t.Operator.MS-against.MS)/(n*r)), interaction, max(0, (t.Part.MS-against.MS)/(k*r)), o.Study, o.Tolerance)
	return out, nil
}

// table finds sums of squares by one-way tables of parts, of operators and of cells,
// which are kept to twice the digits.
func table(s *Study) (*Table, error) {
	parts := make([][]float64, len(s.Parts))
	operators := make([][]float64, len(s.Operators))
	var cells [][]float64
	for i, row := range s.Values {
		for k, cell := range row {
			parts[i] = append(parts[i], cell...)
			operators[k] = append(operators[k], cell...)
			cells = append(cells, cell)
		}
	}
	byPart, err := stat.OneWay(parts)
	if err != nil {
		return nil, invalid("%v", err)
	}
	byOperator, err := stat.OneWay(operators)
	if err != nil {
		return nil, invalid("%v", err)
	}
	byCell, err := stat.OneWay(cells)
	if err != nil {
		return nil, invalid("%v", err)
	}
	t := &Table{
		Part:          source(byPart.Between, byPart.DFBetween),
		Operator:      source(byOperator.Between, byOperator.DFBetween),
		Interaction:   source(max(0, byCell.Between-byPart.Between-byOperator.Between), byPart.DFBetween*byOperator.DFBetween),
		Repeatability: source(byCell.Within, byCell.DFErr),
		Total:         source(byCell.Between+byCell.Within, byCell.N-1),
	}
	t.Interaction.test(t.Repeatability)
	return t, nil
}

func source(ss float64, df int) Source {
	return Source{DF: df, SS: ss, MS: ss / float64(df)}
}

// test compares a mean square with another.
func (s *Source) test(against Source) {
	if against.MS <= 0 {
		return
	}
	f := s.MS / against.MS
	// P(F > f) of the F distribution, which keeps its digits however small it is.
	d1, d2 := float64(s.DF), float64(against.DF)
	p := mathext.RegIncBeta(d2/2, d1/2, d2/(d2+d1*f))
	s.F, s.P = &f, &p
}
