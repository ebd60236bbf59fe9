package profile_test

import (
	"testing"

	"zhigai/connect/profile"
	"zhigai/plant"
)

// Conversions are checked against what the definitions of the units say
// (UCUM 2.1, tables 2 to 6; NIST SP 811 appendix B for inch and pound-force).
func TestConversion(t *testing.T) {
	f := func(from, to string, value, want float64) {
		t.Helper()
		scale, offset, err := profile.Conversion(from, to)
		if got := value*scale + offset; err != nil || got < want-1e-9*max(1, want) || got > want+1e-9*max(1, want) {
			t.Errorf("%v %s = %v %s, %v; want %v", value, from, got, to, err, want)
		}
	}
	f("W", "kW", 1500, 1.5)
	f("kW", "W", 1.5, 1500)
	f("W.h", "kW.h", 1, 0.001)
	f("GJ", "kW.h", 3.6, 1000)
	f("[degF]", "Cel", 212, 100)
	f("[degF]", "Cel", 32, 0)
	f("K", "Cel", 273.15, 0)
	f("Cel", "K", 20, 293.15)
	f("[psi]", "bar", 14.503773773020923, 1)
	f("mbar", "bar", 1013.25, 1.01325)
	f("[in_i]/s", "mm/s", 1, 25.4)
	f("[g]", "m/s2", 1, 9.80665)
	f("L/min", "m3/h", 100, 6)
	f("L/s", "m3/h", 1, 3.6)
	f("m/min", "mm/min", 1.5, 1500)
	f("ms", "s", 2500, 2.5)
	f("/s", "/min", 50, 3000)
	f("mrad", "deg", 3141.592653589793, 180)
	f("[lb_av]", "kg", 1, 0.45359237)
	f("[gal_us]", "L", 1, 3.785411784)
	f("[ppm]", "%", 10000, 1)
	g := func(from, to string) {
		t.Helper()
		if _, _, err := profile.Conversion(from, to); err == nil {
			t.Errorf("%s becomes %s", from, to)
		}
	}
	g("W", "kW.h")
	g("%", "1")
	g("var", "W")
	g("{piece}", "1")
	g("furlong", "m")
	g("m", "furlong")
}

// What a device gives in its own unit is stored in the plant's, without the
// noise of two roundings.
func TestSignal_Scaling(t *testing.T) {
	tenth := 0.1
	f := func(s profile.Signal, scale, offset float64) {
		t.Helper()
		if a, b := s.Scaling(); a != scale || b != offset {
			t.Errorf("%+v: %v and %v; want %v and %v", s, a, b, scale, offset)
		}
	}
	f(profile.Signal{}, 1, 0)
	f(profile.Signal{Scale: &tenth, Offset: -40, Unit: "Cel"}, 0.1, -40)
	f(profile.Signal{Unit: "kW", DeviceUnit: "W"}, 0.001, 0)
	f(profile.Signal{Scale: &tenth, Unit: "kW", DeviceUnit: "W"}, 0.0001, 0)
	f(profile.Signal{Scale: &tenth, Offset: 100, Unit: "mm", DeviceUnit: "m"}, 100, 100_000)
	f(profile.Signal{Scale: &tenth, Unit: "K", DeviceUnit: "Cel"}, 0.1, 273.15)
}

// A parameter is looked at before a device is read with it.
func TestProfile_CheckParams(t *testing.T) {
	least, most := 1.0, 247.0
	p := profile.Profile{Params: []profile.Param{
		{Name: "unit", Kind: profile.ParamNumber, Default: "1", Min: &least, Max: &most},
		{Name: "wiring", Kind: profile.ParamChoice, Choices: map[string]plant.Name{"star": {}, "delta": {}}},
		{Name: "line", Kind: profile.ParamText, Required: true, Title: plant.Name{ZH: "线", EN: "Line"}},
		{Name: "swapped", Kind: profile.ParamBoolean},
	}}
	f := func(want string, pairs ...string) {
		t.Helper()
		params := map[string]string{"line": "a"}
		for i := 0; i < len(pairs); i += 2 {
			params[pairs[i]] = pairs[i+1]
		}
		said := ""
		if err := p.CheckParams(params); err != nil {
			said = err.Error()
		}
		if said != want {
			t.Errorf("%v: %q; want %q", pairs, said, want)
		}
	}
	f("")
	f("", "unit", "247", "wiring", "delta", "swapped", "true", "timeout", "1s")
	f("device parameter unit: 248 is outside 1 to 247", "unit", "248")
	f(`device parameter unit: "x" is no number; write for example 1`, "unit", "x")
	f(`device parameter wiring: "y"; write one of delta, star`, "wiring", "y")
	f(`device parameter swapped: "1"; write true or false`, "swapped", "1")
	if err := p.CheckParams(nil); err == nil || err.Error() != "device parameter line is missing; write the line" {
		t.Errorf("without parameters: %v", err)
	}
}
