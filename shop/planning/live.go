package planning

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"zhigai/access"
	"zhigai/calc/schedule"
	"zhigai/calc/schedule/check"
	"zhigai/plant"
)

// live is the plan in use of a place as it stands now: what is left of it by the
// facts, and where that will be, the sequence kept.
type live struct {
	mu  sync.Mutex // held while it is made anew
	at  time.Time
	now standing
	err error
}

// standing is how a plan in use stands. It is shared, and not to be changed.
type standing struct {
	state *State
	kept  // model of now, schedule as forecast
	// lists are those of all machines, whole.
	lists func() []MachineList
}

const (
	// liveFor spares the facts when every kiosk of a plant asks: what was done is
	// in the list so much later.
	liveFor = 2 * time.Second
	// maxLives of plans in use are remembered.
	maxLives = 50
)

// live makes the forecast of a plan in use, or takes that of a moment ago.
func (d *Desk) live(ctx context.Context, tenant plant.TenantNo, h Head) (standing, error) {
	d.mu.Lock()
	l := d.lives[h.ID]
	if l == nil {
		if len(d.lives) >= maxLives {
			clear(d.lives)
		}
		l = &live{}
		d.lives[h.ID] = l
	}
	d.mu.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil && !l.at.IsZero() && d.o.Now().Sub(l.at) < liveFor {
		return l.now, nil
	}
	l.now, l.err = d.follow(ctx, tenant, h)
	l.at = d.o.Now()
	return l.now, l.err
}

func (d *Desk) follow(ctx context.Context, tenant plant.TenantNo, h Head) (standing, error) {
	k, err := d.load(ctx, tenant, h)
	if err != nil {
		return standing{}, err
	}
	s, err := d.state(ctx, access.Scope{Tenant: tenant, Path: h.Place})
	if err != nil {
		return standing{}, err
	}
	m, err := Build(&s, BuildOptions{Place: h.Place, Until: max(h.Until, s.At), Down: h.Assume.Down, Locks: k.locks()})
	if err != nil {
		return standing{}, err
	}
	expected, err := forecast(m, k.Model.places(k.Schedule), h.Weights)
	now := standing{state: &s, kept: kept{Model: m, Schedule: expected}}
	now.lists = sync.OnceValue(func() []MachineList { return dispatch(h.ID, k, &s, m.places(expected)) })
	return now, err
}

// inUse is the plan in use of a place with its forecast.
func (d *Desk) inUse(ctx context.Context, scope access.Scope, place string) (h Head, planned kept, now standing, err error) {
	if h, err = d.o.Store.PlanInUse(ctx, scope.Tenant, place); err != nil {
		return
	}
	if h, err = d.head(ctx, scope, h.ID); err != nil {
		return
	}
	if planned, err = d.load(ctx, scope.Tenant, h); err != nil {
		return
	}
	now, err = d.live(ctx, scope.Tenant, h)
	return
}

// Suggestions lists the reasons to plan a place anew, the most urgent first.
func (d *Desk) Suggestions(ctx context.Context, scope access.Scope, place string) ([]Suggestion, error) {
	h, planned, now, err := d.inUse(ctx, scope, place)
	if err != nil {
		return nil, err
	}
	return suggest(planned.Model, planned.Model.places(planned.Schedule), planned.pageOf(h).Orders, now.state, now.Model.places(now.Schedule)), nil
}

// over is the plan in use by which a place works: its own, or that of the nearest
// place around it that has one.
func (d *Desk) over(ctx context.Context, tenant plant.TenantNo, place string) (h Head, err error) {
	err = fmt.Errorf("%w: plan in use", access.ErrNotFound)
	for ; place != "" && errors.Is(err, access.ErrNotFound); place = plant.ParentPath(place) {
		h, err = d.o.Store.PlanInUse(ctx, tenant, place)
	}
	return h, err
}

