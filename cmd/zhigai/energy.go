package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"text/tabwriter"
	"time"

	"zhigai/calc/energy"
	"zhigai/shop/energy/sheet"
)

type energyCmd struct {
	Baseline energyBaselineCmd `cmd:"" help:"A baseline of a table: model, fit, what was saved against it with its uncertainty, CUSUM, performance indicators (ISO 50006, IPMVP option C, ASHRAE Guideline 14)."`
	Totals   energyTotalsCmd   `cmd:"" help:"Energy of a table by day, month and column, greatest demand, power factor."`
}

// energyTable is a table of energy over time.
type energyTable struct {
	File     string `arg:"" help:"Table as CSV or a workbook, with a line of names; - reads standard input."`
	Time     string `required:"" placeholder:"COL" help:"Column of the time: YYYY-MM-DD hh:mm and other usual forms, of an even step."`
	Y        string `required:"" name:"y" placeholder:"COL" help:"Column of the energy of each interval, in any unit; totals and demand take it for kWh."`
	Interval string `enum:"auto,start,end" default:"auto" help:"What the time marks: the beginning or the end of its interval. auto finds it out, also where midnight stands at the date that it ends, and says so."`
	Zone     string `placeholder:"NAME" help:"Time zone of a clock that is set twice a year, such as Europe/Berlin; hours that stand there twice or not at all are then understood. Left out, days have 24 hours."`
	JSON     bool   `name:"json" help:"Print JSON."`
}

func (t energyTable) read() (f *sheet.Frame, zone *time.Location, err error) {
	if t.Zone != "" {
		if zone, err = time.LoadLocation(t.Zone); err != nil {
			return nil, nil, fmt.Errorf("--zone %s: %w; write a name such as Asia/Shanghai", t.Zone, err)
		}
	}
	text, err := readLimited(t.File)
	if err != nil {
		return nil, nil, err
	}
	if f, err = sheet.Parse(text); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", t.File, err)
	}
	return f, zone, nil
}

type energyBaselineCmd struct {
	energyTable
	X           []string `name:"x" placeholder:"COL,…" help:"What explains the energy: columns; COL=WORD (1 where the column says so, hours of a longer period), COL/60, mean:COL; weekend, hour, days by the time. Columns are added up over a period."`
	Model       string   `enum:"linear,degree-heating,degree-cooling,degree-days,3p-heating,3p-cooling,4p,5p" default:"linear" help:"linear in x alone; with degree days whose base temperature is searched; with change points (ASHRAE RP-1050)."`
	Temperature string   `placeholder:"COL" help:"Column of the outdoor temperature, in any unit, for models of it."`
	Every       string   `enum:"row,day,week,month" default:"row" help:"Put rows together to periods; one of which time is missing is left out and said."`
	Fit         string   `placeholder:"A..B" help:"Periods the baseline is made of: dates and months with all of B, instants up to B; all when left out."`
	Apply       string   `placeholder:"A..B" help:"Periods that are held against it."`
	Confidence  float64  `default:"0.9" help:"Share of such intervals that hold the truth, 0..1."`
	Per         string   `placeholder:"TERM" help:"The variable that energy per unit is told of; the first of x when left out."`
}

func (c energyBaselineCmd) Run() error {
	f, zone, err := c.read()
	if err != nil {
		return err
	}
	a, err := f.Baseline(sheet.Ask{
		Time: c.Time, Marks: sheet.Marks(c.Interval), Zone: zone, Y: c.Y, X: c.X, Temperature: c.Temperature, Model: energy.Kind(c.Model),
		Every: c.Every, Fit: c.Fit, Apply: c.Apply, Confidence: c.Confidence, Per: c.Per,
	})
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	if c.JSON {
		return printJSON(a)
	}
	return printBaseline(os.Stdout, a)
}

