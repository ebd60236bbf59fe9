package equipment

import (
	"maps"
	"slices"

	"zhigai/figure"
	"zhigai/plant"
)

// Terms of a machine's base window. Times are milliseconds, all are whole
// numbers, and they add up over machines, products and windows.
const (
	TermCalendar      = "calendar_ms"       // the window
	TermOperation     = "pot_ms"            // planned operation time
	TermBusy          = "pbt_ms"            // planned busy time, extended by unplanned production
	TermPlannedBusy   = "pbt_plan_ms"       // planned busy time as in the calendar
	TermKnown         = "known_ms"          // of pbt_ms
	TermKnownCalendar = "known_calendar_ms" // of calendar_ms
	TermAPT           = "apt_ms"
	TermAUST          = "aust_ms"
	TermADET          = "adet_ms"
	TermADOT          = "adot_ms"
	TermPDOT          = "pdot_ms"
	TermUnknown       = "unknown_ms" // of pbt_ms
	TermAUPT          = "aupt_ms"
	TermAUBT          = "aubt_ms"
	TermUnplanned     = "unplanned_apt_ms"
	TermPQ            = "pq"
	TermGQ            = "gq"
	TermSQ            = "sq"
	TermRQ            = "rq"
	TermIdeal         = "ideal_ms"      // planned run time per unit × produced quantity
	TermIdealGood     = "ideal_good_ms" // planned run time per unit × good quantity
	TermNoPRU         = "no_pru_count"  // produced without a planned run time per unit
	TermFailures      = "failures"
	TermRestore       = "ttr_ms" // down because of failures
	TermOperating     = "tbf_ms" // between failures: setup and production time
	TermStops         = "stops"  // begun in planned busy time
	TermMicroStops    = "micro_stops"
	TermMicro         = "micro_ms"
	TermEnergy        = "energy_mwh"
	TermReadings      = "energy_readings"
	TermMachines      = "machines"
	TermMachinesNC    = "machines_nc"
	TermAnomalies     = "anomalies"
)

// TermNames lists every term that a definition may read.
func TermNames() []string {
	names := []string{
		TermCalendar, TermOperation, TermBusy, TermPlannedBusy, TermKnown, TermKnownCalendar, TermAPT, TermAUST, TermADET, TermADOT,
		TermPDOT, TermUnknown, TermAUPT, TermAUBT, TermUnplanned, TermPQ, TermGQ, TermSQ, TermRQ, TermIdeal, TermIdealGood, TermNoPRU,
		TermFailures, TermRestore, TermOperating, TermStops, TermMicroStops, TermMicro, TermEnergy, TermReadings, TermMachines,
		TermMachinesNC, TermAnomalies,
	}
	for _, l := range losses {
		names = append(names, TermLoss(l))
	}
	return names
}

// TermLoss is the time in the plan that went to a loss; TermStop and
// TermStopCount are the time and the number of stops of one reason.
func TermLoss(l Loss) string             { return "loss_" + string(l) + "_ms" }
func TermStop(reason string) string      { return "stop_ms:" + reason }
func TermStopCount(reason string) string { return "stop_n:" + reason }

// ledger adds up terms of one product.
type ledger map[string]int64

func (l ledger) add(term string, n int64) {
	if n != 0 {
		l[term] += n
	}
}

// Terms folds [base.From, min(base.To, upto)) into rows, one per product in
// order of the product's code. Time goes to the product made at that time,
// parts to the product at the time of the count.
func (s Settings) Terms(m *Machine, f Facts, base figure.Base, upto plant.Micros) []figure.Row {
	rows, _ := s.fold(m, f, base, upto)
	return rows
}

func (s Settings) fold(m *Machine, f Facts, base figure.Base, upto plant.Micros) ([]figure.Row, past) {
	to := floorMs(min(base.To, upto))
	p := s.replay(m, f, base.From, to)
	products := map[string]ledger{"": {}}
	of := func(product string) ledger {
		l, ok := products[product]
		if !ok {
			l = ledger{}
			products[product] = l
		}
		return l
	}
	own := products[""]
	for _, e := range p.energy {
		own.add(TermEnergy, e.n)
	}
	own.add(TermReadings, p.readings)
	own.add(TermAnomalies, int64(len(p.anomalies)))
	if !m.Excluded && to > base.From {
		own.add(TermMachines, 1)
		if m.NC {
			own.add(TermMachinesNC, 1)
		}
		s.addTimes(of, p)
		s.addStops(of, p, base.From, to)
		m.addCounts(of, p.counts)
	}
	return rowsOf(m, base, products), p
}

// kindOfTime is everything about a piece of time that terms depend on.
type kindOfTime struct {
	product string
	class   Class
	plan    Plan
	known   bool
	reason  string
	micro   bool
}

func (s Settings) addTimes(of func(string) ledger, p past) {
	times := map[kindOfTime]int64{}
	for _, i := range p.intervals {
		times[kindOfTime{i.Product, i.Class, i.Plan, i.State.Known, i.Reason, i.MicroStop}] += i.Ms()
	}
	for k, ms := range times {
		l := of(k.product)
		l.add(TermCalendar, ms)
		if k.known {
			l.add(TermKnownCalendar, ms)
		}
		if k.plan != PlanOff {
			l.add(TermOperation, ms)
		}
		if k.plan == PlanBusy {
			l.add(TermPlannedBusy, ms)
		}
		s.addClass(l, k, ms)
	}
}

