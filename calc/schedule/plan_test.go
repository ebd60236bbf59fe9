package schedule_test

import (
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"zhigai/calc/schedule"
	"zhigai/calc/schedule/check"
)

// plant makes a problem with something of everything: calendars, setups,
// furnaces, releases, material, due dates, waits.
func plant(rnd *rand.Rand, jobs, operations, machines int) *schedule.Problem {
	p := random(rnd, jobs, operations, machines, 3)
	const families = 3
	for k := range p.Machines {
		m := &p.Machines[k]
		if rnd.IntN(2) == 0 {
			for day := range int64(200) {
				m.Open = append(m.Open, schedule.Window{From: 24*day + 1, To: 24*day + 11}, schedule.Window{From: 24*day + 12, To: 24*day + 22})
			}
		}
		if rnd.IntN(2) == 0 {
			for range families {
				m.Setup = append(m.Setup, []int64{rnd.Int64N(4), rnd.Int64N(4), rnd.Int64N(4)})
			}
			m.Ready = rnd.IntN(families)
		}
		if rnd.IntN(4) == 0 {
			m.Capacity = 2 + rnd.Int64N(3)
		}
	}
	for j := range p.Jobs {
		job := &p.Jobs[j]
		job.Release, job.Weight = rnd.Int64N(20), 1+rnd.Int64N(5)
		if rnd.IntN(4) > 0 {
			due := 10 + rnd.Int64N(60)
			job.Due = &due
		}
		for i := range job.Operations {
			o := &job.Operations[i]
			o.Family, o.Size, o.Interruptible = rnd.IntN(families), 1+rnd.Int64N(2), rnd.IntN(2) == 0
			if rnd.IntN(6) == 0 {
				o.Material = rnd.Int64N(50)
			}
			o.MinWait = rnd.Int64N(3)
			for a := range o.Alternatives {
				o.Alternatives[a].Duration++ // nothing takes no time in a real shop
			}
			if i > 0 && rnd.IntN(5) == 0 { // they overlap
				least := job.Operations[i-1].Alternatives[0].Duration
				for _, a := range slices.Concat(job.Operations[i-1].Alternatives, o.Alternatives) {
					least = min(least, a.Duration)
				}
				o.MinWait = -rnd.Int64N(least + 1)
			}
			if i > 0 && rnd.IntN(4) == 0 {
				longest := o.MinWait + rnd.Int64N(20)
				o.MaxWait = &longest
			}
		}
	}
	return p
}

var tardinessFirst = schedule.Objective{Tardiness: 100, Makespan: 1, Setup: 1}

// Whatever a shop has, the plan can be carried out, costs what it says, and no
// more than the best dispatching rule.
func TestPlan_AlwaysValid(t *testing.T) {
	rnd := rand.New(rand.NewPCG(11, 12))
	broken := 0 // setting up may take longer than an operation may wait
	for i := range 120 {
		p := plant(rnd, 1+rnd.IntN(12), 1+rnd.IntN(5), 1+rnd.IntN(5))
		r := tardyPlan(t, p, 1500, i)
		if r.Cost.Broken > 0 {
			broken++
			continue
		}
		if got := lateness(p, r.Schedule); got != r.Cost.Tardiness || r.Schedule.Makespan() != r.Cost.Makespan {
			t.Fatalf("problem %d: tardiness %d and makespan %d; said to be %+v", i, got, r.Schedule.Makespan(), r.Cost)
		}
		if bound := schedule.LowerBound(p); r.Cost.Makespan < bound {
			t.Fatalf("problem %d: makespan %d, below the bound %d", i, r.Cost.Makespan, bound)
		}
		for rule, c := range r.Rules {
			if tardinessFirst.Of(c.Cost) < tardinessFirst.Of(r.Cost) {
				t.Fatalf("problem %d: %+v; the rule %s has %+v", i, r.Cost, rule, c)
			}
		}
	}
	if broken > 6 {
		t.Errorf("%d of 120 problems have no schedule that can be carried out", broken)
	}
}

// tardyPlan makes a plan of few late orders, which passes the independent checker
// unless it breaks something itself.
func tardyPlan(t *testing.T, p *schedule.Problem, steps int64, shop int) schedule.PlanResult {
	t.Helper()
	r, err := schedule.Plan(p, schedule.PlanOptions{Seed: 1, Objective: tardinessFirst, Steps: steps})
	if err != nil {
		t.Fatal(err)
	}
	if found := check.Schedule(p, r.Schedule); r.Cost.Broken == 0 && len(found) > 0 {
		t.Fatalf("shop %d: not valid: %v", shop, found)
	}
	return r
}

