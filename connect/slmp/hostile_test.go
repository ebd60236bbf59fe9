package slmp_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"zhigai/connect"
	"zhigai/connect/conntest"
	"zhigai/connect/slmp"
	"zhigai/connect/slmp/frame"
	"zhigai/plant"
)

// soon is a timeout for stations that never answer.
const soon = 50 * time.Millisecond

// Whatever comes instead of an answer is an error, never a value, and the
// connection works again as soon as the station does.
func TestHostile_NoValueFromWhatIsNoAnswer(t *testing.T) {
	raw := func(b ...byte) func(question) bool { return func(q question) bool { q.send(b); return true } }
	spoil := func(change func(b []byte) []byte) func(question) bool {
		return func(q question) bool { q.send(change(q.answer(newBank()))); return true }
	}
	f := func(name string, params map[string]string, trick func(question) bool, is error) {
		t.Helper()
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			good := false
			d, _ := serve(t, "127.0.0.1:0", func(q question) bool {
				mu.Lock()
				defer mu.Unlock()
				if good {
					return honest(newBank())(q)
				}
				return trick(q)
			})
			d.Params = params
			c := conntest.Open(t, slmp.New(), d)
			g, err := c.Prepare([]connect.Point{{Address: "D3 uint16", Kind: plant.KindNumber}})
			must(t, err)
			r := make([]connect.Reading, 1)
			if err := g.Read(within(t, soon), r); err == nil || is != nil && !errors.Is(err, is) {
				t.Errorf("%v with %+v; want %v", err, r[0], is)
			}
			mu.Lock()
			good = true
			mu.Unlock()
			conntest.Expect(t, c, conntest.Number("D3 uint16", 3))
		})
	}
	numbered := map[string]string{"frame": "4E"}
	f("silence", nil, func(question) bool { return true }, os.ErrDeadlineExceeded)
	f("hang up", nil, func(question) bool { return false }, nil)
	f("noise", nil, raw(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11), connect.ErrMalformed)
	f("half a header", nil, raw(0xD0, 0, 0), os.ErrDeadlineExceeded)
	f("truncated", nil, spoil(func(b []byte) []byte { return b[:len(b)-1] }), os.ErrDeadlineExceeded)
	f("too long", nil, spoil(func(b []byte) []byte { b[7] += 2; return append(b, 9, 9) }), connect.ErrMalformed)
	f("oversize", nil, spoil(func(b []byte) []byte { b[7], b[8] = 0xFF, 0xFF; return b }), connect.ErrMalformed)
	f("too short", nil, spoil(func(b []byte) []byte { b[7]--; return b[:len(b)-1] }), connect.ErrMalformed)
	f("another station", nil, spoil(func(b []byte) []byte { b[3] = 1; return b }), connect.ErrMalformed)
	f("a question", nil, spoil(func(b []byte) []byte { b[0] = 0x50; return b }), connect.ErrMalformed)
	f("another number", numbered, spoil(func(b []byte) []byte { b[2]++; return b }), os.ErrDeadlineExceeded)
	f("a flood of others", numbered, func(q question) bool {
		b := q.answer(newBank())
		binary.LittleEndian.PutUint16(b[2:], q.Serial-100)
		for range 100 {
			q.send(b)
		}
		return true
	}, connect.ErrMalformed)
}

// An end code that concerns a point is the point's, and not the end of the
// connection.
func TestHostile_EndCodes(t *testing.T) {
	f := func(end frame.EndCode, is error) {
		t.Helper()
		d, _ := serve(t, "127.0.0.1:0", func(q question) bool {
			r, err := frame.ParseRequest(q.Header, q.body, q.format)
			if err == nil && r.Command == frame.ReadBatch && r.Head.Number < 100 {
				return honest(newBank())(q)
			}
			q.send(r.AppendRefusal(nil, end, q.format))
			return true
		})
		d.Params = map[string]string{"random": "no"} // or one question has them all
		conntest.Expect(t, conntest.Open(t, slmp.New(), d), conntest.Number("D3 uint16", 3),
			conntest.Want{Address: "D200 uint16", Kind: plant.KindNumber, Err: is}, conntest.Want{Address: "D300 uint16", Kind: plant.KindNumber, Err: is})
	}
	f(frame.BeyondLast, connect.ErrUnconfigured)
	f(frame.OutOfRange, connect.ErrUnconfigured)
	f(frame.NoSuchDevice, connect.ErrUnconfigured)
	f(frame.WrongCommand, connect.ErrUnconfigured)
	f(frame.PasswordLocked, connect.ErrRefused)
	f(frame.EndCode(0x4000), connect.ErrRefused)
}

