package s7_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"zhigai/connect"
	"zhigai/connect/conntest"
	"zhigai/connect/s7"
	"zhigai/connect/s7/pdu"
	"zhigai/plant"
)

// soon is a timeout for parties that never answer.
const soon = 50 * time.Millisecond

// changed answers with a message that something was done to.
func changed(change func(m *pdu.Message)) func(question) bool {
	return func(q question) bool {
		m := q.answer
		m.Parameter, m.Data = append([]byte(nil), m.Parameter...), append([]byte(nil), m.Data...)
		change(&m)
		q.send(m.Append(nil))
		return true
	}
}

// noValue reads from a controller that plays a trick, which must be an error, and
// again from the same when it has become honest.
func noValue(t *testing.T, trick func(question) bool, is error) {
	t.Parallel()
	var mu sync.Mutex
	good := false
	d := controller{bank: newMemory(map[uint16]int{1: 20}), answer: func(q question) bool {
		mu.Lock()
		defer mu.Unlock()
		if good {
			return honest(q)
		}
		return trick(q)
	}}.serve(t)
	c := conntest.Open(t, s7.New(), d)
	g, err := c.Prepare([]connect.Point{{Address: "DB1.DBW3", Kind: plant.KindNumber}})
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
	conntest.Expect(t, c, conntest.Number("DB1.DBW3", 0x0304))
}

// Whatever comes instead of an answer is an error, never a value, and the
// connection works again as soon as the controller does.
func TestHostile_NoValueFromWhatIsNoAnswer(t *testing.T) {
	raw := func(b ...byte) func(question) bool { return func(q question) bool { q.send(b); return true } }
	f := func(name string, trick func(question) bool, is error) {
		t.Helper()
		t.Run(name, func(t *testing.T) { noValue(t, trick, is) })
	}
	f("silence", func(question) bool { return true }, os.ErrDeadlineExceeded)
	f("hang up", func(question) bool { return false }, nil)
	f("garbage", raw([]byte("HTTP/1.1 400 Bad Request\r\n\r\n")...), connect.ErrMalformed)
	f("half a header", raw(3, 0), os.ErrDeadlineExceeded)
	f("half a frame", raw(3, 0, 0, 30, 2, 0xF0, 0x80, 0x32, 3), os.ErrDeadlineExceeded)
	f("half a frame and the end", func(q question) bool { q.send([]byte{3, 0, 0, 30, 2, 0xF0, 0x80}); return false }, connect.ErrMalformed)
	f("length nought", raw(3, 0, 0, 0), connect.ErrMalformed)
	f("length too long", raw(3, 0, 255, 255), connect.ErrMalformed)
	f("other version", raw(2, 0, 0, 7, 2, 0xF0, 0x80), connect.ErrMalformed)
	f("no data TPDU", raw(3, 0, 0, 11, 6, 0xD0, 0, 0, 0, 0, 0), connect.ErrMalformed)
	f("other protocol", raw(3, 0, 0, 17, 2, 0xF0, 0x80, 0x72, 3, 0, 0, 0, 0, 0, 0, 0, 0), connect.ErrMalformed)
	f("never ends", func(q question) bool {
		for range 64 {
			q.send(append([]byte{3, 0, 0, 207, 2, 0xF0, 0}, make([]byte, 200)...))
		}
		return true
	}, connect.ErrMalformed)
	f("other reference", changed(func(m *pdu.Message) { m.Reference++ }), os.ErrDeadlineExceeded)
	f("its own question", func(q question) bool { q.send(q.Append(nil)); return true }, os.ErrDeadlineExceeded)
	f("flood of others", func(q question) bool {
		m := q.answer
		m.Reference += 100
		for range 100 {
			q.send(m.Append(nil))
		}
		return true
	}, connect.ErrMalformed)
	f("other function", changed(func(m *pdu.Message) { m.Parameter[0] = 5 }), connect.ErrMalformed)
	f("other kind", changed(func(m *pdu.Message) { m.Kind = pdu.UserData }), connect.ErrMalformed)
	f("more items", changed(func(m *pdu.Message) { m.Parameter[1] = 2 }), connect.ErrMalformed)
	f("too short", changed(func(m *pdu.Message) { m.Data = m.Data[:5] }), connect.ErrMalformed)
	f("other length", changed(func(m *pdu.Message) { m.Data[3] = 8 }), connect.ErrMalformed)
	f("too long", changed(func(m *pdu.Message) { m.Data = append(m.Data, 1, 2) }), connect.ErrMalformed)
	f("no data", changed(func(m *pdu.Message) { m.Data = nil }), connect.ErrMalformed)
}

