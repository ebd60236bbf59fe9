package quality

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"zhigai/access"
	"zhigai/fact/document"
	"zhigai/plant"
)

// Limits of what people enter.
const (
	maxNote    = 4000
	maxLate    = 7 * 24 * time.Hour
	clockSlack = 2 * time.Minute // a panel's clock may run ahead of ours
	maxList    = 1000
)

// Options of a desk. Alarms, Orders, Scrap, Jobs and Pictures may be nil.
type Options struct {
	Store    Store
	Places   Places
	Alarms   Alarms
	Orders   Orders
	Scrap    Defects
	Jobs     Jobs
	Pictures Pictures
	NewID    func() string
	Now      func() time.Time
	Logger   *slog.Logger
}

// Desk is where people inspect. Its methods may be called concurrently.
type Desk struct{ o Options }

// NewDesk makes a desk.
func NewDesk(o Options) *Desk { return &Desk{o} }

func (d *Desk) now() plant.Instant { return plant.InstantOf(d.o.Now()) }

// save writes a thing as a document at a place.
func (d *Desk) save(ctx context.Context, tenant plant.TenantNo, doc Document, thing any, seen int64) error {
	return document.Save(ctx, d.o.Store, tenant, doc, thing, seen, d.now())
}

// place finds a place where the asker has a right.
func (d *Desk) place(ctx context.Context, who access.Principal, node plant.NodeID, right access.Permission) (path string, name plant.Name, err error) {
	path, name, err = d.o.Places.Place(ctx, who.Scope.Tenant, node)
	if err != nil {
		return "", plant.Name{}, err
	}
	if err := who.Reach(right, path, fmt.Errorf("%w: node %s", access.ErrNotFound, node)); err != nil {
		return "", plant.Name{}, err
	}
	return path, name, nil
}

// SaveCharacteristic keeps a characteristic; without an id it is a new one.
func (d *Desk) SaveCharacteristic(ctx context.Context, who access.Principal, c Characteristic) (Characteristic, error) {
	c.Code = strings.TrimSpace(c.Code)
	if err := c.check(); err != nil {
		return Characteristic{}, err
	}
	var err error
	if c.Path, c.PlaceName, err = d.place(ctx, who, c.Place, access.Engineer); err != nil {
		return Characteristic{}, err
	}
	seen := c.Rev
	if c.ID == "" {
		c.ID, seen = d.o.NewID(), 0
	} else {
		old, err := d.characteristic(ctx, who, c.ID, access.Engineer)
		if err != nil {
			return Characteristic{}, err
		}
		if old.Attribute != c.Attribute || old.Size != c.Size || (old.Chart == "imr") != (c.Chart == "imr") || !c.Attribute && old.Unit != c.Unit {
			return Characteristic{}, invalid("what was measured of %s is of subgroups of %d and in %q: end it and make another one", old.Code, old.Size, old.Unit)
		}
	}
	c.Rev = seen + 1
	if c.Rules == nil {
		c.Rules = []string{}
	}
	return c, d.save(ctx, who.Scope.Tenant, Document{Kind: KindCharacteristic, ID: c.ID, Place: c.Place, Path: c.Path, Of: c.Item, Open: !c.Ended, By: who.Name}, c, seen)
}

// characteristic is one that the asker sees and has a right at.
func (d *Desk) characteristic(ctx context.Context, who access.Principal, id string, right access.Permission) (Characteristic, error) {
	return document.Seen[Characteristic](ctx, d.o.Store, who, KindCharacteristic, id, right)
}

// Characteristic is one that the asker sees.
func (d *Desk) Characteristic(ctx context.Context, who access.Principal, id string) (Characteristic, error) {
	return d.characteristic(ctx, who, id, access.Read)
}

// Characteristics lists those within a scope, those that have not ended, the newest
// first.
func (d *Desk) Characteristics(ctx context.Context, f Filter) ([]Characteristic, error) {
	f.Kind, f.Open = KindCharacteristic, true
	return document.ReadAll[Characteristic](d.o.Store.Documents(ctx, f))
}

