package main

import (
	"fmt"
	"maps"
	"math"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/plant"
	"zhigai/shop/production"
	"zhigai/shop/quality"
	webshop "zhigai/web/shop"
)

// inspection is a node with an engineer, an operator and a viewer.
type inspection struct {
	t                          *testing.T
	n                          *node
	engineer, operator, viewer storeClient
	lathe                      string
}

func newInspection(t *testing.T) *inspection {
	n, api := nodeAndAPI(t, twoLathes, time.Now().Add(-time.Hour), func(*node) {})
	as := func(role access.Role, name string) storeClient {
		_, secret, err := n.access.CreateToken(t.Context(), access.Node(demoTenant), access.NewToken{Name: name, Role: role})
		must(t, err)
		return storeClient{t, api.base, secret}
	}
	return &inspection{t, n, as(access.RoleEngineer, "engineer"), as(access.RoleOperator, "op"), as(access.RoleViewer, "viewer"), string(nodeAt(t, n, "firm/site/turning/line/lathe-1"))}
}

func (i *inspection) characteristic(more map[string]any) (c quality.Characteristic) {
	i.t.Helper()
	body := map[string]any{
		"code": "3.1", "name": map[string]any{"zh": "外径", "en": "outer diameter"}, "place": i.lathe, "item": "ring", "operation": 10, "stage": "in_process",
		"unit": "mm", "decimals": 3, "lsl": 29.99, "usl": 30.02, "size": 1, "chart": "imr", "rules": []string{"n1", "n2"},
	}
	maps.Copy(body, more)
	i.engineer.must("POST", "/characteristics", body, &c)
	return c
}

// measure enters values a second apart, the last one now.
func (i *inspection) measure(id string, values ...float64) (last quality.Measured) {
	i.t.Helper()
	for k, v := range values {
		at := time.Now().Add(-time.Duration(len(values)-k) * time.Second)
		i.operator.must("POST", "/characteristics/"+id+"/measurements", map[string]any{"values": []float64{v}, "at": at.UTC().Format(time.RFC3339Nano), "order": "MO-1"}, &last)
	}
	return last
}

func (i *inspection) chart(id string) (v quality.View) {
	i.t.Helper()
	q := url.Values{"from": {time.Now().Add(-2 * time.Hour).UTC().Format(time.RFC3339)}, "to": {time.Now().Add(time.Minute).UTC().Format(time.RFC3339)}}
	i.viewer.must("GET", "/characteristics/"+id+"/chart?"+q.Encode(), nil, &v)
	return v
}

// wavy values stay in control.
func wavy(n int) (out []float64) {
	for i := range n {
		out = append(out, 30+0.002*math.Sin(float64(i*i)))
	}
	return out
}

