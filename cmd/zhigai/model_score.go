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

type modelScoreCmd struct {
	Model string `arg:"" help:"Model that zhigai model train --out wrote."`
	File  string `arg:"" help:"Table with the columns that it was trained on, in the same units; - reads standard input."`
	JSON  bool   `name:"json" help:"Print JSON."`
}

// modelScored is what a model says of a table.
type modelScored struct {
	Y        string      `json:"y,omitempty"`
	Rows     []scoredRow `json:"rows"`
	MaxDrift *float64    `json:"max_drift"` // null of too few rows
	Drifts   string      `json:"max_drift_column,omitempty"`
	binary   bool
}

// scoredRow is what is said of a line; numbers are null of one with an empty cell.
type scoredRow struct {
	Line    int      `json:"line"`
	Value   *float64 `json:"value,omitempty"`
	Low     *float64 `json:"low,omitempty"`
	High    *float64 `json:"high,omitempty"`
	Warns   bool     `json:"warns,omitempty"`
	T2      *float64 `json:"t2,omitempty"`
	SPE     *float64 `json:"spe,omitempty"`
	Outside bool     `json:"outside,omitempty"`
	Most    string   `json:"most,omitempty"` // column with the most of what is outside
	Why     string   `json:"why,omitempty"`  // why there is nothing
}

func (c modelScoreCmd) Run() error {
	raw, err := readLimited(c.Model)
	if err != nil {
		return err
	}
	var kept modelFile
	if err := json.Unmarshal(raw, &kept); err != nil || kept.Learnt == nil && kept.Monitor == nil {
		return fmt.Errorf("%s: is no model that zhigai model train --out wrote", c.Model)
	}
	f, err := readFrame(c.File)
	if err != nil {
		return err
	}
	out, err := kept.score(f)
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	if c.JSON {
		return printJSON(out)
	}
	return out.table()
}

func (m modelFile) score(f *sheet.Frame) (*modelScored, error) {
	var names []string
	var watch *model.Watch
	var err error
	out := &modelScored{Y: m.Y, Rows: []scoredRow{}}
	if m.Learnt != nil {
		err = m.Learnt.Check()
		names, watch, out.binary = m.Learnt.Names, m.Learnt.Watch, m.Learnt.Binary
	} else {
		err = m.Monitor.Check()
		names, watch = m.Monitor.Names, m.Monitor.Watch
	}
	if err != nil {
		return nil, err
	}
	columns := make([]int, len(names))
	for j, name := range names {
		if columns[j], err = f.Named(name); err != nil {
			return nil, err
		}
	}
	var whole [][]float64
	for row := range f.Rows {
		one := scoredRow{Line: f.Rows[row].Line}
		values := make([]float64, len(columns))
		for j, at := range columns {
			v, ok, err := f.Number(row, at)
			if err != nil {
				return nil, err
			}
			if values[j] = v; !ok && one.Why == "" {
				one.Why = fmt.Sprintf("column %s is empty", names[j])
			}
		}
		if one.Why == "" {
			whole = append(whole, values)
			if err := m.ask(values, &one); err != nil {
				return nil, err
			}
		}
		out.Rows = append(out.Rows, one)
	}
	if len(whole) < driftRows {
		return out, nil
	}
	drift, err := watch.Drift(whole)
	if err != nil {
		return nil, err
	}
	out.MaxDrift = new(slices.Max(drift))
	out.Drifts = names[slices.Index(drift, *out.MaxDrift)]
	return out, nil
}

func (m modelFile) ask(values []float64, one *scoredRow) error {
	if m.Learnt != nil {
		s, err := m.Learnt.Predict(values)
		one.Value, one.Low, one.High, one.Warns = &s.Value, s.Low, s.High, s.Warns
		return err
	}
	c, err := m.Monitor.Ask(values)
	if err != nil {
		return err
	}
	one.T2, one.SPE, one.Outside = &c.T2, &c.SPE, c.Outside
	if !c.Outside {
		return nil
	}
	t2, spe, err := m.Monitor.Contributions(values)
	if c.SPE > m.Monitor.SPELimit {
		t2 = spe
	}
	if err == nil {
		one.Most = m.Monitor.Names[slices.Index(t2, slices.Max(t2))]
	}
	return err
}

func (o *modelScored) table() error {
	tw := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(tw, o.header())
	for _, r := range o.Rows {
		switch {
		case r.Why != "":
			fmt.Fprintf(tw, "%d\tnothing: %s\n", r.Line, r.Why)
		case r.T2 != nil:
			fmt.Fprintf(tw, "%d\t%.4g\t%.4g\t%s\t%s\n", r.Line, *r.T2, *r.SPE, yes(r.Outside), r.Most)
		case o.binary:
			fmt.Fprintf(tw, "%d\t%.3f\t%s\n", r.Line, *r.Value, yes(r.Warns))
		case r.Low == nil:
			fmt.Fprintf(tw, "%d\t%.6g\n", r.Line, *r.Value)
		default:
			fmt.Fprintf(tw, "%d\t%.6g\t%.6g\t%.6g\n", r.Line, *r.Value, *r.Low, *r.High)
		}
	}
	if o.MaxDrift != nil && *o.MaxDrift > driftSaid {
		fmt.Fprintf(tw, "\ncolumn %s lies elsewhere than what was learnt from (stability index %.2f): be careful, and train anew\n", o.Drifts, *o.MaxDrift)
	}
	return tw.Flush()
}

func (o *modelScored) header() string {
	switch {
	case o.Y == "":
		return "line\tT²\tSPE\toutside\tmost by"
	case o.binary:
		return "line\tchance of " + o.Y + "\twarns"
	}
	return "line\t" + o.Y + "\tfrom\tto"
}

func yes(v bool) string {
	if v {
		return "yes"
	}
	return "no"
}