// Measurement is what somebody measured, or found.
type Measurement struct {
	Values  []float64     `json:"values,omitempty" maxItems:"1000" doc:"In the unit of the characteristic, as many as its subgroup has"`
	Found   float64       `json:"found,omitempty" minimum:"0"`
	Size    float64       `json:"size,omitempty" minimum:"0" doc:"Units that were looked at"`
	Defects []Defect      `json:"defects,omitempty" maxItems:"50"`
	At      plant.Instant `json:"at,omitempty" doc:"When; now when left out"`
	Order   string        `json:"order,omitempty" maxLength:"40" doc:"Number of the order at hand"`
	Lot     string        `json:"lot,omitempty" maxLength:"60"`
	Gauge   string        `json:"gauge,omitempty" maxLength:"60"`
	Note    string        `json:"note,omitempty" maxLength:"1000"`
	Key     string        `json:"key,omitempty" maxLength:"80" doc:"The sender's own: the same again is the same measurement"`
}

// Measured is a measurement with what the chart says of it at once.
type Measured struct {
	Subgroup Subgroup `json:"subgroup"`
	Point    Point    `json:"point"`
	Held     string   `json:"held,omitempty" doc:"Number of the order that is held because of it"`
	Warnings []string `json:"warnings" nullable:"false" doc:"What to bear in mind, as a gauge that is due: gauge_due, gauge_drifts, check_due, no_limits"`
}

// Measure takes a measurement and judges it.
func (d *Desk) Measure(ctx context.Context, who access.Principal, id string, m Measurement) (Measured, error) {
	c, err := d.characteristic(ctx, who, id, access.Report)
	if err != nil {
		return Measured{}, err
	}
	now := d.now()
	switch {
	case c.Ended:
		return Measured{}, invalid("%s has ended", c.Code)
	case m.At > plant.InstantOf(d.o.Now().Add(clockSlack)):
		return Measured{}, invalid("%s has not come yet; set the clock of the panel", m.At.Time().Format(time.RFC3339))
	case m.At != 0 && m.At < plant.InstantOf(d.o.Now().Add(-maxLate)):
		return Measured{}, invalid("%s is more than %d days ago; write it down in a note", m.At.Time().Format(time.RFC3339), int(maxLate.Hours()/24))
	}
	if m.Key != "" {
		old, err := d.o.Store.KeyedSubgroup(ctx, who.Scope.Tenant, id, who.Name, m.Key)
		if err == nil {
			return Measured{Subgroup: old, Point: Point{ID: old.ID, At: old.At, Value: Value(&c, old), Rules: old.Rules}, Warnings: []string{}}, nil
		}
		if !errors.Is(err, access.ErrNotFound) {
			return Measured{}, err
		}
	}
	s := Subgroup{
		ID: d.o.NewID(), At: m.At, Entered: now, By: who.Name, Values: m.Values, Found: m.Found, Size: m.Size, Defects: m.Defects,
		Order: strings.TrimSpace(m.Order), Lot: strings.TrimSpace(m.Lot), Gauge: m.Gauge, Note: strings.TrimSpace(m.Note), Key: m.Key,
	}
	if s.At == 0 {
		s.At = now
	}
	if s.Gauge == "" {
		s.Gauge = c.Gauge
	}
	if err := s.check(&c); err != nil {
		return Measured{}, err
	}
	if err := d.checkSpots(ctx, who.Scope.Tenant, c.Item, s.Defects); err != nil {
		return Measured{}, err
	}
	points, err := d.take(ctx, who.Scope.Tenant, c, []Subgroup{s}, true)
	if err != nil {
		return Measured{}, err
	}
	out := Measured{Subgroup: s, Point: points[0], Warnings: []string{}}
	out.Subgroup.Rules = points[0].Rules
	out.Held, err = d.tell(ctx, who.Scope.Tenant, c, points)
	if out.Point.LCL == nil {
		out.Warnings = append(out.Warnings, "no_limits")
	}
	if s.Gauge == "" {
		return out, err
	}
	doubts, gerr := d.doubtsOf(ctx, who.Scope.Tenant, s.Gauge, now)
	out.Warnings = append(out.Warnings, doubts...)
	return out, errors.Join(err, gerr)
}

