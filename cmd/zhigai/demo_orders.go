package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/shop/material"
	"zhigai/shop/production"
)

// demoOrders runs orders through the simulated plant as its people would: at the
// desks of production and material, one order after the other, each job of it at
// a machine that really turns meanwhile.
type demoOrders struct {
	orders   *production.Desk
	material *material.Desk
	who      access.Principal
	pace     time.Duration // of one job
	stations []demoStation
	made     int // orders
}

// demoStation is where one job of each order is done.
type demoStation struct {
	no      int
	name    plant.Name
	class   string // of the machine
	person  string
	machine plant.NodeID
	line    plant.NodeID
	makes   string // item; the last makes the product
}

const (
	demoProduct  = "6204-2rs"
	demoQuantity = 20
	demoCustomer = "杭州演示电机"
	// demoQuick orders follow one another at once; the later ones take ten times as
	// long, so that a demo that runs for days does not fill its disk.
	demoQuick = 5
	demoSlow  = 10
)

var demoStations = []demoStation{
	{no: 10, name: plant.Name{ZH: "车削", EN: "turning"}, class: "lathe", person: "王建国", makes: "ring-turned"},
	{no: 20, name: plant.Name{ZH: "热处理", EN: "heat treatment"}, class: "furnace", person: "李秀英", makes: "ring-hardened"},
	{no: 30, name: plant.Name{ZH: "磨削", EN: "grinding"}, class: "grinder", person: "张伟", makes: "ring-ground"},
	{no: 40, name: plant.Name{ZH: "超精", EN: "superfinishing"}, class: "superfinisher", person: "刘洋", makes: "ring"},
	{no: 50, name: plant.Name{ZH: "装配", EN: "assembly"}, class: "robot", person: "陈静", makes: "bearing-open"},
	{no: 60, name: plant.Name{ZH: "检测", EN: "inspection"}, class: "inspection", person: "杨帆", makes: demoProduct},
}

var demoItems = []material.Item{
	{Code: "gcr15", Name: plant.Name{ZH: "GCr15 轴承钢管", EN: "GCr15 bearing steel tube"}, Unit: "kg", Tracking: material.ByLot},
	{Code: "ring-turned", Name: plant.Name{ZH: "车削套圈", EN: "turned ring"}, Unit: "{piece}", Tracking: material.ByLot},
	{Code: "ring-hardened", Name: plant.Name{ZH: "淬火套圈", EN: "hardened ring"}, Unit: "{piece}", Tracking: material.ByLot},
	{Code: "ring-ground", Name: plant.Name{ZH: "磨削套圈", EN: "ground ring"}, Unit: "{piece}", Tracking: material.ByLot},
	{Code: "ring", Name: plant.Name{ZH: "成品套圈", EN: "finished ring"}, Unit: "{piece}", Tracking: material.ByLot},
	{Code: "ball", Name: plant.Name{ZH: "钢球 7.938", EN: "ball 7.938"}, Unit: "{piece}", Tracking: material.ByLot},
	{Code: "grease", Name: plant.Name{ZH: "润滑脂", EN: "grease"}, Unit: "kg", Tracking: material.Untracked, ShelfDays: 730},
	{Code: "bearing-open", Name: plant.Name{ZH: "待检轴承", EN: "bearing to be inspected"}, Unit: "{piece}", Tracking: material.ByLot},
	{Code: demoProduct, Name: plant.Name{ZH: "6204-2RS 深沟球轴承", EN: "6204-2RS deep groove ball bearing"}, Unit: "{piece}", Tracking: material.BySerial},
}

// runDemoOrders runs orders until ctx ends. A step that people would not be let
// do ends the order, and the next begins.
func (n *node) runDemoOrders(ctx context.Context, pace time.Duration) {
	d := demoOrders{
		orders: n.newProduction(), material: n.newMaterial(), pace: pace,
		who: access.As("demo", "demo", access.Scope{Tenant: homeTenant}, access.Read, access.Report, access.Plan, access.Engineer, access.Material),
	}
	if err := d.prepare(ctx, placesOf{n.fleet}); err != nil {
		n.log.Warn("demo orders", "err", err)
		return
	}
	for {
		err := errors.Join(d.tidy(ctx), d.run(ctx, time.Now()))
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			n.log.Warn("demo order", "err", err)
			d.wait(ctx, pace)
		}
	}
}

