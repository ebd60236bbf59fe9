package exchange_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"zhigai/connect/files/table"
	"zhigai/factory/exchange"
	"zhigai/factory/exchange/b2mml"
	"zhigai/plant"
)

func shipped(t testing.TB, id string) exchange.Mapping {
	t.Helper()
	l, err := exchange.LoadMappings(os.DirFS("../../data"), "exchange")
	if err != nil {
		t.Fatal(err)
	}
	m, ok := l.Find(id)
	if !ok {
		t.Fatalf("there is no mapping %s", id)
	}
	return m
}

func at(text string) plant.Instant {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return plant.InstantOf(t)
}

var erp = exchange.Partner{ID: "erp", Place: "xc", Format: exchange.JSON}

// orderOf is the only order of a message.
func orderOf(t *testing.T, m exchange.Mapping, f exchange.Format, raw []byte) (exchange.Order, exchange.Part) {
	t.Helper()
	parts, err := exchange.Understand(m, erp, f, exchange.KindOrder, raw, at("2026-11-02T00:00:00Z"))
	if err != nil || len(parts) != 1 {
		t.Fatalf("%d parts, %v", len(parts), err)
	}
	var o exchange.Order
	if err := json.Unmarshal(parts[0].Body, &o); err != nil {
		t.Fatal(err)
	}
	return o, parts[0]
}

// TestShippedMappings: a work order as ERPNext's REST API gives it, a row as Odoo
// exports it, and this product's own names say the same.
func TestShippedMappings(t *testing.T) {
	t.Parallel()
	want := exchange.Order{
		Number: "MFG-WO-2026-00012", Product: "6204", Quantity: 500, Unit: "{piece}", Place: "xc", Earliest: at("2026-11-02T00:00:00Z"), Due: at("2026-11-06T16:00:00Z"), Priority: 50,
		Reference: "SAL-ORD-2026-00007", State: exchange.Released,
	}
	erpnext := `{"data": {"name": "MFG-WO-2026-00012", "docstatus": 1, "production_item": "6204", "qty": 500.0, "stock_uom": "Nos", "planned_start_date": "2026-11-02 08:00:00.000000",
		"expected_delivery_date": "2026-11-06", "sales_order": "SAL-ORD-2026-00007", "status": "Not Started", "modified": "2026-11-01 09:30:00.123456", "operations": [{"idx": 1}]}}`
	got, part := orderOf(t, shipped(t, "erpnext"), exchange.JSON, []byte(erpnext))
	if got != want {
		t.Errorf("ERPNext: %+v\nwant %+v", got, want)
	}
	if part.Version != int64(at("2026-11-01T01:30:00Z"))+123456 {
		t.Errorf("version %d", part.Version)
	}
	odoo := "name,product_id/default_code,product_qty,product_uom_id/name,date_start,date_deadline,origin,write_date,state,priority\n" +
		"MFG-WO-2026-00012,6204,500.00,Units,2026-11-02 00:00:00,2026-11-06 16:00:00,SAL-ORD-2026-00007,2026-11-01 01:30:00,Confirmed,Normal\n"
	if got, _ := orderOf(t, shipped(t, "odoo"), exchange.CSV, []byte(odoo)); got != want {
		t.Errorf("Odoo: %+v\nwant %+v", got, want)
	}
	own := `[{"number": "MFG-WO-2026-00012", "product": "6204", "quantity": "500", "unit": "EA", "earliest": "2026-11-02T08:00:00+08:00", "due": "2026-11-06T16:00:00Z", "reference": "SAL-ORD-2026-00007", "version": 7}]`
	got, part = orderOf(t, shipped(t, "zhigai"), exchange.JSON, []byte(own))
	if got != want || part.Version != 7 {
		t.Errorf("own: %+v version %d\nwant %+v", got, part.Version, want)
	}
	var sheet bytes.Buffer
	err := table.WriteExcel(&sheet, "orders", []string{"number", "product", "quantity", "due"}, func(write func([]string) error) error { return write([]string{"A1", "6204", "12", "2026/11/06"}) })
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := orderOf(t, shipped(t, "zhigai"), exchange.XLSX, sheet.Bytes()); got.Quantity != 12 || got.Due != at("2026-11-06T16:00:00Z") {
		t.Errorf("workbook: %+v", got)
	}
}