// lateness adds up weighted tardiness from the schedule alone.
func lateness(p *schedule.Problem, s schedule.Schedule) (sum int64) {
	for _, o := range s.Operations {
		if job := &p.Jobs[o.Job]; o.Op == len(job.Operations)-1 && job.Due != nil {
			sum += job.Weight * max(0, o.End-*job.Due)
		}
	}
	return sum
}

// Small shops with setups and due dates: the search finds what trying out every
// order and alternative finds.
func TestPlan_EqualsTryingEverything(t *testing.T) {
	rnd := rand.New(rand.NewPCG(13, 14))
	for i := range 60 {
		p := random(rnd, 1+rnd.IntN(3), 3, 1+rnd.IntN(2), 2)
		for k := range p.Machines {
			p.Machines[k].Setup = [][]int64{{0, rnd.Int64N(9)}, {rnd.Int64N(9), 0}}
		}
		for j := range p.Jobs {
			due := rnd.Int64N(25)
			p.Jobs[j].Due, p.Jobs[j].Weight, p.Jobs[j].Release = &due, 1+rnd.Int64N(4), rnd.Int64N(6)
			for o := range p.Jobs[j].Operations {
				p.Jobs[j].Operations[o].Family = rnd.IntN(2)
			}
		}
		o := schedule.Objective{Tardiness: 1}
		r, err := schedule.Plan(p, schedule.PlanOptions{Seed: 1, Objective: o, Steps: 40_000})
		if err != nil {
			t.Fatal(err)
		}
		if want := everyOrder(p); r.Cost.Tardiness != want {
			t.Fatalf("problem %d: tardiness %d; the least is %d", i, r.Cost.Tardiness, want)
		}
	}
}

// everyOrder is the least weighted tardiness, by all orders and alternatives.
func everyOrder(p *schedule.Problem) int64 {
	next, ready := make([]int, len(p.Jobs)), make([]int64, len(p.Jobs))
	free, family := make([]int64, len(p.Machines)), make([]int, len(p.Machines))
	for j := range ready {
		ready[j] = p.Jobs[j].Release
	}
	best := int64(math.MaxInt64)
	var try func(late int64)
	try = func(late int64) {
		if late >= best {
			return
		}
		whole := true
		for j := range p.Jobs {
			job := &p.Jobs[j]
			if next[j] == len(job.Operations) {
				continue
			}
			whole = false
			op := &job.Operations[next[j]]
			for _, a := range op.Alternatives {
				k := a.Machine
				r, f, was := ready[j], free[k], family[k]
				done := max(r, f+p.Machines[k].Setup[was][op.Family]) + a.Duration
				next[j]++
				ready[j], free[k], family[k] = done, done, op.Family
				more := int64(0)
				if next[j] == len(job.Operations) {
					more = job.Weight * max(0, done-*job.Due)
				}
				try(late + more)
				next[j]--
				ready[j], free[k], family[k] = r, f, was
			}
		}
		if whole {
			best = late
		}
	}
	try(0)
	return best
}

// Setting up once would spare 5, and one of the orders would be late for it:
// what simple rules have in time stays in time.
func TestPlan_NoLaterThanTheBestRule(t *testing.T) {
	p := &schedule.Problem{Machines: []schedule.Machine{{Setup: [][]int64{{0, 5}, {5, 0}}}}}
	for _, j := range []struct {
		family int
		due    int64
	}{{0, 10}, {1, 25}, {0, 40}} {
		p.Jobs = append(p.Jobs, schedule.Job{Due: &j.due, Weight: 1, Operations: []schedule.Operation{
			{Family: j.family, Alternatives: []schedule.Alternative{{Machine: 0, Duration: 10}}},
		}})
	}
	o := schedule.Objective{Tardiness: 10, Makespan: 1, Setup: 50}
	r, err := schedule.Plan(p, schedule.PlanOptions{Seed: 1, Objective: o, Steps: 2000})
	if err != nil || r.Rules[schedule.EDD].Tardiness != 0 || r.Cost.Tardiness != 0 || r.Cost.Setup != 10 {
		t.Errorf("%+v, by earliest due date %+v, %v; everything can be in time, set up twice", r.Cost, r.Rules[schedule.EDD].Cost, err)
	}
	// Nobody asks for dates: set up once.
	o.Tardiness = 0
	if r, err = schedule.Plan(p, schedule.PlanOptions{Seed: 1, Objective: o, Steps: 2000}); err != nil || r.Cost.Setup != 5 {
		t.Errorf("%+v, %v; without dates setting up once is enough", r.Cost, err)
	}
	// In the plan that people work by one is late by 10: planning anew makes it no
	// worse, and does not move what it need not.
	o.Tardiness, o.Change = 10, 1000
	current := schedule.Schedule{Operations: []schedule.Placed{{Job: 0, Start: 0, End: 10}, {Job: 1, Start: 25, End: 35}, {Job: 2, Start: 10, End: 20}}}
	if r, err = schedule.Plan(p, schedule.PlanOptions{Seed: 1, Objective: o, Current: current, Steps: 2000}); err != nil || r.Cost.Tardiness != 10 || r.Cost.Changes != 0 {
		t.Errorf("%+v, %v; the plan can go on as it is", r.Cost, err)
	}
}

