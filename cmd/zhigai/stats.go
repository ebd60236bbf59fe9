package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"text/tabwriter"

	"zhigai/calc/stat"
	"zhigai/shop/quality/sheet"
)

type statsCmd struct {
	File  string `arg:"" help:"Table as CSV or a workbook, with a line of names; - reads standard input."`
	Value string `placeholder:"COL" help:"Column of the values, in their own unit; not needed of a table of one."`
	JSON  bool   `name:"json" help:"Print JSON."`
}

// statsOut has the names of the reference: std_n1 is divided by n - 1.
type statsOut struct {
	Column string   `json:"column"`
	N      int      `json:"n"`
	Mean   float64  `json:"mean"`
	SD     float64  `json:"std_n1"`
	Lag1   *float64 `json:"autocorrelation_lag1"` // null of what does not vary
	Min    float64  `json:"min"`
	Max    float64  `json:"max"`
}

func (c statsCmd) Run() error {
	f, err := readFrame(c.File)
	if err != nil {
		return err
	}
	if c.Value == "" {
		if c.Value, err = f.Only(); err != nil {
			return fmt.Errorf("%s: %w: --value COL", c.File, err)
		}
	}
	values, err := f.Numbers(c.Value)
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	s, err := stat.Of(values)
	if err != nil {
		return fmt.Errorf("%s: column %s: %w", c.File, c.Value, err)
	}
	out := statsOut{Column: c.Value, N: s.N, Mean: s.Mean, SD: s.SD, Lag1: number(s.Lag1), Min: s.Min, Max: s.Max}
	if c.JSON {
		return printJSON(out)
	}
	tw := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintf(tw, "column\t%s\nn\t%d\nmean\t%.15g\nstd_n1\t%.15g\nautocorrelation_lag1\t%.15g\nmin\t%.15g\nmax\t%.15g\n", out.Column, s.N, s.Mean, s.SD, s.Lag1, s.Min, s.Max)
	return tw.Flush()
}

// number is null when there is none.
func number(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}

func readFrame(name string) (*sheet.Frame, error) {
	text, err := readLimited(name)
	if err != nil {
		return nil, err
	}
	f, err := sheet.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return f, nil
}

func printJSON(v any) error {
	enc := json.NewEncoder(os.Stdout)
	enc.SetIndent("", " ")
	return enc.Encode(v)
}

type regressCmd struct {
	File       string   `arg:"" help:"Table as CSV or a workbook, with a line of names; - reads standard input."`
	Y          string   `required:"" name:"y" placeholder:"COL" help:"Column to be explained."`
	X          []string `required:"" name:"x" placeholder:"COL,…" help:"Columns that explain it, each in its own unit."`
	NoConstant bool     `help:"Without a constant: y is 0 where all columns are."`
	JSON       bool     `name:"json" help:"Print JSON."`
}

// regressOut has the names of the reference.
type regressOut struct {
	N      int        `json:"n"`
	DF     int        `json:"df_residual"`
	Terms  []string   `json:"terms"`
	Coef   []float64  `json:"coef"`
	StdErr []float64  `json:"std_err"`
	T      []*float64 `json:"t"`
	R2     *float64   `json:"r2"`
	AdjR2  *float64   `json:"adj_r2"`
	RMSE   float64    `json:"rmse_n_minus_p"`
	CVRMSE *float64   `json:"cv_rmse"`
	F      *float64   `json:"f"`
	AIC    *float64   `json:"aic"`
	DW     *float64   `json:"durbin_watson"`
	SSE    float64    `json:"sse"`
	SSR    float64    `json:"ssr"`
}

func (c regressCmd) Run() error {
	f, err := readFrame(c.File)
	if err != nil {
		return err
	}
	y, err := f.Numbers(c.Y)
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	columns := make([][]float64, len(c.X))
	for i, name := range c.X {
		if columns[i], err = f.Numbers(name); err != nil {
			return fmt.Errorf("%s: %w", c.File, err)
		}
	}
	fit, err := stat.Regress(y, columns, !c.NoConstant)
	if err != nil {
		return fmt.Errorf("%s: y %s, columns %v from 0: %w", c.File, c.Y, c.X, err)
	}
	out := regressOut{
		N: fit.N, DF: fit.DF, Coef: fit.Coef, StdErr: fit.StdErr, R2: number(fit.R2), AdjR2: number(fit.AdjR2), RMSE: fit.SD, CVRMSE: number(fit.CVRMSE),
		F: number(fit.F), AIC: number(fit.AIC), DW: number(fit.DW), SSE: fit.SSE, SSR: fit.SSR,
	}
	if !c.NoConstant {
		out.Terms = []string{"const"}
	}
	out.Terms = append(out.Terms, c.X...)
	for i := range fit.Coef {
		out.T = append(out.T, number(fit.Coef[i]/fit.StdErr[i]))
	}
	if c.JSON {
		return printJSON(out)
	}
	return out.table(os.Stdout, fit)
}

func (o regressOut) table(w io.Writer, fit *stat.Fit) error {
	tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(tw, "term\tcoefficient\tstandard error\tt")
	for i, name := range o.Terms {
		fmt.Fprintf(tw, "%s\t%.10g\t%.10g\t%.4g\n", name, o.Coef[i], o.StdErr[i], o.Coef[i]/o.StdErr[i])
	}
	fmt.Fprintf(tw, "\nrows\t%d, %d left\nR²\t%.10g, adjusted %.10g\nleft over\t%.10g (CV(RMSE) %.4g)\nF\t%.8g\nDurbin-Watson\t%.4g\n", o.N, o.DF, fit.R2, fit.AdjR2, fit.SD, fit.CVRMSE, fit.F, fit.DW)
	return tw.Flush()
}
