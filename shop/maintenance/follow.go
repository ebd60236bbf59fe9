package maintenance

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

// Pace of what the room does by itself.
const (
	Pace   = 30 * time.Second
	atOnce = 500
)

// nobody is who does what happens by itself.
const nobody = "node"

// Follow makes orders of plans that are due and verifies what was done. It is to be
// called each [Pace].
func (d *Desk) Follow(ctx context.Context, tenant plant.TenantNo) error {
	return errors.Join(d.Plan(ctx, tenant), d.Verify(ctx, tenant))
}

// Verify looks whether the alarms of orders that are done came back. One that did
// shows that the work did not help; one that stayed away for its time, that it did.
func (d *Desk) Verify(ctx context.Context, tenant plant.TenantNo) error {
	var failed error
	for before := int64(0); ; {
		page, err := d.o.Store.Orders(ctx, Filter{Scope: access.Scope{Tenant: tenant}, State: Done, Before: before, Limit: atOnce})
		if err != nil {
			return err
		}
		for _, o := range page {
			before = o.Number
			if err := d.verify(ctx, tenant, o); err != nil && !errors.Is(err, access.ErrConflict) {
				failed = errors.Join(failed, fmt.Errorf("work order %d: %w", o.Number, err))
			}
		}
		if len(page) < atOnce {
			return failed
		}
	}
}

func (d *Desk) verify(ctx context.Context, tenant plant.TenantNo, o Order) error {
	if o.Origin == nil {
		return nil // a person says
	}
	now := plant.InstantOf(d.o.Now())
	a := d.aftermath(o)
	if now >= a.until() { // the end looks at all of it again: facts come late
		a = newAftermath(o)
	}
	all, err := d.o.Alarms.Stood(ctx, tenant, o.Machine, o.Origin.ID, a.to, now)
	if err != nil {
		return err
	}
	back := a.add(all)
	s := Step{At: now, By: nobody}
	switch {
	case back != 0:
		s.State, s.Note = Ineffective, "the alarm came back at "+back.Time().Format(time.RFC3339)
	case a.standing && now >= a.done+a.away:
		s.State, s.Note = Ineffective, fmt.Sprintf("the alarm still stood %s after the work", o.verify())
	case !a.standing && now >= a.until() && a.ended > a.done:
		s.State, s.Note = Verified, fmt.Sprintf("the alarm ended at %s and stayed away for %s", a.ended.Time().Format(time.RFC3339), o.verify())
	case !a.standing && now >= a.until():
		s.State, s.Note = Verified, fmt.Sprintf("the alarm stayed away for %s", o.verify())
	default:
		a.to = max(a.done, now-settled)
		d.remember(o.ID, a)
		return nil
	}
	d.forget(o.ID)
	seen := o.Rev
	o.Rev, o.At = o.Rev+1, now
	if err := o.step(s); err != nil {
		return err
	}
	_, err = d.o.Store.SaveOrder(ctx, tenant, o, seen)
	return err
}

// aftermath is what is known of an order's alarm since the work was done.
type aftermath struct {
	done plant.Instant // when it was
	away plant.Instant // how long the alarm must stay away
	to   plant.Instant // up to when it was looked at
	// ended is when the alarm ended that stood as the work was done; 0 where none did.
	ended    plant.Instant
	standing bool // it has not ended
}

func newAftermath(o Order) aftermath {
	done := o.when(Done)
	return aftermath{done: done, away: plant.Instant(o.verify().Microseconds()), to: done}
}

// until is from when on the alarm has stayed away for its time.
func (a *aftermath) until() plant.Instant { return max(a.done, a.ended) + a.away }

// add takes what stood since it was looked at, and tells when the alarm came back; 0
// when it did not within its time.
func (a *aftermath) add(all []Standing) (back plant.Instant) {
	a.standing = false
	for _, s := range all {
		switch {
		case s.From <= a.done || s.Earlier:
			a.standing = s.To == 0
			a.ended = max(a.ended, s.To)
		case s.From <= a.until():
			return s.From
		}
	}
	return 0
}

