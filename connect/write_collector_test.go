package connect_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"zhigai/connect"
	"zhigai/plant"
)

// settable is a device that may be written to, whose point is a set point.
func settable(name, address string, no plant.TagNo) connect.DeviceSpec {
	s := spec(name, address, no)
	s.Device.Writing, s.Points[0].WriteTo = true, address+" p"
	return s
}

type outcome struct {
	took time.Duration
	err  error
}

// write is Collector.Write on a goroutine of its own.
func (h *hall) write(name string, v any) <-chan outcome {
	out := make(chan outcome, 1)
	go func() {
		start := time.Now()
		_, err := h.Write(context.Background(), plant.DeviceID(name), "p", v)
		out <- outcome{time.Since(start), err}
	}()
	return out
}

// A device that answers slowly makes nobody wait for its whole round where its
// line gives every question its turn; on any other line the write comes next.
func TestWrite_BetweenTheRounds(t *testing.T) {
	f := func(interleaves bool, at, most time.Duration) {
		t.Helper()
		inHall(t, func(t *testing.T, h *hall) {
			d := h.driver.device("a")
			d.slow, d.interleaves = 400*time.Millisecond, interleaves
			h.Set([]connect.DeviceSpec{settable("a", "a", 10)})
			after(3*time.Second + at)
			if got := <-h.write("a", 5.0); got.err != nil || got.took > most {
				t.Errorf("interleaves %v: written after %v, %v", interleaves, got.took, got.err)
			}
			if len(d.written) != 1 || d.written[0] != 5.0 {
				t.Errorf("the device got %v", d.written)
			}
		})
	}
	f(true, 100*time.Millisecond, 0)
	f(false, 100*time.Millisecond, 300*time.Millisecond)
	f(false, 900*time.Millisecond, 0)
}

// A device that never keeps its period leaves the write its turn too.
func TestWrite_OnALineThatNeverRests(t *testing.T) {
	inHall(t, func(t *testing.T, h *hall) {
		h.driver.device("a").slow = 1100 * time.Millisecond
		h.Set([]connect.DeviceSpec{settable("a", "a", 10)})
		after(5 * time.Second)
		for range 5 {
			if got := <-h.write("a", 5.0); got.err != nil || got.took > 1100*time.Millisecond {
				t.Errorf("written after %v, %v", got.took, got.err)
			}
		}
	})
}

// Polling others goes on while one device keeps a write waiting, and the wait
// has an end.
func TestWrite_ASilentDeviceHoldsNobodyUp(t *testing.T) {
	inHall(t, func(t *testing.T, h *hall) {
		n := 0.0
		h.driver.device("b").read = func(_ []connect.Point, dst []connect.Reading) { n++; dst[0].Number = n }
		h.Set([]connect.DeviceSpec{settable("a", "a", 10), spec("b", "b", 20)})
		after(3500 * time.Millisecond)
		a := h.driver.device("a")
		h.driver.change(func() { a.mute = true })
		before := len(h.store.of(21))
		got := <-h.write("a", 5.0)
		if got.err == nil || !connect.InDoubt(got.err) || got.took > 5*time.Second {
			t.Errorf("a write that nobody answers: %v after %v", got.err, got.took)
		}
		if polled := len(h.store.of(21)) - before; polled < int(got.took/time.Second) {
			t.Errorf("%d readings of the other device in %v", polled, got.took)
		}
	})
}

// Writing is a switch of its own: turned at once, and without a loss of contact.
func TestWrite_SwitchedOnAndOffWhileConnected(t *testing.T) {
	inHall(t, func(t *testing.T, h *hall) {
		d := h.driver.device("a")
		f := func(on bool) {
			t.Helper()
			s := settable("a", "a", 10)
			s.Device.Writing = on
			h.Set([]connect.DeviceSpec{s})
			after(time.Second)
			here, contact, enabled := h.Writing("a")
			if got := <-h.write("a", 1.0); !here || !contact || enabled != on || on != (got.err == nil) || !on && !errors.Is(got.err, connect.ErrWritingOff) {
				t.Errorf("on %v: %v %v %v, %v", on, here, contact, enabled, got.err)
			}
		}
		for _, on := range []bool{false, true, false, true, true} {
			f(on)
		}
		if len(d.opens) != 1 || d.closes != 0 || len(d.written) != 3 {
			t.Errorf("opened %d times, closed %d, written %d", len(d.opens), d.closes, len(d.written))
		}
	})
}

