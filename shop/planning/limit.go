package planning

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"zhigai/access"
	"zhigai/calc/schedule"
	"zhigai/plant"
)

// LimitKind says of what there are only so many.
type LimitKind string

// Kinds of limits.
const (
	LimitTool  LimitKind = "tool"  // fixtures, gauges, dies: one stays with its operation
	LimitSkill LimitKind = "skill" // people: they are free while the machine is closed
)

// Limit is how many there are of a tool, or of people with a skill at work, as
// routings call it. Of what has no limit there is enough.
type Limit struct {
	What     LimitKind     `json:"what" enum:"tool,skill"`
	Name     string        `json:"name" minLength:"1" maxLength:"63" doc:"As routings call it"`
	Units    int64         `json:"units" minimum:"0" maximum:"10000" doc:"At any time; of a skill with a calendar, outside of the shifts that are named"`
	Calendar string        `json:"calendar,omitempty" maxLength:"63" doc:"Of a skill: code of the calendar whose shifts are named"`
	Shifts   []ShiftPeople `json:"shifts,omitempty" maxItems:"20" doc:"Of a skill: how many people have it in each shift"`
	Off      bool          `json:"off,omitempty" doc:"It limits no more"`
	Rev      int64         `json:"rev" doc:"Counts the changes"`
	By       string        `json:"by,omitempty" readOnly:"true"`
	At       plant.Instant `json:"at,omitempty" readOnly:"true"`
}

// ShiftPeople is how many people are at work in a shift.
type ShiftPeople struct {
	Shift string `json:"shift" minLength:"1" maxLength:"63" doc:"Code"`
	Units int64  `json:"units" minimum:"0" maximum:"10000"`
}

// maxUnits of one limit; with more it is none.
const maxUnits = 10_000

// Check says what is wrong with a limit by itself.
func (l *Limit) Check() error {
	l.Name, l.Calendar = strings.TrimSpace(l.Name), strings.TrimSpace(l.Calendar)
	switch {
	case l.What != LimitTool && l.What != LimitSkill:
		return invalid("a limit of %q; write tool or skill", l.What)
	case l.Name == "" || len(l.Name) > 63:
		return invalid("the limit of a %s has no name, or one of more than 63 bytes; write it as routings do", l.What)
	case l.Units < 0 || l.Units > maxUnits:
		return invalid("%s %s: there are %d; write 0 to %d", l.What, l.Name, l.Units, maxUnits)
	case l.What == LimitTool && (l.Calendar != "" || len(l.Shifts) > 0):
		return invalid("tool %s: tools do not go home; only of a skill shifts are named", l.Name)
	case (l.Calendar == "") != (len(l.Shifts) == 0):
		return invalid("skill %s: name a calendar and how many people there are in each of its shifts, or neither", l.Name)
	}
	for i, s := range l.Shifts {
		switch {
		case s.Shift == "" || s.Units < 0 || s.Units > maxUnits:
			return invalid("skill %s: shift %q has %d people; write 0 to %d", l.Name, s.Shift, s.Units, maxUnits)
		case slices.ContainsFunc(l.Shifts[:i], func(o ShiftPeople) bool { return o.Shift == s.Shift }):
			return invalid("skill %s: shift %s stands twice", l.Name, s.Shift)
		}
	}
	return nil
}

// Limits are all of the plant, by kind and name.
func (d *Desk) Limits(ctx context.Context, scope access.Scope) ([]Limit, error) {
	return d.o.Store.Limits(ctx, scope.Tenant)
}

