package shop

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/uptrace/bun"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/record"
	"zhigai/shop/material"
)

// conditions of a query, joined by "and".
type conditions struct {
	where []string
	args  []any
}

func (c *conditions) add(cond string, values ...any) {
	c.where, c.args = append(c.where, cond), append(c.args, values...)
}

func (c *conditions) String() string { return strings.Join(c.where, ` and `) }

// Entry implements material.Store.
func (m Material) Entry(ctx context.Context, tenant plant.TenantNo, id string) (material.Entry, error) {
	return one[material.Entry](ctx, m.db.Reader(), "entry "+id, `select body from material_entry where tenant = ? and id = ?`, tenant, id)
}

// Keyed implements material.Store.
func (m Material) Keyed(ctx context.Context, tenant plant.TenantNo, author, key string) (material.Entry, error) {
	return one[material.Entry](ctx, m.db.Reader(), "entry "+key, `select body from material_entry where tenant = ? and author = ? and author_key = ? and author_key <> ''`, tenant, "person:"+author, key)
}

// Entries implements material.Store.
func (m Material) Entries(ctx context.Context, tenant plant.TenantNo, f material.EntryFilter) ([]material.Entry, error) {
	c := conditions{[]string{`e.tenant = ?`}, []any{tenant}}
	if f.Scope.Path != "" {
		f.Scope.Tenant = tenant
		c.add(`exists (select 1 from material_location l where ? and l.code in (e.from_place, e.to_place))`, record.InScope("l", f.Scope))
	}
	if f.Item != "" {
		c.add(`e.item = ?`, f.Item)
	}
	if f.Lot != "" {
		c.add(`(e.lot = ? or e.other_lot = ?)`, f.Lot, f.Lot)
	}
	if f.Location != "" {
		c.add(`(e.from_place = ? or e.to_place = ?)`, f.Location, f.Location)
	}
	if f.Order != "" {
		c.add(`e.order_number = ?`, f.Order)
	}
	if f.Job != 0 {
		c.add(`e.job = ?`, f.Job)
	}
	if len(f.What) > 0 {
		c.add(`e.kind in (?)`, bun.List(f.What))
	}
	if f.Before != "" {
		c.add(`e.id < ?`, f.Before)
	}
	return bodies[material.Entry](m.db.Reader().QueryContext(ctx, `select e.body from material_entry e where `+c.String()+` order by e.id desc limit ?`, append(c.args, f.Limit)...))
}

// Stocks implements material.Store. The place of a row is its lot and location.
func (m Material) Stocks(ctx context.Context, tenant plant.TenantNo, f material.StockFilter) ([]material.Stock, error) {
	f.Scope.Tenant = tenant
	c := conditions{[]string{`?`}, []any{record.InScope("b", f.Scope)}}
	if f.Item != "" {
		c.add(`b.item = ?`, f.Item)
	}
	if f.Lot != "" {
		c.add(`b.lot = ?`, f.Lot)
	}
	if f.Location != "" {
		c.add(`(b.location = ? or b.location like ? escape '!')`, f.Location, record.Below(f.Location))
	}
	if f.Text != "" {
		c.add(`(lower(t.number) like ? escape '!' or i.words like ? escape '!')`, contains(f.Text), contains(f.Text))
	}
	if f.Doubt {
		c.add(`b.doubts > 0`)
	}
	if !f.Empty && !f.Doubt {
		c.add(`(b.quantity <> 0 or b.doubts > 0)`)
	}
	if lot, location, ok := strings.Cut(f.After, "\n"); ok {
		c.add(`(b.lot > ? or b.lot = ? and b.location > ?)`, lot, lot, location)
	}
	rows, err := m.db.Reader().QueryContext(ctx, `select b.body, i.body, t.body, l.kind, b.path from material_bin b
		join material_item i on i.tenant = b.tenant and i.code = b.item
		join material_lot t on t.tenant = b.tenant and t.id = b.lot
		join material_location l on l.tenant = b.tenant and l.code = b.location
		where `+c.String()+` order by b.lot, b.location limit ?`, append(c.args, f.Limit)...)
	if err != nil {
		return nil, fmt.Errorf("record: stock: %w", err)
	}
	out := []material.Stock{}
	for rows.Next() {
		var bin, item, lot string
		var s material.Stock
		var t material.Lot
		if err := rows.Scan(&bin, &item, &lot, &s.Kind, &s.Path); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		if err := errors.Join(json.Unmarshal([]byte(bin), &s.Bin), json.Unmarshal([]byte(item), &s.Item), json.Unmarshal([]byte(lot), &t)); err != nil {
			return nil, errors.Join(fmt.Errorf("record: stock: %w", err), rows.Close())
		}
		s.Number, s.Expires, s.Since, s.Blocked, s.Reason = t.Number, t.Expires, t.Since, t.Blocked, t.Reason
		out = append(out, s)
	}
	return out, errors.Join(rows.Err(), rows.Close())
}

