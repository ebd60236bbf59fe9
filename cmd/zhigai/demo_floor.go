package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"time"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/shop/planning"
	"zhigai/shop/production"
	"zhigai/sim"
)

// floor is the people of the demo plant: its planner keeps orders in work and
// plans them anew when something happens, its operators do at the machines what
// the plan in use says. They use the desks that the pages use.
type floor struct {
	n       *node
	desk    *production.Desk
	plant   *sim.Plant
	way     demoWay
	store   demoStore
	hurry   time.Duration // in which a job is done; 0 for the time that it takes
	site    string
	who     access.Principal // the planner
	rng     *rand.Rand
	log     *slog.Logger
	search  string // the plan run that is awaited
	planned time.Time
	told    map[plant.NodeID]*assigned
}

const (
	floorEvery = 5 * time.Second
	// replanEvery: what disturbs the plan is gathered; a planner does not plan anew
	// for each stop.
	replanEvery = 5 * time.Minute
	floorSearch = 3 * time.Second
	dispatched  = 4
	// hurriedOrders are kept in work where each job takes seconds: bearings are
	// booked one by one, and more would end than can be booked.
	hurriedOrders = 8
)

// newFloor gives the plant its people, if it is the bearing maker.
func (n *node) newFloor(ctx context.Context, p *sim.Plant, m plant.Model, flags demoFlags) (*floor, error) {
	way, err := readDemoWay()
	if err != nil {
		return nil, err
	}
	site := slices.IndexFunc(m.Nodes, func(nd plant.Node) bool { return nd.Level == plant.LevelSite })
	if site < 0 {
		return nil, errors.New("the demo plant has no site")
	}
	now, err := n.fleet.At(ctx, homeTenant, plant.MicrosOf(time.Now()))
	if err != nil {
		return nil, err
	}
	ids := map[string]plant.NodeID{}
	for _, nd := range now.Model.Nodes {
		ids[nd.Path] = nd.ID
	}
	who := access.Node(homeTenant)
	who.Name = "planner"
	f := &floor{
		n: n, desk: n.newProduction(), plant: p, way: way, site: m.Nodes[site].Path, who: who, log: n.log,
		rng: rand.New(rand.NewPCG(flags.Seed, uint64(time.Now().UnixNano()))), told: map[plant.NodeID]*assigned{},
		hurry: flags.Hurry,
	}
	if f.hurry > 0 {
		f.way.Orders.Open = min(f.way.Orders.Open, hurriedOrders)
	}
	f.store = demoStore{n.newMaterial(), way, who}
	if err := f.store.begin(ctx, m, ids); err != nil {
		return nil, err
	}
	if err := n.layOutDemo(ctx, who, ids[f.site], way); err != nil {
		return nil, err
	}
	return f, way.begin(ctx, f.desk, who, m, ids)
}