func (d *Desk) aftermath(o Order) aftermath {
	d.mu.Lock()
	defer d.mu.Unlock()
	if a, ok := d.looked[o.ID]; ok && a.done == o.when(Done) {
		return a
	}
	return newAftermath(o)
}

func (d *Desk) remember(order string, a aftermath) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.looked[order] = a
}

func (d *Desk) forget(order string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.looked, order)
}

// recently is how far back the alarm of a plan is looked for: plans are looked at all
// the time.
const recently = plant.Instant(24 * time.Hour / time.Microsecond)

// settled is how late facts may come and still be seen at once.
const settled = plant.Instant(10 * time.Minute / time.Microsecond)

// made is how many parts the machine of a plan made since an instant. What was counted
// a while ago is not counted again.
func (d *Desk) made(ctx context.Context, tenant plant.TenantNo, p Plan, from, now plant.Instant) (int64, error) {
	key := fmt.Sprintf("%d/%s", tenant, p.ID)
	d.mu.Lock()
	c := d.counted[key]
	d.mu.Unlock()
	if c.from != from || c.to > now {
		c = counted{from: from, to: from}
	}
	if until := now - settled; until > c.to {
		n, err := d.o.Machines.Counted(ctx, tenant, p.Machine, c.to, until)
		if err != nil {
			return 0, err
		}
		c.parts, c.to = c.parts+n, until
		d.mu.Lock()
		d.counted[key] = c
		d.mu.Unlock()
	}
	n, err := d.o.Machines.Counted(ctx, tenant, p.Machine, c.to, now)
	return c.parts + n, err
}

// Plan makes an order of every plan that is due and has none open.
func (d *Desk) Plan(ctx context.Context, tenant plant.TenantNo) error {
	plans, err := d.o.Store.Plans(ctx, tenant)
	if err != nil {
		return err
	}
	var failed error
	for _, p := range plans {
		if p.Off {
			continue
		}
		if err := d.propose(ctx, tenant, p); err != nil && !errors.Is(err, access.ErrNotFound) { // its machine is gone
			failed = errors.Join(failed, fmt.Errorf("plan %s: %w", p.Title, err))
		}
	}
	return failed
}

func (d *Desk) propose(ctx context.Context, tenant plant.TenantNo, p Plan) error {
	s, err := d.state(ctx, tenant, p)
	if err != nil || s.Open != "" || s.Used == nil || *s.Used < 1 {
		return err
	}
	o := Order{ID: d.o.NewID(), Machine: p.Machine, Path: s.Path, Name: s.Name, Kind: Preventive, Plan: p.ID, Work: Work{Title: p.Title, Priority: p.Priority, Due: s.Due, VerifyS: p.VerifyS}}
	for _, text := range p.Checks {
		o.Checks = append(o.Checks, Check{Text: text})
	}
	if p.By == ByAlarm {
		o.Kind, o.Origin = Condition, &Origin{ID: p.Alarm, From: s.Due}
	}
	_, err = d.begin(ctx, tenant, o, nobody, "")
	return err
}

// Plans lists how the plans within the scope stand.
func (d *Desk) Plans(ctx context.Context, scope access.Scope) ([]PlanState, error) {
	plans, err := d.o.Store.Plans(ctx, scope.Tenant)
	if err != nil {
		return nil, err
	}
	out := []PlanState{}
	for _, p := range plans {
		s, err := d.state(ctx, scope.Tenant, p)
		if errors.Is(err, access.ErrNotFound) {
			s, err = PlanState{Plan: p}, nil
		}
		if err != nil {
			return nil, err
		}
		if scope.Allows(s.Path) {
			out = append(out, s)
		}
	}
	return out, nil
}

