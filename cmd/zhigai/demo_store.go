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
)

// demoStore is the storekeeper of the demo plant: steel, balls and grease come in
// lots, containers go to the line side, and every job is booked with what was put
// in (demo_charge.go) and what came out.
type demoStore struct {
	desk *material.Desk
	way  demoWay
	who  access.Principal
}

// demoSupply is what is bought: how it comes, and from whom.
type demoSupply struct {
	item  material.Item
	party string
	// each is what one bearing needs, but for steel, of which every product needs
	// its own.
	each      plant.Quantity
	container plant.Quantity
	segment   int
}

func (w demoWay) supplies() []demoSupply {
	first, assembly := w.Segments[0].No, w.Segments[len(w.Segments)-2].No
	return []demoSupply{
		{item: material.Item{Code: w.Steel, Name: plant.Name{ZH: "GCr15 轴承钢管", EN: "GCr15 bearing steel tube"}, Unit: "kg", Tracking: material.ByLot}, party: "东北特钢", container: 200 * plant.One, segment: first},
		{item: material.Item{Code: "ball", Name: plant.Name{ZH: "钢球", EN: "ball"}, Unit: "{piece}", Tracking: material.ByLot}, party: "江苏力星", each: 8 * plant.One, container: 4000 * plant.One, segment: assembly},
		{item: material.Item{Code: "grease", Name: plant.Name{ZH: "润滑脂", EN: "grease"}, Unit: "kg", Tracking: material.Untracked, ShelfDays: 730}, party: "长城润滑", each: 1_500, container: 5 * plant.One, segment: assembly},
	}
}

const (
	demoMain = "main"
	// demoLots: so many containers of one lot arrive together.
	demoLots = 3
	// demoStock is how many containers lie in the store: more than all open orders
	// take, so that plans need not wait.
	demoStock = 10 * demoLots
)

func demoSide(segment int) string { return fmt.Sprint("side-", segment) }

// begin enters items, locations and kanban loops, unless they are there.
func (s demoStore) begin(ctx context.Context, m plant.Model, ids map[string]plant.NodeID) error {
	items := []material.Item{}
	for _, one := range s.way.supplies() {
		items = append(items, one.item)
	}
	for _, g := range s.way.Segments {
		if g.Makes != "" {
			items = append(items, material.Item{Code: g.Makes, Name: g.Made, Unit: "{piece}", Tracking: material.ByLot})
		}
	}
	for _, p := range s.way.Products {
		i := slices.IndexFunc(m.Products, func(o plant.Product) bool { return o.Code == p.Code })
		if i < 0 {
			return fmt.Errorf("data/demo/production.yaml: the plant has no product %s", p.Code)
		}
		items = append(items, material.Item{Code: p.Code, Name: m.Products[i].Name, Unit: "{piece}", Tracking: material.BySerial})
	}
	for _, i := range items {
		if _, err := s.desk.SaveItem(ctx, s.who, i); err != nil && !errors.Is(err, access.ErrConflict) {
			return err
		}
	}
	locations := []material.Location{}
	for _, n := range m.Nodes {
		if n.Level == plant.LevelSite {
			locations = append(locations, material.Location{Code: demoMain, Name: plant.Name{ZH: "主仓库", EN: "main store"}, Kind: material.Warehouse, Node: ids[n.Path]})
		}
		for _, g := range s.way.Segments {
			if n.Level == plant.LevelArea && n.Code() == g.Area {
				locations = append(locations, material.Location{Code: demoSide(g.No), Name: plant.Name{ZH: g.Name.ZH + "线边", EN: g.Name.EN + ", line side"}, Kind: material.LineSide, Node: ids[n.Path]})
			}
		}
	}
	for _, l := range locations {
		if _, err := s.desk.SaveLocation(ctx, s.who, l); err != nil && !errors.Is(err, access.ErrConflict) {
			return err
		}
	}
	for _, one := range s.way.supplies() {
		if err := s.fill(ctx, one); err != nil {
			return err
		}
	}
	return s.loops(ctx)
}

// fill lets lots arrive until the store has what open orders take.
func (s demoStore) fill(ctx context.Context, of demoSupply) error {
	p, err := s.desk.Propose(ctx, s.who, of.item.Code, demoMain, "", demoStock*of.container)
	for n := 0; err == nil && p.Short > 0; n++ {
		p.Short -= demoLots * of.container
		err = s.receive(ctx, of, n)
	}
	return err
}

// receive books a lot that arrived, one of several at once.
func (s demoStore) receive(ctx context.Context, of demoSupply, n int) error {
	e := material.Entry{What: material.Received, Item: of.item.Code, To: demoMain, Quantity: demoLots * of.container, Party: of.party}
	if of.item.Tracking == material.ByLot {
		now := time.Now().UTC()
		e.Lot, e.Paper = fmt.Sprint("H", now.Format("060102150405.000"), "-", n), "ZB-"+now.Format("0601021504")
	}
	return s.book(ctx, e)
}

// loops are the kanban loops from the store to the line side.
func (s demoStore) loops(ctx context.Context) error {
	known, err := s.desk.Loops(ctx, s.who)
	if err != nil {
		return err
	}
	for _, one := range s.way.supplies() {
		if slices.ContainsFunc(known, func(o material.Loop) bool { return o.Item == one.item.Code }) {
			continue
		}
		l := material.Loop{Item: one.item.Code, From: demoMain, To: demoSide(one.segment), Container: one.container, Demand: 6 * one.container, LeadMs: 2 * time.Hour.Milliseconds(), SafetyPPM: 200_000}
		if _, err := s.desk.SaveLoop(ctx, s.who, l); err != nil {
			return err
		}
	}
	return nil
}

// bring moves a container to the line side. What leaves the store arrives anew.
func (s demoStore) bring(ctx context.Context, of demoSupply, side string) error {
	if err := s.fill(ctx, of); err != nil {
		return err
	}
	p, err := s.desk.Propose(ctx, s.who, of.item.Code, demoMain, "", of.container)
	if err != nil {
		return err
	}
	for _, pick := range p.Picks {
		if err := s.book(ctx, material.Entry{What: material.Moved, Item: of.item.Code, Lot: pick.Number, From: pick.Location, To: side, Quantity: pick.Quantity}); err != nil {
			return err
		}
	}
	return nil
}

func (s demoStore) book(ctx context.Context, e material.Entry) error {
	_, err := s.desk.Book(ctx, s.who, e)
	return err
}
