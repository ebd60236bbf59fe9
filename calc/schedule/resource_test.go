package schedule_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"zhigai/calc/schedule"
	"zhigai/calc/schedule/check"
)

// single is a job of one operation on one machine.
func single(machine int, duration int64, uses ...schedule.Use) schedule.Job {
	return schedule.Job{Weight: 1, Operations: []schedule.Operation{{Alternatives: []schedule.Alternative{{Machine: machine, Duration: duration}}, Uses: uses, Interruptible: true}}}
}

// planned searches for the shortest; it must pass the checker.
func planned(t *testing.T, p *schedule.Problem) schedule.Schedule {
	t.Helper()
	r, err := schedule.Plan(p, schedule.PlanOptions{Seed: 1, Objective: schedule.Objective{Makespan: 1}, Steps: 3000})
	if err != nil {
		t.Fatal(err)
	}
	if found := check.Schedule(p, r.Schedule); r.Cost.Broken > 0 || len(found) > 0 {
		t.Fatalf("cannot be carried out: broken %d, %v", r.Cost.Broken, found)
	}
	return r.Schedule
}

// Known answers: of three machines two can work at once when there are two
// fixtures; a fixture stays over a break and while the machine is set up, people
// do not; of the late shift one man has the skill.
func TestResource_KnownAnswers(t *testing.T) {
	two := []schedule.Use{{Resource: 0, Units: 1}}
	day := []schedule.Window{{From: 0, To: 10}, {From: 20, To: 30}}
	for name, c := range map[string]struct {
		p    schedule.Problem
		want int64
	}{
		"two fixtures for three machines": {schedule.Problem{
			Machines: make([]schedule.Machine, 3), Resources: []schedule.Resource{{Units: 2}}, Jobs: []schedule.Job{single(0, 10, two...), single(1, 10, two...), single(2, 10, two...)},
		}, 20},
		"both at once": {schedule.Problem{
			Machines: make([]schedule.Machine, 2), Resources: []schedule.Resource{{Units: 2}}, Jobs: []schedule.Job{single(0, 10, schedule.Use{Units: 2}), single(1, 10, two...)},
		}, 20},
		// 8 + 4 on a machine that breaks from 10 to 20: the fixture is free at 22, the
		// other machine needs it for 5.
		"a fixture stays over the break": {schedule.Problem{
			Machines: []schedule.Machine{{Open: day}, {}}, Resources: []schedule.Resource{{Units: 1}}, Jobs: []schedule.Job{single(0, 12, two...), single(1, 5, two...)},
		}, 27},
		// 5 first, or in the break: 12 from 0 to 22, 5 from 10 to 15.
		"people are free in the break": {schedule.Problem{
			Machines: []schedule.Machine{{Open: day}, {}}, Resources: []schedule.Resource{{Units: 1, LetGo: true}}, Jobs: []schedule.Job{single(0, 12, two...), single(1, 5, two...)},
		}, 22},
		// Set up for 4 and run 6 each on its own machine, with one fixture: one behind
		// the other, setup and all.
		"it is needed while the machine is set up": {schedule.Problem{
			Machines: []schedule.Machine{{Setup: [][]int64{{0, 4}, {4, 0}}, Ready: 1}, {Setup: [][]int64{{0, 4}, {4, 0}}, Ready: 1}}, Resources: []schedule.Resource{{Units: 1}},
			Jobs: []schedule.Job{single(0, 6, two...), single(1, 6, two...)},
		}, 20},
		// Two until 10, one from there on, two again from 40: 8 together, then 8 alone,
		// then 8 alone.
		"one setter in the late shift": {schedule.Problem{
			Machines: make([]schedule.Machine, 4), Resources: []schedule.Resource{{Units: 2, LetGo: true, Levels: []schedule.Level{{From: 10, Units: 1}, {From: 40, Units: 2}}}},
			Jobs: []schedule.Job{single(0, 8, two...), single(1, 8, two...), single(2, 8, two...), single(3, 8, two...)},
		}, 24},
	} {
		if got := planned(t, &c.p).Makespan(); got != c.want {
			t.Errorf("%s: it ends at %d; want %d", name, got, c.want)
		}
	}
	batch := schedule.Problem{Machines: []schedule.Machine{{Capacity: 2}, {}}, Resources: []schedule.Resource{{Units: 1}}, Jobs: []schedule.Job{single(0, 10, two...), single(0, 10, two...), single(1, 10, two...)}}
	if got := planned(t, &batch).Makespan(); got != 20 {
		t.Errorf("a batch takes one fixture: it ends at %d; want 20", got)
	}
}

