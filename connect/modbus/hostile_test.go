package modbus_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"zhigai/connect"
	"zhigai/connect/conntest"
	"zhigai/connect/modbus"
	"zhigai/connect/modbus/pdu"
	"zhigai/plant"
)

// soon is a timeout for parties that never answer.
const soon = 50 * time.Millisecond

// Whatever comes instead of an answer is an error, never a value, and the
// connection works again as soon as the device does.
func TestHostile_NoValueFromWhatIsNoAnswer(t *testing.T) {
	raw := func(b ...byte) func(question) bool {
		return func(q question) bool { _, _ = q.conn.Write(b); return true }
	}
	body := func(b ...byte) func(question) bool { return func(q question) bool { q.reply(b); return true } }
	f := func(name string, trick func(question) bool, is error) {
		t.Helper()
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			good := false
			d := serve(t, func(q question) bool {
				mu.Lock()
				defer mu.Unlock()
				if good {
					return honest(newBank().fill(10))(q)
				}
				return trick(q)
			})
			c := conntest.Open(t, modbus.New(), d)
			g, err := c.Prepare([]connect.Point{{Address: "holding 3 uint16", Kind: plant.KindNumber}})
			must(t, err)
			r := make([]connect.Reading, 1)
			start := time.Now()
			if err := g.Read(within(t, soon), r); err == nil || is != nil && !errors.Is(err, is) {
				t.Errorf("%v with %+v; want %v", err, r[0], is)
			}
			if took := time.Since(start); took > patience/2 {
				t.Errorf("took %v", took)
			}
			mu.Lock()
			good = true
			mu.Unlock()
			conntest.Expect(t, c, conntest.Number("holding 3 uint16", 3))
		})
	}
	f("silence", func(question) bool { return true }, os.ErrDeadlineExceeded)
	f("hang up", func(question) bool { return false }, nil)
	f("garbage", raw([]byte("HTTP/1.1 400 Bad Request\r\n\r\n")...), connect.ErrMalformed)
	f("half a header", raw(0, 1, 0), nil)
	f("half a frame", raw(0, 1, 0, 0, 0, 5, 1, 3, 2), nil)
	f("half a frame and the end", func(q question) bool { return raw(0, 1, 0, 0, 0, 5, 1, 3)(q) && false }, nil)
	f("length nought", raw(0, 1, 0, 0, 0, 0, 1), connect.ErrMalformed)
	f("length too long", raw(0, 1, 0, 0, 255, 255, 1), connect.ErrMalformed)
	f("other protocol", raw(0, 1, 0, 7, 0, 5, 1, 3, 2, 0, 3), connect.ErrMalformed)
	f("other unit", func(q question) bool { q.Unit++; q.reply([]byte{3, 2, 0, 99}); return true }, connect.ErrMalformed)
	f("other transaction", func(q question) bool { q.Transaction++; q.reply([]byte{3, 2, 0, 99}); return true }, os.ErrDeadlineExceeded)
	f("flood of others", func(q question) bool {
		q.Transaction += 100
		for range 100 {
			q.reply([]byte{3, 2, 0, 99})
		}
		return true
	}, connect.ErrMalformed)
	f("other function", body(4, 2, 0, 99), connect.ErrMalformed)
	f("too short", body(3, 1, 9), connect.ErrMalformed)
	f("too long", body(3, 4, 0, 9, 0, 9), connect.ErrMalformed)
	f("count lies", body(3, 2, 0), connect.ErrMalformed)
	f("function alone", body(3), connect.ErrMalformed)
	f("long exception", body(0x83, 2, 2), connect.ErrMalformed)
	f("gateway without target", body(0x83, 11), pdu.GatewayTarget)
}

// An exception that concerns a point is the point's, and not the end of the
// connection.
func TestHostile_Exceptions(t *testing.T) {
	f := func(code pdu.Exception, is error) {
		t.Helper()
		d := serve(t, func(q question) bool {
			if binary.BigEndian.Uint16(q.body[1:]) >= 100 {
				q.reply([]byte{q.body[0] | 0x80, byte(code)})
				return true
			}
			return honest(newBank().fill(10))(q)
		})
		conntest.Expect(t, conntest.Open(t, modbus.New(), d), conntest.Number("holding 3 uint16", 3),
			conntest.Want{Address: "holding 100 uint16", Kind: plant.KindNumber, Err: is}, conntest.Want{Address: "holding 102 uint16", Kind: plant.KindNumber, Err: is})
	}
	f(pdu.IllegalFunction, connect.ErrUnconfigured)
	f(pdu.IllegalDataAddress, connect.ErrUnconfigured)
	f(pdu.IllegalDataValue, connect.ErrRefused)
	f(pdu.DeviceFailure, connect.ErrRefused)
	f(pdu.DeviceBusy, connect.ErrRefused)
	f(pdu.Exception(99), connect.ErrRefused)
}

