package sim

import (
	"math"
	"time"

	"zhigai/plant"
)

// load is what a class of machine draws and turns.
type load struct {
	idle, work float64 // kW
	speed      float64 // r/min
}

var loads = map[string]load{
	"lathe": {1.2, 7.5, 2200}, "grinder": {1.6, 9, 24_000}, "superfinisher": {0.9, 4, 3200},
	"furnace": {62, 118, 0}, "robot": {0.7, 2.6, 0}, "inspection": {0.4, 0.9, 0},
	"plc": {0.6, 4.5, 0}, "ups": {1.1, 1.1, 0}, "temperature-controller": {0.2, 6, 0}, "agv": {0.1, 0.6, 0},
}

// body is what has inertia. It is kept as it was at the last event; between
// events its inputs are constant, so that any instant follows in one step and
// no rounding depends on how often somebody looked.
type body struct {
	load
	at                plant.Micros
	quick, warm, slow float64 // heat of motor, spindle and base: 0 cold, 1 as warm as work makes it
	energy            float64 // kWh since it was built
	failing           float64 // vibration that a bearing fault adds, mm/s
	zones             [6]float64
	zonesAt           plant.Micros
}

// Time constants of the heats and of a furnace's zones.
const (
	quickTau = 5 * time.Minute
	warmTau  = 15 * time.Minute
	slowTau  = time.Hour
	zoneTau  = 6 * time.Minute
	coolTau  = 3 * time.Hour
	cold     = 25.0 // Cel, of a furnace without current
	// standbyAfter is when a standing machine goes to standby, where it draws
	// standbyShare of its idle power.
	standbyAfter = 10 * time.Minute
	standbyShare = 0.55
	offShare     = 0.03
	setupShare   = 0.35 // of the load when turning by hand
	// A bearing fault grows by failingRate per second of work: it doubles in
	// about 13 hours. At bearingLimit the machine goes down.
	failingRate  = 1.5e-5
	bearingNew   = 0.05
	bearingLimit = 6.0 // mm/s above the healthy vibration
	bearingStart = 1.6 // of the failing machine: seen in the trend, not yet an alarm
)

func newBody(class string, failing bool, energy float64) body {
	b := body{load: loads[class], quick: 0.8, warm: 0.7, slow: 0.6, energy: energy}
	if failing {
		b.failing = bearingStart
	}
	for i := range b.zones {
		b.zones[i] = 780 + 10*float64(i)
	}
	return b
}

// busy is how much of its load the machine carries.
func (m *machine) busy() float64 {
	switch {
	case m.stop.cause == Running:
		return 1
	case m.stop.turning:
		return setupShare
	}
	return 0
}

func (m *machine) dead() bool { return m.stop.cause == Off || m.stop.cause == Electrical }

// mean is the power without what a part's own course adds: that evens out.
func (m *machine) mean(at plant.Micros) float64 {
	l := m.body.load
	switch busy := m.busy(); {
	case busy > 0:
		return l.idle + (l.work-l.idle)*busy*(1+m.wear*0.001) + m.held() - m.fans()
	case m.dead():
		return l.idle * offShare
	case m.class == "furnace":
		return l.idle + m.held() - m.fans()
	case at >= m.since+micros(standbyAfter):
		return l.idle * standbyShare
	}
	return l.idle
}

// at is the body at a later instant; nothing changes by looking.
func (m *machine) at(t plant.Micros) body {
	b := m.body
	dt := seconds(t - b.at)
	if dt <= 0 {
		return b
	}
	busy := m.busy()
	b.quick += (busy - b.quick) * fade(dt, quickTau)
	b.warm += (busy - b.warm) * fade(dt, warmTau)
	b.slow += (busy - b.slow) * fade(dt, slowTau)
	if m.stop.cause == Running && b.failing > 0 {
		b.failing *= math.Exp(failingRate * dt)
	}
	standby := min(max(m.since+micros(standbyAfter), b.at), t)
	b.energy += (m.mean(b.at)*float64(standby-b.at)+m.mean(t)*float64(t-standby))/3.6e9 + m.waste.energy(b.at, t)
	b.at = t
	return b
}

// settle makes t the instant that the next ones are calculated from.
func (m *machine) settle(t plant.Micros) {
	if m.class == "furnace" {
		m.zonesTo(t)
	}
	m.body = m.at(t)
	m.truth.energy = m.body.energy - m.truth.energyFrom
}

// zonesTo moves a furnace's zones: heated they reach the set point within
// minutes, without current they cool for hours.
func (m *machine) zonesTo(t plant.Micros) {
	for i := range m.body.zones {
		m.body.zones[i] = m.zone(i, t)
	}
	m.body.zonesAt = t
}

func (m *machine) zone(i int, t plant.Micros) float64 {
	target, tau := m.get(zoneNames[i].set, 800), zoneTau
	if i == remoteZone && m.remote() {
		target = cold + heaterGain*m.get("heater.output", 0)
	}
	if m.dead() {
		target, tau = cold, coolTau
	}
	v := m.body.zones[i]
	return v + (target-v)*fade(seconds(t-m.body.zonesAt), tau)
}

func (m *machine) anchorZones() {
	if m.class == "furnace" {
		m.zonesTo(m.seen())
	}
}

var zoneNames = [6]struct{ is, set string }{
	{"temperature.zone1", "setpoint.zone1"},
	{"temperature.zone2", "setpoint.zone2"},
	{"temperature.zone3", "setpoint.zone3"},
	{"temperature.zone4", "setpoint.zone4"},
	{"temperature.zone5", "setpoint.zone5"},
	{"temperature.zone6", "setpoint.zone6"},
}

func fade(dt float64, tau time.Duration) float64 { return 1 - math.Exp(-dt/tau.Seconds()) }
