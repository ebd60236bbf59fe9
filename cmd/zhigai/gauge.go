package main

import (
	"context"
	"fmt"
	"time"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/shop/quality"
)

const (
	// mastersPast is how far back checks are read of a gauge that is new here: enough to
	// know by what it varies.
	mastersPast = plant.Micros(31 * 24 * time.Hour / time.Microsecond)
	// mastersAtOnce bounds what is read of one gauge in a round.
	mastersAtOnce = 500
	// lastChecks is among how many newest checks the last one is looked for that the
	// gauge said itself: people enter checks between them.
	lastChecks = 50
)

// readMasters takes what gauges said by themselves of their masters.
func (n *node) readMasters(ctx context.Context, tenant plant.TenantNo, desk *quality.Desk) error {
	scope := access.Scope{Tenant: tenant}
	all, err := desk.Gauges(ctx, quality.Filter{Scope: scope, Limit: maxGauges})
	if err != nil {
		return err
	}
	for _, g := range all {
		if g.Tag == "" {
			continue
		}
		now, err := n.fleet.At(ctx, tenant, plant.MicrosOf(time.Now()))
		if err != nil {
			return err
		}
		if m, ok := now.Machines[g.Place]; ok {
			if err := n.readMaster(ctx, tenant, g, m.Tags, desk); err != nil {
				return fmt.Errorf("gauge %s: %w", g.ID, err)
			}
		}
	}
	return nil
}

func (n *node) readMaster(ctx context.Context, tenant plant.TenantNo, g quality.Gauge, tags map[string]*plant.Tag, desk *quality.Desk) error {
	value, counter := tags[g.Tag], tags[g.Trigger]
	if value == nil || counter == nil {
		return nil // the machine does not have the signals, or not yet
	}
	to := plant.MicrosOf(time.Now()) - gaugesSettle
	from := to - mastersPast
	last, err := desk.Checks(ctx, quality.Filter{Scope: access.Scope{Tenant: tenant}, Of: g.ID, Limit: lastChecks})
	if err != nil {
		return err
	}
	for _, c := range last {
		if c.By == "tag:"+g.Tag {
			from = max(from, c.At.Micros()+1)
		}
	}
	readings, err := n.countedReadings(ctx, tenant, value.No, counter.No, from, to, mastersAtOnce)
	if err != nil {
		return err
	}
	checks := make([]quality.Check, len(readings))
	for i, r := range readings {
		checks[i] = quality.Check{At: plant.Instant(r.at), Readings: []float64{r.value}}
	}
	return desk.ReadChecks(ctx, tenant, g, checks)
}
