package opcua_test

import (
	"testing"
	"time"

	"zhigai/connect"
	"zhigai/connect/conntest"
	"zhigai/connect/opcua"
	"zhigai/plant"
)

// What every driver promises, against node-opcua.
func TestConformance(t *testing.T) {
	f := newFloor(t)
	conntest.Run(t, conntest.Party{
		Driver: f.driver, Device: f.device(),
		Values: []conntest.Value{
			{Address: f.space + "Speed", Kind: plant.KindNumber, Number: 1000.5},
			{Address: f.space + "Short", Kind: plant.KindNumber, Number: -1234},
			{Address: f.space + "Running", Kind: plant.KindBoolean, Number: 1},
			{Address: f.space + "Title", Kind: plant.KindText, Text: "磨床"},
		},
		Missing:  connect.Point{Address: f.space + "Absent", Kind: plant.KindNumber},
		Writable: connect.Point{Address: f.space + "Feed", Kind: plant.KindNumber}, Writes: []any{-80.0, 120.0, 0.0},
		WrongPoint:  connect.Point{Address: "Speed", Kind: plant.KindNumber},
		WrongDevice: plant.Device{Driver: opcua.Kind, Address: "192.168.1.10:4840"},
		Stop:        f.wire.cut, Start: f.wire.mend, Timeout: 15 * time.Second,
	})
}
