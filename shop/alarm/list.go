package alarm

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhigai/access"
	"zhigai/calc/alarm"
	"zhigai/fact"
	"zhigai/plant"
)

// Filter chooses alarms. Zero fields do not filter.
type Filter struct {
	Place    plant.NodeID
	From, To plant.Instant // of the past
	Open     bool          // only what stands
	Unacked  bool          // only what nobody acknowledged
	Aside    bool          // also what is shelved, suppressed or out of service
	Source   Source
	ID       string
	Priority int // this urgent or more
	Text     string
	Cursor   string
	Limit    int // 0 means 100
}

func (f Filter) wants(a Alarm) bool {
	text := strings.ToLower(f.Text)
	return (f.Place == "" || a.Place == f.Place) && (f.ID == "" || a.ID == f.ID) && (f.Source == "" || a.Source == f.Source) &&
		(f.Priority == 0 || a.Priority <= f.Priority) && (!f.Open || a.Open) && (!f.Unacked || a.Acked == nil) &&
		(f.Aside || a.Mode == nil) && (text == "" || strings.Contains(a.words(), text))
}

// Page is a page of alarms, newest first.
type Page struct {
	Alarms []Alarm
	Next   string
}

// maxListed bounds a page.
const maxListed = 1000

func pageOf(all []Alarm, f Filter) Page {
	all = slices.DeleteFunc(all, func(a Alarm) bool { return !f.wants(a) || f.Cursor != "" && a.key() >= f.Cursor })
	slices.SortFunc(all, func(a, b Alarm) int { return strings.Compare(b.key(), a.key()) })
	limit := f.Limit
	if limit <= 0 {
		limit = 100
	}
	limit = min(limit, maxListed)
	page := Page{Alarms: all[:min(limit, len(all))]}
	if len(all) > limit {
		page.Next = page.Alarms[limit-1].key()
	}
	return page
}

// Now lists what needs somebody: what stands, and what returned to normal within the
// last day without anybody having taken it up.
func (d *Desk) Now(ctx context.Context, scope access.Scope, f Filter) (Page, error) {
	all, err := d.present(ctx, scope)
	if err != nil {
		return Page{}, err
	}
	return pageOf(all, f), nil
}

// Past lists alarms that stood at any time in [From, To), newest first, each from
// its beginning to its end, also where these lie outside.
func (d *Desk) Past(ctx context.Context, scope access.Scope, f Filter) (Page, error) {
	all, err := d.past(ctx, scope, f.Place, f.Source, f.From, f.To)
	if err != nil {
		return Page{}, err
	}
	f.Aside = true // what was put aside happened all the same
	return pageOf(all, f), nil
}

// past is what stood in a stretch of time, of one source or of all: what machines said
// is folded from their samples, so that long stretches are told of other sources alone.
func (d *Desk) past(ctx context.Context, scope access.Scope, place plant.NodeID, source Source, from, to plant.Instant) (all []Alarm, err error) {
	now := plant.InstantOf(d.o.Now())
	from, to = floorMs(int64(from)), floorMs(int64(min(to, now)))
	if to <= from {
		return nil, invalid("the time ends before it begins, or has not begun")
	}
	if source == "" || source == FromProfile {
		if all, err = d.o.Machines.Past(ctx, scope, place, from.Micros(), to.Micros()); err != nil {
			return nil, err
		}
	}
	if source == "" || source == FromLimit {
		ofLimits, err := d.firings(ctx, scope, place, from.Micros(), to.Micros())
		if err != nil {
			return nil, err
		}
		all = append(all, ofLimits...)
	}
	if source != FromProfile && source != FromLimit {
		findings, err := d.o.Store.Findings(ctx, scope, from, to)
		if err != nil {
			return nil, err
		}
		for _, f := range findings {
			if (place == "" || f.Place == place) && (source == "" || f.Source == source) {
				all = append(all, f.alarm(now))
			}
		}
	}
	return all, d.say(ctx, scope, all)
}

