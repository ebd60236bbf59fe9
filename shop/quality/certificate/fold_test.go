package certificate

import (
	"encoding/json"
	"math"
	"slices"
	"testing"

	"zhigai/plant"
	"zhigai/shop/quality"
)

const hour = plant.Instant(3600 * 1e6)

// order of 100 good rings made at two lathes.
func order() Order {
	return Order{
		Number: "MO-1", Product: "ring", Definition: 2, Unit: "{piece}", Good: 100, Place: "xc/w", Created: hour, Began: 2 * hour, Segments: []int{10, 20},
		Runs: []Run{{10, "M1", 2 * hour, 9 * hour}, {20, "M2", 5 * hour, 0}},
	}
}

func diameter(values ...float64) Planned {
	low, high := 29.98, 30.02
	p := Planned{Characteristic: quality.Characteristic{ID: "C1", Rev: 1, Code: "3.1", Place: "M1", Operation: 10, Stage: quality.InProcess, LSL: &low, USL: &high, Decimals: 3, Size: 1}}
	for i, v := range values {
		p.Subgroups = append(p.Subgroups, quality.Subgroup{ID: string(rune('a' + i)), At: plant.Instant(3+i) * hour, By: "li", Values: []float64{v}, Gauge: "G1"})
	}
	return p
}

func micrometer(doubts ...Stretch) GaugeFacts {
	return GaugeFacts{Gauge: quality.Gauge{ID: "G1", Number: "Q-1", Days: 10}, Calibrations: []plant.Instant{hour}, Doubts: doubts}
}

func case1(state quality.CaseState, steps ...quality.CaseStep) quality.Case {
	return quality.Case{ID: "K1", Characteristic: "C1", Order: "MO-1", Text: "oversize", Severity: "major", State: state, Steps: append([]quality.CaseStep{{State: quality.CaseOpen, By: "li", Text: "oversize"}}, steps...)}
}