// Bin implements material.Store.
func (m Material) Bin(ctx context.Context, tenant plant.TenantNo, lot, location string) (material.Bin, error) {
	b, err := one[material.Bin](ctx, m.db.Reader(), "bin", `select body from material_bin where tenant = ? and lot = ? and location = ?`, tenant, lot, location)
	if errors.Is(err, access.ErrNotFound) {
		return material.NewBin(lot, location), nil
	}
	return b, err
}

// Lot implements material.Store.
func (m Material) Lot(ctx context.Context, tenant plant.TenantNo, id string) (material.Lot, error) {
	return one[material.Lot](ctx, m.db.Reader(), "lot "+id, `select body from material_lot where tenant = ? and id = ?`, tenant, id)
}

// Field implements material.Store.
func (m Material) Field(ctx context.Context, scope access.Scope, from, to plant.Instant, limit int) ([]material.Field, error) {
	rows, err := m.db.Reader().QueryContext(ctx, `select i.body, f.counts, f.expected, f.counted, f.away from (
			select c.item as item, count(*) as counts, cast(sum(c.expected) as bigint) as expected, cast(sum(c.counted) as bigint) as counted, cast(sum(abs(c.expected - c.counted)) as bigint) as away
			from material_count c where ? and c.at >= ? and c.at < ? group by c.item
		) f join material_item i on i.tenant = ? and i.code = f.item order by f.away desc, i.code limit ?`, record.InScope("c", scope), from, to, scope.Tenant, limit)
	if err != nil {
		return nil, fmt.Errorf("record: counts: %w", err)
	}
	out := []material.Field{}
	for rows.Next() {
		var item string
		var f material.Field
		if err := rows.Scan(&item, &f.Counts, &f.Expected, &f.Counted, &f.Off); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		if err := json.Unmarshal([]byte(item), &f.Item); err != nil {
			return nil, errors.Join(fmt.Errorf("record: counts: %w", err), rows.Close())
		}
		f.Lost = f.Expected - f.Counted
		out = append(out, f)
	}
	return out, errors.Join(rows.Err(), rows.Close())
}

// Reservations implements material.Store.
func (m Material) Reservations(ctx context.Context, tenant plant.TenantNo, order, item string, limit int) ([]material.Reservation, error) {
	c := conditions{[]string{`r.tenant = ?`, `r.quantity > 0`}, []any{string(material.Consumed), tenant}}
	if order != "" {
		c.add(`r.order_number = ?`, order)
	}
	if item != "" {
		c.add(`r.item = ?`, item)
	}
	rows, err := m.db.Reader().QueryContext(ctx, `select r.body, coalesce((select cast(sum(e.quantity) as bigint) from material_entry e where e.tenant = r.tenant and e.order_number = r.order_number and e.item = r.item and e.kind = ?), 0)
		from material_reservation r where `+c.String()+` order by r.order_number, r.item limit ?`, append(c.args, limit)...)
	if err != nil {
		return nil, fmt.Errorf("record: reservations: %w", err)
	}
	out := []material.Reservation{}
	for rows.Next() {
		var body string
		var used plant.Quantity
		var r material.Reservation
		if err := rows.Scan(&body, &used); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		if err := json.Unmarshal([]byte(body), &r); err != nil {
			return nil, errors.Join(fmt.Errorf("record: reservations: %w", err), rows.Close())
		}
		r.Used = used
		out = append(out, r)
	}
	return out, errors.Join(rows.Err(), rows.Close())
}
