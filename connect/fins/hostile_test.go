package fins_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"zhigai/connect"
	"zhigai/connect/conntest"
	"zhigai/connect/fins"
	"zhigai/connect/fins/frame"
	"zhigai/plant"
)

// soon is a timeout for parties that never answer.
const soon = 50 * time.Millisecond

// changed answers with a frame that something was done to.
func changed(change func(f *frame.Frame)) func(question) bool {
	return func(q question) bool {
		f := q.answer
		f.Data = append([]byte(nil), f.Data...)
		change(&f)
		q.send(f)
		return true
	}
}

// noValue reads from a controller that plays a trick, which must be an error, and
// again from the same when it has become honest.
func noValue(t *testing.T, transport string, trick func(question) bool, is error) {
	t.Parallel()
	var mu sync.Mutex
	good := false
	s := (&controller{store: newStore(), answer: func(q question) bool {
		mu.Lock()
		defer mu.Unlock()
		if good {
			return honest(q)
		}
		return trick(q)
	}}).serve(t)
	c := conntest.Open(t, fins.New(), s.device(transport))
	g, err := c.Prepare([]connect.Point{{Address: "D3", Kind: plant.KindNumber}})
	must(t, err)
	r := make([]connect.Reading, 1)
	wait := patience
	if errors.Is(is, os.ErrDeadlineExceeded) {
		wait = soon
	}
	start := time.Now()
	if err := g.Read(within(t, wait), r); err == nil || is != nil && !errors.Is(err, is) {
		t.Errorf("%v with %+v; want %v", err, r[0], is)
	}
	if took := time.Since(start); took > patience/2 {
		t.Errorf("took %v", took)
	}
	mu.Lock()
	good = true
	mu.Unlock()
	conntest.Expect(t, c, conntest.Number("D3", 3))
}

// Whatever comes instead of an answer is an error, never a value, and the
// connection works again as soon as the controller does.
func TestHostile_NoValueFromWhatIsNoAnswer(t *testing.T) {
	f := func(name, transport string, trick func(question) bool, is error) {
		t.Helper()
		t.Run(name+" over "+transport, func(t *testing.T) { noValue(t, transport, trick, is) })
	}
	both := func(name string, trick func(question) bool, is error) {
		t.Helper()
		for _, transport := range transports {
			f(name, transport, trick, is)
		}
	}
	both("silence", func(question) bool { return true }, os.ErrDeadlineExceeded)
	both("garbage", func(q question) bool { q.raw([]byte("HTTP/1.1 400 Bad Request\r\n\r\n")); return true }, connect.ErrMalformed)
	both("other service ID", changed(func(f *frame.Frame) { f.SID++ }), os.ErrDeadlineExceeded)
	both("other command", changed(func(f *frame.Frame) { f.Command = frame.WriteMemory }), os.ErrDeadlineExceeded)
	both("another's node", changed(func(f *frame.Frame) { f.Source.Node += 7 }), os.ErrDeadlineExceeded)
	both("to another node", changed(func(f *frame.Frame) { f.Destination.Node += 7 }), os.ErrDeadlineExceeded)
	both("its own question", func(q question) bool { q.send(q.Frame); return true }, os.ErrDeadlineExceeded)
	both("too short", changed(func(f *frame.Frame) { f.Data = f.Data[:1] }), connect.ErrMalformed)
	both("too long", changed(func(f *frame.Frame) { f.Data = append(f.Data, 1, 2) }), connect.ErrMalformed)
	both("no data", changed(func(f *frame.Frame) { f.Data = nil }), connect.ErrMalformed)
	both("not arrived", changed(func(f *frame.Frame) { f.End, f.Data = frame.ResponseTimeout, nil }), frame.ResponseTimeout)
	both("relay error", changed(func(f *frame.Frame) { f.End, f.Data = 0x8000|frame.NotInRoutingTable, []byte{1, 2} }), nil)
	both("flood of others", func(q question) bool {
		q.answer.SID += 100
		for range 100 {
			q.send(q.answer)
		}
		return true
	}, nil) // UDP may lose some of it
	f("oversize", "udp", func(q question) bool { q.raw(append(q.answer.Append(nil), make([]byte, 2000)...)); return true }, connect.ErrMalformed)
	f("half a frame", "udp", func(q question) bool { q.raw(q.answer.Append(nil)[:13]); return true }, connect.ErrMalformed)
	f("hang up", "tcp", func(question) bool { return false }, nil)
	f("half a header", "tcp", func(q question) bool { q.raw([]byte("FINS\x00\x00")); return true }, os.ErrDeadlineExceeded)
	f("length nought", "tcp", func(q question) bool {
		q.raw([]byte("FINS\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00"))
		return true
	}, connect.ErrMalformed)
	f("length too long", "tcp", func(q question) bool {
		q.raw([]byte("FINS\x00\x01\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00"))
		return true
	}, connect.ErrMalformed)
	f("error notice", "tcp", func(q question) bool {
		q.raw(frame.Packet{Command: frame.ErrorNotice, Error: 3}.Append(nil))
		return true
	}, connect.ErrMalformed)
	f("only confirmations", "tcp", func(q question) bool {
		for range 70 {
			q.raw(frame.Packet{Command: frame.Confirmation}.Append(nil))
		}
		return true
	}, connect.ErrMalformed)
}

