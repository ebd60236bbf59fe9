package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"

	"zhigai/access"
	"zhigai/data"
	"zhigai/programme/machine"
	"zhigai/programme/target"
)

type figuresCmd struct {
	Export figuresExportCmd `cmd:"" help:"Fold indicators for a region and a year, and write value, terms, coverage, confidence and evidence root."`
}

type figuresExportCmd struct {
	place     `embed:""`
	Indicator []string `help:"Which, as backbone-networking-rate; all when left out." placeholder:"ID"`
	Region    string   `help:"Beginning of a division code: 33, 3306, 330624; everywhere when left out." placeholder:"CODE"`
	Sector    string   `help:"Beginning of a class of GB/T 4754 with its section: C, C34, C3451." placeholder:"CODE"`
	Period    string   `required:"" help:"The year: 2026." placeholder:"YEAR"`
	Base      int      `help:"Year that growth is counted from; left out: the one that is set." placeholder:"YEAR"`
	Parts     bool     `help:"Also the terms of each county."`
	JSON      bool     `help:"JSON in place of CSV." name:"json"`
}

// figuresQuestion is what a running node is asked.
type figuresQuestion struct {
	Indicators []string `json:"indicators"`
	Region     string   `json:"region"`
	Sector     string   `json:"sector"`
	Year       int      `json:"year"`
	Base       int      `json:"base"`
	Parts      bool     `json:"parts"`
}

// exported is one indicator as it is written.
type exported struct {
	target.Result
	Region  string `json:"region"`
	Sector  string `json:"sector"`
	Formula string `json:"formula"`
	// Verified says whether the definition was compared with an official text.
	Verified string `json:"verified"`
	Source   string `json:"source"`
}

// Run writes to standard output.
func (c figuresExportCmd) Run(ctx context.Context) error { return c.do(ctx, os.Stdout) }

func (c figuresExportCmd) do(ctx context.Context, out io.Writer) error {
	q := figuresQuestion{Indicators: c.Indicator, Region: c.Region, Sector: c.Sector, Base: c.Base, Parts: c.Parts}
	var err error
	if q.Year, err = strconv.Atoi(c.Period); err != nil {
		return fmt.Errorf("--period %s: indicators are of a year; write one, 2026", c.Period)
	}
	all, err := onNode(ctx, c.place, "/figures/export", q, func(s *stores) ([]exported, error) {
		desk, err := s.targetsAlone()
		if err != nil {
			return nil, err
		}
		return exportFigures(ctx, desk, q)
	})
	if err != nil {
		return err
	}
	if c.JSON {
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		return enc.Encode(all)
	}
	return writeFigures(out, all)
}

// targetsAlone is the desk of targets of a node that does not run.
func (s *stores) targetsAlone() (*target.Desk, error) {
	book, err := target.Load(data.FS)
	if err != nil {
		return nil, err
	}
	codes, err := codesOf(data.FS)
	if err != nil {
		return nil, err
	}
	rule, err := machine.LoadRule(data.FS, networkedRule)
	if err != nil {
		return nil, err
	}
	return s.newTargets(book, rule, codes), nil
}

func exportFigures(ctx context.Context, desk *target.Desk, q figuresQuestion) ([]exported, error) {
	about := target.Question{Region: q.Region, Sector: q.Sector, Year: q.Year, Base: q.Base, Areas: []access.Area{{}}}
	results, err := desk.Results(ctx, homeTenant, q.Indicators, about)
	if err != nil {
		return nil, err
	}
	out := make([]exported, len(results))
	for i, r := range results {
		ind, err := desk.Book.Indicator(r.Definition.ID)
		if err != nil {
			return nil, err
		}
		if !q.Parts {
			r.Parts = []target.Part{}
		}
		out[i] = exported{Result: r, Region: q.Region, Sector: q.Sector, Formula: ind.Formula, Verified: ind.Verified, Source: ind.Source}
	}
	return out, nil
}

// writeFigures writes one line for each term, so that a sheet can add them up
// again.
func writeFigures(out io.Writer, all []exported) error {
	w := csv.NewWriter(out)
	line := func(cells ...string) error { return w.Write(cells) }
	errs := []error{line("indicator", "version", "name", "region", "year", "value", "reason", "unit", "coverage", "confidence", "verified", "root", "county", "term", "count")}
	for _, r := range all {
		value, coverage := "", ""
		if r.Value != nil {
			value = strconv.FormatFloat(*r.Value, 'g', -1, 64)
		}
		if r.Coverage != nil {
			coverage = strconv.FormatFloat(*r.Coverage, 'g', -1, 64)
		}
		terms := func(county string, of map[string]int64) {
			for _, t := range slices.Sorted(maps.Keys(of)) {
				errs = append(errs, line(r.Definition.ID, strconv.Itoa(r.Definition.Version), r.Definition.Name.ZH, r.Region, strconv.Itoa((r.Window.To-1).Time().Year()),
					value, r.Reason, r.Unit, coverage, r.Confidence, r.Verified, r.Root, county, t, strconv.FormatInt(of[t], 10)))
			}
		}
		terms("", r.Terms)
		for _, p := range r.Parts {
			terms(p.Region, p.Terms)
		}
	}
	w.Flush()
	return errors.Join(append(errs, w.Error())...)
}
