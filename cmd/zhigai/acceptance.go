package main

import (
	"context"
	"time"

	"zhigai/access"
	"zhigai/history"
	"zhigai/plant"
	"zhigai/shop/acceptance"
	"zhigai/shop/equipment"
)

// newAcceptance makes the desk where acceptance reports are made.
func (n *node) newAcceptance() *acceptance.Desk {
	return acceptance.NewDesk(acceptance.Options{
		Sources: acceptance.Sources{
			Plants: n.plants, Tags: n.shop, Profiles: n.profiles, History: n.history, Machines: whatMachinesDid{n.desk}, Journal: n.record.Journal(), Replaced: n.replaced,
		},
		NewID: n.record.NewID, Now: time.Now, Log: n.log,
	})
}

// replaced counts the samples that later ones replaced; more than one answer of
// history holds are counted a stretch at a time.
func (n *node) replaced(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, from, to plant.Micros) (int64, error) {
	for total := int64(0); ; {
		out, err := n.history.Superseded(ctx, tenant, tag, from, to)
		if err != nil || len(out) < history.MaxSuperseded {
			return total + int64(len(out)), err
		}
		// An instant may be cut in two: it is counted with the rest.
		last := out[len(out)-1].Sample.Time
		for i := len(out) - 1; i >= 0 && out[i].Sample.Time == last; i-- {
			out = out[:i]
		}
		if len(out) == 0 {
			return total + history.MaxSuperseded, nil // one instant, replaced more often than anybody counts
		}
		total, from = total+int64(len(out)), last
	}
}

// whatMachinesDid answers for reports from the desk of equipment.
type whatMachinesDid struct{ desk *equipment.Desk }

var _ acceptance.Machines = whatMachinesDid{}

// States sums the machine's timeline up.
func (w whatMachinesDid) States(ctx context.Context, scope access.Scope, node plant.NodeID, from, to plant.Micros) (map[string]int64, error) {
	intervals, err := w.desk.Timeline(ctx, scope, node, from, to)
	if err != nil {
		return nil, err
	}
	out := map[string]int64{}
	for _, i := range intervals {
		out[i.State.String()] += i.Ms()
	}
	return out, nil
}

// Alarms counts them.
func (w whatMachinesDid) Alarms(ctx context.Context, scope access.Scope, node plant.NodeID, from, to plant.Micros) (int, error) {
	all, err := w.desk.Alarms(ctx, scope, node, from, to)
	return len(all), err
}
