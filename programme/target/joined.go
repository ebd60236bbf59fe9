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

// Joined are the facts of registry, registers and machines together.
type Joined struct {
	Roll
	Registers
	// Proved gives what machines proved in a year of firms that stand or stood in
	// the areas, and perhaps of others; nil: nothing.
	Proved func(ctx context.Context, tenant plant.TenantNo, areas []access.Area, year int) (map[string]map[string]int64, error)
}

var _ Facts = Joined{}

// errEnough ends the reading of returns when there is no firm left.
var errEnough = errors.New("enough")

// Firms implements [Facts]: what a firm returned stands in place of what the
// registry says of the same value, and what its machines proved in place of
// both.
func (j Joined) Firms(ctx context.Context, tenant plant.TenantNo, areas []access.Area, year int, yield func(Firm) error) error {
	var proved map[string]map[string]int64
	if j.Proved != nil {
		var err error
		if proved, err = j.Proved(ctx, tenant, areas, year); err != nil {
			return err
		}
	}
	asker := ctx
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	returns := make(chan Return, 256)
	read := make(chan error, 1)
	go func() { // ends with the context, which this call ends
		defer close(returns)
		read <- j.ReturnsOf(ctx, tenant, areas, year, func(r Return) error {
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
		if f.Values == nil {
			f.Values = map[string]Value{}
		}
		for more && next.Firm == f.ID {
			f.Values[next.Name] = Value{next.Value, next.Basis}
			next, more = <-returns
		}
		for name, n := range proved[f.ID] {
			f.Values[name] = Value{n, Machine}
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
	if err == nil {
		err = asker.Err()
	}
	return err
}
