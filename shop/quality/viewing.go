package quality

import (
	"context"
	"math"
	"slices"
	"strings"

	"zhigai/access"
	"zhigai/calc/capability"
	"zhigai/fact/document"
	"zhigai/plant"
)

// View is a chart over a window: points, or when there are too many an envelope.
type View struct {
	Characteristic Characteristic `json:"characteristic"`
	Points         []Point        `json:"points" nullable:"false"`
	Envelope       []Summary      `json:"envelope" nullable:"false" doc:"Instead of points where there are too many: zoom in"`
	Limits         []Limits       `json:"limits" nullable:"false" doc:"All versions, oldest first"`
	Notes          []Note         `json:"notes" nullable:"false"`
	Cases          []Case         `json:"cases" nullable:"false" doc:"What does not conform, of this characteristic"`
	Signals        []SignalCount  `json:"signals" nullable:"false" doc:"How many subgroups of an envelope broke each rule when they came; of points their own rules say it"`
	Withdrawn      []Subgroup     `json:"withdrawn" nullable:"false" doc:"What was mistyped: it counts no more; 2000 at most"`
}

// MaxPoints is how many points a chart has before it shows an envelope: about as
// many as a screen has columns.
const MaxPoints = 2000

// envelopes has so many stretches at most.
const maxStretches = 1000

// limits of a characteristic, oldest first.
func (d *Desk) limits(ctx context.Context, tenant plant.TenantNo, id string) ([]Limits, error) {
	all, err := document.ReadAll[Limits](d.o.Store.Documents(ctx, Filter{Scope: access.Scope{Tenant: tenant}, Kind: KindLimits, Of: id, Limit: maxList}))
	slices.SortFunc(all, func(a, b Limits) int { return int(a.Version - b.Version) })
	return all, err
}

// Chart is a characteristic's chart within [from, to).
func (d *Desk) Chart(ctx context.Context, who access.Principal, id string, from, to plant.Instant) (View, error) {
	c, err := d.characteristic(ctx, who, id, access.Read)
	if err != nil {
		return View{}, err
	}
	tenant := who.Scope.Tenant
	v := View{Characteristic: c, Points: []Point{}, Envelope: []Summary{}, Signals: []SignalCount{}}
	if v.Limits, err = d.limits(ctx, tenant, id); err != nil {
		return View{}, err
	}
	if v.Notes, err = document.ReadAll[Note](d.o.Store.Documents(ctx, Filter{Scope: access.Scope{Tenant: tenant}, Kind: KindNote, Of: id, Limit: maxList})); err != nil {
		return View{}, err
	}
	if v.Cases, err = document.ReadAll[Case](d.o.Store.Documents(ctx, Filter{Scope: access.Scope{Tenant: tenant}, Kind: KindCase, Of: id, Limit: maxList})); err != nil {
		return View{}, err
	}
	if v.Withdrawn, err = d.o.Store.Withdrawn(ctx, tenant, id, from, to, MaxPoints); err != nil {
		return View{}, err
	}
	// Whether there are few is not worth reading two thousand of millions.
	sums, err := d.o.Store.Summaries(ctx, tenant, id, from, to, to-from > manyDays)
	if err != nil {
		return View{}, err
	}
	if inner(sums) > MaxPoints {
		v.Envelope = thin(sums, from, to)
		v.Signals, err = d.o.Store.SignalCounts(ctx, tenant, id, from, to, to-from > manyDays)
		return v, err
	}
	all, err := d.o.Store.Subgroups(ctx, tenant, id, from, to, MaxPoints+1)
	if err != nil {
		return View{}, err
	}
	if len(all) > MaxPoints {
		v.Envelope = thin(sums, from, to)
		v.Signals, err = d.o.Store.SignalCounts(ctx, tenant, id, from, to, to-from > manyDays)
		return v, err
	}
	before, err := d.o.Store.Before(ctx, tenant, id, from, maxMemory)
	if err != nil {
		return View{}, err
	}
	// Trial limits are of the window alone: what was before it must not move them.
	if len(before) > 0 && inForce(v.Limits, before[len(before)-1].At) == nil {
		before = nil
	}
	v.Points, err = Fold(&c, v.Limits, append(before, all...), len(before))
	return v, err
}

// manyDays is a window that is summed up by days.
const manyDays = 60 * 24 * 3600 * plant.Instant(1e6)

