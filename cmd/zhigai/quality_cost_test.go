package main

import (
	"maps"
	"math"
	"net/url"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/shop/production"
	"zhigai/shop/quality"
	"zhigai/shop/quality/cost"
)

// TestQualityCost: scrap that was entered at an operation, rework that ran, inspections
// by hand, a calibration and a claim cost what their rates and vouchers say; without a
// rate they are told and in no sum; what is withdrawn counts no more.
func TestQualityCost(t *testing.T) {
	t.Parallel()
	i := newInspection(t)
	who, desk := access.Node(demoTenant), i.n.newProduction()
	ringJob(t, i.n)
	v, err := desk.ByNumber(t.Context(), who, "MO-7")
	must(t, err)
	_, err = desk.Enter(t.Context(), who, v.ID, production.Entry{Job: 10, What: production.StepCount, Scrap: 3, Reason: "dimension"})
	must(t, err)
	_, err = desk.Enter(t.Context(), who, v.ID, production.Entry{Job: 10, What: production.StepJob, Command: production.Complete})
	must(t, err)
	r, err := desk.Create(t.Context(), who, production.Terms{Number: "RW-1", Kind: production.Rework, Product: "ring", Quantity: 2, Place: "firm/site/turning", Due: plant.InstantOf(time.Now().Add(time.Hour))})
	must(t, err)
	r, err = desk.ReleaseOrder(t.Context(), who, r.ID, r.Rev)
	must(t, err)
	for _, command := range []production.Command{production.Run, production.Complete} {
		_, err = desk.Enter(t.Context(), who, r.ID, production.Entry{Job: 10, What: production.StepJob, Command: command})
		must(t, err)
	}
	c := i.characteristic(nil)
	i.measure(c.ID, 30, 30.001, 30.002)
	var g quality.Gauge
	i.engineer.must("POST", "/gauges", map[string]any{"number": "Q-1", "name": map[string]string{"zh": "千分尺"}, "place": i.lathe, "days": 365}, &g)
	i.engineer.must("POST", "/gauges/"+g.ID+"/adjustments", map[string]any{"what": "calibrated", "text": "送检"}, nil)

	report := func() (r cost.Report) {
		t.Helper()
		q := url.Values{"from": {time.Now().Add(-2 * time.Hour).UTC().Format(time.RFC3339)}, "to": {time.Now().Add(time.Minute).UTC().Format(time.RFC3339)}}
		i.viewer.must("GET", "/quality/cost?"+q.Encode(), nil, &r)
		return r
	}
	before := report()
	if before.Fen != 0 || before.Coverage == nil || *before.Coverage != 0 || len(before.Uncounted) != 4 {
		t.Errorf("without a rate: %d fen, coverage %v, not counted %+v", before.Fen, before.Coverage, before.Uncounted)
	}
	year := time.Now().AddDate(-1, 0, 0).UTC().Format(time.RFC3339)
	firm := nodeAt(t, i.n, "firm/site")
	rate := func(what string, fen int64, more map[string]any) {
		t.Helper()
		body := map[string]any{"what": what, "place": firm, "fen": fen, "from": year, "source": "标准成本表"}
		maps.Copy(body, more)
		if status, _ := i.operator.call("POST", "/quality/cost-rates", body); status != 403 {
			t.Errorf("an operator sets rates: %d", status)
		}
		i.engineer.must("POST", "/quality/cost-rates", body, nil)
	}
	rate("scrap", 1200, map[string]any{"product": "ring", "operation": 10})
	rate("scrap", 1, nil)      // less exact
	const hour = 1_000_000_000 // dear, so that the moment for which it ran is seen
	rate("rework", hour, nil)
	rate("inspection", 6000, map[string]any{"minutes": 2})
	rate("calibration", 30_000, nil)
	var claim, again cost.Entry
	body := map[string]any{"category": "external", "what": "claim", "fen": 500_000, "place": firm, "text": "客户索赔", "source": "函 12", "key": "k1"}
	i.engineer.must("POST", "/quality/cost-entries", body, &claim)
	i.engineer.must("POST", "/quality/cost-entries", body, &again)
	if again.ID != claim.ID {
		t.Error("the same claim twice is two")
	}
	const scrap, inspection, calibration = 3 * 1200, 600, 30_000
	got, rework := report(), int64(0)
	for _, l := range got.Lines {
		if l.What == cost.Rework && l.Fen != nil {
			rework = *l.Fen
			if want := l.Quantity * hour; l.Of.ID != "RW-1" || l.Unit != "h" || math.Abs(float64(rework)-want) > 1 {
				t.Errorf("rework %+v costs %d; want %.1f", l, rework, want)
			}
		}
	}
	if want := scrap + rework + inspection + calibration + 500_000; got.Fen != want || *got.Coverage != 1 || len(got.Uncounted) != 0 {
		t.Errorf("%d fen, coverage %v, not counted %+v; want %d: %+v", got.Fen, *got.Coverage, got.Uncounted, want, got.Lines)
	}
	for k, want := range []int64{0, inspection + calibration, scrap + rework, 500_000} {
		if got.Categories[k].Fen != want {
			t.Errorf("%s: %d fen; want %d", got.Categories[k].Key, got.Categories[k].Fen, want)
		}
	}
	for _, l := range got.Lines {
		if l.What == cost.Scrap && (l.Of.ID != "MO-7" || l.Operation != 10 || l.Cause != "dimension" || l.Source != "标准成本表") {
			t.Errorf("a line: %+v", l)
		}
	}
	i.engineer.must("POST", "/quality/cost-entries/"+claim.ID+"/withdrawal", map[string]any{"reason": "记错"}, nil)
	if status, _ := i.engineer.call("POST", "/quality/cost-entries/"+claim.ID+"/withdrawal", map[string]any{"reason": "记错"}); status != 409 {
		t.Errorf("withdrawn twice: %d", status)
	}
	if got = report(); got.Fen != scrap+rework+inspection+calibration {
		t.Errorf("with the claim withdrawn: %d fen", got.Fen)
	}
	if status, _ := i.engineer.call("POST", "/quality/cost-entries", map[string]any{"category": "internal", "what": "claim", "fen": 1, "place": firm, "text": "x", "source": "x"}); status != 422 {
		t.Errorf("a claim as internal failure: %d", status)
	}
}
