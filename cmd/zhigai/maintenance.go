package main

import (
	"context"
	"errors"
	"time"

	"zhigai/access"
	"zhigai/plant"
	recshop "zhigai/record/shop"
	"zhigai/shop/alarm"
	"zhigai/shop/alarm/delivery"
	"zhigai/shop/equipment"
	"zhigai/shop/maintenance"
)

// newMaintenance makes the desk of plans and work orders.
func (n *node) newMaintenance() *maintenance.Desk {
	return maintenance.NewDesk(maintenance.Options{
		Store: recshop.NewMaintenance(n.record), Alarms: standingOf{n.alarms}, Machines: keptMachines{alarmMachines{n.desk, n.board}}, Places: nodesOf{placesOf{n.fleet}},
		Spares: sparesOf{n.newMaterial()}, Files: keptFiles{recshop.NewAttachments(n.record), n.attachments()},
		NewID: n.record.NewID, Now: time.Now,
	})
}

// standingOf tells maintenance when alarms stood.
type standingOf struct{ desk *alarm.Desk }

// Stood implements maintenance.Alarms.
func (s standingOf) Stood(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, id string, from, to plant.Instant) ([]maintenance.Standing, error) {
	all, err := s.desk.Stood(ctx, tenant, machine, id, from, to)
	out := make([]maintenance.Standing, len(all))
	for i, a := range all {
		out[i] = maintenance.Standing{From: a.From, To: a.To, Earlier: a.Earlier}
		if a.Open {
			out[i].To = 0
		}
	}
	return out, err
}

// keptMachines tells maintenance when machines stood and what they made.
type keptMachines struct{ alarmMachines }

var _ maintenance.Machines = keptMachines{}

// Stops implements maintenance.Machines.
func (m keptMachines) Stops(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, from, to plant.Instant) ([]maintenance.Stop, error) {
	all, err := m.alarmMachines.Stops(ctx, access.Scope{Tenant: tenant}, machine, from.Micros(), to.Micros())
	out := make([]maintenance.Stop, len(all))
	for i, s := range all {
		out[i] = maintenance.Stop{From: plant.Instant(s.From), To: plant.Instant(s.To)}
	}
	return out, err
}

// Counted implements maintenance.Machines.
func (m keptMachines) Counted(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, from, to plant.Instant) (sum int64, err error) {
	for at := from.Micros(); at < to.Micros(); at += stopsAtOnce {
		all, err := m.desk.Counted(ctx, access.Scope{Tenant: tenant}, machine, at, min(to.Micros(), at+stopsAtOnce))
		if err != nil && !errors.Is(err, equipment.ErrInvalid) { // shorter than the desk tells apart
			return 0, err
		}
		for _, c := range all {
			sum += c.Good + c.Scrap
		}
	}
	return sum, nil
}

// newDelivery makes the desk that sends alarms to people.
func (n *node) newDelivery() *delivery.Desk {
	return delivery.NewDesk(delivery.Options{
		Store: recshop.NewDeliveries(n.record, n.secrets), Alarms: n.alarms, Send: delivery.Wire{}, MayReach: n.mayReach,
		NewID: n.record.NewID, Now: time.Now,
	})
}
