package sim

import (
	"fmt"
	"math"
	"time"

	"zhigai/plant"
)

// useTool wears the tool by one part: a tool lasts about seven hours of work,
// furnaces have none.
func (m *machine) useTool() {
	if m.class == "furnace" || m.class == "inspection" {
		return
	}
	const life = 7.0 // hours
	m.wear += 100 * m.cycle.Hours() / life * (0.7 + 0.6*m.rng.Float64())
}

func (m *machine) newTool() {
	m.wear = 0
	m.tools++
	m.put("tool.number", float64(1+m.tools%12))
	m.put("wheel.dressings", float64(m.tools))
}

// wearScrap is the share of bad parts that wear adds: nothing much until the
// last fifth of a tool's life.
func wearScrap(wear float64) float64 { return 0.03 * max(0, wear-80) / 20 }

// Offset is a machine whose control corrects its size by the wear of the tool from an
// instant on.
type Offset struct {
	Machine string // path
	From    time.Time
}

const (
	wearGrowth = 0.00008 // mm that a part grows for a percent of wear
	offsetStep = 0.0002  // mm, the smallest that a control corrects
)

// grown is by how much a worn tool makes parts too large, mm.
func (m *machine) grown() float64 {
	grown := m.wear * wearGrowth
	if m.offset != 0 && m.now >= m.offset {
		return math.Mod(grown, offsetStep)
	}
	return grown
}

// correct prepares machines that will correct their size.
func (p *Plant) correct(all []Offset) error {
	for _, o := range all {
		m := p.at(o.Machine)
		if m == nil {
			return fmt.Errorf("sim: offset: no machine %q; write its whole path", o.Machine)
		}
		m.offset = plant.MicrosOf(o.From)
	}
	return nil
}

// measure sets what is measured of a finished part: sizes drift with wear.
func (m *machine) measure() {
	n := m.rng.NormFloat64
	size := m.get("part.target", 30) + m.get("tool.offset", 0) + m.grown() + n()*0.0012
	m.sized(size)
	m.put("part.diameter", round(size, 4))
	m.put("roughness", round(0.18+m.wear*0.0006+0.01*math.Abs(m.get("stone.pressure", 6)-6)+n()*0.008, 3))
	m.put("inspect.diameter.outer", m.measured(masterSize+n()*0.0018))
	m.put("inspect.diameter.bore", round(20+n()*0.0014, 4))
	m.put("inspect.width", round(14+n()*0.003, 4))
	m.put("inspect.clearance", round(12+n()*1.2, 1))
	m.put("inspect.noise", round(38+n()*1.1, 1))
	m.put("inspect.vibration", round(0.8+math.Abs(n())*0.12, 2))
	m.put("inspect.score", round(min(1, 0.985+n()*0.004), 3))
	m.checkGauge()
	for i, name := range [...]string{"defect.scratch", "defect.dent", "defect.rust", "defect.size", "defect.mark"} {
		if m.rng.Float64() < 0.001*float64(i+1) {
			m.put(name, m.get(name, 0)+1)
		}
	}
}
