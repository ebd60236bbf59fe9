package planning

import (
	"slices"
	"strings"
	"testing"

	"zhigai/calc/schedule"
)

// planOf searches briefly; the result must pass the checker.
func planOf(t *testing.T, m *Model) Plan {
	t.Helper()
	r, err := schedule.Plan(m.Problem, schedule.PlanOptions{Seed: 1, Objective: usual.objective(), Steps: 2000})
	if err != nil {
		t.Fatal(err)
	}
	p := compose(m, r.Schedule)
	if len(p.Violations) > 0 {
		t.Fatalf("the plan cannot be carried out: %+v", p.Violations)
	}
	return p
}

func (p *Plan) assigned(t *testing.T, order string, job int) Assignment {
	t.Helper()
	i := slices.IndexFunc(p.Assignments, func(a Assignment) bool { return a.Order == "id-"+order && a.Job == job })
	if i < 0 {
		t.Fatalf("order %s, job %d is not planned: %+v %+v", order, job, p.Assignments, p.Unplanned)
	}
	return p.Assignments[i]
}

// want holds an assignment against minutes after the beginning.
func (a Assignment) want(t *testing.T, machine string, from, to int) {
	t.Helper()
	if string(a.Equipment) != machine || a.Start != at(from) || a.End != at(to) {
		t.Errorf("order %s, job %d is at %s from %v to %v; want %s from minute %d to %d", a.Order, a.Job, a.Equipment, a.Start.Time(), a.End.Time(), machine, from, to)
	}
}

// One order of 60 parts of a minute each, 30 min setup; 10 min transport, then
// an hour in the furnace, 20 min cooling, and 90 min on the machine that works by
// day, from 11:00 over the break.
func TestBuild_Chain(t *testing.T) {
	first, heat, last := turn(60, 30, "l1"), Segment{}, turn(90, 0, "d")
	first.MoveMs = 10 * minute
	heat.Alternatives = []Alternative{{Equipment: "f", RunMs: 60 * minute, Batch: 100}}
	heat.MinWaitMs = 20 * minute
	p := planOf(t, build(t, lathes(order("A", 60, 600, first, heat, last))))
	p.assigned(t, "A", 10).want(t, "l1", 30, 90)
	p.assigned(t, "A", 20).want(t, "f", 100, 160)
	p.assigned(t, "A", 30).want(t, "d", 180, 330)
	if o := p.Orders[0]; o.Start != at(30) || o.End != at(330) || o.LateMs != 0 || o.Weight != 10 {
		t.Errorf("the order: %+v", o)
	}
	if p.Figures.SetupMs != 30*minute || p.Figures.RunMs != 210*minute || p.Figures.Planned != 1 || p.Figures.Makespan != at(330) {
		t.Errorf("figures: %+v", p.Figures)
	}
}

// What is done counts: of 60 parts 40 are made, the job runs and stays; a second
// order of the same family needs no setup behind it, one of another does.
func TestBuild_Progress(t *testing.T) {
	a, b, c := order("A", 60, 100, turn(60, 30, "line")), order("B", 10, 40, turn(60, 30, "l2")), order("C", 10, 200, turn(60, 30, "l2"))
	a.Jobs[0].State, a.Jobs[0].Equipment, a.Jobs[0].Good, a.Jobs[0].Began = jobRunning, "l2", 40, at(-40)
	a.Jobs[0].Family, b.Jobs[0].Family = "ring", "ring"
	p := planOf(t, build(t, lathes(a, b, c)))
	run := p.assigned(t, "A", 10)
	run.want(t, "l2", 0, 20)
	if !run.Frozen || run.Locked || run.SetupMs != 0 || run.Quantity != 20 {
		t.Errorf("what runs: %+v", run)
	}
	p.assigned(t, "B", 10).want(t, "l2", 20, 30)
	last := p.assigned(t, "C", 10)
	last.want(t, "l2", 60, 70)
	if last.SetupMs != 30*minute {
		t.Errorf("setup of another family: %+v", last)
	}
}

