package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"

	"zhigai/calc/experiment"
	"zhigai/shop/quality/sheet"
)

type experimentCmd struct {
	Plan    experimentPlanCmd    `cmd:"" help:"Which settings to try, in which order, as CSV with an empty column for each result."`
	Analyse experimentAnalyseCmd `cmd:"" help:"What each factor does, from the table of a plan with its results filled in."`
}

// factorRange is a factor with its low and high setting: NAME=LOW..HIGH.
type factorRange struct {
	Name      string
	Low, High float64
}

func (f *factorRange) UnmarshalText(text []byte) error {
	name, limits, named := strings.Cut(string(text), "=")
	low, high, ranged := strings.Cut(limits, "..")
	var err error
	if f.Name = strings.TrimSpace(name); named && ranged && f.Name != "" {
		if f.Low, err = strconv.ParseFloat(low, 64); err == nil {
			f.High, err = strconv.ParseFloat(high, 64)
		}
		if err == nil && f.Low < f.High {
			return nil
		}
	}
	return fmt.Errorf("factor %q; write NAME=LOW..HIGH, as temperature=180..220", text)
}

// setting is what is set for a coded value, and coded the way back.
func (f *factorRange) setting(coded float64) float64 {
	return (f.High+f.Low)/2 + coded*(f.High-f.Low)/2
}

func (f *factorRange) coded(setting float64) float64 {
	return (setting - (f.High+f.Low)/2) / ((f.High - f.Low) / 2)
}

type experimentPlanCmd struct {
	Factor   []factorRange `required:"" placeholder:"NAME=LOW..HIGH" help:"Factors with their low and high settings, in the unit they are set in."`
	Design   string        `enum:"full,fraction,screening,composite,box-behnken" default:"full" help:"full: all combinations of low and high; fraction: 1/2^P of them, by least aberration; screening: Plackett-Burman (Biometrika 33, 1946); composite: central composite (Box & Wilson, 1951); box-behnken (Technometrics 2, 1960)."`
	Fraction int           `placeholder:"P" default:"1" help:"Of a fraction: 1/2^P of all combinations."`
	Alpha    string        `enum:"rotatable,face-centred,orthogonal" default:"rotatable" help:"Where the axial points of a composite design lie; face-centred stays within the settings."`
	Centres  int           `default:"3" placeholder:"N" help:"Runs at the middle of all factors, which show pure error and bending."`
	Repeat   int           `default:"1" placeholder:"N" help:"How often each other run is done."`
	Result   []string      `default:"result" placeholder:"NAME,…" help:"Columns to write results into."`
	Seed     uint64        `default:"1" placeholder:"N" help:"Of the order of the runs, which is random so that drift is not taken for a factor."`
}

