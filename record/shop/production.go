package shop

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/uptrace/bun"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/plant"
	"zhigai/record"
	"zhigai/shop/production"
)

// Production keeps operations definitions and orders: what was done as facts in
// the journal, and a row each of what lists show. It implements
// production.Store.
type Production struct{ db *record.DB }

var _ production.Store = Production{}

// NewProduction keeps definitions and orders in the record.
func NewProduction(db *record.DB) Production { return Production{db} }

func definitionSource(product string, revision int) string {
	return fmt.Sprintf("definition:%s@%d", product, revision)
}

func orderSource(id string) string { return "order:" + id }

// SaveDefinition implements production.Store.
func (p Production) SaveDefinition(ctx context.Context, tenant plant.TenantNo, d production.Definition, seen int64) error {
	body, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("record: write definition of %s: %w", d.Product, err)
	}
	e := fact.New(fact.KindDefinition, "", d.At.Time(), definitionSource(d.Product, d.Revision), d)
	e.SourceSeq = uint64(d.Rev)
	return p.db.Journal().Import(ctx, tenant, func(ctx context.Context, tx bun.Tx) error {
		var rev, last int64
		err := tx.NewRaw(`select coalesce(max(case when revision = ? then rev end), 0), coalesce(max(revision), 0) from operations_definition where tenant = ? and product = ?`,
			d.Revision, tenant, d.Product).Scan(ctx, &rev, &last)
		if err != nil {
			return fmt.Errorf("record: read definition of %s: %w", d.Product, err)
		}
		if rev != seen {
			return fmt.Errorf("revision %d of %s was changed %d times, not %d: %w", d.Revision, d.Product, rev, seen, access.ErrConflict)
		}
		for _, q := range []struct {
			query string
			args  []any
		}{
			{`update operations_definition set latest = false where tenant = ? and product = ? and revision < ?`, []any{tenant, d.Product, d.Revision}},
			{`delete from operations_material where tenant = ? and product = ? and revision = ?`, []any{tenant, d.Product, d.Revision}},
			{
				`insert into operations_definition (tenant, product, revision, rev, state, latest, words, body) values (?, ?, ?, ?, ?, ?, ?, ?)
				on conflict (tenant, product, revision) do update set rev = excluded.rev, state = excluded.state, words = excluded.words, body = excluded.body`,
				[]any{tenant, d.Product, d.Revision, d.Rev, string(d.State), int64(d.Revision) >= last, wordsOf(d), string(body)},
			},
		} {
			if _, err := tx.NewRaw(q.query, q.args...).Exec(ctx); err != nil {
				return fmt.Errorf("record: save definition of %s: %w", d.Product, err)
			}
		}
		for _, m := range d.Materials {
			if _, err := tx.NewRaw(`insert into operations_material (tenant, item, product, revision) values (?, ?, ?, ?) on conflict (tenant, item, product, revision) do nothing`,
				tenant, m.Item, d.Product, d.Revision).Exec(ctx); err != nil {
				return fmt.Errorf("record: save definition of %s: %w", d.Product, err)
			}
		}
		return nil
	}, e)
}

func wordsOf(d production.Definition) string {
	words := []string{d.Product}
	for _, s := range d.Segments {
		words = append(words, s.Name.ZH, s.Name.EN)
	}
	for _, m := range d.Materials {
		words = append(words, m.Item)
	}
	return strings.ToLower(strings.Join(words, "\n"))
}

// contains is the pattern of LIKE, escaped with "!", of texts with a part.
func contains(part string) string {
	return "%" + strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(strings.ToLower(part)) + "%"
}

// bodies reads rows of one JSON column.
func bodies[T any](rows *sql.Rows, err error) ([]T, error) {
	return scanned(func(rows *sql.Rows) (one T, err error) {
		var body string
		if err := rows.Scan(&body); err != nil {
			return one, err
		}
		if err := json.Unmarshal([]byte(body), &one); err != nil {
			return one, fmt.Errorf("record: read %T: %w", one, err)
		}
		return one, nil
	})(rows, err)
}

// scanned reads rows, each with what reads one.
func scanned[T any](read func(*sql.Rows) (T, error)) func(*sql.Rows, error) ([]T, error) {
	return func(rows *sql.Rows, err error) ([]T, error) {
		if err != nil {
			return nil, fmt.Errorf("record: read: %w", err)
		}
		out := []T{}
		for rows.Next() {
			one, err := read(rows)
			if err != nil {
				return nil, errors.Join(err, rows.Close())
			}
			out = append(out, one)
		}
		return out, errors.Join(rows.Err(), rows.Close())
	}
}

