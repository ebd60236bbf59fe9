package schedule

import (
	"fmt"
	"slices"
	"sync"
)

// Options of a search.
type Options struct {
	Seed uint64
	// Threads is how many search at once and share what they find; less than 1
	// is one. One thread alone finds the same for the same seed and steps.
	Threads int
	// Steps is how many moves each thread may make; 0 is no limit.
	Steps int64
	// Stop is asked all the time whether to end, by every thread; nil never ends
	// by itself. A search ends also when it has proved its schedule best.
	Stop func() bool
}

// Result is what a search has found.
type Result struct {
	Schedule   Schedule
	Makespan   int64
	LowerBound int64 // proved by [LowerBound]: no schedule is shorter
	Steps      int64 // moves made by all threads
}

// Unsupported is part of a problem that a search does not take into account.
type Unsupported struct{ Path, What string }

func (u *Unsupported) Error() string {
	return fmt.Sprintf("%s: %s is not taken into account by the search for the shortest schedule", u.Path, u.What)
}

// Makespan searches for the schedule that ends first, of a job shop or a
// flexible one. It refuses with [Unsupported] what goes beyond them. The first
// schedule is made before Stop is asked for the first time.
func Makespan(p *Problem, o Options) (Result, error) {
	if err := p.Validate(); err != nil {
		return Result{}, err
	}
	if err := p.plain(); err != nil {
		return Result{}, err
	}
	alts, err := p.narrow()
	if err != nil {
		return Result{}, err
	}
	bound := LowerBound(p)
	threads := max(o.Threads, 1)
	elites := &pool{bound: int32(bound)}
	steps := make([]int64, threads)
	var wait sync.WaitGroup
	for i := range threads {
		wait.Go(func() {
			s := newSearcher(p, alts, o.Seed*31+uint64(i))
			s.bound, s.limit = int32(bound), o.Steps
			s.stop = func() bool { return elites.done() || o.Stop != nil && o.Stop() }
			elites.evolve(s)
			steps[i] = s.steps
		})
	}
	wait.Wait()
	r := Result{Schedule: elites.best.place(p, alts), Makespan: int64(elites.best.makespan), LowerBound: bound}
	for _, n := range steps {
		r.Steps += n
	}
	return r, nil
}

// plain says what makes a problem more than a flexible job shop.
func (p *Problem) plain() error {
	if p.Horizon > 0 {
		return &Unsupported{"horizon", "a horizon"}
	}
	if len(p.Resources) > 0 {
		return &Unsupported{"resources", "a limit of tools or people"}
	}
	for i, m := range p.Machines {
		path := fmt.Sprintf("machines[%d]", i)
		switch {
		case m.Open != nil:
			return &Unsupported{path + ".open", "a calendar"}
		case m.Setup != nil:
			return &Unsupported{path + ".setup", "setup"}
		case m.Capacity > 1:
			return &Unsupported{path + ".capacity", "a batch"}
		}
	}
	for i, j := range p.Jobs {
		if j.Release > 0 {
			return &Unsupported{fmt.Sprintf("jobs[%d].release", i), "a release"}
		}
		for k, o := range j.Operations {
			path := fmt.Sprintf("jobs[%d].operations[%d]", i, k)
			switch {
			case o.After != nil:
				return &Unsupported{path + ".after", "a branch"}
			case o.MinWait != 0 || o.MaxWait != nil:
				return &Unsupported{path, "a wait"}
			case o.Material > 0:
				return &Unsupported{path + ".material", "the arrival of material"}
			case o.Locked != nil:
				return &Unsupported{path + ".locked", "a lock"}
			}
		}
	}
	return nil
}

// maxWork keeps sums of any two ways through the graph within 32 bits.
const maxWork = 1 << 29

// narrow gives the alternatives in the numbers of the search.
func (p *Problem) narrow() ([][]choice, error) {
	alts := make([][]choice, 0, p.Operations())
	work := int64(0)
	for _, j := range p.Jobs {
		for _, o := range j.Operations {
			longest := int64(0)
			row := make([]choice, len(o.Alternatives))
			for i, a := range o.Alternatives {
				row[i] = choice{int32(a.Machine), int32(a.Duration)}
				longest = max(longest, a.Duration)
			}
			if work += longest; work > maxWork {
				return nil, fmt.Errorf("the durations add up to more than %d; give them in a larger unit", maxWork)
			}
			alts = append(alts, row)
		}
	}
	return alts, nil
}

// place gives a solution as a schedule in which everything starts as early as
// its order allows.
func (s *solution) place(p *Problem, alts [][]choice) Schedule {
	out := make([]Placed, 0, len(s.ord))
	for j := range p.Jobs {
		for i := range p.Jobs[j].Operations {
			out = append(out, Placed{Job: j, Op: i})
		}
	}
	jobs, machines := make([]int64, len(p.Jobs)), make([]int64, len(p.Machines))
	for _, u := range s.ord {
		c, o := alts[u][s.alt[u]], &out[u]
		o.Machine, o.Start = int(c.machine), max(jobs[o.Job], machines[c.machine])
		o.End = o.Start + int64(c.duration)
		jobs[o.Job], machines[c.machine] = o.End, o.End
	}
	return Schedule{Operations: out}
}

func (s *solution) clone() solution {
	return solution{ord: slices.Clone(s.ord), alt: slices.Clone(s.alt), makespan: s.makespan}
}
