package schedule

import (
	"cmp"
	"slices"
)

// Room is what a schedule leaves of resources.
type Room struct {
	s  *shop
	st state
}

// NewRoom is what a schedule leaves without one of its operations; the others are
// set up as they are with it. The problem must be valid.
func NewRoom(p *Problem, of Schedule, without int) *Room {
	r := &Room{s: &shop{p: p, stations: make([]station, len(p.Machines))}}
	for k := range p.Machines {
		r.s.stations[k].Machine = &p.Machines[k]
	}
	for i := range p.Resources {
		r.s.left = append(r.s.left, p.Resources[i].left())
	}
	r.st.taken = make([]profile, len(p.Resources))
	byMachine := make([][]Placed, len(p.Machines))
	for _, o := range of.Operations {
		byMachine[o.Machine] = append(byMachine[o.Machine], o)
	}
	for k, ops := range byMachine {
		slices.SortFunc(ops, func(a, b Placed) int {
			return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End), cmp.Compare(a.Job, b.Job), cmp.Compare(a.Op, b.Op))
		})
		r.machine(k, ops, of.Operations[without])
	}
	return r
}

// machine takes what the operations of a machine take but one, those of a batch
// together.
func (r *Room) machine(k int, ops []Placed, without Placed) {
	m := &r.s.stations[k]
	family := m.Ready
	for from, to := 0, 0; from < len(ops); from = to {
		first := &r.s.p.Jobs[ops[from].Job].Operations[ops[from].Op]
		begin := ops[from].Start
		if m.Setup != nil {
			begin, family = m.back(begin, m.Setup[family][first.Family]), first.Family
		}
		most := map[int]int64{}
		for to = from; to < len(ops) && (to == from || m.Capacity > 1 && ops[to].Start == ops[from].Start && ops[to].End == ops[from].End); to++ {
			if ops[to] == without {
				continue
			}
			for _, u := range r.s.p.Jobs[ops[to].Job].Operations[ops[to].Op].Uses {
				most[u.Resource] = max(most[u.Resource], u.Units)
			}
		}
		for i, units := range most {
			m.stretches(r.s.p.Resources[i].LetGo, begin, ops[from].End, func(a, b int64) bool {
				r.st.taken[i].add(a, b, units)
				return true
			})
		}
	}
}

// From is when an operation that would run at a machine from a start to an end,
// with so much setup before, has what it takes: at its start, or no earlier than
// it says; ok is false when it never has.
func (r *Room) From(op *Operation, machine int, start, end, setup int64) (at int64, ok bool) {
	if len(op.Uses) == 0 {
		return start, true
	}
	m := &r.s.stations[machine]
	begin := m.back(start, setup)
	next := r.s.room(&r.st, m, op, begin, end)
	if next <= begin {
		return start, true
	}
	if next >= never {
		return 0, false
	}
	if setup > 0 {
		next = m.pass(0, next, setup)
	}
	return max(next, start+1), true
}
