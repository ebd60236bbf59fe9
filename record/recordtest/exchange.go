package recordtest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/factory/exchange"
	"zhigai/figure"
	"zhigai/plant"
	"zhigai/shop/production"
)

const exchangeMapping = `schema: zhigai.exchange/1
id: test
name: {zh: 测试}
in:
  order: {number: no, product: item, quantity: qty, due: due, unit: uom, version: v, state: {from: st, values: {open: released, plan: forecast, stop: held, gone: cancelled}}}
  statement: {number: no, ordered: qty, good: good, scrap: scrap, version: v}
`

// exchangeTest is the desk of the exchange and that of production on one store.
type exchangeTest struct {
	*productionTest
	x       *exchange.Desk
	keeps   exchange.Store
	journal fact.Journal
	erp     exchange.Partner
}

// Order implements exchange.Rooms.
func (x *exchangeTest) Order(ctx context.Context, tenant plant.TenantNo, _ string, o exchange.Order) error {
	who := access.As("x", "erp", access.Scope{Tenant: tenant}, access.Read, access.Plan)
	_, err := x.desk.Request(ctx, who, production.Request{
		Terms: production.Terms{Number: o.Number, Kind: production.Make, Product: o.Product, Quantity: o.Quantity, Place: o.Place, Due: o.Due, Priority: o.Priority}, State: production.OrderState(o.State), Reason: "ERP",
	})
	if errors.Is(err, production.ErrInvalid) {
		return fmt.Errorf("%w: %w", exchange.ErrRefused, err)
	}
	return err
}

// Define implements exchange.Rooms.
func (*exchangeTest) Define(context.Context, plant.TenantNo, string, exchange.Definition) error {
	return exchange.ErrRefused
}

// Lot implements exchange.Rooms.
func (*exchangeTest) Lot(context.Context, plant.TenantNo, string, exchange.Lot, *exchange.Lot) error {
	return exchange.ErrRefused
}

// Made implements exchange.Makes.
func (x *exchangeTest) Made(ctx context.Context, tenant plant.TenantNo, number string) (exchange.Made, error) {
	v, err := x.desk.ByNumber(ctx, access.Node(tenant), number)
	if err != nil {
		return exchange.Made{}, err
	}
	m := exchange.Made{Number: number, Product: v.Product, Unit: v.Units, Quantity: v.Quantity, State: string(v.State), Final: v.State == production.OrderClosed}
	for _, j := range v.Jobs {
		m.Total = exchange.Quantities{Good: j.Made.Good, Scrap: m.Total.Scrap + j.Made.Scrap, Rework: m.Total.Rework + j.Made.Rework}
		m.Jobs = append(m.Jobs, exchange.JobMade{No: j.No, State: string(j.State), Began: j.Began, Total: exchange.Quantities{Good: j.Made.Good, Scrap: j.Made.Scrap, Rework: j.Made.Rework}})
	}
	return m, nil
}

// Exchange tests messages with a business system from the desk down to the rows,
// with the desk of production on the same record.
func Exchange(t *testing.T, keeps exchange.Store, store production.Store, journal fact.Journal, newID func() string) {
	p := &productionTest{T: t, store: store, now: time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)}
	p.shop = workshop{counted: map[plant.NodeID][]figure.CountedParts{}}
	p.desk = production.NewDesk(production.Options{Store: store, Places: p.shop, Counts: p.shop, NewID: newID, Now: func() time.Time { return p.now }})
	p.planner = access.As("p", "planner", access.Scope{Tenant: 1}, access.Read, access.Report, access.Plan, access.Engineer, access.Exchange)
	mappings, err := exchange.LoadMappings(fstest.MapFS{"m/test.yaml": {Data: []byte(exchangeMapping)}}, "m")
	must(t, err)
	x := &exchangeTest{productionTest: p, keeps: keeps, journal: journal}
	x.x = exchange.NewDesk(exchange.Options{
		Store: keeps, Rooms: x, Makes: x, Mappings: mappings, Now: func() time.Time { return p.now }, Log: slog.New(slog.DiscardHandler),
		Open: func(plant.TenantNo, exchange.Partner) (exchange.Door, error) { return nil, nil },
	})
	d, err := p.definition("6204-ir", func(d *production.Definition) { d.Segments, d.Segments[0].Skills = d.Segments[:1], nil })
	must(t, err)
	_, err = p.desk.Release(t.Context(), p.planner, "6204-ir", 1, plant.Validity{}, d.Rev)
	must(t, err)
	x.partners()
	x.incoming()
	x.refusals()
	x.outgoing()
	x.books()
	x.large()
	x.facts()
}

