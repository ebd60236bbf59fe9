package profile

import "slices"

// families are the drivers that read the same addresses over different wires. A
// profile names a family or one of its drivers; its device may use any of them.
var families = map[string][]string{
	"modbus": {"modbus-tcp", "modbus-rtu"},
}

// family is that of a protocol, or the protocol itself.
func family(protocol string) string {
	for name, drivers := range families {
		if slices.Contains(drivers, protocol) {
			return name
		}
	}
	return protocol
}

// Fits reports whether devices of this kind can be read by the driver.
func (p *Profile) Fits(driver string) bool { return family(p.Protocol) == family(driver) }

// asked are the families whose drivers want to know how long one question may
// take: their devices wait for one another on a line.
var asked = []string{"modbus", "dlt645", "text"}
