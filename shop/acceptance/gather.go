package acceptance

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"zhigai/access"
	"zhigai/connect/profile"
	"zhigai/fact"
	"zhigai/plant"
)

// Plants is what a report asks of the plant model.
type Plants interface {
	Model(ctx context.Context, scope access.Scope, at plant.Micros) (plant.Model, error)
}

// Tags lists the tags of a scope with their numbers.
type Tags interface {
	Tags(ctx context.Context, scope access.Scope) ([]plant.Tag, error)
}

// History is what a report reads of samples. Ranges are half open, Before is
// strictly before; samples come in order of time.
type History interface {
	Samples(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, from, to plant.Micros, yield func(plant.Sample) bool) error
	Texts(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, from, to plant.Micros, yield func(plant.Text) bool) error
	Before(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, t plant.Micros) (plant.Sample, bool, error)
	TextBefore(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, t plant.Micros) (plant.Text, bool, error)
}

// Machines says what machines did.
type Machines interface {
	// States is the milliseconds by state in [from, to).
	States(ctx context.Context, scope access.Scope, node plant.NodeID, from, to plant.Micros) (map[string]int64, error)
	// Alarms is how many stood at any time in [from, to).
	Alarms(ctx context.Context, scope access.Scope, node plant.NodeID, from, to plant.Micros) (int, error)
}

// Sources are what a report is made of. Replaced counts the samples of [from, to)
// that later ones replaced.
type Sources struct {
	Plants   Plants
	Tags     Tags
	Profiles *profile.Library
	History  History
	Machines Machines
	Journal  fact.Journal
	Replaced func(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, from, to plant.Micros) (int64, error)
}

// Fold makes the data of a report. told is called after each machine.
func (s Sources) Fold(ctx context.Context, tenant plant.TenantNo, q Question, told func(done, total int)) (Content, error) {
	span := q.span()
	// The conflicts of a machine may be anywhere in the plant.
	model, err := s.Plants.Model(ctx, access.Scope{Tenant: tenant}, span.To-1)
	if err != nil {
		return Content{}, err
	}
	c := Content{Schema: Schema, Question: q, Names: []Place{}, Machines: []Machine{}, Definitions: Definitions()}
	var machines []plant.Node
	for _, n := range model.Nodes {
		if slices.Contains(q.Places, n.Path) {
			c.Names = append(c.Names, Place{n.Path, n.Name})
		}
		if n.Machine != nil && slices.ContainsFunc(q.Places, func(p string) bool { return plant.Within(n.Path, p) }) {
			machines = append(machines, n)
		}
	}
	switch {
	case len(machines) == 0:
		return Content{}, fmt.Errorf("%w: there is no machine at %s at the end of the time", ErrInvalid, strings.Join(q.Places, ", "))
	case len(machines) > maxMachines:
		return Content{}, fmt.Errorf("%w: %d machines; %d are allowed: choose fewer places", ErrInvalid, len(machines), maxMachines)
	}
	slices.SortFunc(machines, func(a, b plant.Node) int { return strings.Compare(a.Path, b.Path) })
	tags, err := s.tags(ctx, tenant)
	if err != nil {
		return Content{}, err
	}
	for i, n := range machines {
		told(i, len(machines))
		m, err := s.machine(ctx, tenant, n, tags[n.ID], conflicts(n, model.Nodes), q)
		if err != nil {
			return Content{}, fmt.Errorf("%s: %w", n.Path, err)
		}
		c.Machines = append(c.Machines, m)
	}
	told(len(machines), len(machines))
	c.sum()
	return c, nil
}

func (s Sources) tags(ctx context.Context, tenant plant.TenantNo) (map[plant.NodeID]map[string]plant.Tag, error) {
	all, err := s.Tags.Tags(ctx, access.Scope{Tenant: tenant})
	if err != nil {
		return nil, err
	}
	out := map[plant.NodeID]map[string]plant.Tag{}
	for _, t := range all {
		if out[t.Node] == nil {
			out[t.Node] = map[string]plant.Tag{}
		}
		out[t.Node][t.Name] = t
	}
	return out, nil
}

