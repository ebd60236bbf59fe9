package display

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/fact/document"
	"zhigai/plant"
)

// world is a plant of two areas with three machines, and what its rooms know.
type world struct {
	docs  map[string]document.Document
	live  map[plant.NodeID]Live
	all   gathered
	asked int // trends
	now   time.Time
}

var places = []Place{
	{At{"E", "firm", plant.Name{ZH: "厂"}, plant.LevelEnterprise}, false},
	{At{"S", "firm/site", plant.Name{ZH: "厂区"}, plant.LevelSite}, false},
	{At{"A", "firm/site/heat", plant.Name{ZH: "热处理"}, plant.LevelArea}, false},
	{At{"F1", "firm/site/heat/f1", plant.Name{ZH: "1号炉"}, plant.LevelEquipment}, true},
	{At{"F2", "firm/site/heat/f2", plant.Name{ZH: "2号炉"}, plant.LevelEquipment}, true},
	{At{"B", "firm/site/turn", plant.Name{ZH: "车"}, plant.LevelArea}, false},
	{At{"L1", "firm/site/turn/l1", plant.Name{ZH: "1号车床"}, plant.LevelEquipment}, true},
}

func (w *world) Places(_ context.Context, scope access.Scope) ([]Place, error) {
	var out []Place
	for _, p := range places {
		if scope.Allows(p.Path) || plant.Within(scope.Path, p.Path) {
			out = append(out, p)
		}
	}
	return out, nil
}

func (w *world) Signals(_ context.Context, _ plant.TenantNo, machine plant.NodeID) ([]Signal, error) {
	if machine == "L1" {
		return []Signal{{Name: "power", Unit: "kW", Tag: 31, Number: true, Min: new(0.0), Max: new(400.0)}, {Name: "state", Tag: 32}}, nil
	}
	no := plant.TagNo(10)
	if machine == "F2" {
		no = 20
	}
	return []Signal{
		{Name: "temperature", Title: plant.Name{ZH: "温度"}, Unit: "Cel", Tag: no + 1, Number: true, Min: new(0.0), Max: new(1200.0)},
		{Name: "power", Unit: "kW", Tag: no + 2, Number: true, Min: new(0.0), Max: new(400.0)},
		{Name: "heater", Unit: "%", Tag: no + 3, Number: true, SetPoint: &SetPoint{Signal: "heater", Unit: "%", Interlock: &plant.Name{ZH: "门关"}}},
	}, nil
}

func (w *world) Live(context.Context, access.Scope) (map[plant.NodeID]Live, error) {
	return w.live, nil
}

func (w *world) Loops(context.Context, access.Scope) ([]Loop, error) { return w.all.loops, nil }

func (w *world) Rules(context.Context, access.Scope) ([]Rule, error) { return w.all.rules, nil }

func (w *world) Commands(context.Context, access.Scope) ([]Command, error) {
	return w.all.commands, nil
}

func (w *world) Alarms(context.Context, access.Scope) ([]Alarm, error) { return w.all.alarms, nil }

func (w *world) Limits(context.Context, access.Scope) ([]Limit, error) { return w.all.limits, nil }

func (w *world) Trend(_ context.Context, _ plant.TenantNo, _ plant.TagNo, _, _ plant.Micros, n int) (low, high []*float64, err error) {
	w.asked++
	low, high = make([]*float64, n), make([]*float64, n)
	low[n-1], high[n-1] = new(30.0), new(50.0)
	return low, high, nil
}

func (w *world) Save(_ context.Context, _ plant.TenantNo, d document.Document, seen int64) error {
	if w.docs[d.ID].Rev != seen {
		return access.ErrConflict
	}
	w.docs[d.ID] = d
	return nil
}

func (w *world) Document(_ context.Context, _ plant.TenantNo, _ document.Kind, id string) (document.Document, error) {
	d, ok := w.docs[id]
	if !ok {
		return d, fmt.Errorf("%w: %s", access.ErrNotFound, id)
	}
	return d, nil
}

func (w *world) Keyed(context.Context, plant.TenantNo, document.Kind, string, string) (document.Document, error) {
	return document.Document{}, access.ErrNotFound
}

func (w *world) Documents(context.Context, document.Filter) ([]document.Document, error) {
	var out []document.Document
	for _, d := range w.docs {
		out = append(out, d)
	}
	return out, nil
}

func newWorld() (*world, *Desk) {
	good := func(v float64) Value { return Value{Number: &v, Quality: "good", Good: true, At: 5} }
	w := &world{docs: map[string]document.Document{}, now: time.Date(2026, 11, 30, 1, 0, 30, 0, time.UTC)}
	state := State{Code: "EXECUTING", Mode: "PROCESSING", Link: true}
	w.live = map[plant.NodeID]Live{
		"F1": {State: state, Values: map[string]Value{"temperature": good(845), "power": good(40), "heater": good(70)}},
		"F2": {State: state, Values: map[string]Value{"temperature": good(820), "power": good(41), "heater": good(71)}},
		"L1": {State: State{Code: "NOT_EXECUTING", Mode: "NONE", Link: true}, Values: map[string]Value{"power": good(3)}},
	}
	return w, NewDesk(Options{Store: w, Plant: w, Rooms: w, Trends: w, Now: func() time.Time { return w.now }})
}

