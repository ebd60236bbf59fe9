package recordtest

import (
	"context"
	"io/fs"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/figure"
	"zhigai/plant"
	"zhigai/shop/material"
	"zhigai/shop/material/balance"
	"zhigai/shop/production"
	"zhigai/shop/production/attendance"
	"zhigai/shop/production/performance"
)

// refold keeps the same facts for two tenants, in another order of arrival for the
// second.
type refold struct {
	*testing.T
	orders   production.Store
	material material.Store
	newID    func() string
	files    fs.FS // of definitions
	rnd      *rand.Rand
}

var refoldDay = time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)

func refoldAt(minute int) plant.Instant {
	return plant.InstantOf(refoldDay.Add(time.Duration(minute) * time.Minute))
}

// Refold tests that figures of orders, people and items are the same to the last
// digit of their digests when the facts behind them arrive in another order.
// files has the definitions of figures.
func Refold(t *testing.T, orders production.Store, store material.Store, newID func() string, files fs.FS) {
	r := &refold{t, orders, store, newID, files, rand.New(rand.NewPCG(21, 22))}
	for tenant := range plant.TenantNo(2) {
		r.masters(tenant + 1)
		r.order(tenant+1, tenant == 1)
		r.stock(tenant+1, tenant == 1)
	}
	first, second := r.fold(1), r.fold(2)
	if first.rows == 0 || len(first.figures) == 0 {
		t.Fatalf("nothing is folded: %+v", first)
	}
	if !reflect.DeepEqual(first, second) {
		t.Errorf("in another order of arrival\n%+v; want\n%+v", second, first)
	}
	for id, f := range first.figures {
		if f.Value == nil {
			t.Errorf("%s has no value (%s): it tells nothing here", id, f.Reason)
		}
	}
}

func (r *refold) masters(tenant plant.TenantNo) {
	ctx := r.Context()
	must(r.T, r.orders.SaveDefinition(ctx, tenant, production.Definition{
		Product: "6204-ir", Revision: 1, Unit: "{piece}", State: production.Released, Rev: 1, At: refoldAt(0), Materials: []production.Material{{Item: "gcr15", Quantity: 125_000, Unit: "kg"}},
		Segments: []production.Segment{
			{No: 10, ScrapPPM: 20_000, Alternatives: []production.Alternative{{Equipment: "t1", RunMs: 20_000}}}, {No: 20, Alternatives: []production.Alternative{{Equipment: "t2", RunMs: 20_000}}},
		},
	}, 0))
	must(r.T, r.material.SaveItem(ctx, tenant, "k", material.Item{Code: "gcr15", Name: plant.Name{ZH: "钢"}, Unit: "kg", Tracking: material.ByLot, Rev: 1}, 0))
	for _, code := range []string{"main", "side"} {
		must(r.T, r.material.SaveLocation(ctx, tenant, "k", material.Location{Code: code, Name: plant.Name{ZH: code}, Kind: material.Warehouse, Node: "s", Path: "xc", Rev: 1}, 0))
	}
}

// order goes through two machines with two people; what was counted is entered.
func (r *refold) order(tenant plant.TenantNo, shuffled bool) {
	terms := production.Terms{Number: "A1", Kind: production.Make, Product: "6204-ir", Revision: 1, Quantity: 100, Place: "xc", Due: refoldAt(900), Priority: 50}
	job := func(minute, no int, c production.Command, machine plant.NodeID) production.Step {
		return production.Step{At: refoldAt(minute), What: production.StepJob, Job: no, Command: c, Machine: machine}
	}
	steps := []production.Step{
		{At: refoldAt(0), What: production.StepCreated, Terms: &terms},
		{At: refoldAt(1), What: production.StepReleased, Terms: &terms, Jobs: []production.Planned{{No: 10, Crew: 2}, {No: 20, Crew: 1}}},
		{At: refoldAt(2), What: production.StepPlanned, Jobs: []production.Planned{{No: 10, Equipment: "t1", From: refoldAt(60), To: refoldAt(300)}, {No: 20, Equipment: "t2", From: refoldAt(300), To: refoldAt(400)}}},
		job(60, 10, production.Load, "t1"), job(90, 10, production.Run, "t1"), job(240, 10, production.Complete, ""),
		job(250, 20, production.Load, "t2"), job(260, 20, production.Run, "t2"), job(430, 20, production.Complete, ""),
	}
	on := func(minute, no int, person string, on bool) {
		steps = append(steps, production.Step{At: refoldAt(minute), What: production.StepOperator, Job: no, Person: person, On: on})
	}
	on(60, 10, "chen", true)
	on(95, 10, "wang", true)
	on(200, 10, "chen", false)
	on(251, 20, "chen", true)
	for n := range 20 {
		steps = append(steps, production.Step{At: refoldAt(100 + 7*n), What: production.StepCount, Job: 10, Good: int64(5 + n%2), Scrap: int64(n % 3), Rework: int64(n % 7 / 6)})
		steps = append(steps, production.Step{At: refoldAt(265 + 8*n), What: production.StepCount, Job: 20, Good: 5, Scrap: int64(n % 4 / 3)})
	}
	for i := range steps {
		steps[i].By = "p"
	}
	if shuffled { // the order itself comes first: its number stands in its row
		r.rnd.Shuffle(len(steps)-1, func(i, j int) { steps[i+1], steps[j+1] = steps[j+1], steps[i+1] })
	}
	for i := range steps {
		steps[i].Seq, steps[i].Entered = int64(i+1), refoldAt(1000+i)
		_, err := r.orders.Append(r.Context(), tenant, production.Change{Order: production.Fold("order-1", steps[:i+1]), Seen: int64(i), Steps: steps[i : i+1]})
		must(r.T, err)
	}
}

