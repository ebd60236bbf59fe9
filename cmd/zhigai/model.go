package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"text/tabwriter"

	"zhigai/calc/model"
	"zhigai/shop/quality/sheet"
)

type modelCmd struct {
	Train modelTrainCmd `cmd:"" help:"Learn from a table, and say how good that is on rows not seen, beside an answer that needs no model."`
	Score modelScoreCmd `cmd:"" help:"What a model that was trained says of the rows of a table."`
}

type modelTrainCmd struct {
	File    string   `arg:"" help:"Table as CSV or a workbook, with a line of names and rows in the order of time; - reads standard input."`
	Kind    string   `default:"trees" enum:"trees,ridge,network,pca" help:"trees, ridge, network, or pca, which learns how columns go together while all is well and needs no --y."`
	Y       string   `name:"y" placeholder:"COL" help:"Column to be told, in its own unit. When it holds 0 and 1 alone, 1 is an event and chances are said."`
	X       []string `name:"x" placeholder:"COL,…" help:"Columns to tell it by, each in its own unit; without it all columns of numbers."`
	Group   string   `placeholder:"COL" help:"Column that says which rows belong together, a run or a machine: they are judged as a whole. Without it the order of the rows is that of time, and the last quarter judges."`
	Naive   string   `placeholder:"COL" help:"Column of what is said without a model, such as the last value measured; without it the mean of what is learnt from."`
	Gap     int      `placeholder:"N" help:"Rows left out where time is split: as many as a row and its answer overlap others."`
	Share   float64  `placeholder:"SHARE" help:"Share of answers that intervals are to cover, or of rows without the event or of good rows that are to be left alone; 0.9, for events and pca 0.99."`
	Explain float64  `default:"0.9" placeholder:"SHARE" help:"Of pca: share of the variance that its components are to have."`
	Seed    uint64   `default:"1" placeholder:"N" help:"The same seed gives the same model."`
	Out     string   `placeholder:"FILE" help:"Where to write the model; it is not kept when left out."`
	JSON    bool     `name:"json" help:"Print JSON."`
}

// Help says how it learns and how it is judged.
func (modelTrainCmd) Help() string {
	return `trees: gradient boosting (Friedman, 2001). ridge: ridge regression (Hoerl & Kennard, 1970), lambda by stretches of
time. network: two hidden layers of tanh, Adam (Kingma & Ba, 2015), stopped by its last rows. pca: T² and SPE (Q) with
limits by quantiles of good rows that nothing was learnt from; beside them those of theory (Tracy, Young & Mason, 1992;
Jackson & Mudholkar, 1979).

Rows that judge are never drawn at random. Better than naive is said when blocks of squared errors are smaller, by more
than chance, than those of --naive and those of the mean (paired t tests, p < 0.05; Diebold & Mariano, 1995). Errors and
widths are in the unit of --y.`
}

// modelFile is what is written.
type modelFile struct {
	Y       string         `json:"y,omitempty"`
	Learnt  *model.Learnt  `json:"model,omitempty"`
	Monitor *model.Monitor `json:"monitor,omitempty"`
}

// modelTrained is the figures of a model; its columns are those that are used.
type modelTrained struct {
	Kind     string         `json:"kind"`
	Y        string         `json:"y,omitempty"`
	Columns  []string       `json:"columns"`
	LeftOut  int            `json:"left_out"` // rows with an empty cell
	Verdict  *model.Verdict `json:"verdict,omitempty"`
	Watched  *model.Watched `json:"watched,omitempty"`
	Limits   *monitorLimits `json:"limits,omitempty"`
	Lambda   *float64       `json:"lambda,omitempty"`
	Epochs   int            `json:"epochs,omitempty"`
	Says     string         `json:"says"`
	Warnings []string       `json:"warnings"`
	file     modelFile
}

type monitorLimits struct {
	Components int     `json:"components"`
	Explained  float64 `json:"explained"`
	T2         float64 `json:"t2"`
	SPE        float64 `json:"spe"`
	T2Theory   float64 `json:"t2_theory"`
	SPETheory  float64 `json:"spe_theory"`
}

func (c modelTrainCmd) Run() error {
	f, err := readFrame(c.File)
	if err != nil {
		return err
	}
	out, err := c.train(f)
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	if c.Out != "" {
		raw, err := json.Marshal(out.file)
		if err != nil {
			return err
		}
		if err := os.WriteFile(c.Out, raw, 0o644); err != nil {
			return err
		}
	}
	if c.JSON {
		return printJSON(out)
	}
	return out.table()
}

func (c modelTrainCmd) train(f *sheet.Frame) (*modelTrained, error) {
	switch {
	case c.Kind == "pca" && (c.Y != "" || c.Naive != "" || c.Group != ""):
		return nil, fmt.Errorf("pca tells no column and splits time: leave --y, --naive and --group out")
	case c.Kind != "pca" && c.Y == "":
		return nil, fmt.Errorf("--y COL says what is to be told; only pca goes without")
	}
	columns, warnings, err := explaining(f, c.Y, c.X, c.Group, c.Naive)
	if err != nil {
		return nil, err
	}
	out := &modelTrained{Kind: c.Kind, Y: c.Y, Warnings: append([]string{}, warnings...)}
	for _, at := range columns {
		out.Columns = append(out.Columns, f.Header[at])
	}
	t, err := c.read(f, columns)
	if err != nil {
		return nil, err
	}
	t.Names = out.Columns
	if out.LeftOut = len(f.Rows) - len(t.Rows); out.LeftOut > 0 {
		out.Warnings = append(out.Warnings, fmt.Sprintf("%d rows have an empty cell and are left out", out.LeftOut))
	}
	if c.Kind == "pca" {
		return out, c.monitor(t, out)
	}
	return out, c.learn(t, out)
}

