package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"text/tabwriter"

	"zhigai/calc/pls"
	"zhigai/shop/quality/sheet"
)

type causesCmd struct {
	File         string   `arg:"" help:"Table as CSV or a workbook, with a line of names and a row for each job, lot or subgroup in the order of time; - reads standard input."`
	Y            string   `required:"" name:"y" placeholder:"COL" help:"Column of what is to be explained, in its own unit: a characteristic, a share of scrap."`
	X            []string `name:"x" placeholder:"COL,…" help:"Columns that may explain it, each in its own unit; without it all columns of numbers."`
	Components   int      `default:"6" placeholder:"N" help:"Components of partial least squares at most (NIPALS; Wold, Sjöström & Eriksson, 2001); cross validation by stretches of time takes as many as are worth it."`
	Permutations int      `default:"199" placeholder:"N" help:"Shuffled answers by which it is tested whether there is anything to be found at all."`
	Bootstraps   int      `default:"100" placeholder:"N" help:"Redrawn tables by which it is seen whether a cause stays one."`
	HeldOut      float64  `default:"0.25" placeholder:"SHARE" help:"Last share of the rows, of which nothing is learnt and by which it is judged."`
	Seed         uint64   `default:"1" placeholder:"N" help:"Of what is shuffled and redrawn: the same gives the same answer."`
	JSON         bool     `name:"json" help:"Print JSON."`
}

// causesOut is a screening; a number that there is not is null.
type causesOut struct {
	Found      bool       `json:"found"`
	Rows       int        `json:"n"`
	Learnt     int        `json:"n_learnt"`
	HeldOut    int        `json:"n_held_out"`
	Block      int        `json:"block"`
	Components int        `json:"components"`
	Q2         []float64  `json:"q2"`
	P          float64    `json:"p"`
	R2         float64    `json:"r2"`
	Q2HeldOut  float64    `json:"q2_held_out"`
	RMSE       float64    `json:"rmse_held_out"`
	RMSEMean   float64    `json:"rmse_held_out_of_mean"`
	Constant   float64    `json:"constant"`
	Causes     []causeOut `json:"causes"`
	Warnings   []string   `json:"warnings"`
}

// causeOut is a column with what speaks for it.
type causeOut struct {
	Column string  `json:"column"`
	VIP    float64 `json:"vip"`
	Effect float64 `json:"effect_per_sd"`
	Coef   float64 `json:"coef"`
	Stable float64 `json:"stable"`
	R      float64 `json:"r"`
	P      float64 `json:"p"`
	Q      float64 `json:"q"`
}

func (c causesCmd) Run() error {
	f, err := readFrame(c.File)
	if err != nil {
		return err
	}
	out, err := c.screen(f)
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	if c.JSON {
		return printJSON(out)
	}
	return out.table(os.Stdout, c.Y)
}

// mostMissing is the share of empty cells with which a column is left out, rather
// than the rows where it is empty.
const mostMissing = 0.2

func (c causesCmd) screen(f *sheet.Frame) (*causesOut, error) {
	out := &causesOut{Causes: []causeOut{}, Warnings: []string{}}
	columns, warnings, err := explaining(f, c.Y, c.X)
	if err != nil {
		return nil, err
	}
	out.Warnings = append(out.Warnings, warnings...)
	y, err := f.Named(c.Y)
	if err != nil {
		return nil, err
	}
	var rows [][]float64
	var answers []float64
	for row := range f.Rows {
		v, ok, err := f.Number(row, y)
		if err != nil {
			return nil, err
		}
		values := make([]float64, len(columns))
		for i, at := range columns {
			is, there, err := f.Number(row, at)
			if err != nil {
				return nil, err
			}
			values[i], ok = is, ok && there
		}
		if ok {
			rows, answers = append(rows, values), append(answers, v)
		}
	}
	if left := len(f.Rows) - len(rows); left > 0 {
		out.Warnings = append(out.Warnings, fmt.Sprintf("%d rows have an empty cell and are left out", left))
	}
	s, err := pls.Screen(rows, answers, pls.Options{Components: c.Components, Permutations: c.Permutations, Bootstraps: c.Bootstraps, HeldOut: c.HeldOut, Seed: c.Seed})
	if err != nil {
		return nil, err
	}
	out.fill(s, f, columns)
	return out, nil
}

