package cip_test

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
	"zhigai/connect/cip"
	"zhigai/connect/cip/enip"
	"zhigai/connect/conntest"
	"zhigai/plant"
)

// soon is a timeout for controllers that never answer.
const soon = 100 * time.Millisecond

// places in a frame over a connection: the parts before the message.
const (
	atConnection = enip.HeaderSize + 6 + 2 + 4
	atNumber     = atConnection + 4 + 4
	atMessage    = atNumber + 2
)

// Whatever comes instead of an answer is an error, never a value, and the
// connection works again as soon as the controller does.
func TestHostile_NoValueFromWhatIsNoAnswer(t *testing.T) {
	send := func(change func(b []byte) []byte) func(c *caller, answer []byte) bool {
		return func(c *caller, answer []byte) bool {
			_, _ = c.Write(change(answer))
			return true
		}
	}
	f := func(name string, connected bool, trick func(c *caller, answer []byte) bool, is error) {
		t.Helper()
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRack(t)
			var mu sync.Mutex
			good := false
			d, _ := serve(t, "127.0.0.1:0", func() enip.Session { return enip.Session{Tags: r} }, func(c *caller, f enip.Frame, answer []byte) bool {
				mu.Lock()
				defer mu.Unlock()
				question := f.Command == enip.SendUnitData || f.Command == enip.SendRRData && !connected
				if good || !question {
					_, err := c.Write(answer)
					return err == nil
				}
				return trick(c, append([]byte(nil), answer...))
			})
			if !connected {
				d.Params = map[string]string{"connected": "no"}
			}
			c := conntest.Open(t, cip.New(), d)
			g, err := c.Prepare([]connect.Point{{Address: "Speed", Kind: plant.KindNumber}})
			must(t, err)
			got := make([]connect.Reading, 1)
			if err := g.Read(within(t, soon), got); err == nil || is != nil && !errors.Is(err, is) {
				t.Errorf("%v with %+v; want %v", err, got[0], is)
			}
			mu.Lock()
			good = true
			mu.Unlock()
			conntest.Expect(t, c, conntest.Number("Speed", 12.5))
		})
	}
	late := os.ErrDeadlineExceeded
	f("silence", true, func(*caller, []byte) bool { return true }, late)
	f("hang up", true, func(*caller, []byte) bool { return false }, nil)
	f("truncated", true, send(func(b []byte) []byte { return b[:len(b)-1] }), late)
	f("oversize", true, send(func(b []byte) []byte { b[2], b[3] = 0xFF, 0xFF; return b }), connect.ErrMalformed)
	f("another number", true, send(func(b []byte) []byte { b[atNumber]++; return b }), late)
	f("another connection", true, send(func(b []byte) []byte { b[atConnection]++; return b }), connect.ErrMalformed)
	f("another session", true, send(func(b []byte) []byte { b[4]++; return b }), connect.ErrMalformed)
	f("an encapsulation status", true, send(func(b []byte) []byte { b[8] = 3; return b }), connect.ErrMalformed)
	f("another service", true, send(func(b []byte) []byte { b[atMessage]++; return b }), connect.ErrMalformed)
	f("items that lie", true, send(func(b []byte) []byte { b[atNumber-2] += 9; return b }), connect.ErrMalformed)
	f("no items", true, send(func(b []byte) []byte { b[2], b[3] = 6, 0; return b[:enip.HeaderSize+6] }), connect.ErrMalformed)
	f("a flood of others", true, func(c *caller, answer []byte) bool {
		binary.LittleEndian.PutUint16(answer[atNumber:], binary.LittleEndian.Uint16(answer[atNumber:])-100)
		for range 100 {
			_, _ = c.Write(answer)
		}
		return true
	}, connect.ErrMalformed)
	f("another context", false, send(func(b []byte) []byte { b[12]++; return b }), late)
	f("another session, unconnected", false, send(func(b []byte) []byte { b[4]++; return b }), connect.ErrMalformed)
	f("another service, unconnected", false, send(func(b []byte) []byte { b[len(b)-10]++; return b }), connect.ErrMalformed)
}

