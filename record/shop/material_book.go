package shop

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/plant"
	"zhigai/shop/material"
)

// Book implements material.Store. It runs on the record's one writer: what it
// reads of bins and lots holds until the commit.
func (m Material) Book(ctx context.Context, tenant plant.TenantNo, entries []material.Entry, calls ...material.CallChange) ([]material.Entry, error) {
	var events []fact.Event
	for _, e := range entries {
		f := fact.New(fact.KindMaterial, e.Machine, e.At.Time(), "person:"+e.By, e)
		f.ID = e.ID
		if e.What == material.Withdrawn {
			f.Supersedes, f.Withdrawn = e.Entry, true
		}
		events = append(events, f)
	}
	for _, c := range calls {
		events = append(events, callFacts(c)...)
	}
	var out []material.Entry
	err := m.db.Journal().Import(ctx, tenant, func(ctx context.Context, tx bun.Tx) error {
		out = out[:0]
		again := 0
		b := booking{ctx: ctx, tx: tx, tenant: tenant}
		for _, e := range entries {
			old, err := b.known(e)
			if err != nil {
				return err
			}
			if old != nil {
				out, again = append(out, *old), again+1
				continue
			}
			if err := b.take(e); err != nil {
				return err
			}
			out = append(out, e)
		}
		switch {
		case again > 0 && again == len(entries):
			return errKnown
		case again > 0: // the facts of all would be stored
			return fmt.Errorf("%d of %d entries were booked meanwhile: %w", again, len(entries), access.ErrConflict)
		}
		return saveCalls(ctx, tx, tenant, calls)
	}, events...)
	if errors.Is(err, errKnown) { // the whole of it was booked before
		return out, nil
	}
	return out, err
}

// errKnown takes an Import back of which every entry is there already: its facts
// must not be stored a second time.
var errKnown = errors.New("record: booked already")

// authorOf is whose keys an entry's is one of: derived entries have one author.
func authorOf(e material.Entry) string {
	if e.Derived != nil {
		return "backflush"
	}
	return "person:" + e.By
}

// booking is one commit of entries.
type booking struct {
	ctx    context.Context
	tx     bun.Tx
	tenant plant.TenantNo
}

func (b booking) exec(what, query string, args ...any) error {
	if _, err := b.tx.NewRaw(query, args...).Exec(b.ctx); err != nil {
		return fmt.Errorf("record: %s: %w", what, err)
	}
	return nil
}

// known finds the entry that a key stands for.
func (b booking) known(e material.Entry) (*material.Entry, error) {
	if e.Key == "" {
		return nil, nil
	}
	old, err := one[material.Entry](b.ctx, b.tx, "entry", `select body from material_entry where tenant = ? and author = ? and author_key = ? and author_key <> ''`, b.tenant, authorOf(e), e.Key)
	if errors.Is(err, access.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &old, nil
}

// take makes the rows of one entry.
func (b booking) take(e material.Entry) error {
	if e.What == material.Withdrawn {
		return b.withdraw(e)
	}
	body, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("record: write entry %s: %w", e.ID, err)
	}
	if err := b.exec("save entry "+e.ID, `insert into material_entry (tenant, id, author, author_key, at, kind, item, lot, other_lot, from_place, to_place, order_number, job, quantity, party, arrival, body)
		values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		b.tenant, e.ID, authorOf(e), e.Key, e.At, string(e.What), e.Item, e.LotID(), e.IntoID(), e.From, e.To, e.Order, e.Job, e.Quantity, e.Party, e.Arrival, string(body)); err != nil {
		return err
	}
	if err := b.arrived(e.Arrival); err != nil {
		return err
	}
	if e.What == material.Reserved {
		return b.reserve(e)
	}
	for _, l := range e.Legs() {
		if err := b.exec("save leg", `insert into material_leg (tenant, lot, location, at, entry, kind, author, counted, quantity) values (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			b.tenant, l.Lot, l.Location, l.At, l.Entry, string(l.What), l.By, l.Count, l.Quantity); err != nil {
			return err
		}
		if err := b.settle(e.Item, l); err != nil {
			return err
		}
	}
	if err := b.link(e); err != nil {
		return err
	}
	for _, id := range lotsOf(e) {
		if err := b.lot(id, e); err != nil {
			return err
		}
	}
	return nil
}

// lotsOf are the lots whose story an entry is part of. One that something went
// into is among them though nobody has said yet that it was made: a recall must
// not miss it.
func lotsOf(e material.Entry) []string {
	if e.IntoID() != "" {
		return []string{e.LotID(), e.IntoID()}
	}
	return []string{e.LotID()}
}

