package recordtest

import (
	"errors"
	"reflect"
	"testing"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/programme/target"
	"zhigai/programme/target/ledger"
	"zhigai/programme/target/task"
)

// RegisterStore keeps registers and the settings beside them.
type RegisterStore interface {
	target.Registers
	target.SettingsStore
	ledger.Store
	task.Store
}

// Registers is what every keeper of registers must do.
func Registers(t *testing.T, open func(t *testing.T) RegisterStore) {
	t.Run("settings", func(t *testing.T) { targetSettings(t, open(t)) })
	t.Run("entries", func(t *testing.T) { registerEntries(t, open(t)) })
	t.Run("pages", func(t *testing.T) { registerPages(t, open(t)) })
	t.Run("returns", func(t *testing.T) { registerReturns(t, open(t)) })
	t.Run("tasks", func(t *testing.T) { targetTasks(t, open(t)) })
	t.Run("sheets", func(t *testing.T) { registerSheets(t, open(t)) })
}

var everywhere = []access.Area{{}}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func registerEntries(t *testing.T, s target.Registers) {
	ctx := t.Context()
	robot := target.Entry{
		Kind: "robot", Firm: "bearing", Region: "330624", Sector: "C3451", Title: "上料机器人", From: 1000, Basis: target.Declared, Remark: "二手",
		Robot: &target.Plate{Maker: "发那科", Serial: "F-1", Model: "M-20", Axes: 6, Station: "磨床1"},
	}
	a, err := s.SaveEntry(ctx, 1, robot)
	must(t, err)
	if a.ID == "" || a.Rev != 1 {
		t.Fatalf("saved as %+v", a)
	}
	got, err := s.Entry(ctx, 1, everywhere, a.ID)
	must(t, err)
	if !reflect.DeepEqual(got, a) {
		t.Errorf("read %+v; saved %+v", got, a)
	}
	if _, err := s.SaveEntry(ctx, 1, robot); !errors.Is(err, access.ErrConflict) {
		t.Errorf("the same robot again: %v", err)
	}
	if _, err := s.SaveEntry(ctx, 2, robot); err != nil {
		t.Errorf("the same serial number at another tenant: %v", err)
	}
	void := a
	void.Void = true
	void, err = s.SaveEntry(ctx, 1, void)
	must(t, err)
	if _, err := s.SaveEntry(ctx, 1, a); !errors.Is(err, access.ErrConflict) {
		t.Errorf("a change of revision 1 behind revision %d: %v", void.Rev, err)
	}
	again, err := s.SaveEntry(ctx, 1, robot) // what was entered in error stands in nobody's way
	must(t, err)
	missing := again
	missing.ID, missing.Rev = "nobody", 3
	if _, err := s.SaveEntry(ctx, 1, missing); !errors.Is(err, access.ErrNotFound) {
		t.Errorf("a change of what is not there: %v", err)
	}
	for _, areas := range [][]access.Area{nil, {{Region: "3307"}}, {{Sector: "C17"}}, {{Enterprise: "other"}}, {{Region: "3306", Sector: "C17"}}} {
		if _, err := s.Entry(ctx, 1, areas, again.ID); !errors.Is(err, access.ErrNotFound) {
			t.Errorf("seen from %v: %v", areas, err)
		}
	}
	for _, areas := range [][]access.Area{{{Region: "3306"}}, {{Sector: "C"}}, {{Enterprise: "bearing"}}, {{Region: "3307"}, {Region: "330624", Sector: "C34"}}} {
		if list, err := s.Entries(ctx, 1, areas, []string{"robot"}); err != nil || len(list) != 1 || list[0].ID != again.ID {
			t.Errorf("listed from %v: %v %v", areas, list, err)
		}
	}
	changes, err := s.History(ctx, 1, a.ID)
	must(t, err)
	if len(changes) != 2 || !reflect.DeepEqual(changes[0].Entry, a) || !reflect.DeepEqual(changes[1].Entry, void) || changes[0].At == 0 || changes[0].Who == "" {
		t.Errorf("history %+v", changes)
	}
}

