package sparkplug_test

import (
	"testing"

	"zhigai/connect"
	"zhigai/connect/conntest"
	"zhigai/connect/sparkplug"
	"zhigai/plant"
)

// What every driver promises, against the npm edge node.
func TestConformance(t *testing.T) {
	h := newHouse(t)
	edge := npmEdge(t, h, "CNC1")
	conntest.Run(t, conntest.Party{
		Driver: h.host, Device: plant.Device{Driver: sparkplug.Kind, Address: "Shop/Edge/CNC1"},
		Values: []conntest.Value{
			{Address: "Spindle/Speed", Kind: plant.KindNumber, Number: 1000.5},
			{Address: "Offset", Kind: plant.KindNumber, Number: -5},
			{Address: "Running", Kind: plant.KindBoolean, Number: 1},
			{Address: "Mode", Kind: plant.KindText, Text: "AUTO"},
		},
		Missing:  connect.Point{Address: "Spindle/Torque", Kind: plant.KindNumber},
		Writable: connect.Point{Address: "FeedOverride", Kind: plant.KindNumber}, Writes: []any{80.0, -3.0, 0.0},
		WrongPoint:  connect.Point{Address: " ", Kind: plant.KindNumber},
		WrongDevice: plant.Device{Driver: sparkplug.Kind, Address: "nothing"},
		Remembers:   true,
		Stop:        edge.Kill, Start: func() { npmEdge(t, h, "CNC1") },
	})
}
