package energy_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	calc "zhigai/calc/energy"
	"zhigai/plant"
	"zhigai/shop/energy"
)

var who = access.Node(1)

func near(t *testing.T, what string, got *float64, want, off float64) {
	t.Helper()
	if got == nil || math.Abs(*got-want) > off {
		v := any(nil)
		if got != nil {
			v = *got
		}
		t.Errorf("%s: %v; want %v", what, v, want)
	}
}

func laidOut(t *testing.T, w *world, change func(*energy.Network)) *energy.Desk {
	t.Helper()
	d, n := w.desk(t), network()
	if change != nil {
		change(&n)
	}
	_, err := d.SaveNetwork(t.Context(), who, n)
	must(t, err)
	return d
}

// What a main meter counts and those below it do not is told, with coal and CO₂ by
// factors that are named.
func TestBalance_WhatIsNotAccountedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(10)
	d := laidOut(t, w, func(n *energy.Network) {
		n.Meters = append(n.Meters, energy.Meter{Code: "rest", Name: plant.Name{ZH: "其余"}, Medium: energy.Electricity, Formula: "main - m1 - m2", Aside: true})
	})
	b, err := d.Balance(t.Context(), who.Scope, "HALL", at(60), at(9*60))
	must(t, err)
	main := b.Nodes[0]
	near(t, "main", main.Value, 880, 1e-6)
	near(t, "below", main.Below.Value, 800, 1e-6)
	near(t, "lost", main.Lost.Value, 80, 1e-6)
	near(t, "share", main.LostShare, 80.0/880, 1e-9)
	near(t, "computed", b.Nodes[3].Value, 80, 1e-6)
	if b.Nodes[1].Depth != 1 || b.Nodes[1].Lost != nil || len(b.Odd) != 0 {
		t.Errorf("%+v", b)
	}
	near(t, "coal", b.Coal.Value, 880*0.1229, 1e-6) // what stands aside counts once
	near(t, "CO2", b.CO2.Value, 880*0.5366, 1e-6)
	for _, f := range b.Factors {
		if f.Source == "" || f.Verified == "" {
			t.Errorf("a factor without source: %+v", f)
		}
	}
}

// A meter that was not heard for hours is known in sum and not in its course; what
// it does not know is no loss, and no demand.
func TestBalance_LostContact(t *testing.T) {
	t.Parallel()
	w := newWorld(10)
	w.lost["M1"] = [2]int{120, 240}
	d := laidOut(t, w, nil)
	b, err := d.Balance(t.Context(), who.Scope, "HALL", at(0), at(8*60))
	must(t, err)
	main, m1 := b.Nodes[0], b.Nodes[1]
	if m1.Coverage > 0.76 || main.Lost.Value != nil || main.Lost.Reason != "not_all_known" {
		t.Errorf("%+v %+v", m1, main.Lost)
	}
	q, err := d.Demand(t.Context(), who.Scope, "HALL", "m1", at(0), at(8*60))
	must(t, err)
	known := 0
	for _, one := range q.Quarters {
		if one.KW != nil {
			known++
			near(t, "power", one.KW, 60, 0.7)
		}
	}
	if known != 24 || q.Coverage != 0.75 {
		t.Errorf("%d quarters known, %v", known, q.Coverage)
	}
	w.power["M2"] = nil
	if b, err = d.Balance(t.Context(), who.Scope, "HALL", at(0), at(60)); err != nil || b.Nodes[2].Value != nil || b.Nodes[2].Reason != "no_signal" || b.Nodes[0].Below.Value != nil {
		t.Errorf("%+v, %v", b.Nodes, err)
	}
}

// A meter that was exchanged counts on, one that was not told of is not guessed.
func TestBalance_Exchange(t *testing.T) {
	t.Parallel()
	w := newWorld(10)
	d := laidOut(t, w, func(n *energy.Network) {
		n.Meters[1].Exchanges = []energy.Exchange{{At: at(100), Final: w.read("M1", 100), Initial: w.read("M1", 100) - 5}}
	})
	b, err := d.Balance(t.Context(), who.Scope, "HALL", at(0), at(8*60))
	must(t, err)
	near(t, "of both meters", b.Nodes[1].Value, 480+5, 1e-6)
	if len(b.Odd) != 1 || b.Odd[0].What != calc.Exchanged {
		t.Errorf("%+v", b.Odd)
	}
}