// say writes into alarms who took them up, what is put aside, and so where they
// stand in their life.
func (d *Desk) say(ctx context.Context, scope access.Scope, all []Alarm) error {
	if err := d.acknowledged(ctx, scope.Tenant, all); err != nil {
		return err
	}
	modes, err := d.o.Store.Modes(ctx, scope)
	if err != nil {
		return err
	}
	aside, now := map[same]Mode{}, plant.InstantOf(d.o.Now())
	for _, m := range modes {
		if m.holds(now) {
			aside[same{m.Place, m.Alarm}] = m
		}
	}
	for i := range all {
		all[i].Mode = nil
		if m, ok := aside[all[i].same()]; ok {
			all[i].Mode = &m
		}
		all[i].settle()
	}
	return nil
}

// limitReach is how far the beginning of an alarm is looked for.
const limitReach = 31 * 24 * time.Hour

// firings are what limits did in [from, to), with the versions that were live then.
func (d *Desk) firings(ctx context.Context, scope access.Scope, place plant.NodeID, from, to plant.Micros) ([]Alarm, error) {
	versions, err := d.o.Store.History(ctx, scope)
	if err != nil {
		return nil, err
	}
	var out []Alarm
	for _, h := range heldIn(versions, from, to) {
		if place != "" && h.Node != place {
			continue
		}
		own, err := d.fired(ctx, scope.Tenant, h, from, to)
		if err != nil {
			return nil, err
		}
		out = append(out, own...)
	}
	return out, nil
}

// fired are the occurrences of one version in [from, to), each from its beginning to
// its end.
func (d *Desk) fired(ctx context.Context, tenant plant.TenantNo, h held, from, to plant.Micros) ([]Alarm, error) {
	tag, err := d.o.Plant.Tag(ctx, tenant, h.Tag)
	if err != nil {
		if errors.Is(err, access.ErrNotFound) {
			return nil, nil // the machine is gone, and so are its signals
		}
		return nil, err
	}
	w := watched{history: d.o.History, tenant: tenant, tag: tag, against: h.Against}
	rule := h.rule()
	now := min(plant.MicrosOf(d.o.Now()), h.to)
	margin := plant.Micros(rule.OnDelay+rule.Window) + micros(time.Hour)
	begin := max(h.from, from-margin)
	var out []Alarm
	for reach := margin; ; reach *= 4 {
		var fired []alarm.Firing
		f := alarm.NewFold(rule, func(one alarm.Firing) { fired = append(fired, one) })
		if err := w.walk(ctx, rule, begin, min(to, now), f); err != nil {
			return nil, err
		}
		if err := w.finish(ctx, f, min(to, now), now); err != nil {
			return nil, err
		}
		if one, ok := f.Standing(); ok {
			fired = append(fired, one)
		}
		out = out[:0]
		early := false
		for _, one := range fired {
			if plant.Micros(one.To) <= from || plant.Micros(one.From) >= to {
				continue
			}
			a := h.alarm(tag.Machine, one)
			a.Earlier = begin > h.from && plant.Micros(one.From) <= begin+plant.Micros(rule.OnDelay)
			if a.Open && h.to <= now { // somebody changed the limit: that ended it
				a.Open = false
			}
			early = early || a.Earlier
			out = append(out, a)
		}
		if !early || reach > micros(limitReach) {
			return out, nil
		}
		begin = max(h.from, from-4*reach)
	}
}

// finish lets what stands at an instant come to its end.
func (w watched) finish(ctx context.Context, f *alarm.Fold, at, now plant.Micros) error {
	for step := micros(time.Hour); at < now; step *= 2 {
		if _, stands := f.Standing(); !stands {
			return nil
		}
		end := min(now, at+step)
		if err := w.read(ctx, at, end, f); err != nil {
			return err
		}
		at = end
	}
	return nil
}

