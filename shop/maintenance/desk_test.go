package maintenance_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/record"
	recshop "zhigai/record/shop"
	"zhigai/shop/maintenance"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// world is a desk on a real record, with a clock of its own and one machine of which
// it is said when its alarms came, when it stood and what it counted.
type world struct {
	*testing.T
	now      time.Time
	came     map[string][]time.Time
	standing map[string]maintenance.Standing
	stops    []maintenance.Stop
	parts    map[time.Time]int64 // counted at an instant
	asked    int
	desk     *maintenance.Desk
	eng      access.Principal
	op       access.Principal
}

// Stood: an alarm stands for a minute, but the last that is called standing.
func (w *world) Stood(_ context.Context, _ plant.TenantNo, _ plant.NodeID, id string, from, to plant.Instant) (out []maintenance.Standing, err error) {
	for _, at := range w.came[id] {
		if s := (maintenance.Standing{From: plant.InstantOf(at), To: plant.InstantOf(at.Add(time.Minute))}); s.From < to && s.To > from {
			out = append(out, s)
		}
	}
	if s, ok := w.standing[id]; ok && s.From < to && (s.To == 0 || s.To > from) {
		out = append(out, s)
	}
	return out, nil
}

func (w *world) Stops(_ context.Context, _ plant.TenantNo, _ plant.NodeID, from, to plant.Instant) (out []maintenance.Stop, err error) {
	for _, s := range w.stops {
		if s.From < to && s.To > from {
			out = append(out, s)
		}
	}
	return out, nil
}

func (w *world) Counted(_ context.Context, _ plant.TenantNo, _ plant.NodeID, from, to plant.Instant) (sum int64, err error) {
	w.asked++
	for at, n := range w.parts {
		if i := plant.InstantOf(at); i >= from && i < to {
			sum += n
		}
	}
	return sum, nil
}

func (w *world) Place(_ context.Context, _ plant.TenantNo, node plant.NodeID) (string, plant.Name, error) {
	if node != "M1" && node != "M2" {
		return "", plant.Name{}, fmt.Errorf("%w: node %s", access.ErrNotFound, node)
	}
	return "xc/w1/" + string(node), plant.Name{ZH: "磨床"}, nil
}

func newWorld(t *testing.T) *world {
	db, err := record.Open(t.Context(), t.TempDir(), record.Options{})
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	w := &world{T: t, now: time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC), came: map[string][]time.Time{}, standing: map[string]maintenance.Standing{}, parts: map[time.Time]int64{}}
	w.desk = maintenance.NewDesk(maintenance.Options{
		Store: recshop.NewMaintenance(db), Alarms: w, Machines: w, Places: w, NewID: db.NewID, Now: func() time.Time { return w.now },
	})
	scope := access.Scope{Tenant: 1, Path: "xc/w1"}
	w.eng = access.As("eng", "eng", scope, access.Read, access.Report, access.Engineer)
	w.op = access.As("op", "op", scope, access.Read, access.Report)
	return w
}

func (w *world) propose(machine plant.NodeID, alarm string) maintenance.Order {
	w.Helper()
	n := maintenance.New{Machine: machine, Work: maintenance.Work{Title: "轴承", Priority: 2}}
	if alarm != "" {
		n.Origin = &maintenance.Origin{ID: alarm, From: plant.InstantOf(w.now)}
	}
	o, err := w.desk.Propose(w.Context(), w.op, n)
	must(w.T, err)
	return o
}

func (w *world) move(o maintenance.Order, states ...maintenance.State) maintenance.Order {
	w.Helper()
	for _, s := range states {
		var err error
		o, err = w.desk.Move(w.Context(), w.op, o.ID, o.Rev, maintenance.Move{State: s, Note: "n"})
		must(w.T, err)
	}
	return o
}

// repair brings an order from proposed to done.
func (w *world) repair(o maintenance.Order, work maintenance.Work) maintenance.Order {
	w.Helper()
	o = w.move(o, maintenance.InWork)
	w.now = w.now.Add(time.Hour)
	o, err := w.desk.Change(w.Context(), w.op, o.ID, o.Rev, work)
	must(w.T, err)
	return w.move(o, maintenance.Done)
}

func (w *world) view(id string) maintenance.View {
	w.Helper()
	v, err := w.desk.View(w.Context(), w.op, id)
	must(w.T, err)
	return v
}

var repaired = maintenance.Work{Title: "轴承", Priority: 2, Fault: "异响", Cause: "缺油", Action: "换轴承", DownRate: 60_000, LabourFen: 10_000, PartsFen: 5_000, VerifyS: 7200}

