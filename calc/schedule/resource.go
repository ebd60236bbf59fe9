package schedule

import (
	"cmp"
	"slices"
)

// Resource is something of which there are only so many and which operations on
// several machines need: a fixture, a gauge, people with a skill. At no time more
// of it is taken than there is.
type Resource struct {
	Name string
	// Units is how many there are, Levels how many from a time on, in order.
	Units  int64
	Levels []Level
	// LetGo: a unit is free while the machine of the operation is closed, as people
	// are. Otherwise it stays with the operation, as a fixture does.
	LetGo bool
}

// Level is how many units there are from a time on.
type Level struct{ From, Units int64 }

// Use is what an operation takes of a resource: while it runs, and over the last
// open time before that in which its machine is set up for it. A batch takes as
// much as the one of its operations that takes most.
type Use struct {
	Resource int
	Units    int64
}

// profile is a number over time: each mark holds up to the next; before the first
// it is 0.
type profile []mark

type mark struct{ at, units int64 }

// add adds a number from a time up to another.
func (p *profile) add(from, to, units int64) {
	if to <= from {
		return
	}
	i := p.cut(from)
	j := p.cut(to)
	for k := i; k < j; k++ {
		(*p)[k].units += units
	}
}

// cut gives the mark at a time, and makes one where there is none.
func (p *profile) cut(at int64) int {
	i, found := p.find(at)
	if found {
		return i
	}
	units := int64(0)
	if i > 0 {
		units = (*p)[i-1].units
	}
	*p = slices.Insert(*p, i, mark{at, units})
	return i
}

func (p *profile) find(at int64) (int, bool) {
	return slices.BinarySearchFunc(*p, at, func(m mark, at int64) int { return cmp.Compare(m.at, at) })
}

// from is the mark that holds at a time, -1 before the first.
func (p *profile) from(at int64) int {
	i, found := p.find(at)
	if !found {
		i--
	}
	return i
}

func (p profile) units(i int) int64 {
	if i < 0 {
		return 0
	}
	return p[i].units
}

func (p profile) end(i int) int64 {
	if i+1 < len(p) {
		return p[i+1].at
	}
	return never
}

// left is what a resource has over time, locked operations taken away.
func (r *Resource) left() profile {
	p := profile{{0, r.Units}}
	for _, l := range r.Levels {
		p[p.cut(l.From)].units = l.Units // behind all others, or the first
	}
	return p
}

// freeFrom gives the first time from one on since which so much is free up to
// another: from itself when nothing is in the way, else the end of what is.
func freeFrom(left, taken profile, from, to, units int64) int64 {
	at, bad := from, false
	l, t := left.from(from), taken.from(from)
	for at < to || bad {
		until := min(left.end(l), taken.end(t))
		if left.units(l)-taken.units(t) < units {
			bad = true
		} else if bad {
			return at
		}
		if until == never {
			if bad {
				return never
			}
			return from
		}
		at = until
		if left.end(l) == until {
			l++
		}
		if taken.end(t) == until {
			t++
		}
	}
	return from
}

// stretches calls for each stretch in which a unit is taken by work from a time
// up to another at a machine, until it says no.
func (m *station) stretches(letGo bool, from, to int64, each func(from, to int64) bool) {
	if !letGo || m.Open == nil {
		each(from, to)
		return
	}
	for w := m.windowAt(from); w < len(m.Open) && m.Open[w].From < to; w++ {
		if a, b := max(from, m.Open[w].From), min(to, m.Open[w].To); a < b && !each(a, b) {
			return
		}
	}
}

// windowAt is the first window that ends after a time.
func (m *station) windowAt(t int64) int {
	i, _ := slices.BinarySearchFunc(m.Open, t, func(w Window, t int64) int {
		if w.To <= t {
			return -1
		}
		return 1
	})
	return i
}

// back is the latest time since which so much open time goes by up to another.
func (m *station) back(to, open int64) int64 {
	if open == 0 {
		return to
	}
	if m.Open == nil {
		return to - open
	}
	for w := min(m.windowAt(to), len(m.Open)-1); w >= 0; w-- {
		end := min(to, m.Open[w].To)
		if have := end - m.Open[w].From; have >= open {
			return end - open
		} else if have > 0 {
			open -= have
		}
	}
	return 0
}

