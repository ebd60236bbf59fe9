package recordtest

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"

	"zhigai/access"
	"zhigai/plant"
)

func plantsRename(t *testing.T, s PlantStore) {
	imported(t, s, small(), month(1))
	before := model(t, s, whole, month(1))
	m1, line := find(t, before, "e/s/l_1/m1"), find(t, before, "e/s/l_1")
	numbered := ensured(t, s, 1, tag(m1.ID, m1.Path, "x"))[0]
	unmoved := revision(t, s, 1)
	line.Path = "e/s/new"
	if _, _, err := s.SaveNode(t.Context(), whole, line, rev(t, s, line.ID), month(4)); err != nil {
		t.Fatalf("rename: %v", err)
	}
	if got := model(t, s, whole, month(3)); paths(got) != paths(before) {
		t.Errorf("March = %s; want the old names", paths(got))
	}
	after := model(t, s, whole, month(4))
	if got, want := paths(after), "e e/s e/s/l-1 e/s/l-1/m3 e/s/new e/s/new/m1 e/s/new/m2"; got != want {
		t.Errorf("April = %s; want %s", got, want)
	}
	if got := find(t, after, "e/s/new/m1"); got.ID != m1.ID || got.Parent != line.ID {
		t.Errorf("renamed machine = %+v; want id %s under %s", got, m1.ID, line.ID)
	}
	if rev := revision(t, s, 1); rev <= unmoved {
		t.Errorf("revision of tags = %d, before they moved %d", rev, unmoved)
	}
	if got, err := s.TagByNo(t.Context(), access.Scope{Tenant: 1, Path: "e/s/new"}, numbered.No); err != nil || got.Path != "e/s/new/m1/x" {
		t.Errorf("tag after the rename = %+v, %v; want it under the new path", got, err)
	}
	line.Path = "e/s/new/below"
	if _, _, err := s.SaveNode(t.Context(), whole, line, rev(t, s, line.ID), month(5)); err == nil {
		t.Error("a node moved below itself")
	}
	line.Path = "e/s/l-1"
	if _, _, err := s.SaveNode(t.Context(), whole, line, rev(t, s, line.ID), month(5)); !errors.Is(err, access.ErrConflict) {
		t.Errorf("a node moved onto another: %v; want ErrConflict", err)
	}
	line.Path = "e/s/early"
	if _, _, err := s.SaveNode(t.Context(), whole, line, rev(t, s, line.ID), month(2)); !errors.Is(err, access.ErrConflict) {
		t.Errorf("a rename before a later one: %v; want ErrConflict", err)
	}
}

func plantsRetire(t *testing.T, s PlantStore) {
	imported(t, s, small(), month(1))
	line := find(t, model(t, s, whole, month(1)), "e/s/l_1")
	if err := s.Retire(t.Context(), whole, line.ID, rev(t, s, line.ID), month(4)); err != nil {
		t.Fatalf("Retire: %v", err)
	}
	if got := len(model(t, s, whole, month(3)).Nodes); got != 7 {
		t.Errorf("nodes in March = %d; want 7", got)
	}
	if got, want := paths(model(t, s, whole, month(4))), "e e/s e/s/l-1 e/s/l-1/m3"; got != want {
		t.Errorf("April = %s; want %s", got, want)
	}
	gone := func(at plant.Micros) string {
		nodes, err := s.Retired(t.Context(), whole, at)
		if err != nil {
			t.Fatalf("Retired: %v", err)
		}
		return paths(plant.Model{Nodes: nodes})
	}
	if got := gone(month(3)); got != "" {
		t.Errorf("retired in March: %s", got)
	}
	if got, want := gone(month(4)), "e/s/l_1 e/s/l_1/m1 e/s/l_1/m2"; got != want {
		t.Errorf("retired in April: %s; want %s", got, want)
	}
	if err := s.Retire(t.Context(), whole, line.ID, rev(t, s, line.ID), month(5)); !errors.Is(err, access.ErrConflict) {
		t.Errorf("Retire twice: %v; want ErrConflict", err)
	}
	if _, _, err := s.SaveNode(t.Context(), whole, machine("e/s/l_1/m7"), 0, month(5)); !errors.Is(err, access.ErrInvalid) {
		t.Errorf("a machine below a retired line: %v; want ErrInvalid", err)
	}
	fresh, _, err := s.SaveNode(t.Context(), whole, node("e/s/l_1", plant.LevelLine), 0, month(6))
	if err != nil || fresh.ID == line.ID {
		t.Errorf("a new line in the old one's place = %+v, %v; want a new id", fresh, err)
	}
	last := find(t, model(t, s, whole, month(1)), "e/s/l-1/m3")
	if err := s.Retire(t.Context(), whole, last.ID, rev(t, s, last.ID), month(1)-1); err != nil {
		t.Errorf("Retire before it began: %v", err)
	}
	if got := paths(model(t, s, whole, month(1))); strings.Contains(got, "m3") {
		t.Errorf("January = %s; want no m3", got)
	}
}

