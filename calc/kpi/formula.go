package kpi

// Availability is APT ÷ PBT, a share (ISO 22400-2). Planned busy time nought
// gives no value: a machine that was not to run is neither good nor bad.
func (l Ledger) Availability() Result { return ratio(l.apt(), l.pbt(), NoPlannedTime) }

// Effectiveness is PRU × PQ ÷ APT (ISO 22400-2). It passes 1 when the planned
// run time per unit is too generous; it is not clamped, because the clamp
// would hide the wrong standard time.
func (l Ledger) Effectiveness() Result {
	if reason := missing(l.pru(), l.pq(), l.apt()); reason != "" {
		return none(reason)
	}
	switch {
	case l.PRU.value == 0:
		return none(NoStandardCycle)
	case l.APT.value == 0:
		return none(NoProduction)
	}
	return some(l.PRU.value * l.PQ.value / l.APT.value)
}

// QualityRatio is GQ ÷ PQ, a share (ISO 22400-2).
func (l Ledger) QualityRatio() Result { return ratio(l.gq(), l.pq(), NoProduction) }

// OEE is availability × effectiveness × quality ratio (ISO 22400-2, OEE
// index). It has no value when one of its factors has none.
func (l Ledger) OEE() Result {
	return product(l.Availability(), l.Effectiveness(), l.QualityRatio())
}

// NEE is AUPT ÷ PBT × effectiveness × quality ratio (ISO 22400-2, NEE index):
// setup counts as no loss.
func (l Ledger) NEE() Result {
	return product(ratio(l.aupt(), l.pbt(), NoPlannedTime), l.Effectiveness(), l.QualityRatio())
}

// AllocationEfficiency is AUBT ÷ PBT, a share (ISO 22400-2).
func (l Ledger) AllocationEfficiency() Result { return ratio(l.aubt(), l.pbt(), NoPlannedTime) }

// UtilizationEfficiency is APT ÷ AUBT, a share (ISO 22400-2).
func (l Ledger) UtilizationEfficiency() Result { return ratio(l.apt(), l.aubt(), NoBusyTime) }

// TechnicalEfficiency is APT ÷ (APT + ADET), a share (ISO 22400-2).
func (l Ledger) TechnicalEfficiency() Result {
	if reason := missing(l.apt(), l.adet()); reason != "" {
		return none(reason)
	}
	if l.APT.value+l.ADET.value == 0 {
		return none(NoProduction)
	}
	return some(l.APT.value / (l.APT.value + l.ADET.value))
}

// SetupRate is AUST ÷ AUPT, a share (ISO 22400-2, setup ratio).
func (l Ledger) SetupRate() Result { return ratio(l.aust(), l.aupt(), NoProcessingTime) }

// ScrapRatio is SQ ÷ PQ, a share (ISO 22400-2).
func (l Ledger) ScrapRatio() Result { return ratio(l.sq(), l.pq(), NoProduction) }

// ReworkRatio is RQ ÷ PQ, a share (ISO 22400-2).
func (l Ledger) ReworkRatio() Result { return ratio(l.rq(), l.pq(), NoProduction) }

// Convention chooses the denominator of mean times.
type Convention string

const (
	// Classic divides by the number of failures, as every public
	// implementation that was read does.
	Classic Convention = "classic"
	// ISO2014 divides by failures + 1, counting the open interval; from memory
	// of the 2014 print, unverified.
	ISO2014 Convention = "iso2014"
)

// MTBF is the mean operating time between failures in the unit of operating
// (setup and production time, no delay time). Without a failure the classic
// convention has no value: it is only known to be longer than operating.
func MTBF(operating float64, failures int64, c Convention) Result {
	return mean(operating, failures, c)
}

// MTTR is the mean time to restore in the unit of down, the time in the down
// state because of a failure.
func MTTR(down float64, failures int64, c Convention) Result { return mean(down, failures, c) }

// CorrectiveMaintenanceRatio is CMT ÷ (CMT + PMT), the share of corrective in all
// maintenance time (ISO 22400-2, "corrective maintenance ratio"), both in one unit.
func CorrectiveMaintenanceRatio(corrective, preventive float64) Result {
	if corrective+preventive <= 0 {
		return none(NoMaintenance)
	}
	return some(corrective / (corrective + preventive))
}

func mean(sum float64, failures int64, c Convention) Result {
	n := float64(failures)
	if c == ISO2014 {
		n++
	}
	if n <= 0 {
		return none(NoFailures)
	}
	return some(sum / n)
}
