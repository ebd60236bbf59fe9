package planning

import (
	"cmp"
	"slices"

	"zhigai/plant"
)

// dispatch lists what each machine of a plan is to do next: what runs there, then
// what the plan has, in its order. forecast is where operations will be by what is
// known now.
func dispatch(id string, k kept, now *State, forecast map[Ref]Place) []MachineList {
	p := k.page()
	planned := map[Ref]Assignment{}
	for _, a := range p.Assignments {
		if !a.Outside {
			planned[Ref{a.Order, a.Job}] = a
		}
	}
	out, at := []MachineList{}, map[plant.NodeID]int{}
	machines := map[plant.NodeID]bool{}
	for i := range now.Machines {
		m := &now.Machines[i]
		machines[m.ID] = true
		if _, known := k.Model.machine(m.ID); known {
			at[m.ID] = len(out)
			out = append(out, MachineList{Equipment: m.ID, Path: m.Path, Name: m.Name, Plan: id, Stands: m.Stands, Next: []DispatchItem{}})
		}
	}
	for o := range now.Orders {
		ord := &now.Orders[o]
		for n := range ord.Jobs {
			j := &ord.Jobs[n]
			r := Ref{ord.ID, j.No}
			a, here := planned[r]
			if !here || j.ended() || ord.State == OrderForecast {
				continue
			}
			where := a.Equipment
			if j.tied() && machines[j.Equipment] {
				where = j.Equipment
			}
			if i, listed := at[where]; listed {
				out[i].Next = append(out[i].Next, item(ord, j, a, forecast[r]))
			}
		}
	}
	for _, l := range out {
		slices.SortStableFunc(l.Next, func(a, b DispatchItem) int {
			return cmp.Or(cmp.Compare(rank(a.State), rank(b.State)), cmp.Compare(a.Expected.From, b.Expected.From), cmp.Compare(a.Planned.From, b.Planned.From))
		})
	}
	return out
}

// rank puts what is at the machine before what comes.
func rank(state string) int {
	return cmp.Or(max(0, slices.Index([]string{jobRunning, jobLoaded}, state)+1), 3)
}

func item(o *Order, j *Job, planned Assignment, expected Place) DispatchItem {
	if expected == (Place{}) { // nothing is expected of what is held
		expected = Place{planned.Equipment, planned.Start, planned.End}
	}
	d := DispatchItem{
		Order: o.ID, Number: o.Number, Product: o.Product, Job: j.No, Name: j.Name, State: j.State, Quantity: o.Quantity, Good: j.Good, SetupMs: planned.SetupMs,
		Planned: Span{planned.Start, planned.End}, Expected: Span{expected.Start, expected.End}, Due: o.Due, Locked: planned.Locked, Waits: []int{},
	}
	if j.State == jobRunning {
		d.SetupMs = 0
		d.Expected.From = cmp.Or(j.Began, d.Expected.From)
	}
	for _, b := range j.After {
		for k := range o.Jobs {
			if e := &o.Jobs[k]; e.No == b && !e.ended() && (e.Overlap == 0 || e.Good < e.Overlap) {
				d.Waits = append(d.Waits, b)
			}
		}
	}
	return d
}
