package health

import (
	"context"
	"errors"
	"fmt"
	"time"

	"zhigai/access"
	"zhigai/calc/vibration"
	"zhigai/plant"
)

// Store keeps points and their readings. Its methods may be called concurrently.
// What is not there is access.ErrNotFound.
type Store interface {
	// SavePoint stores a revision as a fact and as the point's row, in one commit; a
	// point that has another revision than seen is access.ErrConflict.
	SavePoint(ctx context.Context, tenant plant.TenantNo, p Point, seen int64) error
	// Point and Points tell how a point was when that was last kept; [Judge] of no
	// readings before. Points are by id, those behind after.
	Point(ctx context.Context, tenant plant.TenantNo, id string) (State, error)
	Points(ctx context.Context, f Filter) ([]State, error)
	// KeepCondition keeps how a point is, folded from its readings.
	KeepCondition(ctx context.Context, tenant plant.TenantNo, point string, c Condition) error
	// KeepReadings stores readings in place of those of the same instants.
	KeepReadings(ctx context.Context, tenant plant.TenantNo, point string, all []Reading) error
	// Readings within [from, to), the newest limit of them, oldest first.
	Readings(ctx context.Context, tenant plant.TenantNo, point string, from, to plant.Instant, limit int) ([]Reading, error)
}

// Filter chooses points. Zero fields do not filter, but the scope does.
type Filter struct {
	Scope   access.Scope // of which the machine must be
	Machine plant.NodeID
	Ended   bool   // those that ended as well
	After   string // id: those behind it
	Limit   int
}

// Signals are tags and what they say. Its methods may be called concurrently.
type Signals interface {
	// Tag tells a tag with the machine it belongs to.
	Tag(ctx context.Context, tenant plant.TenantNo, no plant.TagNo) (tag plant.Tag, machine plant.NodeID, path string, err error)
	// Windows within [from, to), oldest first, until yield returns false.
	Windows(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, from, to plant.Instant, yield func(Window) bool) error
	// Value is the last before at that is good and not older than age.
	Value(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, at plant.Instant, age time.Duration) (v float64, ok bool, err error)
}

// Places are the nodes of the plant.
type Places interface {
	// Place tells a node's path and name; access.ErrNotFound without.
	Place(ctx context.Context, tenant plant.TenantNo, node plant.NodeID) (path string, name plant.Name, err error)
}

// Alarm is a point that is not as it should be.
type Alarm struct {
	Key      string
	Place    plant.NodeID
	At       plant.Instant
	Priority int // 1 is the most urgent, 4 the least
	Text     plant.Name
	Evidence string // path of the page
}

// Alarms are told of what is found; both may be said again and again.
type Alarms interface {
	Raise(ctx context.Context, tenant plant.TenantNo, a Alarm) error
	Clear(ctx context.Context, tenant plant.TenantNo, key string, at plant.Instant) error
}

// Options of a desk. All are required but Events.
type Options struct {
	Store     Store
	Signals   Signals
	Places    Places
	Alarms    Alarms
	Catalogue *Catalogue
	Zones     *Zones
	Rules     *Rules
	// Events tell the backtest what was wrong; nil: nothing is known.
	Events Events
	NewID  func() string
	Now    func() time.Time
}

// Desk is where points are kept and windows are examined. Its methods may be
// called concurrently.
type Desk struct{ o Options }

// NewDesk makes a desk.
func NewDesk(o Options) *Desk { return &Desk{o} }

// Catalogue lists the bearings that are known by name.
func (d *Desk) Catalogue() []Catalogued { return d.o.Catalogue.Bearings }

// Zones is the table that velocities are judged by.
func (d *Desk) Zones() *Zones { return d.o.Zones }

// Save stores a point, a new one or the next revision of it.
func (d *Desk) Save(ctx context.Context, who access.Principal, p Point) (Point, error) {
	tenant := who.Scope.Tenant
	tag, machine, path, err := d.o.Signals.Tag(ctx, tenant, p.Tag)
	switch {
	case err != nil:
		return Point{}, err
	case !who.Scope.Allows(path):
		return Point{}, fmt.Errorf("%w: tag %d", access.ErrNotFound, p.Tag)
	case !who.May(access.Engineer, path):
		return Point{}, fmt.Errorf("%w: measuring points of %s", access.ErrForbidden, path)
	case tag.Kind != plant.KindWaveform:
		return Point{}, invalid("%s is a %s; a measuring point has a tag of windows", tag.Path, tag.Kind)
	}
	for _, no := range []plant.TagNo{p.Speed, p.Temperature, p.Current} {
		if err := d.numberTag(ctx, who, no); err != nil {
			return Point{}, err
		}
	}
	if p.Machine != "" && p.Machine != machine {
		if path, _, err = d.o.Places.Place(ctx, tenant, p.Machine); err != nil {
			return Point{}, err
		}
		if !who.Scope.Allows(path) || !who.May(access.Engineer, path) {
			return Point{}, fmt.Errorf("%w: measuring points of %s", access.ErrForbidden, path)
		}
		machine = p.Machine
	}
	if err := p.check(d.o.Catalogue, d.o.Zones); err != nil {
		return Point{}, err
	}
	seen := p.Rev
	if p.ID == "" {
		p.ID = d.o.NewID()
	} else if old, err := d.o.Store.Point(ctx, tenant, p.ID); err != nil {
		return Point{}, err
	} else if !who.May(access.Engineer, old.Path) {
		return Point{}, fmt.Errorf("%w: measuring points of %s", access.ErrForbidden, old.Path)
	}
	p.Machine, p.Path, p.Unit, p.Rev, p.By, p.At = machine, path, tag.Unit, seen+1, who.Name, plant.InstantOf(d.o.Now())
	if err := d.o.Store.SavePoint(ctx, tenant, p, seen); err != nil {
		return Point{}, err
	}
	if p.Ended {
		return p, d.o.Alarms.Clear(ctx, tenant, p.ID, p.At)
	}
	return p, nil
}