func registerPages(t *testing.T, s target.Registers) {
	ctx := t.Context()
	year := target.Year(2022)
	save := func(kind, region, title string, from, to plant.Micros) target.Entry {
		t.Helper()
		e, err := s.SaveEntry(ctx, 1, target.Entry{Kind: kind, Region: region, Title: title, Paper: "经信〔2022〕7号", From: from, To: to, Basis: target.Audited})
		must(t, err)
		return e
	}
	old := save("champion", "330624", "甲_旧", 5, year.From)
	one := save("champion", "330624", "甲_100%", year.From, 0)
	two := save("champion", "330702", "乙", year.From, 0)
	last := save("smart_factory", "330702", "丙", year.To, 0)
	page := func(f target.Filter, areas []access.Area, want ...target.Entry) {
		t.Helper()
		var got []target.Entry
		for after := ""; ; {
			rows, err := s.Page(ctx, 1, areas, f, after, 1)
			must(t, err)
			if len(rows) == 0 {
				break
			}
			got, after = append(got, rows[0]), target.KeyOf(rows[0])
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%+v from %v: %+v; want %+v", f, areas, got, want)
		}
	}
	page(target.Filter{}, everywhere, last, one, two, old)
	page(target.Filter{Kind: "champion"}, everywhere, one, two, old)
	page(target.Filter{Year: 2022}, everywhere, one, two)
	page(target.Filter{Ends: plant.Span{From: year.From, To: year.To}}, everywhere, old)
	page(target.Filter{Ends: plant.Span{From: year.From + 1, To: year.To}}, everywhere)
	page(target.Filter{Region: "3306"}, everywhere, one, old)
	page(target.Filter{Text: "_1"}, everywhere, one)
	page(target.Filter{Text: "00%"}, everywhere, one)
	page(target.Filter{Text: "7号"}, []access.Area{{Region: "3307"}}, last, two)
	page(target.Filter{}, nil)
	if _, err := s.Page(ctx, 1, everywhere, target.Filter{}, "nonsense", 1); !errors.Is(err, target.ErrInvalid) {
		t.Errorf("a foreign cursor: %v", err)
	}
	one.Void = true
	one, err := s.SaveEntry(ctx, 1, one)
	must(t, err)
	page(target.Filter{Year: 2022}, everywhere, two)
	page(target.Filter{Year: 2022, Void: true}, everywhere, one, two)
	if list, err := s.Entries(ctx, 1, everywhere, []string{"champion"}); err != nil || len(list) != 2 {
		t.Errorf("those that count: %v %v", list, err)
	}
}

func registerReturns(t *testing.T, s target.Registers) {
	ctx := t.Context()
	save := func(firm string, year int, name string, value, rev int64) target.Return {
		t.Helper()
		r, err := s.SaveReturn(ctx, 1, target.Return{Firm: firm, Year: year, Name: name, Value: value, Basis: target.Declared, Rev: rev})
		must(t, err)
		return r
	}
	first := save("b", 2022, "machines", 10, 0)
	save("a", 2022, "machines", 7, 0)
	save("a", 2022, "employees", 70, 0)
	save("a", 2021, "machines", 6, 0)
	if _, err := s.SaveReturn(ctx, 1, target.Return{Firm: "b", Year: 2022, Name: "machines", Value: 11, Basis: target.Declared}); !errors.Is(err, access.ErrConflict) {
		t.Errorf("entered again without having been read: %v", err)
	}
	second := save("b", 2022, "machines", 11, first.Rev)
	type line struct {
		firm, name string
		value      int64
	}
	of := func(year int) (out []line) {
		t.Helper()
		must(t, s.ReturnsOf(ctx, 1, []access.Area{{}}, year, func(r target.Return) error { out = append(out, line{r.Firm, r.Name, r.Value}); return nil }))
		return out
	}
	if got, want := of(2022), []line{{"a", "employees", 70}, {"a", "machines", 7}, {"b", "machines", 11}}; !reflect.DeepEqual(got, want) {
		t.Errorf("returns of 2022: %v; want %v", got, want)
	}
	second.Void = true
	_, err := s.SaveReturn(ctx, 1, second)
	must(t, err)
	if got := of(2022); len(got) != 2 {
		t.Errorf("one taken back: %v", got)
	}
	own, err := s.Returns(ctx, 1, "a")
	must(t, err)
	if len(own) != 3 || own[0].Name != "employees" || own[2].Year != 2021 {
		t.Errorf("returns of a: %+v", own)
	}
	if other, err := s.Returns(ctx, 2, "a"); err != nil || len(other) != 0 {
		t.Errorf("another tenant's: %v %v", other, err)
	}
}

