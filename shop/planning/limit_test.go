package planning

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"zhigai/access"
	"zhigai/calc/schedule"
	"zhigai/plant"
)

// with gives the first job of an order tools and skills.
func (o Order) with(tools, skills []string) Order {
	o.Jobs[0].Tools, o.Jobs[0].Skills = tools, skills
	return o
}

// late gives what order is late for, link by link.
func reasons(t *testing.T, m *Model, number string, p Plan, all []Late) (out []string) {
	t.Helper()
	for _, l := range all {
		if l.Number == number {
			for _, one := range l.Chain {
				out = append(out, strings.TrimSpace(one.Because+" "+one.Limit))
			}
		}
	}
	return out
}

// planned1 is a plan with its schedule.
func planned1(t *testing.T, m *Model) (Plan, schedule.Schedule) {
	t.Helper()
	r, err := schedule.Plan(m.Problem, schedule.PlanOptions{Seed: 1, Objective: usual.objective(), Steps: 2000})
	if err != nil {
		t.Fatal(err)
	}
	return compose(m, r.Schedule), r.Schedule
}

// Two lathes and one fixture: the second order waits for it, and that is said;
// with two fixtures both run at once.
func TestLimit_Fixture(t *testing.T) {
	fixture := []string{"F-7"}
	orders := []Order{order("A", 60, 60, turn(60, 0, "l1")).with(fixture, nil), order("B", 60, 61, turn(60, 0, "l2")).with(fixture, nil)}
	s := lathes(orders...)
	s.Limits = []Limit{{What: LimitTool, Name: "F-7", Units: 1}}
	m := build(t, s)
	p := planOf(t, m)
	a, b := p.assigned(t, "A", 10), p.assigned(t, "B", 10)
	if min(a.Start, b.Start) != at(0) || max(a.Start, b.Start) != at(60) {
		t.Errorf("with one fixture: %v and %v", a.Start.Time(), b.Start.Time())
	}
	_, sched := planned1(t, m)
	second := "B"
	if a.Start > b.Start {
		second = "A"
	}
	if got := reasons(t, m, second, p, lateOrders(m, sched, p.Orders)); !slices.Equal(got, []string{"tool F-7", "begin"}) {
		t.Errorf("it is late because of %v", got)
	}
	s.Limits[0].Units = 2
	p = planOf(t, build(t, s))
	if a, b := p.assigned(t, "A", 10), p.assigned(t, "B", 10); a.Start != at(0) || b.Start != at(0) {
		t.Errorf("with two: %v and %v", a.Start.Time(), b.Start.Time())
	}
	s.Limits[0].Units, s.Limits[0].Off = 1, true
	if p = planOf(t, build(t, s)); p.assigned(t, "B", 10).Start != at(0) {
		t.Error("a limit that is off limits")
	}
}

// Of people with a skill there are two by day and one in the evening: from 08:00
// three jobs of 10 h on three machines run two and one.
func TestLimit_PeopleByShift(t *testing.T) {
	skill := []string{"setter"}
	s := lathes(order("A", 300, 9000, turn(60, 0, "l1")).with(nil, skill), order("B", 300, 9000, turn(60, 0, "l2")).with(nil, skill), order("C", 300, 9000, turn(60, 0, "f")).with(nil, skill))
	two := plant.Calendar{Code: "two", Zone: "UTC", Shifts: []plant.Shift{{Code: "day", Start: "08:00", End: "16:00", Weekdays: everyDay}, {Code: "late", Start: "16:00", End: "24:00", Weekdays: everyDay}}}
	s.Calendars = map[string]plant.Calendar{"two": two, "always": calendars["always"], "never": calendars["never"], "day": calendars["day"]}
	s.Limits = []Limit{{What: LimitSkill, Name: "setter", Units: 0, Calendar: "two", Shifts: []ShiftPeople{{"day", 2}, {"late", 1}}}}
	p := planOf(t, build(t, s))
	var starts []int
	for _, a := range p.Assignments {
		starts = append(starts, int((a.Start-at(0))/second/60))
	}
	slices.Sort(starts)
	if !slices.Equal(starts, []int{0, 0, 300}) { // 13:00 to 18:00: one goes on into the evening
		t.Errorf("they begin at minutes %v", starts)
	}
	// At night nobody is there: 20 h are never covered, 3 people neither.
	long := order("L", 1200, 9000, turn(60, 0, "l1")).with(nil, skill)
	crew := order("K", 10, 9000, turn(60, 0, "l1")).with(nil, skill)
	crew.Jobs[0].Operators = 3
	s.Orders = []Order{long, crew}
	for _, u := range build(t, s).Unplanned {
		if u.Why != WhyLimit || !strings.Contains(u.Text, map[string]string{"L": "without a change of shift", "K": "never more than 2"}[u.Number]) {
			t.Errorf("not planned: %+v", u)
		}
	}
}

