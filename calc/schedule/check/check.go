// Package check says whether a schedule may be carried out. It shares nothing
// with the search but the words of the problem: every rule is stated here anew,
// the plain way.
package check

import (
	"cmp"
	"fmt"
	"slices"

	"zhigai/calc/schedule"
)

// Kind of a violation.
type Kind string

const (
	Unknown   Kind = "unknown"   // an operation the problem does not have
	Twice     Kind = "twice"     // an operation that is there more than once
	Missing   Kind = "missing"   // an operation that is not there
	Machine   Kind = "machine"   // on a machine that cannot do it
	Duration  Kind = "duration"  // shorter or longer than it takes there
	Calendar  Kind = "calendar"  // while the machine is closed, or over a break it must not run into
	Order     Kind = "order"     // before the operation before it has ended, with the least wait
	Late      Kind = "late"      // later after the operation before it than the longest wait
	Release   Kind = "release"   // before its job is released
	Material  Kind = "material"  // before its material has arrived
	Overlap   Kind = "overlap"   // at the same time as another on the machine
	Batch     Kind = "batch"     // of another family, or not together, in a batch
	Capacity  Kind = "capacity"  // more in a batch than fits
	Resource  Kind = "resource"  // takes more of a tool, or of people, than there are
	Setup     Kind = "setup"     // without the time to set the machine up before it
	Horizon   Kind = "horizon"   // ends after everything must be done
	Locked    Kind = "locked"    // not where it is locked
	BeforeAll Kind = "beginning" // starts before time 0
)

// Violation is one thing that cannot be.
type Violation struct {
	Kind Kind `json:"kind"`
	Job  int  `json:"job"`
	Op   int  `json:"op"`
	// Text says it for a person.
	Text string `json:"text"`
}

type checker struct {
	p     *schedule.Problem
	found []Violation
	taken [][]taking // of each resource
}

// Schedule gives everything that is wrong with s; nothing when it can be carried
// out. The problem must be valid.
func Schedule(p *schedule.Problem, s schedule.Schedule) []Violation {
	c := checker{p: p, taken: make([][]taking, len(p.Resources))}
	known := c.complete(s)
	for _, o := range known {
		c.operation(o)
	}
	c.jobs(known)
	c.machines(known)
	return c.found
}

func (c *checker) add(k Kind, o schedule.Placed, format string, args ...any) {
	c.found = append(c.found, Violation{k, o.Job, o.Op, fmt.Sprintf("job %d operation %d: ", o.Job, o.Op) + fmt.Sprintf(format, args...)})
}

// complete finds what is unknown, twice or missing, and gives the rest.
func (c *checker) complete(s schedule.Schedule) []schedule.Placed {
	type id struct{ job, op int }
	seen := map[id]bool{}
	var known []schedule.Placed
	for _, o := range s.Operations {
		switch at := (id{o.Job, o.Op}); {
		case o.Job < 0 || o.Job >= len(c.p.Jobs) || o.Op < 0 || o.Op >= len(c.p.Jobs[o.Job].Operations):
			c.add(Unknown, o, "the problem does not have it")
		case seen[at]:
			c.add(Twice, o, "is there more than once")
		default:
			seen[at] = true
			known = append(known, o)
		}
	}
	for j := range c.p.Jobs {
		for i := range c.p.Jobs[j].Operations {
			if !seen[id{j, i}] {
				c.add(Missing, schedule.Placed{Job: j, Op: i}, "is not scheduled")
			}
		}
	}
	return known
}

