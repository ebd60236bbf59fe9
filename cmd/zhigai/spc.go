package main

import (
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"zhigai/shop/quality/sheet"
)

type spcCmd struct {
	File     string   `arg:"" help:"Table as CSV or a workbook, with a line of names; - reads standard input."`
	Chart    string   `required:"" enum:"xbar-r,xbar-s,imr,p,np,c,u,cusum,ewma,t2" help:"Means with ranges or standard deviations, single values with moving ranges, shares and numbers of nonconforming units (p, np), nonconformities (c, u), cumulative sums (GB/T 17989, ISO 7870-4), weighted means (ISO 7870-6), Hotelling's T² of several columns (ISO 7870-7)."`
	Value    []string `required:"" placeholder:"COL" help:"Column of the values, in their own unit, or of the counts; of T² two or more."`
	Subgroup string   `placeholder:"COL" help:"Column that says which values belong together."`
	Size     string   `placeholder:"COL" help:"Column of how many units were looked at (p, np, c, u)."`
	Phase    string   `placeholder:"COL" help:"Column that is TRUE for points of phase I, of which the limits are made; all when left out."`
	Sigma    string   `placeholder:"NAME" help:"Estimator of the standard deviation within subgroups: r (UWAVE-R), s (UWAVE-SD), MVLUE-R, MVLUE-SD, RMSDF; of single values mr (MR) or sd (SD)."`
	Rules    string   `enum:"nelson,western-electric,none" default:"nelson" help:"Patterns that are signals (Nelson, JQT 16, 1984; Western Electric, 1956). Charts of counts and of spread are held against those that need no zones."`

	H      float64 `placeholder:"N" help:"Decision interval of a CUSUM in standard errors; 5 when left out."`
	Shift  float64 `placeholder:"N" help:"Shift that a CUSUM is to find, in standard errors; 1 when left out."`
	Lambda float64 `placeholder:"N" help:"Weight of the newest point of an EWMA; 0.2 when left out."`
	Width  float64 `placeholder:"N" help:"Width of an EWMA's limits in standard errors; 3 when left out."`
	Alpha  float64 `placeholder:"N" help:"Probability of a false signal at a point of T², 0 to 1; 1 - (1 - 0.0027)^columns when left out."`
	JSON   bool    `name:"json" help:"Print JSON. Points are numbered from 1, those of phase I first."`
}

func (c spcCmd) Run() error {
	f, err := readFrame(c.File)
	if err != nil {
		return err
	}
	if c.Chart == "t2" {
		return c.multivariate(f)
	}
	a, err := f.Chart(sheet.Ask{
		Chart: c.Chart, Value: strings.Join(c.Value, ","), // a name may have a comma
		Subgroup: c.Subgroup, Size: c.Size, Phase: c.Phase, Sigma: c.Sigma, Rules: c.Rules,
		H: c.H, Shift: c.Shift, Lambda: c.Lambda, Width: c.Width,
	})
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	if c.JSON {
		return printJSON(a)
	}
	return printChart(os.Stdout, a)
}

func (c spcCmd) multivariate(f *sheet.Frame) error {
	a, err := f.T2(sheet.AskMultivariate{Values: c.Value, Subgroup: c.Subgroup, Phase: c.Phase, Alpha: c.Alpha})
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	if c.JSON {
		return printJSON(a)
	}
	tw := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintf(tw, "points\t%d, %d of phase I\nalpha\t%.4g\n", a.Points, a.Trial, a.Alpha)
	for j, name := range a.Columns {
		fmt.Fprintf(tw, "%s\tmean %.10g, std_dev %.10g\n", name, a.Center[j], math.Sqrt(a.Cov[j][j]))
	}
	if ucl, ok := a.Limits.UCL.([]float64); ok {
		fmt.Fprintf(tw, "limits\t%.10g in phase I, then %.10g\n", ucl[0], ucl[len(ucl)-1])
	} else {
		fmt.Fprintf(tw, "limits\t%.10g\n", a.Limits.UCL)
	}
	for _, at := range a.Violations["limits"] {
		fmt.Fprintf(tw, "point %d\tT² %.6g, most by %s\n", at, a.Statistics[at-1], a.Causes[at][0].Column)
	}
	printWarnings(tw, a.Warnings)
	return tw.Flush()
}

func printWarnings(w io.Writer, all []string) {
	for _, s := range all {
		fmt.Fprintf(w, "note\t%s\n", s)
	}
}

func printChart(w io.Writer, a *sheet.Answer) error {
	tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintf(tw, "points\t%d, %d of phase I\n", a.Points, a.Trial)
	fmt.Fprintf(tw, "sigma\t%s\n", a.Sigma)
	printPart(tw, "", a.Part)
	if a.Dispersion != nil {
		printPart(tw, "spread: ", *a.Dispersion)
	}
	printWarnings(tw, a.Warnings)
	return tw.Flush()
}

func printPart(w io.Writer, of string, p sheet.Part) {
	fmt.Fprintf(w, "%scenter\t%.10g\n", of, p.Center)
	fmt.Fprintf(w, "%sstd_dev\t%.10g\n", of, p.StdDev)
	if lcl, ok := p.Limits.LCL.(float64); ok {
		fmt.Fprintf(w, "%slimits\t%.10g to %.10g\n", of, lcl, p.Limits.UCL)
	} else {
		fmt.Fprintf(w, "%slimits\tof each point; --json prints them\n", of)
	}
	rules := make([]string, 0, len(p.Violations))
	for name := range p.Violations {
		rules = append(rules, name)
	}
	slices.Sort(rules)
	for _, name := range rules {
		if points := p.Violations[name]; len(points) > 0 {
			fmt.Fprintf(w, "%s%s\tpoints %s\n", of, name, strings.Trim(fmt.Sprint(points), "[]"))
		}
	}
}
