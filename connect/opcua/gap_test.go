package opcua_test

import (
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"zhigai/connect"
	"zhigai/connect/opcua"
	"zhigai/plant"
)

// wire is a TCP connection to the server that can be cut without either end
// having a say in it.
type wire struct {
	l     net.Listener
	to    string
	mu    sync.Mutex
	conns []net.Conn
	down  bool
}

func newWire(t *testing.T, to string) *wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	w := &wire{l: l, to: to}
	go w.accept()
	t.Cleanup(func() { _ = l.Close(); w.cut() })
	return w
}

func (w *wire) accept() {
	for {
		in, err := w.l.Accept()
		if err != nil {
			return
		}
		out, err := net.Dial("tcp", w.to)
		w.mu.Lock()
		if err != nil || w.down {
			_ = in.Close()
			w.mu.Unlock()
			continue
		}
		w.conns = append(w.conns, in, out)
		w.mu.Unlock()
		go func() { _, _ = io.Copy(out, in); _ = out.Close() }()
		go func() { _, _ = io.Copy(in, out); _ = in.Close() }()
	}
}

// cut ends the connections and takes no more until mend.
func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.down = true
	for _, c := range w.conns {
		_ = c.Close()
	}
	w.conns = nil
}

func (w *wire) mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.down = false
}

func (w *wire) device() plant.Device {
	return plant.Device{Driver: opcua.Kind, Address: "opc.tcp://" + w.l.Addr().String() + "/UA/Machine", Params: map[string]string{"policy": "None", "timeout": "3s"}}
}

// What the machine did while the line was cut comes from the server's queue,
// marked as late, and nothing twice.
func TestSubscribe_TakesOverAfterACutLine(t *testing.T) {
	f := newFloor(t)
	w := newWire(t, "127.0.0.1:"+f.port)
	c, err := f.driver.Open(within(t), w.device())
	must(t, err)
	r := subscribe(t, c, speedPoint())
	r.next()
	f.process.Send(obj{"op": "set", "name": "Speed", "value": 1})
	if g := r.next(); g.Number != 1 || g.Historical {
		t.Fatalf("before the cut %+v", g)
	}
	w.cut()
	if err := r.end(); !strings.Contains(err.Error(), "closed the connection") {
		t.Errorf("end = %v", err)
	}
	_ = c.Close()
	f.process.Send(obj{"op": "count", "name": "Speed", "from": 2, "n": 10, "ms": 150})
	f.process.Wait("counted")
	w.mend()
	c, err = f.driver.Open(within(t), w.device())
	must(t, err)
	defer c.Close()
	r = subscribe(t, c, speedPoint())
	seen := map[float64]int{}
	for seen[11] == 0 {
		seen[r.next().Number]++
	}
	// The present value may come once more: a subscription begins with it.
	for n := 2.0; n < 11; n++ {
		if seen[n] != 1 {
			t.Errorf("value %v came %d times; all that came: %v", n, seen[n], seen)
		}
	}
	if seen[1000.5] > 0 || seen[1] > 0 {
		t.Errorf("values of before the cut come again: %v", seen)
	}
}

// A server that started anew has no queue: what it keeps of the past fills the
// gap.
func TestSubscribe_FillsTheGapFromHistory(t *testing.T) {
	f := newFloor(t)
	past := connect.Point{Address: space + "Past", Kind: plant.KindNumber, Period: 50 * time.Millisecond}
	r := subscribe(t, f.open(), past)
	r.next()
	f.process.Send(obj{"op": "set", "name": "Past", "value": 1})
	if g := r.next(); g.Number != 1 {
		t.Fatalf("before the loss %+v", g)
	}
	// The subscription ends for a reason that forbids to go on with it.
	f.process.Send(obj{"op": "namespace", "uri": "urn:zhigai.test:new"})
	if err := r.end(); !strings.Contains(err.Error(), "namespaces changed") {
		t.Errorf("end = %v", err)
	}
	f.process.Send(obj{"op": "count", "name": "Past", "from": 2, "n": 10, "ms": 20})
	f.process.Wait("counted")
	r = subscribe(t, f.open(), past)
	for want := 2.0; want <= 11; want++ {
		if g := r.next(); g.Number != want || !g.Historical || g.Source.IsZero() {
			t.Errorf("of the gap %+v; want %v, historical", g, want)
		}
	}
	if g := r.next(); g.Number != 11 || g.Historical {
		t.Errorf("after the gap %+v; want the present value", g)
	}
}