// TestMappingRefused: what is wrong with a mapping is said with what to write.
func TestMappingRefused(t *testing.T) {
	t.Parallel()
	good := "schema: zhigai.exchange/1\nid: own\nname: {zh: 自有}\nin:\n  order: {number: a, product: b, quantity: c, due: d}\n"
	if _, err := exchange.ParseMapping([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ from, to, want string }{
		{"exchange/1", "exchange/9", `schema "zhigai.exchange/9"; write zhigai.exchange/1`},
		{"id: own", "id: O", `id "O"; write 2 to 40`},
		{"number: a, ", "", "in.order.number is missing"},
		{"number: a", "number: {from: a, vlaue: b}", "unknown field"},
		{"due: d", "due: d, colour: e", "in.order.colour is not known; there are customer, due"},
		{"due: d", "due: {values: {x: y}}", "in.order.due says neither from nor value"},
		{"due: d", "due: d, state: {from: s, values: {open: going}}", `"going" for "open"; write one of [forecast`},
		{"order:", "orders:", "in.orders is not read"},
		{"in:", "zone: Mars\nin:", `zone "Mars" is not known`},
		{"in:", "units: {Box: box}\nin:", `unit "box" of "Box" is not known`},
		{"in:", "out: [{to: x, from: goods}]\nin:", `"goods" is not known; there are id, number`},
		{"in:", "out: [{to: x}]\nin:", "write either from or value"},
		{"in:", "out: [{to: x, from: id}, {to: x, from: id}]\nin:", "there twice"},
		{"name: {zh: 自有}", "name: [", "mapping:"},
	} {
		_, err := exchange.ParseMapping([]byte(strings.Replace(good, c.from, c.to, 1)))
		if !errors.Is(err, exchange.ErrInvalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s → %s: %v; want %q", c.from, c.to, err, c.want)
		}
	}
}

const schedule = `<OperationsSchedule xmlns="http://www.mesa.org/xml/B2MML"><ID>S</ID><PublishedDate>2026-11-02T08:00:00Z</PublishedDate>
<OperationsRequest><ID>A1</ID><HierarchyScope><EquipmentID>xc</EquipmentID><EquipmentLevel>Site</EquipmentLevel><HierarchyScope><EquipmentID>w1</EquipmentID><EquipmentLevel>Area</EquipmentLevel></HierarchyScope></HierarchyScope>
<EndTime>2026-11-06T16:00:00Z</EndTime><Priority>70</Priority><RequestState>Forecast</RequestState>
<SegmentRequirement><MaterialRequirement><MaterialDefinitionID>6204</MaterialDefinitionID><MaterialUse>Produced</MaterialUse><Quantity><QuantityString>12</QuantityString><UnitOfMeasure>H87</UnitOfMeasure></Quantity></MaterialRequirement></SegmentRequirement>
</OperationsRequest></OperationsSchedule>`

func TestUnderstandB2MML(t *testing.T) {
	t.Parallel()
	m := shipped(t, "zhigai")
	got, part := orderOf(t, m, exchange.B2MML, []byte(schedule))
	want := exchange.Order{Number: "A1", Product: "6204", Quantity: 12, Unit: "{piece}", Place: "xc/w1", Due: at("2026-11-06T16:00:00Z"), Priority: 70, State: exchange.Forecast}
	if got != want || part.Version != int64(at("2026-11-02T08:00:00Z")) {
		t.Errorf("%+v version %d; want %+v", got, part.Version, want)
	}
	for _, c := range []struct{ from, to, want string }{
		{"H87", "BOX", `refused: line 4: unit "BOX" is not known`},
		{">12<", ">12.5<", "a quantity of \"12.5\"; write a whole number"},
		{">Forecast<", ">Running<", `state "Running" cannot be asked for`},
		{">Produced<", ">Consumed<", "does not say how much"},
		{"<ID>A1</ID>", "", "its name has 0 bytes"},
	} {
		_, err := exchange.Understand(m, erp, exchange.B2MML, "", []byte(strings.Replace(schedule, c.from, c.to, 1)), 1)
		if !errors.Is(err, exchange.ErrRefused) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s → %s: %v; want %q", c.from, c.to, err, c.want)
		}
	}
	raw, err := b2mml.Encode(b2mml.Document{Definition: &b2mml.Definition{
		ID: "6204", Version: "3", Bill: []b2mml.BillItem{{Material: "gcr15", Quantity: b2mml.Quantity{Value: "0.125", Unit: "KGM"}}},
		Segments: []b2mml.Segment{{ID: "10", Description: "车削", Duration: 20 * time.Second, Equipment: []string{"t1"}}, {ID: "20", Duration: time.Hour, Equipment: []string{"f1"}, After: []string{"10"}}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	parts, err := exchange.Understand(m, erp, exchange.B2MML, "", raw, 1)
	if err != nil {
		t.Fatal(err)
	}
	var d exchange.Definition
	if err := json.Unmarshal(parts[0].Body, &d); err != nil {
		t.Fatal(err)
	}
	wanted := exchange.Definition{
		Product: "6204", Unit: "{piece}", Materials: []exchange.Material{{Item: "gcr15", Quantity: 125_000, Unit: "kg"}},
		Segments: []exchange.Segment{{No: 10, Name: "车削", Equipment: []string{"t1"}, RunMs: 20_000}, {No: 20, Name: "20", After: []int{10}, Equipment: []string{"f1"}, RunMs: 3_600_000}},
	}
	if !reflect.DeepEqual(d, wanted) || parts[0].Version != 3 {
		t.Errorf("definition %+v version %d; want %+v", d, parts[0].Version, wanted)
	}
}

var performance = exchange.Performance{
	ID: "A1-0-2", Number: "A1", Product: "6204", Unit: "{piece}", Seq: 2, State: "running", Total: exchange.Quantities{Good: 40, Scrap: 2}, New: exchange.Quantities{Good: 10, Scrap: 1},
	Began: at("2026-11-02T00:00:00Z"), At: at("2026-11-02T01:00:00Z"),
}

func TestWrite(t *testing.T) {
	t.Parallel()
	w, err := exchange.Write(shipped(t, "erpnext"), exchange.JSON, performance)
	var o map[string]any
	if err != nil || json.Unmarshal(w.Body, &o) != nil || o["produced_qty"] != 40.0 || o["status"] != "In Process" || o["actual_start_date"] != "2026-11-02T08:00:00+08:00" {
		t.Errorf("ERPNext: %s %v", w.Body, err)
	}
	w, err = exchange.Write(shipped(t, "odoo"), exchange.CSV, performance)
	if err != nil || !strings.Contains(string(w.Body), "A1-0-2,A1,2,0,40,2,10,1,2026-11-02T00:00:00Z,,2026-11-02T01:00:00Z,progress") {
		t.Errorf("Odoo: %s %v", w.Body, err)
	}
	w, err = exchange.Write(shipped(t, "zhigai"), exchange.B2MML, performance)
	if err != nil {
		t.Fatal(err)
	}
	d, err := b2mml.Decode(w.Body, nil)
	if err != nil || d.Performance.Responses[0].Request != "A1" || d.Performance.Responses[0].Segments[0].Materials[0].Quantity.Value != "10" || d.Performance.Responses[0].Segments[0].Data[2].Value != "40" {
		t.Errorf("B2MML: %s %v", w.Body, err)
	}
	again, err := exchange.Write(shipped(t, "zhigai"), exchange.B2MML, performance)
	if err != nil || !bytes.Equal(again.Body, w.Body) {
		t.Errorf("written twice, it says something else: %s %v", again.Body, err)
	}
	p := performance
	p.State = "on fire"
	if _, err := exchange.Write(shipped(t, "odoo"), exchange.JSON, p); !errors.Is(err, exchange.ErrRefused) {
		t.Errorf("a state without a word: %v", err)
	}
}

// FuzzUnderstand: whatever a partner sends, it is understood or refused.
func FuzzUnderstand(f *testing.F) {
	f.Add("json", []byte(`[{"number": "A1", "product": "6204", "quantity": 5, "due": "2026-11-06"}]`))
	f.Add("csv", []byte("number,product,quantity,due\nA1,6204,5,2026-11-06\n"))
	f.Add("b2mml", []byte(schedule))
	m := shipped(f, "zhigai")
	f.Fuzz(func(t *testing.T, format string, raw []byte) {
		parts, err := exchange.Understand(m, erp, exchange.Format(format), exchange.KindOrder, raw, 1)
		if err != nil && !errors.Is(err, exchange.ErrRefused) {
			t.Errorf("neither understood nor refused: %v", err)
		}
		for _, p := range parts {
			if p.Object == "" || p.State != exchange.Pending || !json.Valid(p.Body) {
				t.Errorf("part %+v", p)
			}
		}
	})
}