// inner counts what surely lies within the stretch of sums: the first and the last
// may reach beyond it.
func inner(all []Summary) (n int64) {
	for i, s := range all {
		if i > 0 && i < len(all)-1 {
			n += s.N
		}
	}
	return n
}

// thin joins stretches until there are few.
func thin(all []Summary, from, to plant.Instant) []Summary {
	width := max(1, (to-from)/maxStretches)
	out := []Summary{}
	var key plant.Instant = -1
	for _, s := range all {
		k := (s.At - from) / width
		if k != key || len(out) == 0 {
			key, out = k, append(out, s)
			continue
		}
		last := &out[len(out)-1]
		last.Mean = (last.Mean*float64(last.N) + s.Mean*float64(s.N)) / float64(last.N+s.N)
		last.Low, last.High = min(last.Low, s.Low), max(last.High, s.High)
		last.N, last.Flagged = last.N+s.N, last.Flagged+s.Flagged
	}
	return out
}

// NewLimits asks for limits of phase I.
type NewLimits struct {
	From   plant.Instant `json:"from" doc:"Phase I begins"`
	To     plant.Instant `json:"to" doc:"Phase I ends, exclusive"`
	Left   []string      `json:"left,omitempty" maxItems:"200" doc:"Ids of subgroups to leave out, because their cause is known"`
	Reason string        `json:"reason" minLength:"1" maxLength:"400"`
	Rev    int64         `json:"rev,omitempty" doc:"Version in force that was seen; 0 without one"`
	Hold   plant.Instant `json:"hold_from,omitempty" doc:"From when on they hold; the end of phase I when left out"`
	Try    bool          `json:"try,omitempty" doc:"Only tell what they would be, and what they would have flagged"`
}

// Tried are limits with what they would flag of what was measured after phase I.
type Tried struct {
	Limits  Limits           `json:"limits"`
	Flagged map[string]int64 `json:"flagged" doc:"Points that break each rule from when on the limits hold until now, 2000 points at most"`
	Points  int              `json:"points" doc:"Points that were judged"`
}

// SetLimits makes limits of phase I, or tells what they would be.
func (d *Desk) SetLimits(ctx context.Context, who access.Principal, id string, n NewLimits) (Tried, error) {
	right := access.Engineer
	if n.Try {
		right = access.Read
	}
	c, err := d.characteristic(ctx, who, id, right)
	if err != nil {
		return Tried{}, err
	}
	tenant := who.Scope.Tenant
	if strings.TrimSpace(n.Reason) == "" && !n.Try {
		return Tried{}, invalid("limits without a reason; say why they are made, or made anew")
	}
	all, err := d.o.Store.Subgroups(ctx, tenant, id, n.From, n.To, MaxPoints+1)
	if err != nil {
		return Tried{}, err
	}
	if len(all) > MaxPoints {
		return Tried{}, invalid("more than %d subgroups in phase I; choose a shorter one", MaxPoints)
	}
	phase := slices.DeleteFunc(slices.Clone(all), func(s Subgroup) bool { return slices.Contains(n.Left, s.ID) })
	l, err := LimitsOf(&c, phase)
	if err != nil {
		return Tried{}, err
	}
	if !(l.StdDev > 0) {
		return Tried{}, invalid("what was measured in phase I does not vary; limits of it would flag everything: the gauge may be stuck or too coarse")
	}
	versions, err := d.limits(ctx, tenant, id)
	if err != nil {
		return Tried{}, err
	}
	l.ID, l.Characteristic, l.Version, l.Reason, l.Left, l.By, l.At = d.o.NewID(), id, int64(len(versions))+1, strings.TrimSpace(n.Reason), n.Left, who.Name, d.now()
	if l.From = n.Hold; l.From == 0 {
		l.From = l.PhaseTo
	}
	if len(versions) > 0 && l.From < versions[len(versions)-1].From {
		return Tried{}, invalid("limits that hold before those in force, %s; what was judged stays judged", versions[len(versions)-1].From.Time().Format("2006-01-02 15:04"))
	}
	out := Tried{Limits: l}
	if out.Flagged, out.Points, err = d.flagged(ctx, tenant, c, l); err != nil || n.Try {
		return out, err
	}
	if n.Rev != int64(len(versions)) {
		return Tried{}, conflict("the chart has %d versions of limits, not %d", len(versions), n.Rev)
	}
	doc := Document{Kind: KindLimits, ID: id + "." + itoa(l.Version), Place: c.Place, Path: c.Path, Of: id, By: who.Name}
	return out, d.save(ctx, tenant, doc, l, 0)
}