// What stands against a certificate, and what does not.
func TestOf_Against(t *testing.T) {
	contained := func(disposition string) quality.CaseStep {
		return quality.CaseStep{State: quality.CaseContained, By: "wang", Text: "customer agrees", Disposition: disposition}
	}
	late := diameter(30, 30.001)
	late.Subgroups[1].At = 300 * hour // eleven days after the calibration
	judged := Planned{Characteristic: quality.Characteristic{ID: "C2", Code: "4", Place: "M2", Operation: 20, Attribute: true}, Subgroups: []quality.Subgroup{{ID: "x", At: 6 * hour, By: "li", Size: 50, Found: 1}}}
	sampled := Planned{Characteristic: quality.Characteristic{ID: "C3", Code: "5", Place: "site", Level: "II", AQL: 1, Attribute: true}}
	lots := func(accepted ...bool) Planned {
		p := sampled
		for i, ok := range accepted {
			p.Sampled = append(p.Sampled, quality.Lot{ID: string(rune('p' + i)), Lot: "L1", Inspect: 80, N: 80, Ac: 2, Re: 3, Accepted: ok, By: "zhao", At: 7 * hour})
		}
		return p
	}
	elsewhere := diameter() // of a lathe at which the order did not run
	elsewhere.ID, elsewhere.Place = "C9", "M9"
	since := micrometer()
	since.Calibrations = append(since.Calibrations, 400*hour)
	all := func(p ...Planned) Facts {
		return Facts{Order: order(), Quantity: 100, Planned: p, Gauges: []GaugeFacts{micrometer()}}
	}
	with := func(f Facts, change func(*Facts)) Facts { change(&f); return f }
	for name, c := range map[string]struct {
		f       Facts
		against []string
		result  Result
	}{
		"all is well":                  {all(diameter(30, 30.01)), nil, Conforms},
		"nothing is planned":           {all(), []string{"no_plan"}, ""},
		"nobody measured":              {all(diameter()), []string{"not_inspected"}, NotInspected},
		"measured at the lathe it ran": {all(diameter(30), elsewhere), nil, Conforms},
		"outside, nobody decided":      {all(diameter(30, 30.03)), []string{"outside"}, Outside},
		"outside, case is open":        {with(all(diameter(30, 30.03)), func(f *Facts) { f.Cases = []quality.Case{case1(quality.CaseOpen)} }), []string{"open_case", "outside"}, Outside},
		"outside, concession":          {with(all(diameter(30, 30.03)), func(f *Facts) { f.Cases = []quality.Case{case1(quality.CaseContained, contained("concession"))} }), nil, Concession},
		"outside, scrapped":            {with(all(diameter(30, 30.03)), func(f *Facts) { f.Cases = []quality.Case{case1(quality.CaseContained, contained("scrap"))} }), nil, Decided},
		"outside, being reworked":      {with(all(diameter(30, 30.03)), func(f *Facts) { f.Cases = []quality.Case{case1(quality.CaseContained, contained("rework"))} }), []string{"open_case", "outside"}, Outside},
		"outside, reworked and closed": {with(all(diameter(30, 30.03)), func(f *Facts) { f.Cases = []quality.Case{case1(quality.CaseClosed, contained("rework"))} }), nil, Decided},
		"outside, case was none":       {with(all(diameter(30, 30.03)), func(f *Facts) { f.Cases = []quality.Case{case1(quality.CaseCancelled)} }), []string{"outside"}, Outside},
		"a case of another measurement": {with(all(diameter(30, 30.03)), func(f *Facts) {
			k := case1(quality.CaseContained, contained("concession"))
			k.Subgroup = "a"
			f.Cases = []quality.Case{k}
		}), []string{"outside"}, Outside},
		"judged, one found":         {all(judged), []string{"outside"}, Outside},
		"sampled and accepted":      {all(lots(true)), nil, Conforms},
		"sampled, rejected":         {all(lots(true, false)), []string{"rejected"}, Rejected},
		"rejected, accepted then":   {all(lots(false, true)), nil, Conforms},
		"never sampled":             {all(lots()), []string{"not_inspected"}, NotInspected},
		"gauge off":                 {with(all(diameter(30, 30.001)), func(f *Facts) { f.Gauges = []GaugeFacts{micrometer(Stretch{4 * hour, 9 * hour})} }), []string{"doubtful_gauge"}, Doubtful},
		"gauge off, measured again": {with(all(diameter(30, 30.03, 30.002)), func(f *Facts) { f.Gauges = []GaugeFacts{micrometer(Stretch{4 * hour, 5 * hour})} }), nil, Conforms},
		"gauge overdue":             {all(late), []string{"gauge_overdue"}, Conforms},
		"gauge calibrated since":    {with(all(late), func(f *Facts) { f.Gauges = []GaugeFacts{since} }), nil, Conforms},
		"more than was made":        {with(all(diameter(30)), func(f *Facts) { f.Quantity = 101 }), []string{"quantity"}, Conforms},
		"a lot is blocked":          {with(all(diameter(30)), func(f *Facts) { f.Lots = []Lot{{ID: "ring:1", Number: "1", Blocked: "cracks"}} }), []string{"blocked_lot"}, Conforms},
		"a heat is blocked":         {with(all(diameter(30)), func(f *Facts) { f.Heats = []Heat{{ID: "bar:9", Blocked: "inclusions"}} }), []string{"blocked_lot"}, Conforms},
	} {
		content, against := Of(c.f)
		var kinds []string
		for _, o := range against {
			kinds = append(kinds, o.Kind)
			if o.Text.ZH == "" || o.Text.EN == "" {
				t.Errorf("%s: %s is not said in both languages: %+v", name, o.Kind, o.Text)
			}
		}
		if !slices.Equal(kinds, c.against) {
			t.Errorf("%s: against it %v; want %v", name, kinds, c.against)
		}
		if c.result != "" && (len(content.Lines) == 0 || content.Lines[0].Result != c.result) {
			t.Errorf("%s: %+v; want %s", name, content.Lines, c.result)
		}
	}
}

