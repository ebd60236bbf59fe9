package sim

import (
	"fmt"
	"time"

	"zhigai/plant"
)

// Waste is power that a machine draws for nothing, more by the day: a furnace whose
// insulation crumbles, or a compressor whose net leaks. The machine of a leak is the
// compressor's meter: it sees what the machines take from the net, and the leak.
type Waste struct {
	Machine string // path
	From    time.Time
	PerDay  float64   // kW that come to it each day
	Most    float64   // kW at which it stays
	Mended  time.Time // from when on nothing is wasted; the zero time is never
}

// waste is a Waste of one machine.
type waste struct {
	from, to plant.Micros // to is 0 while nobody mends it
	rate     float64      // kW a microsecond
	most     float64
}

// mended says whether nothing is wasted any more.
func (w *waste) mended(at plant.Micros) bool { return w.to != 0 && at >= w.to }

// power that is wasted at an instant, kW.
func (w *waste) power(at plant.Micros) float64 {
	if w == nil || at <= w.from || w.mended(at) {
		return 0
	}
	return min(w.most, w.rate*float64(at-w.from))
}

// energy that is wasted from a to b, kWh: the area below a line that rises and stays.
func (w *waste) energy(a, b plant.Micros) float64 {
	if w == nil || b <= w.from || w.rate <= 0 {
		return 0
	}
	area := func(at plant.Micros) float64 { // kW·µs since the beginning
		if w.mended(at) {
			at = w.to
		}
		d := float64(max(0, at-w.from))
		if full := w.most / w.rate; d > full {
			return w.most*full/2 + w.most*(d-full)
		}
		return w.rate * d * d / 2
	}
	return (area(b) - area(a)) / 3.6e9
}

const (
	// airBase and airShare: a compressor runs idle, and makes air for machines by what
	// they do, which their power tells.
	airBase  = 9.0 // kW
	airShare = 0.11
)

// air gives a compressor's meter the machines that take air from its net: all but
// furnaces and those aside.
func (p *Plant) air(meter *machine) {
	for _, m := range p.machines {
		if m.class == "meter" || m.aside || m.class == "furnace" {
			continue
		}
		meter.air = append(meter.air, m)
		meter.set.energy += airShare * m.body.energy // it was installed when they had run
	}
}

// breathes is the power of a compressor at a second.
func (m *machine) breathes(second int64) float64 {
	sum := 0.0
	for _, one := range m.air {
		one.mu.Lock()
		o := one.moment(second)
		one.mu.Unlock()
		sum += o.power
	}
	at := plant.Micros(second) * 1_000_000
	return airBase + airShare*sum + m.waste.power(at)
}

// breathed is what a compressor's meter has counted since it was installed.
func (m *machine) breathed(second int64) float64 {
	at := plant.Micros(second) * 1_000_000
	sum := 0.0
	for _, one := range m.air {
		one.mu.Lock()
		sum += one.at(at).energy
		one.mu.Unlock()
	}
	return m.body.energy + airBase*float64(at-m.body.at)/3.6e9 + airShare*sum + m.waste.energy(m.body.at, at)
}

// squander prepares machines that will waste power.
func (p *Plant) squander(all []Waste) error {
	for _, w := range all {
		m := p.at(w.Machine)
		switch {
		case m == nil:
			return fmt.Errorf("sim: waste: no machine %q; write its whole path", w.Machine)
		case w.PerDay < 0 || w.Most < 0 || !w.Mended.IsZero() && !w.Mended.After(w.From):
			return fmt.Errorf("sim: waste of %s: %g kW a day up to %g from %s until %s; write what comes to it, and when it is mended after it began", w.Machine, w.PerDay, w.Most, w.From, w.Mended)
		case m.class != "furnace" && (m.class != "meter" || len(m.feeds) > 0):
			return fmt.Errorf("sim: waste of %s: a furnace loses insulation, and a meter that feeds no machine is a compressor's", w.Machine)
		}
		m.waste = &waste{from: plant.MicrosOf(w.From), rate: w.PerDay / (24 * 3.6e9), most: w.Most}
		if !w.Mended.IsZero() {
			m.waste.to = plant.MicrosOf(w.Mended)
		}
		if m.class == "meter" {
			p.air(m)
		}
	}
	return nil
}

// Wasted is what a machine truly wastes at an instant, kW.
func (p *Plant) Wasted(path string, at time.Time) float64 {
	m := p.at(path)
	if m == nil {
		return 0
	}
	return m.waste.power(plant.MicrosOf(at))
}
