package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhigai/access"
	"zhigai/plant"
	recshop "zhigai/record/shop"
	"zhigai/shop/alarm"
	"zhigai/shop/equipment"
	"zhigai/shop/material"
	"zhigai/shop/process/batch"
	"zhigai/shop/production"
)

// newBatches makes the desk of machines' runs.
func (n *node) newBatches() *batch.Desk {
	return batch.NewDesk(batch.Options{Store: recshop.NewBatches(n.record), Machines: runningOf{readingsOf{n}}, Inspection: inspectedOf{n}, Alarms: departedOf{alarmsFrom{n.alarms, fromBatches}}, NewID: n.record.NewID, Now: time.Now})
}

// departedOf tells the list of alarms of runs that depart.
type departedOf struct{ alarmsFrom }

const fromBatches alarm.Source = "batch"

// Raise implements batch.Alarms. What stands at a machine that is gone is nobody's.
func (a departedOf) Raise(ctx context.Context, tenant plant.TenantNo, d batch.Departure) error {
	return a.raiseWhere(ctx, tenant, alarm.Signal{Key: d.Key, Place: d.Place, At: d.At, Priority: 3, Text: d.Text, Evidence: d.Evidence})
}

// watchBatches holds the last runs against golden batches until ctx ends.
func (n *node) watchBatches(ctx context.Context) error {
	return n.eachTenantEvery(ctx, batch.Pace, "runs are not held against golden batches", n.newBatches().Watch)
}

// runningOf tells batch what machines did and showed.
type runningOf struct{ readingsOf }

var _ batch.Machines = runningOf{}

// Machine implements batch.Machines.
func (r runningOf) Machine(ctx context.Context, tenant plant.TenantNo, id plant.NodeID) (string, plant.Name, error) {
	now, err := r.n.fleet.At(ctx, tenant, plant.MicrosOf(time.Now()))
	if err != nil {
		return "", plant.Name{}, err
	}
	m, ok := now.Machines[id]
	if !ok {
		return "", plant.Name{}, fmt.Errorf("%w: machine %s", access.ErrNotFound, id)
	}
	return m.Path, m.Name, nil
}

