package recordtest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/plant"
	"zhigai/shop/material"
)

// storehouse is what the desk of material asks of orders, places and machines.
type storehouse struct{ made int64 }

func (storehouse) Place(_ context.Context, _ plant.TenantNo, node plant.NodeID) (string, plant.Name, error) {
	paths := map[plant.NodeID]string{"s": "xc", "w1": "xc/w1", "t1": "xc/w1/t1", "w2": "xc/w2"}
	if path, ok := paths[node]; ok {
		return path, plant.Name{ZH: path}, nil
	}
	return "", plant.Name{}, fmt.Errorf("%w: node %s", access.ErrNotFound, node)
}

func (s *storehouse) Run(_ context.Context, _ plant.TenantNo, order string, job int) (material.Run, error) {
	if order != "A1" || job != 10 {
		return material.Run{}, fmt.Errorf("%w: order %s, job %d", access.ErrNotFound, order, job)
	}
	began := plant.InstantOf(storeDay.Add(time.Minute))
	return material.Run{
		Order: order, Job: job, Product: "ring", Revision: 1, Made: s.made, Last: true, Tools: []string{"insert-7"},
		Stretches: []material.Stretch{{Machine: "t1", Path: "xc/w1/t1", From: began}},
		Work:      []material.Attendance{{Person: "wang", From: began}, {Person: "zhao", From: began, To: began + 1}},
		Uses:      []material.Use{{Item: "gcr15", Per: 125_000, Unit: "kg"}, {Item: "oil", Per: 1, Unit: "L"}, {Item: "gone", Per: 1, Unit: "kg"}},
	}, nil
}

func (storehouse) Needs(_ context.Context, _ plant.TenantNo, order string) ([]material.Need, error) {
	if order != "A1" {
		return nil, fmt.Errorf("%w: order %s", access.ErrNotFound, order)
	}
	return []material.Need{{Item: "gcr15", Quantity: 12_500_000, Unit: "kg"}}, nil
}

func (storehouse) Parameters(_ context.Context, _ plant.TenantNo, machine plant.NodeID, from, to plant.Micros) ([]material.Parameter, error) {
	return []material.Parameter{{Tag: 7, Name: "spindle.speed", Min: 1, Mean: 2, Max: 3, Samples: int((to - from) / 1_000_000), Known: 1}}, nil
}

var storeDay = time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)

type materialTest struct {
	*testing.T
	desk   *material.Desk
	store  material.Store
	house  *storehouse
	now    time.Time
	keeper access.Principal
}

// Material tests items, locations and what happens to material, from the desk
// down to the rows.
func Material(t *testing.T, store material.Store, journal fact.Journal, newID func() string) {
	m := &materialTest{T: t, store: store, house: &storehouse{}, now: storeDay}
	m.desk = material.NewDesk(material.Options{Store: store, Orders: m.house, Places: m.house, Machines: m.house, NewID: newID, Now: func() time.Time { return m.now }})
	m.keeper = access.As("k", "keeper", access.Scope{Tenant: 1}, access.Read, access.Report, access.Material)
	m.masters()
	m.bookings(journal)
	m.genealogy()
	m.reserved()
	m.calls()
	m.arrivals(journal)
	m.others()
	m.shuffled(newID)
	m.truth(newID)
}

func (m *materialTest) refused(err error, want string) {
	m.Helper()
	if !errors.Is(err, material.ErrInvalid) || !strings.Contains(err.Error(), want) {
		m.Errorf("got %v; want ErrInvalid with %q", err, want)
	}
}

func units(n int64) plant.Quantity { return plant.Quantity(n) * plant.One }

