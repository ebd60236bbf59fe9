package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"zhigai/shop/quality/sheet"
)

type msaCmd struct {
	File      string  `arg:"" help:"Table as CSV or a workbook, with a line of names; - reads standard input."`
	Method    string  `enum:"anova,range,bias,linearity,stability,attribute" default:"anova" help:"Repeatability and reproducibility by analysis of variance or by averages and ranges; bias at known values and its linearity; stability of one part over time; agreement of attributes."`
	Part      string  `placeholder:"COL" help:"Column of the part; of stability which readings were taken together."`
	Operator  string  `placeholder:"COL" help:"Column of who measured."`
	Value     string  `required:"" placeholder:"COL" help:"Column of the values, in their own unit, or of what was judged."`
	Reference string  `placeholder:"COL" help:"Column of what the part is known to be, in the unit of the values (bias, linearity, attribute)."`
	Tolerance float64 `placeholder:"T" help:"Width of the specification, in the unit of the values: the upper limit less the lower one."`
	Study     float64 `placeholder:"N" help:"Standard deviations of the study variation; 6 when left out (AIAG, 4th edition), earlier 5.15."`
	Pool      float64 `placeholder:"P" help:"Probability above which the interaction is taken for error; 0.25 when left out, 1 never does."`
	Good      string  `placeholder:"WORD" help:"Word for a conforming part, of attributes, so that misses and false alarms are told apart."`
	JSON      bool    `name:"json" help:"Print JSON. Names that begin with percent are of 100."`
}

// Help says where the formulas are from.
func (msaCmd) Help() string {
	return "Formulas and constants after AIAG, Measurement Systems Analysis, 4th edition (GB/T 40681). " +
		"A gauge is accepted at up to 10 % of the tolerance, or of the study variation without one, rejected above 30 %, and needs five distinct categories (ndc). " +
		"Agreement is Cohen's and Fleiss' kappa: above 0.75 is accepted, below 0.40 rejected."
}

func (c msaCmd) Run() error {
	f, err := readFrame(c.File)
	if err != nil {
		return err
	}
	ask := sheet.AskGauge{
		Method: c.Method, Part: c.Part, Operator: c.Operator, Value: c.Value, Reference: c.Reference,
		Tolerance: c.Tolerance, Study: c.Study, PoolAbove: c.Pool, Good: c.Good,
	}
	switch c.Method {
	case "bias", "linearity":
		return said(c, func() (*sheet.Linearity, error) { return f.Linearity(ask) }, printLinearity)
	case "stability":
		return said(c, func() (*sheet.Answer, error) { return f.Stability(ask) }, printChart)
	case "attribute":
		return said(c, func() (*sheet.Agreement, error) { return f.Agreement(ask) }, printAgreement)
	}
	return said(c, func() (*sheet.Gauge, error) { return f.Gauge(ask) }, printGauge)
}

func said[T any](c msaCmd, of func() (*T, error), table func(io.Writer, *T) error) error {
	a, err := of()
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	if c.JSON {
		return printJSON(a)
	}
	return table(os.Stdout, a)
}

func printGauge(w io.Writer, a *sheet.Gauge) error {
	tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintf(tw, "study\t%d parts, %d operators, %d trials, by %s\n", a.Parts, a.Operators, a.Trials, a.Method)
	fmt.Fprintln(tw, "component\tvariance\tstd_dev\tstudy variation\tcontribution, percent\tof study\tof tolerance")
	for _, name := range sheet.ComponentNames {
		c := a.Components[name]
		fmt.Fprintf(tw, "%s\t%.8g\t%.8g\t%.8g\t%s\t%s\t%s\n", name, c.Variance, c.SD, c.Study, short(c.Contribution), short(c.OfStudy), short(c.OfTolerance))
	}
	if a.NDC != nil {
		fmt.Fprintf(tw, "ndc\t%d\n", *a.NDC)
	}
	if a.Verdict != "" {
		fmt.Fprintf(tw, "verdict\t%s\n", a.Verdict)
	}
	if a.Anova != nil {
		fmt.Fprintln(tw, "source\tDF\tSS\tMS\tF\tp")
		for _, name := range []string{"part", "operator", "interaction", "repeatability", "total"} {
			s := a.Anova[name]
			fmt.Fprintf(tw, "%s\t%d\t%.8g\t%.8g\t%s\t%s\n", name, s.DF, s.SS, s.MS, short(s.F), short(s.P))
		}
		if a.Pooled != nil && *a.Pooled {
			fmt.Fprintln(tw, "note\tthe interaction is taken for error")
		}
	}
	if g := a.Ranges; g != nil {
		fmt.Fprintf(tw, "ranges\tmean %.8g, limit %.8g; operators' means differ by %.8g, parts' by %.8g\n", g.Mean, g.UCL, g.XDiff, g.PartSpan)
	}
	printWarnings(tw, a.Warnings)
	return tw.Flush()
}

func short(v *float64) string {
	if v == nil {
		return "-"
	}
	return fmt.Sprintf("%.5g", *v)
}

func printLinearity(w io.Writer, a *sheet.Linearity) error {
	tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(tw, "reference\tn\tmean\tbias\t95 % interval\tp")
	for _, b := range a.At {
		fmt.Fprintf(tw, "%.8g\t%d\t%.8g\t%.6g\t%.6g to %.6g\t%s\n", b.Reference, b.N, b.Mean, b.Bias, b.Low, b.High, short(b.P))
	}
	if a.Slope != nil {
		fmt.Fprintf(tw, "slope\t%.8g (p %s)\nintercept\t%.8g (p %s)\nR²\t%s\n", *a.Slope, short(a.SlopeP), *a.Intercept, short(a.InterceptP), short(a.R2))
	}
	fmt.Fprintf(tw, "verdict\t%s\n", a.Verdict)
	return tw.Flush()
}

func printAgreement(w io.Writer, a *sheet.Agreement) error {
	tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintf(tw, "study\t%d parts, judged %s\n", a.Parts, strings.Join(a.Categories, ", "))
	fmt.Fprintln(tw, "operator\tsame in all trials\tas known\tkappa\tmisses\tfalse alarms")
	for _, x := range a.Appraisers {
		kappa := "-"
		if x.Against != nil {
			kappa = short(x.Against.Value)
		}
		fmt.Fprintf(tw, "%s\t%d\t%d\t%s\t%s\t%s\n", x.Operator, x.Same, x.Right, kappa, short(x.Miss), short(x.FalseAlarm))
	}
	pairs := make([]string, 0, len(a.Pairs))
	for name := range a.Pairs {
		pairs = append(pairs, name)
	}
	slices.Sort(pairs)
	for _, name := range pairs {
		fmt.Fprintf(tw, "kappa %s\t%s\n", name, short(a.Pairs[name].Value))
	}
	fmt.Fprintf(tw, "Fleiss' kappa\t%s\nall the same\t%d, as known %d\n", short(a.Fleiss.Value), a.All, a.AllRight)
	if a.Verdict != "" {
		fmt.Fprintf(tw, "verdict\t%s\n", a.Verdict)
	}
	return tw.Flush()
}
