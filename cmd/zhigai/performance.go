package main

import (
	"context"
	"errors"
	"time"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/shop/equipment"
	"zhigai/shop/production/performance"
)

// newPerformance makes the desk of figures of orders.
func (n *node) newPerformance() *performance.Desk {
	return performance.NewDesk(performance.Options{Orders: n.newProduction(), Machines: didOf{n.desk}, Definitions: n.orderFigures, Now: time.Now})
}

// didOf tells what machines did.
type didOf struct{ desk *equipment.Desk }

// Did implements performance.Machines. Of a machine that there is no more nothing
// is known.
func (d didOf) Did(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, from, to plant.Instant) (performance.Did, error) {
	var out performance.Did
	for at := from.Micros(); at < to.Micros(); at += countedAtOnce {
		part, err := d.desk.Timeline(ctx, access.Scope{Tenant: tenant}, machine, at, min(at+countedAtOnce, to.Micros()))
		if errors.Is(err, equipment.ErrInvalid) || errors.Is(err, access.ErrNotFound) {
			continue
		}
		if err != nil {
			return out, err
		}
		for _, i := range part {
			if i.Class != equipment.ClassUnknown {
				out.KnownMs += i.Ms()
			}
			if i.Class == equipment.APT {
				out.ProducedMs += i.Ms()
			}
		}
	}
	return out, nil
}
