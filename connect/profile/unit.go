package profile

import (
	"fmt"
	"slices"
)

// unit is a UCUM code that profiles may use, and what one of it is in the
// base of its dimension: factor bases, from zero on. Units of one dimension
// convert into one another, those of another never do.
type unit struct {
	code      string
	dimension string
	factor    float64
	zero      float64 // where its scale begins, in bases: 273.15 K for Cel
}

// units holds every code. One that is missing is added here once, so that two
// profiles never write one unit in two ways. Factors are those of the UCUM
// tables; a count, a share and an angle are dimensions of their own, because a
// percentage is no part count.
var units = []unit{
	{"1", "number", 1, 0},
	{"%", "share", 1, 0},
	{"[ppm]", "share", 1e-4, 0},
	{"{piece}", "pieces", 1, 0},
	{"deg", "angle", 1, 0},
	{"rad", "angle", 57.29577951308232, 0},
	{"mrad", "angle", 0.05729577951308232, 0},
	{"s", "time", 1, 0},
	{"ms", "time", 1e-3, 0},
	{"min", "time", 60, 0},
	{"h", "time", 3600, 0},
	{"d", "time", 86400, 0},
	{"Hz", "frequency", 1, 0},
	{"kHz", "frequency", 1000, 0},
	{"/min", "rate", 1, 0},
	{"/s", "rate", 60, 0},
	{"/h", "rate", 1.0 / 60, 0},
	{"{piece}/h", "pieces a time", 1, 0},
	{"m", "length", 1, 0},
	{"mm", "length", 1e-3, 0},
	{"um", "length", 1e-6, 0},
	{"cm", "length", 1e-2, 0},
	{"km", "length", 1000, 0},
	{"[in_i]", "length", 0.0254, 0},
	{"m2", "area", 1, 0},
	{"mm2", "area", 1e-6, 0},
	{"m3", "volume", 1, 0},
	{"L", "volume", 1e-3, 0},
	{"mL", "volume", 1e-6, 0},
	{"[gal_us]", "volume", 0.003785411784, 0},
	{"g", "mass", 1e-3, 0},
	{"kg", "mass", 1, 0},
	{"t", "mass", 1000, 0},
	{"mg", "mass", 1e-6, 0},
	{"[lb_av]", "mass", 0.45359237, 0},
	{"m/s", "speed", 1, 0},
	{"mm/s", "speed", 1e-3, 0},
	{"m/min", "speed", 1.0 / 60, 0},
	{"mm/min", "speed", 1e-3 / 60, 0},
	{"mm/h", "speed", 1e-3 / 3600, 0},
	{"[in_i]/s", "speed", 0.0254, 0},
	{"m/s2", "acceleration", 1, 0},
	{"[g]", "acceleration", 9.80665, 0},
	{"deg/s", "turning", 1, 0},
	{"m3/h", "flow", 1, 0},
	{"m3/min", "flow", 60, 0},
	{"L/min", "flow", 0.06, 0},
	{"L/h", "flow", 1e-3, 0},
	{"L/s", "flow", 3.6, 0},
	{"kg/h", "mass flow", 1, 0},
	{"t/h", "mass flow", 1000, 0},
	{"g/L", "density", 1, 0},
	{"kg/m3", "density", 1, 0},
	{"g/m3", "density", 1e-3, 0},
	{"mg/m3", "density", 1e-6, 0},
	{"N", "force", 1, 0},
	{"kN", "force", 1000, 0},
	{"N.m", "torque", 1, 0},
	{"kN.m", "torque", 1000, 0},
	{"Pa", "pressure", 1, 0},
	{"hPa", "pressure", 100, 0},
	{"mbar", "pressure", 100, 0},
	{"kPa", "pressure", 1000, 0},
	{"bar", "pressure", 1e5, 0},
	{"MPa", "pressure", 1e6, 0},
	{"N/mm2", "pressure", 1e6, 0},
	{"[psi]", "pressure", 6894.757293168361, 0},
	{"K", "temperature", 1, 0},
	{"Cel", "temperature", 1, 273.15},
	{"[degF]", "temperature", 5.0 / 9, 459.67 * 5 / 9},
	{"V", "voltage", 1, 0},
	{"kV", "voltage", 1000, 0},
	{"mV", "voltage", 1e-3, 0},
	{"A", "current", 1, 0},
	{"mA", "current", 1e-3, 0},
	{"kA", "current", 1000, 0},
	{"Ohm", "resistance", 1, 0},
	{"kOhm", "resistance", 1000, 0},
	{"W", "power", 1, 0},
	{"kW", "power", 1000, 0},
	{"MW", "power", 1e6, 0},
	{"var", "reactive power", 1, 0},
	{"kvar", "reactive power", 1000, 0},
	{"V.A", "apparent power", 1, 0},
	{"kV.A", "apparent power", 1000, 0},
	{"J", "energy", 1, 0},
	{"kJ", "energy", 1000, 0},
	{"MJ", "energy", 1e6, 0},
	{"GJ", "energy", 1e9, 0},
	{"W.h", "energy", 3600, 0},
	{"kW.h", "energy", 3.6e6, 0},
	{"MW.h", "energy", 3.6e9, 0},
	{"var.h", "reactive energy", 1, 0},
	{"kvar.h", "reactive energy", 1000, 0},
	{"V.A.h", "apparent energy", 1, 0},
	{"kV.A.h", "apparent energy", 1000, 0},
	{"kW.h/{piece}", "energy a piece", 1, 0},
	{"dB", "level", 1, 0},
	{"dB[SPL]", "sound level", 1, 0},
	{"lx", "illuminance", 1, 0},
	{"[pH]", "acidity", 1, 0},
	{"%{RH}", "humidity", 1, 0},
	{"uS/cm", "conductivity", 1, 0},
	{"mS/cm", "conductivity", 1000, 0},
}

