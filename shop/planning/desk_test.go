package planning

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"zhigai/access"
	"zhigai/plant"
)

var planner = access.As("p", "planner", access.Scope{Tenant: 1}, access.Read, access.Plan)

// planned searches a plan, stops at once, and gives it.
func (w *world) planned(t testing.TB, d *Desk, r Request) Plan {
	t.Helper()
	r.Place = "xc/w"
	run, err := d.Start(t.Context(), planner, r)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Stop(planner, run.ID); err != nil {
		t.Fatal(err)
	}
	d.work.Wait()
	run, err = d.Run(planner.Scope, run.ID)
	if err != nil || run.State != RunStopped || run.Best == nil || !run.Best.Feasible || run.Plan == "" {
		t.Fatalf("the search: %+v %v", run, err)
	}
	p, err := d.Plan(t.Context(), planner.Scope, run.Plan)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (w *world) issued(t testing.TB, d *Desk, id string) {
	t.Helper()
	if _, err := d.Issue(t.Context(), planner, id, false, ""); err != nil {
		t.Fatal(err)
	}
}

// refused wants an error for the asker that says so.
func refused(t *testing.T, err error, want string) {
	t.Helper()
	if !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v; want ErrInvalid with %q", err, want)
	}
}

// twoOrders is a place that works by a plan of two orders of an hour, each on a lathe
// of its own.
func twoOrders(t *testing.T) (*world, *Desk, Plan) {
	w := newWorld(order("A", 60, 120, turn(60, 0, "l1", "l2")), order("B", 60, 120, turn(60, 0, "l1", "l2")))
	d := w.desk(t)
	p := w.planned(t, d, Request{Kind: KindDraft})
	w.issued(t, d, p.ID)
	return w, d, p
}

func (w *world) job(order string) *Job { return &w.order(order).Jobs[0] }

func (w *world) order(number string) *Order {
	return &w.state.Orders[slices.IndexFunc(w.state.Orders, func(o Order) bool { return o.Number == number })]
}

func (w *world) machine(id plant.NodeID) *Machine {
	return &w.state.Machines[slices.IndexFunc(w.state.Machines, func(m Machine) bool { return m.ID == id })]
}

// whats are the kinds of suggestions, in order.
func (w *world) whats(t *testing.T, d *Desk) (out []string, all []Suggestion) {
	t.Helper()
	all, err := d.Suggestions(t.Context(), planner.Scope, "xc/w")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		out = append(out, s.What)
	}
	return out, all
}

func TestDesk_IssueAndFollow(t *testing.T) {
	w, d, p := twoOrders(t)
	a, b := p.assigned(t, "A", 10), p.assigned(t, "B", 10)
	if a.Equipment == b.Equipment || a.End != at(60) || b.End != at(60) || p.Figures.Late != 0 || p.Figures.Violations != 0 || p.Number != 1 || len(p.Figures.Rules) != 3 {
		t.Fatalf("plan: %+v %+v", p.Head, p.Assignments)
	}
	if len(w.decided) != 2 || w.decided[0].Jobs[0].To != at(60) {
		t.Errorf("told to orders: %+v", w.decided)
	}
	now, err := d.InUse(t.Context(), planner.Scope, "xc/w")
	if err != nil || now.ID != p.ID || now.State != StateInUse || now.IssuedBy != "planner" {
		t.Errorf("in use: %+v %v", now.Head, err)
	}
	if what, all := w.whats(t, d); len(what) != 0 {
		t.Errorf("at the beginning is suggested %+v", all)
	}
	w.pass(20) // nobody has begun: both will be 20 min behind, and in time
	if what, all := w.whats(t, d); !slices.Equal(what, []string{"behind", "behind"}) || all[0].ByMs != 20*minute {
		t.Errorf("after 20 min without a beginning: %+v", all)
	}
	w.change(func(*State) {
		for _, o := range []string{"A", "B"} {
			j := w.job(o)
			j.State, j.Equipment, j.Began, j.Good = jobRunning, p.assigned(t, o, 10).Equipment, at(0), 30
		}
	})
	w.pass(10) // as planned
	if what, all := w.whats(t, d); len(what) != 0 {
		t.Errorf("as planned, and suggested is %+v", all)
	}
	lists, err := d.Dispatch(t.Context(), planner.Scope, "xc/w", a.Equipment, 5)
	if err != nil || len(lists) != 1 || len(lists[0].Next) != 1 {
		t.Fatalf("dispatch: %+v %v", lists, err)
	}
	if one, err := d.Dispatch(t.Context(), access.Scope{Tenant: 1, Path: "xc/w/l1"}, "xc/w/l1", "", 5); err != nil || len(one) != 1 || one[0].Equipment != "l1" {
		t.Errorf("dispatch of one machine, by the plan of its place: %+v %v", one, err)
	}
	if n := lists[0].Next[0]; n.Number != "A" || n.State != jobRunning || n.Good != 30 || n.Planned != (Span{at(0), at(60)}) || n.Expected != (Span{at(0), at(60)}) {
		t.Errorf("dispatch: %+v", n)
	}
}

