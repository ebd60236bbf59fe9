package shop

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/uptrace/bun"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/record"
	"zhigai/shop/alarm"
	"zhigai/shop/alarm/delivery"
)

const (
	kindRoute = "alarm-route"
	kindRota  = "alarm-rota"
)

// Deliveries keeps by which ways alarms go to people, and what became of each. It
// implements delivery.Store.
type Deliveries struct {
	db     *record.DB
	routes named[delivery.Route]
	rotas  named[delivery.Rota]
}

var _ delivery.Store = Deliveries{}

// NewDeliveries keeps routes in the record, their secrets sealed.
func NewDeliveries(db *record.DB, s Secrets) Deliveries {
	return Deliveries{db, named[delivery.Route]{
		db: db, kind: kindRoute, what: "route", most: delivery.MaxRoutes, hide: s.route, show: s.openRoute,
		on: func(r *delivery.Route) (*string, *int64, string) { return &r.ID, &r.Rev, r.Name },
	}, named[delivery.Rota]{
		db: db, kind: kindRota, what: "rota", most: delivery.MaxRotas,
		on: func(r *delivery.Rota) (*string, *int64, string) { return &r.ID, &r.Rev, r.Name },
	}}
}

// ofRoute has the server in it: a secret opens for the server and user that it was
// written for.
func ofRoute(tenant plant.TenantNo, r delivery.Route) string {
	return fmt.Sprintf("alarm-route/%d/%s\n%s", tenant, r.URL, r.User)
}

// route seals the secret of a route.
func (s Secrets) route(tenant plant.TenantNo, r *delivery.Route, was []delivery.Route) error {
	if s.Vault == nil || r.Secret == "" || access.IsSealed(r.Secret) {
		return nil
	}
	of := ofRoute(tenant, *r)
	for _, old := range was {
		if open, err := s.Vault.Open(of, old.Secret); err == nil && access.IsSealed(old.Secret) && open == r.Secret {
			r.Secret = old.Secret
			return nil
		}
	}
	var err error
	r.Secret, err = s.Vault.Seal(of, r.Secret)
	return err
}

// openRoute gives the secret back, or says that it cannot be read.
func (s Secrets) openRoute(tenant plant.TenantNo, r *delivery.Route) {
	open, err := s.Vault.Open(ofRoute(tenant, *r), r.Secret)
	if err != nil {
		r.Secret, r.Sealed = "", err
		return
	}
	r.Secret = open
}

// Routes implements delivery.Store.
func (r Deliveries) Routes(ctx context.Context, tenant plant.TenantNo) ([]delivery.Route, error) {
	return r.routes.all(ctx, tenant)
}

// SaveRoute implements delivery.Store.
func (r Deliveries) SaveRoute(ctx context.Context, tenant plant.TenantNo, one delivery.Route, rev int64) (delivery.Route, error) {
	return r.routes.save(ctx, tenant, one, rev)
}

// DropRoute implements delivery.Store.
func (r Deliveries) DropRoute(ctx context.Context, tenant plant.TenantNo, id string, rev int64) error {
	return r.routes.drop(ctx, tenant, id, rev)
}

// Rotas implements delivery.Store.
func (r Deliveries) Rotas(ctx context.Context, tenant plant.TenantNo) ([]delivery.Rota, error) {
	return r.rotas.all(ctx, tenant)
}

// SaveRota implements delivery.Store.
func (r Deliveries) SaveRota(ctx context.Context, tenant plant.TenantNo, one delivery.Rota, rev int64) (delivery.Rota, error) {
	return r.rotas.save(ctx, tenant, one, rev)
}

// DropRota implements delivery.Store.
func (r Deliveries) DropRota(ctx context.Context, tenant plant.TenantNo, id string, rev int64) error {
	return r.rotas.drop(ctx, tenant, id, rev)
}

