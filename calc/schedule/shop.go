package schedule

import (
	"cmp"
	"math"
	"slices"
)

// Objective weighs what a schedule costs. All are added up.
type Objective struct {
	Tardiness int64 // for a unit of time that a job of weight 1 is late
	Makespan  int64
	Setup     int64 // for a unit of time spent on setting up
	Change    int64 // for an operation at another time than in the current plan, and twice for one elsewhere
}

// Cost is what a schedule costs, by its parts.
type Cost struct {
	Tardiness int64 // weighted, of all jobs
	Makespan  int64
	Setup     int64
	Changes   int64 // operations elsewhere, or at another time, than in the current plan
	Elsewhere int64 // of them, on another machine
	// Broken adds up by how much locked operations start before they can; a
	// schedule with any cannot be carried out.
	Broken int64
}

// brokenWeight is more than anything else may cost.
const brokenWeight = 1 << 20

// Of is the cost in one number.
func (o Objective) Of(c Cost) int64 {
	return o.Tardiness*c.Tardiness + o.Makespan*c.Makespan + o.Setup*c.Setup + o.Change*(c.Changes+c.Elsewhere) + brokenWeight*c.Broken
}

// shop is a problem in the form in which schedules are built.
type shop struct {
	p         *Problem
	objective Objective
	stations  []station
	ops       []*Operation
	job       []int32 // of each operation
	first     []int32 // operation of each job
	// units are operations that are placed together, because no more than a
	// certain time may pass between them: [from, to) of ops. Those of a job follow
	// one another.
	units    [][2]int32
	unit     []int32 // of each operation
	before   []Placed
	isBefore []bool  // the current plan has the operation
	locked   []int64 // ends of locked operations
	limits
	branched
	lower []int64 // of one unit, room
}

func newShop(p *Problem, o PlanOptions) *shop {
	s := &shop{p: p, objective: o.Objective, stations: make([]station, len(p.Machines))}
	for k := range p.Machines {
		s.stations[k].Machine = &p.Machines[k]
	}
	for j := range p.Jobs {
		s.first = append(s.first, int32(len(s.ops)))
		for i := range p.Jobs[j].Operations {
			op := &p.Jobs[j].Operations[i]
			u := int32(len(s.ops))
			if i == 0 || op.MaxWait == nil {
				s.units = append(s.units, [2]int32{u, u})
			}
			s.units[len(s.units)-1][1]++
			s.ops, s.job, s.unit = append(s.ops, op), append(s.job, int32(j)), append(s.unit, int32(len(s.units)-1))
		}
	}
	s.branch()
	s.lock()
	s.limit()
	s.lower = make([]int64, len(s.ops))
	s.before, s.isBefore = make([]Placed, len(s.ops)), make([]bool, len(s.ops))
	for _, b := range o.Current.Operations {
		if p.has(b) {
			u := s.first[b.Job] + int32(b.Op)
			s.before[u], s.isBefore[u] = b, true
		}
	}
	return s
}

// lock reserves the places of locked operations.
func (s *shop) lock() {
	s.locked = make([]int64, len(s.ops))
	for u, op := range s.ops {
		if op.Locked == nil {
			continue
		}
		m := &s.stations[op.Locked.Machine]
		_, end, _ := m.fit(op.Locked.Start, op.Alternatives[s.lockedAt(op)].Duration, 0, op.Interruptible)
		s.locked[u] = end
		m.locks = append(m.locks, reserved{op.Locked.Start, end, int32(op.Family), int32(u)})
	}
	for k := range s.stations {
		slices.SortFunc(s.stations[k].locks, func(a, b reserved) int { return cmp.Compare(a.start, b.start) })
	}
}

// lockedAt is the alternative on the machine of the lock.
func (s *shop) lockedAt(op *Operation) int32 {
	return int32(slices.IndexFunc(op.Alternatives, func(a Alternative) bool { return a.Machine == op.Locked.Machine }))
}

