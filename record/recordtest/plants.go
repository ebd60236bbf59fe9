package recordtest

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/shop/equipment"
)

// PlantStore is the plant model with the tags that move with it.
type PlantStore interface {
	equipment.Plants
	Retired(ctx context.Context, scope access.Scope, at plant.Micros) ([]plant.Node, error)
	equipment.Tags
}

var whole = access.Scope{Tenant: 1}

func month(m time.Month) plant.Micros {
	return plant.MicrosOf(time.Date(2026, m, 1, 0, 0, 0, 0, time.UTC))
}

func at(m time.Month) time.Time { return month(m).Time() }

func node(path string, level plant.Level) plant.Node {
	return plant.Node{Path: path, Level: level, Name: plant.Name{ZH: "名 " + path}}
}

func machine(path string) plant.Node {
	n := node(path, plant.LevelEquipment)
	n.Machine = &plant.Equipment{
		Class: "lathe", Profile: "p", Device: plant.Device{Driver: "opcua", Address: path},
		Cycles: []plant.Cycle{{Product: "*", PRUms: 1000, Valid: plant.Validity{From: at(1)}}},
	}
	return n
}

func calendar() plant.Calendar {
	return plant.Calendar{
		Code: "day", Name: plant.Name{ZH: "白班"}, Zone: "Asia/Shanghai",
		Shifts: []plant.Shift{{Code: "a", Name: plant.Name{ZH: "早"}, Start: "08:00", End: "16:00", Weekdays: []int{1, 2}}},
	}
}

// small is a plant with two lines and three machines.
func small() plant.Model {
	site := node("e/s", plant.LevelSite)
	site.Calendar = "day"
	return plant.Model{
		Nodes: []plant.Node{
			machine("e/s/l_1/m1"), node("e/s/l_1", plant.LevelLine), node("e", plant.LevelEnterprise), site,
			machine("e/s/l_1/m2"), node("e/s/l-1", plant.LevelLine), machine("e/s/l-1/m3"),
		},
		Products:  []plant.Product{{Code: "p1", Name: plant.Name{ZH: "套圈"}}},
		Calendars: []plant.Calendar{calendar()},
	}
}

// Plants tests equipment.Plants.
func Plants(t *testing.T, open func(t *testing.T) PlantStore) {
	t.Run("ImportAndModel", func(t *testing.T) { plantsImport(t, open(t)) })
	t.Run("VersionsInTime", func(t *testing.T) { plantsVersions(t, open(t)) })
	t.Run("BackdatedChange", func(t *testing.T) { plantsBackdated(t, open(t)) })
	t.Run("RevisionConflict", func(t *testing.T) { plantsConflict(t, open(t)) })
	t.Run("Scope", func(t *testing.T) { plantsScope(t, open(t)) })
	t.Run("Rename", func(t *testing.T) { plantsRename(t, open(t)) })
	t.Run("Retire", func(t *testing.T) { plantsRetire(t, open(t)) })
	t.Run("MistakesRollBackWholly", func(t *testing.T) { plantsMistakes(t, open(t)) })
	t.Run("ExportImportExport", func(t *testing.T) { plantsRoundTrip(t, open(t), open(t)) })
}

func imported(t *testing.T, s equipment.Plants, m plant.Model, from plant.Micros) {
	t.Helper()
	if err := s.Import(t.Context(), whole, m, from); err != nil {
		t.Fatalf("Import: %v", err)
	}
}

func model(t *testing.T, s equipment.Plants, scope access.Scope, at plant.Micros) plant.Model {
	t.Helper()
	m, err := s.Model(t.Context(), scope, at)
	if err != nil {
		t.Fatalf("Model(%+v): %v", scope, err)
	}
	return m
}

func paths(m plant.Model) string {
	var out []string
	for _, n := range m.Nodes {
		out = append(out, n.Path)
	}
	return strings.Join(out, " ")
}

