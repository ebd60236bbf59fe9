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

func (s Settings) addTimes(of func(string) ledger, p past) {
	for _, i := range p.intervals {
		l, ms := of(i.Product), i.Ms()
		l.add(TermCalendar, ms)
		if i.State.Known {
			l.add(TermKnownCalendar, ms)
		}
		if i.Plan != PlanOff {
			l.add(TermOperation, ms)
		}
		if i.Plan == PlanBusy {
			l.add(TermPlannedBusy, ms)
		}
		s.addClass(l, i, ms)
	}
}

// addClass books a piece of time under its class and its loss. Production
// outside the plan extends the planned busy time by itself, so that
// availability cannot pass 1 unnoticed.
func (s Settings) addClass(l ledger, i Interval, ms int64) {
	switch i.Class {
	case ClassNone:
		return
	case PDOT:
		l.add(TermPDOT, ms)
		return
	}
	l.add(TermBusy, ms)
	if i.Plan != PlanBusy {
		l.add(TermUnplanned, ms)
	}
	if i.Class == ClassUnknown {
		l.add(TermUnknown, ms)
		return
	}
	l.add(TermKnown, ms)
	switch i.Class {
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
	if i.Reason == "" {
		if i.Class == ADET || i.Class == ADOT {
			l.add(TermLoss(LossOther), ms)
		}
		return
	}
	s.addReason(l, i, ms)
}

func (s Settings) addReason(l ledger, i Interval, ms int64) {
	l.add(TermStop(i.Reason), ms)
	if i.MicroStop {
		l.add(TermMicro, ms)
	}
	loss := LossOther
	if reason, ok := s.Reasons.Reason(i.Reason); ok {
		loss = reason.Loss
	}
	if loss == LossBreakdown {
		l.add(TermRestore, ms)
	}
	if i.Class != AUST { // booked as setup already
		l.add(TermLoss(loss), ms)
	}
}

// addStops counts what began inside the window, in planned busy time.
func (s Settings) addStops(of func(string) ledger, p past, from, to plant.Micros) {
	at := func(t plant.Micros) (Interval, bool) {
		if t < from || t >= to {
			return Interval{}, false
		}
		n, ok := slices.BinarySearchFunc(p.intervals, t, func(i Interval, t plant.Micros) int { return int(i.From - t) })
		return p.intervals[min(n, len(p.intervals)-1)], ok
	}
	for _, x := range p.stops {
		if i, ok := at(x.from); ok && i.Plan == PlanBusy {
			of(i.Product).add(TermStops, 1)
			if x.micro {
				of(i.Product).add(TermMicroStops, 1)
			}
		}
	}
	for _, x := range p.failures {
		if i, ok := at(x.from); ok && i.Plan == PlanBusy {
			of(i.Product).add(TermFailures, 1)
		}
	}
	for _, x := range p.reasons {
		if i, ok := at(x.from); ok && i.Plan == PlanBusy {
			of(i.Product).add(TermStopCount(x.reason), 1)
		}
	}
}

func (m *Machine) addCounts(of func(string) ledger, counts []Count) {
	for _, c := range counts {
		l, made := of(c.Product), c.Good+c.Scrap+c.Rework
		l.add(TermPQ, made)
		l.add(TermGQ, c.Good)
		l.add(TermSQ, c.Scrap)
		l.add(TermRQ, c.Rework)
		pru, ok := m.cycle(c.Product, c.At)
		if !ok {
			l.add(TermNoPRU, made)
			continue
		}
		l.add(TermIdeal, pru*made)
		l.add(TermIdealGood, pru*c.Good)
	}
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
