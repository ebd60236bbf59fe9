// Package performance says how well orders went: the production KPIs of
// ISO 22400-2 that are about orders, keeping of dates and plans, and how much is
// in work. Every figure is a fold over the steps of orders and what machines
// counted and did meanwhile; it carries its definition, terms and coverage, and
// the orders behind it.
//
// It computes figures of machines nowhere (that is figure), and stores nothing.
// Start with [Terms] and [Desk.Figures].
package performance

import (
	"cmp"
	"slices"

	"zhigai/plant"
	"zhigai/shop/production"
)

// Names of the terms that an order has. Times are in milliseconds.
const (
	// Of orders that ended in the window.
	Ended    = "orders"         // 1
	AOETMs   = "aoet_ms"        // actual order execution time: from the first beginning to the end
	LeadMs   = "lead_ms"        // from entering the order to its end
	AUBTMs   = "order_aubt_ms"  // actual unit busy time: machines set up for it and running it, added up
	AUSTMs   = "order_aust_ms"  // of it set up
	APTMs    = "order_apt_ms"   // of it the machines produced
	KnownMs  = "order_known_ms" // of it somebody knows what the machines did
	APWTMs   = "apwt_ms"        // actual personnel work time: people signed in at its jobs
	POQ      = "poq"            // production order quantity
	PQ       = "order_pq"       // produced by the last operation
	GQ       = "order_gq"       // of it good
	FirstPQ  = "first_pq"       // produced by the first operation
	SQ       = "order_sq"       // scrap of all operations
	RQ       = "order_rq"       // rework of all operations
	PSQMilli = "psq_milli"      // planned scrap of all operations, in thousandths of a part
	BOMItems = "bom_items"      // items of the bill of materials
	Booked   = "bom_booked"     // of them with consumption booked in the bill's unit
	// Of the booked ones, added up over them, in thousandths of the product.
	CMMilli   = "cm_milli"       // what the consumed quantity makes by the bill
	GoodMilli = "cm_good_milli"  // good quantity
	LossMilli = "cm_scrap_milli" // scrap of the operations from the item's own on
	Jobs      = "jobs_planned"   // ended jobs that had a planned end
	InTime    = "jobs_in_time"   // of them ended no later
	AsTold    = "jobs_as_told"   // of them at the planned machine
	// Of orders that are due in the window.
	Due    = "orders_due"     // 1
	OnTime = "orders_on_time" // 1 when it had ended by then
	// Of orders in work at some instant of the window.
	WIPMs    = "wip_ms"    // of the window in which it was begun and not ended
	WindowMs = "window_ms" // the window; of all orders together once
)

// TermNames are all of them.
func TermNames() []string {
	return []string{
		Ended, AOETMs, LeadMs, AUBTMs, AUSTMs, APTMs, KnownMs, APWTMs, POQ, PQ, GQ, FirstPQ, SQ, RQ, PSQMilli, BOMItems, Booked, CMMilli, GoodMilli, LossMilli, Jobs, InTime, AsTold, Due, OnTime, WIPMs, WindowMs,
	}
}

// Did is what a machine did in a stretch of time.
type Did struct {
	ProducedMs int64 // class APT
	KnownMs    int64
}

// Used is what was booked as consumed of an item.
type Used struct {
	Item     string
	Quantity plant.Quantity
	Unit     string
}

// Ask tells what else terms are made of. It is asked of orders that ended alone.
type Ask struct {
	// Did is what a machine did while a job ran there.
	Did func(production.MachineRun) Did
	// Used is what was consumed for the order, by item.
	Used func(order string) ([]Used, error)
}

