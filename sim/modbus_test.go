package sim_test

import (
	"encoding/binary"
	"errors"
	"io"
	"math"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"zhigai/connect/modbus/pdu"
	"zhigai/connect/peer"
	"zhigai/plant"
	"zhigai/sim"
)

// patience is how long a test waits for what must happen; a test that passes
// never waits it out.
const patience = 20 * time.Second

// listen starts the plant's servers and gives the way from a machine's path to
// its device.
func listen(t *testing.T, p *sim.Plant) func(path string) plant.Device {
	t.Helper()
	endpoints, err := p.Listen("127.0.0.1")
	must(t, err)
	t.Cleanup(p.Close)
	m, _ := model(t)
	return func(path string) plant.Device {
		for _, n := range m.Nodes {
			if n.Path == path {
				d := n.Machine.Device
				d.Address = sim.Fill(d.Address, endpoints)
				if strings.Contains(d.Address, "{") {
					t.Fatalf("%s: address %s is not filled in", path, d.Address)
				}
				return d
			}
		}
		t.Fatalf("no machine %s", path)
		return plant.Device{}
	}
}

// ask sends one question and reads the frame that answers.
func ask(t *testing.T, d plant.Device, q pdu.Request) ([]byte, error) {
	t.Helper()
	c, err := net.Dial("tcp", d.Address)
	must(t, err)
	defer c.Close()
	return askOn(t, c, d, q, patience)
}

func askOn(t *testing.T, c net.Conn, d plant.Device, q pdu.Request, wait time.Duration) ([]byte, error) {
	t.Helper()
	unit, err := strconv.Atoi(d.Params["unit"])
	must(t, err)
	must(t, c.SetDeadline(time.Now().Add(wait)))
	_, err = c.Write(pdu.AppendFrame(nil, 77, byte(unit), q.Append(nil)))
	must(t, err)
	var head [pdu.HeaderSize]byte
	if _, err := io.ReadFull(c, head[:]); err != nil {
		return nil, err
	}
	h, err := pdu.ParseHeader(head[:])
	must(t, err)
	body := make([]byte, h.Length)
	_, err = io.ReadFull(c, body)
	must(t, err)
	if h.Transaction != 77 || int(h.Unit) != unit {
		t.Fatalf("header %+v; want transaction 77 of unit %d", h, unit)
	}
	return q.Check(body)
}

func modbusRead(t *testing.T, d plant.Device, address, count uint16) []byte {
	t.Helper()
	b, err := ask(t, d, pdu.Request{Function: pdu.ReadHolding, Address: address, Count: count})
	must(t, err)
	return b
}

func modbusWrite(t *testing.T, d plant.Device, address uint16, words ...uint16) {
	t.Helper()
	must(t, modbusTryWrite(t, d, address, words...))
}

func modbusTryWrite(t *testing.T, d plant.Device, address uint16, words ...uint16) error {
	t.Helper()
	q := pdu.Request{Function: pdu.WriteRegisters, Address: address, Count: uint16(len(words))}
	for _, w := range words {
		q.Data = binary.BigEndian.AppendUint16(q.Data, w)
	}
	_, err := ask(t, d, q)
	return err
}

func floatWords(v float32) []uint16 {
	b := math.Float32bits(v)
	return []uint16{uint16(b >> 16), uint16(b)}
}

func float(b []byte) float64 { return float64(math.Float32frombits(binary.BigEndian.Uint32(b))) }

// The lathe's registers as its profile says.
func TestModbus_ReadsAsTheProfileSays(t *testing.T) {
	t.Parallel()
	p := demo(t, 1)
	device := listen(t, p)
	p.Advance(start.Add(90 * time.Second))
	shown := p.Shown(lathe1)
	b := modbusRead(t, device(lathe1), 0, 88)
	f := func(name string, got any) {
		t.Helper()
		if want := shown[name]; got != want {
			t.Errorf("%s = %v on the wire; the machine shows %v", name, got, want)
		}
	}
	near := func(name string, got float64) {
		t.Helper()
		if want := shown[name].(float64); math.Abs(got-want) > 1e-4*math.Abs(want) {
			t.Errorf("%s = %v on the wire; the machine shows %v", name, got, want)
		}
	}
	word := func(at int) float64 { return float64(binary.BigEndian.Uint16(b[2*at:])) }
	f("machine.mode", word(0))
	f("stop.reason", word(2))
	f("machine.running", float64(int(word(3))&1))
	f("machine.door", float64(int(word(3))>>2&1))
	f("count.good", word(4))
	near("energy.active", float64(binary.BigEndian.Uint32(b[14:]))/100)
	near("power.active", float(b[18:]))
	near("voltage.supply", float(b[116:]))
	f("machine.product", strings.TrimRight(string(b[128:144]), "\x00"))
	f("machine.order", strings.TrimRight(string(b[144:160]), "\x00"))
	// A question may begin and end in the middle of a value.
	if part := modbusRead(t, device(lathe1), 10, 3); string(part) != string(b[20:26]) {
		t.Errorf("registers 10..12 = %x; want %x", part, b[20:26])
	}
}

