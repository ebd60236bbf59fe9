package target

import (
	"context"
	"errors"

	"zhigai/access"
	"zhigai/plant"
)

// Roll is the registry of firms.
type Roll interface {
	// Firms yields those that existed at the instant, as they were then, in
	// order of id. Values hold what the registry itself knows of the year.
	Firms(ctx context.Context, tenant plant.TenantNo, areas []access.Area, at plant.Micros, year int, yield func(Firm) error) error
}

// Joined are the facts of registry and registers together.
type Joined struct {
	Roll
	Registers
}

var _ Facts = Joined{}

// errEnough ends the reading of returns when there is no firm left.
var errEnough = errors.New("enough")

// Firms implements [Facts]: what a firm returned stands in place of what the
// registry says of the same value.
func (j Joined) Firms(ctx context.Context, tenant plant.TenantNo, areas []access.Area, year int, yield func(Firm) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	returns := make(chan Return, 256)
	read := make(chan error, 1)
	go func() { // ends with the context, which this call ends
		defer close(returns)
		read <- j.ReturnsOf(ctx, tenant, year, func(r Return) error {
			select {
			case returns <- r:
				return nil
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		})
	}()
	next, more := <-returns
	err := j.Roll.Firms(ctx, tenant, areas, Year(year).To-1, year, func(f Firm) error {
		for more && next.Firm < f.ID {
			next, more = <-returns
		}
		for more && next.Firm == f.ID {
			if f.Values == nil {
				f.Values = map[string]Value{}
			}
			f.Values[next.Name] = Value{next.Value, next.Basis}
			next, more = <-returns
		}
		return yield(f)
	})
	if more {
		cancel(errEnough)
	}
	for range returns { // what was on its way
	}
	if broke := <-read; err == nil && !errors.Is(broke, errEnough) && !errors.Is(broke, context.Canceled) {
		err = broke
	}
	return err
}