// A second answer to a question that was answered is not taken for the next
// one's, over TCP where it stands in the buffer already, over UDP whenever it
// comes.
func TestHostile_AnswersTwice(t *testing.T) {
	twice := func(q question) {
		b := q.answer(newBank())
		q.send(append(append([]byte(nil), b...), b...))
	}
	tcp, _ := serve(t, "127.0.0.1:0", func(q question) bool { twice(q); return true })
	udp := func(params map[string]string) plant.Device {
		d, _ := serveUDP(t, func(q question) {
			b := q.answer(newBank())
			q.send(b)
			q.send(b)
		})
		d.Params = params
		return d
	}
	for name, d := range map[string]plant.Device{
		"tcp": tcp, "udp": udp(map[string]string{"transport": "udp"}), "udp 4E": udp(map[string]string{"transport": "udp", "frame": "4E"}),
	} {
		c := conntest.Open(t, slmp.New(), d)
		for i := range 50 {
			g, err := c.Prepare([]connect.Point{{Address: fmt.Sprintf("D%d uint16", i), Kind: plant.KindNumber}})
			must(t, err)
			r := make([]connect.Reading, 1)
			must(t, g.Read(within(t, patience), r))
			if r[0].Err != nil || r[0].Number != float64(i) {
				t.Errorf("%s: D%d = %+v", name, i, r[0])
			}
		}
	}
}

// A late answer is never another question's: with 4E frames by its number, with
// 3E frames because the connection it belongs to is gone.
func TestHostile_LateAnswersNeverReachAnotherDevice(t *testing.T) {
	for _, params := range []map[string]string{{}, {"frame": "4E"}, {"transport": "udp"}, {"transport": "udp", "frame": "4E"}} {
		t.Run(fmt.Sprint(params), func(t *testing.T) {
			t.Parallel()
			var late sync.WaitGroup
			b := newBank()
			answer := func(q question) {
				r, err := frame.ParseRequest(q.Header, q.body, q.format)
				if err == nil && r.Command == frame.ReadModel || rand.IntN(2) == 0 {
					q.send(q.answer(b))
					return
				}
				late.Add(1)
				time.AfterFunc(time.Duration(rand.IntN(30))*time.Millisecond, func() {
					defer late.Done()
					q.send(q.answer(b))
				})
			}
			var d plant.Device
			var stop func()
			if params["transport"] == "udp" {
				d, stop = serveUDP(t, answer)
			} else {
				d, stop = serve(t, "127.0.0.1:0", func(q question) bool { answer(q); return true })
			}
			d.Params = params
			c, err := slmp.New().Open(within(t, patience), d)
			must(t, err)
			var tally conntest.Tally
			for range 300 {
				tally.Read(t, c, 5*time.Millisecond, 100, func(at int) string { return fmt.Sprintf("D%d uint16", at) })
			}
			must(t, c.Close())
			stop() // no more questions
			late.Wait()
			t.Logf("%d values, %d timeouts, %d wrong", tally.Values, tally.Timeouts, tally.Wrong)
			if tally.Wrong > 0 || tally.Values == 0 || tally.Timeouts == 0 {
				t.Errorf("%d wrong values of %d, %d timeouts", tally.Wrong, tally.Values, tally.Timeouts)
			}
		})
	}
}

// A write is not sent twice when the station hangs up on it: it may have been
// carried out.
func TestHostile_WriteIsNotRepeated(t *testing.T) {
	var writes atomic.Int32
	d, _ := serve(t, "127.0.0.1:0", func(q question) bool {
		r, err := frame.ParseRequest(q.Header, q.body, q.format)
		if err == nil && r.Command == frame.WriteBatch {
			writes.Add(1)
			return false
		}
		return honest(newBank())(q)
	})
	c := conntest.Open(t, slmp.New(), d)
	conntest.Expect(t, c, conntest.Number("D3 uint16", 3))
	if err := c.(connect.Writer).Write(within(t, patience), connect.Point{Address: "D3 uint16", Kind: plant.KindNumber}, 4.0); err == nil {
		t.Error("a write that was not answered succeeds")
	}
	conntest.Expect(t, c, conntest.Number("D3 uint16", 3))
	if n := writes.Load(); n != 1 {
		t.Errorf("written %d times", n)
	}
}