// A power that is read as a rate counts as much as a counter of the same.
func TestBalance_Rate(t *testing.T) {
	t.Parallel()
	d := laidOut(t, newWorld(10), func(n *energy.Network) {
		n.Meters[1].Signal, n.Meters[1].Reads, n.Meters[1].Factor = "power.active", energy.Rate, 0.5
	})
	b, err := d.Balance(t.Context(), who.Scope, "HALL", at(0), at(8*60))
	must(t, err)
	near(t, "rate", b.Nodes[1].Value, 240, 1e-6)
}

// Hours of a Monday in March cost by the table: valley, peak, valley, peak, flat,
// valley.
func TestCost_ByTheTariff(t *testing.T) {
	t.Parallel()
	d := laidOut(t, newWorld(24), nil)
	c, err := d.Cost(t.Context(), who.Scope, "HALL", "", at(0), at(24*60))
	must(t, err)
	want := map[energy.Hours]float64{energy.Peak: 7 * 110, energy.Flat: 5 * 110, energy.Valley: 12 * 110}
	for _, k := range c.Kinds {
		if math.Abs(k.KWh-want[k.Kind]) > 2 {
			t.Errorf("%s: %v kWh; want %v", k.Kind, k.KWh, want[k.Kind])
		}
	}
	fen := 65 * (1.65*770 + 550 + 0.38*1320)
	if c.Fen == nil || math.Abs(float64(*c.Fen)-fen) > 200 || len(c.Days) != 1 || len(c.Tariffs) != 1 || c.Tariffs[0].Verified != "unverified" {
		t.Errorf("%+v; want about %v fen", c, fen)
	}
	if none, err := laidOut(t, newWorld(24), func(n *energy.Network) { n.Tariffs = []energy.TariffUse{} }).Cost(t.Context(), who.Scope, "HALL", "", at(0), at(60)); err != nil || none.Fen != nil || none.Reason != "no_tariff" {
		t.Errorf("%+v, %v", none, err)
	}
}

func TestTariff_SharpAndFestivals(t *testing.T) {
	t.Parallel()
	tariff, ok := newWorld(1).desk(t).Tables().Tariff("zj-large-industry-2024")
	if !ok {
		t.Fatal("no tariff")
	}
	zone := time.FixedZone("", 8*3600)
	for at, want := range map[string]energy.Hours{
		"2026-07-06 09:30": energy.Sharp, "2026-07-06 11:30": energy.Valley, "2026-04-06 09:30": energy.Peak, "2026-04-06 18:00": energy.Flat,
		"2026-10-01 11:00": energy.DeepValley, "2026-10-01 09:00": energy.Peak, "2026-10-01 23:59": energy.Valley,
	} {
		when, err := time.ParseInLocation("2006-01-02 15:04", at, zone)
		must(t, err)
		if got := tariff.Kind(when); got != want {
			t.Errorf("%s is %s; want %s", at, got, want)
		}
	}
}

// A quarter that will exceed its limit is told while it can still be held, once, and
// told to be over when it will not.
func TestDemand_ForecastAndLimit(t *testing.T) {
	t.Parallel()
	w := newWorld(2)
	w.power["METER"] = func(m int) float64 {
		if m >= 125 {
			return 300
		}
		return 110
	}
	w.now = at(130).Time()
	limit := 200.0
	d := laidOut(t, w, func(n *energy.Network) { n.Meters[0].Limit = &limit })
	q, err := d.Demand(t.Context(), who.Scope, "HALL", "main", at(0), plant.InstantOf(w.now))
	must(t, err)
	f := q.Forecast
	if f == nil || !f.Exceeds || f.Allowed == nil {
		t.Fatalf("%+v", f)
	}
	near(t, "so far", &f.Energy, 5*110.0/60+5*300.0/60, 5)
	near(t, "demand at the end", &f.Demand, (5*110.0+10*300)/15, 20)
	must(t, d.Watch(t.Context(), 1))
	if len(w.raised) != 1 || w.raised[0] != "demand/HALL/main" {
		t.Errorf("%v", w.raised)
	}
	w.power["METER"] = func(int) float64 { return 110 }
	must(t, d.Watch(t.Context(), 1))
	if len(w.cleared) != 1 {
		t.Errorf("%v", w.cleared)
	}
	near(t, "max", q.Max, 110, 1.5)
}