// A lathe stops, a rush order comes: suggested, planned anew with the lathe away
// for an hour, and explained.
func TestDesk_Replan(t *testing.T) {
	w, d, p := twoOrders(t)
	broken := p.assigned(t, "A", 10).Equipment
	w.change(func(s *State) {
		for _, o := range []string{"A", "B"} {
			j := w.job(o)
			j.State, j.Equipment, j.Began, j.Good = jobRunning, p.assigned(t, o, 10).Equipment, at(0), 30
		}
		w.job("A").Good = 5
		w.machine(broken).Stands = &Standing{Since: at(5), Reason: "breakdown.tool"}
		rush := order("R", 10, 90, turn(60, 0, "l1", "l2"))
		rush.Priority = 100
		s.Orders = append(s.Orders, rush)
	})
	w.pass(30)
	what, all := w.whats(t, d)
	if !slices.Equal(what, []string{"stop", "rush", "behind"}) || all[0].Affected != 1 || all[0].Path != "xc/w/"+string(broken) || all[1].Number != "R" || all[2].ByMs != 25*minute {
		t.Fatalf("suggested: %+v", all)
	}
	w.change(func(s *State) { s.LongStop = at(60) - at(0) })
	w.pass(1) // it stands since 26 min: nothing where an hour is borne
	if what, all := w.whats(t, d); slices.Contains(what, "stop") {
		t.Fatalf("suggested: %+v", all)
	}
	w.change(func(s *State) { s.LongStop = 0 })
	w.pass(-1)
	next := w.planned(t, d, Request{Kind: KindReplan})
	if len(next.Assume.Down) != 1 || next.Assume.Down[0].Equipment != broken || next.Base != p.ID {
		t.Errorf("replan: %+v", next.Head)
	}
	next.assigned(t, "A", 10).want(t, string(broken), 90, 145)
	other := next.assigned(t, "R", 10)
	if other.Equipment == broken || other.Start != at(60) || other.End != at(70) {
		t.Errorf("the rush order waits for the lathe that works: %+v", other)
	}
	if c := next.Figures.Changes; c.Of != 2 || c.Machine != 0 || c.Later != 2 || c.Added != 1 || c.Gone != 0 {
		t.Errorf("changes: %+v", c) // what runs counts from now on
	}
	late, err := d.Late(t.Context(), planner.Scope, next.ID)
	if err != nil || len(late) != 1 || late[0].Number != "A" || late[0].LateMs != 25*minute || late[0].Chain[0].Because != "frozen" {
		t.Errorf("late: %+v %v", late, err)
	}
	w.issued(t, d, next.ID)
	c, err := d.Compare(t.Context(), planner.Scope, []string{p.ID, next.ID})
	if err != nil || c.InUse != next.ID || len(c.Plans) != 2 || c.Plans[0].State != StatePast || len(c.Late) != 1 || c.Late[0].Ends[0] != at(60) || c.Late[0].Ends[1] != at(145) {
		t.Errorf("compared: %+v %v", c, err)
	}
	if got, _ := w.whats(t, d); slices.Contains(got, "rush") {
		t.Errorf("after the replan is suggested %v", got)
	}
}

