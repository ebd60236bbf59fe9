package planning

import (
	"slices"

	"zhigai/calc/schedule"
	"zhigai/calc/schedule/check"
)

// checkMove says what moving one operation of a schedule would do. It is quick
// enough to be asked while somebody drags.
func checkMove(m *Model, s schedule.Schedule, mv Move) (Feedback, error) {
	i, alt, err := movable(m, s, mv)
	f := Feedback{Move: mv, Violations: []Violation{}, Pushes: []Ref{}}
	if err != nil {
		return f, err
	}
	p := s.Operations[i]
	op := m.Problem.Jobs[p.Job].Operations[p.Op]
	if alt < 0 {
		f.Violations = append(f.Violations, m.violation(check.Violation{Kind: check.Machine, Job: p.Job, Op: p.Op}))
		return f, nil
	}
	a := op.Alternatives[alt]
	open := m.Problem.Machines[a.Machine].Open
	start := m.clock().after(mv.Start)
	at, end, ok := fit(open, max(0, start), a.Duration, op.Interruptible)
	if !ok || at != start { // closed then: it would run over, or into, a break
		end = start + a.Duration
	}
	f.Start, f.End = m.clock().at(start), m.clock().at(end)
	moved := schedule.Placed{Job: p.Job, Op: p.Op, Machine: a.Machine, Start: start, End: end}
	g := newGap(m, s, i, a)
	f.SetupMs = g.setupBefore(start) * 1000
	f.Pushes = g.pushes(moved)
	if at, ok := g.earliest(); ok {
		f.Earliest = m.clock().at(at)
	}
	f.Violations = append(f.Violations, newViolations(m, s, i, moved)...)
	if slices.ContainsFunc(f.Violations, func(v Violation) bool { return v.Kind == string(check.Resource) }) {
		for _, r := range sharing(m, s, moved) {
			if !slices.Contains(f.Pushes, r) {
				f.Pushes = append(f.Pushes, r)
			}
		}
	}
	return f, nil
}

// movable finds the operation in the schedule and the alternative on the machine
// that it is to go to, -1 when that cannot do it.
func movable(m *Model, s schedule.Schedule, mv Move) (i, alt int, err error) {
	job, op, ok := m.find(Ref{mv.Order, mv.Job})
	if !ok {
		return 0, 0, invalid("the plan has no job %d of order %s, or a supplier does it", mv.Job, mv.Order)
	}
	if m.Ops[job][op].Frozen {
		return 0, 0, invalid("job %d of order %s runs already: it stays where it is", mv.Job, m.Orders[m.Ops[job][op].Order].Number)
	}
	i = slices.IndexFunc(s.Operations, func(p schedule.Placed) bool { return p.Job == job && p.Op == op })
	k, known := m.machine(mv.Equipment)
	if !known || i < 0 {
		return i, -1, nil
	}
	return i, slices.IndexFunc(m.Problem.Jobs[job].Operations[op].Alternatives, func(a schedule.Alternative) bool { return a.Machine == k }), nil
}

// newViolations are those that are there when an operation is moved, and not
// before. A lock of the operation itself moves with it.
func newViolations(m *Model, s schedule.Schedule, i int, moved schedule.Placed) (out []Violation) {
	near, was, jobs := m.around(s, i, moved.Machine)
	type key struct {
		kind    check.Kind
		job, op int
	}
	had := map[key]bool{}
	for _, v := range check.Schedule(near, was) {
		had[key{v.Kind, v.Job, v.Op}] = true
	}
	then := schedule.Schedule{Operations: slices.Clone(was.Operations)}
	for k, o := range then.Operations {
		if jobs[o.Job] == moved.Job && o.Op == moved.Op {
			then.Operations[k] = schedule.Placed{Job: o.Job, Op: o.Op, Machine: moved.Machine, Start: moved.Start, End: moved.End}
		}
	}
	for _, v := range check.Schedule(near, then) {
		own := jobs[v.Job] == moved.Job && v.Op == moved.Op
		if had[key{v.Kind, v.Job, v.Op}] && !own || own && v.Kind == check.Locked {
			continue
		}
		v.Job = jobs[v.Job]
		out = append(out, m.violation(v))
	}
	return out
}

