package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhigai/access"
	"zhigai/data"
	"zhigai/plant"
	"zhigai/plant/waveform"
	"zhigai/record"
	recshop "zhigai/record/shop"
	"zhigai/shop/alarm"
	"zhigai/shop/health"
	"zhigai/shop/maintenance"
)

// newHealth makes the desk of machines' condition. The product's own tables are
// read when the node opens.
func (n *node) newHealth() *health.Desk {
	return health.NewDesk(health.Options{
		Store: recshop.NewHealth(n.record), Signals: windowsOf{n}, Places: nodesOf{placesOf{n.fleet}}, Alarms: healthAlarms{alarmsFrom{n.alarms, fromHealth}},
		Catalogue: n.bearings, Zones: n.zones, Rules: n.healthRules, Events: doneWorks{n.record}, NewID: n.record.NewID, Now: time.Now,
	})
}

// loadHealth reads the product's bearings, zones and rules of diagnosis.
func loadHealth() (*health.Catalogue, *health.Zones, *health.Rules, error) {
	bearings, err := health.LoadCatalogue(data.FS, health.CatalogueFile)
	if err != nil {
		return nil, nil, nil, err
	}
	zones, err := health.LoadZones(data.FS, health.ZonesFile)
	if err != nil {
		return nil, nil, nil, err
	}
	rules, err := health.LoadRules(data.FS, health.RulesFile)
	return bearings, zones, rules, err
}

// doneWorks tells health what was wrong with machines: corrective work that was done.
type doneWorks struct{ db *record.DB }

// Known implements health.Events.
func (w doneWorks) Known(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, from, to plant.Instant) ([]health.Known, error) {
	const most = 500
	all, err := recshop.NewMaintenance(w.db).Orders(ctx, maintenance.Filter{Scope: access.Scope{Tenant: tenant}, Machine: machine, Limit: most})
	if err != nil {
		return nil, err
	}
	out := []health.Known{}
	for _, o := range slices.Backward(all) { // the newest stand first
		at := o.Done()
		if o.Kind == maintenance.Preventive || at < from || at >= to {
			continue
		}
		out = append(out, health.Known{At: at, Text: cmp.Or(o.Fault, o.Title), Order: o.ID})
	}
	return out, nil
}

// examineEvery is how often windows are looked for that came: a bearing goes over
// days, and a window is sent every few minutes.
const examineEvery = 2 * time.Second

// examineWindows examines the windows of vibration that come.
func (n *node) examineWindows(ctx context.Context) error {
	return n.eachTenantEvery(ctx, examineEvery, "condition of machines: will try again", n.newHealth().Follow)
}

// windowsOf shows health the tags and what they say.
type windowsOf struct{ n *node }

var _ health.Signals = windowsOf{}

// Tag implements health.Signals.
func (s windowsOf) Tag(ctx context.Context, tenant plant.TenantNo, no plant.TagNo) (plant.Tag, plant.NodeID, string, error) {
	t, err := s.n.shop.TagByNo(ctx, access.Scope{Tenant: tenant}, no)
	return t, t.Node, strings.TrimSuffix(t.Path, "/"+t.Name), err
}

// Windows implements health.Signals.
func (s windowsOf) Windows(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, from, to plant.Instant, yield func(health.Window) bool) error {
	var failed error
	err := s.n.history.Texts(ctx, tenant, tag, from.Micros(), to.Micros(), func(t plant.Text) bool {
		w := health.Window{At: plant.Instant(t.Time), Quality: t.Quality}
		if !t.Quality.IsBad() {
			if w.Window, failed = waveform.Parse(t.Value); failed != nil {
				failed = fmt.Errorf("window of tag %d at %s: %w", tag, t.Time.Time(), failed)
				return false
			}
		}
		return yield(w)
	})
	if err == nil {
		err = failed
	}
	return err
}

// Value implements health.Signals.
func (s windowsOf) Value(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, at plant.Instant, age time.Duration) (float64, bool, error) {
	last, ok, err := s.n.history.Before(ctx, tenant, tag, at.Micros()+1)
	if err != nil || !ok || last.Quality.IsBad() || at.Time().Sub(last.Time.Time()) > age {
		return 0, false, err
	}
	return last.Value, true, nil
}

// healthAlarms puts what health finds into the list of alarms.
type healthAlarms struct{ alarmsFrom }

const fromHealth alarm.Source = "health"

// Raise implements health.Alarms.
func (h healthAlarms) Raise(ctx context.Context, tenant plant.TenantNo, a health.Alarm) error {
	return h.raise(ctx, tenant, alarm.Signal{Key: a.Key, Place: a.Place, At: a.At, Priority: a.Priority, Text: a.Text, Evidence: a.Evidence})
}
