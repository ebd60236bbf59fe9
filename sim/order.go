package sim

import (
	"fmt"
	"math"
	"time"

	"zhigai/plant"
)

const (
	serviceEvery = 7 * 24 * time.Hour
	warmParts    = 12 // after a start more parts than usual are bad
	// tubTime is the work that one container of parts holds.
	tubTime = 40 * time.Minute
	// haulMedian and haulSpread are the delay of the transport that brings and
	// takes containers.
	haulMedian = 4 * time.Minute
	haulSpread = 0.7
	haulMost   = 45 * time.Minute
)

// stage is all machines of one area: the neighbours upstream fill the
// containers, those downstream empty them.
type stage struct {
	machines, running int
}

// change follows a machine that starts or stops. The plant's lock guards it.
func (s *stage) change(was, is bool) {
	if was == is {
		return
	}
	if is {
		s.running++
	} else {
		s.running--
	}
}

// standing is the share of machines that stand, 0 for a stage that is none.
func (s *stage) standing() float64 {
	if s == nil || s.machines == 0 {
		return 0
	}
	return 1 - float64(s.running)/float64(s.machines)
}

// haul draws how long the transport takes; it is late when the neighbours do
// not produce or do not use up.
func (m *machine) haul(neighbour *stage) plant.Micros {
	d := float64(haulMedian) * math.Exp(haulSpread*m.rng.NormFloat64()) * (1 + 1.5*neighbour.standing())
	return m.now + micros(min(time.Duration(d), haulMost))
}

// tub is a container beside the machine and the transport called for it.
type tub struct {
	parts int
	at    plant.Micros // when the transport comes, 0 when none was called
}

// material takes what the transport brought, calls it when it is time, and
// says whether the machine can go on.
func (m *machine) material() bool {
	if !m.chained() {
		return false
	}
	size := max(5, int(tubTime/max(m.planned(), time.Second)))
	if m.in.at != 0 && m.now >= m.in.at {
		m.in.parts, m.in.at = m.in.parts+size, 0
	}
	if m.out.at != 0 && m.now >= m.out.at {
		m.out.parts, m.out.at = 0, 0
	}
	if m.in.parts <= size*3/10 && m.in.at == 0 {
		m.in.at = m.haul(m.upstream)
	}
	if m.out.parts >= size*7/10 && m.out.at == 0 {
		m.out.at = m.haul(m.downstream)
	}
	switch {
	case m.in.parts <= 0 && m.before == nil:
		m.haltUntil(noMaterial, m.in.at)
	case m.out.parts >= size && m.behind == nil:
		m.haltUntil(noRoom, m.out.at)
	default:
		return true
	}
	return false
}

// planned is the cycle of the present product as planned.
func (m *machine) planned() time.Duration {
	if c, ok := m.cycles[m.product]; ok {
		return c
	}
	if c, ok := m.cycles["*"]; ok {
		return c
	}
	return 10 * time.Second
}

// takeOrder begins the next production order.
func (m *machine) takeOrder() {
	if m.told {
		m.takeWork()
		return
	}
	m.order++
	m.product, m.following = m.following, m.products[m.rng.IntN(len(m.products))]
	m.orderText = fmt.Sprintf("MO-%05d", m.order)
	m.program = programOf(m.product)
	m.todo = max(50, int(float64(3+m.rng.IntN(9))*float64(time.Hour)/float64(m.planned())))
}

// proceed decides what comes after a part or a stop.
func (m *machine) proceed() {
	if m.breaksDown() || m.hurry() {
		return
	}
	if m.now >= m.duty {
		what, until := m.roster.at(m.now)
		switch {
		case what == away && !m.continuous():
			m.haltUntil(off, until)
			return
		case what == resting && m.attended():
			m.haltUntil(pause, until)
			return
		}
		m.duty = until // works, be it through the break
	}
	switch {
	case m.now >= m.service:
		m.halt(maintenance)
	case m.body.failing > bearingLimit:
		m.halt(bearingGone)
	case m.todo <= 0 && m.told && len(m.work) == 0:
		m.idle()
	case m.todo <= 0 && m.upcoming() == m.product:
		m.halt(newOrder)
	case m.todo <= 0:
		m.halt(changeover)
	case m.wear >= 100:
		m.halt(toolChange)
	case m.material():
		m.begin()
	}
}