// SaveLimit enters a limit (Rev 0), or changes one whose Rev was seen.
func (d *Desk) SaveLimit(ctx context.Context, who access.Principal, l Limit) (Limit, error) {
	if err := may(who, ""); err != nil {
		return Limit{}, err
	}
	if err := l.Check(); err != nil {
		return Limit{}, err
	}
	if l.Calendar != "" {
		s, err := d.o.Facts.State(ctx, access.Scope{Tenant: who.Scope.Tenant})
		if err != nil {
			return Limit{}, err
		}
		c, ok := s.Calendars[l.Calendar]
		if !ok {
			return Limit{}, invalid("skill %s: there is no calendar %s", l.Name, l.Calendar)
		}
		for _, p := range l.Shifts {
			if !slices.ContainsFunc(c.Shifts, func(s plant.Shift) bool { return s.Code == p.Shift }) {
				return Limit{}, invalid("skill %s: calendar %s has no shift %s", l.Name, l.Calendar, p.Shift)
			}
		}
	}
	seen := l.Rev
	l.Rev, l.By, l.At = l.Rev+1, who.Name, d.now()
	return l, d.o.Store.SaveLimit(ctx, who.Scope.Tenant, l, seen)
}

// state reads what is so, with the limits.
func (d *Desk) state(ctx context.Context, scope access.Scope) (State, error) {
	s, err := d.o.Facts.State(ctx, scope)
	if err != nil {
		return s, err
	}
	s.Limits, err = d.o.Store.Limits(ctx, scope.Tenant)
	return s, err
}

// ModelLimit is a resource of the problem.
type ModelLimit struct {
	What LimitKind
	Name string
	Rev  int64
}

// uses are what a job takes of what is limited; false when there is never so much.
func (c *chain) uses(j *Job) ([]schedule.Use, bool) {
	var out []schedule.Use
	for _, w := range []struct {
		what  LimitKind
		names []string
		units int64
	}{{LimitTool, j.Tools, 1}, {LimitSkill, j.Skills, max(1, int64(j.Operators))}} {
		for i, name := range w.names {
			r, limited := c.resource(w.what, name)
			if !limited || slices.Contains(w.names[:i], name) {
				continue
			}
			if most := mostOf(&c.m.Problem.Resources[r]); most < w.units {
				c.leave(c.order, j.No, WhyLimit, "order %s, job %d needs %d of %s %s, and there are never more than %d; change the limit, or the routing", c.order.Number, j.No, w.units, w.what, name, most)
				return nil, false
			}
			out = append(out, schedule.Use{Resource: r, Units: w.units})
		}
	}
	return out, true
}

func mostOf(r *schedule.Resource) int64 {
	n := r.Units
	for _, l := range r.Levels {
		n = max(n, l.Units)
	}
	return n
}

// resource gives the index of a limit in the problem; false of what has none.
func (b *builder) resource(what LimitKind, name string) (int, bool) {
	if i := slices.IndexFunc(b.m.Limits, func(l ModelLimit) bool { return l.What == what && l.Name == name }); i >= 0 {
		return i, true
	}
	i := slices.IndexFunc(b.state.Limits, func(l Limit) bool { return l.What == what && l.Name == name && !l.Off })
	if i < 0 {
		return 0, false
	}
	l := &b.state.Limits[i]
	b.m.Limits = append(b.m.Limits, ModelLimit{l.What, l.Name, l.Rev})
	b.m.Problem.Resources = append(b.m.Problem.Resources, schedule.Resource{Name: name, Units: l.Units, Levels: b.levels(l), LetGo: what == LimitSkill})
	return len(b.m.Limits) - 1, true
}

// levels are how many people have a skill over time, by shifts; where shifts
// overlap those of both are there.
func (b *builder) levels(l *Limit) (out []schedule.Level) {
	if l.Calendar == "" {
		return nil
	}
	type step struct {
		at           int64
		people, open int64
	}
	var steps []step
	for _, s := range b.state.Calendars[l.Calendar].ShiftSpans(b.clock.origin.Micros(), (b.o.Until + tail).Micros()) {
		i := slices.IndexFunc(l.Shifts, func(p ShiftPeople) bool { return p.Shift == s.Shift })
		if i < 0 {
			continue
		}
		n := l.Shifts[i].Units
		steps = append(steps, step{max(0, b.clock.after(plant.Instant(s.From))), n, 1}, step{max(0, b.clock.after(plant.Instant(s.To))), -n, -1})
	}
	slices.SortStableFunc(steps, func(x, y step) int { return cmp.Compare(x.at, y.at) })
	var people, open int64
	for i, s := range steps {
		people, open = people+s.people, open+s.open
		if i+1 < len(steps) && steps[i+1].at == s.at {
			continue
		}
		n := people
		if open == 0 {
			n = l.Units
		}
		out = append(out, schedule.Level{From: s.at, Units: n})
	}
	return out
}