func (x *exchangeTest) partners() {
	ctx := x.Context()
	p := exchange.Partner{ID: "erp", Name: "ERP", Way: exchange.WayHTTP, Format: exchange.JSON, Mapping: "test", Place: "xc", Jobs: true, EveryS: 1, SilentS: 3600, URL: "https://erp.example/in", Secret: "s3cret"}
	bad := p
	bad.Mapping = "none"
	if _, err := x.x.Save(ctx, 1, bad, 0); !errors.Is(err, exchange.ErrInvalid) || !strings.Contains(err.Error(), "there are test") {
		x.Errorf("a mapping that is not there: %v", err)
	}
	saved, err := x.x.Save(ctx, 1, p, 0)
	must(x.T, err)
	if saved.Secret != "" || !saved.HasSecret || saved.Rev != 1 {
		x.Errorf("saved: %+v", saved)
	}
	if _, err := x.x.Save(ctx, 1, p, 0); !errors.Is(err, access.ErrConflict) {
		x.Errorf("the same id again: %v", err)
	}
	p.Secret, p.Name = "", "ERP 2"
	_, err = x.x.Save(ctx, 1, p, 1)
	must(x.T, err)
	all, err := x.keeps.Partners(ctx, 1)
	if err != nil || len(all) != 1 || all[0].Secret != "s3cret" || all[0].Rev != 2 || all[0].Name != "ERP 2" {
		x.Errorf("partners: %+v %v; want the secret that was kept", all, err)
	}
	p.URL = "https://elsewhere.example/in"
	if _, err := x.x.Save(ctx, 1, p, 2); !errors.Is(err, exchange.ErrInvalid) {
		x.Errorf("the secret goes to another address: %v", err)
	}
	other := exchange.Partner{ID: "old", Name: "old", Way: exchange.WayFolder, Format: exchange.CSV, Mapping: "test", EveryS: 1, SilentS: 60}
	_, err = x.x.Save(ctx, 1, other, 0)
	must(x.T, err)
	must(x.T, x.x.Drop(ctx, 1, "old", 1))
	if err := x.x.Drop(ctx, 1, "old", 2); !errors.Is(err, access.ErrNotFound) {
		x.Errorf("dropped twice: %v", err)
	}
	if back, err := x.x.Save(ctx, 1, other, 0); err != nil || back.Rev != 3 {
		x.Errorf("the same id after its end: %+v %v", back, err)
	}
	must(x.T, x.x.Drop(ctx, 1, "old", 3))
	if all, err := x.keeps.Partners(ctx, 2); err != nil || len(all) != 0 {
		x.Errorf("another tenant's: %+v %v", all, err)
	}
	x.erp = all[0]
}

// send gives a message to the plant and wants how it fares.
func (x *exchangeTest) send(id string, kind exchange.Kind, body string, want exchange.State) exchange.Answer {
	x.Helper()
	a, err := x.x.Receive(x.Context(), 1, "erp", exchange.Incoming{ID: id, Format: exchange.JSON, Kind: kind, Body: []byte(body)})
	if err != nil || a.State != want {
		x.Errorf("message %s: %+v %v; want %s", id, a, err, want)
	}
	return a
}

func orderJSON(no, item string, qty, v int, state string) string {
	return fmt.Sprintf(`{"no": %q, "item": %q, "qty": %d, "due": "2026-11-06", "uom": "EA", "v": %d, "st": %q, "colour": "red"}`, no, item, qty, v, state)
}

// ordered wants an order to say a quantity in a state.
func (x *exchangeTest) ordered(no string, quantity int64, state production.OrderState) production.View {
	x.Helper()
	v, err := x.desk.ByNumber(x.Context(), x.planner, no)
	if err != nil || v.Quantity != quantity || v.State != state {
		x.Errorf("order %s: %d %s %v; want %d %s", no, v.Quantity, v.State, err, quantity, state)
	}
	return v
}

