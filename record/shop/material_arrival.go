package shop

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/uptrace/bun"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/plant"
	"zhigai/record"
	"zhigai/shop/material"
)

// SaveArrival implements material.Store.
func (m Material) SaveArrival(ctx context.Context, tenant plant.TenantNo, a material.Arrival, seen int, author, key string) error {
	body, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("record: write arrival %s: %w", a.ID, err)
	}
	var events []fact.Event
	for i, s := range a.Steps[seen:] {
		payload := struct {
			material.ArrivalStep
			Arrival *material.Arrival `json:"arrival,omitempty"`
		}{ArrivalStep: s}
		if seen+i == 0 {
			made := a
			made.Steps = []material.ArrivalStep{}
			payload.Arrival = &made
		}
		e := fact.New(fact.KindMaterialArrival, "", s.At.Time(), a.Source(), payload)
		e.SourceSeq = uint64(seen + i + 1)
		events = append(events, e)
	}
	words := strings.ToLower(strings.Join([]string{a.Item, a.Party, a.Reference}, "\n"))
	return m.db.Journal().Import(ctx, tenant, func(ctx context.Context, tx bun.Tx) error {
		var steps int
		if err := tx.NewRaw(`select coalesce(max(steps), 0) from material_arrival where tenant = ? and id = ?`, tenant, a.ID).Scan(ctx, &steps); err != nil {
			return fmt.Errorf("record: read arrival %s: %w", a.ID, err)
		}
		if steps != seen {
			return fmt.Errorf("the arrival of %s has %d steps, not %d: %w", a.Item, steps, seen, access.ErrConflict)
		}
		if _, err := tx.NewRaw(`insert into material_arrival (tenant, id, author, author_key, steps, item, location, path, words, due, quantity, received, cancelled, body)
			values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?)
			on conflict (tenant, id) do update set steps = excluded.steps, due = excluded.due, quantity = excluded.quantity, cancelled = excluded.cancelled, body = excluded.body`,
			tenant, a.ID, author, key, len(a.Steps), a.Item, a.To, a.Path, words, a.Due, a.Quantity, a.Cancelled, string(body)).Exec(ctx); err != nil {
			return fmt.Errorf("record: save arrival %s: %w", a.ID, err)
		}
		return nil
	}, events...)
}

// arrived adds up what was received of an arrival, whatever order it came in.
func (b booking) arrived(id string) error {
	if id == "" {
		return nil
	}
	return b.exec("arrival "+id, `update material_arrival set received = (select coalesce(cast(sum(e.quantity) as bigint), 0) from material_entry e where e.tenant = ? and e.arrival = ?)
		where tenant = ? and id = ?`, b.tenant, id, b.tenant, id)
}

// arrivalOf reads a row of body, path and received: a location may have moved since.
func arrivalOf(rows *sql.Rows) (a material.Arrival, err error) {
	var body, path string
	var received plant.Quantity
	if err := rows.Scan(&body, &path, &received); err != nil {
		return a, err
	}
	if err := json.Unmarshal([]byte(body), &a); err != nil {
		return a, fmt.Errorf("record: arrival: %w", err)
	}
	a.Path, a.Received = path, received
	return a, nil
}

// Arrival implements material.Store.
func (m Material) Arrival(ctx context.Context, tenant plant.TenantNo, id string) (material.Arrival, error) {
	return m.arrival(ctx, id, `tenant = ? and id = ?`, tenant, id)
}

// KeyedArrival implements material.Store.
func (m Material) KeyedArrival(ctx context.Context, tenant plant.TenantNo, author, key string) (material.Arrival, error) {
	return m.arrival(ctx, key, `tenant = ? and author = ? and author_key = ? and author_key <> ''`, tenant, author, key)
}

func (m Material) arrival(ctx context.Context, name, where string, args ...any) (material.Arrival, error) {
	found, err := scanned(arrivalOf)(m.db.Reader().QueryContext(ctx, `select body, path, received from material_arrival where `+where+` limit 1`, args...))
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("%w: arrival %s", access.ErrNotFound, name)
	}
	if err != nil {
		return material.Arrival{}, err
	}
	return found[0], nil
}

// stillComing are arrivals of which something is.
const stillComing = `not a.cancelled and a.received < a.quantity`

