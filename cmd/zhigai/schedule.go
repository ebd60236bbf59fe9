package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"text/tabwriter"
	"time"

	"zhigai/calc/schedule"
	"zhigai/calc/schedule/check"
	"zhigai/calc/schedule/file"
)

type scheduleCmd struct {
	Make  scheduleMakeCmd  `cmd:"" default:"withargs" help:"Search for the shortest schedule of a file."`
	Check scheduleCheckCmd `cmd:"" help:"Check a schedule against its problem, whoever made it."`
}

// problemFile is a file with a problem, in one of the forms that are read.
type problemFile struct {
	File   string `arg:"" help:"Problem: an instance of a job shop or a flexible one, or JSON; - reads standard input."`
	Format string `enum:"auto,jsp,fjsp,zhigai" default:"auto" help:"jsp and fjsp are the forms of the published instances, machines from 0; zhigai is JSON; auto looks into the file."`
}

// maxProblemBytes is more than a million operations take.
const maxProblemBytes = 64 << 20

func (f problemFile) read() (*schedule.Problem, error) {
	text, err := readLimited(f.File)
	if err != nil {
		return nil, err
	}
	p, err := parseProblem(f.Format, text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.File, err)
	}
	return p, nil
}

func readLimited(name string) ([]byte, error) {
	in, closeInput, err := input(name)
	if err != nil {
		return nil, err
	}
	defer closeInput()
	text, err := io.ReadAll(io.LimitReader(in, maxProblemBytes+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxProblemBytes {
		return nil, fmt.Errorf("%s: is larger than %d MB", name, maxProblemBytes>>20)
	}
	return text, nil
}

func parseProblem(format string, text []byte) (*schedule.Problem, error) {
	switch format {
	case "jsp":
		return file.JobShop(text)
	case "fjsp":
		return file.FlexibleJobShop(text)
	case "zhigai":
		return file.Problem(text)
	}
	if json.Valid(text) {
		return file.Problem(text)
	}
	plain, notPlain := file.JobShop(text)
	flexible, notFlexible := file.FlexibleJobShop(text)
	switch {
	case notPlain == nil && notFlexible == nil:
		return nil, errors.New("may be a job shop and a flexible one: say which with --format jsp or --format fjsp")
	case notPlain == nil:
		return plain, nil
	case notFlexible == nil:
		return flexible, nil
	}
	return nil, fmt.Errorf("is of no form that is known; say with --format which it should be\n  as jsp: %w\n  as fjsp: %w", notPlain, notFlexible)
}

type scheduleMakeCmd struct {
	problemFile
	Time    time.Duration `default:"10s" help:"How long to search; Ctrl-C ends it earlier with the best there is."`
	Seed    uint64        `default:"1" help:"Another seed searches another way."`
	Threads int           `default:"1" help:"How many search at once."`
	JSON    bool          `name:"json" help:"Print JSON."`
}

// scheduleOut is what is printed; file.Schedule reads it.
type scheduleOut struct {
	Makespan   int64             `json:"makespan"`
	LowerBound int64             `json:"lower_bound"`
	Operations []schedule.Placed `json:"operations"`
}

const maxThreads = 256

func (c scheduleMakeCmd) Run(ctx context.Context) error {
	if c.Time <= 0 || c.Threads < 1 || c.Threads > maxThreads {
		return fmt.Errorf("--time %s --threads %d: time must be more than 0, threads from 1 to %d", c.Time, c.Threads, maxThreads)
	}
	end := time.Now().Add(c.Time)
	p, err := c.read()
	if err != nil {
		return err
	}
	out, err := c.search(p, func() bool { return ctx.Err() != nil || !time.Now().Before(end) })
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	if found := check.Schedule(p, schedule.Schedule{Operations: out.Operations}); len(found) > 0 {
		return fmt.Errorf("BUG: the schedule found is not valid and is not printed: %s", found[0].Text)
	}
	if c.JSON {
		return printJSON(out)
	}
	return out.table(os.Stdout, p)
}

// leastLate counts a unit of lateness as much as a hundred of the whole length.
var leastLate = schedule.Objective{Tardiness: 100, Makespan: 1}

// search is for the shortest schedule of a job shop; of a shop with calendars,
// setups or dates for the one that is least late, and among those the shortest.
func (c scheduleMakeCmd) search(p *schedule.Problem, stop func() bool) (scheduleOut, error) {
	r, err := schedule.Makespan(p, schedule.Options{Seed: c.Seed, Threads: c.Threads, Stop: stop})
	if _, beyond := errors.AsType[*schedule.Unsupported](err); !beyond {
		return scheduleOut{r.Makespan, r.LowerBound, r.Schedule.Operations}, err
	}
	plan, err := schedule.Plan(p, schedule.PlanOptions{Seed: c.Seed, Objective: leastLate, Stop: stop})
	if err == nil && plan.Cost.Broken > 0 {
		err = fmt.Errorf("no schedule was found that can be carried out: locked operations would begin %d too early for what comes before them; move one, or give it more --time", plan.Cost.Broken)
	}
	return scheduleOut{plan.Schedule.Makespan(), schedule.LowerBound(p), plan.Schedule.Operations}, err
}

// table prints a schedule machine by machine.
func (s scheduleOut) table(w io.Writer, p *schedule.Problem) error {
	if s.Makespan == s.LowerBound {
		fmt.Fprintf(w, "makespan %d: no schedule is shorter\n\n", s.Makespan)
	} else {
		fmt.Fprintf(w, "makespan %d, lower bound %d\n\n", s.Makespan, s.LowerBound)
	}
	ops := slices.Clone(s.Operations)
	slices.SortFunc(ops, func(a, b schedule.Placed) int {
		return cmp.Or(cmp.Compare(a.Machine, b.Machine), cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End))
	})
	tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(tw, "machine\tjob\top\tstart\tend")
	for _, o := range ops {
		job := &p.Jobs[o.Job]
		fmt.Fprintf(tw, "%s\t%s\t%s\t%d\t%d\n", called(o.Machine, p.Machines[o.Machine].Name), called(o.Job, job.Name), called(o.Op, job.Operations[o.Op].Name), o.Start, o.End)
	}
	return tw.Flush()
}

func called(i int, name string) string {
	if name == "" {
		return fmt.Sprint(i)
	}
	return fmt.Sprintf("%d %s", i, name)
}

type scheduleCheckCmd struct {
	problemFile
	Schedule string `arg:"" help:"Schedule as JSON, as zhigai schedule --json prints it."`
	JSON     bool   `name:"json" help:"Print JSON."`
}

// checkOut is what the check prints.
type checkOut struct {
	Valid      bool              `json:"valid"`
	Makespan   int64             `json:"makespan"`
	Violations []check.Violation `json:"violations"`
}

// shownViolations is how many are printed for people; all are in the JSON.
const shownViolations = 100

func (c scheduleCheckCmd) Run() error {
	p, err := c.read()
	if err != nil {
		return err
	}
	text, err := readLimited(c.Schedule)
	if err != nil {
		return err
	}
	s, stated, err := file.Schedule(text)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Schedule, err)
	}
	out := checkOut{Makespan: s.Makespan(), Violations: append([]check.Violation{}, check.Schedule(p, s)...)}
	if stated != nil && *stated != out.Makespan {
		out.Violations = append(out.Violations, check.Violation{Kind: "makespan", Job: -1, Op: -1, Text: fmt.Sprintf("the schedule says that it ends at %d, and ends at %d", *stated, out.Makespan)})
	}
	out.Valid = len(out.Violations) == 0
	if c.JSON {
		err = printJSON(out)
	} else {
		out.print(os.Stdout)
	}
	if err == nil && !out.Valid {
		return exitCode(1)
	}
	return err
}

func (o checkOut) print(w io.Writer) {
	if o.Valid {
		fmt.Fprintf(w, "valid, makespan %d\n", o.Makespan)
		return
	}
	fmt.Fprintf(w, "not valid: %d violations\n", len(o.Violations))
	for i, v := range o.Violations {
		if i == shownViolations {
			fmt.Fprintf(w, "… and %d more; --json prints all\n", len(o.Violations)-i)
			return
		}
		fmt.Fprintf(w, "%s\t%s\n", v.Kind, v.Text)
	}
}