// conflicts are the machines that cannot be told from this one.
func conflicts(one plant.Node, all []plant.Node) []string {
	out := []string{}
	d := one.Machine.Device
	for _, n := range all {
		if n.Machine == nil || n.ID == one.ID {
			continue
		}
		o := n.Machine.Device
		if d.Reach() == o.Reach() && !d.Off && !o.Off || d.Serial != "" && d.Serial == o.Serial {
			out = append(out, n.Path)
		}
	}
	slices.Sort(out)
	return out
}

// countersOf is what the profile's counters count, by signal.
func countersOf(p *profile.Profile) map[string]string {
	out := map[string]string{}
	for counts, c := range map[string]*profile.Counter{
		"good": p.Counters.Good, "scrap": p.Counters.Scrap, "rework": p.Counters.Rework, "total": p.Counters.Total, "energy": p.Counters.Energy,
	} {
		if c != nil && c.Signal != "" {
			out[c.Signal] = counts
		}
	}
	return out
}

func (s Sources) machine(ctx context.Context, tenant plant.TenantNo, n plant.Node, tags map[string]plant.Tag, clash []string, q Question) (Machine, error) {
	span := q.span()
	d := n.Machine.Device
	m := Machine{
		Node: n.ID, Path: n.Path, Name: n.Name, Class: n.Machine.Class, Driver: d.Driver, Address: d.Address, Unit: d.Params["unit"],
		Serial: d.Serial, Off: d.Off, Profile: n.Machine.Profile,
	}
	counts := map[string]string{}
	var wanted []plant.Tag
	if p, ok := s.Profiles.Get(n.Machine.Profile); ok {
		m.Version, m.Verified, counts = p.Version, p.Verified, countersOf(p)
		wanted = slices.DeleteFunc(p.Tags(n), func(t plant.Tag) bool { return t.Name == plant.LinkTag })
		slices.SortFunc(wanted, func(a, b plant.Tag) int { return strings.Compare(a.Name, b.Name) })
	}
	f := newFold(span, &m, counts)
	m.Conflicts = clash
	if err := f.link(s.values(ctx, tenant, tags[plant.LinkTag], span)); err != nil {
		return m, err
	}
	for _, t := range wanted {
		if err := s.tag(ctx, f, tenant, t, tags[t.Name].No); err != nil {
			return m, fmt.Errorf("%s: %w", t.Name, err)
		}
	}
	scope := access.Scope{Tenant: tenant, Path: n.Path}
	var err error
	if m.States, err = s.Machines.States(ctx, scope, n.ID, span.From, span.To); err != nil {
		return m, err
	}
	if m.Alarms, err = s.Machines.Alarms(ctx, scope, n.ID, span.From, span.To); err != nil {
		return m, err
	}
	if m.Losses, err = s.losses(ctx, tenant, n.ID, span); err != nil {
		return m, err
	}
	m.Evidence = evidenceOf(n.ID, tags[plant.LinkTag].No, q)
	f.finish(q.Criteria)
	return m, ctx.Err()
}

func (s Sources) tag(ctx context.Context, f *fold, tenant plant.TenantNo, t plant.Tag, no plant.TagNo) error {
	t.No = no
	row := Tag{No: no, Name: t.Name, Title: t.Title, Unit: t.Unit, SilenceUs: t.Silence.Microseconds(), Link: samplesLink(no, f.span.From.Time(), f.span.To.Time())}
	if t.Kind == plant.KindWaveform {
		row.Link = strings.Replace(row.Link, "/samples?", "/waveforms?", 1)
	}
	if no != 0 {
		var err error
		if row.Replaced, err = s.Replaced(ctx, tenant, no, f.span.From, f.span.To); err != nil {
			return err
		}
	}
	return f.tag(row, s.values(ctx, tenant, t, f.span))
}

