package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"zhigai/fact"
	"zhigai/link"
	"zhigai/plant"
	"zhigai/programme/machine"
	"zhigai/programme/suspicion"
	"zhigai/shop/authenticity"
	"zhigai/web"
)

const (
	// settleEvery is how often is looked for what others say of suspicions.
	settleEvery = 2 * time.Second
	// settledFacts and settledRows name the readers of journal and machine days.
	settledFacts = "suspicions"
	settledRows  = "suspicion-rows"
	// settleRows bounds the days that are looked at in one step.
	settleRows = 1000
)

var suspicionKinds = []fact.Kind{fact.KindSuspicion, fact.KindSuspicionSaid}

// newSuspicions makes the desk of those above the firms.
func (n *node) newSuspicions() *suspicion.Desk {
	return &suspicion.Desk{
		Store: n.machines, Sketches: n.machines, Journal: n.record.Journal(), Now: time.Now, Decided: n.settle,
		Ways: func(ctx context.Context, tenant plant.TenantNo) (map[plant.NodeID]suspicion.Way, error) {
			plants, err := n.machines.Links(ctx, tenant, nil)
			out := make(map[plant.NodeID]suspicion.Way, len(plants))
			for _, p := range plants {
				out[p.Owner] = suspicion.Way{Nodes: p.Ways, Firm: p.Firm}
			}
			return out, err
		},
	}
}

// settleSuspicions lets lists and machine days follow what is said of
// suspicions, here and elsewhere, until ctx ends.
func (n *node) settleSuspicions(ctx context.Context) error {
	return n.eachTenantEvery(ctx, settleEvery, "suspicions: will try again", n.settle)
}

// settle brings lists and machine days up to date.
func (n *node) settle(ctx context.Context, tenant plant.TenantNo) error {
	n.settling.Lock()
	defer n.settling.Unlock()
	return errors.Join(n.settleFacts(ctx, tenant), n.settleRows(ctx, tenant))
}

// decided brings a machine's day up to date when something was said of a
// suspicion: it counts again, or no longer.
func (n *node) decided(ctx context.Context, _ authenticity.Suspicion) error {
	return n.settle(ctx, web.Who(ctx).Scope.Tenant)
}

// settleFacts folds the suspicions of machines of which something was said, and
// counts their days by it.
func (n *node) settleFacts(ctx context.Context, tenant plant.TenantNo) error {
	journal := n.record.Journal()
	at, err := journal.Cursor(ctx, tenant, settledFacts)
	if err != nil {
		return err
	}
	for {
		events, err := journal.Events(ctx, tenant, fact.Filter{AfterSeq: at, Kinds: suspicionKinds, Limit: settleRows})
		if err != nil || len(events) == 0 {
			return err
		}
		var machines []plant.NodeID
		for _, e := range events {
			if !slices.Contains(machines, e.Subject) {
				machines = append(machines, e.Subject)
			}
		}
		all, err := n.standing(ctx, tenant, machines)
		if err != nil {
			return err
		}
		if err := n.machines.PutSuspicions(ctx, tenant, all); err != nil {
			return err
		}
		days := map[[2]string]bool{}
		for _, s := range all {
			if day := [2]string{string(s.Machine), s.Date}; !days[day] {
				days[day] = true
				if err := n.recount(ctx, tenant, s.Machine, s.Date); err != nil {
					return err
				}
			}
		}
		at = events[len(events)-1].Seq
		if err := journal.SaveCursor(ctx, tenant, settledFacts, at); err != nil {
			return err
		}
	}
}

// standing folds the suspicions of the machines from their facts.
func (n *node) standing(ctx context.Context, tenant plant.TenantNo, machines []plant.NodeID) ([]suspicion.Suspicion, error) {
	all, err := n.authenticity.Of(ctx, tenant, machines)
	out := make([]suspicion.Suspicion, len(all))
	for i, s := range all {
		out[i] = suspicion.Suspicion{ID: s.ID, Machine: s.Machine, Suspicion: s.Suspicion, State: suspicion.State(s.State), Said: []suspicion.Said{}}
		for _, w := range s.Said {
			out[i].Said = append(out[i].Said, suspicion.Said{At: w.At, By: w.By, What: suspicion.State(w.What), Text: w.Text})
		}
	}
	return out, err
}