// ofAlarm begins the names of all times that an alarm came.
func ofAlarm(a alarm.Alarm) string { return fmt.Sprintf("%s\n%s\n", a.Place, a.ID) }

// occurrence names what is sent once by a route.
func occurrence(a alarm.Alarm) string { return fmt.Sprintf("%s%d", ofAlarm(a), a.From) }

// Told implements delivery.Store.
func (r Deliveries) Told(ctx context.Context, tenant plant.TenantNo, route string, a alarm.Alarm) (plant.Instant, error) {
	all, err := bodies[delivery.Delivery](r.db.Reader().QueryContext(ctx,
		`select body from alarm_delivery where tenant = ? and route = ? and alarm >= ? and alarm < ? and alarm <> ? and state <> 'dropped' order by id desc limit 1`,
		tenant, route, ofAlarm(a), ofAlarm(a)+":", occurrence(a))) // ":" comes after all digits
	if err != nil || len(all) == 0 {
		return 0, err
	}
	return all[0].Made, nil
}

// Begin implements delivery.Store.
func (r Deliveries) Begin(ctx context.Context, tenant plant.TenantNo, d delivery.Delivery) error {
	var n int
	if err := r.db.Reader().QueryRowContext(ctx, `select count(*) from alarm_delivery where tenant = ? and route = ? and alarm = ?`, tenant, d.Route, occurrence(d.Alarm)).Scan(&n); err != nil || n > 0 {
		return err
	}
	body, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("record: write delivery %s: %w", d.ID, err)
	}
	return r.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewRaw(`insert into alarm_delivery (tenant, id, route, alarm, path, state, due, tries, body) values (?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing`,
			tenant, d.ID, d.Route, occurrence(d.Alarm), d.Alarm.Path, string(d.State), int64(d.Due), len(d.Attempts), string(body)).Exec(ctx); err != nil {
			return fmt.Errorf("record: save delivery %s: %w", d.ID, err)
		}
		return nil
	})
}

// Due implements delivery.Store.
func (r Deliveries) Due(ctx context.Context, tenant plant.TenantNo, at plant.Instant, limit int) ([]delivery.Delivery, error) {
	return bodies[delivery.Delivery](r.db.Reader().QueryContext(ctx,
		`select body from alarm_delivery where tenant = ? and state = 'waiting' and due <= ? order by due, id limit ?`, tenant, int64(at), limit))
}

// Keep implements delivery.Store.
func (r Deliveries) Keep(ctx context.Context, tenant plant.TenantNo, d delivery.Delivery, seen int) error {
	body, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("record: write delivery %s: %w", d.ID, err)
	}
	return r.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		done, err := tx.NewRaw(`update alarm_delivery set state = ?, due = ?, tries = ?, body = ? where tenant = ? and id = ? and tries = ? and state = 'waiting'`,
			string(d.State), int64(d.Due), len(d.Attempts), string(body), tenant, d.ID, seen).Exec(ctx)
		if err != nil {
			return fmt.Errorf("record: save delivery %s: %w", d.ID, err)
		}
		if n, err := done.RowsAffected(); err != nil || n != 1 {
			return fmt.Errorf("delivery %s: %w", d.ID, access.ErrConflict)
		}
		return nil
	})
}

// Log implements delivery.Store.
func (r Deliveries) Log(ctx context.Context, f delivery.Filter) ([]delivery.Delivery, error) {
	c := conditions{[]string{`?`}, []any{record.InScope("d", f.Scope)}}
	if f.Route != "" {
		c.add(`d.route = ?`, f.Route)
	}
	if f.State != "" {
		c.add(`d.state = ?`, string(f.State))
	}
	if f.Before != "" {
		c.add(`d.id < ?`, f.Before)
	}
	return bodies[delivery.Delivery](r.db.Reader().QueryContext(ctx, `select d.body from alarm_delivery d where `+c.String()+` order by d.id desc limit ?`, append(c.args, f.Limit)...))
}
