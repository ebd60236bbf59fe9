package sim

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"zhigai/plant"
)

// Cause is why a machine does not produce, by the numbers that the machines
// report as stop.reason. Running is 0.
type Cause int

const (
	Running Cause = iota
	Mechanical
	Electrical
	ToolBroken
	Changeover
	Jam
	Sensor
	MaterialMissing
	Blocked
	QualityAdjust
	Maintenance
	OperatorAbsent
	StartUp
)

// Modes a controller reports.
const (
	modeManual      = 1
	modeAutomatic   = 2
	modeMaintenance = 3
)

// stop describes how one cause looks: how often a finished part is followed by
// it, how long it lasts, and what the controller shows meanwhile.
type stop struct {
	cause      Cause
	each       float64 // probability per part
	least, far time.Duration
	mode       int
	alarm      float64
	works      bool // the spindle turns: setup by hand
}

// stops are tuned so that the plant's OEE lies between 0.5 and 0.85 and every
// cause occurs within a week. Probabilities are of a 20 s part and scale with
// the cycle.
var stops = []stop{
	{Jam, .0060, 20 * time.Second, 150 * time.Second, modeAutomatic, 0, false},
	{Sensor, .0040, 15 * time.Second, 90 * time.Second, modeAutomatic, 0, false},
	{MaterialMissing, .0012, time.Minute, 9 * time.Minute, modeAutomatic, 0, false},
	{Blocked, .0010, time.Minute, 7 * time.Minute, modeAutomatic, 0, false},
	{OperatorAbsent, .0006, 2 * time.Minute, 12 * time.Minute, modeAutomatic, 0, false},
	{QualityAdjust, .0007, 3 * time.Minute, 10 * time.Minute, modeManual, 0, true},
	{Mechanical, .00022, 12 * time.Minute, 70 * time.Minute, modeAutomatic, 104, false},
	{Electrical, .00016, 8 * time.Minute, 45 * time.Minute, modeAutomatic, 102, false},
	{ToolBroken, .00030, 4 * time.Minute, 14 * time.Minute, modeAutomatic, 103, false},
	{Maintenance, .00006, 20 * time.Minute, 60 * time.Minute, modeMaintenance, 0, false},
}

type value struct {
	num  float64
	text string
}

// machine is one simulated machine. Its values are written by the plant's step
// and read by servers.
type machine struct {
	path, code, area, class string
	kind                    Kind
	device                  plant.Device
	rng                     *rand.Rand
	products                []string
	cycles                  map[string]time.Duration

	mu        sync.Mutex // guards what servers see
	values    []value
	changed   []bool // since a server looked last
	unplugged bool

	slot    map[string]int
	now     time.Time
	since   time.Time
	cause   Cause
	stop    stop
	until   time.Time
	left    time.Duration // of the part in work
	cycle   time.Duration
	order   int
	product string
	todo    int
	good    float64
	scrap   float64
	rework  float64
	wear    float64
	heat    float64 // 0 cold, 1 as warm as work makes it
	power   float64 // kW
	energy  float64 // kWh
	failing float64 // growth of a bearing fault, 0 for a healthy machine
	phase   float64
}

func newMachine(n plant.Node, kind Kind, products []string, rng *rand.Rand) *machine {
	parts := strings.Split(n.Path, "/")
	m := &machine{
		path: n.Path, code: n.Code(), class: kind.Class, kind: kind, device: n.Machine.Device, rng: rng, products: products,
		cycles: map[string]time.Duration{}, values: make([]value, len(kind.Signals)), changed: make([]bool, len(kind.Signals)), slot: map[string]int{},
	}
	if len(parts) > 2 {
		m.area = parts[2]
	}
	for i, s := range kind.Signals {
		m.slot[s.Name] = i
	}
	for _, c := range n.Machine.Cycles {
		m.cycles[c.Product] = time.Duration(c.PRUms) * time.Millisecond
	}
	m.good = math.Floor(rng.Float64() * 60_000)
	m.scrap = math.Floor(rng.Float64() * 900)
	m.rework = math.Floor(rng.Float64() * 300)
	m.energy = math.Floor(rng.Float64() * 900_000)
	m.wear, m.phase, m.heat = rng.Float64()*90, rng.Float64()*1000, 0.8
	m.order = rng.IntN(9000) + 1000
	if m.code == "grinder-05" {
		m.failing = 0.2 // its bearing is on the way out
	}
	m.defaults()
	m.nextOrder()
	return m
}

// defaults are the set points a machine is delivered with.
func (m *machine) defaults() {
	for name, v := range map[string]float64{
		"feed.override": 100, "spindle.override": 100, "robot.override": 100, "stone.pressure": 6, "belt.speed": 220, "conveyor.speed": 12,
		"part.target": 30, "tool.number": 3, "setpoint.zone1": 780, "setpoint.zone2": 820, "setpoint.zone3": 840, "setpoint.zone4": 845,
		"setpoint.zone5": 845, "setpoint.zone6": 840, "machine.mode": modeAutomatic, "machine.door": 1,
	} {
		if i, ok := m.slot[name]; ok {
			m.values[i].num = v
		}
	}
}

func (m *machine) nextOrder() {
	m.order++
	m.product = m.products[m.rng.IntN(len(m.products))]
	m.todo = 400 + m.rng.IntN(1600)
}

