package sim

import (
	"net"
	"sync"
)

// maxClients is what a controller serves at once; more are turned away.
const maxClients = 64

// tcpServer takes connections and gives each to serve, which returns when the
// connection is of no use any more.
type tcpServer struct {
	l     net.Listener
	serve func(c net.Conn)
	mu    sync.Mutex
	conns map[net.Conn]bool
	done  sync.WaitGroup
}

func listenTCP(address string, serve func(c net.Conn)) (*tcpServer, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	s := &tcpServer{l: l, serve: serve, conns: map[net.Conn]bool{}}
	s.done.Go(s.accept)
	return s, nil
}

func (s *tcpServer) accept() {
	for {
		c, err := s.l.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		full := len(s.conns) >= maxClients
		if !full {
			s.conns[c] = true
		}
		s.mu.Unlock()
		if full {
			_ = c.Close()
			continue
		}
		s.done.Go(func() {
			s.serve(c)
			_ = c.Close()
			s.mu.Lock()
			delete(s.conns, c)
			s.mu.Unlock()
		})
	}
}

func (s *tcpServer) address() string { return s.l.Addr().String() }

func (s *tcpServer) close() {
	_ = s.l.Close()
	s.mu.Lock()
	for c := range s.conns {
		_ = c.Close()
	}
	s.mu.Unlock()
	s.done.Wait()
}
