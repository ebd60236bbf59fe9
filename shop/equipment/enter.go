package equipment

import (
	"context"
	"fmt"
	"time"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/plant"
)

// Limits of what people enter.
const (
	maxNote = 500
	// maxOverride is how long a person's word on the state may last: a shift
	// and its overtime; longer contact losses need a new look.
	maxOverride = 16 * time.Hour
	// maxAgo is how far back reasons and counts may be entered: a month's
	// closing and a bit.
	maxAgo = 62 * 24 * time.Hour
	// maxCorrection of one typed count; more is a typing error.
	maxCorrection = 1_000_000
	// clockSlack lets a browser's clock run ahead of ours.
	clockSlack = time.Minute
)

// Assign gives the time that a machine stood in [From, To) a reason.
type Assign struct {
	Node   plant.NodeID
	From   plant.Micros
	To     plant.Micros // 0: until the machine runs again
	Reason string
	Note   string
}

// AssignReason enters a stop reason. It takes the place of every reason that a
// person gave before inside the same time.
func (d *Desk) AssignReason(ctx context.Context, scope access.Scope, user string, a Assign) (fact.Event, error) {
	reason, ok := d.Reader.Settings.Reasons.Reason(a.Reason)
	switch {
	case !ok:
		return fact.Event{}, fmt.Errorf("%w: there is no stop reason %q", ErrInvalid, a.Reason)
	case reason.Group:
		return fact.Event{}, fmt.Errorf("%w: %q is a heading; choose a reason below it", ErrInvalid, a.Reason)
	case a.To != 0 && a.To <= a.From:
		return fact.Event{}, fmt.Errorf("%w: the stop ends before it begins", ErrInvalid)
	case a.To-a.From > plant.Micros(maxReach.Microseconds()):
		return fact.Event{}, fmt.Errorf("%w: a reason lasts at most %s; enter it in parts", ErrInvalid, maxReach)
	}
	if err := d.entered(a.From, a.Note); err != nil {
		return fact.Event{}, err
	}
	m, err := d.machine(ctx, scope, a.Node, a.From)
	if err != nil {
		return fact.Event{}, err
	}
	payload := fact.StopReason{From: a.From, To: a.To, Reason: a.Reason, Note: a.Note}
	events := []fact.Event{d.event(fact.KindStopReason, m.Node, a.From, user, payload)}
	old, err := d.covered(ctx, m, a)
	if err != nil {
		return fact.Event{}, err
	}
	for _, e := range old {
		// A correction keeps the time of what it corrects, so that folds always
		// read both together.
		if e.Occurred == a.From && events[0].Supersedes == "" {
			events[0].Supersedes = e.ID
			continue
		}
		w := d.event(fact.KindStopReason, m.Node, e.Occurred, user, fact.StopReason{From: e.Occurred, To: e.Occurred + 1, Reason: a.Reason})
		w.Supersedes, w.Withdrawn = e.ID, true
		events = append(events, w)
	}
	return d.append(ctx, scope.Tenant, events)
}

// covered lists people's reasons in force that lie inside the new one.
func (d *Desk) covered(ctx context.Context, m *Machine, a Assign) ([]fact.Event, error) {
	to := a.To
	if to == 0 {
		to = forever
	}
	events, err := d.Reader.events(ctx, m, a.From, min(to, plant.MicrosOf(d.Now())+1))
	if err != nil {
		return nil, err
	}
	var out []fact.Event
	for _, e := range fact.InForce(events) {
		p, ok := unmarshal[fact.StopReason](e)
		if e.Kind != fact.KindStopReason || !ok || byMachine(e.Source) {
			continue
		}
		w := reasonRange(e, p)
		if w.from >= a.From && (w.to <= to || w.open) {
			out = append(out, e)
		}
	}
	return out, nil
}

// SetState enters a person's word on the state of a machine that nobody hears.
func (d *Desk) SetState(ctx context.Context, scope access.Scope, user string, node plant.NodeID, from plant.Micros, o fact.Override) (fact.Event, error) {
	state, err := ParseState(o.Item, o.Mode)
	switch {
	case err != nil:
		return fact.Event{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	case !state.Known:
		return fact.Event{}, fmt.Errorf("%w: UNKNOWN is no state to enter", ErrInvalid)
	case o.Until <= from || o.Until-from > plant.Micros(maxOverride.Microseconds()):
		return fact.Event{}, fmt.Errorf("%w: until must lie after the beginning, at most %s", ErrInvalid, maxOverride)
	}
	if err := d.entered(from, o.Note); err != nil {
		return fact.Event{}, err
	}
	m, err := d.machine(ctx, scope, node, from)
	if err != nil {
		return fact.Event{}, err
	}
	return d.append(ctx, scope.Tenant, []fact.Event{d.event(fact.KindOverride, m.Node, from, user, o)})
}

// AddCount enters a correction of quantities at an instant.
func (d *Desk) AddCount(ctx context.Context, scope access.Scope, user string, node plant.NodeID, at plant.Micros, c fact.Count) (fact.Event, error) {
	for _, n := range []int64{c.Good, c.Scrap, c.Rework} {
		if n > maxCorrection || n < -maxCorrection {
			return fact.Event{}, fmt.Errorf("%w: %d parts at once; %d are allowed", ErrInvalid, n, maxCorrection)
		}
	}
	if c.Good == 0 && c.Scrap == 0 && c.Rework == 0 {
		return fact.Event{}, fmt.Errorf("%w: no quantity given", ErrInvalid)
	}
	if err := d.entered(at, c.Note); err != nil {
		return fact.Event{}, err
	}
	m, err := d.machine(ctx, scope, node, at)
	if err != nil {
		return fact.Event{}, err
	}
	return d.append(ctx, scope.Tenant, []fact.Event{d.event(fact.KindCount, m.Node, at, user, c)})
}

func (d *Desk) entered(at plant.Micros, note string) error {
	now := d.Now()
	switch {
	case at > plant.MicrosOf(now.Add(clockSlack)):
		return fmt.Errorf("%w: %s has not come yet", ErrInvalid, at.Time().Format(time.RFC3339))
	case at < plant.MicrosOf(now.Add(-maxAgo)):
		return fmt.Errorf("%w: %s is more than %d days ago", ErrInvalid, at.Time().Format(time.RFC3339), int(maxAgo.Hours()/24))
	case len(note) > maxNote:
		return fmt.Errorf("%w: a note of %d bytes; %d are allowed", ErrInvalid, len(note), maxNote)
	}
	return nil
}

func (d *Desk) event(kind fact.Kind, node plant.NodeID, at plant.Micros, user string, payload any) fact.Event {
	return fact.New(kind, node, at.Time(), "person:"+user, payload)
}

func (d *Desk) append(ctx context.Context, tenant plant.TenantNo, events []fact.Event) (fact.Event, error) {
	stored, err := d.Reader.Journal.Append(ctx, tenant, events...)
	if err != nil {
		return fact.Event{}, fmt.Errorf("enter %s: %w", events[0].Kind, err)
	}
	if d.Changed != nil {
		d.Changed(ctx, tenant, stored)
	}
	return stored[0], nil
}
