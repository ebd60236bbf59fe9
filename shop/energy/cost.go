package energy

import (
	"context"
	"math"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

// Cost is what the electricity of a meter cost by the tariffs of its place: energy
// alone, without charges for demand, capacity and power factor.
type Cost struct {
	Meter Meter         `json:"meter"`
	From  plant.Instant `json:"from"`
	To    plant.Instant `json:"to"`
	Amount
	// Fen is the sum, rounded once; null says why in reason.
	Fen     *int64       `json:"fen"`
	Kinds   []KindCost   `json:"kinds" nullable:"false" doc:"By kind of hours, the dearest first"`
	Days    []DayCost    `json:"days" nullable:"false"`
	Tariffs []TariffUsed `json:"tariffs" nullable:"false"`
	// Mean is fen per kWh.
	Mean *float64 `json:"fen_per_kwh"`
}

// KindCost is the part of one kind of hours.
type KindCost struct {
	Kind Hours   `json:"kind" enum:"sharp,peak,flat,valley,deep_valley"`
	KWh  float64 `json:"kwh"`
	Fen  int64   `json:"fen"`
}

// DayCost is a day of the tariff's zone.
type DayCost struct {
	Day   string            `json:"day"`
	KWh   map[Hours]float64 `json:"kwh"`
	Fen   int64             `json:"fen"`
	Known float64           `json:"coverage"`
}

// TariffUsed is a tariff that decided, with how far it can be trusted.
type TariffUsed struct {
	TariffUse
	Name     plant.Name `json:"name"`
	Source   string     `json:"source"`
	Verified string     `json:"verified"`
}

// maxCost bounds a question of cost: a hundred days of quarters.
const maxCost = maxSteps * quarter

// Cost adds up what a meter's electricity cost.
func (d *Desk) Cost(ctx context.Context, scope access.Scope, place plant.NodeID, code string, from, to plant.Instant) (Cost, error) {
	lo, hi, err := d.window(from, to, maxCost-quarter)
	if err != nil {
		return Cost{}, err
	}
	net, err := d.network(ctx, scope, place, to)
	if err != nil {
		return Cost{}, err
	}
	m, err := electric(&net, code)
	if err != nil {
		return Cost{}, err
	}
	lo = aligned(lo, quarter)
	s, err := d.look(ctx, scope.Tenant, &net, lo, hi, quarter).of(m.Code)
	if err != nil {
		return Cost{}, err
	}
	out := Cost{Meter: m, From: plant.InstantOf(lo.Time()), To: plant.InstantOf(hi.Time()), Amount: amountOf(s, hi-lo), Kinds: []KindCost{}, Days: []DayCost{}, Tariffs: []TariffUsed{}}
	prices := d.prices(&net)
	b := bill{kwh: map[Hours]int64{}, cost: map[Hours]int64{}, used: map[string]bool{}}
	for _, one := range s.steps {
		if !b.add(prices, one) {
			out.Value, out.Reason = nil, noTariff
			return out, nil
		}
	}
	if out.Value == nil {
		return out, nil
	}
	b.tell(&out)
	for _, p := range prices {
		if b.used[p.use.Day] {
			out.Tariffs = append(out.Tariffs, TariffUsed{p.use, p.tariff.Name, p.tariff.Source, p.tariff.Verified})
		}
	}
	return out, nil
}

// electric finds a meter of electricity; the first that nothing feeds without a code.
func electric(net *Network, code string) (Meter, error) {
	for _, m := range net.Meters {
		if m.Medium == Electricity && (m.Code == code || code == "" && m.Above == "") {
			return m, nil
		}
	}
	return Meter{}, invalid("there is no meter %.40q of electricity", code)
}

// price is a tariff in force from an instant on.
type price struct {
	from   time.Time
	use    TariffUse
	tariff *Tariff
}

// prices of a place, in order of time.
func (d *Desk) prices(net *Network) (out []price) {
	for _, u := range net.Tariffs {
		t, ok := d.o.Tables.Tariff(u.Tariff)
		if !ok {
			continue
		}
		at, err := time.ParseInLocation(time.DateOnly, u.Day, t.zone)
		if err != nil {
			continue
		}
		out = append(out, price{at, u, t})
	}
	return out
}

// priceAt is the kind of hours at an instant, and what a kWh costs then in
// millionths of a yuan.
func priceAt(prices []price, at time.Time) (p *price, kind Hours, micros int64, ok bool) {
	for i := range prices {
		if !prices[i].from.After(at) && (p == nil || prices[i].from.After(p.from)) {
			p = &prices[i]
		}
	}
	if p == nil {
		return nil, "", 0, false
	}
	kind = p.tariff.Kind(at)
	return p, kind, int64(math.Round(float64(p.use.Base) * p.tariff.Ratios[kind])), true
}

// microPerFen is how many millionths of a yuan a fen has.
const microPerFen = 10_000

// bill adds up millionths of kWh and of yuan, rounded once for each quarter.
type bill struct {
	kwh, cost map[Hours]int64
	days      []DayCost
	fen       []int64 // millionths of a yuan by day
	known     []plant.Micros
	span      []plant.Micros
	used      map[string]bool
}

func (b *bill) add(prices []price, s step) bool {
	p, kind, micros, ok := priceAt(prices, s.from.Time())
	if !ok {
		return false
	}
	b.used[p.use.Day] = true
	cost := int64(math.Round(float64(s.count) * float64(micros) / micro))
	b.kwh[kind] += s.count
	b.cost[kind] += cost
	day := s.from.Time().In(p.tariff.zone).Format(time.DateOnly)
	if n := len(b.days); n == 0 || b.days[n-1].Day != day {
		b.days = append(b.days, DayCost{Day: day, KWh: map[Hours]float64{}})
		b.fen, b.known, b.span = append(b.fen, 0), append(b.known, 0), append(b.span, 0)
	}
	n := len(b.days) - 1
	b.days[n].KWh[kind] += float64(s.count) / micro
	b.fen[n] += cost
	b.known[n] += s.known
	b.span[n] += s.to - s.from
	return true
}

func fenOf(micros int64) int64 { return int64(math.Round(float64(micros) / microPerFen)) }

func (b *bill) tell(out *Cost) {
	sum := int64(0)
	for _, kind := range hourKinds {
		if _, ok := b.kwh[kind]; ok {
			out.Kinds = append(out.Kinds, KindCost{kind, float64(b.kwh[kind]) / micro, fenOf(b.cost[kind])})
		}
		sum += b.cost[kind]
	}
	fen := fenOf(sum)
	out.Fen = &fen
	if *out.Value > 0 {
		out.Mean = new(float64(sum) / microPerFen / *out.Value)
	}
	for i := range b.days {
		b.days[i].Fen, b.days[i].Known = fenOf(b.fen[i]), float64(b.known[i])/float64(b.span[i])
	}
	out.Days = append(out.Days, b.days...)
}
