package schedule

import (
	"cmp"
	"slices"
)

// LowerBound is a time before which no schedule of the problem can have ended:
// the largest of the longest job, one machine after the other by itself, and
// groups of machines that share their operations. Calendars, setups, waits and
// batches only make a schedule longer, but for batches: machines that run them
// are left out.
func LowerBound(p *Problem) int64 {
	tasks, longest := p.tasks()
	best := longest
	alone := make([][]task, len(p.Machines))
	groups := map[string][]int{} // alternatives, of which several operations have the same
	for _, t := range tasks {
		if len(t.machines) == 1 {
			alone[t.machines[0]] = append(alone[t.machines[0]], t)
		}
		groups[keyOf(t.machines)] = t.machines
	}
	for k, ts := range alone {
		if p.Machines[k].Capacity <= 1 {
			best = max(best, jackson(ts))
		}
	}
	all := make([]int, len(p.Machines))
	for k := range all {
		all[k] = k
	}
	groups[keyOf(all)] = all
	for _, machines := range groups {
		if len(machines) > 1 && (len(machines) == len(all) || len(groups)*len(tasks) <= maxGroupWork) {
			best = max(best, p.shared(tasks, machines))
		}
	}
	return best
}

// maxGroupWork bounds how many operations are compared with groups of machines:
// some hundredths of a second.
const maxGroupWork = 1_000_000

// task is an operation seen from a machine: not before head, and with tail still
// to come behind it.
type task struct {
	head, length, tail int64
	machines           []int
}

// tasks gives every operation with the shortest way before and behind it, and
// the length of the longest job.
func (p *Problem) tasks() (out []task, longest int64) {
	for _, j := range p.Jobs {
		begin := len(out)
		for i, o := range j.Operations {
			t := task{head: o.Material}
			for k, a := range o.Alternatives {
				if k == 0 || a.Duration < t.length {
					t.length = a.Duration
				}
				t.machines = append(t.machines, a.Machine)
			}
			slices.Sort(t.machines)
			before := j.forerunners(i)
			if len(before) == 0 {
				t.head = max(t.head, j.Release)
			}
			for _, f := range before {
				b := &out[begin+f.Op]
				t.head = max(t.head, b.head+b.length+f.MinWait)
			}
			out = append(out, t)
			longest = max(longest, t.head+t.length)
		}
		for i := len(j.Operations) - 1; i >= 0; i-- {
			for _, f := range j.forerunners(i) {
				b := &out[begin+f.Op]
				b.tail = max(b.tail, f.MinWait+out[begin+i].length+out[begin+i].tail)
			}
		}
	}
	return out, longest
}

func keyOf(machines []int) string {
	b := make([]byte, 0, 4*len(machines))
	for _, m := range machines {
		b = append(b, byte(m), byte(m>>8), byte(m>>16), byte(m>>24))
	}
	return string(b)
}

// jackson is the length of the best preemptive schedule of one machine: always
// the ready task with the longest tail (Carlier, European Journal of Operational
// Research 11 (1982), 42-47).
func jackson(tasks []task) int64 {
	ts := slices.Clone(tasks)
	slices.SortFunc(ts, func(a, b task) int { return cmp.Compare(a.head, b.head) })
	var now, best int64
	var ready []task // by tail, the longest last
	for next := 0; next < len(ts) || len(ready) > 0; {
		if len(ready) == 0 {
			now = max(now, ts[next].head)
		}
		for next < len(ts) && ts[next].head <= now {
			at, _ := slices.BinarySearchFunc(ready, ts[next], func(a, b task) int { return cmp.Compare(a.tail, b.tail) })
			ready = slices.Insert(ready, at, ts[next])
			next++
		}
		t := &ready[len(ready)-1]
		run := t.length
		if next < len(ts) {
			run = min(run, ts[next].head-now)
		}
		now += run
		if t.length -= run; t.length == 0 {
			best = max(best, now+t.tail)
			ready = ready[:len(ready)-1]
		}
	}
	return best
}

// shared bounds what machines together need for the operations that no other can
// do: work of all that start late or end early, spread evenly.
func (p *Problem) shared(tasks []task, machines []int) int64 {
	in := make([]bool, len(p.Machines))
	for _, k := range machines {
		if p.Machines[k].Capacity > 1 {
			return 0
		}
		in[k] = true
	}
	var ts []task
	for _, t := range tasks {
		if !slices.ContainsFunc(t.machines, func(k int) bool { return !in[k] }) {
			ts = append(ts, t)
		}
	}
	n := int64(len(machines))
	var best int64
	sweep := func(head, tail func(task) int64) {
		slices.SortFunc(ts, func(a, b task) int { return cmp.Compare(head(b), head(a)) })
		var work, least int64
		for i, t := range ts {
			work += t.length
			if i == 0 || tail(t) < least {
				least = tail(t)
			}
			best = max(best, head(t)+(work+n-1)/n+least)
		}
	}
	sweep(func(t task) int64 { return t.head }, func(t task) int64 { return t.tail })
	sweep(func(t task) int64 { return t.tail }, func(t task) int64 { return t.head })
	return best
}