// Moved beside one that has the only fixture, an operation is said to lack it, and
// which one would have to give way; the earliest time is behind it.
func TestLimit_Move(t *testing.T) {
	fixture := []string{"F-7"}
	s := lathes(order("A", 60, 60, turn(60, 0, "l1")).with(fixture, nil), order("B", 60, 600, turn(60, 0, "l2")).with(fixture, nil))
	s.Limits = []Limit{{What: LimitTool, Name: "F-7", Units: 1}}
	m := build(t, s)
	_, sched := planned1(t, m)
	f, err := checkMove(m, sched, Move{"id-B", 10, "l2", at(30)})
	if err != nil || len(f.Violations) != 1 || f.Violations[0].Kind != "resource" || !slices.Equal(f.Pushes, []Ref{{"id-A", 10}}) || f.Earliest != at(60) {
		t.Errorf("moved: %+v %v", f, err)
	}
}

// What runs already is no fault of the plan, and leaves nothing for others.
func TestLimit_RunsAlready(t *testing.T) {
	fixture := []string{"F-7"}
	a, b := order("A", 60, 600, turn(60, 0, "l1")).with(fixture, nil), order("B", 90, 600, turn(60, 0, "l2")).with(fixture, nil)
	a.Jobs[0].State, a.Jobs[0].Equipment, b.Jobs[0].State, b.Jobs[0].Equipment = jobRunning, "l1", jobRunning, "l2"
	s := lathes(a, b, order("C", 10, 600, turn(60, 0, "f")).with(fixture, nil))
	s.Limits = []Limit{{What: LimitTool, Name: "F-7", Units: 1}}
	m := build(t, s)
	p := planOf(t, m)
	if c := p.assigned(t, "C", 10); c.Start != at(90) || !slices.Contains(m.Notes, Note{Product: "F-7", What: "limit_exceeded"}) {
		t.Errorf("behind what runs: %v, %+v", c.Start.Time(), m.Notes)
	}
}

// A limit is entered, held against the calendar, changed; a plan of before is of
// older facts.
func TestLimit_Desk(t *testing.T) {
	w := newWorld(order("A", 60, 600, turn(60, 0, "l1")).with([]string{"F-7"}, nil))
	d := w.desk(t)
	l, err := d.SaveLimit(t.Context(), planner, Limit{What: LimitTool, Name: " F-7 ", Units: 1})
	if err != nil || l.Rev != 1 || l.Name != "F-7" || l.By != "planner" {
		t.Fatalf("saved: %+v %v", l, err)
	}
	p := w.planned(t, d, Request{Kind: KindDraft})
	l.Units = 2
	if _, err := d.SaveLimit(t.Context(), planner, l); err != nil {
		t.Fatal(err)
	}
	changes, err := d.Changed(t.Context(), planner.Scope, p.ID)
	if err != nil || len(changes) != 1 || changes[0].What != "limit" {
		t.Errorf("changes: %+v %v", changes, err)
	}
	_, err = d.SaveLimit(t.Context(), planner, Limit{What: LimitSkill, Name: "setter", Calendar: "day", Shifts: []ShiftPeople{{"night", 1}}})
	refused(t, err, "calendar day has no shift night")
	_, err = d.SaveLimit(t.Context(), planner, Limit{What: LimitTool, Name: "F-7", Units: -1})
	refused(t, err, "write 0 to 10000")
	viewer := access.As("v", "viewer", access.Scope{Tenant: 1}, access.Read)
	if _, err := d.SaveLimit(t.Context(), viewer, Limit{What: LimitTool, Name: "F-7"}); err == nil {
		t.Error("somebody who does not plan changed a limit")
	}
}

// randomLimits makes tools and people scarce in a random state.
func randomLimits(rnd *rand.Rand, s *State) {
	names := []string{"t1", "t2", "setter"}
	for i, name := range names {
		l := Limit{What: LimitTool, Name: name, Units: 1 + rnd.Int64N(2)}
		if i == 2 {
			l.What = LimitSkill
			if rnd.IntN(2) == 0 {
				l.Calendar, l.Shifts = "day", []ShiftPeople{{"d", 1 + rnd.Int64N(2)}}
			}
		}
		s.Limits = append(s.Limits, l)
	}
	for i := range s.Orders {
		for k := range s.Orders[i].Jobs {
			j := &s.Orders[i].Jobs[k]
			if rnd.IntN(3) == 0 {
				j.Tools = append(j.Tools, names[rnd.IntN(2)])
			}
			if rnd.IntN(4) == 0 {
				j.Skills = []string{"setter"}
			}
		}
	}
}
