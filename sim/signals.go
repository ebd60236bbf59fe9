package sim

import (
	"math"
	"slices"
	"strings"

	"zhigai/plant"
)

// formula is how one continuous signal follows from the machine's moment.
type formula struct {
	digits int
	f      func(o *moment, slot int) float64
}

// channel is a formula for one signal of one machine.
type channel struct {
	slot int
	formula
}

// shown are the signals that events set, not formulas.
var shown = []string{
	"machine.mode", "machine.alarm", "machine.running", "machine.estop", "machine.door", "coolant.on", "stop.reason",
	"count.good", "count.scrap", "count.rework", "count.total", "cycle.time", "part.diameter", "roughness", "tool.number", "wheel.dressings",
	"inspect.diameter.outer", "inspect.diameter.bore", "inspect.width", "inspect.clearance", "inspect.noise", "inspect.vibration", "inspect.score",
	"hand.code", "hand.fault", "buffer.level", "call.code", "material.level", "parts.given",
	"defect.scratch", "defect.dent", "defect.rust", "defect.size", "defect.mark", "master.diameter", "master.checks",
}

// channelsOf finds a formula for every signal that nothing else sets.
func channelsOf(k Kind) []channel {
	var out []channel
	for i, s := range k.Signals {
		if s.Writable || s.Fixed != "" || s.Kind == plant.KindText || s.Kind == plant.KindWaveform || slices.Contains(shown, s.Name) {
			continue
		}
		f, ok := formulas[s.Name]
		if special, found := formulasOf[k.Class][s.Name]; found {
			f, ok = special, true
		}
		if !ok {
			f = familyOf(s)
		}
		out = append(out, channel{i, f})
	}
	return out
}

// familyOf is for signals that come in numbers: axes, zones, phases.
func familyOf(s Signal) formula {
	part := strings.Split(s.Name, ".")
	last := part[len(part)-1]
	switch {
	case part[0] == "axis" && last == "load":
		return formula{1, func(o *moment, slot int) float64 {
			return max(0, o.busy*(22+5*o.wave+float64(slot%5)*3+6*math.Sin(2*math.Pi*o.part)+o.noise()))
		}}
	case part[0] == "axis" && last == "position":
		return formula{2, func(o *moment, slot int) float64 {
			return 40 + 120*math.Abs(math.Sin(math.Pi*o.part+float64(slot%3)))*o.busy
		}}
	case part[0] == "axis" && last == "temperature":
		return formula{1, func(o *moment, slot int) float64 {
			return o.ambient + 3 + float64(slot%4) + 14*o.b.quick + 0.05*o.noise()
		}}
	case strings.HasPrefix(s.Name, "temperature.zone"):
		for i, z := range zoneNames {
			if z.is == s.Name {
				return formula{1, func(o *moment, _ int) float64 {
					v := o.m.zone(i, plant.Micros(o.second)*1_000_000)
					if i == remoteZone && o.m.remote() {
						return v + 0.05*o.noise()
					}
					// Two-point control ripples around the set point.
					return v + 1.2*math.Sin(o.t/45+float64(i)) + 0.05*o.noise()
				}}
			}
		}
	case s.Kind == plant.KindBoolean:
		return formula{0, genericFlag}
	case s.Kind == plant.KindEnumeration:
		return formula{0, func(*moment, int) float64 { return 0 }}
	case part[0] == "energy":
		return formula{2, func(o *moment, _ int) float64 { return o.b.energy - o.m.set.energy }}
	case part[0] == "count":
		return formula{0, genericCount}
	}
	return formula{2, generic}
}

