package fins_test

import (
	"errors"
	"io"
	"net"
	"sync"
	"testing"

	"zhigai/connect/fins"
	"zhigai/connect/fins/frame"
	"zhigai/plant"
)

// store is a controller's memory: every area of words has 1000 of them, each
// counted up from its address, timers have their number.
type store struct {
	mu    sync.Mutex
	words map[frame.Area][]byte
	model string
}

var _ frame.Store = (*store)(nil)

func newStore() *store {
	s := &store{words: map[frame.Area][]byte{}, model: "CJ2M-CPU31"}
	banks, _ := frame.Bank(0)
	for _, a := range []frame.Area{frame.CIO, frame.Work, frame.Holding, frame.Auxil, frame.Data, banks} {
		b := make([]byte, 2000)
		for i := range 1000 {
			b[2*i], b[2*i+1] = byte(i>>8), byte(i)
		}
		s.words[a] = b
	}
	return s
}

func (s *store) Model() (model, version string) { return s.model, "02.01" }

// area is where a range is, the area of words of an area of bits.
func (s *store) area(r frame.Range) (b []byte, bits bool) {
	for a, b := range s.words {
		if a == r.Area || a.Bits() == r.Area {
			return b, a != r.Area
		}
	}
	return nil, false
}

func (s *store) ReadRange(r frame.Range, dst []byte) frame.EndCode {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Area == frame.Present || r.Area == frame.Flags {
		for i := range dst {
			dst[i] = byte(int(r.Start)&0x8000>>15 | i%2) // counters are 1 and done
		}
		return frame.Done
	}
	b, bits := s.area(r)
	switch {
	case b == nil:
		return frame.AreaMissing
	case int(r.Start) >= 1000:
		return frame.AddressRange
	case !bits && int(r.Start)+r.Count > 1000:
		return frame.RangeExceeded
	case bits:
		for i := range dst {
			bit := 16*int(r.Start) + int(r.Bit) + i
			dst[i] = b[2*(bit/16)+1-bit%16/8] >> (bit % 8) & 1
		}
	default:
		copy(dst, b[2*int(r.Start):])
	}
	return frame.Done
}

func (s *store) WriteRange(r frame.Range, data []byte) frame.EndCode {
	if end := s.ReadRange(r, make([]byte, len(data))); end != frame.Done {
		return end
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b, bits := s.area(r)
	switch {
	case b == nil || r.Area == frame.Auxil:
		return frame.ReadOnly
	case bits:
		for i, x := range data {
			bit := 16*int(r.Start) + int(r.Bit) + i
			at := &b[2*(bit/16)+1-bit%16/8]
			*at = *at&^(1<<(bit%8)) | x<<(bit%8)
		}
	default:
		copy(b[2*int(r.Start):], data)
	}
	return frame.Done
}

// question is a command as a server sees it, with the answer an honest one
// gives.
type question struct {
	frame.Frame
	answer frame.Frame
	raw    func(b []byte) // sends bytes as they are
	send   func(f frame.Frame)
	from   string
}

// honest answers as the memory says.
func honest(q question) bool {
	q.send(q.answer)
	return true
}

// controller serves a memory over UDP and TCP at one port. Answer sees every
// command but those for the controller's name; over TCP false hangs up.
type controller struct {
	store  frame.Store
	answer func(q question) bool

	mu    sync.Mutex // guards answer once it serves
	port  string
	close func()
}

// become changes what a controller that serves answers.
func (s *controller) become(answer func(q question) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = answer
}

func (s *controller) serve(t *testing.T) *controller {
	t.Helper()
	s.start(t, "0")
	t.Cleanup(func() { s.close() })
	return s
}

// start listens at the port; close ends everything at once.
func (s *controller) start(t *testing.T, port string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:"+port)
	must(t, err)
	_, s.port, err = net.SplitHostPort(l.Addr().String())
	must(t, err)
	u, err := net.ListenPacket("udp", "127.0.0.1:"+s.port)
	must(t, err)
	var wg sync.WaitGroup
	var mu sync.Mutex
	conns := map[net.Conn]bool{}
	s.close = func() {
		_ = l.Close()
		_ = u.Close()
		mu.Lock()
		for c := range conns {
			_ = c.Close()
		}
		mu.Unlock()
		wg.Wait()
		s.close = func() {}
	}
	wg.Go(func() { s.datagrams(u) })
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			conns[c] = true
			mu.Unlock()
			wg.Go(func() { s.attend(c) })
		}
	})
}

func (s *controller) device(transport string) plant.Device {
	return plant.Device{Driver: fins.Kind, Address: "127.0.0.1:" + s.port, Params: map[string]string{"transport": transport}}
}

func (s *controller) datagrams(u net.PacketConn) {
	for b := make([]byte, 4096); ; {
		n, from, err := u.ReadFrom(b)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // what an earlier answer met at a closed socket
		}
		raw := func(b []byte) { _, _ = u.WriteTo(b, from) }
		s.one(b[:n], from.String(), raw, func(f frame.Frame) { raw(f.Append(nil)) })
	}
}

func (s *controller) one(b []byte, from string, raw func([]byte), send func(frame.Frame)) bool {
	q, err := frame.Parse(append([]byte(nil), b...))
	if err != nil {
		return false
	}
	a := frame.Answer(q, s.store)
	s.mu.Lock()
	answer := s.answer
	s.mu.Unlock()
	if answer == nil || q.Command == frame.ReadController {
		send(a)
		return true
	}
	return answer(question{q, a, raw, send, from})
}

func (s *controller) attend(c net.Conn) {
	defer func() { _ = c.Close() }()
	for {
		var head [frame.TCPHeader]byte
		if _, err := io.ReadFull(c, head[:]); err != nil {
			return
		}
		p, n, err := frame.ParseTCP(head[:])
		if err != nil {
			return
		}
		body := make([]byte, n)
		if _, err := io.ReadFull(c, body); err != nil {
			return
		}
		raw := func(b []byte) { _, _ = c.Write(b) }
		if p.Command == frame.ClientNode {
			raw(frame.Welcome(body[3]|239, 10).Append(nil)) // 239 for one who wants to be given a number
			continue
		}
		send := func(f frame.Frame) { raw(frame.Packet{Command: frame.SendFrame, Body: f.Append(nil)}.Append(nil)) }
		if !s.one(body, c.RemoteAddr().String(), raw, send) {
			return
		}
	}
}

// listenOnce answers the first bytes of every connection with the same.
func listenOnce(t *testing.T, with []byte) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	var wg sync.WaitGroup
	t.Cleanup(func() { must(t, l.Close()); wg.Wait() })
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = c.Read(make([]byte, 64))
			_, _ = c.Write(with)
			_ = c.Close()
		}
	})
	return l.Addr().String()
}
