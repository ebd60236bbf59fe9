package snmp_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"zhigai/connect"
	"zhigai/connect/conntest"
	"zhigai/connect/peer"
	"zhigai/connect/snmp"
	"zhigai/plant"
	"zhigai/sim"
)

// The simulated agent keeps the contract too, in both versions that it speaks.
func TestConformance_Sim(t *testing.T) {
	for _, version := range []string{"1", "2c"} {
		t.Run("version "+version, func(t *testing.T) {
			kind := sim.Kind{ID: "x", Class: "lathe", Protocol: snmp.Kind, Signals: []sim.Signal{
				{Name: "feed.override", Kind: plant.KindNumber, At: own + "1.0", Writable: true},
				{Name: "part.target", Kind: plant.KindNumber, At: own + "2.0", Scale: 0.5, Writable: true},
				{Name: "spindle.override", Kind: plant.KindNumber, At: own + "3.0", Writable: true},
				{Name: "x.note", Kind: plant.KindText, At: own + "4.0"},
			}}
			address := "127.0.0.1:" + freePort(t)
			var cancel context.CancelFunc
			start := func() {
				ctx, end := context.WithCancel(context.Background())
				cancel = end
				_, err := sim.Serve(ctx, kind, address, 1)
				must(t, err)
			}
			device := plant.Device{Driver: snmp.Kind, Address: address, Params: map[string]string{"version": version, "timeout": "1s"}}
			stop := func() {
				cancel()
				for end := time.Now().Add(patience); ; {
					c, err := net.ListenPacket("udp", address)
					if err == nil {
						_ = c.Close()
						return
					}
					if time.Now().After(end) {
						t.Fatal("still listens")
					}
				}
			}
			start()
			t.Cleanup(func() { cancel() })
			conntest.Run(t, conntest.Party{
				Driver: snmp.New(), Device: device, Timeout: 5 * time.Second,
				Values: []conntest.Value{
					{Address: own + "2.0", Kind: plant.KindNumber, Number: 60},
					{Address: own + "3.0", Kind: plant.KindNumber, Number: 100},
					{Address: own + "4.0", Kind: plant.KindText},
					{Address: "sysDescr.0", Kind: plant.KindText, Text: "zhigai simulated lathe"},
				},
				Missing:  connect.Point{Address: own + "6.0", Kind: plant.KindNumber},
				Writable: connect.Point{Address: own + "1.0", Kind: plant.KindNumber}, Writes: []any{70.0, 85.0, 100.0},
				WrongPoint:  connect.Point{Address: "1", Kind: plant.KindNumber},
				WrongDevice: plant.Device{Driver: snmp.Kind, Address: "10.0.0.1"},
				Stop:        stop, Start: start,
			})
		})
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	must(t, err)
	defer func() { _ = c.Close() }()
	return fmt.Sprint(c.LocalAddr().(*net.UDPAddr).Port)
}

// Debian's own client walks the simulated agent from end to end.
func TestSim_Walk(t *testing.T) {
	walk := peer.Program(t, "snmpbulkwalk", "apt-get install snmp")
	kind := sim.Kind{ID: "x", Class: "lathe", Protocol: snmp.Kind}
	for i := range 70 {
		kind.Signals = append(kind.Signals, sim.Signal{Name: fmt.Sprint("x.n", i), Kind: plant.KindNumber, At: fmt.Sprint(own, "7.", i+1)})
	}
	d, err := sim.Serve(t.Context(), kind, "127.0.0.1:0", 1)
	must(t, err)
	cmd := exec.CommandContext(within(t, patience), walk, "-v2c", "-c", "public", "-On", "-m", "", d.Address, "1.3.6.1")
	cmd.Env = append(os.Environ(), "SNMP_PERSISTENT_DIR="+t.TempDir())
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) != 74 && len(lines) != 75 || !strings.HasPrefix(lines[0], ".1.3.6.1.2.1.1.1.0 = STRING") || !strings.HasPrefix(lines[73], "."+own+"7.70 = ") {
		t.Errorf("%d lines:\n%s", len(lines), out)
	}
}
