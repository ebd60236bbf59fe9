package discovery

import (
	"context"
	"errors"
	"time"

	"zhigai/access"
	"zhigai/connect"
	"zhigai/plant"
)

// listenEvery is how often devices that speak by themselves are looked for, and
// rules: a new module is to show figures within a minute.
const listenEvery = 5 * time.Second

// Run listens for a tenant, searches where rules say, and adopts what they say,
// until ctx ends.
func (d *Desk) Run(ctx context.Context, tenant plant.TenantNo) error {
	clock := time.NewTicker(listenEvery)
	defer clock.Stop()
	w := watch{desk: d, tenant: tenant, searched: map[string]time.Time{}, failed: map[plant.Reach]string{}}
	for {
		w.round(ctx)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-clock.C:
		}
	}
}

// watch is what a round remembers of those before.
type watch struct {
	desk     *Desk
	tenant   plant.TenantNo
	searched map[string]time.Time   // by rule
	failed   map[plant.Reach]string // why it was not adopted; said once
}

func (w *watch) round(ctx context.Context) {
	d := w.desk
	for kind, one := range d.drivers {
		if l, ok := one.(connect.Listening); ok && l.Listens() {
			found, err := one.Discover(ctx, "")
			if err != nil && ctx.Err() == nil {
				d.o.Log.Warn("devices that speak by themselves cannot be listed", "driver", kind, "err", err)
			}
			d.saw(w.tenant, found)
			d.identify(ctx, w.tenant, found)
		}
	}
	rules, err := d.o.Rules.Rules(ctx, w.tenant)
	if err != nil {
		if ctx.Err() == nil {
			d.o.Log.Warn("discovery rules cannot be read", "err", err)
		}
		return
	}
	automatic := false
	for _, r := range rules {
		automatic = automatic || r.Auto && !r.Off
		if now := d.o.Now(); r.due(w.searched[r.ID], now) {
			w.searched[r.ID] = now
			who := access.Node(w.tenant)
			who.Name = r.Name
			if _, err := d.Start(who, r.Driver, r.Where); err != nil && !errors.Is(err, access.ErrConflict) {
				d.o.Log.Warn("a discovery rule cannot search", "rule", r.Name, "err", err)
			}
		}
	}
	if automatic {
		w.adopt(ctx, rules)
	}
}

// adopt makes machines of new devices whose rule wants it. A device that cannot
// become one waits for a person; why is said once.
func (w *watch) adopt(ctx context.Context, rules []Rule) {
	d := w.desk
	auto := map[string]bool{}
	for _, r := range rules {
		auto[r.ID] = r.Auto && !r.Off
	}
	candidates, err := d.Candidates(ctx, w.tenant)
	if err != nil {
		if ctx.Err() == nil {
			d.o.Log.Warn("found devices cannot be looked through", "err", err)
		}
		return
	}
	for _, c := range candidates {
		// What only announces itself waits for a person or a search: anybody on the
		// network can announce anything, and the node would connect to it.
		if c.Standing != Fresh || c.Announced || !auto[c.Rule] || c.Proposed.Path == "" {
			continue
		}
		reach := c.Device.Reach()
		err := d.o.Add(ctx, w.tenant, c.Proposed)
		if err == nil {
			d.o.Log.Info("device adopted", "machine", c.Proposed.Path, "device", c.Device.Address, "profile", c.Proposed.Machine.Profile)
			delete(w.failed, reach)
			continue
		}
		if said := err.Error(); w.failed[reach] != said && ctx.Err() == nil {
			w.failed[reach] = said
			d.o.Log.Warn("device not adopted", "device", c.Device.Address, "err", err)
		}
	}
}

// SaveRule stores a rule after looking at it.
func (d *Desk) SaveRule(ctx context.Context, tenant plant.TenantNo, r Rule, rev int64) (Rule, error) {
	m, err := d.o.Plants.Model(ctx, access.Scope{Tenant: tenant}, plant.MicrosOf(d.o.Now()))
	if err != nil {
		return Rule{}, err
	}
	if err := r.check(d, m); err != nil {
		return Rule{}, err
	}
	return d.o.Rules.SaveRule(ctx, tenant, r, rev)
}

// Rules are the discovery rules of a tenant, in the order in which they are
// asked.
func (d *Desk) Rules(ctx context.Context, tenant plant.TenantNo) ([]Rule, error) {
	return d.o.Rules.Rules(ctx, tenant)
}

// DropRule ends a rule.
func (d *Desk) DropRule(ctx context.Context, tenant plant.TenantNo, id string, rev int64) error {
	return d.o.Rules.DropRule(ctx, tenant, id, rev)
}