func (x *exchangeTest) incoming() {
	first := orderJSON("A1", "6204-ir", 100, 2, "open")
	x.send("m1", exchange.KindOrder, first, exchange.Done)
	v := x.ordered("A1", 100, production.OrderReleased)
	if a := x.send("m1", exchange.KindOrder, first, exchange.Done); !a.Again || len(a.Parts) != 1 || a.Parts[0].State != exchange.Applied {
		x.Errorf("the same again: %+v", a)
	}
	if again := x.ordered("A1", 100, production.OrderReleased); again.Rev != v.Rev {
		x.Errorf("a message that came twice was applied twice: revision %d, %d before", again.Rev, v.Rev)
	}
	_, err := x.x.Receive(x.Context(), 1, "erp", exchange.Incoming{ID: "m1", Format: exchange.JSON, Kind: exchange.KindOrder, Body: []byte(orderJSON("A1", "6204-ir", 999, 9, "open"))})
	if !errors.Is(err, exchange.ErrOther) {
		x.Errorf("another content under the same id: %v", err)
	}
	x.ordered("A1", 100, production.OrderReleased)
	if all, err := x.keeps.Messages(x.Context(), 1, exchange.Filter{Partner: "erp", States: []exchange.State{exchange.Refused}, Text: "m1#", Limit: 9}); err != nil || len(all) != 1 {
		x.Errorf("what was refused for its id is not listed: %+v %v", all, err)
	}
	// Reordered: 4 before 3; 3 never counts.
	x.send("m4", exchange.KindOrder, orderJSON("A1", "6204-ir", 120, 4, "open"), exchange.Done)
	if a := x.send("m3", exchange.KindOrder, orderJSON("A1", "6204-ir", 110, 3, "stop"), exchange.Done); a.Parts[0].State != exchange.Superseded {
		x.Errorf("an older version: %+v", a)
	}
	x.ordered("A1", 120, production.OrderReleased)
	if a := x.send("m4b", exchange.KindOrder, orderJSON("A1", "6204-ir", 120, 4, "open"), exchange.Done); a.Parts[0].State != exchange.Same {
		x.Errorf("the same version by another message: %+v", a)
	}
	if a := x.send("m4c", exchange.KindOrder, orderJSON("A1", "6204-ir", 121, 4, "open"), exchange.Refused); !strings.Contains(a.Parts[0].Reason, "message m4 brought version 4") {
		x.Errorf("another content under the same version: %+v", a)
	}
	x.send("m5", exchange.KindOrder, orderJSON("A1", "6204-ir", 120, 5, "stop"), exchange.Done)
	x.ordered("A1", 120, production.OrderHeld)
	x.send("m6", exchange.KindOrder, orderJSON("A1", "6204-ir", 120, 6, "open"), exchange.Done)
	x.ordered("A1", 120, production.OrderReleased)
	x.send("m7", exchange.KindOrder, "["+orderJSON("B1", "6204-ir", 5, 1, "plan")+","+orderJSON("B2", "6204-ir", 5, 1, "open")+"]", exchange.Done)
	x.ordered("B1", 5, production.OrderForecast)
	x.send("m8", exchange.KindOrder, orderJSON("B1", "6204-ir", 5, 2, "gone"), exchange.Done)
	x.ordered("B1", 5, production.OrderCancelled)
}