// formulas are tuned to what such machines show; their noise is that of the
// sensor, the rest follows from the work.
var formulas = map[string]formula{
	"power.active":  {2, func(o *moment, _ int) float64 { return o.power }},
	"energy.active": {2, func(o *moment, _ int) float64 { return o.b.energy - o.m.set.energy }},
	"spindle.speed": {0, func(o *moment, _ int) float64 {
		v := o.b.speed * o.busy * o.m.get("spindle.override", 100) / 100
		return max(0, v*(1+0.002*o.noise()))
	}},
	"spindle.load": {1, func(o *moment, _ int) float64 {
		return max(0, o.busy*(42+o.m.wear*0.25+12*math.Sin(2*math.Pi*o.part)+3*o.wave+o.noise()))
	}},
	"feed.rate":             {0, func(o *moment, _ int) float64 { return o.busy * 480 * o.m.get("feed.override", 100) / 100 }},
	"tool.wear":             {1, func(o *moment, _ int) float64 { return o.m.wear }},
	"stone.wear":            {1, func(o *moment, _ int) float64 { return o.m.wear }},
	"wheel.diameter":        {2, func(o *moment, _ int) float64 { return 398 - o.m.wear*0.02 - 0.8*float64(o.m.tools%40) }},
	"vibration.rms":         {2, func(o *moment, _ int) float64 { return o.vibration() + 0.04*math.Abs(o.noise()) }},
	"vibration.peak":        {1, func(o *moment, _ int) float64 { return o.vibration()*9 + 1.5*math.Abs(o.noise()) }},
	"robot.speed":           {0, func(o *moment, _ int) float64 { return o.busy * o.m.get("robot.override", 100) * 0.9 }},
	"press.force":           {1, func(o *moment, _ int) float64 { return o.busy * (38 + 8*o.stroke() + 0.1*o.noise()) }},
	"press.stroke":          {1, func(o *moment, _ int) float64 { return o.busy * 60 * o.stroke() }},
	"oscillation.frequency": {1, func(o *moment, _ int) float64 { return o.busy * (28 + 0.1*o.noise()) }},

	"temperature.spindle": {1, func(o *moment, _ int) float64 {
		return o.ambient + 2 + 21*o.b.warm + 2*o.b.failing + 0.04*o.noise() // a failing bearing runs hot
	}},
	"temperature.motor":   {1, func(o *moment, _ int) float64 { return o.ambient + 4 + 34*o.b.quick + 0.05*o.noise() }},
	"temperature.coolant": {1, func(o *moment, _ int) float64 { return o.ambient - 1 + 7*o.b.warm + 0.4*o.wave + 0.03*o.noise() }},
	"temperature.cabinet": {1, func(o *moment, _ int) float64 { return o.ambient + 7 + 6*o.b.slow + 0.03*o.noise() }},
	"temperature.oil":     {1, func(o *moment, _ int) float64 { return o.ambient + 5 + 11*o.b.slow + 0.03*o.noise() }},
	"temperature.quench":  {1, func(o *moment, _ int) float64 { return 62 + 4*o.wave*o.b.quick + 0.08*o.noise() }},
	"camera.temperature":  {1, func(o *moment, _ int) float64 { return o.ambient + 12 + 4*o.b.slow + 0.03*o.noise() }},

	"pressure.coolant":   {2, func(o *moment, _ int) float64 { return o.busy*(12+0.4*o.wave) + 0.03*math.Abs(o.noise()) }},
	"pressure.hydraulic": {1, func(o *moment, _ int) float64 { return o.hydraulic() + 0.1*o.noise() }},
	"pressure.air":       {2, func(o *moment, _ int) float64 { return 6.1 + 0.08*o.wave + 0.006*o.noise() }},
	"gripper.pressure":   {2, func(o *moment, _ int) float64 { return o.busy * (5.4 + 0.05*o.wave) }},
	"lubrication.level":  {1, func(o *moment, _ int) float64 { return 100 - math.Mod(o.t/3600, 80) }},
	"flow.oil":           {1, func(o *moment, _ int) float64 { return o.busy*(34+o.wave) + 0.05*math.Abs(o.noise()) }},
	"flow.gas":           {1, func(o *moment, _ int) float64 { return 18 + 26*o.busy + o.wave + 0.05*o.noise() }},
	"flow.nitrogen":      {1, func(o *moment, _ int) float64 { return 11 + 0.5*o.wave + 0.02*o.noise() }},
	"carbon.potential":   {3, func(o *moment, _ int) float64 { return 0.82 + 0.008*o.wave + 0.0008*o.noise() }},
	"pressure.furnace":   {1, func(o *moment, _ int) float64 { return 32 + 2*o.wave + 0.2*o.noise() }},
	"fan.current":        {1, func(o *moment, _ int) float64 { return 14.2 + 0.3*o.wave + 0.04*o.noise() }},
	"light.level":        {1, func(o *moment, _ int) float64 { return 92 + 0.5*o.wave }},
	"buffer.in":          {0, func(o *moment, _ int) float64 { return float64(min(500, max(0, o.m.in.parts))) }},
	"buffer.out":         {0, func(o *moment, _ int) float64 { return float64(min(500, max(0, o.m.out.parts))) }},

	"current.a":      {1, func(o *moment, _ int) float64 { return o.amps(0.98) }},
	"current.b":      {1, func(o *moment, _ int) float64 { return o.amps(1) }},
	"current.c":      {1, func(o *moment, _ int) float64 { return o.amps(1.02) }},
	"voltage.supply": {1, func(o *moment, _ int) float64 { return o.volts*math.Sqrt(3) + 0.1*o.noise() }},
}

