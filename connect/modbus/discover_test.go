package modbus_test

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"zhigai/connect"
	"zhigai/connect/conntest"
	"zhigai/connect/modbus"
	"zhigai/connect/modbus/pdu"
	"zhigai/connect/peer"
	"zhigai/plant"
)

func titles(found []connect.Found) string {
	var out []string
	for _, f := range found {
		out = append(out, f.Device.Params["unit"]+" "+f.Title)
	}
	return strings.Join(out, ", ")
}

// Devices on a line are found with what they say they are.
func TestDiscover_Pymodbus(t *testing.T) {
	port := peer.Port(t)
	pymodbus(t, port)
	found, err := modbus.New().Discover(within(t, patience), "127.0.0.1:"+port+" units 6-8")
	if err != nil || titles(found) != "7 Xinghai ML-7 2.1" {
		t.Fatalf("found %+v, %v", found, err)
	}
	// What was found can be opened as it is.
	conntest.Expect(t, conntest.Open(t, modbus.New(), found[0].Device), conntest.Number("holding 1 uint16", 65535))
}

func TestDiscover_WhoAnswers(t *testing.T) {
	t.Parallel()
	f := func(answer func(q question) bool, want string) {
		t.Helper()
		d := serve(t, answer)
		_, port, err := net.SplitHostPort(d.Address)
		must(t, err)
		found, err := modbus.New().Discover(within(t, patience), "127.0.0.1-1:"+port+" units 1-4")
		if err != nil || titles(found) != want {
			t.Errorf("found %q, %v; want %q", titles(found), err, want)
		}
	}
	b := newBank().fill(10)
	f(honest(b), "1 Modbus TCP (answers to every unit)")
	f(func(q question) bool {
		if q.Unit == 3 {
			q.reply([]byte{q.body[0] | 0x80, byte(pdu.IllegalDataAddress)})
			return true
		}
		if q.Unit == 2 {
			return true // silent
		}
		q.reply([]byte{q.body[0] | 0x80, byte(pdu.GatewayTarget)})
		return true
	}, "3 Modbus TCP")
	f(func(question) bool { return false }, "")
	nobody := peer.Port(t)
	start := time.Now()
	if found, err := modbus.New().Discover(within(t, patience), "127.0.0.1:"+nobody+" units 1-247"); err != nil || len(found) != 0 || time.Since(start) > patience/2 {
		t.Errorf("found %+v, %v after %v", found, err, time.Since(start))
	}
}

func TestDiscover_Where(t *testing.T) {
	f := func(where string) {
		t.Helper()
		if found, err := modbus.New().Discover(within(t, patience), where); err == nil || !strings.Contains(err.Error(), "write for example") {
			t.Errorf("Discover(%q) = %v, %v", where, found, err)
		}
	}
	for _, where := range []string{
		"", "plc", "10.0.0.0/8", "10.0.0.1-300", "10.0.0.9-2", "10.0.0.1:0", "10.0.0.1:70000", "10.0.0.1 2", "10.0.0.1 units 5-2",
		"10.0.0.1 units x", "10.0.0.1 units 0-255", "10.0.0.1 units 1-2 3", "::/64",
	} {
		f(where)
	}
}

// Some devices have only the functions that write many.
func TestWrite_FunctionsForManyOnly(t *testing.T) {
	b := newBank().fill(10)
	b.bits[pdu.Coils][3] = 0
	var seen []byte
	d := serve(t, func(q question) bool {
		seen = append(seen, q.body[0])
		if q.body[0] == pdu.WriteCoil || q.body[0] == pdu.WriteRegister {
			q.reply([]byte{q.body[0] | 0x80, byte(pdu.IllegalFunction)})
			return true
		}
		return honest(b)(q)
	})
	c := conntest.Open(t, modbus.New(), d)
	w := c.(connect.Writer)
	must(t, w.Write(within(t, patience), connect.Point{Address: "holding 4 int16", Kind: plant.KindNumber}, -7.0))
	must(t, w.Write(within(t, patience), connect.Point{Address: "coil 3 bool", Kind: plant.KindBoolean}, true))
	if fmt.Sprint(seen) != fmt.Sprint([]byte{6, 16, 5, 15}) {
		t.Errorf("functions %v", seen)
	}
	conntest.Expect(t, c, conntest.Number("holding 4 int16", -7), conntest.Want{Address: "coil 3 bool", Kind: plant.KindBoolean, Number: 1})
}

// The timeout of one question is the device's, however long the caller waits
// for the whole.
func TestTimeout_OfOneQuestion(t *testing.T) {
	t.Parallel()
	d := serve(t, func(question) bool { return true })
	d.Params = map[string]string{"timeout": "50ms"}
	c := conntest.Open(t, modbus.New(), d)
	g, err := c.Prepare([]connect.Point{{Address: "holding 3 uint16", Kind: plant.KindNumber}})
	must(t, err)
	start := time.Now()
	if err := g.Read(within(t, patience), make([]connect.Reading, 1)); err == nil || time.Since(start) > patience/2 {
		t.Errorf("%v after %v", err, time.Since(start))
	}
}

// A group that has nothing to ask must not look like a device that answers.
func TestGroup_NothingToAsk(t *testing.T) {
	c := conntest.Open(t, modbus.New(), serve(t, honest(newBank())))
	g, err := c.Prepare([]connect.Point{{Address: "40001", Kind: plant.KindNumber}})
	must(t, err)
	if err := g.Read(within(t, patience), make([]connect.Reading, 1)); err == nil || !strings.Contains(err.Error(), "none of the points") {
		t.Errorf("Read = %v", err)
	}
}

func TestCheckDevice(t *testing.T) {
	f := func(name, value, says string) {
		t.Helper()
		err := modbus.New().CheckDevice(plant.Device{Driver: modbus.Kind, Address: "h:502", Params: map[string]string{name: value}})
		if says == "" && err != nil || says != "" && (err == nil || !strings.Contains(err.Error(), says)) {
			t.Errorf("%s=%s: %v", name, value, err)
		}
	}
	f("unit", "0", "")
	f("unit", "256", "write 0 to 255")
	f("timeout", "800ms", "")
	f("timeout", "1", "write 10ms to 30s")
	f("timeout", "1ms", "write 10ms to 30s")
	f("gap", "20ms", "")
	f("gap", "-1s", "write 0s to 1s")
	f("max_registers", "0", "write 1 to 125")
	f("max_gap_fill", "126", "write 0 to 125")
}