// settle moves a bin on with a leg, or folds it anew when the leg happened before
// others.
func (b booking) settle(item string, l material.Leg) error {
	bin, err := one[material.Bin](b.ctx, b.tx, "bin", `select body from material_bin where tenant = ? and lot = ? and location = ?`, b.tenant, l.Lot, l.Location)
	if errors.Is(err, access.ErrNotFound) {
		bin, err = material.NewBin(l.Lot, l.Location), nil
	}
	if err != nil {
		return err
	}
	if !bin.Take(l) {
		return b.refold(item, l.Lot, l.Location)
	}
	path, err := b.pathOf(l.Location)
	if err != nil {
		return err
	}
	if l.Count {
		if err := b.count(item, l.Lot, l.Location, path, *bin.Count); err != nil {
			return err
		}
	}
	return b.saveBin(item, path, bin)
}

func (b booking) pathOf(location string) (path string, err error) {
	if err := b.tx.NewRaw(`select path from material_location where tenant = ? and code = ?`, b.tenant, location).Scan(b.ctx, &path); err != nil {
		return "", fmt.Errorf("record: location %s: %w", location, err)
	}
	return path, nil
}

func (b booking) saveBin(item, path string, bin material.Bin) error {
	body, err := json.Marshal(bin)
	if err != nil {
		return fmt.Errorf("record: write bin of %s: %w", bin.Lot, err)
	}
	return b.exec("save bin of "+bin.Lot, `insert into material_bin (tenant, lot, location, item, path, quantity, doubts, body) values (?, ?, ?, ?, ?, ?, ?, ?)
		on conflict (tenant, lot, location) do update set quantity = excluded.quantity, doubts = excluded.doubts, path = excluded.path, body = excluded.body`,
		b.tenant, bin.Lot, bin.Location, item, path, bin.Quantity, len(bin.Doubts), string(body))
}