// Terms are those of one order in [from, to).
func Terms(o production.Counted, from, to plant.Instant, ask Ask) (map[string]int64, error) {
	t := map[string]int64{}
	if o.Began != 0 {
		end := to
		if o.Ended != 0 {
			end = min(end, o.Ended)
		}
		if w := ms(max(from, o.Began), end); w > 0 {
			t[WIPMs] = w
		}
	}
	ended := ended(o)
	if o.Due >= from && o.Due < to && o.State != production.OrderCancelled {
		t[Due] = 1
		if ended && o.Ended <= o.Due {
			t[OnTime] = 1
		}
	}
	if !endedIn(o, from, to) || len(o.Jobs) == 0 {
		return t, nil
	}
	t[Ended], t[POQ] = 1, o.Quantity
	t[AOETMs], t[LeadMs] = ms(o.Began, o.Ended), ms(o.Created, o.Ended)
	first, last := o.Jobs[0].Made, o.Jobs[len(o.Jobs)-1].Made
	t[FirstPQ], t[PQ], t[GQ] = all(first), all(last), last.Good
	for i := range o.Jobs {
		addJob(t, o, &o.Jobs[i], ask.Did)
	}
	if o.Definition == nil || len(o.Definition.Materials) == 0 {
		return t, nil
	}
	used, err := ask.Used(o.Number)
	if err != nil {
		return nil, err
	}
	addMaterial(t, o, used)
	return t, nil
}

// addMaterial adds what was consumed for an order, in units of its product: kilograms
// of steel and pieces of cages do not add up. An item that stands in the bill
// twice is one item.
func addMaterial(t map[string]int64, o production.Counted, used []Used) {
	per, first, units := map[string]plant.Quantity{}, map[string]int{}, map[string]string{}
	for _, m := range o.Definition.Materials {
		no := cmp.Or(m.Segment, o.Jobs[0].No)
		if _, there := per[m.Item]; !there {
			first[m.Item], units[m.Item] = no, m.Unit
		}
		per[m.Item] += m.Quantity
		first[m.Item] = min(first[m.Item], no)
	}
	t[BOMItems] = int64(len(per))
	for _, u := range used {
		one := per[u.Item]
		if one <= 0 || u.Unit != units[u.Item] || u.Quantity <= 0 {
			continue
		}
		t[Booked]++
		t[CMMilli] += milli(u.Quantity, one)
		t[GoodMilli] += o.Jobs[len(o.Jobs)-1].Made.Good * 1000
		for _, j := range o.Jobs {
			if j.No >= first[u.Item] {
				t[LossMilli] += j.Made.Scrap * 1000
			}
		}
	}
}

// milli is a quantity ÷ per in thousandths, rounded half up.
func milli(q, per plant.Quantity) int64 {
	whole, rest := q/per, q%per
	return int64(whole)*1000 + int64((rest*1000+per/2)/per)
}

func ended(o production.Counted) bool {
	return o.State == production.OrderCompleted || o.State == production.OrderClosed
}

// endedIn says whether an order ended in [from, to).
func endedIn(o production.Counted, from, to plant.Instant) bool {
	return ended(o) && o.Ended >= from && o.Ended < to
}

func addJob(t map[string]int64, o production.Counted, j *production.Job, did func(production.MachineRun) Did) {
	t[SQ] += j.Made.Scrap
	t[RQ] += j.Made.Rework
	if s, ok := o.Definition.Segment(j.No); ok {
		t[PSQMilli] += o.Quantity * s.ScrapPPM / 1000
	}
	for _, s := range j.Setups {
		t[AUSTMs] += ms(s.From, s.To)
		t[AUBTMs] += ms(s.From, s.To)
		t[KnownMs] += ms(s.From, s.To)
	}
	for _, w := range j.Work {
		t[APWTMs] += ms(w.From, w.To)
	}
	for _, r := range j.Runs {
		d := did(r)
		t[AUBTMs] += ms(r.From, r.To)
		t[APTMs] += d.ProducedMs
		t[KnownMs] += d.KnownMs
	}
	if j.To == 0 || !j.State.Ended() {
		return
	}
	t[Jobs]++
	if j.Ended <= j.To {
		t[InTime]++
	}
	if len(j.Runs) > 0 && !slices.ContainsFunc(j.Runs, func(r production.MachineRun) bool { return r.Equipment != j.Equipment }) {
		t[AsTold]++
	}
}

// all that was made, by whatever became of it: PQ = GQ + SQ + RQ.
func all(m production.Made) int64 { return m.Good + m.Scrap + m.Rework }

func ms(from, to plant.Instant) int64 {
	if to <= from {
		return 0
	}
	return int64(to.Time().Sub(from.Time()).Milliseconds())
}