// Definition implements production.Store.
func (p Production) Definition(ctx context.Context, tenant plant.TenantNo, product string, revision int) (production.Definition, error) {
	found, err := bodies[production.Definition](p.db.Reader().QueryContext(ctx,
		`select body from operations_definition where tenant = ? and product = ? and revision = ? limit 1`, tenant, product, revision))
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("%w: revision %d of product %s", access.ErrNotFound, revision, product)
	}
	if err != nil {
		return production.Definition{}, err
	}
	return found[0], nil
}

// Definitions implements production.Store. The place of a row is its product and
// revision, written "product@revision".
func (p Production) Definitions(ctx context.Context, tenant plant.TenantNo, f production.DefinitionFilter) ([]production.Definition, error) {
	where, args := []string{`tenant = ?`}, []any{tenant}
	add := func(cond string, values ...any) { where, args = append(where, cond), append(args, values...) }
	if f.Product != "" {
		add(`product = ?`, f.Product)
	}
	if f.State != "" {
		add(`state = ?`, string(f.State))
	}
	if f.Text != "" {
		add(`words like ? escape '!'`, contains(f.Text))
	}
	if f.Current {
		add(`latest`)
	}
	if product, revision, ok := strings.Cut(f.After, "@"); ok {
		n, err := strconv.Atoi(revision)
		if err != nil {
			return nil, fmt.Errorf("record: place %q: %w", f.After, err)
		}
		add(`(product > ? or product = ? and revision < ?)`, product, product, n)
	}
	return bodies[production.Definition](p.db.Reader().QueryContext(ctx,
		`select body from operations_definition where `+strings.Join(where, ` and `)+` order by product, revision desc limit ?`, append(args, f.Limit)...))
}

// Users implements production.Store.
func (p Production) Users(ctx context.Context, tenant plant.TenantNo, item string, limit int) ([]string, error) {
	var out []string
	err := p.db.Reader().NewRaw(`select distinct m.product from operations_material m join operations_definition d on d.tenant = m.tenant and d.product = m.product and d.revision = m.revision
		where m.tenant = ? and m.item = ? and d.state = ? and d.revision = (select max(n.revision) from operations_definition n where n.tenant = d.tenant and n.product = d.product and n.state = d.state)
		order by m.product limit ?`, tenant, item, string(production.Released), limit).Scan(ctx, &out)
	if err != nil {
		return nil, fmt.Errorf("record: products made of %s: %w", item, err)
	}
	return out, nil
}

// SavePerson implements production.Store.
func (p Production) SavePerson(ctx context.Context, tenant plant.TenantNo, one production.Person, seen int64) error {
	body, err := json.Marshal(one)
	if err != nil {
		return fmt.Errorf("record: write person %s: %w", one.Name, err)
	}
	e := fact.New(fact.KindPerson, "", p.db.Now().Time(), "person-skills:"+one.Name, one)
	e.SourceSeq = uint64(one.Rev)
	return p.db.Journal().Import(ctx, tenant, func(ctx context.Context, tx bun.Tx) error {
		var rev int64
		if err := tx.NewRaw(`select coalesce(max(rev), 0) from production_person where tenant = ? and name = ?`, tenant, one.Name).Scan(ctx, &rev); err != nil {
			return fmt.Errorf("record: read person %s: %w", one.Name, err)
		}
		if rev != seen {
			return fmt.Errorf("person %s was changed %d times, not %d: %w", one.Name, rev, seen, access.ErrConflict)
		}
		if _, err := tx.NewRaw(`insert into production_person (tenant, name, rev, body) values (?, ?, ?, ?) on conflict (tenant, name) do update set rev = excluded.rev, body = excluded.body`,
			tenant, one.Name, one.Rev, string(body)).Exec(ctx); err != nil {
			return fmt.Errorf("record: save person %s: %w", one.Name, err)
		}
		return nil
	}, e)
}

// Person implements production.Store.
func (p Production) Person(ctx context.Context, tenant plant.TenantNo, name string) (production.Person, error) {
	found, err := bodies[production.Person](p.db.Reader().QueryContext(ctx, `select body from production_person where tenant = ? and name = ? limit 1`, tenant, name))
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("%w: person %s", access.ErrNotFound, name)
	}
	if err != nil {
		return production.Person{}, err
	}
	return found[0], nil
}

