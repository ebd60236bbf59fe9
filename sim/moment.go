package sim

import (
	"math"
	"time"

	"zhigai/plant"
)

// moment is a machine at the full second somebody looks at it.
type moment struct {
	m       *machine
	b       body
	second  int64
	t       float64 // seconds, shifted so that machines are not in step
	busy    float64
	part    float64 // 0 at the beginning of a part, 1 at its end
	wave    float64 // slow swing of minutes
	ambient float64 // Cel
	power   float64 // kW
	volts   float64 // of a phase
	draws   uint64
}

// noise is a new normal number with each call, the same ones at the same
// second.
func (o *moment) noise() float64 {
	o.draws++
	return normal(o.m.salt ^ uint64(o.second)*64 + o.draws*0x9e3779b97f4a7c15)
}

func (m *machine) moment(second int64) moment {
	at := max(plant.Micros(second)*1_000_000, m.now)
	o := moment{m: m, second: second, b: m.at(at), t: float64(second) + m.phase, busy: m.busy()}
	if m.cycle > 0 {
		o.part = min(1, max(0, seconds(at-m.partFrom)/m.cycle.Seconds()))
	}
	o.wave = math.Sin(o.t / 300)
	// The hall follows the day: warmest at three in the afternoon (Shanghai).
	const day = 86_400
	o.ambient = 22 + 3.5*math.Cos(2*math.Pi*float64((second+8*3600-15*3600)%day)/day)
	o.power = m.mean(at) + m.waste.power(at)
	if o.busy > 0 && m.class != "furnace" {
		// Roughing draws more than finishing; over a part it evens out.
		o.power += (m.body.work - m.body.idle) * o.busy * (0.25*math.Sin(2*math.Pi*o.part) + 0.03*o.noise())
	}
	if m.class == "furnace" {
		o.power *= 1 + 0.004*o.noise() // the mains waver
	}
	if m.class == "meter" {
		o.power = m.fed(second)
	}
	o.power = max(0.01, o.power)
	o.volts = 231 + 1.5*math.Sin(float64(second)/1700)
	return o
}

// fed is the power of all machines behind a meter with the losses of its lines;
// a meter that feeds nothing has a load of its own, and a compressor's what its net
// takes.
func (m *machine) fed(second int64) float64 {
	if len(m.air) > 0 {
		return m.breathes(second)
	}
	if len(m.feeds) == 0 {
		return 20 + 5*math.Sin((float64(second)+m.phase)/600)
	}
	sum := 0.0
	for _, one := range m.feeds {
		one.mu.Lock()
		o := one.moment(second)
		one.mu.Unlock()
		sum += o.power
	}
	return sum * lineLoss
}

// fedEnergy is what the meter has counted since it was installed.
func (m *machine) fedEnergy(second int64) float64 {
	if len(m.air) > 0 {
		return m.breathed(second)
	}
	if len(m.feeds) == 0 {
		return m.body.energy + 20*float64(second-int64(m.body.at/1e6))/3600
	}
	sum := 0.0
	for _, one := range m.feeds {
		one.mu.Lock()
		sum += one.at(plant.Micros(second) * 1_000_000).energy
		one.mu.Unlock()
	}
	return sum * lineLoss
}

const lineLoss = 1.012

// observe brings the values up to the full second at or before now. The caller
// holds the plant's lock.
func (m *machine) observe(now plant.Micros) {
	second := int64(now / 1_000_000)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.hand != nil && !m.faults[Freeze] {
		m.hand.move(m, m.hand, now)
	}
	if second <= m.looked {
		return
	}
	m.looked = second
	if m.faults[Freeze] {
		return
	}
	m.watch(now)
	o := m.moment(second)
	at := plant.Micros(second) * 1_000_000
	for _, c := range m.channels {
		m.putAt(c.slot, round(c.f(&o, c.slot), c.digits), at)
	}
}

// generic is a plausible course for a signal the simulation knows nothing of:
// a slow swing of its own period.
func generic(o *moment, slot int) float64 {
	s := &o.m.kind.Signals[slot]
	low, high := 0.0, 100.0
	if s.Min != nil && s.Max != nil {
		low, high = *s.Min, *s.Max
	}
	period := float64(120 + mix(o.m.salt+uint64(slot))%600)
	return low + (high-low)*(0.5+0.2*math.Sin(2*math.Pi*o.t/period)+0.005*o.noise())
}

// genericCount counts one in ten seconds.
func genericCount(o *moment, _ int) float64 {
	return math.Floor(float64(o.second%int64(365*24*time.Hour/time.Second)) / 10)
}

func genericFlag(o *moment, slot int) float64 {
	return flag(int64(o.t)/int64(60+slot%60)%2 == 0)
}
