package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"zhigai/calc/kpi"
)

type oeeCmd struct {
	File string `arg:"" help:"Ledger as JSON, one object or an array; - reads standard input. Times in minutes: PBT_min, AUBT_min, ADET_min, AUST_min (or ASUT_min), APT_min, AUPT_min, PRU_min; quantities: PQ, GQ, SQ, RQ."`
	JSON bool   `name:"json" help:"Print JSON: shares as doubles without rounding, null with its reason."`
}

func (c oeeCmd) Run() error {
	in, closeInput, err := input(c.File)
	if err != nil {
		return err
	}
	defer closeInput()
	buffered := bufio.NewReader(in)
	array := startsWithBracket(buffered)
	ledgers, err := kpi.ReadLedgers(buffered)
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	if c.JSON {
		return printReports(os.Stdout, ledgers, array)
	}
	printTable(os.Stdout, ledgers)
	for _, l := range ledgers {
		for _, w := range l.Warnings() {
			fmt.Fprintln(os.Stderr, "warning:", l.Name, w)
		}
	}
	return nil
}

// input opens a file, or standard input for "-".
func input(name string) (io.Reader, func(), error) {
	if name == "-" {
		return os.Stdin, func() {}, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, nil, err
	}
	return f, func() { f.Close() }, nil
}

// startsWithBracket looks ahead for an array without consuming anything.
func startsWithBracket(r *bufio.Reader) bool {
	for n := 1; ; n++ {
		head, err := r.Peek(n)
		if err != nil {
			return false
		}
		if c := head[n-1]; c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			return c == '['
		}
	}
}

// printReports answers in the shape of the question: an object for an object.
func printReports(w io.Writer, ledgers []kpi.Ledger, array bool) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	reports := make([]kpi.Report, len(ledgers))
	for i, l := range ledgers {
		reports[i] = l.Report()
	}
	if !array {
		return enc.Encode(reports[0])
	}
	return enc.Encode(reports)
}

func printTable(w io.Writer, ledgers []kpi.Ledger) {
	tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	defer tw.Flush()
	for i, l := range ledgers {
		if l.Name != "" || len(ledgers) > 1 {
			fmt.Fprintf(tw, "%d\t%s\n", i+1, l.Name)
		}
		for _, f := range l.Figures() {
			if f.OK {
				fmt.Fprintf(tw, "%s\t%.2f %%\n", f.Key, 100*f.Value)
			} else {
				fmt.Fprintf(tw, "%s\t-\t%s\n", f.Key, f.Reason)
			}
		}
	}
}
