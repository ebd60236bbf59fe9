package line

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// maxRegistration is the longest registration that modems can be set to send.
	maxRegistration = 100
	// maxPacket is the longest packet that may hold one.
	maxPacket = 512
	// maxUnclaimed is how many modems may wait for a device to be entered; more
	// push out who waits longest.
	maxUnclaimed = 256
	// registerWithin is how long a modem may take to say who it is.
	registerWithin = 30 * time.Second
	// packetEnds is the pause that ends a packet.
	packetEnds = 500 * time.Millisecond
)

// dtuServer takes in modems that dial in.
type dtuServer struct {
	mu        sync.Mutex
	listeners map[string]*dtuListener
}

func newDTUServer() *dtuServer { return &dtuServer{listeners: map[string]*dtuListener{}} }

// dtuListener is one port where modems dial in.
type dtuListener struct {
	l     net.Listener
	tasks sync.WaitGroup

	mu        sync.Mutex
	users     map[string]int      // lines by registration
	claimed   map[string]*dtuConn // by registration
	unclaimed []*dtuConn          // oldest first
	nameless  map[net.Conn]bool   // have not said who they are
	changed   chan struct{}       // closed at every new modem
}

// dtuConn is a modem that has registered.
type dtuConn struct {
	net.Conn
	packet    []byte // what it registered with
	heartbeat []byte
}

// expect listens where the modem will dial in.
func (s *dtuServer) expect(a Address) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.listeners[a.Listen]
	if d == nil {
		l, err := net.Listen("tcp", a.Listen)
		if err != nil {
			return fmt.Errorf("line %s: listen for DTUs: %w; write another host:port as listen, or end the program that holds this one", a, err)
		}
		d = &dtuListener{l: l, users: map[string]int{}, claimed: map[string]*dtuConn{}, nameless: map[net.Conn]bool{}, changed: make(chan struct{})}
		s.listeners[a.Listen] = d
		d.tasks.Go(d.accept)
	}
	d.mu.Lock()
	d.users[a.Place]++
	d.mu.Unlock()
	return nil
}

// forget ends the wait for the modem; the last one ends the listener.
func (s *dtuServer) forget(a Address) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.listeners[a.Listen]
	d.mu.Lock()
	if d.users[a.Place]--; d.users[a.Place] == 0 {
		delete(d.users, a.Place)
		delete(d.claimed, a.Place)
	}
	last := len(d.users) == 0
	if last {
		for c := range d.nameless {
			_ = c.Close()
		}
		for _, c := range d.unclaimed {
			_ = c.Close()
		}
	}
	d.mu.Unlock()
	if last {
		delete(s.listeners, a.Listen)
		_ = d.l.Close()
		d.tasks.Wait()
	}
}

// address is where the listener of a listens, for port 0.
func (s *dtuServer) address(listen string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if d := s.listeners[listen]; d != nil {
		return d.l.Addr().String()
	}
	return ""
}

func (d *dtuListener) accept() {
	for {
		c, err := d.l.Accept()
		if err != nil {
			return // closed
		}
		d.mu.Lock()
		full := len(d.nameless) >= maxUnclaimed
		if !full {
			d.nameless[c] = true
		}
		d.mu.Unlock()
		if full {
			_ = c.Close()
			continue
		}
		d.tasks.Go(func() { d.register(c) })
	}
}

// register reads the first packet of a modem.
func (d *dtuListener) register(c net.Conn) {
	packet, err := d.packet(c)
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.nameless, c)
	if err != nil || len(d.users) == 0 {
		_ = c.Close()
		return
	}
	one := &dtuConn{Conn: c, packet: packet}
	// A modem that dials in again has lost its connection, whether we know or not.
	d.unclaimed = slices.DeleteFunc(d.unclaimed, func(old *dtuConn) bool {
		again := bytes.Equal(old.packet, packet)
		if again {
			_ = old.Close()
		}
		return again
	})
	for name, old := range d.claimed {
		if registers(packet, name) {
			_ = old.Close()
			delete(d.claimed, name)
		}
	}
	if len(d.unclaimed) == maxUnclaimed {
		_ = d.unclaimed[0].Close()
		d.unclaimed = d.unclaimed[1:]
	}
	d.unclaimed = append(d.unclaimed, one)
	close(d.changed)
	d.changed = make(chan struct{})
}

