package production

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"zhigai/access"
	"zhigai/plant"
)

// Create enters an order; it is not released yet.
func (d *Desk) Create(ctx context.Context, who access.Principal, t Terms) (View, error) {
	if err := d.checkTerms(ctx, who, &t); err != nil {
		return View{}, err
	}
	if err := d.free(ctx, who.Scope.Tenant, t.Number, ""); err != nil {
		return View{}, err
	}
	return d.add(ctx, who, t, "")
}

func (d *Desk) add(ctx context.Context, who access.Principal, t Terms, parent string) (View, error) {
	c := d.created(who, t, parent)
	if _, err := d.o.Store.Append(ctx, who.Scope.Tenant, c); err != nil {
		return View{}, err
	}
	return d.view(ctx, who.Scope.Tenant, c.Order)
}

func (d *Desk) created(who access.Principal, t Terms, parent string) Change {
	id := d.o.NewID()
	steps := []Step{{Seq: 1, At: d.now(), Entered: d.now(), By: who.Name, What: StepCreated, Terms: &t, Parent: parent}}
	return Change{Order: Fold(id, steps), Steps: steps}
}

// free refuses a number that another order has.
func (d *Desk) free(ctx context.Context, tenant plant.TenantNo, number, own string) error {
	id, err := d.o.Store.Number(ctx, tenant, number)
	switch {
	case errors.Is(err, access.ErrNotFound) || err == nil && id == own:
		return nil
	case err != nil:
		return err
	}
	return invalid("there is an order %s already; give this one another number", number)
}

func (d *Desk) checkTerms(ctx context.Context, who access.Principal, t *Terms) error {
	if err := t.Check(); err != nil {
		return err
	}
	if !who.May(access.Plan, t.Place) {
		return fmt.Errorf("%w: orders at %s", access.ErrForbidden, t.Place)
	}
	tenant := who.Scope.Tenant
	if ok, err := d.o.Places.HasPath(ctx, tenant, t.Place); err != nil {
		return err
	} else if !ok {
		return invalid("order %s: there is no place %q; write the path of a site, area or line", t.Number, t.Place)
	}
	if ok, err := d.o.Places.HasProduct(ctx, tenant, t.Product); err != nil {
		return err
	} else if !ok {
		return invalid("order %s: there is no product %q; add it to the plant first", t.Number, t.Product)
	}
	if t.Revision == 0 {
		return nil
	}
	def, err := d.o.Store.Definition(ctx, tenant, t.Product, t.Revision)
	switch {
	case errors.Is(err, access.ErrNotFound):
		return invalid("order %s: product %s has no revision %d", t.Number, t.Product, t.Revision)
	case err != nil:
		return err
	case def.State == Blocked:
		return invalid("order %s: revision %d of %s is blocked: %s", t.Number, t.Revision, t.Product, def.Reason)
	}
	return nil
}

// change makes a step of an order that the asker plans; seen is the revision on
// the asker's page.
func (d *Desk) change(ctx context.Context, who access.Principal, id string, seen int64, step func(o *Order) (Step, error)) (View, error) {
	o, steps, err := d.load(ctx, who, id)
	if err != nil {
		return View{}, err
	}
	if !who.May(access.Plan, o.Place) {
		return View{}, fmt.Errorf("%w: orders at %s", access.ErrForbidden, o.Place)
	}
	if seen != o.Rev {
		return View{}, fmt.Errorf("order %s is at revision %d, not %d: %w", o.Number, o.Rev, seen, access.ErrConflict)
	}
	s, err := step(&o)
	if err != nil {
		return View{}, err
	}
	next, s, err := d.follow(who, o, steps, s)
	if err != nil {
		return View{}, err
	}
	if _, err := d.o.Store.Append(ctx, who.Scope.Tenant, Change{Order: next, Seen: o.Rev, Steps: []Step{s}}); err != nil {
		return View{}, err
	}
	return d.view(ctx, who.Scope.Tenant, next)
}

// follow puts a step of now behind the others, and refuses one that does not fit.
func (d *Desk) follow(who access.Principal, o Order, steps []Step, s Step) (Order, Step, error) {
	s.Seq, s.Entered, s.By = o.Rev+1, d.now(), who.Name
	if s.At == 0 {
		s.At = s.Entered
		for _, old := range steps {
			s.At = max(s.At, old.At) // a clock that was set back does not reorder what people saw
		}
	}
	next := Fold(o.ID, append(steps[:len(steps):len(steps)], s))
	for _, doubt := range next.Doubts {
		if doubt.Step == s.Seq {
			return next, s, invalid("order %s: %s is not possible: %s", o.Number, doubt.What, doubt.Why)
		}
	}
	return next, s, nil
}