// step lives one second, and gives back the interval that ended in it, if any.
func (m *machine) step(now time.Time) (done *Interval) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now = now
	if m.since.IsZero() {
		m.since = now
	}
	was := m.cause
	from := m.since
	if m.cause == Running {
		m.work()
	} else if !now.Before(m.until) {
		m.resume()
	}
	if m.cause != was {
		done = &Interval{Path: m.path, From: from, To: now, Cause: was, Product: m.product}
		m.since = now
	}
	m.physics()
	m.publish()
	return done
}

// work goes on with the part, and decides what comes after it.
func (m *machine) work() {
	if m.left -= step; m.left > 0 {
		return
	}
	if m.cycle > 0 {
		m.finish()
	}
	if m.cause == Running {
		cycle := m.cycles[m.product]
		if cycle == 0 {
			cycle = 10 * time.Second
		}
		m.cycle = time.Duration(float64(cycle) * (1.02 + 0.06*m.rng.Float64()) * 100 / max(40, m.get("feed.override", 100)))
		m.left += m.cycle
	}
}

func (m *machine) finish() {
	m.wear += 0.05 + 0.05*m.rng.Float64()
	bad := 0.004 + 0.02*max(0, m.wear-80)/20
	switch r := m.rng.Float64(); {
	case r < bad:
		m.scrap++
	case r < bad*1.5:
		m.rework++
	default:
		m.good++
	}
	m.todo--
	m.put("cycle.time", m.cycle.Seconds())
	m.measure()
	switch {
	case m.todo <= 0:
		m.halt(stop{Changeover, 0, 6 * time.Minute, 18 * time.Minute, modeManual, 0, true})
	case m.wear >= 100:
		m.wear = 0
		m.put("tool.number", float64(1+m.rng.IntN(12)))
		m.halt(stop{Changeover, 0, 90 * time.Second, 4 * time.Minute, modeManual, 0, false})
	default:
		scale := m.cycle.Seconds() / 20
		for _, s := range stops {
			if m.rng.Float64() < s.each*scale {
				m.halt(s)
				return
			}
		}
	}
}

func (m *machine) halt(s stop) {
	m.cause, m.stop = s.cause, s
	m.until = m.now.Add(s.least + time.Duration(m.rng.Float64()*m.rng.Float64()*float64(s.far-s.least)))
}

func (m *machine) resume() {
	if m.cause == Changeover && m.todo <= 0 {
		m.nextOrder()
	}
	if m.cause == Mechanical && m.failing > 0 {
		m.failing = 0.2
	}
	m.cause, m.stop, m.left, m.cycle = Running, stop{}, 0, 0
}

// measure sets what is measured of a finished part.
func (m *machine) measure() {
	n := m.rng.NormFloat64
	m.put("part.diameter", round(m.get("part.target", 30)+m.wear*0.00008+n()*0.0012, 4))
	m.put("roughness", round(0.18+m.wear*0.0006+n()*0.008, 3))
	m.put("inspect.diameter.outer", round(47+n()*0.0018, 4))
	m.put("inspect.diameter.bore", round(20+n()*0.0014, 4))
	m.put("inspect.width", round(14+n()*0.003, 4))
	m.put("inspect.clearance", round(12+n()*1.2, 1))
	m.put("inspect.noise", round(38+n()*1.1, 1))
	m.put("inspect.vibration", round(0.8+math.Abs(n())*0.12, 2))
	m.put("inspect.score", round(min(1, 0.985+n()*0.004), 3))
	for i, name := range []string{"scratch", "dent", "rust", "size", "mark"} {
		if m.rng.Float64() < 0.001*float64(i+1) {
			m.put("defect."+name, m.get("defect."+name, 0)+1)
		}
	}
}

// put sets a signal if the machine has it.
func (m *machine) put(name string, v float64) {
	if i, ok := m.slot[name]; ok && m.values[i].num != v {
		m.values[i].num, m.changed[i] = v, true
	}
}

func (m *machine) putText(name, v string) {
	if i, ok := m.slot[name]; ok && m.values[i].text != v {
		m.values[i].text, m.changed[i] = v, true
	}
}

func (m *machine) get(name string, otherwise float64) float64 {
	if i, ok := m.slot[name]; ok {
		return m.values[i].num
	}
	return otherwise
}

// publish sets what the controller shows of its state.
func (m *machine) publish() {
	mode, alarm, running := float64(modeAutomatic), 0.0, m.cause == Running
	if m.cause != Running {
		mode, alarm, running = float64(m.stop.mode), m.stop.alarm, m.stop.works
	}
	m.put("machine.mode", mode)
	m.put("machine.alarm", alarm)
	m.put("machine.running", flag(running))
	m.put("machine.estop", 0)
	m.put("machine.door", flag(m.cause != Jam))
	m.put("coolant.on", flag(running))
	m.put("stop.reason", float64(m.cause))
	m.put("count.good", m.good)
	m.put("count.scrap", m.scrap)
	m.put("count.rework", m.rework)
	m.putText("machine.product", m.product)
	m.putText("machine.order", fmt.Sprintf("MO-%05d", m.order))
	m.putText("machine.program", "O"+strings.ToUpper(strings.ReplaceAll(m.product, "-", "")))
}

func flag(on bool) float64 {
	if on {
		return 1
	}
	return 0
}

func round(v float64, digits int) float64 {
	p := math.Pow10(digits)
	return math.Round(v*p) / p
}