// TestOrder_VerifiedByWhatComesAfter: the alarm that stays away for its time shows that
// the repair helped, the one that comes back that it did not; nothing is said before.
func TestOrder_VerifiedByWhatComesAfter(t *testing.T) {
	w := newWorld(t)
	o := w.propose("M1", "hot")
	if again := w.propose("M1", "hot"); again.ID != o.ID {
		t.Error("one alarm made two orders")
	}
	if other := w.propose("M2", "hot"); other.ID == o.ID || other.Number != 2 {
		t.Errorf("the same alarm at another machine: %+v", other)
	}
	w.stops = []maintenance.Stop{{From: plant.InstantOf(w.now.Add(-time.Hour)), To: plant.InstantOf(w.now.Add(30 * time.Minute))}}
	o = w.repair(o, repaired)
	verify := func() maintenance.State {
		t.Helper()
		must(t, w.desk.Verify(t.Context(), 1))
		return w.view(o.ID).State
	}
	w.now = w.now.Add(2*time.Hour - time.Second)
	if got := verify(); got != maintenance.Done {
		t.Errorf("judged as %s before its time", got)
	}
	w.now = w.now.Add(time.Second)
	if got := verify(); got != maintenance.Verified {
		t.Errorf("the alarm stayed away, and the order is %s", got)
	}
	v := w.view(o.ID)
	// Half an hour of the stop lies after the alarm came: 600 yuan an hour.
	if v.DowntimeMs == nil || *v.DowntimeMs != 30*60_000 || v.CostFen == nil || *v.CostFen != 30_000+15_000 {
		t.Errorf("downtime %v, cost %v", v.DowntimeMs, v.CostFen)
	}
	if last := v.Steps[len(v.Steps)-1]; last.By != "node" || last.State != maintenance.Verified {
		t.Errorf("last step %+v", last)
	}

	w.now = w.now.Add(24 * time.Hour)
	o = w.propose("M1", "hot")
	if known := w.view(o.ID).Known; len(known) != 1 || known[0].Action != "换轴承" || known[0].State != maintenance.Verified {
		t.Errorf("what helped before is offered as %+v", known)
	}
	o = w.repair(o, repaired)
	must(t, w.desk.Verify(t.Context(), 1))
	w.now = w.now.Add(time.Hour)
	w.came["hot"] = append(w.came["hot"], w.now.Add(-time.Minute))
	if got := verify(); got != maintenance.Ineffective {
		t.Errorf("the alarm came back, and the order is %s", got)
	}
	sum, err := w.desk.Summary(t.Context(), access.Scope{Tenant: 1}, plant.InstantOf(w.now.Add(-48*time.Hour)), plant.InstantOf(w.now))
	must(t, err)
	if sum.Count[maintenance.Corrective] != 2 || sum.Verified != 1 || sum.Ineffective != 1 || sum.Open != 1 || sum.CorrectiveRatio == nil || *sum.CorrectiveRatio != 1 || sum.WorkMs[maintenance.Corrective] != 2*3_600_000 {
		t.Errorf("summary %+v", sum)
	}
	if none, err := w.desk.Summary(t.Context(), access.Scope{Tenant: 1}, 1, 2); err != nil || none.CorrectiveRatio != nil || none.Reason == "" {
		t.Errorf("of nothing: %+v, %v", none, err)
	}
}

// TestOrder_AlarmThatStandsOnIsNotVerified: an alarm that did not end shows that the
// work did not help, though it never came anew; one that ends later must stay away
// from then on.
func TestOrder_AlarmThatStandsOnIsNotVerified(t *testing.T) {
	w := newWorld(t)
	w.standing["hot"] = maintenance.Standing{From: plant.InstantOf(w.now.Add(-time.Minute))}
	o := w.repair(w.propose("M1", "hot"), repaired)
	verify := func(wait time.Duration) maintenance.View {
		t.Helper()
		w.now = w.now.Add(wait)
		must(t, w.desk.Verify(t.Context(), 1))
		return w.view(o.ID)
	}
	if v := verify(2*time.Hour - time.Second); v.State != maintenance.Done {
		t.Errorf("judged as %s before its time", v.State)
	}
	if v := verify(time.Second); v.State != maintenance.Ineffective {
		t.Errorf("the alarm still stands, and the order is %s", v.State)
	}
	o = w.repair(w.propose("M1", "hot"), repaired)
	ended := w.now.Add(time.Hour)
	verify(30 * time.Minute)
	w.standing["hot"] = maintenance.Standing{From: w.standing["hot"].From, To: plant.InstantOf(ended)}
	if v := verify(90 * time.Minute); v.State != maintenance.Done {
		t.Errorf("an hour after its end the order is %s", v.State)
	}
	if v := verify(time.Hour); v.State != maintenance.Verified || !strings.Contains(v.Steps[len(v.Steps)-1].Note, ended.Format(time.RFC3339)) {
		t.Errorf("%+v", v.Steps[len(v.Steps)-1])
	}
}