func TestWrite_WhereThereIsNothingToWriteTo(t *testing.T) {
	inHall(t, func(t *testing.T, h *hall) {
		h.driver.device("down").down = true
		plain := settable("plain", "plain", 30)
		plain.Points[0].WriteTo = ""
		dumb := settable("dumb", "dumb", 40)
		h.driver.device("dumb").speaks = true // a fake subscriber writes nothing
		h.Set([]connect.DeviceSpec{settable("down", "down", 20), plain, dumb})
		after(3 * time.Second)
		f := func(name string, want error) {
			t.Helper()
			if got := <-h.write(name, 1.0); !errors.Is(got.err, want) || connect.InDoubt(got.err) {
				t.Errorf("%s: %v; want %v", name, got.err, want)
			}
		}
		f("nobody", connect.ErrNotHere)
		f("down", connect.ErrNotConnected)
		f("plain", connect.ErrReadOnly)
		f("dumb", connect.ErrReadOnly)
		if _, err := h.Write(context.Background(), "plain", "q", 1.0); err == nil {
			t.Error("a signal that is not there is written")
		}
		if here, _, _ := h.Writing("nobody"); here {
			t.Error("a device that is not collected is here")
		}
	})
}

// A device that is taken out while a write is under way: the collector does not
// wait for the device, and the connection is not closed under the write.
func TestWrite_DeviceTakenOutMeanwhile(t *testing.T) {
	inHall(t, func(t *testing.T, h *hall) {
		d := h.driver.device("a")
		d.mute = true
		h.Set([]connect.DeviceSpec{settable("a", "a", 10)})
		after(500 * time.Millisecond)
		out := h.write("a", 1.0)
		synctest.Wait()
		start := time.Now()
		h.Set(nil)
		if took := time.Since(start); took > time.Second {
			t.Errorf("taking the device out took %v", took)
		}
		if got := <-out; got.err == nil || !connect.InDoubt(got.err) {
			t.Errorf("the write: %v", got.err)
		}
		if d.closes != 1 || d.closedUnder {
			t.Errorf("closed %d times, under a call: %v", d.closes, d.closedUnder)
		}
	})
}

// What is asked anew is of now, through the gate, and stored nowhere.
func TestAsk_ReadsAnew(t *testing.T) {
	inHall(t, func(t *testing.T, h *hall) {
		n := 0.0
		h.driver.device("a").read = func(points []connect.Point, dst []connect.Reading) {
			n++
			for i := range dst {
				dst[i].Number = n
			}
			dst[len(dst)-1].Err = connect.ErrRefused
		}
		s := spec("a", "a", 10, connect.PointSpec{Period: time.Hour, Scale: 0.1}, connect.PointSpec{Period: time.Hour})
		s.Points[1].Name = "q"
		h.Set([]connect.DeviceSpec{s})
		after(1500 * time.Millisecond)
		stored, last := len(h.store.of(11)), n
		got, err := h.Ask(context.Background(), "a", []string{"p", "q"})
		if err != nil || len(got) != 2 || got[0].Number != (last+1)/10 || got[0].Quality != plant.Good || time.Since(got[0].At.Time()) > time.Second {
			t.Errorf("%+v, %v after reading %v", got, err, last)
		}
		if got[1].Quality != plant.Bad|plant.Refused || got[1].Err == nil {
			t.Errorf("what the device refuses: %+v", got[1])
		}
		if len(h.store.of(11)) != stored {
			t.Error("what was asked is stored")
		}
	})
}

// Of a device that speaks by itself it is what it said last, and when.
func TestAsk_RemembersWhen(t *testing.T) {
	inHall(t, func(t *testing.T, h *hall) {
		h.driver.device("a").speaks = true
		h.driver.device("a").heard = time.Now()
		h.Set([]connect.DeviceSpec{spec("a", "a", 10)})
		after(40 * time.Second)
		got, err := h.Ask(context.Background(), "a", []string{"p"})
		if err != nil || time.Since(got[0].At.Time()) != 40*time.Second {
			t.Errorf("%+v, %v", got, err)
		}
	})
}