// A value of a wrong length concerns its tag alone.
func TestHostile_ValueOfWrongLength(t *testing.T) {
	r := newRack(t)
	r.tags["Short"] = enip.Value{Type: enip.Real, Data: []byte{1, 2, 3}}
	r.tags["Long"] = enip.Value{Type: enip.Dint, Data: make([]byte, 8)}
	r.tags["None"] = enip.Value{Type: enip.Type(0xDD), Data: []byte{1}}
	r.tags["Liar"] = enip.Value{Type: enip.Struct, Handle: 7, Data: []byte{0xFF, 0xFF, 0xFF, 0xFF, 'A'}}
	d, _ := serve(t, "127.0.0.1:0", func() enip.Session { return enip.Session{Tags: r} }, nil)
	bad := func(address string, kind plant.TagKind) conntest.Want {
		return conntest.Want{Address: address, Kind: kind, Err: connect.ErrMalformed}
	}
	conntest.Expect(t, conntest.Open(t, cip.New(), d), conntest.Number("Speed", 12.5), bad("Short", plant.KindNumber), bad("Long", plant.KindNumber), bad("None", plant.KindNumber),
		bad("Liar", plant.KindText), conntest.Number("Count", -70000))
}

// Answers that come too late or twice are never another tag's.
func TestHostile_LateAnswersNeverReachAnotherTag(t *testing.T) {
	for _, params := range []map[string]string{{}, {"connected": "no"}} {
		t.Run(fmt.Sprint(params), func(t *testing.T) {
			t.Parallel()
			r := newRack(t)
			for i := range 100 {
				v, err := enip.OfNumber(enip.Dint, float64(i))
				must(t, err)
				r.tags[fmt.Sprintf("Tag%d", i)] = v
			}
			var late sync.WaitGroup
			var mu sync.Mutex
			var newest *caller
			d, stop := serve(t, "127.0.0.1:0", func() enip.Session { return enip.Session{Tags: r} }, func(c *caller, f enip.Frame, answer []byte) bool {
				mu.Lock()
				defer mu.Unlock()
				newest = c
				own := append([]byte(nil), answer...)
				send := func() {
					// On the newest connection, as gateways do, and twice.
					mu.Lock()
					defer mu.Unlock()
					_, _ = newest.Write(own)
					_, _ = newest.Write(own)
				}
				if f.Command == enip.RegisterSession || rand.IntN(2) == 0 {
					_, _ = c.Write(own)
					return true
				}
				late.Add(1)
				time.AfterFunc(time.Duration(rand.IntN(30))*time.Millisecond, func() { defer late.Done(); send() })
				return true
			})
			d.Params = params
			c, err := cip.New().Open(within(t, patience), d)
			must(t, err)
			var tally conntest.Tally
			for range 300 {
				tally.Read(t, c, 10*time.Millisecond, 100, func(at int) string { return fmt.Sprintf("Tag%d", at) })
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

// A write is not sent twice when the controller hangs up on it: it may have been
// carried out.
func TestHostile_WriteIsNotRepeated(t *testing.T) {
	r := newRack(t)
	var writes atomic.Int32
	d, _ := serve(t, "127.0.0.1:0", func() enip.Session { return enip.Session{Tags: r} }, func(c *caller, f enip.Frame, answer []byte) bool {
		if f.Command == enip.SendUnitData && f.Data[atMessage-enip.HeaderSize] == byte(enip.WriteTag) {
			writes.Add(1)
			return false
		}
		_, err := c.Write(answer)
		return err == nil
	})
	c := conntest.Open(t, cip.New(), d)
	conntest.Expect(t, c, conntest.Number("Set", 0))
	if err := c.(connect.Writer).Write(within(t, patience), connect.Point{Address: "Set", Kind: plant.KindNumber}, 4.0); err == nil {
		t.Error("a write that was not answered succeeds")
	}
	conntest.Expect(t, c, conntest.Number("Set", 4)) // it was carried out
	if n := writes.Load(); n != 1 {
		t.Errorf("written %d times", n)
	}
}
