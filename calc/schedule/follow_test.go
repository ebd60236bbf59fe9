package schedule_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"zhigai/calc/schedule"
	"zhigai/calc/schedule/check"
)

// A plan that is followed while nothing has changed is the plan; when a machine
// opens later, sequence and machines stay and nothing begins earlier.
func TestFollow(t *testing.T) {
	p := &schedule.Problem{Machines: []schedule.Machine{{}, {}}, Jobs: []schedule.Job{
		{Weight: 1, Operations: []schedule.Operation{{Alternatives: []schedule.Alternative{{Machine: 0, Duration: 3}}}, {Alternatives: []schedule.Alternative{{Machine: 1, Duration: 2}}}}},
		{Weight: 1, Operations: []schedule.Operation{{Alternatives: []schedule.Alternative{{Machine: 0, Duration: 4}, {Machine: 1, Duration: 9}}}}},
	}}
	plan := schedule.Schedule{Operations: []schedule.Placed{{Job: 0, Op: 0, Machine: 0, Start: 4, End: 7}, {Job: 0, Op: 1, Machine: 1, Start: 8, End: 10}, {Job: 1, Op: 0, Machine: 0, Start: 0, End: 4}}}
	r, err := schedule.Follow(p, plan, tardinessFirst)
	if err != nil || !slices.Equal(r.Schedule.Operations, plan.Operations) {
		t.Fatalf("followed: %v %v; want the plan itself", r.Schedule, err)
	}
	p.Machines[0].Open = []schedule.Window{{From: 2, To: 5}, {From: 6, To: 100}}
	r, err = schedule.Follow(p, plan, tardinessFirst)
	want := []schedule.Placed{{Job: 0, Op: 0, Machine: 0, Start: 10, End: 13}, {Job: 0, Op: 1, Machine: 1, Start: 13, End: 15}, {Job: 1, Op: 0, Machine: 0, Start: 6, End: 10}}
	if err != nil || !slices.Equal(r.Schedule.Operations, want) {
		t.Fatalf("followed: %v %v; want %v", r.Schedule, err, want)
	}
}

// With the plan as the start, a search that may try nothing keeps it, and one
// that may is no worse; every better one is told of.
func TestPlan_FromCurrent(t *testing.T) {
	rnd := rand.New(rand.NewPCG(21, 22))
	for i := range 40 {
		p := plant(rnd, 2+rnd.IntN(8), 1+rnd.IntN(4), 1+rnd.IntN(4))
		first, err := schedule.Plan(p, schedule.PlanOptions{Seed: 1, Objective: tardinessFirst, Steps: 800})
		if err != nil {
			t.Fatal(err)
		}
		if first.Cost.Broken > 0 {
			continue
		}
		changes := tardinessFirst
		changes.Change = 1000
		var told []int64
		again, err := schedule.Plan(p, schedule.PlanOptions{Seed: 2, Objective: changes, Current: first.Schedule, Steps: 400, Better: func(c schedule.Cost) { told = append(told, changes.Of(c)) }})
		if err != nil {
			t.Fatal(err)
		}
		if len(check.Schedule(p, again.Schedule)) > 0 || changes.Of(again.Cost) > tardinessFirst.Of(first.Cost) {
			t.Fatalf("problem %d: from a plan of %+v came %+v", i, first.Cost, again.Cost)
		}
		if len(told) == 0 || told[len(told)-1] != changes.Of(again.Cost) || !slices.IsSortedFunc(told, func(a, b int64) int { return int(b - a) }) {
			t.Fatalf("problem %d: told of %v; want it to go down to %d", i, told, changes.Of(again.Cost))
		}
	}
}