func (m *materialTest) masters() {
	ctx := m.Context()
	for _, i := range []material.Item{
		{Code: "gcr15", Name: plant.Name{ZH: "轴承钢"}, Unit: "kg", Tracking: material.ByLot},
		{Code: "ring", Name: plant.Name{ZH: "套圈"}, Unit: "{piece}", Tracking: material.ByLot},
		{Code: "6204", Name: plant.Name{ZH: "轴承"}, Unit: "{piece}", Tracking: material.BySerial},
		{Code: "oil", Name: plant.Name{ZH: "油"}, Unit: "kg", Tracking: material.Untracked, ShelfDays: 30},
	} {
		saved, err := m.desk.SaveItem(ctx, m.keeper, i)
		must(m.T, err)
		if _, err := m.desk.SaveItem(ctx, m.keeper, i); !errors.Is(err, access.ErrConflict) {
			m.Errorf("saved from a page of another revision: %v", err)
		}
		saved.Name.EN = saved.Code
		_, err = m.desk.SaveItem(ctx, m.keeper, saved)
		must(m.T, err)
	}
	_, err := m.desk.SaveItem(ctx, m.keeper, material.Item{Code: "a:b", Name: plant.Name{ZH: "x"}, Unit: "kg", Tracking: material.ByLot})
	m.refused(err, "a code has 1 to 63")
	if all, err := m.desk.Items(ctx, m.keeper, "轴承", "", 10); err != nil || len(all) != 2 || all[1].Code != "gcr15" || all[1].Rev != 2 {
		m.Errorf("items: %+v %v", all, err)
	}
	for _, l := range []material.Location{
		{Code: "main", Name: plant.Name{ZH: "主库"}, Kind: material.Warehouse, Node: "s"},
		{Code: "main/a", Name: plant.Name{ZH: "甲区"}, Kind: material.Warehouse, Node: "s"},
		{Code: "side1", Name: plant.Name{ZH: "线边"}, Kind: material.LineSide, Node: "w1"},
		{Code: "bad", Name: plant.Name{ZH: "隔离"}, Kind: material.Quarantine, Node: "w2"},
	} {
		_, err := m.desk.SaveLocation(ctx, m.keeper, l)
		must(m.T, err)
	}
	_, err = m.desk.SaveLocation(ctx, m.keeper, material.Location{Code: "none/a", Name: plant.Name{ZH: "x"}, Kind: material.Warehouse, Node: "s"})
	m.refused(err, "there is no location none around it")
	_, err = m.desk.SaveLocation(ctx, m.keeper, material.Location{Code: "x", Name: plant.Name{ZH: "x"}, Kind: material.Warehouse, Node: "gone"})
	m.refused(err, "there is no node gone")
}

func (m *materialTest) book(e material.Entry) (material.Booked, error) {
	m.now = m.now.Add(time.Minute)
	return m.desk.Book(m.Context(), m.keeper, e)
}

func (m *materialTest) booked(e material.Entry) material.Booked {
	m.Helper()
	b, err := m.book(e)
	must(m.T, err)
	return b
}

func (m *materialTest) holds(lot, location string, want plant.Quantity, doubts int) {
	m.Helper()
	b, err := m.store.Bin(m.Context(), 1, lot, location)
	if err != nil || b.Quantity != want || len(b.Doubts) != doubts {
		m.Errorf("%s in %s: %s, doubts %v, %v; want %s and %d doubts", lot, location, b.Quantity, b.Doubts, err, want, doubts)
	}
}

