package shop

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/record"
	"zhigai/shop/material"
	"zhigai/shop/material/balance"
)

var _ balance.Store = Material{}

// Legs implements balance.Store.
func (m Material) Legs(ctx context.Context, scope access.Scope, item string, before plant.Instant, limit int) ([]balance.Leg, error) {
	c := conditions{[]string{`?`, `l.at < ?`}, []any{record.InScope("b", scope), before}}
	if item != "" {
		c.add(`b.item = ?`, item)
	}
	rows, err := m.db.Reader().QueryContext(ctx, `select b.item, l.lot, l.location, l.at, l.entry, l.kind, l.author, l.counted, l.quantity, e.order_number from material_bin b
		join material_leg l on l.tenant = b.tenant and l.lot = b.lot and l.location = b.location
		join material_entry e on e.tenant = l.tenant and e.id = l.entry
		where `+c.String()+` order by b.item, l.lot, l.location, l.at, l.entry limit ?`, append(c.args, limit)...)
	if err != nil {
		return nil, fmt.Errorf("record: bookings of %q: %w", item, err)
	}
	var out []balance.Leg
	for rows.Next() {
		var l balance.Leg
		if err := rows.Scan(&l.Item, &l.Lot, &l.Location, &l.At, &l.Entry, &l.What, &l.By, &l.Count, &l.Quantity, &l.Order); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		out = append(out, l)
	}
	return out, errors.Join(rows.Err(), rows.Close())
}

// Used implements material.Store.
func (m Material) Used(ctx context.Context, tenant plant.TenantNo, order string) ([]material.Need, error) {
	rows, err := m.db.Reader().QueryContext(ctx, `select i.body, u.quantity from (
			select e.item as item, cast(sum(e.quantity) as bigint) as quantity from material_entry e
			where e.tenant = ? and e.order_number = ? and e.kind = ? group by e.item
		) u join material_item i on i.tenant = ? and i.code = u.item order by u.item`, tenant, order, string(material.Consumed), tenant)
	if err != nil {
		return nil, fmt.Errorf("record: used by %s: %w", order, err)
	}
	out := []material.Need{}
	for rows.Next() {
		var body string
		var n material.Need
		if err := rows.Scan(&body, &n.Quantity); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		var i material.Item
		if err := json.Unmarshal([]byte(body), &i); err != nil {
			return nil, errors.Join(fmt.Errorf("record: used by %s: %w", order, err), rows.Close())
		}
		n.Item, n.Unit = i.Code, i.Unit
		out = append(out, n)
	}
	return out, errors.Join(rows.Err(), rows.Close())
}
