package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"time"

	"zhigai/access"
	"zhigai/bench"
	"zhigai/figure"
	"zhigai/plant"
	"zhigai/record"
	recshop "zhigai/record/shop"
	"zhigai/shop/material"
	"zhigai/shop/production"
)

// genealogyBench measures where a part came from and where a lot went, and how
// soon what is entered at a kiosk is durable.
type genealogyBench struct{}

const (
	// benchLinks is some years of a bearing plant with serials.
	benchLinks      = 1_000_000
	quickLinks      = 40_000
	trialLinks      = 2_000
	serialsPerJob   = 200 // bearings of one assembly job
	ringsPerJob     = 4   // lots of rings that go into it
	jobsPerHeat     = 5   // lots of rings made of one heat of steel
	traceLimit      = 200 * time.Millisecond
	kioskLimit      = 100 * time.Millisecond
	benchKiosks     = 8
	entriesAtOnce   = 500 // booked in one commit
	benchTraceRows  = 200_000
	entriesPerKiosk = 150
)

func (g genealogyBench) part() bench.Part {
	return bench.Part{Name: "genealogy", Title: "Genealogy and entries", Run: g.run, Asked: true}
}

func (g genealogyBench) run(ctx context.Context, e *bench.Env) (rows []bench.Row, err error) {
	links, often := benchLinks, 200
	switch e.Length {
	case bench.Quick:
		links, often = quickLinks, 50
	case bench.Trial:
		links, often = trialLinks, 3
	}
	db, err := record.Open(ctx, filepath.Join(e.Dir, "record"), record.Options{})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	f := bearings{store: recshop.NewMaterial(db), newID: db.NewID, log: func(n int) { fmt.Fprintf(e.Log, "  %d links …\n", n) }}
	began := time.Now()
	if err := f.fill(ctx, links); err != nil {
		return nil, err
	}
	rows = append(rows, seconds(fmt.Sprintf("%d links, made of %d entries that were booked one by one", f.links, f.entries), time.Since(began), 0))
	down, err := f.trace(ctx, f.heats, true, often)
	if err != nil {
		return nil, err
	}
	up, err := f.trace(ctx, f.serials, false, often)
	if err != nil {
		return nil, err
	}
	kiosk, err := kioskEntries(ctx, db)
	return append(rows, down, up, kiosk), err
}

// bearings is a plant that makes bearings of rings of heats of steel.
type bearings struct {
	store   material.Store
	newID   func() string
	log     func(links int)
	links   int
	entries int
	batch   []material.Entry
	at      plant.Instant
	heats   []string // ids
	serials []string
	rings   []string // numbers that are not in a bearing yet
}

// fill books until there are that many links: heats are turned into rings, which
// are hardened and ground and go, mixed, into bearings.
func (b *bearings) fill(ctx context.Context, links int) error {
	b.at = plant.InstantOf(time.Now().Add(-300 * 24 * time.Hour))
	for _, code := range []string{"steel", "turned", "hardened", "ring", "bearing"} {
		i := material.Item{Code: code, Name: plant.Name{ZH: code}, Unit: "{piece}", Tracking: material.ByLot, Rev: 1}
		if err := b.store.SaveItem(ctx, 1, "bench", i, 0); err != nil {
			return err
		}
	}
	if err := b.store.SaveLocation(ctx, 1, "bench", material.Location{Code: "hall", Name: plant.Name{ZH: "车间"}, Kind: material.LineSide, Node: "n", Path: "e", Rev: 1}, 0); err != nil {
		return err
	}
	rnd := rand.New(rand.NewPCG(1, 1))
	for job := 0; b.links < links; job++ {
		for len(b.rings) < 4*ringsPerJob {
			if err := b.heat(ctx); err != nil {
				return err
			}
		}
		rnd.Shuffle(len(b.rings), func(i, k int) { b.rings[i], b.rings[k] = b.rings[k], b.rings[i] })
		order := fmt.Sprint("B", job)
		for _, ring := range b.rings[:ringsPerJob] {
			if err := b.book(ctx, material.Entry{What: material.Consumed, Item: "ring", Lot: ring, From: "hall", Quantity: serialsPerJob * plant.One, Order: order, Job: 50}); err != nil {
				return err
			}
		}
		b.rings = b.rings[ringsPerJob:]
		for n := range serialsPerJob {
			serial := fmt.Sprintf("S%d-%d", job, n)
			if err := b.book(ctx, material.Entry{What: material.Produced, Item: "bearing", Lot: serial, To: "hall", Quantity: plant.One, Order: order, Job: 50}); err != nil {
				return err
			}
			b.serials = append(b.serials, material.LotID("bearing", serial))
		}
		b.links += ringsPerJob * serialsPerJob
		if job%100 == 99 {
			b.log(b.links)
		}
	}
	return b.flush(ctx)
}

// heat makes rings of a heat of steel, in three steps.
func (b *bearings) heat(ctx context.Context) error {
	heat := fmt.Sprint("H", len(b.heats))
	b.heats = append(b.heats, material.LotID("steel", heat))
	if err := b.book(ctx, material.Entry{What: material.Received, Item: "steel", Lot: heat, To: "hall", Quantity: 1000 * plant.One}); err != nil {
		return err
	}
	for n := range jobsPerHeat {
		order := fmt.Sprintf("R%s-%d", heat, n)
		was := [2]string{"steel", heat}
		for step, item := range []string{"turned", "hardened", "ring"} {
			lot := fmt.Sprintf("%s-%d", heat, n)
			for _, e := range []material.Entry{
				{What: material.Consumed, Item: was[0], Lot: was[1], From: "hall", Quantity: 200 * plant.One, Order: order, Job: 10 * (step + 1)},
				{What: material.Produced, Item: item, Lot: lot, To: "hall", Quantity: 200 * plant.One, Order: order, Job: 10 * (step + 1)},
			} {
				if err := b.book(ctx, e); err != nil {
					return err
				}
			}
			was = [2]string{item, lot}
			b.links++
		}
		b.rings = append(b.rings, was[1])
	}
	return nil
}

