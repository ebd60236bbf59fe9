package planning

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"zhigai/calc/schedule"
	"zhigai/calc/schedule/check"
)

// compose makes the page of a plan from its model and schedule: what is counted
// of it, with what the independent checker finds.
func compose(m *Model, s schedule.Schedule) Plan {
	p := counted(m, s)
	p.Violations = violations(m, s)
	p.Figures.Violations = len(p.Violations)
	return p
}

// counted are assignments with their setups, when orders end, what machines do,
// and the figures. Everything is counted from the schedule; nothing is taken from
// the search. A dispatching rule's is counted in the same way.
func counted(m *Model, s schedule.Schedule) Plan {
	p := Plan{
		Machines: []MachinePlan{}, Orders: []OrderPlan{}, Assignments: []Assignment{}, Violations: []Violation{},
		Unplanned: append([]Unplanned{}, m.Unplanned...), Notes: append([]Note{}, m.Notes...),
	}
	setups := setupsOf(m, s)
	for i, o := range s.Operations {
		p.Assignments = append(p.Assignments, m.assignment(o, setups[i]))
	}
	p.Assignments = append(p.Assignments, m.outside(s)...)
	slices.SortFunc(p.Assignments, func(a, b Assignment) int {
		return cmp.Or(strings.Compare(string(a.Equipment), string(b.Equipment)), cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End), strings.Compare(a.Order, b.Order), cmp.Compare(a.Job, b.Job))
	})
	p.orders(m)
	p.machines(m, s)
	p.figures(m)
	return p
}

// setupsOf is how long is set up before each operation of a schedule, in seconds
// of open time. In a batch the first has it.
func setupsOf(m *Model, s schedule.Schedule) []int64 {
	out := make([]int64, len(s.Operations))
	byMachine := make([][]int, len(m.Machines))
	for i, o := range s.Operations {
		byMachine[o.Machine] = append(byMachine[o.Machine], i)
	}
	for k, ops := range byMachine {
		sortByStart(s, ops)
		machine := &m.Problem.Machines[k]
		if machine.Setup == nil {
			continue
		}
		family := machine.Ready
		for _, i := range ops {
			o := s.Operations[i]
			next := m.Problem.Jobs[o.Job].Operations[o.Op].Family
			out[i], family = machine.Setup[family][next], next
		}
	}
	return out
}

func sortByStart(s schedule.Schedule, ops []int) {
	slices.SortFunc(ops, func(a, b int) int {
		x, y := s.Operations[a], s.Operations[b]
		return cmp.Or(cmp.Compare(x.Start, y.Start), cmp.Compare(x.End, y.End), cmp.Compare(x.Job, y.Job), cmp.Compare(x.Op, y.Op))
	})
}

func (m *Model) assignment(o schedule.Placed, setup int64) Assignment {
	op, info := &m.Problem.Jobs[o.Job].Operations[o.Op], &m.Ops[o.Job][o.Op]
	a := Assignment{
		Order: m.Orders[info.Order].ID, Job: info.Job, Name: info.Name, Equipment: m.Machines[o.Machine].ID, Start: m.clock().at(o.Start), End: m.clock().at(o.End),
		SetupMs: setup * 1000, Quantity: info.Quantity, State: info.State, Frozen: info.Frozen, Locked: op.Locked != nil && !info.Frozen, Family: info.Family, Material: info.Material,
	}
	for _, alt := range op.Alternatives {
		a.Alternatives = append(a.Alternatives, m.Machines[alt.Machine].ID)
	}
	return a
}

// outside are the assignments of suppliers, which follow from the schedule.
func (m *Model) outside(s schedule.Schedule) []Assignment {
	ends := map[[2]int]int64{}
	for _, o := range s.Operations {
		ends[[2]int{o.Job, o.Op}] = o.End
	}
	var out []Assignment
	for _, o := range m.Outside {
		start := o.Offset
		if o.Anchor != nil {
			start += ends[*o.Anchor]
		}
		for _, a := range o.Anchors {
			start = max(start, ends[[2]int{a.Job, a.Op}]+a.Wait)
		}
		out = append(out, Assignment{
			Order: m.Orders[o.Order].ID, Job: o.Job, Name: o.Name, Start: m.clock().at(start), End: m.clock().at(start + o.Lead),
			Quantity: o.Quantity, State: o.State, Outside: true,
		})
	}
	return out
}

// orders says when each order begins and ends.
func (p *Plan) orders(m *Model) {
	at := map[string]int{}
	for _, o := range m.Orders {
		at[o.ID] = len(p.Orders)
		p.Orders = append(p.Orders, o.OrderPlan)
	}
	for _, a := range p.Assignments {
		o := &p.Orders[at[a.Order]]
		if o.Start == 0 || a.Start < o.Start {
			o.Start = a.Start
		}
		o.End = max(o.End, a.End)
	}
	for i, o := range m.Orders {
		if !o.Whole {
			p.Orders[i].End = 0
		} else if late := p.Orders[i].End - o.Due; late > 0 && p.Orders[i].End != 0 {
			p.Orders[i].LateMs = int64(late) / 1000
		}
	}
	slices.SortStableFunc(p.Orders, func(a, b OrderPlan) int {
		return cmp.Or(cmp.Compare(a.Due, b.Due), strings.Compare(a.Number, b.Number))
	})
}