// Signals implements batch.Machines. What counts energy or parts is a counter.
func (r runningOf) Signals(ctx context.Context, tenant plant.TenantNo, id plant.NodeID) ([]batch.Signal, error) {
	now, err := r.n.fleet.At(ctx, tenant, plant.MicrosOf(time.Now()))
	if err != nil {
		return nil, err
	}
	out := []batch.Signal{}
	m, ok := now.Machines[id]
	if !ok {
		return out, nil
	}
	for name, t := range m.Tags {
		if t.Kind == plant.KindNumber {
			out = append(out, batch.Signal{Name: name, Title: t.Title, Unit: t.Unit, Counter: t.Unit == "kW.h" || strings.HasPrefix(name, "count.")})
		}
	}
	slices.SortFunc(out, func(a, b batch.Signal) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

// Course implements batch.Machines.
func (r runningOf) Course(ctx context.Context, tenant plant.TenantNo, id plant.NodeID, signal string, from, to plant.Instant, n int) ([]batch.Mean, error) {
	tag, err := r.tag(ctx, tenant, id, signal)
	if err != nil {
		return nil, err
	}
	n = int(min(plant.Micros(n), to.Micros()-from.Micros())) // no part is shorter than a microsecond
	buckets, err := r.n.history.Buckets(ctx, tenant, tag, from.Micros(), to.Micros(), n)
	if err != nil {
		return nil, fmt.Errorf("signal %s of machine %s: %w", signal, id, err)
	}
	out := make([]batch.Mean, len(buckets))
	for i, b := range buckets {
		m := batch.Mean{At: plant.Instant(b.From + (b.To-b.From)/2), Known: b.GoodTime > 0, Mean: b.TimeAvg, Min: b.Min, Max: b.Max, Last: b.Last}
		if b.Count == b.BadCount { // the value from before held all the time
			m.Min, m.Max, m.Last = b.TimeAvg, b.TimeAvg, b.TimeAvg
		}
		out[i] = m
	}
	return out, nil
}

// Held implements batch.Machines.
func (r runningOf) Held(ctx context.Context, tenant plant.TenantNo, id plant.NodeID, signal string, from, to plant.Instant, limit int) ([]batch.Mean, error) {
	tag, err := r.tag(ctx, tenant, id, signal)
	if err != nil {
		return nil, err
	}
	var out []batch.Mean
	keep := func(s plant.Sample, at plant.Instant) bool {
		out = append(out, batch.Mean{At: at, Mean: s.Value, Min: s.Value, Max: s.Value, Last: s.Value, Known: !s.Quality.IsBad()})
		return len(out) <= limit
	}
	before, ok, err := r.n.history.Before(ctx, tenant, tag, from.Micros())
	if err != nil {
		return nil, err
	}
	if ok {
		keep(before, from)
	}
	if err := r.n.history.Samples(ctx, tenant, tag, from.Micros(), to.Micros(), func(s plant.Sample) bool { return keep(s, plant.Instant(s.Time)) }); err != nil {
		return nil, err
	}
	if len(out) > limit {
		return nil, fmt.Errorf("%w: %s changed more than %d times; take a shorter time", batch.ErrInvalid, signal, limit)
	}
	return out, nil
}

// timelineAtOnce is how much of a machine's past is asked for at a time.
const timelineAtOnce = plant.Micros(7 * 24 * time.Hour / time.Microsecond)

// Produced implements batch.Machines. A stretch is of one order and item.
func (r runningOf) Produced(ctx context.Context, tenant plant.TenantNo, id plant.NodeID, from, to plant.Instant, gap float64) ([]batch.Run, error) {
	var out []batch.Run
	for at := from.Micros(); at < to.Micros(); at += timelineAtOnce {
		all, err := r.n.desk.Timeline(ctx, access.Scope{Tenant: tenant}, id, at, min(at+timelineAtOnce, to.Micros()))
		if errors.Is(err, equipment.ErrInvalid) { // shorter than the desk tells apart
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, i := range all {
			if !i.State.Known || i.State.Item != equipment.Executing || i.State.Mode != equipment.Processing {
				continue
			}
			one := batch.Run{From: plant.Instant(i.From), To: plant.Instant(i.To), Order: i.Order, Item: i.Product}
			if n := len(out); n > 0 && out[n-1].Order == one.Order && out[n-1].Item == one.Item && float64(one.From-out[n-1].To) <= gap*1e6 {
				out[n-1].To = one.To
				continue
			}
			out = append(out, one)
		}
	}
	return out, nil
}

// maxJobOrders is how many orders are looked at for the jobs of a machine.
const maxJobOrders = 2000

// Jobs implements batch.Machines. A job that was put aside is as long as it took from
// its first to its last minute at the machine.
func (r runningOf) Jobs(ctx context.Context, tenant plant.TenantNo, id plant.NodeID, from, to plant.Instant) ([]batch.Run, error) {
	desk, who := r.n.newProduction(), access.Node(tenant)
	f := production.OrderFilter{Scope: access.Scope{Tenant: tenant}, During: production.Interval{From: from, To: to}, Limit: maxJobOrders}
	orders, err := desk.During(ctx, who, f)
	if err != nil {
		return nil, err
	}
	var out []batch.Run
	for _, o := range orders {
		for _, j := range o.Jobs {
			run := batch.Run{Order: o.Number, Job: j.No, Item: o.Product, Good: j.Made.Good, Scrap: j.Made.Scrap}
			for _, at := range j.Runs {
				if at.Equipment != id || at.From >= to || at.To != 0 && at.To <= from {
					continue
				}
				if run.From == 0 || at.From < run.From {
					run.From = at.From
				}
				if at.To == 0 {
					run.To, run.Running = 0, true
				} else if !run.Running {
					run.To = max(run.To, at.To)
				}
			}
			if run.From == 0 {
				continue
			}
			for _, w := range j.Work {
				if !slices.Contains(run.People, w.Person) {
					run.People = append(run.People, w.Person)
				}
			}
			if run.Lots, err = r.lots(ctx, tenant, o.Number, j.No); err != nil {
				return nil, err
			}
			out = append(out, run)
		}
	}
	slices.SortFunc(out, func(a, b batch.Run) int { return int(min(1, max(-1, a.From-b.From))) })
	return out, nil
}

// lots that went into a job.
func (r runningOf) lots(ctx context.Context, tenant plant.TenantNo, order string, job int) ([]string, error) {
	const most = 200
	booked, err := r.n.newMaterial().Entries(ctx, access.Node(tenant), material.EntryFilter{Order: order, Job: job, What: []material.Kind{material.Consumed}, Limit: most})
	if err != nil {
		return nil, err
	}
	var out []string
	for _, e := range booked {
		if id := material.LotID(e.Item, e.Lot); e.Lot != "" && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out, nil
}

// inspectedOf tells batch what was measured.
type inspectedOf struct{ n *node }

// maxMeasured is how many subgroups are read of a characteristic at once.
const maxMeasured = 200_000

// Measured implements batch.Inspection.
func (i inspectedOf) Measured(ctx context.Context, tenant plant.TenantNo, characteristic string, from, to plant.Instant) ([]batch.Measured, plant.Name, string, string, error) {
	c, err := i.n.newQuality().Characteristic(ctx, access.Node(tenant), characteristic)
	if err != nil {
		return nil, plant.Name{}, "", "", err
	}
	all, err := recshop.NewQuality(i.n.record).Subgroups(ctx, tenant, characteristic, from, to, maxMeasured+1)
	if err != nil {
		return nil, plant.Name{}, "", "", err
	}
	if len(all) > maxMeasured {
		return nil, plant.Name{}, "", "", fmt.Errorf("%w: more than %d subgroups; take a shorter time", batch.ErrInvalid, maxMeasured)
	}
	var out []batch.Measured
	for _, s := range all {
		if len(s.Values) == 0 {
			if s.Size > 0 { // of what is counted, the share
				out = append(out, batch.Measured{At: s.At, Value: s.Found / s.Size})
			}
			continue
		}
		sum := 0.
		for _, v := range s.Values {
			sum += v
		}
		out = append(out, batch.Measured{At: s.At, Value: sum / float64(len(s.Values))})
	}
	return out, c.Name, c.Path, c.Unit, nil
}