// acknowledged writes into the alarms who took them up.
func (d *Desk) acknowledged(ctx context.Context, tenant plant.TenantNo, all []Alarm) error {
	if len(all) == 0 {
		return nil
	}
	of := map[same][]*Alarm{}
	filter := fact.Filter{Kinds: []fact.Kind{fact.KindAlarmAck}, From: forever}
	for i := range all {
		all[i].Acked = nil
		of[all[i].same()] = append(of[all[i].same()], &all[i])
		filter.From = min(filter.From, all[i].From.Micros())
	}
	for {
		events, err := d.o.Journal.Events(ctx, tenant, filter)
		if err != nil {
			return fmt.Errorf("acknowledgements: %w", err)
		}
		for _, e := range events {
			filter.AfterSeq = max(filter.AfterSeq, e.Seq)
			var ack fact.AlarmAck
			if json.Unmarshal(e.Payload, &ack) != nil {
				continue // of a newer version of this program
			}
			for _, a := range of[same{e.Subject, ack.Alarm}] {
				at := plant.Instant(ack.At)
				if a.Acked == nil && at >= a.From && (at < a.To || a.Open) {
					a.Acked = &Ack{By: strings.TrimPrefix(e.Source, person), At: plant.Instant(e.Occurred), Note: ack.Note}
				}
			}
		}
		if len(events) < fact.MaxEvents {
			return nil
		}
	}
}

// person begins the source of what people said.
const person = "person:"

// maxNote bounds what people write.
const maxNote = 2000

// Acknowledge enters that a person has seen the alarm that stood at the instant. A
// second time is refused.
func (d *Desk) Acknowledge(ctx context.Context, who access.Principal, place plant.NodeID, id string, at plant.Instant, note string) (fact.Event, error) {
	now := plant.InstantOf(d.o.Now())
	path, _, err := d.o.Plant.Place(ctx, who.Scope.Tenant, place)
	switch {
	case err != nil:
		return fact.Event{}, err
	case !who.Scope.Allows(path):
		return fact.Event{}, fmt.Errorf("%w: node %s", access.ErrNotFound, place)
	case at > now:
		return fact.Event{}, invalid("%s has not come yet", at.Time().Format(time.RFC3339))
	case len(note) > maxNote:
		return fact.Event{}, invalid("a note of %d bytes; %d are allowed", len(note), maxNote)
	}
	a, err := d.stood(ctx, access.Scope{Tenant: who.Scope.Tenant, Path: path}, place, id, at)
	switch {
	case err != nil:
		return fact.Event{}, err
	case a.Acked != nil:
		return fact.Event{}, invalid("%s acknowledged it already at %s", a.Acked.By, a.Acked.At.Time().Format(time.RFC3339))
	}
	stored, err := d.o.Journal.Append(ctx, who.Scope.Tenant, fact.New(fact.KindAlarmAck, place, now.Time(), person+who.User, fact.AlarmAck{Alarm: id, At: at.Micros(), Note: note}))
	if err != nil {
		return fact.Event{}, fmt.Errorf("acknowledge %s: %w", id, err)
	}
	d.news.tell()
	return stored[0], nil
}

// stood is the occurrence that stood at an instant.
func (d *Desk) stood(ctx context.Context, scope access.Scope, place plant.NodeID, id string, at plant.Instant) (Alarm, error) {
	all, err := d.present(ctx, scope)
	if err != nil {
		return Alarm{}, err
	}
	is := func(a Alarm) bool { return a.Place == place && a.ID == id && at >= a.From && (at < a.To || a.Open) }
	if i := slices.IndexFunc(all, is); i >= 0 {
		return all[i], nil
	}
	from := floorMs(int64(at))
	if all, err = d.past(ctx, scope, place, "", from, from+1000); err != nil {
		return Alarm{}, err
	}
	if i := slices.IndexFunc(all, is); i >= 0 {
		return all[i], nil
	}
	return Alarm{}, invalid("alarm %q of %s did not stand at %s", id, place, at.Time().Format(time.RFC3339Nano))
}

// Stood is when an alarm stood within [from, to), oldest first: an occurrence that
// began before or ends after it is told whole, one that was not over then has no end.
func (d *Desk) Stood(ctx context.Context, tenant plant.TenantNo, place plant.NodeID, id string, from, to plant.Instant) ([]Alarm, error) {
	if to = min(to, plant.InstantOf(d.o.Now())); floorMs(int64(to)) <= floorMs(int64(from)) {
		return nil, nil
	}
	all, err := d.past(ctx, access.Scope{Tenant: tenant}, place, "", from, to)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(a Alarm) bool { return a.Place != place || a.ID != id || a.From >= to || !a.Open && a.To <= from })
	slices.SortFunc(all, func(a, b Alarm) int { return cmp.Compare(a.From, b.From) })
	return all, nil
}