// What a machine burns while it stands is its energy of that time.
func TestStandby_ByStates(t *testing.T) {
	t.Parallel()
	w := newWorld(8)
	w.power["M1"] = func(m int) float64 {
		switch {
		case m < 120:
			return 60
		case m < 240:
			return 12
		}
		return 30
	}
	w.did = []energy.Did{
		{From: at(0).Micros(), To: at(120).Micros(), What: energy.Producing},
		{From: at(120).Micros(), To: at(240).Micros(), What: energy.Standing},
		{From: at(240).Micros(), To: at(300).Micros(), What: energy.Starting},
		{From: at(300).Micros(), To: at(480).Micros(), What: energy.Producing},
	}
	s, err := laidOut(t, w, nil).Standby(t.Context(), who.Scope, "HALL", at(0), at(480))
	must(t, err)
	m := s.Machines[0]
	if m.Machine != "M1" || len(s.Machines) != 2 || m.Starts != 1 {
		t.Fatalf("%+v", s)
	}
	near(t, "lost", m.Lost, 24+30, 0.5)
	near(t, "idle", m.Idle, 12, 0.2)
	near(t, "share", m.Share, 54.0/(120+24+30+90), 0.01)
	if m.Fen == nil || math.Abs(float64(*m.Fen)-54*65*0.38) > 20 { // all of it in valley hours
		t.Errorf("%v fen", m.Fen)
	}
}

// A baseline of parts is kept with its reason; what is saved after it is told with
// its uncertainty and a lasting change with its beginning.
func TestBaseline_SavingAndChange(t *testing.T) {
	t.Parallel()
	w := newWorld(100)
	parts := func(h int) float64 { return float64(20 + (h*7)%13) }
	w.made = parts
	w.power["METER"] = func(m int) float64 {
		h := m / 60
		v := 50 + 2*parts(h) + float64((h*5)%3-1)
		if h >= 70 {
			v -= 6
		}
		return v
	}
	d := laidOut(t, w, nil)
	ask := energy.Ask{
		Code: "b1", Place: "HALL", Name: plant.Name{ZH: "基准"}, Meter: "main", Every: energy.EveryHour, Kind: calc.Linear, Note: "before the measure",
		Variables: []energy.Variable{{Name: "parts", Kind: energy.GoodParts}}, From: at(0), To: at(60 * 60),
	}
	b, err := d.SaveBaseline(t.Context(), who, ask)
	must(t, err)
	if !b.Accepted || b.Rev != 1 || b.LeftOut > 0 {
		t.Errorf("%+v", b)
	}
	near(t, "slope", &b.Model.Coef[1], 2, 0.05)
	r, err := d.Report(t.Context(), who.Scope, "HALL", "b1", 0, 0, 0, 0.9)
	must(t, err)
	if len(r.Points) != 39 || r.LeftOut != 1 || // the last hour's end has not been read
		!r.Saving.Significant || len(r.Changes) != 1 || r.EnPI.Per != "parts" {
		t.Fatalf("%+v", r)
	}
	near(t, "saved", &r.Saving.Saving, 6*29, 10)
	if c := r.Changes[0]; c.Since < at(68*60) || c.Since > at(72*60) || c.Mean > -4 || c.Over != 0 {
		t.Errorf("%+v", c)
	}
	ask.Rev, ask.Note = 0, " "
	if _, err := d.SaveBaseline(t.Context(), who, ask); !errors.Is(err, energy.ErrInvalid) {
		t.Errorf("without a reason: %v", err)
	}
}