// flagged counts what limits flag of what was measured since they hold.
func (d *Desk) flagged(ctx context.Context, tenant plant.TenantNo, c Characteristic, l Limits) (map[string]int64, int, error) {
	after, err := d.o.Store.Subgroups(ctx, tenant, c.ID, l.From, math.MaxInt64, MaxPoints)
	if err != nil {
		return nil, 0, err
	}
	points, err := Fold(&c, []Limits{l}, after, 0)
	out := map[string]int64{}
	for _, p := range points {
		for _, r := range p.Rules {
			out[r]++
		}
	}
	return out, len(points), err
}

// Capability of a characteristic over a window, by what is left of subgroups that are
// not left out.
func (d *Desk) Capability(ctx context.Context, who access.Principal, id string, from, to plant.Instant) (Characteristic, *capability.Report, []Point, error) {
	c, err := d.characteristic(ctx, who, id, access.Read)
	if err != nil {
		return c, nil, nil, err
	}
	if c.Attribute {
		return c, nil, nil, invalid("%s is judged, not measured; its chart shows how many do not conform", c.Code)
	}
	all, err := d.o.Store.Subgroups(ctx, who.Scope.Tenant, id, from, to, maxCapability)
	if err != nil {
		return c, nil, nil, err
	}
	l, err := LimitsOf(&c, all)
	if err != nil {
		return c, nil, nil, err
	}
	l.Version, l.From = 1, from
	points, err := Fold(&c, []Limits{l}, all, 0)
	if err != nil {
		return c, nil, nil, err
	}
	p := capability.Process{Center: l.Center, Within: l.StdDev, Subgroups: len(all)}
	for i, s := range all {
		p.Values = append(p.Values, s.Values...)
		p.Points = append(p.Points, points[i].Value)
		if points[i].Value > *points[i].UCL || points[i].Value < *points[i].LCL {
			p.Beyond++
		}
	}
	r, err := capability.Of(p, c.Spec())
	if err != nil {
		return c, nil, nil, invalid("%v", err)
	}
	return c, r, points, nil
}

// maxCapability is how many subgroups a capability is found of: the newest say most,
// and a month of one a minute is enough for every interval.
const maxCapability = 50_000

// Note is what somebody says of a point of a chart, or of an instant: an
// annotation, or the cause of a signal.
type Note struct {
	ID       string        `json:"id,omitempty" readOnly:"true"`
	Subgroup string        `json:"subgroup,omitempty"`
	At       plant.Instant `json:"at" doc:"Of the point"`
	Cause    string        `json:"cause,omitempty" maxLength:"60" doc:"Kind of cause, as tool, material, machine, person, method, environment, measurement"`
	Text     string        `json:"text" minLength:"1" maxLength:"1000"`
	By       string        `json:"by,omitempty" readOnly:"true"`
	Said     plant.Instant `json:"said,omitempty" readOnly:"true"`
}

// Say keeps a note.
func (d *Desk) Say(ctx context.Context, who access.Principal, id string, n Note) (Note, error) {
	c, err := d.characteristic(ctx, who, id, access.Report)
	if err != nil {
		return Note{}, err
	}
	if n.Text = strings.TrimSpace(n.Text); n.Text == "" || len(n.Text) > maxNote {
		return Note{}, invalid("a note of %d bytes; 1 to %d say something", len(n.Text), maxNote)
	}
	n.ID, n.By, n.Said = d.o.NewID(), who.Name, d.now()
	if n.At == 0 {
		n.At = n.Said
	}
	return n, d.save(ctx, who.Scope.Tenant, Document{Kind: KindNote, ID: n.ID, Place: c.Place, Path: c.Path, Of: id, By: who.Name}, n, 0)
}

// Signals lists subgroups of a characteristic that broke a rule when they came, the
// newest first.
func (d *Desk) Signals(ctx context.Context, who access.Principal, f SignalFilter) ([]Broken, error) {
	if _, err := d.characteristic(ctx, who, f.Characteristic, access.Read); err != nil {
		return nil, err
	}
	if _, ok := Rule(f.Rule); f.Rule != "" && !ok {
		return nil, invalid("there is no rule %q; there are r1 to r4 and n1 to n8", f.Rule)
	}
	return d.o.Store.Signals(ctx, who.Scope.Tenant, f)
}
