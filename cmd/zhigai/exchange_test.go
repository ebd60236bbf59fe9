package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/factory/exchange"
	"zhigai/plant"
	"zhigai/shop/material"
	"zhigai/shop/production"
)

const exchangedDefinition = `<OperationsDefinition xmlns="http://www.mesa.org/xml/B2MML"><ID>ring</ID><Version>1</Version>
<OperationsMaterialBill><ID>ring</ID><OperationsMaterialBillItem><ID>1</ID><MaterialDefinitionID>gcr15</MaterialDefinitionID><Quantity><QuantityString>0.125</QuantityString><UnitOfMeasure>KGM</UnitOfMeasure></Quantity></OperationsMaterialBillItem></OperationsMaterialBill>
<OperationsSegment><ID>10</ID><Description>车削</Description><Duration>PT20S</Duration><EquipmentSpecification><EquipmentID>lathe-1</EquipmentID></EquipmentSpecification></OperationsSegment>
<OperationsSegment><ID>20</ID><Description>精车</Description><Duration>PT10S</Duration><EquipmentSpecification><EquipmentID>firm/site/turning/line/lathe-2</EquipmentID></EquipmentSpecification></OperationsSegment>
</OperationsDefinition>`

const exchangedSchedule = `<OperationsSchedule xmlns="http://www.mesa.org/xml/B2MML"><ID>S1</ID><PublishedDate>2026-11-02T08:00:00Z</PublishedDate>
<OperationsRequest><ID>SO-1</ID><EndTime>2040-01-01T00:00:00Z</EndTime><RequestState>Released</RequestState>
<SegmentRequirement><MaterialRequirement><MaterialDefinitionID>ring</MaterialDefinitionID><MaterialUse>Produced</MaterialUse><Quantity><QuantityString>50</QuantityString><UnitOfMeasure>H87</UnitOfMeasure></Quantity></MaterialRequirement></SegmentRequirement>
</OperationsRequest></OperationsSchedule>`

// TestExchange: an ERP brings by B2MML how a product is made and what is ordered,
// and hears what people at machines made of it.
func TestExchange(t *testing.T) {
	t.Parallel()
	n, _ := nodeAndAPI(t, twoLathes, time.Now().Add(-time.Hour), func(*node) {})
	ctx, who := t.Context(), access.Node(demoTenant)
	_, err := exchanges{n.exchange, n}.Save(ctx, demoTenant, exchange.Partner{
		ID: "erp", Name: "ERP", Way: exchange.WayHTTP, Format: exchange.B2MML, Mapping: "zhigai", Place: "firm/site/turning/line", Jobs: true, EveryS: 3600, SilentS: 3600,
	}, 0)
	must(t, err)
	send := func(id, body string, want exchange.State, reason string) {
		t.Helper()
		a, err := n.exchange.Receive(ctx, demoTenant, "erp", exchange.Incoming{ID: id, Format: exchange.B2MML, Body: []byte(body)})
		var said strings.Builder
		said.WriteString(a.Reason)
		for _, p := range a.Parts {
			said.WriteString(p.Reason)
		}
		if err != nil || a.State != want || !strings.Contains(said.String(), reason) {
			t.Errorf("message %s: %+v %v; want %s with %q", id, a, err, want, reason)
		}
	}
	send("no place", strings.Replace(exchangedDefinition, "lathe-1", "lathe-7", 1), exchange.Refused, `"lathe-7" is the name of 0 places`)
	send("definition", exchangedDefinition, exchange.Done, "")
	def, err := n.newProduction().Definition(ctx, who, "ring", 1)
	if err != nil || len(def.Segments) != 2 || def.Segments[0].Alternatives[0].RunMs != 20_000 || len(def.Materials) != 1 {
		t.Errorf("definition %+v %v", def, err)
	}
	send("too early", exchangedSchedule, exchange.Refused, "no released definition of ring")
	_, err = n.newProduction().Release(ctx, who, "ring", 1, plant.Validity{}, def.Rev)
	must(t, err)
	send("in kg", strings.Replace(exchangedSchedule, "H87", "KGM", 1), exchange.Refused, "order SO-1 is in kg, product ring is made in {piece}")
	send("order", exchangedSchedule, exchange.Done, "")
	exchangedLots(t, n, send)

	v, err := n.newProduction().ByNumber(ctx, who, "SO-1")
	must(t, err)
	for _, e := range []production.Entry{
		{Job: 10, What: production.StepJob, Command: production.Run},
		{Job: 10, What: production.StepCount, Good: 9, Scrap: 1, Reason: "crack"},
		{Job: 20, What: production.StepJob, Command: production.Run},
		{Job: 20, What: production.StepCount, Good: 7, Scrap: 2, Reason: "crack"},
	} {
		_, err := n.newProduction().Enter(ctx, who, v.ID, e)
		must(t, err)
	}
	all, err := n.exchange.Partners(ctx, demoTenant)
	must(t, err)
	must(t, n.exchange.Report(ctx, demoTenant, all[0].Partner))
	out, err := n.exchange.Outbox(ctx, demoTenant, "erp", 10)
	if err != nil || len(out) != 3 {
		t.Fatalf("the outbox has %d messages, %v; want one of the order and one of each job", len(out), err)
	}
	// Good of the order is what the last job made; scrap is of both.
	if o := out[0]; o.Job != 0 || o.Total != (exchange.Quantities{Good: 7, Scrap: 3}) || o.Unit != "{piece}" || o.State != string(production.OrderRunning) {
		t.Errorf("order: %+v", o)
	}
	if j := out[1]; j.Job != 10 || j.Total != (exchange.Quantities{Good: 9, Scrap: 1}) {
		t.Errorf("job: %+v", j)
	}
	if steps, err := n.newProduction().History(ctx, who, v.ID); err != nil || steps[len(steps)-1].By != "erp:erp" {
		t.Errorf("who ordered: %+v %v", steps, err)
	}
}