// doubtsOf says why a gauge should not be measured with. One that is not there is no
// error: what it measured is.
func (d *Desk) doubtsOf(ctx context.Context, tenant plant.TenantNo, gauge string, now plant.Instant) (out []string, err error) {
	g, err := d.gauge(ctx, tenant, gauge)
	if errors.Is(err, access.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if g.due(now) {
		out = append(out, "gauge_due")
	}
	if g.Reference == 0 {
		return out, nil
	}
	own, _, err := d.usedBy(ctx, tenant, gauge)
	if err != nil {
		return nil, err
	}
	s, err := d.stability(ctx, tenant, g, own)
	if s.bad() {
		out = append(out, "gauge_drifts")
	}
	if s.Overdue {
		out = append(out, "check_due")
	}
	return out, err
}

// Read takes subgroups that a signal of a machine gave, in the order of time, and
// tells people of what is found.
func (d *Desk) Read(ctx context.Context, tenant plant.TenantNo, c Characteristic, all []Subgroup) error {
	if len(all) == 0 {
		return nil
	}
	for i := range all {
		if err := all[i].check(&c); err != nil {
			return err
		}
	}
	points, err := d.take(ctx, tenant, c, all, false)
	if err != nil {
		return err
	}
	_, err = d.tell(ctx, tenant, c, points)
	return err
}

// take judges subgroups by those before them and stores them.
func (d *Desk) take(ctx context.Context, tenant plant.TenantNo, c Characteristic, all []Subgroup, facts bool) ([]Point, error) {
	before, err := d.o.Store.Before(ctx, tenant, c.ID, all[0].At, maxMemory)
	if err != nil {
		return nil, err
	}
	versions, err := d.limits(ctx, tenant, c.ID)
	if err != nil {
		return nil, err
	}
	points, err := Fold(&c, versions, append(before, all...), len(before))
	if err != nil {
		return nil, err
	}
	valued := make([]Valued, len(all))
	for i, s := range all {
		if points[i].Limits > 0 { // trial limits raise nothing: they move with each point
			s.Rules = points[i].Rules
		}
		valued[i] = Valued{Subgroup: s, Value: points[i].Value, Fact: facts}
	}
	return points, d.o.Store.AddSubgroups(ctx, tenant, c, valued)
}

// tell raises alarms of points that break rules, says that they are over when a point
// breaks none, and holds the order of the worst.
func (d *Desk) tell(ctx context.Context, tenant plant.TenantNo, c Characteristic, points []Point) (held string, err error) {
	for _, p := range points {
		beyond := p.Limits > 0 && p.LCL != nil && (p.Value > *p.UCL || p.Value < *p.LCL)
		if p.Limits == 0 && !p.Outside || len(p.Rules) == 0 && !beyond && !p.Outside {
			if d.o.Alarms != nil {
				err = errors.Join(err, d.o.Alarms.Clear(ctx, tenant, c.ID, p.At))
			}
			continue
		}
		if d.o.Alarms != nil {
			err = errors.Join(err, d.o.Alarms.Raise(ctx, tenant, signal(c, p, beyond || p.Outside)))
		}
		if c.Hold && (beyond || p.Outside) && p.Order != "" && d.o.Orders != nil {
			ok, herr := d.o.Orders.HoldOrder(ctx, tenant, p.Order, fmt.Sprintf("%s %s", c.Code, c.Name.ZH))
			if ok {
				held = p.Order
			}
			err = errors.Join(err, herr)
		}
	}
	if err != nil && d.o.Logger != nil { // the measurement is stored, whatever became of the word about it
		d.o.Logger.Error("a finding did not reach everybody", "characteristic", c.ID, "err", err)
		err = nil
	}
	return held, err
}

func signal(c Characteristic, p Point, fatal bool) Signal {
	zh, en := "失控", "out of control"
	switch {
	case p.Outside:
		zh, en = "超出规范", "outside of the specification"
	case len(p.Rules) > 0:
		zh, en = "失控："+strings.Join(p.Rules, "、"), "out of control: "+strings.Join(p.Rules, ", ")
	}
	name := c.Name.EN
	if name == "" {
		name = c.Name.ZH
	}
	return Signal{
		Key: c.ID, Place: c.Place, At: p.At, Fatal: fatal, Page: "/quality?characteristic=" + c.ID,
		Text: plant.Name{ZH: fmt.Sprintf("%s %s %s", c.Code, c.Name.ZH, zh), EN: fmt.Sprintf("%s %s %s", c.Code, name, en)},
	}
}
