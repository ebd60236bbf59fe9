package main

import (
	"errors"
	"fmt"
	"os"
	"text/tabwriter"

	"zhigai/calc/sampling"
	"zhigai/shop/quality/sheet"
)

type samplingCmd struct {
	File     string  `arg:"" optional:"" help:"Lots in the order in which they were inspected, as CSV or a workbook with a line of names: each is judged and says how the next one is inspected; - reads standard input. Without it, --lot asks for one plan."`
	Lot      int64   `placeholder:"N" help:"Units in the lot."`
	Level    string  `enum:"S-1,S-2,S-3,S-4,I,II,III" default:"II" help:"Level of inspection."`
	AQL      float64 `required:"" name:"aql" placeholder:"A" help:"Acceptance quality limit: nonconforming units per 100, above 10 nonconformities per 100 units; 0.010 to 1000 in the steps of the standard."`
	Severity string  `enum:"normal,tightened,reduced" default:"normal" help:"How hard the lot, or the first of the file, is inspected."`
	Size     string  `default:"lot" placeholder:"COL" help:"Column of the file with the size of each lot, units."`
	Found    string  `default:"found" placeholder:"COL" help:"Column of the file with the nonconforming units of each sample."`
	JSON     bool    `name:"json" help:"Print JSON."`
}

// Help says where the tables are from.
func (samplingCmd) Help() string {
	return "Single sampling plans by attributes of GB/T 2828.1 (ISO 2859-1): tables 1, 2-A and 2-B, arrows followed; a lot is accepted with ac nonconforming units or fewer, rejected with re or more. " +
		"Reduced inspection is table II-C of ANSI/ASQ Z1.4 (MIL-STD-105E), which accepts between ac and re and then returns to normal inspection. " +
		"The lots of a file are followed by the switching rules (GB/T 2828.1, 9.3)."
}

// planOut is a plan; inspect is how many units are looked at, the whole lot when it
// is not larger than the sample.
type planOut struct {
	Code    string `json:"code"`
	N       int    `json:"n"`
	Ac      int    `json:"ac"`
	Re      int    `json:"re"`
	PlanOf  string `json:"plan_code"` // letter of the plan that is used, where the table sends to another one
	Inspect int64  `json:"inspect"`
	Note    string `json:"note,omitempty"`
}

func samplePlan(p sampling.Plan, lot int64, how sampling.Severity) planOut {
	out := planOut{Code: p.Code, N: p.N, Ac: p.Ac, Re: p.Re, PlanOf: p.Of, Inspect: p.Inspect}
	switch {
	case int64(p.N) >= lot:
		out.Note = "the sample is as large as the lot: inspect all of it"
	case how == sampling.Reduced && p.Re > p.Ac+1:
		out.Note = fmt.Sprintf("with %d to %d the lot is accepted and the next one inspected normally", p.Ac+1, p.Re-1)
	}
	return out
}

func (c samplingCmd) Run() error {
	if c.File != "" {
		return c.follow()
	}
	if c.Lot == 0 {
		return errors.New("say how many units the lot has: --lot N, or a file of lots")
	}
	how := sampling.Severity(c.Severity)
	p, err := sampling.For(c.Lot, c.Level, c.AQL, how)
	if err != nil {
		return err
	}
	out := samplePlan(p, c.Lot, how)
	if c.JSON {
		return printJSON(out)
	}
	tw := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintf(tw, "code\t%s\nn\t%d\nac\t%d\nre\t%d\ninspect\t%d\n", out.Code, out.N, out.Ac, out.Re, out.Inspect)
	if out.PlanOf != out.Code {
		fmt.Fprintf(tw, "plan of\t%s\n", out.PlanOf)
	}
	if out.Note != "" {
		fmt.Fprintf(tw, "note\t%s\n", out.Note)
	}
	return tw.Flush()
}

// lotOut is a lot that was inspected, and how the next one is.
type lotOut struct {
	Lot      int64  `json:"lot"`
	Severity string `json:"severity"`
	planOut
	Found        int    `json:"found"`
	Accepted     bool   `json:"accepted"`
	Score        int    `json:"switching_score"`
	Next         string `json:"next"`
	Discontinued bool   `json:"discontinued"`
	Why          string `json:"why,omitempty"`
}

// follow judges lots one after another; production is taken for steady.
func (c samplingCmd) follow() error {
	f, err := readFrame(c.File)
	if err != nil {
		return err
	}
	lots, err := counts(f, c.Size)
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	found, err := counts(f, c.Found)
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	state := sampling.Start()
	state.Severity = sampling.Severity(c.Severity)
	out := []lotOut{}
	for i, lot := range lots {
		l, err := sampling.Judge(lot, c.Level, c.AQL, state.Severity, int(found[i]))
		if err != nil {
			return fmt.Errorf("%s: lot %d: %w", c.File, i+1, err)
		}
		next := state.Switch(l, true)
		out = append(out, lotOut{lot, string(state.Severity), samplePlan(l.Plan, lot, state.Severity), l.Found, l.Accepted && !state.Discontinued, next.Score, string(next.Severity), next.Discontinued, next.Why})
		state = next
	}
	if c.JSON {
		return printJSON(out)
	}
	tw := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(tw, "lot\tinspection\tcode\tn\tac\tre\tfound\taccepted\tscore\tnext")
	for _, l := range out {
		next := l.Next
		if l.Discontinued {
			next = "discontinued"
		}
		if l.Why != "" {
			next += ": " + l.Why
		}
		fmt.Fprintf(tw, "%d\t%s\t%s\t%d\t%d\t%d\t%d\t%v\t%d\t%s\n", l.Lot, l.Severity, l.Code, l.N, l.Ac, l.Re, l.Found, l.Accepted, l.Score, next)
	}
	return tw.Flush()
}

// counts are the whole numbers of a column.
func counts(f *sheet.Frame, column string) ([]int64, error) {
	values, err := f.Numbers(column)
	if err != nil {
		return nil, err
	}
	out := make([]int64, len(values))
	for i, v := range values {
		if out[i] = int64(v); v < 0 || v > 1e12 || float64(out[i]) != v {
			return nil, fmt.Errorf("column %s, row %d: %v is no number of units", column, i+1, v)
		}
	}
	return out, nil
}