// vibration of a healthy machine grows with wear; a failing bearing adds to it
// while the spindle turns.
func (o *moment) vibration() float64 {
	return 0.25 + o.busy*(0.9+o.m.wear*0.006+o.b.failing*(1+0.04*o.wave))
}

func (o *moment) stroke() float64 { return math.Abs(math.Sin(math.Pi * o.part)) }

// hydraulic pressure is gone when the alarm says so, or the power.
func (o *moment) hydraulic() float64 {
	switch {
	case o.m.dead():
		return 0.5
	case o.m.alarm == 104:
		return 21
	}
	return 58 + 1.2*o.wave
}

// amps of one phase at a power factor of 0.86.
func (o *moment) amps(share float64) float64 {
	return o.power*1000/(3*o.volts*0.86)*share + 0.02*math.Abs(o.noise())
}

// meterFormulas are those of a power meter.
var meterFormulas = func() map[string]formula {
	out := map[string]formula{
		"energy.active":     {2, func(o *moment, _ int) float64 { return o.m.fedEnergy(o.second) - o.m.set.energy }},
		"energy.reactive":   {2, func(o *moment, _ int) float64 { return 0.42 * (o.m.fedEnergy(o.second) - o.m.set.energy) }},
		"power.reactive":    {1, func(o *moment, _ int) float64 { return o.power * 0.42 }},
		"power.apparent":    {1, func(o *moment, _ int) float64 { return o.power * 1.085 }},
		"factor.total":      {3, func(o *moment, _ int) float64 { return 0.921 + 0.004*math.Sin(o.t/900) }},
		"frequency":         {2, func(o *moment, _ int) float64 { return 50 + 0.008*o.noise() }},
		"energy.export":     constant(0), // nothing behind it generates
		"demand.active":     {1, func(o *moment, _ int) float64 { return o.power * 0.98 }},
		"current.neutral":   {1, func(o *moment, _ int) float64 { return 0.8 * math.Abs(o.noise()) }},
		"unbalance.voltage": {2, func(o *moment, _ int) float64 { return 0.6 + 0.02*math.Abs(o.noise()) }},
		"unbalance.current": {1, func(o *moment, _ int) float64 { return 2 + 0.1*math.Abs(o.noise()) }},
	}
	for i, phase := range []string{"a", "b", "c"} {
		k := float64(i)
		out["voltage."+phase] = formula{1, func(o *moment, _ int) float64 { return o.volts + 0.7*(k-1) }}
		out["power."+phase] = formula{1, func(o *moment, _ int) float64 { return o.power / 3 * (1 + 0.02*(k-1)) }}
		out["factor."+phase] = formula{3, func(*moment, int) float64 { return 0.92 + 0.003*k }}
		out["thd.voltage."+phase] = formula{1, func(*moment, int) float64 { return 1.8 + 0.1*k }}
		out["thd.current."+phase] = formula{1, func(*moment, int) float64 { return 8.4 + 0.3*k }}
		out["power.reactive."+phase] = formula{1, func(o *moment, _ int) float64 { return o.power * 0.14 }}
		out["energy.active."+phase] = formula{2, func(o *moment, _ int) float64 { return (o.m.fedEnergy(o.second) - o.m.set.energy) / 3 }}
		out["energy.export."+phase] = constant(0)
	}
	return out
}()
