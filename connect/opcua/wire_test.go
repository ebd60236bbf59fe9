package opcua_test

import (
	"net"
	"sync"
	"testing"
)

// wire is a TCP connection to the server that can be cut without either end
// having a say in it.
type wire struct {
	l      net.Listener
	to     string
	mu     sync.Mutex
	conns  []net.Conn
	down   bool
	frozen chan struct{} // closed: nothing passes any more, and nothing ends
}

func newWire(t *testing.T, to string) *wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	w := &wire{l: l, to: to, frozen: make(chan struct{})}
	go w.accept()
	t.Cleanup(func() { _ = l.Close(); w.cut() })
	return w
}

func (w *wire) accept() {
	for {
		in, err := w.l.Accept()
		if err != nil {
			return
		}
		w.mu.Lock()
		down, to := w.down, w.to
		w.mu.Unlock()
		if down {
			_ = in.Close()
			continue
		}
		out, err := net.Dial("tcp", to)
		if err != nil {
			_ = in.Close()
			continue
		}
		w.mu.Lock()
		w.conns = append(w.conns, in, out)
		w.mu.Unlock()
		go w.pass(out, in)
		go w.pass(in, out)
	}
}

func (w *wire) pass(to, from net.Conn) {
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		select {
		case <-w.frozen:
			return
		default:
		}
		if n > 0 {
			if _, err := to.Write(buf[:n]); err != nil {
				break
			}
		}
		if err != nil {
			break
		}
	}
	_ = to.Close()
	_ = from.Close()
}

// freeze lets nothing through any more, with all connections open.
func (w *wire) freeze() { close(w.frozen) }

// lead leads connections to come to another server.
func (w *wire) lead(to string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.to = to
}

// cut ends the connections and takes no more until mend.
func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.down = true
	for _, c := range w.conns {
		_ = c.Close()
	}
	w.conns = nil
}

func (w *wire) mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.down = false
}