var who = access.Node(1)

func (w *world) look(t *testing.T, d *Desk, place plant.NodeID) Overview {
	t.Helper()
	o, err := d.Overview(t.Context(), access.Scope{Tenant: 1}, place)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := json.Marshal(o); err != nil {
		t.Fatal(err)
	}
	return o
}

// TestOverview_NormalIsQuiet: nothing that is as it should be is marked.
func TestOverview_NormalIsQuiet(t *testing.T) {
	w, d := newWorld()
	o := w.look(t, d, "")
	if o.Level != 1 || len(o.Tiles) != 2 || o.Tiles[0].ID != "A" || o.Tiles[1].ID != "B" {
		t.Fatalf("tiles: %+v", o.Tiles)
	}
	heat := o.Tiles[0]
	if heat.States.Machines != 2 || heat.States.Executing != 2 || heat.Abnormal != 0 || heat.Stale || heat.State != nil {
		t.Errorf("heat: %+v", heat)
	}
	// Nobody laid it out: of each machine in turn what tells most.
	if len(heat.Readings) != 2 || heat.Readings[0].Signal != "temperature" || heat.Readings[1].Machine != "F2" || heat.Readings[1].Signal != "power" {
		t.Errorf("indicators: %+v", heat.Readings)
	}
	if r := heat.Readings[0]; r.Place != Unbound || r.Basis != "" || len(r.Trend.Min) != trendSteps || *r.ScaleLow > 30 || *r.ScaleHigh < 845 {
		t.Errorf("an indicator without a normal range: %+v", r)
	}
	asked := w.asked
	w.look(t, d, "")
	if w.asked != asked {
		t.Errorf("trends of the same minute were read %d times more", w.asked-asked)
	}
	w.now = w.now.Add(time.Minute)
	if w.look(t, d, ""); w.asked == asked {
		t.Error("trends of the next minute were not read")
	}
}

// TestOverview_Abnormal: what stands is counted where it stands, and the worst says how
// urgent the tile is.
func TestOverview_Abnormal(t *testing.T) {
	w, d := newWorld()
	sp := 840.0
	w.all = gathered{
		loops:    []Loop{{ID: "loop", Mode: "suspended", Held: "F1", Signal: "temperature", SP: &sp, Low: 600, High: 900, Path: "firm/site/heat/f1"}},
		limits:   []Limit{{"F2", "temperature", Mark{"hi", 810, 3}}, {"F2", "temperature", Mark{"hi", 830, 1}}, {"F2", "temperature", Mark{"lo", 700, 2}}},
		alarms:   []Alarm{{Path: "firm/site/heat/f2", Priority: 3, From: 7, Tag: 21, Unacked: true}, {Path: "firm/site/turn/l1", Priority: 1, From: 8}},
		rules:    []Rule{{ID: "r1", State: "active", Path: "firm/site/heat"}, {ID: "r2", State: "active", Path: "firm/site"}},
		commands: []Command{{"firm/site/heat/f1", false}, {"firm/site/turn/l1", true}},
	}
	o := w.look(t, d, "")
	heat, turn := o.Tiles[0], o.Tiles[1]
	if heat.Abnormal != 2 || turn.Abnormal != 1 || heat.Alarms.P3 != 1 || heat.Alarms.Unacked != 1 || o.Alarms.P1 != 1 || o.Alarms.P3 != 1 || o.Alarms.Worst.From != 8 {
		t.Errorf("abnormal: heat %d %+v, turn %d, all %+v", heat.Abnormal, heat.Alarms, turn.Abnormal, o.Alarms)
	}
	if heat.Commands.Open != 1 || turn.Commands.Waiting != 1 || o.Waiting != 1 {
		t.Errorf("commands: %+v, %+v, %d", heat.Commands, turn.Commands, o.Waiting)
	}
	if len(heat.Rules) != 1 || len(o.Rules) != 1 || o.Rules[0].ID != "r2" {
		t.Errorf("rules: %+v on the tile, %+v beside", heat.Rules, o.Rules)
	}
	held, limited := heat.Readings[0], heat.Readings[1]
	if held.Basis != FromLoop || *held.Low != 600 || *held.SP != 840 || held.Place != Normal {
		t.Errorf("held: %+v", held)
	}
	if limited.Machine != "F2" || limited.Basis != FromLimits || *limited.Low != 700 || *limited.High != 810 || limited.Place != High || limited.Priority != 3 || len(limited.Marks) != 3 {
		t.Errorf("limited: %+v", limited)
	}
	if *limited.ScaleLow >= 700 || *limited.ScaleHigh <= 830 {
		t.Errorf("scale %v to %v", *limited.ScaleLow, *limited.ScaleHigh)
	}
}

