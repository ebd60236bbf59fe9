package profile_test

import (
	"maps"
	"testing"

	"zhigai/connect"
	"zhigai/connect/line"
	"zhigai/connect/modbus"
	"zhigai/connect/profile"
	"zhigai/plant"
)

// A meter's profile is for the meter, not for the wire that happens to lead to it.
func TestFits_AnyWireOfAFamily(t *testing.T) {
	f := func(protocol, driver string, want bool) {
		t.Helper()
		if got := (&profile.Profile{Protocol: protocol}).Fits(driver); got != want {
			t.Errorf("a profile of %s fits %s: %v", protocol, driver, got)
		}
	}
	f("modbus", "modbus-tcp", true)
	f("modbus", "modbus-rtu", true)
	f("modbus-tcp", "modbus-tcp", true)
	f("modbus-tcp", "modbus-rtu", true)
	f("modbus", "opcua", false)
	f("opcua", "opcua", true)
	f("opcua", "modbus-tcp", false)
}

// What the profile says of the link reaches each driver of the family, in words it
// understands.
func TestDevice_LinkOfAFamily(t *testing.T) {
	p := &profile.Profile{Protocol: "modbus", Link: profile.Link{MaxRegisters: 16}}
	for address, driver := range map[string]connect.Driver{
		"10.0.0.7:502": modbus.New(), "/dev/ttyUSB0": modbus.NewSerial(line.NewPool(line.Options{})),
		"dtu:SN1": modbus.NewSerial(line.NewPool(line.Options{})),
	} {
		d := p.Device(plant.Device{Driver: driver.Kind(), Address: address, Params: map[string]string{"unit": "3"}})
		if want := map[string]string{"unit": "3", "timeout": "1s", "max_registers": "16"}; !maps.Equal(d.Params, want) {
			t.Errorf("%s: %v; want %v", address, d.Params, want)
		}
		if err := driver.CheckDevice(d); err != nil {
			t.Error(err)
		}
	}
}
