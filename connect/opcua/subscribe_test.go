package opcua_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"zhigai/connect"
	"zhigai/plant"
)

// running is a Subscribe under way.
type running struct {
	t      *testing.T
	got    chan connect.Reading
	alive  chan struct{}
	ended  chan error
	fail   chan error // the sink's next answer
	hold   sync.Mutex // taken: the sink does not return
	cancel context.CancelFunc
}

func subscribe(t *testing.T, c connect.Conn, points ...connect.Point) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r := &running{
		t: t, got: make(chan connect.Reading, 100000), alive: make(chan struct{}, 10000), ended: make(chan error, 1),
		fail: make(chan error, 1), cancel: cancel,
	}
	sink := func(_ context.Context, readings []connect.Reading) error {
		r.hold.Lock()
		defer r.hold.Unlock()
		select {
		case err := <-r.fail:
			return err
		default:
		}
		for _, g := range readings {
			r.got <- g
		}
		return nil
	}
	go func() {
		r.ended <- c.(connect.Subscriber).Subscribe(ctx, points, sink, func() { r.alive <- struct{}{} })
	}()
	t.Cleanup(cancel)
	return r
}

func (r *running) next() connect.Reading {
	r.t.Helper()
	select {
	case g := <-r.got:
		return g
	case err := <-r.ended:
		r.t.Fatalf("subscription ended: %v", err)
	case <-time.After(patience):
		r.t.Fatal("no reading")
	}
	panic("unreachable")
}

func (r *running) end() error {
	r.t.Helper()
	select {
	case err := <-r.ended:
		return err
	case <-time.After(patience):
		r.t.Fatal("subscription did not end")
		return nil
	}
}

func TestSubscribe_EveryChangeInOrder(t *testing.T) {
	f := newFloor(t)
	r := subscribe(t, f.open(), f.speed(), connect.Point{Address: f.space + "Absent", Kind: plant.KindNumber})
	absent, first := r.next(), r.next()
	if !errors.Is(absent.Err, connect.ErrUnconfigured) || absent.Point != 1 {
		t.Errorf("absent node = %+v", absent)
	}
	if first.Number != 1000.5 || first.Source.IsZero() {
		t.Errorf("first = %+v", first)
	}
	last := first.Source
	for want := 1.0; want <= 30; want++ {
		// One after the other: the server itself may pass over a value that
		// stood for less than the sampling interval.
		f.send(obj{"op": "set", "name": "Speed", "value": want})
		g := r.next()
		if g.Number != want || g.Source.Before(last) {
			t.Fatalf("reading = %+v; want %v after %v", g, want, last)
		}
		last = g.Source
	}
	f.send(obj{"op": "status", "name": "Speed", "status": "BadSensorFailure"})
	if g := r.next(); !errors.Is(g.Err, connect.ErrRefused) || !strings.Contains(g.Err.Error(), "SensorFailure") {
		t.Errorf("bad status = %+v", g)
	}
	f.send(obj{"op": "status", "name": "Speed", "status": "BadNoCommunication"})
	if g := r.next(); !errors.Is(g.Err, connect.ErrStale) {
		t.Errorf("no communication = %+v", g)
	}
	f.send(obj{"op": "set", "name": "Speed", "value": 7})
	if g := r.next(); g.Err != nil || g.Number != 7 {
		t.Errorf("good again = %+v", g)
	}
	select {
	case <-r.alive:
	case <-time.After(patience):
		t.Error("no sign of life while nothing changes")
	}
	r.cancel()
	if err := r.end(); !errors.Is(err, context.Canceled) {
		t.Errorf("end = %v", err)
	}
}

// While nobody takes them, changes wait in the server's queue.
func TestSubscribe_QueueHoldsAStall(t *testing.T) {
	f := newFloor(t)
	r := subscribe(t, f.open(), f.speed())
	r.next()
	r.hold.Lock()
	f.send(obj{"op": "count", "name": "Speed", "from": 1, "n": 20, "ms": 200})
	f.process.Wait("counted")
	r.hold.Unlock()
	seen := 0
	for last := 0.0; last < 20; seen++ {
		g := r.next()
		if g.Err != nil || g.Uncertain || g.Number <= last {
			t.Fatalf("reading = %+v after %v", g, last)
		}
		last = g.Number
	}
	if seen < 15 { // the server may pass over single values when the machine is busy
		t.Errorf("%d of 20 values came", seen)
	}
}

