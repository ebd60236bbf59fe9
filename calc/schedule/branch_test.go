package schedule_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"zhigai/calc/schedule"
	"zhigai/calc/schedule/check"
)

// bearing is a job of two rings that are made side by side, 10 and 14 long, and
// assembled in 5, with 2 of transport to there.
func bearing(due int64) schedule.Job {
	on := func(k int, d int64) []schedule.Alternative {
		return []schedule.Alternative{{Machine: k, Duration: d}}
	}
	return schedule.Job{Weight: 1, Due: &due, Operations: []schedule.Operation{
		{Alternatives: on(0, 10)},
		{Alternatives: on(1, 14), After: []schedule.Forerunner{}},
		{Alternatives: on(2, 5), After: []schedule.Forerunner{{Op: 0, MinWait: 2}, {Op: 1, MinWait: 2}}},
	}}
}

// Branches run side by side and meet again: 14 + 2 + 5. One after the other they
// would take 31.
func TestBranch_MeetsAgain(t *testing.T) {
	p := &schedule.Problem{Machines: make([]schedule.Machine, 3), Jobs: []schedule.Job{bearing(20)}}
	r, err := schedule.Plan(p, schedule.PlanOptions{Seed: 1, Objective: tardinessFirst, Steps: 200})
	if err != nil || r.Cost.Makespan != 21 || r.Cost.Tardiness != 1 || schedule.LowerBound(p) != 21 {
		t.Errorf("%+v, bound %d, %v; want 21 and 1 late", r.Cost, schedule.LowerBound(p), err)
	}
	late := int64(-3)
	p.Jobs[0].Due = &late
	if r, err = schedule.Plan(p, schedule.PlanOptions{Seed: 1, Objective: tardinessFirst, Steps: 200}); err != nil || r.Cost.Tardiness != 24 {
		t.Errorf("late before it begins: %+v %v", r.Cost, err)
	}
	for name, c := range map[string]struct {
		spoil func(s *schedule.Schedule)
		want  string
	}{
		"the longer ring is not waited for": {func(s *schedule.Schedule) { s.Operations[2].Start, s.Operations[2].End = 12, 17 }, "operation 1 ends"},
		"no transport":                      {func(s *schedule.Schedule) { s.Operations[2].Start, s.Operations[2].End = 15, 20 }, "2 must pass"},
	} {
		s := schedule.Schedule{Operations: slices.Clone(r.Schedule.Operations)}
		c.spoil(&s)
		found := check.Schedule(p, s)
		if len(found) != 1 || found[0].Kind != check.Order || found[0].Op != 2 {
			t.Errorf("%s: found %v", name, found)
		}
	}
	p.Jobs[0].Release = 5
	if found := check.Schedule(p, r.Schedule); !slices.ContainsFunc(found, func(v check.Violation) bool { return v.Kind == check.Release && v.Op == 1 }) {
		t.Errorf("a branch before its job is released: %v", found)
	}
	p.Jobs[0].Operations[1].After = []schedule.Forerunner{{Op: 2}}
	if err := p.Validate(); err == nil || !strings.Contains(err.Error(), "jobs[0].operations[1].after[0].op: 2 does not stand before it") {
		t.Errorf("a circle: %v", err)
	}
	if _, err := schedule.Makespan(&schedule.Problem{Machines: p.Machines, Jobs: []schedule.Job{bearing(1)}}, schedule.Options{}); err == nil {
		t.Error("the search for the shortest takes branches for a line")
	}
}

// branch lets operations of jobs follow others than the one before.
func branch(rnd *rand.Rand, p *schedule.Problem) {
	for j := range p.Jobs {
		ops := p.Jobs[j].Operations
		for i := 1; i < len(ops); i++ {
			if ops[i].MaxWait != nil || rnd.IntN(2) == 0 {
				continue
			}
			ops[i].MinWait, ops[i].After = 0, []schedule.Forerunner{}
			for f := range i {
				if rnd.IntN(2) == 0 {
					ops[i].After = append(ops[i].After, schedule.Forerunner{Op: f, MinWait: rnd.Int64N(3)})
				}
			}
		}
	}
}

// Whatever a shop has, with branches and limits: the plan passes the independent
// checker, costs what it says, and followed with nothing changed it is the same.
func TestBranch_RandomShops(t *testing.T) {
	rnd := rand.New(rand.NewPCG(41, 42))
	broken, moved := 0, 0
	const shops = 150
	for n := range shops {
		p := plant(rnd, 1+rnd.IntN(8), 1+rnd.IntN(6), 1+rnd.IntN(5))
		branch(rnd, p)
		if n%2 == 0 {
			limited(rnd, p)
		}
		r := tardyPlan(t, p, 600, n)
		if r.Cost.Broken > 0 {
			broken++
			continue
		}
		late := int64(0)
		for j, job := range p.Jobs {
			end := int64(0)
			for _, o := range r.Schedule.Operations {
				if o.Job == j {
					end = max(end, o.End)
				}
			}
			if job.Due != nil {
				late += job.Weight * max(0, end-*job.Due)
			}
		}
		if late != r.Cost.Tardiness || r.Cost.Makespan < schedule.LowerBound(p) {
			t.Fatalf("shop %d: tardiness %d, said to be %+v; bound %d", n, late, r.Cost, schedule.LowerBound(p))
		}
		again, err := schedule.Follow(p, r.Schedule, tardinessFirst)
		if err != nil {
			t.Fatal(err)
		}
		if found := check.Schedule(p, again.Schedule); again.Cost.Broken == 0 && len(found) > 0 {
			t.Fatalf("shop %d: followed it is not valid: %v", n, found)
		}
		if !slices.Equal(again.Schedule.Operations, r.Schedule.Operations) {
			moved++
		}
	}
	if broken > shops/8 || moved > 0 {
		t.Errorf("of %d shops %d have no plan that can be carried out, and %d are another when nothing has changed", shops, broken, moved)
	}
}
