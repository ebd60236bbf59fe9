package opcua_test

import (
	"strings"
	"testing"
	"time"

	"zhigai/connect"
	"zhigai/plant"
)

// What the machine did while the line was cut comes from the server's queue,
// marked as late, and nothing twice.
func TestSubscribe_TakesOverAfterACutLine(t *testing.T) {
	f := newFloor(t)
	r := subscribe(t, f.open(), f.speed())
	r.next()
	f.send(obj{"op": "set", "name": "Speed", "value": 1})
	if g := r.next(); g.Number != 1 || g.Historical {
		t.Fatalf("before the cut %+v", g)
	}
	f.wire.cut()
	if err := r.end(); !strings.Contains(err.Error(), "closed the connection") {
		t.Errorf("end = %v", err)
	}
	f.send(obj{"op": "count", "name": "Speed", "from": 2, "n": 10, "ms": 150})
	f.process.Wait("counted")
	f.wire.mend()
	r = subscribe(t, f.open(), f.speed())
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
	past := connect.Point{Address: f.space + "Past", Kind: plant.KindNumber, Period: 50 * time.Millisecond}
	r := subscribe(t, f.open(), past)
	r.next()
	f.send(obj{"op": "set", "name": "Past", "value": 1})
	if g := r.next(); g.Number != 1 {
		t.Fatalf("before the loss %+v", g)
	}
	f.wire.cut()
	_ = r.end() // as another test says
	f.another()
	f.send(obj{"op": "count", "name": "Past", "from": 2, "n": 10, "ms": 20})
	f.process.Wait("counted")
	f.wire.mend()
	r = subscribe(t, f.open(), past)
	if g := r.next(); g.Number != 0 || !g.Historical {
		t.Errorf("of the gap %+v; want what the new server began with", g)
	}
	for want := 2.0; want <= 11; want++ {
		if g := r.next(); g.Number != want || !g.Historical || g.Source.IsZero() {
			t.Errorf("of the gap %+v; want %v, historical", g, want)
		}
	}
	if g := r.next(); g.Number != 11 || g.Historical {
		t.Errorf("after the gap %+v; want the present value", g)
	}
}
