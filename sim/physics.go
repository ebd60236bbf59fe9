package sim

import (
	"math"
	"strings"
	"time"
)

// load is what a class of machine draws and turns.
type load struct {
	idle, work float64 // kW
	speed      float64 // r/min
}

var loads = map[string]load{
	"lathe": {1.2, 7.5, 2200}, "grinder": {1.6, 9, 24_000}, "superfinisher": {0.9, 4, 3200},
	"furnace": {62, 118, 0}, "robot": {0.7, 2.6, 0}, "inspection": {0.4, 0.9, 0},
}

// physics moves what is continuous by one second: temperatures lag, power
// follows work, vibration grows with wear.
func (m *machine) physics() {
	l := loads[m.class]
	busy := flag(m.cause == Running)
	if m.stop.works {
		busy = 0.35
	}
	m.heat += (busy - m.heat) * step.Seconds() / 900 // a quarter of an hour to warm up
	n := m.rng.NormFloat64
	m.power = round(max(0.05, l.idle+(l.work-l.idle)*busy*(1+m.wear*0.001)+n()*0.08*l.work*busy), 2)
	m.energy += m.power * step.Hours()
	t := float64(m.now.Unix())
	wave := math.Sin((t + m.phase*60) / 300)
	speed := l.speed * busy * m.get("spindle.override", 100) / 100
	m.put("power.active", m.power)
	m.put("energy.active", round(m.energy, 2))
	m.put("spindle.speed", round(max(0, speed+n()*speed*0.002), 0))
	m.put("spindle.load", round(max(0, busy*(42+m.wear*0.25+6*wave)+n()*busy), 1))
	m.put("feed.rate", round(busy*480*m.get("feed.override", 100)/100, 0))
	m.put("tool.wear", round(m.wear, 1))
	m.put("stone.wear", round(m.wear, 1))
	vibration := 0.25 + busy*(0.9+m.wear*0.006)
	if m.failing > 0 {
		m.failing = min(6, m.failing*(1+1.5e-5)) // doubles in about 13 hours of work
		vibration += busy * m.failing
	}
	m.put("vibration.rms", round(max(0, vibration+math.Abs(n())*0.04), 2))
	m.put("vibration.peak", round(max(0, vibration*9+math.Abs(n())*1.5), 1))
	m.axes(busy, wave)
	m.temperatures(wave)
	m.media(busy, wave)
	m.electric(1)
}

func (m *machine) axes(busy, wave float64) {
	n := m.rng.NormFloat64
	part := 0.0
	if m.cycle > 0 {
		part = 1 - float64(m.left)/float64(m.cycle)
	}
	for i, s := range m.kind.Signals {
		if !strings.HasPrefix(s.Name, "axis.") {
			continue
		}
		v := m.values[i].num
		switch {
		case strings.HasSuffix(s.Name, ".load"):
			v = round(max(0, busy*(22+5*wave+float64(i%5)*3)+n()*busy), 1)
		case strings.HasSuffix(s.Name, ".position"):
			v = round(40+120*math.Abs(math.Sin(math.Pi*part))*busy, 2)
		case strings.HasSuffix(s.Name, ".temperature"):
			v = round(25+14*m.heat+wave+n()*0.05, 1)
		}
		if v != m.values[i].num {
			m.values[i].num, m.changed[i] = v, true
		}
	}
	m.put("robot.speed", round(busy*m.get("robot.override", 100)*0.9, 0))
	m.put("press.force", round(busy*(38+8*math.Abs(math.Sin(math.Pi*part)))+n()*0.1*busy, 1))
	m.put("press.stroke", round(busy*(60*math.Abs(math.Sin(math.Pi*part))), 1))
	m.put("oscillation.frequency", round(busy*(28+n()*0.1), 1))
}

func (m *machine) temperatures(wave float64) {
	n := m.rng.NormFloat64
	m.put("temperature.spindle", round(24+21*m.heat+0.6*wave+n()*0.04, 1))
	m.put("temperature.motor", round(26+34*m.heat+wave+n()*0.05, 1))
	m.put("temperature.coolant", round(21+7*m.heat+0.4*wave+n()*0.03, 1))
	m.put("temperature.cabinet", round(29+6*m.heat+0.5*wave+n()*0.03, 1))
	m.put("temperature.oil", round(27+11*m.heat+0.5*wave+n()*0.03, 1))
	m.put("temperature.quench", round(62+4*wave+n()*0.08, 1))
	m.put("camera.temperature", round(38+2*wave+n()*0.03, 1))
	for _, zone := range []string{"zone1", "zone2", "zone3", "zone4", "zone5", "zone6"} {
		i, ok := m.slot["temperature."+zone]
		if !ok {
			return
		}
		// Two-point control with a slow furnace behind it: a ripple around the
		// set point that lags by minutes.
		v := m.values[i].num
		if v == 0 {
			v = m.get("setpoint."+zone, 800)
		}
		v += (m.get("setpoint."+zone, 800)+1.8*wave-v)*step.Seconds()/240 + n()*0.02
		m.put("temperature."+zone, round(v, 1))
	}
}

