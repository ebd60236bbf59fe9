package modbus_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"zhigai/connect"
	"zhigai/connect/modbus/pdu"
	"zhigai/plant"
)

// timeout is what the tests of late answers give a station; lateness is a
// multiple of it.
const timeout = 100 * time.Millisecond

// often late: two of five answers come behind the timeout, up to four times.
func oftenLate(r *rand.Rand) time.Duration {
	if r.IntN(5) < 3 {
		return time.Duration(r.IntN(20)) * time.Millisecond
	}
	return timeout + time.Duration(r.Int64N(int64(3*timeout)))
}

// tally is what became of many readings.
type tally struct{ values, timeouts, busy, malformed, wrong int }

// ask reads one register or two at a random place, again and again.
func (n *tally) ask(t *testing.T, c connect.Conn, readings int, forms ...string) {
	t.Helper()
	r := rand.New(rand.NewPCG(3, 4))
	for asked := 0; asked < readings; asked++ {
		at := uint16(r.IntN(60000))
		form := forms[r.IntN(len(forms))]
		g, err := c.Prepare([]connect.Point{{Address: fmt.Sprintf("holding %d %s", at, form), Kind: plant.KindNumber}})
		must(t, err)
		want := float64(proof(at))
		if form == "uint32" {
			want = float64(uint32(proof(at))<<16 | uint32(proof(at+1)))
		}
		reading := make([]connect.Reading, 1)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		err = g.Read(ctx, reading)
		cancel()
		var late interface{ Timeout() bool }
		switch {
		case errors.Is(err, connect.ErrBusy):
			n.busy++
			asked-- // nothing was
			time.Sleep(timeout / 2)
		case errors.As(err, &late) && late.Timeout():
			n.timeouts++
		case errors.Is(err, connect.ErrMalformed):
			n.malformed++
		case err != nil || reading[0].Err != nil:
			t.Fatalf("%v, %+v", err, reading[0])
		case reading[0].Number != want:
			n.wrong++
		default:
			n.values++
		}
	}
}

// On a serial line nothing tells a late answer from the one that was asked for:
// the unit, the function and the length are the same. Ten thousand readings of a
// station that is late at random, in every way a station can be, and not one value
// in another register's place. Time is virtual.
func TestSlowStation_NoValueInAnotherRegister(t *testing.T) {
	f := func(name string, readings, least int, s slow, forms ...string) {
		t.Helper()
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if s.late == nil {
					s.late = oftenLate
				}
				c, err := linked(t, s.run).Open(t.Context(), unit("1", timeout.String()))
				must(t, err)
				var n tally
				n.ask(t, c, readings, forms...)
				must(t, c.Close())
				t.Logf("%+v; the station said %d answers", n, s.answers)
				if n.wrong > 0 || n.values < least || n.timeouts < readings/20 {
					t.Errorf("%+v; want no value in a wrong place, at least %d values, and lateness that was met", n, least)
				}
			})
		})
	}
	const one, two = "uint16", "uint32"
	silentTo := func(functions ...byte) func([]byte) bool {
		return func(body []byte) bool {
			return slices.Contains(functions, body[0])
		}
	}
	f("in order, one register", 10_000, 4000, slow{}, one)
	f("in order, one register or two", 10_000, 4000, slow{}, one, two)
	f("deaf while it thinks", 2000, 400, slow{deaf: true}, one, two)
	f("without diagnostics", 2000, 500, slow{no: silentTo(pdu.Diagnostics)}, one, two)
	f("later and later", 1000, 30, slow{late: func(r *rand.Rand) time.Duration { return time.Duration(r.Int64N(int64(9 * timeout))) }}, one)
	f("with noise", 2000, 400, slow{jitter: func(r *rand.Rand) []byte { return []byte{0xFF, 0x00, 0xFF}[:r.IntN(4)] }}, one, two)
	// Nothing of it can be told apart: it is left alone until all has passed.
	f("without any canary", 300, 20, slow{no: func(body []byte) bool {
		return body[0] == pdu.Diagnostics || body[0] == pdu.ReadHolding && body[4] != 1
	}}, one)
}

// A station, or a gateway, that says everything twice is read all the same, and
// the second saying is nobody's value.
func TestRepeatingStation(t *testing.T) {
	f := func(name string, pause time.Duration, least int) {
		t.Helper()
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := slow{late: func(r *rand.Rand) time.Duration { return 5 * time.Millisecond }, after: func(w io.Writer, frame []byte) {
					time.Sleep(pause)
					_, _ = w.Write(frame) // a master that left does not care
				}}
				c, err := linked(t, s.run).Open(t.Context(), unit("1", timeout.String()))
				must(t, err)
				var n tally
				n.ask(t, c, 500, "uint16")
				must(t, c.Close())
				t.Logf("%+v", n)
				if n.wrong > 0 || n.values < least {
					t.Errorf("%+v; want at least %d values and none wrong", n, least)
				}
			})
		})
	}
	f("at once", 0, 490)
}
