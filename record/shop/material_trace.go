package shop

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"zhigai/plant"
	"zhigai/shop/material"
)

// walk is the common part of the questions about genealogy: the lots that links
// lead to from one. UNION keeps each once, so that a circle ends. SQLite takes the
// tables of a cross join in the order in which they stand: it knows nothing of how
// few lots a walk has, and would read all of a plant's instead.
func walk(down bool) string {
	from, to := "parent", "child"
	if !down {
		from, to = to, from
	}
	return `with recursive walk (lot) as (
		select id from material_lot where tenant = ? and id = ?
		union
		select k.` + to + ` from walk w cross join material_link k where k.tenant = ? and k.` + from + ` = w.lot
	) `
}

// Trace implements material.Store: one query, whatever the depth.
func (m Material) Trace(ctx context.Context, tenant plant.TenantNo, lot string, down bool, limit int) ([]material.Found, error) {
	// Each part is joined to the walk by itself: a union that is joined as a whole
	// has no index.
	rows, err := m.db.Reader().QueryContext(ctx, walk(down)+`
		select body, place, location, party, quantity from (
			select t.id as id, t.since as since, t.body as body, 'stock' as place, b.location as location, '' as party, b.quantity as quantity
			from walk w cross join material_lot t cross join material_bin b
			where t.tenant = ? and t.id = w.lot and b.tenant = ? and b.lot = w.lot and b.quantity <> 0
			union all
			select t.id, t.since, t.body, e.kind, '', e.party, e.quantity
			from walk w cross join material_lot t cross join material_entry e
			where t.tenant = ? and t.id = w.lot and e.tenant = ? and e.lot = w.lot and e.kind in ('shipped', 'scrapped')
			union all
			select t.id, t.since, t.body, 'nowhere', '', '', 0
			from walk w cross join material_lot t
			where t.tenant = ? and t.id = w.lot and not exists (select 1 from material_bin b where b.tenant = ? and b.lot = w.lot and b.quantity <> 0)
			and not exists (select 1 from material_entry e where e.tenant = ? and e.lot = w.lot and e.kind in ('shipped', 'scrapped'))
		) f
		order by case when id = ? then 0 else 1 end, since, id, place, location, party limit ?`,
		tenant, lot, tenant, tenant, tenant, tenant, tenant, tenant, tenant, tenant, lot, limit)
	if err != nil {
		return nil, fmt.Errorf("record: trace %s: %w", lot, err)
	}
	out := []material.Found{}
	for rows.Next() {
		var body string
		var f material.Found
		if err := rows.Scan(&body, &f.Where, &f.Location, &f.Party, &f.Quantity); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		if err := json.Unmarshal([]byte(body), &f.Lot); err != nil {
			return nil, errors.Join(fmt.Errorf("record: trace %s: %w", lot, err), rows.Close())
		}
		out = append(out, f)
	}
	return out, errors.Join(rows.Err(), rows.Close())
}

// Links implements material.Store.
func (m Material) Links(ctx context.Context, tenant plant.TenantNo, lot string, down bool, limit int) ([]material.Link, error) {
	from := "parent"
	if !down {
		from = "child"
	}
	rows, err := m.db.Reader().QueryContext(ctx, walk(down)+`
		select k.parent, k.child, min(case when k.by_job then 1 else 0 end) from walk w cross join material_link k where k.tenant = ? and k.`+from+` = w.lot
		group by k.parent, k.child order by k.parent, k.child limit ?`, tenant, lot, tenant, tenant, limit)
	if err != nil {
		return nil, fmt.Errorf("record: links of %s: %w", lot, err)
	}
	out := []material.Link{}
	for rows.Next() {
		var l material.Link
		var byJob int
		if err := rows.Scan(&l.Parent, &l.Child, &byJob); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		l.ByJob = byJob == 1
		out = append(out, l)
	}
	return out, errors.Join(rows.Err(), rows.Close())
}
