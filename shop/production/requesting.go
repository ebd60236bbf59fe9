package production

import (
	"context"
	"errors"
	"fmt"

	"zhigai/access"
)

// Request is what another system asks of an order: what it is to say, and how it
// is to stand.
type Request struct {
	Terms  Terms
	State  OrderState // forecast, released, held or cancelled
	Reason string     // of held and cancelled
}

// Request makes an order what another system asks, whether it is there already
// or not, in one commit: no part of a request is done without the others. What
// it asks is held against the plant as what a person enters is; nothing is
// stored when the order says it already.
func (d *Desk) Request(ctx context.Context, who access.Principal, r Request) (Order, error) {
	for try := 1; ; try++ {
		o, err := d.request(ctx, who, r)
		if !errors.Is(err, access.ErrConflict) || try == tries {
			return o, err
		}
	}
}

func (d *Desk) request(ctx context.Context, who access.Principal, r Request) (Order, error) {
	switch r.State {
	case OrderForecast, OrderReleased, OrderHeld, OrderCancelled:
	default:
		return Order{}, invalid("order %s: state %q cannot be asked for; ask for forecast, released, held or cancelled", r.Terms.Number, r.State)
	}
	if (r.State == OrderHeld || r.State == OrderCancelled) && (r.Reason == "" || len(r.Reason) > maxNote) {
		return Order{}, invalid("order %s: say in 1 to %d bytes why it is %s", r.Terms.Number, maxNote, r.State)
	}
	if err := d.checkTerms(ctx, who, &r.Terms); err != nil {
		return Order{}, err
	}
	var o Order
	var steps []Step
	id, err := d.o.Store.Number(ctx, who.Scope.Tenant, r.Terms.Number)
	switch {
	case err == nil:
		if o, steps, err = d.load(ctx, who, id); err != nil {
			return Order{}, err
		}
		if !who.May(access.Plan, o.Place) {
			return Order{}, fmt.Errorf("%w: orders at %s", access.ErrForbidden, o.Place)
		}
	case errors.Is(err, access.ErrNotFound):
		o = Order{ID: d.o.NewID()}
	default:
		return Order{}, err
	}
	next, fresh, err := d.asked(ctx, who, o, steps, r)
	if err != nil || len(fresh) == 0 {
		return o, err
	}
	_, err = d.o.Store.Append(ctx, who.Scope.Tenant, Change{Order: next, Seen: o.Rev, Steps: fresh})
	return next, err
}

// asked are the steps that make an order what is asked, one behind the other.
func (d *Desk) asked(ctx context.Context, who access.Principal, o Order, steps []Step, r Request) (Order, []Step, error) {
	var fresh []Step
	then := func(s Step) error {
		next, s, err := d.follow(who, o, append(steps[:len(steps):len(steps)], fresh...), s)
		if err == nil {
			o, fresh = next, append(fresh, s)
		}
		return err
	}
	if len(steps) == 0 {
		c := d.created(who, r.Terms, "")
		c.Order.ID = o.ID
		o, fresh = Fold(o.ID, c.Steps), c.Steps
	} else if err := d.askedTerms(&o, &r); err != nil {
		return o, nil, err
	} else if r.State != OrderCancelled && r.Terms != o.Terms {
		if err := then(Step{What: StepChanged, Terms: &r.Terms}); err != nil {
			return o, nil, err
		}
	}
	var err error
	switch released := len(o.Jobs) > 0; {
	case r.State == OrderCancelled && o.State == OrderCancelled:
	case r.State == OrderCancelled:
		if err = o.changeable(); err == nil {
			err = then(Step{What: StepCancelled, Reason: r.Reason})
		}
	case r.State != OrderForecast && !released:
		var s Step
		if s, err = d.releaseStep(ctx, who.Scope.Tenant, &o); err == nil {
			err = then(s)
		}
	}
	switch {
	case err != nil:
	case r.State == OrderHeld && !o.held:
		err = then(Step{What: StepHeld, Reason: r.Reason})
	case r.State == OrderReleased && o.held:
		err = then(Step{What: StepResumed})
	}
	return o, fresh, err
}

// askedTerms fills in what the other system need not know, and refuses what
// cannot change any more.
func (d *Desk) askedTerms(o *Order, r *Request) error {
	if r.State == OrderCancelled {
		return nil
	}
	if r.Terms.Weight == 0 {
		r.Terms.Weight = o.Weight
	}
	if len(o.Jobs) > 0 && r.Terms.Revision == 0 {
		r.Terms.Revision = o.Revision
	}
	if r.Terms == o.Terms {
		return nil
	}
	if err := o.changeable(); err != nil {
		return err
	}
	if len(o.Jobs) > 0 && (r.Terms.Product != o.Product || r.Terms.Revision != o.Revision || r.Terms.Kind != o.Kind) {
		return invalid("order %s is released: product, revision and kind stay; cancel it and enter another", o.Number)
	}
	return nil
}

// ByNumber looks at an order by what people call it.
func (d *Desk) ByNumber(ctx context.Context, who access.Principal, number string) (View, error) {
	id, err := d.o.Store.Number(ctx, who.Scope.Tenant, number)
	if err != nil {
		return View{}, err
	}
	return d.View(ctx, who, id)
}
