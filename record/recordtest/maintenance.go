package recordtest

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/plant"
	"zhigai/shop/alarm"
	"zhigai/shop/alarm/delivery"
	"zhigai/shop/maintenance"
)

// Maintenance is what a store of plans and work orders must do.
func Maintenance(t *testing.T, store maintenance.Store, journal fact.Journal) {
	ctx := access.With(t.Context(), access.Node(1))
	at := plant.InstantOf(time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC))
	made := func(id string, machine plant.NodeID, path, alarm string) maintenance.Order {
		o := maintenance.Order{
			ID: id, Rev: 1, Machine: machine, Path: path, Name: plant.Name{ZH: "磨床"}, Kind: maintenance.Corrective, State: maintenance.Proposed, At: at,
			Steps: []maintenance.Step{{State: maintenance.Proposed, At: at, By: "op"}}, Work: maintenance.Work{Title: "轴承 " + id, Priority: 2},
		}
		if alarm != "" {
			o.Origin = &maintenance.Origin{ID: alarm, From: at}
		}
		return o
	}
	save := func(tenant plant.TenantNo, o maintenance.Order, seen int64) (maintenance.Order, error) {
		return store.SaveOrder(ctx, tenant, o, seen)
	}
	a, err := save(1, made("O1", "M1", "xc/w1/m1", "limit/L1"), 0)
	must(t, err)
	b, err := save(1, made("O2", "M2", "xc/w2/m2", ""), 0)
	must(t, err)
	if _, err := save(2, made("O1", "M1", "other", ""), 0); err != nil {
		t.Fatal(err)
	}
	if a.Number != 1 || b.Number != 2 {
		t.Errorf("numbers %d and %d; want 1 and 2", a.Number, b.Number)
	}
	if _, err := save(1, made("O3", "M1", "xc/w1/m1", "limit/L1"), 0); !errors.Is(err, access.ErrConflict) {
		t.Errorf("two are open for one alarm: %v", err)
	}
	next := a
	next.Rev, next.State = 2, maintenance.Done
	if _, err := save(1, next, 0); !errors.Is(err, access.ErrConflict) {
		t.Errorf("saved from an old state: %v", err)
	}
	a, err = save(1, next, 1)
	must(t, err)
	again, err := save(1, made("O3", "M1", "xc/w1/m1", "limit/L1"), 0) // it was done, and came back
	must(t, err)
	if got, err := store.Order(ctx, 1, "O1"); err != nil || !reflect.DeepEqual(got, a) {
		t.Errorf("as it stands: %+v, %v; want %+v", got, err, a)
	}
	scope := access.Scope{Tenant: 1}
	for _, c := range []struct {
		f    maintenance.Filter
		want []maintenance.Order
	}{
		{maintenance.Filter{Scope: scope, Limit: 9}, []maintenance.Order{again, b, a}},
		{maintenance.Filter{Scope: scope, Limit: 1}, []maintenance.Order{again}},
		{maintenance.Filter{Scope: scope, Before: 3, Limit: 9}, []maintenance.Order{b, a}},
		{maintenance.Filter{Scope: scope, State: maintenance.Done, Limit: 9}, []maintenance.Order{a}},
		{maintenance.Filter{Scope: scope, Open: true, Machine: "M2", Limit: 9}, []maintenance.Order{b}},
		{maintenance.Filter{Scope: scope, Alarm: "limit/L1", Limit: 9}, []maintenance.Order{again, a}},
		{maintenance.Filter{Scope: scope, Text: "o2", Limit: 9}, []maintenance.Order{b}},
		{maintenance.Filter{Scope: access.Scope{Tenant: 1, Path: "xc/w2"}, Limit: 9}, []maintenance.Order{b}},
		{maintenance.Filter{Scope: access.Scope{Tenant: 3}, Limit: 9}, []maintenance.Order{}},
	} {
		if got, err := store.Orders(ctx, c.f); err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("orders of %+v: %+v, %v; want %+v", c.f, got, err, c.want)
		}
	}
	facts, err := journal.Events(ctx, 1, fact.Filter{Kinds: []fact.Kind{fact.KindWorkOrder}, Sources: []string{a.Source()}})
	if err != nil || len(facts) != 2 || facts[1].Subject != "M1" || facts[1].SourceSeq != 2 {
		t.Errorf("facts of the order: %+v, %v", facts, err)
	}

	p, err := store.SavePlan(ctx, 1, maintenance.Plan{Machine: "M1", Title: "润滑", By: maintenance.ByTime, Days: 30, Priority: 3, Checks: []string{"油位"}}, 0)
	must(t, err)
	if _, err := store.SavePlan(ctx, 1, p, 7); !errors.Is(err, access.ErrConflict) {
		t.Errorf("a plan changed over somebody's head: %v", err)
	}
	if all, err := store.Plans(ctx, 1); err != nil || !reflect.DeepEqual(all, []maintenance.Plan{p}) {
		t.Errorf("plans: %+v, %v", all, err)
	}
	must(t, store.DropPlan(ctx, 1, p.ID, p.Rev))
	if all, err := store.Plans(ctx, 1); err != nil || len(all) != 0 {
		t.Errorf("after the plan ended: %+v, %v", all, err)
	}
}