// operation checks what concerns one operation alone.
func (c *checker) operation(o schedule.Placed) {
	job := &c.p.Jobs[o.Job]
	op := &job.Operations[o.Op]
	if o.Start < 0 {
		c.add(BeforeAll, o, "starts at %d, before time 0", o.Start)
	}
	if (o.Op == 0 || op.After != nil && len(op.After) == 0) && o.Start < job.Release {
		c.add(Release, o, "starts at %d; the job is released at %d", o.Start, job.Release)
	}
	if o.Start < op.Material {
		c.add(Material, o, "starts at %d; its material arrives at %d", o.Start, op.Material)
	}
	if c.p.Horizon > 0 && o.End > c.p.Horizon {
		c.add(Horizon, o, "ends at %d, after the horizon %d", o.End, c.p.Horizon)
	}
	if l := op.Locked; l != nil && (o.Machine != l.Machine || o.Start != l.Start) {
		c.add(Locked, o, "is on machine %d at %d; it is locked to machine %d at %d", o.Machine, o.Start, l.Machine, l.Start)
	}
	at := slices.IndexFunc(op.Alternatives, func(a schedule.Alternative) bool { return a.Machine == o.Machine })
	if at < 0 {
		c.add(Machine, o, "machine %d cannot do it", o.Machine)
		return
	}
	c.time(o, op, op.Alternatives[at].Duration)
}

// time checks how long an operation runs, and that the machine is open.
func (c *checker) time(o schedule.Placed, op *schedule.Operation, takes int64) {
	open := c.p.Machines[o.Machine].Open
	if open == nil {
		if o.End-o.Start != takes {
			c.add(Duration, o, "runs from %d to %d; on machine %d it takes %d", o.Start, o.End, o.Machine, takes)
		}
		return
	}
	if !op.Interruptible {
		if o.End-o.Start != takes {
			c.add(Duration, o, "runs from %d to %d; on machine %d it takes %d", o.Start, o.End, o.Machine, takes)
		} else if !slices.ContainsFunc(open, func(w schedule.Window) bool { return w.From <= o.Start && o.End <= w.To }) {
			c.add(Calendar, o, "runs from %d to %d, which is within no time that machine %d is open; it must not be interrupted", o.Start, o.End, o.Machine)
		}
		return
	}
	if !slices.ContainsFunc(open, func(w schedule.Window) bool { return w.From <= o.Start && o.Start < w.To }) {
		c.add(Calendar, o, "starts at %d, when machine %d is closed", o.Start, o.Machine)
	}
	if !slices.ContainsFunc(open, func(w schedule.Window) bool { return w.From < o.End && o.End <= w.To }) && takes > 0 {
		c.add(Calendar, o, "ends at %d, when machine %d is closed", o.End, o.Machine)
	}
	if worked := openTime(open, o.Start, o.End); worked != takes {
		c.add(Duration, o, "runs from %d to %d, of which machine %d is open %d; it takes %d", o.Start, o.End, o.Machine, worked, takes)
	}
}

// openTime adds up how long a machine is open between two times.
func openTime(open []schedule.Window, from, to int64) int64 {
	if open == nil {
		return max(to-from, 0)
	}
	var sum int64
	for _, w := range open {
		sum += max(min(w.To, to)-max(w.From, from), 0)
	}
	return sum
}

// jobs checks the order of operations and the waits between them. What is missing
// has been said.
func (c *checker) jobs(known []schedule.Placed) {
	at := map[[2]int]schedule.Placed{}
	for _, o := range known {
		at[[2]int{o.Job, o.Op}] = o
	}
	for _, o := range known {
		op := c.of(o)
		if op.After == nil {
			if before, there := at[[2]int{o.Job, o.Op - 1}]; there {
				c.wait(before, o, op.MinWait, op.MaxWait)
			}
			continue
		}
		for _, f := range op.After {
			if before, there := at[[2]int{o.Job, f.Op}]; there {
				c.wait(before, o, f.MinWait, nil)
			}
		}
	}
}

