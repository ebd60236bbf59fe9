package iec104_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"zhigai/connect"
	"zhigai/connect/iec104"
	"zhigai/connect/iec104/asdu"
	"zhigai/plant"
)

// patience is how long a test waits for what must happen; a test that passes
// never waits it out.
const patience = 20 * time.Second

// held is an object of a station in memory.
type held struct {
	kind asdu.Type
	asdu.Value
}

// station is a controlled station in memory. Commands change the object of
// their own address.
type station struct {
	mu      sync.Mutex
	objects map[uint32]held
	callers map[*caller]bool
	// trick does something else with an ASDU that came, if it returns true.
	trick func(c *caller, a *asdu.ASDU) bool
	// frame is told of every frame that came.
	frame func(c *caller, f asdu.Frame)
}

func newStation() *station {
	return &station{callers: map[*caller]bool{}, objects: map[uint32]held{
		1001: {asdu.SinglePoint, asdu.Value{Number: 1}},
		1002: {asdu.DoublePoint, asdu.Value{Number: 2}},
		1003: {asdu.StepPosition, asdu.Value{Number: -5}},
		1004: {asdu.BitString, asdu.Value{Number: 0x12345678}},
		1005: {asdu.Normalized, asdu.Value{Number: -0.5}},
		1006: {asdu.Scaled, asdu.Value{Number: -300}},
		4001: {asdu.Float, asdu.Value{Number: 12.5}},
		4002: {asdu.Float, asdu.Value{Number: 7}},
		5001: {asdu.Total, asdu.Value{Number: 123456789}},
	}}
}

// caller is one connection to a station.
type caller struct {
	net.Conn
	mu             sync.Mutex
	sent, expected uint16
}

func (c *caller) frame(f asdu.Frame) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, _ = c.Write(f.Append(nil)) // a caller that left does not care
}

// numbers are the next to be sent and the next that is expected.
func (c *caller) numbers() (sent, expected uint16) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sent, c.expected
}

func (c *caller) function(f asdu.Function) {
	c.frame(asdu.Frame{Format: asdu.Unnumbered, Function: f})
}

// send numbers an ASDU and sends it.
func (c *caller) send(a asdu.ASDU) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f := asdu.Frame{Format: asdu.Information, Send: c.sent, Receive: c.expected, ASDU: a.Append(nil)}
	c.sent = (c.sent + 1) % asdu.Modulus
	_, _ = c.Write(f.Append(nil)) // a caller that left does not care
}

func object(kind asdu.Type, cause asdu.Cause, address uint32, v asdu.Value) asdu.ASDU {
	return asdu.ASDU{Type: kind, Cause: cause, Common: 1, Objects: []asdu.Object{{Address: address, Element: asdu.Element(kind, v)}}}
}

// say reports an object to everybody by itself.
func (s *station) say(kind asdu.Type, address uint32, v asdu.Value) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.callers {
		c.send(object(kind, asdu.Spontaneous, address, v))
	}
}

// obey answers an ASDU as a station does.
func (s *station) obey(c *caller, a *asdu.ASDU) {
	mirror := func(cause asdu.Cause, negative bool) {
		out := *a
		out.Cause, out.Negative = cause, negative
		c.send(out)
	}
	if a.Common != 1 {
		mirror(asdu.UnknownCommon, true)
		return
	}
	switch {
	case a.Type == asdu.Interrogation || a.Type == asdu.Counters:
		mirror(asdu.ActivationCon, false)
		s.mu.Lock()
		cause := map[asdu.Type]asdu.Cause{asdu.Interrogation: asdu.Interrogated, asdu.Counters: asdu.CounterRequested}[a.Type]
		for address, h := range s.objects {
			if (h.kind == asdu.Total) == (a.Type == asdu.Counters) {
				c.send(object(h.kind, cause, address, h.Value))
			}
		}
		s.mu.Unlock()
		mirror(asdu.Termination, false)
	case a.Type == asdu.ClockSync:
		mirror(asdu.ActivationCon, false)
	case a.Type.Commands():
		o := a.Objects[0]
		s.mu.Lock()
		h, ok := s.objects[o.Address]
		command, err := o.Command(a.Type)
		s.mu.Unlock()
		switch {
		case !ok:
			mirror(asdu.UnknownObject, true)
		case err != nil:
			mirror(asdu.ActivationCon, true)
		case command.Select:
			mirror(asdu.ActivationCon, false)
		default:
			mirror(asdu.ActivationCon, false)
			h.Number = command.Number
			s.set(o.Address, h)
			mirror(asdu.Termination, false)
		}
	default:
		mirror(asdu.UnknownType, true)
	}
}

