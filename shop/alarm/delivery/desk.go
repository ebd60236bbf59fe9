package delivery

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/shop/alarm"
)

// Store keeps routes and the log. Its methods may be called concurrently; what is
// not there is access.ErrNotFound, what somebody else changed access.ErrConflict.
type Store interface {
	// Routes are those that hold now, by name, with their secrets open.
	Routes(ctx context.Context, tenant plant.TenantNo) ([]Route, error)
	SaveRoute(ctx context.Context, tenant plant.TenantNo, r Route, rev int64) (Route, error)
	DropRoute(ctx context.Context, tenant plant.TenantNo, id string, rev int64) error
	Rotas(ctx context.Context, tenant plant.TenantNo) ([]Rota, error)
	SaveRota(ctx context.Context, tenant plant.TenantNo, r Rota, rev int64) (Rota, error)
	DropRota(ctx context.Context, tenant plant.TenantNo, id string, rev int64) error
	// Begin stores a delivery unless the alarm went by the route before.
	Begin(ctx context.Context, tenant plant.TenantNo, d Delivery) error
	// Told is when the same alarm, whenever it came, was last taken on by the route; 0
	// for never. What was dropped does not count, nor does the occurrence itself.
	Told(ctx context.Context, tenant plant.TenantNo, route string, a alarm.Alarm) (plant.Instant, error)
	// Due are those that wait and are due, the longest first.
	Due(ctx context.Context, tenant plant.TenantNo, at plant.Instant, limit int) ([]Delivery, error)
	// Keep stores what became of one; seen is how many attempts it had.
	Keep(ctx context.Context, tenant plant.TenantNo, d Delivery, seen int) error
	// Log is the newest first.
	Log(ctx context.Context, f Filter) ([]Delivery, error)
}

// Filter chooses deliveries. Zero fields do not filter, but the scope does.
type Filter struct {
	Scope  access.Scope // of which the alarm's place must be
	Route  string
	State  State
	Before string // id: those made before it
	Limit  int
}

// Alarms tells what needs somebody now; *alarm.Desk does.
type Alarms interface {
	Now(ctx context.Context, scope access.Scope, f alarm.Filter) (alarm.Page, error)
}

// Options of a desk. All are required but Link.
type Options struct {
	Store  Store
	Alarms Alarms
	Send   Sender
	// MayReach says why the node opens no connection for a tenant.
	MayReach func(ctx context.Context, tenant plant.TenantNo) error
	// Link is where people find the pages, as https://host; "" leaves links out.
	Link  string
	NewID func() string
	Now   func() time.Time
}

// Desk sends alarms on their ways. Its methods may be called concurrently.
type Desk struct {
	o    Options
	pace pace
}

// NewDesk makes a desk.
func NewDesk(o Options) *Desk {
	return &Desk{o: o, pace: pace{said: map[string][]time.Time{}}}
}

// Pace and bounds of sending.
const (
	Pace = 2 * time.Second
	// fresh is how old an alarm may be to go out: who opens a route does not want the
	// alarms of the week.
	fresh     = 15 * time.Minute
	atOnce    = 50
	sendLimit = 20 * time.Second
)

// Pass looks once at what stands and sends what is due. It is to be called each
// [Pace]; of several processes on one record one calls it.
func (d *Desk) Pass(ctx context.Context, tenant plant.TenantNo) error {
	routes, err := d.o.Store.Routes(ctx, tenant)
	if err != nil || len(routes) == 0 {
		return err
	}
	page, err := d.o.Alarms.Now(ctx, access.Scope{Tenant: tenant}, alarm.Filter{Unacked: true, Limit: 1000})
	if err != nil {
		return err
	}
	now := d.o.Now()
	for _, a := range page.Alarms {
		if now.Sub(a.From.Time()) > fresh {
			continue
		}
		for _, r := range routes {
			if !r.wants(a) {
				continue
			}
			if err := d.begin(ctx, tenant, r, a, now); err != nil {
				return err
			}
		}
	}
	due, err := d.o.Store.Due(ctx, tenant, plant.InstantOf(now), atOnce)
	if err != nil || len(due) == 0 {
		return err
	}
	rotas, err := d.o.Store.Rotas(ctx, tenant)
	if err != nil {
		return err
	}
	for _, one := range due {
		if err := d.deliver(ctx, tenant, one, routes, rotas, page.Alarms); err != nil {
			return err
		}
	}
	return nil
}

