package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// Report is what a run found.
type Report struct {
	Machine Machine `json:"machine"`
	Quick   bool    `json:"quick"` // too short to be quoted
	Groups  []Group `json:"groups"`
}

// Machine describes where the run took place.
type Machine struct {
	CPU        string    `json:"cpu"`
	Cores      int       `json:"cores"`
	RAMBytes   uint64    `json:"ram_bytes"`
	Kernel     string    `json:"kernel"`
	FileSystem string    `json:"file_system"` // of the folder that was measured
	Load       string    `json:"load"`        // before the run, 1, 5 and 15 minutes: others on the machine
	Go         string    `json:"go"`
	Program    string    `json:"program"`
	Date       time.Time `json:"date"`
}

// Group is the rows of one part.
type Group struct {
	Name    string  `json:"name"`
	Title   string  `json:"title"`
	Seconds float64 `json:"seconds"`
	Rows    []Row   `json:"rows"`
	Error   string  `json:"error,omitempty"` // why rows are missing
	// Profiles explain what was missed; there are none otherwise.
	Profiles []Profile `json:"profiles,omitempty"`
	// Made says when a part was measured that is of an earlier run than the report.
	Made *Made `json:"made,omitempty"`
}

// Made says by which program and when a part was measured.
type Made struct {
	Program string    `json:"program"`
	Date    time.Time `json:"date"`
	Load    string    `json:"load"` // of the machine before it
}

// Onto puts what was measured in place of the same parts of an earlier report, whose
// other parts say when they were measured. The earlier run must be of the same machine
// as far as the report tells, or its figures would not stand beside these.
func (r *Report) Onto(earlier Report) error {
	if earlier.Machine.CPU != r.Machine.CPU || earlier.Machine.Cores != r.Machine.Cores {
		return fmt.Errorf("bench: the earlier report is of %s with %d cores, this is %s with %d: measure everything anew", earlier.Machine.CPU, earlier.Machine.Cores, r.Machine.CPU, r.Machine.Cores)
	}
	fresh := r.Groups
	r.Groups = nil
	for _, g := range earlier.Groups {
		i := slices.IndexFunc(fresh, func(f Group) bool { return f.Name == g.Name })
		if i >= 0 {
			r.Groups = append(r.Groups, fresh[i])
			fresh = slices.Delete(slices.Clone(fresh), i, i+1)
			continue
		}
		if g.Made == nil {
			g.Made = &Made{earlier.Machine.Program, earlier.Machine.Date, earlier.Machine.Load}
		}
		r.Groups = append(r.Groups, g)
	}
	r.Groups = append(r.Groups, fresh...)
	return nil
}

func (g *Group) missed() bool {
	return slices.ContainsFunc(g.Rows, func(r Row) bool { return r.Missed })
}

// Row is one measured figure.
type Row struct {
	What   string  `json:"what"`
	Value  float64 `json:"value"`
	Unit   string  `json:"unit,omitempty"`
	Shown  string  `json:"shown"`            // value and what belongs to it, for people
	Wanted string  `json:"wanted,omitempty"` // the limit, in words
	Missed bool    `json:"missed,omitempty"` // the limit was not met
	Note   string  `json:"note,omitempty"`
}

// rate is a row that must not be below the wanted value; 0 wants nothing.
func rate(what string, value float64, unit string, wanted float64) Row {
	r := Row{What: what, Value: value, Unit: unit, Shown: amount(value) + " " + unit}
	if wanted > 0 {
		r.Wanted, r.Missed = "≥ "+amount(wanted)+" "+unit, value < wanted
	}
	return r
}

// digits writes a number with three significant digits.
func digits(v float64) string {
	if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	places := max(0, 2-int(math.Floor(math.Log10(math.Abs(v)))))
	return strconv.FormatFloat(v, 'f', min(places, 6), 64)
}

// amount shortens large numbers: 1.25 M, 830 k.
func amount(v float64) string {
	switch a := math.Abs(v); {
	case a >= 1e6:
		return digits(v/1e6) + " M"
	case a >= 1e4:
		return digits(v/1e3) + " k"
	}
	return digits(v)
}