// What is planned of older facts is not issued, but when it is asked for again.
func TestDesk_OlderFacts(t *testing.T) {
	w, d, _ := twoOrders(t)
	draft := w.planned(t, d, Request{Kind: KindDraft})
	if _, err := d.Issue(t.Context(), access.As("v", "viewer", access.Scope{Tenant: 1}, access.Read), draft.ID, false, ""); !errors.Is(err, access.ErrForbidden) {
		t.Errorf("issued by who does not plan: %v", err)
	}
	w.change(func(s *State) {
		w.order("A").Quantity = 70
		w.order("B").State, w.order("B").Reason = OrderHeld, "steel"
		s.Orders = append(s.Orders, order("C", 1, 50, turn(60, 0, "l1")))
		w.machine("l2").Calendar = "day"
	})
	changes, err := d.Changed(t.Context(), planner.Scope, draft.ID)
	var what []string
	for _, c := range changes {
		what = append(what, c.What)
	}
	if err != nil || !slices.Equal(what, []string{"order_changed", "order_changed", "order_new", "calendar"}) {
		t.Errorf("changed: %+v %v", changes, err)
	}
	if _, err := d.Issue(t.Context(), planner, draft.ID, false, ""); !errors.Is(err, ErrChanged) || !strings.Contains(err.Error(), "order C was released since") {
		t.Errorf("issued of older facts: %v", err)
	}
	if h, err := d.Issue(t.Context(), planner, draft.ID, true, "anyway"); err != nil || h.State != StateInUse || h.Note != "anyway" {
		t.Errorf("issued again: %+v %v", h, err)
	}
	if _, err := d.Issue(t.Context(), planner, "ID001", false, ""); !errors.Is(err, access.ErrNotFound) && !errors.Is(err, ErrInvalid) {
		t.Errorf("issued what is past: %v", err)
	}
}

func TestDesk_Moves(t *testing.T) {
	w, d, p := twoOrders(t)
	draft := w.planned(t, d, Request{Kind: KindDraft})
	a, b := draft.assigned(t, "A", 10), draft.assigned(t, "B", 10)
	to := Move{a.Order, 10, b.Equipment, at(30)}
	h, err := d.Move(t.Context(), planner, draft.ID, to, false)
	if err != nil || h.Kind != KindEdit || h.Edited != draft.ID || h.Figures.Violations != 1 || h.Base != p.ID {
		t.Fatalf("moved into another: %+v %v", h, err)
	}
	_, err = d.Issue(t.Context(), planner, h.ID, false, "")
	refused(t, err, "cannot be carried out")
	h, err = d.Move(t.Context(), planner, draft.ID, to, true)
	if err != nil || h.Figures.Violations != 0 {
		t.Fatalf("moved, and the other gives way: %+v %v", h, err)
	}
	settled, err := d.Plan(t.Context(), planner.Scope, h.ID)
	if err != nil {
		t.Fatal(err)
	}
	moved := settled.assigned(t, "A", 10)
	moved.want(t, string(b.Equipment), 30, 90)
	if gives := settled.assigned(t, "B", 10); !moved.Locked || gives.Start != at(90) || gives.Locked {
		t.Errorf("settled: %+v %+v", moved, gives)
	}
	// A search from it keeps what is locked.
	again := w.planned(t, d, Request{Kind: KindWhatIf, Base: h.ID})
	again.assigned(t, "A", 10).want(t, string(b.Equipment), 30, 90)
	free, err := d.Lock(t.Context(), planner, h.ID, []Ref{{a.Order, 10}}, false)
	if err != nil {
		t.Fatal(err)
	}
	if p, err := d.Plan(t.Context(), planner.Scope, free.ID); err != nil || p.assigned(t, "A", 10).Locked {
		t.Errorf("unlocked: %+v %v", p.Assignments, err)
	}
	w.pass(40)
	_, err = d.Move(t.Context(), planner, draft.ID, to, true)
	refused(t, err, "is over")
	f, err := d.CheckMove(t.Context(), planner.Scope, draft.ID, to)
	if err != nil || !slices.Contains(kindsOf(f.Violations), "beginning") {
		t.Errorf("into the past: %+v %v", f, err)
	}
	_, err = d.Move(t.Context(), planner, draft.ID, Move{a.Order, 10, "f", at(50)}, true)
	refused(t, err, "cannot be done at f")
	if h, err := d.Drop(t.Context(), planner, draft.ID, "no"); err != nil || h.State != StateDropped {
		t.Errorf("put aside: %+v %v", h, err)
	}
	_, err = d.Lock(t.Context(), planner, draft.ID, []Ref{{a.Order, 10}}, true)
	refused(t, err, "is dropped")
}