// limits are the resources of a shop, as schedules are built.
type limits struct {
	left   []profile // of each resource
	broken int64     // by how much locked operations take more than there is
	begins []int64   // of each operation that was placed last: since when it takes; -1: nothing
}

func (s *shop) limit() {
	if len(s.p.Resources) == 0 {
		return
	}
	s.begins = make([]int64, len(s.ops))
	for i := range s.p.Resources {
		s.left = append(s.left, s.p.Resources[i].left())
	}
	type run struct {
		machine  int
		start    int64
		resource int
	}
	batches := map[run]int64{} // what a locked batch has taken so far
	for u, op := range s.ops {
		if op.Locked == nil {
			continue
		}
		m := &s.stations[op.Locked.Machine]
		setup := int64(0) // whatever is before it
		for f := range m.Setup {
			setup = max(setup, m.Setup[f][op.Family])
		}
		for _, use := range op.Uses {
			more := use.Units
			if m.Capacity > 1 {
				at := run{op.Locked.Machine, op.Locked.Start, use.Resource}
				more = max(0, use.Units-batches[at])
				batches[at] += more
			}
			m.stretches(s.p.Resources[use.Resource].LetGo, max(0, m.back(op.Locked.Start, setup)), s.locked[u], func(from, to int64) bool {
				s.left[use.Resource].add(from, to, -more)
				return true
			})
		}
	}
	for _, p := range s.left {
		for i, m := range p {
			if m.units < 0 {
				s.broken += min(-m.units*min(p.end(i)-m.at, worstBreak), worstBreak)
			}
		}
	}
}

// maxWaits bounds how often an operation is moved on for its resources: so many
// shifts nobody looks ahead.
const maxWaits = 4000

// fitted is the earliest run of an operation behind what is on its machine for
// which its machine and its resources have room. takes says since when it takes
// them, -1 when it takes nothing: it has none, or the batch that it joins has
// them.
func (s *shop) fitted(st *state, l line, u int32, machine int, ready, duration int64) (start, end, setup, takes int64, _ line) {
	op, m := s.ops[u], &s.stations[machine]
	if len(op.Uses) == 0 {
		start, end, setup, l = m.put(l, op, u, ready, duration)
		return start, end, setup, -1, l
	}
	if l.used > 0 && !slices.Equal(op.Uses, s.ops[l.last].Uses) {
		l.used = 0 // what they need together nobody would see any more
	}
	for range maxWaits {
		var out line
		start, end, setup, out = m.put(l, op, u, ready, duration)
		if end >= never {
			break
		}
		if l.used > 0 && out.used == l.used+op.size() && start == l.batchStart {
			return start, end, setup, -1, out
		}
		begin := m.back(start, setup)
		next := s.room(st, m, op, begin, end)
		if next <= begin {
			return start, end, setup, begin, out
		}
		if next >= never {
			break
		}
		if ready = m.pass(0, next, setup); setup == 0 {
			ready = next
		}
		ready = max(ready, start+1)
	}
	return never, never, 0, -1, l
}

// room is when work of an operation at a machine may begin for its resources: at
// begin, or not before the end of what is in the way.
func (s *shop) room(st *state, m *station, op *Operation, begin, end int64) int64 {
	at := begin
	for _, use := range op.Uses {
		m.stretches(s.p.Resources[use.Resource].LetGo, begin, end, func(from, to int64) bool {
			if free := freeFrom(s.left[use.Resource], st.taken[use.Resource], from, to, use.Units); free > from {
				at = max(at, free)
				return false
			}
			return true
		})
	}
	return at
}

// take lets an operation take what it needs, or gives it back.
func (s *shop) take(st *state, u int32, machine int, from, to, sign int64) {
	for _, use := range s.ops[u].Uses {
		s.stations[machine].stretches(s.p.Resources[use.Resource].LetGo, from, to, func(from, to int64) bool {
			st.taken[use.Resource].add(from, to, sign*use.Units)
			return true
		})
	}
}