func TestModbus_Refuses(t *testing.T) {
	t.Parallel()
	p := demo(t, 1)
	device := listen(t, p)
	d := device(lathe1)
	f := func(what string, q pdu.Request, want pdu.Exception) {
		t.Helper()
		if _, err := ask(t, d, q); !errors.Is(err, want) {
			t.Errorf("%s: %v; want %v", what, err, want)
		}
	}
	f("beyond the last register", pdu.Request{Function: pdu.ReadHolding, Address: 80, Count: 20}, pdu.IllegalDataAddress)
	f("a table it does not have", pdu.Request{Function: pdu.ReadInput, Address: 0, Count: 1}, pdu.IllegalDataAddress)
	f("no coils", pdu.Request{Function: pdu.ReadCoils, Address: 0, Count: 1}, pdu.IllegalDataAddress)
	f("more than fits", pdu.Request{Function: pdu.ReadHolding, Address: 0, Count: 126}, pdu.IllegalDataValue)
	f("a value that is measured", pdu.Request{Function: pdu.WriteRegister, Address: 4, Data: []byte{0, 1}}, pdu.IllegalDataAddress)
	f("half a value", pdu.Request{Function: pdu.WriteRegister, Address: 62, Data: []byte{0, 1}}, pdu.IllegalDataAddress)
	f("beyond its limit", pdu.Request{Function: pdu.WriteRegister, Address: 17, Data: []byte{0, 121}}, pdu.IllegalDataValue)
	before := p.Shown(lathe1)["feed.override"]
	modbusWrite(t, d, 17, 80, 90) // feed and spindle together
	if got := modbusRead(t, d, 17, 2); string(got) != "\x00\x50\x00\x5a" || before != 100.0 {
		t.Errorf("read back %x after writing 80 and 90 over %v", got, before)
	}
	if err := modbusTryWrite(t, d, 17, 70, 200); !errors.Is(err, pdu.IllegalDataValue) || p.Shown(lathe1)["feed.override"] != 80.0 {
		t.Errorf("one of two beyond its limit: %v, feed %v; want neither written", err, p.Shown(lathe1)["feed.override"])
	}
	d.Params = map[string]string{"unit": "99"}
	f("a unit that is not there", pdu.Request{Function: pdu.ReadHolding, Address: 0, Count: 1}, pdu.GatewayTarget)
}

// Counters of 16 bits roll over where their controllers' do.
func TestModbus_CountersRollOver(t *testing.T) {
	t.Parallel()
	p := only(t, 1, lathe1)
	device := listen(t, p)
	d := device(lathe1)
	last, rolled := -1, 0
	for range 7 * 24 {
		p.Advance(p.Now().Add(time.Hour))
		n := int(binary.BigEndian.Uint16(modbusRead(t, d, 4, 1)))
		if n < last {
			rolled++
			if last < 60_000 || n > 5000 {
				t.Errorf("from %d to %d", last, n)
			}
		}
		last = n
	}
	if rolled != 1 {
		t.Errorf("%d roll-overs in a week; want 1", rolled)
	}
}

