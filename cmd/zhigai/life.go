package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"text/tabwriter"

	"zhigai/calc/life"
	"zhigai/shop/health"
)

type lifeCmd struct {
	Train   lifeTrainCmd   `cmd:"" help:"Learn from runs to failure, and say how well that does on runs it has not seen."`
	Predict lifePredictCmd `cmd:"" help:"How many cycles things that still run have left, with an interval, by a model that was trained."`
}

type lifeTrainCmd struct {
	File  string  `arg:"" help:"Runs to failure, a line for each cycle: thing, cycle from 1 on, settings and signals, parted by spaces or commas, as C-MAPSS writes them; may be packed by gzip; - reads standard input."`
	Out   string  `placeholder:"FILE" help:"Where to write the model; it is not kept when left out."`
	Most  float64 `default:"125" help:"Cycles where life is capped: far from the end nothing shows (Heimes, PHM 2008)."`
	Share float64 `default:"0.9" help:"Share of lives that intervals are to cover, 0 to 1."`
	Seed  uint64  `default:"1" help:"The same seed gives the same model."`
	Folds int     `default:"5" help:"Into how many parts the runs are cut to judge: each is left out once, and one random cut of each of its runs is answered for."`
	JSON  bool    `name:"json" help:"Print JSON."`
}

// Help says how it learns and how it is judged.
func (lifeTrainCmd) Help() string {
	return `Gradient-boosted regression trees (Friedman, 2001) over means, slopes and drifts of the signals that vary. A quarter
of the runs is kept back, and intervals are made so wide that they cover the share asked of those (split conformal
prediction, Lei et al., JASA 2018), wider where errors are larger. RMSE and widths are in cycles.`
}

// lifeTrained is the figures of a way of training, and the model's window.
type lifeTrained struct {
	Runs    int          `json:"runs"`
	Cycles  int          `json:"cycles"`
	Options life.Options `json:"options"`
	Judged  life.Verdict `json:"judged"`
	Model   *life.Model  `json:"model,omitempty"`
}

func (c lifeTrainCmd) Run() error {
	runs, err := readRuns(c.File)
	if err != nil {
		return err
	}
	o := life.Usual()
	o.Most, o.Share, o.Seed, o.Tree.Seed = c.Most, c.Share, c.Seed, c.Seed
	out := lifeTrained{Runs: len(runs), Options: o}
	for _, r := range runs {
		out.Cycles += len(r.Values)
	}
	if out.Judged, err = life.Judge(runs, o, c.Folds); err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	if out.Model, err = life.Train(runs, o); err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	if c.Out != "" {
		raw, err := json.Marshal(out)
		if err != nil {
			return err
		}
		if err := os.WriteFile(c.Out, raw, 0o644); err != nil {
			return err
		}
	}
	if c.JSON {
		out.Model = nil
		return printJSON(out)
	}
	tw := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintf(tw, "learnt from\t%d runs, %d cycles\nkept back\t%d runs\nRMSE\t%.2f cycles, of %d runs not seen\n", out.Runs, out.Cycles, out.Model.Kept, out.Judged.RMSE, out.Judged.Runs)
	if out.Judged.Intervals == 0 {
		fmt.Fprintf(tw, "covered\tnot known: too few runs are kept back to make intervals for %.0f %%\n", 100*c.Share)
		return tw.Flush()
	}
	fmt.Fprintf(tw, "covered\t%.1f %% by intervals made for %.0f %%\nwidth\t%.1f cycles\n", 100*out.Judged.Covered, 100*c.Share, out.Judged.Width)
	return tw.Flush()
}

type lifePredictCmd struct {
	Model string `arg:"" help:"Model that zhigai life train wrote."`
	File  string `arg:"" help:"Things that still run, in the form of the runs learnt from; - reads standard input."`
	JSON  bool   `name:"json" help:"Print JSON."`
}

type lifeOut struct {
	Unit   string   `json:"unit"`
	Cycle  int      `json:"cycle"`
	Life   float64  `json:"life"`
	Low    *float64 `json:"low"` // null when too few runs were kept back
	High   *float64 `json:"high"`
	Capped bool     `json:"capped"` // so long or longer
}

// driftSaid is the population stability index above which a new model is asked
// for (Siddiqi, Credit risk scorecards, 2006, chapter 9), and driftRows how many
// rows it takes for that to mean something.
const (
	driftSaid = 0.25
	driftRows = 200
)

func (c lifePredictCmd) Run() error {
	raw, err := readLimited(c.Model)
	if err != nil {
		return err
	}
	var kept lifeTrained
	if err := json.Unmarshal(raw, &kept); err != nil || kept.Model == nil {
		return fmt.Errorf("%s: is no model that zhigai life train --out wrote", c.Model)
	}
	if err := kept.Model.Check(); err != nil {
		return fmt.Errorf("%s: %w", c.Model, err)
	}
	runs, err := readRuns(c.File)
	if err != nil {
		return err
	}
	out := struct {
		Units    []lifeOut `json:"units"`
		MaxDrift *float64  `json:"max_drift"` // null of too few cycles
	}{Units: []lifeOut{}}
	rows := 0
	for _, r := range runs {
		a, err := kept.Model.Predict(r)
		if err != nil {
			return fmt.Errorf("%s: %w", c.File, err)
		}
		o := lifeOut{Unit: r.ID, Cycle: len(r.Values), Life: a.Life, Capped: a.High >= kept.Model.Options.Most}
		if a.Interval {
			o.Low, o.High = &a.Low, &a.High
		}
		out.Units = append(out.Units, o)
		rows += len(r.Values)
	}
	if rows >= driftRows {
		drift, err := kept.Model.Drift(runs)
		if err != nil {
			return err
		}
		out.MaxDrift = new(slices.Max(drift))
	}
	if c.JSON {
		return printJSON(out)
	}
	tw := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(tw, "unit\tcycle\tleft\tfrom\tto")
	for _, o := range out.Units {
		fmt.Fprintf(tw, "%s\t%d\t%.0f", o.Unit, o.Cycle, o.Life)
		if o.Low != nil {
			fmt.Fprintf(tw, "\t%.0f\t%.0f", *o.Low, *o.High)
			if o.Capped {
				fmt.Fprint(tw, " or more")
			}
		}
		fmt.Fprintln(tw)
	}
	if out.MaxDrift != nil && *out.MaxDrift > driftSaid {
		fmt.Fprintf(tw, "\nwhat runs now lies elsewhere than what was learnt from (stability index %.2f): be careful, and train anew\n", *out.MaxDrift)
	}
	return tw.Flush()
}

// readRuns reads a file, packed or not.
func readRuns(name string) ([]life.Run, error) {
	raw, err := readLimited(name)
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(raw, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(bytes.NewReader(raw))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if raw, err = io.ReadAll(io.LimitReader(z, maxProblemBytes+1)); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if len(raw) > maxProblemBytes {
			return nil, fmt.Errorf("%s: holds more than %d MB", name, maxProblemBytes>>20)
		}
	}
	runs, err := health.ParseRuns(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return runs, nil
}
