package production

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"zhigai/access"
	"zhigai/plant"
)

// OpenStates are those of orders that are not over.
var OpenStates = []OrderState{OrderForecast, OrderReleased, OrderHeld, OrderRunning, OrderPaused}

// maxOpen bounds how many orders are planned at once.
const maxOpen = 20_000

// Open lists the orders within a scope that are not over, by due date.
func (d *Desk) Open(ctx context.Context, scope access.Scope) ([]Counted, error) {
	heads, err := d.o.Store.Orders(ctx, scope.Tenant, OrderFilter{
		Scope: scope, States: OpenStates, Limit: maxOpen + 1,
	})
	if err != nil {
		return nil, err
	}
	if len(heads) > maxOpen {
		return nil, invalid("more than %d orders are open at %q; plan one part of the plant at a time", maxOpen, scope.Path)
	}
	return d.counted(ctx, scope.Tenant, heads)
}

// Effective is the released definition of a product that orders follow which
// begin at an instant; access.ErrNotFound without.
func (d *Desk) Effective(ctx context.Context, tenant plant.TenantNo, product string, at plant.Instant) (Definition, error) {
	return d.effective(ctx, tenant, product, at.Time())
}

// Decision is where and when jobs of an order are to be done.
type Decision struct {
	Order string
	Jobs  []Planned
}

// decisionsAtOnce is how many orders one commit takes, so that others who write
// do not wait long.
const decisionsAtOnce = 200

// Decide tells orders where and when their jobs are to be done. A job that was
// begun stays where it is; an order that is decided so already is left alone, so
// that the same may be told again.
func (d *Desk) Decide(ctx context.Context, who access.Principal, all []Decision) error {
	for part := range slices.Chunk(all, decisionsAtOnce) {
		for try := 1; ; try++ {
			err := d.decide(ctx, who, part)
			if errors.Is(err, access.ErrConflict) && try < tries { // somebody reported at a machine meanwhile
				continue
			}
			if err != nil {
				return err
			}
			break
		}
	}
	return nil
}

func (d *Desk) decide(ctx context.Context, who access.Principal, part []Decision) error {
	var changes []Change
	for _, one := range part {
		o, steps, err := d.load(ctx, who, one.Order)
		if err != nil {
			return err
		}
		if !who.May(access.Plan, o.Place) {
			return fmt.Errorf("%w: orders at %s", access.ErrForbidden, o.Place)
		}
		jobs := o.undecided(one.Jobs)
		if len(jobs) == 0 || o.changeable() != nil {
			continue
		}
		next, s, err := d.follow(who, o, steps, Step{What: StepPlanned, Jobs: jobs})
		if err != nil {
			return err
		}
		changes = append(changes, Change{Order: next, Seen: o.Rev, Steps: []Step{s}})
	}
	if len(changes) == 0 {
		return nil
	}
	_, err := d.o.Store.Append(ctx, who.Scope.Tenant, changes...)
	return err
}

// undecided are those of the jobs that are to be done elsewhere, or at another
// time, than the order has them.
func (o *Order) undecided(jobs []Planned) (out []Planned) {
	for _, p := range jobs {
		j, ok := o.Job(p.No)
		if !ok || j.State.Ended() {
			continue
		}
		if j.State.Begun() || j.Outside {
			p.Equipment = ""
		}
		if (p.Equipment != "" && p.Equipment != j.Equipment) || p.From != j.From || p.To != j.To || p.Locked != j.Locked {
			out = append(out, Planned{No: p.No, Equipment: p.Equipment, From: p.From, To: p.To, Locked: p.Locked})
		}
	}
	return out
}
