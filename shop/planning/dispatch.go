package planning

import (
	"cmp"
	"slices"

	"zhigai/plant"
)

// dispatch lists what each machine is to do next: what runs there, then what the
// plan has, in its order. forecast is where operations will be by what is known
// now.
func dispatch(id string, m *Model, places map[Ref]Place, setups map[Ref]int64, locked map[Ref]bool, now *State, forecast map[Ref]Place, only plant.NodeID, limit int) []MachineList {
	out := []MachineList{}
	for i := range now.Machines {
		k := &now.Machines[i]
		if _, planned := m.machine(k.ID); !planned || only != "" && k.ID != only {
			continue
		}
		l := MachineList{Equipment: k.ID, Path: k.Path, Name: k.Name, Plan: id, Stands: k.Stands, Next: []DispatchItem{}}
		for o := range now.Orders {
			ord := &now.Orders[o]
			for n := range ord.Jobs {
				j := &ord.Jobs[n]
				r := Ref{ord.ID, j.No}
				p, planned := places[r]
				at := p.Equipment
				if j.tied() && now.isMachine(j.Equipment) {
					at = j.Equipment
				}
				if !planned || j.ended() || at != k.ID || ord.State == OrderForecast {
					continue
				}
				l.Next = append(l.Next, item(ord, j, p, forecast[r], setups[r], locked[r]))
			}
		}
		slices.SortStableFunc(l.Next, func(a, b DispatchItem) int {
			return cmp.Or(cmp.Compare(rank(a.State), rank(b.State)), cmp.Compare(a.Expected.From, b.Expected.From), cmp.Compare(a.Planned.From, b.Planned.From))
		})
		l.Next = l.Next[:min(limit, len(l.Next))]
		out = append(out, l)
	}
	return out
}

// rank puts what is at the machine before what comes.
func rank(state string) int {
	return cmp.Or(max(0, slices.Index([]string{jobRunning, jobLoaded}, state)+1), 3)
}

func item(o *Order, j *Job, planned, expected Place, setup int64, locked bool) DispatchItem {
	if expected == (Place{}) { // nothing is expected of what is held
		expected = planned
	}
	d := DispatchItem{
		Order: o.ID, Number: o.Number, Product: o.Product, Job: j.No, Name: j.Name, State: j.State, Quantity: o.Quantity, Good: j.Good, SetupMs: setup,
		Planned: Span{planned.Start, planned.End}, Expected: Span{expected.Start, expected.End}, Due: o.Due, Locked: locked, Waits: []int{},
	}
	if j.State == jobRunning {
		d.SetupMs = 0
		d.Expected.From = cmp.Or(j.Began, d.Expected.From)
	}
	for _, b := range j.After {
		for k := range o.Jobs {
			if o.Jobs[k].No == b && !o.Jobs[k].ended() {
				d.Waits = append(d.Waits, b)
			}
		}
	}
	return d
}
