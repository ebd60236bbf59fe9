package sim

import (
	"fmt"

	"zhigai/plant"
)

// FaultKind is a way in which a machine or its line goes wrong.
type FaultKind string

const (
	// Unplug takes the machine off the wire. Modbus TCP: the gateway answers that
	// its target does not; on a serial line nobody does. OPC UA: the server says that it has no contact.
	// Sparkplug: the connection breaks and the will is published.
	Unplug FaultKind = "unplug"
	// Silent leaves the line open and says nothing: Modbus questions are not
	// answered, OPC UA values are not renewed, Sparkplug publishes nothing.
	Silent FaultKind = "silent"
	// Freeze keeps every value as it is while the machine works on.
	Freeze FaultKind = "freeze"
	// NaN gives NaN for numbers that can be one.
	NaN FaultKind = "nan"
	// Sentinel gives what devices put in place of a value: all bits set, and
	// 1e38 for floating-point numbers.
	Sentinel FaultKind = "sentinel"
	// ClockAhead sets the machine's clock an hour ahead, where the protocol
	// carries times.
	ClockAhead FaultKind = "clock_ahead"
	// CounterBack sets the controller's counters to 0, once.
	CounterBack FaultKind = "counter_back"
	// Garbage answers with bytes that mean nothing, or values of a wrong type.
	Garbage FaultKind = "garbage"
)

// FaultKinds lists them all.
var FaultKinds = []FaultKind{Unplug, Silent, Freeze, NaN, Sentinel, ClockAhead, CounterBack, Garbage}

// Fault is one fault of one machine.
type Fault struct {
	Machine string // path
	Kind    FaultKind
}

// clockAhead is how wrong a wrong clock is.
const clockAhead = 3600 * 1_000_000 // µs

// Set switches a fault on or off.
func (p *Plant) Set(f Fault, on bool) error {
	for _, k := range FaultKinds {
		if k != f.Kind {
			continue
		}
		m := p.at(f.Machine)
		if m == nil {
			return fmt.Errorf("sim: fault %s: no machine %q; write its whole path", f.Kind, f.Machine)
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		m.fault(f.Kind, on)
		return nil
	}
	return fmt.Errorf("sim: fault %q of %s: write one of %v", f.Kind, f.Machine, FaultKinds)
}

// Unplug takes a machine off the wire, or puts it back, and says whether there
// is such a machine.
func (p *Plant) Unplug(path string, off bool) bool {
	return p.Set(Fault{path, Unplug}, off) == nil
}

func (m *machine) fault(k FaultKind, on bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if k != CounterBack {
		m.faults[k] = on
		for i := range m.values {
			m.values[i].version++ // who reports by exception has to look again
		}
	}
	switch {
	case k == CounterBack && on:
		m.set = tally{m.good, m.scrap, m.rework, m.at(m.seen()).energy}
		if m.class == "meter" {
			m.set.energy = m.fedEnergy(m.looked)
		}
		m.show()
	case k == Freeze && !on:
		m.show()
	}
}

// is reports whether the machine has the fault. Callers hold no lock of it.
func (m *machine) is(k FaultKind) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.faults[k]
}

// stamp is a time as the machine's clock shows it. The caller holds its lock.
func (m *machine) stamp(t plant.Micros) plant.Micros {
	if m.faults[ClockAhead] {
		return t + clockAhead
	}
	return t
}
