package production

import (
	"errors"
	"strings"
	"testing"

	"zhigai/plant"
)

func ring() Definition {
	return Definition{
		Product: "6204-ir", Revision: 1, Unit: "{piece}",
		Materials: []Material{{Item: "gcr15", Quantity: 125_000, Unit: "kg", Segment: 10}},
		Segments: []Segment{
			{No: 20, Name: plant.Name{ZH: "磨削"}, Alternatives: []Alternative{{Equipment: "g1", RunMs: 9000}, {Equipment: "g2", RunMs: 8000, SetupMs: 600_000}}},
			{No: 10, Name: plant.Name{ZH: "车削"}, Alternatives: []Alternative{{Equipment: "t1", RunMs: 20_000, SetupMs: 1_800_000}}},
			{No: 30, Name: plant.Name{ZH: "外协"}, Outside: &Outside{Supplier: "新昌热处理", LeadMs: 86_400_000}},
		},
	}
}

func TestDefinition_CheckPutsSegmentsInOrder(t *testing.T) {
	d := ring()
	if err := d.Check(); err != nil {
		t.Fatal(err)
	}
	if d.Segments[0].No != 10 || d.Segments[2].No != 30 {
		t.Errorf("segments stand as %d, %d, %d", d.Segments[0].No, d.Segments[1].No, d.Segments[2].No)
	}
	if b := d.Before(30); len(b) != 1 || b[0] != 20 {
		t.Errorf("before 30 comes %v; want 20", b)
	}
	if b := d.Before(10); len(b) != 0 {
		t.Errorf("before the first comes %v", b)
	}
}

func TestDefinition_SaysWhatIsWrong(t *testing.T) {
	f := func(want string, spoil func(*Definition)) {
		t.Helper()
		d := ring()
		spoil(&d)
		if err := d.Check(); !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("Check = %v; want ErrInvalid with %q", err, want)
		}
	}
	f("a run time of 0 ms", func(d *Definition) { d.Segments[0].Alternatives[0].RunMs = 0 })
	f("a run time of -5 ms", func(d *Definition) { d.Segments[0].Alternatives[0].RunMs = -5 })
	f("a setup time of -1 ms", func(d *Definition) { d.Segments[0].Alternatives[0].SetupMs = -1 })
	f("a time of -1 ms", func(d *Definition) { d.Segments[0].MoveMs = -1 })
	f("comes after itself", func(d *Definition) { d.Segments[1].After = []int{30}; d.Segments[2].After = []int{10} })
	f("it follows 99, which there is not", func(d *Definition) { d.Segments[1].After = []int{99} })
	f("segment 10 stands twice", func(d *Definition) { d.Segments[0].No = 10 })
	f("names no machine and no supplier", func(d *Definition) { d.Segments[0].Alternatives = nil })
	f("both machines and a supplier", func(d *Definition) { d.Segments[0].Outside = &Outside{Supplier: "x", LeadMs: 1} })
	f("machine g1 stands twice", func(d *Definition) { d.Segments[0].Alternatives[1].Equipment = "g1" })
	f("is made of itself", func(d *Definition) { d.Materials[0].Item = "6204-ir" })
	f("a quantity of 0", func(d *Definition) { d.Materials[0].Quantity = 0 })
	f("a quantity of -0.125", func(d *Definition) { d.Materials[0].Quantity = -125_000 })
	f("there is no segment 70", func(d *Definition) { d.Materials[0].Segment = 70 })
	f("stands twice for segment 10", func(d *Definition) { d.Materials = append(d.Materials, d.Materials[0]) })
	f("the unit is missing", func(d *Definition) { d.Unit = "" })
	f("the next must begin within 10 ms", func(d *Definition) { d.Segments[0].MaxWaitMs, d.Segments[0].MinWaitMs = 10, 20 })
	f("0 segments", func(d *Definition) { d.Segments = nil })
}

func TestCheckBill_FindsTheWayRound(t *testing.T) {
	bills := map[string][]Material{"cage": {{Item: "strip"}}, "inner": {{Item: "steel"}, {Item: "cage"}}, "strip": {{Item: "bearing"}}}
	of := func(item string) []Material { return bills[item] }
	err := CheckBill("bearing", []Material{{Item: "steel"}, {Item: "inner"}}, of)
	if !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), "bearing → inner → cage → strip → bearing") {
		t.Errorf("CheckBill = %v; want the way round", err)
	}
	if err := CheckBill("housing", []Material{{Item: "cage"}, {Item: "inner"}, {Item: "steel"}}, func(item string) []Material {
		return map[string][]Material{"cage": {{Item: "steel"}}, "inner": {{Item: "steel"}, {Item: "cage"}}}[item]
	}); err != nil {
		t.Errorf("materials that come together again: %v", err)
	}
}
