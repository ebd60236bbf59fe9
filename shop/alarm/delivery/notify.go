package delivery

import (
	"context"
	"fmt"
	"slices"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/shop/alarm"
)

// Notify tells people by one route of something that is no alarm of the list, such as
// that a rule fired: whatever its priority and place, once for the same ID and instant,
// in the quiet hours when they are over. It returns when that is kept; [Desk.Pass] sends
// it, and the log says what came of it. A route that is not there is access.ErrNotFound,
// one that is switched off ErrInvalid.
func (d *Desk) Notify(ctx context.Context, tenant plant.TenantNo, route string, a alarm.Alarm) (id string, err error) {
	routes, err := d.o.Store.Routes(ctx, tenant)
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(routes, func(r Route) bool { return r.ID == route })
	switch {
	case i < 0:
		return "", fmt.Errorf("%w: alarm route %s", access.ErrNotFound, route)
	case routes[i].Off:
		return "", invalid("the route %s is switched off; switch it on, or choose another", routes[i].Name)
	}
	r, now := routes[i], d.o.Now()
	r.AfterMin = 0 // it is for whoever said it to say when
	one := Delivery{ID: d.o.NewID(), Route: r.ID, Name: r.Name, Way: r.Way, Alarm: a, Notice: true, State: Waiting, Made: plant.InstantOf(now), Due: plant.InstantOf(r.due(a, now)), Attempts: []Attempt{}}
	return one.ID, d.o.Store.Begin(ctx, tenant, one)
}
