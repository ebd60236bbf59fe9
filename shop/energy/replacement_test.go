package energy_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	calc "zhigai/calc/energy"
	"zhigai/plant"
	"zhigai/shop/energy"
)

// three lathes with meters of their own use 60, 40 and 50 kW.
func threeLathes(w *world) func(*energy.Network) {
	w.power["M3"] = func(int) float64 { return 50 }
	w.power["METER"] = func(int) float64 { return 160 }
	return func(n *energy.Network) {
		n.Meters = append(n.Meters, energy.Meter{Code: "m3", Name: plant.Name{ZH: "m3"}, Medium: energy.Electricity, Machine: "M3", Signal: "energy.active", Reads: energy.Counter, Above: "main"})
	}
}

// Machines of a class are held against its lower quartile; of two nothing is said.
func TestCompare_ByClass(t *testing.T) {
	t.Parallel()
	w := newWorld(30)
	w.parts = map[plant.NodeID]int64{"M1": 1440, "M2": 1440, "M3": 1440}
	b, err := laidOut(t, w, threeLathes(w)).Compare(t.Context(), who.Scope, "HALL", at(0), at(24*60))
	must(t, err)
	c := b.Classes[0]
	if c.Class != "lathe" || c.Basis != energy.PerProduced || c.Standing == nil || len(c.Machines) != 3 || c.Machines[0].Machine != "M1" {
		t.Fatalf("%+v", c)
	}
	near(t, "specific", c.Machines[0].Specific, 1, 1e-3)
	near(t, "lower quartile", &c.Standing.Lower, 0.75, 1e-3)
	near(t, "beyond", c.Machines[0].Beyond, 1/0.75-1, 1e-3)
	near(t, "excess", c.Machines[0].Excess, 1440*0.25, 0.5)
	near(t, "of a year", c.Machines[0].YearExcess, 365*1440*0.25, 200)
	if c.Machines[2].Excess != nil || *c.Machines[0].YearFen <= 0 {
		t.Errorf("%+v", c.Machines)
	}
	w = newWorld(30)
	w.parts = map[plant.NodeID]int64{"M1": 1440, "M2": 0}
	b, err = laidOut(t, w, nil).Compare(t.Context(), who.Scope, "HALL", at(0), at(24*60))
	must(t, err)
	if c := b.Classes[0]; c.Standing != nil || c.Reason != "too_few" || c.Basis != energy.PerHour || c.Machines[0].Beyond != nil {
		t.Errorf("%+v", c)
	}
}

// A motor of a better grade saves by its efficiency, a machine like the good ones of
// its class by what those use; the price is earned back by what that costs.
func TestReplacement_Payback(t *testing.T) {
	t.Parallel()
	w := newWorld(30)
	w.parts = map[plant.NodeID]int64{"M1": 1440, "M2": 1440, "M3": 1440}
	d := laidOut(t, w, threeLathes(w))
	ask := energy.Replacement{
		Code: "motor", Place: "HALL", Machine: "M1", Name: plant.Name{ZH: "一级能效电机"}, Price: 500_000, From: at(0), To: at(24 * 60), By: energy.ByGrade,
		Grade: &energy.GradeChoice{Table: "gb-18613-2020-4p", Size: 55, Grade: 1}, Old: 93.5, Source: "name plate", State: energy.Proposed, Note: "old motor",
	}
	_, err := d.SaveReplacement(t.Context(), who, ask)
	must(t, err)
	ask.Code, ask.By, ask.Grade, ask.Old, ask.Source = "lathe", energy.ByClass, nil, 0, ""
	_, err = d.SaveReplacement(t.Context(), who, ask)
	must(t, err)
	ask.Code, ask.By, ask.Old, ask.New, ask.Source = "worse", energy.ByOffer, 1, 1.2, "offer 7"
	_, err = d.SaveReplacement(t.Context(), who, ask)
	must(t, err)
	all, err := d.Replacements(t.Context(), who.Scope, "HALL")
	must(t, err)
	if len(all) != 3 || all[0].Code != "lathe" || all[1].Code != "motor" || all[2].Why != "saves_nothing" || all[2].Payback != nil {
		t.Fatalf("%+v", all)
	}
	motor := all[1]
	near(t, "share", motor.SavedShare, 1-93.5/96.5, 1e-12)
	near(t, "kWh", motor.SavedKWh, 365*1440*(1-93.5/96.5), 20)
	mean := 65 * (1.65*7 + 5 + 0.38*12) / 24
	near(t, "years", motor.Payback, 500_000/(*motor.SavedKWh*mean), 0.02)
	near(t, "share of the class", all[0].SavedShare, 0.25, 1e-3)
	if motor.GradeTable == nil || motor.GradeTable.Verified != "unverified" || motor.Measured != nil {
		t.Errorf("%+v", motor)
	}
}