// packet reads until a registration that somebody waits for is there, or a pause.
func (d *dtuListener) packet(c net.Conn) ([]byte, error) {
	var b []byte
	buf := make([]byte, maxPacket)
	wait := registerWithin
	for len(b) < maxPacket {
		if err := c.SetReadDeadline(time.Now().Add(wait)); err != nil {
			return nil, err
		}
		n, err := c.Read(buf[:maxPacket-len(b)])
		b = append(b, buf[:n]...)
		var timeout net.Error
		switch {
		case errors.As(err, &timeout) && timeout.Timeout() && len(b) > 0:
			return b, c.SetReadDeadline(time.Time{})
		case err != nil:
			return nil, err
		case d.wants(b):
			return b, c.SetReadDeadline(time.Time{})
		}
		wait = packetEnds
	}
	return b, c.SetReadDeadline(time.Time{})
}

func (d *dtuListener) wants(packet []byte) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	for name := range d.users {
		if registers(packet, name) {
			return true
		}
	}
	return false
}

// registers reports whether a packet is that modem's: the registration stands in
// it and no letter or digit beside it, so that SN1 is not SN12.
func registers(packet []byte, name string) bool {
	want, ok := literal(name)
	if !ok {
		return false
	}
	if strings.HasPrefix(name, "0x") {
		return bytes.HasPrefix(packet, want)
	}
	for at := 0; ; at++ {
		i := bytes.Index(packet[at:], want)
		if i < 0 {
			return false
		}
		at += i
		if end := at + len(want); (at == 0 || !word(packet[at-1])) && (end == len(packet) || !word(packet[end])) {
			return true
		}
	}
}

func word(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z'
}

// claim waits until the modem has dialled in.
func (s *dtuServer) claim(ctx context.Context, a Address) (io.ReadWriteCloser, error) {
	s.mu.Lock()
	d := s.listeners[a.Listen]
	s.mu.Unlock()
	if d == nil {
		return nil, errors.New("BUG: a DTU is claimed that nobody expects")
	}
	for {
		d.mu.Lock()
		changed := d.changed
		i := slices.IndexFunc(d.unclaimed, func(c *dtuConn) bool { return registers(c.packet, a.Place) })
		if i >= 0 {
			c := d.unclaimed[i]
			d.unclaimed = slices.Delete(d.unclaimed, i, i+1)
			c.heartbeat = a.Heartbeat
			d.claimed[a.Place] = c
			d.mu.Unlock()
			return c, nil
		}
		var others []string
		for _, c := range d.unclaimed {
			others = append(others, fmt.Sprintf("%.40q", c.packet))
		}
		d.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			said := "no other waits there"
			if len(others) > 0 {
				said = "waiting there are " + strings.Join(others, ", ")
			}
			return nil, fmt.Errorf("the DTU has not dialled in at %s; %s: %w", d.l.Addr(), said, ctx.Err())
		}
	}
}

// Read leaves out what keeps the connection: heartbeats, and the registration,
// which some modems repeat.
func (c *dtuConn) Read(b []byte) (int, error) {
	for {
		n, err := c.Conn.Read(b)
		kept := c.strip(b[:n])
		if n = copy(b, kept); n > 0 || err != nil {
			return n, err
		}
	}
}

func (c *dtuConn) strip(b []byte) []byte {
	for len(b) > 0 {
		rest := b
		if len(c.heartbeat) > 0 {
			rest = bytes.TrimPrefix(rest, c.heartbeat)
		}
		rest = bytes.TrimPrefix(rest, c.packet)
		if len(rest) == len(b) {
			return b
		}
		b = rest
	}
	return b
}

// DTUs lists where modems dial in that no device claims, by what they registered
// with.
func (p *Pool) DTUs(listen string) []string {
	p.dtus.mu.Lock()
	d := p.dtus.listeners[listen]
	p.dtus.mu.Unlock()
	if d == nil {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []string
	for _, c := range d.unclaimed {
		out = append(out, strings.ToValidUTF8(string(bytes.TrimSpace(c.packet)), "\uFFFD"))
	}
	return out
}

// Listening is where modems dial in, as the operating system says it; "" when
// nobody waits for one.
func (p *Pool) Listening(listen string) string { return p.dtus.address(listen) }
