package recordtest

import (
	"errors"
	"reflect"
	"testing"

	"zhigai/access"
	"zhigai/programme/target/task"
)

// targetTasks: tasks and units are kept with every revision, several at once or
// none of them.
func targetTasks(t *testing.T, s task.Store) {
	ctx := t.Context()
	one := func(target, region string, year int, unit string) task.Task {
		planned := 0.1 + 0.2 // no short decimal
		return task.Task{Target: target, Region: region, Year: year, Unit: unit, Planned: &planned, Duty: "'\\x\"", Person: "张"}
	}
	saved, err := s.SaveTasks(ctx, 1, []task.Task{one("T05", "330000", 2022, "u"), one("T05", "330600", 2022, "v"), one("T08", "330624", 2022, "u"), one("T05", "330000", 2021, "u")})
	must(t, err)
	list := func(f task.Filter, want ...task.Task) {
		t.Helper()
		got, err := s.Tasks(ctx, 1, f, 10)
		if err != nil || len(got) != len(want) || len(want) > 0 && !reflect.DeepEqual(got, want) {
			t.Errorf("%+v: %+v %v; want %+v", f, got, err, want)
		}
	}
	list(task.Filter{Year: 2022}, saved[0], saved[1], saved[2])
	list(task.Filter{Year: 2022, Target: "T05"}, saved[0], saved[1])
	list(task.Filter{Year: 2022, Region: "3306"}, saved[1], saved[2])
	list(task.Filter{Year: 2022, Unit: "u", Region: "33"}, saved[0], saved[2])
	list(task.Filter{Year: 2020})
	if other, err := s.Tasks(ctx, 2, task.Filter{Year: 2022}, 10); err != nil || len(other) != 0 {
		t.Errorf("another tenant's: %v %v", other, err)
	}
	again := saved[1]
	again.Void = true
	stale := saved[0]
	stale.Rev = 7
	if _, err := s.SaveTasks(ctx, 1, []task.Task{again, stale}); !errors.Is(err, access.ErrConflict) {
		t.Errorf("a revision that nobody read: %v", err)
	}
	list(task.Filter{Year: 2022, Target: "T05"}, saved[0], saved[1])
	if _, err := s.SaveTasks(ctx, 1, []task.Task{again}); err != nil {
		t.Fatal(err)
	}
	list(task.Filter{Year: 2022, Target: "T05"}, saved[0])
	got, err := s.Task(ctx, 1, again.ID)
	if err != nil || !got.Void || got.Rev != 2 {
		t.Errorf("taken back: %+v %v", got, err)
	}
	if history, err := s.TaskHistory(ctx, 1, again.ID); err != nil || len(history) != 2 || history[0].Void || !history[1].Void {
		t.Errorf("history: %+v %v", history, err)
	}
	if _, err := s.Task(ctx, 2, again.ID); !errors.Is(err, access.ErrNotFound) {
		t.Errorf("another tenant's: %v", err)
	}
	u, err := s.SaveUnit(ctx, 1, task.Unit{ID: "given", Name: "厅", Level: "province", Region: "330000", Successors: []string{"x"}})
	must(t, err)
	u.Name = "局"
	_, err = s.SaveUnit(ctx, 1, u)
	must(t, err)
	if _, err := s.SaveUnit(ctx, 1, u); !errors.Is(err, access.ErrConflict) {
		t.Errorf("over a newer revision: %v", err)
	}
	if units, err := s.Units(ctx, 1); err != nil || len(units) != 1 || units[0].Name != "局" || units[0].Rev != 2 {
		t.Errorf("units: %+v %v", units, err)
	}
	if history, err := s.UnitHistory(ctx, 1, "given"); err != nil || len(history) != 2 || history[0].Name != "厅" {
		t.Errorf("history: %+v %v", history, err)
	}
	if units, err := s.Units(ctx, 2); err != nil || len(units) != 0 {
		t.Errorf("another tenant's: %v %v", units, err)
	}
}
