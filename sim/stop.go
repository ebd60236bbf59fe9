package sim

import (
	"math"
	"time"

	"zhigai/plant"
)

// Cause is why a machine does not produce. Those up to Other are the numbers
// that machines report as stop.reason; Running is 0.
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
	Other
	ToolChange // reported as Changeover
	Break      // reported as OperatorAbsent
	Off        // outside the shifts, reported as nothing
)

// Code is what a controller reports for the cause.
func (c Cause) Code() int {
	switch c {
	case ToolChange:
		return int(Changeover)
	case Break:
		return int(OperatorAbsent)
	case Off:
		return 0
	}
	return int(c)
}

// Modes a controller reports.
const (
	modeOff         = 0
	modeManual      = 1
	modeAutomatic   = 2
	modeMaintenance = 3
)

// stop describes how one cause looks.
type stop struct {
	cause Cause
	// every is the mean time in production between two of them; 0 for those
	// that something else brings about.
	every time.Duration
	// median and spread of a lognormal duration, cut at least and most.
	median, least, most time.Duration
	spread              float64
	mode                int
	alarms              []int // one of them is shown
	turning             bool  // the spindle turns: setup by hand
	open                bool  // the door stands open
	loses               bool  // it strikes in the middle of a part and spoils it
}

// stops are tuned so that the machines' OEE lies between 0.5 and 0.9 and the
// plant sees every cause within a week: means as plants of this kind report
// them, not of one plant.
var stops = []stop{
	{cause: Jam, every: time.Hour, median: 45 * time.Second, least: 15 * time.Second, most: 4 * time.Minute, spread: .5, mode: modeAutomatic, open: true},
	{cause: Sensor, every: 100 * time.Minute, median: 30 * time.Second, least: 10 * time.Second, most: 3 * time.Minute, spread: .5, mode: modeAutomatic},
	{cause: OperatorAbsent, every: 8 * time.Hour, median: 4 * time.Minute, least: time.Minute, most: 15 * time.Minute, spread: .5, mode: modeAutomatic},
	{cause: QualityAdjust, every: 7 * time.Hour, median: 5 * time.Minute, least: 2 * time.Minute, most: 15 * time.Minute, spread: .4, mode: modeManual, turning: true},
	{cause: Other, every: 30 * time.Hour, median: 4 * time.Minute, least: time.Minute, most: 15 * time.Minute, spread: .5, mode: modeAutomatic},
	{cause: Mechanical, every: 45 * time.Hour, median: 35 * time.Minute, least: 8 * time.Minute, most: 3 * time.Hour, spread: .6, mode: modeAutomatic, alarms: []int{104, 101}, loses: true},
	{cause: Electrical, every: 60 * time.Hour, median: 25 * time.Minute, least: 6 * time.Minute, most: 2 * time.Hour, spread: .6, mode: modeAutomatic, alarms: []int{102, 105}, loses: true},
	{cause: ToolBroken, every: 90 * time.Hour, median: 9 * time.Minute, least: 4 * time.Minute, most: 25 * time.Minute, spread: .4, mode: modeAutomatic, alarms: []int{103}, open: true, loses: true},
}

// Stops that the course of work brings about.
var (
	changeover  = stop{cause: Changeover, median: 14 * time.Minute, least: 6 * time.Minute, most: 35 * time.Minute, spread: .35, mode: modeManual, turning: true}
	newOrder    = stop{cause: Changeover, median: 2 * time.Minute, least: time.Minute, most: 6 * time.Minute, spread: .3, mode: modeManual, open: true}
	toolChange  = stop{cause: ToolChange, median: 150 * time.Second, least: 80 * time.Second, most: 6 * time.Minute, spread: .25, mode: modeManual, open: true}
	maintenance = stop{cause: Maintenance, median: 40 * time.Minute, least: 20 * time.Minute, most: 75 * time.Minute, spread: .25, mode: modeMaintenance, open: true}
	startUp     = stop{cause: StartUp, median: 5 * time.Minute, least: 2 * time.Minute, most: 12 * time.Minute, spread: .3, mode: modeAutomatic}
	bearingGone = stop{cause: Mechanical, median: 100 * time.Minute, least: time.Hour, most: 4 * time.Hour, spread: .3, mode: modeAutomatic, alarms: []int{101}}
	noMaterial  = stop{cause: MaterialMissing, mode: modeAutomatic}
	noRoom      = stop{cause: Blocked, mode: modeAutomatic}
	pause       = stop{cause: Break, mode: modeAutomatic}
	off         = stop{cause: Off, mode: modeOff}
)

// Breakdown is a machine that stands with a broken bearing: from the first part,
// or the first moment of standing, after From, up to To.
type Breakdown struct {
	Machine  string // path
	From, To time.Time
}

// breaksDown stands still where a breakdown was arranged for the present.
func (m *machine) breaksDown() bool {
	for _, b := range m.broken {
		if m.now >= plant.MicrosOf(b.From) && m.now < plant.MicrosOf(b.To) {
			m.haltUntil(bearingGone, plant.MicrosOf(b.To))
			return true
		}
	}
	return false
}

// duration draws how long a stop lasts.
func (m *machine) duration(s stop) time.Duration {
	d := time.Duration(float64(s.median) * math.Exp(s.spread*m.rng.NormFloat64()))
	return min(max(d, s.least), s.most).Round(time.Millisecond)
}

// halt stands still for as long as such a stop lasts.
func (m *machine) halt(s stop) { m.haltUntil(s, m.now+micros(m.duration(s))) }

func (m *machine) haltUntil(s stop, until plant.Micros) {
	m.alarm, m.estop = 0, false
	if len(s.alarms) > 0 {
		m.alarm = s.alarms[m.rng.IntN(len(s.alarms))]
	}
	if s.cause == Other {
		m.estop = m.rng.Float64() < 0.4 // somebody pressed the button
	}
	m.cycle, m.partFrom = 0, 0
	m.become(s)
	m.next = max(m.arranged(until), m.now+micros(time.Second))
}

// spared says whether nothing happens by chance: a breakdown is arranged within the
// hour, and people who wait for it want to see the machine at work before.
func (m *machine) spared() bool {
	return m.arranged(m.now+micros(time.Hour)) < m.now+micros(time.Hour)
}

// arranged is until, or when before it a breakdown was arranged to come.
func (m *machine) arranged(until plant.Micros) plant.Micros {
	for _, b := range m.broken {
		if from := plant.MicrosOf(b.From); from > m.now {
			until = min(until, from)
		}
	}
	return until
}

// become closes the interval of what was and opens that of what is.
func (m *machine) become(s stop) {
	if m.stop.cause != s.cause {
		m.closeInterval()
		m.stage.change(m.stop.cause == Running, s.cause == Running)
	}
	m.stop = s
}

// resume ends a stop with what it was for, and goes on.
func (m *machine) resume() {
	long := m.now-m.since > micros(30*time.Minute)
	was := m.stop.cause
	switch was {
	case Changeover:
		m.takeOrder()
	case ToolChange, ToolBroken:
		m.newTool()
	case Maintenance:
		m.newTool()
		m.service += micros(serviceEvery)
		m.body.failing *= 0.7 // greased, not mended
	case Mechanical:
		if m.body.failing > bearingLimit {
			m.body.failing = bearingNew
		}
	}
	if m.hurry() {
		return
	}
	if was == Off || long && (was == Mechanical || was == Electrical || was == Maintenance) {
		m.warming = warmParts
		m.halt(startUp)
		return
	}
	m.proceed()
}
