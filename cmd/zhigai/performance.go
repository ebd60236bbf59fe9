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
	did, err := inParts(from.Micros(), to.Micros(), func(from, to plant.Micros) ([]equipment.Interval, error) {
		part, err := d.desk.Timeline(ctx, access.Scope{Tenant: tenant}, machine, from, to)
		if errors.Is(err, access.ErrNotFound) {
			err = nil
		}
		return part, err
	})
	var out performance.Did
	for _, i := range did {
		if i.Class != equipment.ClassUnknown {
			out.KnownMs += i.Ms()
		}
		if i.Class == equipment.APT {
			out.ProducedMs += i.Ms()
		}
	}
	return out, err
}