// TestQuality_FromMeasurementToProof: an engineer plans, an operator measures, limits
// are made with a reason, a shift is seen at once and holds the order, a case is
// opened and closed only when what was measured since shows that the cause is gone.
func TestQuality_FromMeasurementToProof(t *testing.T) {
	t.Parallel()
	i := newInspection(t)
	i.order()
	c := i.characteristic(map[string]any{"hold": true})
	first := i.measure(c.ID, wavy(25)...)
	if !slices.Contains(first.Warnings, "no_limits") && first.Point.LCL == nil {
		t.Errorf("the first ones: %+v", first)
	}
	v := i.chart(c.ID)
	if len(v.Points) != 25 || v.Points[0].LCL == nil || v.Points[0].Limits != 0 {
		t.Fatalf("%d points, %+v; want 25 with trial limits", len(v.Points), v.Points[:1])
	}
	ask := map[string]any{"from": v.Points[0].At, "to": v.Points[24].At + 1, "reason": "首批"}
	var tried, set quality.Tried
	i.viewer.must("POST", "/characteristics/"+c.ID+"/limits-trial", ask, &tried)
	i.engineer.must("POST", "/characteristics/"+c.ID+"/limits", ask, &set)
	if set.Limits.Version != 1 || set.Limits.Center != tried.Limits.Center || set.Limits.Subgroups != 25 {
		t.Errorf("limits %+v; tried %+v", set.Limits, tried.Limits)
	}
	if status, _ := i.engineer.call("POST", "/characteristics/"+c.ID+"/limits", ask); status != 409 {
		t.Errorf("limits of a version that is in force no more: %d", status)
	}
	bad := i.measure(c.ID, 30.025)
	if !slices.Contains(bad.Point.Rules, "n1") || !bad.Point.Outside || bad.Held != "MO-1" {
		t.Errorf("a value far out: %+v", bad)
	}
	orders, err := i.n.newProduction().List(t.Context(), access.Node(demoTenant), production.OrderFilter{Scope: access.Scope{Tenant: demoTenant}, Limit: 9})
	must(t, err)
	if orders[0].State != production.OrderHeld {
		t.Errorf("the order is %s; want it held", orders[0].State)
	}
	i.operator.must("POST", "/characteristics/"+c.ID+"/notes", map[string]any{"subgroup": bad.Subgroup.ID, "at": bad.Subgroup.At, "cause": "tool", "text": "刀片崩刃"}, &struct{}{})
	i.prove(c, bad)
	events, err := i.n.record.Journal().Events(t.Context(), demoTenant, fact.Filter{Kinds: []fact.Kind{fact.KindMeasurement}})
	must(t, err)
	if len(events) != 25+1+21 {
		t.Errorf("%d facts of measurements", len(events))
	}
}

// prove goes through a case of a bad measurement.
func (i *inspection) prove(c quality.Characteristic, bad quality.Measured) {
	t := i.t
	var of quality.Case
	i.operator.must("POST", "/nonconformances", map[string]any{"characteristic": c.ID, "subgroup": bad.Subgroup.ID, "severity": "major", "text": "外径超上差", "quantity": 3}, &of)
	step := func(state, text string) (int, string) {
		status, raw := i.operator.call("POST", "/nonconformances/"+of.ID+"/state", map[string]any{"state": state, "text": text, "rev": of.Rev})
		return status, string(raw)
	}
	move := func(state, text string) {
		t.Helper()
		i.operator.must("POST", "/nonconformances/"+of.ID+"/state", map[string]any{"state": state, "text": text, "rev": of.Rev}, &of)
	}
	if status, _ := step("closed", "好了"); status != 422 {
		t.Errorf("closed at once: %d", status)
	}
	move("contained", "隔离3件")
	move("analysed", "刀片崩刃")
	move("acted", "换刀片，首件确认")
	if status, why := step("verified", "看图"); status != 422 || !strings.Contains(why, "20 without a signal") {
		t.Errorf("verified by nothing: %d %s", status, why)
	}
	for k, v := range wavy(21) { // measured after the action, as they come
		i.operator.must("POST", "/characteristics/"+c.ID+"/measurements", map[string]any{"values": []float64{v}, "order": "MO-1", "key": fmt.Sprint("k", k)}, &struct{}{})
	}
	move("verified", "看图")
	proof := of.Steps[len(of.Steps)-1].Proof
	if of.State != quality.CaseVerified || proof == nil || !proof.Effective || proof.Subgroups != 21 || proof.Flagged != 0 {
		t.Errorf("verified: %+v, proof %+v", of.State, proof)
	}
	move("closed", "标准化换刀周期")
	var open struct{ Items []quality.Case }
	i.viewer.must("GET", "/nonconformances?open=true", nil, &open)
	if len(open.Items) != 0 || len(of.Steps) != 6 {
		t.Errorf("open: %+v; steps %d", open.Items, len(of.Steps))
	}
}