// TestOrder_EnteredLater: work that was done in the past is entered with its time, and
// verified by what came since then.
func TestOrder_EnteredLater(t *testing.T) {
	w := newWorld(t)
	began := w.now
	w.now = w.now.Add(-48 * time.Hour)
	o := w.propose("M1", "hot")
	w.now = began
	o, err := w.desk.Change(t.Context(), w.op, o.ID, o.Rev, repaired)
	must(t, err)
	move := func(state maintenance.State, at time.Time) error {
		moved, err := w.desk.Move(t.Context(), w.op, o.ID, o.Rev, maintenance.Move{State: state, At: plant.InstantOf(at)})
		if err == nil {
			o = moved
		}
		return err
	}
	for what, err := range map[string]error{
		"tomorrow":         move(maintenance.InWork, w.now.Add(time.Hour)),
		"before the alarm": move(maintenance.InWork, w.now.Add(-72*time.Hour)),
		"planned then":     move(maintenance.Planned, w.now.Add(-time.Hour)),
	} {
		if !errors.Is(err, maintenance.ErrInvalid) {
			t.Errorf("%s: %v", what, err)
		}
	}
	must(t, move(maintenance.InWork, w.now.Add(-30*time.Hour)))
	if err := move(maintenance.Done, w.now.Add(-31*time.Hour)); !errors.Is(err, maintenance.ErrInvalid) {
		t.Errorf("done before it began: %v", err)
	}
	must(t, move(maintenance.Done, w.now.Add(-29*time.Hour)))
	must(t, w.desk.Verify(t.Context(), 1))
	v := w.view(o.ID)
	if v.State != maintenance.Verified || v.Steps[2].At != plant.InstantOf(w.now.Add(-29*time.Hour)) {
		t.Errorf("%s, %+v", v.State, v.Steps)
	}
}

// TestOrder_Refusals: what may not be done is said and changes nothing.
func TestOrder_Refusals(t *testing.T) {
	w := newWorld(t)
	o := w.propose("M1", "")
	viewer := access.As("v", "v", access.Scope{Tenant: 1, Path: "xc/w1"}, access.Read)
	stranger := access.As("s", "s", access.Scope{Tenant: 1, Path: "xc/w2"}, access.Read, access.Report)
	for what, c := range map[string]struct {
		do   func() error
		want error
	}{
		"a viewer asks": {func() error {
			_, err := w.desk.Propose(t.Context(), viewer, maintenance.New{Machine: "M1", Work: repaired})
			return err
		}, access.ErrForbidden},
		"from elsewhere": {func() error { _, err := w.desk.View(t.Context(), stranger, o.ID); return err }, access.ErrNotFound},
		"no machine": {func() error {
			_, err := w.desk.Propose(t.Context(), w.op, maintenance.New{Machine: "M9", Work: repaired})
			return err
		}, access.ErrNotFound},
		"no words": {func() error {
			_, err := w.desk.Propose(t.Context(), w.op, maintenance.New{Machine: "M1", Work: maintenance.Work{Priority: 2}})
			return err
		}, maintenance.ErrInvalid},
		"an old revision": {func() error { _, err := w.desk.Change(t.Context(), w.op, o.ID, 7, repaired); return err }, access.ErrConflict},
		"done before it began": {func() error {
			_, err := w.desk.Move(t.Context(), w.op, o.ID, o.Rev, maintenance.Move{State: maintenance.Done})
			return err
		}, maintenance.ErrInvalid},
		"cancelled without a reason": {func() error {
			_, err := w.desk.Move(t.Context(), w.op, o.ID, o.Rev, maintenance.Move{State: maintenance.Cancelled})
			return err
		}, maintenance.ErrInvalid},
		"an operator plans": {func() error {
			_, err := w.desk.SavePlan(t.Context(), w.op, maintenance.Plan{Machine: "M1", Title: "x", By: maintenance.ByTime, Days: 1, Priority: 3}, 0)
			return err
		}, access.ErrForbidden},
		"a plan without a period": {func() error {
			_, err := w.desk.SavePlan(t.Context(), w.eng, maintenance.Plan{Machine: "M1", Title: "x", By: maintenance.ByTime, Priority: 3}, 0)
			return err
		}, maintenance.ErrInvalid},
	} {
		if err := c.do(); !errors.Is(err, c.want) {
			t.Errorf("%s: %v; want %v", what, err, c.want)
		}
	}
	o = w.move(o, maintenance.InWork)
	if _, err := w.desk.Move(t.Context(), w.op, o.ID, o.Rev, maintenance.Move{State: maintenance.Done}); !errors.Is(err, maintenance.ErrInvalid) {
		t.Errorf("done, and nobody said what was done: %v", err)
	}
	if v := w.view(o.ID); v.CostFen == nil && v.Reason == "" {
		t.Errorf("no cost and no reason: %+v", v)
	}
}

