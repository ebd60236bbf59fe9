package main

import (
	"context"
	"errors"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/record"
	recshop "zhigai/record/shop"
	"zhigai/shop/maintenance"
	"zhigai/shop/material"
)

// store is a stock with a shelf of bearings and a work order beside it, on a real
// record.
type spareStore struct {
	desk   *material.Desk
	works  *maintenance.Desk
	keeper access.Principal
	fitter access.Principal
	order  maintenance.Order
}

// oneHall is a plant with one machine; it made no parts and never stood.
type oneHall struct{}

func (oneHall) Place(_ context.Context, _ plant.TenantNo, node plant.NodeID) (string, plant.Name, error) {
	return "xc/w1/" + string(node), plant.Name{ZH: "磨床"}, nil
}

func (oneHall) Run(context.Context, plant.TenantNo, string, int) (material.Run, error) {
	return material.Run{}, access.ErrNotFound
}

func (oneHall) Needs(context.Context, plant.TenantNo, string) ([]material.Need, error) {
	return nil, access.ErrNotFound
}

func (oneHall) Stood(context.Context, plant.TenantNo, plant.NodeID, string, plant.Instant, plant.Instant) ([]maintenance.Standing, error) {
	return nil, nil
}

func (oneHall) Stops(context.Context, plant.TenantNo, plant.NodeID, plant.Instant, plant.Instant) ([]maintenance.Stop, error) {
	return nil, nil
}

func (oneHall) Counted(context.Context, plant.TenantNo, plant.NodeID, plant.Instant, plant.Instant) (int64, error) {
	return 0, nil
}

func (oneHall) Kept(_ context.Context, _ plant.TenantNo, sha256 string) (int64, error) {
	if sha256 == "known" {
		return 7, nil
	}
	return 0, access.ErrNotFound
}

func newSpareStore(t *testing.T) *spareStore {
	t.Helper()
	db, err := record.Open(t.Context(), t.TempDir(), record.Options{})
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	now := func() time.Time { return time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC) }
	s := &spareStore{}
	s.desk = material.NewDesk(material.Options{Store: recshop.NewMaterial(db), Orders: spareRuns{oneHall{}, recshop.NewMaintenance(db)}, Places: oneHall{}, NewID: db.NewID, Now: now})
	s.works = maintenance.NewDesk(maintenance.Options{Store: recshop.NewMaintenance(db), Alarms: oneHall{}, Machines: oneHall{}, Places: oneHall{}, Spares: sparesOf{s.desk}, Files: oneHall{}, NewID: db.NewID, Now: now})
	scope := access.Scope{Tenant: 1}
	s.keeper = access.As("k", "keeper", scope, access.Read, access.Material, access.Report)
	s.fitter = access.As("f", "fitter", scope, access.Read, access.Report)
	_, err = s.desk.SaveItem(t.Context(), s.keeper, material.Item{Code: "6205", Name: plant.Name{ZH: "轴承"}, Unit: "{piece}", Tracking: material.Untracked, Reorder: 3 * plant.One, Target: 10 * plant.One})
	must(t, err)
	_, err = s.desk.SaveLocation(t.Context(), s.keeper, material.Location{Code: "spares", Name: plant.Name{ZH: "备件库"}, Kind: material.Warehouse, Node: "w1"})
	must(t, err)
	_, err = s.desk.Book(t.Context(), s.keeper, material.Entry{What: material.Received, Item: "6205", To: "spares", Quantity: 5 * plant.One})
	must(t, err)
	s.order, err = s.works.Propose(t.Context(), s.fitter, maintenance.New{Machine: "m1", Work: maintenance.Work{Title: "换轴承", Priority: 2, DownRate: 60_000}})
	must(t, err)
	return s
}

func (s *spareStore) level(t *testing.T) material.Level {
	t.Helper()
	all, err := s.desk.Levels(t.Context(), s.keeper)
	must(t, err)
	if len(all) != 1 {
		t.Fatalf("%+v", all)
	}
	return all[0]
}