// People implements production.Store.
func (p Production) People(ctx context.Context, tenant plant.TenantNo, limit int) ([]production.Person, error) {
	return bodies[production.Person](p.db.Reader().QueryContext(ctx, `select body from production_person where tenant = ? order by name limit ?`, tenant, limit))
}

// Append implements production.Store.
func (p Production) Append(ctx context.Context, tenant plant.TenantNo, changes ...production.Change) ([]fact.Event, error) {
	var events, counts []fact.Event
	for _, c := range changes {
		for _, s := range c.Steps {
			e := fact.New(fact.KindOrder, "", s.At.Time(), orderSource(c.Order.ID), s)
			e.SourceSeq = uint64(s.Seq)
			events = append(events, e)
		}
		counts = append(counts, c.Facts...)
	}
	err := p.db.Journal().Import(ctx, tenant, func(ctx context.Context, tx bun.Tx) error {
		for _, c := range changes {
			if err := saveOrder(ctx, tx, tenant, c); err != nil {
				return err
			}
		}
		return nil
	}, slices.Concat(events, counts)...)
	return counts, err
}

func saveOrder(ctx context.Context, tx bun.Tx, tenant plant.TenantNo, c production.Change) error {
	var rev int64
	err := tx.NewRaw(`select coalesce(max(rev), 0) from production_order where tenant = ? and id = ?`, tenant, c.Order.ID).Scan(ctx, &rev)
	if err != nil {
		return fmt.Errorf("record: read order %s: %w", c.Order.Number, err)
	}
	if rev != c.Seen {
		return fmt.Errorf("order %s is at revision %d, not %d: %w", c.Order.Number, rev, c.Seen, access.ErrConflict)
	}
	var other string
	err = tx.NewRaw(`select id from production_order where tenant = ? and number = ? and id <> ? limit 1`, tenant, c.Order.Number, c.Order.ID).Scan(ctx, &other)
	if err == nil {
		return fmt.Errorf("there is an order %s already: %w", c.Order.Number, access.ErrConflict)
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("record: read order %s: %w", c.Order.Number, err)
	}
	h := c.Order.Head()
	body, err := json.Marshal(h)
	if err != nil {
		return fmt.Errorf("record: write order %s: %w", h.Number, err)
	}
	words := strings.ToLower(strings.Join([]string{h.Number, h.Product, h.Customer, h.Reference}, "\n"))
	if _, err := tx.NewRaw(`insert into production_order (tenant, id, number, rev, state, product, path, due, began, ended, doubts, words, body) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		on conflict (tenant, id) do update set number = excluded.number, rev = excluded.rev, state = excluded.state, product = excluded.product, path = excluded.path,
		due = excluded.due, began = excluded.began, ended = excluded.ended, doubts = excluded.doubts, words = excluded.words, body = excluded.body`,
		tenant, h.ID, h.Number, h.Rev, string(h.State), h.Product, h.Place, h.Due, c.Order.Began, c.Order.Ended, h.Doubts, words, string(body)).Exec(ctx); err != nil {
		return fmt.Errorf("record: save order %s: %w", h.Number, err)
	}
	gone := h.State == production.OrderCancelled || h.State == production.OrderClosed
	for _, j := range c.Order.Jobs {
		if err := saveJob(ctx, tx, tenant, c.Order, j, gone); err != nil {
			return err
		}
	}
	return nil
}

func saveJob(ctx context.Context, tx bun.Tx, tenant plant.TenantNo, o production.Order, j production.Job, gone bool) error {
	h := production.JobHead{Order: o.ID, Number: o.Number, Product: o.Product, Revision: o.Revision, Priority: o.Priority, Due: o.Due, Job: j, Place: o.Place}
	body, err := json.Marshal(h)
	if err != nil {
		return fmt.Errorf("record: write job %d of order %s: %w", j.No, o.Number, err)
	}
	begins := j.From
	if begins == 0 {
		begins = max(o.Earliest, o.Due) // not planned: behind what is
	}
	_, err = tx.NewRaw(`insert into job_order (tenant, order_id, no, ended, equipment, path, begins, due, body) values (?, ?, ?, ?, ?, ?, ?, ?, ?)
		on conflict (tenant, order_id, no) do update set ended = excluded.ended, equipment = excluded.equipment, path = excluded.path, begins = excluded.begins, due = excluded.due, body = excluded.body`,
		tenant, o.ID, j.No, gone || j.State.Ended(), string(j.Equipment), o.Place, begins, o.Due, string(body)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("record: save job %d of order %s: %w", j.No, o.Number, err)
	}
	return nil
}

