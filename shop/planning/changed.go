package planning

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhigai/calc/schedule"
	"zhigai/plant"
)

// changed lists what is otherwise now than when a plan was made. What went by
// the plan is no change: a job that began where it was planned, counts.
func changed(m *Model, places map[Ref]Place, now *State) []Change {
	out := []Change{}
	had := map[string]*ModelOrder{}
	for i := range m.Orders {
		had[m.Orders[i].ID] = &m.Orders[i]
	}
	there := map[string]bool{}
	for i := range now.Orders {
		o := &now.Orders[i]
		if !plant.Within(o.Place, m.Place) {
			continue
		}
		there[o.ID] = true
		was, known := had[o.ID]
		switch {
		case o.State == OrderForecast && (!known || was.State == OrderForecast):
		case !known || was.State == OrderForecast && o.State == OrderOpen:
			out = append(out, Change{What: "order_new", Order: o.ID, Number: o.Number, Text: fmt.Sprintf("order %s was released since", o.Number)})
		case was.Signature != o.signature():
			out = append(out, Change{What: "order_changed", Order: o.ID, Number: o.Number, Text: fmt.Sprintf("order %s: quantity, dates, priority or state are others than then", o.Number)})
		}
		out = append(out, now.elsewhere(o, places)...)
	}
	for _, o := range m.Orders {
		if !there[o.ID] && !o.Assumed && lastStart(places, o.ID) > now.At {
			out = append(out, Change{What: "order_gone", Order: o.ID, Number: o.Number, Text: fmt.Sprintf("order %s is over or cancelled, with work still planned", o.Number)})
		}
	}
	return slices.Concat(out, now.lacking(m, places), machinesChanged(m, now), limitsChanged(m, now))
}

// lastStart is when the last operation of an order begins; 0 without any.
func lastStart(places map[Ref]Place, order string) (at plant.Instant) {
	for r, p := range places {
		if r.Order == order {
			at = max(at, p.Start)
		}
	}
	return at
}

// lastEnd is when the last operation of an order ends.
func lastEnd(places map[Ref]Place, order string) (end plant.Instant, ok bool) {
	for r, p := range places {
		if r.Order == order {
			end, ok = max(end, p.End), true
		}
	}
	return end, ok
}

// elsewhere are jobs of an order that were begun at another machine than planned.
func (s *State) elsewhere(o *Order, places map[Ref]Place) (out []Change) {
	for i := range o.Jobs {
		j := &o.Jobs[i]
		p, ok := places[Ref{o.ID, j.No}]
		if ok && j.tied() && s.isMachine(j.Equipment) && j.Equipment != p.Equipment {
			out = append(out, Change{What: "job_elsewhere", Order: o.ID, Number: o.Number, Job: j.No, Equipment: j.Equipment, Text: fmt.Sprintf("order %s, job %d was begun at another machine than planned", o.Number, j.No)})
		}
	}
	return out
}

// isMachine tells machines from the lines and cells around them, at which a job may
// have been begun, too.
func (s *State) isMachine(id plant.NodeID) bool {
	return slices.ContainsFunc(s.Machines, func(m Machine) bool { return m.ID == id })
}

func machinesChanged(m *Model, now *State) (out []Change) {
	for _, k := range m.Machines {
		i := slices.IndexFunc(now.Machines, func(o Machine) bool { return o.ID == k.ID })
		switch {
		case i < 0:
			out = append(out, Change{What: "machine_gone", Equipment: k.ID, Text: fmt.Sprintf("machine %s is not there any more", k.Path)})
		case digest(now.Calendars[now.Machines[i].Calendar]) != k.Calendar:
			out = append(out, Change{What: "calendar", Equipment: k.ID, Text: fmt.Sprintf("machine %s works by another calendar", k.Path)})
		}
	}
	return out
}

func limitsChanged(m *Model, now *State) (out []Change) {
	for _, l := range m.Limits {
		i := slices.IndexFunc(now.Limits, func(o Limit) bool { return o.What == l.What && o.Name == l.Name })
		if i >= 0 && now.Limits[i].Rev != l.Rev {
			out = append(out, Change{What: "limit", Text: fmt.Sprintf("there is another number of %s %s than then", l.What, l.Name)})
		}
	}
	return out
}

// When something is worth planning anew.
const (
	// longStop is usual (State.LongStop).
	longStop = plant.Instant(10 * time.Minute / time.Microsecond)
	// slack is by how much work may be behind or ahead of the plan; a tenth of what
	// a job takes, when that is more.
	slack = plant.Instant(15 * time.Minute / time.Microsecond)
	// lookAhead is how far work counts that a stop holds up.
	lookAhead = day
)

// suggest lists the reasons to plan anew: what came since the plan in use was
// made, and what is not going by it. forecast is where the operations of the plan
// will be by what is known now, the sequence kept.
func suggest(m *Model, places map[Ref]Place, plan []OrderPlan, now *State, forecast map[Ref]Place) []Suggestion {
	out := stands(m, places, now)
	for _, c := range changed(m, places, now) {
		s := Suggestion{What: "order", Order: c.Order, Number: c.Number, Job: c.Job, Equipment: c.Equipment, Text: c.Text}
		switch c.What {
		case "order_new":
			s.What = "rush"
		case "material":
			s.What = c.What
		}
		out = append(out, s)
	}
	out = append(out, deviations(m, places, now, forecast)...)
	out = append(out, becomeLate(plan, places, forecast)...)
	urgency := []string{"stop", "rush", "material", "late", "behind", "order", "ahead"}
	slices.SortStableFunc(out, func(a, b Suggestion) int {
		return cmp.Or(cmp.Compare(slices.Index(urgency, a.What), slices.Index(urgency, b.What)), cmp.Compare(b.ByMs, a.ByMs), strings.Compare(a.Number, b.Number))
	})
	return out
}

