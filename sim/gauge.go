package sim

import (
	"fmt"
	"math/rand/v2"
	"time"

	"zhigai/plant"
)

// Drift is a station for finished parts whose gauge says more than is true, more by
// the day, as a clamp that works loose makes it. Each such station measures its
// master, a part of known size, every few hours of work.
type Drift struct {
	Machine string // path
	From    time.Time
	PerDay  float64   // mm that come to it each day
	Most    float64   // mm at which it stays
	Mended  time.Time // when it is adjusted; the zero time is until somebody does
}

const (
	// masterSize is the outer diameter of the master, mm, as its certificate says.
	masterSize = 47
	// masterEvery is how often a station measures it.
	masterEvery = 2 * time.Hour
	// masterSpread is how well the gauge repeats on it: standard deviation, mm.
	masterSpread = 0.0003
	// maxGauged bounds the record of what was measured: the latest weeks of a station.
	maxGauged = 200_000
)

// gauge is what a station measures finished parts with.
type gauge struct {
	from, adjusted plant.Micros // of the drift; 0 is never
	rate, most     float64      // mm a microsecond, mm
	rng            *rand.Rand   // of its own, so that parts are what they are without it
	checked        plant.Micros
	checks         int64
	kept           []Gauged
}

// Gauged is a part's size as it truly is, and as the gauge said, mm.
type Gauged struct {
	At         time.Time
	True, Said float64
}

func newGauge(salt uint64) gauge { return gauge{rng: rand.New(rand.NewPCG(salt, 47))} }

// bias is by how much it says too much at an instant, mm.
func (g *gauge) bias(at plant.Micros) float64 {
	if g.from == 0 || at <= g.from || g.adjusted != 0 && at >= g.adjusted {
		return 0
	}
	return min(g.most, g.rate*float64(at-g.from))
}

// measured is what the gauge says of a part's outer diameter.
func (m *machine) measured(size float64) float64 {
	g := &m.gauge
	said := round(size+g.bias(m.now), 4)
	if g.from != 0 {
		if len(g.kept) == maxGauged {
			g.kept = g.kept[1:]
		}
		g.kept = append(g.kept, Gauged{m.now.Time(), size, said})
	}
	return said
}

// checkGauge measures the master when it is time.
func (m *machine) checkGauge() {
	g := &m.gauge
	if g.checked != 0 && m.now-g.checked < micros(masterEvery) {
		return
	}
	g.checked = m.now
	g.checks++
	m.put("master.diameter", round(masterSize+g.bias(m.now)+masterSpread*g.rng.NormFloat64(), 4))
	m.put("master.checks", float64(g.checks))
}

// creep prepares gauges that will drift.
func (p *Plant) creep(all []Drift) error {
	for _, d := range all {
		m := p.at(d.Machine)
		switch {
		case m == nil:
			return fmt.Errorf("sim: drift: no machine %q; write its whole path", d.Machine)
		case m.class != "inspection":
			return fmt.Errorf("sim: drift of %s: it is a %s; stations of class inspection have a gauge", d.Machine, m.class)
		case d.PerDay <= 0 || d.Most <= 0 || d.From.IsZero() || !d.Mended.IsZero() && !d.Mended.After(d.From):
			return fmt.Errorf("sim: drift of %s: %g mm a day up to %g from %s; write what comes to it and when it begins", d.Machine, d.PerDay, d.Most, d.From)
		}
		m.gauge.from, m.gauge.rate, m.gauge.most = plant.MicrosOf(d.From), d.PerDay/(24*3.6e9), d.Most
		if !d.Mended.IsZero() {
			m.gauge.adjusted = plant.MicrosOf(d.Mended)
		}
	}
	return nil
}

// Bias is by how much the gauge of a station truly says too much at an instant, mm.
func (p *Plant) Bias(path string, at time.Time) float64 {
	m := p.at(path)
	if m == nil {
		return 0
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.gauge.bias(plant.MicrosOf(at))
}

// Adjust sets the gauge of a station by its master and tightens it, at an instant:
// from then on it says what is true.
func (p *Plant) Adjust(path string, at time.Time) error {
	m := p.at(path)
	if m == nil {
		return fmt.Errorf("sim: adjust: no machine %q; write its whole path", path)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.gauge.adjusted = plant.MicrosOf(at)
	return nil
}

// Gauged tells what a station whose gauge drifts measured: sizes as they truly are,
// and as its gauge said, oldest first.
func (p *Plant) Gauged(path string) []Gauged {
	m := p.at(path)
	if m == nil {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]Gauged(nil), m.gauge.kept...)
}
