package energy

import (
	"context"
	"fmt"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

// Reasons why a value is missing.
const (
	noReadings = "no_readings"   // nothing was read in this time
	notAll     = "not_all_known" // a part of the time is not known: a difference would be of that
	noFactor   = "no_factor"     // the table has no factor in force
	noTariff   = "no_tariff"
)

// enough is the coverage from which differences between meters are told: what is
// not known is then below the error of a meter of class 1 (GB/T 17215.321).
const enough = 0.99

// Amount is a value with its coverage; null says why in Reason.
type Amount struct {
	Value    *float64 `json:"value"`
	Reason   string   `json:"reason,omitempty"`
	Coverage float64  `json:"coverage" doc:"Share of the time that is known, 0..1"`
}

// Balance is where the energy of a place went.
type Balance struct {
	Network Network       `json:"network"`
	From    plant.Instant `json:"from"`
	To      plant.Instant `json:"to"`
	Nodes   []Node        `json:"nodes" nullable:"false"`
	Odd     []Odd         `json:"odd" nullable:"false"`
	// Coal and CO2 are of the meters that nothing feeds, kg.
	Coal    Amount   `json:"coal_kg" doc:"Standard coal by equivalent values, kg"`
	CO2     Amount   `json:"co2_kg"`
	Factors []Factor `json:"factors" nullable:"false" doc:"That were used"`
}

// Node is a meter with what it fed.
type Node struct {
	Meter
	Depth int    `json:"depth"`
	Unit  string `json:"unit"`
	Tag   string `json:"tag,omitempty" doc:"Machine and signal that were read"`
	Amount
	// Below is the sum of the meters that this one feeds; Lost is what these do not
	// account for, below 0 where they count more. Null of a meter that feeds none.
	Below *Amount `json:"below"`
	Lost  *Amount `json:"lost"`
	// LostShare is Lost ÷ own value.
	LostShare *float64 `json:"lost_share"`
}

// maxBalance bounds a balance: a year of hours.
const maxBalance = 366 * 24 * time.Hour

// Balance adds the meters of a place up over a range of time.
func (d *Desk) Balance(ctx context.Context, scope access.Scope, place plant.NodeID, from, to plant.Instant) (Balance, error) {
	lo, hi, err := d.window(from, to, maxBalance)
	if err != nil {
		return Balance{}, err
	}
	net, err := d.network(ctx, scope, place, to)
	if err != nil {
		return Balance{}, err
	}
	out := Balance{Network: net, From: plant.InstantOf(lo.Time()), To: plant.InstantOf(hi.Time()), Nodes: []Node{}, Odd: []Odd{}, Factors: []Factor{}}
	every := time.Hour
	if hi-lo <= plant.Micros((48 * time.Hour).Microseconds()) {
		every = quarter
	}
	l := d.look(ctx, scope.Tenant, &net, lo, hi, every)
	depth := map[string]int{}
	for _, m := range order(&net) {
		s, err := l.of(m.Code)
		if err != nil {
			return Balance{}, err
		}
		if m.Above != "" {
			depth[m.Code] = depth[m.Above] + 1
		}
		out.Odd = append(out.Odd, s.odd...)
		n := Node{Meter: m, Depth: depth[m.Code], Unit: units[m.Medium], Amount: amountOf(s, hi-lo)}
		if !m.Virtual() {
			n.Tag = fmt.Sprintf("%s:%s", m.Machine, m.Signal)
		}
		out.Nodes = append(out.Nodes, n)
	}
	for i := range out.Nodes {
		out.Nodes[i].account(out.Nodes)
	}
	out.convert(d.o.Tables)
	return out, nil
}

func amountOf(s series, span plant.Micros) Amount {
	count, known := s.sum()
	a := Amount{Coverage: float64(known) / float64(span)}
	switch {
	case s.why != "":
		a.Reason = s.why
	case known == 0:
		a.Reason = noReadings
	default:
		a.Value = new(float64(count) / micro)
	}
	return a
}

// account holds a meter against those that it feeds.
func (n *Node) account(all []Node) {
	sum, least, feeds, known := 0.0, n.Coverage, false, true
	for _, b := range all {
		if b.Above != n.Code {
			continue
		}
		feeds = true
		least = min(least, b.Coverage)
		if b.Value == nil {
			known = false
			continue
		}
		sum += *b.Value
	}
	if !feeds {
		return
	}
	n.Below, n.Lost = &Amount{Coverage: least}, &Amount{Coverage: least}
	switch {
	case !known:
		n.Below.Reason, n.Lost.Reason = notAll, notAll
		return
	default:
		n.Below.Value = new(sum)
	}
	if n.Value == nil || least < enough {
		n.Lost.Reason = notAll
		return
	}
	n.Lost.Value = new(*n.Value - sum)
	if *n.Value > 0 {
		n.LostShare = new(*n.Lost.Value / *n.Value)
	}
}

// convert makes coal and CO₂ of what came in.
func (b *Balance) convert(t *Tables) {
	at := b.To.Time()
	sums := map[FactorKind]*Amount{CoalEquivalent: &b.Coal, CO2Kind: &b.CO2}
	for _, kind := range []FactorKind{CoalEquivalent, CO2Kind} {
		sum := sums[kind]
		sum.Coverage = 1
		total := 0.0
		for _, n := range b.Nodes {
			if n.Above != "" || n.Aside {
				continue
			}
			f, ok := t.Factor(n.Medium, kind, at)
			switch {
			case n.Value == nil:
				sum.Reason = notAll
			case !ok:
				if kind == CO2Kind && (n.Medium == Water || n.Medium == Air) {
					continue // made on the spot: its carbon is in the electricity
				}
				sum.Reason = noFactor
			default:
				total += *n.Value * f.Value
				b.Factors = append(b.Factors, f)
			}
			sum.Coverage = min(sum.Coverage, n.Coverage)
		}
		if sum.Reason == "" {
			sum.Value = new(total)
		}
	}
}
