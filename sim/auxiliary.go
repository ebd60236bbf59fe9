package sim

import (
	"fmt"
	"math"
	"time"

	"zhigai/plant"
)

// formulasOf are those of classes whose signals mean something else than a
// machine tool's, by class.
var formulasOf = map[string]map[string]formula{
	"meter": meterFormulas, "ups": upsFormulas, "temperature-controller": controllerFormulas, "agv": vehicleFormulas,
}

func constant(v float64) formula {
	return formula{0, func(*moment, int) float64 { return v }}
}

// upsFormulas are those of an uninterruptible power supply on good mains: its
// battery is full and its load that of a server cabinet.
var upsFormulas = map[string]formula{
	"battery.charge":      constant(100),
	"battery.minutes":     {0, func(o *moment, _ int) float64 { return 1600 / upsLoad(o) }}, // the less it carries, the longer it lasts
	"battery.voltage":     {1, func(o *moment, _ int) float64 { return 54.6 + 0.05*o.wave }},
	"battery.current":     constant(0),
	"battery.temperature": {0, func(o *moment, _ int) float64 { return o.ambient + 3 }},
	"temperature.device":  {0, func(o *moment, _ int) float64 { return o.ambient + 8 }},
	"input.voltage":       {0, func(o *moment, _ int) float64 { return o.volts }},
	"input.frequency":     {1, func(o *moment, _ int) float64 { return 50 + 0.008*o.noise() }},
	"output.voltage":      {0, func(*moment, int) float64 { return 230 }},
	"output.load":         {0, func(o *moment, _ int) float64 { return upsLoad(o) }},
	"output.current":      {1, func(o *moment, _ int) float64 { return 0.13 * upsLoad(o) }},
	"power.mains":         constant(1),
	"power.battery":       constant(0),
	"output.overload":     constant(0),
	"battery.low":         constant(0),
	"battery.replace":     constant(0),
}

// upsLoad is in percent.
func upsLoad(o *moment) float64 { return 36 + 4*o.wave }

// bath is what a temperature controller heats. It is kept as it was when the
// set point changed; from there it follows in one step.
type bath struct {
	temperature float64 // Cel
	at          plant.Micros
}

const (
	bathTarget = 65.0 // Cel: a washing machine's
	bathTau    = 10 * time.Minute
)

var controllerFormulas = map[string]formula{
	"temperature.process": {1, func(o *moment, _ int) float64 { return o.m.bathNow(o.at()) + 0.4*math.Sin(o.t/40) + 0.05*o.noise() }},
	"setpoint.working":    {1, func(o *moment, _ int) float64 { return o.m.get("setpoint.process", bathTarget) }},
	"output.heating":      {1, heating},
	"output.working":      {1, heating},
	"output.cooling":      constant(0),
	"current.heater":      {1, func(o *moment, _ int) float64 { return heating(o, 0) * 0.26 }},
}

// heating is the output in percent that a bath needs: for what it loses, and to
// rise.
func heating(o *moment, _ int) float64 {
	target := o.m.get("setpoint.process", bathTarget)
	return min(100, max(0, 0.7*(target-o.ambient)+4*(target-o.m.bathNow(o.at()))-3*math.Sin(o.t/40)))
}

func (o *moment) at() plant.Micros { return plant.Micros(o.second) * 1_000_000 }

func (m *machine) bathNow(at plant.Micros) float64 {
	target := m.get("setpoint.process", bathTarget)
	return m.bath.temperature + (target-m.bath.temperature)*fade(seconds(max(0, at-m.bath.at)), bathTau)
}

func (m *machine) anchorBath() {
	if m.class == "temperature-controller" {
		m.bath = bath{m.bathNow(m.seen()), m.seen()}
	}
}

// nodeEvery is what a vehicle drives from one node of its route to the next, m.
const nodeEvery = 12.0

var vehicleFormulas = map[string]formula{
	"vehicle.driving":  {0, func(o *moment, _ int) float64 { return flag(o.busy > 0) }},
	"vehicle.paused":   {0, func(o *moment, _ int) float64 { return flag(o.busy == 0 && o.m.alarm != 0) }},
	"vehicle.speed.x":  {2, func(o *moment, _ int) float64 { return o.busy * (1.1 + 0.2*o.wave) }},
	"vehicle.speed.y":  constant(0),
	"vehicle.turn":     {1, func(o *moment, _ int) float64 { return o.busy * 4 * math.Sin(o.t/9) }},
	"vehicle.distance": {2, func(o *moment, _ int) float64 { return o.part * nodeEvery }},
}

// route is what a vehicle says of its order in the words of VDA 5050.
func (m *machine) route() {
	m.putText("device.serial", m.code)
	m.putText("vehicle.order", m.orderText)
	m.putText("vehicle.node", fmt.Sprintf("N%d", (m.good+m.scrap)%40+1))
	mode := "AUTOMATIC"
	switch m.stop.mode {
	case modeManual:
		mode = "MANUAL"
	case modeMaintenance, modeOff:
		mode = "SERVICE"
	}
	m.putText("vehicle.mode", mode)
}
