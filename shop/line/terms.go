package line

import (
	"math"

	calc "zhigai/calc/line"
)

// Names of the terms of a line's figures. Cycles are in microseconds, so that
// their sums are whole numbers.
const (
	TermGood     = "line_good"        // parts good at the end of the line
	TermStandard = "line_standard_us" // what those take by the cycle of the line's slowest station
	TermUncycled = "line_uncycled"    // of them without any planned cycle
	TermBusy     = "line_busy_ms"     // planned busy time: some machine of the line had it
	TermDemand   = "line_demand"      // parts wanted
	TermStations = "line_stations"    // with a planned cycle
	TermCycles   = "cycle_sum_us"     // their cycles added up
	TermLongest  = "cycle_max_us"     // the longest of them
	TermContent  = "line_wip_part_ms" // parts in buffers × time
	TermWindow   = "line_window_ms"
	TermKnown    = "line_known_ms"   // of the stations' planned busy time known
	TermPlanned  = "line_planned_ms" // stations' planned busy time
)

// TermNames are all of them.
func TermNames() []string {
	return []string{TermGood, TermStandard, TermUncycled, TermBusy, TermDemand, TermStations, TermCycles, TermLongest, TermContent, TermWindow, TermKnown, TermPlanned}
}

func micros(ms float64) int64 { return int64(math.Round(ms * 1000)) }

// terms are those of a line in a window.
func (w *world) terms(c cycles, demand int64) map[string]int64 {
	t := map[string]int64{TermDemand: demand, TermWindow: w.to - w.from}
	per, mix := perEnd(&w.layout), w.mix()
	for product, n := range mix {
		t[TermGood] += n
		if ms := c.ideal(product, per); ms > 0 {
			t[TermStandard] += n * micros(ms)
		} else {
			t[TermUncycled] += n
		}
	}
	for s := range w.layout.Stations {
		if ms := c.mean(s, mix, per[s]); ms > 0 {
			t[TermStations]++
			t[TermCycles] += micros(ms)
			t[TermLongest] = max(t[TermLongest], micros(ms))
		}
	}
	for _, b := range w.buffers {
		for _, l := range b.levels {
			t[TermContent] += l.parts * (l.to - l.from)
		}
	}
	var all []span
	for s := range w.stations {
		known, planned := w.known(s)
		t[TermKnown] += known
		t[TermPlanned] += planned
		all = append(all, w.busy(s)...)
	}
	t[TermBusy] = total(union(all))
	return t
}

// mix is how many good parts of each product came out of the line.
func (w *world) mix() map[string]int64 {
	out := map[string]int64{}
	for _, e := range w.layout.ends() {
		for _, m := range w.stations[e] {
			for _, p := range m.counted {
				if p.Good > 0 {
					out[p.Product] += p.Good
				}
			}
		}
	}
	return out
}

// busy is the planned busy time of a station: some machine of it had it.
func (w *world) busy(station int) []span {
	var all []span
	for _, m := range w.stations[station] {
		all = append(all, when(m.parts, func(p part) bool { return p.busy })...)
	}
	return union(all)
}

// known is the planned busy time of a station's machines, and how much of it
// somebody knows.
func (w *world) known(station int) (known, planned int64) {
	for _, m := range w.stations[station] {
		for _, p := range m.parts {
			if p.busy {
				planned += p.to - p.from
				if p.state != calc.Unknown {
					known += p.to - p.from
				}
			}
		}
	}
	return known, planned
}
