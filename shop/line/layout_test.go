package line_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"zhigai/plant"
	"zhigai/shop/line"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// three is a line of three stations, the second with two machines.
func three() line.Layout {
	return line.Layout{
		Line: "LINE", Path: "firm/line", From: minute(0),
		Stations: []line.Station{
			{Code: "op10", Name: plant.Name{ZH: "车削"}, Function: line.Machining, Machines: []plant.NodeID{"M1"}},
			{Code: "op20", Name: plant.Name{ZH: "磨削"}, Function: line.Machining, Machines: []plant.NodeID{"M2"}},
			{Code: "op30", Name: plant.Name{ZH: "检测"}, Function: line.Inspection, Machines: []plant.NodeID{"M3"}},
		},
		Links: []line.Link{{From: "op10", To: "op20", Transfer: line.Manual, Capacity: new(int64(3)), Take: 1}, {From: "op20", To: "op30", Transfer: line.Conveyor, Capacity: new(int64(2)), Take: 1}},
	}
}

func minute(n float64) plant.Instant {
	return plant.InstantOf(time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC).Add(time.Duration(n * float64(time.Minute))))
}

func TestLayout_Check(t *testing.T) {
	t.Parallel()
	good := three()
	must(t, good.Check())
	for _, c := range []struct {
		what   string
		change func(l *line.Layout)
	}{
		{"a station at least", func(l *line.Layout) { l.Stations = nil }},
		{"code \"OP 10\"", func(l *line.Layout) { l.Stations[0].Code = "OP 10" }},
		{"op20 is there twice", func(l *line.Layout) { l.Stations[2].Code = "op20" }},
		{"Chinese name", func(l *line.Layout) { l.Stations[0].Name.ZH = "" }},
		{"function \"magic\"", func(l *line.Layout) { l.Stations[0].Function = "magic" }},
		{"op20: 0 machines", func(l *line.Layout) { l.Stations[1].Machines = nil }},
		{"M1 stands in station op10 and in op30", func(l *line.Layout) { l.Stations[2].Machines = []plant.NodeID{"M1"} }},
		{"no such station", func(l *line.Layout) { l.Links[0].To = "op99" }},
		{"two links", func(l *line.Layout) { l.Links[1] = l.Links[0] }},
		{"transfer \"magic\"", func(l *line.Layout) { l.Links[0].Transfer = "magic" }},
		{"room for -1 parts", func(l *line.Layout) { l.Links[0].Capacity = new(int64(-1)) }},
		{"0 parts for one", func(l *line.Layout) { l.Links[0].Take = 0 }},
		{"-5 ms on the way", func(l *line.Layout) { l.Links[0].MoveMs = -5 }},
		{"in a circle: [op10 op20 op30]", func(l *line.Layout) {
			l.Links = append(l.Links, line.Link{From: "op30", To: "op10", Transfer: line.AGV, Take: 1})
		}},
		{"to or from [op30]", func(l *line.Layout) { l.Links = l.Links[:1] }},
	} {
		l := three()
		c.change(&l)
		if err := l.Check(); !errors.Is(err, line.ErrInvalid) || !strings.Contains(err.Error(), c.what) {
			t.Errorf("%q: %v", c.what, err)
		}
	}
}

// A revision overrules those before it from its own instant on.
func TestInForce(t *testing.T) {
	t.Parallel()
	var all []line.Layout
	for rev, from := range []float64{0, 60, 30} { // the third is saved last and for earlier
		l := three()
		l.Rev, l.From = int64(rev)+1, minute(from)
		all = append(all, l)
	}
	for at, want := range map[float64]int64{-1: 0, 0: 1, 29: 1, 30: 3, 60: 3, 90: 3} {
		l, ok := line.InForce(all, minute(at))
		if ok != (want > 0) || l.Rev != want {
			t.Errorf("at minute %v revision %d, %t; want %d", at, l.Rev, ok, want)
		}
	}
}

// Cells become stations in their order, machines directly in the place become
// stations by class; auxiliary ones are left out.
func TestPropose(t *testing.T) {
	t.Parallel()
	machine := func(id, path, class string, excluded bool) plant.Node {
		return plant.Node{ID: plant.NodeID(id), Path: path, Level: plant.LevelEquipment, Name: plant.Name{ZH: "12号车床", EN: "lathe 12"}, Machine: &plant.Equipment{Class: class, Excluded: excluded}}
	}
	place := plant.Node{ID: "L", Path: "f/l", Level: plant.LevelLine}
	m := plant.Model{Nodes: []plant.Node{
		{ID: "F", Path: "f"},
		place,
		{ID: "C1", Path: "f/l/cell-a", Name: plant.Name{ZH: "甲"}},
		machine("M1", "f/l/cell-a/m1", "lathe", false),
		machine("M2", "f/l/cell-a/m2", "lathe", false),
		machine("X", "f/l/cell-a/meter", "meter", true),
		{ID: "C2", Path: "f/l/cell-b", Name: plant.Name{ZH: "乙"}},
		machine("M3", "f/l/cell-b/m1", "robot", false),
		machine("M4", "f/l/lathe-1", "lathe", false),
		machine("M5", "f/l/lathe-2", "lathe", false),
		machine("M6", "f/other/lathe-2", "lathe", false),
	}}
	l := line.Propose(m, place)
	want := []line.Station{
		{Code: "cell-a", Name: plant.Name{ZH: "甲"}, Function: line.Machining, Machines: []plant.NodeID{"M1", "M2"}},
		{Code: "cell-b", Name: plant.Name{ZH: "乙"}, Function: line.Assembly, Machines: []plant.NodeID{"M3"}},
		{Code: "lathe", Name: plant.Name{ZH: "车床", EN: "lathe"}, Function: line.Machining, Machines: []plant.NodeID{"M4", "M5"}},
	}
	if !reflect.DeepEqual(l.Stations, want) {
		t.Errorf("%+v", l.Stations)
	}
	if len(l.Links) != 2 || l.Links[1].From != "cell-b" || l.Links[1].To != "lathe" || l.Links[1].Capacity != nil {
		t.Errorf("%+v", l.Links)
	}
	must(t, l.Check())
}