func (b *bearings) book(ctx context.Context, e material.Entry) error {
	b.at += 1_000_000
	e.ID, e.At, e.Entered, e.By = b.newID(), b.at, b.at, "bench"
	b.entries++
	if b.batch = append(b.batch, e); len(b.batch) < entriesAtOnce {
		return nil
	}
	return b.flush(ctx)
}

func (b *bearings) flush(ctx context.Context) error {
	_, err := b.store.Book(ctx, 1, b.batch)
	b.batch = nil
	return err
}

// trace asks about lots taken at random, one after the other.
func (b *bearings) trace(ctx context.Context, lots []string, down bool, often int) (bench.Row, error) {
	rnd := rand.New(rand.NewPCG(2, 2))
	var took bench.Latencies
	found := 0
	for range often {
		lot := lots[rnd.IntN(len(lots))]
		began := time.Now()
		all, err := b.store.Trace(ctx, 1, lot, down, benchTraceRows)
		if err != nil {
			return bench.Row{}, err
		}
		took.Add(time.Since(began))
		if len(all) < 2 {
			return bench.Row{}, fmt.Errorf("from %s, down %v: nothing was found", lot, down)
		}
		found += len(all)
	}
	what := "a bearing back to its heats"
	if down {
		what = "recall list of a heat of steel"
	}
	return took.Row(fmt.Sprintf("%s, %d places on average", what, found/often), traceLimit), nil
}

// kioskEntries has kiosks enter what they do at one time, each at its machine.
func kioskEntries(ctx context.Context, db *record.DB) (bench.Row, error) {
	desk := production.NewDesk(production.Options{Store: recshop.NewProduction(db), Places: oneShop{}, Counts: oneShop{}, NewID: db.NewID, Now: time.Now})
	who := access.Node(1)
	segments := make([]production.Alternative, benchKiosks)
	for i := range segments {
		segments[i] = production.Alternative{Equipment: plant.NodeID(fmt.Sprint("m", i)), RunMs: 1000}
	}
	d, err := desk.SaveDefinition(ctx, who, production.Definition{Product: "bearing", Unit: "{piece}", Materials: []production.Material{}, Segments: []production.Segment{{No: 10, Name: plant.Name{ZH: "装配"}, Alternatives: segments}}})
	if err != nil {
		return bench.Row{}, err
	}
	if _, err := desk.Release(ctx, who, d.Product, d.Revision, plant.Validity{}, d.Rev); err != nil {
		return bench.Row{}, err
	}
	var mu sync.Mutex
	var took bench.Latencies
	var wg sync.WaitGroup
	errs := make([]error, benchKiosks)
	for k := range benchKiosks {
		wg.Go(func() {
			errs[k] = kiosk(ctx, desk, who, k, func(t time.Duration) {
				mu.Lock()
				defer mu.Unlock()
				took.Add(t)
			})
		})
	}
	wg.Wait()
	return took.Row(fmt.Sprintf("entry at a kiosk until it is durable and answered, %d kiosks at one time", benchKiosks), kioskLimit), errors.Join(errs...)
}

func kiosk(ctx context.Context, desk *production.Desk, who access.Principal, k int, took func(time.Duration)) error {
	v, err := desk.Create(ctx, who, production.Terms{Number: fmt.Sprint("K", k), Kind: production.Make, Product: "bearing", Quantity: 1_000_000, Place: "e", Due: plant.InstantOf(time.Now().Add(time.Hour))})
	if err != nil {
		return err
	}
	if v, err = desk.ReleaseOrder(ctx, who, v.ID, v.Rev); err != nil {
		return err
	}
	for n := range entriesPerKiosk {
		e := production.Entry{Job: 10, What: production.StepJob, Command: production.Resume, Machine: plant.NodeID(fmt.Sprint("m", k)), Key: fmt.Sprintf("%d-%d", k, n)}
		switch {
		case n == 0:
			e.Command = production.Run
		case n%3 == 1:
			e.What, e.Command, e.Good = production.StepCount, "", 5
		case n%3 == 2:
			e.Command = production.Pause
		}
		began := time.Now()
		if _, err := desk.Enter(ctx, who, v.ID, e); err != nil {
			return fmt.Errorf("kiosk %d, entry %d: %w", k, n, err)
		}
		took(time.Since(began))
	}
	return nil
}

// oneShop is a plant of machines of which any does everything, and which count
// nothing themselves.
type oneShop struct{}

func (oneShop) Machines(_ context.Context, _ plant.TenantNo, node plant.NodeID) ([]production.Place, error) {
	return []production.Place{{ID: node, Path: "e/" + string(node), Calendar: true}}, nil
}

func (oneShop) Place(_ context.Context, _ plant.TenantNo, node plant.NodeID) (production.Place, error) {
	return production.Place{ID: node, Path: "e/" + string(node), Calendar: true}, nil
}

func (oneShop) HasPath(context.Context, plant.TenantNo, string) (bool, error) { return true, nil }

func (oneShop) HasProduct(context.Context, plant.TenantNo, string) (bool, error) { return true, nil }

func (oneShop) Counted(context.Context, plant.TenantNo, plant.NodeID, plant.Micros, plant.Micros) ([]figure.CountedParts, error) {
	return nil, nil
}

func (oneShop) Typed(context.Context, plant.TenantNo, []plant.NodeID, plant.Micros, plant.Micros) ([]production.Typed, error) {
	return nil, nil
}