// order makes an order that is at hand.
func (i *inspection) order() {
	who, desk := access.Node(demoTenant), i.n.newProduction()
	d, err := desk.SaveDefinition(i.t.Context(), who, production.Definition{Product: "ring", Unit: "{piece}", Materials: []production.Material{}, Segments: []production.Segment{
		{No: 10, Name: plant.Name{ZH: "车削"}, Alternatives: []production.Alternative{{Equipment: plant.NodeID(i.lathe), RunMs: 1000}}},
	}})
	must(i.t, err)
	_, err = desk.Release(i.t.Context(), who, "ring", d.Revision, plant.Validity{}, d.Rev)
	must(i.t, err)
	v, err := desk.Create(i.t.Context(), who, production.Terms{Number: "MO-1", Kind: production.Make, Product: "ring", Quantity: 9, Place: "firm/site/turning/line", Due: plant.InstantOf(time.Now().Add(time.Hour))})
	must(i.t, err)
	_, err = desk.ReleaseOrder(i.t.Context(), who, v.ID, v.Rev)
	must(i.t, err)
}

// Entered twice, late, wrong, or by somebody who may not.
func TestQuality_Refuses(t *testing.T) {
	t.Parallel()
	i := newInspection(t)
	c := i.characteristic(nil)
	at := "/characteristics/" + c.ID + "/measurements"
	var a, b quality.Measured
	i.operator.must("POST", at, map[string]any{"values": []float64{30}, "key": "k"}, &a)
	i.operator.must("POST", at, map[string]any{"values": []float64{30}, "key": "k"}, &b)
	if a.Subgroup.ID != b.Subgroup.ID || len(i.chart(c.ID).Points) != 1 {
		t.Errorf("entered twice: %+v and %+v", a.Subgroup, b.Subgroup)
	}
	for _, bad := range []struct {
		as     storeClient
		path   string
		body   map[string]any
		status int
		says   string
	}{
		{i.viewer, at, map[string]any{"values": []float64{30}}, 403, ""},
		{i.operator, "/characteristics", map[string]any{"code": "1", "name": map[string]any{"zh": "x"}, "place": i.lathe, "stage": "final", "size": 1, "chart": "imr", "rules": []string{}}, 403, ""},
		{i.operator, at, map[string]any{"values": []float64{30, 31}}, 422, "a subgroup of 3.1 has 1"},
		{i.operator, at, map[string]any{"values": []float64{30}, "at": time.Now().Add(time.Hour).UTC().Format(time.RFC3339)}, 422, "not come yet"},
		{i.operator, "/characteristics/NOBODY/measurements", map[string]any{"values": []float64{30}}, 404, ""},
		{i.engineer, "/characteristics", map[string]any{"code": "1", "name": map[string]any{"zh": "x"}, "place": i.lathe, "stage": "final", "size": 1, "chart": "imr", "rules": []string{}, "lsl": 2, "usl": 1}, 422, "swap them"},
		{i.engineer, "/characteristics", map[string]any{"code": "1", "name": map[string]any{"zh": "x"}, "place": i.lathe, "stage": "final", "size": 1, "chart": "imr", "rules": []string{"n9"}}, 422, "no rule"},
		{i.engineer, "/characteristics/" + c.ID + "/limits", map[string]any{"from": "2020-01-01T00:00:00Z", "to": "2020-01-02T00:00:00Z", "reason": "x"}, 422, "25 are usual"},
	} {
		if status, raw := bad.as.call("POST", bad.path, bad.body); status != bad.status || !strings.Contains(string(raw), bad.says) {
			t.Errorf("%s %v: %d %s; want %d %q", bad.path, bad.body, status, raw, bad.status, bad.says)
		}
	}
}