// Random shops: whatever is mixed with it, tardiness is no more than that of the
// best rule, from the first schedule on.
func TestPlan_NoLaterWhateverIsMixed(t *testing.T) {
	rnd := rand.New(rand.NewPCG(21, 22))
	for i := range 150 {
		p := plant(rnd, 2+rnd.IntN(10), 1+rnd.IntN(4), 1+rnd.IntN(4))
		for j := range p.Jobs {
			if p.Jobs[j].Due != nil {
				*p.Jobs[j].Due -= rnd.Int64N(40) // some are late before anything begins
			}
		}
		o := schedule.Objective{Tardiness: 1, Makespan: rnd.Int64N(100), Setup: rnd.Int64N(100)}
		r, err := schedule.Plan(p, schedule.PlanOptions{Seed: 1, Objective: o, Steps: 1 + 200*rnd.Int64N(4)})
		if err != nil {
			t.Fatal(err)
		}
		for rule, by := range r.Rules {
			if by.Broken <= r.Cost.Broken && by.Tardiness < r.Cost.Tardiness {
				t.Errorf("shop %d: %+v; by %s %+v", i, r.Cost, rule, by.Cost)
			}
			if late := lateness(p, by.Schedule); by.Broken == 0 && late != by.Tardiness {
				t.Errorf("shop %d: the schedule by %s is late by %d; said are %d", i, rule, late, by.Tardiness)
			}
		}
		if late := lateness(p, r.Schedule); r.Cost.Broken == 0 && late != r.Cost.Tardiness {
			t.Errorf("shop %d: late by %d; said are %d", i, late, r.Cost.Tardiness)
		}
	}
}

func TestPlan_SameSeedSameSchedule(t *testing.T) {
	p := plant(rand.New(rand.NewPCG(15, 16)), 15, 5, 4)
	o := schedule.PlanOptions{Seed: 4, Objective: tardinessFirst, Steps: 4000}
	a, err := schedule.Plan(p, o)
	if err != nil {
		t.Fatal(err)
	}
	if b, _ := schedule.Plan(p, o); !reflect.DeepEqual(a, b) {
		t.Errorf("%+v and %+v of the same seed", a.Cost, b.Cost)
	}
}

// Both machines begin later than in the current plan, so that both operations move
// anyway: each stays on its machine, although the other one is a little quicker.
func TestPlan_ReplanKeepsMachines(t *testing.T) {
	closed := []schedule.Window{{From: 5, To: 1000}}
	p := &schedule.Problem{Machines: []schedule.Machine{{Open: closed}, {Open: closed}}}
	for m := range 2 {
		p.Jobs = append(p.Jobs, schedule.Job{Operations: []schedule.Operation{{Alternatives: []schedule.Alternative{{Machine: m, Duration: 10}, {Machine: 1 - m, Duration: 9}}}}})
	}
	current := schedule.Schedule{Operations: []schedule.Placed{{Machine: 0, End: 10}, {Job: 1, Machine: 1, End: 10}}}
	r, err := schedule.Plan(p, schedule.PlanOptions{Seed: 1, Objective: schedule.Objective{Makespan: 1, Change: 50}, Current: current, Steps: 500})
	if err != nil || r.Cost.Changes != 2 || r.Cost.Elsewhere != 0 || r.Cost.Makespan != 15 {
		t.Errorf("%+v, %v; want two later on their machines, done at 15", r.Cost, err)
	}
}

