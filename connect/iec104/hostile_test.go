package iec104_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"zhigai/connect"
	"zhigai/connect/conntest"
	"zhigai/connect/iec104"
	"zhigai/connect/iec104/asdu"
	"zhigai/plant"
)

// soon is a timeout for stations that never answer.
const soon = 100 * time.Millisecond

// Whatever breaks the rules ends the subscription with a reason and gives no
// value; the next connection is as good as new.
func TestHostile_EndsTheConnection(t *testing.T) {
	f := func(name, says string, trick func(c *caller)) {
		t.Helper()
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStation()
			d, _ := s.serve(t, "127.0.0.1:0")
			h := hear(t, conntest.Open(t, iec104.New(), d), point("IOA 4001 (TI 13)"), point("IOA 9999 (TI 13)"))
			h.waitFor(0, func(r connect.Reading) bool { return r.Number == 12.5 })
			h.waitFor(1, func(r connect.Reading) bool { return r.Err != nil }) // everything was told
			s.mu.Lock()
			for c := range s.callers {
				trick(c)
			}
			s.mu.Unlock()
			if err := h.end(); err == nil || !strings.Contains(err.Error(), says) {
				t.Errorf("ended with %v; want %q", err, says)
			}
			h.mu.Lock()
			if r, _ := h.last(0); r.Number != 12.5 {
				t.Errorf("a value came of it: %+v", r)
			}
			h.mu.Unlock()
			again := hear(t, conntest.Open(t, iec104.New(), d), point("IOA 4001 (TI 13)"))
			again.waitFor(0, func(r connect.Reading) bool { return r.Number == 12.5 })
		})
	}
	raw := func(b ...byte) func(c *caller) { return func(c *caller) { _, _ = c.Write(b) } }
	bad := object(asdu.Float, asdu.Spontaneous, 4001, asdu.Value{Number: 666})
	information := func(c *caller, step uint16, b []byte) {
		sent, expected := c.numbers()
		c.frame(asdu.Frame{Format: asdu.Information, Send: sent + step, Receive: expected, ASDU: b})
	}
	f("noise", "begins no frame", raw(1, 2, 3, 4))
	f("no length", "length 3", raw(0x68, 3, 1, 0, 0))
	f("oversize", "length 254", raw(append([]byte{0x68, 254}, make([]byte, 254)...)...))
	f("a control field of nothing", "control field", raw(0x68, 4, 0x0F, 0, 0, 0))
	f("a number twice", "is next", func(c *caller) { information(c, ^uint16(0), bad.Append(nil)) })
	f("a number left out", "is next", func(c *caller) { information(c, 1, bad.Append(nil)) })
	f("acknowledges what was not sent", "was not sent", func(c *caller) {
		_, expected := c.numbers()
		c.frame(asdu.Frame{Format: asdu.Supervisory, Receive: expected + 1})
	})
	f("truncated", "objects of type", func(c *caller) { b := bad.Append(nil); information(c, 0, b[:len(b)-1]) })
	f("too long", "objects of type", func(c *caller) { information(c, 0, append(bad.Append(nil), 0)) })
	f("no object", "ASDU of 3 bytes", func(c *caller) { information(c, 0, []byte{13, 1, 3}) })
	f("a start that was not asked for", "not asked for", func(c *caller) { c.function(asdu.StartCon) })
	f("hangs up", "iec 104" /* an end or a reset */, func(c *caller) { _ = c.Close() })
}

// What belongs to others, or to nobody, changes nothing.
func TestHostile_OfOthers(t *testing.T) {
	s := newStation()
	d, _ := s.serve(t, "127.0.0.1:0")
	h := hear(t, conntest.Open(t, iec104.New(), d), point("IOA 4001 (TI 13)"))
	h.waitFor(0, func(r connect.Reading) bool { return r.Number == 12.5 })
	neighbour := object(asdu.Float, asdu.Spontaneous, 4001, asdu.Value{Number: 666})
	neighbour.Common = 2
	test := object(asdu.Float, asdu.Spontaneous, 4001, asdu.Value{Number: 667})
	test.Test = true
	s.mu.Lock()
	for c := range s.callers {
		c.send(neighbour)
		c.send(test)
		c.send(object(asdu.Float, asdu.Spontaneous, 4444, asdu.Value{Number: 668}))
		file := append([]byte{125, 1, 13, 0, 1, 0}, make([]byte, 10)...) // a type that is not known
		c.mu.Lock()
		number, expected := c.sent, c.expected
		c.sent++
		c.mu.Unlock()
		c.frame(asdu.Frame{Format: asdu.Information, Send: number, Receive: expected, ASDU: file})
	}
	s.mu.Unlock()
	s.say(asdu.Float, 4001, asdu.Value{Number: 1})
	h.waitFor(0, func(r connect.Reading) bool { return r.Number == 1 })
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, r := range h.all {
		if r.Number > 600 {
			t.Errorf("taken for ours: %+v", r)
		}
	}
}