// A duplicate of an answer is thrown away, and so is a confirmation between.
func TestHostile_Duplicates(t *testing.T) {
	for _, transport := range transports {
		s := (&controller{store: newStore(), answer: func(q question) bool {
			if transport == "tcp" {
				q.raw(frame.Packet{Command: frame.Confirmation}.Append(nil))
			}
			for range 3 {
				honest(q)
			}
			return true
		}}).serve(t)
		c := conntest.Open(t, fins.New(), s.device(transport))
		for i := range 20 {
			conntest.Expect(t, c, conntest.Number(fmt.Sprint("D", 10*i), float64(10*i)))
		}
	}
}

// Scattered words whose answers are of another area are no values.
func TestHostile_OtherAreaInMany(t *testing.T) {
	s := (&controller{store: newStore(), answer: func(q question) bool {
		q.answer.Data[3] = byte(frame.Holding)
		return honest(q)
	}}).serve(t)
	c := conntest.Open(t, fins.New(), s.device("udp"))
	g, err := c.Prepare([]connect.Point{{Address: "D3", Kind: plant.KindNumber}, {Address: "D300", Kind: plant.KindNumber}})
	must(t, err)
	if err := g.Read(within(t, patience), make([]connect.Reading, 2)); !errors.Is(err, connect.ErrMalformed) {
		t.Errorf("Read = %v", err)
	}
}

// An end code of a place is the point's, and not the end of the connection. The
// flags of a CPU with an error of its own concern no command.
func TestHostile_EndCodes(t *testing.T) {
	f := func(code frame.EndCode, is error) {
		t.Helper()
		s := (&controller{store: newStore(), answer: func(q question) bool {
			q.answer.End |= 0x00C0
			for at := 0; at+4 <= len(q.Data); at += 4 {
				if q.Data[at+1] >= 1 { // from word 256
					q.answer.End, q.answer.Data = code, nil
				}
			}
			return honest(q)
		}}).serve(t)
		conntest.Expect(t, conntest.Open(t, fins.New(), s.device("udp")), conntest.Number("D3", 3), conntest.Want{Address: "D300", Kind: plant.KindNumber, Err: is},
			conntest.Want{Address: "D302", Kind: plant.KindNumber, Err: is}, conntest.Number("D5", 5))
	}
	f(frame.AreaMissing, connect.ErrUnconfigured)
	f(frame.AddressRange, connect.ErrUnconfigured)
	f(frame.RangeExceeded, connect.ErrUnconfigured)
	f(frame.Protected, connect.ErrRefused)
	f(frame.AccessRightElse, connect.ErrRefused)
	f(0x2606, connect.ErrRefused)
}

// A server of FINS/TCP that has no room says so.
func TestOpen_Refused(t *testing.T) {
	s := (&controller{store: newStore()}).serve(t)
	s.close()
	if _, err := fins.New().Open(within(t, patience), s.device("tcp")); err == nil {
		t.Error("a dead controller opens")
	}
	full := listenOnce(t, frame.Packet{Command: frame.ServerNode, Error: 0x20, Body: make([]byte, 8)}.Append(nil))
	_, err := fins.New().Open(within(t, patience), plant.Device{Driver: fins.Kind, Address: full, Params: map[string]string{"transport": "tcp"}})
	if !errors.Is(err, connect.ErrRefused) || !strings.Contains(err.Error(), "in use") {
		t.Errorf("Open = %v", err)
	}
}

// lateGateway delays answers beyond the timeout and then sends them to the newest
// client it has, as if the port had been given to another in the meantime.
type lateGateway struct {
	mu     sync.Mutex
	newest func(f frame.Frame)
	from   string
	late   int
}

