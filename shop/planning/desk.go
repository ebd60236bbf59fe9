package planning

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"zhigai/access"
	"zhigai/calc/schedule"
	"zhigai/plant"
)

// Options of a desk. All are required.
type Options struct {
	Store Store
	Facts Facts
	NewID func() string
	Now   func() time.Time
	Log   *slog.Logger
}

// Desk is where plans are searched, changed, compared and issued. Its methods may
// be called concurrently.
type Desk struct {
	o      Options
	work   sync.WaitGroup
	end    context.Context // of all searches
	cancel context.CancelFunc

	mu    sync.Mutex
	runs  []*run
	plans []loaded         // read last, the newest last
	lives map[string]*live // by plan in use
}

// NewDesk makes a desk; Close ends it.
func NewDesk(o Options) *Desk {
	d := &Desk{o: o, lives: map[string]*live{}}
	d.end, d.cancel = context.WithCancel(context.Background())
	return d
}

// Close ends the searches that run, without keeping what they found, and waits.
func (d *Desk) Close() {
	d.cancel()
	d.work.Wait()
}

func (d *Desk) now() plant.Instant { return plant.InstantOf(d.o.Now()) }

// Limits of what is asked of a desk.
const (
	maxName = 200
	maxNote = 1000
	// usualHorizon, usualSearch: a month, and as long as somebody waits.
	usualHorizon = 30 * day
	usualSearch  = 20 * time.Second
	maxSearch    = 10 * time.Minute
	// keptPlans are as many as a planner lays side by side; the page asks for each
	// move of the mouse.
	keptPlans = 8
)

// usual are the weights of a plan. Being late counts most, then setting up, then
// the end of all.
var usual = Weights{Tardiness: 10, Makespan: 1, Setup: 5}

// usualChange is what an operation costs that is at another time than in the plan
// in use, when one with few changes is asked for: as much as a usual order that is
// 200 s late. On another machine it costs twice that.
const usualChange = 20_000

// loaded is a plan that was read.
type loaded struct {
	tenant plant.TenantNo
	id     string
	kept
}

// head finds a plan that the scope may see.
func (d *Desk) head(ctx context.Context, scope access.Scope, id string) (Head, error) {
	h, err := d.o.Store.Plan(ctx, scope.Tenant, id)
	if err == nil && !scope.Allows(h.Place) {
		err = fmt.Errorf("%w: plan %s", access.ErrNotFound, id)
	}
	return h, err
}

// load reads what a plan is made of. What it gives is not to be changed.
func (d *Desk) load(ctx context.Context, tenant plant.TenantNo, h Head) (kept, error) {
	d.mu.Lock()
	for _, p := range d.plans {
		if p.tenant == tenant && p.id == h.ID {
			d.mu.Unlock()
			return p.kept, nil
		}
	}
	d.mu.Unlock()
	body, err := d.o.Store.PlanBody(ctx, tenant, h.ID)
	if err != nil {
		return kept{}, err
	}
	k, err := unpack(body, h.SHA256)
	if err != nil {
		return kept{}, fmt.Errorf("plan %s: %w", h.ID, err)
	}
	k = k.shared()
	d.remember(tenant, h.ID, k)
	return k, nil
}

func (d *Desk) remember(tenant plant.TenantNo, id string, k kept) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.plans = append(d.plans, loaded{tenant, id, k})
	if len(d.plans) > keptPlans {
		d.plans = d.plans[1:]
	}
}

// Plans lists plans within the scope, the newest first.
func (d *Desk) Plans(ctx context.Context, scope access.Scope, f Filter) ([]Head, error) {
	return d.o.Store.Plans(ctx, scope, f)
}

// Plan is one with its machines, orders and assignments.
func (d *Desk) Plan(ctx context.Context, scope access.Scope, id string) (Plan, error) {
	h, err := d.head(ctx, scope, id)
	if err != nil {
		return Plan{}, err
	}
	k, err := d.load(ctx, scope.Tenant, h)
	if err != nil {
		return Plan{}, err
	}
	return k.pageOf(h), nil
}