// settleRows counts the days of which newer rows came: who sent them may not
// have heard yet.
func (n *node) settleRows(ctx context.Context, tenant plant.TenantNo) error {
	journal := n.record.Journal()
	at, err := journal.Cursor(ctx, tenant, settledRows)
	if err != nil {
		return err
	}
	for {
		days, through, err := n.machines.DaysSuspected(ctx, tenant, at, settleRows)
		if err != nil || through <= at {
			return err
		}
		for _, d := range days {
			if err := n.recount(ctx, tenant, d.Machine, d.Date); err != nil {
				return err
			}
		}
		at = through
		if err := journal.SaveCursor(ctx, tenant, settledRows, at); err != nil {
			return err
		}
	}
}

// recount lets a machine's day count by what is known of its suspicions.
func (n *node) recount(ctx context.Context, tenant plant.TenantNo, one plant.NodeID, date string) error {
	days, err := n.machines.Days(ctx, tenant, one, date, date+"~")
	if err != nil || len(days) == 0 {
		return err
	}
	known, err := n.machines.Standing(ctx, tenant, one, date)
	if err != nil {
		return err
	}
	var changed []machine.Day
	for _, d := range days {
		if now := suspicion.Effective(d.Suspect, known); !slices.Equal(now, d.Suspect) {
			d.Suspect, d.AsOf = now, max(plant.MicrosOf(time.Now()), d.AsOf+1)
			changed = append(changed, d)
		}
	}
	if len(changed) == 0 {
		return nil
	}
	if _, err := n.machines.SaveDays(ctx, tenant, changed); err != nil {
		return err
	}
	n.provedNew(ctx, tenant)
	return nil
}

const (
	// comparedRows names the reader of machine days that compares them.
	comparedRows = "compared-rows"
	// compareRest is how many times as long as a comparison took is waited for the
	// next: rows of a day come for hours, and each makes the day be compared again.
	compareRest = 10
	// toldDown names the reader that tells a node below.
	toldDown = "suspicions-of:"
	// tellDown bounds a question to a node below.
	tellDown = 20 * time.Second
	// tellAtOnce are the facts of one message.
	tellAtOnce = 200
	// suspicionVerb is what a node below is told of suspicions by.
	suspicionVerb = "suspicions"
)