// Dispatch lists what the machines at or below a place are to do next, at most
// limit jobs of each; with a machine, of that alone. The plan may be that of a
// place around it: who works at a line sees what its machines are to do.
func (d *Desk) Dispatch(ctx context.Context, scope access.Scope, place string, machine plant.NodeID, limit int) ([]MachineList, error) {
	h, err := d.over(ctx, scope.Tenant, place)
	if err != nil {
		return nil, err
	}
	now, err := d.live(ctx, scope.Tenant, h)
	if err != nil {
		return nil, err
	}
	out := []MachineList{}
	for _, l := range now.lists() {
		if machine != "" && l.Equipment != machine || !scope.Allows(l.Path) || !plant.Within(l.Path, place) {
			continue
		}
		l.Next = l.Next[:min(limit, len(l.Next))]
		out = append(out, l)
	}
	return out, nil
}

// Promise says when a quantity could be there: with all that is issued where it
// is, and with others giving way. Nothing changes.
func (d *Desk) Promise(ctx context.Context, who access.Principal, r PromiseRequest) (Promise, error) {
	out := Promise{PromiseRequest: r}
	if err := may(who, r.Place); err != nil {
		return out, err
	}
	h, planned, live, err := d.inUse(ctx, who.Scope, r.Place)
	if err != nil {
		return out, err
	}
	out.Plan = h.ID
	revision, segments, err := d.o.Facts.Routing(ctx, who.Scope.Tenant, r.Product, max(r.Earliest, live.state.At))
	if err != nil {
		return out, err
	}
	s := *live.state
	wanted := Extra{Number: promisedID, Product: r.Product, Quantity: r.Quantity, Earliest: r.Earliest, Due: r.Due}
	s.Orders = append(slices.Clip(s.Orders), wanted.assumed(r.Place, revision, segments))
	m, err := Build(&s, BuildOptions{Place: r.Place, Until: max(h.Until, s.At), Down: h.Assume.Down, Locks: planned.locks()})
	if err != nil {
		return out, err
	}
	for _, u := range m.Unplanned {
		if u.Order == promisedID {
			return out, invalid("%s", u.Text)
		}
	}
	expected, err := forecast(m, planned.Model.places(planned.Schedule), h.Weights)
	if err != nil {
		return out, err
	}
	gentle, err := gently(m, expected)
	if err != nil {
		return out, err
	}
	out.Gentle = promised(m, expected, gentle, r.Due)
	weights := h.Weights
	weights.Change = max(weights.Change, promiseChange)
	moving, err := byMoving(m, gentle, weights)
	if err != nil {
		return out, err
	}
	out.Moving = promised(m, expected, moving, r.Due)
	if out.Moving.End > out.Gentle.End { // nothing better was found
		out.Moving = out.Gentle
	}
	return out, nil
}

// editable is what a planner changes of a plan: a draft as it was made, the plan
// in use as it stands now.
func (d *Desk) editable(ctx context.Context, scope access.Scope, id string) (Head, kept, error) {
	h, err := d.head(ctx, scope, id)
	if err != nil {
		return Head{}, kept{}, err
	}
	switch h.State {
	case StateInUse:
		now, err := d.live(ctx, scope.Tenant, h)
		h.From = now.origin()
		return h, now.kept, err
	case StateDraft:
		k, err := d.load(ctx, scope.Tenant, h)
		return h, k, err
	default:
		return Head{}, kept{}, invalid("plan %d is %s; a draft or the plan in use is changed", h.Number, h.State)
	}
}

func (k kept) origin() plant.Instant {
	if k.Model == nil {
		return 0
	}
	return k.Model.Origin
}

// CheckMove says what moving an operation would do. Nothing changes.
func (d *Desk) CheckMove(ctx context.Context, scope access.Scope, id string, mv Move) (Feedback, error) {
	_, k, err := d.editable(ctx, scope, id)
	if err != nil {
		return Feedback{}, err
	}
	f, err := checkMove(k.Model, k.Schedule, mv)
	if err == nil && mv.Start < d.now()-second {
		if job, op, ok := k.Model.find(Ref{mv.Order, mv.Job}); ok && !slices.ContainsFunc(f.Violations, func(v Violation) bool { return v.Kind == string(check.BeforeAll) }) {
			f.Violations = append(f.Violations, k.Model.violation(check.Violation{Kind: check.BeforeAll, Job: job, Op: op}))
		}
	}
	return f, err
}