func (m *materialTest) bookings(journal fact.Journal) {
	ctx := m.Context()
	_, err := m.book(material.Entry{What: material.Received, Item: "none", Lot: "1", To: "main", Quantity: 1})
	m.refused(err, "there is no item none")
	_, err = m.book(material.Entry{What: material.Received, Item: "gcr15", To: "main", Quantity: 1})
	m.refused(err, "tracked by lot; give its number")
	_, err = m.book(material.Entry{What: material.Received, Item: "gcr15", Lot: "H1", To: "main", Quantity: 1, Unit: "t"})
	m.refused(err, "kept in kg, not in t")
	_, err = m.book(material.Entry{What: material.Received, Item: "ring", Lot: "R", To: "main", Quantity: 1})
	m.refused(err, "is no whole number")
	_, err = m.book(material.Entry{What: material.Received, Item: "6204", Lot: "S1", To: "main", Quantity: units(2)})
	m.refused(err, "a serial is one piece")
	_, err = m.book(material.Entry{What: material.Moved, Item: "gcr15", Lot: "H9", From: "main", To: "side1", Quantity: 1})
	m.refused(err, "there is no lot H9")
	m.booked(material.Entry{What: material.Received, Item: "gcr15", Lot: "H1", To: "main/a", Quantity: units(100), Party: "钢厂", Paper: "C-77"})
	i, err := m.store.Item(ctx, 1, "gcr15")
	must(m.T, err)
	i.Unit = "t"
	_, err = m.desk.SaveItem(ctx, m.keeper, i)
	m.refused(err, "was booked in kg")
	move := material.Entry{What: material.Moved, Item: "gcr15", Lot: "H1", From: "main/a", To: "side1", Quantity: units(120), Key: "k1"}
	b := m.booked(move)
	again := m.booked(move) // the panel did not hear the first answer
	if again.Entry.ID != b.Entry.ID || len(again.Bins) != 2 {
		m.Errorf("booked again: %+v; was %s", again, b.Entry.ID)
	}
	m.holds("gcr15:H1", "main/a", units(-20), 1)
	m.holds("gcr15:H1", "side1", units(120), 0)
	if rows, err := m.desk.Stock(ctx, m.keeper, material.StockFilter{Doubt: true, Limit: 9}); err != nil || len(rows) != 1 || rows[0].Doubts[0].Why != "120 were taken and 100 were there" {
		m.Errorf("doubts: %+v %v", rows, err)
	}
	all, err := journal.Events(ctx, 1, fact.Filter{Kinds: []fact.Kind{fact.KindMaterial}})
	if err != nil || len(all) != 2 {
		m.Errorf("facts: %d %v; want 2, one of each booking", len(all), err)
	}
	// A receipt that was entered later heals it.
	late := material.Entry{What: material.Received, Item: "gcr15", Lot: "H1", To: "main/a", Quantity: units(50), At: plant.InstantOf(storeDay.Add(5 * time.Second))}
	_, err = m.book(late)
	m.refused(err, "needs a key")
	late.Key = "k2"
	got := m.booked(late)
	m.holds("gcr15:H1", "main/a", units(30), 0)
	m.booked(material.Entry{What: material.Withdrawn, Entry: got.Entry.ID, Note: "never came"})
	m.holds("gcr15:H1", "main/a", units(-20), 1)
	if _, err := m.book(material.Entry{What: material.Withdrawn, Entry: got.Entry.ID, Note: "never came"}); !errors.Is(err, access.ErrNotFound) {
		m.Errorf("withdrawn twice: %v", err)
	}
	// A count mends it.
	m.booked(material.Entry{What: material.Counted, Item: "gcr15", Lot: "H1", From: "main/a", Quantity: 0})
	m.booked(material.Entry{What: material.Counted, Item: "gcr15", Lot: "H1", From: "side1", Quantity: units(118)})
	m.holds("gcr15:H1", "main/a", 0, 0)
	field, err := m.desk.Field(ctx, m.keeper, 0, plant.InstantOf(m.now.Add(time.Hour)))
	if err != nil || len(field) != 1 || field[0].Counts != 2 || field[0].Lost != units(-18) || field[0].Off != units(22) {
		m.Errorf("stock truth against field: %+v %v", field, err)
	}
	// Blocked.
	m.booked(material.Entry{What: material.Blocked, Item: "gcr15", Lot: "H1", Reason: "crack"})
	_, err = m.book(material.Entry{What: material.Consumed, Item: "gcr15", Lot: "H1", From: "side1", Quantity: 1, Order: "A1", Job: 10})
	m.refused(err, "is blocked: crack")
	m.booked(material.Entry{What: material.Consumed, Item: "gcr15", Lot: "H1", From: "side1", Quantity: 1, Order: "A1", Job: 10, At: plant.InstantOf(m.now), Key: "k3"})
	v, err := m.desk.Lot(ctx, m.keeper, "gcr15:H1")
	if err != nil || !v.Blocked || len(v.Doubts) != 1 || v.Party != "钢厂" || v.Origin != material.Received || len(v.Stock) != 1 {
		m.Errorf("used although blocked: %+v %v", v, err)
	}
	m.booked(material.Entry{What: material.Unblocked, Item: "gcr15", Lot: "H1", Note: "examined"})
	// Untracked: one heap in each place.
	m.booked(material.Entry{What: material.Received, Item: "oil", To: "main", Quantity: units(5)})
	m.booked(material.Entry{What: material.Received, Item: "oil", To: "main", Quantity: units(5)})
	m.holds("oil:", "main", units(10), 0)
}