// begin takes an alarm on by a route, or says why it is not told again.
func (d *Desk) begin(ctx context.Context, tenant plant.TenantNo, r Route, a alarm.Alarm, now time.Time) error {
	one := Delivery{ID: d.o.NewID(), Route: r.ID, Name: r.Name, Way: r.Way, Alarm: a, State: Waiting, Made: plant.InstantOf(now), Due: plant.InstantOf(r.due(a, now)), Attempts: []Attempt{}}
	if r.AgainMin > 0 {
		last, err := d.o.Store.Told(ctx, tenant, r.ID, a)
		if err != nil {
			return err
		}
		if since := now.Sub(last.Time()); last > 0 && since < time.Duration(r.AgainMin)*time.Minute {
			one.State, one.Why = Dropped, fmt.Sprintf("the same alarm was told %s before; this route tells it again after %d min", since.Round(time.Second), r.AgainMin)
		}
	}
	return d.o.Store.Begin(ctx, tenant, one)
}

// due is when the route tells of an alarm that came now: when nobody took it up in
// time, and not in the quiet hours.
func (r Route) due(a alarm.Alarm, now time.Time) time.Time {
	if after := a.From.Time().Add(time.Duration(r.AfterMin) * time.Minute); r.AfterMin > 0 && after.After(now) {
		now = after
	}
	if r.Quiet == nil || a.Priority <= r.Quiet.Priority {
		return now
	}
	at, err := r.Quiet.over(now)
	if err != nil {
		return now // better at night than never
	}
	return at
}

// deliver makes one attempt and keeps what came of it.
func (d *Desk) deliver(ctx context.Context, tenant plant.TenantNo, one Delivery, routes []Route, rotas []Rota, unacked []alarm.Alarm) error {
	seen := len(one.Attempts)
	i := slices.IndexFunc(routes, func(r Route) bool { return r.ID == one.Route })
	still := slices.ContainsFunc(unacked, func(a alarm.Alarm) bool {
		return a.Place == one.Alarm.Place && a.ID == one.Alarm.ID && a.From == one.Alarm.From && a.Open
	})
	// Of what is no alarm of the list nobody takes anything up.
	waited := one.Due > one.Made && !one.Notice
	switch {
	case i < 0 || routes[i].Off:
		one.State, one.Why = Dropped, "the route was ended or switched off"
	case waited && !still:
		one.State, one.Why = Dropped, "the alarm was taken up or over before it could be sent"
	case routes[i].Way.robot() && !d.pace.may(one.Route, d.o.Now()):
		one.Due = plant.InstantOf(d.o.Now().Add(perMinute)) // it would be refused, and the chat blocked
	default:
		r, person := routes[i].withDuty(rotas, d.o.Now())
		one.OnCall = person.Name
		one.tried(d.attempt(ctx, tenant, r, person, one))
	}
	if ctx.Err() != nil {
		return ctx.Err() // an attempt that was cut off is none
	}
	if err := d.o.Store.Keep(ctx, tenant, one, seen); err != nil && !errors.Is(err, access.ErrConflict) {
		return err
	}
	return nil
}

func (d *Desk) attempt(ctx context.Context, tenant plant.TenantNo, r Route, person Person, one Delivery) Attempt {
	begin := d.o.Now()
	detail, err := d.send(ctx, tenant, r, person, one)
	out := Attempt{At: plant.InstantOf(begin), TookMs: d.o.Now().Sub(begin).Milliseconds(), OK: err == nil, Detail: detail}
	if err != nil {
		out.Detail = cut(err.Error(), 400)
	}
	return out
}