func (m *machine) media(busy, wave float64) {
	n := m.rng.NormFloat64
	m.put("pressure.coolant", round(busy*(12+0.4*wave)+math.Abs(n())*0.03, 2))
	m.put("pressure.hydraulic", round(58+1.2*wave+n()*0.1, 1))
	m.put("pressure.air", round(6.1+0.08*wave+n()*0.006, 2))
	m.put("gripper.pressure", round(busy*(5.4+0.05*wave), 2))
	m.put("lubrication.level", round(100-math.Mod(float64(m.now.Unix())/3600+m.phase, 80), 1))
	m.put("flow.oil", round(busy*(34+wave)+math.Abs(n())*0.05, 1))
	m.put("flow.gas", round(18+26*busy+wave+n()*0.05, 1))
	m.put("flow.nitrogen", round(11+0.5*wave+n()*0.02, 1))
	m.put("carbon.potential", round(0.82+0.008*wave+n()*0.0008, 3))
	m.put("pressure.furnace", round(32+2*wave+n()*0.2, 1))
	m.put("fan.current", round(14.2+0.3*wave+n()*0.04, 1))
	m.put("light.level", round(92+0.5*wave, 1))
	m.put("buffer.in", math.Floor(12+8*wave))
	m.put("buffer.out", math.Floor(9+6*wave))
	m.put("wheel.diameter", round(398-m.wear*0.02, 2))
	m.put("wheel.dressings", math.Floor(m.good/60))
}

// electric spreads the power over three phases.
func (m *machine) electric(share float64) {
	n := m.rng.NormFloat64
	volts := 231 + 1.5*math.Sin(float64(m.now.Unix())/1700)
	m.put("voltage.supply", round(volts*math.Sqrt(3)+n()*0.1, 1))
	amps := m.power * 1000 / (3 * volts * 0.86) * share
	for i, phase := range []string{"a", "b", "c"} {
		m.put("current."+phase, round(amps*(1+0.02*float64(i-1))+math.Abs(n())*0.02, 1))
	}
}

// areaMeters names the area each meter stands for.
var areaMeters = map[string]string{"meter-1": "turning", "meter-2": "heat", "meter-3": "grinding", "meter-4": "assembly"}

// meter adds up what its area draws, with the losses of the lines.
func (m *machine) meter(now time.Time, power map[string]float64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now = now
	n := m.rng.NormFloat64
	m.power = round(power[areaMeters[m.code]]*1.012, 2)
	m.energy += m.power * step.Hours()
	m.put("power.active", m.power)
	m.put("energy.active", round(m.energy, 2))
	m.put("energy.reactive", round(m.energy*0.42, 2))
	m.put("power.reactive", round(m.power*0.42, 1))
	m.put("power.apparent", round(m.power*1.085, 1))
	m.put("factor.total", round(0.921+0.004*math.Sin(float64(now.Unix())/900), 3))
	m.put("frequency", round(50+n()*0.008, 2))
	m.put("demand.active", round(m.power*0.98, 1))
	m.put("current.neutral", round(math.Abs(n())*0.8, 1))
	m.put("unbalance.voltage", round(0.6+math.Abs(n())*0.02, 2))
	m.put("unbalance.current", round(2+math.Abs(n())*0.1, 1))
	m.electric(1)
	for i, phase := range []string{"a", "b", "c"} {
		m.put("voltage."+phase, round(231+0.7*float64(i-1)+1.5*math.Sin(float64(now.Unix())/1700), 1))
		m.put("power."+phase, round(m.power/3*(1+0.02*float64(i-1)), 1))
		m.put("factor."+phase, round(0.92+0.003*float64(i), 3))
		m.put("thd.voltage."+phase, round(1.8+0.1*float64(i), 1))
		m.put("thd.current."+phase, round(8.4+0.3*float64(i), 1))
	}
}
