package modbus_test

import (
	"testing"

	"zhigai/connect"
	"zhigai/connect/conntest"
	"zhigai/connect/modbus"
	"zhigai/connect/peer"
	"zhigai/plant"
)

// What every driver promises, against pymodbus.
func TestConformance(t *testing.T) {
	port := peer.Port(t)
	device := pymodbus(t, port)
	conntest.Run(t, conntest.Party{
		Driver: modbus.New(), Device: unit7(port),
		Values: []conntest.Value{
			{Address: "holding 1 uint16", Kind: plant.KindNumber, Number: 65535},
			{Address: "input 32 float32 CDAB", Kind: plant.KindNumber, Number: 1000.5},
			{Address: "coil 3 bool", Kind: plant.KindBoolean, Number: 1},
			{Address: "holding 110 string16", Kind: plant.KindText, Text: "CNC-7 磨床"},
		},
		Missing:  connect.Point{Address: "holding 202 uint16", Kind: plant.KindNumber},
		Writable: connect.Point{Address: "holding 301 float32 CDAB", Kind: plant.KindNumber}, Writes: []any{-12.5, 1e6, 0.0},
		WrongPoint:  connect.Point{Address: "40001", Kind: plant.KindNumber},
		WrongDevice: plant.Device{Driver: modbus.Kind, Address: "10.0.0.1"},
		Stop:        device.Kill, Start: func() { pymodbusAgain(t, port) },
	})
}