// InUse is the plan by which a place works; access.ErrNotFound without.
func (d *Desk) InUse(ctx context.Context, scope access.Scope, place string) (Plan, error) {
	h, err := d.o.Store.PlanInUse(ctx, scope.Tenant, place)
	if err != nil {
		return Plan{}, err
	}
	return d.Plan(ctx, scope, h.ID)
}

// Late explains the late orders of a plan.
func (d *Desk) Late(ctx context.Context, scope access.Scope, id string) ([]Late, error) {
	h, err := d.head(ctx, scope, id)
	if err != nil {
		return nil, err
	}
	k, err := d.load(ctx, scope.Tenant, h)
	if err != nil {
		return nil, err
	}
	return lateOrders(k.Model, k.Schedule, k.pageOf(h).Orders), nil
}

// Changed lists what is otherwise now than when a plan was made.
func (d *Desk) Changed(ctx context.Context, scope access.Scope, id string) ([]Change, error) {
	h, err := d.head(ctx, scope, id)
	if err != nil {
		return nil, err
	}
	k, err := d.load(ctx, scope.Tenant, h)
	if err != nil {
		return nil, err
	}
	s, err := d.state(ctx, access.Scope{Tenant: scope.Tenant, Path: h.Place})
	if err != nil {
		return nil, err
	}
	return changed(k.Model, k.Model.places(k.Schedule), &s), nil
}

// Compare lays plans of one place side by side.
func (d *Desk) Compare(ctx context.Context, scope access.Scope, ids []string) (Comparison, error) {
	c := Comparison{Plans: []Compared{}, Late: []LateRow{}}
	var inUse map[Ref]Place
	var rows []LateRow
	at := map[string]int{}
	late := map[string]bool{}
	for n, id := range ids {
		h, err := d.head(ctx, scope, id)
		if err != nil {
			return c, err
		}
		if n == 0 {
			if c.InUse, inUse, err = d.placesInUse(ctx, scope.Tenant, h.Place); err != nil {
				return c, err
			}
		} else if h.Place != c.Plans[0].Place {
			return c, invalid("plan %d is of %s, plan %d of %s: plans of one place are compared", c.Plans[0].Number, c.Plans[0].Place, h.Number, h.Place)
		}
		k, err := d.load(ctx, scope.Tenant, h)
		if err != nil {
			return c, err
		}
		one := Compared{Head: h}
		if inUse != nil {
			one.Against = changesBetween(k.Model.places(k.Schedule), ahead(inUse, k.Model.Origin))
		}
		c.Plans = append(c.Plans, one)
		for _, o := range k.pageOf(h).Orders {
			i, known := at[o.ID]
			if !known {
				i = len(rows)
				at[o.ID], rows = i, append(rows, LateRow{Order: o.ID, Number: o.Number, Due: o.Due, Ends: make([]plant.Instant, len(ids))})
			}
			rows[i].Ends[n] = o.End
			late[o.ID] = late[o.ID] || o.LateMs > 0
		}
	}
	for _, r := range rows {
		if late[r.Order] {
			c.Late = append(c.Late, r)
		}
	}
	return c, nil
}

// ahead are the places that are not over at an instant.
func ahead(places map[Ref]Place, at plant.Instant) map[Ref]Place {
	out := map[Ref]Place{}
	for r, p := range places {
		if p.End > at {
			out[r] = p
		}
	}
	return out
}

// placesInUse is where the plan in use of a place has its operations; nil without
// one.
func (d *Desk) placesInUse(ctx context.Context, tenant plant.TenantNo, place string) (string, map[Ref]Place, error) {
	h, err := d.o.Store.PlanInUse(ctx, tenant, place)
	if errors.Is(err, access.ErrNotFound) {
		return "", nil, nil
	}
	if err != nil {
		return "", nil, err
	}
	k, err := d.load(ctx, tenant, h)
	if err != nil {
		return "", nil, err
	}
	return h.ID, k.Model.places(k.Schedule), nil
}

// may refuses who does not plan at a place.
func may(who access.Principal, place string) error {
	if !who.May(access.Plan, place) {
		return fmt.Errorf("%w: planning at %s", access.ErrForbidden, place)
	}
	return nil
}