func TestDesk_WhatIf(t *testing.T) {
	w, d, p := twoOrders(t)
	w.routes["new"] = []Segment{turn(60, 0, "l1", "l2")}
	down := w.planned(t, d, Request{Kind: KindWhatIf, Assume: Assumptions{Down: []Down{{Equipment: "l1", To: at(600)}}}})
	if down.Figures.Makespan != at(120) || down.assigned(t, "A", 10).Equipment != "l2" || down.assigned(t, "B", 10).Equipment != "l2" {
		t.Errorf("with lathe 1 away: %+v", down.Assignments)
	}
	more := w.planned(t, d, Request{Kind: KindWhatIf, Assume: Assumptions{Extra: []Extra{{Number: "X", Product: "new", Quantity: 60, Due: at(60), Priority: 100}}}})
	if i := slices.IndexFunc(more.Orders, func(o OrderPlan) bool { return o.Assumed }); i < 0 || more.Orders[i].Number != "X" || more.Orders[i].End != at(60) {
		t.Errorf("with another order: %+v", more.Orders)
	}
	_, err := d.Issue(t.Context(), planner, more.ID, true, "")
	refused(t, err, "takes for so what is not")
	byDay := w.planned(t, d, Request{Kind: KindWhatIf, HorizonDays: 3, Assume: Assumptions{Calendars: []Calendar{{Equipment: "l1", Calendar: "day"}}}})
	if i := slices.IndexFunc(byDay.Machines, func(m MachinePlan) bool { return m.Equipment == "l1" }); i < 0 || byDay.Machines[i].Open[0] != (Span{at(0), at(240)}) {
		t.Errorf("by another calendar: %+v", byDay.Machines)
	}
	for want, r := range map[string]Request{
		"assumptions make a what_if": {Kind: KindDraft, Assume: Assumptions{Down: []Down{{Equipment: "l1", To: at(9)}}}},
		"there is no machine":        {Kind: KindWhatIf, Assume: Assumptions{Down: []Down{{Equipment: "nobody", To: at(9)}}}},
		"which is over":              {Kind: KindWhatIf, Assume: Assumptions{Down: []Down{{Equipment: "l1", To: at(-9)}}}},
		"no calendar":                {Kind: KindWhatIf, Assume: Assumptions{Calendars: []Calendar{{Equipment: "l1", Calendar: "x"}}}},
		"how nothing is made":        {Kind: KindWhatIf, Assume: Assumptions{Extra: []Extra{{Number: "Y", Product: "nothing", Quantity: 1, Due: at(9)}}}},
		"a number that no order has": {Kind: KindWhatIf, Assume: Assumptions{Extra: []Extra{{Number: "A", Product: "new", Quantity: 1, Due: at(9)}}}},
		"write draft":                {Kind: "plan"},
		"nothing counts":             {Kind: KindDraft, Weights: &Weights{Change: 1}},
	} {
		r.Place = "xc/w"
		_, err := d.Start(t.Context(), planner, r)
		refused(t, err, want)
	}
	_, err = d.Start(t.Context(), planner, Request{Kind: KindReplan, Place: "xc/elsewhere"})
	refused(t, err, "no plan in use")
	if n, err := d.Plans(t.Context(), planner.Scope, Filter{}); err != nil || len(n) != 4 || n[0].ID != p.ID {
		t.Errorf("plans: %d %v", len(n), err)
	}
}