// Change changes what an order says.
func (d *Desk) Change(ctx context.Context, who access.Principal, id string, seen int64, t Terms) (View, error) {
	if err := d.checkTerms(ctx, who, &t); err != nil {
		return View{}, err
	}
	if err := d.free(ctx, who.Scope.Tenant, t.Number, id); err != nil {
		return View{}, err
	}
	return d.change(ctx, who, id, seen, func(o *Order) (Step, error) {
		if err := o.changeable(); err != nil {
			return Step{}, err
		}
		if len(o.Jobs) > 0 && (t.Product != o.Product || t.Revision != 0 && t.Revision != o.Revision || t.Kind != o.Kind) {
			return Step{}, invalid("order %s is released: product, revision and kind stay; cancel it and enter another", o.Number)
		}
		if len(o.Jobs) > 0 {
			t.Revision = o.Revision
		}
		return Step{What: StepChanged, Terms: &t}, nil
	})
}

func (o *Order) changeable() error {
	switch o.State {
	case OrderCancelled, OrderClosed, OrderCompleted, OrderAborted:
		return invalid("order %s is %s: nothing of it changes any more", o.Number, o.State)
	default:
		return nil
	}
}

// ReleaseOrder makes the jobs of an order, by the revision it names or the one
// in force when it may begin.
func (d *Desk) ReleaseOrder(ctx context.Context, who access.Principal, id string, seen int64) (View, error) {
	return d.change(ctx, who, id, seen, func(o *Order) (Step, error) {
		if o.State != OrderForecast {
			return Step{}, invalid("order %s is %s; one that is entered is released", o.Number, o.State)
		}
		return d.releaseStep(ctx, who.Scope.Tenant, o)
	})
}

// releaseStep makes a job of each segment.
func (d *Desk) releaseStep(ctx context.Context, tenant plant.TenantNo, o *Order) (Step, error) {
	def, err := d.definitionFor(ctx, tenant, o)
	if err != nil {
		return Step{}, err
	}
	t := o.Terms
	t.Revision = def.Revision
	s := Step{What: StepReleased, Terms: &t}
	for _, g := range def.Segments {
		p := Planned{No: g.No, Name: &g.Name, Outside: g.Outside != nil, Crew: g.Operators, First: g.FirstPiece}
		if len(g.Alternatives) > 0 {
			p.Equipment = g.Alternatives[0].Equipment
		}
		s.Jobs = append(s.Jobs, p)
	}
	return s, nil
}

func (d *Desk) definitionFor(ctx context.Context, tenant plant.TenantNo, o *Order) (Definition, error) {
	begin := max(o.Earliest, d.now()).Time()
	if o.Revision == 0 {
		def, err := d.effective(ctx, tenant, o.Product, begin)
		if errors.Is(err, access.ErrNotFound) {
			return Definition{}, invalid("order %s: no released definition of %s is valid on %s; release one first", o.Number, o.Product, begin.Format("2006-01-02"))
		}
		return def, err
	}
	def, err := d.o.Store.Definition(ctx, tenant, o.Product, o.Revision)
	switch {
	case err != nil:
		return Definition{}, err
	case def.State != Released:
		return Definition{}, invalid("order %s: revision %d of %s is %s%s", o.Number, o.Revision, o.Product, def.State, because(def.Reason))
	case !def.Valid.At(begin) && o.Kind == Make:
		return Definition{}, invalid("order %s: revision %d of %s is not valid on %s", o.Number, o.Revision, o.Product, begin.Format("2006-01-02"))
	}
	return def, nil
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return ": " + reason
}

