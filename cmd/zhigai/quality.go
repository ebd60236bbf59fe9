package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/plant"
	recshop "zhigai/record/shop"
	"zhigai/shop/alarm"
	"zhigai/shop/production"
	"zhigai/shop/quality"
)

// newQuality makes the desk of inspection.
func (n *node) newQuality() *quality.Desk {
	return quality.NewDesk(quality.Options{
		Store: recshop.NewQuality(n.record), Places: nodesOf{placesOf{n.fleet}}, Alarms: toldOf{alarmsFrom{n.alarms, fromQuality}}, Orders: heldBy{n.newProduction()}, Scrap: scrapOf{n}, Jobs: jobsOf{n}, Pictures: picturesOf{n},
		NewID: n.record.NewID, Now: time.Now, Logger: n.log,
	})
}

// toldOf carries what inspection finds to people.
type toldOf struct{ alarmsFrom }

// fromQuality is inspection's name as a source of alarms.
const fromQuality alarm.Source = "quality"

// Raise implements quality.Alarms.
func (a toldOf) Raise(ctx context.Context, tenant plant.TenantNo, s quality.Signal) error {
	priority := 3
	if s.Fatal {
		priority = 2
	}
	return a.raise(ctx, tenant, alarm.Signal{Key: s.Key, Place: s.Place, At: s.At, Priority: priority, Text: s.Text, Evidence: s.Page})
}

// heldBy holds orders for inspection.
type heldBy struct{ desk *production.Desk }

// HoldOrder implements quality.Orders.
func (h heldBy) HoldOrder(ctx context.Context, tenant plant.TenantNo, number, reason string) (bool, error) {
	who := access.Node(tenant)
	heads, err := h.desk.List(ctx, who, production.OrderFilter{Scope: access.Scope{Tenant: tenant}, Text: number, Limit: ordersAtOnce})
	if err != nil {
		return false, err
	}
	for _, o := range heads {
		if o.Number != number || o.State != production.OrderReleased && o.State != production.OrderRunning {
			continue
		}
		v, err := h.desk.Move(ctx, who, o.ID, o.Rev, production.StepHeld, reason)
		return err == nil && v.State == production.OrderHeld, err
	}
	return false, nil
}

// scrapOf tells inspection what production entered as scrap.
type scrapOf struct{ n *node }

// Scrap implements quality.Defects.
func (s scrapOf) Scrap(ctx context.Context, scope access.Scope, from, to plant.Instant) ([]quality.Defect, error) {
	snapshot, err := s.n.fleet.At(ctx, scope.Tenant, plant.MicrosOf(time.Now()))
	if err != nil {
		return nil, err
	}
	seen := map[plant.NodeID]bool{}
	for _, nd := range snapshot.Model.Nodes {
		seen[nd.ID] = scope.Allows(nd.Path)
	}
	events, err := s.n.record.Journal().Events(ctx, scope.Tenant, fact.Filter{Kinds: []fact.Kind{fact.KindCount}, From: from.Micros(), To: to.Micros()})
	if err != nil {
		return nil, err
	}
	withdrawn := map[string]bool{}
	for _, e := range events {
		withdrawn[e.Supersedes] = e.Supersedes != ""
	}
	sums := map[string]int64{}
	for _, e := range events {
		var c fact.Count
		if !seen[e.Subject] || withdrawn[e.ID] || e.Withdrawn {
			continue
		}
		if err := json.Unmarshal(e.Payload, &c); err != nil {
			return nil, fmt.Errorf("count %s: %w", e.ID, err)
		}
		if c.Scrap > 0 {
			sums[c.Reason] += c.Scrap
		}
	}
	out := make([]quality.Defect, 0, len(sums))
	for code, count := range sums {
		out = append(out, quality.Defect{Code: code, Count: count})
	}
	return out, nil
}

const (
	// gaugesEvery is how often signals that are characteristics are read.
	gaugesEvery = time.Second
	// gaugesSettle is how long a sample may be on its way behind others of its machine.
	gaugesSettle = plant.Micros(2 * time.Second / time.Microsecond)
	// gaugesPast is how far back a new characteristic begins.
	gaugesPast = plant.Micros(24 * time.Hour / time.Microsecond)
	// subgroupsAtOnce bounds what is taken of one characteristic in a round.
	subgroupsAtOnce = 2000
)

// readGauges takes what machines measured as measurements, until ctx ends.
func (n *node) readGauges(ctx context.Context) error {
	desk, store := n.newQuality(), recshop.NewQuality(n.record)
	return n.eachTenantEvery(ctx, gaugesEvery, "gauges: will try again", func(ctx context.Context, tenant plant.TenantNo) error {
		return n.readGaugesOf(ctx, tenant, desk, store)
	})
}

