package trial

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/stat/distuv"

	"zhigai/access"
	"zhigai/calc/experiment"
)

// Model is which terms a response is explained by.
type Model string

// Models.
const (
	Mains     Model = "main"      // factors alone
	Pairs     Model = "pairs"     // and what two do together
	Quadratic Model = "quadratic" // and bends: a response surface
)

// Term is a line of an analysis of variance, in coded units: half of the way from low
// to high.
type Term struct {
	Term   string   `json:"term" doc:"Factors by letters in their order: A, AB, A²"`
	Title  string   `json:"title"`
	Coef   float64  `json:"coef" doc:"Of the response's unit for one coded unit"`
	Effect float64  `json:"effect" doc:"From low to high: twice the coefficient, of a bend the coefficient"`
	StdErr float64  `json:"std_err"`
	SS     float64  `json:"sum_of_squares"`
	F      *float64 `json:"f"`
	P      *float64 `json:"p"`
	// Quantile is where it stands on a half-normal plot (Daniel 1959): effects that are
	// chance lie on a line.
	Quantile float64 `json:"half_normal_quantile"`
}

// Residual is what the model leaves of a run.
type Residual struct {
	Run      int     `json:"run"`
	Fitted   float64 `json:"fitted"`
	Residual float64 `json:"residual"`
	Scaled   float64 `json:"scaled" doc:"In standard deviations of what is left over"`
	Quantile float64 `json:"normal_quantile"`
}

// Part is a part of what is left over.
type Part struct {
	SS float64 `json:"sum_of_squares"`
	DF int     `json:"df"`
}

// Point is settings with what is expected there.
type Point struct {
	Settings []float64 `json:"settings" nullable:"false"`
	Value    float64   `json:"value"`
	Half     float64   `json:"half" doc:"One run lies within so much of it at 95 %"`
}

// Stationary is where a surface neither rises nor falls.
type Stationary struct {
	Point
	Kind   string `json:"kind" enum:"maximum,minimum,saddle"`
	Inside bool   `json:"inside" doc:"Within low and high of every factor; outside it is a guess"`
}

// Surface is the expected response over two factors, the others held.
type Surface struct {
	X    int         `json:"x" doc:"Number of the factor along, from 0"`
	Y    int         `json:"y"`
	Xs   []float64   `json:"xs" nullable:"false" doc:"Settings"`
	Ys   []float64   `json:"ys" nullable:"false"`
	Z    [][]float64 `json:"z" nullable:"false" doc:"By y, then x"`
	Held []float64   `json:"held" nullable:"false" doc:"Settings of all factors where the others are held"`
}

// Analysis is what an experiment says of one response.
type Analysis struct {
	Response   int         `json:"response"`
	Model      Model       `json:"model" enum:"main,pairs,quadratic"`
	Runs       int         `json:"runs" doc:"That a result is known of"`
	DF         int         `json:"df_residual"`
	Constant   float64     `json:"constant"`
	Terms      []Term      `json:"terms" nullable:"false"`
	SD         float64     `json:"rmse_n_minus_p"`
	R2         *float64    `json:"r2"`
	AdjR2      *float64    `json:"adj_r2"`
	PredR2     *float64    `json:"pred_r2" doc:"Of runs left out in turn"`
	F          *float64    `json:"f"`
	P          *float64    `json:"p"`
	T          float64     `json:"t_limit" doc:"An effect of so many standard errors is no chance at 95 %"`
	Margin     *float64    `json:"lenth_margin" doc:"An effect (low to high) beyond it is no chance at 95 % by Lenth 1989"`
	Blocks     *Part       `json:"blocks"`
	Pure       *Part       `json:"pure_error"`
	Lack       *Part       `json:"lack_of_fit"`
	LackF      *float64    `json:"lack_of_fit_f"`
	LackP      *float64    `json:"lack_of_fit_p"`
	Residuals  []Residual  `json:"residuals" nullable:"false"`
	Hidden     []string    `json:"hidden" nullable:"false" doc:"Terms that cannot be told from those listed"`
	Stationary *Stationary `json:"stationary"`
	Surface    *Surface    `json:"surface" doc:"Of two factors or more"`
	Doubts     []string    `json:"doubts" nullable:"false"`
	fit        *experiment.Analysis
}

const (
	chance = 0.05
	// rich is how far a model may explain its own runs better than others.
	rich = 0.2
	// grid of a surface, along each factor.
	grid = 25
	// dependent is how much of a term must be its own beside those before it.
	dependent = 1e-6
)

// Look says which analysis is wanted.
type Look struct {
	Response int
	Model    Model // "" is what the design is for
	X, Y     int   // factors of the surface
}