// Move holds, resumes, cancels or closes an order. Holding and cancelling take a
// reason.
func (d *Desk) Move(ctx context.Context, who access.Principal, id string, seen int64, what StepKind, reason string) (View, error) {
	return d.change(ctx, who, id, seen, func(o *Order) (Step, error) {
		reason = strings.TrimSpace(reason)
		switch {
		case what != StepHeld && what != StepResumed && what != StepCancelled && what != StepClosed:
			return Step{}, invalid("%q; write held, resumed, cancelled or closed", what)
		case len(reason) > maxNote || reason == "" && (what == StepHeld || what == StepCancelled):
			return Step{}, invalid("say in 1 to %d bytes why the order is %s", maxNote, what)
		case what == StepResumed && o.State != OrderHeld:
			return Step{}, invalid("order %s is not held", o.Number)
		case what == StepClosed && o.State != OrderCompleted && o.State != OrderAborted:
			return Step{}, invalid("order %s is %s; one that is completed is closed", o.Number, o.State)
		case what == StepHeld || what == StepCancelled:
			if err := o.changeable(); err != nil {
				return Step{}, err
			}
		}
		return Step{What: what, Reason: reason}, nil
	})
}

// Split takes a part of an order's quantity into an order of its own, which is
// not released yet.
func (d *Desk) Split(ctx context.Context, who access.Principal, id string, seen, quantity int64, number string) (View, error) {
	o, steps, err := d.load(ctx, who, id)
	if err != nil {
		return View{}, err
	}
	t := o.Terms
	t.Number, t.Quantity = number, quantity
	if err := d.checkTerms(ctx, who, &t); err != nil {
		return View{}, err
	}
	if err := errors.Join(o.changeable(), d.free(ctx, who.Scope.Tenant, number, "")); err != nil {
		return View{}, err
	}
	if _, err := d.count(ctx, who.Scope.Tenant, &o); err != nil {
		return View{}, err
	}
	for _, j := range o.Jobs {
		if j.Made.Good > o.Quantity-quantity {
			return View{}, invalid("order %s: job %d has made %d already; %d of %d can be split off", o.Number, j.No, j.Made.Good, o.Quantity-j.Made.Good, o.Quantity)
		}
	}
	if seen != o.Rev {
		return View{}, fmt.Errorf("order %s is at revision %d, not %d: %w", o.Number, o.Rev, seen, access.ErrConflict)
	}
	part := d.created(who, t, o.ID)
	next, s, err := d.follow(who, o, steps, Step{What: StepSplit, Other: part.Order.ID, Quantity: quantity})
	if err != nil {
		return View{}, err
	}
	if _, err := d.o.Store.Append(ctx, who.Scope.Tenant, part, Change{Order: next, Seen: o.Rev, Steps: []Step{s}}); err != nil {
		return View{}, err
	}
	return d.view(ctx, who.Scope.Tenant, part.Order)
}

// Merge takes another order of the same product, of which nothing was made, into
// an order; the other one is cancelled.
func (d *Desk) Merge(ctx context.Context, who access.Principal, id string, seen int64, other string) (View, error) {
	o, steps, err := d.load(ctx, who, id)
	if err != nil {
		return View{}, err
	}
	from, fromSteps, err := d.load(ctx, who, other)
	if err != nil {
		return View{}, err
	}
	switch {
	case !who.May(access.Plan, o.Place) || !who.May(access.Plan, from.Place):
		return View{}, fmt.Errorf("%w: orders at %s and %s", access.ErrForbidden, o.Place, from.Place)
	case seen != o.Rev:
		return View{}, fmt.Errorf("order %s is at revision %d, not %d: %w", o.Number, o.Rev, seen, access.ErrConflict)
	case id == other:
		return View{}, invalid("order %s cannot be merged with itself", o.Number)
	case o.Product != from.Product || o.Kind != from.Kind || from.Revision != 0 && o.Revision != 0 && from.Revision != o.Revision:
		return View{}, invalid("orders %s and %s are not of one product, revision and kind", o.Number, from.Number)
	case from.Began != 0:
		return View{}, invalid("work on order %s has begun", from.Number)
	}
	if err := errors.Join(o.changeable(), from.changeable()); err != nil {
		return View{}, err
	}
	next, s, err := d.follow(who, o, steps, Step{What: StepMerged, Other: from.ID, Quantity: from.Quantity})
	if err != nil {
		return View{}, err
	}
	gone, c, err := d.follow(who, from, fromSteps, Step{What: StepCancelled, Reason: "→ " + o.Number, Other: o.ID})
	if err != nil {
		return View{}, err
	}
	if _, err := d.o.Store.Append(ctx, who.Scope.Tenant, Change{Order: next, Seen: o.Rev, Steps: []Step{s}}, Change{Order: gone, Seen: from.Rev, Steps: []Step{c}}); err != nil {
		return View{}, err
	}
	return d.view(ctx, who.Scope.Tenant, next)
}