func TestModbus_Faults(t *testing.T) {
	t.Parallel()
	p := demo(t, 1)
	device := listen(t, p)
	d, neighbour := device(lathe1), device(lathe2)
	q := pdu.Request{Function: pdu.ReadHolding, Address: 4, Count: 8}
	with := func(k sim.FaultKind, f func()) {
		t.Helper()
		must(t, p.Set(sim.Fault{Machine: lathe1, Kind: k}, true))
		f()
		if _, err := ask(t, neighbour, q); err != nil {
			t.Errorf("%s: the neighbour suffers: %v", k, err)
		}
		must(t, p.Set(sim.Fault{Machine: lathe1, Kind: k}, false))
		if _, err := ask(t, d, q); err != nil {
			t.Errorf("after %s: %v", k, err)
		}
	}
	with(sim.Unplug, func() {
		if _, err := ask(t, d, q); !errors.Is(err, pdu.GatewayTarget) {
			t.Errorf("unplugged: %v; want %v", err, pdu.GatewayTarget)
		}
	})
	with(sim.Silent, func() {
		c, err := net.Dial("tcp", d.Address)
		must(t, err)
		defer c.Close()
		if _, err := askOn(t, c, d, q, 100*time.Millisecond); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("silent: %v; want no answer", err)
		}
		// The line itself lives: the neighbour behind the same one answers.
		if _, err := askOn(t, c, neighbour, q, patience); err != nil {
			t.Errorf("neighbour on the same line: %v", err)
		}
	})
	with(sim.Garbage, func() {
		if b, err := ask(t, d, q); err == nil {
			t.Errorf("garbage was taken for %x", b)
		}
	})
	with(sim.NaN, func() {
		if v := float(modbusRead(t, d, 9, 2)); !math.IsNaN(v) {
			t.Errorf("power = %v; want NaN", v)
		}
	})
	with(sim.Sentinel, func() {
		if v, n := float(modbusRead(t, d, 9, 2)), modbusRead(t, d, 4, 1); v != float64(float32(1e38)) || n[0] != 0xFF || n[1] != 0xFF {
			t.Errorf("power = %v, count %x; want 1e38 and all bits", v, n)
		}
	})
	with(sim.Freeze, func() {
		before := p.Shown(lathe1)
		p.Advance(p.Now().Add(time.Hour))
		for name, v := range p.Shown(lathe1) {
			if v != before[name] {
				t.Errorf("frozen, but %s moved from %v to %v", name, before[name], v)
			}
		}
	})
	must(t, p.Set(sim.Fault{Machine: lathe1, Kind: sim.CounterBack}, true))
	if n := binary.BigEndian.Uint16(modbusRead(t, d, 4, 1)); n != 0 {
		t.Errorf("count %d after the controller's counters were set to 0", n)
	}
	p.Advance(p.Now().Add(time.Hour))
	if n := binary.BigEndian.Uint16(modbusRead(t, d, 4, 1)); n == 0 || n > 300 {
		t.Errorf("count %d an hour later", n)
	}
}

// A client of other people's making reads the same.
func TestModbus_Mbpoll(t *testing.T) {
	t.Parallel()
	mbpoll := peer.Program(t, "mbpoll", "apt-get install mbpoll")
	p := demo(t, 1)
	d := listen(t, p)(lathe2)
	host, port, err := net.SplitHostPort(d.Address)
	must(t, err)
	run := func(args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), mbpoll, append([]string{"-m", "tcp", "-p", port, "-a", d.Params["unit"], "-0", "-1"}, args...)...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %v\n%s", cmd, err, out)
		}
		return string(out)
	}
	value := func(out, at string) string {
		m := regexp.MustCompile(`\[` + at + `\]:\s+(\S+)`).FindStringSubmatch(out)
		if m == nil {
			t.Fatalf("no [%s] in\n%s", at, out)
		}
		return m[1]
	}
	shown := p.Shown(lathe2)
	if got, want := value(run("-r", "4", "-c", "1", host), "4"), strconv.Itoa(int(shown["count.good"].(float64))%65536); got != want {
		t.Errorf("mbpoll reads %s good parts; want %s", got, want)
	}
	got, err := strconv.ParseFloat(value(run("-r", "58", "-c", "1", "-t", "4:float", "-B", host), "58"), 64)
	must(t, err)
	if want := shown["voltage.supply"].(float64); math.Abs(got-want) > 0.06 {
		t.Errorf("mbpoll reads %v V; want %v", got, want)
	}
	run("-r", "17", host, "85")
	if got := p.Shown(lathe2)["feed.override"]; got != 85.0 {
		t.Errorf("feed override %v after mbpoll wrote 85", got)
	}
}
