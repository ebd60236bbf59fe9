package planning

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"zhigai/access"
	"zhigai/calc/schedule"
	"zhigai/plant"
)

const (
	// maxRunning searches at once leave a processor to those who collect.
	maxRunning = 2
	// maxRuns are remembered, the newest; plans stay.
	maxRuns = 100
)

// run is a search of this process.
type run struct {
	Run
	tenant plant.TenantNo
	work   task
	halt   atomic.Bool // a person wants what there is
}

// task is all that a search is made of.
type task struct {
	head    Head
	model   *Model
	places  map[Ref]Place // of the base; nil without
	weights Weights
	seed    uint64
	search  time.Duration
}

// Start begins to search a plan and returns at once. The first plan that there
// is, by dispatching rules, comes within a moment; [Desk.Stop] takes the best so
// far.
func (d *Desk) Start(ctx context.Context, who access.Principal, r Request) (Run, error) {
	if err := r.check(); err != nil {
		return Run{}, err
	}
	if err := may(who, r.Place); err != nil {
		return Run{}, err
	}
	t, err := d.prepare(ctx, who.Scope.Tenant, r)
	if err != nil {
		return Run{}, err
	}
	t.head.By = who.Name
	now := d.now()
	x := &run{tenant: who.Scope.Tenant, work: t, Run: Run{
		ID: d.o.NewID(), Request: r, By: who.Name, State: RunSearching, Started: now, Ends: now + plant.Instant(t.search.Microseconds()),
		Orders: len(t.model.Orders), Operations: t.model.Problem.Operations(), Unplanned: len(t.model.Unplanned),
	}}
	d.mu.Lock()
	defer d.mu.Unlock()
	running := 0
	for _, o := range d.runs {
		if o.State == RunSearching {
			running++
		}
	}
	if running >= maxRunning || d.end.Err() != nil {
		return Run{}, fmt.Errorf("%w: %d; wait for one or stop it", ErrBusy, running)
	}
	d.runs = append(d.runs, x)
	for i := 0; len(d.runs) > maxRuns; {
		if d.runs[i].State == RunSearching {
			i++
			continue
		}
		d.runs = slices.Delete(d.runs, i, i+1)
	}
	out := x.Run
	d.work.Go(func() { d.run(x) })
	return out, nil
}

// check says what is wrong with a request by itself.
func (r *Request) check() error {
	r.Place, r.Name = strings.Trim(r.Place, "/ "), strings.TrimSpace(r.Name)
	switch {
	case r.Kind != KindDraft && r.Kind != KindWhatIf && r.Kind != KindReplan:
		return invalid("a plan of kind %q; write draft, what_if or replan", r.Kind)
	case r.Place == "":
		return invalid("the place is missing: the path of a site, area or line")
	case len(r.Name) > maxName:
		return invalid("a name of %d bytes; %d are allowed", len(r.Name), maxName)
	case r.HorizonDays < 0 || r.HorizonDays > 366:
		return invalid("a plan over %d days; up to 366 are planned", r.HorizonDays)
	case r.SearchMs < 0 || r.SearchMs > maxSearch.Milliseconds():
		return invalid("a search of %d ms; up to %d are allowed", r.SearchMs, maxSearch.Milliseconds())
	case r.Kind == KindDraft && (len(r.Assume.Down) > 0 || len(r.Assume.Extra) > 0 || len(r.Assume.Calendars) > 0):
		return invalid("a draft is made of facts alone; assumptions make a what_if")
	case r.Kind == KindReplan && (len(r.Assume.Extra) > 0 || len(r.Assume.Calendars) > 0):
		return invalid("a replan is for the workshop: only machines that are down may be assumed; orders and calendars make a what_if")
	}
	if err := plant.CheckPath(r.Place); err != nil {
		return invalid("place: %v", err)
	}
	if w := r.Weights; w != nil && w.Tardiness == 0 && w.Makespan == 0 && w.Setup == 0 {
		return invalid("nothing counts: give tardiness, makespan or setup a weight")
	}
	return nil
}

