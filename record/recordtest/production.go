package recordtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/figure"
	"zhigai/plant"
	"zhigai/shop/production"
)

// workshop is a plant of three machines for the desk of production, which counts
// what it is told.
type workshop struct {
	counted map[plant.NodeID][]figure.CountedParts
}

var workshopPlaces = []production.Place{
	{ID: "w1", Path: "xc/w1", Calendar: true},
	{ID: "t1", Path: "xc/w1/t1", Above: []plant.NodeID{"w1"}, Calendar: true},
	{ID: "t2", Path: "xc/w1/t2", Above: []plant.NodeID{"w1"}, Calendar: true},
	{ID: "f1", Path: "xc/w2/f1", Calendar: true},
	{ID: "idle", Path: "xc/w2/idle"},
}

func (workshop) Place(_ context.Context, _ plant.TenantNo, node plant.NodeID) (production.Place, error) {
	for _, p := range workshopPlaces {
		if p.ID == node {
			return p, nil
		}
	}
	return production.Place{}, fmt.Errorf("%w: node %s", access.ErrNotFound, node)
}

func (w workshop) Machines(ctx context.Context, tenant plant.TenantNo, node plant.NodeID) ([]production.Place, error) {
	at, err := w.Place(ctx, tenant, node)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(workshopPlaces), func(p production.Place) bool { return p.ID == "w1" || !plant.Within(p.Path, at.Path) }), nil
}

func (workshop) HasPath(_ context.Context, _ plant.TenantNo, path string) (bool, error) {
	return path == "xc" || path == "xc/w1" || path == "xc/w2", nil
}

func (workshop) HasProduct(_ context.Context, _ plant.TenantNo, code string) (bool, error) {
	return slices.Contains([]string{"6204", "6204-ir", "6204-or"}, code), nil
}

func (w workshop) Counted(_ context.Context, _ plant.TenantNo, machine plant.NodeID, from, to plant.Micros) ([]figure.CountedParts, error) {
	var out []figure.CountedParts
	for _, c := range w.counted[machine] {
		if c.At >= from && c.At < to {
			out = append(out, c)
		}
	}
	return out, nil
}

func (workshop) Typed(context.Context, plant.TenantNo, []plant.NodeID, plant.Micros, plant.Micros) ([]production.Typed, error) {
	return nil, nil
}

// production tests the desk of production on a store.
type productionTest struct {
	*testing.T
	desk    *production.Desk
	store   production.Store
	shop    workshop
	now     time.Time
	planner access.Principal
	told    []fact.Event // counts at machines
}

// Production tests definitions, orders and jobs from the desk down to the rows.
func Production(t *testing.T, store production.Store, journal fact.Journal, newID func() string) {
	p := &productionTest{T: t, store: store, now: time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)}
	p.shop = workshop{counted: map[plant.NodeID][]figure.CountedParts{}}
	p.desk = production.NewDesk(production.Options{
		Store: store, Places: p.shop, Counts: p.shop, NewID: newID, Now: func() time.Time { return p.now },
		Recorded: func(_ context.Context, _ plant.TenantNo, events []fact.Event) { p.told = append(p.told, events...) },
	})
	p.planner = access.As("p", "planner", access.Scope{Tenant: 1}, access.Read, access.Report, access.Plan, access.Engineer)
	p.people()
	p.definitions()
	id := p.orders()
	p.machines(id, journal)
	p.late(id)
	p.others(id)
}

// refused wants an error of bad input that says so.
func (p *productionTest) refused(err error, want string) {
	p.Helper()
	if !errors.Is(err, production.ErrInvalid) || !strings.Contains(err.Error(), want) {
		p.Errorf("got %v; want ErrInvalid with %q", err, want)
	}
}

func (p *productionTest) people() {
	ctx := p.Context()
	wang := production.Person{Name: "wang", Skills: []production.Skill{{Name: "turning", From: "2026-01-01"}}}
	saved, err := p.desk.SavePerson(ctx, p.planner, wang)
	must(p.T, err)
	if _, err := p.desk.SavePerson(ctx, p.planner, wang); !errors.Is(err, access.ErrConflict) {
		p.Errorf("saved from a page of another revision: %v", err)
	}
	saved.Called = "小王"
	_, err = p.desk.SavePerson(ctx, p.planner, saved)
	must(p.T, err)
	_, err = p.desk.SavePerson(ctx, p.planner, production.Person{Name: "zhao", Skills: []production.Skill{{Name: "turning", From: "2025-01-01", To: "2026-11-02"}}})
	must(p.T, err)
	_, err = p.desk.SavePerson(ctx, p.planner, production.Person{Name: "qian", Skills: []production.Skill{{Name: "turning", From: "2026"}}})
	p.refused(err, "is no day")
	if all, err := p.desk.People(ctx, p.planner); err != nil || len(all) != 2 || all[0].Called != "小王" || all[0].Rev != 2 {
		p.Errorf("people: %+v %v", all, err)
	}
}

