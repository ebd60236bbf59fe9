package main

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"zhigai/access"
	"zhigai/plant"
	recshop "zhigai/record/shop"
	"zhigai/shop/alarm"
	"zhigai/shop/equipment"
	"zhigai/shop/learn"
	"zhigai/shop/maintenance"
)

// newModels makes the desk where models are trained on machines.
func (n *node) newModels() *learn.Desk {
	return learn.NewDesk(learn.Options{Store: recshop.NewModels(n.record), Machines: learningOf{runningOf{readingsOf{n}}}, Alarms: modelAlarms{alarmsFrom{n.alarms, fromModels}}, NewID: n.record.NewID, Now: time.Now, Logger: n.log})
}

// followModels asks models at work about what came until ctx ends.
func (n *node) followModels(ctx context.Context) error {
	return n.eachTenantEvery(ctx, learn.Pace, "models are not asked", n.models.Follow)
}

// modelAlarms puts what models find into the list of alarms.
type modelAlarms struct{ alarmsFrom }

const fromModels alarm.Source = "model"

// Raise implements learn.Alarms. What stands at a machine that is gone is nobody's.
func (m modelAlarms) Raise(ctx context.Context, tenant plant.TenantNo, a learn.Alarm) error {
	return m.raiseWhere(ctx, tenant, alarm.Signal{Key: a.Key, Place: a.Place, At: a.At, Priority: a.Priority, Text: a.Text, Evidence: a.Evidence})
}

// learningOf tells learn what machines did and showed.
type learningOf struct{ runningOf }

var _ learn.Machines = learningOf{}

// Signals implements learn.Machines.
func (l learningOf) Signals(ctx context.Context, tenant plant.TenantNo, id plant.NodeID) ([]learn.Signal, error) {
	all, err := l.runningOf.Signals(ctx, tenant, id)
	out := make([]learn.Signal, len(all))
	for i, s := range all {
		out[i] = learn.Signal(s)
	}
	return out, err
}

// Parts implements learn.Machines.
func (l learningOf) Parts(ctx context.Context, tenant plant.TenantNo, id plant.NodeID, signal string, from, to plant.Instant, n int) ([]learn.Part, error) {
	tag, err := l.tag(ctx, tenant, id, signal)
	if err != nil {
		return nil, err
	}
	buckets, err := l.n.history.Buckets(ctx, tenant, tag, from.Micros(), to.Micros(), n)
	if err != nil {
		return nil, err
	}
	out := make([]learn.Part, len(buckets))
	for i, b := range buckets {
		out[i] = learn.Part{Mean: b.TimeAvg, Min: b.Min, Max: b.Max, Known: 2*b.GoodTime >= b.To-b.From}
		if b.Count == b.BadCount { // the value from before held all the time
			out[i].Min, out[i].Max = b.TimeAvg, b.TimeAvg
		}
	}
	return out, nil
}

// Produced implements learn.Machines.
func (l learningOf) Produced(ctx context.Context, tenant plant.TenantNo, id plant.NodeID, from, to plant.Instant) ([]learn.Span, error) {
	all, err := l.runningOf.Produced(ctx, tenant, id, from, to, 0)
	out := make([]learn.Span, len(all))
	for i, r := range all {
		out[i] = learn.Span{From: r.From, To: r.To}
	}
	return out, err
}

// Failures implements learn.Machines: stops whose reason is a breakdown, as the figure
// failures has them, and corrective work that was done.
func (l learningOf) Failures(ctx context.Context, tenant plant.TenantNo, id plant.NodeID, from, to plant.Instant) ([]learn.Breakdown, error) {
	scope := access.Scope{Tenant: tenant}
	to = min(to, plant.InstantOf(time.Now()))
	var out []learn.Breakdown
	for at := from.Micros(); at < to.Micros(); at += stopsAtOnce {
		f := equipment.StopFilter{Node: id, From: at, To: min(to.Micros(), at+stopsAtOnce), Limit: maxStopsRead}
		for {
			page, err := l.n.desk.Stops(ctx, scope, f)
			if errors.Is(err, equipment.ErrInvalid) { // shorter than the desk tells apart
				break
			}
			if err != nil {
				return nil, err
			}
			for _, s := range page.Stops {
				if r, ok := l.n.reasons.Reason(s.Reason); ok && r.Loss == equipment.LossBreakdown {
					out = append(out, learn.Breakdown{At: plant.Instant(s.From), Until: plant.Instant(s.To), Text: s.Reason})
				}
			}
			if f.Cursor = page.Next; f.Cursor == "" {
				break
			}
		}
	}
	repaired, err := l.repairs(ctx, tenant, id, from, to)
	out = append(out, repaired...)
	slices.SortFunc(out, func(a, b learn.Breakdown) int { return cmp.Compare(a.At, b.At) })
	return joined(out, from), err
}

// joined makes one of failures that overlap: a stop that was asked for in two parts, and
// the work about it. What stood at the beginning began before.
func joined(all []learn.Breakdown, from plant.Instant) []learn.Breakdown {
	out := []learn.Breakdown{}
	for _, f := range all {
		if n := len(out); n > 0 && f.At <= out[n-1].Until {
			out[n-1].Until, out[n-1].Order = max(out[n-1].Until, f.Until), cmp.Or(out[n-1].Order, f.Order)
			continue
		}
		out = append(out, f)
	}
	if len(out) > 0 && out[0].At == from {
		return out[1:]
	}
	return out
}

// repairs are corrective work that was done, from when it was asked for or its alarm
// came.
func (l learningOf) repairs(ctx context.Context, tenant plant.TenantNo, id plant.NodeID, from, to plant.Instant) (out []learn.Breakdown, err error) {
	const most = 500
	all, err := recshop.NewMaintenance(l.n.record).Orders(ctx, maintenance.Filter{Scope: access.Scope{Tenant: tenant}, Machine: id, Limit: most})
	for _, o := range all {
		if o.Kind != maintenance.Corrective || o.Done() == 0 || len(o.Steps) == 0 {
			continue
		}
		at := o.Steps[0].At
		if o.Origin != nil {
			at = o.Origin.From
		}
		if at >= from && at < to {
			out = append(out, learn.Breakdown{At: at, Until: o.Done(), Text: cmp.Or(o.Fault, o.Title), Order: o.ID})
		}
	}
	return out, err
}
