package experiment

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"

	"zhigai/calc/stat"
)

// Term is a product of factors by their numbers in order, one for each power:
// {0} is A, {0, 1} is AB, {0, 0} is A squared.
type Term []int

// String names factors by letters.
func (t Term) String() string {
	var b strings.Builder
	for i := 0; i < len(t); i++ {
		b.WriteString(Word(1 << t[i]).String())
		if i+1 < len(t) && t[i+1] == t[i] {
			b.WriteString("²")
			i++
		}
	}
	return b.String()
}

func (t Term) value(run []float64) float64 {
	v := 1.
	for _, f := range t {
		v *= run[f]
	}
	return v
}

// Main are the terms of single factors.
func Main(k int) (out []Term) {
	for i := range k {
		out = append(out, Term{i})
	}
	return out
}

// Pairs are those of single factors and of pairs.
func Pairs(k int) []Term {
	out := Main(k)
	for i := range k {
		for j := i + 1; j < k; j++ {
			out = append(out, Term{i, j})
		}
	}
	return out
}

// Quadratic are those of a response surface: single factors, pairs and squares.
func Quadratic(k int) []Term {
	out := Pairs(k)
	for i := range k {
		out = append(out, Term{i, i})
	}
	return out
}

// Line is one term of an analysis of variance, all in coded units.
type Line struct {
	Term   Term
	Coef   float64 // of the response's unit for one coded unit
	StdErr float64
	SS     float64 // what the term explains beside all others (type III)
	F, P   float64 // on 1 and [Analysis.DF] degrees of freedom
}

// Part is a part of what is left over.
type Part struct {
	SS float64
	DF int
}

// Analysis is what an experiment says.
type Analysis struct {
	Constant float64
	Lines    []Line
	N, DF    int
	SD       float64 // of what is left over
	R2       float64
	AdjR2    float64
	// PredR2 is what the model explains of runs that it was not fitted to, each
	// left out in turn (PRESS; Allen 1974). Far below R2, the model is too rich.
	PredR2 float64
	F, P   float64 // of the model as a whole
	Blocks *Part   // what blocks explain, taken off before terms; nil without
	// Pure is the spread of runs of the same settings, Lack what is left besides;
	// nil where no run was repeated.
	Pure, Lack *Part
	LackF      float64
	LackP      float64
	Resid      []float64
	terms      []Term
	cov        *mat.SymDense // of the coefficients ÷ SD², blocks included
}

// Fit explains responses by terms of the runs' settings; blocks, where there are
// any, say which block each run was of. The fit and its errors are those of
// [stat.Regress].
func Fit(runs [][]float64, y []float64, terms []Term, blocks []int) (*Analysis, error) {
	columns, err := columnsOf(runs, y, terms, blocks)
	if err != nil {
		return nil, err
	}
	f, err := stat.Regress(y, columns, true)
	if err != nil {
		return nil, fmt.Errorf("%w: %w; try terms fewer than runs, and that the design can tell apart", ErrInvalid, err)
	}
	if f.SSE+f.SSR == 0 {
		return nil, invalid("all runs gave the same; there is nothing to explain")
	}
	a := &Analysis{Constant: f.Coef[0], N: f.N, DF: f.DF, SD: f.SD, R2: f.R2, AdjR2: f.AdjR2, Resid: f.Resid, terms: terms}
	within := distuv.F{D1: 1, D2: float64(f.DF)}
	for i, t := range terms {
		ratio := f.Coef[i+1] / f.StdErr[i+1]
		a.Lines = append(a.Lines, Line{Term: t, Coef: f.Coef[i+1], StdErr: f.StdErr[i+1], SS: ratio * ratio * f.SD * f.SD, F: ratio * ratio, P: within.Survival(ratio * ratio)})
	}
	if err := a.leverage(columns, y); err != nil {
		return nil, err
	}
	explained := f.SSR
	if extra := columns[len(terms):]; len(extra) > 0 {
		a.Blocks = &Part{DF: len(extra)}
		b, err := stat.Regress(y, extra, true)
		if err != nil {
			return nil, fmt.Errorf("%w: blocks: %w", ErrInvalid, err)
		}
		a.Blocks.SS = b.SSR
		explained -= b.SSR
	}
	d1 := float64(len(terms))
	a.F = explained / d1 / (f.SD * f.SD)
	a.P = distuv.F{D1: d1, D2: float64(f.DF)}.Survival(a.F)
	a.split(runs, y, blocks, f.SSE)
	return a, nil
}

// columnsOf are the model's columns: terms, then blocks against the last of them.
func columnsOf(runs [][]float64, y []float64, terms []Term, blocks []int) ([][]float64, error) {
	switch {
	case len(runs) == 0 || len(runs) != len(y):
		return nil, invalid("%d runs and %d responses", len(runs), len(y))
	case len(terms) == 0:
		return nil, invalid("no terms to explain responses by")
	case blocks != nil && len(blocks) != len(runs):
		return nil, invalid("%d blocks for %d runs", len(blocks), len(runs))
	}
	k := len(runs[0])
	for i, r := range runs {
		if len(r) != k {
			return nil, invalid("run %d has %d settings and the first has %d", i+1, len(r), k)
		}
	}
	var columns [][]float64
	for _, t := range terms {
		if len(t) == 0 || slices.Min(t) < 0 || slices.Max(t) >= k {
			return nil, invalid("a term names a factor that is not one of the %d", k)
		}
		c := make([]float64, len(runs))
		for i, r := range runs {
			c[i] = t.value(r)
		}
		columns = append(columns, c)
	}
	names := slices.Compact(slices.Sorted(slices.Values(blocks)))
	for i := 0; i+1 < len(names); i++ {
		c := make([]float64, len(runs))
		for k, b := range blocks {
			switch b {
			case names[i]:
				c[k] = 1
			case names[len(names)-1]: // so that the constant is of the mean block
				c[k] = -1
			}
		}
		columns = append(columns, c)
	}
	return columns, nil
}