// explaining are the columns that are asked for, or all of numbers that are not y or
// named among others, without those that are mostly empty; and what was left out.
func explaining(f *sheet.Frame, y string, x []string, others ...string) (kept []int, warnings []string, err error) {
	var all []int
	for _, name := range x {
		at, err := f.Named(name)
		switch {
		case err != nil:
			return nil, nil, err
		case name == y:
			return nil, nil, fmt.Errorf("column %q cannot explain itself; take it out of --x", name)
		case slices.Contains(all, at):
			return nil, nil, fmt.Errorf("column %q is named twice", name)
		}
		all = append(all, at)
	}
	if len(x) == 0 {
		for at, name := range f.Header {
			if name != y && name != "" && !slices.Contains(others, name) {
				all = append(all, at)
			}
		}
	}
	for _, at := range all {
		missing, text := 0, false
		for row := range f.Rows {
			_, ok, err := f.Number(row, at)
			if err != nil && len(x) > 0 {
				return nil, nil, err
			}
			text = text || err != nil
			if !ok {
				missing++
			}
		}
		switch {
		case text:
			warnings = append(warnings, fmt.Sprintf("column %s holds text and is left out", f.Header[at]))
		case float64(missing) > mostMissing*float64(len(f.Rows)):
			warnings = append(warnings, fmt.Sprintf("column %s is empty in %d of %d rows and is left out", f.Header[at], missing, len(f.Rows)))
		default:
			kept = append(kept, at)
		}
	}
	if len(kept) == 0 {
		return nil, nil, errors.New("no column of numbers is left to learn from; name some with --x")
	}
	return kept, warnings, nil
}

func (o *causesOut) fill(s *pls.Screening, f *sheet.Frame, columns []int) {
	o.Found, o.Rows, o.Learnt, o.HeldOut, o.Block, o.Components = s.Found, s.Rows, s.Learnt, s.HeldOut, s.Block, s.Components
	o.Q2, o.P, o.R2, o.Q2HeldOut, o.RMSE, o.RMSEMean, o.Constant = s.Q2, s.P, s.Model.R2, s.Q2HeldOut, s.RMSE, s.RMSEMean, s.Model.Constant
	for _, cause := range s.Causes {
		name := f.Header[columns[cause.Column]]
		if cause.Still {
			o.Warnings = append(o.Warnings, fmt.Sprintf("column %s does not vary: nothing can be said of it", name))
			continue
		}
		o.Causes = append(o.Causes, causeOut{Column: name, VIP: cause.VIP, Effect: cause.Effect, Coef: s.Model.Coef[cause.Column], Stable: cause.Stable, R: cause.R, P: cause.P, Q: cause.Q})
	}
	if s.Block > 1 {
		o.Warnings = append(o.Warnings, fmt.Sprintf("neighbouring rows are alike: %d of them are worth one", s.Block))
	}
	if !s.Found {
		o.Warnings = append(o.Warnings, "nothing was found that holds for later rows: do not act on the list")
	}
}

func (o *causesOut) table(w io.Writer, y string) error {
	tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	verdict := "nothing found"
	if o.Found {
		verdict = "found"
	}
	fmt.Fprintf(tw, "%s\t%s\nchance of as much by chance\tp %.3g\n", y, verdict, o.P)
	fmt.Fprintf(tw, "rows\t%d learnt of, %d later ones held out\n", o.Learnt, o.HeldOut)
	fmt.Fprintf(tw, "Q² held out\t%.4g, error %.4g beside %.4g of the mean\n", o.Q2HeldOut, o.RMSE, o.RMSEMean)
	fmt.Fprintf(tw, "components\t%d, R² %.4g, Q² by stretches of time %.4g\n\n", o.Components, o.R2, o.Q2[o.Components-1])
	fmt.Fprintln(tw, "column\tVIP\tstable\teffect of one sd\tr\tp\tq")
	for _, c := range o.Causes {
		fmt.Fprintf(tw, "%s\t%.3f\t%.0f %%\t%.4g\t%.3f\t%.3g\t%.3g\n", c.Column, c.VIP, 100*c.Stable, c.Effect, c.R, c.P, c.Q)
	}
	for _, s := range o.Warnings {
		fmt.Fprintf(tw, "note\t%s\n", s)
	}
	return tw.Flush()
}