func (r *refold) stock(tenant plant.TenantNo, shuffled bool) {
	const order, steel = "A1", "gcr15"
	all := []material.Entry{
		{What: material.Received, Lot: "H1", To: "main", Quantity: units(40)},
		{What: material.Received, Lot: "H2", To: "main", Quantity: units(30)},
		{What: material.Moved, Lot: "H1", From: "main", To: "side", Quantity: units(20)},
		{What: material.Moved, Lot: "H2", From: "main", To: "side", Quantity: units(5)},
		{What: material.Counted, Lot: "H1", From: "side", Quantity: units(19)},
		{What: material.Scrapped, Lot: "H2", From: "main", Quantity: units(1), Reason: "rust"},
		{What: material.Adjusted, Lot: "H2", From: "main", Quantity: units(2), Reason: "found"},
		{What: material.Split, Lot: "H2", Into: "H3", From: "main", Quantity: units(4)},
	}
	for n := range 10 {
		all = append(all, material.Entry{What: material.Consumed, Lot: []string{"H1", "H2"}[n%2], From: "side", Quantity: 1_234_567, Order: order, Job: 10})
	}
	for i := range all {
		all[i].At, all[i].Entered, all[i].By, all[i].Item = refoldAt(100+11*i), 1, "k", steel
	}
	if shuffled {
		r.rnd.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	}
	for i := range all {
		all[i].ID = r.newID()
		_, err := r.material.Book(r.Context(), tenant, all[i:i+1])
		must(r.T, err)
	}
}

// refolded is all that figures say.
type refolded struct {
	figures map[string]figure.Figure
	roots   []string
	rows    int
}

// half of the time machines produced.
type half struct{}

func (half) Did(_ context.Context, _ plant.TenantNo, runs []production.MachineRun) (map[production.MachineRun]performance.Did, error) {
	out := map[production.MachineRun]performance.Did{}
	for _, r := range runs {
		ms := r.To.Time().Sub(r.From.Time()).Milliseconds()
		out[r] = performance.Did{ProducedMs: ms / 2, KnownMs: ms}
	}
	return out, nil
}

func (half) Breaks(context.Context, plant.TenantNo, plant.NodeID, plant.Micros, plant.Micros) ([]plant.Span, error) {
	return nil, nil
}

// usedBy tells performance what material knows.
type usedBy struct{ material.Store }

func (u usedBy) Used(ctx context.Context, tenant plant.TenantNo, order string) ([]performance.Used, error) {
	var out []performance.Used
	all, err := u.Store.Used(ctx, tenant, order)
	for _, one := range all {
		out = append(out, performance.Used(one))
	}
	return out, err
}

func (r *refold) fold(tenant plant.TenantNo) refolded {
	ctx, now := r.Context(), func() time.Time { return refoldDay.AddDate(0, 0, 3) }
	load := func(dir string, terms []string) *figure.Definitions {
		d, err := figure.Load(r.files, dir, terms)
		must(r.T, err)
		return d
	}
	out := refolded{figures: map[string]figure.Figure{}}
	keep := func(root string, rows int, figures []figure.Figure) {
		out.roots, out.rows = append(out.roots, root), out.rows+rows
		for _, f := range figures {
			out.figures[f.Definition.ID] = f
		}
	}
	who := access.As("p", "planner", access.Scope{Tenant: tenant}, access.Read, access.Plan)
	from, to := refoldAt(0), refoldAt(24*60)
	desk := production.NewDesk(production.Options{Store: r.orders, Places: workshop{}, Counts: workshop{}, NewID: r.newID, Now: now})
	orders, err := performance.NewDesk(performance.Options{Orders: desk, Machines: half{}, Materials: usedBy{r.material}, Definitions: load("order-figures", performance.TermNames()), Now: now}).
		Figures(ctx, who, performance.Query{Scope: who.Scope, From: from, To: to})
	must(r.T, err)
	keep(orders.Root, len(orders.Rows), orders.Figures)
	people, err := attendance.NewDesk(attendance.Options{Hours: desk, Calendars: half{}, Definitions: load("worker-figures", attendance.TermNames()), Now: now}).
		Figures(ctx, who, production.WorkedQuery{From: from.Time(), To: to.Time()})
	must(r.T, err)
	keep(people.Root, len(people.People), people.Figures)
	bookings, ok := r.material.(balance.Store)
	if !ok {
		r.Fatal("the store of material does not give bookings")
	}
	items, err := balance.NewDesk(balance.Options{Store: bookings, Definitions: load("material-figures", balance.TermNames()), Now: now}).
		Figures(ctx, balance.Query{Scope: who.Scope, From: from, To: to})
	must(r.T, err)
	for _, i := range items {
		keep(i.Root, len(i.Lots), i.Figures)
	}
	if used, err := r.material.Used(ctx, tenant, "A1"); err != nil || !slices.Equal(used, []material.Need{{Item: "gcr15", Quantity: 12_345_670, Unit: "kg"}}) {
		r.Errorf("used by the order: %+v %v", used, err)
	}
	if legs, err := bookings.Legs(ctx, access.Scope{Tenant: tenant, Path: "elsewhere"}, "", to, 10); err != nil || len(legs) != 0 {
		r.Errorf("bookings of another place: %+v %v", legs, err)
	}
	return out
}