// read makes a table of the columns; rows with an empty cell are left out.
func (c modelTrainCmd) read(f *sheet.Frame, columns []int) (model.Table, error) {
	var t model.Table
	all := slices.Clone(columns)
	for _, name := range []string{c.Y, c.Naive} {
		at, err := f.Optional(name)
		if err != nil {
			return t, err
		}
		all = append(all, at)
	}
	group, err := f.Optional(c.Group)
	if err != nil {
		return t, err
	}
	groups := map[string]int{}
	for row := range f.Rows {
		values, whole := make([]float64, len(all)), true
		for i, at := range all {
			if at < 0 {
				continue
			}
			v, ok, err := f.Number(row, at)
			if err != nil {
				return t, err
			}
			values[i], whole = v, whole && ok
		}
		if !whole {
			continue
		}
		n := len(columns)
		t.Rows, t.Y = append(t.Rows, values[:n:n]), append(t.Y, values[n])
		if c.Naive != "" {
			t.Naive = append(t.Naive, values[n+1])
		}
		if group >= 0 {
			name := f.Rows[row].Cell(group)
			if _, ok := groups[name]; !ok {
				groups[name] = len(groups)
			}
			t.Group = append(t.Group, groups[name])
		}
	}
	return t, nil
}

// Shares that are taken when none is asked for.
const (
	usualCover = 0.9
	usualQuiet = 0.99
)

func (c modelTrainCmd) learn(t model.Table, out *modelTrained) error {
	w := model.Way{Kind: model.Kind(c.Kind), Gap: c.Gap, Seed: c.Seed, Share: c.Share}
	w.Binary = !slices.ContainsFunc(t.Y, func(v float64) bool { return v != 0 && v != 1 })
	if w.Share == 0 {
		w.Share = usualCover
		if w.Binary {
			w.Share = usualQuiet
		}
	}
	l, v, err := model.Learn(t, w)
	if err != nil {
		return err
	}
	v.Points = nil
	out.Verdict, out.file = &v, modelFile{Y: c.Y, Learnt: l}
	if l.Ridge != nil {
		out.Lambda = &l.Ridge.Lambda
	}
	if l.Net != nil {
		out.Epochs = l.Net.Epochs
	}
	switch {
	case v.Better:
		out.Says = "better than the naive answer"
	case v.P == nil:
		out.Says = "too few rows to tell whether it is better than the naive answer: do not use it yet"
	default:
		out.Says = "no better than the naive answer: do not use it"
	}
	return nil
}

func (c modelTrainCmd) monitor(t model.Table, out *modelTrained) error {
	share := c.Share
	if share == 0 {
		share = usualQuiet
	}
	m, w, err := model.TrainMonitor(t.Names, t.Rows, model.MonitorOptions{Explain: c.Explain, Share: share, Gap: c.Gap})
	if err != nil {
		return err
	}
	out.Watched, out.file = &w, modelFile{Monitor: m}
	out.Limits = &monitorLimits{len(m.Loadings), m.Explained, m.T2Limit, m.SPELimit, m.T2Theory, m.SPETheory}
	for j, sd := range m.SD {
		if sd == 0 {
			out.Warnings = append(out.Warnings, fmt.Sprintf("column %s did not vary and is not looked at", m.Names[j]))
		}
	}
	out.Says = "good rows not seen lie within the limits"
	if !w.Steady {
		out.Says = "more good rows not seen are outside than may be: the time was not one in which all was well, or too short"
	}
	return nil
}

func (o *modelTrained) table() error {
	tw := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintf(tw, "%s\t%s\n", o.Kind, o.Says)
	if w, l := o.Watched, o.Limits; w != nil {
		fmt.Fprintf(tw, "rows\t%d learnt of, %d made limits, %d later ones judged\n", w.Learnt, w.Limits, w.HeldOut)
		fmt.Fprintf(tw, "components\t%d, with %.1f %% of the variance\n", l.Components, 100*l.Explained)
		fmt.Fprintf(tw, "limit of T²\t%.4g, in theory %.4g\nlimit of SPE\t%.4g, in theory %.4g\n", l.T2, l.T2Theory, l.SPE, l.SPETheory)
		fmt.Fprintf(tw, "outside\t%.2f %% of the judged rows, up to %.2f %% may be\n", 100*w.Outside, 100*w.Expected)
	}
	if v := o.Verdict; v != nil {
		fmt.Fprintf(tw, "rows\t%d learnt of, %d judged, by %s\n", v.Learnt, v.HeldOut, v.By)
		fmt.Fprintf(tw, "RMSE\t%.5g, naive %.5g, of the mean %.5g\n", v.RMSE, v.NaiveRMSE, v.MeanRMSE)
		if v.P != nil {
			fmt.Fprintf(tw, "as good by chance\tp %.3g of %d blocks\n", *v.P, v.Blocks)
		}
		if v.Covered != nil {
			fmt.Fprintf(tw, "covered\t%.1f %% by intervals %.4g wide\n", 100**v.Covered, *v.Width)
		}
		if v.AUC != nil {
			fmt.Fprintf(tw, "area under the curve\t%.3f\n", *v.AUC)
		}
		if v.Warned != nil {
			fmt.Fprintf(tw, "warned\tof %.1f %% of the rows with the event, of %.1f %% without\n", 100**v.Warned, 100**v.FalseWarned)
		}
	}
	for _, s := range o.Warnings {
		fmt.Fprintf(tw, "note\t%s\n", s)
	}
	return tw.Flush()
}
