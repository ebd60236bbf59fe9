package recordtest

import (
	"errors"
	"slices"
	"time"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/plant"
	"zhigai/shop/material"
)

// arrivals are expected, put off, received in parts, and cancelled.
func (m *materialTest) arrivals(journal fact.Journal) {
	ctx := m.Context()
	due := func(hours int) plant.Instant { return plant.InstantOf(m.now.Add(time.Duration(hours) * time.Hour)) }
	expect := func(n material.NewArrival) material.Arrival {
		m.Helper()
		a, err := m.desk.Expect(ctx, m.keeper, n)
		must(m.T, err)
		return a
	}
	_, err := m.desk.Expect(ctx, m.keeper, material.NewArrival{Item: "gcr15", Quantity: units(10), To: "main", Due: due(1), Unit: "t"})
	m.refused(err, "is kept in kg, not in t")
	_, err = m.desk.Expect(ctx, m.keeper, material.NewArrival{Item: "gcr15", Quantity: 0, To: "main", Due: due(1)})
	m.refused(err, "more than nothing")
	_, err = m.desk.Expect(ctx, m.keeper, material.NewArrival{Item: "gcr15", Quantity: units(10), To: "nowhere", Due: due(1)})
	m.refused(err, "there is no location nowhere")
	operator := access.As("o", "operator", access.Scope{Tenant: 1, Path: "xc/w1"}, access.Read, access.Report)
	if _, err := m.desk.Expect(ctx, operator, material.NewArrival{Item: "gcr15", Quantity: units(10), To: "side1", Due: due(1)}); !errors.Is(err, access.ErrForbidden) {
		m.Errorf("an operator expects: %v", err)
	}

	a := expect(material.NewArrival{Item: "gcr15", Quantity: units(100), To: "main", Due: due(5), Party: "钢厂", Reference: "PO-7", Key: "k1"})
	if again := expect(material.NewArrival{Item: "gcr15", Quantity: units(100), To: "main", Due: due(5), Key: "k1"}); again.ID != a.ID {
		m.Errorf("the same key again: %s, not %s", again.ID, a.ID)
	}
	b := expect(material.NewArrival{Item: "gcr15", Quantity: units(20), To: "side1", Due: due(2)})
	m.lists(material.ArrivalFilter{Open: true}, b.ID, a.ID)
	m.lists(material.ArrivalFilter{Open: true, Text: "po-7"}, a.ID)
	m.lists(material.ArrivalFilter{After: b.After()}, a.ID)
	m.lists(material.ArrivalFilter{Scope: access.Scope{Tenant: 1, Path: "xc/w1"}}, b.ID)
	m.lists(material.ArrivalFilter{Overdue: due(3)}, b.ID)

	moved, err := m.desk.MoveArrival(ctx, m.keeper, a.ID, material.ArrivalMove{What: material.ArrivalMoved, Due: due(1), Note: "earlier", Seen: 1})
	if err != nil || moved.Due != due(1) || moved.Quantity != units(100) {
		m.Errorf("put forward: %+v %v", moved, err)
	}
	if _, err := m.desk.MoveArrival(ctx, m.keeper, a.ID, material.ArrivalMove{What: material.ArrivalMoved, Note: "x", Seen: 1}); !errors.Is(err, access.ErrConflict) {
		m.Errorf("from a page of another step: %v", err)
	}
	m.lists(material.ArrivalFilter{Open: true}, a.ID, b.ID)

	_, err = m.book(material.Entry{What: material.Received, Item: "ring", Lot: "R9", To: "main", Quantity: units(1), Arrival: a.ID})
	m.refused(err, "the arrival is of item gcr15, not of ring")
	first := m.booked(material.Entry{What: material.Received, Item: "gcr15", Lot: "H77", To: "main", Quantity: units(60), Arrival: a.ID})
	m.stillComes(a.ID, units(60), units(40))
	m.booked(material.Entry{What: material.Received, Item: "gcr15", Lot: "H78", To: "main", Quantity: units(45), Arrival: a.ID})
	m.stillComes(a.ID, units(105), 0)
	m.lists(material.ArrivalFilter{Open: true}, b.ID)
	m.booked(material.Entry{What: material.Withdrawn, Entry: first.Entry.ID, Note: "another lot"})
	m.stillComes(a.ID, units(45), units(55))

	s, err := m.desk.Supply(ctx, 1, []string{"gcr15", "gcr15", "never-seen"}, []string{"A1"})
	if err != nil || !slices.Equal(s.Kept, []string{"gcr15"}) || len(s.Arrivals) != 2 || s.Arrivals[0].ID != a.ID {
		m.Errorf("supply: %+v %v", s, err)
	}
	if _, err := m.desk.MoveArrival(ctx, m.keeper, b.ID, material.ArrivalMove{What: material.ArrivalCancelled, Note: "the mill is on strike"}); err != nil {
		m.Errorf("cancelled: %v", err)
	}
	_, err = m.desk.MoveArrival(ctx, m.keeper, b.ID, material.ArrivalMove{What: material.ArrivalMoved, Due: due(9), Note: "after all"})
	m.refused(err, "is cancelled; enter another one")
	m.lists(material.ArrivalFilter{Open: true}, a.ID)
	facts, err := journal.Events(ctx, 1, fact.Filter{Kinds: []fact.Kind{fact.KindMaterialArrival}, Sources: []string{b.Source()}})
	if err != nil || len(facts) != 2 {
		m.Errorf("facts of an arrival: %+v %v", facts, err)
	}
}

// stillComes holds an arrival against what was booked of it.
func (m *materialTest) stillComes(id string, received, left plant.Quantity) {
	m.Helper()
	a, err := m.store.Arrival(m.Context(), 1, id)
	if err != nil || a.Received != received || a.Left() != left {
		m.Errorf("arrival: %s received, %s left, %v; want %s and %s", a.Received, a.Left(), err, received, left)
	}
}

// lists wants arrivals in this order.
func (m *materialTest) lists(f material.ArrivalFilter, want ...string) {
	m.Helper()
	f.Limit = 10
	all, err := m.desk.Arrivals(m.Context(), m.keeper, f)
	var got []string
	for _, a := range all {
		got = append(got, a.ID)
	}
	if err != nil || !slices.Equal(got, want) {
		m.Errorf("arrivals %+v: %v, %v; want %v", f, got, err, want)
	}
}