// Deliveries is what a store of routes and of what was sent must do.
func Deliveries(t *testing.T, store delivery.Store) {
	ctx := access.With(t.Context(), access.Node(1))
	at := plant.InstantOf(time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC))
	r, err := store.SaveRoute(ctx, 1, delivery.Route{Name: "值班", Way: delivery.Email, URL: "smtp://mail", User: "u", Secret: "geheim", To: []string{"a@b.c"}, Priority: 2, Places: []string{}}, 0)
	must(t, err)
	if r.Secret != "geheim" {
		t.Errorf("the secret came back as %q", r.Secret)
	}
	if all, err := store.Routes(ctx, 1); err != nil || !reflect.DeepEqual(all, []delivery.Route{r}) {
		t.Errorf("routes: %+v, %v", all, err)
	}
	rota, err := store.SaveRota(ctx, 1, delivery.Rota{Name: "夜班", Zone: "Asia/Shanghai", Begin: "2026-11-02", HandOver: "08:00", Days: 7, People: []delivery.Person{{Name: "张", Mobile: "138"}}, Swaps: []delivery.Swap{}, Turns: []delivery.Turn{}}, 0)
	must(t, err)
	if all, err := store.Rotas(ctx, 1); err != nil || !reflect.DeepEqual(all, []delivery.Rota{rota}) {
		t.Errorf("rotas: %+v, %v", all, err)
	}
	must(t, store.DropRota(ctx, 1, rota.ID, rota.Rev))
	made := func(id, path string, due plant.Instant) delivery.Delivery {
		return delivery.Delivery{ID: id, Route: r.ID, Name: r.Name, Way: r.Way, Alarm: alarm.Alarm{Place: "M1", Path: path, ID: "a", From: at + due, Text: plant.Name{ZH: "高"}}, State: delivery.Waiting, Made: at, Due: at + due, Attempts: []delivery.Attempt{}}
	}
	a, b := made("D1", "xc/w1/m1", 0), made("D2", "xc/w2/m2", 5)
	must(t, store.Begin(ctx, 1, a))
	must(t, store.Begin(ctx, 1, b))
	twice := a
	twice.ID = "D3"
	must(t, store.Begin(ctx, 1, twice)) // the same occurrence by the same route
	for due, want := range map[plant.Instant][]delivery.Delivery{at - 1: {}, at: {a}, at + 5: {a, b}} {
		if got, err := store.Due(ctx, 1, due, 9); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("due at %d: %+v, %v; want %+v", due-at, got, err, want)
		}
	}
	later := a.Alarm // the same alarm that comes again
	later.From += 10
	other := later
	other.ID = "a1"
	for what, c := range map[string]struct {
		alarm alarm.Alarm
		want  plant.Instant
	}{"again": {later, at}, "another": {other, 0}} {
		if got, err := store.Told(ctx, 1, r.ID, c.alarm); err != nil || got != c.want {
			t.Errorf("%s: told at %d, %v; want %d", what, got, err, c.want)
		}
	}
	a.State, a.Attempts = delivery.Sent, []delivery.Attempt{{At: at, OK: true, Detail: "250"}}
	must(t, store.Keep(ctx, 1, a, 0))
	if err := store.Keep(ctx, 1, a, 0); !errors.Is(err, access.ErrConflict) {
		t.Errorf("sent twice: %v", err)
	}
	for path, want := range map[string][]delivery.Delivery{"": {b, a}, "xc/w1": {a}, "xc/w3": {}} {
		if got, err := store.Log(ctx, delivery.Filter{Scope: access.Scope{Tenant: 1, Path: path}, Limit: 9}); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("log of %q: %+v, %v; want %+v", path, got, err, want)
		}
	}
	if got, err := store.Log(ctx, delivery.Filter{Scope: access.Scope{Tenant: 1}, State: delivery.Waiting, Route: r.ID, Before: "D9", Limit: 9}); err != nil || !reflect.DeepEqual(got, []delivery.Delivery{b}) {
		t.Errorf("waiting: %+v, %v", got, err)
	}
}
