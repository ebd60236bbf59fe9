package recordtest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/programme/enterprise"
	"zhigai/programme/target"
)

// FirmStore is the registry with what targets ask of it.
type FirmStore interface {
	enterprise.Store
	target.Roll
	target.Firms
}

// Codes reads the lists of the product, from a folder below the root.
func Codes(t testing.TB) enterprise.Codes {
	t.Helper()
	read := func(name string) []byte {
		raw, err := os.ReadFile("../data/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	regions, err := plant.ReadRegions(read("regions/divisions.csv"))
	if err != nil {
		t.Fatal(err)
	}
	industries, err := plant.ReadIndustries("2017", read("industries/gbt4754-2017.csv"))
	if err != nil {
		t.Fatal(err)
	}
	return enterprise.Codes{Regions: regions, Industries: industries}
}

// Firms is what every keeper of the registry must do.
func Firms(t *testing.T, open func(t *testing.T, codes enterprise.Codes) FirmStore) {
	codes := Codes(t)
	for name, test := range map[string]func(*testing.T, FirmStore, enterprise.Codes){
		"versions": firmVersions, "division ends": firmDivision, "lists": firmLists, "imports": firmImports, "refused whole": firmRefused,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t, codes), codes) })
	}
}

// Code is a well-formed credit code of a number.
func Code(n int) plant.CreditCode {
	text := fmt.Sprintf("9133062400%07d", n)
	for _, c := range "0123456789ABCDEFGHJKLMNPQRTUWXY" {
		if code, err := plant.ParseCreditCode(text + string(c)); err == nil {
			return code
		}
	}
	panic("no check character fits")
}

func yuan(n int64) *int64 { n *= 100; return &n }

func firm(n int, name, region, industry string, since time.Month) enterprise.Firm {
	return enterprise.Firm{Code: Code(n), Name: name, Region: region, Industry: industry, Since: month(since)}
}

func saved(t *testing.T, s FirmStore, f enterprise.Firm) enterprise.Firm {
	t.Helper()
	out, err := s.Save(t.Context(), 1, "add", []enterprise.Edit{{Firm: f, Seen: f.Rev}}, nil)
	must(t, err)
	return out[0]
}

func roll(t *testing.T, s FirmStore, areas []access.Area, at plant.Micros, year int) (out []target.Firm) {
	t.Helper()
	must(t, s.Firms(t.Context(), 1, areas, at, year, func(f target.Firm) error {
		out = append(out, f)
		return nil
	}))
	return out
}

// A firm is at every instant what was entered from the latest instant before
// it, whatever was entered later; what is said of years is said once.
func firmVersions(t *testing.T, s FirmStore, _ enterprise.Codes) {
	ctx := t.Context()
	f := firm(1, "新昌轴承有限公司", "330624", "C3451", 3)
	f.Years = []enterprise.Year{{Year: 2025, Sales: yuan(5_000_000), Staff: new(int64(40))}}
	f.Backbone = &enterprise.Mark{From: "2026-02-01", To: "2026-06-01"}
	f.Systems = []enterprise.System{{Kind: "mes", Name: "X", Since: "2026-05-01"}}
	a := saved(t, s, f)
	b := a
	b.Name, b.AboveScale, b.Since = "新昌轴承股份有限公司", true, month(7)
	b.Years = append(b.Years, enterprise.Year{Year: 2026, Staff: new(int64(60))})
	b = saved(t, s, b)
	c := b // a correction of the spring, entered last
	c.Name, c.AboveScale, c.Since = "新昌轴承有限公司", false, month(3)
	c.Industry = "C3452"
	c = saved(t, s, c)
	got, err := s.Some(ctx, 1, everywhere, []string{a.ID})
	must(t, err)
	if now := got[a.ID]; now.Name != b.Name || now.Rev != 3 || now.Industry != "C3451" || len(now.Years) != 2 || *now.Years[1].Staff != 60 {
		t.Errorf("now %+v", now)
	}
	for _, w := range []struct {
		at       plant.Micros
		year     int
		sector   string
		above    bool
		backbone bool
		mes      int
		values   map[string]target.Value
	}{
		{month(3) + 1, 2025, "C3452", false, true, 0, map[string]target.Value{"sales_fen": {N: 500_000_000, Basis: target.Declared}, "employees": {N: 40, Basis: target.Declared}}},
		{month(8), 2026, "C3451", true, false, 1, map[string]target.Value{"employees": {N: 60, Basis: target.Declared}}},
	} {
		all := roll(t, s, everywhere, w.at, w.year)
		if len(all) != 1 || all[0].Sector != w.sector || all[0].AboveScale != w.above || all[0].Backbone != w.backbone || len(all[0].Systems) != w.mes || !reflect.DeepEqual(all[0].Values, w.values) {
			t.Errorf("at %s: %+v", w.at.Time(), all)
		}
	}
	if before := roll(t, s, everywhere, month(3)-1, 2025); len(before) != 0 {
		t.Errorf("before it was entered: %+v", before)
	}
	history, err := s.Changes(ctx, 1, a.ID)
	must(t, err)
	if len(history) != 3 || history[1].Firm.Name != b.Name || history[2].Firm.Since != month(3) || history[0].Action != "add" || history[0].Who != "node" {
		t.Errorf("history %+v", history)
	}
	closed := c
	closed.Since, closed.Closed = month(9), "2026-09-01"
	saved(t, s, closed)
	if after := roll(t, s, everywhere, month(10), 2026); len(after) != 0 {
		t.Errorf("a closed firm: %+v", after)
	}
	if other, err := s.Some(ctx, 2, everywhere, []string{a.ID}); err != nil || len(other) != 0 {
		t.Errorf("another tenant sees %v, %v", other, err)
	}
}