// state is a schedule that is built up to some operation.
type state struct {
	lines []line
	ready []int64   // end of what is placed of each job
	ends  []int64   // of each operation, where jobs have branches
	taken []profile // of each resource
	cost  Cost
}

func (s *shop) newState() state {
	st := state{lines: make([]line, len(s.stations)), ready: make([]int64, len(s.first)), taken: make([]profile, len(s.left)), cost: Cost{Broken: s.broken, Tardiness: s.due}}
	if s.links != nil {
		st.ends = make([]int64, len(s.ops))
	}
	for k := range st.lines {
		st.lines[k].last, st.lines[k].family = -1, int32(s.stations[k].Ready)
	}
	return st
}

func (st *state) set(from *state) {
	copy(st.lines, from.lines)
	copy(st.ready, from.ready)
	copy(st.ends, from.ends)
	for i := range st.taken {
		st.taken[i] = append(st.taken[i][:0], from.taken[i]...)
	}
	st.cost = from.cost
}

// placed is where an operation has come to be, and what was before it on its
// machine.
type placed struct {
	start, end int64
	setup      int64
	after      int32
}

// earliest is when an operation could start if its machine were free. ready is the
// end of the one before it, where jobs are lines; ends are those of all.
func (s *shop) earliest(u int32, ready int64, ends []int64) int64 {
	op := s.ops[u]
	if s.links != nil && s.links[u] != nil {
		at := op.Material
		if len(s.links[u]) == 0 {
			at = max(at, s.p.Jobs[s.job[u]].Release)
		}
		for _, l := range s.links[u] {
			at = max(at, ends[l.op]+l.wait)
		}
		return at
	}
	if u == s.first[s.job[u]] {
		return max(s.p.Jobs[s.job[u]].Release, op.Material)
	}
	return max(ready+op.MinWait, op.Material)
}

// place puts an operation behind what there is, not before a time. Where the
// calendar has no room for it the state is broken.
func (s *shop) place(st *state, u, alt int32, ready int64, out *placed) {
	s.put(st, u, alt, ready, out)
	if s.links != nil {
		st.ends[u] = out.end
	}
}

func (s *shop) put(st *state, u, alt int32, ready int64, out *placed) {
	op := s.ops[u]
	if len(op.Uses) > 0 {
		s.begins[u] = -1
	}
	if op.Locked != nil {
		*out = placed{op.Locked.Start, s.locked[u], 0, -1}
		return
	}
	a := op.Alternatives[alt]
	l := st.lines[a.Machine]
	out.after = l.last
	takes := int64(-1)
	if len(op.Uses) == 0 {
		out.start, out.end, out.setup, l = s.stations[a.Machine].put(l, op, u, ready, a.Duration)
	} else {
		out.start, out.end, out.setup, takes, l = s.fitted(st, l, u, a.Machine, ready, a.Duration)
	}
	if out.end >= never {
		*out = placed{ready, ready, 0, -1}
		st.cost.Broken += worstBreak
		return
	}
	st.lines[a.Machine] = l
	if takes >= 0 {
		s.begins[u] = takes
		s.take(st, u, a.Machine, takes, out.end, 1)
	}
}

// unplace gives back what an operation that was placed takes of resources.
func (s *shop) unplace(st *state, u, alt int32, out *placed) {
	if len(s.ops[u].Uses) > 0 && s.begins[u] >= 0 {
		s.take(st, u, s.ops[u].Alternatives[alt].Machine, s.begins[u], out.end, -1)
		s.begins[u] = -1
	}
}

// worstBreak is what one operation counts at most among the broken ones.
const worstBreak = 1 << 20

// tries bounds how often the operations of a unit are moved to keep their longest
// waits, before the unit counts as broken.
const tries = 200

