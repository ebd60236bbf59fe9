package planning

import (
	"cmp"
	"slices"
	"strings"

	"zhigai/calc/schedule"
	"zhigai/plant"
)

const (
	// promisedID is the order that a promise is asked for, among the others.
	promisedID = "?"
	// promiseSteps is how many changes are tried for a promise that may move others:
	// some tenths of a second for a plant of a thousand operations.
	promiseSteps = 3000
	// promiseChange is what an operation costs that gives way: as much as a usual
	// order that is 10 s late, so that none does for nothing.
	promiseChange = 1000
)

// assumed makes an order of what is taken for so.
func (e Extra) assumed(place string, revision int, segments []Segment) Order {
	o := Order{
		ID: e.Number, Number: e.Number, Product: e.Product, Revision: revision, Quantity: e.Quantity, Place: place, Earliest: e.Earliest, Due: e.Due,
		Priority: cmp.Or(e.Priority, usualPriority), Weight: e.Weight, State: OrderOpen, Assumed: true,
	}
	for _, s := range segments {
		o.Jobs = append(o.Jobs, Job{Segment: s, State: "waiting"})
	}
	return o
}

const usualPriority = 50

// gently finds the earliest end of a promised order with everything else where
// the forecast of the plan in use has it: it is locked there.
func gently(m *Model, expected schedule.Schedule) (schedule.Schedule, error) {
	locks := map[[2]int]schedule.Lock{}
	for _, p := range expected.Operations {
		if m.ref(p.Job, p.Op).Order != promisedID {
			locks[[2]int{p.Job, p.Op}] = schedule.Lock{Machine: p.Machine, Start: p.Start}
		}
	}
	held := m.withLocks(locks)
	for j := range held.Problem.Jobs { // what is late already is late anyway
		if len(m.Ops[j]) > 0 && m.ref(j, 0).Order != promisedID {
			held.Problem.Jobs[j].Due = nil
		}
	}
	steps := int64(promiseSteps) / 10
	r, err := schedule.Plan(held.Problem, schedule.PlanOptions{Seed: 1, Objective: schedule.Objective{Tardiness: 1}, Current: expected, Steps: steps})
	if err == nil && r.Cost.Broken > 0 {
		err = invalid("the plan in use can no longer be followed as it is; plan anew first")
	}
	return r.Schedule, err
}

// byMoving finds an early end of a promised order when others may give way. Their
// lateness counts as in any plan, and every change costs.
func byMoving(m *Model, expected schedule.Schedule, w Weights) (schedule.Schedule, error) {
	r, err := schedule.Plan(m.Problem, schedule.PlanOptions{Seed: 1, Objective: w.objective(), Current: expected, Steps: promiseSteps})
	if err == nil && r.Cost.Broken > 0 {
		err = invalid("no way was found that can be carried out; plan anew first")
	}
	return r.Schedule, err
}

// promised is what one way of making it comes to, beside what is expected
// without it.
func promised(m *Model, expected, then schedule.Schedule, due plant.Instant) PromiseWay {
	was, now := m.places(expected), m.places(then)
	p := counted(m, then)
	out := PromiseWay{Jobs: []Assignment{}, Later: []PromiseLater{}}
	for _, a := range p.Assignments {
		if a.Order != promisedID {
			continue
		}
		out.Jobs = append(out.Jobs, a)
		if out.Start == 0 || a.Start < out.Start {
			out.Start = a.Start
		}
		out.End = max(out.End, a.End)
	}
	slices.SortFunc(out.Jobs, func(a, b Assignment) int { return cmp.Compare(a.Start, b.Start) })
	out.Kept = due == 0 || out.End <= due
	for r, w := range was {
		if n := now[r]; r.Order != promisedID && (n.Equipment != w.Equipment || n.Start != w.Start) {
			out.Moved++
		}
	}
	before := counted(m, expected)
	for _, o := range p.Orders {
		i := slices.IndexFunc(before.Orders, func(b OrderPlan) bool { return b.ID == o.ID })
		if b := before.Orders[i]; o.ID != promisedID && o.LateMs > b.LateMs {
			out.Later = append(out.Later, PromiseLater{Order: o.ID, Number: o.Number, Due: o.Due, Was: b.End, Then: o.End})
		}
	}
	slices.SortFunc(out.Later, func(a, b PromiseLater) int {
		return cmp.Or(cmp.Compare(b.Then-b.Was, a.Then-a.Was), strings.Compare(a.Number, b.Number))
	})
	return out
}