// stands are machines that stand, and were to work.
func stands(m *Model, places map[Ref]Place, now *State) (out []Suggestion) {
	for i := range now.Machines {
		k := &now.Machines[i]
		if !now.hindered(k) {
			continue
		}
		n := 0
		for r, p := range places {
			if p.Equipment == k.ID && p.End > k.Stands.Since && p.Start < now.At+lookAhead && now.open(r) {
				n++
			}
		}
		if n == 0 {
			continue
		}
		by := int64(now.At-k.Stands.Since) / 1000
		out = append(out, Suggestion{
			What: "stop", Equipment: k.ID, Path: k.Path, Since: k.Stands.Since, ByMs: by, Affected: n,
			Text: fmt.Sprintf("machine %s stands since %d min, and %d operations were to run there within a day", k.Path, by/60_000, n),
		})
	}
	return out
}

// hindered says whether a machine stands for long although it has work: it cannot,
// or a job runs there. One that stands idle only waits for its next.
func (s *State) hindered(k *Machine) bool {
	if k.Stands == nil || s.At-k.Stands.Since < cmp.Or(s.LongStop, longStop) {
		return false
	}
	for i := range s.Orders {
		for n := range s.Orders[i].Jobs {
			if j := &s.Orders[i].Jobs[n]; j.State == jobRunning && j.Equipment == k.ID {
				return true
			}
		}
	}
	return k.Stands.Fault
}

// job finds one of the state.
func (s *State) job(r Ref) (*Order, *Job) {
	for i := range s.Orders {
		if s.Orders[i].ID != r.Order {
			continue
		}
		for k := range s.Orders[i].Jobs {
			if s.Orders[i].Jobs[k].No == r.Job {
				return &s.Orders[i], &s.Orders[i].Jobs[k]
			}
		}
	}
	return nil, nil
}

// open says whether a job is still ahead, or runs.
func (s *State) open(r Ref) bool {
	_, j := s.job(r)
	return j != nil && !j.ended()
}

// deviations are machines whose work is behind or ahead of the plan: of each the
// first job that is.
func deviations(m *Model, places map[Ref]Place, now *State, forecast map[Ref]Place) (out []Suggestion) {
	for _, k := range m.Machines {
		var first *Suggestion
		var at plant.Instant
		for r, p := range places {
			f, ahead := forecast[r]
			if p.Equipment != k.ID || !ahead || first != nil && p.Start >= at {
				continue
			}
			o, j := now.job(r)
			if j == nil || j.ended() {
				continue
			}
			by := f.End - p.End
			if allowed := max(slack, (p.End-p.Start)/10); by <= allowed && by >= -allowed {
				continue
			}
			at = p.Start
			s := Suggestion{What: "behind", Order: r.Order, Number: o.Number, Job: r.Job, Equipment: k.ID, Path: k.Path, ByMs: int64(by) / 1000}
			if by < 0 {
				s.What, s.ByMs = "ahead", -s.ByMs
			}
			s.Text = fmt.Sprintf("order %s, job %d at %s is %d min %s", o.Number, r.Job, k.Path, s.ByMs/60_000, s.What)
			first = &s
		}
		if first != nil {
			out = append(out, *first)
		}
	}
	return out
}

// becomeLate are orders that the plan has in time and that will not be.
func becomeLate(plan []OrderPlan, places, forecast map[Ref]Place) (out []Suggestion) {
	for _, o := range plan {
		if o.LateMs > 0 || o.End == 0 {
			continue
		}
		planned, ok := lastEnd(places, o.ID)
		then, still := lastEnd(forecast, o.ID)
		if !ok || !still {
			continue
		}
		if end := o.End + then - planned; end > o.Due { // what suppliers do comes behind as it did
			by := int64(end-o.Due) / 1000
			out = append(out, Suggestion{What: "late", Order: o.ID, Number: o.Number, ByMs: by, Text: fmt.Sprintf("order %s will be %d min late, and was planned to be in time", o.Number, by/60_000)})
		}
	}
	return out
}

// forecast is where the operations of a plan will be by a newer model: machines
// and sequence are kept, nothing begins earlier than planned, and what the plan
// does not have comes behind.
func forecast(newer *Model, places map[Ref]Place, w Weights) (schedule.Schedule, error) {
	if len(newer.Problem.Jobs) == 0 {
		return schedule.Schedule{}, nil
	}
	r, err := schedule.Follow(newer.Problem, newer.current(places), w.objective())
	return r.Schedule, err
}

func (w Weights) objective() schedule.Objective {
	return schedule.Objective{Tardiness: w.Tardiness, Makespan: w.Makespan, Setup: w.Setup, Change: w.Change}
}