// Drop puts a draft aside.
func (d *Desk) Drop(ctx context.Context, who access.Principal, id, note string) (Head, error) {
	h, err := d.head(ctx, who.Scope, id)
	if err != nil {
		return Head{}, err
	}
	if err := may(who, h.Place); err != nil {
		return Head{}, err
	}
	if h.State != StateDraft {
		return Head{}, invalid("plan %d is %s; a draft is put aside", h.Number, h.State)
	}
	return d.step(ctx, who, h, Step{What: StateDropped, Note: note})
}

func (d *Desk) step(ctx context.Context, who access.Principal, h Head, s Step) (Head, error) {
	if s.Note = strings.TrimSpace(s.Note); len(s.Note) > maxNote {
		return Head{}, invalid("a note of %d bytes; %d are allowed", len(s.Note), maxNote)
	}
	s.Plan, s.Seen, s.At, s.By = h.ID, h.State, d.now(), who.Name
	return d.o.Store.StepPlan(ctx, who.Scope.Tenant, s)
}

// shownChanges is how many an error names; all are listed by Changed.
const shownChanges = 5

// Issue makes a plan the one by which its place works, and tells the orders. One
// with violations is refused, and one of older facts with [ErrChanged] unless it
// is asked for again. Issuing the plan in use tells the orders once more.
func (d *Desk) Issue(ctx context.Context, who access.Principal, id string, again bool, note string) (Head, error) {
	h, err := d.head(ctx, who.Scope, id)
	if err != nil {
		return Head{}, err
	}
	if err := may(who, h.Place); err != nil {
		return Head{}, err
	}
	k, err := d.load(ctx, who.Scope.Tenant, h)
	if err != nil {
		return Head{}, err
	}
	if h.State != StateInUse {
		if err := d.issuable(ctx, who, h, k, again); err != nil {
			return Head{}, err
		}
		if h, err = d.step(ctx, who, h, Step{What: StateInUse, Note: note, Again: again}); err != nil {
			return Head{}, err
		}
	}
	return h, d.o.Facts.Decide(ctx, who, decided(k))
}

func (d *Desk) issuable(ctx context.Context, who access.Principal, h Head, k kept, again bool) error {
	switch {
	case h.State != StateDraft:
		return invalid("plan %d is %s; make a draft of what is so now", h.Number, h.State)
	case len(h.Assume.Extra) > 0 || len(h.Assume.Calendars) > 0:
		return invalid("plan %d takes for so what is not: orders or calendars; enter them, and make a draft", h.Number)
	}
	if v := violations(k.Model, k.Schedule); len(v) > 0 {
		return invalid("plan %d cannot be carried out: %s (%d in all); move or unlock it", h.Number, v[0].Text, len(v))
	}
	if again {
		return nil
	}
	all, err := d.Changed(ctx, who.Scope, h.ID)
	if err != nil || len(all) == 0 {
		return err
	}
	var texts []string
	for _, c := range all[:min(shownChanges, len(all))] {
		texts = append(texts, c.Text)
	}
	return fmt.Errorf("%w: %s (%d in all); plan anew, or issue it again all the same", ErrChanged, strings.Join(texts, "; "), len(all))
}

// decided is what a plan tells orders.
func decided(k kept) []Decided {
	var out []Decided
	at := map[string]int{}
	p := k.page()
	for _, o := range p.Orders {
		if !o.Assumed {
			at[o.ID], out = len(out), append(out, Decided{Order: o.ID})
		}
	}
	for _, a := range p.Assignments {
		if i, ok := at[a.Order]; ok {
			out[i].Jobs = append(out[i].Jobs, DecidedJob{No: a.Job, Equipment: a.Equipment, From: a.Start, To: a.End, Locked: a.Locked})
		}
	}
	return out
}

// placed finds the machine and start of an operation in a schedule.
func placed(s schedule.Schedule, job, op int) (schedule.Placed, bool) {
	for _, p := range s.Operations {
		if p.Job == job && p.Op == op {
			return p, true
		}
	}
	return schedule.Placed{}, false
}
