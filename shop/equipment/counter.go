package equipment

import (
	"cmp"
	"math"
	"slices"

	"zhigai/connect/profile"
	"zhigai/plant"
)

// quantity is what a counter counts.
type quantity uint8

const (
	good quantity = iota
	scrap
	rework
	total
	energy
)

// milliWattHours is how many mWh one kWh has; readings are rounded to whole
// mWh before they are subtracted, so that windows add up exactly.
const milliWattHours = 1_000_000

// Count is parts made (or taken away by a correction) at an instant.
type Count struct {
	At      plant.Micros `json:"at"`
	Product string       `json:"product"`
	Good    int64        `json:"good"`
	Scrap   int64        `json:"scrap"`
	Rework  int64        `json:"rework"`
}

// AnomalyKind says what is odd about a counter.
type AnomalyKind string

const (
	// CounterReset is a counter that went back and counts from zero again.
	CounterReset AnomalyKind = "counter_reset"
	// CounterJump is an increase beyond belief; it is not counted.
	CounterJump AnomalyKind = "counter_jump"
)

// Anomaly is something the fold noticed and did not count.
type Anomaly struct {
	At     plant.Micros `json:"at"`
	Kind   AnomalyKind  `json:"kind"`
	Signal string       `json:"signal"`
	Before float64      `json:"before"`
	After  float64      `json:"after"`
}

// delta is one increase of a counter.
type delta struct {
	at plant.Micros
	n  int64
}

// deltas turns readings into increases. The increase between two readings
// belongs to the time of the later one; the first reading ever is the
// beginning and counts nothing. Bad readings are passed over.
func deltas(c profile.Counter, samples []plant.Sample, scale float64, from, to plant.Micros, odd func(Anomaly)) []delta {
	out := make([]delta, 0, len(samples))
	var last plant.Sample
	known := false
	modulo, step := scaled(c.Modulo, scale), scaled(c.MaxStep, scale)
	for _, s := range samples {
		if s.Quality.IsBad() || s.Time >= to {
			continue
		}
		before := last
		last = s
		if !known {
			known = true
			continue
		}
		n, kind := increase(scaled(before.Value, scale), scaled(s.Value, scale), modulo, step)
		if n > 0 && c.Pulses > 1 {
			n = whole(scaled(s.Value, scale), n, c.Pulses)
		}
		if s.Time < from {
			continue
		}
		if kind != "" && odd != nil {
			odd(Anomaly{At: s.Time, Kind: kind, Signal: c.Signal, Before: before.Value, After: s.Value})
		}
		if n != 0 {
			out = append(out, delta{at: s.Time, n: n})
		}
	}
	return out
}

// whole is how many parts n pulses complete that end at the reading after. The
// part that is begun belongs to the window in which it is completed, so that
// windows add up: parts are counted at the multiples of the reading itself.
func whole(after, n, pulses int64) int64 {
	return floorDiv(after, pulses) - floorDiv(after-n, pulses)
}

func floorDiv(a, b int64) int64 {
	if a < 0 {
		return -((-a + b - 1) / b)
	}
	return a / b
}

func scaled(v, scale float64) int64 { return int64(math.Round(v * scale)) }

// increase is what a counter counted between two readings. A value that drops
// has rolled over when the step is believable (within MaxStep, or half the
// range when none is given), else the counter was reset and began at zero.
func increase(before, after, modulo, step int64) (int64, AnomalyKind) {
	n, kind := after-before, AnomalyKind("")
	if n < 0 {
		n, kind = after, CounterReset
		if modulo > 0 {
			limit := modulo / 2
			if step > 0 {
				limit = step
			}
			if rolled := after + modulo - before; rolled >= 0 && rolled <= limit {
				n, kind = rolled, ""
			}
		}
	}
	if n < 0 {
		return 0, kind // a counter that shows a negative number after a reset
	}
	if step > 0 && n > step {
		return 0, CounterJump
	}
	return n, kind
}

// counts joins the counters of parts and typed corrections into one list in
// order of time. What has no counter of its own is the difference to the
// total.
func (m *Machine) counts(f Facts, events []correction, products timeline, from, to plant.Micros, odd func(Anomaly)) []Count {
	counters := m.counterOf()
	var out []Count
	take := func(q quantity, set func(*Count, int64)) bool {
		c, ok := counters[q]
		if !ok {
			return false
		}
		rises := deltas(c, f.Samples[c.Signal], 1, from, to, odd)
		out = slices.Grow(out, len(rises))
		for _, d := range rises {
			out = append(out, Count{At: d.at})
			set(&out[len(out)-1], d.n)
		}
		return true
	}
	_, hasTotal := counters[total]
	_, hasGood := counters[good]
	_, hasScrap := counters[scrap]
	// The part of the total that no counter of its own explains.
	goodIsRest, scrapIsRest := hasTotal && !hasGood, hasTotal && hasGood && !hasScrap
	rest := func(c *Count, n int64) {
		if goodIsRest {
			c.Good += n
		} else if scrapIsRest {
			c.Scrap += n
		}
	}
	take(good, func(c *Count, n int64) {
		c.Good = n
		if scrapIsRest {
			rest(c, -n)
		}
	})
	take(scrap, func(c *Count, n int64) {
		c.Scrap = n
		if goodIsRest {
			rest(c, -n)
		}
	})
	take(rework, func(c *Count, n int64) { c.Rework = n; rest(c, -n) })
	take(total, rest)
	sortCounts(out)
	out = mergeCounts(out)
	at := products.reader()
	for i := range out {
		out[i].Product = at(out[i].At)
	}
	for _, e := range events {
		if e.at < from || e.at >= to {
			continue
		}
		product := e.Product
		if product == "" {
			product = products.at(e.at)
		}
		out = append(out, Count{At: e.at, Product: product, Good: e.Good, Scrap: e.Scrap, Rework: e.Rework})
	}
	sortCounts(out)
	return out
}

func sortCounts(in []Count) {
	byTime := func(a, b Count) int { return cmp.Compare(a.At, b.At) }
	if !slices.IsSortedFunc(in, byTime) { // one counter alone is in order
		slices.SortStableFunc(in, byTime)
	}
}

// mergeCounts joins counts of one instant.
func mergeCounts(in []Count) []Count {
	out := in[:0]
	for _, c := range in {
		if n := len(out); n > 0 && out[n-1].At == c.At {
			out[n-1].Good += c.Good
			out[n-1].Scrap += c.Scrap
			out[n-1].Rework += c.Rework
			continue
		}
		out = append(out, c)
	}
	return out
}

// energyUse is the consumption in mWh at the time of each reading, and how
// many readings there were.
func (m *Machine) energyUse(f Facts, from, to plant.Micros, odd func(Anomaly)) ([]delta, int64) {
	c := m.Kind.Counters.Energy
	if c == nil {
		return nil, 0
	}
	readings := int64(0)
	for _, s := range f.Samples[c.Signal] {
		if !s.Quality.IsBad() && s.Time >= from && s.Time < to {
			readings++
		}
	}
	return deltas(*c, f.Samples[c.Signal], milliWattHours, from, to, odd), readings
}