func (n *node) readGaugesOf(ctx context.Context, tenant plant.TenantNo, desk *quality.Desk, store quality.Store) error {
	if err := n.readMasters(ctx, tenant, desk); err != nil {
		return err
	}
	scope := access.Scope{Tenant: tenant}
	all, err := desk.Characteristics(ctx, quality.Filter{Scope: scope, Limit: maxGauges})
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(all, func(c quality.Characteristic) bool { return c.Tag != "" }) {
		return nil
	}
	now, err := n.fleet.At(ctx, tenant, plant.MicrosOf(time.Now()))
	if err != nil {
		return err
	}
	for _, c := range all {
		m, ok := now.Machines[c.Place]
		if c.Tag == "" || !ok {
			continue
		}
		if err := n.readGauge(ctx, tenant, c, m.Tags, desk, store); err != nil {
			return fmt.Errorf("characteristic %s: %w", c.ID, err)
		}
	}
	return nil
}

// maxGauges bounds the characteristics of a plant that are read of machines.
const maxGauges = 5000

func (n *node) readGauge(ctx context.Context, tenant plant.TenantNo, c quality.Characteristic, tags map[string]*plant.Tag, desk *quality.Desk, store quality.Store) error {
	to := plant.MicrosOf(time.Now()) - gaugesSettle
	from := to - gaugesPast
	if c.From > 0 {
		from = c.From.Micros()
	}
	last, err := store.Before(ctx, tenant, c.ID, plant.Instant(to), 1)
	if err != nil {
		return err
	}
	if len(last) > 0 {
		from = last[0].At.Micros() + 1
	}
	out, err := n.subgroupsOf(ctx, tenant, c, tags, from, to)
	if err != nil {
		return err
	}
	return desk.Read(ctx, tenant, c, out)
}

// subgroupsOf are what a machine measured of a characteristic in [from, to).
func (n *node) subgroupsOf(ctx context.Context, tenant plant.TenantNo, c quality.Characteristic, tags map[string]*plant.Tag, from, to plant.Micros) (out []quality.Subgroup, err error) {
	value, ok := tags[c.Tag]
	if !ok {
		return nil, nil // the machine does not have the signal, or not yet
	}
	var readings []reading
	if c.Trigger == "" {
		readings, err = n.readingsOf(ctx, tenant, value.No, from, to, c.Size*subgroupsAtOnce)
	} else if counter, ok := tags[c.Trigger]; ok {
		readings, err = n.countedReadings(ctx, tenant, value.No, counter.No, from, to, c.Size*subgroupsAtOnce)
	}
	if err != nil {
		return nil, err
	}
	for group := range slices.Chunk(readings, c.Size) {
		if len(group) < c.Size {
			break // it waits for the rest
		}
		s := quality.Subgroup{By: "tag:" + c.Tag, At: plant.Instant(group[c.Size-1].at), Gauge: c.Gauge}
		s.ID = fmt.Sprintf("%s.%d", c.ID, s.At)
		for _, r := range group {
			s.Values = append(s.Values, r.value)
		}
		out = append(out, s)
	}
	return out, nil
}

// reading is a value of a signal at an instant.
type reading struct {
	at    plant.Micros
	value float64
}

// readingsOf are the good samples of a signal.
func (n *node) readingsOf(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, from, to plant.Micros, most int) (out []reading, err error) {
	err = n.history.Samples(ctx, tenant, tag, from, to, func(s plant.Sample) bool {
		if s.Quality.Class() == plant.Good {
			out = append(out, reading{s.Time, s.Value})
		}
		return len(out) < most
	})
	return out, err
}

// countedReadings are the values that a signal had each time a counter rose.
func (n *node) countedReadings(ctx context.Context, tenant plant.TenantNo, tag, counter plant.TagNo, from, to plant.Micros, most int) ([]reading, error) {
	counts, err := n.readingsOf(ctx, tenant, counter, from, to, most+1)
	if err != nil || len(counts) == 0 {
		return nil, err
	}
	values, err := n.readingsOf(ctx, tenant, tag, from, counts[len(counts)-1].at+1, 10*most)
	if err != nil {
		return nil, err
	}
	now, known, err := n.history.Before(ctx, tenant, tag, from)
	if err != nil {
		return nil, err
	}
	known = known && now.Quality.Class() == plant.Good
	count, counted, err := n.history.Before(ctx, tenant, counter, from)
	if err != nil {
		return nil, err
	}
	value, before, next := now.Value, count.Value, 0
	var out []reading
	for _, c := range counts {
		for next < len(values) && values[next].at <= c.at {
			value, known, next = values[next].value, true, next+1
		}
		if counted && c.value > before && known {
			out = append(out, reading{c.at, value})
		}
		before, counted = c.value, true
	}
	return out, nil
}