// leverage finds how much each run draws the fit to itself, and from it how well
// the others predict it.
func (a *Analysis) leverage(columns [][]float64, y []float64) error {
	n, p := len(y), len(columns)+1
	x := mat.NewDense(n, p, nil)
	for i := range n {
		x.Set(i, 0, 1)
		for j, c := range columns {
			x.Set(i, j+1, c[i])
		}
	}
	var gram mat.SymDense
	gram.SymOuterK(1, x.T())
	var chol mat.Cholesky
	if !chol.Factorize(&gram) {
		return invalid("the design cannot tell its terms apart; take fewer terms")
	}
	a.cov = mat.NewSymDense(p, nil)
	if err := chol.InverseTo(a.cov); err != nil {
		return invalid("the design can hardly tell its terms apart: %v; take fewer terms", err)
	}
	mean := 0.
	for _, v := range y {
		mean += v / float64(n)
	}
	var press, total float64
	for i, v := range y {
		row := x.RowView(i)
		left := 1 - mat.Inner(row, a.cov, row)
		const settles = 1e-9 // such a run alone settles a coefficient
		if left < settles {
			a.PredR2 = math.NaN()
			return nil
		}
		press += (a.Resid[i] / left) * (a.Resid[i] / left)
		total += (v - mean) * (v - mean)
	}
	a.PredR2 = 1 - press/total
	return nil
}

// split parts what is left over by the spread of repeated runs.
func (a *Analysis) split(runs [][]float64, y []float64, blocks []int, left float64) {
	same := map[string][]float64{}
	for i, r := range runs {
		key := fmt.Sprint(r)
		if blocks != nil {
			key += fmt.Sprint(blocks[i])
		}
		same[key] = append(same[key], y[i])
	}
	pure := Part{}
	for _, values := range same {
		if len(values) < 2 {
			continue
		}
		s, err := stat.Of(values)
		if err != nil {
			continue
		}
		pure.SS += s.SD * s.SD * float64(len(values)-1)
		pure.DF += len(values) - 1
	}
	lack := Part{SS: max(0, left-pure.SS), DF: a.DF - pure.DF}
	if pure.DF == 0 || lack.DF <= 0 {
		return
	}
	a.Pure, a.Lack = &pure, &lack
	a.LackF, a.LackP = math.Inf(1), 0
	if pure.SS > 0 {
		a.LackF = lack.SS / float64(lack.DF) / (pure.SS / float64(pure.DF))
		a.LackP = distuv.F{D1: float64(lack.DF), D2: float64(pure.DF)}.Survival(a.LackF)
	}
}

// Predict is the mean response at coded settings, with half the width of its
// interval of 95 %.
func (a *Analysis) Predict(run []float64) (mean, half float64) {
	x := mat.NewVecDense(a.cov.SymmetricDim(), nil)
	x.SetVec(0, 1)
	mean = a.Constant
	for i, t := range a.terms {
		v := t.value(run)
		x.SetVec(i+1, v)
		mean += a.Lines[i].Coef * v
	}
	const confidence = 0.975
	return mean, distuv.StudentsT{Sigma: 1, Nu: float64(a.DF)}.Quantile(confidence) * a.SD * math.Sqrt(mat.Inner(x, a.cov, x))
}

// Lenth judges the effects of a two-level experiment that leaves nothing over: the
// pseudo standard error of the coefficients and the margin beyond which one is no
// chance at 95 % (Lenth, Technometrics 31, 1989).
func Lenth(coefs []float64) (pse, margin float64, err error) {
	const least = 3
	if len(coefs) < least {
		return 0, 0, invalid("%d effects; judge %d or more at once", len(coefs), least)
	}
	size := make([]float64, len(coefs))
	for i, c := range coefs {
		size[i] = math.Abs(c)
	}
	slices.Sort(size)
	const scale, trim, confidence = 1.5, 2.5, 0.975
	s0 := scale * median(size)
	small := size
	for i, v := range size {
		if v >= trim*s0 {
			small = size[:i]
			break
		}
	}
	if len(small) == 0 {
		return 0, 0, nil
	}
	pse = scale * median(small)
	return pse, pse * distuv.StudentsT{Sigma: 1, Nu: float64(len(coefs)) / least}.Quantile(confidence), nil
}

// median of sorted values.
func median(sorted []float64) float64 {
	n := len(sorted)
	if n%2 == 1 {
		return sorted[n/2]
	}
	return (sorted[n/2-1] + sorted[n/2]) / 2
}

// PredictRun is what one more run at coded settings is expected to give, with half
// the width of the interval that it lies in at 95 %: its own scatter besides that of
// the mean.
func (a *Analysis) PredictRun(run []float64) (mean, half float64) {
	mean, of := a.Predict(run)
	const confidence = 0.975
	own := distuv.StudentsT{Sigma: 1, Nu: float64(a.DF)}.Quantile(confidence) * a.SD
	return mean, math.Hypot(of, own)
}
