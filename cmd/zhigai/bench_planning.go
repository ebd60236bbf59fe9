package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"zhigai/bench"
	"zhigai/calc/schedule"
	"zhigai/calc/schedule/check"
)

// planningBench measures plans of a workshop: orders with due dates on machines
// with shifts and setups, and what becomes of a plan when a machine stops. Times
// are in seconds.
type planningBench struct{}

const (
	planJobs, planOps, planMachines = 100, 5, 40
	planFamilies                    = 6
	planDays                        = 30
	planSeeds                       = 3
	replanSpan                      = 5 * time.Second
	hourS                           = 3600
	dayS                            = 24 * hourS
)

func (b planningBench) part() bench.Part {
	return bench.Part{Name: "planning", Title: fmt.Sprintf("A workshop of %d operations on %d machines, with shifts, setups and due dates", planJobs*planOps, planMachines), Run: b.run}
}

// shop is a workshop whose machines are loaded to about nine tenths for a week:
// some orders cannot be in time, and in what sequence they come decides which.
func (planningBench) shop(seed uint64) *schedule.Problem {
	rng := rand.New(rand.NewPCG(seed, 500))
	between := func(a, b int64) int64 { return a + rng.Int64N(b-a+1) }
	p := &schedule.Problem{}
	for m := range planMachines {
		machine := schedule.Machine{Name: fmt.Sprint("M", m+1), Setup: make([][]int64, planFamilies), Ready: rng.IntN(planFamilies)}
		for f := range machine.Setup {
			machine.Setup[f] = make([]int64, planFamilies)
			for g := range machine.Setup[f] {
				if f != g {
					machine.Setup[f][g] = between(10, 60) * 60
				}
			}
		}
		for d := range int64(planDays) { // from 6 to 22 in two shifts, each with a break of 20 minutes
			for _, w := range [][2]int64{{6 * hourS, 10 * hourS}, {10*hourS + 1200, 18 * hourS}, {18*hourS + 1200, 22 * hourS}} {
				machine.Open = append(machine.Open, schedule.Window{From: d*dayS + w[0], To: d*dayS + w[1]})
			}
		}
		p.Machines = append(p.Machines, machine)
	}
	for j := range planJobs {
		job := schedule.Job{Name: fmt.Sprint("J", j+1), Release: between(0, 2*dayS), Weight: between(1, 9)}
		family, work := rng.IntN(planFamilies), int64(0)
		for o := range planOps {
			// A stage has eight machines of which two to four can do the operation.
			stage, op := o*planMachines/planOps, schedule.Operation{Name: fmt.Sprint(10 * (o + 1)), Family: family, Interruptible: true}
			took := between(hourS, 6*hourS)
			work += took
			for _, k := range rng.Perm(planMachines / planOps)[:2+rng.IntN(3)] {
				op.Alternatives = append(op.Alternatives, schedule.Alternative{Machine: stage + k, Duration: took * between(90, 120) / 100})
			}
			job.Operations = append(job.Operations, op)
		}
		due := job.Release + work*between(15, 40)/10 + dayS/2
		job.Due = &due
		p.Jobs = append(p.Jobs, job)
	}
	return p
}

var planWeights = schedule.Objective{Tardiness: 10, Makespan: 1, Setup: 5}