// limited gives a shop resources of every kind: scarce and plenty, by shift, kept
// over breaks and let go.
func limited(rnd *rand.Rand, p *schedule.Problem) {
	for range 1 + rnd.IntN(3) {
		r := schedule.Resource{Units: 1 + rnd.Int64N(3), LetGo: rnd.IntN(2) == 0}
		if rnd.IntN(2) == 0 {
			for day := range int64(60) {
				r.Levels = append(r.Levels, schedule.Level{From: 48*day + 10, Units: 1 + rnd.Int64N(3)}, schedule.Level{From: 48*day + 40, Units: 2 + rnd.Int64N(2)})
			}
		}
		p.Resources = append(p.Resources, r)
	}
	for j := range p.Jobs {
		for i := range p.Jobs[j].Operations {
			o := &p.Jobs[j].Operations[i]
			for k := range p.Resources {
				if rnd.IntN(3) == 0 {
					o.Uses = append(o.Uses, schedule.Use{Resource: k, Units: 1})
				}
			}
		}
	}
}

// Whatever a shop has, with limits of tools and people: the plan passes the
// independent checker, and followed with nothing changed it is the same.
func TestResource_RandomShops(t *testing.T) {
	rnd := rand.New(rand.NewPCG(31, 32))
	broken, bound := 0, 0
	const shops = 150
	for n := range shops {
		p := plant(rnd, 1+rnd.IntN(10), 1+rnd.IntN(4), 1+rnd.IntN(5))
		limited(rnd, p)
		r := tardyPlan(t, p, 800, n)
		if r.Cost.Broken > 0 {
			broken++
			continue
		}
		for rule, by := range r.Rules {
			if found := check.Schedule(p, by.Schedule); by.Broken == 0 && len(found) > 0 {
				t.Fatalf("shop %d: by %s not valid: %v", n, rule, found)
			}
		}
		free := *p
		free.Resources = slices.Clone(p.Resources)
		for i := range free.Resources {
			free.Resources[i].Units, free.Resources[i].Levels = 0, nil
		}
		if slices.ContainsFunc(check.Schedule(&free, r.Schedule), func(v check.Violation) bool { return v.Kind == check.Resource }) {
			bound++ // something is taken at all
		}
		again, err := schedule.Follow(p, r.Schedule, tardinessFirst)
		if err != nil || !slices.Equal(again.Schedule.Operations, r.Schedule.Operations) {
			t.Fatalf("shop %d: followed with nothing changed: %v %v; want %v", n, err, again.Schedule, r.Schedule)
		}
	}
	if broken > shops/8 || bound < shops/2 {
		t.Errorf("of %d shops %d have no plan that can be carried out, and %d take resources", shops, broken, bound)
	}
}

// Small shops: the shortest that is found is the shortest of all orders in which
// operations can be put behind one another, with one tool for all.
func TestResource_OneToolIsAMachine(t *testing.T) {
	rnd := rand.New(rand.NewPCG(33, 34))
	for n := range 40 {
		p := &schedule.Problem{Machines: make([]schedule.Machine, 4), Resources: []schedule.Resource{{Units: 1}}}
		sum := int64(0)
		for k := range 4 {
			d := 1 + rnd.Int64N(9)
			sum += d
			p.Jobs = append(p.Jobs, single(k, d, schedule.Use{Units: 1}))
		}
		if got := planned(t, p).Makespan(); got != sum {
			t.Fatalf("shop %d: with one tool it ends at %d; the work is %d", n, got, sum)
		}
	}
}