func (p *productionTest) definition(product string, change func(*production.Definition)) (production.Definition, error) {
	d := production.Definition{
		Product: product, Unit: "{piece}", Materials: []production.Material{{Item: "gcr15", Quantity: 125_000, Unit: "kg"}},
		Segments: []production.Segment{
			{No: 10, Name: plant.Name{ZH: "车削"}, Alternatives: []production.Alternative{{Equipment: "t1", RunMs: 20_000}, {Equipment: "t2", RunMs: 21_000}}, Skills: []string{"turning"}},
			{No: 20, Name: plant.Name{ZH: "热处理"}, Alternatives: []production.Alternative{{Equipment: "f1", RunMs: 3_600_000, Batch: 500}}},
		},
	}
	if change != nil {
		change(&d)
	}
	return p.desk.SaveDefinition(p.Context(), p.planner, d)
}

func (p *productionTest) definitions() {
	ctx := p.Context()
	d, err := p.definition("6204-ir", nil)
	must(p.T, err)
	if d.Revision != 1 || d.Rev != 1 || d.State != production.Draft {
		p.Errorf("the first revision is %+v", d)
	}
	_, err = p.definition("nothing", nil)
	p.refused(err, "there is no product")
	_, err = p.definition("6204-or", func(d *production.Definition) { d.Segments[0].Alternatives[0].Equipment = "gone" })
	p.refused(err, "there is no machine at gone")
	_, err = p.definition("6204-or", func(d *production.Definition) { d.Segments[0].Alternatives[0].Equipment = "idle" })
	p.refused(err, "no calendar says when xc/w2/idle works")
	_, err = p.desk.ReleaseOrder(ctx, p.planner, p.order("early", "6204-ir").ID, 1)
	p.refused(err, "no released definition of 6204-ir")
	d, err = p.desk.Release(ctx, p.planner, "6204-ir", 1, plant.Validity{}, d.Rev)
	must(p.T, err)
	if _, err := p.desk.Release(ctx, p.planner, "6204-ir", 1, plant.Validity{}, 1); err == nil {
		p.Error("released twice")
	}
	d.Note = "changed"
	_, err = p.desk.SaveDefinition(ctx, p.planner, d)
	p.refused(err, "never changes")
	// A bearing of rings, and a ring of bearings.
	b, err := p.definition("6204", func(d *production.Definition) {
		d.Materials = []production.Material{{Item: "6204-ir", Quantity: plant.One, Unit: "{piece}"}}
	})
	must(p.T, err)
	_, err = p.desk.Release(ctx, p.planner, "6204", 1, plant.Validity{}, b.Rev)
	must(p.T, err)
	_, err = p.definition("6204-ir", func(d *production.Definition) {
		d.Materials = []production.Material{{Item: "6204", Quantity: plant.One, Unit: "{piece}"}}
	})
	p.refused(err, "6204-ir → 6204 → 6204-ir")
	users, err := p.store.Users(ctx, 1, "6204-ir", 10)
	if err != nil || !slices.Equal(users, []string{"6204"}) {
		p.Errorf("made of 6204-ir: %v %v", users, err)
	}
	next, err := p.definition("6204-ir", func(d *production.Definition) { d.Note = "second" })
	must(p.T, err)
	if next.Revision != 2 {
		p.Errorf("the next revision is %d", next.Revision)
	}
	list := func(f production.DefinitionFilter, want ...string) {
		p.Helper()
		f.Limit = 10
		var got []string
		all, err := p.store.Definitions(ctx, 1, f)
		for _, d := range all {
			got = append(got, fmt.Sprintf("%s@%d", d.Product, d.Revision))
		}
		if err != nil || !slices.Equal(got, want) {
			p.Errorf("definitions %+v: %v %v; want %v", f, got, err, want)
		}
	}
	list(production.DefinitionFilter{}, "6204@1", "6204-ir@2", "6204-ir@1")
	list(production.DefinitionFilter{Current: true}, "6204@1", "6204-ir@2")
	list(production.DefinitionFilter{State: production.Released}, "6204@1", "6204-ir@1")
	list(production.DefinitionFilter{Text: "GCR"}, "6204-ir@2", "6204-ir@1")
	list(production.DefinitionFilter{After: "6204-ir@2"}, "6204-ir@1")
	if other, err := p.store.Definitions(ctx, 2, production.DefinitionFilter{Limit: 10}); err != nil || len(other) != 0 {
		p.Errorf("another tenant's: %v %v", other, err)
	}
}