// numberTag refuses a tag of a speed, temperature or current that is none, or that
// the asker may not see; 0 is nobody's.
func (d *Desk) numberTag(ctx context.Context, who access.Principal, no plant.TagNo) error {
	if no == 0 {
		return nil
	}
	tag, _, at, err := d.o.Signals.Tag(ctx, who.Scope.Tenant, no)
	switch {
	case err != nil:
		return err
	case !who.Scope.Allows(at):
		return fmt.Errorf("%w: tag %d", access.ErrNotFound, no)
	case tag.Kind != plant.KindNumber:
		return invalid("%s is a %s; speed, temperature and current are numbers", tag.Path, tag.Kind)
	}
	return nil
}

// State is a point with how it is.
type State struct {
	Point
	Condition Condition `json:"condition"`
}

// judged is how many of the last readings a condition is folded from, the baseline
// among them: those of a week, at one every ten minutes.
const judged = 1000

// Points lists points of the asker's places with how they are.
func (d *Desk) Points(ctx context.Context, who access.Principal, f Filter) ([]State, error) {
	if f.Scope.Tenant == 0 {
		f.Scope = who.Scope
	}
	return d.o.Store.Points(ctx, f)
}

// Point is one point with how it is, within the asker's places.
func (d *Desk) Point(ctx context.Context, who access.Principal, id string) (State, error) {
	s, err := d.o.Store.Point(ctx, who.Scope.Tenant, id)
	if err == nil && !who.Scope.Allows(s.Path) {
		return State{}, fmt.Errorf("%w: measuring point %s", access.ErrNotFound, id)
	}
	return s, err
}

// Readings of a point within [from, to), the newest limit of them, oldest first.
func (d *Desk) Readings(ctx context.Context, who access.Principal, id string, from, to plant.Instant, limit int) ([]Reading, error) {
	if _, err := d.Point(ctx, who, id); err != nil {
		return nil, err
	}
	return d.o.Store.Readings(ctx, who.Scope.Tenant, id, from, to, limit)
}

const (
	// speedAge is how old a speed may be for a window. One that does not change is
	// not stored anew, and lost contact is a bad sample of its own; a day is beyond
	// what a machine turns at one speed without a stop.
	speedAge = 24 * time.Hour
	// atOnce is how many windows are examined before they are stored.
	atOnce = 50
	// firstLook is how far back the windows of a new point are examined.
	firstLook = 30 * 24 * time.Hour
)

// Examine makes readings of the windows of a point within [from, to), and tells
// how many; what was there of the same windows is replaced.
func (d *Desk) Examine(ctx context.Context, tenant plant.TenantNo, p Point, from, to plant.Instant) (int, error) {
	diagnoser := vibration.NewDiagnoser()
	total := 0
	for {
		var batch []Reading
		var failed error
		err := d.o.Signals.Windows(ctx, tenant, p.Tag, from, to, func(w Window) bool {
			var rpm *float64
			if rpm, failed = d.rpm(ctx, tenant, p, w.At); failed != nil {
				return false
			}
			var r Reading
			if r, failed = d.read(diagnoser, p, w, rpm); failed == nil {
				failed = d.beside(ctx, tenant, p, &r)
			}
			if failed != nil {
				failed = fmt.Errorf("%s at %s: %w", p.Path, w.At.Time().Format(time.RFC3339Nano), failed)
				return false
			}
			batch = append(batch, r)
			return len(batch) < atOnce && ctx.Err() == nil
		})
		if err = errors.Join(err, failed, ctx.Err()); err != nil {
			return total, err
		}
		if len(batch) == 0 {
			return total, nil
		}
		if err := d.o.Store.KeepReadings(ctx, tenant, p.ID, batch); err != nil {
			return total, err
		}
		total += len(batch)
		from = batch[len(batch)-1].At + 1
	}
}

// besideAge is how old a temperature or current may be for a window: both follow a
// machine within minutes, and a value that does not change is not stored anew.
const besideAge = time.Hour