// TestOverview_OldIsNeverShownAsNew: a value without contact, or a bad one, is stale.
func TestOverview_OldIsNeverShownAsNew(t *testing.T) {
	w, d := newWorld()
	lost := w.live["F1"]
	lost.Link = false
	w.live["F1"] = lost
	bad := w.live["L1"].Values
	bad["power"] = Value{Quality: "bad: not connected", At: 4}
	o := w.look(t, d, "")
	heat, turn := o.Tiles[0], o.Tiles[1]
	if !heat.Stale || heat.States.Lost != 1 || heat.Readings[0].Place != Stale || *heat.Readings[0].Value != 845 || heat.Readings[0].At != 5 {
		t.Errorf("lost: %+v", heat)
	}
	if !turn.Stale || turn.Readings[0].Place != Stale || turn.Readings[0].Value != nil {
		t.Errorf("bad: %+v", turn)
	}
	// A machine that nobody heard of is unknown, not standing.
	delete(w.live, "L1")
	if s := w.look(t, d, "B").Tiles[0].State; s.Code != "UNKNOWN" || s.Link {
		t.Errorf("never heard: %+v", s)
	}
}

func TestOverview_LevelTwo(t *testing.T) {
	w, d := newWorld()
	o := w.look(t, d, "A")
	if o.Level != 2 || o.Place.ID != "A" || len(o.Tiles) != 2 || o.Tiles[0].State.Code != "EXECUTING" {
		t.Fatalf("level 2: %+v", o)
	}
	p := o.Tiles[0].SetPoints
	if len(p) != 1 || p[0].Interlock.ZH != "门关" || *p[0].Value != 70 || p[0].Stale {
		t.Errorf("set points: %+v", p)
	}
	if _, err := d.Overview(t.Context(), access.Scope{Tenant: 1}, "nowhere"); !errors.Is(err, access.ErrNotFound) {
		t.Errorf("nowhere: %v", err)
	}
}

// TestOverview_Scope: who may see one machine sees its area with that machine alone.
func TestOverview_Scope(t *testing.T) {
	_, d := newWorld()
	o, err := d.Overview(t.Context(), access.Scope{Tenant: 1, Path: "firm/site/heat/f2"}, "")
	if err != nil || len(o.Tiles) != 1 || o.Tiles[0].ID != "A" || o.Tiles[0].States.Machines != 1 {
		t.Fatalf("one machine's scope: %+v, %v", o.Tiles, err)
	}
	for _, r := range o.Tiles[0].Readings {
		if r.Machine != "F2" {
			t.Errorf("shown outside the scope: %+v", r)
		}
	}
}

func TestSave(t *testing.T) {
	w, d := newWorld()
	want := Layout{Place: "A", Indicators: []Choice{{Machine: "F2", Signal: "power", Low: new(20.0), High: new(40.0)}, {Machine: "F1", Signal: "temperature"}}}
	l, err := d.Save(t.Context(), who, want)
	if err != nil || l.Rev != 1 || l.Path != "firm/site/heat" {
		t.Fatalf("Save = %+v, %v", l, err)
	}
	tile := w.look(t, d, "").Tiles[0]
	if !tile.Own || tile.LaidOut != 1 || len(tile.Readings) != 2 || tile.Readings[0].Signal != "power" || tile.Readings[0].Place != High || tile.Readings[0].Basis != FromLayout {
		t.Errorf("laid out: %+v", tile)
	}
	if _, err := d.Save(t.Context(), who, want); !errors.Is(err, access.ErrConflict) {
		t.Errorf("saved from a revision that was not seen: %v", err)
	}
	l.Indicators = nil
	if l, err = d.Save(t.Context(), who, l); err != nil || l.Rev != 2 {
		t.Fatalf("taken back: %+v, %v", l, err)
	}
	if tile := w.look(t, d, "").Tiles[0]; tile.Own || tile.LaidOut != 2 || len(tile.Readings) == 0 {
		t.Errorf("taken back: %+v", tile)
	}
	viewer := access.As("v", "v", access.Scope{Tenant: 1}, access.Read)
	if _, err := d.Save(t.Context(), viewer, want); !errors.Is(err, access.ErrForbidden) {
		t.Errorf("by a viewer: %v", err)
	}
	for name, choices := range map[string][]Choice{
		"another area": {{Machine: "L1", Signal: "power"}},
		"no signal":    {{Machine: "F1", Signal: "nothing"}},
		"twice":        {{Machine: "F1", Signal: "power"}, {Machine: "F1", Signal: "power", Low: new(1.0)}},
		"range":        {{Machine: "F1", Signal: "power", Low: new(2.0), High: new(1.0)}},
		"too many":     slices.Repeat([]Choice{{Machine: "F1", Signal: "power"}}, 13),
	} {
		if _, err := d.Save(t.Context(), who, Layout{Place: "A", Rev: 2, Indicators: choices}); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v; want ErrInvalid", name, err)
		}
	}
	if _, err := d.Save(t.Context(), who, Layout{Place: "B", Indicators: []Choice{{Machine: "L1", Signal: "state"}}}); !errors.Is(err, ErrInvalid) {
		t.Errorf("a code as an indicator: %v", err)
	}
}