func (x *exchangeTest) refusals() {
	no := 0
	for body, want := range map[string]string{
		orderJSON("C1", "6204-ir", 5, 1, "soon"):                                   `"soon" has no meaning`,
		strings.Replace(orderJSON("C1", "6204-ir", 5, 1, "open"), "EA", "BOX", 1):  `unit "BOX" is not known`,
		strings.Replace(orderJSON("C1", "6204-ir", 5, 1, "open"), `"qty"`, "x", 1): "not JSON",
		`{"no": "C1"}`: "row 1: item (product): the field is missing",
		`[]`:           "there is no row",
		`{"no": "C1", "item": "6204-ir", "qty": 5.5, "due": "2026-11-06", "st": "open"}`: `"5.5"; write a whole number`,
	} {
		no++
		if a := x.send(fmt.Sprint("r", no), exchange.KindOrder, body, exchange.Refused); !strings.Contains(a.Reason, want) {
			x.Errorf("%s: %q; want %q", body, a.Reason, want)
		}
	}
	// In part; and again when what was missing is there.
	a := x.send("part", exchange.KindOrder, "["+orderJSON("D1", "6204-or", 5, 1, "open")+","+orderJSON("D2", "6204-ir", 5, 1, "open")+"]", exchange.Partly)
	if !strings.Contains(a.Parts[0].Reason, "no released definition of 6204-or") || a.Parts[1].State != exchange.Applied {
		x.Errorf("in part: %+v", a)
	}
	if _, err := x.desk.ByNumber(x.Context(), x.planner, "D1"); !errors.Is(err, access.ErrNotFound) {
		x.Errorf("an order that was refused is there: %v", err)
	}
	d, err := x.definition("6204-or", func(d *production.Definition) { d.Segments = d.Segments[1:] })
	must(x.T, err)
	_, err = x.desk.Release(x.Context(), x.planner, "6204-or", 1, plant.Validity{}, d.Rev)
	must(x.T, err)
	m, parts, err := x.x.Again(x.Context(), x.planner, exchange.Ref{Partner: "erp", Direction: exchange.In, ID: "part"})
	if err != nil || m.State != exchange.Done || parts[0].State != exchange.Applied {
		x.Errorf("again: %+v %+v %v", m, parts, err)
	}
	x.ordered("D1", 5, production.OrderReleased)
	if _, _, err := x.x.Again(x.Context(), x.planner, exchange.Ref{Partner: "erp", Direction: exchange.In, ID: "part"}); !errors.Is(err, exchange.ErrInvalid) {
		x.Errorf("again what is done: %v", err)
	}
	if _, _, err := x.x.Again(x.Context(), x.planner, exchange.Ref{Partner: "erp", Direction: exchange.In, ID: "nobody"}); !errors.Is(err, access.ErrNotFound) {
		x.Errorf("again what never came: %v", err)
	}
}

// waiting are the ids of what would be sent now.
func (x *exchangeTest) waiting() []string {
	x.Helper()
	all, err := x.keeps.Waiting(x.Context(), 1, "erp", exchange.Out, plant.InstantOf(x.now), 100)
	must(x.T, err)
	out := []string{}
	for _, m := range all {
		out = append(out, m.ID)
	}
	return out
}

// told is what a message says.
func (x *exchangeTest) told(id string) exchange.Performance {
	x.Helper()
	m, _, err := x.keeps.Message(x.Context(), 1, exchange.Ref{Partner: "erp", Direction: exchange.Out, ID: id})
	must(x.T, err)
	var p exchange.Performance
	must(x.T, json.Unmarshal(m.Body, &p))
	return p
}

// fetches is a door that takes what it is told to.
type fetches struct {
	got []string
	err error
}

func (*fetches) Fetch(context.Context, func(context.Context, exchange.Incoming) (exchange.Answer, error)) error {
	return nil
}

func (f *fetches) Send(_ context.Context, w exchange.Written) error {
	if f.err == nil {
		f.got = append(f.got, w.ID)
	}
	return f.err
}
func (*fetches) Statements(context.Context) ([]exchange.Statement, error) { return nil, nil }
func (*fetches) Close()                                                   {}