func (l *lateGateway) answer(q question) bool {
	delay := time.Duration(0)
	if rand.IntN(2) == 0 {
		delay = time.Duration(rand.IntN(30)) * time.Millisecond
	}
	l.mu.Lock()
	l.newest, l.from = q.send, q.from
	l.mu.Unlock()
	time.AfterFunc(delay, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.from != q.from {
			l.late++
		}
		l.newest(q.answer)
	})
	return true
}

// A late answer that is taken for another question's would put one signal's
// value under another's name: the worst a client can do. A service ID is one
// byte only.
func TestHostile_LateAnswersNeverReachAnotherPoint(t *testing.T) {
	for _, transport := range transports {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			gateway := &lateGateway{}
			s := (&controller{store: newStore(), answer: gateway.answer}).serve(t)
			driver := fins.New()
			var tally conntest.Tally
			for i := range 600 {
				// A new client now and then: its questions must not look like the old one's.
				c, err := driver.Open(within(t, patience), s.device(transport))
				if err != nil {
					continue // over TCP the late answer to another's question came instead of the node numbers
				}
				for range 1 + i%3 {
					tally.Read(t, c, 5*time.Millisecond, 1000, func(at int) string { return fmt.Sprint("D", at) })
				}
				must(t, c.Close())
			}
			gateway.mu.Lock()
			defer gateway.mu.Unlock()
			t.Logf("%d values, %d timeouts, %d late answers to another client, %d wrong", tally.Values, tally.Timeouts, gateway.late, tally.Wrong)
			if tally.Wrong > 0 || tally.Values == 0 || gateway.late < 100 {
				t.Errorf("%d wrong values of %d; %d late answers tried", tally.Wrong, tally.Values, gateway.late)
			}
		})
	}
}

// Some controllers hang up after each answer. They are read all the same,
// without a loss of contact at every reading. A write is never sent twice.
func TestHostile_HangsUp(t *testing.T) {
	var writes atomic.Int32
	s := (&controller{store: newStore(), answer: func(q question) bool {
		if q.Command == frame.WriteMemory {
			writes.Add(1)
			return false
		}
		return honest(q) && false
	}}).serve(t)
	c := conntest.Open(t, fins.New(), s.device("tcp"))
	for range 20 {
		conntest.Expect(t, c, conntest.Number("D3", 3))
	}
	if err := c.(connect.Writer).Write(within(t, patience), connect.Point{Address: "D3", Kind: plant.KindNumber}, 1.0); err == nil || writes.Load() > 1 {
		t.Errorf("Write = %v after %d writes", err, writes.Load())
	}
}

// The timeout of one question is the device's, however long the caller waits
// for the whole.
func TestTimeout_OfOneQuestion(t *testing.T) {
	t.Parallel()
	s := (&controller{store: newStore(), answer: func(question) bool { return true }}).serve(t)
	d := s.device("udp")
	d.Params["timeout"] = "50ms"
	c := conntest.Open(t, fins.New(), d)
	g, err := c.Prepare([]connect.Point{{Address: "D3", Kind: plant.KindNumber}})
	must(t, err)
	start := time.Now()
	if err := g.Read(within(t, patience), make([]connect.Reading, 1)); err == nil || time.Since(start) > patience/2 {
		t.Errorf("%v after %v", err, time.Since(start))
	}
}

// A datagram that is lost costs a second, not the whole time for many points.
func TestTimeout_Default(t *testing.T) {
	t.Parallel()
	s := (&controller{store: newStore(), answer: func(question) bool { return true }}).serve(t)
	c := conntest.Open(t, fins.New(), s.device("udp"))
	g, err := c.Prepare([]connect.Point{{Address: "D3", Kind: plant.KindNumber}})
	must(t, err)
	start := time.Now()
	if err := g.Read(within(t, patience), make([]connect.Reading, 1)); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) > patience/2 {
		t.Errorf("%v after %v", err, time.Since(start))
	}
}

// A group that has nothing to ask must not look like a controller that answers.
func TestGroup_NothingToAsk(t *testing.T) {
	c := conntest.Open(t, fins.New(), (&controller{store: newStore()}).serve(t).device("udp"))
	g, err := c.Prepare([]connect.Point{{Address: "40001", Kind: plant.KindNumber}})
	must(t, err)
	if err := g.Read(within(t, patience), make([]connect.Reading, 1)); err == nil || !strings.Contains(err.Error(), "none of the points") {
		t.Errorf("Read = %v", err)
	}
}