// A spare that is taken for a work order leaves the stock once, however often it is
// said, stands with the order, and comes back; below its reorder point that is said.
func TestSpares_TakeKeepReturn(t *testing.T) {
	t.Parallel()
	s := newSpareStore(t)
	ctx := t.Context()
	must(t, s.works.Keep(ctx, s.keeper, s.order.ID, "6205", 2*plant.One))
	if l := s.level(t); l.Free != 3*plant.One || !l.Low || l.Order != 7*plant.One {
		t.Errorf("two are kept: %+v", l)
	}
	spare := maintenance.Spare{Item: "6205", Location: "spares", Quantity: plant.One, Key: "a"}
	first, err := s.works.Take(ctx, s.fitter, s.order.ID, spare)
	must(t, err)
	again, err := s.works.Take(ctx, s.fitter, s.order.ID, spare)
	must(t, err)
	if first.Booking != again.Booking || first.Unit != "{piece}" {
		t.Errorf("%+v, %+v", first, again)
	}
	v, err := s.works.View(ctx, s.fitter, s.order.ID)
	must(t, err)
	if len(v.Taken) != 1 || v.Taken[0].By != "fitter" || len(v.Kept) != 1 || v.Kept[0].Quantity != plant.One {
		t.Errorf("%+v, %+v", v.Taken, v.Kept)
	}
	if l := s.level(t); l.Lies != 4*plant.One || l.Reserved != plant.One || l.Free != 3*plant.One {
		t.Errorf("one of the two is taken: %+v", l)
	}
	must(t, s.works.Return(ctx, s.fitter, s.order.ID, first.Booking, "wrong one"))
	if v, err = s.works.View(ctx, s.fitter, s.order.ID); err != nil || len(v.Taken) != 0 || s.level(t).Lies != 5*plant.One {
		t.Errorf("brought back: %+v, %v", v.Taken, err)
	}
	must(t, s.works.Keep(ctx, s.keeper, s.order.ID, "6205", 0))
	if l := s.level(t); l.Low || l.Free != 5*plant.One || l.Order != 0 {
		t.Errorf("%+v", l)
	}
}

func TestSpares_Refusals(t *testing.T) {
	t.Parallel()
	s := newSpareStore(t)
	ctx := t.Context()
	good := maintenance.Spare{Item: "6205", Location: "spares", Quantity: plant.One}
	for what, change := range map[string]func(*maintenance.Spare){
		"no item":     func(p *maintenance.Spare) { p.Item = "none" },
		"no location": func(p *maintenance.Spare) { p.Location = "none" },
		"nothing":     func(p *maintenance.Spare) { p.Quantity = 0 },
		"half a one":  func(p *maintenance.Spare) { p.Quantity = plant.One / 2 },
	} {
		p := good
		change(&p)
		if _, err := s.works.Take(ctx, s.fitter, s.order.ID, p); !errors.Is(err, maintenance.ErrInvalid) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := s.works.Keep(ctx, s.fitter, s.order.ID, "6205", plant.One); !errors.Is(err, access.ErrForbidden) {
		t.Errorf("a fitter reserves: %v", err)
	}
	if err := s.works.Return(ctx, s.fitter, s.order.ID, "other", "x"); !errors.Is(err, access.ErrNotFound) {
		t.Errorf("of another order: %v", err)
	}
	if _, err := s.desk.Book(ctx, s.keeper, material.Entry{What: material.Reserved, Item: "6205", Quantity: plant.One, Order: "work-order/99"}); !errors.Is(err, material.ErrInvalid) {
		t.Errorf("for an order that there is not: %v", err)
	}
	o, err := s.works.Move(ctx, s.fitter, s.order.ID, s.order.Rev, maintenance.Move{State: maintenance.Cancelled, Note: "n"})
	must(t, err)
	if _, err := s.works.Take(ctx, s.fitter, o.ID, good); !errors.Is(err, maintenance.ErrInvalid) {
		t.Errorf("for an order that is cancelled: %v", err)
	}
}

// A line of a check list shows photos that are kept, and no others; what an hour of
// standstill costs is said once for a machine.
func TestSpares_PhotosAndRate(t *testing.T) {
	t.Parallel()
	s := newSpareStore(t)
	ctx := t.Context()
	work := s.order.Work
	work.Checks = []maintenance.Check{{Text: "密封", Done: true, Photos: []string{"known"}}}
	o, err := s.works.Change(ctx, s.fitter, s.order.ID, s.order.Rev, work)
	if err != nil || o.Checks[0].By != "fitter" || o.Checks[0].Photos[0] != "known" {
		t.Fatalf("%+v, %v", o.Checks, err)
	}
	work.Checks[0].Photos = []string{"lost"}
	if _, err := s.works.Change(ctx, s.fitter, o.ID, o.Rev, work); !errors.Is(err, maintenance.ErrInvalid) {
		t.Errorf("a photo that nobody handed in: %v", err)
	}
	next, err := s.works.Propose(ctx, s.fitter, maintenance.New{Machine: "m1", Work: maintenance.Work{Title: "again", Priority: 3}})
	if err != nil || next.DownRate != 60_000 {
		t.Errorf("%+v, %v", next.DownRate, err)
	}
}