// An answer in several TPDUs is one answer.
func TestAnswerInPieces(t *testing.T) {
	d := controller{bank: newMemory(map[uint16]int{1: 20}), answer: func(q question) bool {
		b := q.answer.Append(nil)[7:]
		for i, x := range b {
			last := byte(0)
			if i == len(b)-1 {
				last = 0x80
			}
			q.send([]byte{3, 0, 0, 8, 2, 0xF0, last, x})
		}
		return true
	}}.serve(t)
	conntest.Expect(t, conntest.Open(t, s7.New(), d), conntest.Number("DB1.DBW3", 0x0304), conntest.Number("DB1.DBD8", 0x08090A0B))
}

// What a controller says of a point is the point's, and not the end of the
// connection; what it says of the whole job is every point's.
func TestHostile_ErrorsOfItems(t *testing.T) {
	f := func(code pdu.Code, is error) {
		t.Helper()
		d := controller{bank: refusing{newMemory(map[uint16]int{1: 20}), code}}.serve(t)
		conntest.Expect(t, conntest.Open(t, s7.New(), d), conntest.Number("DB1.DBW3", 0x0304),
			conntest.Want{Address: "DB1.DBW12", Kind: plant.KindNumber, Err: is}, conntest.Want{Address: "DB1.DBW14", Kind: plant.KindNumber, Err: is}, conntest.Number("DB1.DBW8", 0x0809))
	}
	f(pdu.OutOfRange, connect.ErrUnconfigured)
	f(pdu.NotExisting, connect.ErrUnconfigured)
	f(pdu.AccessDenied, connect.ErrRefused)
	f(pdu.TypeNotSupported, connect.ErrRefused)
	f(pdu.TypeInconsistent, connect.ErrRefused)
	f(pdu.Code(0x42), connect.ErrRefused)

	var accepted atomic.Int32
	d := controller{bank: newMemory(nil), answer: func(q question) bool {
		accepted.Add(1)
		q.send(pdu.Message{Kind: pdu.Ack, Reference: q.Reference, Class: 0x81, Code: 4}.Append(nil))
		return true
	}}.serve(t)
	conntest.Expect(t, conntest.Open(t, s7.New(), d), conntest.Want{Address: "DB1.DBW3", Kind: plant.KindNumber, Err: connect.ErrRefused})
	if accepted.Load() != 2 {
		t.Errorf("%d questions for two readings; a refusal is no reason to ask again", accepted.Load())
	}
}

// refusing answers every item that reaches beyond byte 12 with a code.
type refusing struct {
	*memory
	code pdu.Code
}

func (r refusing) ReadItem(i pdu.Item, dst []byte) pdu.Code {
	if i.Start+len(dst) > 12 {
		return r.code
	}
	return r.memory.ReadItem(i, dst)
}

// A controller may agree on another PDU after it comes back.
func TestRead_OtherLengthAfterReturn(t *testing.T) {
	bank := newMemory(map[uint16]int{1: 1000})
	var mu sync.Mutex
	limit, hangUp := 960, false
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
			mu.Lock()
			one := controller{bank: bank, limit: limit, answer: func(q question) bool {
				mu.Lock()
				defer mu.Unlock()
				if hangUp {
					hangUp, limit = false, 240
					return false
				}
				return honest(q)
			}}
			mu.Unlock()
			wg.Go(func() { one.attend(c) })
		}
	})
	c := conntest.Open(t, s7.New(), plant.Device{Driver: s7.Kind, Address: l.Addr().String()})
	points := make([]connect.Point, 100)
	for i := range points {
		points[i] = connect.Point{Address: fmt.Sprintf("DB1.DBB%d", 10*i), Kind: plant.KindNumber}
	}
	g, err := c.Prepare(points)
	must(t, err)
	r := make([]connect.Reading, len(points))
	for i := range 3 {
		must(t, g.Read(within(t, patience), r))
		for n := range r {
			if r[n].Err != nil || r[n].Number != float64(10*n&0xFF) {
				t.Fatalf("reading %d: %s = %+v", i, points[n].Address, r[n])
			}
		}
		mu.Lock()
		hangUp = i == 0 // the next question is planned for more than the controller takes then
		mu.Unlock()
	}
}