func TestDesk_Promise(t *testing.T) {
	w, d, p := twoOrders(t)
	w.routes["new"] = []Segment{turn(60, 0, "l1", "l2")}
	got, err := d.Promise(t.Context(), planner, PromiseRequest{Product: "new", Quantity: 30, Place: "xc/w", Due: at(40)})
	if err != nil {
		t.Fatal(err)
	}
	if g := got.Gentle; got.Plan != p.ID || g.Start != at(60) || g.End != at(90) || g.Kept || g.Moved != 0 || len(g.Later) != 0 || len(g.Jobs) != 1 {
		t.Errorf("without moving: %+v", g)
	}
	// One of the others gives way for half an hour, and is in time all the same.
	if m := got.Moving; m.Start != at(0) || m.End != at(30) || !m.Kept || m.Moved != 1 || len(m.Later) != 0 {
		t.Errorf("with moving: %+v", m)
	}
	if _, err := d.Promise(t.Context(), planner, PromiseRequest{Product: "unknown", Quantity: 30, Place: "xc/w"}); !errors.Is(err, access.ErrNotFound) {
		t.Errorf("a product that nobody knows how to make: %v", err)
	}
}

// An order that was late before anything was planned is as late by every rule: a
// plan and the rules beside it are counted in one way.
func TestDesk_RulesOfWhatIsLateAlready(t *testing.T) {
	w := newWorld(order("A", 60, -600, turn(60, 0, "l1")), order("B", 30, -60, turn(60, 0, "l1")), order("S", 10, -300, Segment{LeadMs: 30 * minute}))
	p := w.planned(t, w.desk(t), Request{Kind: KindDraft})
	// The shorter one first: 90 + 690 min, and the supplier's 330, each with weight 10.
	if want := (90 + 690 + 330) * 10 * minute; p.Figures.WeightedTardinessMs != want {
		t.Errorf("weighted tardiness %d min; want %d", p.Figures.WeightedTardinessMs/minute, want/minute)
	}
	for _, r := range p.Figures.Rules {
		if r.WeightedTardinessMs < p.Figures.WeightedTardinessMs {
			t.Errorf("by %s %d min; the plan has %d, and no way is better", r.Rule, r.WeightedTardinessMs/minute, p.Figures.WeightedTardinessMs/minute)
		}
	}
}

// A job whose forerunner hands its units on in lots waits for the first lot.
func TestDispatch_WaitsForTheFirstLot(t *testing.T) {
	first := turn(60, 0, "l1")
	first.Overlap = 20
	w := newWorld(order("A", 100, 300, first, turn(60, 0, "l2")))
	d := w.desk(t)
	w.issued(t, d, w.planned(t, d, Request{Kind: KindDraft}).ID)
	w.change(func(*State) {
		j := w.job("A")
		j.State, j.Equipment, j.Began = jobRunning, "l1", at(0)
	})
	for good, want := range map[int64]int{19: 1, 20: 0} {
		w.change(func(*State) { w.job("A").Good = good })
		w.pass(1)
		lists, err := d.Dispatch(t.Context(), planner.Scope, "xc/w", "l2", 5)
		if err != nil || len(lists) != 1 || len(lists[0].Next) != 1 || len(lists[0].Next[0].Waits) != want {
			t.Errorf("with %d made: %+v %v", good, lists, err)
		}
	}
}
