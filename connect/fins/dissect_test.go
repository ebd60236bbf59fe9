package fins_test

import (
	"regexp"
	"strings"
	"sync"
	"testing"

	"zhigai/connect"
	"zhigai/connect/fins"
	"zhigai/connect/fins/frame"
	"zhigai/connect/peer"
	"zhigai/plant"
)

// malformed is how tshark prints what it cannot make sense of.
var malformed = regexp.MustCompile(`(?i).*(malformed|expert info \(error).*`)

// An independent program makes sense of every frame, ours as a client and ours
// as a server.
func TestDissector_NothingMalformed(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var packets []peer.Packet
	keep := func(q frame.Frame, a frame.Frame) {
		mu.Lock()
		defer mu.Unlock()
		packets = append(packets, peer.Packet{ToServer: true, Data: q.Append(nil)}, peer.Packet{Data: a.Append(nil)})
	}
	s := (&controller{store: newStore(), answer: func(q question) bool {
		keep(q.Frame, q.answer)
		return honest(q)
	}}).serve(t)
	c := open(t, fins.New(), s.device("udp"))
	who := frame.Frame{Source: frame.Address{Node: 1}, Destination: frame.Address{Node: 1}, Command: frame.ReadController, Data: []byte{0}}
	keep(who, frame.Answer(who, s.store))
	// What is missing stands in a stretch of more than four words: of a refusal of
	// scattered ones, which has no data, tshark 4.0 wants some.
	wants := []want{number("D1", 1), number("W7", 7), number("D500", 500), {address: "CIO 5.02", kind: plant.KindBoolean, number: 1}, number("D995", 995), missing("D1000")}
	for i := range 20 {
		wants = append(wants, number([]string{"D600", "D601", "D602", "D603", "D604"}[i%5], float64(600+i%5)))
	}
	expect(t, c, wants...)
	for address, value := range map[string]any{"D300 float32": 1.5, "CIO 20.03": true} {
		must(t, c.(connect.Writer).Write(within(t, patience), connect.Point{Address: address, Kind: plant.KindNumber}, value))
	}
	all := peer.Dissect(t, "udp", 9600, packets, "-V")
	if wrong := malformed.FindString(all); wrong != "" {
		t.Errorf("tshark says %s in\n%s", wrong, all)
	}
	for _, word := range []string{
		"Command CODE: Memory Area Read (0x0101)", "Command CODE: Memory Area Write (0x0102)", "Command CODE: Multiple Memory Area Read (0x0104)",
		"Command CODE: Controller Data Read (0x0501)", "Response code: Normal completion (0x0000)", "DM : Word contents", "First address in inaccessible area", "CJ2M-CPU31",
	} {
		if !strings.Contains(all, word) {
			t.Errorf("tshark does not see %q in\n%.6000s", word, all)
		}
	}
	// It is no yes-man: a read command without its end is seen.
	cut := []peer.Packet{{ToServer: true, Data: packets[0].Data[:15]}}
	if out := peer.Dissect(t, "udp", 9600, cut, "-V"); !malformed.MatchString(out) {
		t.Errorf("tshark sees nothing wrong in\n%s", out)
	}
}

// The header of FINS over TCP and what it carries.
func TestDissector_TCP(t *testing.T) {
	t.Parallel()
	q := frame.Frame{Source: frame.Address{Node: 239}, Destination: frame.Address{Node: 10}, SID: 7, Command: frame.ReadMemory, Data: frame.Range{Area: frame.Data, Count: 2}.Read()}
	packets := []peer.Packet{
		{ToServer: true, Data: frame.Hello(0).Append(nil)},
		{Data: frame.Welcome(239, 10).Append(nil)},
		{ToServer: true, Data: frame.Packet{Command: frame.SendFrame, Body: q.Append(nil)}.Append(nil)},
		{Data: frame.Packet{Command: frame.SendFrame, Body: frame.Answer(q, newStore()).Append(nil)}.Append(nil)},
	}
	all := peer.Dissect(t, "tcp", 9600, packets, "-V")
	if wrong := malformed.FindString(all); wrong != "" {
		t.Errorf("tshark says %s in\n%s", wrong, all)
	}
	for _, word := range []string{"Memory Area Read (0x0101)", "Normal completion (0x0000)"} {
		if !strings.Contains(all, word) {
			t.Errorf("tshark does not see %q in\n%s", word, all)
		}
	}
}