// Analyse says what came of an experiment.
func (d *Desk) Analyse(ctx context.Context, who access.Principal, id string, l Look) (Analysis, error) {
	e, err := d.Experiment(ctx, who, id)
	if err != nil {
		return Analysis{}, err
	}
	a, err := e.analyse(l.Response, l.Model)
	if err != nil {
		return Analysis{}, err
	}
	if k := len(e.Factors); k > 1 {
		if l.X == l.Y || l.X < 0 || l.Y < 0 || l.X >= k || l.Y >= k {
			l.X, l.Y = 0, 1
		}
		a.surface(&e, l.X, l.Y)
	}
	return *a, nil
}

// actual are the coded settings of a run as it was really done.
func (e *Experiment) actual(r Run) []float64 {
	out := slices.Clone(r.Coded)
	for k, v := range r.Actual {
		if v != nil {
			out[k] = e.Factors[k].coded(*v)
		}
	}
	return out
}

// analyse explains a response by the runs that are done.
func (e *Experiment) analyse(response int, m Model) (*Analysis, error) {
	if response < 0 || response >= len(e.Responses) {
		return nil, invalid("there is no response %d; there are %d", response+1, len(e.Responses))
	}
	var runs []Run
	var at, planned [][]float64
	var y []float64
	var blocks []int
	for _, r := range e.Runs {
		if v := r.Results[response]; v != nil {
			runs, at, planned, y, blocks = append(runs, r), append(at, e.actual(r)), append(planned, r.Coded), append(y, *v), append(blocks, r.Block)
		}
	}
	if len(y) < 3 {
		return nil, invalid("%d runs have a result of %s; do more of them first", len(y), label(e.Responses[response].Name))
	}
	if slices.Max(blocks) == slices.Min(blocks) {
		blocks = nil
	}
	k := len(e.Factors)
	if m == "" {
		m = e.model()
	}
	terms, hidden, err := estimable(planned, blocks, map[Model][]experiment.Term{Mains: experiment.Main(k), Pairs: experiment.Pairs(k), Quadratic: experiment.Quadratic(k)}[m])
	if err != nil {
		return nil, err
	}
	fit, err := experiment.Fit(at, y, terms, blocks)
	if err != nil {
		return nil, invalid("%v", err)
	}
	a := &Analysis{Response: response, Model: m, Runs: len(y), fit: fit, Hidden: hidden, Doubts: []string{}}
	a.fill(e, runs, y)
	return a, nil
}

// model is what a design is made for.
func (e *Experiment) model() Model {
	switch {
	case e.Design.Kind == Composite || e.Design.Kind == BoxBehnken:
		return Quadratic
	case e.Design.Kind == Screening || e.Resolution == 3 || len(e.Factors) == 1:
		return Mains
	}
	return Pairs
}

// estimable are the terms that the runs can tell apart, as far as there are runs for
// them; hidden are the others, each as what it cannot be told from.
func estimable(runs [][]float64, blocks []int, all []experiment.Term) (terms []experiment.Term, hidden []string, err error) {
	if all == nil {
		return nil, nil, invalid("there is no such model; say main, pairs or quadratic")
	}
	n := len(runs)
	var base [][]float64 // upright on one another, of length 1
	own := func(c []float64) bool {
		size := norm(c)
		for range 2 { // what rounding left over, once more
			for _, b := range base {
				s := 0.
				for i := range c {
					s += c[i] * b[i]
				}
				for i := range c {
					c[i] -= s * b[i]
				}
			}
		}
		left := norm(c)
		if !(left > dependent*size) {
			return false
		}
		for i := range c {
			c[i] /= left
		}
		base = append(base, c)
		return true
	}
	one := make([]float64, n)
	for i := range one {
		one[i] = 1
	}
	own(one)
	for _, b := range slices.Compact(slices.Sorted(slices.Values(blocks))) {
		c := make([]float64, n)
		for i, of := range blocks {
			if of == b {
				c[i] = 1
			}
		}
		own(c)
	}
	hidden = []string{}
	for _, t := range all {
		c := make([]float64, n)
		for i, r := range runs {
			c[i] = 1
			for _, f := range t {
				c[i] *= r[f]
			}
		}
		if len(base)+1 < n && own(c) {
			terms = append(terms, t)
		} else {
			hidden = append(hidden, t.String())
		}
	}
	if len(terms) == 0 {
		return nil, nil, invalid("the runs that are done tell no factor apart; do more of them first")
	}
	return terms, hidden, nil
}

func norm(c []float64) float64 {
	s := 0.
	for _, v := range c {
		s += v * v
	}
	return math.Sqrt(s)
}

// number is null when there is none.
func number(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}

