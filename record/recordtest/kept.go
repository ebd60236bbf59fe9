package recordtest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/programme/enterprise"
	proved "zhigai/programme/machine"
	"zhigai/programme/target"
)

// KeptStores are all that targets are folded of, with what is kept of it.
type KeptStores struct {
	Registers interface {
		RegisterStore
		target.KeptStore
	}
	Firms    FirmStore
	Machines proved.Store
}

// Book is the product's targets, read from a folder below the root.
func Book(t testing.TB) *target.Book {
	t.Helper()
	book, err := target.Load(os.DirFS("../data"))
	if err != nil {
		t.Fatal(err)
	}
	return book
}

// NewKeeper is a keeper on the stores.
func (s KeptStores) NewKeeper(book *target.Book) *target.Keeper {
	return &target.Keeper{
		Book: book, Store: s.Registers,
		Facts: target.Joined{Roll: s.Firms, Registers: s.Registers, Proved: func(ctx context.Context, tenant plant.TenantNo, areas []access.Area, year int) (map[string]map[string]int64, error) {
			counts, err := proved.Counts(ctx, s.Machines, tenant, rule, areas, year)
			out := map[string]map[string]int64{}
			for firm, c := range counts {
				out[firm] = map[string]int64{"machines": c.Machines, "machines_nc": c.NC, "machines_networked": c.Networked}
			}
			return out, err
		}},
		Rests: func(ctx context.Context, tenant plant.TenantNo, year int) (string, error) {
			newest, err := proved.Newest(ctx, s.Machines, tenant, year)
			return fmt.Sprintf("%.7s", newest), err
		},
	}
}

// Kept is what every keeper of terms must do: after any change of any fact, of
// today or of years ago, what is kept is what a fold of all facts gives, bit for
// bit; for one that has just started, too.
func Kept(t *testing.T, open func(t *testing.T, codes enterprise.Codes) KeptStores) {
	s := open(t, Codes(t))
	book := Book(t)
	keeper := s.NewKeeper(book)
	w := &keptWorld{t: t, s: s, rnd: rand.New(rand.NewPCG(6, 6)), plants: map[string]proved.Link{}}
	for range 12 {
		w.firm()
	}
	acts := []func(){w.firm, w.change, w.change, w.value, w.value, w.entry, w.entry, w.day, w.day, w.day, w.link, w.settings, w.undo}
	for step := range 120 {
		acts[w.rnd.IntN(len(acts))]()
		if step%40 == 39 {
			keeper = s.NewKeeper(book) // from what the store has
		}
		w.compare(book, keeper, fmt.Sprintf("step %d", step))
	}
	if w.values == 0 {
		t.Error("no indicator ever had a value")
	}
}

type keptWorld struct {
	t       *testing.T
	s       KeptStores
	rnd     *rand.Rand
	firms   []enterprise.Firm
	entries []target.Entry
	plants  map[string]proved.Link
	imports []string
	n       int
	values  int
}

func pick[T any](w *keptWorld, of ...T) T { return of[w.rnd.IntN(len(of))] }

// firm enters one, by itself or as an import; some in divisions that ended since.
func (w *keptWorld) firm() {
	w.n++
	f := firm(w.n, fmt.Sprintf("第%d轴承有限公司", w.n), pick(w, "330624", "330624", "330602", "330103", "330104", "330522"), pick(w, "C3451", "C1711"), 1)
	f.Since = month(1) - plant.Micros(w.rnd.IntN(8))*365*86400*1e6
	w.shape(&f)
	var of *enterprise.Imported
	if w.rnd.IntN(3) == 0 {
		of = &enterprise.Imported{File: "list.csv", Made: 1}
	}
	out, err := w.s.Firms.Save(w.t.Context(), 1, "add", []enterprise.Edit{{Firm: f}}, of)
	must(w.t, err)
	w.firms = append(w.firms, out[0])
	if of != nil {
		w.imports = append(w.imports, of.ID)
	}
}

func (w *keptWorld) shape(f *enterprise.Firm) {
	f.AboveScale, f.Cluster = w.rnd.IntN(3) > 0, pick(w, "", "新昌轴承")
	f.Backbone = pick(w, nil, &enterprise.Mark{From: "2019-01-01"}, &enterprise.Mark{From: "2019-01-01", To: "2026-03-01"})
	f.Systems = pick(w, nil, []enterprise.System{{Kind: "mes", Since: "2020-01-01"}}, []enterprise.System{{Kind: "erp", Since: "2026-02-01"}})
	f.Years = []enterprise.Year{{Year: 2026, Sales: yuan(w.rnd.Int64N(90_000_000)), Staff: new(w.rnd.Int64N(900))}, {Year: 2020, Sales: yuan(w.rnd.Int64N(9_000_000))}}
}

// change corrects a firm from some instant on, also long ago, and may move it.
func (w *keptWorld) change() {
	i := w.rnd.IntN(len(w.firms))
	f := w.firms[i]
	f.Since = month(time.Month(pick(w, 1, 3, 6, 10))) - plant.Micros(w.rnd.IntN(7))*365*86400*1e6
	f.Region = pick(w, f.Region, "330602", "330683")
	w.shape(&f)
	out, err := w.s.Firms.Save(w.t.Context(), 1, "change", []enterprise.Edit{{Firm: f, Seen: f.Rev}}, nil)
	must(w.t, err)
	w.firms[i] = out[0]
}