// A lock whose machine can no longer be set up in time, or is not through with
// what it does, keeps the machine and not the time.
func TestBuild_LockThatSlips(t *testing.T) {
	for name, c := range map[string]struct {
		pass, runs int // minutes that passed, and that a run at the machine still takes
		from       int
		locked     bool
	}{
		"in time":             {0, 0, 30, true},
		"set up too late":     {1, 0, 31, false},
		"behind a short run":  {-20, 20, 30, true},
		"behind a longer run": {-20, 21, 31, false},
	} {
		a, b := order("A", 60, 900, turn(60, 30, "l1", "l2")), order("B", int64(c.runs), 100, turn(60, 0, "l2"))
		b.Jobs[0].State, b.Jobs[0].Equipment, b.Jobs[0].Began = jobRunning, "l2", at(-40)
		s := lathes(a)
		if c.runs > 0 {
			s.Orders = append(s.Orders, b)
		}
		s.At = at(c.pass)
		m, err := Build(&s, BuildOptions{Place: "xc/w", Until: s.At + 30*day, Locks: map[Ref]Place{{a.ID, 10}: {Equipment: "l2", Start: at(30)}}})
		if err != nil {
			t.Fatal(err)
		}
		p := planOf(t, m)
		got := p.assigned(t, "A", 10)
		got.want(t, "l2", c.from, c.from+60)
		if got.Locked != c.locked || len(p.Violations) > 0 || slices.Contains(m.Notes, Note{Product: "pA", Job: 10, What: noteLate}) == c.locked {
			t.Errorf("%s: %+v %v %v", name, got, p.Violations, m.Notes)
		}
	}
}

// Three loads of 40 parts fit into one furnace run of 100 only by two; a load does
// not run into the end of a shift.
func TestBuild_Batch(t *testing.T) {
	heat := Segment{Family: "quench", Alternatives: []Alternative{{Equipment: "f", RunMs: 60 * minute, Batch: 100}}}
	p := planOf(t, build(t, lathes(order("A", 40, 300, heat), order("B", 40, 300, heat), order("C", 40, 300, heat))))
	var ends []int
	for _, a := range p.Assignments {
		ends = append(ends, int((a.End-at(0))/second/60))
	}
	slices.Sort(ends)
	if !slices.Equal(ends, []int{60, 60, 120}) {
		t.Errorf("loads end at minutes %v; want two together after 60 and one after 120", ends)
	}
	long := Segment{Alternatives: []Alternative{{Equipment: "d", RunMs: 300 * minute, Batch: 100}}}
	m := build(t, lathes(order("A", 40, 300, long), order("B", 1, 300, turn(60, 0, "l1"))))
	if u := m.Unplanned; len(u) != 1 || u[0].Why != WhyTooLong || u[0].Number != "A" || u[0].Job != 10 {
		t.Errorf("a load of 5 h where 4 h are worked at a time: %+v", u)
	}
}

// What a supplier does takes its time between, before and after.
func TestBuild_Outside(t *testing.T) {
	away := Segment{LeadMs: 100 * minute, MoveMs: 5 * minute}
	p := planOf(t, build(t, lathes(order("A", 10, 130, turn(60, 0, "l1"), away, turn(60, 0, "l1"), away))))
	p.assigned(t, "A", 10).want(t, "l1", 0, 10)
	p.assigned(t, "A", 20).want(t, "", 10, 110)
	p.assigned(t, "A", 30).want(t, "l1", 115, 125)
	p.assigned(t, "A", 40).want(t, "", 125, 225)
	if o := p.Orders[0]; o.LateMs != 95*minute || p.Figures.WeightedTardinessMs != 950*minute {
		t.Errorf("with the supplier at the end: %+v %+v", o, p.Figures)
	}
}

// Whatever cannot be planned is listed with its reason.
func TestBuild_Unplanned(t *testing.T) {
	held, forecast, none := order("H", 1, 9, turn(1, 0, "l1")), order("F", 1, 9, turn(1, 0, "l1")), order("N", 1, 9)
	held.State, held.Reason, forecast.State = OrderHeld, "steel is missing", OrderForecast
	m := build(t, lathes(held, forecast, none, order("G", 1, 9, turn(60, 0, "l1"), turn(1, 0, "gone")), order("B", 1, 9, turn(1, 0, "bare")), order("S", 1, 9, turn(1, 0, "shut")), order("L", 1_000_000_000, 9, turn(3600, 0, "d"))))
	want := map[string]Why{"H": WhyHeld, "F": WhyNotReleased, "N": WhyNoRouting, "G": WhyNoMachine, "B": WhyNoCalendar, "S": WhyClosed, "L": WhyTooLong}
	for _, u := range m.Unplanned {
		if want[u.Number] != u.Why || u.Text == "" {
			t.Errorf("order %s is left out as %s (%s); want %s", u.Number, u.Why, u.Text, want[u.Number])
		}
		delete(want, u.Number)
	}
	if len(want) > 0 {
		t.Errorf("not said of %v", want)
	}
	if !strings.Contains(m.Unplanned[0].Text, "steel is missing") {
		t.Errorf("why it is held: %q", m.Unplanned[0].Text)
	}
	p := planOf(t, m) // of G the first job
	p.assigned(t, "G", 10).want(t, "l1", 0, 1)
	if p.Figures.Planned != 0 || p.Figures.Orders != 7 || p.Figures.Unplanned != 7 {
		t.Errorf("figures: %+v", p.Figures)
	}
}

