package main

import (
	"context"
	"sync"
	"time"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/shop/control/loop"
	"zhigai/shop/energy"
)

// demandSignal is what no device tells: what the quarter of an hour that runs comes to
// at a meter, by which loads are shed before it is too late.
var demandSignal = loop.Signal{Name: "demand.forecast", Title: plant.Name{ZH: "本刻钟需量预测", EN: "Forecast of the quarter's demand"}, Unit: "kW", Number: true}

// demandsFor is how long a forecast serves all loops that ask for it.
const demandsFor = 4 * time.Second

// demands tells loops what meters' quarters come to.
type demands struct {
	n    *node
	mu   sync.Mutex
	kept map[demandKey]demandKept
}

type demandKey struct {
	tenant plant.TenantNo
	meter  plant.NodeID
}

type demandKept struct {
	loop.Value
	asked time.Time
}

func newDemands(n *node) *demands { return &demands{n: n, kept: map[demandKey]demandKept{}} }

// of is the forecast of the quarter that runs at a meter.
func (d *demands) of(ctx context.Context, tenant plant.TenantNo, meter plant.NodeID) (loop.Value, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now, key := time.Now(), demandKey{tenant, meter}
	if k := d.kept[key]; now.Sub(k.asked) >= 0 && now.Sub(k.asked) < demandsFor {
		return k.Value, nil
	}
	v, err := d.ask(ctx, access.Scope{Tenant: tenant}, meter, now)
	if err == nil {
		d.kept[key] = demandKept{v, now}
	}
	return v, err
}

func (d *demands) ask(ctx context.Context, scope access.Scope, meter plant.NodeID, now time.Time) (loop.Value, error) {
	desk := d.n.newEnergy()
	networks, err := desk.Networks(ctx, scope)
	if err != nil {
		return loop.Value{}, err
	}
	for _, net := range networks {
		for _, m := range net.Meters {
			if m.Machine != meter || m.Medium != energy.Electricity {
				continue
			}
			got, err := desk.Demand(ctx, scope, net.Place, m.Code, plant.InstantOf(now.Add(-time.Minute)), plant.InstantOf(now))
			if err != nil {
				return loop.Value{}, err
			}
			if got.Forecast == nil {
				return loop.Value{Why: "the meter has not been read for some minutes"}, nil
			}
			return loop.Value{Number: got.Forecast.Demand, Good: true, At: plant.MicrosOf(now)}, nil
		}
	}
	return loop.Value{Why: "no network of meters has it: lay the meters out, under energy"}, nil
}