// lateGateway delays answers beyond the timeout and then sends them on the
// newest connection it has.
type lateGateway struct {
	mu     sync.Mutex
	newest net.Conn
	late   int
}

func (l *lateGateway) answer(q question) bool {
	delay := time.Duration(0)
	if rand.IntN(2) == 0 {
		delay = time.Duration(rand.IntN(30)) * time.Millisecond
	}
	l.mu.Lock()
	l.newest = q.conn
	l.mu.Unlock()
	time.AfterFunc(delay, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.newest != q.conn {
			l.late++
		}
		q.conn = l.newest
		honest(q)
	})
	return true
}

// A late answer that is taken for another question's would put one signal's
// value under another's name: the worst a client can do.
func TestHostile_LateAnswersNeverReachAnotherPoint(t *testing.T) {
	t.Parallel()
	gateway := &lateGateway{}
	d := controller{bank: newMemory(map[uint16]int{1: 256}), answer: gateway.answer}.serve(t)
	driver := s7.New()
	var tally conntest.Tally
	for i := range 600 {
		// A new client now and then: its questions must not look like the old one's.
		c, err := driver.Open(within(t, patience), d)
		if err != nil {
			continue // the late answer to another's question came instead of the confirmation
		}
		for range 1 + i%3 {
			tally.Read(t, c, 5*time.Millisecond, 256, func(at int) string { return fmt.Sprintf("DB1.DBB%d", at) })
		}
		must(t, c.Close())
	}
	gateway.mu.Lock()
	defer gateway.mu.Unlock()
	t.Logf("%d values, %d timeouts, %d late answers on another connection, %d wrong", tally.Values, tally.Timeouts, gateway.late, tally.Wrong)
	if tally.Wrong > 0 || tally.Values == 0 || gateway.late < 100 {
		t.Errorf("%d wrong values of %d; %d late answers tried", tally.Wrong, tally.Values, gateway.late)
	}
}

// Some controllers hang up after each answer. They are read all the same,
// without a loss of contact at every reading.
func TestHostile_HangsUpAfterEachAnswer(t *testing.T) {
	d := controller{bank: newMemory(map[uint16]int{1: 20}), answer: func(q question) bool { return honest(q) && false }}.serve(t)
	c := conntest.Open(t, s7.New(), d)
	for range 20 {
		conntest.Expect(t, c, conntest.Number("DB1.DBW3", 0x0304))
	}
}

// A write is never sent twice, also when the controller hangs up on it.
func TestWrite_OnceOnly(t *testing.T) {
	var writes atomic.Int32
	d := controller{bank: newMemory(map[uint16]int{1: 20}), answer: func(q question) bool {
		if q.Parameter[0] == 5 {
			writes.Add(1)
			return false
		}
		return honest(q)
	}}.serve(t)
	c := conntest.Open(t, s7.New(), d)
	conntest.Expect(t, c, conntest.Number("DB1.DBW3", 0x0304))
	err := c.(connect.Writer).Write(within(t, patience), connect.Point{Address: "DB1.DBW3", Kind: plant.KindNumber}, 1.0)
	if err == nil || writes.Load() != 1 {
		t.Errorf("Write = %v after %d writes; want an error after one", err, writes.Load())
	}
	conntest.Expect(t, c, conntest.Number("DB1.DBW3", 1)) // it arrived, although nobody said so
}

// The timeout of one question is the device's, however long the caller waits
// for the whole.
func TestTimeout_OfOneQuestion(t *testing.T) {
	t.Parallel()
	d := controller{bank: newMemory(nil), answer: func(question) bool { return true }}.serve(t)
	d.Params["timeout"] = "50ms"
	c := conntest.Open(t, s7.New(), d)
	g, err := c.Prepare([]connect.Point{{Address: "DB1.DBW3", Kind: plant.KindNumber}})
	must(t, err)
	start := time.Now()
	if err := g.Read(within(t, patience), make([]connect.Reading, 1)); err == nil || time.Since(start) > patience/2 {
		t.Errorf("%v after %v", err, time.Since(start))
	}
}
