package linktest

import (
	"io"
	"net"
	"sync"
	"time"
)

// Proxy passes TCP connections on and spoils them on demand.
type Proxy struct {
	listener net.Listener
	mu       sync.Mutex
	target   string
	conns    map[net.Conn]bool
	refuse   bool
	stalled  chan struct{} // nil: running; closed to go on
	perSec   int           // bytes per second and direction; 0: no limit
	cutAfter int64         // bytes up to the target after which all is cut; 0: never
	up, down int64
	work     sync.WaitGroup
	closed   chan struct{}
}

// NewProxy listens on a free port for the target.
func NewProxy(target string) (*Proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Proxy{listener: l, target: target, conns: map[net.Conn]bool{}, closed: make(chan struct{})}
	p.work.Go(p.accept)
	return p, nil
}

// Address is where clients connect.
func (p *Proxy) Address() string { return p.listener.Addr().String() }

// SetTarget sends new connections elsewhere.
func (p *Proxy) SetTarget(target string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.target = target
}

// Cut closes all connections; with refuse new ones are closed too, until
// Restore.
func (p *Proxy) Cut(refuse bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refuse = refuse
	for c := range p.conns {
		_ = c.Close()
	}
}

// CutAfter cuts all when so many more bytes have gone up: in the middle of a
// message as likely as not.
func (p *Proxy) CutAfter(bytes int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cutAfter = p.up + bytes
}

// Restore lets everything pass again.
func (p *Proxy) Restore() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refuse, p.perSec = false, 0
	if p.stalled != nil {
		close(p.stalled)
		p.stalled = nil
	}
}

// Stall keeps connections open and passes nothing, both ways: half open.
func (p *Proxy) Stall() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stalled == nil {
		p.stalled = make(chan struct{})
	}
}

// Throttle passes so many bytes per second and direction.
func (p *Proxy) Throttle(bytesPerSecond int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.perSec = bytesPerSecond
}

// Close ends everything.
func (p *Proxy) Close() {
	close(p.closed)
	_ = p.listener.Close()
	p.Restore()
	p.Cut(true)
	p.work.Wait()
}

func (p *Proxy) accept() {
	for {
		c, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.mu.Lock()
		refuse, target := p.refuse, p.target
		p.mu.Unlock()
		if refuse {
			_ = c.Close()
			continue
		}
		p.work.Go(func() { p.serve(c, target) })
	}
}

func (p *Proxy) serve(c net.Conn, target string) {
	defer c.Close()
	t, err := net.Dial("tcp", target)
	if err != nil {
		return
	}
	defer t.Close()
	p.mu.Lock()
	p.conns[c], p.conns[t] = true, true
	refuse := p.refuse
	p.mu.Unlock()
	if refuse {
		return
	}
	var both sync.WaitGroup
	both.Go(func() { p.pass(t, c, &p.up) })
	both.Go(func() { p.pass(c, t, &p.down) })
	both.Wait()
	p.mu.Lock()
	delete(p.conns, c)
	delete(p.conns, t)
	p.mu.Unlock()
}

func (p *Proxy) pass(dst, src net.Conn, count *int64) {
	defer dst.Close()
	defer src.Close()
	buf := make([]byte, 8<<10)
	for {
		n, err := src.Read(buf)
		if n > 0 && !p.deliver(dst, buf[:n], count) {
			return
		}
		if err != nil {
			return
		}
	}
}

func (p *Proxy) deliver(dst io.Writer, part []byte, count *int64) bool {
	p.mu.Lock()
	stalled, perSec := p.stalled, p.perSec
	*count += int64(len(part))
	cut := p.cutAfter > 0 && p.up >= p.cutAfter
	if cut {
		p.cutAfter = 0
		part = part[:len(part)/2]
	}
	p.mu.Unlock()
	if stalled != nil {
		select {
		case <-stalled:
		case <-p.closed:
			return false
		}
	}
	if perSec > 0 {
		t := time.NewTimer(time.Duration(float64(len(part)) / float64(perSec) * float64(time.Second)))
		defer t.Stop()
		select {
		case <-t.C:
		case <-p.closed:
			return false
		}
	}
	if _, err := dst.Write(part); err != nil {
		return false
	}
	if cut {
		p.Cut(false)
	}
	return !cut
}