func (x *exchangeTest) outgoing() {
	ctx := x.Context()
	report := func(want ...string) {
		x.Helper()
		must(x.T, x.x.Report(ctx, 1, x.erp))
		if got := x.waiting(); !slices.Equal(got, want) {
			x.Errorf("waiting %v; want %v", got, want)
		}
	}
	report("A1-0-1", "B1-0-1", "B2-0-1", "D1-0-1", "D2-0-1")
	report("A1-0-1", "B1-0-1", "B2-0-1", "D1-0-1", "D2-0-1") // nothing is new
	door := &fetches{}
	m, err := exchange.ParseMapping([]byte(exchangeMapping))
	must(x.T, err)
	must(x.T, x.x.Send(ctx, 1, x.erp, m, door))
	report()
	id := x.ordered("A1", 120, production.OrderReleased).ID
	enter := func(e production.Entry) {
		x.Helper()
		e.Job, e.Machine, e.Reason = 10, "t1", "crack"
		_, err := x.desk.Enter(ctx, x.planner, id, e)
		must(x.T, err)
		x.now = x.now.Add(time.Minute)
	}
	enter(production.Entry{What: production.StepJob, Command: production.Run})
	enter(production.Entry{What: production.StepCount, Good: 30, Scrap: 2})
	report("A1-0-2", "A1-10-1")
	enter(production.Entry{What: production.StepCount, Good: 10})
	report("A1-0-2", "A1-10-1", "A1-0-3", "A1-10-2")
	if p := x.told("A1-0-3"); p.Total.Good != 40 || p.New != (exchange.Quantities{Good: 10}) || p.Seq != 3 || p.State != "running" {
		x.Errorf("performance: %+v", p)
	}
	// A partner that is away: the first is tried later, and nothing overtakes it.
	door.err = errors.New("no answer")
	must(x.T, x.x.Send(ctx, 1, x.erp, m, door))
	if got := x.waiting(); !slices.Equal(got, []string{"A1-10-1", "A1-0-3", "A1-10-2"}) {
		x.Errorf("after one that was not taken: %v", got)
	}
	x.now = x.now.Add(time.Hour)
	door.err = fmt.Errorf("%w: the month is closed", exchange.ErrRefused)
	must(x.T, x.x.Send(ctx, 1, x.erp, m, door))
	report()
	dead := exchange.Ref{Partner: "erp", Direction: exchange.Out, ID: "A1-0-2"}
	if one, _, err := x.keeps.Message(ctx, 1, dead); err != nil || one.State != exchange.Dead || !strings.Contains(one.Reason, "the month is closed") {
		x.Errorf("dead letter: %+v %v", one, err)
	}
	c, err := x.keeps.Counts(ctx, 1, "erp")
	if err != nil || c.Dead != 4 || c.Acknowledged != 5 || c.Queued != 0 || c.Heard == 0 || c.Took == 0 {
		x.Errorf("counts: %+v %v", c, err)
	}
	_, _, err = x.x.Again(ctx, x.planner, dead)
	must(x.T, err)
	door.err, door.got = nil, nil
	must(x.T, x.x.Send(ctx, 1, x.erp, m, door))
	if !slices.Equal(door.got, []string{"A1-0-2"}) {
		x.Errorf("sent again: %v", door.got)
	}
	for range 2 { // a partner that fetches may say twice that it has a message
		one, err := x.x.Acknowledge(ctx, 1, "erp", "A1-0-3", "")
		if err != nil || one.State != exchange.Acknowledged {
			x.Errorf("acknowledged: %+v %v", one, err)
		}
	}
	err = x.keeps.Queue(ctx, 1, "erp", "A1", nil, []exchange.Told{{Number: "A1", Seq: 3}}, false)
	if !errors.Is(err, access.ErrConflict) {
		x.Errorf("told out of order: %v", err)
	}
}

func (x *exchangeTest) books() {
	line := func(number string) exchange.Line {
		x.Helper()
		r, err := x.x.Reconcile(x.Context(), 1, "erp")
		must(x.T, err)
		i := slices.IndexFunc(r.Lines, func(l exchange.Line) bool { return l.Number == number })
		if i < 0 {
			x.Fatalf("no line of %s in %+v", number, r)
		}
		return r.Lines[i]
	}
	wants := func(number string, equal, open bool, causes ...exchange.Cause) {
		x.Helper()
		l := line(number)
		var got []exchange.Cause
		for _, b := range l.Causes {
			got = append(got, b.Cause)
		}
		if l.Equal != equal || l.Open() != open || !slices.Equal(got, causes) {
			x.Errorf("order %s: %+v; want equal %v, open %v, %v", number, l, equal, open, causes)
		}
	}
	state := func(id, number string, qty, good, scrap, v int) {
		x.send(id, exchange.KindStatement, fmt.Sprintf(`{"no": %q, "qty": %d, "good": %d, "scrap": %d, "v": %d}`, number, qty, good, scrap, v), exchange.Done)
	}
	state("s1", "B2", 5, 0, 0, 1)
	state("s2", "Z9", 7, 0, 0, 1)
	state("s3", "A1", 120, 40, 2, 1)
	wants("B2", true, false)
	wants("Z9", false, true, exchange.NeverCame)
	wants("D2", false, true, exchange.NotTheirs)
	wants("A1", true, false)
	state("s4", "A1", 120, 30, 2, 2)
	wants("A1", false, false, exchange.DeadLetter, exchange.RefusedHere) // the jobs' letters are dead, and m4c was refused
	state("s5", "B2", 6, 0, 0, 2)
	wants("B2", false, true, exchange.OtherOrdered)
	x.send("B2-bad", exchange.KindOrder, orderJSON("B2", "6204-ir", 6, 1, "open"), exchange.Refused)
	wants("B2", false, false, exchange.RefusedHere)
	var b bytes.Buffer
	r, err := x.x.Reconcile(x.Context(), 1, "erp")
	must(x.T, err)
	must(x.T, exchange.WriteReconciliation(&b, r, false))
	if !strings.Contains(b.String(), "A1,120,120,30,40,2,2,40,false,dead_letter refused_here") {
		x.Errorf("as a sheet: %s", b.String())
	}
}

