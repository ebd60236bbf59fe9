package schedule_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"zhigai/calc/schedule"
	"zhigai/calc/schedule/check"
	"zhigai/calc/schedule/file"
)

// ft06 is the problem of Fisher and Thompson (1963) with 6 jobs and 6 machines;
// its shortest schedule takes 55.
const ft06 = `6 6
2 1 0 3 1 6 3 7 5 3 4 6
1 8 2 5 4 10 5 10 0 10 3 4
2 5 3 4 5 8 0 9 1 1 4 7
1 5 0 5 2 5 3 3 4 8 5 9
2 9 1 3 4 5 5 4 0 3 3 1
1 3 3 3 5 9 0 10 4 4 2 1
`

// solve searches and checks what comes of it.
func solve(t *testing.T, p *schedule.Problem, o schedule.Options) schedule.Result {
	t.Helper()
	r, err := schedule.Makespan(p, o)
	if err != nil {
		t.Fatal(err)
	}
	if found := check.Schedule(p, r.Schedule); len(found) > 0 {
		t.Fatalf("not valid: %v", found)
	}
	if got := r.Schedule.Makespan(); got != r.Makespan {
		t.Fatalf("said to end at %d, ends at %d", r.Makespan, got)
	}
	if r.Makespan < r.LowerBound {
		t.Fatalf("ends at %d, below the bound %d", r.Makespan, r.LowerBound)
	}
	return r
}

func TestMakespan_FisherThompson(t *testing.T) {
	p, err := file.JobShop([]byte(ft06))
	if err != nil {
		t.Fatal(err)
	}
	if r := solve(t, p, schedule.Options{Seed: 1, Steps: 20_000}); r.Makespan != 55 {
		t.Errorf("the makespan is %d; the shortest is 55", r.Makespan)
	}
}

// random makes a flexible job shop in which a job may come back to a machine, at
// once too, and take no time.
func random(rnd *rand.Rand, jobs, operations, machines, alternatives int) *schedule.Problem {
	p := &schedule.Problem{Machines: make([]schedule.Machine, machines)}
	for range jobs {
		var j schedule.Job
		for range 1 + rnd.IntN(operations) {
			var o schedule.Operation
			for _, k := range rnd.Perm(machines)[:1+rnd.IntN(min(alternatives, machines))] {
				o.Alternatives = append(o.Alternatives, schedule.Alternative{Machine: k, Duration: rnd.Int64N(9)})
			}
			j.Operations = append(j.Operations, o)
		}
		p.Jobs = append(p.Jobs, j)
	}
	return p
}

// Small problems: the search finds what trying out everything finds, and the
// bound is never above it.
func TestMakespan_EqualsTryingEverything(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	for range 150 {
		p := random(rnd, 1+rnd.IntN(3), 3, 1+rnd.IntN(3), 1+rnd.IntN(2))
		want := everything(p)
		r := solve(t, p, schedule.Options{Seed: rnd.Uint64(), Steps: 30_000})
		if r.Makespan != want || r.LowerBound > want {
			t.Fatalf("%+v: makespan %d, bound %d; the shortest is %d", p.Jobs, r.Makespan, r.LowerBound, want)
		}
	}
}

// everything is the shortest makespan, by all orders and all alternatives.
func everything(p *schedule.Problem) int64 {
	next, ready, free := make([]int, len(p.Jobs)), make([]int64, len(p.Jobs)), make([]int64, len(p.Machines))
	best := int64(math.MaxInt64)
	var try func(end int64)
	try = func(end int64) {
		if end >= best {
			return
		}
		whole := true
		for j := range p.Jobs {
			if next[j] == len(p.Jobs[j].Operations) {
				continue
			}
			whole = false
			for _, a := range p.Jobs[j].Operations[next[j]].Alternatives {
				r, f := ready[j], free[a.Machine]
				done := max(r, f) + a.Duration
				next[j]++
				ready[j], free[a.Machine] = done, done
				try(max(end, done))
				next[j]--
				ready[j], free[a.Machine] = r, f
			}
		}
		if whole {
			best = end
		}
	}
	try(0)
	return best
}

// Whatever the problem looks like, what comes is valid and not below the bound,
// with one thread and with several.
func TestMakespan_AlwaysValid(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	for i := range 60 {
		p := random(rnd, 1+rnd.IntN(20), 1+rnd.IntN(12), 1+rnd.IntN(8), 1+rnd.IntN(4))
		solve(t, p, schedule.Options{Seed: rnd.Uint64(), Steps: 8000, Threads: 1 + i%3})
	}
}

func TestMakespan_SameSeedSameSchedule(t *testing.T) {
	p := random(rand.New(rand.NewPCG(7, 8)), 12, 8, 5, 2)
	a := solve(t, p, schedule.Options{Seed: 5, Steps: 60_000})
	b := solve(t, p, schedule.Options{Seed: 5, Steps: 60_000})
	if !reflect.DeepEqual(a, b) {
		t.Errorf("makespans %d and %d of the same seed", a.Makespan, b.Makespan)
	}
}

// A search that must stop at once has a schedule all the same.
func TestMakespan_StoppedAtOnce(t *testing.T) {
	p := random(rand.New(rand.NewPCG(9, 9)), 10, 8, 5, 2)
	if r := solve(t, p, schedule.Options{Seed: 1, Stop: func() bool { return true }}); r.Steps > 0 && r.Makespan > r.LowerBound {
		t.Errorf("%d steps were made", r.Steps)
	}
}

// What the search does not take into account it refuses, by name.
func TestMakespan_Unsupported(t *testing.T) {
	one := int64(1)
	for want, spoil := range map[string]func(p *schedule.Problem){
		"horizon":                        func(p *schedule.Problem) { p.Horizon = 9 },
		"machines[0].open":               func(p *schedule.Problem) { p.Machines[0].Open = []schedule.Window{{From: 0, To: 9}} },
		"machines[0].setup":              func(p *schedule.Problem) { p.Machines[0].Setup = [][]int64{{0}} },
		"machines[0].capacity":           func(p *schedule.Problem) { p.Machines[0].Capacity = 2 },
		"jobs[0].release":                func(p *schedule.Problem) { p.Jobs[0].Release = 1 },
		"jobs[0].operations[0]":          func(p *schedule.Problem) { p.Jobs[0].Operations[0].MaxWait = &one },
		"jobs[0].operations[0].material": func(p *schedule.Problem) { p.Jobs[0].Operations[0].Material = 1 },
		"jobs[0].operations[0].locked":   func(p *schedule.Problem) { p.Jobs[0].Operations[0].Locked = &schedule.Lock{} },
	} {
		p := &schedule.Problem{Machines: make([]schedule.Machine, 1), Jobs: []schedule.Job{{Operations: []schedule.Operation{{Alternatives: []schedule.Alternative{{Duration: 1}}}}}}}
		spoil(p)
		_, err := schedule.Makespan(p, schedule.Options{Steps: 1})
		if u, ok := errors.AsType[*schedule.Unsupported](err); !ok || u.Path != want {
			t.Errorf("%v; want %s refused", err, want)
		}
	}
}

func TestMakespan_TooLongForTheSearch(t *testing.T) {
	p := &schedule.Problem{Machines: make([]schedule.Machine, 1), Jobs: []schedule.Job{{Operations: []schedule.Operation{{Alternatives: []schedule.Alternative{{Duration: 1 << 32}}}}}}}
	if _, err := schedule.Makespan(p, schedule.Options{Steps: 1}); err == nil || !strings.Contains(err.Error(), "larger unit") {
		t.Errorf("%v; want the advice to take a larger unit", err)
	}
}