// wait checks what passes between two operations of a job.
func (c *checker) wait(before, o schedule.Placed, least int64, most *int64) {
	wait := o.Start - before.End
	switch {
	case wait < least && before.Op == o.Op-1:
		c.add(Order, o, "starts at %d; the operation before it ends at %d and %d must pass", o.Start, before.End, least)
	case wait < least:
		c.add(Order, o, "starts at %d; operation %d, which comes before it, ends at %d and %d must pass", o.Start, before.Op, before.End, least)
	case most != nil && wait > *most:
		c.add(Late, o, "starts at %d; the operation before it ends at %d and no more than %d may pass", o.Start, before.End, *most)
	}
}

// run is what a machine does at one time: an operation, or a batch.
type run struct {
	ops []schedule.Placed
}

func (r run) start() int64 { return r.ops[0].Start }
func (r run) end() int64   { return r.ops[0].End }

// machines checks that runs do not overlap, that batches are ones, and setups.
func (c *checker) machines(known []schedule.Placed) {
	byMachine := make([][]schedule.Placed, len(c.p.Machines))
	for _, o := range known {
		if o.Machine >= 0 && o.Machine < len(byMachine) {
			byMachine[o.Machine] = append(byMachine[o.Machine], o)
		}
	}
	for k, ops := range byMachine {
		slices.SortFunc(ops, func(a, b schedule.Placed) int {
			return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End), cmp.Compare(a.Job, b.Job), cmp.Compare(a.Op, b.Op))
		})
		m := &c.p.Machines[k]
		var runs []run
		for _, o := range ops {
			if last := len(runs) - 1; m.Capacity > 1 && last >= 0 && runs[last].start() == o.Start && runs[last].end() == o.End {
				runs[last].ops = append(runs[last].ops, o)
			} else {
				runs = append(runs, run{[]schedule.Placed{o}})
			}
		}
		c.apart(m, k, runs)
		c.batches(m, k, runs)
		c.setups(m, k, runs)
		c.takes(m, k, runs)
	}
	c.limits()
}

func (c *checker) apart(m *schedule.Machine, k int, runs []run) {
	var until schedule.Placed // ends last of those before
	for i, r := range runs {
		o := r.ops[0]
		switch {
		case i > 0 && o.Start < until.End && m.Capacity > 1:
			c.add(Batch, o, "runs from %d to %d on machine %d, while job %d operation %d is in it from %d to %d; a batch starts and ends together", o.Start, o.End, k, until.Job, until.Op, until.Start, until.End)
		case i > 0 && o.Start < until.End:
			c.add(Overlap, o, "starts at %d on machine %d, while job %d operation %d runs there until %d", o.Start, k, until.Job, until.Op, until.End)
		}
		if i == 0 || o.End > until.End {
			until = o
		}
	}
}

func (c *checker) batches(m *schedule.Machine, k int, runs []run) {
	if m.Capacity <= 1 {
		return
	}
	for _, r := range runs {
		var size int64
		family := c.of(r.ops[0]).Family
		for _, o := range r.ops {
			size += max(c.of(o).Size, 1)
			if f := c.of(o).Family; f != family {
				c.add(Batch, o, "is of family %d in a batch of family %d on machine %d", f, family, k)
			}
		}
		if size > m.Capacity {
			c.add(Capacity, r.ops[0], "is in a batch of size %d on machine %d, which takes %d", size, k, m.Capacity)
		}
	}
}

func (c *checker) setups(m *schedule.Machine, k int, runs []run) {
	if m.Setup == nil {
		return
	}
	family, free := m.Ready, int64(0)
	for _, r := range runs {
		o := r.ops[0]
		next := c.of(o).Family
		if next < 0 || next >= len(m.Setup) {
			continue // its machine is wrong, which has been said
		}
		if need, have := m.Setup[family][next], openTime(m.Open, free, o.Start); have < need {
			c.add(Setup, o, "starts at %d on machine %d; setting up from family %d to %d takes %d, and there are %d since %d", o.Start, k, family, next, need, have, free)
		}
		family, free = next, r.end()
	}
}

func (c *checker) of(o schedule.Placed) *schedule.Operation {
	return &c.p.Jobs[o.Job].Operations[o.Op]
}