// beside reads what else is measured at a point when a window began.
func (d *Desk) beside(ctx context.Context, tenant plant.TenantNo, p Point, r *Reading) error {
	for _, of := range []struct {
		tag plant.TagNo
		put **float64
	}{{p.Temperature, &r.Temperature}, {p.Current, &r.Current}} {
		if of.tag == 0 {
			continue
		}
		v, ok, err := d.o.Signals.Value(ctx, tenant, of.tag, r.At, besideAge)
		if err != nil {
			return err
		}
		if ok {
			*of.put = &v
		}
	}
	return nil
}

// rpm is the speed of a point at an instant; nil when nobody knows.
func (d *Desk) rpm(ctx context.Context, tenant plant.TenantNo, p Point, at plant.Instant) (*float64, error) {
	if p.Speed == 0 {
		if p.RPM > 0 {
			return new(p.RPM), nil
		}
		return nil, nil
	}
	v, ok, err := d.o.Signals.Value(ctx, tenant, p.Speed, at, speedAge)
	if err != nil || !ok || !(v > 0) {
		return nil, err
	}
	return &v, nil
}

// Follow examines the windows of all points that came since the last look, and
// raises and clears alarms. What came late, before a window that was examined, is
// examined when somebody asks for it.
func (d *Desk) Follow(ctx context.Context, tenant plant.TenantNo) error {
	f := Filter{Scope: access.Scope{Tenant: tenant}, Limit: atOnce}
	for {
		points, err := d.o.Store.Points(ctx, f)
		if err != nil {
			return err
		}
		var failed error
		for _, p := range points {
			// A point that cannot be examined keeps no other from it.
			failed = errors.Join(failed, d.followPoint(ctx, tenant, p.Point))
		}
		if failed != nil || len(points) < f.Limit {
			return failed
		}
		f.After = points[len(points)-1].ID
	}
}

func (d *Desk) followPoint(ctx context.Context, tenant plant.TenantNo, p Point) error {
	now := plant.InstantOf(d.o.Now())
	last, err := d.o.Store.Readings(ctx, tenant, p.ID, 0, now+1, 1)
	if err != nil {
		return err
	}
	from := plant.InstantOf(d.o.Now().Add(-firstLook))
	if len(last) > 0 {
		from = last[0].At + 1
	}
	n, err := d.Examine(ctx, tenant, p, from, now+1)
	if err != nil || n == 0 {
		return err
	}
	return d.tell(ctx, tenant, p, n)
}

// tell keeps how a point is after its last n windows, and raises and clears its alarm
// by each of them: what was bad for a while in windows that came together is told as
// what came one by one.
func (d *Desk) tell(ctx context.Context, tenant plant.TenantNo, p Point, n int) error {
	all, err := d.o.Store.Readings(ctx, tenant, p.ID, 0, plant.InstantOf(d.o.Now())+1, judged+n-1)
	if err != nil {
		return err
	}
	var said *plant.Name // nil before anything was said: what stood before may stand still
	for i := max(0, len(all)-n); i < len(all); i++ {
		c := Judge(all[max(0, i+1-judged) : i+1])
		last := i == len(all)-1
		if last {
			if err := d.o.Store.KeepCondition(ctx, tenant, p.ID, c); err != nil {
				return err
			}
		}
		a, ok := alarmOf(p, c)
		if said != nil && *said == a.Text && !last {
			continue
		}
		said = &a.Text
		if ok {
			err = d.o.Alarms.Raise(ctx, tenant, a)
		} else {
			err = d.o.Alarms.Clear(ctx, tenant, p.ID, c.Since)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// alarmOf is what is said of a condition; false when there is nothing to say.
func alarmOf(p Point, c Condition) (Alarm, bool) {
	a := Alarm{Key: p.ID, Place: p.Machine, At: c.Since, Priority: 3, Evidence: "/health?point=" + p.ID}
	say := func(zh, en string) (Alarm, bool) {
		name := p.Name.EN
		if name == "" {
			name = p.Name.ZH
		}
		a.Text = plant.Name{ZH: p.Name.ZH + "：" + zh, EN: name + ": " + en}
		return a, true
	}
	switch {
	case c.Why == WhyElement:
		a.Priority = 2
		e := elementNames[c.Element]
		return say("轴承"+e.ZH+"故障", "bearing, "+e.EN+" is bad")
	case c.Why == WhyZone && c.Level == Bad:
		a.Priority = 1
		return say("振动烈度处于 D 区", "vibration in zone D")
	case c.Why == WhyZone:
		return say("振动烈度处于 C 区", "vibration in zone C")
	case c.Why == WhyShaft:
		f := faultNames[c.Fault]
		return say("疑似"+f.ZH, "may have "+f.EN)
	case c.Why == WhyChanged:
		a.Priority = 4
		return say("振动较基线升高", "louder than its baseline")
	case c.Why == WhySensor:
		a.Priority = 4
		return say("传感器数据不可信", "its sensor is not to be believed")
	}
	return Alarm{}, false
}