func printBaseline(w io.Writer, a *sheet.Answer) error {
	tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintf(tw, "time\t%s marks the %s of %d s (%s)\n", a.Time.Column, a.Time.Marks, a.Time.Step, a.Time.Why)
	fmt.Fprintf(tw, "fit\t%s, %d periods (%s)\n\n", a.Fit, a.Statistics.N, a.Every)
	fmt.Fprintln(tw, "term\tcoefficient\tstandard error\tt\tp")
	for i, name := range a.Model.Terms {
		fmt.Fprintf(tw, "%s\t%.10g\t%s\t%s\t%s\n", name, a.Model.Coef[i], digits(a.Model.StdErr[i], 10), digits(a.Model.T[i], 4), digits(a.Model.P[i], 3))
	}
	for _, b := range a.Model.Breaks {
		fmt.Fprintf(tw, "%s\t%.6g\n", b.Name, b.At)
	}
	s := a.Statistics
	fmt.Fprintf(tw, "\nR²\t%s, adjusted %s\nCV(RMSE)\t%s\nNMBE\t%s\nDurbin-Watson\t%s\n", digits(s.R2, 8), digits(s.AdjR2, 8), digits(s.CVRMSE, 6), digits(s.NMBE, 3), digits(s.DW, 4))
	fmt.Fprintf(tw, "accepted\t%v\n", a.Accepted)
	for _, c := range a.Checks {
		if !c.Pass {
			fmt.Fprintf(tw, "  not passed\t%s is %s, limit %g (%s)\n", c.What, digits(c.Value, 4), c.Limit, c.Source)
		}
	}
	if v := a.Savings; v != nil {
		fmt.Fprintf(tw, "\napplied to\t%s, %d periods\nexpected\t%.10g\nactual\t%.10g\nsaved\t%.10g (%s)\nuncertainty\t± %s at %g (%s of what was saved)\n",
			a.Apply, v.M, v.Expected, v.Actual, v.Saving, percent(v.Share), digits(v.Uncertainty, 6), v.Confidence, percent(v.Fractional))
		fmt.Fprintf(tw, "CUSUM\tends at %.10g; --json prints all %d\n", a.CUSUM[len(a.CUSUM)-1].CUSUM, len(a.CUSUM))
		if a.EnPI.Per != "" {
			fmt.Fprintf(tw, "EnPI\tper %s %s before, %s after\n", a.EnPI.Per, digits(a.EnPI.Reference, 6), digits(a.EnPI.Reporting, 6))
		}
		fmt.Fprintf(tw, "EnPI, normalised\t%s of what was expected\n", digits(a.EnPI.Normalised, 4))
	}
	for _, s := range a.Warnings {
		fmt.Fprintf(tw, "note\t%s\n", s)
	}
	return tw.Flush()
}

func digits(v *float64, n int) string {
	if v == nil {
		return "none"
	}
	return fmt.Sprintf("%.*g", n, *v)
}

func percent(v *float64) string {
	if v == nil {
		return "no share"
	}
	return fmt.Sprintf("%.4g %%", *v*100)
}

type energyTotalsCmd struct {
	energyTable
	By      []string      `placeholder:"COL,…" help:"Columns of words by which energy is told apart."`
	Lagging string        `placeholder:"COL" help:"Column of lagging reactive energy, kVarh: gives the power factor."`
	Leading string        `placeholder:"COL" help:"Column of leading reactive energy, kVarh."`
	CO2     string        `name:"co2" placeholder:"COL" help:"Column of CO₂, t."`
	Window  time.Duration `default:"15m" help:"Length of the intervals whose mean power is the demand, kW."`
}

func (c energyTotalsCmd) Run() error {
	f, zone, err := c.read()
	if err != nil {
		return err
	}
	t, err := f.Totals(sheet.TotalsAsk{Time: c.Time, Marks: sheet.Marks(c.Interval), Zone: zone, Y: c.Y, By: c.By, Lagging: c.Lagging, Leading: c.Leading, CO2: c.CO2, Window: c.Window})
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	if c.JSON {
		return printJSON(t)
	}
	tw := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
	for _, name := range slices.Sorted(maps.Keys(t)) {
		switch v := t[name].(type) {
		case map[string]float64:
			if len(v) > 31 {
				fmt.Fprintf(tw, "%s\t%d, --json prints them\n", name, len(v))
				continue
			}
			for _, part := range slices.Sorted(maps.Keys(v)) {
				fmt.Fprintf(tw, "%s\t%s\t%.15g\n", name, part, v[part])
			}
		case []string:
			for _, s := range v {
				fmt.Fprintf(tw, "%s\t%s\n", name, s)
			}
		case sheet.Clock:
			fmt.Fprintf(tw, "time\t%s marks the %s of %d s (%s)\n", v.Column, v.Marks, v.Step, v.Why)
		case *float64:
			fmt.Fprintf(tw, "%s\t%s\n", name, digits(v, 15))
		case float64:
			fmt.Fprintf(tw, "%s\t%.15g\n", name, v)
		default:
			fmt.Fprintf(tw, "%s\t%v\n", name, v)
		}
	}
	return tw.Flush()
}
