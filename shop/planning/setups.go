package planning

import (
	"maps"
	"slices"

	"zhigai/calc/schedule"
)

// sizes fills batch machines with operations that are no batches.
func (b *builder) sizes() {
	for j := range b.m.Problem.Jobs {
		for i := range b.m.Problem.Jobs[j].Operations {
			op := &b.m.Problem.Jobs[j].Operations[i]
			f := b.byName(b.m.Ops[j][i].Family)
			f.ops = append(f.ops, op)
			if op.Size == 0 && slices.ContainsFunc(op.Alternatives, func(a schedule.Alternative) bool { return b.m.Problem.Machines[a.Machine].Capacity > 1 }) {
				op.Size = full
			}
		}
	}
	b.together()
}

// byName finds a family by the name that people see. A named family and a made
// one never have the same: made ones hold "@".
func (b *builder) byName(name string) *family {
	if f, ok := b.families["= "+name]; ok {
		return f
	}
	return b.families[name]
}

// together gives operations that run in one furnace now one end, and sizes that
// fit: what the facts say is so, whatever the routing says. One of another family
// than the first goes on behind it.
func (b *builder) together() {
	for k := range b.m.Problem.Machines {
		if b.m.Problem.Machines[k].Capacity <= 1 {
			continue
		}
		all := b.running(k)
		if len(all) < 2 || len(all) > full {
			continue
		}
		first := b.operation(all[0])
		takes := int64(0)
		for _, at := range all {
			takes = max(takes, b.operation(at).Alternatives[0].Duration)
		}
		for _, at := range all {
			op, lock := b.operation(at), *first.Locked
			op.Alternatives[0].Duration, op.Size, op.Locked, op.Interruptible = takes, full/int64(len(all)), &lock, true
			b.m.Ops[at[0]][at[1]].Frozen = true
		}
	}
}

// running are the operations that run at a machine together: the one that is
// frozen there, then the others of its family.
func (b *builder) running(k int) (all [][2]int) {
	var rest [][2]int
	for j, ops := range b.m.Ops {
		for i := range ops {
			op := b.operation([2]int{j, i})
			switch {
			case ops[i].State != jobRunning || op.Alternatives[0].Machine != k:
			case ops[i].Frozen:
				all = append(all, [2]int{j, i})
			default:
				rest = append(rest, [2]int{j, i})
			}
		}
	}
	for _, at := range rest {
		if len(all) > 0 && b.m.Ops[at[0]][at[1]].Family == b.m.Ops[all[0][0]][all[0][1]].Family {
			all = append(all, at)
		}
	}
	return all
}

func (b *builder) operation(at [2]int) *schedule.Operation {
	return &b.m.Problem.Jobs[at[0]].Operations[at[1]]
}

// setups gives every family a number and every machine its table. Families that
// no machine has in common share numbers, so that tables stay small.
func (b *builder) setups() error {
	taken := make([]map[int]bool, len(b.m.Machines))
	for k := range taken {
		taken[k] = map[int]bool{}
	}
	names := slices.Sorted(maps.Keys(b.families))
	for _, name := range names {
		f := b.families[name]
		for machines := slices.Collect(maps.Keys(f.setups)); slices.ContainsFunc(machines, func(k int) bool { return taken[k][f.index] }); {
			f.index++
		}
		for k := range f.setups {
			taken[k][f.index] = true
		}
		for _, op := range f.ops {
			op.Family = f.index
		}
	}
	for k := range b.m.Machines {
		if err := b.table(k, names, len(taken[k])); err != nil {
			return err
		}
	}
	return nil
}

// table is what setting up takes at one machine: so long for a family, whatever
// was before it, and nothing for the one that it is set up for.
func (b *builder) table(k int, names []string, families int) error {
	if families > maxFamilies {
		return invalid("machine %s would do %d families of operations in one plan; %d are possible: give segments that need no setup between them one family", b.m.Machines[k].Path, families, maxFamilies)
	}
	var most int
	var any int64
	for _, name := range names {
		f := b.families[name]
		if s, at := f.setups[k]; at {
			most, any = max(most, f.index), max(any, s)
		}
	}
	m := &b.m.Problem.Machines[k]
	m.Ready = most + 1 // for nothing that is planned
	if any == 0 {
		return nil
	}
	row := make([]int64, most+2)
	for _, name := range names {
		f := b.families[name]
		if s, at := f.setups[k]; at {
			row[f.index] = s
			if b.ready[k] == f.name {
				m.Ready = f.index
			}
		}
	}
	m.Setup = setupTable(row)
	return nil
}

// slip frees from their times the locks that came too late: no time is left to
// set the machine up behind what it does now. The machine holds, and it is noted.
func (b *builder) slip() {
	for j, ops := range b.m.Ops {
		for i := range ops {
			op := b.operation([2]int{j, i})
			if op.Locked == nil || ops[i].Frozen {
				continue
			}
			k := op.Locked.Machine
			if m := &b.m.Problem.Machines[k]; m.Setup == nil || openBetween(m.Open, b.free(k), op.Locked.Start) >= m.Setup[m.Ready][op.Family] {
				continue
			}
			op.Alternatives = slices.DeleteFunc(op.Alternatives, func(a schedule.Alternative) bool { return a.Machine != k })
			op.Locked = nil
			b.note(Note{Product: b.m.Orders[ops[i].Order].Product, Job: ops[i].Job, What: noteLate})
		}
	}
}

// free is when a machine is through with what runs there.
func (b *builder) free(k int) (at int64) {
	for j, ops := range b.m.Ops {
		for i := range ops {
			if op := b.operation([2]int{j, i}); ops[i].Frozen && op.Locked.Machine == k {
				if _, end, ok := fit(b.m.Problem.Machines[k].Open, op.Locked.Start, op.Alternatives[0].Duration, true); ok {
					at = max(at, end)
				}
			}
		}
	}
	return at
}