// genealogy makes rings of the steel, and bearings of the rings.
func (m *materialTest) genealogy() {
	ctx := m.Context()
	m.booked(material.Entry{What: material.Received, Item: "gcr15", Lot: "H2", To: "side1", Quantity: units(40)})
	m.booked(material.Entry{What: material.Produced, Item: "ring", Lot: "R1", To: "side1", Quantity: units(400), Order: "A1", Job: 10, Machine: "t1"})
	_, err := m.book(material.Entry{What: material.Produced, Item: "6204", Lot: "S", To: "side1", Quantity: units(1), Order: "A1", Job: 10})
	m.refused(err, "A1 makes ring, and job 10 is the last of it")
	m.booked(material.Entry{What: material.Consumed, Item: "gcr15", Lot: "H2", From: "side1", Quantity: units(1), Order: "A1", Job: 10})
	m.booked(material.Entry{What: material.Split, Item: "ring", Lot: "R1", Into: "R1b", From: "side1", Quantity: units(100)})
	_, err = m.book(material.Entry{What: material.Consumed, Item: "ring", Lot: "R1b", From: "side1", Quantity: units(1), Into: "S1", Product: "none"})
	m.refused(err, `there is no item "none"`)
	m.booked(material.Entry{What: material.Received, Item: "6204", Lot: "S1", To: "main", Quantity: units(1)})
	m.booked(material.Entry{What: material.Received, Item: "6204", Lot: "S2", To: "main", Quantity: units(1)})
	m.booked(material.Entry{What: material.Consumed, Item: "ring", Lot: "R1b", From: "side1", Quantity: units(1), Into: "S1", Product: "6204"})
	wrong := m.booked(material.Entry{What: material.Consumed, Item: "ring", Lot: "R1b", From: "side1", Quantity: units(1), Into: "S2", Product: "6204"})
	m.booked(material.Entry{What: material.Shipped, Item: "6204", Lot: "S1", From: "main", Quantity: units(1), Party: "客户甲"})
	traced := func(lot string, down bool, want ...string) {
		m.Helper()
		g, err := m.desk.Genealogy(ctx, m.keeper, lot, down)
		must(m.T, err)
		var got []string
		for _, f := range g.Lots {
			got = append(got, f.Lot.ID+" "+f.Where+" "+f.Location+f.Party+" "+f.Quantity.String())
		}
		slices.Sort(got[1:]) // the lot itself stands first
		if !slices.Equal(got, want) {
			m.Errorf("from %s, down %v: %q; want %q", lot, down, got, want)
		}
	}
	traced("gcr15:H2", true, "gcr15:H2 stock side1 39", "6204:S1 shipped 客户甲 1", "6204:S2 stock main 1", "ring:R1 stock side1 300", "ring:R1b stock side1 98")
	m.booked(material.Entry{What: material.Withdrawn, Entry: wrong.Entry.ID, Note: "another bearing"})
	traced("gcr15:H2", true, "gcr15:H2 stock side1 39", "6204:S1 shipped 客户甲 1", "ring:R1 stock side1 300", "ring:R1b stock side1 99")
	traced("6204:S1", false, "6204:S1 shipped 客户甲 1", "gcr15:H1 stock side1 117.999999", "gcr15:H2 stock side1 39", "ring:R1 stock side1 300", "ring:R1b stock side1 99")
	// A circle ends: what was split goes back, and a part of it again.
	m.booked(material.Entry{What: material.Merged, Item: "ring", Lot: "R1b", Into: "R1", From: "side1", Quantity: units(9)})
	traced("ring:R1", true, "ring:R1 stock side1 309", "6204:S1 shipped 客户甲 1", "ring:R1b stock side1 90")
	traced("ring:R1b", false, "ring:R1b stock side1 90", "gcr15:H1 stock side1 117.999999", "gcr15:H2 stock side1 39", "ring:R1 stock side1 309")
	g, err := m.desk.Genealogy(ctx, m.keeper, "gcr15:H2", true)
	if err != nil || len(g.Links) != 4 || !g.Links[0].ByJob || g.Links[1].ByJob {
		m.Errorf("links: %+v %v", g.Links, err)
	}
	if all, err := m.desk.Recall(ctx, m.keeper, "gcr15:H2"); err != nil || len(all) != 4 {
		m.Errorf("recall: %+v %v", all, err)
	}
	b, err := m.desk.Birth(ctx, m.keeper, "ring:R1")
	must(m.T, err)
	if b.Run == nil || len(b.Machines) != 1 || b.Machines[0].Parameters[0].Samples == 0 || !slices.Equal(b.Operators, []string{"wang", "zhao"}) {
		m.Errorf("how it was made: %+v", b)
	}
	if _, err := m.desk.Genealogy(ctx, m.keeper, "ring:none", true); !errors.Is(err, access.ErrNotFound) {
		m.Errorf("a lot that is not there: %v", err)
	}
}