// A confirmation counts for its own command only: type, station, object and
// value must be those that were sent.
func TestHostile_ConfirmsAnotherCommand(t *testing.T) {
	f := func(name string, spoil func(a *asdu.ASDU)) {
		t.Helper()
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStation()
			s.trick = func(c *caller, a *asdu.ASDU) bool {
				if !a.Type.Commands() {
					return false
				}
				out := *a
				out.Objects = []asdu.Object{{Address: a.Objects[0].Address, Element: append([]byte(nil), a.Objects[0].Element...)}}
				out.Cause = asdu.ActivationCon
				spoil(&out)
				c.send(out)
				return true
			}
			d, _ := s.serve(t, "127.0.0.1:0")
			c := conntest.Open(t, iec104.New(), d)
			err := c.(connect.Writer).Write(within(t, soon), connect.Point{Address: "IOA 4002 (TI 13)", Kind: plant.KindNumber}, 5.0)
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Write = %v", err)
			}
		})
	}
	f("another value", func(a *asdu.ASDU) { a.Objects[0].Element[0]++ })
	f("another object", func(a *asdu.ASDU) { a.Objects[0].Address++ })
	f("another station", func(a *asdu.ASDU) { a.Common++ })
	f("another type", func(a *asdu.ASDU) { a.Type, a.Objects[0].Element = asdu.SetScaled, []byte{0, 0, 0} })
	f("another cause", func(a *asdu.ASDU) { a.Cause = asdu.DeactivationCon })
	f("two objects", func(a *asdu.ASDU) { a.Objects = append(a.Objects, a.Objects[0]) })
}

// A confirmation that comes too late is not taken for that of the next command,
// even on the new connection: the old one is gone, and the value another.
func TestHostile_LateConfirmation(t *testing.T) {
	s := newStation()
	came := make(chan asdu.ASDU, 10)
	s.trick = func(c *caller, a *asdu.ASDU) bool {
		if !a.Type.Commands() {
			return false
		}
		select {
		case first := <-came: // the first is confirmed when the second comes, which never is
			first.Cause = asdu.ActivationCon
			c.send(first)
		default:
		}
		came <- *a
		return true
	}
	d, _ := s.serve(t, "127.0.0.1:0")
	p := connect.Point{Address: "IOA 4002 (TI 13)", Kind: plant.KindNumber}
	for i := range 2 {
		c := conntest.Open(t, iec104.New(), d)
		if err := c.(connect.Writer).Write(within(t, soon), p, float64(5+i)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Write = %v", err)
		}
		g, err := c.Prepare([]connect.Point{p})
		must(t, err)
		if err := g.Read(within(t, patience), make([]connect.Reading, 1)); err == nil {
			t.Error("the connection is still in use")
		}
	}
	if n := len(came); n != 1 {
		t.Errorf("%d commands beyond the first; the second was not repeated", n)
	}
}

// A station that does not stop at its window is cut off, not buffered for ever.
func TestHostile_Flood(t *testing.T) {
	s := newStation()
	d, _ := s.serve(t, "127.0.0.1:0")
	h := hear(t, conntest.Open(t, iec104.New(), d), point("IOA 4001"))
	h.waitFor(0, func(r connect.Reading) bool { return r.Number == 12.5 })
	h.mu.Lock()
	h.hold = make(chan struct{})
	h.mu.Unlock()
	for i := range 3000 {
		s.say(asdu.Float, 4001, asdu.Value{Number: float64(i)})
	}
	ended := make(chan error, 1)
	go func() { ended <- <-h.ended }()
	select {
	case err := <-ended:
		if err == nil || !strings.Contains(err.Error(), "without waiting") {
			t.Errorf("ended with %v", err)
		}
	case <-time.After(patience):
		t.Fatal("not cut off")
	}
}

// Nobody answers the start.
func TestHostile_Mute(t *testing.T) {
	s := newStation()
	d, _ := s.serve(t, "127.0.0.1:0")
	s.frame = func(c *caller, _ asdu.Frame) { _ = c.Close() }
	if _, err := iec104.New().Open(within(t, patience), d); err == nil {
		t.Error("opens without a start")
	}
}
