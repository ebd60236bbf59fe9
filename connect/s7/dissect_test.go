package s7_test

import (
	"testing"

	"zhigai/connect"
	"zhigai/connect/conntest"
	"zhigai/connect/peer"
	"zhigai/connect/s7"
	"zhigai/connect/s7/pdu"
	"zhigai/plant"
)

// converse does all the driver can do.
func converse(t *testing.T, d plant.Device) {
	t.Helper()
	c := conntest.Open(t, s7.New(), d)
	points := []connect.Point{{Address: "CPU order", Kind: plant.KindText}}
	for _, w := range everyType {
		points = append(points, connect.Point{Address: w.Address, Kind: w.Kind})
	}
	g, err := c.Prepare(points)
	must(t, err)
	must(t, g.Read(within(t, patience), make([]connect.Reading, len(points))))
	for address, value := range map[string]any{"DB2.DBD100 real": 1.5, "DB2.DBX104.3": true, "DB2.DBB105": 3.0} {
		must(t, c.(connect.Writer).Write(within(t, patience), connect.Point{Address: address, Kind: plant.KindNumber}, value))
	}
}

// An independent program makes sense of every frame of ours, as a client of a
// foreign controller and as a server.
func TestDissector_NothingMalformed(t *testing.T) {
	t.Parallel()
	f := func(name string, d plant.Device) {
		t.Helper()
		tap := peer.NewTap(t, d.Address)
		d.Address = tap.Address()
		converse(t, d)
		seen := map[string]int{}
		for _, line := range tap.Dissect(102, "s7comm", "s7comm.header.rosctr", "s7comm.param.func") {
			seen[line]++
		}
		// Kinds 1 and 3 are jobs and their answers, 7 is user data (the lists);
		// functions 0xf0 setup, 0x04 read, 0x05 write.
		for _, one := range []string{"1\t0xf0", "1\t0x04", "1\t0x05"} {
			if answer := "3" + one[1:]; seen[one] == 0 || seen[one] != seen[answer] {
				t.Errorf("%s: tshark sees %v; want as many %q as %q", name, seen, answer, one)
			}
		}
		if seen["7\t"] != 4 || seen["1\t0x05"] != 3 {
			t.Errorf("%s: tshark sees %v; want two lists, asked and answered, and three writes", name, seen)
		}
	}
	bank := newMemory(map[uint16]int{1: 512, 2: 512})
	bank.who = pdu.Identity{Name: "CPU", Order: "6ES7 315-2EH14-0AB0", Version: "3.2.6", Serial: "S C-1"}
	f("server", controller{bank: bank}.serve(t))
	port := peer.Port(t)
	snap7Again(t, port)
	f("client", cpu315(port))
}
