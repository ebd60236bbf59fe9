package modbus_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"zhigai/connect"
	"zhigai/connect/conntest"
	"zhigai/connect/line"
	"zhigai/connect/modbus"
	"zhigai/connect/peer"
	"zhigai/plant"
)

// patience is how long a test waits for what must happen; a test that passes
// never waits it out.
const patience = 20 * time.Second

type obj = map[string]any

// pymodbus starts the foreign device on a port.
func pymodbus(t *testing.T, port string) *peer.Process {
	t.Helper()
	t.Parallel() // most of a test's time is Python starting
	return pymodbusAgain(t, port)
}

// pymodbusAgain is the same device after its switch is on again.
func pymodbusAgain(t *testing.T, port string) *peer.Process {
	t.Helper()
	p := peer.Python(t, "../..", "modbus/server.py", "pymodbus", "apt-get install python3-pymodbus", port)
	p.Wait("listening")
	return p
}

// unit7 is the device of server.py.
func unit7(port string) plant.Device {
	return plant.Device{Driver: modbus.Kind, Address: "127.0.0.1:" + port, Params: map[string]string{"unit": "7"}}
}

func TestPymodbus_EveryTypeAndOrder(t *testing.T) {
	port := peer.Port(t)
	pymodbus(t, port)
	c := conntest.Open(t, modbus.New(), unit7(port))
	var wants []conntest.Want
	for _, table := range []string{"holding", "input"} {
		at := func(n any, rest string) string { return fmt.Sprintf("%s %v %s", table, n, rest) }
		wants = append(wants, conntest.Number(at(0, "int16"), -1234), conntest.Number(at(1, "uint16"), 65535), conntest.Number(at(1, "int16"), -1))
		for i, order := range []string{"ABCD", "CDAB", "BADC", "DCBA"} {
			wants = append(wants,
				conntest.Number(at(10+2*i, "int32 "+order), -70000), conntest.Number(at(20+2*i, "uint32 "+order), 4000000000),
				conntest.Number(at(30+2*i, "float32 "+order), 1000.5), conntest.Number(at(40+4*i, "int64 "+order), -(1<<53-1)),
				conntest.Number(at(60+4*i, "uint64 "+order), 1<<53-1), conntest.Number(at(80+4*i, "float64 "+order), -0.1))
		}
		for bit, on := range map[int]float64{0: 1, 1: 0, 3: 1, 14: 0, 15: 1} {
			wants = append(wants, conntest.Want{Address: at(fmt.Sprintf("2.%d", bit), "bool"), Kind: plant.KindBoolean, Number: on})
		}
		wants = append(wants,
			conntest.Number(at(100, "bcd16"), 1234), conntest.Number(at(101, "bcd32"), 12345678), conntest.Number(at(103, "bcd32 CDAB"), 12345678),
			conntest.Want{Address: at(110, "string16"), Kind: plant.KindText, Text: "CNC-7 磨床"},
			conntest.Want{Address: at(118, "string8 BADC"), Kind: plant.KindText, Text: "CO18"},
			conntest.Want{Address: at(130, "int64"), Kind: plant.KindNumber, Err: connect.ErrImprecise},
			conntest.Want{Address: at(134, "uint64"), Kind: plant.KindNumber, Err: connect.ErrImprecise},
			conntest.Want{Address: at(142, "bcd16"), Kind: plant.KindNumber, Err: connect.ErrMalformed})
	}
	for i := range 20 {
		on := map[bool]float64{true: 1}
		wants = append(wants, conntest.Want{Address: fmt.Sprintf("coil %d bool", i), Kind: plant.KindBoolean, Number: on[i%3 == 0]},
			conntest.Want{Address: fmt.Sprintf("discrete %d bool", i), Kind: plant.KindBoolean, Number: on[i%2 == 1]})
	}
	conntest.Expect(t, c, wants...)

	g, err := c.Prepare([]connect.Point{{Address: "holding 138 float64", Kind: plant.KindNumber}})
	must(t, err)
	r := make([]connect.Reading, 1)
	must(t, g.Read(within(t, patience), r))
	if !math.IsNaN(r[0].Number) || fmt.Sprintf("%x", r[0].Raw) != "7ff8000000000000" {
		t.Errorf("NaN = %+v", r[0])
	}
}

// One wrong address in a profile must cost one tag, not the block around it.
func TestPymodbus_OnlyTheMissingPointIsBad(t *testing.T) {
	port := peer.Port(t)
	pymodbus(t, port)
	c := conntest.Open(t, modbus.New(), unit7(port))
	missing := func(address string) conntest.Want {
		return conntest.Want{Address: address, Kind: plant.KindNumber, Err: connect.ErrUnconfigured}
	}
	conntest.Expect(t, c, conntest.Number("holding 200 uint16", 200), conntest.Number("holding 201 uint16", 201), missing("holding 202 uint16"),
		conntest.Number("holding 203 uint16", 203), conntest.Number("holding 204 uint16", 204), missing("holding 205 uint16"), missing("input 9000 float32"),
		missing("holding 1 nonsense"), conntest.Want{Address: "coil 30 bool", Kind: plant.KindBoolean, Err: connect.ErrUnconfigured},
		conntest.Want{Address: "coil 3 bool", Kind: plant.KindBoolean, Number: 1})
}