// Once it is replaced, the baseline that was made before proves what was saved.
func TestReplacement_Measured(t *testing.T) {
	t.Parallel()
	w := newWorld(100)
	parts := func(h int) float64 { return float64(20 + (h*7)%13) }
	w.made = parts
	w.power["M1"] = func(m int) float64 {
		h := m / 60
		v := 50 + 2*parts(h) + float64((h*5)%3-1)
		if h >= 60 {
			v *= 0.9
		}
		return v
	}
	d := laidOut(t, w, nil)
	_, err := d.SaveBaseline(t.Context(), who, energy.Ask{
		Code: "before", Place: "HALL", Name: plant.Name{ZH: "基准"}, Meter: "m1", Every: energy.EveryHour, Kind: calc.Linear, Note: "before",
		Variables: []energy.Variable{{Name: "parts", Kind: energy.GoodParts}}, From: at(0), To: at(60 * 60),
	})
	must(t, err)
	_, err = d.SaveReplacement(t.Context(), who, energy.Replacement{
		Code: "r", Place: "HALL", Machine: "M1", Name: plant.Name{ZH: "新机"}, Price: 1, From: at(0), To: at(24 * 60), By: energy.ByOffer, Old: 1, New: 0.9, Source: "offer", State: energy.Replaced, Baseline: "before", Note: "done",
	})
	must(t, err)
	all, err := d.Replacements(t.Context(), who.Scope, "HALL")
	must(t, err)
	m := all[0].Measured
	if m == nil || !m.Significant || math.Abs(m.Saving-m.Expected*0.1) > 10 {
		t.Fatalf("%+v", m)
	}
	near(t, "expected before", all[0].SavedShare, 0.1, 1e-12)
}

func TestReplacement_Refusals(t *testing.T) {
	t.Parallel()
	d := laidOut(t, newWorld(30), nil)
	for what, change := range map[string]func(*energy.Replacement){
		"say why":              func(r *energy.Replacement) { r.Note = " " },
		"write a small letter": func(r *energy.Replacement) { r.Code = "A 1" },
		"a Chinese name":       func(r *energy.Replacement) { r.Name = plant.Name{} },
		"ends before":          func(r *energy.Replacement) { r.To = r.From },
		"write a usual month":  func(r *energy.Replacement) { r.To = r.From + 40*86_400_000_000 },
		"no machine":           func(r *energy.Replacement) { r.Machine = "M9" },
		"there is no baseline": func(r *energy.Replacement) { r.Baseline = "none" },
		"choose table":         func(r *energy.Replacement) { r.By = energy.ByGrade },
		"has no size": func(r *energy.Replacement) {
			r.By, r.Grade = energy.ByGrade, &energy.GradeChoice{Table: "gb-18613-2020-4p", Size: 54, Grade: 1}
		},
		"where the figures":     func(r *energy.Replacement) { r.Source = "" },
		"write numbers above 0": func(r *energy.Replacement) { r.New = 0 },
		"write class, grade":    func(r *energy.Replacement) { r.By = "guess" },
		"write proposed":        func(r *energy.Replacement) { r.State = "" },
	} {
		r := energy.Replacement{Code: "r", Place: "HALL", Machine: "M1", Name: plant.Name{ZH: "新机"}, From: at(0), To: at(60), By: energy.ByOffer, Old: 2, New: 1, Source: "offer", State: energy.Proposed, Note: "n"}
		change(&r)
		if _, err := d.SaveReplacement(t.Context(), who, r); !errors.Is(err, energy.ErrInvalid) || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