// addClass books a piece of time under its class and its loss. Production
// outside the plan extends the planned busy time by itself, so that
// availability cannot pass 1 unnoticed.
func (s Settings) addClass(l ledger, k kindOfTime, ms int64) {
	switch k.class {
	case ClassNone:
		return
	case PDOT:
		l.add(TermPDOT, ms)
		return
	}
	l.add(TermBusy, ms)
	if k.plan != PlanBusy {
		l.add(TermUnplanned, ms)
	}
	if k.class == ClassUnknown {
		l.add(TermUnknown, ms)
		return
	}
	l.add(TermKnown, ms)
	switch k.class {
	case APT:
		l.add(TermAPT, ms)
		l.add(TermAUBT, ms)
		l.add(TermAUPT, ms)
		l.add(TermOperating, ms)
	case AUST:
		l.add(TermAUST, ms)
		l.add(TermAUBT, ms)
		l.add(TermAUPT, ms)
		l.add(TermOperating, ms)
		l.add(TermLoss(LossSetup), ms)
	case ADET:
		l.add(TermADET, ms)
		l.add(TermAUBT, ms)
	case ADOT:
		l.add(TermADOT, ms)
	}
	if k.reason == "" {
		if k.class == ADET || k.class == ADOT {
			l.add(TermLoss(LossOther), ms)
		}
		return
	}
	s.addReason(l, k, ms)
}

func (s Settings) addReason(l ledger, k kindOfTime, ms int64) {
	l.add(TermStop(k.reason), ms)
	if k.micro {
		l.add(TermMicro, ms)
	}
	loss := LossOther
	if reason, ok := s.Reasons.Reason(k.reason); ok {
		loss = reason.Loss
	}
	if loss == LossBreakdown {
		l.add(TermRestore, ms)
	}
	if k.class != AUST { // booked as setup already
		l.add(TermLoss(loss), ms)
	}
}

// addStops counts what began inside the window, in planned busy time.
func (s Settings) addStops(of func(string) ledger, p past, from, to plant.Micros) {
	began := starts(p.intervals, from, to)
	for _, x := range p.stops {
		if i := began(x.from); i != nil {
			of(i.Product).add(TermStops, 1)
			if x.micro {
				of(i.Product).add(TermMicroStops, 1)
			}
		}
	}
	began = starts(p.intervals, from, to)
	for _, x := range p.failures {
		if i := began(x.from); i != nil {
			of(i.Product).add(TermFailures, 1)
		}
	}
	began = starts(p.intervals, from, to)
	counted := map[[2]string]int64{}
	for _, x := range p.reasons {
		if i := began(x.from); i != nil {
			counted[[2]string{i.Product, x.reason}]++
		}
	}
	for k, n := range counted {
		of(k[0]).add(TermStopCount(k[1]), n)
	}
}

// starts finds the interval that begins at an instant in planned busy time, for
// rising instants; nil when there is none.
func starts(in []Interval, from, to plant.Micros) func(plant.Micros) *Interval {
	next := 0
	return func(t plant.Micros) *Interval {
		if t < from || t >= to {
			return nil
		}
		for next < len(in) && in[next].From < t {
			next++
		}
		if next == len(in) || in[next].From != t || in[next].Plan != PlanBusy {
			return nil
		}
		return &in[next]
	}
}

// addCounts values parts with the planned run time of their product at their
// time.
func (m *Machine) addCounts(of func(string) ledger, counts []Count) {
	for len(counts) > 0 {
		n := 1
		for n < len(counts) && counts[n].Product == counts[0].Product {
			n++
		}
		m.addProduct(of(counts[0].Product), counts[:n])
		counts = counts[n:]
	}
}

func (m *Machine) addProduct(l ledger, counts []Count) {
	var sum Count
	var ideal, idealGood, none int64
	for _, c := range counts {
		made := c.Good + c.Scrap + c.Rework
		sum.Good, sum.Scrap, sum.Rework = sum.Good+c.Good, sum.Scrap+c.Scrap, sum.Rework+c.Rework
		if pru, ok := m.cycle(c.Product, c.At); ok {
			ideal, idealGood = ideal+pru*made, idealGood+pru*c.Good
		} else {
			none += made
		}
	}
	l.add(TermPQ, sum.Good+sum.Scrap+sum.Rework)
	l.add(TermGQ, sum.Good)
	l.add(TermSQ, sum.Scrap)
	l.add(TermRQ, sum.Rework)
	l.add(TermIdeal, ideal)
	l.add(TermIdealGood, idealGood)
	l.add(TermNoPRU, none)
}

func rowsOf(m *Machine, base figure.Base, products map[string]ledger) []figure.Row {
	var rows []figure.Row
	for product, terms := range products {
		// What a correction took away to nought is as if it never was.
		maps.DeleteFunc(terms, func(_ string, n int64) bool { return n == 0 })
		if len(terms) == 0 && product != "" {
			continue
		}
		rows = append(rows, figure.Row{Node: m.Node, Path: m.Path, From: base.From, To: base.To, Shift: base.Shift, Product: product, Terms: terms})
	}
	slices.SortFunc(rows, func(a, b figure.Row) int {
		if a.Product < b.Product {
			return -1
		}
		return 1
	})
	return rows
}