// unitsAt is how many there are at a time.
func unitsAt(r *schedule.Resource, at int64) int64 {
	i, found := slices.BinarySearchFunc(r.Levels, at, func(l schedule.Level, t int64) int { return cmp.Compare(l.From, t) })
	if !found {
		i--
	}
	if i < 0 {
		return r.Units
	}
	return r.Levels[i].Units
}

// manned says whether there are ever the people for an operation from its
// beginning to its end, if it were the only one.
func (b *builder) manned(op *schedule.Operation, a schedule.Alternative) bool {
	open := b.m.Problem.Machines[a.Machine].Open
	starts := []int64{0}
	for _, u := range op.Uses {
		for _, l := range b.m.Problem.Resources[u.Resource].Levels {
			starts = append(starts, l.From)
		}
	}
	if len(starts) == 1 {
		return true
	}
	slices.Sort(starts)
	for _, from := range slices.Compact(starts) {
		start, end, ok := fit(open, from, a.Duration, op.Interruptible)
		if !ok {
			return false
		}
		if !slices.ContainsFunc(op.Uses, func(u schedule.Use) bool { return short(&b.m.Problem.Resources[u.Resource], open, start, end, u.Units) }) {
			return true
		}
	}
	return false
}

// short says whether there are too few at some time of a run at a machine.
func short(r *schedule.Resource, open []schedule.Window, from, to, units int64) bool {
	for _, w := range open {
		a, b := max(w.From, from), min(w.To, to)
		if w.From >= to {
			return false
		}
		if a >= b {
			continue
		}
		if unitsAt(r, a) < units {
			return true
		}
		i, _ := slices.BinarySearchFunc(r.Levels, a, func(l schedule.Level, t int64) int { return cmp.Compare(l.From, t) })
		for ; i < len(r.Levels) && r.Levels[i].From < b; i++ {
			if r.Levels[i].Units < units {
				return true
			}
		}
	}
	return false
}

// atWork raises limits to what operations that run already take: what is so is no
// fault of a plan. It is noted.
func (b *builder) atWork() {
	for i := range b.m.Problem.Resources {
		r := &b.m.Problem.Resources[i]
		var ends []schedule.Level // so many units until then
		for j, ops := range b.m.Ops {
			for k := range ops {
				op := &b.m.Problem.Jobs[j].Operations[k]
				u := slices.IndexFunc(op.Uses, func(u schedule.Use) bool { return u.Resource == i })
				if !ops[k].Frozen || u < 0 {
					continue
				}
				if _, end, ok := fit(b.m.Problem.Machines[op.Locked.Machine].Open, op.Locked.Start, op.Alternatives[0].Duration, true); ok {
					ends = append(ends, schedule.Level{From: end, Units: op.Uses[u].Units})
				}
			}
		}
		if raise(r, ends) {
			b.note(Note{Product: b.m.Limits[i].Name, What: "limit_exceeded"})
		}
	}
}

// raise lets there be at least what is taken from the beginning until some times;
// false when that was so.
func raise(r *schedule.Resource, until []schedule.Level) (raised bool) {
	if len(until) == 0 {
		return false
	}
	taken := func(at int64) (n int64) {
		for _, u := range until {
			if u.From > at {
				n += u.Units
			}
		}
		return n
	}
	times := []int64{0}
	for _, l := range r.Levels {
		times = append(times, l.From)
	}
	for _, u := range until {
		times = append(times, u.From)
	}
	slices.Sort(times)
	var levels []schedule.Level
	for _, at := range slices.Compact(times) {
		there := unitsAt(r, at)
		if n := taken(at); n > there {
			there, raised = n, true
		}
		levels = append(levels, schedule.Level{From: at, Units: there})
	}
	if raised {
		r.Levels = levels
	}
	return raised
}