// A device with a short buffer is read in shorter questions without anybody
// setting anything; what fits no question at all is that point's problem.
func TestHostile_RefusesLongQuestions(t *testing.T) {
	for _, code := range []pdu.Exception{pdu.IllegalDataValue, pdu.IllegalDataAddress} {
		b := newBank().fill(200)
		asked := 0
		d := serve(t, func(q question) bool {
			asked++
			if binary.BigEndian.Uint16(q.body[3:]) > 16 {
				q.reply([]byte{q.body[0] | 0x80, byte(code)})
				return true
			}
			return honest(b)(q)
		})
		var wants []conntest.Want
		for a := range 100 {
			wants = append(wants, conntest.Number(fmt.Sprintf("holding %d uint16", a), float64(a)))
		}
		is := map[pdu.Exception]error{pdu.IllegalDataValue: connect.ErrRefused, pdu.IllegalDataAddress: connect.ErrUnconfigured}[code]
		wants = append(wants, conntest.Want{Address: "holding 150 string40", Kind: plant.KindText, Err: is})
		conntest.Expect(t, conntest.Open(t, modbus.New(), d), wants...)
		if asked > 40 {
			t.Errorf("%d questions for two readings; what was learned is not remembered", asked)
		}
	}
}

// Some devices hang up after each answer. They are read all the same, without
// a loss of contact at every reading.
func TestHostile_HangsUpAfterEachAnswer(t *testing.T) {
	d := serve(t, func(q question) bool { return honest(newBank().fill(200))(q) && false })
	c := conntest.Open(t, modbus.New(), d)
	for range 20 {
		conntest.Expect(t, c, conntest.Number("holding 3 uint16", 3), conntest.Number("holding 150 uint16", 150))
	}
}

// lateGateway delays answers beyond the timeout and then sends them on the
// newest connection it has, as gateways to serial lines do.
type lateGateway struct {
	mu     sync.Mutex
	newest net.Conn
	wg     sync.WaitGroup
	late   int
}

func (l *lateGateway) answer(q question) bool {
	b := newBank().fill(2000)
	body := pdu.Answer(nil, q.body, b)
	delay := time.Duration(0)
	if rand.IntN(2) == 0 {
		delay = time.Duration(rand.IntN(30)) * time.Millisecond
	}
	l.mu.Lock()
	l.newest = q.conn
	l.mu.Unlock()
	l.wg.Add(1)
	time.AfterFunc(delay, func() {
		defer l.wg.Done()
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.newest != q.conn {
			l.late++
		}
		q.conn = l.newest
		q.reply(body)
	})
	return true
}

// A late answer that is taken for another question's would put one signal's
// value under another's name: the worst a client can do. Ten thousand readings, half
// of which are answered late.
func TestHostile_LateAnswersNeverReachAnotherRegister(t *testing.T) {
	t.Parallel()
	const gateways, clients = 10, 500 // of two readings on average
	var mu sync.Mutex
	values, timeouts, wrong, late := 0, 0, 0, 0
	var all sync.WaitGroup
	for range gateways {
		gateway := &lateGateway{}
		d := serve(t, gateway.answer)
		all.Go(func() {
			v, l, w := readLate(t, d, clients)
			gateway.wg.Wait()
			mu.Lock()
			defer mu.Unlock()
			values, timeouts, wrong, late = values+v, timeouts+l, wrong+w, late+gateway.late
		})
	}
	all.Wait()
	t.Logf("%d values, %d timeouts, %d late answers on another connection, %d wrong", values, timeouts, late, wrong)
	if wrong > 0 || values+timeouts < 9_900 || values == 0 || late < 1000 {
		t.Errorf("%d wrong values of %d; %d late answers tried", wrong, values, late)
	}
}

func readLate(t *testing.T, d plant.Device, clients int) (values, timeouts, wrong int) {
	driver := modbus.New()
	for i := range clients {
		// A new client now and then: its questions must not look like the old one's.
		c, err := driver.Open(within(t, patience), d)
		if err != nil {
			t.Error(err)
			return
		}
		for range 1 + i%3 {
			at := rand.IntN(2000)
			g, err := c.Prepare([]connect.Point{{Address: fmt.Sprintf("holding %d uint16", at), Kind: plant.KindNumber}})
			if err != nil {
				t.Error(err)
				return
			}
			r := make([]connect.Reading, 1)
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
			switch err := g.Read(ctx, r); {
			case err != nil:
				timeouts++
			case r[0].Err != nil || r[0].Number != float64(at):
				wrong++
			default:
				values++
			}
			cancel()
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
	return values, timeouts, wrong
}