// What is used above a baseline for a while is told from when it was certain until it
// was certain that it had gone, once, however often somebody looks; what is saved is
// no alarm.
func TestWatchBaselines_FromFoundUntilOver(t *testing.T) {
	t.Parallel()
	w := newWorld(100)
	wrong := 4.0
	parts := func(h int) float64 { return float64(20 + (h*7)%13) }
	w.made = parts
	w.power["METER"] = func(m int) float64 {
		h := m / 60
		v := 50 + 2*parts(h) + float64((h*5)%3-1)
		if h >= 45 && h < 75 {
			v += wrong
		}
		return v
	}
	d := laidOut(t, w, nil)
	_, err := d.SaveBaseline(t.Context(), who, energy.Ask{
		Code: "b1", Place: "HALL", Name: plant.Name{ZH: "基准"}, Meter: "main", Every: energy.EveryHour, Kind: calc.Linear, Note: "before",
		Variables: []energy.Variable{{Name: "parts", Kind: energy.GoodParts}}, From: at(0), To: at(40 * 60),
	})
	must(t, err)
	must(t, d.WatchBaselines(t.Context(), 1))
	must(t, d.WatchBaselines(t.Context(), 1)) // within the hour: not looked at again
	r, err := d.Report(t.Context(), who.Scope, "HALL", "b1", 0, 0, 0, 0.9)
	must(t, err)
	if len(r.Changes) != 1 || r.Changes[0].Until < at(74*60) || r.Changes[0].Until > at(77*60) || r.Changes[0].Mean < 3 {
		t.Fatalf("%+v", r.Changes)
	}
	c := r.Changes[0]
	want := []string{"raise baseline/HALL/b1 " + c.Found.Time().Format(time.DateTime), "clear baseline/HALL/b1 " + c.Over.Time().Format(time.DateTime)}
	if !slices.Equal(w.told, want) {
		t.Errorf("told %q; want %q", w.told, want)
	}
	w.told, wrong = nil, -4
	must(t, w.desk(t).WatchBaselines(t.Context(), 1))
	if len(w.told) != 0 {
		t.Errorf("a saving is told: %q", w.told)
	}
}

func TestNetwork_Refusals(t *testing.T) {
	t.Parallel()
	d := newWorld(1).desk(t)
	for what, change := range map[string]func(*energy.Network){
		"say why":                   func(n *energy.Network) { n.Note = " " },
		"is there twice":            func(n *energy.Network) { n.Meters[1].Code = "main" },
		"in a circle":               func(n *energy.Network) { n.Meters[0].Above = "m1" },
		"which is not there":        func(n *energy.Network) { n.Meters[1].Above = "other" },
		"of one medium":             func(n *energy.Network) { n.Meters[1].Medium = energy.Gas },
		"not both":                  func(n *energy.Network) { n.Meters[1].Formula = "main" },
		"computed of itself":        func(n *energy.Network) { n.Meters[1].Machine, n.Meters[1].Formula = "", "m1 + main" },
		"names no meter":            func(n *energy.Network) { n.Meters[1].Machine, n.Meters[1].Formula = "", "2 * 3" },
		"no machine":                func(n *energy.Network) { n.Meters[1].Machine = "M9" },
		"there is no tariff":        func(n *energy.Network) { n.Tariffs[0].Tariff = "none" },
		"a counter or a rate":       func(n *energy.Network) { n.Meters[1].Reads = "" },
		"above 0 kW":                func(n *energy.Network) { v := 0.0; n.Meters[1].Limit = &v },
		"are of counters":           func(n *energy.Network) { n.Meters[1].Exchanges = []energy.Exchange{{At: 0}} },
		"write electricity, gas":    func(n *energy.Network) { n.Meters[1].Medium = "coal" },
		"a Chinese name":            func(n *energy.Network) { n.Meters[1].Name = plant.Name{EN: "x"} },
		"is no meter with a number": func(n *energy.Network) { n.Meters[1].Machine, n.Meters[1].Formula = "", "main / m2" },
	} {
		n := network()
		change(&n)
		if _, err := d.SaveNetwork(t.Context(), who, n); !errors.Is(err, energy.ErrInvalid) || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: %v", what, err)
		}
	}
	stranger := access.Principal{Name: "s", Scope: access.Scope{Tenant: 1, Path: "firm/other"}}
	if _, err := d.SaveNetwork(t.Context(), stranger, network()); !errors.Is(err, access.ErrNotFound) {
		t.Errorf("of a foreign place: %v", err)
	}
}

// A proposal has the plant's meters below a total, and machines below the only meter
// of their area.
func TestPropose(t *testing.T) {
	t.Parallel()
	n, err := newWorld(1).desk(t).Propose(t.Context(), who.Scope, "SITE")
	must(t, err)
	if len(n.Meters) != 4 || n.Meters[0].Formula != "meter_1" || n.Meters[1].Above != "total" || n.Meters[2].Above != "meter_1" {
		t.Errorf("%+v", n.Meters)
	}
	n.Note = "as proposed"
	must(t, n.Check())
}