// prepare reads the facts and makes the problem of them.
func (d *Desk) prepare(ctx context.Context, tenant plant.TenantNo, r Request) (task, error) {
	s, err := d.state(ctx, access.Scope{Tenant: tenant, Path: r.Place})
	if err != nil {
		return task{}, err
	}
	if err := d.assume(ctx, tenant, &s, &r); err != nil {
		return task{}, err
	}
	horizon := usualHorizon
	if r.HorizonDays > 0 {
		horizon = plant.Instant(r.HorizonDays) * day
	}
	o := BuildOptions{Place: r.Place, Until: s.At + horizon, Down: r.Assume.Down, Calendars: map[plant.NodeID]string{}}
	for _, c := range r.Assume.Calendars {
		o.Calendars[c.Equipment] = c.Calendar
	}
	base, k, err := d.base(ctx, tenant, r)
	if err != nil {
		return task{}, err
	}
	t := task{weights: usual, seed: cmp.Or(r.Seed, 1), search: usualSearch}
	if base.ID != "" {
		t.places = k.Model.places(k.Schedule)
		o.Locks = k.locks()
	}
	if t.model, err = Build(&s, o); err != nil {
		return task{}, err
	}
	if len(t.model.Problem.Jobs) == 0 {
		return task{}, t.model.nothing()
	}
	if r.Kind == KindReplan {
		t.weights.Change = usualChange
	}
	if r.Weights != nil {
		t.weights = *r.Weights
	}
	if r.SearchMs > 0 {
		t.search = time.Duration(r.SearchMs) * time.Millisecond
	}
	t.head = Head{
		Place: r.Place, Name: r.Name, Kind: r.Kind, State: StateDraft, From: t.model.Origin, Until: t.model.Until, Base: base.ID,
		Seed: t.seed, Weights: t.weights, Assume: r.Assume,
	}
	return t, nil
}

// nothing says why a model is empty.
func (m *Model) nothing() error {
	if len(m.Unplanned) == 0 {
		return invalid("%s has no released order with work left; release one first", m.Place)
	}
	return invalid("nothing at %s can be planned: %s (%d reasons in all)", m.Place, m.Unplanned[0].Text, len(m.Unplanned))
}

// base is the plan that a request goes from: the one it names, or the one in use.
func (d *Desk) base(ctx context.Context, tenant plant.TenantNo, r Request) (h Head, k kept, err error) {
	if r.Base != "" {
		h, err = d.o.Store.Plan(ctx, tenant, r.Base)
		if err == nil && h.Place != r.Place {
			err = invalid("plan %d is of %s, not of %s", h.Number, h.Place, r.Place)
		}
	} else {
		h, err = d.o.Store.PlanInUse(ctx, tenant, r.Place)
		if errors.Is(err, access.ErrNotFound) {
			if r.Kind == KindReplan {
				err = invalid("%s has no plan in use to change as little as can be; make a draft and issue it", r.Place)
			} else {
				return Head{}, kept{}, nil
			}
		}
	}
	if err != nil {
		return Head{}, kept{}, err
	}
	k, err = d.load(ctx, tenant, h)
	return h, k, err
}

// locks are where the planner put operations of a plan.
func (k kept) locks() map[Ref]Place {
	out := map[Ref]Place{}
	for at, l := range k.Model.locked() {
		if p, ok := placed(k.Schedule, at[0], at[1]); ok {
			out[k.Model.ref(at[0], at[1])] = Place{k.Model.Machines[l.Machine].ID, k.Model.clock().at(l.Start), k.Model.clock().at(p.End)}
		}
	}
	return out
}

// mendingTime is how long a machine that stands is taken to stand on when a replan
// does not say: an hour is more than most repairs take, and soon over.
const mendingTime = plant.Instant(time.Hour / time.Microsecond)

// assume adds what is taken for so. A replan takes machines that stand for away.
func (d *Desk) assume(ctx context.Context, tenant plant.TenantNo, s *State, r *Request) error {
	known := func(id plant.NodeID) bool {
		return slices.ContainsFunc(s.Machines, func(m Machine) bool { return m.ID == id || slices.Contains(m.Above, id) })
	}
	for i, w := range r.Assume.Down {
		if !known(w.Equipment) {
			return invalid("assumption %d: there is no machine %s", i+1, w.Equipment)
		}
		if w.To <= max(w.From, s.At) {
			return invalid("assumption %d: the machine is away up to %s, which is over, or before it begins", i+1, w.To.Time().Format(time.RFC3339))
		}
	}
	for i, c := range r.Assume.Calendars {
		if _, ok := s.Calendars[c.Calendar]; !ok || !known(c.Equipment) {
			return invalid("assumption %d: there is no machine %s, or no calendar %s", i+1, c.Equipment, c.Calendar)
		}
	}
	for i, e := range r.Assume.Extra {
		if e.Quantity < 1 || e.Due == 0 || strings.TrimSpace(e.Number) == "" || slices.ContainsFunc(s.Orders, func(o Order) bool { return o.ID == e.Number || o.Number == e.Number }) {
			return invalid("assumed order %d: give it a number that no order has, a quantity and a due date", i+1)
		}
		revision, segments, err := d.o.Facts.Routing(ctx, tenant, e.Product, max(e.Earliest, s.At))
		if errors.Is(err, access.ErrNotFound) {
			return invalid("assumed order %s: no released definition says how %s is made", e.Number, e.Product)
		}
		if err != nil {
			return err
		}
		s.Orders = append(s.Orders, e.assumed(r.Place, revision, segments))
	}
	if r.Kind != KindReplan {
		return nil
	}
	for i := range s.Machines {
		m := &s.Machines[i]
		if s.hindered(m) && !slices.ContainsFunc(r.Assume.Down, func(w Down) bool { return w.Equipment == m.ID }) {
			r.Assume.Down = append(r.Assume.Down, Down{Equipment: m.ID, From: s.At, To: s.At + mendingTime, Reason: m.Stands.Reason})
		}
	}
	return nil
}