func TestWeightOf(t *testing.T) {
	for _, c := range []struct {
		weight, priority int
		want             int64
	}{{0, 50, 10}, {1, 0, 1}, {1, 100, 100}, {3, 50, 30}, {2, 25, 6}} {
		if got := weightOf(c.weight, c.priority); got != c.want {
			t.Errorf("weightOf(%d, %d) = %d; want %d", c.weight, c.priority, got, c.want)
		}
	}
}

// Of 100 units the next operation may begin when 20 are handed on, if it does not
// wait for the others then: a slow one begins with the first lot, a quick one so
// that it has the last lot left when that comes. A load of a furnace is handed on
// as a whole.
func TestBuild_Overlap(t *testing.T) {
	first := turn(60, 0, "l1")
	first.Overlap = 20
	for next, want := range map[int64][2]int{60: {20, 120}, 120: {20, 220}, 30: {60, 110}} {
		m := build(t, lathes(order("A", 100, 300, first, turn(next, 0, "l2"))))
		p := planOf(t, m)
		p.assigned(t, "A", 10).want(t, "l1", 0, 100)
		p.assigned(t, "A", 20).want(t, "l2", want[0], want[1])
		if len(p.Notes) > 0 {
			t.Errorf("notes: %+v", p.Notes)
		}
	}
	// 40 of them are made: of the other 60, 20 are the third part of an hour.
	s := lathes(order("A", 100, 300, first, turn(60, 0, "l2")))
	j := &s.Orders[0].Jobs[0]
	j.State, j.Equipment, j.Began, j.Good = jobRunning, "l1", at(-40), 40
	p := planOf(t, build(t, s))
	p.assigned(t, "A", 20).want(t, "l2", 20, 120)
	p = planOf(t, build(t, lathes(order("A", 100, 300, first, Segment{Alternatives: []Alternative{{Equipment: "f", RunMs: 60 * minute, Batch: 100}}}))))
	p.assigned(t, "A", 20).want(t, "f", 100, 160)
	if len(p.Notes) != 1 || p.Notes[0].What != "overlap" || p.Notes[0].Job != 10 {
		t.Errorf("notes with a furnace: %+v", p.Notes)
	}
}

// Inner and outer rings are turned side by side, the outer one goes to a supplier
// for 50 min, and both are assembled: the order takes 60 + 10 + 50 + 10 + 20, not the
// sum of all; the chain goes back by the branch that takes longest.
func TestBuild_Branches(t *testing.T) {
	inner, outer, away, assembly := turn(60, 0, "l1"), turn(60, 0, "l2"), Segment{LeadMs: 50 * minute, MoveMs: 10 * minute}, turn(20, 0, "f")
	inner.MoveMs, outer.MoveMs = 10*minute, 10*minute
	outer.After, away.After, assembly.After = []int{}, []int{20}, []int{10, 30}
	m := build(t, lathes(order("A", 60, 100, inner, outer, away, assembly)))
	p := planOf(t, m)
	p.assigned(t, "A", 10).want(t, "l1", 0, 60)
	p.assigned(t, "A", 20).want(t, "l2", 0, 60)
	p.assigned(t, "A", 30).want(t, "", 70, 120)
	p.assigned(t, "A", 40).want(t, "f", 130, 150)
	if len(m.Notes) > 0 || len(m.Problem.Jobs) != 1 {
		t.Errorf("notes %+v, %d jobs", m.Notes, len(m.Problem.Jobs))
	}
	_, s := planned1(t, m)
	late := lateOrders(m, s, p.Orders)
	if len(late) != 1 || late[0].LateMs != 50*minute || len(late[0].Chain) != 2 || late[0].Chain[0].Because != "outside" || late[0].Chain[1].Job != 20 {
		t.Errorf("late: %+v", late)
	}
	f, err := checkMove(m, s, Move{"id-A", 20, "l2", at(30)})
	if err != nil || len(f.Pushes) != 1 || f.Pushes[0] != (Ref{"id-A", 40}) {
		t.Errorf("moved: %+v %v", f, err)
	}
	// What was made of the inner ring already does not wait for the outer one.
	o := order("B", 60, 300, inner, outer, away, assembly)
	o.Jobs[0].State, o.Jobs[0].Ended, o.Jobs[1].State, o.Jobs[1].Equipment, o.Jobs[1].Good = "completed", at(-5), jobRunning, "l2", 30
	p = planOf(t, build(t, lathes(o)))
	p.assigned(t, "B", 20).want(t, "l2", 0, 30)
	p.assigned(t, "B", 40).want(t, "f", 100, 120)
}