func plantsMistakes(t *testing.T, s PlantStore) {
	imported(t, s, small(), month(1))
	before := model(t, s, whole, month(2))
	good := node("e/t", plant.LevelSite)
	bad := func(name string, change func(m *plant.Model)) {
		t.Helper()
		m := plant.Model{Nodes: []plant.Node{good}, Products: []plant.Product{{Code: "new", Name: plant.Name{ZH: "x"}}}}
		change(&m)
		if err := s.Import(t.Context(), whole, m, month(2)); !errors.Is(err, access.ErrInvalid) {
			t.Errorf("%s: %v; want ErrInvalid", name, err)
		}
		if got := model(t, s, whole, month(2)); !reflect.DeepEqual(got, before) {
			t.Fatalf("%s: the import left something behind: %s %+v", name, paths(got), got.Products)
		}
	}
	add := func(n plant.Node) func(*plant.Model) {
		return func(m *plant.Model) { m.Nodes = append(m.Nodes, n) }
	}
	bad("missing parent", add(machine("e/t/x/m")))
	bad("level turned round", add(node("e/s/l_1/s", plant.LevelSite)))
	bad("unknown level", add(node("e/t/x", "hall")))
	bad("bad path", add(machine("e/T")))
	bad("no name", add(plant.Node{Path: "e/t/x", Level: plant.LevelLine}))
	bad("machine without a section", add(node("e/t/m", plant.LevelEquipment)))
	second := node("f", plant.LevelSite)
	bad("outermost is no enterprise", add(second))
	wrong := node("e/t/x", plant.LevelLine)
	wrong.Calendar = "nowhere"
	bad("unknown calendar", add(wrong))
	cycle := machine("e/t/m")
	cycle.Machine.Cycles[0].PRUms = 0
	bad("cycle of no time", add(cycle))
	raised := node("e/s", plant.LevelLine)
	bad("level below its children's", add(raised))
	bad("bad calendar", func(m *plant.Model) { m.Calendars = []plant.Calendar{{Code: "x", Zone: "Nowhere"}} })
	bad("bad product", func(m *plant.Model) { m.Products = append(m.Products, plant.Product{Code: "a\x00"}) })
	if err := s.Import(t.Context(), access.Scope{}, small(), month(1)); !errors.Is(err, access.ErrInvalid) {
		t.Errorf("tenant 0: %v; want ErrInvalid", err)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Import(cancelled, whole, small(), month(1)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled import: %v; want context.Canceled", err)
	}
}

func plantsRoundTrip(t *testing.T, from, to PlantStore) {
	imported(t, from, small(), month(3))
	m := model(t, from, whole, month(4))
	imported(t, to, m, month(9))
	if got := model(t, to, whole, month(4)); !reflect.DeepEqual(got, m) {
		t.Errorf("a plant moved to another node changed:\n%+v\n%+v", got, m)
	}
}
