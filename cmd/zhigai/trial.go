package main

import (
	"context"
	"time"

	"zhigai/plant"
	recshop "zhigai/record/shop"
	"zhigai/shop/process/trial"
)

// newTrials makes the desk of experiments.
func (n *node) newTrials() *trial.Desk {
	return trial.NewDesk(trial.Options{Store: recshop.NewTrials(n.record), Places: nodesOf{placesOf{n.fleet}}, Inspection: meansOf{inspectedOf{n}}, NewID: n.record.NewID, Now: time.Now})
}

// meansOf tells trials what was measured during a run.
type meansOf struct{ inspectedOf }

var _ trial.Inspection = meansOf{}

// Mean implements trial.Inspection.
func (m meansOf) Mean(ctx context.Context, tenant plant.TenantNo, characteristic string, from, to plant.Instant) (float64, bool, string, error) {
	all, _, path, _, err := m.Measured(ctx, tenant, characteristic, from, to)
	if err != nil || len(all) == 0 {
		return 0, false, path, err
	}
	sum := 0.
	for _, one := range all {
		sum += one.Value
	}
	return sum / float64(len(all)), true, path, nil
}