func (b booking) count(item, lot, location, path string, c material.Count) error {
	return b.exec("save count", `insert into material_count (tenant, entry, lot, location, item, path, at, expected, counted) values (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		b.tenant, c.Entry, lot, location, item, path, c.At, c.Expected, c.Counted)
}

// refold makes a bin of all its legs.
func (b booking) refold(item, lot, location string) error {
	legs, err := b.legs(lot, location)
	if err != nil {
		return err
	}
	path, err := b.pathOf(location)
	if err != nil {
		return err
	}
	bin, counts := material.FoldBin(lot, location, legs)
	if err := b.exec("counts of "+lot, `delete from material_count where tenant = ? and lot = ? and location = ?`, b.tenant, lot, location); err != nil {
		return err
	}
	for _, c := range counts {
		if err := b.count(item, lot, location, path, c); err != nil {
			return err
		}
	}
	return b.saveBin(item, path, bin)
}

func (b booking) legs(lot, location string) (out []material.Leg, err error) {
	rows, err := b.tx.QueryContext(b.ctx, `select at, entry, kind, author, counted, quantity from material_leg where tenant = ? and lot = ? and location = ? order by at, entry`, b.tenant, lot, location)
	if err != nil {
		return nil, fmt.Errorf("record: legs of %s: %w", lot, err)
	}
	for rows.Next() {
		l := material.Leg{Lot: lot, Location: location}
		if err := rows.Scan(&l.At, &l.Entry, &l.What, &l.By, &l.Count, &l.Quantity); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		out = append(out, l)
	}
	return out, errors.Join(rows.Err(), rows.Close())
}

// link adds the steps of genealogy.
func (b booking) link(e material.Entry) error {
	var same []material.Entry
	if e.Order != "" && (e.What == material.Consumed && e.Into == "" || e.What == material.Produced) {
		other := material.Produced
		if e.What == material.Produced {
			other = material.Consumed
		}
		var err error
		if same, err = bodies[material.Entry](b.tx.QueryContext(b.ctx,
			`select body from material_entry where tenant = ? and order_number = ? and job = ? and kind = ?`, b.tenant, e.Order, e.Job, string(other))); err != nil {
			return err
		}
	}
	for _, l := range material.LinksOf(e, same) {
		if err := b.exec("save link", `insert into material_link (tenant, parent, child, entry, other, by_job) values (?, ?, ?, ?, ?, ?) on conflict (tenant, parent, child, entry, other) do nothing`,
			b.tenant, l.Parent, l.Child, l.Entry, l.Other, l.ByJob); err != nil {
			return err
		}
	}
	return nil
}

// lot makes the row of a lot when an entry tells something of it.
func (b booking) lot(id string, e material.Entry) error {
	was, err := one[material.Lot](b.ctx, b.tx, "lot", `select body from material_lot where tenant = ? and id = ?`, b.tenant, id)
	known := err == nil
	if err != nil && !errors.Is(err, access.ErrNotFound) {
		return err
	}
	_, number := material.PartsOf(id)
	tells := slices.Contains([]material.Kind{material.Received, material.Produced, material.Split, material.Merged, material.Blocked, material.Unblocked}, e.What)
	if known && (number == "" || !tells && !was.Blocked && was.Note == "" && len(was.Doubts) == 0) {
		return nil
	}
	return b.refoldLot(id)
}

func (b booking) refoldLot(id string) error {
	item, number := material.PartsOf(id)
	l := material.Lot{ID: id, Item: item, Doubts: []material.Doubt{}}
	if number != "" {
		// Nothing but the lot chooses: an index by item would look promising and is not.
		entries, err := bodies[material.Entry](b.tx.QueryContext(b.ctx, `select body from material_entry where tenant = ? and lot = ?
			union all select body from material_entry where tenant = ? and other_lot = ?`, b.tenant, id, b.tenant, id))
		if err != nil {
			return err
		}
		l = material.FoldLot(id, entries)
	}
	body, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("record: write lot %s: %w", id, err)
	}
	return b.exec("save lot "+id, `insert into material_lot (tenant, id, item, number, blocked, expires, since, body) values (?, ?, ?, ?, ?, ?, ?, ?)
		on conflict (tenant, id) do update set blocked = excluded.blocked, expires = excluded.expires, since = excluded.since, body = excluded.body`,
		b.tenant, id, item, number, l.Blocked, l.Expires, l.Since, string(body))
}

// reserve keeps the last word.
func (b booking) reserve(e material.Entry) error {
	body, err := json.Marshal(material.Reservation{Order: e.Order, Item: e.Item, Quantity: e.Quantity, By: e.By, At: e.At})
	if err != nil {
		return fmt.Errorf("record: write reservation: %w", err)
	}
	return b.exec("save reservation", `insert into material_reservation (tenant, order_number, item, at, entry, quantity, body) values (?, ?, ?, ?, ?, ?, ?)
		on conflict (tenant, order_number, item) do update set at = excluded.at, entry = excluded.entry, quantity = excluded.quantity, body = excluded.body
		where excluded.at > material_reservation.at or excluded.at = material_reservation.at and excluded.entry > material_reservation.entry`,
		b.tenant, e.Order, e.Item, e.At, e.ID, e.Quantity, string(body))
}

// withdraw undoes the rows of an entry; the facts stay.
func (b booking) withdraw(w material.Entry) error {
	e, err := one[material.Entry](b.ctx, b.tx, "entry "+w.Entry, `select body from material_entry where tenant = ? and id = ?`, b.tenant, w.Entry)
	if err != nil {
		return err
	}
	for _, q := range []string{
		`delete from material_entry where tenant = ? and id = ?`,
		`delete from material_link where tenant = ? and entry = ?`,
		`delete from material_link where tenant = ? and other = ?`,
	} {
		if err := b.exec("withdraw entry "+e.ID, q, b.tenant, e.ID); err != nil {
			return err
		}
	}
	if err := b.arrived(e.Arrival); err != nil {
		return err
	}
	if e.What == material.Reserved {
		return b.unreserve(e)
	}
	for _, l := range e.Legs() {
		if err := b.exec("withdraw leg", `delete from material_leg where tenant = ? and lot = ? and location = ? and at = ? and entry = ?`, b.tenant, l.Lot, l.Location, l.At, l.Entry); err != nil {
			return err
		}
		if err := b.refold(e.Item, l.Lot, l.Location); err != nil {
			return err
		}
	}
	for _, id := range lotsOf(e) {
		if err := b.refoldLot(id); err != nil {
			return err
		}
	}
	return nil
}

// unreserve lets the word before the withdrawn one count.
func (b booking) unreserve(e material.Entry) error {
	if err := b.exec("withdraw reservation", `delete from material_reservation where tenant = ? and order_number = ? and item = ?`, b.tenant, e.Order, e.Item); err != nil {
		return err
	}
	last, err := one[material.Entry](b.ctx, b.tx, "reservation", `select body from material_entry where tenant = ? and order_number = ? and item = ? and kind = ? order by at desc, id desc`,
		b.tenant, e.Order, e.Item, string(material.Reserved))
	if errors.Is(err, access.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return b.reserve(last)
}