// The figures of a line are of the measurements that count.
func TestOf_Line(t *testing.T) {
	p := diameter(30, 29.99, 30.01, 30.03)
	p.Subgroups[3].By = "tag:gauge.diameter"
	c, _ := Of(Facts{Order: order(), Quantity: 10, Planned: []Planned{p}, Gauges: []GaugeFacts{micrometer(Stretch{5 * hour, 6 * hour})}}) // the third was measured with a gauge that was off
	l := c.Lines[0]
	if l.N != 3 || l.Subgroups != 3 || l.Again != 1 || l.Beyond != 1 || *l.Min != 29.99 || *l.Max != 30.03 || math.Abs(*l.Mean-90.02/3) > 1e-12 {
		t.Errorf("n %d of %d, %d again, %d beyond, %v %v %v", l.N, l.Subgroups, l.Again, l.Beyond, *l.Min, *l.Mean, *l.Max)
	}
	if !slices.Equal(l.Inspections, []string{"a", "b", "d"}) || len(l.IDs) != 64 || l.From != 3*hour || l.To != 6*hour {
		t.Errorf("inspections %v %s, %v to %v", l.Inspections, l.IDs, l.From, l.To)
	}
	if !slices.Equal(c.Inspectors, []string{"li"}) || c.Machines != 1 || !slices.Equal(l.Gauges, []string{"Q-1"}) {
		t.Errorf("inspected by %v and %d machines with %v", c.Inspectors, c.Machines, l.Gauges)
	}
	if g := c.Gauges[0]; g.State != GaugeValid || g.Calibrated != hour || g.Due != hour+10*24*hour || g.Subgroups != 3 {
		t.Errorf("gauge %+v", g)
	}
}

// A certificate keeps the bytes that its digest is of, and says what is known since.
func TestDifferences(t *testing.T) {
	f := Facts{Order: order(), Quantity: 10, Planned: []Planned{diameter(30, 30.01)}, Gauges: []GaugeFacts{micrometer()}}
	was, against := Of(f)
	if len(against) != 0 {
		t.Fatalf("against it: %+v", against)
	}
	c := Certificate{Number: "QC2026-000001"}
	if err := c.add(was, "wang", ""); err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var kept Certificate
	if err := json.Unmarshal(raw, &kept); err != nil {
		t.Fatal(err)
	}
	read, intact, err := kept.Issues[0].Read()
	if err != nil || !intact || read.Revision != 1 || read.Number != "QC2026-000001" {
		t.Errorf("read %+v, intact %v, %v", read, intact, err)
	}
	kept.Issues[0].Content = append(json.RawMessage(nil), kept.Issues[0].Content...)
	i := slices.Index(kept.Issues[0].Content, '3')
	kept.Issues[0].Content[i] = '4'
	if _, intact, err = kept.Issues[0].Read(); err != nil || intact {
		t.Errorf("a digit was changed: intact %v, %v", intact, err)
	}
	is, against := Of(f)
	if got := Differences(read, is, against); len(got) != 0 {
		t.Errorf("nothing happened, and it differs: %+v", got)
	}
	f.Planned = []Planned{diameter(30, 30.01, 30.04)}
	f.Cases = []quality.Case{case1(quality.CaseOpen)}
	f.Heats = []Heat{{ID: "bar:9", Item: "bar", Number: "9"}}
	is, against = Of(f)
	var what []string
	for _, d := range Differences(read, is, against) {
		what = append(what, d.What)
	}
	if want := []string{"heat", "line", "line", "case", "obstacle", "obstacle"}; !slices.Equal(what, want) {
		t.Errorf("what differs: %v; want %v", what, want)
	}
}