// reserved keeps, proposes and back-flushes.
func (m *materialTest) reserved() {
	ctx := m.Context()
	out, err := m.desk.Reserve(ctx, m.keeper, "A1")
	must(m.T, err)
	if len(out) != 1 || len(out[0].Picks) != 1 || out[0].Picks[0].Number != "H1" || out[0].Short != 0 {
		m.Errorf("proposed for A1: %+v", out)
	}
	if _, err := m.desk.Reserve(ctx, m.keeper, "none"); !errors.Is(err, access.ErrNotFound) {
		m.Errorf("reserved for no order: %v", err)
	}
	list, err := m.desk.Reservations(ctx, m.keeper, "A1", "")
	if err != nil || len(list) != 1 || list[0].Quantity != 12_500_000 || list[0].Used != units(1)+1 {
		m.Errorf("reservations: %+v %v", list, err)
	}
	p, err := m.desk.Propose(ctx, m.keeper, "gcr15", "", "B1", units(150))
	if err != nil || len(p.Picks) != 2 || p.Reserved != 11_499_999 || p.Free != 117_999_999+units(39)-11_499_999 {
		m.Errorf("proposed for another: %+v %v", p, err)
	}
	m.house.made = 80 // at 0.125 kg: 10 kg, of which 1.000001 are booked
	flushed, err := m.desk.Backflush(ctx, m.keeper, "A1", 10)
	must(m.T, err)
	if len(flushed) != 3 || flushed[0].Due != units(10) || flushed[0].Booked != units(9)-1 || flushed[0].Short != 0 || flushed[1].Problem == "" || flushed[2].Problem == "" {
		m.Errorf("back-flushed: %+v", flushed)
	}
	m.holds("gcr15:H1", "side1", 117_999_999-units(9)+1, 0)
	if flushed, err = m.desk.Backflush(ctx, m.keeper, "A1", 10); err != nil || flushed[0].Booked != 0 {
		m.Errorf("again with nothing made since: %+v %v", flushed, err)
	}
	m.house.made = 40 // somebody corrected the counts
	if flushed, err = m.desk.Backflush(ctx, m.keeper, "A1", 10); err != nil || flushed[0].Booked != units(-5) {
		m.Errorf("counts that went down: %+v %v", flushed, err)
	}
	m.holds("gcr15:H1", "side1", 117_999_999-units(4)+1, 0)
}

func (m *materialTest) calls() {
	ctx := m.Context()
	l, err := m.desk.SaveLoop(ctx, m.keeper, material.Loop{Item: "gcr15", From: "main/a", To: "side1", Container: units(50), Demand: units(100), LeadMs: 12 * 3600 * 1000})
	must(m.T, err)
	if l.Cards != 1 || l.ID == "" {
		m.Errorf("loop %+v", l)
	}
	c, err := m.desk.CallFor(ctx, m.keeper, material.CallOff{Loop: l.ID, Key: "c1"})
	must(m.T, err)
	if again, err := m.desk.CallFor(ctx, m.keeper, material.CallOff{Loop: l.ID, Key: "c1"}); err != nil || again.ID != c.ID {
		m.Errorf("asked for again: %+v %v", again, err)
	}
	_, err = m.desk.CallFor(ctx, m.keeper, material.CallOff{Loop: l.ID})
	m.refused(err, "all 1 cards of gcr15")
	_, err = m.desk.MoveCall(ctx, m.keeper, c.ID, material.CallMove{State: material.Delivered, Lot: "H1", From: "main/a"})
	m.refused(err, "is requested and cannot become delivered")
	c, err = m.desk.MoveCall(ctx, m.keeper, c.ID, material.CallMove{State: material.Accepted, Carrier: "agv:3"})
	must(m.T, err)
	c, err = m.desk.MoveCall(ctx, m.keeper, c.ID, material.CallMove{State: material.Delivered, Lot: "H1", From: "main/a"})
	must(m.T, err)
	if c.State != material.Delivered || c.Carrier != "agv:3" || len(c.Steps) != 3 || c.Steps[2].Entry == "" {
		m.Errorf("delivered: %+v", c)
	}
	m.holds("gcr15:H1", "main/a", units(-50), 1)
	if open, err := m.desk.Calls(ctx, m.keeper, true, "", 10); err != nil || len(open) != 0 {
		m.Errorf("open calls: %+v %v", open, err)
	}
	if all, err := m.desk.Calls(ctx, m.keeper, false, "", 10); err != nil || len(all) != 1 || !reflect.DeepEqual(all[0], c) {
		m.Errorf("calls: %+v %v", all, err)
	}
}

