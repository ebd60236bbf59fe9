package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"text/tabwriter"

	"github.com/alecthomas/kong"

	"zhigai/shop/quality/sheet"
)

type capabilityCmd struct {
	File     string   `arg:"" help:"Table as CSV or a workbook, with a line of names; - reads standard input."`
	Value    string   `required:"" placeholder:"COL" help:"Column of the values, in their own unit."`
	Subgroup string   `placeholder:"COL" help:"Column that says which values belong together; single values with moving ranges when left out."`
	Phase    string   `placeholder:"COL" help:"Column that is TRUE for the values to be judged; all when left out."`
	LSL      *measure `name:"lsl" placeholder:"X" help:"Lower specification limit, in the unit of the values."`
	USL      *measure `name:"usl" placeholder:"Y" help:"Upper specification limit, in the unit of the values."`
	Target   *measure `placeholder:"T" help:"Target, in the unit of the values; the middle of two limits when left out."`
	Sigma    string   `placeholder:"NAME" help:"Estimator of the standard deviation within subgroups, as of zhigai spc; r (UWAVE-R) when left out, of single values mr."`
	JSON     bool     `name:"json" help:"Print JSON. Indices have no unit; shares are 0 to 1."`
}

// measure is a number that may be negative: --lsl -0.5 is no flag.
type measure float64

// Decode takes what stands behind the flag, whatever it begins with.
func (m *measure) Decode(ctx *kong.DecodeContext) error {
	t := ctx.Scan.Pop()
	if t.IsEOL() {
		return errors.New("a number is missing")
	}
	v, err := strconv.ParseFloat(fmt.Sprint(t.Value), 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return fmt.Errorf("%q is no number", t.Value)
	}
	*m = measure(v)
	return nil
}

func (m *measure) value() *float64 {
	if m == nil {
		return nil
	}
	v := float64(*m)
	return &v
}

// Help says where the formulas are from.
func (capabilityCmd) Help() string {
	return "Cp, Cp_l, Cp_u, Cp_k and Cpm are by the standard deviation within subgroups, Pp and Ppk by that of all values (ISO 22514-2, GB/T 38939), " +
		"with intervals of 95 %: chi-square for Cp, Bissell's approximation for Cp_l, Cp_u and Cp_k, Boyles' degrees of freedom for Cpm, as the R package qcc has them. " +
		"Normality is tested after Anderson and Darling; the indices by percentiles (0.135 %, 50 %, 99.865 %) hold for values that are not normal. " +
		"An index that cannot be had is null, with the reason."
}

func (c capabilityCmd) Run() error {
	f, err := readFrame(c.File)
	if err != nil {
		return err
	}
	a, err := f.Capability(sheet.AskCapability{Value: c.Value, Subgroup: c.Subgroup, Phase: c.Phase, Sigma: c.Sigma, LSL: c.LSL.value(), USL: c.USL.value(), Target: c.Target.value()})
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	if c.JSON {
		return printJSON(a)
	}
	return printCapability(os.Stdout, a)
}

func printCapability(w io.Writer, a *sheet.Capable) error {
	tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintf(tw, "values\t%d in %d subgroups\n", a.N, a.Subgroups)
	fmt.Fprintf(tw, "specification\t%s to %s, target %s\n", orNone(a.Spec[0]), orNone(a.Spec[1]), orNone(a.Target))
	fmt.Fprintf(tw, "center\t%.10g\nstd_dev\t%.10g within subgroups (%s)\nsd_n1\t%.10g of all values\n", a.Center, a.StdDev, a.Sigma, a.Performance.SD)
	for _, name := range []string{"Cp", "Cp_l", "Cp_u", "Cp_k", "Cpm"} {
		printIndex(tw, name, a.Indices[name])
	}
	for _, name := range []string{"Pp", "Ppl", "Ppu", "Ppk"} {
		printIndex(tw, name, a.Performance.Intervals[name])
	}
	if p := a.Normality.P; p != nil {
		fmt.Fprintf(tw, "Anderson-Darling\tA² %.5g, p %.4g\n", *a.Normality.A2, *p)
	}
	if q := a.Percentiles; q.Low != nil {
		fmt.Fprintf(tw, "percentiles\t%.6g, %.6g, %.6g (%s)\n", *q.Low, *q.Median, *q.Top, q.By)
	}
	printIndex(tw, "Pp by them", a.Percentiles.Pp)
	printIndex(tw, "Ppk by them", a.Percentiles.Ppk)
	fmt.Fprintf(tw, "below, above\tseen %.4g, %.4g; expected %.4g, %.4g ppm\n", a.Observed[0], a.Observed[1], a.ExpectedPPM[0], a.ExpectedPPM[1])
	printWarnings(tw, a.Warnings)
	return tw.Flush()
}

func orNone(v *float64) string {
	if v == nil {
		return "none"
	}
	return fmt.Sprintf("%.10g", *v)
}

func printIndex(w io.Writer, name string, x sheet.Index) {
	switch {
	case x.Value == nil:
		fmt.Fprintf(w, "%s\tnone: %s\n", name, x.Reason)
	case x.Low == nil:
		fmt.Fprintf(w, "%s\t%.6g\n", name, *x.Value)
	default:
		fmt.Fprintf(w, "%s\t%.6g (%.5g to %.5g)\n", name, *x.Value, *x.Low, *x.High)
	}
}
