package energy

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"
	"time"

	"zhigai/access"
	calc "zhigai/calc/energy"
	"zhigai/plant"
)

// Benchmark compares machines of one class by what they use for a part, or for an
// hour in which they produce.
type Benchmark struct {
	From    plant.Instant  `json:"from"`
	To      plant.Instant  `json:"to"`
	Classes []ClassCompare `json:"classes" nullable:"false" doc:"The greatest excess first"`
}

// Basis says for what energy is compared.
type Basis string

// Bases.
const (
	PerProduced Basis = "part" // each part that was counted, good or not
	PerHour     Basis = "hour" // each hour in which it produced
)

// ClassCompare is a class of machines.
type ClassCompare struct {
	Class string `json:"class"`
	Basis Basis  `json:"basis" enum:"part,hour"`
	// Standing is null of fewer machines than are compared.
	Standing *calc.Standing   `json:"standing"`
	Reason   string           `json:"reason,omitempty" enum:",too_few"`
	Mixed    bool             `json:"mixed" doc:"They made different products: what a part takes differs with it"`
	Machines []MachineCompare `json:"machines" nullable:"false" doc:"The greatest use first"`
}

// MachineCompare is a machine beside those of its class.
type MachineCompare struct {
	Machine plant.NodeID `json:"equipment"`
	Path    string       `json:"path"`
	Name    plant.Name   `json:"name"`
	Meter   string       `json:"meter"`
	Key     ShareKey     `json:"key" enum:"own,weight,busy"`
	Amount
	Parts     int64    `json:"parts" doc:"Counted"`
	BusyHours float64  `json:"busy_hours"`
	Products  []string `json:"products" nullable:"false"`
	// Specific is kWh for a part or an hour; its reason says why there is none.
	Specific *float64 `json:"specific"`
	Why      string   `json:"why,omitempty" enum:",no_readings,no_signal,not_all_known,nothing_made"`
	// Beyond is Specific ÷ the class's lower quartile − 1; above 0 it uses more.
	Beyond *float64 `json:"beyond"`
	// Excess is what it used more than at the lower quartile, kWh; below 0 is null.
	Excess     *float64 `json:"excess_kwh"`
	Mean       *float64 `json:"fen_per_kwh" doc:"What a kWh of it cost in this time; null without a tariff"`
	YearExcess *float64 `json:"excess_kwh_per_year" doc:"If a year were like this time"`
	YearFen    *int64   `json:"excess_fen_per_year" doc:"At what a kWh of it cost in this time; null without a tariff"`
}

const (
	nothingMade = "nothing_made"
	tooFew      = "too_few"
	year        = 365 * 24 * time.Hour
)

// Compare holds the machines of a place against those of their class.
func (d *Desk) Compare(ctx context.Context, scope access.Scope, place plant.NodeID, from, to plant.Instant) (Benchmark, error) {
	return d.compare(ctx, scope, place, from, to, nil)
}

// compare looks at some machines only, where they are named.
func (d *Desk) compare(ctx context.Context, scope access.Scope, place plant.NodeID, from, to plant.Instant, only map[plant.NodeID]bool) (Benchmark, error) {
	lo, hi, err := d.window(from, to, maxAllocation)
	if err != nil {
		return Benchmark{}, err
	}
	net, err := d.network(ctx, scope, place, to)
	if err != nil {
		return Benchmark{}, err
	}
	model, _, err := d.place(ctx, scope, place)
	if err != nil {
		return Benchmark{}, err
	}
	l := d.lookAt(ctx, scope.Tenant, &net, lo, hi)
	burners, err := l.burners(model, scope, only)
	if err != nil {
		return Benchmark{}, err
	}
	out := Benchmark{From: plant.InstantOf(l.from.Time()), To: plant.InstantOf(hi.Time()), Classes: []ClassCompare{}}
	prices := d.prices(&net)
	classes := map[string]*ClassCompare{}
	for i := range burners {
		b := &burners[i]
		one := MachineCompare{Machine: b.node.ID, Path: b.node.Path, Name: b.node.Name, Meter: b.meter.Code, Key: b.key, Amount: amountOf(b.series, hi-l.from), Products: []string{}}
		if _, one.Parts, err = d.o.Machines.Counted(ctx, scope.Tenant, b.node.ID, l.from, hi); err != nil {
			return Benchmark{}, err
		}
		for _, did := range b.did {
			if did.What == Producing {
				one.BusyHours += time.Duration((did.To - did.From) * 1000).Hours()
				if did.Product != "" && !slices.Contains(one.Products, did.Product) {
					one.Products = append(one.Products, did.Product)
				}
			}
		}
		slices.Sort(one.Products)
		one.Mean = meanPrice(b.series, prices)
		class := b.node.Machine.Class
		if classes[class] == nil {
			classes[class] = &ClassCompare{Class: class}
		}
		classes[class].Machines = append(classes[class].Machines, one)
	}
	for _, c := range classes {
		c.compare(hi - l.from)
		out.Classes = append(out.Classes, *c)
	}
	slices.SortFunc(out.Classes, func(a, b ClassCompare) int {
		return cmp.Or(cmp.Compare(b.excess(), a.excess()), cmp.Compare(a.Class, b.Class))
	})
	return out, nil
}

