package modbus_test

import (
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"go.bug.st/serial"

	"zhigai/connect"
	"zhigai/connect/conntest"
	"zhigai/connect/line"
	"zhigai/connect/modbus"
	"zhigai/connect/peer"
	"zhigai/plant"
)

func newSerial() *modbus.SerialDriver { return modbus.NewSerial(line.NewPool(line.Options{})) }

func pymodbusOn(t *testing.T, port, form string) *peer.Process {
	t.Helper()
	p := peer.Python(t, "../..", "modbus/server.py", "pymodbus", "apt-get install python3-pymodbus python3-serial python3-serial-asyncio", port, form)
	p.Wait("listening")
	return p
}

func conforms(t *testing.T, d plant.Device, start, stop func()) {
	t.Helper()
	conntest.Run(t, conntest.Party{
		Driver: newSerial(), Device: d,
		Values: []conntest.Value{
			{Address: "holding 1 uint16", Kind: plant.KindNumber, Number: 65535},
			{Address: "input 32 float32 CDAB", Kind: plant.KindNumber, Number: 1000.5},
			{Address: "coil 3 bool", Kind: plant.KindBoolean, Number: 1},
			{Address: "holding 110 string16", Kind: plant.KindText, Text: "CNC-7 磨床"},
		},
		Missing:  connect.Point{Address: "holding 202 uint16", Kind: plant.KindNumber},
		Writable: connect.Point{Address: "holding 301 float32 CDAB", Kind: plant.KindNumber}, Writes: []any{-12.5, 1e6, 0.0},
		WrongPoint:  connect.Point{Address: "40001", Kind: plant.KindNumber},
		WrongDevice: plant.Device{Driver: modbus.KindSerial, Address: "10.0.0.1"},
		Start:       start, Stop: stop,
	})
}

func serialParams(more ...string) map[string]string {
	p := map[string]string{"unit": "7", "baud": "19200", "timeout": "1s"}
	for i := 0; i < len(more); i += 2 {
		p[more[i]] = more[i+1]
	}
	return p
}

// What every driver promises, against pymodbus on a serial cable.
func TestConformance_RTU(t *testing.T) { onCable(t, "rtu") }

// The same in ASCII.
func TestConformance_ASCII(t *testing.T) { onCable(t, "ascii") }

func onCable(t *testing.T, form string) {
	t.Parallel()
	cable := peer.NewCable(t)
	device := pymodbusOn(t, cable.A, form)
	conforms(t, plant.Device{Driver: modbus.KindSerial, Address: cable.B, Params: serialParams("framing", form, "data", "8", "parity", "none")}, // a cable of socat has no parity
		func() { cable.Plug(); device = pymodbusOn(t, cable.A, form) },
		func() { device.Kill(); cable.Pull() })
}

// The same through a serial server: RTU frames in a TCP stream.
func TestConformance_RTUOverTCP(t *testing.T) {
	t.Parallel()
	port := peer.Port(t)
	device := pymodbusOn(t, port, "rtu")
	conforms(t, plant.Device{Driver: modbus.KindSerial, Address: "127.0.0.1:" + port, Params: serialParams()},
		func() { device = pymodbusOn(t, port, "rtu") },
		func() { device.Kill() })
}

// A line is searched at one speed after the other; who answers is named by what it
// says it is.
func TestScan_Pymodbus(t *testing.T) {
	t.Parallel()
	cable := peer.NewCable(t)
	pymodbusOn(t, cable.A, "rtu")
	found, err := newSerial().Discover(within(t, patience), cable.B+" 19200,9600 5-8")
	if err != nil || titles(found) != "7 Xinghai ML-7 2.1" || found[0].Device.Params["baud"] != "19200" {
		t.Fatalf("found %+v, %v", found, err)
	}
	c, err := newSerial().Open(within(t, patience), found[0].Device)
	must(t, err)
	conntest.Expect(t, c, conntest.Number("holding 1 uint16", 65535))
	must(t, c.Close())
	text, err := newSerial().Test(within(t, patience), found[0].Device)
	if err != nil || text != "Modbus RTU unit 7 answers: Xinghai ML-7 2.1" {
		t.Errorf("Test = %q, %v", text, err)
	}
}

// The station that is late at random once more, on a cable and in real time.
func TestSlowStation_OnACable(t *testing.T) {
	t.Parallel()
	cable := peer.NewCable(t)
	port, err := serial.Open(cable.A, &serial.Mode{BaudRate: 19200})
	must(t, err)
	s := slow{late: func(r *rand.Rand) time.Duration { return oftenLate(r) / 4 }}
	var station sync.WaitGroup
	station.Go(func() { s.run(port) })
	d := unit("1", "25ms")
	d.Address = cable.B
	c, err := newSerial().Open(within(t, patience), d)
	must(t, err)
	var n tally
	n.ask(t, c, 30, "uint16", "uint32")
	must(t, c.Close())
	must(t, port.Close())
	station.Wait()
	t.Logf("%+v", n)
	if n.wrong > 0 || n.values < 2 || n.timeouts < 2 {
		t.Errorf("%+v; want values, lateness that was met, and nothing wrong", n)
	}
}