func (p *productionTest) order(number, product string) production.View {
	p.Helper()
	v, err := p.desk.Create(p.Context(), p.planner, production.Terms{
		Number: number, Kind: production.Make, Product: product, Quantity: 100, Place: "xc", Due: plant.InstantOf(p.now.Add(72 * time.Hour)), Priority: 50,
	})
	must(p.T, err)
	return v
}

// orders gives the id of one that is released.
func (p *productionTest) orders() string {
	ctx := p.Context()
	v := p.order("A1", "6204-ir")
	_, err := p.desk.Create(ctx, p.planner, v.Terms)
	p.refused(err, "there is an order A1 already")
	bad := v.Terms
	bad.Number, bad.Quantity = "A2", 0
	_, err = p.desk.Create(ctx, p.planner, bad)
	p.refused(err, "a quantity of 0")
	bad.Quantity, bad.Place = 5, "xc/nowhere"
	_, err = p.desk.Create(ctx, p.planner, bad)
	p.refused(err, "there is no place")
	if _, err := p.desk.Create(ctx, access.As("o", "wang", access.Scope{Tenant: 1}, access.Read, access.Report), v.Terms); !errors.Is(err, access.ErrForbidden) {
		p.Errorf("an operator entered an order: %v", err)
	}
	d, err := p.store.Definition(ctx, 1, "6204-ir", 1)
	must(p.T, err)
	d, err = p.desk.Block(ctx, p.planner, "6204-ir", 1, "drawing is wrong", d.Rev)
	must(p.T, err)
	bad = v.Terms
	bad.Number, bad.Revision = "A3", 1
	_, err = p.desk.Create(ctx, p.planner, bad)
	p.refused(err, "revision 1 of 6204-ir is blocked: drawing is wrong")
	_, err = p.desk.ReleaseOrder(ctx, p.planner, v.ID, v.Rev)
	p.refused(err, "no released definition")
	_, err = p.desk.Unblock(ctx, p.planner, "6204-ir", 1, d.Rev)
	must(p.T, err)
	if _, err := p.desk.ReleaseOrder(ctx, p.planner, v.ID, v.Rev+1); !errors.Is(err, access.ErrConflict) {
		p.Errorf("released from a page of another revision: %v", err)
	}
	v, err = p.desk.ReleaseOrder(ctx, p.planner, v.ID, v.Rev)
	must(p.T, err)
	if v.State != production.OrderReleased || v.Revision != 1 || len(v.Jobs) != 2 || v.Jobs[0].Equipment != "t1" || v.Jobs[0].Segment.Skills[0] != "turning" {
		p.Errorf("released: %+v", v)
	}
	part, err := p.desk.Split(ctx, p.planner, v.ID, v.Rev, 30, "A1-2")
	must(p.T, err)
	if part.Quantity != 30 || part.Parent != v.ID || part.State != production.OrderForecast {
		p.Errorf("split off: %+v", part)
	}
	v, err = p.desk.View(ctx, p.planner, v.ID)
	must(p.T, err)
	v, err = p.desk.Merge(ctx, p.planner, v.ID, v.Rev, part.ID)
	must(p.T, err)
	if v.Quantity != 100 || v.Jobs[1].Quantity != 100 || len(v.Parts) != 2 {
		p.Errorf("merged again: %+v", v)
	}
	if part, err = p.desk.View(ctx, p.planner, part.ID); err != nil || part.State != production.OrderCancelled {
		p.Errorf("merged away: %s %v", part.State, err)
	}
	return v.ID
}

func (p *productionTest) enter(id string, e production.Entry) (production.View, error) {
	p.now = p.now.Add(time.Second)
	return p.desk.Enter(p.Context(), p.planner, id, e)
}

