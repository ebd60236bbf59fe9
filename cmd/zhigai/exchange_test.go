package main

import (
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/factory/exchange"
	"zhigai/plant"
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
	send("lot", `<MaterialLot xmlns="http://www.mesa.org/xml/B2MML"><ID>L1</ID><MaterialDefinitionID>gcr15</MaterialDefinitionID><Quantity><QuantityString>1</QuantityString><UnitOfMeasure>KGM</UnitOfMeasure></Quantity></MaterialLot>`, exchange.Refused, "keeps no lots")

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
