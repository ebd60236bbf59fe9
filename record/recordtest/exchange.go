package recordtest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
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