// Gauges, studies, lots and defects, as pages ask for them.
func TestQuality_GaugesAndLots(t *testing.T) {
	t.Parallel()
	i := newInspection(t)
	var g quality.Gauge
	i.engineer.must("POST", "/gauges", map[string]any{"number": "Q-17", "name": map[string]any{"zh": "外径千分尺"}, "place": i.lathe, "unit": "mm", "days": 30, "calibrated": time.Now().AddDate(0, 0, -31).UTC().Format(time.RFC3339)}, &g)
	c := i.characteristic(map[string]any{"gauge": g.ID})
	if m := i.measure(c.ID, 30); !slices.Contains(m.Warnings, "gauge_due") {
		t.Errorf("measured with a gauge that is due: %v", m.Warnings)
	}
	var readings []map[string]any
	for part := range 3 {
		for _, who := range []string{"Li", "Wang"} {
			for trial := range 2 {
				readings = append(readings, map[string]any{"part": fmt.Sprint(part), "operator": who, "value": 5 + 0.1*float64(part) + 0.001*float64(trial)})
			}
		}
	}
	var s webshop.GaugeStudy
	i.operator.must("POST", "/gauges/"+g.ID+"/studies", map[string]any{"gauge": g.ID, "name": "外径", "method": "anova", "tolerance": 0.1, "readings": readings}, &s)
	if s.Result.NDC == nil || *s.Result.NDC < 100 || s.Result.Verdict != "accepted" {
		t.Errorf("study %+v", s.Result)
	}
	lots := i.characteristic(map[string]any{"code": "4", "attribute": true, "chart": "p", "size": 80, "level": "II", "aql": 1, "lsl": nil, "usl": nil, "unit": ""})
	var l quality.Lot
	for _, found := range []int{0, 3, 4} {
		i.operator.must("POST", "/characteristics/"+lots.ID+"/lots", map[string]any{"size": 1000, "found": found}, &l)
	}
	if l.Accepted || l.Next != "tightened" || l.N != 80 || l.Ac != 2 {
		t.Errorf("two of three rejected: %+v", l)
	}
	i.viewer.must("GET", "/characteristics/"+lots.ID+"/plan?size=1000", nil, &l)
	if l.Severity != "tightened" || l.Ac != 1 {
		t.Errorf("the next one: %+v", l)
	}
	i.operator.must("POST", "/characteristics/"+lots.ID+"/measurements", map[string]any{"found": 3, "size": 80, "defects": []map[string]any{{"code": "scratch", "count": 2}, {"code": "burr", "count": 1}}}, &struct{}{})
	var defects struct{ Items []quality.DefectCount }
	q := url.Values{"from": {time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)}, "to": {time.Now().Add(time.Minute).UTC().Format(time.RFC3339)}}
	i.viewer.must("GET", "/defects?"+q.Encode(), nil, &defects)
	if len(defects.Items) != 2 || defects.Items[0].Code != "scratch" || math.Abs(defects.Items[0].Share-2.0/3) > 1e-12 || defects.Items[1].Share != 1 {
		t.Errorf("defects %+v", defects.Items)
	}
}

// Lots are counted to their suppliers: the one with most nonconforming units in those
// that were looked at comes first, a lot that comes again is not counted twice, one
// without a supplier is nobody's, and what is outside of the time or the scope is not told.
func TestQuality_Suppliers(t *testing.T) {
	t.Parallel()
	i := newInspection(t)
	lots := i.characteristic(map[string]any{"code": "4", "attribute": true, "chart": "p", "size": 80, "level": "II", "aql": 1, "lsl": nil, "usl": nil, "unit": ""})
	for _, l := range []map[string]any{
		{"size": 1000, "found": 0, "supplier": "远东钢厂"},
		{"size": 1000, "found": 4, "supplier": "宁波铸造"},
		{"size": 1000, "found": 0, "supplier": "宁波铸造", "again": true},
		{"size": 1000, "found": 1, "supplier": " 远东钢厂 "},
		{"size": 1000, "found": 9},
	} {
		i.operator.must("POST", "/characteristics/"+lots.ID+"/lots", l, &struct{}{})
	}
	var got struct{ Items []quality.Supplier }
	ask := func(from, to time.Time, scope string) []quality.Supplier {
		t.Helper()
		q := url.Values{"from": {from.UTC().Format(time.RFC3339)}, "to": {to.UTC().Format(time.RFC3339)}, "scope": {scope}}
		got.Items = nil
		i.viewer.must("GET", "/suppliers?"+q.Encode(), nil, &got)
		return got.Items
	}
	now := time.Now()
	all := ask(now.Add(-time.Hour), now.Add(time.Minute), "")
	if len(all) != 2 {
		t.Fatalf("%+v", all)
	}
	bad, good := all[0], all[1]
	if bad.Supplier != "宁波铸造" || bad.Lots != 1 || bad.Refused != 1 || bad.Again != 1 || bad.Looked != 80 || bad.Found != 4 || bad.PPM != 50_000 || !(bad.Low < bad.PPM && bad.PPM < bad.High) {
		t.Errorf("%+v", bad)
	}
	if good.Supplier != "远东钢厂" || good.Lots != 2 || good.Refused != 0 || good.Found != 1 || good.Units != 2000 || len(good.Months) != 1 || good.Months[0].Lots != 2 {
		t.Errorf("%+v", good)
	}
	if before := ask(now.Add(-2*time.Hour), now.Add(-time.Hour), ""); len(before) != 0 {
		t.Errorf("before any was inspected: %+v", before)
	}
}

