package main

import (
	"context"
	"errors"
	"time"

	"zhigai/access"
	"zhigai/figure"
	"zhigai/plant"
	recshop "zhigai/record/shop"
	"zhigai/shop/equipment"
	"zhigai/shop/material"
	"zhigai/shop/material/balance"
	"zhigai/shop/production/attendance"
	"zhigai/shop/production/performance"
)

// newPerformance makes the desk of figures of orders.
func (n *node) newPerformance() *performance.Desk {
	return performance.NewDesk(performance.Options{Orders: n.newProduction(), Machines: didOf{n.desk}, Materials: usedOf{recshop.NewMaterial(n.record)}, Definitions: n.orderFigures, Now: time.Now})
}

// newBalance makes the desk of figures of items.
func (n *node) newBalance() *balance.Desk {
	return balance.NewDesk(balance.Options{Store: recshop.NewMaterial(n.record), Definitions: n.materialFigures, Now: time.Now})
}

// newAttendance makes the desk of figures of people.
func (n *node) newAttendance() *attendance.Desk {
	return attendance.NewDesk(attendance.Options{Hours: n.newProduction(), Calendars: breaksOf{placesOf{n.fleet}}, Definitions: n.workerFigures, Now: time.Now})
}

// usedOf tells what orders consumed.
type usedOf struct{ store material.Store }

// Used implements performance.Materials.
func (u usedOf) Used(ctx context.Context, tenant plant.TenantNo, order string) ([]performance.Used, error) {
	all, err := u.store.Used(ctx, tenant, order)
	out := make([]performance.Used, len(all))
	for i, one := range all {
		out[i] = performance.Used(one)
	}
	return out, err
}

// breaksOf tells of breaks by the plant as it is now.
type breaksOf struct{ placesOf }

// Breaks implements attendance.Calendars.
func (b breaksOf) Breaks(ctx context.Context, tenant plant.TenantNo, node plant.NodeID, from, to plant.Micros) ([]plant.Span, error) {
	s, err := b.now(ctx, tenant)
	if err != nil {
		return nil, err
	}
	return figure.Calendars(s.Model)[node].BreakSpans(from, to), nil
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
