package exchange

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"zhigai/plant"
)

const (
	lookForPartners = 30 * time.Second // when another process changed them
	passWithin      = 2 * time.Minute  // of one look at a partner
)

// Run fetches, applies, reports and sends for each partner of the tenant until
// ctx ends. No partner waits for another.
func (d *Desk) Run(ctx context.Context, tenant plant.TenantNo) error {
	running := map[string]func(){} // by id and revision
	stop := func(keep map[string]bool) {
		for key, end := range running {
			if !keep[key] {
				end()
				delete(running, key)
			}
		}
	}
	defer stop(nil)
	ticker := time.NewTicker(lookForPartners)
	defer ticker.Stop()
	for {
		all, err := d.o.Store.Partners(ctx, tenant)
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			d.o.Log.Error("exchange: partners are not read", "err", err)
		} else {
			keep := map[string]bool{}
			for _, p := range all {
				if p.Off {
					continue
				}
				keep[p.key()] = true
			}
			stop(keep) // an old revision ends before the new one begins
			for _, p := range all {
				if key := p.key(); keep[key] && running[key] == nil {
					running[key] = d.serve(ctx, tenant, p)
				}
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-d.change:
		case <-ticker.C:
		}
	}
}

func (p Partner) key() string { return fmt.Sprint(p.ID, "@", p.Rev) }

// serve looks at a partner again and again; the function that it gives ends it
// and waits.
func (d *Desk) serve(ctx context.Context, tenant plant.TenantNo, p Partner) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var wait sync.WaitGroup
	wait.Go(func() {
		timer := time.NewTicker(p.Every())
		defer timer.Stop()
		for {
			if err := d.Pass(ctx, tenant, p); err != nil && ctx.Err() == nil {
				d.fared(tenant, p.ID, err)
				d.o.Log.Warn("exchange: partner", "partner", p.ID, "err", err)
			}
			select {
			case <-ctx.Done():
				return
			case <-timer.C:
			}
		}
	})
	return func() { cancel(); wait.Wait() }
}

// Pass looks at a partner once: takes what waits there, applies what waits here,
// and tells it what was made. What fails does not hold the rest up.
func (d *Desk) Pass(ctx context.Context, tenant plant.TenantNo, p Partner) error {
	ctx, cancel := context.WithTimeout(ctx, passWithin)
	defer cancel()
	m, err := p.mapping(d.o.Mappings)
	if err != nil {
		return err
	}
	errs := []error{d.applyWaiting(ctx, tenant, p)}
	door, err := d.o.Open(tenant, p)
	open := err == nil && door != nil
	if open {
		defer door.Close()
		err = d.fetch(ctx, tenant, p, door)
	}
	errs = append(errs, err, d.Report(ctx, tenant, p))
	if open {
		errs = append(errs, d.Send(ctx, tenant, p, m, door))
	}
	return errors.Join(errs...)
}

func (d *Desk) fetch(ctx context.Context, tenant plant.TenantNo, p Partner, door Door) error {
	err := door.Fetch(ctx, func(ctx context.Context, in Incoming) (Answer, error) { return d.Receive(ctx, tenant, p.ID, in) })
	if ctx.Err() == nil && (err != nil || p.Way == WayDatabase) { // an empty folder says nothing of who fills it
		d.fared(tenant, p.ID, err)
	}
	return err
}

// applyWaiting applies what was kept and not applied: the node ended, or a room
// could not be told.
func (d *Desk) applyWaiting(ctx context.Context, tenant plant.TenantNo, p Partner) error {
	waiting, err := d.o.Store.Waiting(ctx, tenant, p.ID, In, d.now(), sendAtOnce)
	if err != nil {
		return err
	}
	for _, m := range waiting {
		if err := d.apply(ctx, tenant, m); err != nil {
			return err
		}
	}
	return nil
}
