package sim

import (
	"io"
	"net"
	"sync"
)

// porch passes connections on to a server behind it, so that they can be
// counted and cut: the OPC UA library never lets go of one by itself.
type porch struct {
	l     net.Listener
	inner string
	done  sync.WaitGroup

	mu     sync.Mutex
	open   map[net.Conn]bool
	closed bool
}

// newPorch listens; nobody is let in before [porch.begin].
func newPorch(address string) (*porch, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	return &porch{l: l, open: map[net.Conn]bool{}}, nil
}

func (p *porch) begin(inner string) {
	p.inner = inner
	p.done.Go(func() {
		for {
			c, err := p.l.Accept()
			if err != nil {
				return
			}
			p.done.Go(func() { p.pass(c) })
		}
	})
}

func (p *porch) pass(c net.Conn) {
	defer c.Close()
	if !p.enter(c) {
		return
	}
	defer p.leave(c)
	in, err := net.Dial("tcp", p.inner)
	if err != nil {
		return
	}
	defer in.Close()
	if !p.enter(in) {
		return
	}
	defer p.leave(in)
	var both sync.WaitGroup
	both.Go(func() {
		_, _ = io.Copy(in, c) // whoever ends first ends both
		_ = in.Close()
		_ = c.Close()
	})
	_, _ = io.Copy(c, in)
	_ = in.Close()
	_ = c.Close()
	both.Wait()
}

func (p *porch) enter(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || len(p.open) >= 2*maxConns { // each stands here with both its ends
		return false
	}
	p.open[c] = true
	return true
}

func (p *porch) leave(c net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, c)
}

// close cuts every connection and waits until all are gone.
func (p *porch) close() {
	_ = p.l.Close()
	p.mu.Lock()
	p.closed = true
	for c := range p.open {
		_ = c.Close()
	}
	p.mu.Unlock()
	p.done.Wait()
}