// others see and do what they may.
func (m *materialTest) others() {
	ctx := m.Context()
	m.now = m.now.Add(time.Minute)
	line := access.As("o", "wang", access.Scope{Tenant: 1, Path: "xc/w1"}, access.Read, access.Report)
	if rows, err := m.desk.Stock(ctx, line, material.StockFilter{Limit: 50}); err != nil || slices.ContainsFunc(rows, func(s material.Stock) bool { return s.Location != "side1" }) || len(rows) == 0 {
		m.Errorf("stock of the line: %+v %v", rows, err)
	}
	if all, err := m.desk.Entries(ctx, line, material.EntryFilter{Limit: 50}); err != nil || slices.ContainsFunc(all, func(e material.Entry) bool { return e.From != "side1" && e.To != "side1" }) || len(all) == 0 {
		m.Errorf("entries of the line: %+v %v", all, err)
	}
	_, err := m.desk.Book(ctx, line, material.Entry{What: material.Moved, Item: "gcr15", Lot: "H1", From: "main/a", To: "side1", Quantity: units(1)})
	m.refused(err, "there is no location main/a")
	if _, err := m.desk.Book(ctx, line, material.Entry{What: material.Counted, Item: "gcr15", Lot: "H1", From: "side1", Quantity: units(1)}); !errors.Is(err, access.ErrForbidden) {
		m.Errorf("an operator counted the stock: %v", err)
	}
	if _, err := m.desk.Book(ctx, line, material.Entry{What: material.Scrapped, Item: "ring", Lot: "R1", From: "side1", Quantity: units(1), Reason: "crack"}); err != nil {
		m.Errorf("an operator scrapped at the line: %v", err)
	}
	if _, err := m.desk.Book(ctx, line, material.Entry{What: material.Blocked, Item: "ring", Lot: "R1", Reason: "x"}); !errors.Is(err, access.ErrForbidden) {
		m.Errorf("an operator blocked a lot: %v", err)
	}
	away := access.As("o", "qian", access.Scope{Tenant: 1, Path: "xc/w2"}, access.Read, access.Report)
	if _, err := m.desk.Lot(ctx, away, "gcr15:H1"); !errors.Is(err, access.ErrNotFound) {
		m.Errorf("a lot of another line: %v", err)
	}
	if s, err := m.desk.Scan(ctx, line, material.Code(material.LotCode, "ring:R1")); err != nil || s.Lot == nil || s.Lot.Number != "R1" {
		m.Errorf("scanned: %+v %v", s, err)
	}
	stranger := access.As("k", "keeper", access.Scope{Tenant: 2}, access.Read, access.Report, access.Material)
	if _, err := m.desk.Lot(ctx, stranger, "gcr15:H1"); !errors.Is(err, access.ErrNotFound) {
		m.Errorf("a lot of another tenant: %v", err)
	}
	if rows, err := m.desk.Stock(ctx, stranger, material.StockFilter{Limit: 50}); err != nil || len(rows) != 0 {
		m.Errorf("stock of another tenant: %+v %v", rows, err)
	}
	var pages []string
	for after := ""; ; {
		page, err := m.desk.Stock(ctx, m.keeper, material.StockFilter{After: after, Limit: 1})
		must(m.T, err)
		if len(page) == 0 {
			break
		}
		after = page[0].After()
		pages = append(pages, after)
	}
	if all, err := m.desk.Stock(ctx, m.keeper, material.StockFilter{Limit: 50}); err != nil || len(all) != len(pages) {
		m.Errorf("stock by pages: %q, at once %d, %v", pages, len(all), err)
	}
}
