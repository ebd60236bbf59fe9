package main

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"zhigai/access"
	"zhigai/figure"
	"zhigai/plant"
	recshop "zhigai/record/shop"
	"zhigai/shop/equipment"
	"zhigai/shop/material"
	"zhigai/shop/material/balance"
	"zhigai/shop/production"
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

// Did implements performance.Machines: each machine's past is read once for all
// runs there. Of a machine that there is no more nothing is known.
func (d didOf) Did(ctx context.Context, tenant plant.TenantNo, runs []production.MachineRun) (map[production.MachineRun]performance.Did, error) {
	at := map[plant.NodeID][]production.Interval{}
	for _, r := range runs {
		at[r.Equipment] = append(at[r.Equipment], r.Interval)
	}
	out := make(map[production.MachineRun]performance.Did, len(runs))
	for machine, ran := range at {
		did, err := d.during(ctx, tenant, machine, ran)
		if err != nil {
			return nil, err
		}
		for _, i := range ran {
			out[production.MachineRun{Interval: i, Equipment: machine}] = sumDid(did, i)
		}
	}
	return out, nil
}

// during is what a machine did, in order, at least in the stretches that are
// asked for.
func (d didOf) during(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, asked []production.Interval) (out []equipment.Interval, err error) {
	for _, i := range production.Joined(slices.Clone(asked), 0) {
		did, err := inParts(i.From.Micros(), i.To.Micros(), func(from, to plant.Micros) ([]equipment.Interval, error) {
			part, err := d.desk.Timeline(ctx, access.Scope{Tenant: tenant}, machine, from, to)
			if errors.Is(err, access.ErrNotFound) {
				err = nil
			}
			return part, err
		})
		if err != nil {
			return nil, err
		}
		out = append(out, did...)
	}
	return out, nil
}

// sumDid adds up what lies within a stretch.
func sumDid(did []equipment.Interval, in production.Interval) (out performance.Did) {
	first, _ := slices.BinarySearchFunc(did, in.From.Micros(), func(i equipment.Interval, t plant.Micros) int { return cmp.Compare(i.To, t+1) })
	for _, i := range did[first:] {
		if i.From >= in.To.Micros() {
			break
		}
		i.From, i.To = max(i.From, in.From.Micros()), min(i.To, in.To.Micros())
		if i.Class != equipment.ClassUnknown {
			out.KnownMs += i.Ms()
		}
		if i.Class == equipment.APT {
			out.ProducedMs += i.Ms()
		}
	}
	return out
}