// large: a body that does not fit into a row comes back as it was.
func (x *exchangeTest) large() {
	rows := make([]string, exchange.MaxParts)
	for i := range rows {
		rows[i] = strings.Replace(orderJSON(fmt.Sprint("L", i), "none", 5, 1, "open"), `"red"`, `"`+strings.Repeat("r", 700)+`"`, 1)
	}
	body := "[" + strings.Join(rows[:20], ",") + strings.Repeat(" ", 1<<20) + "]"
	x.send("large", exchange.KindOrder, body, exchange.Refused)
	m, parts, err := x.keeps.Message(x.Context(), 1, exchange.Ref{Partner: "erp", Direction: exchange.In, ID: "large"})
	if err != nil || string(m.Body) != body || len(parts) != 20 {
		x.Errorf("a body of %d bytes and %d parts came back as %d and %d: %v", len(body), 20, len(m.Body), len(parts), err)
	}
	if a := x.send("too many", exchange.KindOrder, "["+strings.Join(rows, ",")+","+rows[0]+"]", exchange.Refused); !strings.Contains(a.Reason, "divide the message") {
		x.Errorf("more rows than are read: %q", a.Reason)
	}
	page, err := x.keeps.Messages(x.Context(), 1, exchange.Filter{Partner: "erp", Limit: 3})
	must(x.T, err)
	next, err := x.keeps.Messages(x.Context(), 1, exchange.Filter{Partner: "erp", After: page[2].Key, Limit: 3})
	if err != nil || len(page) != 3 || len(next) != 3 || next[0].Key >= page[2].Key {
		x.Errorf("pages: %+v, %+v %v", page, next, err)
	}
	if all, err := x.keeps.Messages(x.Context(), 2, exchange.Filter{Limit: 9}); err != nil || len(all) != 0 {
		x.Errorf("another tenant's: %+v %v", all, err)
	}
}

// facts: the rows are what the facts add up to.
func (x *exchangeTest) facts() {
	events, err := x.journal.Events(x.Context(), 1, fact.Filter{Kinds: []fact.Kind{fact.KindExchange}})
	must(x.T, err)
	type key struct {
		d  exchange.Direction
		id string
	}
	parts, out := map[key]map[int]exchange.PartState{}, map[key]exchange.State{}
	for _, e := range events {
		var f exchange.Fact
		must(x.T, json.Unmarshal(e.Payload, &f))
		k := key{f.Direction, f.Message}
		switch f.What {
		case exchange.WhatReceived:
			if parts[k] != nil {
				x.Errorf("message %s was received twice", f.Message)
			}
			parts[k] = map[int]exchange.PartState{}
		case exchange.WhatAgain:
		case exchange.WhatQueued, exchange.WhatResent:
			out[k] = exchange.Queued
		case exchange.WhatAcknowledged:
			out[k] = exchange.Acknowledged
		case exchange.WhatDead:
			out[k] = exchange.Dead
		default:
			parts[k][f.Part] = exchange.PartState(f.What)
		}
	}
	rows, err := x.keeps.Messages(x.Context(), 1, exchange.Filter{Limit: 1000})
	must(x.T, err)
	for _, m := range rows {
		k := key{m.Direction, m.ID}
		want := out[k]
		if m.Direction == exchange.In {
			var states []exchange.PartState
			for _, s := range parts[k] {
				states = append(states, s)
			}
			if want = exchange.StateOf(states); len(states) == 0 {
				want = exchange.Refused // it could not be read
			}
		}
		if m.State != want {
			x.Errorf("message %s is %s; its facts say %s", m.ID, m.State, want)
		}
	}
	if len(rows) < 25 || len(out)+len(parts) != len(rows) {
		x.Errorf("%d rows, facts of %d messages", len(rows), len(out)+len(parts))
	}
}
