package energy

import (
	"cmp"
	"context"
	"math"
	"slices"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

// Allocation is where the electricity of a place went by orders, items and parts.
// Orders, machines without an order and the rest add up to the total.
type Allocation struct {
	From plant.Instant `json:"from"`
	To   plant.Instant `json:"to"`
	// Total is what the meters counted that nothing feeds; its reason says why there
	// is none.
	Total    Amount         `json:"total"`
	Whole    Share          `json:"whole" doc:"Of the total; of nothing where it has a reason"`
	Orders   []OrderShare   `json:"orders" nullable:"false" doc:"The greatest first"`
	Items    []ItemShare    `json:"items" nullable:"false" doc:"By product, the greatest first"`
	Machines []MachineShare `json:"machines" nullable:"false" doc:"In the order of the meters"`
	Ordered  Share          `json:"ordered" doc:"Of all orders"`
	Free     Share          `json:"free" doc:"Of machines while no order ran there"`
	FreeBy   []DoingShare   `json:"free_by" nullable:"false" doc:"The same by what they did: start-up and standby apart"`
	Rest     *Share         `json:"rest" doc:"That no machine counted: total less orders and free; null where the total is not known"`
	Factor   *Factor        `json:"factor" doc:"CO₂ of a kWh; null without one in force"`
	Tariffs  []TariffUsed   `json:"tariffs" nullable:"false"`
	Unknown  []plant.NodeID `json:"unmetered" nullable:"false" doc:"Machines at which orders ran and of which no meter tells"`
	Network  int64          `json:"network_rev"`
}

// Share is electricity with what it cost and emitted.
type Share struct {
	KWh float64  `json:"kwh"`
	Fen *int64   `json:"fen" doc:"Null without a tariff"`
	CO2 *float64 `json:"co2_kg" doc:"Null without a factor"`
}

// DoingShare is the part in which machines did one thing.
type DoingShare struct {
	What Doing `json:"what" enum:"producing,setup,startup,standby,down,off,unknown"`
	Ms   int64 `json:"ms" doc:"Of machine time"`
	Share
}

// PerPart is a share for each good part.
type PerPart struct {
	KWh float64  `json:"kwh"`
	Fen *float64 `json:"fen"`
	CO2 *float64 `json:"co2_kg"`
}

// Reasons why there is no value for a good part.
const (
	notEnded    = "not_ended"    // the order is not finished
	begunBefore = "begun_before" // it began before the time that is looked at
	noneGood    = "none_good"    // nothing good was made
)

// OrderShare is an order.
type OrderShare struct {
	ID      string `json:"id"`
	Number  string `json:"number"`
	Product string `json:"product"`
	Share
	Parts []DoingShare `json:"parts" nullable:"false" doc:"By what machines did while it ran there"`
	Jobs  []JobShare   `json:"jobs" nullable:"false"`
	// Coverage is the share of the time in which machines worked for it of which
	// electricity is known.
	Coverage float64  `json:"coverage"`
	Good     int64    `json:"good" doc:"Good parts of its last job"`
	PerGood  *PerPart `json:"per_good" doc:"Null where not all of the order is known: reason says why"`
	Reason   string   `json:"reason,omitempty" enum:",not_ended,begun_before,none_good,not_all_known"`
}

// JobShare is a job of an order.
type JobShare struct {
	No   int        `json:"no"`
	Name plant.Name `json:"name"`
	Good int64      `json:"good"`
	Share
}

// ItemShare is all orders of a product.
type ItemShare struct {
	Product string `json:"product"`
	Orders  int    `json:"orders"`
	Share
	// PerGood is of the orders that are wholly known: their sum ÷ their good parts.
	PerGood *PerPart `json:"per_good"`
	Whole   int      `json:"whole_orders" doc:"That PerGood is of"`
	Good    int64    `json:"good" doc:"Of these"`
}

// MachineShare is a machine.
type MachineShare struct {
	Machine plant.NodeID `json:"equipment"`
	Path    string       `json:"path"`
	Name    plant.Name   `json:"name"`
	Meter   string       `json:"meter"`
	Key     ShareKey     `json:"key" enum:"own,weight,busy" doc:"A meter of its own, or how it takes its share of one"`
	Amount
	Ordered Share        `json:"ordered"`
	Free    Share        `json:"free" doc:"While no order ran there"`
	FreeBy  []DoingShare `json:"free_by" nullable:"false"`
}

// maxAllocation bounds an allocation: a month, of which states are replayed.
const maxAllocation = 31 * 24 * time.Hour

// tally adds up millionths of kWh and of yuan.
type tally struct{ count, cost int64 }

func (t *tally) add(count, cost int64) {
	t.count += count
	t.cost += cost
}

// byDoing is a tally and machine time by what machines did.
type byDoing map[Doing]*doingTally

type doingTally struct {
	tally
	micros plant.Micros
}

func (b byDoing) add(what Doing, count, cost int64, micros plant.Micros) {
	if b[what] == nil {
		b[what] = &doingTally{}
	}
	b[what].add(count, cost)
	b[what].micros += micros
}

// known is machine time of an order, and how much of it is known.
type known struct{ of, all plant.Micros }

// allocating is an allocation while it is made.
type allocating struct {
	look   *look
	prices []price
	priced bool // every step has a price
	used   map[string]bool
	factor *Factor
	orders []OrderRuns
	sums   []orderSum
}

type orderSum struct {
	tally
	by    byDoing
	jobs  []tally
	known known
}

// cost of a step, millionths of a yuan, rounded once.
func (a *allocating) cost(s step) int64 {
	p, _, micros, ok := priceAt(a.prices, s.from.Time())
	if !ok {
		a.priced = false
		return 0
	}
	a.used[p.use.Day] = true
	return int64(math.Round(float64(s.count) * float64(micros) / micro))
}

// share is what a tally comes to.
func (a *allocating) share(t tally) Share {
	s := Share{KWh: float64(t.count) / micro}
	if a.priced {
		s.Fen = new(fenOf(t.cost))
	}
	if a.factor != nil {
		s.CO2 = new(s.KWh * a.factor.Value)
	}
	return s
}

func (a *allocating) doings(by byDoing) []DoingShare {
	out := []DoingShare{}
	for _, what := range doings {
		if t := by[what]; t != nil {
			out = append(out, DoingShare{what, int64(t.micros) / 1000, a.share(t.tally)})
		}
	}
	return out
}

// Allocate divides the electricity of a place among the orders that ran there.
func (d *Desk) Allocate(ctx context.Context, scope access.Scope, place plant.NodeID, from, to plant.Instant) (Allocation, error) {
	return d.allocate(ctx, scope, place, from, to, nil)
}

// allocate looks at some machines only, where they are named.
func (d *Desk) allocate(ctx context.Context, scope access.Scope, place plant.NodeID, from, to plant.Instant, only map[plant.NodeID]bool) (Allocation, error) {
	lo, hi, err := d.window(from, to, maxAllocation)
	if err != nil {
		return Allocation{}, err
	}
	net, err := d.network(ctx, scope, place, to)
	if err != nil {
		return Allocation{}, err
	}
	model, _, err := d.place(ctx, scope, place)
	if err != nil {
		return Allocation{}, err
	}
	a := allocating{look: d.lookAt(ctx, scope.Tenant, &net, lo, hi), prices: d.prices(&net), priced: true, used: map[string]bool{}}
	lo = a.look.from
	if f, ok := d.o.Tables.Factor(Electricity, CO2Kind, hi.Time()); ok {
		a.factor = &f
	}
	if d.o.Orders != nil {
		if a.orders, err = d.o.Orders.During(ctx, scope.Tenant, plant.InstantOf(lo.Time()), plant.InstantOf(hi.Time())); err != nil {
			return Allocation{}, err
		}
	}
	out := Allocation{
		From: plant.InstantOf(lo.Time()), To: plant.InstantOf(hi.Time()), Network: net.Rev, Factor: a.factor,
		Orders: []OrderShare{}, Items: []ItemShare{}, Machines: []MachineShare{}, FreeBy: []DoingShare{}, Tariffs: []TariffUsed{}, Unknown: []plant.NodeID{},
	}
	whole, err := a.total(&out, hi-lo)
	if err != nil {
		return Allocation{}, err
	}
	burners, err := a.look.burners(model, scope, only)
	if err != nil {
		return Allocation{}, err
	}
	a.divide(&out, burners, whole, lo, hi)
	for _, p := range a.prices {
		if a.used[p.use.Day] {
			out.Tariffs = append(out.Tariffs, TariffUsed{p.use, p.tariff.Name, p.tariff.Source, p.tariff.Verified})
		}
	}
	return out, nil
}

// total is what the meters of electricity counted that nothing feeds.
func (a *allocating) total(out *Allocation, span plant.Micros) (tally, error) {
	whole, any := tally{}, false
	out.Total.Coverage = 1
	sum := 0.0
	for _, m := range a.look.net.Meters {
		if m.Medium != Electricity || m.Above != "" || m.Aside {
			continue
		}
		s, err := a.look.of(m.Code)
		if err != nil {
			return whole, err
		}
		any = true
		one := amountOf(s, span)
		out.Total.Coverage = min(out.Total.Coverage, one.Coverage)
		if one.Value == nil {
			out.Total.Reason = notAll
			continue
		}
		sum += *one.Value
		for _, step := range s.steps {
			whole.add(step.count, a.cost(step))
		}
	}
	switch {
	case !any:
		out.Total.Reason, out.Total.Coverage = noReadings, 0
	case out.Total.Reason == "":
		out.Total.Value = &sum
	}
	return whole, nil
}

// divide gives the machines' electricity to orders, and says what is left.
func (a *allocating) divide(out *Allocation, burners []burner, whole tally, lo, hi plant.Micros) {
	at := atMachines(a.orders, lo, hi)
	a.sums = make([]orderSum, len(a.orders))
	for i, o := range a.orders {
		a.sums[i] = orderSum{by: byDoing{}, jobs: make([]tally, len(o.Jobs))}
	}
	metered := map[plant.NodeID]bool{}
	var ordered, free tally
	freeBy := byDoing{}
	type kept struct {
		ordered, free tally
		by            byDoing
	}
	sums := make([]kept, len(burners))
	for i := range burners {
		b, sum := &burners[i], &sums[i]
		sum.by = byDoing{}
		metered[b.node.ID] = b.why == ""
		b.pieces(at[b.node.ID], a.cost, func(p piece) {
			long := p.to - p.from
			if len(p.runs) == 0 {
				sum.free.add(p.count, p.cost)
				sum.by.add(p.what, p.count, p.cost, long)
				freeBy.add(p.what, p.count, p.cost, long)
				return
			}
			sum.ordered.add(p.count, p.cost)
			p.among(func(r held, count, cost int64) {
				o := &a.sums[r.order]
				o.add(count, cost)
				o.jobs[r.job].add(count, cost)
				o.by.add(p.what, count, cost, long)
				o.known.of += p.known
				o.known.all += long
			})
		})
		ordered.add(sum.ordered.count, sum.ordered.cost)
		free.add(sum.free.count, sum.free.cost)
	}
	for machine, runs := range at { // of which no meter tells
		if metered[machine] {
			continue
		}
		out.Unknown = append(out.Unknown, machine)
		for _, r := range runs {
			a.sums[r.order].known.all += r.to - r.from
		}
	}
	slices.Sort(out.Unknown)
	for i := range burners {
		b := &burners[i]
		out.Machines = append(out.Machines, MachineShare{
			Machine: b.node.ID, Path: b.node.Path, Name: b.node.Name, Meter: b.meter.Code, Key: b.key, Amount: amountOf(b.series, hi-lo),
			Ordered: a.share(sums[i].ordered), Free: a.share(sums[i].free), FreeBy: a.doings(sums[i].by),
		})
	}
	out.Ordered, out.Free, out.FreeBy = a.share(ordered), a.share(free), a.doings(freeBy)
	out.Whole = a.share(whole)
	if out.Total.Value != nil {
		out.Rest = new(a.share(tally{whole.count - ordered.count - free.count, whole.cost - ordered.cost - free.cost}))
	}
	a.tell(out, plant.InstantOf(lo.Time()))
}

// tell lists orders and items.
func (a *allocating) tell(out *Allocation, lo plant.Instant) {
	type item struct {
		all, whole tally
		n, wholes  int
		good       int64
	}
	items := map[string]*item{}
	for i, o := range a.orders {
		s := &a.sums[i]
		if s.known.all == 0 { // it ran at no machine in this time
			continue
		}
		one := OrderShare{
			ID: o.ID, Number: o.Number, Product: o.Product, Share: a.share(s.tally), Parts: a.doings(s.by), Jobs: []JobShare{},
			Coverage: float64(s.known.of) / float64(s.known.all), Good: o.Good,
		}
		for k, j := range o.Jobs {
			one.Jobs = append(one.Jobs, JobShare{j.No, j.Name, j.Good, a.share(s.jobs[k])})
		}
		switch {
		case o.Ended == 0:
			one.Reason = notEnded
		case o.Began < lo:
			one.Reason = begunBefore
		case one.Coverage < enough:
			one.Reason = notAll
		case o.Good <= 0:
			one.Reason = noneGood
		default:
			one.PerGood = a.perPart(s.tally, o.Good)
		}
		out.Orders = append(out.Orders, one)
		it := items[o.Product]
		if it == nil {
			it = &item{}
			items[o.Product] = it
		}
		it.n++
		it.all.add(s.count, s.cost)
		if one.PerGood != nil {
			it.wholes++
			it.good += o.Good
			it.whole.add(s.count, s.cost)
		}
	}
	for product, it := range items {
		one := ItemShare{Product: product, Orders: it.n, Share: a.share(it.all), Whole: it.wholes, Good: it.good}
		if it.good > 0 {
			one.PerGood = a.perPart(it.whole, it.good)
		}
		out.Items = append(out.Items, one)
	}
	slices.SortFunc(out.Orders, func(x, y OrderShare) int { return cmp.Or(cmp.Compare(y.KWh, x.KWh), cmp.Compare(x.Number, y.Number)) })
	slices.SortFunc(out.Items, func(x, y ItemShare) int { return cmp.Or(cmp.Compare(y.KWh, x.KWh), cmp.Compare(x.Product, y.Product)) })
}

func (a *allocating) perPart(t tally, good int64) *PerPart {
	s := a.share(t)
	out := &PerPart{KWh: s.KWh / float64(good)}
	if s.Fen != nil {
		out.Fen = new(float64(t.cost) / microPerFen / float64(good))
	}
	if s.CO2 != nil {
		out.CO2 = new(*s.CO2 / float64(good))
	}
	return out
}
