// Package kpi calculates the key figures of ISO 22400-2 from the times and
// quantities of one work unit or of a sum over many.
//
// It is formulas only: no clock, no files beyond a reader handed in, no plant.
// Nothing is clamped or rounded; what cannot be calculated says why. Start
// with [Ledger] and [Ledger.Report].
package kpi

// Quantity is a time in minutes or a number of parts that may be unknown. The
// zero value is unknown: a term nobody entered must never count as nought.
type Quantity struct {
	value float64
	known bool
}

// Of is a known quantity.
func Of(v float64) Quantity { return Quantity{value: v, known: true} }

// Value returns the quantity and whether it is known.
func (q Quantity) Value() (float64, bool) { return q.value, q.known }

// Ledger holds the terms of the ISO 22400-2 time and quantity model. Times are
// in minutes; their sum over shifts or machines is a ledger again.
type Ledger struct {
	Name string
	PBT  Quantity // planned busy time
	AUBT Quantity // actual unit busy time
	ADET Quantity // actual unit delay time
	AUST Quantity // actual unit setup time, ASUT in the 2011 draft
	APT  Quantity // actual production time
	AUPT Quantity // actual unit processing time, APT + AUST
	PRU  Quantity // planned run time per unit
	PQ   Quantity // produced quantity
	GQ   Quantity // good quantity
	SQ   Quantity // scrap quantity
	RQ   Quantity // rework quantity
}

// Reasons why a figure has no value. A term that was not given reads
// "missing_input:" and its key.
const (
	NoPlannedTime    = "no_planned_time"
	NoBusyTime       = "no_busy_time"
	NoProcessingTime = "no_processing_time"
	NoProduction     = "no_production"
	NoStandardCycle  = "no_standard_cycle"
	NoFailures       = "no_failures"
	NoMaintenance    = "no_maintenance"
	MissingInput     = "missing_input:"
)

// Result is a figure or the reason why there is none.
type Result struct {
	Value  float64 // a share 0..1 or minutes; 0 when not OK
	OK     bool
	Reason string // set when not OK
}

func none(reason string) Result { return Result{Reason: reason} }

func some(v float64) Result { return Result{Value: v, OK: true} }

// term is a quantity with the key it is entered under.
type term struct {
	key string
	Quantity
}

// missing names the first term that is not known, or "".
func missing(terms ...term) string {
	for _, t := range terms {
		if !t.known {
			return MissingInput + t.key
		}
	}
	return ""
}

// ratio is a ÷ b; zero is why there is no ratio when b is nought.
func ratio(a, b term, zero string) Result {
	if reason := missing(a, b); reason != "" {
		return none(reason)
	}
	if b.value == 0 {
		return none(zero)
	}
	return some(a.value / b.value)
}

// product multiplies from left to right, so that the same ledger gives the
// same bits everywhere; the first factor without a value decides.
func product(factors ...Result) Result {
	p := some(1)
	for i, f := range factors {
		switch {
		case !f.OK:
			return f
		case i == 0:
			p = f
		default:
			p.Value *= f.Value
		}
	}
	return p
}

func (l Ledger) pbt() term  { return term{"PBT_min", l.PBT} }
func (l Ledger) aubt() term { return term{"AUBT_min", l.AUBT} }
func (l Ledger) adet() term { return term{"ADET_min", l.ADET} }
func (l Ledger) aust() term { return term{"AUST_min", l.AUST} }
func (l Ledger) apt() term  { return term{"APT_min", l.APT} }
func (l Ledger) aupt() term { return term{"AUPT_min", l.AUPT} }
func (l Ledger) pru() term  { return term{"PRU_min", l.PRU} }
func (l Ledger) pq() term   { return term{"PQ", l.PQ} }
func (l Ledger) gq() term   { return term{"GQ", l.GQ} }
func (l Ledger) sq() term   { return term{"SQ", l.SQ} }
func (l Ledger) rq() term   { return term{"RQ", l.RQ} }