func find(t *testing.T, m plant.Model, path string) plant.Node {
	t.Helper()
	for _, n := range m.Nodes {
		if n.Path == path {
			return n
		}
	}
	t.Fatalf("no node %s among %s", path, paths(m))
	return plant.Node{}
}

func rev(t *testing.T, s equipment.Plants, id plant.NodeID) int64 {
	t.Helper()
	r, err := s.Revision(t.Context(), whole, id)
	if err != nil {
		t.Fatalf("Revision(%s): %v", id, err)
	}
	return r
}

func plantsImport(t *testing.T, s PlantStore) {
	if m := model(t, s, whole, month(3)); len(m.Nodes)+len(m.Calendars)+len(m.Products) != 0 {
		t.Errorf("Model of nothing = %+v", m)
	}
	imported(t, s, small(), month(3))
	if got := model(t, s, whole, month(3)-1); len(got.Nodes) != 0 {
		t.Errorf("Model before the import = %s; want no nodes", paths(got))
	}
	m := model(t, s, whole, month(3))
	const want = "e e/s e/s/l-1 e/s/l-1/m3 e/s/l_1 e/s/l_1/m1 e/s/l_1/m2"
	if got := paths(m); got != want {
		t.Errorf("nodes = %s; want parents first: %s", got, want)
	}
	ids := map[plant.NodeID]string{}
	for _, n := range m.Nodes {
		if n.ID == "" || ids[n.ID] != "" || ids[n.Parent] != plant.ParentPath(n.Path) {
			t.Errorf("node %s has id %q and parent %q (%s)", n.Path, n.ID, n.Parent, ids[n.Parent])
		}
		ids[n.ID] = n.Path
		if n.Valid.From != at(3) || !n.Valid.To.IsZero() {
			t.Errorf("node %s is valid %+v; want from March on", n.Path, n.Valid)
		}
		if n.Machine != nil && (n.Machine.Device.ID == "" || n.Machine.Device.Address != n.Path || n.Machine.Cycles[0].Valid.From != at(1)) {
			t.Errorf("machine %s = %+v", n.Path, n.Machine)
		}
	}
	if len(m.Calendars) != 1 || m.Calendars[0].ID == "" || m.Calendars[0].Shifts[0].Start != "08:00" || len(m.Products) != 1 || m.Products[0].ID == "" {
		t.Errorf("calendars %+v, products %+v", m.Calendars, m.Products)
	}
	before := rev(t, s, m.Nodes[0].ID)
	imported(t, s, small(), month(5))
	imported(t, s, m, month(6))
	if again := model(t, s, whole, month(7)); !reflect.DeepEqual(again, m) || rev(t, s, m.Nodes[0].ID) != before {
		t.Errorf("the same file again changed the plant:\n%+v\n%+v", again, m)
	}
}

func plantsVersions(t *testing.T, s PlantStore) {
	imported(t, s, small(), month(1))
	m1 := find(t, model(t, s, whole, month(1)), "e/s/l_1/m1")
	change := m1
	copied := *m1.Machine
	copied.Class, copied.Device.ID = "grinder", ""
	change.Machine, change.ID = &copied, ""
	change.Valid = plant.Validity{}
	imported(t, s, plant.Model{Nodes: []plant.Node{change}}, month(4))
	march, may := find(t, model(t, s, whole, month(3)), m1.Path), find(t, model(t, s, whole, month(5)), m1.Path)
	if march.Machine.Class != "lathe" || may.Machine.Class != "grinder" || march.ID != may.ID || march.Machine.Device.ID != may.Machine.Device.ID {
		t.Errorf("March %+v, May %+v; want lathe, then grinder, under the same ids", march, may)
	}
	if march.Valid.To != at(4) || may.Valid.From != at(4) {
		t.Errorf("validities %+v, %+v; want a change on April 1", march.Valid, may.Valid)
	}
	c := calendar()
	c.Shifts[0].Start = "07:00"
	if err := s.SaveCalendar(t.Context(), whole, c, month(6)); err != nil {
		t.Fatal(err)
	}
	if got := model(t, s, whole, month(5)).Calendars[0].Shifts[0].Start; got != "08:00" {
		t.Errorf("May's shift starts %s; want 08:00", got)
	}
	if got := model(t, s, whole, month(6)).Calendars; len(got) != 1 || got[0].Shifts[0].Start != "07:00" {
		t.Errorf("June's calendars = %+v; want one, from 07:00", got)
	}
	if err := s.SaveProduct(t.Context(), whole, plant.Product{Code: "p1", Name: plant.Name{ZH: "新名"}}); err != nil {
		t.Fatal(err)
	}
	if got := model(t, s, whole, month(1)).Products; len(got) != 1 || got[0].Name.ZH != "新名" {
		t.Errorf("products = %+v; want one, renamed", got)
	}
}

