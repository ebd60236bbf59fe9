package planning

import (
	"cmp"
	"slices"

	"zhigai/calc/schedule"
)

// maxChain bounds the chain of one order: longer ones nobody reads.
const maxChain = 200

// lateOrders explains every order that ends after its due date: what each
// operation waited for last, from its end back to the beginning. The latest
// comes first.
func lateOrders(m *Model, s schedule.Schedule, orders []OrderPlan) []Late {
	w := newWaits(m, s)
	out := []Late{}
	for _, o := range orders {
		if o.LateMs > 0 {
			out = append(out, Late{OrderPlan: o, Chain: w.chain(o)})
		}
	}
	slices.SortStableFunc(out, func(a, b Late) int { return cmp.Compare(b.LateMs, a.LateMs) })
	return out
}

// waits knows what lies before each operation in its job and in its machine.
type waits struct {
	m      *Model
	s      schedule.Schedule
	setups []int64
	at     map[[2]int]int // index in the schedule
	before []int          // in the machine, of another run; -1: none
	// sharing are the operations that take of each resource.
	sharing [][]int
	// beforeSetup is what setting up for the run takes, whichever of a batch has it.
	beforeSetup []int64
}

func newWaits(m *Model, s schedule.Schedule) *waits {
	w := &waits{m: m, s: s, setups: setupsOf(m, s), at: map[[2]int]int{}, before: make([]int, len(s.Operations)), beforeSetup: make([]int64, len(s.Operations)), sharing: make([][]int, len(m.Problem.Resources))}
	byMachine := make([][]int, len(m.Machines))
	for i, o := range s.Operations {
		w.at[[2]int{o.Job, o.Op}] = i
		for _, u := range m.Problem.Jobs[o.Job].Operations[o.Op].Uses {
			w.sharing[u.Resource] = append(w.sharing[u.Resource], i)
		}
		byMachine[o.Machine] = append(byMachine[o.Machine], i)
	}
	for k, ops := range byMachine {
		sortByStart(s, ops)
		last, setup := -1, int64(0) // of the run before, and of this run
		for n, i := range ops {
			together := n > 0 && m.Problem.Machines[k].Capacity > 1 && s.Operations[i].Start == s.Operations[ops[n-1]].Start
			if !together {
				if n > 0 {
					last = ops[n-1]
				}
				setup = w.setups[i]
			}
			w.before[i], w.beforeSetup[i] = last, setup
		}
	}
	return w
}

// chain goes back from the last operation of an order.
func (w *waits) chain(o OrderPlan) []Link {
	at := -1
	for i, p := range w.s.Operations {
		if w.m.ref(p.Job, p.Op).Order == o.ID && (at < 0 || p.End > w.s.Operations[at].End) {
			at = i
		}
	}
	out := []Link{}
	for _, a := range w.m.outside(w.s) { // at the end, suppliers have it
		if a.Order == o.ID && (at < 0 || a.Start >= w.m.clock().at(w.s.Operations[at].End)) {
			out = append(out, Link{Order: o.ID, Number: o.Number, Job: a.Job, Name: a.Name, Start: a.Start, End: a.End, Because: "outside"})
		}
	}
	slices.SortFunc(out, func(a, b Link) int { return cmp.Compare(b.Start, a.Start) })
	for at >= 0 && len(out) < maxChain {
		var l Link
		l, at = w.link(at)
		out = append(out, l)
	}
	return out
}

