package profile

// units are the UCUM codes that profiles may use. A unit that is missing is
// added here once, so that two profiles never write one unit in two ways.
var units = []string{
	"1", "%", "[ppm]", "deg", "rad", "s", "ms", "min", "h", "d", "Hz", "kHz", "/min", "/s", "/h",
	"m", "mm", "um", "cm", "km", "m2", "mm2", "m3", "L", "mL", "g", "kg", "t", "mg",
	"m/s", "mm/s", "m/min", "mm/min", "mm/h", "m/s2", "[g]", "deg/s", "L/min", "L/h", "m3/h", "m3/min", "kg/h", "t/h", "g/L", "kg/m3",
	"N", "kN", "N.m", "kN.m", "N/mm2", "Pa", "kPa", "MPa", "hPa", "bar", "mbar",
	"Cel", "K", "V", "kV", "mV", "A", "mA", "kA", "Ohm", "kOhm", "W", "kW", "MW", "var", "kvar", "V.A", "kV.A",
	"W.h", "kW.h", "MW.h", "var.h", "kvar.h", "V.A.h", "kV.A.h", "J", "kJ", "MJ", "GJ",
	"dB", "dB[SPL]", "lx", "[pH]", "uS/cm", "mS/cm", "%{RH}", "mg/m3", "g/m3", "kW.h/{piece}", "{piece}", "{piece}/h",
}

// commonUnits translates what people write.
var commonUnits = map[string]string{
	"℃": "Cel", "°C": "Cel", "C": "Cel", "degC": "Cel", "rpm": "/min", "r/min": "/min", "RPM": "/min", "转/分": "/min", "kWh": "kW.h", "Wh": "W.h",
	"MWh": "MW.h", "kvarh": "kvar.h", "kVA": "kV.A", "VA": "V.A", "μm": "um", "µm": "um", "m³/h": "m3/h", "m³": "m3", "m/s²": "m/s2", "Nm": "N.m", "N·m": "N.m",
	"l/min": "L/min", "l": "L", "pcs": "{piece}", "件": "{piece}", "RH": "%{RH}", "%RH": "%{RH}", "sec": "s", "分钟": "min", "小时": "h", "秒": "s",
}
