package iec104

import (
	"bufio"
	"context"
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"zhigai/connect/iec104/asdu"
)

// far is the station's end of a session whose clock is the test's.
type far struct {
	t      *testing.T
	conn   net.Conn
	frames chan asdu.Frame
}

func begin(t *testing.T, w window) (*session, *far) {
	t.Helper()
	ours, theirs := net.Pipe()
	s := newSession(ours, w)
	f := &far{t: t, conn: theirs, frames: make(chan asdu.Frame, 100)}
	go func() {
		in := bufio.NewReader(theirs)
		for {
			one, err := readFrame(in)
			if err != nil {
				close(f.frames)
				return
			}
			f.frames <- one
		}
	}()
	return s, f
}

func (f *far) end(s *session) {
	s.stop(errClosed)
	<-s.over
	_ = f.conn.Close()
}

func (f *far) say(frame asdu.Frame) {
	f.t.Helper()
	if _, err := f.conn.Write(frame.Append(nil)); err != nil {
		f.t.Error(err)
	}
}

func (f *far) function(fn asdu.Function) {
	f.t.Helper()
	f.say(asdu.Frame{Format: asdu.Unnumbered, Function: fn})
}

// next is what came, or nothing.
func (f *far) next() (asdu.Frame, bool) {
	synctest.Wait()
	select {
	case one, ok := <-f.frames:
		return one, ok
	default:
		return asdu.Frame{}, false
	}
}

func (f *far) wantFunction(fn asdu.Function) {
	f.t.Helper()
	if got, ok := f.next(); !ok || got.Format != asdu.Unnumbered || got.Function != fn {
		f.t.Errorf("%+v, %v; want %s", got, ok, fn)
	}
}

func (f *far) wantNothing() {
	f.t.Helper()
	if got, ok := f.next(); ok {
		f.t.Errorf("%+v came", got)
	}
}

var oneValue = (&asdu.ASDU{
	Type: asdu.Float, Cause: asdu.Spontaneous, Common: 1, Objects: []asdu.Object{{Address: 1, Element: make([]byte, 5)}},
}).Append(nil)

// A station that does not confirm the start within t1 is none.
func TestTimer_StartIsNotConfirmed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, f := begin(t, usual)
		defer f.end(s)
		f.wantFunction(asdu.StartAct)
		time.Sleep(usual.t1 - time.Second)
		synctest.Wait()
		if !s.running() {
			t.Fatal("given up before t1")
		}
		if err := s.start(context.Background()); !errors.Is(err, errNoReply) {
			t.Errorf("start: %v", err)
		}
	})
}

// Silence is broken by a test; one that is not answered within t1 ends it.
func TestTimer_Test(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, f := begin(t, usual)
		defer f.end(s)
		f.wantFunction(asdu.StartAct)
		f.function(asdu.StartCon)
		for range 3 {
			time.Sleep(usual.t3 - time.Millisecond)
			f.wantNothing()
			time.Sleep(time.Millisecond)
			f.wantFunction(asdu.TestAct)
			f.function(asdu.TestCon)
		}
		f.function(asdu.TestAct) // theirs is answered at once
		f.wantFunction(asdu.TestCon)
		time.Sleep(usual.t3)
		f.wantFunction(asdu.TestAct)
		time.Sleep(usual.t1 - time.Millisecond)
		synctest.Wait()
		if !s.running() {
			t.Error("given up before t1")
		}
		time.Sleep(time.Millisecond)
		synctest.Wait()
		if s.running() || !errors.Is(s.err, errNoReply) {
			t.Errorf("running after t1: %v", s.err)
		}
	})
}

// What came is acknowledged after w frames, or after t2.
func TestTimer_Acknowledges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := usual
		w.t3 = time.Hour
		s, f := begin(t, w)
		defer f.end(s)
		f.wantFunction(asdu.StartAct)
		f.function(asdu.StartCon)
		number := uint16(0)
		send := func(n int) {
			t.Helper()
			for range n {
				f.say(asdu.Frame{Format: asdu.Information, Send: number, ASDU: oneValue})
				number++
			}
		}
		acknowledged := func(n uint16) {
			t.Helper()
			if got, ok := f.next(); !ok || got.Format != asdu.Supervisory || got.Receive != n {
				t.Errorf("%+v, %v; want an acknowledgement of %d", got, ok, n)
			}
		}
		send(w.w)
		acknowledged(uint16(w.w))
		send(3)
		f.wantNothing()
		time.Sleep(w.t2 - time.Millisecond)
		f.wantNothing()
		time.Sleep(time.Millisecond)
		acknowledged(uint16(w.w + 3))
		time.Sleep(w.t2)
		f.wantNothing() // nothing is owed
	})
}

// Not more than k frames are on their way; one that is not acknowledged within
// t1 ends it.
func TestTimer_Window(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := usual
		w.k, w.t3 = 3, time.Hour
		s, f := begin(t, w)
		defer f.end(s)
		f.wantFunction(asdu.StartAct)
		f.function(asdu.StartCon)
		sent := make(chan error, 10)
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		go func() {
			for range 5 {
				sent <- s.send(ctx, &asdu.ASDU{Type: asdu.Interrogation, Cause: asdu.Activation, Common: 1, Objects: []asdu.Object{{Element: []byte{20}}}})
			}
		}()
		for i := range 3 {
			if got, ok := f.next(); !ok || got.Format != asdu.Information || got.Send != uint16(i) {
				t.Errorf("%+v, %v; want number %d", got, ok, i)
			}
		}
		f.wantNothing()
		f.say(asdu.Frame{Format: asdu.Supervisory, Receive: 1})
		if got, ok := f.next(); !ok || got.Send != 3 {
			t.Errorf("%+v, %v; want number 3", got, ok)
		}
		f.wantNothing()
		time.Sleep(w.t1)
		synctest.Wait()
		if s.running() || !errors.Is(s.err, errNoReply) {
			t.Errorf("running though nothing is acknowledged: %v", s.err)
		}
	})
}

// Numbers begin again after 32767.
func TestTimer_NumbersRollOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := usual
		w.w, w.t3 = 1000, time.Hour
		s, f := begin(t, w)
		defer f.end(s)
		f.wantFunction(asdu.StartAct)
		f.function(asdu.StartCon)
		last := uint16(0)
		for i := range asdu.Modulus + 2000 {
			f.say(asdu.Frame{Format: asdu.Information, Send: uint16(i % asdu.Modulus), ASDU: oneValue})
			if i%1000 == 999 {
				got, ok := f.next()
				if last = got.Receive; !ok || last != uint16((i+1)%asdu.Modulus) {
					t.Fatalf("after %d: %+v, %v", i, got, ok)
				}
			}
		}
		if !s.running() || last > 3000 {
			t.Errorf("ended with %v at %d", s.err, last)
		}
	})
}