func (a *Analysis) fill(e *Experiment, runs []Run, y []float64) {
	f := a.fit
	a.DF, a.Constant, a.SD, a.R2, a.AdjR2, a.PredR2, a.F, a.P = f.DF, f.Constant, f.SD, number(f.R2), number(f.AdjR2), number(f.PredR2), number(f.F), number(f.P)
	a.T = distuv.StudentsT{Sigma: 1, Nu: float64(f.DF)}.Quantile(1 - chance/2)
	a.Blocks, a.Pure, a.Lack = part(f.Blocks), part(f.Pure), part(f.Lack)
	if f.Lack != nil {
		a.LackF, a.LackP = number(f.LackF), number(f.LackP)
	}
	var effects []float64
	for _, l := range f.Lines {
		t := Term{Term: l.Term.String(), Title: e.title(l.Term), Coef: l.Coef, Effect: 2 * l.Coef, StdErr: l.StdErr, SS: l.SS, F: number(l.F), P: number(l.P)}
		if len(l.Term) == 2 && l.Term[0] == l.Term[1] {
			t.Effect = l.Coef
		}
		effects = append(effects, t.Effect)
		a.Terms = append(a.Terms, t)
	}
	order := byRank(len(a.Terms), func(i, j int) int { return cmp.Compare(math.Abs(a.Terms[i].Effect), math.Abs(a.Terms[j].Effect)) })
	for place, i := range order {
		share := (float64(place) + 0.5) / float64(len(order))
		a.Terms[i].Quantile = distuv.UnitNormal.Quantile(0.5 + share/2)
	}
	if _, margin, err := experiment.Lenth(effects); err == nil && margin > 0 {
		a.Margin = &margin
	}
	a.Residuals = make([]Residual, len(runs))
	for i, r := range runs {
		a.Residuals[i] = Residual{Run: r.No, Fitted: y[i] - f.Resid[i], Residual: f.Resid[i]}
		if f.SD > 0 {
			a.Residuals[i].Scaled = f.Resid[i] / f.SD
		}
	}
	for place, i := range byRank(len(runs), func(i, j int) int { return cmp.Compare(f.Resid[i], f.Resid[j]) }) {
		a.Residuals[i].Quantile = distuv.UnitNormal.Quantile((float64(place) + 0.5) / float64(len(runs)))
	}
	a.doubt()
	if a.Model == Quadratic && len(a.Hidden) == 0 {
		if s, err := f.Stationary(); err == nil {
			a.Stationary = &Stationary{Point: e.point(f, s.At), Kind: s.Kind, Inside: s.Inside}
		}
	}
}

func (a *Analysis) doubt() {
	if a.LackP == nil {
		a.Doubts = append(a.Doubts, "no_repeats")
	} else if *a.LackP < chance {
		a.Doubts = append(a.Doubts, "lack_of_fit")
	}
	if a.R2 != nil && a.PredR2 != nil && *a.R2-*a.PredR2 > rich {
		a.Doubts = append(a.Doubts, "too_rich")
	}
	const far = 3
	if slices.ContainsFunc(a.Residuals, func(r Residual) bool { return math.Abs(r.Scaled) > far }) {
		a.Doubts = append(a.Doubts, "outlier")
	}
	const few = 3
	if a.DF < few {
		a.Doubts = append(a.Doubts, "few_runs")
	}
	if len(a.Hidden) > 0 {
		a.Doubts = append(a.Doubts, "hidden")
	}
}

func byRank(n int, compare func(i, j int) int) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, compare)
	return order
}

func part(p *experiment.Part) *Part {
	if p == nil {
		return nil
	}
	return &Part{SS: p.SS, DF: p.DF}
}

// title is a term by the names of its factors.
func (e *Experiment) title(t experiment.Term) string {
	var out strings.Builder
	for i, f := range t {
		if i > 0 {
			out.WriteString(" × ")
		}
		out.WriteString(label(e.Factors[f].Name))
	}
	return out.String()
}

// point is what a fit says of coded settings.
func (e *Experiment) point(f *experiment.Analysis, coded []float64) Point {
	p := Point{Settings: e.settings(coded)}
	p.Value, p.Half = f.PredictRun(coded)
	return p
}

func (e *Experiment) settings(coded []float64) []float64 {
	out := make([]float64, len(coded))
	for k, c := range coded {
		out[k] = e.Factors[k].setting(c)
	}
	return out
}

// surface draws the response over two factors, the others where they are best or in
// their middle.
func (a *Analysis) surface(e *Experiment, x, y int) {
	held := make([]float64, len(e.Factors))
	if b, err := e.best(); err == nil {
		held = b.coded
	}
	s := &Surface{X: x, Y: y, Held: e.settings(held), Z: make([][]float64, grid)}
	at := slices.Clone(held)
	for i := range grid {
		c := -1 + 2*float64(i)/(grid-1)
		s.Xs, s.Ys = append(s.Xs, e.Factors[x].setting(c)), append(s.Ys, e.Factors[y].setting(c))
	}
	for j := range grid {
		s.Z[j] = make([]float64, grid)
		for i := range grid {
			at[x], at[y] = -1+2*float64(i)/(grid-1), -1+2*float64(j)/(grid-1)
			s.Z[j][i], _ = a.fit.Predict(at)
		}
	}
	a.Surface = s
}