// add places a unit: its operations one after the other, an earlier one later
// where a longest wait asks for it. keep has room for a line of each operation.
func (s *shop) add(st *state, unit int32, alt []int32, out []placed, keep []line) {
	from, to := s.units[unit][0], s.units[unit][1]
	j := s.job[from]
	if to-from == 1 {
		s.place(st, from, alt[from], s.earliest(from, st.ready[j], st.ends), &out[from])
	} else {
		s.addChain(st, unit, alt, out, keep)
	}
	end := st.ready[j]
	for u := from; u < to; u++ {
		s.account(st, u, alt[u], end, &out[u])
		end = out[u].end
	}
	if s.isBranched(j) {
		s.later(st, j, out[from:to])
		return
	}
	st.ready[j] = end
	if int(to) == len(s.ops) || s.job[to] != j {
		if job := &s.p.Jobs[j]; job.Due != nil {
			st.cost.Tardiness += job.Weight * max(0, end-*job.Due)
		}
	}
}

// later lets a job with branches end no earlier than what was placed of it.
func (s *shop) later(st *state, j int32, placed []placed) {
	was := st.ready[j]
	for i := range placed {
		st.ready[j] = max(st.ready[j], placed[i].end)
	}
	if job := &s.p.Jobs[j]; job.Due != nil {
		st.cost.Tardiness += job.Weight * (max(0, st.ready[j]-*job.Due) - max(0, was-*job.Due))
	}
}

func (s *shop) addChain(st *state, unit int32, alt []int32, out []placed, keep []line) {
	from, to := s.units[unit][0], s.units[unit][1]
	lower := s.lower[:to-from]
	clear(lower)
	var end int64
	left := tries
	for u := from; u < to; {
		k := s.ops[u].Alternatives[alt[u]].Machine
		keep[u] = st.lines[k]
		if u > from {
			end = out[u-1].end
		} else {
			end = st.ready[s.job[from]]
		}
		s.place(st, u, alt[u], max(lower[u-from], s.earliest(u, end, st.ends)), &out[u])
		if u > from {
			late := out[u].start - end - *s.ops[u].MaxWait
			if late > 0 && left > 0 {
				left--
				lower[u-1-from] = out[u-1].start + late
				for v := u; v >= u-1; v-- {
					s.unplace(st, v, alt[v], &out[v])
					st.lines[s.ops[v].Alternatives[alt[v]].Machine] = keep[v]
				}
				u--
				continue
			}
			st.cost.Broken += min(max(late, 0), worstBreak)
		}
		u++
	}
}

// account adds what an operation costs, and by how much it is broken. end is that
// of the operation before it in its job.
func (s *shop) account(st *state, u, alt int32, end int64, o *placed) {
	op := s.ops[u]
	if op.Locked != nil {
		st.cost.Broken += min(max(0, s.earliest(u, end, st.ends)-o.start), worstBreak)
	}
	if s.p.Horizon > 0 && o.end > s.p.Horizon {
		st.cost.Broken += min(o.end-s.p.Horizon, worstBreak)
	}
	st.cost.Makespan = max(st.cost.Makespan, o.end)
	st.cost.Setup += o.setup
	switch {
	case !s.isBefore[u]:
	case s.before[u].Machine != op.Alternatives[alt].Machine:
		st.cost.Changes++
		st.cost.Elsewhere++
	case s.before[u].Start != o.start:
		st.cost.Changes++
	}
}

// atc is the priority of the rule apparent tardiness cost (Vepsalainen and
// Morton, Management Science 33 (1987), 1035-1047): weight by work, the less the
// more slack there is. atcLook is how many mean durations it looks ahead.
func (s *shop) atc(u int32, duration, now, rest int64, mean float64) float64 {
	job := &s.p.Jobs[s.job[u]]
	if job.Due == nil {
		return 0
	}
	slack := float64(*job.Due - now - rest)
	return float64(job.Weight) / float64(max(duration, 1)) * math.Exp(-max(slack, 0)/(atcLook*mean))
}

const atcLook = 2