// commonUnits translates what people write.
var commonUnits = map[string]string{
	"℃": "Cel", "°C": "Cel", "C": "Cel", "degC": "Cel", "°F": "[degF]", "℉": "[degF]", "rpm": "/min", "r/min": "/min", "RPM": "/min", "转/分": "/min", "kWh": "kW.h", "Wh": "W.h",
	"MWh": "MW.h", "kvarh": "kvar.h", "kVA": "kV.A", "VA": "V.A", "μm": "um", "µm": "um", "m³/h": "m3/h", "m³": "m3", "m/s²": "m/s2", "Nm": "N.m", "N·m": "N.m",
	"l/min": "L/min", "l": "L", "pcs": "{piece}", "件": "{piece}", "RH": "%{RH}", "%RH": "%{RH}", "sec": "s", "分钟": "min", "小时": "h", "秒": "s",
	"psi": "[psi]", "Ω": "Ohm", "kΩ": "kOhm", "°": "deg", "kg/m³": "kg/m3",
}

func unitOf(code string) (unit, bool) {
	i := slices.IndexFunc(units, func(u unit) bool { return u.code == code })
	if i < 0 {
		return unit{}, false
	}
	return units[i], true
}

func unitCodes() []string {
	out := make([]string, len(units))
	for i, u := range units {
		out[i] = u.code
	}
	return out
}

// UCUM is the code of a unit as people write it, false when it is none that
// profiles may use.
func UCUM(text string) (code string, ok bool) {
	if code, ok = commonUnits[text]; ok {
		return code, true
	}
	_, ok = unitOf(text)
	return text, ok
}

// Conversion is how a value in one unit becomes one in another: times scale,
// plus offset. It fails for units of different dimensions and unknown ones.
func Conversion(from, to string) (scale, offset float64, err error) {
	a, known := unitOf(from)
	b, also := unitOf(to)
	switch {
	case !known || !also:
		return 0, 0, fmt.Errorf("unit %q or %q is not known", from, to)
	case a.dimension != b.dimension:
		return 0, 0, fmt.Errorf("%s is a %s and %s a %s", from, a.dimension, to, b.dimension)
	}
	return a.factor / b.factor, (a.zero - b.zero) / b.factor, nil
}

// Scaling is how a signal's raw value becomes one in its unit: times scale,
// plus offset. It joins the device's own scale with the conversion of units.
func (s *Signal) Scaling() (scale, offset float64) {
	scale, offset = 1, s.Offset
	if s.Scale != nil {
		scale = *s.Scale
	}
	if s.DeviceUnit == "" {
		return scale, offset
	}
	factor, shift, err := Conversion(s.DeviceUnit, s.Unit)
	if err != nil {
		return scale, offset // a profile with such units is not loaded
	}
	return joined(scale, factor), offset*factor + shift
}

// joined is a × b without the noise that a product of two decimal fractions
// has in float64: 0.1 × 0.001 is 0.0001.
func joined(a, b float64) float64 {
	if inverse := 1 / b; b < 1 && inverse == float64(int64(inverse+0.5)) {
		return a / inverse
	}
	return a * b
}
