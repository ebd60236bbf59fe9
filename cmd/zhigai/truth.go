package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"text/tabwriter"

	"zhigai/data"
	"zhigai/truth"
)

type truthCmd struct {
	Data string   `required:"" env:"ZHIGAI_REFDATA" placeholder:"DIR" help:"Folder with a folder for each set of reference data."`
	Set  []string `placeholder:"NAME,…" help:"Only these sets."`
	JSON bool     `name:"json" help:"Print JSON."`
}

// truthOut is the report of all sets.
type truthOut struct {
	Rows    []truth.Row `json:"rows"`
	Missing []string    `json:"missing"` // sets whose folder is not there
	Failed  int         `json:"failed"`
}

func (c truthCmd) Run() error {
	var out truthOut
	for _, name := range c.Set {
		if !slices.ContainsFunc(truth.Sets, func(s truth.Set) bool { return s.Folder == name }) {
			return fmt.Errorf("--set %s: no such set; there are %s", name, sets())
		}
	}
	for _, s := range truth.Sets {
		if len(c.Set) > 0 && !slices.Contains(c.Set, s.Folder) {
			continue
		}
		rows, err := s.Rows(c.Data, data.FS)
		switch {
		case errors.Is(err, fs.ErrNotExist) && len(rows) == 0:
			out.Missing = append(out.Missing, s.Folder)
		case err != nil:
			return err
		}
		out.Rows = append(out.Rows, rows...)
	}
	for _, r := range out.Rows {
		if !r.Pass {
			out.Failed++
		}
	}
	if err := out.print(c.JSON); err != nil {
		return err
	}
	switch {
	case out.Failed > 0:
		return fmt.Errorf("%d of %d quantities are not as the references have them", out.Failed, len(out.Rows))
	case len(out.Rows) == 0:
		return fmt.Errorf("%s: there is none of the sets %s in it", c.Data, sets())
	}
	return nil
}

func sets() (names []string) {
	for _, s := range truth.Sets {
		names = append(names, s.Folder)
	}
	return names
}

func (o truthOut) print(asJSON bool) error {
	if asJSON {
		return printJSON(o)
	}
	return o.table(os.Stdout)
}

func (o truthOut) table(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(tw, "data set\tquantity\tours\treference\terror\tlimit\tpass")
	for _, r := range o.Rows {
		pass := "yes"
		if !r.Pass {
			pass = "NO"
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.Set, r.What, r.Ours, r.Theirs, r.Error, r.Limit, pass)
	}
	for _, name := range o.Missing {
		fmt.Fprintf(tw, "%s\tits folder is not there\t\t\t\t\t\n", name)
	}
	fmt.Fprintf(tw, "\n%d of %d quantities as the references have them\n", len(o.Rows)-o.Failed, len(o.Rows))
	return tw.Flush()
}
