package expert

import (
	"slices"
	"testing"
)

func named(name string, change func(*Expert)) Expert {
	e := Expert{ID: name, Name: name, Organisation: "省院", Region: "330102", Serves: []string{}, Sectors: []string{"C34"}, Fields: []string{}, Capacity: 2, From: "2020-01-01", Interests: []Interest{}}
	if change != nil {
		change(&e)
	}
	return e
}

var bearing = Firm{ID: "F1", Name: "新昌（某某）轴承有限公司", Region: "330624", Sector: "C3451"}

// What a person knows comes before the distance, and that before the load; who is
// left out stands behind, who is barred last.
func TestRank_Order(t *testing.T) {
	need := Need{Firm: bearing, Fields: []string{"mes", "robotics"}, From: "2026-05-21", To: "2026-05-23"}
	experts := []Expert{
		named("loaded", func(e *Expert) { e.Region = "330624" }),
		named("near", func(e *Expert) { e.Region = "330624"; e.Capacity = 9 }),
		named("city", func(e *Expert) { e.Region = "330602" }),
		named("far", func(e *Expert) { e.Region = "340100" }),
		named("narrow", func(e *Expert) { e.Region = "340100"; e.Sectors = []string{"C3451"} }),
		named("field", func(e *Expert) { e.Region = "340100"; e.Sectors = []string{}; e.Fields = []string{"mes"} }),
		named("fields", func(e *Expert) { e.Region = "340100"; e.Fields = []string{"robotics", "mes", "erp"} }),
		named("full", func(e *Expert) { e.Capacity = 1 }),
		named("elsewhere", func(e *Expert) { e.Serves = []string{"3302", "34"} }),
		named("unfit", func(e *Expert) { e.Sectors = []string{"C17"} }),
		named("owner", func(e *Expert) { e.Interests = []Interest{{Firm: "F1", Kind: "owner"}} }),
		named("ended", func(e *Expert) { e.To = "2026-05-22" }),
		named("void", func(e *Expert) { e.Void = true }),
	}
	got := Rank(need, experts, map[string]int{"loaded": 1, "near": 1, "full": 1}, nil)
	var order []string
	for _, c := range got {
		order = append(order, c.Name)
	}
	want := []string{"fields", "field", "narrow", "near", "loaded", "city", "far", "elsewhere", "full", "unfit", "ended", "owner", "void"}
	if !slices.Equal(order[:7], want[:7]) {
		t.Errorf("proposed %v; want %v", order, want)
	}
	slices.Sort(order[7:10])
	if !slices.Equal(order[7:10], want[7:10]) {
		t.Errorf("left out %v; want %v", order[7:10], want[7:10])
	}
	for i, c := range got {
		if out := len(c.Out) > 0; out != (i >= 7) || (worst(c) == 2) != (i >= 10) {
			t.Errorf("%s: %+v", c.Name, c.Out)
		}
	}
	if c := got[0]; c.Distance != 3 || c.Sector != 3 || !slices.Equal(c.Fields, []string{"mes", "robotics"}) {
		t.Errorf("fields: %+v", c)
	}
	// Whatever order the register is in, the proposal is the same.
	slices.Reverse(experts)
	for i, c := range Rank(need, experts, map[string]int{"loaded": 1, "near": 1, "full": 1}, nil) {
		if c.Name != got[i].Name {
			t.Errorf("reversed: %s at %d; want %s", c.Name, i, got[i].Name)
		}
	}
}

// A tie bars while it lasts, by the registry's id, by a name however it is
// written, and by the organisation that the person works for.
func TestExpert_Ties(t *testing.T) {
	f := func(what string, want bool, change func(*Expert)) {
		t.Helper()
		e := named("x", change)
		if _, got := e.tie(bearing, "2026-05-21", "2026-05-23"); got != want {
			t.Errorf("%s: %v; want %v", what, got, want)
		}
	}
	tie := func(i Interest) func(*Expert) {
		return func(e *Expert) { e.Interests = []Interest{i} }
	}
	f("none", false, nil)
	f("the firm", true, tie(Interest{Firm: "F1"}))
	f("another firm of the same name", false, tie(Interest{Firm: "F2", Organisation: bearing.Name}))
	f("its name", true, tie(Interest{Organisation: "新昌(某某) 轴承有限公司"}))
	f("another name", false, tie(Interest{Organisation: "新昌轴承有限公司"}))
	f("over before", false, tie(Interest{Firm: "F1", From: "2020-01-01", To: "2026-05-20"}))
	f("over on the first day", true, tie(Interest{Firm: "F1", To: "2026-05-21"}))
	f("begins on the last day", true, tie(Interest{Firm: "F1", From: "2026-05-23"}))
	f("begins after", false, tie(Interest{Firm: "F1", From: "2026-05-24"}))
	f("works there", true, func(e *Expert) { e.Organisation = "新昌（某某）轴承有限公司" })
	f("of no name", false, func(e *Expert) { e.Organisation = "" })
}
