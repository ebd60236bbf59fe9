package alarm

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"zhigai/access"
	"zhigai/calc/alarm"
	"zhigai/plant"
)

// Pace of the present.
const (
	Pace = 2 * time.Second
	// viewBack is how long an alarm that returned to normal stays in sight until
	// somebody takes it up.
	viewBack = 24 * time.Hour
	// viewLate is how late a sample may come and still be folded at once; later ones
	// are seen with the next reload.
	viewLate   = 2 * time.Minute
	viewReload = time.Hour
)

// view is what a tenant's alarms are like now. It is made of facts at the first
// question and follows them; losing it loses nothing.
type view struct {
	mu       sync.Mutex
	at       time.Time       // of the last step
	told     map[string]bool // what was in sight when news were told: what stands, by key
	standing map[same]Alarm  // of profiles
	returned []Alarm         // of profiles, within the last day
	loaded   time.Time
	limits   map[string]*watching
}

func (d *Desk) viewOf(tenant plant.TenantNo) *view {
	d.mu.Lock()
	defer d.mu.Unlock()
	v := d.views[tenant]
	if v == nil {
		v = &view{standing: map[same]Alarm{}, limits: map[string]*watching{}}
		d.views[tenant] = v
	}
	return v
}

// Follow brings a tenant's present up to date, so that questions find it ready, and
// tells of changes. It is to be called each [Pace].
func (d *Desk) Follow(ctx context.Context, tenant plant.TenantNo) error {
	v := d.viewOf(tenant)
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := d.step(ctx, tenant, v); err != nil {
		return err
	}
	stands := map[string]bool{}
	for _, a := range v.standing {
		stands[a.key()] = a.Open
	}
	for _, w := range v.limits {
		for _, a := range w.alarms() {
			stands[a.key()] = a.Open
		}
	}
	if !maps.Equal(stands, v.told) {
		v.told = stands
		d.news.tell()
	}
	return nil
}

// step is Follow for who holds the lock.
func (d *Desk) step(ctx context.Context, tenant plant.TenantNo, v *view) error {
	now := d.o.Now()
	if err := d.stepMachines(ctx, tenant, v, now); err != nil {
		return err
	}
	if err := d.stepLimits(ctx, tenant, v, plant.MicrosOf(now)); err != nil {
		return err
	}
	v.at = now
	return nil
}

// stepMachines keeps what profiles say: what stands, and what stood a short while
// ago.
func (d *Desk) stepMachines(ctx context.Context, tenant plant.TenantNo, v *view, now time.Time) error {
	scope := access.Scope{Tenant: tenant}
	all, err := d.o.Machines.Standing(ctx, scope)
	if err != nil {
		return err
	}
	stands := make(map[same]Alarm, len(all))
	for _, a := range all {
		stands[a.same()] = a
	}
	if now.Sub(v.loaded) > viewReload || now.Before(v.loaded) {
		if v.returned, err = d.recent(ctx, scope, now); err != nil {
			return err
		}
		v.loaded = now
	} else if err := d.ended(ctx, scope, v, stands, now); err != nil {
		return err
	}
	v.standing = stands
	since := plant.InstantOf(now.Add(-viewBack))
	v.returned = slices.DeleteFunc(v.returned, func(a Alarm) bool { return a.To < since })
	return nil
}

// recent are the alarms of profiles that ended within the last day, or as much of it
// as one question may be about.
func (d *Desk) recent(ctx context.Context, scope access.Scope, now time.Time) ([]Alarm, error) {
	for back := viewBack; ; back /= 4 {
		all, err := d.o.Machines.Past(ctx, scope, "", plant.MicrosOf(now.Add(-back)), plant.MicrosOf(now))
		if errors.Is(err, ErrInvalid) && back > time.Hour {
			continue
		}
		return slices.DeleteFunc(all, func(a Alarm) bool { return a.Open }), err
	}
}

// ended adds what stood at the step before and does not now: from its machine's
// facts, which know to the millisecond when it ended.
func (d *Desk) ended(ctx context.Context, scope access.Scope, v *view, stands map[same]Alarm, now time.Time) error {
	since := map[plant.NodeID]plant.Instant{}
	for k, a := range v.standing {
		if is, still := stands[k]; still && is.From == a.From {
			continue
		}
		if at, ok := since[k.place]; !ok || a.From < at {
			since[k.place] = a.From
		}
	}
	for place, from := range since {
		from = max(from, plant.InstantOf(now.Add(-viewBack)))
		all, err := d.o.Machines.Past(ctx, scope, place, from.Micros(), plant.MicrosOf(now))
		if err != nil {
			return err
		}
		for _, a := range all {
			if !a.Open && !slices.ContainsFunc(v.returned, func(b Alarm) bool { return b.key() == a.key() }) {
				v.returned = append(v.returned, a)
			}
		}
	}
	return nil
}

// stepLimits keeps what live limits say.
func (d *Desk) stepLimits(ctx context.Context, tenant plant.TenantNo, v *view, now plant.Micros) error {
	live, err := d.o.Store.Limits(ctx, LimitFilter{Scope: access.Scope{Tenant: tenant}, Stage: Live, Limit: maxLive})
	if err != nil {
		return err
	}
	limits := make(map[string]*watching, len(live))
	var failed error
	for _, l := range live {
		w := v.limits[l.ID]
		if w == nil || w.Rev != l.Rev || now-w.loaded > micros(viewReload) || now < w.settled {
			w = &watching{Limit: l}
		}
		if err := d.stepLimit(ctx, tenant, w, now); err != nil {
			failed = fmt.Errorf("limit %s of %s: %w", l.ID, l.Path, err)
			continue // it is read anew with the next step, and holds no other up
		}
		limits[l.ID] = w
	}
	v.limits = limits
	return failed
}