// Arrivals implements material.Store.
func (m Material) Arrivals(ctx context.Context, f material.ArrivalFilter) ([]material.Arrival, error) {
	c := conditions{[]string{`?`}, []any{record.InScope("a", f.Scope)}}
	if f.Item != "" {
		c.add(`a.item = ?`, f.Item)
	}
	if f.Text != "" {
		c.add(`a.words like ? escape '!'`, contains(f.Text))
	}
	if f.Open || f.Overdue != 0 {
		c.add(stillComing)
	}
	if f.Overdue != 0 {
		c.add(`a.due < ?`, f.Overdue)
	}
	if due, id, ok := strings.Cut(f.After, "."); ok {
		n, err := strconv.ParseInt(due, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("record: place %q: %w", f.After, err)
		}
		c.add(`(a.due > ? or a.due = ? and a.id > ?)`, n, n, id)
	}
	return scanned(arrivalOf)(m.db.Reader().QueryContext(ctx, `select a.body, a.path, a.received from material_arrival a where `+c.String()+` order by a.due, a.id limit ?`, append(c.args, f.Limit)...))
}

// supplyChunk is how many names one question has: both databases take more.
const supplyChunk = 500

// Supply implements material.Store.
func (m Material) Supply(ctx context.Context, tenant plant.TenantNo, items, orders []string, today string) (s material.Supply, err error) {
	for part := range slices.Chunk(items, supplyChunk) {
		if err := m.supply(ctx, tenant, part, today, &s); err != nil {
			return s, err
		}
	}
	for part := range slices.Chunk(orders, supplyChunk) {
		used, err := scanned(func(rows *sql.Rows) (u material.Usage, err error) {
			return u, rows.Scan(&u.Order, &u.Job, &u.Item, &u.Quantity)
		})(m.db.Reader().QueryContext(ctx, `select order_number, job, item, cast(sum(quantity) as bigint) from material_entry
			where tenant = ? and order_number in (?) and kind = ? group by order_number, job, item`, tenant, bun.List(part), string(material.Consumed)))
		if err != nil {
			return s, err
		}
		s.Used = append(s.Used, used...)
	}
	return s, nil
}

func (m Material) supply(ctx context.Context, tenant plant.TenantNo, items []string, today string, s *material.Supply) error {
	db, among := m.db.Reader(), bun.List(items)
	kept, err := scanned(func(rows *sql.Rows) (code string, err error) { return code, rows.Scan(&code) })(db.QueryContext(ctx,
		`select i.code from material_item i where i.tenant = ? and i.code in (?) and (
			exists (select 1 from material_bin b where b.tenant = i.tenant and b.item = i.code)
			or exists (select 1 from material_arrival a where a.tenant = i.tenant and a.item = i.code and `+stillComing+`))`, tenant, among))
	if err != nil || len(kept) == 0 {
		return err
	}
	stock, err := scanned(func(rows *sql.Rows) (l material.Lying, err error) {
		return l, rows.Scan(&l.Item, &l.Path, &l.Quantity)
	})(db.QueryContext(ctx, `select b.item, b.path, cast(sum(b.quantity) as bigint) from material_bin b
		join material_lot t on t.tenant = b.tenant and t.id = b.lot
		join material_location l on l.tenant = b.tenant and l.code = b.location
		where b.tenant = ? and b.item in (?) and b.quantity > 0 and not t.blocked and (t.expires = '' or t.expires > ?) and l.kind <> ?
		group by b.item, b.path order by b.item, b.path`, tenant, among, today, string(material.Quarantine)))
	if err != nil {
		return err
	}
	coming, err := scanned(arrivalOf)(db.QueryContext(ctx, `select a.body, a.path, a.received from material_arrival a where a.tenant = ? and a.item in (?) and `+stillComing, tenant, among))
	if err != nil {
		return err
	}
	reserved, err := bodies[material.Reservation](db.QueryContext(ctx, `select body from material_reservation where tenant = ? and item in (?) and quantity > 0`, tenant, among))
	if err != nil {
		return err
	}
	s.Kept, s.Stock, s.Arrivals, s.Reservations = append(s.Kept, kept...), append(s.Stock, stock...), append(s.Arrivals, coming...), append(s.Reservations, reserved...)
	return nil
}
