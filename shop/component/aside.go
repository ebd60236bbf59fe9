package component

import (
	"context"
	"time"

	"zhigai/plant"
)

// aside is a service that is not asked for a while.
type aside struct {
	since plant.Instant // 0: it is asked
	why   string
	until plant.Instant // when it is looked at again
	wait  time.Duration
}

// How soon a service that was set aside is looked at again: soon at first, then less and
// less often.
const (
	firstLook = 5 * time.Second
	lastLook  = 5 * time.Minute
)

func asideKey(c Component) string { return c.Series + "/aside" }

// leaveOut sets a service aside with the reason: it is pinged, and asked again when it
// answers. It keeps its state, since it may be the network that fails.
func (d *Desk) leaveOut(ctx context.Context, r *runner, run Run, why string) error {
	now := d.now()
	d.mu.Lock()
	r.aside = aside{since: now, why: why, until: now + lookAfter(firstLook), wait: firstLook}
	r.row, r.failed = 0, nil
	d.mu.Unlock()
	if err := d.note(ctx, r.tenant, &r.c, "failed", run, run.Detail); err != nil {
		return err
	}
	if err := d.note(ctx, r.tenant, &r.c, "aside", run, why); err != nil {
		return err
	}
	return d.tell(ctx, r.tenant, r.c, asideKey(r.c), 3, "外部组件不可用，已暂停调用：", "A service does not answer as it should and is set aside: ")
}

func lookAfter(wait time.Duration) plant.Instant { return plant.Instant(wait.Microseconds()) }

// setAside says why a service is not asked now; "" when it is. One that is due to be looked
// at is pinged, and comes back when it answers.
func (d *Desk) setAside(ctx context.Context, r *runner) string {
	d.mu.Lock()
	is := r.aside
	d.mu.Unlock()
	service, ok := r.by.(remote)
	if is.since == 0 || !ok {
		return ""
	}
	now := d.now()
	if now < is.until {
		return is.why
	}
	err := service.ping(ctx)
	if err == nil {
		err = d.note(ctx, r.tenant, &r.c, "back", Run{At: now}, because("it answers again"))
	}
	if err == nil {
		err = d.o.Alarms.Clear(ctx, r.tenant, asideKey(r.c), now)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if err == nil {
		r.aside = aside{}
		return ""
	}
	r.aside.wait = min(lastLook, 2*is.wait)
	r.aside.until = now + lookAfter(r.aside.wait)
	return is.why
}