func TestPymodbus_WritesReadBack(t *testing.T) {
	port := peer.Port(t)
	device := pymodbus(t, port)
	c := conntest.Open(t, modbus.New(), unit7(port))
	f := func(address string, kind plant.TagKind, value any, number float64, text string) {
		t.Helper()
		must(t, c.(connect.Writer).Write(within(t, patience), connect.Point{Address: address, Kind: kind}, value))
		conntest.Expect(t, c, conntest.Want{Address: address, Kind: kind, Number: number, Text: text})
	}
	f("holding 300 int16", plant.KindNumber, -5.0, -5, "")
	f("holding 300 uint16", plant.KindNumber, 40000.0, 40000, "")
	f("holding 301 int32 CDAB", plant.KindNumber, -70000.0, -70000, "")
	f("holding 301 uint32 BADC", plant.KindNumber, 4e9, 4e9, "")
	f("holding 303 float32 DCBA", plant.KindNumber, 12.25, 12.25, "")
	f("holding 305 float64 CDAB", plant.KindNumber, 0.1, 0.1, "")
	f("holding 305 int64", plant.KindNumber, -1e15, -1e15, "")
	f("holding 305 uint64 DCBA", plant.KindNumber, 1e15, 1e15, "")
	f("holding 310 string8", plant.KindText, "磨床", 0, "磨床")
	f("holding 310 string8 BADC", plant.KindText, "AB", 0, "AB") // what stood behind is gone
	f("coil 40 bool", plant.KindBoolean, true, 1, "")
	f("coil 40 bool", plant.KindBoolean, false, 0, "")
	f("holding 315 uint16", plant.KindNumber, 32769.0, 32769, "")
	f("holding 315.3 bool", plant.KindBoolean, true, 1, "")
	f("holding 315.0 bool", plant.KindBoolean, false, 0, "")
	f("holding 315.4 bool", plant.KindBoolean, 1.0, 1, "")
	device.Send(obj{"op": "get", "function": 3, "at": 315, "count": 1})
	if e := device.Wait("got"); fmt.Sprint(e["words"]) != fmt.Sprint([]any{float64(0x8018)}) {
		t.Errorf("the device has %v; want the other bits as they were", e["words"])
	}
}

func TestPymodbus_WritesThatAreRefused(t *testing.T) {
	port := peer.Port(t)
	pymodbus(t, port)
	c := conntest.Open(t, modbus.New(), unit7(port))
	f := func(address string, kind plant.TagKind, value any, says string) {
		t.Helper()
		err := c.(connect.Writer).Write(within(t, patience), connect.Point{Address: address, Kind: kind}, value)
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v to %s: %v; want %q", value, address, err, says)
		}
		if connect.InDoubt(err) {
			t.Errorf("%v to %s: %v: is in doubt, although nothing was written", value, address, err)
		}
		for _, d := range []connect.WriteChecker{modbus.New(), modbus.NewSerial(line.NewPool(line.Options{}))} {
			if known := d.CheckWrite(address, kind, value) != nil; known != errors.Is(err, connect.ErrNotWritten) {
				t.Errorf("%v to %s: known without the network: %v; %v", value, address, known, err)
			}
		}
	}
	f("holding 300 int16", plant.KindNumber, 40000.0, "32767")
	f("holding 300 uint16", plant.KindNumber, -1.0, "65535")
	f("holding 300 uint16", plant.KindNumber, 1.5, "whole number")
	f("holding 300 int16", plant.KindNumber, math.NaN(), "whole number")
	f("holding 303 float32", plant.KindNumber, 1e300, "float32")
	f("holding 305 float64", plant.KindNumber, math.Inf(1), "no number")
	f("holding 300 uint16", plant.KindNumber, "x", "string")
	f("holding 310 string8", plant.KindText, "123456789", "8 bytes")
	f("input 0 uint16", plant.KindNumber, 1.0, "only coils and holding")
	f("discrete 0 bool", plant.KindBoolean, true, "only coils and holding")
	f("coil 40 bool", plant.KindBoolean, 2.0, "true or false")
	f("holding 202 uint16", plant.KindNumber, 1.0, "illegal data address")
	f("coil 30 bool", plant.KindBoolean, true, "illegal data address")
	f("holding 100 bcd16", plant.KindNumber, 1.0, "not written")
	conntest.Expect(t, c, conntest.Number("holding 300 uint16", 0)) // nothing of it arrived
}

// A pulled plug is an error within the timeout, and the same connection object
// works when the device is back.
func TestPymodbus_UnplugAndReturn(t *testing.T) {
	port := peer.Port(t)
	device := pymodbus(t, port)
	c := conntest.Open(t, modbus.New(), unit7(port))
	g, err := c.Prepare([]connect.Point{{Address: "holding 1 uint16", Kind: plant.KindNumber}})
	must(t, err)
	r := make([]connect.Reading, 1)
	must(t, g.Read(within(t, patience), r))
	device.Kill()
	if err := g.Read(within(t, 2*time.Second), r); err == nil {
		t.Error("a dead device answers")
	}
	if _, err := modbus.New().Open(within(t, 2*time.Second), unit7(port)); err == nil {
		t.Error("a dead device opens")
	}
	pymodbusAgain(t, port)
	conntest.Expect(t, c, conntest.Number("holding 1 uint16", 65535))
}

func TestPymodbus_Test(t *testing.T) {
	port := peer.Port(t)
	pymodbus(t, port)
	text, err := modbus.New().Test(within(t, patience), unit7(port))
	if err != nil || text != "Modbus TCP unit 7 answers: Xinghai ML-7 2.1" {
		t.Errorf("Test = %q, %v", text, err)
	}
	// A unit that the gateway does not reach is no answer.
	other := unit7(port)
	other.Params = map[string]string{"unit": "9"}
	if text, err := modbus.New().Test(within(t, time.Second), other); err == nil {
		t.Errorf("Test of a missing unit = %q", text)
	}
}

func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