func TestSubscribe_LongText(t *testing.T) {
	f := newFloor(t)
	r := subscribe(t, f.open(), connect.Point{Address: f.space + "Mode", Kind: plant.KindText, Period: 50 * time.Millisecond})
	r.next()
	long := strings.Repeat("磨", 10000)
	f.send(obj{"op": "set", "name": "Mode", "value": long})
	if g := r.next(); g.Text != long {
		t.Errorf("text of %d bytes, %v; want %d", len(g.Text), g.Err, len(long))
	}
}

func TestSubscribe_SinkFailureEndsIt(t *testing.T) {
	f := newFloor(t)
	c := f.open()
	r := subscribe(t, c, f.speed())
	r.next()
	r.fail <- errors.New("disk full")
	f.send(obj{"op": "set", "name": "Speed", "value": 5})
	if err := r.end(); err == nil || !strings.Contains(err.Error(), "disk full") {
		t.Errorf("end = %v", err)
	}
	// The connection is good: a new subscription begins with the present value.
	if g := subscribe(t, c, f.speed()).next(); g.Number != 5 {
		t.Errorf("again = %+v", g)
	}
}

func TestSubscribe_LossOfContactIsToldAndNamespacesAreFoundAgain(t *testing.T) {
	f := newFloor(t)
	r := subscribe(t, f.open(), f.speed())
	r.next()
	f.wire.cut()
	if err := r.end(); err == nil || !strings.Contains(err.Error(), "closed the connection") {
		t.Errorf("after the cut: %v", err)
	}
	if _, err := f.driver.Open(within(t), f.device()); err == nil {
		t.Error("open while the server is down")
	}
	f.another() // the machine's namespace has another number now
	f.wire.mend()
	r = subscribe(t, f.open(), f.speed())
	if g := r.next(); g.Err != nil || g.Number != 1000.5 {
		t.Errorf("after restart: %+v", g)
	}
	f.send(obj{"op": "namespace", "uri": "urn:zhigai.test:new"})
	if err := r.end(); err == nil || !strings.Contains(err.Error(), "namespaces changed") {
		t.Errorf("a new namespace: %v", err)
	}
	r = subscribe(t, f.open(), f.speed())
	r.next()
	f.send(obj{"op": "stop"})
	if err := r.end(); err == nil {
		t.Error("an orderly stop of the server is not told")
	}
}

// The keys of the channel are renewed under a running subscription.
func TestSubscribe_OutlivesRenewals(t *testing.T) {
	f := newFloor(t)
	f.approve("policy", "Basic256Sha256")
	f.driver.RenewEvery(1500 * time.Millisecond)
	c := f.open("policy", "Basic256Sha256")
	r := subscribe(t, c, f.speed())
	r.next()
	for want, began := 1.0, time.Now(); time.Since(began) < 5*time.Second; want++ { // three renewals
		f.send(obj{"op": "set", "name": "Speed", "value": want})
		if g := r.next(); g.Number != want {
			t.Fatalf("reading = %+v; want %v", g, want)
		}
	}
	must(t, c.(connect.Writer).Write(within(t), connect.Point{Address: f.space + "Feed"}, 1.0))
}

func TestSubscribe_FrozenServerIsFoundOut(t *testing.T) {
	f := newFloor(t)
	c := f.open("policy", "None", "timeout", "3s")
	r := subscribe(t, c, f.speed())
	r.next()
	f.wire.freeze()
	began := time.Now()
	if err := r.end(); err == nil || !strings.Contains(err.Error(), "no answer in time") {
		t.Errorf("frozen server: %v", err)
	}
	if took := time.Since(began); took > patience {
		t.Errorf("found out after %v", took)
	}
}
