package material

import (
	"context"
	"fmt"
	"slices"

	"zhigai/access"
	"zhigai/plant"
)

// Flushed is what a back-flush did with an item of the bill of materials.
type Flushed struct {
	Item     string         `json:"item"`
	Due      plant.Quantity `json:"due" doc:"What was made × what one unit takes"`
	Before   plant.Quantity `json:"before" doc:"Booked for the job before"`
	Booked   plant.Quantity `json:"booked" doc:"Booked now; negative when the counts went down"`
	Short    plant.Quantity `json:"short" doc:"Due and not booked: none lies beside the machines"`
	Problem  string         `json:"problem,omitempty" doc:"Why nothing was booked"`
	Per      plant.Quantity `json:"per"`
	Made     int64          `json:"made"`
	Revision int            `json:"revision"`
}

// Backflush books what a job must have used up: what its machines counted, scrap
// and rework with it, times what one unit takes of each item in its segment, less
// what is booked for the job already. So it may be done again at any time: a
// second run books what was made since, and takes back what was counted too much.
// It takes the lots beside the job's machines, the oldest first. Weighing and
// counting correct it where it lies.
func (d *Desk) Backflush(ctx context.Context, who access.Principal, order string, job int) ([]Flushed, error) {
	tenant := who.Scope.Tenant
	run, err := d.o.Orders.Run(ctx, tenant, order, job)
	if err != nil {
		return nil, err
	}
	if len(run.Stretches) == 0 {
		return nil, invalid("order %s, job %d has not run yet", order, job)
	}
	for _, s := range run.Stretches {
		if !who.May(access.Report, s.Path) && !who.May(access.Material, s.Path) {
			return nil, fmt.Errorf("%w: material at %s", access.ErrForbidden, s.Path)
		}
	}
	booked, err := d.o.Store.Entries(ctx, tenant, EntryFilter{Scope: access.Scope{Tenant: tenant}, Order: order, Job: job, What: []Kind{Consumed}, Limit: maxRows})
	if err != nil {
		return nil, err
	}
	if len(booked) == maxRows {
		return nil, invalid("order %s, job %d has %d bookings; count what lies beside its machines instead", order, job, maxRows)
	}
	out := []Flushed{}
	var entries []Entry
	for _, u := range run.Uses {
		f, es, err := d.flush(ctx, who, run, u, booked)
		if err != nil {
			return nil, err
		}
		out, entries = append(out, f), append(entries, es...)
	}
	if len(entries) == 0 {
		return out, nil
	}
	_, err = d.o.Store.Book(ctx, tenant, entries)
	return out, err
}

func (d *Desk) flush(ctx context.Context, who access.Principal, run Run, u Use, booked []Entry) (Flushed, []Entry, error) {
	tenant := who.Scope.Tenant
	f := Flushed{Item: u.Item, Per: u.Per, Made: run.Made, Revision: run.Revision}
	due, ok := u.Per.Times(run.Made)
	if !ok || due > plant.Quantity(maxAmount)*plant.One {
		return f, nil, invalid("order %s: %d × %s of %s is more than can be booked", run.Order, run.Made, u.Per, u.Item)
	}
	f.Due = due
	var own []Entry
	for _, e := range booked {
		if e.Item == u.Item {
			f.Before += e.Quantity
			own = append(own, e)
		}
	}
	item, err := d.o.Store.Item(ctx, tenant, u.Item)
	switch {
	case isNotFound(err):
		f.Problem, f.Short = "there is no such item; enter it first", f.Due-f.Before
		return f, nil, nil
	case err != nil:
		return f, nil, err
	case item.Unit != u.Unit:
		f.Problem, f.Short = fmt.Sprintf("the bill of materials counts in %s, the stock in %s", u.Unit, item.Unit), f.Due-f.Before
		return f, nil, nil
	}
	left := f.Due - f.Before
	if item.Unit == "{piece}" {
		left = left / plant.One * plant.One // a part of a piece is used up with the next
	}
	var picks []Pick
	if left > 0 {
		stocks, err := d.beside(ctx, tenant, run, u.Item)
		if err != nil {
			return f, nil, err
		}
		picks, f.Short = choose(stocks, left, d.o.Now())
	} else {
		picks = giveBack(own, -left)
	}
	var entries []Entry
	for n, p := range picks {
		e := Entry{
			// Of what was booked and what is due follows what is booked next: whoever asks
			// at the same time asks for the same.
			Key: fmt.Sprintf("%s-%d %s %d %s %d", run.Order, run.Job, u.Item, run.Made, f.Before, n),
			ID:  d.o.NewID(), At: d.now(), Entered: d.now(), By: who.Name, What: Consumed, Item: u.Item, Lot: p.Number, From: p.Location, Quantity: p.Quantity,
			Order: run.Order, Job: run.Job, Machine: run.Stretches[len(run.Stretches)-1].Machine,
			Derived: &Derived{Made: run.Made, Per: u.Per, Revision: run.Revision},
		}
		if err := e.Check(); err != nil {
			return f, nil, err
		}
		f.Booked += p.Quantity
		entries = append(entries, e)
	}
	return f, entries, nil
}

// giveBack takes back what was back-flushed too much, the last first.
func giveBack(own []Entry, too plant.Quantity) []Pick {
	slices.SortFunc(own, func(a, b Entry) int { return b.before(a) })
	var out []Pick
	for _, e := range own {
		if too <= 0 {
			break
		}
		if e.Derived == nil || e.Quantity <= 0 {
			continue
		}
		n := min(too, e.Quantity)
		out, too = append(out, Pick{Lot: e.LotID(), Number: e.Lot, Location: e.From, Quantity: -n}), too-n
	}
	return out
}

// beside is what lies beside the job's machines: in line-side locations at a
// machine, or at a line or cell around it.
func (d *Desk) beside(ctx context.Context, tenant plant.TenantNo, run Run, item string) ([]Stock, error) {
	all, err := d.o.Store.Stocks(ctx, tenant, StockFilter{Scope: access.Scope{Tenant: tenant}, Item: item, Limit: maxRows})
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(s Stock) bool {
		return s.Kind != LineSide || !slices.ContainsFunc(run.Stretches, func(r Stretch) bool { return plant.Within(r.Path, s.Path) })
	}), nil
}