// around is the part of a problem and its schedule that moving an operation to a
// machine can touch: its own job, and those with an operation on the machine or
// on the one that it leaves; all, where these take of what there is little of.
// jobs are their numbers in the whole.
func (m *Model) around(s schedule.Schedule, i, machine int) (near *schedule.Problem, part schedule.Schedule, jobs []int) {
	touched := make([]bool, len(m.Problem.Jobs))
	touched[s.Operations[i].Job] = true
	takes := false
	for k, o := range s.Operations {
		if o.Machine != machine && o.Machine != s.Operations[i].Machine && k != i {
			continue
		}
		touched[o.Job] = true
		takes = takes || len(m.Problem.Jobs[o.Job].Operations[o.Op].Uses) > 0
	}
	for j := range touched {
		touched[j] = touched[j] || takes
	}
	near = &schedule.Problem{Machines: m.Problem.Machines, Horizon: m.Problem.Horizon, Resources: m.Problem.Resources}
	at := make([]int, len(touched))
	for j, is := range touched {
		if is {
			at[j], jobs = len(jobs), append(jobs, j)
			near.Jobs = append(near.Jobs, m.Problem.Jobs[j])
		}
	}
	for _, o := range s.Operations {
		if touched[o.Job] {
			o.Job = at[o.Job]
			part.Operations = append(part.Operations, o)
		}
	}
	return near, part, jobs
}

// share says whether two operations take of one resource.
func (m *Model) share(a, b schedule.Placed) bool {
	x, y := m.Problem.Jobs[a.Job].Operations[a.Op].Uses, m.Problem.Jobs[b.Job].Operations[b.Op].Uses
	return slices.ContainsFunc(x, func(u schedule.Use) bool {
		return slices.ContainsFunc(y, func(v schedule.Use) bool { return u.Resource == v.Resource })
	})
}

// sharing are the operations that take, at the time of one that was moved, of what
// there is too little of.
func sharing(m *Model, s schedule.Schedule, moved schedule.Placed) (out []Ref) {
	for _, o := range s.Operations {
		if (o.Job != moved.Job || o.Op != moved.Op) && o.Start < moved.End && o.End > moved.Start && m.share(o, moved) {
			out = append(out, m.ref(o.Job, o.Op))
		}
	}
	return out
}

// gap is a machine without the operation that is to go there.
type gap struct {
	m      *Model
	s      schedule.Schedule
	op     *schedule.Operation
	job, n int
	a      schedule.Alternative
	there  []int // others at the machine, by start
	room   *schedule.Room
}

func newGap(m *Model, s schedule.Schedule, i int, a schedule.Alternative) *gap {
	p := s.Operations[i]
	g := &gap{m: m, s: s, op: &m.Problem.Jobs[p.Job].Operations[p.Op], job: p.Job, n: p.Op, a: a}
	for k, o := range s.Operations {
		if k != i && o.Machine == a.Machine {
			g.there = append(g.there, k)
		}
	}
	sortByStart(s, g.there)
	if len(g.op.Uses) > 0 {
		g.room = schedule.NewRoom(m.Problem, s, i)
	}
	return g
}

func (g *gap) family(k int) int {
	o := g.s.Operations[g.there[k]]
	return g.m.Problem.Jobs[o.Job].Operations[o.Op].Family
}

// setup between two families at the machine.
func (g *gap) setup(from, to int) int64 {
	if t := g.m.Problem.Machines[g.a.Machine].Setup; t != nil {
		return t[from][to]
	}
	return 0
}

// setupBefore is what the machine needs to be set up for the operation at a time.
func (g *gap) setupBefore(start int64) int64 {
	family := g.m.Problem.Machines[g.a.Machine].Ready
	for k, i := range g.there {
		if g.s.Operations[i].Start >= start {
			break
		}
		family = g.family(k)
	}
	return g.setup(family, g.op.Family)
}

// ready is when the operation may begin for its order.
func (g *gap) ready() int64 {
	at, before := g.op.Material, g.m.forerunners(g.job, g.n)
	if len(before) == 0 {
		at = max(at, g.m.Problem.Jobs[g.job].Release)
	}
	for _, f := range before {
		if o, ok := placed(g.s, g.job, f.Op); ok {
			at = max(at, o.End+f.MinWait)
		}
	}
	return at
}

