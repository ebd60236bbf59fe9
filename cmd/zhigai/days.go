package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/figure"
	"zhigai/plant"
	"zhigai/programme/machine"
	"zhigai/shop/authenticity"
	"zhigai/shop/equipment"
)

const (
	// networkedRule is the file that says when a machine counts as networked.
	networkedRule = "standards/networked.yaml"
	// daysReader is the reader's name at the journal.
	daysReader = "machine-days"
	// daysEvery is how often closed windows are looked for: a late fact is at
	// every node above within seconds.
	daysEvery = time.Second
)

// proveDays adds machine days up as their windows close or get a new revision,
// until ctx ends.
func (n *node) proveDays(ctx context.Context) error {
	for {
		if err := n.proveClosed(ctx); err != nil && ctx.Err() == nil {
			n.log.Error("machine days: will try again", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(daysEvery):
		}
	}
}

func (n *node) proveClosed(ctx context.Context) error {
	return n.eachTenant(ctx, "machine days: will try again", n.proveClosedOf)
}

// proveClosedOf brings the rows of the days up to date in which the journal tells
// of closed windows.
func (n *node) proveClosedOf(ctx context.Context, tenant plant.TenantNo) error {
	journal := n.record.Journal()
	at, err := journal.Cursor(ctx, tenant, daysReader)
	if err != nil {
		return err
	}
	for {
		events, err := journal.Events(ctx, tenant, fact.Filter{AfterSeq: at, Kinds: []fact.Kind{fact.KindClosing}})
		if err != nil || len(events) == 0 {
			return err
		}
		if err := n.proveTouched(ctx, tenant, events); err != nil {
			return err
		}
		at = events[len(events)-1].Seq
		if err := journal.SaveCursor(ctx, tenant, daysReader, at); err != nil {
			return err
		}
	}
}

// proveTouched folds the days in which the windows lie again. The last window of
// a day to close makes it whole; until then there is nothing to keep.
func (n *node) proveTouched(ctx context.Context, tenant plant.TenantNo, closings []fact.Event) error {
	touched, instants := map[plant.NodeID]bool{}, map[plant.Micros]bool{}
	for _, e := range closings {
		touched[e.Subject] = true
		instants[e.Occurred-1] = true // a window's end is no longer in it
	}
	// A node below proves its own.
	elsewhere, err := n.nodes.Origins(ctx, tenant)
	if err != nil {
		return err
	}
	var done plant.Micros
	for _, at := range slices.Sorted(maps.Keys(instants)) {
		if at < done {
			continue // the day before was its day, too
		}
		days, err := n.engine.MachineDays(ctx, access.Scope{Tenant: tenant}, at, at+1)
		if err != nil {
			return fmt.Errorf("machine days of %s: %w", at.Time().Format(time.DateOnly), err)
		}
		for _, d := range days {
			done = max(done, d.Window.To)
		}
		days = slices.DeleteFunc(days, func(d figure.MachineDay) bool {
			return !d.Closed || !touched[d.Machine.ID] || d.Terms[equipment.TermMachines] == 0 || d.Enterprise.ID == "" || elsewhere[d.Machine.ID] != ""
		})
		if err := n.prove(ctx, tenant, days); err != nil {
			return err
		}
	}
	return nil
}

// prove examines machines on a day that is closed and keeps what they proved.
func (n *node) prove(ctx context.Context, tenant plant.TenantNo, days []figure.MachineDay) error {
	if len(days) == 0 {
		return nil
	}
	machines := make([]authenticity.Machine, len(days))
	for i, d := range days {
		tags, err := n.shop.Tags(ctx, access.Scope{Tenant: tenant, Path: d.Machine.Path})
		if err != nil {
			return err
		}
		machines[i] = n.examined(d.Machine, d.Enterprise, tags)
	}
	suspect, err := n.suspected(ctx, tenant, days[0].Date, plant.Span{From: days[0].Window.From, To: days[0].Window.To}, machines)
	if err != nil {
		return err
	}
	rows := make([]machine.Day, len(days))
	for i, d := range days {
		rows[i] = rowOf(d)
		rows[i].Suspect = suspect[d.Machine.ID]
	}
	changed, err := n.machines.SaveDays(ctx, tenant, rows)
	if err == nil && changed > 0 {
		n.provedNew(ctx, tenant)
	}
	return err
}

// dayFold names what makes a machine day of terms; a change of meaning gets a
// new one.
const dayFold = "machine-day/1"

// rowOf is what is kept and sent of a machine's day.
func rowOf(d figure.MachineDay) machine.Day {
	return machine.Day{
		Owner: d.Enterprise.ID, OwnerName: d.Enterprise.Name, Machine: d.Machine.ID, Name: d.Machine.Name, Path: d.Machine.Path, Date: d.Date,
		NC: d.Terms[equipment.TermMachinesNC] > 0, PlannedMs: d.Terms[equipment.TermBusy], KnownMs: d.Terms[equipment.TermKnown],
		Revision: d.Revision, AsOf: d.AsOf, Digest: d.Digest, Fold: dayFold,
	}
}

// provedNew tells who sends machine days up that there are new ones.
func (n *node) provedNew(_ context.Context, tenant plant.TenantNo) {
	if u := n.worksOf(tenant).to.Load(); u != nil {
		u.days.Changed()
	}
}