// Move puts an operation where the planner wants it, locks it there, and keeps
// that as another draft. Settling, the others give way in the sequence that they
// have; otherwise they stay, and what does not fit is a violation of the draft.
func (d *Desk) Move(ctx context.Context, who access.Principal, id string, mv Move, settle bool) (Head, error) {
	h, k, err := d.editable(ctx, who.Scope, id)
	if err != nil {
		return Head{}, err
	}
	if err := may(who, h.Place); err != nil {
		return Head{}, err
	}
	i, alt, err := movable(k.Model, k.Schedule, mv)
	if err != nil {
		return Head{}, err
	}
	start := k.Model.clock().after(mv.Start)
	switch {
	case alt < 0:
		return Head{}, invalid("job %d of order %s cannot be done at %s; its routing names other machines", mv.Job, mv.Order, mv.Equipment)
	case start < 0 || mv.Start < d.now()-second:
		return Head{}, invalid("%s is over; choose a time that is still to come", mv.Start.Time().Format(time.RFC3339))
	}
	f, err := checkMove(k.Model, k.Schedule, mv)
	if err != nil {
		return Head{}, err
	}
	p := k.Schedule.Operations[i]
	p.Start, p.End = start, k.Model.clock().after(f.End)
	p.Machine = k.Model.Problem.Jobs[p.Job].Operations[p.Op].Alternatives[alt].Machine
	locks := k.Model.locked()
	locks[[2]int{p.Job, p.Op}] = schedule.Lock{Machine: p.Machine, Start: start}
	next := kept{Model: k.Model.withLocks(locks), Schedule: schedule.Schedule{Operations: slices.Clone(k.Schedule.Operations)}}
	next.Schedule.Operations[i] = p
	if settle {
		r, err := schedule.Follow(next.Model.Problem, next.Schedule, h.Weights.objective())
		if err != nil {
			return Head{}, err
		}
		next.Schedule = r.Schedule
	}
	return d.edited(ctx, who, h, k, next)
}

// Lock locks operations where they are, or takes locks back, and keeps that as
// another draft.
func (d *Desk) Lock(ctx context.Context, who access.Principal, id string, refs []Ref, locked bool) (Head, error) {
	h, k, err := d.editable(ctx, who.Scope, id)
	if err != nil {
		return Head{}, err
	}
	if err := may(who, h.Place); err != nil {
		return Head{}, err
	}
	locks := k.Model.locked()
	for _, r := range refs {
		job, op, ok := k.Model.find(r)
		p, there := placed(k.Schedule, job, op)
		switch {
		case !ok || !there:
			return Head{}, invalid("the plan has no job %d of order %s, or a supplier does it", r.Job, r.Order)
		case k.Model.Ops[job][op].Frozen:
			return Head{}, invalid("job %d of order %s runs already: it stays where it is", r.Job, k.Model.Orders[k.Model.Ops[job][op].Order].Number)
		case locked:
			locks[[2]int{job, op}] = schedule.Lock{Machine: p.Machine, Start: p.Start}
		default:
			delete(locks, [2]int{job, op})
		}
	}
	return d.edited(ctx, who, h, k, kept{Model: k.Model.withLocks(locks), Schedule: k.Schedule})
}

// edited keeps what a planner made of a plan. Changes count against the base of
// a draft, and against the plan in use itself.
func (d *Desk) edited(ctx context.Context, who access.Principal, h Head, was, next kept) (Head, error) {
	out := Head{
		Place: h.Place, Name: h.Name, Kind: KindEdit, State: StateDraft, By: who.Name, From: h.From, Until: h.Until, Base: h.Base, Edited: h.ID,
		Seed: h.Seed, Weights: h.Weights, Assume: h.Assume,
	}
	var places map[Ref]Place
	if h.State == StateInUse {
		out.Base, places = h.ID, was.Model.places(was.Schedule)
	} else if h.Base != "" {
		b, err := d.o.Store.Plan(ctx, who.Scope.Tenant, h.Base)
		if err != nil {
			return Head{}, err
		}
		k, err := d.load(ctx, who.Scope.Tenant, b)
		if err != nil {
			return Head{}, err
		}
		places = k.Model.places(k.Schedule)
	}
	return d.save(ctx, who.Scope.Tenant, out, next, places)
}
