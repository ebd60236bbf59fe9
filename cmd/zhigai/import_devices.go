package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/record/shop"
	"zhigai/shop/bulk"
)

type devicesCmd struct {
	File         string `arg:"" help:"Sheet of machines, one a row: .xlsx, or .csv in UTF-8 or GB 18030; - reads standard input."`
	DryRun       bool   `help:"Say what each row would do and change nothing."`
	CreatePlaces bool   `help:"Make the areas, lines and cells that are missing."`
	place        `embed:""`
}

// Run previews and imports a sheet as the page does. Rows that are wrong are
// printed and end it with 1, and nothing is imported.
func (c devicesCmd) Run(ctx context.Context) error {
	sheet, err := c.sheet()
	if err != nil {
		return err
	}
	rec, err := openRecord(ctx, c.place)
	if err != nil {
		return err
	}
	defer rec.Close()
	drivers := throwawayDrivers().List
	known, err := loadRulesOf(ctx, rec, drivers)
	if err != nil {
		return err
	}
	vault, err := vaultOf(c.place)
	if err != nil {
		return err
	}
	desk := &bulk.Desk{Plants: shop.NewPlants(rec).Sealed(known.secrets(vault)), Profiles: known.profiles, Drivers: drivers}
	by := access.Node(homeTenant)
	ctx = access.With(ctx, by)
	plan, err := desk.Plan(ctx, by.Scope, sheet, c.CreatePlaces, plant.MicrosOf(time.Now()))
	if err != nil {
		return err
	}
	printPlan(os.Stdout, plan)
	switch wrong := plan.Counts[bulk.Wrong] + plan.Counts[bulk.Doubled]; {
	case wrong > 0:
		fmt.Printf("%d of %d rows are to be mended; nothing was imported\n", wrong, len(plan.Rows))
		return exitCode(1)
	case c.DryRun:
		fmt.Println("nothing was imported; leave out --dry-run to do so")
		return nil
	}
	done, err := desk.Apply(ctx, by.Scope, sheet, c.CreatePlaces, plan.Revision, plant.MicrosOf(time.Now()))
	if err != nil {
		return err
	}
	if done.Nodes > 0 {
		if err := access.NewAudit(rec.Access(), time.Now).Record(ctx, by, bulk.ActionImport, sheet.File, nil, done); err != nil {
			return err
		}
	}
	fmt.Printf("imported: %d added, %d changed, %d unchanged, %d places made\n", done.Made, done.Changed, done.Unchanged, done.Places)
	return nil
}

func (c devicesCmd) sheet() (bulk.Sheet, error) {
	in, closeInput, err := input(c.File)
	if err != nil {
		return bulk.Sheet{}, err
	}
	defer closeInput()
	raw, err := io.ReadAll(io.LimitReader(in, bulk.MaxBytes+1)) // one more, so that Read says that it is too long
	if err != nil {
		return bulk.Sheet{}, fmt.Errorf("%s: %w", c.File, err)
	}
	return bulk.Read(filepath.Base(c.File), raw)
}

// printPlan says what the page's preview says. Rows that change nothing are
// counted only.
func printPlan(w io.Writer, p bulk.Plan) {
	for _, r := range p.Rows {
		if r.Status != bulk.Unchanged {
			fmt.Fprintf(w, "row %d: %s %s\n", r.Line, r.Status, r.Path)
		}
		for _, x := range r.Problems {
			fmt.Fprintf(w, "  %s %q: %s; %s\n", x.Column, x.Value, x.What, x.Fix)
		}
		for _, x := range r.Changes {
			fmt.Fprintf(w, "  %s: %q, was %q\n", x.Column, x.Is, x.Was)
		}
	}
	for _, one := range p.Places {
		fmt.Fprintf(w, "missing place: %s (%s)\n", one.Path, one.Level)
	}
	for _, s := range []bulk.Status{bulk.New, bulk.Changed, bulk.Unchanged, bulk.Doubled, bulk.Wrong} {
		if n := p.Counts[s]; n > 0 {
			fmt.Fprintf(w, "%s: %d\n", s, n)
		}
	}
}