func (c *ClassCompare) excess() (sum float64) {
	for _, m := range c.Machines {
		if m.Excess != nil {
			sum += *m.Excess
		}
	}
	return sum
}

// compare takes parts where enough machines count them, and hours otherwise.
func (c *ClassCompare) compare(span plant.Micros) {
	c.Basis = PerHour
	counting := 0
	products := map[string]bool{}
	for _, m := range c.Machines {
		if m.Parts > 0 {
			counting++
		}
		products[strings.Join(m.Products, "\x00")] = true
	}
	if counting >= calc.MinPeers {
		c.Basis = PerProduced
	}
	c.Mixed = len(products) > 1 && c.Basis == PerProduced
	var values []float64
	for i := range c.Machines {
		m := &c.Machines[i]
		per := m.BusyHours
		if c.Basis == PerProduced {
			per = float64(m.Parts)
		}
		switch {
		case m.Value == nil:
			m.Why = m.Reason
		case m.Coverage < enough:
			m.Why = notAll
		case !(per > 0):
			m.Why = nothingMade
		default:
			m.Specific = new(*m.Value / per)
			values = append(values, *m.Specific)
		}
	}
	if s, ok := calc.Stand(values); ok {
		c.Standing = &s
	} else {
		c.Reason = tooFew
	}
	if c.Standing != nil && c.Standing.Lower > 0 {
		for i := range c.Machines {
			c.Machines[i].hold(c.Standing.Lower, span)
		}
	}
	slices.SortStableFunc(c.Machines, func(a, b MachineCompare) int {
		value := func(m MachineCompare) float64 {
			if m.Specific == nil {
				return -1
			}
			return *m.Specific
		}
		return cmp.Or(cmp.Compare(value(b), value(a)), cmp.Compare(a.Path, b.Path))
	})
}

// hold says what a machine used more than at the lower quartile of its class.
func (m *MachineCompare) hold(lower float64, span plant.Micros) {
	if m.Specific == nil {
		return
	}
	m.Beyond = new(*m.Specific/lower - 1)
	if *m.Beyond < 0 {
		return
	}
	m.Excess = new(*m.Value * (1 - lower / *m.Specific))
	m.YearExcess = new(*m.Excess * yearsIn(span))
	if m.Mean != nil {
		m.YearFen = new(int64(math.Round(*m.YearExcess * *m.Mean)))
	}
}

// yearsIn is how often a stretch of time goes into a year.
func yearsIn(span plant.Micros) float64 { return float64(year.Microseconds()) / float64(span) }

// meanPrice is fen per kWh of what was used; nil without a tariff or without use.
func meanPrice(s series, prices []price) *float64 {
	cost, count := 0.0, int64(0)
	for _, one := range s.steps {
		_, _, micros, ok := priceAt(prices, one.from.Time())
		if !ok {
			return nil
		}
		cost += float64(one.count) * float64(micros) / micro
		count += one.count
	}
	if count <= 0 {
		return nil
	}
	return new(cost / microPerFen / (float64(count) / micro))
}
