package peer

import (
	"encoding/binary"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// Tap is a TCP proxy that keeps what goes through, for tshark to judge: a
// dissector of other people's making for protocols without a foreign party.
type Tap struct {
	t      testing.TB
	l      net.Listener
	target string
	done   sync.WaitGroup

	mu      sync.Mutex
	conns   []net.Conn
	packets []packet
	seq     map[flow]uint32 // next TCP sequence number
}

// flow is one direction of one connection; answers is the server's.
type flow struct {
	conn    uint16
	answers bool
}

type packet struct {
	flow
	seq, ack uint32
	data     []byte
}

// NewTap listens on a free port and passes everything on to the target.
func NewTap(t testing.TB, target string) *Tap {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Tap{t: t, l: l, target: target, seq: map[flow]uint32{}}
	p.done.Go(p.accept)
	t.Cleanup(p.close)
	return p
}

// Address is where to connect in place of the target.
func (p *Tap) Address() string { return p.l.Addr().String() }

func (p *Tap) close() {
	_ = p.l.Close()
	p.mu.Lock()
	for _, c := range p.conns {
		_ = c.Close()
	}
	p.mu.Unlock()
	p.done.Wait()
}

func (p *Tap) accept() {
	for n := uint16(0); ; n++ {
		in, err := p.l.Accept()
		if err != nil {
			return
		}
		out, err := net.Dial("tcp", p.target)
		if err != nil {
			_ = in.Close()
			continue
		}
		p.mu.Lock()
		p.conns = append(p.conns, in, out)
		p.mu.Unlock()
		p.done.Go(func() { p.pass(in, out, flow{n, false}) })
		p.done.Go(func() { p.pass(out, in, flow{n, true}) })
	}
}

// pass keeps data before it is passed on, so that an answer stands behind its
// question.
func (p *Tap) pass(from, to net.Conn, f flow) {
	b := make([]byte, 1<<16)
	for {
		n, err := from.Read(b)
		if n > 0 {
			p.keep(f, b[:n])
			_, _ = to.Write(b[:n]) // who left does not care
		}
		if err != nil {
			_ = to.Close()
			return
		}
	}
}

func (p *Tap) keep(f flow, b []byte) {
	const most = 1400 // of one segment
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(b) > 0 {
		n := min(len(b), most)
		p.packets = append(p.packets, packet{f, p.seq[f] + 1, p.seq[flow{f.conn, !f.answers}] + 1, append([]byte(nil), b[:n]...)})
		p.seq[f] += uint32(n)
		b = b[n:]
	}
}

// capture writes what was kept as packets to and from the server's port.
func (p *Tap) capture(file string, port uint16) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	const (
		rawIP     = 101
		ipHeader  = 20
		tcpHeader = 20
	)
	var out []byte
	le := binary.LittleEndian
	out = le.AppendUint32(out, 0xA1B2C3D4)
	out = le.AppendUint16(le.AppendUint16(out, 2), 4)
	out = le.AppendUint32(le.AppendUint32(le.AppendUint32(le.AppendUint32(out, 0), 0), 1<<18), rawIP)
	be := binary.BigEndian
	for i, one := range p.packets {
		size := uint32(ipHeader + tcpHeader + len(one.data))
		out = le.AppendUint32(le.AppendUint32(out, uint32(1_700_000_000+i/1000)), uint32(i%1000*1000))
		out = le.AppendUint32(le.AppendUint32(out, size), size)
		client, server := []byte{10, 0, 0, 1}, []byte{10, 0, 0, 2}
		from, to, source, target := client, server, 40000+one.conn, port
		if one.answers {
			from, to, source, target = server, client, port, 40000+one.conn
		}
		out = append(out, 0x45, 0)
		out = be.AppendUint16(out, uint16(size))
		out = append(out, 0, 0, 0x40, 0, 64, 6, 0, 0)
		out = append(append(out, from...), to...)
		out = be.AppendUint16(be.AppendUint16(out, source), target)
		out = be.AppendUint32(be.AppendUint32(out, one.seq), one.ack)
		out = append(out, tcpHeader/4<<4, 0x18, 0xFF, 0xFF, 0, 0, 0, 0)
		out = append(out, one.data...)
	}
	return os.WriteFile(file, out, 0o600)
}

// Dissect lets tshark read what was kept as traffic of the port, and gives the
// named fields of the packets that the filter passes, tab-separated, a line
// each. Packets it takes for malformed fail the test.
func (p *Tap) Dissect(port uint16, filter string, fields ...string) []string {
	p.t.Helper()
	tshark := Program(p.t, "tshark", "apt-get install tshark")
	file := filepath.Join(p.t.TempDir(), "tap.pcap")
	if err := p.capture(file, port); err != nil {
		p.t.Fatal(err)
	}
	run := func(args ...string) string {
		p.t.Helper()
		var stderr strings.Builder
		cmd := exec.Command(tshark, append([]string{"-n", "-r", file}, args...)...)
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil {
			p.t.Fatalf("tshark: %v: %s", err, stderr.String())
		}
		return strings.TrimRight(string(out), "\n")
	}
	if bad := run("-Y", "_ws.malformed || _ws.expert.group == 0x07000000", "-V"); bad != "" {
		p.t.Errorf("tshark takes these for malformed:\n%s", bad)
	}
	args := []string{"-Y", filter, "-T", "fields"}
	for _, f := range fields {
		args = append(args, "-e", f)
	}
	out := run(args...)
	if out == "" {
		return nil
	}
	return strings.Split(out, "\n")
}
