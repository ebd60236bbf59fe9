package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"zhigai/plant"
	"zhigai/shop/material"
	"zhigai/shop/planning"
	"zhigai/sim"
)

// demoOver is how many more rings are turned than bearings are ordered, in
// percent: some are spoiled on the way.
const demoOver = 5

// demoJob is a job of the demo's own way.
type demoJob struct {
	planning.DispatchItem
	machine plant.NodeID
	at      int          // segment of the way
	product *demoProduct // of the way
}

// job finds a job in the way; false when somebody made another order.
func (s demoStore) job(l planning.MachineList, i planning.DispatchItem) (demoJob, bool) {
	at := slices.IndexFunc(s.way.Segments, func(g demoSegment) bool { return g.No == i.Job })
	product := slices.IndexFunc(s.way.Products, func(p demoProduct) bool { return p.Code == i.Product })
	if at < 0 || product < 0 {
		return demoJob{}, false
	}
	return demoJob{i, l.Equipment, at, &s.way.Products[product]}, true
}

// last jobs make bearings with serials.
func (s demoStore) last(j demoJob) bool { return j.at == len(s.way.Segments)-1 }

// makes is the item that a job makes.
func (s demoStore) makes(j demoJob) string {
	if s.last(j) {
		return j.Product
	}
	return s.way.Segments[j.at].Makes
}

// need is how much of a supply goes into one part.
func (j demoJob) need(of demoSupply) plant.Quantity {
	if of.each == 0 {
		return plant.Quantity(j.product.SteelG) * plant.One / 1000
	}
	return of.each
}

// portion is a lot that serves some parts of a job.
type portion struct {
	lot, from string // number, location
	item      string
	each      plant.Quantity // for one part
	parts     int64
}

// charge puts in what a job needs, and says what its machine is to make of what.
// Lots stay apart: where one ends, what is made of the next lies in a container of
// its own, and the books say which went into which. What they have as put in
// already, before the node was started again, is not put in twice.
func (s demoStore) charge(ctx context.Context, l planning.MachineList, i planning.DispatchItem) ([]sim.Work, error) {
	j, ok := s.job(l, i)
	if !ok {
		return []sim.Work{{Order: i.Number, Product: i.Product, Quantity: int(max(i.Quantity-i.Good, 1))}}, nil
	}
	batches, err := s.batches(ctx, j)
	if err != nil {
		return nil, err
	}
	work := make([]sim.Work, len(batches))
	for n, b := range batches {
		w := sim.Work{Order: j.Number, Product: j.Product, Quantity: int(b[0].parts), Serials: s.last(j), Lot: material.LotID(s.makes(j), fmt.Sprintf("%s-%d", j.Number, n+1))}
		_, number := material.PartsOf(w.Lot)
		for _, p := range b {
			w.Put = append(w.Put, material.LotID(p.item, p.lot))
			if w.Serials || p.from == "" {
				continue // which bearing holds it is seen when it is marked; or it is booked
			}
			if err := s.book(ctx, material.Entry{
				What: material.Consumed, Item: p.item, Lot: p.lot, From: p.from, Quantity: plant.Quantity(p.parts) * p.each,
				Order: j.Number, Job: j.Job, Machine: j.machine, Into: number, Product: s.makes(j),
			}); err != nil {
				return nil, err
			}
		}
		work[n] = w
	}
	return work, nil
}

// batches are the lots that go into a job, divided where one of them ends.
func (s demoStore) batches(ctx context.Context, j demoJob) ([][]portion, error) {
	if had, err := s.charged(ctx, j); err != nil || len(had) > 0 {
		return had, err
	}
	var inputs [][]portion
	parts := j.Quantity + j.Quantity*demoOver/100 + 1
	if j.at > 0 {
		before, err := s.before(ctx, j)
		if err != nil {
			return nil, err
		}
		inputs, parts = append(inputs, before), 0
		for _, p := range before {
			parts += p.parts
		}
	}
	for _, of := range s.way.supplies() {
		if of.segment != j.Job || parts == 0 {
			continue
		}
		p, err := s.take(ctx, j, of, parts)
		if err != nil {
			return nil, err
		}
		inputs = append(inputs, p)
	}
	return divide(inputs), nil
}

// divide goes along the lots of all inputs at once and ends a batch where any ends.
func divide(inputs [][]portion) [][]portion {
	var out [][]portion
	for {
		var batch []portion
		n := int64(0)
		for _, in := range inputs {
			if len(in) == 0 {
				return out
			}
			if n == 0 || in[0].parts < n {
				n = in[0].parts
			}
		}
		for k := range inputs {
			p := inputs[k][0]
			p.parts = n
			batch = append(batch, p)
			if inputs[k][0].parts -= n; inputs[k][0].parts == 0 {
				inputs[k] = inputs[k][1:]
			}
		}
		if n == 0 {
			return out
		}
		out = append(out, batch)
	}
}