// earliest is when it could begin there, with all others where they are. Joining
// a batch is not looked for.
func (g *gap) earliest() (int64, bool) {
	machine := &g.m.Problem.Machines[g.a.Machine]
	free, family := int64(0), machine.Ready
	for k := 0; k <= len(g.there); k++ {
		from, ok := passed(machine.Open, free, g.setup(family, g.op.Family))
		if !ok {
			return 0, false
		}
		start, end, ok := g.run(max(from, g.ready()), g.setup(family, g.op.Family))
		if !ok {
			return 0, false
		}
		if k == len(g.there) {
			return start, true
		}
		next := g.s.Operations[g.there[k]]
		if set, ok := passed(machine.Open, end, g.setup(g.op.Family, g.family(k))); ok && set <= next.Start {
			return start, true
		}
		if next.End >= free {
			free, family = next.End, g.family(k)
		}
	}
	return 0, false
}

// run is the earliest run from a time on for which the machine is open and what it
// takes is there.
func (g *gap) run(from, setup int64) (start, end int64, ok bool) {
	for range maxPlaces {
		start, end, ok = fit(g.m.Problem.Machines[g.a.Machine].Open, from, g.a.Duration, g.op.Interruptible)
		if !ok || g.room == nil {
			return start, end, ok
		}
		if from, ok = g.room.From(g.op, g.a.Machine, start, end, setup); !ok || from == start {
			return start, end, ok
		}
	}
	return 0, 0, false
}

// maxPlaces bounds how often a place is looked for behind what there is too little
// of: so many shifts nobody looks ahead.
const maxPlaces = 4000

// pushes are the operations that would have to give way: those at the machine at
// the same time, and those of its order that come behind it too early.
func (g *gap) pushes(moved schedule.Placed) []Ref {
	out := []Ref{}
	from := moved.Start
	for k, i := range g.there {
		o := g.s.Operations[i]
		after := moved.End
		if o.Start >= moved.Start {
			if set, ok := passed(g.m.Problem.Machines[g.a.Machine].Open, moved.End, g.setup(g.op.Family, g.family(k))); ok {
				after = set
			}
		}
		if o.Start < after && o.End > from {
			out = append(out, g.m.ref(o.Job, o.Op))
		}
	}
	ends := map[int]int64{g.n: moved.End} // of those that move
	for n := g.n + 1; n < len(g.m.Problem.Jobs[g.job].Operations); n++ {
		o, ok := placed(g.s, g.job, n)
		if !ok {
			continue
		}
		from := int64(0)
		for _, f := range g.m.forerunners(g.job, n) {
			if end, moves := ends[f.Op]; moves {
				from = max(from, end+f.MinWait)
			}
		}
		if o.Start < from {
			out = append(out, g.m.ref(g.job, n))
			ends[n] = from + o.End - o.Start
		}
	}
	return out
}

// withLocks is the model with other locks: operations of a plan that are to stay
// where a schedule has them, by job and operation; what runs stays anyway.
func (m *Model) withLocks(locks map[[2]int]schedule.Lock) *Model {
	out := *m
	p := *m.Problem
	p.Jobs = slices.Clone(m.Problem.Jobs)
	for j := range p.Jobs {
		p.Jobs[j].Operations = slices.Clone(p.Jobs[j].Operations)
		for i := range p.Jobs[j].Operations {
			op := &p.Jobs[j].Operations[i]
			if m.Ops[j][i].Frozen {
				continue
			}
			op.Locked = nil
			if l, ok := locks[[2]int{j, i}]; ok {
				op.Locked = &l
			}
		}
	}
	out.Problem = &p
	return &out
}

// locked are the locks of a model, what runs apart.
func (m *Model) locked() map[[2]int]schedule.Lock {
	out := map[[2]int]schedule.Lock{}
	for j, ops := range m.Ops {
		for i := range ops {
			if l := m.Problem.Jobs[j].Operations[i].Locked; l != nil && !ops[i].Frozen {
				out[[2]int{j, i}] = *l
			}
		}
	}
	return out
}