// value returns, corrects or takes back what a firm says of a year.
func (w *keptWorld) value() {
	v := target.Return{
		Firm: w.firms[w.rnd.IntN(len(w.firms))].ID, Year: pick(w, 2026, 2026, 2020), Name: pick(w, "machines", "machines_nc", "machines_networked", "value_added_fen", "employees", "sales_fen"),
		Value: w.rnd.Int64N(500), Basis: pick(w, target.Declared, target.Audited), Void: w.rnd.IntN(5) == 0,
	}
	has, err := w.s.Registers.Returns(w.t.Context(), 1, v.Firm)
	must(w.t, err)
	for _, r := range has {
		if r.Year == v.Year && r.Name == v.Name {
			v.Rev = r.Rev
		}
	}
	_, err = w.s.Registers.SaveReturn(w.t.Context(), 1, v)
	must(w.t, err)
}

// entry enters, changes or takes back a line of a register.
func (w *keptWorld) entry() {
	if len(w.entries) > 0 && w.rnd.IntN(2) == 0 {
		i := w.rnd.IntN(len(w.entries))
		e := w.entries[i]
		e.Void, e.To = w.rnd.IntN(2) == 0, pick(w, plant.Micros(0), month(4))
		if e.Robot != nil {
			e.Robot = &target.Plate{Maker: "发那科", Serial: fmt.Sprint("S-", e.ID)} // the number of one entered in error is free
		}
		e, err := w.s.Registers.SaveEntry(w.t.Context(), 1, e)
		must(w.t, err)
		w.entries[i] = e
		return
	}
	f := w.firms[w.rnd.IntN(len(w.firms))]
	e := target.Entry{Kind: pick(w, "robot", "diagnosis", "transformation", "smart_factory", "selected_subsector", "champion"), Firm: f.ID, Region: f.Region, Sector: f.Industry, Title: fmt.Sprint("第", w.rnd.IntN(9), "项"), From: month(2), Basis: target.Audited, Level: "provincial"}
	switch e.Kind {
	case "robot":
		w.n++
		e.Robot = &target.Plate{Maker: "发那科", Serial: fmt.Sprint("F-", w.n)}
	case "selected_subsector":
		e.Firm, e.Region, e.Sector = "", "330000", pick(w, "C34", "C17")
	}
	e, err := w.s.Registers.SaveEntry(w.t.Context(), 1, e)
	must(w.t, err)
	w.entries = append(w.entries, e)
}

// day is a machine's day, or its correction; now and then of a new month.
func (w *keptWorld) day() {
	w.n++
	d := machineDay(pick(w, "p", "q", "r"), pick(w, "nc-1", "m-2", "nc-3"), fmt.Sprintf("2026-%02d-%02d", pick(w, 4, 4, 4, 4, 5), 1+w.rnd.IntN(3)), 1000, pick(w, int64(900), 100), 1, plant.Micros(w.n))
	d.Machine = d.Owner + d.Machine
	if w.rnd.IntN(4) == 0 {
		d.Suspect = []string{"flat"}
	}
	_, err := w.s.Machines.SaveDays(w.t.Context(), 1, []proved.Day{d})
	must(w.t, err)
}

// link says whose a plant is, or that it is nobody's.
func (w *keptWorld) link() {
	all, err := w.s.Machines.Links(w.t.Context(), 1, nil)
	must(w.t, err)
	if len(all) == 0 {
		return
	}
	l := all[w.rnd.IntN(len(all))]
	l.Firm = pick(w, w.firms[w.rnd.IntN(len(w.firms))].ID, w.firms[0].ID, "")
	_, err = w.s.Machines.SaveLink(w.t.Context(), 1, l)
	must(w.t, err)
}

func (w *keptWorld) settings() {
	now, err := w.s.Registers.Settings(w.t.Context(), 1)
	must(w.t, err)
	now.Incentive = pick(w, []string{}, []string{"330624"}, []string{"330522", "330624"})
	_, err = w.s.Registers.SaveSettings(w.t.Context(), 1, now)
	must(w.t, err)
}

// undo takes an import back, unless one of its firms was changed since.
func (w *keptWorld) undo() {
	if len(w.imports) == 0 || len(w.firms) < 6 {
		return
	}
	id := w.imports[0]
	w.imports = w.imports[1:]
	if _, err := w.s.Firms.Undo(w.t.Context(), 1, id); err != nil {
		return // refused whole
	}
	kept := w.firms[:0]
	for _, f := range w.firms {
		if now, err := w.s.Firms.Some(w.t.Context(), 1, everywhere, []string{f.ID}); err == nil && len(now) == 1 {
			kept = append(kept, f)
		}
	}
	w.firms = kept
}

// compare asks several questions of the keeper and of all facts.
func (w *keptWorld) compare(book *target.Book, keeper *target.Keeper, step string) {
	w.t.Helper()
	settings, err := w.s.Registers.Settings(w.t.Context(), 1)
	must(w.t, err)
	lists := target.Lists{Incentive: settings.Incentive}
	for _, q := range []target.Question{
		{Year: 2026, Base: 2020, Areas: everywhere},
		{Year: 2026, Base: 2020, Region: "3306", Areas: everywhere},
		{Year: 2020, Areas: everywhere},
		{Year: 2026, Base: 2020, Region: "330624", Areas: []access.Area{{Region: "330624"}}},
		{Year: 2026, Region: "33", Areas: []access.Area{{Region: "3301"}, {Region: "330602"}}},
	} {
		got, err := keeper.Fold(w.t.Context(), 1, book.Indicators(), q, lists)
		must(w.t, err)
		want, err := target.Fold(w.t.Context(), 1, book.Indicators(), q, keeper.Facts, lists)
		must(w.t, err)
		for i := range got {
			if got[i].Value != nil {
				w.values++
			}
			if !reflect.DeepEqual(got[i], want[i]) {
				w.t.Fatalf("%s, %+v: %s is kept as\n%+v\nand folded as\n%+v", step, q, got[i].Definition.ID, got[i], want[i])
			}
		}
	}
}