func targetSettings(t *testing.T, s target.SettingsStore) {
	ctx := t.Context()
	none, err := s.Settings(ctx, 1)
	must(t, err)
	if !reflect.DeepEqual(none, target.Settings{Incentive: []string{}}) {
		t.Errorf("before any are set: %+v", none)
	}
	first, err := s.SaveSettings(ctx, 1, target.Settings{Incentive: []string{"330624"}, Base: 2018, Paths: map[string]map[int]float64{"T08": {2020: 0.45}}})
	must(t, err)
	if first.Rev != 1 {
		t.Errorf("saved as %+v", first)
	}
	if got, err := s.Settings(ctx, 1); err != nil || !reflect.DeepEqual(got, first) {
		t.Errorf("read %+v %v; saved %+v", got, err, first)
	}
	if _, err := s.SaveSettings(ctx, 1, target.Settings{Base: 2017}); !errors.Is(err, access.ErrConflict) {
		t.Errorf("saved over a revision that was not read: %v", err)
	}
	second, err := s.SaveSettings(ctx, 1, target.Settings{Base: 2017, Rev: first.Rev})
	must(t, err)
	history, err := s.SettingsHistory(ctx, 1)
	must(t, err)
	if len(history) != 2 || !reflect.DeepEqual(history[0].Settings, second) || !reflect.DeepEqual(history[1].Settings, first) || history[0].At < history[1].At {
		t.Errorf("history %+v", history)
	}
	if other, err := s.Settings(ctx, 2); err != nil || other.Rev != 0 {
		t.Errorf("another tenant's: %+v %v", other, err)
	}
}

// registerSheets: what a sheet brings is stored as a whole or not at all.
func registerSheets(t *testing.T, s RegisterStore) {
	ctx := t.Context()
	robot := func(serial string) target.Entry {
		return target.Entry{Kind: "robot", Firm: "a", Region: "330624", Sector: "C34", Title: serial, From: 1000, Basis: target.Declared, Robot: &target.Plate{Maker: "m'", Serial: serial, Model: "x", Axes: 6}}
	}
	value := func(firm string, year int, n, rev int64) target.Return {
		return target.Return{Firm: firm, Year: year, Name: "machines", Value: n, Basis: target.Audited, Rev: rev}
	}
	must(t, s.SaveAll(ctx, 1, []target.Entry{robot("1"), robot("2%")}, []target.Return{value("a", 2022, 5, 0), value("b", 2022, 6, 0)}))
	for name, bad := range map[string]error{
		"a serial number twice":     s.SaveAll(ctx, 1, []target.Entry{robot("3"), robot("1")}, nil),
		"a value that was not read": s.SaveAll(ctx, 1, []target.Entry{robot("4")}, []target.Return{value("a", 2021, 1, 0), value("b", 2022, 7, 0)}),
	} {
		if !errors.Is(bad, access.ErrConflict) {
			t.Errorf("%s: %v", name, bad)
		}
	}
	keys := []string{ledger.KeyOf(*robot("1").Robot), ledger.KeyOf(*robot("2%").Robot), ledger.KeyOf(*robot("3").Robot), ledger.KeyOf(*robot("4").Robot)}
	found, err := s.Robots(ctx, 1, keys)
	must(t, err)
	if len(found) != 2 || found[keys[1]].Title != "2%" {
		t.Errorf("robots: %+v", found)
	}
	if other, err := s.Robots(ctx, 2, keys); err != nil || len(other) != 0 {
		t.Errorf("another tenant's: %v %v", other, err)
	}
	must(t, s.SaveAll(ctx, 1, nil, []target.Return{value("a", 2022, 8, 1)}))
	own, err := s.ReturnsOfFirms(ctx, 1, []string{"a", "b", "c"})
	must(t, err)
	if len(own["a"]) != 1 || own["a"][0].Value != 8 || len(own["b"]) != 1 || len(own) != 2 {
		t.Errorf("returns: %+v", own)
	}
	if history, err := s.ReturnHistory(ctx, 1, "a", 2022); err != nil || len(history) != 2 || history[0].Value != 5 || history[1].Value != 8 {
		t.Errorf("history: %+v %v", history, err)
	}
	// Firms that the registry does not know are in no list.
	if years, err := s.FirmYears(ctx, 1, everywhere, ledger.Filter{}, "", 10); err != nil || len(years) != 0 {
		t.Errorf("years of firms that are not there: %+v %v", years, err)
	}
	if _, err := s.FirmYears(ctx, 1, everywhere, ledger.Filter{}, "x", 10); !errors.Is(err, target.ErrInvalid) {
		t.Errorf("a cursor of nobody: %v", err)
	}
}
