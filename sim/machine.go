package sim

import (
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"zhigai/plant"
)

// value is what a server shows of one signal.
type value struct {
	num     float64
	text    string
	at      plant.Micros // when it changed
	version uint32       // counts changes; servers that report by exception compare it
}

// machine is one simulated machine. The plant moves it from event to event;
// what is continuous between them is calculated when somebody looks, so a week
// costs no more than its parts.
type machine struct {
	path, code, area, class string
	kind                    Kind
	device                  plant.Device
	rng                     *rand.Rand
	salt                    uint64 // of its noise
	products                []string
	cycles                  map[string]time.Duration
	slot                    map[string]int
	aside                   bool                // auxiliary: no link of the chain of areas
	codes                   map[string]codebook // what its profile calls the modes and alarms
	channels                []channel
	temper                  float64 // how often it stops, 1 for the usual
	phase                   float64 // shifts its slow waves, s

	// Guarded by the plant's lock.
	roster     *roster
	broken     []Breakdown
	stage      *stage
	upstream   *stage
	downstream *stage
	before     *shelf // in a line: where its parts come from, and where they go
	behind     *shelf
	yard       *yard
	inside     []Piece    // what the part in work is made of
	feeds      []*machine // of a meter: whose power it sees
	air        []*machine // of a compressor's meter: who takes air from its net
	waste      *waste     // nil: it wastes nothing that it should not
	heard      Bearing    // of a recorder
	next       plant.Micros
	truth      *ledger

	mu     sync.Mutex // guards the rest, which servers see
	values []value
	faults map[FaultKind]bool
	looked int64 // second of the last observation

	now      plant.Micros
	since    plant.Micros // of the present cause
	stop     stop
	alarm    int
	estop    bool
	fate     *stop // what will strike during or after the part
	partFrom plant.Micros
	cycle    time.Duration // of the part in work, 0 for none
	duty     plant.Micros  // when the calendar has to be asked again
	service  plant.Micros  // when planned maintenance is due
	warming  int           // parts after a start
	in, out  tub

	order               int
	told                bool   // it makes what it is assigned
	work                []Work // that is assigned, after the present order
	doing               Work   // the present order, if it was assigned
	product, following  string
	orderText, program  string // of the present order
	todo                int
	good, scrap, rework int64
	set                 tally // counts and energy when a controller's counters were set to 0
	wear                float64
	tools               int
	offset              plant.Micros // from when on its control corrects its size by the wear; 0 for never
	sizes               []Sized      // of the latest parts, of a machine with an offset
	body                body
	bath                bath
	gauge               gauge
	hand                *hand // nil: it hands nothing on by signals
}

// tally is a reading of the counters.
type tally struct {
	good, scrap, rework int64
	energy              float64 // kWh
}

// placed are the signals of a kind at their addresses on a device.
func placed(kind Kind, params map[string]string) []Signal {
	out := slices.Clone(kind.Signals)
	for i := range out {
		for _, given := range []map[string]string{params, kind.Params} {
			for key, value := range given {
				out[i].At = strings.ReplaceAll(out[i].At, "{"+key+"}", value)
			}
		}
	}
	return out
}

func newMachine(n plant.Node, kind Kind, products []string, rng *rand.Rand) *machine {
	kind.Signals = placed(kind, n.Machine.Device.Params)
	parts := strings.Split(n.Path, "/")
	m := &machine{
		path: n.Path, code: n.Code(), class: n.Machine.Class, kind: kind, device: n.Machine.Device, rng: rng, salt: rng.Uint64(), products: products,
		cycles: map[string]time.Duration{}, values: make([]value, len(kind.Signals)), faults: map[FaultKind]bool{}, slot: map[string]int{}, truth: &ledger{},
		aside: n.Machine.Excluded && n.Machine.Class != "meter", codes: codesOf(kind),
	}
	if len(parts) > 2 {
		m.area = parts[2]
	}
	for i, s := range kind.Signals {
		m.slot[s.Name] = i
	}
	m.channels = channelsOf(kind)
	for _, c := range n.Machine.Cycles {
		m.cycles[c.Product] = time.Duration(c.PRUms) * time.Millisecond
	}
	m.temper = min(max(math.Exp(0.2+0.5*rng.NormFloat64()), 0.5), 4)
	m.phase = rng.Float64() * 60_000
	m.gauge = newGauge(m.salt)
	// Counters of a machine that has worked for a while; counters of 16 bits
	// roll over within the week.
	m.good, m.scrap, m.rework = 50_000+int64(rng.IntN(15_000)), int64(rng.IntN(900)), int64(rng.IntN(300))
	m.wear, m.tools, m.order = rng.Float64()*90, rng.IntN(12), rng.IntN(9000)+1000
	m.in.parts, m.out.parts = 10+rng.IntN(60), rng.IntN(10)
	m.following = products[rng.IntN(len(products))]
	m.body = newBody(m.class, m.code == failingMachine, float64(rng.IntN(900_000)))
	m.defaults()
	return m
}