// values are what is stored of a tag, the last value from before the span first.
// A tag without a number was never collected.
func (s Sources) values(ctx context.Context, tenant plant.TenantNo, t plant.Tag, span plant.Span) feed {
	if t.No == 0 {
		return func(func(value)) error { return nil }
	}
	if t.Kind == plant.KindText || t.Kind == plant.KindWaveform {
		return func(yield func(value)) error {
			of := func(x plant.Text) value {
				return value{at: x.Time, quality: x.Quality, text: x.Value, isText: true}
			}
			if x, ok, err := s.History.TextBefore(ctx, tenant, t.No, span.From); err != nil {
				return err
			} else if ok {
				yield(of(x))
			}
			return s.History.Texts(ctx, tenant, t.No, span.From, span.To, func(x plant.Text) bool { yield(of(x)); return ctx.Err() == nil })
		}
	}
	return func(yield func(value)) error {
		of := func(x plant.Sample) value { return value{at: x.Time, quality: x.Quality, number: x.Value} }
		if x, ok, err := s.History.Before(ctx, tenant, t.No, span.From); err != nil {
			return err
		} else if ok {
			yield(of(x))
		}
		return s.History.Samples(ctx, tenant, t.No, span.From, span.To, func(x plant.Sample) bool { yield(of(x)); return ctx.Err() == nil })
	}
}

// maxLosses bounds the events that a report lists of one machine.
const maxLosses = 200

// lossReach is how long before the span an event may have occurred that reaches
// into it: as long as a gap is looked for by the folds of states.
const lossReach = 7 * 24 * time.Hour

// losses are the events that say that something of the machine is missing.
func (s Sources) losses(ctx context.Context, tenant plant.TenantNo, node plant.NodeID, span plant.Span) ([]Loss, error) {
	events, err := s.Journal.Events(ctx, tenant, fact.Filter{
		Kinds: []fact.Kind{fact.KindGap, fact.KindOverload, fact.KindClock}, Subjects: []plant.NodeID{node}, From: span.From - micros(lossReach), To: span.To,
	})
	if err != nil {
		return nil, err
	}
	out := []Loss{}
	for _, e := range fact.InForce(events) {
		l := Loss{Event: e.ID, Kind: string(e.Kind), From: e.Occurred.Time()}
		to := e.Occurred + 1
		switch e.Kind {
		case fact.KindGap:
			var g fact.Gap
			if err := json.Unmarshal(e.Payload, &g); err != nil {
				return nil, fmt.Errorf("event %s: %w", e.ID, err)
			}
			l.From, l.To, l.What, to = g.From.Time(), g.To.Time(), g.Reason, g.To
		case fact.KindOverload:
			var o fact.Overload
			if err := json.Unmarshal(e.Payload, &o); err != nil {
				return nil, fmt.Errorf("event %s: %w", e.ID, err)
			}
			l.From, l.What, l.Dropped, to = o.From.Time(), strings.TrimSuffix(o.What+": "+o.Reason, ": "), o.Dropped, span.To
			if o.To != 0 {
				l.To, to = o.To.Time(), o.To
			}
		case fact.KindClock:
			var c fact.Clock
			if err := json.Unmarshal(e.Payload, &c); err != nil {
				return nil, fmt.Errorf("event %s: %w", e.ID, err)
			}
			l.What = fmt.Sprintf("%s: %s", c.Tag, c.Claimed.Time().Format(time.RFC3339))
		}
		if to > span.From && plant.MicrosOf(l.From) < span.To && len(out) < maxLosses {
			out = append(out, l)
		}
	}
	return out, nil
}

func samplesLink(no plant.TagNo, from, to time.Time) string {
	if no == 0 {
		return ""
	}
	q := url.Values{"tag": {strconv.FormatUint(uint64(no), 10)}, "carry": {"true"}, "from": {stamp(from)}, "to": {stamp(to)}}
	return "/api/v1/samples?" + q.Encode()
}

func evidenceOf(node plant.NodeID, link plant.TagNo, q Question) Evidence {
	span := url.Values{"from": {stamp(q.From)}, "to": {stamp(q.To)}}.Encode()
	own := url.Values{"equipment": {string(node)}}.Encode()
	return Evidence{
		Intervals: "/api/v1/equipment/" + url.PathEscape(string(node)) + "/intervals?" + span,
		Events:    "/api/v1/events?" + own + "&" + span,
		Alarms:    "/api/v1/alarms?" + own + "&" + span,
		Contact:   samplesLink(link, q.From, q.To),
	}
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