// TestPlan_DueByTimeCountAndAlarm: each plan asks for one order when it is due, and
// counts anew from when the work was done.
func TestPlan_DueByTimeCountAndAlarm(t *testing.T) {
	w := newWorld(t)
	admin := access.With(t.Context(), access.Node(1))
	plan := func(p maintenance.Plan) maintenance.Plan {
		t.Helper()
		p.Machine, p.Priority = "M1", 3
		saved, err := w.desk.SavePlan(admin, w.eng, p, 0)
		must(t, err)
		return saved
	}
	byTime := plan(maintenance.Plan{Title: "润滑", By: maintenance.ByTime, Days: 2, Checks: []string{"油位", "滤芯"}})
	byCount := plan(maintenance.Plan{Title: "换刀", By: maintenance.ByCount, Parts: 1000})
	byAlarm := plan(maintenance.Plan{Title: "查温度", By: maintenance.ByAlarm, Alarm: "hot", VerifyS: 3600})
	orders := func(p maintenance.Plan) []maintenance.Order {
		t.Helper()
		for range 2 { // twice is once
			must(t, w.desk.Plan(t.Context(), 1))
		}
		all, err := w.desk.Orders(t.Context(), maintenance.Filter{Scope: access.Scope{Tenant: 1}, Plan: p.ID, Limit: 9})
		must(t, err)
		return all
	}
	begin := w.now
	w.now = begin.Add(47 * time.Hour)
	w.parts[begin.Add(time.Hour)], w.parts[begin.Add(2*time.Hour)] = 600, 399
	if n := len(orders(byTime)) + len(orders(byCount)) + len(orders(byAlarm)); n != 0 {
		t.Fatalf("%d orders before anything is due", n)
	}
	w.now = begin.Add(48 * time.Hour)
	w.parts[w.now.Add(-time.Minute)] = 1
	w.came["hot"] = []time.Time{w.now.Add(-time.Hour)}
	lubricate, change, look := orders(byTime), orders(byCount), orders(byAlarm)
	if len(lubricate) != 1 || len(lubricate[0].Checks) != 2 || lubricate[0].Kind != maintenance.Preventive {
		t.Fatalf("by time %+v", lubricate)
	}
	if len(change) != 1 || len(look) != 1 || look[0].Kind != maintenance.Condition || look[0].Origin.ID != "hot" {
		t.Fatalf("by count %+v, by alarm %+v", change, look)
	}
	work := lubricate[0].Work
	work.Checks[0].Done, work.Action = true, "加油"
	done := w.repair(lubricate[0], work)
	if c := done.Checks; !c[0].Done || c[0].By != "op" || c[0].At == 0 || c[1].Done {
		t.Errorf("check list %+v", c)
	}
	states, err := w.desk.Plans(t.Context(), access.Scope{Tenant: 1, Path: "xc/w1"})
	must(t, err)
	for _, s := range states {
		switch {
		case s.ID == byTime.ID && (s.Open != "" || s.Last != plant.InstantOf(w.now) || *s.Used != 0):
			t.Errorf("by time after the work: %+v", s)
		case s.ID == byCount.ID && (s.Open != change[0].ID || *s.Made != 1000):
			t.Errorf("by count: %+v, %d made", s, *s.Made)
		}
	}
	if elsewhere, err := w.desk.Plans(t.Context(), access.Scope{Tenant: 1, Path: "xc/w2"}); err != nil || len(elsewhere) != 0 {
		t.Errorf("plans elsewhere: %+v, %v", elsewhere, err)
	}
	w.now = w.now.Add(48 * time.Hour)
	if all := orders(byTime); len(all) != 2 {
		t.Errorf("%d orders by time after the second period", len(all))
	}
	must(t, w.desk.DropPlan(admin, w.eng, byTime.ID, byTime.Rev))
	if states, err = w.desk.Plans(t.Context(), access.Scope{Tenant: 1}); err != nil || len(states) != 2 {
		t.Errorf("%d plans after one ended, %v", len(states), err)
	}
}
