package mqtt

import (
	"net"
	"sync"
)

// gate limits how many connections are open at once, sets TCP probes, and
// closes at the end also those that never logged in, which the broker below
// would wait for.
type gate struct {
	net.Listener
	max int

	mu     sync.Mutex
	open   map[net.Conn]struct{}
	closed bool
}

func newGate(l net.Listener, most int) *gate {
	return &gate{Listener: l, max: most, open: make(map[net.Conn]struct{})}
}

// Accept drops what is over the limit: a full house must not grow a queue.
func (g *gate) Accept() (net.Conn, error) {
	for {
		c, err := g.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if tcp, ok := c.(*net.TCPConn); ok {
			// An error leaves the system's own probes, which are only slower.
			_ = tcp.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true, Idle: probeIdle, Interval: probeEvery, Count: probeCount})
		}
		gc := &gatedConn{Conn: c, gate: g}
		if g.enter(gc) {
			return gc, nil
		}
		_ = c.Close()
	}
}

func (g *gate) enter(c net.Conn) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed || len(g.open) >= g.max {
		return false
	}
	g.open[c] = struct{}{}
	return true
}

func (g *gate) leave(c net.Conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.open, c)
}

// closeAll ends every connection that is still open.
func (g *gate) closeAll() {
	g.mu.Lock()
	g.closed = true
	conns := make([]net.Conn, 0, len(g.open))
	for c := range g.open {
		conns = append(conns, c)
	}
	g.mu.Unlock()
	for _, c := range conns {
		_ = c.Close()
	}
}

type gatedConn struct {
	net.Conn
	gate *gate
}

func (c *gatedConn) Close() error {
	c.gate.leave(c)
	return c.Conn.Close()
}