// memory asks for a chart that remembers.
func (i *inspection) memory(id string, more url.Values) (v quality.MemoryView) {
	i.t.Helper()
	more.Set("from", time.Now().Add(-2*time.Hour).UTC().Format(time.RFC3339))
	more.Set("to", time.Now().Add(time.Minute).UTC().Format(time.RFC3339))
	i.viewer.must("GET", "/characteristics/"+id+"/memory-chart?"+more.Encode(), nil, &v)
	return v
}

// limitsOf makes limits of everything that was measured.
func (i *inspection) limitsOf(id string) quality.Limits {
	i.t.Helper()
	v := i.chart(id)
	var set quality.Tried
	i.engineer.must("POST", "/characteristics/"+id+"/limits", map[string]any{"from": v.Points[0].At, "to": v.Points[len(v.Points)-1].At + 1, "hold_from": v.Points[0].At, "reason": "首批"}, &set)
	return set.Limits
}

// Small shifts show on charts that remember; items that are made in turn are each held
// against their own target; what breaks with what goes along shows on T².
func TestQuality_MemoryCharts(t *testing.T) {
	t.Parallel()
	i := newInspection(t)
	a := i.characteristic(map[string]any{"target": 30.001})
	b := i.characteristic(map[string]any{"item": "bush", "lsl": 39.9, "usl": 40.1})
	i.measure(a.ID, wavy(40)...)
	limits := i.limitsOf(a.ID)
	for k := range 25 {
		i.operator.must("POST", "/characteristics/"+b.ID+"/measurements", map[string]any{"values": []float64{40 + 0.02*math.Cos(float64(k*k))}}, &struct{}{})
	}
	ofB := i.limitsOf(b.ID)
	i.measure(a.ID, 30.0035, 30.0035, 30.0035, 30.0035, 30.0035, 30.0035, 30.0035, 30.0035, 30.0035, 30.0035, 30.0035, 30.0035)
	if own := i.chart(a.ID); slices.ContainsFunc(own.Points, func(p quality.Point) bool { return slices.Contains(p.Rules, "n1") }) {
		t.Error("the shift is so large that a single value shows it")
	}
	for _, kind := range []string{"ewma", "cusum"} {
		v := i.memory(a.ID, url.Values{"kind": {kind}})
		if len(v.Points) != 52 || v.Points[0].Signal || !v.Points[51].Signal {
			t.Errorf("%s of a small shift: %d points, the last %+v", kind, len(v.Points), v.Points[len(v.Points)-1])
		}
	}
	v := i.memory(b.ID, url.Values{"kind": {"short-run"}})
	if len(v.Points) != 77 || len(v.Characteristics) != 2 {
		t.Fatalf("%d points of %d items in turn", len(v.Points), len(v.Characteristics))
	}
	for _, p := range v.Points {
		want := *p.Off / ofB.StdDev
		if p.Item == "ring" {
			want = *p.Off / limits.StdDev
		}
		if math.Abs(p.Value-want) > 1e-12 || p.Item == "ring" && p.Off == nil {
			t.Errorf("%s: z %v; want %v", p.Item, p.Value, want)
		}
	}
	var last quality.MemoryPoint
	for _, p := range v.Points {
		if p.Item == "ring" {
			last = p
		}
	}
	if math.Abs(*last.Off-0.0025) > 1e-9 {
		t.Errorf("the last one, 30.0035 of a target of 30.001: %+v", last)
	}
	i.together(a)
}

