package modbus_test

import (
	"net"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"zhigai/connect/modbus/pdu"
	"zhigai/connect/peer"
)

// mbpoll is built on libmodbus: a client that knows nothing of ours reads and
// writes a device that pdu answers for, so that both ends cannot be wrong in
// the same way.
func TestMbpoll_ReadsAndWritesWhatPduServes(t *testing.T) {
	program := peer.Program(t, "mbpoll", "apt-get install mbpoll")
	b := newBank().fill(200)
	for a := range uint16(20) {
		b.registers[pdu.Input][a] = 1000 + a
		b.bits[pdu.Coils][a] = byte(a % 2)
		b.bits[pdu.DiscreteInputs][a] = byte(a % 3 / 2)
	}
	b.registers[pdu.Holding][150], b.registers[pdu.Holding][151] = 0x447A, 0x2000 // 1000.5
	_, port, err := net.SplitHostPort(serve(t, honest(b)).Address)
	must(t, err)
	line := regexp.MustCompile(`(?m)^\[\d+\]:\s+(\S+)`)
	f := func(args, want string) {
		t.Helper()
		out, err := exec.Command(program, strings.Fields("-0 -1 -p "+port+" "+args)...).CombinedOutput()
		var got []string
		for _, m := range line.FindAllStringSubmatch(string(out), -1) {
			got = append(got, m[1])
		}
		if s := strings.Join(got, " "); s != want || err != nil {
			t.Errorf("mbpoll %s: %q, %v; want %q\n%s", args, s, err, want, out)
		}
	}
	f("-t 4 -r 10 -c 3 127.0.0.1", "10 11 12")
	f("-t 3 -r 0 -c 4 127.0.0.1", "1000 1001 1002 1003")
	f("-t 4:float -B -r 150 -c 1 127.0.0.1", "1000.5")
	f("-t 0 -r 0 -c 12 127.0.0.1", "0 1 0 1 0 1 0 1 0 1 0 1")
	f("-t 1 -r 0 -c 9 127.0.0.1", "0 0 1 0 0 1 0 0 1")
	f("-t 4 -r 20 127.0.0.1 4711", "")
	f("-t 4 -r 20 -c 2 127.0.0.1", "4711 21")
	f("-t 4 -r 30 127.0.0.1 1 2 3", "")
	f("-t 4 -r 29 -c 5 127.0.0.1", "29 1 2 3 33")
	f("-t 0 -r 0 127.0.0.1 1", "")
	f("-t 0 -r 3 127.0.0.1 0 0 0 0 0 0 0 0 0 1", "")
	f("-t 0 -r 0 -c 14 127.0.0.1", "1 1 0 0 0 0 0 0 0 0 0 0 1 1")
	out, err := exec.Command(program, strings.Fields("-0 -1 -p "+port+" -t 4 -r 199 -c 2 127.0.0.1")...).CombinedOutput()
	if err == nil && !strings.Contains(string(out), "Illegal data address") {
		t.Errorf("beyond the last register: %v\n%s", err, out)
	}
}