// link says what an operation waited for last, and which one was before it there;
// -1 when nothing was.
func (w *waits) link(i int) (Link, int) {
	p := w.s.Operations[i]
	m, op := w.m, &w.m.Problem.Jobs[p.Job].Operations[p.Op]
	info := &m.Ops[p.Job][p.Op]
	o := &m.Orders[info.Order]
	open := m.Problem.Machines[p.Machine].Open
	l := Link{
		Order: o.ID, Number: o.Number, Job: info.Job, Name: info.Name, Equipment: m.Machines[p.Machine].ID, Start: m.clock().at(p.Start), End: m.clock().at(p.End),
		SetupMs: w.setups[i] * 1000, ClosedMs: (p.End - p.Start - openBetween(open, p.Start, p.End)) * 1000,
	}
	if op.Locked != nil {
		l.Because = "locked"
		if info.Frozen {
			l.Because = "frozen"
		}
		return l, -1
	}
	byJob, prev, before := op.Material, -1, m.forerunners(p.Job, p.Op)
	if len(before) == 0 {
		byJob = max(byJob, m.Problem.Jobs[p.Job].Release)
	}
	last := int64(-1)
	for _, f := range before { // the one that it waits for last
		i := w.at[[2]int{p.Job, f.Op}]
		if t := w.s.Operations[i].End + f.MinWait; prev < 0 || t > last {
			prev, last = i, t
		}
	}
	byJob = max(byJob, last)
	byMachine, there := int64(0), w.before[i]
	if there >= 0 {
		byMachine = w.s.Operations[there].End
	}
	free := byMachine
	if at, ok := passed(open, byMachine, w.beforeSetup[i]); ok {
		byMachine = at
	}
	next := -1
	switch {
	case byMachine >= byJob && there >= 0:
		l.Because, next = "machine", there
		if byMachine > free && w.beforeSetup[i] > 0 {
			l.Because = "setup"
		}
	case prev >= 0 && byJob >= byMachine && byJob > op.Material:
		l.Because, next = "job", prev
		at := [2]int{p.Job, w.s.Operations[prev].Op}
		if slices.Contains(info.Outside, at[1]) || slices.ContainsFunc(m.Outside, func(o OutsideOp) bool { return o.Anchor != nil && *o.Anchor == at }) {
			l.Because = "outside"
		}
	case info.Material != nil && op.Material == byJob && byJob >= byMachine:
		l.Because = "material"
	case byJob > 0 && byJob >= byMachine:
		l.Because = "release"
	case byMachine > 0:
		l.Because = "setup"
	default:
		l.Because = "begin"
	}
	if l.Because == "material" {
		l.Material = info.Material
	}
	if free := max(byJob, byMachine); p.Start > free {
		if r, of, ok := w.limited(i, free); ok {
			l.Because, l.Limit, next = "tool", m.Limits[r].Name, of
			if m.Limits[r].What == LimitSkill {
				l.Because = "people"
			}
		}
	}
	since := int64(0)
	if next >= 0 {
		since = w.s.Operations[next].End
	}
	l.WaitMs = (p.Start - since) * 1000
	if l.Limit == "" && p.Start > max(byJob, byMachine) && openBetween(open, max(byJob, byMachine), p.Start) < p.Start-max(byJob, byMachine) {
		l.Because = "calendar" // free and ready, and closed
	}
	return l, next
}

// limited finds what an operation that could have begun earlier waited for among
// what there is little of: the operation that gave it free last, or a shift in
// which there were more people (-1).
func (w *waits) limited(i int, since int64) (resource, of int, ok bool) {
	p := w.s.Operations[i]
	open := w.m.Problem.Machines[p.Machine].Open
	begin := p.Start
	for begin > since && openBetween(open, begin, p.Start) < w.beforeSetup[i] { // set up for it just before
		begin = max(since, begin-(w.beforeSetup[i]-openBetween(open, begin, p.Start)))
	}
	of = -1
	last := since - w.beforeSetup[i] // it was free, ready, and set up in vain
	for _, u := range w.m.Problem.Jobs[p.Job].Operations[p.Op].Uses {
		for _, k := range w.sharing[u.Resource] {
			if o := w.s.Operations[k]; k != i && o.End > last && o.End <= p.Start && o.Start < p.Start {
				last, resource, of, ok = o.End, u.Resource, k, true
			}
		}
		r := &w.m.Problem.Resources[u.Resource]
		if at := unitsAt(r, begin); begin > 0 && at > unitsAt(r, begin-1) && begin > last {
			last, resource, of, ok = begin, u.Resource, -1, true
		}
	}
	return resource, of, ok
}