func (b planningBench) run(ctx context.Context, e *bench.Env) (rows []bench.Row, err error) {
	span, seeds := 10*time.Second, planSeeds
	switch e.Length {
	case bench.Quick:
		span, seeds = time.Second, 1
	case bench.Trial:
		span, seeds = 50*time.Millisecond, 1
	}
	var first, replanned time.Duration
	var share, kept float64
	var changes []int64
	for seed := range uint64(seeds) {
		p := b.shop(seed + 1)
		plan, at, err := b.search(ctx, p, schedule.PlanOptions{Seed: seed + 1, Objective: planWeights}, span, nil)
		if err != nil {
			return nil, err
		}
		first = max(first, at)
		byRule := min(plan.Rules[schedule.ATC].Tardiness, plan.Rules[schedule.EDD].Tardiness, plan.Rules[schedule.SPT].Tardiness)
		share = max(share, 100*float64(plan.Cost.Tardiness)/float64(max(byRule, 1)))
		fmt.Fprintf(e.Log, "  seed %d: weighted tardiness %d s; ATC %d, EDD %d, SPT %d; %d steps\n", seed+1, plan.Cost.Tardiness, plan.Rules[schedule.ATC].Tardiness, plan.Rules[schedule.EDD].Tardiness, plan.Rules[schedule.SPT].Tardiness, plan.Steps)

		stopped := b.stopped(p, plan.Schedule)
		objective := planWeights
		objective.Change = 20_000
		follow, err := schedule.Follow(stopped, plan.Schedule, objective)
		if err != nil {
			return nil, err
		}
		next, at, err := b.search(ctx, stopped, schedule.PlanOptions{Seed: seed + 1, Objective: objective, Current: plan.Schedule}, min(span, replanSpan), func(c schedule.Cost) bool {
			return c.Broken == 0 && c.Tardiness <= follow.Cost.Tardiness
		})
		if err != nil {
			return nil, err
		}
		replanned = max(replanned, at)
		kept = max(kept, 100*float64(next.Cost.Tardiness)/float64(max(follow.Cost.Tardiness, 1)))
		changes = append(changes, next.Cost.Changes)
	}
	ms := func(what string, d, limit time.Duration) bench.Row {
		return bench.Row{What: what, Value: float64(d.Microseconds()) / 1000, Unit: "ms", Shown: fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000), Wanted: "< " + limit.String(), Missed: d >= limit}
	}
	replan := notAbove(fmt.Sprintf("the same, after %s: weighted tardiness against keeping the sequence, worst", min(span, replanSpan)), kept, 100)
	replan.Shown += fmt.Sprintf("; operations moved %v of %d", changes, planJobs*planOps)
	return []bench.Row{
		ms(fmt.Sprintf("first valid plan, longest of %d", seeds), first, 100*time.Millisecond),
		notAbove(fmt.Sprintf("weighted tardiness after %s against the best of ATC, EDD and SPT, worst of %d", span, seeds), share, 50),
		ms("a machine stops for 8 h: until a plan is there that is no later than keeping the sequence, longest", replanned, replanSpan),
		replan,
	}, nil
}

// search plans, checks what came of it, and tells when a schedule that was good
// enough was first there.
func (planningBench) search(ctx context.Context, p *schedule.Problem, o schedule.PlanOptions, span time.Duration, enough func(schedule.Cost) bool) (schedule.PlanResult, time.Duration, error) {
	begun := time.Now()
	end, at := begun.Add(span), time.Duration(-1)
	o.Stop = func() bool { return ctx.Err() != nil || !time.Now().Before(end) }
	o.Better = func(c schedule.Cost) {
		if at < 0 && (enough == nil || enough(c)) {
			at = time.Since(begun)
		}
	}
	r, err := schedule.Plan(p, o)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return r, 0, err
	}
	if found := check.Schedule(p, r.Schedule); len(found) > 0 {
		return r, 0, fmt.Errorf("BUG: the plan is not valid: %s", found[0].Text)
	}
	if at < 0 {
		if enough == nil {
			return r, 0, errors.New("BUG: the search told of no schedule")
		}
		at = span // it was not met
	}
	return r, at, nil
}

// stopped is the workshop on the second day: what has begun stays where it is,
// and the machine with the most work left is away for eight hours.
func (planningBench) stopped(p *schedule.Problem, plan schedule.Schedule) *schedule.Problem {
	const now = dayS + 9*hourS
	out := *p
	out.Machines = append([]schedule.Machine(nil), p.Machines...)
	out.Jobs = append([]schedule.Job(nil), p.Jobs...)
	for j := range out.Jobs {
		out.Jobs[j].Operations = append([]schedule.Operation(nil), p.Jobs[j].Operations...)
	}
	left, running := make([]int64, len(p.Machines)), map[int]int64{}
	for _, o := range plan.Operations {
		op := &out.Jobs[o.Job].Operations[o.Op]
		if o.Start < now {
			op.Locked = &schedule.Lock{Machine: o.Machine, Start: o.Start}
			running[o.Machine] = max(running[o.Machine], o.End)
			continue
		}
		op.Material = max(op.Material, now)
		left[o.Machine] += o.End - o.Start
	}
	busiest := 0
	for m := range left {
		if left[m] > left[busiest] {
			busiest = m
		}
	}
	from := max(now, running[busiest])
	away := schedule.Window{From: from, To: from + 8*hourS}
	var open []schedule.Window
	for _, w := range p.Machines[busiest].Open {
		if w.From < away.From {
			open = append(open, schedule.Window{From: w.From, To: min(w.To, away.From)})
		}
		if w.To > away.To {
			open = append(open, schedule.Window{From: max(w.From, away.To), To: w.To})
		}
	}
	out.Machines[busiest].Open = open
	return &out
}