// A firm of a county that ended goes on under its successor; where there are
// two it is marked.
func firmDivision(t *testing.T, s FirmStore, _ enterprise.Codes) {
	ctx := t.Context()
	in2018 := plant.MicrosOf(time.Date(2018, 10, 1, 0, 0, 0, 0, time.UTC))
	in2023 := plant.MicrosOf(time.Date(2023, 7, 1, 0, 0, 0, 0, time.UTC))
	a, b := firm(1, "下城机械有限公司", "330103", "C3451", 1), firm(2, "江干机械有限公司", "330104", "C3451", 1)
	a.Since, b.Since = in2018, in2018
	a, b = saved(t, s, a), saved(t, s, b)
	f := func(area string, at plant.Micros, want ...string) {
		t.Helper()
		var got []string
		for _, one := range roll(t, s, []access.Area{{Region: area}}, at, 2018) {
			got = append(got, one.Region)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s at %s: %v; want %v", area, at.Time().Format(time.DateOnly), got, want)
		}
	}
	f("330103", in2018, "330103")
	f("330103", in2023)
	f("330105", in2023, "330105")
	f("330105", in2018)
	f("3301", in2018, "330103", "330104")
	f("3301", in2023, "330105", "330102")
	got, err := s.Some(ctx, 1, []access.Area{{Region: "330105"}, {Region: "330102"}}, []string{a.ID, b.ID})
	must(t, err)
	if got[a.ID].Region != "330105" || got[a.ID].Doubt != "" || got[b.ID].Region != "330102" || got[b.ID].Doubt != "330102 330114" {
		t.Errorf("now %+v", got)
	}
	doubtful, err := s.Page(ctx, 1, everywhere, enterprise.Filter{Doubt: true}, enterprise.Place{}, 10)
	must(t, err)
	if len(doubtful) != 1 || doubtful[0].Firm.ID != b.ID {
		t.Errorf("doubtful: %+v", doubtful)
	}
	decided := got[b.ID]
	decided.Region, decided.Doubt, decided.Since = "330114", "", plant.MicrosOf(time.Date(2021, 4, 8, 16, 0, 0, 0, time.UTC))
	saved(t, s, decided)
	f("330114", in2023, "330114")
	f("330104", in2018, "330104")
	if region, sector, err := s.Seat(ctx, 1, everywhere, b.ID); err != nil || region != "330114" || sector != "C3451" {
		t.Errorf("seat %s %s %v", region, sector, err)
	}
	if _, _, err := s.Seat(ctx, 1, []access.Area{{Region: "3306"}}, b.ID); !errors.Is(err, access.ErrNotFound) {
		t.Errorf("seat outside: %v", err)
	}
}

