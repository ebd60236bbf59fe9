package sim

import (
	"time"

	"zhigai/plant"
)

// A furnace's second zone can be held from outside: by the power of its heater, for as
// long as somebody serves the watchdog. When nobody does, the furnace takes over by
// itself.
const (
	remoteZone = 1
	// heaterGain is what the zone gains over the hall per percent of power, Cel.
	heaterGain = 11.0
	// heaterRated is what the zone's heater draws at full power, kW; with heaterUsual
	// percent the furnace draws what it usually does.
	heaterRated, heaterUsual = 40.0, 72.3
	// unserved is how long the furnace waits for the watchdog.
	unserved = 10 * time.Second
)

// remote reports whether the zone is held from outside.
func (m *machine) remote() bool { return m.get("heater.remote", 0) == 1 }

// held is what a zone that is held from outside draws more than usually, kW.
func (m *machine) held() float64 {
	if m.class != "furnace" || !m.remote() {
		return 0
	}
	return heaterRated * (m.get("heater.output", heaterUsual) - heaterUsual) / 100
}

// fanRated is what a furnace's circulation fans draw at full speed, kW.
const fanRated = 15.0

// fans is what slower fans save, kW: their power goes with the cube of their speed
// (affinity laws of fans).
func (m *machine) fans() float64 {
	if m.class != "furnace" {
		return 0
	}
	n := m.get("fan.speed", 100) / 100
	return fanRated * (1 - n*n*n)
}

// watch takes the zone back when the watchdog stands still. The caller holds the
// machine's lock.
func (m *machine) watch(now plant.Micros) {
	dog, ok := m.slot["watchdog.remote"]
	if !ok || !m.remote() || now-m.values[dog].at < micros(unserved) {
		return
	}
	m.settle(now)
	m.putAt(m.slot["heater.remote"], 0, now)
}
