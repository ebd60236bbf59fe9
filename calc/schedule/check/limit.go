package check

import (
	"cmp"
	"slices"

	"zhigai/calc/schedule"
)

// taking is a run that has units of a resource from a time up to another.
type taking struct {
	from, to, units int64
	o               schedule.Placed
}

// takes notes what the runs of a machine take of resources, each with the setup
// before it: the last open time before its start. A batch takes what the one of
// its operations that takes most does.
func (c *checker) takes(m *schedule.Machine, k int, runs []run) {
	family := m.Ready
	for _, r := range runs {
		o := r.ops[0]
		begin := o.Start
		if next := c.of(o).Family; m.Setup != nil && next >= 0 && next < len(m.Setup) {
			begin = openSince(m.Open, o.Start, m.Setup[family][next])
			family = next
		}
		most := map[int]taking{}
		for _, o := range r.ops {
			for _, u := range c.of(o).Uses {
				if u.Units > most[u.Resource].units {
					most[u.Resource] = taking{begin, o.End, u.Units, o}
				}
			}
		}
		for resource, t := range most {
			c.taken[resource] = append(c.taken[resource], c.pieces(resource, k, t)...)
		}
	}
}

// pieces are the times in which a run really has what it takes.
func (c *checker) pieces(resource, machine int, t taking) (out []taking) {
	open := c.p.Machines[machine].Open
	if !c.p.Resources[resource].LetGo || open == nil {
		return []taking{t}
	}
	for _, w := range open {
		if from, to := max(w.From, t.from), min(w.To, t.to); from < to {
			out = append(out, taking{from, to, t.units, t.o})
		}
	}
	return out
}

// openSince is the latest time since which a machine is open for so long up to
// another; the beginning when it is not.
func openSince(open []schedule.Window, to, long int64) int64 {
	if long == 0 {
		return to
	}
	if open == nil {
		return to - long
	}
	for i := len(open) - 1; i >= 0; i-- {
		end := min(open[i].To, to)
		if end <= open[i].From {
			continue
		}
		if have := end - open[i].From; have < long {
			long -= have
			continue
		}
		return end - long
	}
	return 0
}

// limits goes through time and adds up what is taken of each resource. What
// begins last when there is too little is at fault.
func (c *checker) limits() {
	for i, all := range c.taken {
		r := &c.p.Resources[i]
		type event struct {
			at    int64
			sum   int64 // more or less taken
			begin *taking
		}
		var events []event
		for k := range all {
			t := &all[k]
			if t.to > t.from {
				events = append(events, event{t.from, t.units, t}, event{t.to, -t.units, nil})
			}
		}
		for _, l := range r.Levels {
			events = append(events, event{at: l.From})
		}
		slices.SortStableFunc(events, func(a, b event) int { return cmp.Compare(a.at, b.at) })
		said := map[schedule.Placed]bool{}
		for from, sum := 0, int64(0); from < len(events); {
			at, to := events[from].at, from
			var last *taking
			for ; to < len(events) && events[to].at == at; to++ {
				sum += events[to].sum
				if b := events[to].begin; b != nil {
					last = b
				}
			}
			from = to
			there := level(r, at)
			if sum <= there {
				continue
			}
			if last == nil {
				last = lastAt(all, at)
			}
			if !said[last.o] {
				said[last.o] = true
				c.add(Resource, last.o, "%d of resource %d are taken at %d with it; there are %d", sum, i, at, there)
			}
		}
	}
}

// lastAt is what began last of what is taken at a time.
func lastAt(all []taking, at int64) (last *taking) {
	for k := range all {
		if t := &all[k]; t.from <= at && at < t.to && (last == nil || t.from > last.from) {
			last = t
		}
	}
	return last
}

// level is how many units of a resource there are at a time.
func level(r *schedule.Resource, at int64) int64 {
	n := r.Units
	for _, l := range r.Levels {
		if l.From <= at {
			n = l.Units
		}
	}
	return n
}
