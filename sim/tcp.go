package sim

import (
	"math"
	"net"
	"sync"
)

// callers serves the connections to one TCP address, each on a goroutine.
type callers struct {
	l     net.Listener
	serve func(c net.Conn)
	mu    sync.Mutex
	conns map[net.Conn]bool
	done  sync.WaitGroup
}

// answerCallers listens until close; serve returns when its connection ends.
func answerCallers(address string, serve func(c net.Conn)) (*callers, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	s := &callers{l: l, serve: serve, conns: map[net.Conn]bool{}}
	s.done.Go(s.accept)
	return s, nil
}

func (s *callers) accept() {
	for {
		c, err := s.l.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		full := len(s.conns) >= maxConns
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

func (s *callers) close() {
	_ = s.l.Close()
	s.mu.Lock()
	for c := range s.conns {
		_ = c.Close()
	}
	s.mu.Unlock()
	s.done.Wait()
}

// onWire is a value as the controller holds it, before its profile scales it.
func (s *Signal) onWire(v float64) float64 {
	if v -= s.Offset; s.Scale != 0 {
		return v / s.Scale
	}
	return v
}

// fromWire is what the profile makes of a raw number.
func (s *Signal) fromWire(raw float64) float64 {
	if s.Scale != 0 {
		raw *= s.Scale
	}
	return raw + s.Offset
}

// rolled is an integer as a counter of limited width shows it.
func rolled(raw float64) uint64 { return uint64(int64(math.Round(raw))) }
