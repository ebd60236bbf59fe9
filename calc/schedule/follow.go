package schedule

import (
	"cmp"
	"container/heap"
	"math"
	"slices"
)

// Follow builds the schedule that keeps the machines and the sequence of the
// current plan, each operation no earlier than there: what the plan comes to when
// something takes longer, or a machine is away. Operations that the current plan
// does not have come behind those that it has. Nothing is searched.
func Follow(p *Problem, current Schedule, o Objective) (PlanResult, error) {
	if err := p.Validate(); err != nil {
		return PlanResult{}, err
	}
	if err := p.summable(o); err != nil {
		return PlanResult{}, err
	}
	held := p.notBefore(current)
	options := PlanOptions{Objective: o, Current: current}
	s := newPlanner(newShop(held, options), options)
	s.load(s.sequence())
	return PlanResult{Schedule: s.schedule(), Cost: s.st.cost}, nil
}

// notBefore is the problem with every operation of a schedule not before its
// start there.
func (p *Problem) notBefore(current Schedule) *Problem {
	out := *p
	out.Jobs = slices.Clone(p.Jobs)
	for j := range out.Jobs {
		out.Jobs[j].Operations = slices.Clone(p.Jobs[j].Operations)
	}
	for _, b := range current.Operations {
		if p.has(b) {
			op := &out.Jobs[b.Job].Operations[b.Op]
			op.Material = max(op.Material, min(b.Start, maxTime))
		}
	}
	return &out
}

// has says whether an operation is one of the problem's.
func (p *Problem) has(b Placed) bool {
	return b.Job >= 0 && b.Job < len(p.Jobs) && b.Op >= 0 && b.Op < len(p.Jobs[b.Job].Operations)
}

// sequence is the order of units and the choice of machines in the current plan:
// one by which every machine gets its operations as the plan has them. What it
// does not have comes last.
func (s *shop) sequence() (order, alt []int32) {
	alt = make([]int32, len(s.ops))
	key := make([]int64, len(s.units))
	at := make([][]reserved, len(s.stations)) // what the plan puts on each machine
	for i, unit := range s.units {
		key[i] = math.MaxInt64
		for u := unit[0]; u < unit[1]; u++ {
			op := s.ops[u]
			here := slices.IndexFunc(op.Alternatives, func(a Alternative) bool { return s.isBefore[u] && a.Machine == s.before[u].Machine })
			switch {
			case op.Locked != nil:
				alt[u] = s.lockedAt(op)
				key[i] = min(key[i], op.Locked.Start)
			case here >= 0:
				alt[u] = int32(here)
				key[i] = min(key[i], s.before[u].Start)
				m := op.Alternatives[here].Machine
				at[m] = append(at[m], reserved{start: s.before[u].Start, op: u})
			}
		}
		for _, b := range s.unitsBefore[i] { // they have smaller numbers
			key[i] = max(key[i], key[b])
		}
	}
	return s.arrange(key, at), alt
}

// behind is how many operations are placed together with one, and after it.
func (s *shop) behind(u int32) int32 { return s.units[s.unit[u]][1] - u }

// arrange puts units into an order that keeps those of jobs and machines, by key
// where they leave a choice. Units of several operations may hold one another up
// in a circle: then the key decides.
func (s *shop) arrange(key []int64, at [][]reserved) []int32 {
	next := make([][]int32, len(s.units))
	waits := make([]int, len(s.units))
	edge := func(a, b int32) {
		if a != b {
			next[a] = append(next[a], b)
			waits[b]++
		}
	}
	for i := range s.units {
		for _, b := range s.unitsBefore[i] {
			edge(b, int32(i))
		}
	}
	for _, ops := range at {
		// Of a batch first what takes resources, which others join, and last what goes
		// on with other operations at once.
		slices.SortStableFunc(ops, func(a, b reserved) int {
			return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(len(s.ops[b.op].Uses), len(s.ops[a.op].Uses)), cmp.Compare(s.behind(a.op), s.behind(b.op)))
		})
		for i := 1; i < len(ops); i++ {
			edge(s.unit[ops[i-1].op], s.unit[ops[i].op])
		}
	}
	byKey := make([]int32, len(s.units))
	for i := range byKey {
		byKey[i] = int32(i)
	}
	slices.SortStableFunc(byKey, func(a, b int32) int { return cmp.Compare(key[a], key[b]) })
	q := &ranked{rank: make([]int32, len(s.units))}
	for r, unit := range byKey {
		q.rank[unit] = int32(r)
		if waits[unit] == 0 {
			heap.Push(q, unit)
		}
	}
	done := make([]bool, len(s.units))
	var order []int32
	for _, stuck := range byKey {
		for q.Len() > 0 {
			unit := heap.Pop(q).(int32)
			if done[unit] {
				continue
			}
			done[unit] = true
			order = append(order, unit)
			for _, n := range next[unit] {
				if waits[n]--; waits[n] == 0 {
					heap.Push(q, n)
				}
			}
		}
		if !done[stuck] {
			heap.Push(q, stuck)
		}
	}
	for q.Len() > 0 { // the last that was stuck
		if unit := heap.Pop(q).(int32); !done[unit] {
			done[unit] = true
			order = append(order, unit)
		}
	}
	return order
}

// ranked is a heap of units by rank.
type ranked struct {
	units, rank []int32
}

func (r *ranked) Len() int           { return len(r.units) }
func (r *ranked) Less(i, j int) bool { return r.rank[r.units[i]] < r.rank[r.units[j]] }
func (r *ranked) Swap(i, j int)      { r.units[i], r.units[j] = r.units[j], r.units[i] }
func (r *ranked) Push(x any)         { r.units = append(r.units, x.(int32)) }
func (r *ranked) Pop() any {
	last := len(r.units) - 1
	x := r.units[last]
	r.units = r.units[:last]
	return x
}