// run searches and keeps what is found.
func (d *Desk) run(x *run) {
	id, err := d.search(x)
	d.mu.Lock()
	defer d.mu.Unlock()
	x.Ended, x.Plan = d.now(), id
	x.work = task{} // the plan has all of it
	switch {
	case err != nil:
		x.State, x.Error = RunFailed, err.Error()
		d.o.Log.Warn("plan", "place", x.Request.Place, "err", err)
	case x.halt.Load():
		x.State = RunStopped
	default:
		x.State = RunDone
	}
}

func (d *Desk) search(x *run) (string, error) {
	t := &x.work
	begin := d.o.Now()
	r, err := schedule.Plan(t.model.Problem, schedule.PlanOptions{
		Seed: t.seed, Objective: t.weights.objective(), Current: t.model.current(t.places),
		Stop:   func() bool { return x.halt.Load() || d.end.Err() != nil || d.o.Now().Sub(begin) >= t.search },
		Better: func(c schedule.Cost) { d.better(x, c) },
	})
	if err != nil {
		return "", err
	}
	if err := d.end.Err(); err != nil {
		return "", err // the node ends: what was found so far nobody asked for
	}
	t.head.SearchMs, t.head.Steps, t.head.Stopped = d.o.Now().Sub(begin).Milliseconds(), r.Steps, x.halt.Load()
	k := kept{Model: t.model, Schedule: r.Schedule, Rules: []RuleCost{}}
	for _, rule := range []schedule.Rule{schedule.ATC, schedule.EDD, schedule.SPT} {
		f := counted(t.model, r.Rules[rule].Schedule).Figures
		k.Rules = append(k.Rules, RuleCost{string(rule), f.WeightedTardinessMs, f.SetupMs})
	}
	h, err := d.save(d.end, x.tenant, t.head, k, t.places)
	return h.ID, err
}

// better tells of the best schedule so far.
func (d *Desk) better(x *run, c schedule.Cost) {
	d.mu.Lock()
	defer d.mu.Unlock()
	x.Found++
	x.Best = &Best{
		Objective: x.work.weights.objective().Of(c), WeightedTardinessMs: c.Tardiness * 1000, SetupMs: c.Setup * 1000,
		Makespan: x.work.model.clock().at(c.Makespan), Changes: c.Changes, Feasible: c.Broken == 0, At: d.now(),
	}
}

// save keeps a plan; places are those of the base.
func (d *Desk) save(ctx context.Context, tenant plant.TenantNo, h Head, k kept, places map[Ref]Place) (Head, error) {
	body, sum, err := k.pack()
	if err != nil {
		return Head{}, err
	}
	h.ID, h.Made, h.SHA256 = d.o.NewID(), d.now(), sum
	if h.Problem, err = k.Model.hash(); err != nil {
		return Head{}, err
	}
	k = k.shared()
	h.Figures = k.page().Figures
	h.Figures.Rules = append(h.Figures.Rules, k.Rules...)
	if places != nil {
		h.Figures.Changes = changesBetween(k.Model.places(k.Schedule), ahead(places, k.Model.Origin))
	}
	if h, err = d.o.Store.SavePlan(ctx, tenant, h, body); err != nil {
		return Head{}, err
	}
	d.remember(tenant, h.ID, k)
	return h, nil
}

// Runs are the searches of places within the scope, the newest first.
func (d *Desk) Runs(scope access.Scope) []Run {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := []Run{}
	for _, x := range slices.Backward(d.runs) {
		if x.tenant == scope.Tenant && scope.Allows(x.Request.Place) {
			out = append(out, x.Run)
		}
	}
	return out
}

// Run is one search.
func (d *Desk) Run(scope access.Scope, id string) (Run, error) {
	x, err := d.find(scope, id)
	if err != nil {
		return Run{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return x.Run, nil
}

func (d *Desk) find(scope access.Scope, id string) (*run, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, x := range d.runs {
		if x.tenant == scope.Tenant && x.ID == id && scope.Allows(x.Request.Place) {
			return x, nil
		}
	}
	return nil, fmt.Errorf("%w: search %s", access.ErrNotFound, id)
}

// Stop ends a search; the best so far becomes the plan.
func (d *Desk) Stop(who access.Principal, id string) (Run, error) {
	x, err := d.find(who.Scope, id)
	if err != nil {
		return Run{}, err
	}
	if err := may(who, x.Request.Place); err != nil {
		return Run{}, err
	}
	x.halt.Store(true)
	return d.Run(who.Scope, id)
}