// machines says what each does up to the last end of the plan.
func (p *Plan) machines(m *Model, s schedule.Schedule) {
	end := s.Makespan()
	shown := max(end, m.clock().before(m.Until))
	setups := setupsOf(m, s)
	for k, info := range m.Machines {
		open := m.Problem.Machines[k].Open
		out := MachinePlan{Equipment: info.ID, Path: info.Path, Name: info.Name, Open: []Span{}, Batch: m.Problem.Machines[k].Capacity > 1, OpenMs: openBetween(open, 0, end) * 1000}
		for _, w := range open {
			if w.From >= shown {
				break
			}
			out.Open = append(out.Open, Span{m.clock().at(w.From), m.clock().at(min(w.To, shown))})
		}
		var last int64 // runs are counted once, a batch too
		var ops []int
		for i, o := range s.Operations {
			if o.Machine == k {
				ops = append(ops, i)
			}
		}
		sortByStart(s, ops)
		for _, i := range ops {
			o := s.Operations[i]
			out.RunMs += openBetween(open, max(o.Start, last), o.End) * 1000
			out.SetupMs += setups[i] * 1000
			last = max(last, o.End)
		}
		p.Machines = append(p.Machines, out)
	}
	slices.SortFunc(p.Machines, func(a, b MachinePlan) int { return strings.Compare(a.Path, b.Path) })
}

// figures adds up what the page shows.
func (p *Plan) figures(m *Model) {
	f := Figures{Orders: len(m.Orders), Unplanned: len(p.Unplanned), Operations: len(p.Assignments), Rules: []RuleCost{}}
	for i := range p.Orders {
		o := &p.Orders[i]
		if o.LateMs > 0 {
			f.Late++
			f.TardinessMs += o.LateMs
			f.WeightedTardinessMs += o.LateMs * o.Weight
		}
	}
	for _, o := range m.Orders {
		if o.Whole {
			f.Planned++
		}
	}
	for _, a := range p.Assignments {
		f.Makespan = max(f.Makespan, a.End)
	}
	for _, k := range p.Machines {
		f.RunMs += k.RunMs
		f.SetupMs += k.SetupMs
	}
	p.Figures = f
}

// changesBetween counts what is otherwise in a plan than in another one, of what
// was not over when it was made.
func changesBetween(now, was map[Ref]Place) (c Changes) {
	for r, n := range now {
		w, both := was[r]
		if !both {
			c.Added++
			continue
		}
		c.Of++
		switch {
		case n.Equipment != w.Equipment:
			c.Machine++
		case n.Start > w.Start:
			c.Later++
		case n.Start < w.Start:
			c.Earlier++
		}
		c.ShiftMs += int64(max(n.Start-w.Start, w.Start-n.Start)) / 1000
	}
	for r := range was {
		if _, both := now[r]; !both {
			c.Gone++
		}
	}
	return c
}

// says are violations in words that name orders.
var says = map[check.Kind]string{
	check.Unknown: "the plan has it, the orders do not", check.Twice: "is planned more than once", check.Missing: "is not planned",
	check.Machine: "is on a machine that cannot do it", check.Duration: "is shorter or longer than it takes on its machine",
	check.Calendar: "runs while its machine is closed, or over a break that it must not run into", check.Order: "begins before the operation before it has ended, with transport and cooling",
	check.Late: "begins later after the operation before it than it may wait", check.Release: "begins before its order may", check.Material: "begins before its material is there",
	check.Overlap: "runs at the same time as another on its machine", check.Batch: "is in a batch of another family, or does not begin and end with it",
	check.Capacity: "is in a batch that is more than fits", check.Resource: "takes a tool, or people, of which there are too few at that time", check.Setup: "leaves no time to set the machine up before it", check.Horizon: "ends after everything must be done",
	check.Locked: "is not where it is locked", check.BeforeAll: "begins before the plan does",
}

// violations asks the independent checker.
func violations(m *Model, s schedule.Schedule) []Violation {
	out := []Violation{}
	if len(m.Problem.Jobs) == 0 {
		return out
	}
	for _, v := range check.Schedule(m.Problem, s) {
		out = append(out, m.violation(v))
	}
	return out
}

func (m *Model) violation(v check.Violation) Violation {
	out := Violation{Kind: string(v.Kind), Text: says[v.Kind]}
	if v.Job >= 0 && v.Job < len(m.Ops) && v.Op >= 0 && v.Op < len(m.Ops[v.Job]) {
		info := &m.Ops[v.Job][v.Op]
		o := &m.Orders[info.Order]
		out.Order, out.Job = o.ID, info.Job
		out.Text = "order " + o.Number + ", job " + strconv.Itoa(info.Job) + ": " + out.Text
	}
	return out
}
