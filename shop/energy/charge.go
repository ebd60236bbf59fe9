package energy

import (
	"context"
	"math"
	"slices"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

// ChargeUse is what capacity or demand of a place costs by the month, from a day on
// (两部制电价的基本电费).
type ChargeUse struct {
	Day   string      `json:"day" pattern:"^\\d{4}-\\d{2}-\\d{2}$" doc:"First day, in China"`
	Basis ChargeBasis `json:"basis" enum:"capacity,demand,contract" doc:"capacity: by the transformers; demand: by the greatest of the month; contract: by the demand that was agreed, and twice for what is beyond 105 % of it"`
	Meter string      `json:"meter,omitempty" maxLength:"40" doc:"Whose demand it is; the meter that feeds the others when left out"`
	// PerKVA and PerKW are for a month.
	PerKVA   int64   `json:"fen_per_kva" minimum:"0" maximum:"1000000"`
	PerKW    int64   `json:"fen_per_kw" minimum:"0" maximum:"1000000"`
	KVA      float64 `json:"kva" minimum:"0" doc:"Of the transformers in use"`
	Contract float64 `json:"contract_kw,omitempty" minimum:"0" doc:"Demand that was agreed"`
}

// ChargeBasis says by what the monthly charge is.
type ChargeBasis string

// Bases of a charge.
const (
	ChargeCapacity ChargeBasis = "capacity"
	ChargeDemand   ChargeBasis = "demand"
	ChargeContract ChargeBasis = "contract"
)

// beyondContract is the share of the agreed demand beyond which the charge is twice
// (发改办价格〔2016〕1583号; hold it against the contract: unverified).
const beyondContract = 1.05

// MonthCharge is what capacity or demand of a month costs, by each basis.
type MonthCharge struct {
	Month string        `json:"month" doc:"In China"`
	Meter Meter         `json:"meter"`
	From  plant.Instant `json:"from"`
	To    plant.Instant `json:"to" doc:"Its end, or now"`
	Use   ChargeUse     `json:"use"`
	// Max is the greatest mean power of a quarter of an hour that is known; where not
	// all are, it may have been more.
	Max      *float64        `json:"max_kw"`
	At       []plant.Instant `json:"at" nullable:"false"`
	Coverage float64         `json:"coverage" doc:"Share of the quarters that are known"`
	Least    bool            `json:"at_least" doc:"Not all of the month is known or over: demand may become more"`
	Fen      *int64          `json:"fen" doc:"By the basis in force; null where demand is not known"`
	Bases    []ChargeBy      `json:"bases" nullable:"false" doc:"What each basis would come to"`
}

// ChargeBy is a month by one basis.
type ChargeBy struct {
	Basis ChargeBasis `json:"basis" enum:"capacity,demand,contract"`
	Fen   *int64      `json:"fen"`
	Why   string      `json:"why,omitempty" enum:",no_readings,no_price"`
}

// checkCharges says what is wrong with the charges of a network.
func (n *Network) checkCharges() error {
	for i, c := range n.Charges {
		_, err := time.Parse(time.DateOnly, c.Day)
		switch {
		case err != nil:
			return invalid("charge %d: %.40q is no day", i+1, c.Day)
		case slices.IndexFunc(n.Charges, func(o ChargeUse) bool { return o.Day == c.Day }) != i:
			return invalid("two charges begin on %s; leave one", c.Day)
		case c.Basis != ChargeCapacity && c.Basis != ChargeDemand && c.Basis != ChargeContract:
			return invalid("charge of %s: basis %.20q; write capacity, demand or contract", c.Day, c.Basis)
		case c.PerKVA < 0 || c.PerKW < 0 || c.KVA < 0 || c.Contract < 0:
			return invalid("charge of %s: prices, capacity and agreed demand are not below 0", c.Day)
		case c.Basis == ChargeCapacity && (c.KVA == 0 || c.PerKVA == 0):
			return invalid("charge of %s: by capacity it needs the kVA and their price", c.Day)
		case c.Basis != ChargeCapacity && c.PerKW == 0 || c.Basis == ChargeContract && c.Contract == 0:
			return invalid("charge of %s: by demand it needs the price of a kW, and by contract the demand that was agreed", c.Day)
		}
		if c.Meter != "" {
			if _, err := electric(n, c.Meter); err != nil {
				return invalid("charge of %s: there is no meter %.40q of electricity", c.Day, c.Meter)
			}
		}
	}
	return nil
}

// of is what a demand comes to by a basis, fen; false where that has no price.
func (c ChargeUse) of(basis ChargeBasis, kw float64) (int64, bool) {
	switch {
	case basis == ChargeCapacity:
		return int64(math.Round(c.KVA * float64(c.PerKVA))), c.KVA > 0 && c.PerKVA > 0
	case basis == ChargeDemand:
		return int64(math.Round(kw * float64(c.PerKW))), c.PerKW > 0
	}
	beyond := max(0, kw-beyondContract*c.Contract)
	return int64(math.Round((c.Contract + 2*beyond) * float64(c.PerKW))), c.PerKW > 0 && c.Contract > 0
}

// china is the zone of the months of bills: one zone, by law.
var china = time.FixedZone("UTC+8", 8*60*60)

// Charge is what capacity or demand of a month costs, "2026-03"; it is that of the
// charge in force on its last day.
func (d *Desk) Charge(ctx context.Context, scope access.Scope, place plant.NodeID, month string) (MonthCharge, error) {
	begin, err := time.ParseInLocation("2006-01", month, china)
	if err != nil {
		return MonthCharge{}, invalid("month %.20q; write it as 2026-03", month)
	}
	end := begin.AddDate(0, 1, 0)
	from, to := plant.InstantOf(begin), min(plant.InstantOf(end), d.now())
	if to <= from {
		return MonthCharge{}, invalid("month %s has not begun", month)
	}
	net, err := d.network(ctx, scope, place, to)
	if err != nil {
		return MonthCharge{}, err
	}
	last := end.AddDate(0, 0, -1).Format(time.DateOnly)
	use, found := ChargeUse{}, false
	for _, c := range net.Charges {
		if c.Day <= last && (!found || c.Day > use.Day) {
			use, found = c, true
		}
	}
	if !found {
		return MonthCharge{}, invalid("no charge for capacity or demand is in force in %s; enter it with the meters", month)
	}
	q, err := d.Demand(ctx, scope, place, use.Meter, from, to)
	if err != nil {
		return MonthCharge{}, err
	}
	out := MonthCharge{Month: month, Meter: q.Meter, From: from, To: to, Use: use, Max: q.Max, At: q.At, Coverage: q.Coverage, Bases: []ChargeBy{}}
	out.Least = q.Coverage < 1 || to < plant.InstantOf(end)
	for _, basis := range []ChargeBasis{ChargeCapacity, ChargeDemand, ChargeContract} {
		one, kw := ChargeBy{Basis: basis}, 0.0
		if q.Max != nil {
			kw = *q.Max
		}
		fen, ok := use.of(basis, kw)
		switch {
		case !ok:
			one.Why = "no_price"
		case basis != ChargeCapacity && q.Max == nil:
			one.Why = noReadings
		default:
			one.Fen = &fen
		}
		if basis == use.Basis {
			out.Fen = one.Fen
		}
		out.Bases = append(out.Bases, one)
	}
	return out, nil
}
