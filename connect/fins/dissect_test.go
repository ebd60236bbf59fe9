package fins_test

import (
	"testing"

	"zhigai/connect"
	"zhigai/connect/conntest"
	"zhigai/connect/fins"
	"zhigai/connect/peer"
	"zhigai/plant"
)

// An independent program makes sense of every frame, ours as a client and ours
// as a server. What goes over UDP is what the packets over TCP carry.
func TestDissector_NothingMalformed(t *testing.T) {
	t.Parallel()
	s := (&controller{store: newStore()}).serve(t)
	d := s.device("tcp")
	tap := peer.NewTap(t, d.Address)
	d.Address = tap.Address()
	c := conntest.Open(t, fins.New(), d)
	// What is missing stands in a stretch of more than four words: of a refusal of
	// scattered ones, which has no data, tshark 4.0 wants some.
	wants := []conntest.Want{conntest.Number("D1", 1), conntest.Number("W7", 7), conntest.Number("D500", 500), {Address: "CIO 5.02", Kind: plant.KindBoolean, Number: 1}, conntest.Number("D995", 995), conntest.Missing("D1000")}
	conntest.Expect(t, c, wants...)
	for address, value := range map[string]any{"D300 float32": 1.5, "CIO 20.03": true} {
		must(t, c.(connect.Writer).Write(within(t, patience), connect.Point{Address: address, Kind: plant.KindNumber}, value))
	}
	seen := map[string]int{}
	for _, line := range tap.Dissect(9600, "omron.command", "omron.command", "omron.response.code") {
		seen[line]++
	}
	for _, line := range []string{
		"0x0501\t", "0x0501\t0x0000", "0x0104\t", "0x0104\t0x0000", "0x0101\t", "0x0101\t0x0000", "0x0101\t0x1104", "0x0102\t", "0x0102\t0x0000",
	} {
		if seen[line] == 0 {
			t.Errorf("tshark sees %v; want some %q", seen, line)
		}
	}
}
