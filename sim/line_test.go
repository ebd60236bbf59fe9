package sim_test

import (
	"io"
	"net"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"go.bug.st/serial"

	"zhigai/connect"
	"zhigai/connect/dlt645"
	"zhigai/connect/line"
	"zhigai/connect/modbus"
	"zhigai/connect/peer"
	"zhigai/plant"
	"zhigai/sim"
)

// One profile, three wires: the machine shows the same whatever leads to it.
func TestServe_OneProfileOverEveryWire(t *testing.T) {
	t.Parallel()
	lines := line.NewPool(line.Options{})
	for protocol, driver := range map[string]connect.Driver{
		"modbus": modbus.New(), "modbus-tcp": modbus.New(), "modbus-rtu": modbus.NewSerial(lines), "dlt645": dlt645.New(lines),
	} {
		at := "holding 10 float32 CDAB"
		if protocol == "dlt645" {
			at = "02010100"
		}
		server, d, err := sim.Stand(sim.Kind{ID: "x", Class: "meter", Protocol: protocol, Signals: []sim.Signal{{Name: "voltage.a", Kind: "number", At: at}}}, "127.0.0.1:0", 1)
		must(t, err)
		server.Show("voltage.a", 230.5, "")
		if d.Driver != driver.Kind() {
			t.Errorf("%s is served as %s", protocol, d.Driver)
		}
		result := connect.Trial(t.Context(), driver, connect.DeviceSpec{
			Device: d, Timeout: time.Second, Points: []connect.PointSpec{{Tag: 1, Name: "v", Kind: plant.KindNumber, Address: at}},
		}, time.Now)
		if !result.OK || result.Values[0].Value == nil || *result.Values[0].Value != 230.5 {
			t.Errorf("%s: %+v", protocol, result)
		}
		server.Close()
	}
}

// mbpoll is built on libmodbus: a master that knows nothing of ours reads a machine
// of the simulation over a serial cable.
func TestMbpoll_RTU(t *testing.T) {
	t.Parallel()
	program := peer.Program(t, "mbpoll", "apt-get install mbpoll")
	server, d, err := sim.Stand(sim.Kind{ID: "x", Class: "meter", Protocol: "modbus-rtu", Signals: []sim.Signal{
		{Name: "a", Kind: "number", At: "holding 10 uint16"},
		{Name: "b", Kind: "number", At: "holding 11 uint16"},
		{Name: "c", Kind: "number", At: "input 3 float32"},
		{Name: "d", Kind: "number", At: "holding 12 uint16", Writable: true},
	}}, "127.0.0.1:0", 1)
	must(t, err)
	defer server.Close()
	server.Show("a", 4711, "")
	server.Show("b", 815, "")
	server.Show("c", 1000.5, "")
	cable := peer.NewCable(t)
	port, err := serial.Open(cable.A, &serial.Mode{BaudRate: 19200})
	must(t, err)
	c, err := net.Dial("tcp", d.Address)
	must(t, err)
	var joined sync.WaitGroup // as a serial server does
	joined.Go(func() { _, _ = io.Copy(port, c) })
	joined.Go(func() { _, _ = io.Copy(c, port) })
	defer func() {
		_, _ = port.Close(), c.Close()
		joined.Wait()
	}()
	value := regexp.MustCompile(`(?m)^\[\d+\]:\s+(\S+)`)
	f := func(args, want string) {
		t.Helper()
		out, err := exec.Command(program, strings.Fields("-m rtu -b 19200 -P none -a 1 -0 -1 -o 5 "+args)...).CombinedOutput()
		var got []string
		for _, m := range value.FindAllStringSubmatch(string(out), -1) {
			got = append(got, m[1])
		}
		if s := strings.Join(got, " "); s != want || err != nil {
			t.Errorf("mbpoll %s: %q, %v; want %q\n%s", args, s, err, want, out)
		}
	}
	f("-t 4 -r 10 -c 2 "+cable.B, "4711 815")
	f("-t 3:float -B -r 3 -c 1 "+cable.B, "1000.5")
	f("-t 4 -r 12 "+cable.B+" 77", "")
	f("-t 4 -r 10 -c 3 "+cable.B, "4711 815 77")
}