// maxLive bounds the limits that are live at once for a tenant: a plant that needs
// more is told too much.
const maxLive = 10_000

// watching is a live limit with what it said of late.
type watching struct {
	Limit
	tag     Tag
	base    *alarm.Fold // up to settled
	loaded  plant.Micros
	settled plant.Micros
	ended   []alarm.Firing // up to settled
	latest  []alarm.Firing // behind it; the last may stand
	// begun is when the look began and was the earliest instant at which the rule
	// could say that it stands; what stood then began at since in truth.
	begun   int64
	since   plant.Instant
	earlier bool
}

func (d *Desk) stepLimit(ctx context.Context, tenant plant.TenantNo, w *watching, now plant.Micros) error {
	var err error
	if w.tag, err = d.o.Plant.Tag(ctx, tenant, w.Tag); err != nil {
		if errors.Is(err, access.ErrNotFound) {
			w.base, w.ended, w.latest = nil, nil, nil
			return nil
		}
		return err
	}
	read := watched{history: d.o.History, tenant: tenant, tag: w.tag, against: w.Against}
	settle := now - micros(viewLate)
	if w.base == nil {
		if err := d.beginLimit(ctx, tenant, w, read, now, settle); err != nil {
			return err
		}
	} else if err := read.read(ctx, w.settled, max(w.settled, settle), w.base); err != nil {
		w.base = nil // it may have seen a part of it
		return err
	}
	w.settled = max(w.settled, settle)
	oldest := int64(now - micros(viewBack))
	w.ended = slices.DeleteFunc(w.ended, func(f alarm.Firing) bool { return f.To < oldest })
	w.latest = nil
	tip := w.base.Clone(func(f alarm.Firing) { w.latest = append(w.latest, f) })
	if err := read.read(ctx, w.settled, now, tip); err != nil {
		return err
	}
	if f, ok := tip.Standing(); ok {
		w.latest = append(w.latest, f)
	}
	return nil
}

// beginLimit folds the last day of a limit, and finds when what stood at its
// beginning began.
func (d *Desk) beginLimit(ctx context.Context, tenant plant.TenantNo, w *watching, read watched, now, settle plant.Micros) error {
	rule := w.rule()
	begin := max(w.At.Micros(), now-micros(viewBack))
	w.settled = max(begin, settle)
	w.ended = nil
	w.base = alarm.NewFold(rule, func(f alarm.Firing) { w.ended = append(w.ended, f) })
	if err := read.walk(ctx, rule, begin, w.settled, w.base); err != nil {
		w.base = nil
		return err
	}
	w.loaded, w.begun = now, 0
	if begin == w.At.Micros() {
		return nil
	}
	was, err := d.fired(ctx, tenant, held{w.Limit, w.At.Micros(), forever}, begin, begin+plant.Micros(rule.OnDelay)+1000)
	if err != nil {
		w.base = nil
		return err
	}
	if len(was) > 0 {
		w.begun, w.since, w.earlier = int64(begin)+rule.OnDelay, was[0].From, was[0].Earlier
	}
	return nil
}

// alarms are the occurrences that are in sight.
func (w *watching) alarms() []Alarm {
	var out []Alarm
	for _, f := range slices.Concat(w.ended, w.latest) {
		a := w.alarm(w.tag.Machine, f)
		if f.From == w.begun {
			a.From, a.Earlier = w.since, w.earlier
		}
		out = append(out, a)
	}
	return out
}

// present are the alarms in sight within the scope, with what people said of them.
func (d *Desk) present(ctx context.Context, scope access.Scope) ([]Alarm, error) {
	all, err := d.inSight(ctx, scope)
	if err != nil {
		return nil, err
	}
	now := plant.InstantOf(d.o.Now())
	findings, err := d.o.Store.Findings(ctx, scope, plant.InstantOf(d.o.Now().Add(-viewBack)), now+1)
	if err != nil {
		return nil, err
	}
	for _, f := range findings {
		all = append(all, f.alarm(now))
	}
	if err := d.say(ctx, scope, all); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(a Alarm) bool { return !a.Open && a.Acked != nil }), nil
}

// inSight are the alarms of machines and limits; the present is brought up to date
// where nobody follows it.
func (d *Desk) inSight(ctx context.Context, scope access.Scope) ([]Alarm, error) {
	standing, err := d.o.Machines.Standing(ctx, scope)
	if err != nil {
		return nil, err
	}
	v := d.viewOf(scope.Tenant)
	v.mu.Lock()
	defer v.mu.Unlock()
	if age := d.o.Now().Sub(v.at); age < 0 || age > 2*Pace {
		if err := d.step(ctx, scope.Tenant, v); err != nil {
			return nil, err
		}
	}
	out := standing
	for _, a := range v.returned {
		if scope.Allows(a.Path) && !slices.ContainsFunc(standing, func(b Alarm) bool { return b.key() == a.key() }) {
			out = append(out, a)
		}
	}
	for _, w := range v.limits {
		if scope.Allows(w.Path) {
			out = append(out, w.alarms()...)
		}
	}
	return out, nil
}