func (d *Desk) send(ctx context.Context, tenant plant.TenantNo, r Route, person Person, one Delivery) (string, error) {
	if err := d.o.MayReach(ctx, tenant); err != nil {
		return "", err
	}
	if r.Sealed != nil {
		return "", fmt.Errorf("the secret of the route cannot be read, enter it again: %w", r.Sealed)
	}
	if r.Way == Email && len(r.To) == 0 {
		return "", fmt.Errorf("nobody to write to: %s has no e-mail in the rota, or the rota was ended", cmp.Or(person.Name, "who is on call"))
	}
	ctx, cancel := context.WithTimeout(ctx, sendLimit)
	defer cancel()
	return d.o.Send.Send(ctx, r, Message{ID: one.ID, At: d.o.Now(), Alarm: one.Alarm, Link: d.link(one.Alarm), OnCall: person})
}

// link is the page of an alarm.
func (d *Desk) link(a alarm.Alarm) string {
	if d.o.Link == "" {
		return ""
	}
	return strings.TrimSuffix(d.o.Link, "/") + a.Evidence
}

func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

// Routes lists the routes without their secrets.
func (d *Desk) Routes(ctx context.Context, tenant plant.TenantNo) ([]Route, error) {
	all, err := d.o.Store.Routes(ctx, tenant)
	for i := range all {
		all[i].Secret = ""
	}
	return all, err
}

// Save stores a route. A secret that is left out stays what it was, while the route
// goes to the same server.
func (d *Desk) Save(ctx context.Context, tenant plant.TenantNo, r Route, rev int64) (Route, error) {
	r.Name = strings.TrimSpace(r.Name)
	if r.To == nil {
		r.To = []string{}
	}
	if r.Places == nil {
		r.Places = []string{}
	}
	if err := r.Check(); err != nil {
		return Route{}, err
	}
	if r.ID != "" && r.Secret == "" {
		all, err := d.o.Store.Routes(ctx, tenant)
		if err != nil {
			return Route{}, err
		}
		if i := slices.IndexFunc(all, func(o Route) bool { return o.ID == r.ID }); i >= 0 && all[i].URL == r.URL && all[i].User == r.User {
			r.Secret = all[i].Secret
		}
	}
	if r.Way != Email && r.Secret == "" {
		return Route{}, invalid("a webhook or robot needs its secret, with which the receiver checks that it comes from here")
	}
	if r.Rota != "" {
		rotas, err := d.o.Store.Rotas(ctx, tenant)
		if err != nil {
			return Route{}, err
		}
		if !slices.ContainsFunc(rotas, func(o Rota) bool { return o.ID == r.Rota }) {
			return Route{}, invalid("rota %.60q is not there; choose another or none", r.Rota)
		}
	}
	saved, err := d.o.Store.SaveRoute(ctx, tenant, r, rev)
	saved.Secret = ""
	return saved, err
}

// Drop ends a route.
func (d *Desk) Drop(ctx context.Context, tenant plant.TenantNo, id string, rev int64) error {
	return d.o.Store.DropRoute(ctx, tenant, id, rev)
}

// Test sends a made-up alarm by a stored route.
func (d *Desk) Test(ctx context.Context, tenant plant.TenantNo, id string) (Attempt, error) {
	all, err := d.o.Store.Routes(ctx, tenant)
	if err != nil {
		return Attempt{}, err
	}
	i := slices.IndexFunc(all, func(r Route) bool { return r.ID == id })
	if i < 0 {
		return Attempt{}, fmt.Errorf("%w: route %s", access.ErrNotFound, id)
	}
	rotas, err := d.o.Store.Rotas(ctx, tenant)
	if err != nil {
		return Attempt{}, err
	}
	now := plant.InstantOf(d.o.Now())
	r, person := all[i].withDuty(rotas, d.o.Now())
	return d.attempt(ctx, tenant, r, person, Delivery{ID: d.o.NewID(), Alarm: alarm.Alarm{
		ID: "test", Source: "test", Text: plant.Name{ZH: "测试：这是一条试发的报警", EN: "Test: this alarm was sent to try the route"}, Priority: 4, From: now, To: now, Open: true,
		State: alarm.Unacknowledged, Evidence: "/alarms",
	}}), nil
}

// Log lists deliveries within the scope, the newest first.
func (d *Desk) Log(ctx context.Context, f Filter) ([]Delivery, error) { return d.o.Store.Log(ctx, f) }