// Steps implements production.Store.
func (p Production) Steps(ctx context.Context, tenant plant.TenantNo, id string) ([]production.Step, error) {
	events, err := p.db.Journal().Events(ctx, tenant, fact.Filter{Kinds: []fact.Kind{fact.KindOrder}, Sources: []string{orderSource(id)}})
	if err != nil {
		return nil, err
	}
	if len(events) == 0 {
		return nil, fmt.Errorf("%w: order %s", access.ErrNotFound, id)
	}
	out := make([]production.Step, len(events))
	for i, e := range events {
		if err := json.Unmarshal(e.Payload, &out[i]); err != nil {
			return nil, fmt.Errorf("record: order %s: step %s: %w", id, e.ID, err)
		}
	}
	slices.SortFunc(out, func(a, b production.Step) int { return int(a.Seq - b.Seq) })
	return out, nil
}

// Touched implements production.Store.
func (p Production) Touched(ctx context.Context, tenant plant.TenantNo, from, to plant.Instant) ([]string, error) {
	var out []string
	if err := p.db.Reader().NewRaw(`select distinct source from event where tenant = ? and kind = ? and occurred >= ? and occurred < ? order by source`, tenant, string(fact.KindOrder), int64(from.Micros()), int64(to.Micros())).Scan(ctx, &out); err != nil {
		return nil, fmt.Errorf("record: orders of a time: %w", err)
	}
	for i, source := range out {
		out[i] = strings.TrimPrefix(source, orderSource(""))
	}
	return out, nil
}

// Number implements production.Store.
func (p Production) Number(ctx context.Context, tenant plant.TenantNo, number string) (id string, err error) {
	err = p.db.Reader().NewRaw(`select id from production_order where tenant = ? and number = ? limit 1`, tenant, number).Scan(ctx, &id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("%w: order %s", access.ErrNotFound, number)
	}
	if err != nil {
		return "", fmt.Errorf("record: read order %s: %w", number, err)
	}
	return id, nil
}

// Orders implements production.Store. The place of a row is its due date and id,
// written "due.id".
func (p Production) Orders(ctx context.Context, tenant plant.TenantNo, f production.OrderFilter) ([]production.Head, error) {
	f.Scope.Tenant = tenant
	where, args := []string{`?`}, []any{record.InScope("o", f.Scope)}
	add := func(cond string, values ...any) { where, args = append(where, cond), append(args, values...) }
	if len(f.States) > 0 {
		add(`o.state in (?)`, bun.List(f.States))
	}
	if f.Product != "" {
		add(`o.product = ?`, f.Product)
	}
	if f.Text != "" {
		add(`o.words like ? escape '!'`, contains(f.Text))
	}
	if f.Due != 0 {
		add(`o.due < ?`, f.Due)
	}
	if f.During.To != 0 {
		add(`(o.began > 0 and o.began < ? and (o.ended = 0 or o.ended >= ?) or o.due >= ? and o.due < ?)`, f.During.To, f.During.From, f.During.From, f.During.To)
	}
	if f.Doubt {
		add(`o.doubts > 0`)
	}
	if due, id, ok := strings.Cut(f.After, "."); ok {
		n, err := strconv.ParseInt(due, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("record: place %q: %w", f.After, err)
		}
		add(`(o.due > ? or o.due = ? and o.id > ?)`, n, n, id)
	}
	return bodies[production.Head](p.db.Reader().QueryContext(ctx,
		`select o.body from production_order o where `+strings.Join(where, ` and `)+` order by o.due, o.id limit ?`, append(args, f.Limit)...))
}

// Jobs implements production.Store.
func (p Production) Jobs(ctx context.Context, scope access.Scope, machines []plant.NodeID, limit int) ([]production.JobHead, error) {
	where, args := `? and not j.ended`, []any{record.InScope("j", scope)}
	if len(machines) > 0 {
		where, args = where+` and j.equipment in (?)`, append(args, bun.List(machines))
	}
	return bodies[production.JobHead](p.db.Reader().QueryContext(ctx,
		`select j.body from job_order j where `+where+` order by j.begins, j.order_id, j.no limit ?`, append(args, limit)...))
}
