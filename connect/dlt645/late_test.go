package dlt645_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"zhigai/connect"
	"zhigai/connect/dlt645"
	"zhigai/connect/dlt645/frame"
	"zhigai/connect/line"
	"zhigai/plant"
)

// linked makes a driver whose line ends at a party that gets every question.
func linked(t *testing.T, each func(w io.Writer, q frame.Frame)) *dlt645.Driver {
	t.Helper()
	var parties sync.WaitGroup
	t.Cleanup(parties.Wait)
	return dlt645.New(line.NewPool(line.Options{Open: func(context.Context, line.Address) (io.ReadWriteCloser, error) {
		ours, theirs := net.Pipe()
		parties.Go(func() {
			asked := make(chan frame.Frame, 100)
			var answering sync.WaitGroup
			answering.Go(func() {
				for q := range asked {
					each(theirs, q)
				}
			})
			var heard []byte
			b := make([]byte, 256)
			for {
				n, err := theirs.Read(b)
				if err != nil {
					break
				}
				for heard = append(heard, b[:n]...); len(heard) > 0; {
					q, size, err := frame.Cut(heard)
					if errors.Is(err, frame.ErrShort) {
						break
					}
					if err == nil {
						asked <- q
					}
					heard = heard[max(size, 1):]
				}
			}
			close(asked)
			answering.Wait()
		})
		return ours, nil
	}}))
}

func value(id frame.ID) float64 { return float64(uint32(id)*7%100_000_000) / 100 }

func say(w io.Writer, q frame.Frame, a frame.Address) {
	id, _, _ := frame.CutID(q.Data)
	raw := make([]byte, 4)
	frame.Data{Size: 4, Decimals: 2}.Encode(raw, value(id))
	_, _ = w.Write(frame.Append(nil, frame.Frame{Address: a, Control: q.Control | frame.Answer, Data: append(id.Append(nil), raw...)}))
}

// Answers that come late, twice, or from another meter, and no value under another
// identifier. Time is virtual.
func TestLateMeter_NoValueUnderAnotherIdentifier(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		me, err := frame.ParseAddress(address)
		must(t, err)
		r := rand.New(rand.NewPCG(1, 2))
		driver := linked(t, func(w io.Writer, q frame.Frame) {
			if r.IntN(5) < 2 {
				time.Sleep(100*time.Millisecond + time.Duration(r.IntN(300))*time.Millisecond)
			}
			switch r.IntN(10) {
			case 0:
				other := q
				other.Data = frame.ID(0x00990000).Append(nil)
				say(w, other, me) // of another question
			case 1:
				say(w, q, frame.Address{1})
			case 2:
				say(w, q, me)
			}
			say(w, q, me)
		})
		c, err := driver.Open(t.Context(), plant.Device{Driver: dlt645.Kind, Address: "/dev/line", Params: map[string]string{"unit": address, "timeout": "100ms", "baud": "115200"}})
		must(t, err)
		values, late := 0, 0
		for i := 0; values+late < 3000; i++ {
			id := frame.ID(0x00010000 + uint32(i%500))
			g, err := c.Prepare([]connect.Point{{Address: fmt.Sprint(id), Kind: plant.KindNumber}})
			must(t, err)
			reading := make([]connect.Reading, 1)
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			err = g.Read(ctx, reading)
			cancel()
			switch {
			case errors.Is(err, connect.ErrBusy):
				time.Sleep(50 * time.Millisecond)
			case err != nil:
				late++
			case reading[0].Err != nil || reading[0].Number != value(id):
				t.Fatalf("%s = %+v; want %v", id, reading[0], value(id))
			default:
				values++
			}
		}
		must(t, c.Close())
		t.Logf("%d values, %d late", values, late)
		if values < 1000 || late < 500 {
			t.Errorf("%d values, %d late", values, late)
		}
	})
}

// A refusal does not say what it refuses. One that comes late must not make a
// value look as if the meter did not have it.
func TestLateRefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		me, err := frame.ParseAddress(address)
		must(t, err)
		n := 0
		driver := linked(t, func(w io.Writer, q frame.Frame) {
			if n++; n == 1 {
				time.Sleep(150 * time.Millisecond)
				_, _ = w.Write(frame.Append(nil, frame.Frame{Address: me, Control: frame.Read | frame.Answer | frame.Abnormal, Data: []byte{2}}))
				return
			}
			say(w, q, me)
		})
		c, err := driver.Open(t.Context(), plant.Device{Driver: dlt645.Kind, Address: "/dev/line", Params: map[string]string{"unit": address, "timeout": "100ms", "baud": "115200"}})
		must(t, err)
		read := func(id string) (connect.Reading, error) {
			g, err := c.Prepare([]connect.Point{{Address: id, Kind: plant.KindNumber}})
			must(t, err)
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			r := make([]connect.Reading, 1)
			return r[0], errors.Join(g.Read(ctx, r), r[0].Err)
		}
		if _, err := read("00990000"); err == nil {
			t.Error("a late refusal is in time")
		}
		if _, err := read("00010000"); err != nil {
			t.Errorf("after a late refusal: %v", err)
		}
		must(t, c.Close())
	})
}