// Missed counts the rows whose limit was not met and the groups that failed.
func (r *Report) Missed() (n int) {
	for _, g := range r.Groups {
		if g.Error != "" {
			n++
		}
		for _, row := range g.Rows {
			if row.Missed {
				n++
			}
		}
	}
	return n
}

func (r *Row) verdict() string {
	switch {
	case r.Wanted == "":
		return ""
	case r.Missed:
		return "MISSED"
	}
	return "ok"
}

// JSON writes the report for programs.
func (r *Report) JSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	return enc.Encode(r)
}

func (m *Machine) lines() [][2]string {
	return [][2]string{
		{"CPU", fmt.Sprintf("%s, %d cores", m.CPU, m.Cores)},
		{"RAM", digits(float64(m.RAMBytes)/(1<<30)) + " GiB"},
		{"kernel", m.Kernel},
		{"file system", m.FileSystem},
		{"load before", m.Load},
		{"Go", m.Go},
		{"zhigai", m.Program},
		{"date", m.Date.Format(time.RFC3339)},
	}
}

// Table writes the report for a terminal.
func (r *Report) Table(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	for _, l := range r.Machine.lines() {
		fmt.Fprintf(tw, "%s\t%s\n", l[0], l[1])
	}
	for _, g := range r.Groups {
		fmt.Fprintf(tw, "\n%s\n", g.Title)
		for i := range g.Rows {
			row := &g.Rows[i]
			fmt.Fprintf(tw, "  %s\t%s\t%s\t%s\n", row.What, row.Shown, row.Wanted, row.verdict())
			if row.Note != "" {
				fmt.Fprintf(tw, "    %s\n", row.Note)
			}
		}
		for _, p := range g.Profiles {
			fmt.Fprintf(tw, "  %s\n", p.line())
		}
		if g.Error != "" {
			fmt.Fprintf(tw, "  not measured: %s\n", g.Error)
		}
	}
	return tw.Flush()
}

const preface = `# Limits of a machine

Written by ` + "`zhigai bench`" + `; ` + "`make bench`" + ` writes it anew, with other programs beside it. Figures of other machines: run it there.

`

// Markdown writes the report as a page of the documentation.
func (r *Report) Markdown(w io.Writer) error {
	var b strings.Builder
	b.WriteString(preface)
	if r.Quick {
		b.WriteString("**A quick run: too short to be quoted.**\n\n")
	}
	b.WriteString("| machine | |\n|---|---|\n")
	for _, l := range r.Machine.lines() {
		fmt.Fprintf(&b, "| %s | %s |\n", l[0], cell(l[1]))
	}
	for _, g := range r.Groups {
		fmt.Fprintf(&b, "\n## %s\n\n", g.Title)
		if g.Made != nil {
			fmt.Fprintf(&b, "Measured %s by zhigai %s, load before %s.\n\n", g.Made.Date.Format(time.RFC3339), g.Made.Program, g.Made.Load)
		}
		if len(g.Rows) > 0 {
			b.WriteString("| what | measured | wanted | |\n|---|---|---|---|\n")
		}
		var notes []string
		for i := range g.Rows {
			row := &g.Rows[i]
			what := cell(row.What)
			if row.Note != "" {
				notes = append(notes, row.Note)
				what += fmt.Sprintf(" [%d]", len(notes))
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", what, cell(row.Shown), cell(row.Wanted), row.verdict())
		}
		for i, n := range notes {
			fmt.Fprintf(&b, "\n[%d] %s\n", i+1, n)
		}
		if len(g.Profiles) > 0 {
			b.WriteString("\nWhere the processor time of this part went, by room, with the innermost functions of this program:\n\n")
		}
		for _, p := range g.Profiles {
			fmt.Fprintf(&b, "- %s\n", p.line())
		}
		if g.Error != "" {
			fmt.Fprintf(&b, "\nNot measured: %s\n", cell(g.Error))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// cell keeps text inside its cell.
func cell(s string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ").Replace(s)
}