// A version holds until the next one begins, also one that is put in late.
func plantsBackdated(t *testing.T, s PlantStore) {
	imported(t, s, small(), month(1))
	save := func(name string, from plant.Micros) {
		t.Helper()
		n := find(t, model(t, s, whole, month(1)), "e/s/l_1")
		n.Name.ZH = name
		if _, _, err := s.SaveNode(t.Context(), whole, n, rev(t, s, n.ID), from); err != nil {
			t.Fatalf("SaveNode %s: %v", name, err)
		}
	}
	save("june", month(6))
	save("march", month(3))
	save("march again", month(3))
	for m, want := range map[time.Month]string{1: "名 e/s/l_1", 2: "名 e/s/l_1", 3: "march again", 5: "march again", 6: "june", 12: "june"} {
		if got := find(t, model(t, s, whole, month(m)), "e/s/l_1").Name.ZH; got != want {
			t.Errorf("name in month %d = %s; want %s", m, got, want)
		}
	}
}

func plantsConflict(t *testing.T, s PlantStore) {
	imported(t, s, small(), month(1))
	n := find(t, model(t, s, whole, month(1)), "e/s/l_1")
	seen := rev(t, s, n.ID)
	n.Name.ZH = "first"
	saved, now, err := s.SaveNode(t.Context(), whole, n, seen, month(2))
	if err != nil || now != seen+1 || saved.Name.ZH != "first" || saved.Parent != n.Parent || saved.ID != n.ID || saved.Path != n.Path {
		t.Fatalf("SaveNode = %+v, %d, %v; want revision %d", saved, now, err, seen+1)
	}
	n.Name.ZH = "second"
	if _, _, err := s.SaveNode(t.Context(), whole, n, seen, month(3)); !errors.Is(err, access.ErrConflict) {
		t.Errorf("SaveNode with the revision before: %v; want ErrConflict", err)
	}
	if err := s.Retire(t.Context(), whole, n.ID, seen, month(3)); !errors.Is(err, access.ErrConflict) {
		t.Errorf("Retire with the revision before: %v; want ErrConflict", err)
	}
	if got := find(t, model(t, s, whole, month(4)), n.Path).Name.ZH; got != "first" {
		t.Errorf("name = %s; want first", got)
	}
	taken := machine("e/s/l_1/m1")
	if _, _, err := s.SaveNode(t.Context(), whole, taken, 0, month(3)); !errors.Is(err, access.ErrConflict) {
		t.Errorf("SaveNode of a new node under a taken path: %v; want ErrConflict", err)
	}
	taken.ID = "another"
	if _, _, err := s.SaveNode(t.Context(), whole, taken, 0, month(3)); !errors.Is(err, access.ErrConflict) {
		t.Errorf("SaveNode of another id under a taken path: %v; want ErrConflict", err)
	}
	fresh, one, err := s.SaveNode(t.Context(), whole, machine("e/s/l_1/m9"), 0, month(3))
	if err != nil || one != 1 || fresh.ID == "" || fresh.Machine.Device.ID == "" {
		t.Errorf("SaveNode of a new node = %+v, %d, %v", fresh, one, err)
	}
	if _, err := s.Revision(t.Context(), whole, "nobody"); !errors.Is(err, access.ErrNotFound) {
		t.Errorf("Revision of an unknown id: %v; want ErrNotFound", err)
	}
	unknown := machine("e/s/l_1/m8")
	unknown.ID = "nobody"
	if _, _, err := s.SaveNode(t.Context(), whole, unknown, 3, month(3)); !errors.Is(err, access.ErrNotFound) {
		t.Errorf("SaveNode of an unknown id: %v; want ErrNotFound", err)
	}
	if err := s.Retire(t.Context(), whole, "nobody", 1, month(3)); !errors.Is(err, access.ErrNotFound) {
		t.Errorf("Retire of an unknown id: %v; want ErrNotFound", err)
	}
}

