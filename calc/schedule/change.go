package schedule

// change is a try: units between two places of the order change theirs, and one
// operation its alternative.
type change struct {
	none        bool // nothing was found to be changed
	from, to    int
	move        moveKind
	job         int32 // whose units go first
	op          int32 // that changes its alternative, -1 for none
	alt, oldAlt int32
}

type moveKind int8

const (
	stay    moveKind = iota // only the alternative changes
	forward                 // units of a job go before the others between from and to
	down                    // the unit at from goes to to
	up                      // the unit at to goes to from
)

// propose thinks of a change: mostly one that undoes what makes a job late.
func (s *planner) propose() (change, bool) {
	if s.below(4) == 0 {
		return s.anywhere()
	}
	u := s.blame()
	op := s.ops[u]
	after := s.now[u].after
	if n := len(op.Alternatives); n > 1 && op.Locked == nil && (after < 0 || s.below(3) == 0) {
		return s.elsewhere(u), true
	}
	if after < 0 || s.job[after] == s.job[u] {
		return s.anywhere()
	}
	a, b := s.pos[s.unit[after]], s.pos[s.unit[u]]
	if a >= b {
		return s.anywhere()
	}
	return change{from: int(a), to: int(b), move: forward, job: s.job[u], op: -1}, true
}

// blame walks from the end of a job that is late, or of the last one, back along
// what each operation waited for, and stops somewhere at one that waited for its
// machine.
func (s *planner) blame() int32 {
	j := s.late()
	u := s.lastOf(j)
	found := u
	for range 64 {
		o := &s.now[u]
		ready := int64(0)
		isFirst := u == s.first[s.job[u]]
		if !isFirst {
			ready = s.now[u-1].end
		}
		if o.after >= 0 && o.start > s.earliestNow(u, ready) {
			found = u
			if s.below(3) == 0 {
				return u
			}
			u = o.after
			continue
		}
		before := u - 1
		if s.isBranched(s.job[u]) {
			before = s.binding(u)
		} else if isFirst {
			before = -1
		}
		if before < 0 {
			return found
		}
		if len(s.ops[u].Alternatives) > 1 && s.below(6) == 0 {
			return u
		}
		u = before
	}
	return found
}

// late draws a job that is late; when none is, one of those that end last.
func (s *planner) late() int32 {
	n := len(s.first)
	chosen, seen := int32(0), 0
	for j := range n {
		if due := s.p.Jobs[j].Due; due != nil && s.p.Jobs[j].Weight > 0 && s.now[s.lastOf(int32(j))].end > *due {
			if seen++; s.below(seen) == 0 {
				chosen = int32(j)
			}
		}
	}
	if seen > 0 {
		return chosen
	}
	var end int64
	for j := range n {
		switch e := s.now[s.lastOf(int32(j))].end; {
		case e > end:
			chosen, end, seen = int32(j), e, 1
		case e == end:
			if seen++; s.below(seen) == 0 {
				chosen = int32(j)
			}
		}
	}
	return chosen
}

// lastOf is the operation of a job that ends last.
func (s *planner) lastOf(j int32) int32 {
	last := int32(len(s.ops)) - 1
	if int(j)+1 < len(s.first) {
		last = s.first[j+1] - 1
	}
	if !s.isBranched(j) {
		return last
	}
	for u := s.first[j]; u < last; u++ {
		if s.now[u].end > s.now[last].end {
			last = u
		}
	}
	return last
}

// earliestNow is when an operation of the schedule that is kept could start if its
// machine were free.
func (s *planner) earliestNow(u int32, ready int64) int64 {
	if s.links == nil || s.links[u] == nil {
		return s.earliest(u, ready, nil)
	}
	at := s.ops[u].Material
	if len(s.links[u]) == 0 {
		at = max(at, s.p.Jobs[s.job[u]].Release)
	}
	for _, l := range s.links[u] {
		at = max(at, s.now[l.op].end+l.wait)
	}
	return at
}

// binding is the forerunner that an operation waits for last, -1 without one.
func (s *planner) binding(u int32) int32 {
	best, at := int32(-1), int64(0)
	for _, l := range s.links[u] {
		if t := s.now[l.op].end + l.wait; best < 0 || t > at {
			best, at = l.op, t
		}
	}
	return best
}

// elsewhere gives an operation another alternative, and its unit a place near
// its own.
func (s *planner) elsewhere(u int32) change {
	c := s.shift(s.unit[u])
	c.op, c.oldAlt = u, s.alt[u]
	c.alt = int32(s.below(len(s.ops[u].Alternatives) - 1))
	if c.alt >= c.oldAlt {
		c.alt++
	}
	return c
}

// anywhere moves a unit by chance, or changes an alternative.
func (s *planner) anywhere() (change, bool) {
	u := int32(s.below(len(s.ops)))
	op := s.ops[u]
	if op.Locked != nil {
		return change{}, false
	}
	if len(op.Alternatives) > 1 && s.below(3) == 0 {
		return s.elsewhere(u), true
	}
	c := s.shift(s.unit[u])
	return c, c.move != stay
}

// shift moves a unit by chance between those of its job before and behind it.
func (s *planner) shift(unit int32) change {
	at := int(s.pos[unit])
	c := change{from: at, to: at, op: -1}
	lo, hi := 0, len(s.order)-1
	for _, b := range s.unitsBefore[unit] {
		lo = max(lo, int(s.pos[b])+1)
	}
	for _, a := range s.unitsAfter[unit] {
		hi = min(hi, int(s.pos[a])-1)
	}
	reach := len(s.order)/8 + 2
	lo, hi = max(lo, at-reach), min(hi, at+reach)
	switch to := lo + s.below(hi-lo+1); {
	case to < at:
		c.from, c.move = to, up
	case to > at:
		c.to, c.move = to, down
	}
	return c
}

// turn makes the change.
func (s *planner) turn(c *change) {
	part := s.order[c.from : c.to+1]
	last := len(part) - 1
	switch c.move {
	case forward:
		w := 0
		for _, unit := range s.saved[:len(part)] {
			if s.job[s.units[unit][0]] == c.job {
				part[w] = unit
				w++
			}
		}
		for _, unit := range s.saved[:len(part)] {
			if s.job[s.units[unit][0]] != c.job {
				part[w] = unit
				w++
			}
		}
	case down:
		unit := part[0]
		copy(part, part[1:])
		part[last] = unit
	case up:
		unit := part[last]
		copy(part[1:], part[:last])
		part[0] = unit
	}
	if c.op >= 0 {
		s.alt[c.op] = c.alt
	}
	s.number(c.from, c.to)
}