// A machine stops: what has begun stays, the machine is closed for a while, and
// the new plan leaves what it can. Without a price for changes more of it moves.
func TestPlan_ReplanChangesLittle(t *testing.T) {
	rnd := rand.New(rand.NewPCG(17, 18))
	p := random(rnd, 20, 5, 6, 3)
	for j := range p.Jobs {
		due := 40 + rnd.Int64N(20)
		p.Jobs[j].Due, p.Jobs[j].Weight = &due, 1
	}
	before, err := schedule.Plan(p, schedule.PlanOptions{Seed: 1, Objective: tardinessFirst, Steps: 20_000})
	if err != nil {
		t.Fatal(err)
	}
	const stop, mended = 10, 25
	p.Machines[0].Open = []schedule.Window{{From: 0, To: stop}, {From: mended, To: 10_000}}
	started := 0
	for _, o := range before.Schedule.Operations {
		if op := &p.Jobs[o.Job].Operations[o.Op]; o.Start < stop {
			op.Interruptible = o.Machine == 0 // its rest is done when the machine goes on
			op.Locked = &schedule.Lock{Machine: o.Machine, Start: o.Start}
			started++
		}
	}
	var changes [2]int64
	for i, price := range []int64{50, 0} {
		o := tardinessFirst
		o.Change = price
		r, err := schedule.Plan(p, schedule.PlanOptions{Seed: 1, Objective: o, Current: before.Schedule, Steps: 20_000})
		if err != nil {
			t.Fatal(err)
		}
		if found := check.Schedule(p, r.Schedule); len(found) > 0 || r.Cost.Broken > 0 {
			t.Fatalf("not valid: %v, %+v", found, r.Cost)
		}
		changes[i] = r.Cost.Changes
	}
	if started == 0 || changes[0] >= changes[1] {
		t.Errorf("%d operations had begun; %d of %d change with a price for it, %d without", started, changes[0], len(before.Schedule.Operations), changes[1])
	}
}

// Of 10 that the first takes, the second may begin after 4: both are done at 14, and
// no bound says more. An overlap of more than either takes is refused.
func TestPlan_Overlap(t *testing.T) {
	p := &schedule.Problem{Machines: make([]schedule.Machine, 2), Jobs: []schedule.Job{{Operations: []schedule.Operation{
		{Alternatives: []schedule.Alternative{{Machine: 0, Duration: 10}}}, {Alternatives: []schedule.Alternative{{Machine: 1, Duration: 10}}, MinWait: -6},
	}}}}
	r, err := schedule.Plan(p, schedule.PlanOptions{Objective: schedule.Objective{Makespan: 1}, Steps: 50})
	if err != nil || r.Cost.Makespan != 14 || len(check.Schedule(p, r.Schedule)) > 0 || schedule.LowerBound(p) != 14 {
		t.Errorf("%+v, %v, bound %d; want 14", r, err, schedule.LowerBound(p))
	}
	p.Jobs[0].Operations[1].Alternatives[0].Duration = 5
	if err := p.Validate(); err == nil || !strings.Contains(err.Error(), "jobs[0].operations[1].min_wait") {
		t.Errorf("an operation that ends before the one before it: %v", err)
	}
	p.Jobs[0].Operations[1].Alternatives[0].Duration, p.Jobs[0].Operations[0].MinWait = 10, -1
	if err := p.Validate(); err == nil || !strings.Contains(err.Error(), "jobs[0].operations[0].min_wait") {
		t.Errorf("a first operation that begins before a job: %v", err)
	}
}

// What cannot be carried out is said to be broken, whatever the reason.
func TestPlan_Broken(t *testing.T) {
	one := func() *schedule.Problem {
		return &schedule.Problem{Machines: make([]schedule.Machine, 2), Jobs: []schedule.Job{{Operations: []schedule.Operation{
			{Alternatives: []schedule.Alternative{{Machine: 0, Duration: 10}}}, {Alternatives: []schedule.Alternative{{Machine: 1, Duration: 10}}},
		}}}}
	}
	for name, spoil := range map[string]func(p *schedule.Problem){
		"the calendar ends":     func(p *schedule.Problem) { p.Machines[1].Open = []schedule.Window{{From: 0, To: 15}} },
		"the horizon is near":   func(p *schedule.Problem) { p.Horizon = 19 },
		"the lock is too early": func(p *schedule.Problem) { p.Jobs[0].Operations[1].Locked = &schedule.Lock{Machine: 1, Start: 9} },
	} {
		p := one()
		spoil(p)
		r, err := schedule.Plan(p, schedule.PlanOptions{Objective: tardinessFirst, Steps: 50})
		if err != nil || r.Cost.Broken == 0 || len(check.Schedule(p, r.Schedule)) == 0 {
			t.Errorf("%s: %+v, %v; it cannot be carried out", name, r.Cost, err)
		}
	}
}