func plantsScope(t *testing.T, s PlantStore) {
	imported(t, s, small(), month(1))
	line := access.Scope{Tenant: 1, Path: "e/s/l_1"}
	m := model(t, s, line, month(2))
	if got, want := paths(m), "e e/s e/s/l_1 e/s/l_1/m1 e/s/l_1/m2"; got != want {
		t.Errorf("Model within the line = %s; want it and what encloses it: %s", got, want)
	}
	foreign := access.Scope{Tenant: 2}
	if got := model(t, s, foreign, month(2)); len(got.Nodes)+len(got.Calendars)+len(got.Products) != 0 {
		t.Errorf("a foreign tenant sees %+v", got)
	}
	all := model(t, s, whole, month(2))
	outside, inside := find(t, all, "e/s/l-1/m3"), find(t, all, "e/s/l_1/m1")
	for _, scope := range []access.Scope{line, foreign} {
		if _, err := s.Revision(t.Context(), scope, outside.ID); !errors.Is(err, access.ErrNotFound) {
			t.Errorf("Revision(%+v): %v; want ErrNotFound", scope, err)
		}
		if err := s.Retire(t.Context(), scope, outside.ID, 1, month(2)); !errors.Is(err, access.ErrNotFound) {
			t.Errorf("Retire(%+v): %v; want ErrNotFound", scope, err)
		}
	}
	refused := func(name string, err error, want error) {
		t.Helper()
		if !errors.Is(err, want) {
			t.Errorf("%s: %v; want %v", name, err, want)
		}
	}
	save := func(n plant.Node, r int64) error {
		_, _, err := s.SaveNode(t.Context(), line, n, r, month(2))
		return err
	}
	refused("a new node outside", save(machine("e/s/l-1/m9"), 0), access.ErrForbidden)
	refused("a node outside", save(outside, 1), access.ErrForbidden)
	taken := outside
	taken.Path = "e/s/l_1/m3"
	refused("a node taken from outside", save(taken, 1), access.ErrNotFound)
	given := inside
	given.Path = "e/s/l-1/m1"
	refused("a node given away", save(given, 1), access.ErrForbidden)
	c := calendar()
	c.Zone = "UTC"
	refused("the plant's calendar", s.SaveCalendar(t.Context(), line, c, month(2)), access.ErrForbidden)
	refused("the plant's products", s.SaveProduct(t.Context(), line, plant.Product{Code: "x", Name: plant.Name{ZH: "x"}}), access.ErrForbidden)
	refused("the whole plant's file", s.Import(t.Context(), line, plant.Model{Nodes: []plant.Node{machine("e/s/l-1/m9")}}, month(2)), access.ErrForbidden)
	if err := s.Import(t.Context(), line, m, month(2)); err != nil {
		t.Errorf("a scope's own export imported again: %v", err)
	}
	if got := model(t, s, whole, month(3)); !reflect.DeepEqual(got, all) {
		t.Errorf("refused changes left traces: %+v", got)
	}
}
