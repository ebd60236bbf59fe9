package energy

import (
	"context"
	"fmt"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

// Watch looks at every meter with a limit of demand, and tells what will be
// exceeded by the end of the quarter, or will not any more.
func (d *Desk) Watch(ctx context.Context, tenant plant.TenantNo) error {
	if d.o.Alarms == nil {
		return nil
	}
	all, err := d.o.Store.Networks(ctx, access.Scope{Tenant: tenant})
	if err != nil {
		return err
	}
	for i := range all {
		net := &all[i]
		for _, m := range net.Meters {
			if m.Limit == nil {
				continue
			}
			f, err := d.forecast(ctx, tenant, net, m)
			if err != nil {
				return fmt.Errorf("demand of %s: %w", m.Code, err)
			}
			key := fmt.Sprintf("demand/%s/%s", net.Place, m.Code)
			if f == nil || !f.Exceeds {
				if err := d.o.Alarms.Clear(ctx, tenant, key, 0); err != nil {
					return err
				}
				continue
			}
			err = d.o.Alarms.Raise(ctx, tenant, Finding{
				Place: net.Place, Key: key, Priority: 2, Evidence: fmt.Sprintf("/energy?tab=demand&place=%s&meter=%s", net.Place, m.Code),
				Text: plant.Name{
					ZH: fmt.Sprintf("%s：本15分钟需量将超过限值 %g kW", m.Name.ZH, *m.Limit),
					EN: fmt.Sprintf("%s: demand of this quarter of an hour will exceed its limit of %g kW", m.Name.EN, *m.Limit),
				},
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// WatchBaselines holds what came since each baseline against it, and tells lasting
// changes to more than expected: of those that have gone as well, since the time
// before a node looked is as much a plant's as the present.
func (d *Desk) WatchBaselines(ctx context.Context, tenant plant.TenantNo) error {
	if d.o.Alarms == nil {
		return nil
	}
	nets, err := d.o.Store.Networks(ctx, access.Scope{Tenant: tenant})
	if err != nil {
		return err
	}
	for i := range nets {
		net := &nets[i]
		all, err := d.o.Store.Baselines(ctx, tenant, net.Place)
		if err != nil {
			return err
		}
		for _, b := range all {
			if !d.due(tenant, &b) {
				continue
			}
			if err := d.tellChanges(ctx, tenant, net, &b); err != nil {
				return fmt.Errorf("baseline %s of %s: %w", b.Code, net.Path, err)
			}
		}
	}
	return nil
}

// due says whether a baseline is to be looked at: once in an hour, in which what came
// late is seen as well, and at once when it is new.
func (d *Desk) due(tenant plant.TenantNo, b *Baseline) bool {
	key := fmt.Sprintf("%d/%s/%s/%d", tenant, b.Place, b.Code, b.Rev)
	hour := d.o.Now().Truncate(time.Hour)
	d.mu.Lock()
	defer d.mu.Unlock()
	if last, ok := d.looked[key]; ok && last.Equal(hour) {
		return false
	}
	d.looked[key] = hour
	return true
}

func (d *Desk) tellChanges(ctx context.Context, tenant plant.TenantNo, net *Network, b *Baseline) error {
	r, err := d.Report(ctx, access.Scope{Tenant: tenant}, net.Place, b.Code, b.Rev, 0, 0, watchConfidence)
	if err != nil {
		return err
	}
	m, _ := net.Meter(b.Meter)
	place := net.Place
	if m.Machine != "" { // who mends it goes there
		place = m.Machine
	}
	key := fmt.Sprintf("baseline/%s/%s", net.Place, b.Code)
	for _, c := range r.Changes {
		if c.Mean <= 0 {
			continue // a saving is no alarm
		}
		if err := d.o.Alarms.Raise(ctx, tenant, Finding{
			Place: place, Key: key, At: c.Found, Priority: 3, Evidence: fmt.Sprintf("/energy?tab=baselines&place=%s&code=%s", net.Place, b.Code),
			Text: plant.Name{
				ZH: fmt.Sprintf("%s：能耗持续高于基准", b.Name.ZH),
				EN: fmt.Sprintf("%s: lasting use above its baseline", b.Name.EN),
			},
		}); err != nil {
			return err
		}
		if c.Over == 0 {
			return nil // it stands
		}
		if err := d.o.Alarms.Clear(ctx, tenant, key, c.Over); err != nil {
			return err
		}
	}
	return d.o.Alarms.Clear(ctx, tenant, key, 0) // by a later revision, or by what came late
}

// watchConfidence is that of savings as they are reported by default.
const watchConfidence = 0.9
