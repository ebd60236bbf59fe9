package shop

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/uptrace/bun"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/plant"
	"zhigai/record"
	"zhigai/shop/maintenance"
)

const kindPlan = "maintenance-plan"

// Maintenance keeps plans as master data, and work orders: each revision as a fact in
// the journal, and a row. It implements maintenance.Store.
type Maintenance struct {
	db    *record.DB
	plans named[maintenance.Plan]
}

var _ maintenance.Store = Maintenance{}

// NewMaintenance keeps plans and work orders in the record.
func NewMaintenance(db *record.DB) Maintenance {
	return Maintenance{db, named[maintenance.Plan]{
		db: db, kind: kindPlan, what: "plan", most: maintenance.MaxPlans,
		on: func(p *maintenance.Plan) (*string, *int64, string) { return &p.ID, &p.Rev, p.Title },
	}}
}

// Plans implements maintenance.Store.
func (r Maintenance) Plans(ctx context.Context, tenant plant.TenantNo) ([]maintenance.Plan, error) {
	return r.plans.all(ctx, tenant)
}

// SavePlan implements maintenance.Store.
func (r Maintenance) SavePlan(ctx context.Context, tenant plant.TenantNo, p maintenance.Plan, rev int64) (maintenance.Plan, error) {
	return r.plans.save(ctx, tenant, p, rev)
}

// DropPlan implements maintenance.Store.
func (r Maintenance) DropPlan(ctx context.Context, tenant plant.TenantNo, id string, rev int64) error {
	return r.plans.drop(ctx, tenant, id, rev)
}

// errNumber is a number that somebody else took meanwhile.
var errNumber = errors.New("record: the number of the work order is taken")

// maxNumber is how often a new order is given another number: as often as others are
// made at the same moment.
const maxNumber = 20

// SaveOrder implements maintenance.Store.
func (r Maintenance) SaveOrder(ctx context.Context, tenant plant.TenantNo, o maintenance.Order, seen int64) (maintenance.Order, error) {
	if seen != 0 {
		return o, r.saveOrder(ctx, tenant, o, seen)
	}
	for range maxNumber {
		if err := r.db.Reader().QueryRowContext(ctx, `select coalesce(max(number), 0) + 1 from work_order where tenant = ?`, tenant).Scan(&o.Number); err != nil {
			return o, fmt.Errorf("record: number a work order: %w", err)
		}
		if err := r.saveOrder(ctx, tenant, o, 0); !errors.Is(err, errNumber) {
			return o, err
		}
	}
	return o, fmt.Errorf("%w: %w", access.ErrConflict, errNumber)
}

func (r Maintenance) saveOrder(ctx context.Context, tenant plant.TenantNo, o maintenance.Order, seen int64) error {
	body, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("record: write work order %d: %w", o.Number, err)
	}
	origin := ""
	if o.Origin != nil {
		origin = o.Origin.ID
	}
	// Until it is done: an alarm that comes back after it is a case of its own.
	pending := o.Open() && o.State != maintenance.Done
	words := strings.ToLower(strings.Join([]string{o.Title, o.Name.ZH, o.Name.EN, o.Path, o.Fault, o.Cause, o.Action}, "\n"))
	e := fact.New(fact.KindWorkOrder, o.Machine, o.At.Time(), o.Source(), o)
	e.SourceSeq = uint64(o.Rev)
	return r.db.Journal().Import(ctx, tenant, func(ctx context.Context, tx bun.Tx) error {
		if err := unchanged(ctx, tx, seen, `select coalesce(max(rev), 0) from work_order where tenant = ? and id = ?`, tenant, o.ID); err != nil {
			return fmt.Errorf("work order %d: %w", o.Number, err)
		}
		if pending {
			if err := unchanged(ctx, tx, 0, `select count(*) from work_order where tenant = ? and pending and id <> ? and (machine = ? and alarm = ? and alarm <> '' or plan = ? and plan <> '')`,
				tenant, o.ID, o.Machine, origin, o.Plan); err != nil {
				return fmt.Errorf("a work order is open for the same: %w", err)
			}
		}
		var taken int
		if err := tx.NewRaw(`select count(*) from work_order where tenant = ? and number = ? and id <> ?`, tenant, o.Number, o.ID).Scan(ctx, &taken); err != nil {
			return fmt.Errorf("record: number a work order: %w", err)
		}
		if taken > 0 {
			return errNumber
		}
		if _, err := tx.NewRaw(`insert into work_order (tenant, id, number, rev, state, pending, machine, path, alarm, plan, words, body) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
			on conflict (tenant, id) do update set rev = excluded.rev, state = excluded.state, pending = excluded.pending, words = excluded.words, body = excluded.body`,
			tenant, o.ID, o.Number, o.Rev, string(o.State), pending, o.Machine, o.Path, origin, o.Plan, words, string(body)).Exec(ctx); err != nil {
			return fmt.Errorf("record: save work order %d: %w", o.Number, err)
		}
		return nil
	}, e)
}

// Order implements maintenance.Store.
func (r Maintenance) Order(ctx context.Context, tenant plant.TenantNo, id string) (maintenance.Order, error) {
	return one[maintenance.Order](ctx, r.db.Reader(), "work order "+id, `select body from work_order where tenant = ? and id = ?`, tenant, id)
}

// Orders implements maintenance.Store.
func (r Maintenance) Orders(ctx context.Context, f maintenance.Filter) ([]maintenance.Order, error) {
	c := conditions{[]string{`?`}, []any{record.InScope("o", f.Scope)}}
	if f.Open {
		c.add(`o.state in ('proposed', 'planned', 'in_work', 'done')`)
	}
	if f.State != "" {
		c.add(`o.state = ?`, string(f.State))
	}
	if f.Machine != "" {
		c.add(`o.machine = ?`, f.Machine)
	}
	if f.Alarm != "" {
		c.add(`o.alarm = ?`, f.Alarm)
	}
	if f.Plan != "" {
		c.add(`o.plan = ?`, f.Plan)
	}
	if f.Text != "" {
		c.add(`o.words like ? escape '!'`, contains(f.Text))
	}
	if f.Before != 0 {
		c.add(`o.number < ?`, f.Before)
	}
	return bodies[maintenance.Order](r.db.Reader().QueryContext(ctx, `select o.body from work_order o where `+c.String()+` order by o.number desc limit ?`, append(c.args, f.Limit)...))
}
