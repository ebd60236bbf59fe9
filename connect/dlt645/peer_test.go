package dlt645_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"zhigai/connect"
	"zhigai/connect/conntest"
	"zhigai/connect/dlt645"
	"zhigai/connect/line"
	"zhigai/connect/peer"
	"zhigai/plant"
)

// patience is how long a test waits for what must happen.
const patience = 20 * time.Second

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newDriver() *dlt645.Driver { return dlt645.New(line.NewPool(line.Options{})) }

const address = "202600000017"

func meter(t *testing.T, port string) *peer.Process {
	t.Helper()
	p := peer.Python(t, "../..", "dlt645/meter.py", "serial", "apt-get install python3-serial", port, address)
	p.Wait("listening")
	return p
}

// What every driver promises, against a meter in another language on a cable.
func TestConformance(t *testing.T) {
	t.Parallel()
	cable := peer.NewCable(t)
	device := meter(t, cable.A)
	conntest.Run(t, conntest.Party{
		Driver: newDriver(),
		// A cable of socat has no parity.
		Device: plant.Device{Driver: dlt645.Kind, Address: cable.B, Params: map[string]string{"unit": address, "parity": "none", "timeout": "1s"}},
		Values: []conntest.Value{
			{Address: "00010000", Kind: plant.KindNumber, Number: 123456.78},
			{Address: "02010100", Kind: plant.KindNumber, Number: 220.5},
			{Address: "0201FF00 bcd2.1 at 4", Kind: plant.KindNumber, Number: 220.7},
			{Address: "02020100", Kind: plant.KindNumber, Number: -125.634},
			{Address: "02030000", Kind: plant.KindNumber, Number: 2.3456},
			{Address: "02800002", Kind: plant.KindNumber, Number: 50},
			{Address: "0001FF00 bcd4.2 at 48", Kind: plant.KindNumber, Number: 131211.10},
			{Address: "04000402", Kind: plant.KindText, Text: "262000000001"},
		},
		Missing:     connect.Point{Address: "02060000", Kind: plant.KindNumber},
		WrongPoint:  connect.Point{Address: "voltage", Kind: plant.KindNumber},
		WrongDevice: plant.Device{Driver: dlt645.Kind, Address: cable.B, Params: map[string]string{"unit": "meter 1"}},
		Stop:        func() { device.Kill(); cable.Pull() },
		Start:       func() { cable.Plug(); device = meter(t, cable.A) },
	})
}

// One meter alone on a line says who it is.
func TestDiscover(t *testing.T) {
	t.Parallel()
	cable := peer.NewCable(t)
	meter(t, cable.A)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	driver := newDriver()
	found, err := driver.Discover(ctx, cable.B)
	// The cable has no parity, and the meter does not mind.
	if err != nil || len(found) != 1 || found[0].Device.Params["unit"] != address || found[0].Identity.Serial != address {
		t.Fatalf("found %+v, %v", found, err)
	}
	if text, err := driver.Test(ctx, found[0].Device); err != nil || text != "DL/T 645 meter "+address+" answers" {
		t.Errorf("Test = %q, %v", text, err)
	}
	c, err := driver.Open(ctx, found[0].Device)
	must(t, err)
	g, err := c.Prepare([]connect.Point{{Address: "00020000", Kind: plant.KindNumber}, {Address: "02010100", Kind: plant.KindNumber}})
	must(t, err)
	r := make([]connect.Reading, 2)
	must(t, g.Read(ctx, r))
	if !errors.Is(r[0].Err, connect.ErrMalformed) || r[1].Number != 220.5 {
		t.Errorf("%+v; want FFFFFFFF to be no number", r)
	}
	must(t, c.Close())
}