func (s *station) set(address uint32, h held) {
	s.mu.Lock()
	s.objects[address] = h
	s.mu.Unlock()
	h.Time = time.Now().UTC()
	s.say(h.kind.Timed(), address, h.Value)
}

// serve stands the station up and gives the device to open; stop is a pulled
// plug.
func (s *station) serve(t *testing.T, address string) (d plant.Device, stop func()) {
	t.Helper()
	l, err := net.Listen("tcp", address)
	must(t, err)
	var wg sync.WaitGroup
	stop = sync.OnceFunc(func() {
		_ = l.Close()
		s.mu.Lock()
		for c := range s.callers {
			_ = c.Close()
		}
		s.mu.Unlock()
		wg.Wait()
	})
	t.Cleanup(stop)
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				if !errors.Is(err, net.ErrClosed) {
					t.Error(err)
				}
				return
			}
			c := &caller{Conn: conn}
			s.mu.Lock()
			s.callers[c] = true
			s.mu.Unlock()
			wg.Go(func() {
				s.attend(c)
				_ = c.Close()
				s.mu.Lock()
				delete(s.callers, c)
				s.mu.Unlock()
			})
		}
	})
	return plant.Device{Driver: iec104.Kind, Address: l.Addr().String()}, stop
}

func (s *station) attend(c *caller) {
	in := bufio.NewReader(c)
	for {
		var start [asdu.StartSize]byte
		if _, err := io.ReadFull(in, start[:]); err != nil {
			return
		}
		n, err := asdu.ParseStart(start[:])
		if err != nil {
			return
		}
		b := make([]byte, n)
		if _, err := io.ReadFull(in, b); err != nil {
			return
		}
		f, err := asdu.ParseFrame(b)
		if err != nil {
			return
		}
		if s.frame != nil {
			s.frame(c, f)
		}
		switch {
		case f.Function == asdu.StartAct:
			c.function(asdu.StartCon)
		case f.Function == asdu.TestAct:
			c.function(asdu.TestCon)
		case f.Format == asdu.Information:
			c.mu.Lock()
			c.expected = (f.Send + 1) % asdu.Modulus
			c.mu.Unlock()
			a, err := asdu.Parse(f.ASDU)
			if err != nil {
				return
			}
			if s.trick == nil || !s.trick(c, &a) {
				s.obey(c, &a)
			}
		}
	}
}

func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// hearing is a subscription that runs and what came of it.
type hearing struct {
	t      *testing.T
	cancel context.CancelFunc
	ended  chan error

	mu    sync.Mutex
	news  *sync.Cond
	all   []connect.Reading
	lives int
	hold  chan struct{} // sinks wait for it
}

func hear(t *testing.T, c connect.Conn, points ...connect.Point) *hearing {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	h := &hearing{t: t, cancel: cancel, ended: make(chan error, 1)}
	h.news = sync.NewCond(&h.mu)
	go func() { h.ended <- c.(connect.Subscriber).Subscribe(ctx, points, h.sink, h.alive) }()
	t.Cleanup(cancel)
	return h
}

func (h *hearing) sink(ctx context.Context, readings []connect.Reading) error {
	h.mu.Lock()
	hold := h.hold
	h.mu.Unlock()
	if hold != nil {
		select {
		case <-hold:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.all = append(h.all, readings...)
	h.news.Broadcast()
	return nil
}

func (h *hearing) alive() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lives++
	h.news.Broadcast()
}

// last is the latest reading of a point; the lock is held.
func (h *hearing) last(point int) (r connect.Reading, ok bool) {
	for _, one := range h.all {
		if one.Point == point {
			r, ok = one, true
		}
	}
	return r, ok
}

// wait until what came is as wanted.
func (h *hearing) wait(what string, wanted func() bool) {
	h.t.Helper()
	late := false
	alarm := time.AfterFunc(patience, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		late = true
		h.news.Broadcast()
	})
	defer alarm.Stop()
	h.mu.Lock()
	defer h.mu.Unlock()
	for !wanted() {
		if late {
			h.t.Fatalf("%s did not come; came %+v", what, h.all)
		}
		h.news.Wait()
	}
}

// waitFor waits for a point's reading.
func (h *hearing) waitFor(point int, wanted func(r connect.Reading) bool) {
	h.t.Helper()
	h.wait("a reading", func() bool {
		r, ok := h.last(point)
		return ok && wanted(r)
	})
}

func (h *hearing) end() error {
	h.t.Helper()
	select {
	case err := <-h.ended:
		return err
	case <-time.After(patience):
		h.t.Fatal("Subscribe does not end")
		return nil
	}
}