// overseeSuspicions compares the machines of nodes below, and tells these what
// is suspected and decided, until ctx ends.
func (n *node) overseeSuspicions(ctx context.Context) error {
	t := newsboy{newest: map[plant.TenantNo]uint64{}, told: map[link.NodeID]uint64{}}
	next := time.Time{}
	for {
		if now := time.Now(); !now.Before(next) {
			if err := n.eachTenant(ctx, "machines of nodes below not compared: will try again", n.compareBelow); err != nil && ctx.Err() == nil {
				n.log.Error("machines of nodes below not compared: will try again", "err", err)
			}
			next = time.Now().Add(compareRest * time.Since(now))
		}
		if err := n.tellBelow(ctx, t); err != nil && ctx.Err() == nil {
			n.log.Error("suspicions: will tell nodes below again", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(settleEvery):
		}
	}
}

// compareBelow compares the days of which rows came since the last time.
func (n *node) compareBelow(ctx context.Context, tenant plant.TenantNo) error {
	journal := n.record.Journal()
	at, err := journal.Cursor(ctx, tenant, comparedRows)
	if err != nil {
		return err
	}
	through, did, err := n.suspicions.Compare(ctx, tenant, at)
	if err != nil || through <= at {
		return err
	}
	if did.Full {
		n.log.Warn("machines of nodes below: more of them are alike than are looked at", "days", did.Dates)
	}
	return journal.SaveCursor(ctx, tenant, comparedRows, through)
}

// newsboy remembers what nodes below were told.
type newsboy struct {
	newest map[plant.TenantNo]uint64 // facts of suspicions
	told   map[link.NodeID]uint64
}

// news looks for newer facts of the tenant.
func (n *node) news(ctx context.Context, t newsboy, tenant plant.TenantNo) error {
	for {
		events, err := n.record.Journal().Events(ctx, tenant, fact.Filter{AfterSeq: t.newest[tenant], Kinds: suspicionKinds})
		if err != nil || len(events) == 0 {
			return err
		}
		t.newest[tenant] = events[len(events)-1].Seq
	}
}

// tellBelow tells every node below that is there what it has not been told.
func (n *node) tellBelow(ctx context.Context, t newsboy) error {
	nodes, err := n.down.parent.Status(ctx)
	if err != nil {
		return err
	}
	looked := map[plant.TenantNo]bool{}
	var errs []error
	for _, one := range nodes {
		id, tenant := one.Node.ID, one.Node.Tenant
		if !one.Connected || one.Node.Revoked != 0 {
			continue
		}
		if !looked[tenant] {
			looked[tenant] = true
			if err := n.news(ctx, t, tenant); err != nil {
				return err
			}
		}
		if _, known := t.told[id]; !known {
			if t.told[id], err = n.record.Journal().Cursor(ctx, tenant, toldDown+string(id)); err != nil {
				return err
			}
		}
		for t.told[id] < t.newest[tenant] {
			through, err := n.tellOne(ctx, one.Node, t.told[id])
			if err != nil {
				if !errors.Is(err, link.ErrNotConnected) { // it is told when it is back
					errs = append(errs, fmt.Errorf("node %s: %w", one.Node.Name, err))
				}
				break
			}
			t.told[id] = through
		}
	}
	return errors.Join(errs...)
}

// tellOne tells a node below the next facts of its machines.
func (n *node) tellOne(ctx context.Context, to link.Node, after uint64) (uint64, error) {
	journal, tenant := n.record.Journal(), to.Tenant
	events, err := journal.Events(ctx, tenant, fact.Filter{AfterSeq: after, Kinds: suspicionKinds, Limit: tellAtOnce})
	if err != nil || len(events) == 0 {
		return after, err
	}
	through := events[len(events)-1].Seq
	var machines []plant.NodeID
	for _, e := range events {
		machines = append(machines, e.Subject)
	}
	its, err := n.machines.Speaks(ctx, tenant, to.ID, machines, false)
	if err != nil {
		return after, err
	}
	events = slices.DeleteFunc(events, func(e fact.Event) bool { return !its[e.Subject] })
	if len(events) > 0 {
		raw, err := json.Marshal(events)
		if err != nil {
			return after, err
		}
		ask, cancel := context.WithTimeout(ctx, tellDown)
		defer cancel()
		if _, err := n.down.parent.Request(ask, to.ID, suspicionVerb, raw); err != nil {
			return after, err
		}
	}
	return through, journal.SaveCursor(ctx, tenant, toldDown+string(to.ID), through)
}

// takeSuspicions keeps what the node above says of suspicions of machines that
// are here or come by here.
func (n *node) takeSuspicions(ctx context.Context, tenant plant.TenantNo, payload []byte) ([]byte, error) {
	var events []fact.Event
	if err := json.Unmarshal(payload, &events); err != nil {
		return nil, fmt.Errorf("%w: suspicions: %w", link.ErrRefused, err)
	}
	if len(events) > tellAtOnce {
		return nil, fmt.Errorf("%w: %d facts at once; %d are taken", link.ErrRefused, len(events), tellAtOnce)
	}
	var keep []fact.Event
	for _, e := range events {
		if !slices.Contains(suspicionKinds, e.Kind) || e.ID == "" {
			return nil, fmt.Errorf("%w: a fact of kind %.40q is not one of suspicions", link.ErrRefused, e.Kind)
		}
		owner, err := n.machines.OwnerOf(ctx, tenant, e.Subject)
		if err != nil {
			return nil, err
		}
		if owner != "" {
			e.Seq, e.Recorded = 0, 0 // our own
			keep = append(keep, e)
		}
	}
	if len(keep) > 0 {
		if _, err := n.record.Journal().Append(ctx, tenant, keep...); err != nil {
			return nil, err
		}
	}
	return []byte("{}"), n.settle(ctx, tenant)
}