// tidy ends what an earlier demo left at its machines.
func (d *demoOrders) tidy(ctx context.Context) error {
	left, err := d.orders.List(ctx, d.who, production.OrderFilter{
		States: []production.OrderState{production.OrderReleased, production.OrderRunning, production.OrderPaused}, Product: demoProduct, Text: demoCustomer, Limit: 100,
	})
	if err != nil {
		return err
	}
	for _, h := range left {
		v, err := d.orders.View(ctx, d.who, h.ID)
		if err != nil {
			return err
		}
		for _, j := range v.Jobs {
			if j.State.Ended() {
				continue
			}
			if _, err := d.orders.Enter(ctx, d.who, h.ID, production.Entry{Job: j.No, What: production.StepJob, Command: production.Abort, Reason: "演示重新开始"}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *demoOrders) wait(ctx context.Context, long time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(long):
	}
}

// prepare enters what a plant has before its first order, unless it is there.
func (d *demoOrders) prepare(ctx context.Context, places placesOf) error {
	s, err := places.now(ctx, homeTenant)
	if err != nil {
		return err
	}
	var site plant.NodeID
	at := func(path string) plant.NodeID {
		i := slices.IndexFunc(s.Model.Nodes, func(nd plant.Node) bool { return nd.Path == path })
		return s.Model.Nodes[max(0, i)].ID
	}
	for _, nd := range s.Model.Nodes {
		if nd.Level == plant.LevelSite && site == "" {
			site = nd.ID
		}
	}
	for _, station := range demoStations {
		i := slices.IndexFunc(s.Model.Nodes, func(nd plant.Node) bool { return nd.Machine != nil && nd.Machine.Class == station.class })
		if i < 0 || site == "" {
			return fmt.Errorf("the plant has no site with a %s", station.class)
		}
		station.machine, station.line = s.Model.Nodes[i].ID, at(plant.ParentPath(s.Model.Nodes[i].Path))
		d.stations = append(d.stations, station)
	}
	for _, i := range demoItems {
		if _, err := d.material.SaveItem(ctx, d.who, i); err != nil && !errors.Is(err, access.ErrConflict) {
			return err
		}
	}
	locations := []material.Location{{Code: "main", Name: plant.Name{ZH: "主仓库", EN: "main store"}, Kind: material.Warehouse, Node: site}}
	for _, s := range d.stations {
		locations = append(locations, material.Location{Code: s.side(), Name: plant.Name{ZH: s.name.ZH + "线边", EN: s.name.EN + ", line side"}, Kind: material.LineSide, Node: s.line})
	}
	for _, l := range locations {
		if _, err := d.material.SaveLocation(ctx, d.who, l); err != nil && !errors.Is(err, access.ErrConflict) {
			return err
		}
	}
	for _, l := range []material.Loop{
		{Item: "gcr15", From: "main", To: d.stations[0].side(), Container: 50 * plant.One, Demand: 400 * plant.One, LeadMs: 2 * 3600 * 1000, SafetyPPM: 200_000},
		{Item: "ball", From: "main", To: d.stations[4].side(), Container: 2000 * plant.One, Demand: 20_000 * plant.One, LeadMs: 4 * 3600 * 1000, SafetyPPM: 100_000},
	} {
		known, err := d.material.Loops(ctx, d.who)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(known, func(o material.Loop) bool { return o.Item == l.Item }) {
			continue
		}
		if _, err := d.material.SaveLoop(ctx, d.who, l); err != nil {
			return err
		}
	}
	return d.define(ctx)
}

func (s demoStation) side() string { return fmt.Sprint("side-", s.no) }

// define releases how the bearing is made.
func (d *demoOrders) define(ctx context.Context) error {
	known, err := d.orders.Definitions(ctx, d.who, production.DefinitionFilter{Product: demoProduct, State: production.Released, Limit: 1})
	if err != nil || len(known) > 0 {
		return err
	}
	def := production.Definition{Product: demoProduct, Unit: "{piece}", Materials: []production.Material{
		{Item: "gcr15", Quantity: 112_000, Unit: "kg", Segment: 10}, {Item: "ball", Quantity: 8 * plant.One, Unit: "{piece}", Segment: 50}, {Item: "grease", Quantity: 1_500, Unit: "kg", Segment: 50},
	}}
	for _, s := range d.stations {
		def.Segments = append(def.Segments, production.Segment{No: s.no, Name: s.name, Alternatives: []production.Alternative{{Equipment: s.machine, SetupMs: 600_000, RunMs: 20_000}}})
	}
	if def, err = d.orders.SaveDefinition(ctx, d.who, def); err != nil {
		return err
	}
	_, err = d.orders.Release(ctx, d.who, def.Product, def.Revision, plant.Validity{From: time.Now().Add(-time.Minute)}, def.Rev)
	return err
}

// run makes one order from the steel to bearings with serials.
func (d *demoOrders) run(ctx context.Context, now time.Time) error {
	number := "D" + now.UTC().Format("0102-150405")
	v, err := d.orders.Create(ctx, d.who, production.Terms{Number: number, Kind: production.Make, Product: demoProduct, Quantity: demoQuantity, Place: d.place(ctx), Due: plant.InstantOf(now.Add(24 * time.Hour)), Priority: 50, Customer: demoCustomer})
	if err != nil {
		return err
	}
	if v, err = d.orders.ReleaseOrder(ctx, d.who, v.ID, v.Rev); err != nil {
		return err
	}
	pace := d.pace
	if d.made++; d.made > demoQuick {
		pace *= demoSlow
	}
	for i, s := range d.stations {
		if err := d.job(ctx, v.ID, number, i, s, pace); err != nil {
			return fmt.Errorf("order %s, job %d: %w", number, s.no, err)
		}
	}
	for i := range demoQuantity / 2 {
		if err := d.book(ctx, material.Entry{What: material.Shipped, Item: demoProduct, Lot: demoSerial(number, i), From: "main", Quantity: plant.One, Party: demoCustomer}); err != nil {
			return err
		}
	}
	return nil
}

func demoSerial(number string, i int) string { return fmt.Sprintf("%s-%03d", number, i+1) }

// place is the site that makes everything.
func (d *demoOrders) place(ctx context.Context) string {
	l, err := d.material.Location(ctx, d.who, "main")
	if err != nil {
		return ""
	}
	return l.Path
}

// job does one job of an order.
func (d *demoOrders) job(ctx context.Context, id, number string, i int, s demoStation, pace time.Duration) error {
	enter := func(e production.Entry) error {
		e.Job = s.no
		_, err := d.orders.Enter(ctx, d.who, id, e)
		return err
	}
	for _, e := range []production.Entry{
		{What: production.StepOperator, Person: s.person, On: true},
		{What: production.StepJob, Command: production.Run, Note: "演示"},
	} {
		if err := enter(e); err != nil {
			return err
		}
	}
	d.wait(ctx, pace)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err := errors.Join(d.consume(ctx, number, i, s), d.produce(ctx, number, i, s)); err != nil {
		return err
	}
	return enter(production.Entry{What: production.StepJob, Command: production.Complete})
}

// consume books what a job used up, from its line side.
func (d *demoOrders) consume(ctx context.Context, number string, i int, s demoStation) error {
	uses := map[string]plant.Quantity{}
	switch {
	case i == 0:
		uses["gcr15"] = 112_000 * demoQuantity
	case s.no == 50:
		uses["ball"], uses["grease"] = 8*demoQuantity*plant.One, 1_500*demoQuantity
	}
	for item, q := range uses {
		if err := d.supply(ctx, item, s.side(), q); err != nil {
			return err
		}
		p, err := d.material.Propose(ctx, d.who, item, s.side(), number, q)
		if err != nil {
			return err
		}
		for _, pick := range p.Picks {
			if err := d.book(ctx, material.Entry{What: material.Consumed, Item: item, Lot: pick.Number, From: pick.Location, Quantity: pick.Quantity, Order: number, Job: s.no, Machine: s.machine}); err != nil {
				return err
			}
		}
	}
	if i == 0 {
		return nil
	}
	was := d.stations[i-1]
	return d.book(ctx, material.Entry{What: material.Consumed, Item: was.makes, Lot: number, From: s.side(), Quantity: demoQuantity * plant.One, Order: number, Job: s.no, Machine: s.machine})
}

// supply receives a new lot when the store has none, and brings a container to
// the line side when there is too little.
func (d *demoOrders) supply(ctx context.Context, item, side string, need plant.Quantity) error {
	p, err := d.material.Propose(ctx, d.who, item, side, "", need)
	if err != nil || p.Short == 0 {
		return err
	}
	container := map[string]plant.Quantity{"gcr15": 5 * plant.One, "ball": 400 * plant.One, "grease": plant.One}[item]
	if p, err = d.material.Propose(ctx, d.who, item, "main", "", container); err != nil {
		return err
	}
	if p.Short > 0 {
		e := material.Entry{What: material.Received, Item: item, To: "main", Quantity: 4 * container, Party: map[string]string{"gcr15": "东北特钢", "ball": "江苏力星", "grease": "长城润滑"}[item]}
		if item != "grease" {
			e.Lot, e.Paper = "H"+time.Now().UTC().Format("060102150405"), "ZB-"+time.Now().UTC().Format("0601021504")
		}
		if err := d.book(ctx, e); err != nil {
			return err
		}
		if p, err = d.material.Propose(ctx, d.who, item, "main", "", container); err != nil {
			return err
		}
	}
	for _, pick := range p.Picks {
		if err := d.book(ctx, material.Entry{What: material.Moved, Item: item, Lot: pick.Number, From: pick.Location, To: side, Quantity: pick.Quantity}); err != nil {
			return err
		}
	}
	return nil
}

// produce books what a job made where the next one takes it, and serials where
// there is none.
func (d *demoOrders) produce(ctx context.Context, number string, i int, s demoStation) error {
	e := material.Entry{What: material.Produced, Item: s.makes, Order: number, Job: s.no, Machine: s.machine}
	if i+1 < len(d.stations) {
		e.Lot, e.Quantity, e.To = number, demoQuantity*plant.One, d.stations[i+1].side()
		return d.book(ctx, e)
	}
	for n := range demoQuantity {
		e.Lot, e.Quantity, e.To = demoSerial(number, n), plant.One, "main"
		if err := d.book(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

func (d *demoOrders) book(ctx context.Context, e material.Entry) error {
	_, err := d.material.Book(ctx, d.who, e)
	return err
}