func (p *productionTest) machines(id string, journal fact.Journal) {
	ctx := p.Context()
	run := production.Entry{Job: 10, What: production.StepJob, Command: production.Run}
	second := run
	second.Job = 20
	_, err := p.enter(id, second)
	p.refused(err, "job 10 has not begun")
	wrong := run
	wrong.Machine = "f1"
	_, err = p.enter(id, wrong)
	p.refused(err, "cannot be done at xc/w2/f1")
	_, err = p.enter(id, production.Entry{Job: 10, What: production.StepOperator, Person: "zhao", On: true})
	p.refused(err, "zhao has no valid skill turning")
	_, err = p.enter(id, production.Entry{Job: 10, What: production.StepOperator, Person: "nobody", On: true})
	p.refused(err, "nobody is not among the people")
	_, err = p.enter(id, production.Entry{Job: 10, What: production.StepOperator, Person: "wang", On: true})
	must(p.T, err)
	v, err := p.enter(id, run)
	must(p.T, err)
	if v.State != production.OrderRunning || !slices.Contains(v.Jobs[0].Commands, production.Complete) || slices.Contains(v.Jobs[0].Commands, production.Run) {
		p.Errorf("running: %s, commands %v", v.State, v.Jobs[0].Commands)
	}
	other := p.order("B1", "6204-ir")
	other, err = p.desk.ReleaseOrder(ctx, p.planner, other.ID, other.Rev)
	must(p.T, err)
	_, err = p.enter(other.ID, run)
	p.refused(err, "order A1, job 10 runs at this machine")
	p.shop.counted["t1"] = []figure.CountedParts{{At: plant.MicrosOf(p.now), Product: "6204-ir", Good: 8}}
	_, err = p.enter(id, production.Entry{Job: 10, What: production.StepCount, Scrap: 9, Counted: true, Reason: "crack"})
	p.refused(err, "8 good are made and 9 would be taken away")
	_, err = p.enter(id, production.Entry{Job: 10, What: production.StepCount, Scrap: 2, Counted: true})
	p.refused(err, "say why the parts are scrap")
	scrap := production.Entry{Job: 10, What: production.StepCount, Scrap: 2, Counted: true, Reason: "crack", Key: "k1"}
	for range 2 { // the panel did not hear the first answer
		if v, err = p.enter(id, scrap); err != nil {
			p.Fatal(err)
		}
	}
	if m := v.Jobs[0].Made; m != (production.Made{Good: 6, Scrap: 2, Counted: 8}) {
		p.Errorf("made %+v", m)
	}
	if len(p.told) != 1 || p.told[0].Subject != "t1" {
		p.Fatalf("counts at machines: %+v", p.told)
	}
	at, err := journal.Events(ctx, 1, fact.Filter{Kinds: []fact.Kind{fact.KindCount}})
	if err != nil || len(at) != 1 || at[0].ID != p.told[0].ID || !strings.Contains(string(at[0].Payload), `"job":"A1-10"`) {
		p.Errorf("the machine's count: %+v %v", at, err)
	}
	steps, err := p.desk.History(ctx, p.planner, id)
	must(p.T, err)
	v, err = p.desk.Withdraw(ctx, p.planner, id, steps[0].Seq, "was good after all")
	must(p.T, err)
	if m := v.Jobs[0].Made; m.Good != 8 || m.Scrap != 0 {
		p.Errorf("after the count was taken back: %+v", m)
	}
	all, err := journal.Events(ctx, 1, fact.Filter{Kinds: []fact.Kind{fact.KindCount}})
	if err != nil || len(all) != 2 || len(fact.InForce(all)) != 0 {
		p.Errorf("the machine's count was not taken back: %+v %v", all, err)
	}
	todo, err := p.desk.Dispatch(ctx, p.planner, "t1")
	if err != nil || len(todo) != 2 || todo[0].Number != "A1" || todo[0].State != production.Running {
		p.Errorf("to be done at t1: %+v %v", todo, err)
	}
}