// charged is what the books have as put in for a job, batch by batch.
func (s demoStore) charged(ctx context.Context, j demoJob) ([][]portion, error) {
	booked, err := s.desk.Entries(ctx, s.who, material.EntryFilter{Order: j.Number, Job: j.Job, What: []material.Kind{material.Consumed}, Limit: 1000})
	if err != nil || s.last(j) {
		return nil, err
	}
	var out [][]portion
	var into []string
	for _, e := range slices.Backward(booked) {
		each := plant.One
		for _, of := range s.way.supplies() {
			if of.item.Code == e.Item {
				each = j.need(of)
			}
		}
		n := slices.Index(into, e.Into)
		if n < 0 {
			n, into, out = len(into), append(into, e.Into), append(out, nil)
		}
		out[n] = append(out[n], portion{lot: e.Lot, item: e.Item, each: each, parts: int64(e.Quantity / each)})
	}
	return out, nil
}

// before is what the job before made of an order and lies at the line side.
func (s demoStore) before(ctx context.Context, j demoJob) ([]portion, error) {
	item := s.way.Segments[j.at-1].Makes
	lying, err := s.desk.Stock(ctx, s.who, material.StockFilter{Item: item, Location: demoSide(j.Job), Text: j.Number, Limit: 1000})
	var out []portion
	for _, b := range lying {
		if strings.HasPrefix(b.Number, j.Number+"-") {
			out = append(out, portion{lot: b.Number, from: b.Location, item: item, each: plant.One, parts: int64(b.Quantity / plant.One)})
		}
	}
	return out, err
}

// take finds lots of a supply for some parts at the line side. What is left of a
// lot and makes no part any more is thrown away.
func (s demoStore) take(ctx context.Context, j demoJob, of demoSupply, parts int64) ([]portion, error) {
	side, each := demoSide(of.segment), j.need(of)
	for {
		p, err := s.desk.Propose(ctx, s.who, of.item.Code, side, j.Number, plant.Quantity(parts)*each)
		if err != nil {
			return nil, err
		}
		if p.Short > 0 {
			if err := s.bring(ctx, of, side); err != nil {
				return nil, err
			}
			continue
		}
		var out []portion
		whole := true
		for _, pick := range p.Picks {
			if rest := pick.Quantity % each; rest > 0 {
				whole = false
				if err := s.book(ctx, material.Entry{What: material.Scrapped, Item: of.item.Code, Lot: pick.Number, From: pick.Location, Quantity: rest, Reason: "余料"}); err != nil {
					return nil, err
				}
			}
			out = append(out, portion{lot: pick.Number, from: pick.Location, item: of.item.Code, each: each, parts: int64(pick.Quantity / each)})
		}
		if whole {
			return out, nil
		}
	}
}

// made books what came out of a job: what lies in its container, by the machine's
// own log of when it was made. The last job makes bearings with serials, half of
// which leave for the customer; what it did not mark was rejected.
func (s demoStore) made(ctx context.Context, l planning.MachineList, i planning.DispatchItem, w sim.Work, lying []sim.Lying) error {
	j, ok := s.job(l, i)
	if !ok {
		return nil
	}
	item, number := material.PartsOf(w.Lot)
	e := material.Entry{What: material.Produced, Item: item, Lot: number, Quantity: plant.Quantity(len(lying)) * plant.One, Order: j.Number, Job: j.Job, Machine: j.machine}
	if !s.last(j) {
		if len(lying) == 0 {
			return nil
		}
		e.To, e.Key = demoSide(s.way.Segments[j.at+1].No), w.Lot
		e.Began, e.At = plant.InstantOf(lying[0].From), plant.InstantOf(lying[len(lying)-1].At)
		return s.book(ctx, e)
	}
	open, from := w.Put[0], demoSide(j.Job)
	was, lot := material.PartsOf(open)
	used := material.Entry{What: material.Consumed, Item: was, Lot: lot, From: from, Quantity: plant.One, Order: j.Number, Job: j.Job, Machine: j.machine, Product: item}
	e.To, e.Quantity = demoMain, plant.One
	for n, one := range lying {
		used.At, used.Key, used.Into = plant.InstantOf(one.From), "in "+one.Serial, one.Serial
		e.Began, e.At, e.Key, e.Lot = plant.InstantOf(one.From), plant.InstantOf(one.At), one.Serial, one.Serial
		if err := s.book(ctx, used); err != nil {
			return err
		}
		if err := s.book(ctx, e); err != nil {
			return err
		}
		if n%2 == 0 {
			continue
		}
		if err := s.book(ctx, material.Entry{What: material.Shipped, Item: e.Item, Lot: e.Lot, From: demoMain, Quantity: plant.One, Party: s.way.Orders.Customers[0]}); err != nil {
			return err
		}
	}
	if rejected := w.Quantity - len(lying); rejected > 0 {
		return s.book(ctx, material.Entry{What: material.Scrapped, Item: was, Lot: lot, From: from, Quantity: plant.Quantity(rejected) * plant.One, Order: j.Number, Job: j.Job, Machine: j.machine, Reason: "检验不合格"})
	}
	return nil
}