// attended machines rest with their people, continuous ones never.
func (m *machine) attended() bool {
	return m.class == "robot" || m.class == "inspection" || m.class == "superfinisher"
}

func (m *machine) continuous() bool { return m.class == "furnace" }

// begin starts a part, and knows already what will stop it: the hazards are
// exponential, so drawing them for one cycle at a time is exact.
func (m *machine) begin() {
	m.become(stop{cause: Running, mode: modeAutomatic})
	m.alarm, m.estop = 0, false
	m.take()
	m.load()
	m.cycle = m.pace()
	m.partFrom, m.fate = m.now, nil
	m.next = m.now + micros(m.cycle)
	if m.doing.Cycle > 0 || m.spared() {
		return
	}
	total := 0.0
	hours := m.cycle.Hours() * m.temper
	for i := range stops {
		total += m.hazard(i) * hours
	}
	u := m.rng.Float64()
	if u >= 1-math.Exp(-total) {
		return
	}
	pick := m.rng.Float64() * total
	for i := range stops {
		if pick -= m.hazard(i) * hours; pick < 0 {
			m.fate = &stops[i]
			break
		}
	}
	if m.fate != nil && m.fate.loses {
		m.next = m.now + micros(max(time.Duration(m.rng.Float64()*float64(m.cycle)), 500*time.Millisecond))
	}
}

// hazard is how often a cause strikes in an hour of production. Worn tools
// break more often.
func (m *machine) hazard(i int) float64 {
	h := 1 / stops[i].every.Hours()
	if stops[i].cause == ToolBroken {
		h *= 0.3 + 2.5*math.Pow(m.wear/100, 4)
	}
	return h
}

// pace is the true cycle of the next part.
func (m *machine) pace() time.Duration {
	if m.doing.Cycle > 0 {
		return m.doing.Cycle
	}
	slow := 1.02 + 0.06*m.rng.Float64()
	switch {
	case m.class == "furnace":
		slow *= 220 / max(60, m.get("belt.speed", 220))
	case m.class == "robot":
		slow *= 100 / max(40, m.get("robot.override", 100))
	case m.class == "inspection":
		slow *= 12 / max(4, m.get("conveyor.speed", 12))
	default:
		slow *= 100 / max(40, m.get("feed.override", 100))
	}
	return time.Duration(float64(m.planned()) * slow).Round(time.Millisecond)
}

// part ends: finished, or spoiled by what stopped it.
func (m *machine) part() {
	fate := m.fate
	m.fate = nil
	if fate != nil && fate.loses {
		gone := m.rng.Float64() < 0.5
		if gone {
			m.scrap++
			m.in.parts--
		}
		m.give(false, !gone)
		m.unload(false, !gone)
		m.halt(*fate)
		return
	}
	m.finish()
	if fate != nil {
		m.halt(*fate)
		return
	}
	m.proceed()
}

// finish counts the part by what became of it.
func (m *machine) finish() {
	m.useTool()
	m.in.parts--
	m.out.parts++
	if !m.told { // an order of its own counts what was begun
		m.todo--
	}
	bad := 0.004 + 0.001*m.body.failing + wearScrap(m.wear)
	if m.warming > 0 {
		m.warming--
		bad += 0.15
	}
	r := m.rng.Float64()
	m.give(r >= bad, false)
	m.unload(r >= bad*1.5, false) // what needs rework is set aside
	switch {
	case r < bad:
		m.scrap++
	case r < bad*1.5:
		m.rework++
	default:
		m.good++
		if m.told {
			m.todo--
		}
	}
	m.put("cycle.time", round(m.cycle.Seconds(), 2))
	m.measure()
}