// failingMachine is the demo's grinder whose bearing is on the way out.
const failingMachine = "grinder-05"

// enter puts the machine in the middle of its work at the plant's beginning.
func (m *machine) enter(now plant.Micros) {
	m.now, m.since, m.body.at = now, now, now
	m.service = now + micros(time.Duration(m.rng.Float64()*float64(serviceEvery)))
	for i := range m.values {
		m.values[i].at = now
	}
	m.takeOrder()
	m.todo = 1 + m.rng.IntN(m.todo)
	m.next = now + micros(time.Duration(m.rng.Float64()*float64(m.planned())))
}

// defaults are the set points a machine is delivered with.
func (m *machine) defaults() {
	for name, v := range map[string]float64{
		"feed.override": 100, "spindle.override": 100, "robot.override": 100, "stone.pressure": 6, "belt.speed": 220, "conveyor.speed": 12,
		"part.target": 30, "tool.number": 3, "setpoint.zone1": 780, "setpoint.zone2": 820, "setpoint.zone3": 840, "setpoint.zone4": 845,
		"setpoint.zone5": 845, "setpoint.zone6": 840, "machine.mode": m.codes["machine.mode"].of(modeAutomatic), "machine.door": 1,
		"setpoint.process": bathTarget, "heater.output": heaterUsual, "fan.speed": 100,
	} {
		if i, ok := m.slot[name]; ok {
			m.values[i].num = m.kind.Signals[i].bounded(v)
		}
	}
	m.hand = handOf(m)
	m.bath.temperature = m.get("setpoint.process", bathTarget)
	for i, s := range m.kind.Signals {
		if s.Fixed == "" {
			continue
		}
		m.values[i].text = s.Fixed
		if v, err := strconv.ParseFloat(s.Fixed, 64); err == nil {
			m.values[i].num = v
		}
	}
}

// happen lives through the machine's next event. The caller holds the plant's
// lock.
func (m *machine) happen() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.settle(m.next)
	m.now = m.next
	switch {
	case m.stop.cause != Running:
		m.resume()
	case m.cycle > 0:
		m.part()
	default:
		m.proceed()
	}
	m.show()
}

// put sets a signal if the machine has it and its controller is not frozen.
func (m *machine) put(name string, v float64) {
	if i, ok := m.slot[name]; ok {
		m.putAt(i, v, m.now)
	}
}

func (m *machine) putAt(i int, v float64, at plant.Micros) {
	if m.values[i].num != v && !m.faults[Freeze] && m.kind.Signals[i].Fixed == "" {
		m.values[i].num, m.values[i].at = v, at
		m.values[i].version++
	}
}

func (m *machine) putText(name, v string) {
	if i, ok := m.slot[name]; ok && m.values[i].text != v && !m.faults[Freeze] && m.kind.Signals[i].Fixed == "" {
		m.values[i].text, m.values[i].at = v, m.now
		m.values[i].version++
	}
}

func (m *machine) get(name string, otherwise float64) float64 {
	if i, ok := m.slot[name]; ok {
		return m.values[i].num
	}
	return otherwise
}

// show sets what the controller shows of its state.
func (m *machine) show() {
	running := m.stop.cause == Running || m.stop.turning
	m.put("machine.mode", m.codes["machine.mode"].of(m.stop.mode))
	m.put("machine.alarm", m.codes["machine.alarm"].of(m.alarm))
	m.putText("machine.state", m.execution())
	m.put("machine.running", flag(running))
	m.put("machine.estop", flag(m.estop))
	m.put("machine.door", flag(!m.stop.open))
	m.put("coolant.on", flag(running))
	m.put("stop.reason", float64(m.stop.cause.Code()))
	m.put("count.good", float64(m.good-m.set.good))
	m.put("count.scrap", float64(m.scrap-m.set.scrap))
	m.put("count.rework", float64((m.rework-m.set.rework)%65536)) // rolls over on every machine
	m.put("count.total", float64(m.good-m.set.good+m.scrap-m.set.scrap))
	m.putText("machine.product", m.product)
	m.putText("machine.order", m.orderText)
	m.putText("machine.program", m.program)
	m.route()
}

// write takes a set point as an operator at the panel would, and says whether
// the machine accepts it.
func (m *machine) write(i int, v float64) bool {
	s := &m.kind.Signals[i]
	if !s.Writable || s.Fixed != "" || s.Kind == plant.KindText || math.IsNaN(v) || math.IsInf(v, 0) ||
		s.Min != nil && v < *s.Min || s.Max != nil && v > *s.Max {
		return false
	}
	if m.class == "furnace" { // its power may change with what is written
		m.settle(m.seen())
	}
	m.anchorZones() // they head for the new set point from here
	m.anchorBath()
	m.putAt(i, v, m.seen())
	return true
}

// seen is the latest instant the machine has been looked at.
func (m *machine) seen() plant.Micros { return max(m.now, plant.Micros(m.looked)*1_000_000) }

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