// Lists by every filter and order, read page by page, and searches, are what a
// look at every firm gives.
func firmLists(t *testing.T, s FirmStore, codes enterprise.Codes) {
	rnd := rand.New(rand.NewPCG(1, 2))
	pick := func(all ...string) string { return all[rnd.IntN(len(all))] }
	var all []enterprise.Edit
	for n := range 300 {
		f := firm(n, pick("新昌", "宁波", "长兴", "杭州3M")+pick("轴承", "机械", "电气")+pick("", "集团")+pick("有限公司", "厂"), pick("330624", "330602", "330105", "330522"), pick("C3451", "C3452", "C3813", "C"), 3)
		f.AboveScale, f.Cluster, f.Size = rnd.IntN(2) == 0, pick("", "新昌轴承"), enterprise.Size(pick("", "large", "micro"))
		if rnd.IntN(3) == 0 {
			f.Backbone = &enterprise.Mark{From: "2018-05-01", To: enterprise.Day(pick("", "2024-01-01"))}
		}
		if rnd.IntN(2) == 0 {
			f.Years = []enterprise.Year{{Year: 2025, Sales: yuan(int64(rnd.IntN(9)))}}
		}
		all = append(all, enterprise.Edit{Firm: f})
	}
	stored, err := s.Save(t.Context(), 1, "import", all, &enterprise.Imported{File: "x"})
	must(t, err)
	stored[7].Name = "改名电气有限公司"
	stored[7] = saved(t, s, stored[7])
	desk := &enterprise.Desk{Store: s, Finder: &enterprise.Finder{Store: s}, Codes: codes, Now: time.Now}
	for range 300 {
		f := enterprise.Filter{
			Text: pick("", "", "轴承", "zc", "xczc", "changxing", "3m", "zhoucheng", "新昌 集团", "9133062400000012", "改名", "%", "NB"), Region: pick("", "", "33", "3306", "330624"), Industry: pick("", "", "C", "C34", "C345", "C3451"),
			Size: enterprise.Size(pick("", "", "large")), Cluster: pick("", "", "新昌轴承"), AboveScale: rnd.IntN(3) == 0, Backbone: enterprise.Day(pick("", "", "2023-12-31", "2025-01-01")), Sort: enterprise.Sort(pick("name", "-sales", "-changed")),
		}
		areas := [][]access.Area{everywhere, {{Region: "330624"}, {Sector: "C38"}}, {{Region: "3306", Sector: "C345"}}, {{Enterprise: stored[3].ID}}, nil}[rnd.IntN(5)]
		listed(t, desk, areas, f, stored)
	}
}

// listed reads a list in pages of 7 and compares it with a look at every firm.
func listed(t *testing.T, desk *enterprise.Desk, areas []access.Area, f enterprise.Filter, all []enterprise.Firm) {
	t.Helper()
	var got []string
	var after enterprise.Place
	for {
		rows, err := desk.List(t.Context(), 1, areas, f, after, 7)
		must(t, err)
		for i, r := range rows {
			if i > 0 && f.Sort == enterprise.BySales && rows[i-1].Firm.Sales() < r.Firm.Sales() {
				t.Errorf("%+v: %d before %d", f, rows[i-1].Firm.Sales(), r.Firm.Sales())
			}
			got = append(got, r.Firm.ID)
		}
		if len(rows) < 7 {
			break
		}
		after = rows[6].Place
	}
	var want []string
	for _, one := range all {
		k := desk.Codes.KeysOf(one)
		text := true
		for term := range strings.FieldsSeq(strings.ToLower(f.Text)) {
			text = text && (strings.Contains(k.Search, term) || strings.Contains(k.Spelling, term))
		}
		if text && strings.HasPrefix(one.Region, f.Region) && strings.HasPrefix(one.Industry, f.Industry) && (f.Size == "" || one.Class() == f.Size) &&
			(f.Cluster == "" || one.Cluster == f.Cluster) && (!f.AboveScale || one.AboveScale) && (f.Backbone == "" || one.Backbone.On(f.Backbone)) &&
			slices.ContainsFunc(areas, func(a access.Area) bool { return a.Allows(one.Region, one.Industry, one.ID) }) {
			want = append(want, one.ID)
		}
	}
	once := slices.Clone(got)
	slices.Sort(once)
	slices.Sort(want)
	if !slices.Equal(once, want) {
		t.Errorf("%+v in %+v: %d firms; want %d", f, areas, len(got), len(want))
	}
}