// exchangedLot is a document of a lot of steel, of which the quantity stands in
// line 3.
func exchangedLot(quantity, unit, more string) string {
	return fmt.Sprintf("<MaterialLot xmlns=\"http://www.mesa.org/xml/B2MML\">\n<ID>H77</ID><MaterialDefinitionID>gcr15</MaterialDefinitionID>%s\n<Quantity><QuantityString>%s</QuantityString><UnitOfMeasure>%s</UnitOfMeasure></Quantity></MaterialLot>", more, quantity, unit)
}

// exchangedLots: an ERP delivers a lot, corrects how much it was, blocks it and
// releases it; what it says twice is booked once, and what the plant used stays used.
func exchangedLots(t *testing.T, n *node, send func(id, body string, want exchange.State, reason string)) {
	ctx, keeper, desk := t.Context(), access.Node(demoTenant), n.newMaterial()
	m, err := n.plants.Model(ctx, access.Scope{Tenant: demoTenant}, plant.MicrosOf(time.Now()))
	must(t, err)
	_, err = desk.SaveLocation(ctx, keeper, material.Location{Code: "main", Name: plant.Name{ZH: "主库"}, Kind: material.Warehouse, Node: m.Nodes[0].ID})
	must(t, err)
	const at = "<StorageLocation>main</StorageLocation>"
	send("lot, unknown unit", exchangedLot("1250.5", "XXX", at), exchange.Refused, `line 3: unit "XXX" is not known`)
	send("lot, unknown status", exchangedLot("1250.5", "KGM", "<Status>fine</Status>"+at), exchange.Refused, `line 3: lot H77: status "fine" is not known`)
	send("lot, no item", exchangedLot("1250.5", "KGM", at), exchange.Refused, "there is no item gcr15")
	_, err = desk.SaveItem(ctx, keeper, material.Item{Code: "gcr15", Name: plant.Name{ZH: "轴承钢"}, Unit: "kg", Tracking: material.ByLot})
	must(t, err)
	send("lot, in metres", exchangedLot("1250.5", "MTR", at), exchange.Refused, "item gcr15 is kept in kg, not in m")
	send("lot, nowhere", exchangedLot("1250.5", "KGM", ""), exchange.Refused, "say where it lies")
	holds := func(want plant.Quantity, blocked bool, entries int) {
		t.Helper()
		v, err := desk.Lot(ctx, keeper, "gcr15:H77")
		if err != nil || len(v.Stock) != 1 || v.Stock[0].Quantity != want || v.Blocked != blocked || len(v.Entries) != entries {
			t.Fatalf("%+v %v; want %s, blocked %v, %d bookings", v, err, want, blocked, entries)
		}
	}
	send("lot", exchangedLot("1250.5", "KGM", at), exchange.Done, "")
	send("lot", exchangedLot("1250.5", "KGM", at), exchange.Done, "")
	holds(1250_500_000, false, 1)
	send("the same by another message", exchangedLot("1250.5", "KGM", at), exchange.Done, "")
	_, err = desk.Book(ctx, keeper, material.Entry{What: material.Scrapped, Item: "gcr15", Lot: "H77", From: "main", Quantity: 50_000_000, Reason: "rust"})
	must(t, err)
	send("more came", exchangedLot("1300.5", "KGM", ""), exchange.Done, "")
	holds(1250_500_000, false, 3)
	send("less came, and it is blocked", exchangedLot("1300", "KGM", "<Status>blocked</Status>"), exchange.Done, "")
	holds(1250_000_000, true, 5)
	send("blocked still", exchangedLot("1300", "KGM", "<Status>Blocked</Status>"+at), exchange.Done, "")
	send("released", exchangedLot("1300", "KGM", "<Status>Released</Status>"+at), exchange.Done, "")
	holds(1250_000_000, false, 6)
	if v, err := desk.Lot(ctx, keeper, "gcr15:H77"); err != nil || v.Entries[5].By != "erp:erp" || v.Party != "ERP erp" {
		t.Errorf("who delivered: %+v %v", v, err)
	}
}