// together measures two characteristics of the same parts, which go along until one part.
func (i *inspection) together(a quality.Characteristic) {
	t := i.t
	x, y := i.characteristic(map[string]any{"code": "5.1"}), i.characteristic(map[string]any{"code": "5.2"})
	for k := range 30 {
		at := time.Now().Add(-time.Duration(40-k) * 2 * time.Minute).UTC().Format(time.RFC3339Nano)
		wave := 0.004 * math.Sin(float64(k*k))
		other := wave + 0.0003*math.Cos(float64(k*k))
		if k == 20 {
			other = -wave
		}
		for c, v := range map[string]float64{x.ID: 30 + wave, y.ID: 30 + other} {
			i.operator.must("POST", "/characteristics/"+c+"/measurements", map[string]any{"values": []float64{v}, "at": at}, &struct{}{})
		}
	}
	v := i.memory(x.ID, url.Values{"kind": {"t2"}, "with": {y.ID}})
	var flagged []int
	for k, p := range v.Points {
		if p.Signal {
			flagged = append(flagged, k)
		}
	}
	if len(v.Points) != 30 || v.Left != 0 || !slices.Equal(flagged, []int{20}) || len(v.Points[20].Parts) != 2 {
		t.Errorf("%d points, %d left, flagged %v", len(v.Points), v.Left, flagged)
	}
	q := url.Values{"kind": {"t2"}, "from": {time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)}, "to": {time.Now().UTC().Format(time.RFC3339)}}
	for with, want := range map[string]string{"": "name 1 to 7", x.ID: "name others"} {
		q.Set("with", with)
		if status, why := i.viewer.call("GET", "/characteristics/"+x.ID+"/memory-chart?"+q.Encode(), nil); status != 422 || !strings.Contains(string(why), want) {
			t.Errorf("T² with %q: %d %s", with, status, why)
		}
	}
}

// What was mistyped counts no more, stays to be seen, and only once.
func TestQuality_Withdraws(t *testing.T) {
	t.Parallel()
	i := newInspection(t)
	c := i.characteristic(nil)
	i.measure(c.ID, 30, 30.001, 29.999)
	bad := i.measure(c.ID, 35)
	at := "/characteristics/" + c.ID + "/measurements/" + bad.Subgroup.ID + "/withdrawal"
	ask := map[string]any{"at": bad.Subgroup.At, "reason": "输错小数点"}
	if status, why := i.operator.call("POST", at, map[string]any{"at": bad.Subgroup.At, "reason": " "}); status != 422 || !strings.Contains(string(why), "without a reason") {
		t.Errorf("without a reason: %d %s", status, why)
	}
	if status, _ := i.viewer.call("POST", at, ask); status != 403 {
		t.Errorf("by a viewer: %d", status)
	}
	i.operator.must("POST", at, ask, &struct{}{})
	if status, _ := i.operator.call("POST", at, ask); status != 409 {
		t.Errorf("twice: %d", status)
	}
	v := i.chart(c.ID)
	if len(v.Points) != 3 || len(v.Withdrawn) != 1 || v.Withdrawn[0].Withdrawn.Reason != "输错小数点" || v.Withdrawn[0].Values[0] != 35 {
		t.Errorf("%d points, withdrawn %+v", len(v.Points), v.Withdrawn)
	}
}