// An import is stored and taken back as a whole.
func firmImports(t *testing.T, s FirmStore, codes enterprise.Codes) {
	ctx := t.Context()
	old := saved(t, s, firm(1, "新昌轴承有限公司", "330624", "C3451", 3))
	changed := old
	changed.Name, changed.Since = "新昌轴承股份有限公司", month(5)
	of := &enterprise.Imported{File: "名单.xlsx", Made: 1, Changed: 1}
	out, err := s.Save(ctx, 1, "import", []enterprise.Edit{{Firm: changed, Seen: 1}, {Firm: firm(2, "宁波机械厂", "330602", "C3451", 5)}}, of)
	must(t, err)
	finder := &enterprise.Finder{Store: s}
	found := func(text string) int {
		t.Helper()
		places, err := finder.Find(ctx, 1, everywhere, enterprise.Filter{Text: text}, enterprise.Place{}, 10)
		must(t, err)
		return len(places)
	}
	if found("股份") != 1 || found("nbjx") != 1 {
		t.Error("the import is not found")
	}
	done, err := s.Undo(ctx, 1, of.ID)
	must(t, err)
	if done.Undone == 0 || done.UndoneBy != "node" {
		t.Errorf("undone: %+v", done)
	}
	if found("股份") != 0 || found("nbjx") != 0 || found("新昌") != 1 {
		t.Error("the import is found after it was taken back")
	}
	got, err := s.Some(ctx, 1, everywhere, []string{old.ID, out[1].ID})
	must(t, err)
	if len(got) != 1 || got[old.ID].Name != old.Name || got[old.ID].Rev != 2 {
		t.Errorf("after the undo: %+v", got)
	}
	if again, err := s.Undo(ctx, 1, of.ID); !errors.Is(err, access.ErrConflict) {
		t.Errorf("undone twice: %+v, %v", again, err)
	}
	// The code is free again; an import that was edited since stays.
	next := &enterprise.Imported{File: "b", Made: 1}
	out, err = s.Save(ctx, 1, "import", []enterprise.Edit{{Firm: firm(2, "宁波机械厂", "330602", "C3451", 5)}}, next)
	must(t, err)
	edited := out[0]
	edited.AboveScale, edited.Since = true, month(6)
	saved(t, s, edited)
	if _, err := s.Undo(ctx, 1, next.ID); !errors.Is(err, access.ErrConflict) {
		t.Errorf("an edited import: %v", err)
	}
	list, err := s.Imports(ctx, 1, 10)
	must(t, err)
	if len(list) != 2 || list[0].File != "b" || list[1].Undone == 0 {
		t.Errorf("imports %+v", list)
	}
	if other, err := s.Imports(ctx, 2, 10); err != nil || len(other) != 0 {
		t.Errorf("of another tenant: %+v, %v", other, err)
	}
	alike, err := s.Alike(ctx, 1, "330624", []string{codes.KeysOf(old).Similar})
	must(t, err)
	if len(alike) != 1 {
		t.Errorf("alike: %+v", alike)
	}
}

// One edit that cannot be stored, and none is.
func firmRefused(t *testing.T, s FirmStore, _ enterprise.Codes) {
	ctx := t.Context()
	a := saved(t, s, firm(1, "新昌轴承有限公司", "330624", "C3451", 3))
	f := func(name string, want error, edits ...enterprise.Edit) {
		t.Helper()
		if _, err := s.Save(ctx, 1, "import", edits, &enterprise.Imported{File: name}); !errors.Is(err, want) {
			t.Errorf("%s: %v; want %v", name, err, want)
		}
		rows, err := s.Page(ctx, 1, everywhere, enterprise.Filter{}, enterprise.Place{}, 10)
		must(t, err)
		if len(rows) != 1 || rows[0].Firm.Rev != 1 {
			t.Errorf("%s left %+v", name, rows)
		}
		if list, err := s.Imports(ctx, 1, 10); err != nil || len(list) != 0 {
			t.Errorf("%s left imports %+v, %v", name, list, err)
		}
	}
	good := enterprise.Edit{Firm: firm(5, "好", "330624", "C3451", 3)}
	f("a code twice", access.ErrConflict, good, enterprise.Edit{Firm: firm(1, "别的", "330624", "C3451", 3)})
	stale := a
	f("a stale revision", access.ErrConflict, good, enterprise.Edit{Firm: stale, Seen: 2})
	gone := a
	gone.ID = "01NOBODY"
	f("nobody", access.ErrNotFound, good, enterprise.Edit{Firm: gone, Seen: 1})
	if _, err := s.Save(ctx, 2, "add", []enterprise.Edit{{Firm: firm(1, "别的", "330624", "C3451", 3)}}, nil); err != nil {
		t.Errorf("the same code at another tenant: %v", err)
	}
}