func (c experimentPlanCmd) Run() error {
	d, err := c.design()
	if err != nil {
		return err
	}
	order, err := d.Order(c.Seed, nil)
	if err != nil {
		return err
	}
	if d.Resolution > 0 {
		fmt.Fprintf(os.Stderr, "resolution %d; these products are the same in all runs: %s\n", d.Resolution, joinWords(d.Words))
	}
	w := csv.NewWriter(os.Stdout)
	head := []string{"order", "run"}
	for _, f := range c.Factor {
		head = append(head, f.Name)
	}
	if err := w.Write(append(head, c.Result...)); err != nil {
		return err
	}
	for i, p := range order {
		row := []string{strconv.Itoa(i + 1), strconv.Itoa(p.Run + 1)}
		for k := range c.Factor {
			const digits = 10 // no more than a setting has
			row = append(row, strconv.FormatFloat(c.Factor[k].setting(d.Runs[p.Run][k]), 'g', digits, 64))
		}
		if err := w.Write(append(row, make([]string, len(c.Result))...)); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

func (c experimentPlanCmd) design() (*experiment.Design, error) {
	k := len(c.Factor)
	var d *experiment.Design
	var err error
	switch c.Design {
	case "composite": // these place their centres themselves
		d, err = experiment.CentralComposite(k, c.Centres, experiment.Alpha(c.Alpha))
	case "box-behnken":
		d, err = experiment.BoxBehnken(k, c.Centres)
	case "screening":
		d, err = experiment.PlackettBurman(k)
	case "fraction":
		d, err = experiment.TwoLevel(k, c.Fraction)
	default:
		d, err = experiment.TwoLevel(k, 0)
	}
	if err != nil {
		return nil, err
	}
	if c.Design == "composite" || c.Design == "box-behnken" {
		return d.Repeat(c.Repeat, 0)
	}
	return d.Repeat(c.Repeat, c.Centres)
}

func joinWords(all []experiment.Word) string {
	names := make([]string, len(all))
	for i, w := range all {
		names[i] = w.String()
	}
	return strings.Join(names, " ")
}

type experimentAnalyseCmd struct {
	File   string        `arg:"" help:"Table as CSV or a workbook, with a line of names; - reads standard input."`
	Factor []factorRange `required:"" placeholder:"NAME=LOW..HIGH" help:"Columns of the factors with the settings that the plan was made for."`
	Y      string        `required:"" name:"y" placeholder:"COL" help:"Column of the result, in its own unit."`
	Block  string        `placeholder:"COL" help:"Column of the block of each run, a whole number."`
	Model  string        `enum:"main,pairs,quadratic" default:"pairs" help:"main: factors alone; pairs: and what two do together; quadratic: and bends, for a response surface."`
	JSON   bool          `name:"json" help:"Print JSON. Coefficients are of one coded unit: half of the way from low to high."`
}

// experimentOut is an analysis of variance; a number that there is not is null.
type experimentOut struct {
	N        int                 `json:"n"`
	DF       int                 `json:"df_residual"`
	Constant float64             `json:"constant"`
	Terms    []experimentTermOut `json:"terms"`
	SD       float64             `json:"rmse_n_minus_p"`
	R2       *float64            `json:"r2"`
	AdjR2    *float64            `json:"adj_r2"`
	PredR2   *float64            `json:"pred_r2"`
	F        *float64            `json:"f"`
	P        *float64            `json:"p"`
	Pure     *experiment.Part    `json:"pure_error"`
	Lack     *experiment.Part    `json:"lack_of_fit"`
	LackF    *float64            `json:"lack_of_fit_f"`
	LackP    *float64            `json:"lack_of_fit_p"`
	Blocks   *experiment.Part    `json:"blocks"`
	Surface  *experimentPointOut `json:"stationary_point"`
	Warnings []string            `json:"warnings"`
	factors  []factorRange
}

type experimentTermOut struct {
	Term   string  `json:"term"`
	Coef   float64 `json:"coef"`
	StdErr float64 `json:"std_err"`
	SS     float64 `json:"sum_of_squares"`
	F      float64 `json:"f"`
	P      float64 `json:"p"`
}

type experimentPointOut struct {
	Settings map[string]float64 `json:"settings"`
	Value    float64            `json:"value"`
	Kind     string             `json:"kind"`
	Inside   bool               `json:"inside"`
}

func (c experimentAnalyseCmd) Run() error {
	f, err := readFrame(c.File)
	if err != nil {
		return err
	}
	out, err := c.analyse(f)
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	if c.JSON {
		return printJSON(out)
	}
	return out.table(os.Stdout)
}

func (c experimentAnalyseCmd) analyse(f *sheet.Frame) (*experimentOut, error) {
	y, err := f.Numbers(c.Y)
	if err != nil {
		return nil, err
	}
	runs := make([][]float64, len(y))
	for k := range c.Factor {
		column, err := f.Numbers(c.Factor[k].Name)
		if err != nil {
			return nil, err
		}
		for i, v := range column {
			runs[i] = append(runs[i], c.Factor[k].coded(v))
		}
	}
	var blocks []int
	if c.Block != "" {
		column, err := f.Numbers(c.Block)
		if err != nil {
			return nil, err
		}
		for i, v := range column {
			if v != float64(int(v)) {
				return nil, fmt.Errorf("row %d, column %s: %v; a block is a whole number", i+1, c.Block, v)
			}
			blocks = append(blocks, int(v))
		}
	}
	k := len(c.Factor)
	terms := map[string][]experiment.Term{"main": experiment.Main(k), "pairs": experiment.Pairs(k), "quadratic": experiment.Quadratic(k)}[c.Model]
	a, err := experiment.Fit(runs, y, terms, blocks)
	if err != nil {
		return nil, err
	}
	return c.out(a), nil
}

func (c experimentAnalyseCmd) out(a *experiment.Analysis) *experimentOut {
	out := &experimentOut{
		N: a.N, DF: a.DF, Constant: a.Constant, SD: a.SD, R2: number(a.R2), AdjR2: number(a.AdjR2), PredR2: number(a.PredR2),
		F: number(a.F), P: number(a.P), Pure: a.Pure, Lack: a.Lack, Blocks: a.Blocks, Warnings: []string{}, factors: c.Factor,
	}
	for _, l := range a.Lines {
		out.Terms = append(out.Terms, experimentTermOut{Term: l.Term.String(), Coef: l.Coef, StdErr: l.StdErr, SS: l.SS, F: l.F, P: l.P})
	}
	const chance, rich = 0.05, 0.2
	if a.Lack != nil {
		out.LackF, out.LackP = number(a.LackF), number(a.LackP)
		if a.LackP < chance {
			out.Warnings = append(out.Warnings, "the model does not fit: runs of the same settings agree better among themselves than with it; add pairs or bends")
		}
	} else {
		out.Warnings = append(out.Warnings, "no run was repeated: whether the model fits cannot be told from how runs scatter")
	}
	if a.R2-a.PredR2 > rich {
		out.Warnings = append(out.Warnings, "the model explains runs that it was fitted to far better than others; take fewer terms or more runs")
	}
	if c.Model == "quadratic" {
		if s, err := a.Stationary(); err != nil {
			out.Warnings = append(out.Warnings, err.Error())
		} else {
			out.Surface = &experimentPointOut{Settings: map[string]float64{}, Value: s.Value, Kind: s.Kind, Inside: s.Inside}
			for i := range c.Factor {
				out.Surface.Settings[c.Factor[i].Name] = c.Factor[i].setting(s.At[i])
			}
			if !s.Inside {
				out.Warnings = append(out.Warnings, "the surface's "+s.Kind+" lies outside of what was tried: it is a guess; try settings in its direction")
			}
		}
	}
	return out
}

func (o *experimentOut) table(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	for i, f := range o.factors {
		fmt.Fprintf(tw, "%s\t%s, %v to %v\n", experiment.Term{i}, f.Name, f.Low, f.High)
	}
	fmt.Fprintf(tw, "\nterm\tcoefficient\tstandard error\tsum of squares\tF\tp\n\t%.10g\n", o.Constant)
	for _, l := range o.Terms {
		fmt.Fprintf(tw, "%s\t%.10g\t%.6g\t%.6g\t%.4g\t%.3g\n", l.Term, l.Coef, l.StdErr, l.SS, l.F, l.P)
	}
	fmt.Fprintf(tw, "\nruns\t%d, %d left\nleft over\t%.6g\n", o.N, o.DF, o.SD)
	if o.R2 != nil && o.AdjR2 != nil {
		fmt.Fprintf(tw, "R²\t%.6g, adjusted %.6g\n", *o.R2, *o.AdjR2)
	}
	if o.PredR2 != nil {
		fmt.Fprintf(tw, "R² of runs left out\t%.6g\n", *o.PredR2)
	}
	if o.LackP != nil {
		fmt.Fprintf(tw, "lack of fit\tp %.3g\n", *o.LackP)
	}
	if s := o.Surface; s != nil {
		fmt.Fprintf(tw, "%s\t%.6g at", s.Kind, s.Value)
		for _, f := range o.factors {
			fmt.Fprintf(tw, " %s %.6g", f.Name, s.Settings[f.Name])
		}
		fmt.Fprintln(tw)
	}
	for _, s := range o.Warnings {
		fmt.Fprintf(tw, "note\t%s\n", s)
	}
	return tw.Flush()
}