// run works until ctx ends. What the desks refuse is told and tried again: a
// person at a screen would do the same.
func (f *floor) run(ctx context.Context) {
	every := floorEvery
	if f.hurry > 0 {
		every = min(every, f.hurry/2)
	}
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		for _, do := range []func(context.Context) error{f.order, f.plan, f.work} {
			if err := do(ctx); err != nil && ctx.Err() == nil {
				f.log.Warn("demo plant: its people", "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// order keeps as many orders in work as the plant has room for.
func (f *floor) order(ctx context.Context) error {
	open, err := f.desk.List(ctx, f.who, production.OrderFilter{Scope: f.who.Scope, States: production.OpenStates, Limit: f.way.Orders.Open})
	if err != nil {
		return err
	}
	for _, h := range open {
		if h.State == production.OrderForecast {
			if _, err := f.desk.ReleaseOrder(ctx, f.who, h.ID, h.Rev); err != nil {
				return err
			}
		}
	}
	for n := len(open); n < f.way.Orders.Open; n++ {
		v, err := f.desk.Create(ctx, f.who, f.terms(time.Now(), n))
		if err == nil {
			_, err = f.desk.ReleaseOrder(ctx, f.who, v.ID, v.Rev)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// terms are those of an order that a customer might give now.
func (f *floor) terms(now time.Time, n int) production.Terms {
	o := f.way.Orders
	draw := func(r demoRange) int { return r.Least + f.rng.IntN(r.Most-r.Least+1) }
	t := production.Terms{
		Number: fmt.Sprintf("MO%s-%02d", now.Format("060102150405"), n), Kind: production.Make,
		Product: f.way.Products[f.rng.IntN(len(f.way.Products))].Code, Quantity: int64(draw(o.Pieces) / 10 * 10), Place: f.site,
		Due: plant.InstantOf(now.Add(time.Duration(draw(o.DueHours)) * time.Hour).Truncate(time.Hour)), Priority: 50,
		Customer: o.Customers[f.rng.IntN(len(o.Customers))],
	}
	if f.rng.IntN(100) < o.RushPercent {
		t.Priority, t.Due = 90, plant.InstantOf(now.Add(time.Duration(o.DueHours.Least)*time.Hour))
	}
	return t
}

// plan makes a plan when there is none, and another with few changes when
// something speaks against the one in use.
func (f *floor) plan(ctx context.Context) error {
	if f.search != "" {
		return f.issue(ctx)
	}
	if time.Since(f.planned) < replanEvery {
		return nil
	}
	ask := planning.Request{Kind: planning.KindReplan, Place: f.site, SearchMs: floorSearch.Milliseconds()}
	said, err := f.n.planning.Suggestions(ctx, f.who.Scope, f.site)
	switch {
	case errors.Is(err, access.ErrNotFound):
		ask.Kind = planning.KindDraft
	case err != nil:
		return err
	case len(said) == 0:
		return nil
	}
	run, err := f.n.planning.Start(ctx, f.who, ask)
	if err != nil {
		return err
	}
	f.search, f.planned = run.ID, time.Now()
	return nil
}

// issue gives the plan that was searched to the workshop.
func (f *floor) issue(ctx context.Context) error {
	run, err := f.n.planning.Run(f.who.Scope, f.search)
	if err != nil || run.State == planning.RunSearching {
		return err
	}
	f.search = ""
	if run.State == planning.RunFailed {
		return fmt.Errorf("planning: %s", run.Error)
	}
	// What happened during the search is in the next plan.
	_, err = f.n.planning.Issue(ctx, f.who, run.Plan, true, "")
	return err
}

// work does at each machine what comes next there.
func (f *floor) work(ctx context.Context) error {
	lists, err := f.n.planning.Dispatch(ctx, f.who.Scope, f.site, "", dispatched)
	if errors.Is(err, access.ErrNotFound) {
		return nil // nothing is planned yet
	}
	if err != nil {
		return err
	}
	var failed error
	for _, l := range lists {
		if err := f.at(ctx, l); err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", l.Path, err))
		}
	}
	return failed
}

func (f *floor) at(ctx context.Context, l planning.MachineList) error {
	for _, i := range l.Next {
		state := production.JobState(i.State)
		here := f.told[l.Equipment].is(i)
		if here && !state.Begun() { // the list is some seconds old
			state = production.Running
		}
		switch {
		case here && f.told[l.Equipment].ended:
		case state == production.Running && f.done(l, i):
			if err := f.finish(ctx, l, i); err != nil {
				return err
			}
		case state == production.Running:
			return f.tell(ctx, l, i)
		case len(i.Waits) > 0 || state == production.Held || state == production.NotAllowed:
		default:
			if f.hurry == 0 && i.Planned.From > plant.InstantOf(time.Now().Add(time.Duration(i.SetupMs)*time.Millisecond+10*time.Minute)) {
				return nil // the plan keeps the machine for something else
			}
			return f.start(ctx, l, i)
		}
	}
	return nil
}

// assigned is what a machine was last told to do.
type assigned struct {
	job   string
	work  []sim.Work
	done  bool // seen so in the round before
	ended bool
}

func (a *assigned) is(i planning.DispatchItem) bool {
	return a != nil && a.job == production.JobKey(i.Number, i.Job)
}

// done says whether a machine has made all that it was told for a job, or has
// nothing left to make it of. It was seen so before: by now its last parts are
// counted.
func (f *floor) done(l planning.MachineList, i planning.DispatchItem) bool {
	t := f.told[l.Equipment]
	if !t.is(i) {
		return false
	}
	now, _ := f.plant.Present(l.Path)
	before := t.done
	t.done = len(t.work) == 0 || now.Order == i.Number && now.Left == 0 && now.Next == 0
	return before && t.done
}

// finish ends a job and books what lies in its containers.
func (f *floor) finish(ctx context.Context, l planning.MachineList, i planning.DispatchItem) error {
	if err := f.enter(ctx, i, production.Entry{Job: i.Job, What: production.StepJob, Command: production.Complete, Machine: l.Equipment}); err != nil {
		return err
	}
	f.told[l.Equipment].ended = true
	for _, w := range f.told[l.Equipment].work {
		if err := f.store.made(ctx, l, i, w, f.plant.Lying(w.Lot)); err != nil {
			return err
		}
	}
	return nil
}

// start begins a job: somebody who can do it signs in at the machine, which is
// told what to make.
func (f *floor) start(ctx context.Context, l planning.MachineList, i planning.DispatchItem) error {
	run := production.Entry{Job: i.Job, What: production.StepJob, Command: production.Run, Machine: l.Equipment}
	if i.State == string(production.Suspended) {
		run.Command = production.Resume
	}
	if err := f.enter(ctx, i, run); err != nil {
		return err
	}
	if person := f.able(i.Job); person != "" {
		if err := f.enter(ctx, i, production.Entry{Job: i.Job, What: production.StepOperator, On: true, Person: person, Machine: l.Equipment}); err != nil {
			return err
		}
	}
	return f.tell(ctx, l, i)
}

// tell puts in what a job needs and tells the machine to make it; once.
func (f *floor) tell(ctx context.Context, l planning.MachineList, i planning.DispatchItem) error {
	if f.told[l.Equipment].is(i) {
		return nil
	}
	work, err := f.store.charge(ctx, l, i)
	if err != nil {
		return err
	}
	parts := 0
	for _, w := range work {
		parts += w.Quantity
	}
	for n := range work {
		if f.hurry > 0 {
			work[n].Cycle = max(f.hurry/time.Duration(parts), time.Millisecond)
		}
	}
	f.told[l.Equipment] = &assigned{job: production.JobKey(i.Number, i.Job), work: work}
	if len(work) == 0 {
		return nil // all that was to become something was spoiled before
	}
	return f.plant.Assign(l.Path, work...)
}

func (f *floor) enter(ctx context.Context, i planning.DispatchItem, e production.Entry) error {
	_, err := f.desk.Enter(ctx, f.who, i.Order, e)
	return err
}

// able is somebody who has the skill of a segment.
func (f *floor) able(segment int) string {
	s := slices.IndexFunc(f.way.Segments, func(s demoSegment) bool { return s.No == segment })
	if s < 0 {
		return ""
	}
	var names []string
	for _, p := range f.way.People {
		if slices.Contains(p.Skills, f.way.Segments[s].Skill) {
			names = append(names, p.Name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return names[f.rng.IntN(len(names))]
}
