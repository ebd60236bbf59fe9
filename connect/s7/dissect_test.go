package s7_test

import (
	"net"
	"regexp"
	"strings"
	"sync"
	"testing"

	"zhigai/connect"
	"zhigai/connect/peer"
	"zhigai/connect/s7"
	"zhigai/connect/s7/pdu"
	"zhigai/plant"
)

// tap carries connections to a server and keeps what went over them.
type tap struct {
	mu      sync.Mutex
	packets []peer.Packet
}

func (p *tap) listen(t *testing.T, server string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	var wg sync.WaitGroup
	t.Cleanup(func() { must(t, l.Close()); wg.Wait() })
	carry := func(from, to net.Conn, toServer bool) {
		defer func() { _ = to.Close() }()
		for b := make([]byte, 4096); ; {
			n, err := from.Read(b)
			if n > 0 {
				p.mu.Lock()
				p.packets = append(p.packets, peer.Packet{ToServer: toServer, Data: append([]byte(nil), b[:n]...)})
				p.mu.Unlock()
				_, err = to.Write(b[:n])
			}
			if err != nil {
				return
			}
		}
	}
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s, err := net.Dial("tcp", server)
			if err != nil {
				_ = c.Close()
				continue
			}
			wg.Go(func() { carry(c, s, true) })
			wg.Go(func() { carry(s, c, false) })
		}
	})
	return l.Addr().String()
}

// converse does all the driver can do.
func converse(t *testing.T, d plant.Device, writable string) {
	t.Helper()
	driver := s7.New()
	c := open(t, driver, d)
	points := []connect.Point{{Address: "CPU order", Kind: plant.KindText}}
	for _, w := range everyType {
		points = append(points, connect.Point{Address: w.address, Kind: w.kind})
	}
	g, err := c.Prepare(points)
	must(t, err)
	must(t, g.Read(within(t, patience), make([]connect.Reading, len(points))))
	for address, value := range map[string]any{writable + ".DBD100 real": 1.5, writable + ".DBX104.3": true, writable + ".DBB105": 3.0} {
		must(t, c.(connect.Writer).Write(within(t, patience), connect.Point{Address: address, Kind: plant.KindNumber}, value))
	}
}

// malformed is how tshark prints what it cannot make sense of.
var malformed = regexp.MustCompile(`(?i).*(malformed|expert info \(error).*`)

// An independent program makes sense of every frame of ours, as a client of a
// foreign controller and as a server.
func TestDissector_NothingMalformed(t *testing.T) {
	t.Parallel()
	f := func(name string, d plant.Device, writable string) {
		t.Helper()
		p := &tap{}
		d.Address = p.listen(t, d.Address)
		converse(t, d, writable)
		p.mu.Lock()
		packets := append([]peer.Packet(nil), p.packets...)
		p.mu.Unlock()
		all := peer.Dissect(t, "tcp", 102, packets, "-V")
		if wrong := malformed.FindString(all); wrong != "" {
			t.Errorf("%s: tshark says %s", name, wrong)
		}
		for _, word := range []string{
			"Function: Setup communication (0xf0)", "Function: Read Var (0x04)", "Function: Write Var (0x05)", "PDU length: 960",
			"Return code: Success (0xff)", "SZL-ID", "Transport size: BIT (1)",
		} {
			if !strings.Contains(all, word) {
				t.Errorf("%s: tshark does not see %q in\n%.4000s", name, word, all)
			}
		}
		if got, sent := strings.Count(all, "Header: (Job)"), strings.Count(all, "Header: (Ack_Data)"); got < 5 || got != sent {
			t.Errorf("%s: tshark sees %d jobs and %d answers", name, got, sent)
		}
	}
	bank := newMemory(map[uint16]int{1: 512, 2: 512})
	bank.who = pdu.Identity{Name: "CPU", Order: "6ES7 315-2EH14-0AB0", Version: "3.2.6", Serial: "S C-1"}
	f("server", controller{bank: bank}.serve(t), "DB2")
	port := peer.Port(t)
	snap7Again(t, port)
	f("client", cpu315(port), "DB2")
}

// The dissector is no yes-man: a job that says it has more items than it has is
// seen.
func TestDissector_SeesWhatIsMalformed(t *testing.T) {
	t.Parallel()
	job := pdu.Read([]pdu.Item{{Area: pdu.Blocks, DB: 1, Count: 2}})
	job.Parameter[1] = 9
	packets := []peer.Packet{{ToServer: true, Data: job.Append(nil)}}
	if out := peer.Dissect(t, "tcp", 102, packets, "-V"); !malformed.MatchString(out) {
		t.Errorf("tshark sees nothing wrong in\n%s", out)
	}
}