// late enters what a panel did without the network.
func (p *productionTest) late(id string) {
	b, err := p.store.Number(p.Context(), 1, "B1")
	must(p.T, err)
	began := p.now.Add(time.Minute)
	p.now = p.now.Add(10 * time.Minute)
	entry := production.Entry{Job: 10, What: production.StepJob, Command: production.Run, At: plant.InstantOf(began)}
	_, err = p.desk.Enter(p.Context(), p.planner, b, entry)
	p.refused(err, "needs a key")
	entry.Key = "k2"
	v, err := p.desk.Enter(p.Context(), p.planner, b, entry)
	must(p.T, err)
	if v.State != production.OrderRunning || v.Jobs[0].Began != plant.InstantOf(began) {
		p.Errorf("begun without the network: %s at %d", v.State, v.Jobs[0].Began)
	}
	if v, err = p.desk.View(p.Context(), p.planner, id); err != nil || v.State != production.OrderPaused || v.Jobs[0].Since != plant.InstantOf(began) {
		p.Errorf("what ran at the machine before: %s since %d, %v", v.State, v.Jobs[0].Since, err)
	}
	entry.Key, entry.Command, entry.At = "k3", production.Resume, plant.InstantOf(began.Add(time.Minute))
	v, err = p.desk.Enter(p.Context(), p.planner, b, entry)
	if err != nil || len(v.Doubts) != 1 || v.Doubts[0].Why != "the job was running" {
		p.Errorf("what does not fit: %+v %v", v.Doubts, err)
	}
	heads, err := p.desk.List(p.Context(), p.planner, production.OrderFilter{Doubt: true, Limit: 10})
	if err != nil || len(heads) != 1 || heads[0].Number != "B1" {
		p.Errorf("orders with doubts: %+v %v", heads, err)
	}
	if v, err = p.desk.Withdraw(p.Context(), p.planner, b, v.Doubts[0].Step, "pressed twice"); err != nil || len(v.Doubts) != 0 {
		p.Errorf("after it was taken back: %+v %v", v.Doubts, err)
	}
}

// others see what they may.
func (p *productionTest) others(id string) {
	ctx := p.Context()
	line := access.As("o", "wang", access.Scope{Tenant: 1, Path: "xc/w1"}, access.Read, access.Report)
	if v, err := p.desk.View(ctx, line, id); err != nil || v.Number != "A1" {
		p.Errorf("an operator of the line of its machine: %v", err)
	}
	if _, err := p.desk.Enter(ctx, line, id, production.Entry{Job: 10, What: production.StepJob, Command: production.Hold, Reason: "no steel"}); err != nil {
		p.Errorf("an operator at the machine: %v", err)
	}
	if _, err := p.desk.Move(ctx, line, id, 0, production.StepHeld, "x"); !errors.Is(err, access.ErrForbidden) {
		p.Errorf("an operator held the order: %v", err)
	}
	away := access.As("o", "qian", access.Scope{Tenant: 1, Path: "xc/w3"}, access.Read, access.Report)
	if _, err := p.desk.View(ctx, away, id); !errors.Is(err, access.ErrNotFound) {
		p.Errorf("an operator of another line: %v", err)
	}
	if heads, err := p.desk.List(ctx, away, production.OrderFilter{Limit: 10}); err != nil || len(heads) != 0 {
		p.Errorf("orders of another line: %v %v", heads, err)
	}
	if _, err := p.desk.View(ctx, access.As("p", "planner", access.Scope{Tenant: 2}, access.Read, access.Plan), id); !errors.Is(err, access.ErrNotFound) {
		p.Errorf("another tenant: %v", err)
	}
	var numbers []string
	after := ""
	for range 10 {
		page, err := p.desk.List(ctx, p.planner, production.OrderFilter{After: after, Limit: 1})
		must(p.T, err)
		if len(page) == 0 {
			break
		}
		numbers = append(numbers, page[0].Number)
		after = page[0].After()
	}
	slices.Sort(numbers) // two are due at one time
	if !slices.Equal(numbers, []string{"A1", "A1-2", "B1", "early"}) {
		p.Errorf("orders by pages: %v", numbers)
	}
	if heads, err := p.desk.List(ctx, p.planner, production.OrderFilter{Text: "b1", Limit: 10}); err != nil || len(heads) != 1 {
		p.Errorf("found b1: %v %v", heads, err)
	}
	if heads, err := p.desk.List(ctx, p.planner, production.OrderFilter{States: []production.OrderState{production.OrderCancelled}, Limit: 10}); err != nil || len(heads) != 1 || heads[0].Number != "A1-2" {
		p.Errorf("cancelled: %v %v", heads, err)
	}
}
