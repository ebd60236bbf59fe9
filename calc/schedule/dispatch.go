package schedule

import (
	"math"
	"slices"
)

// Rule is a priority by which a person, or a simple program, picks the next
// operation of a machine.
type Rule string

const (
	EDD Rule = "edd" // earliest due date
	SPT Rule = "spt" // shortest processing time
	ATC Rule = "atc" // apparent tardiness cost
)

// rules are all of them; a search starts from the best.
var rules = []Rule{ATC, EDD, SPT}

// dispatch builds a schedule by a rule: of the machine on which an operation
// could end first, the operation with the highest priority among those that
// could start before that end.
func (s *shop) dispatch(rule Rule) (order, alt []int32) {
	d := dispatcher{shop: s, rule: rule, st: s.newState(), alt: make([]int32, len(s.ops)), out: make([]placed, len(s.ops)), keep: make([]line, len(s.ops))}
	d.prepare()
	for len(order) < len(s.units) {
		unit := d.pick()
		s.add(&d.st, unit, d.alt, d.out, d.keep)
		d.follow(unit)
		order = append(order, unit)
	}
	return order, d.alt
}

type dispatcher struct {
	*shop
	rule Rule
	st   state
	alt  []int32
	out  []placed
	keep []line
	next []int32 // units that may come next, in order
	left []int   // units that have to come before each
	rest []int64 // work behind each operation of its job, by its first alternative
	mean float64
	try  []placed
}

func (d *dispatcher) prepare() {
	d.rest = make([]int64, len(d.ops))
	d.try = make([]placed, len(d.units))
	for u := len(d.ops) - 1; u >= 0; u-- {
		if u+1 < len(d.ops) && d.job[u+1] == d.job[u] {
			d.rest[u] = d.rest[u+1] + d.ops[u+1].Alternatives[0].Duration
		}
		d.mean += float64(d.ops[u].Alternatives[0].Duration)
		if op := d.ops[u]; op.Locked != nil {
			d.alt[u] = d.lockedAt(op)
		}
	}
	d.mean = max(d.mean/float64(len(d.ops)), 1)
	d.left = make([]int, len(d.units))
	for unit := range d.units {
		if d.left[unit] = len(d.unitsBefore[unit]); d.left[unit] == 0 {
			d.next = append(d.next, int32(unit))
		}
	}
}

// follow lets come what a unit was before.
func (d *dispatcher) follow(unit int32) {
	at, _ := slices.BinarySearch(d.next, unit)
	d.next = slices.Delete(d.next, at, at+1)
	for _, n := range d.unitsAfter[unit] {
		if d.left[n]--; d.left[n] == 0 {
			at, _ := slices.BinarySearch(d.next, n)
			d.next = slices.Insert(d.next, at, n)
		}
	}
}

// pick chooses the next unit, and the alternatives of its operations.
func (d *dispatcher) pick() int32 {
	best := int32(-1)
	for _, unit := range d.next {
		u := d.units[unit][0]
		d.soonest(u, d.st.ready[d.job[u]], &d.try[unit])
		if best < 0 || d.try[unit].end < d.try[best].end {
			best = unit
		}
	}
	u := d.units[best][0]
	machine := d.ops[u].Alternatives[d.alt[u]].Machine
	end, chosen, priority := d.try[best].end, best, math.Inf(-1)
	for _, unit := range d.next {
		v := d.units[unit][0]
		if d.ops[v].Alternatives[d.alt[v]].Machine != machine || unit != best && d.try[unit].start >= end {
			continue
		}
		if p := d.priority(v, &d.try[unit]); p > priority {
			chosen, priority = unit, p
		}
	}
	for v := d.units[chosen][0] + 1; v < d.units[chosen][1]; v++ {
		if d.ops[v].Locked == nil {
			d.alt[v] = d.shortest(v)
		}
	}
	return chosen
}

// soonest chooses the alternative on which an operation would end first.
func (d *dispatcher) soonest(u int32, ready int64, out *placed) {
	op := d.ops[u]
	if op.Locked != nil {
		*out = placed{op.Locked.Start, d.locked[u], 0, -1}
		return
	}
	at := d.earliest(u, ready, d.st.ends)
	for i, a := range op.Alternatives {
		start, end, setup, _, _ := d.fitted(&d.st, d.st.lines[a.Machine], u, a.Machine, at, a.Duration)
		if i == 0 || end < out.end {
			*out, d.alt[u] = placed{start, end, setup, -1}, int32(i)
		}
	}
}

func (d *dispatcher) shortest(u int32) int32 {
	best := 0
	for i, a := range d.ops[u].Alternatives {
		if a.Duration < d.ops[u].Alternatives[best].Duration {
			best = i
		}
	}
	return int32(best)
}

func (d *dispatcher) priority(u int32, at *placed) float64 {
	duration := d.ops[u].Alternatives[d.alt[u]].Duration
	switch d.rule {
	case EDD:
		if due := d.p.Jobs[d.job[u]].Due; due != nil {
			return -float64(*due)
		}
		return math.Inf(-1)
	case SPT:
		return -float64(duration)
	}
	return d.atc(u, duration, at.start, duration+d.rest[u], d.mean)
}