// state says how far a plan is from the next time.
func (d *Desk) state(ctx context.Context, tenant plant.TenantNo, p Plan) (PlanState, error) {
	s := PlanState{Plan: p, Last: p.Begin}
	var err error
	if s.Path, s.Name, err = d.o.Places.Place(ctx, tenant, p.Machine); err != nil {
		return s, err
	}
	latest, err := d.o.Store.Orders(ctx, Filter{Scope: access.Scope{Tenant: tenant}, Plan: p.ID, Limit: 1})
	if err != nil {
		return s, err
	}
	if len(latest) > 0 {
		switch o := latest[0]; {
		case o.Open() && o.State != Done:
			s.Open = o.ID
		default: // done or cancelled: it counts from there
			ended := o.Steps[len(o.Steps)-1].At
			if done := o.when(Done); done != 0 {
				ended = done // it was verified later
			}
			s.Last = max(p.Begin, ended)
		}
	}
	now, used := plant.InstantOf(d.o.Now()), 0.0
	switch p.By {
	case ByTime:
		s.Due = p.at(s.Last)
		used = float64(now-s.Last) / float64(s.Due-s.Last)
	case ByCount:
		made, err := d.made(ctx, tenant, p, s.Last, now)
		if err != nil {
			return s, err
		}
		s.Made, used = &made, float64(made)/float64(p.Parts)
	case ByAlarm:
		after := max(s.Last, now-recently)
		all, err := d.o.Alarms.Stood(ctx, tenant, p.Machine, p.Alarm, after, now+1)
		if err != nil {
			return s, err
		}
		if i := slices.IndexFunc(all, func(a Standing) bool { return a.From > after && !a.Earlier }); i >= 0 {
			s.Due, used = all[i].From, 1
		}
	}
	s.Used = &used
	return s, nil
}

// SavePlan stores a plan.
func (d *Desk) SavePlan(ctx context.Context, who access.Principal, p Plan, rev int64) (Plan, error) {
	if err := p.Check(); err != nil {
		return Plan{}, err
	}
	if err := d.mayPlan(ctx, who, p.Machine); err != nil {
		return Plan{}, err
	}
	if p.ID != "" {
		if _, err := d.plan(ctx, who, p.ID); err != nil {
			return Plan{}, err
		}
	}
	if p.Begin == 0 {
		p.Begin = plant.InstantOf(d.o.Now())
	}
	if p.Checks == nil {
		p.Checks = []string{}
	}
	return d.o.Store.SavePlan(ctx, who.Scope.Tenant, p, rev)
}

// DropPlan ends a plan; its orders stay.
func (d *Desk) DropPlan(ctx context.Context, who access.Principal, id string, rev int64) error {
	if _, err := d.plan(ctx, who, id); err != nil {
		return err
	}
	return d.o.Store.DropPlan(ctx, who.Scope.Tenant, id, rev)
}

// plan is one that the asker may change.
func (d *Desk) plan(ctx context.Context, who access.Principal, id string) (Plan, error) {
	all, err := d.o.Store.Plans(ctx, who.Scope.Tenant)
	if err != nil {
		return Plan{}, err
	}
	for _, p := range all {
		if p.ID != id {
			continue
		}
		err := d.mayPlan(ctx, who, p.Machine)
		if errors.Is(err, access.ErrNotFound) && who.May(access.Engineer, "") { // its machine is gone
			err = nil
		}
		return p, err
	}
	return Plan{}, fmt.Errorf("%w: plan %s", access.ErrNotFound, id)
}

func (d *Desk) mayPlan(ctx context.Context, who access.Principal, machine plant.NodeID) error {
	path, _, err := d.o.Places.Place(ctx, who.Scope.Tenant, machine)
	switch {
	case err != nil:
		return err
	case !who.Scope.Allows(path):
		return fmt.Errorf("%w: node %s", access.ErrNotFound, machine)
	case !who.May(access.Engineer, path):
		return fmt.Errorf("%w: maintenance plans at %s", access.ErrForbidden, path)
	}
	return nil
}
