// Package conntest is what every driver must do, written once and run against
// a foreign party of each protocol, so that the collector never needs to know
// which protocol it speaks.
//
// It is for tests alone. Start with [Run].
package conntest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"zhigai/connect"
	"zhigai/plant"
)

// patience is how long a party may take; a test that passes never waits it out.
const patience = 30 * time.Second

// Value is a point and what the party holds there. Text counts for text tags.
type Value struct {
	Address string
	Kind    plant.TagKind
	Number  float64
	Text    string
}

// Party is a running foreign device and how to disturb it.
type Party struct {
	Driver  connect.Driver
	Device  plant.Device
	Values  []Value
	Missing connect.Point // well written, and not on the device
	// Writable takes Writes one after the other, each to be read back and each
	// another than the one before, the first another than the last. A zero point:
	// the party takes no writes.
	Writable connect.Point
	Writes   []any
	// WrongPoint and WrongDevice are refused without touching the network, with
	// words that say what to write.
	WrongPoint  connect.Point
	WrongDevice plant.Device
	Start, Stop func() // Stop as a pulled plug
	// Remembers: Read gives what the party said last and does not ask it.
	Remembers bool
	// Timeout is within which a pulled plug must show. 0 is two seconds.
	Timeout time.Duration
}

// Run looks at everything the contract of [connect.Driver] promises. The party
// must have started.
func Run(t *testing.T, p Party) {
	if p.Timeout == 0 {
		p.Timeout = 2 * time.Second
	}
	t.Run("checks", p.checks)
	t.Run("reads", p.reads)
	t.Run("writes", p.writes)
	t.Run("subscribes", p.subscribes)
	t.Run("sink refuses", p.refuses)
	t.Run("closes twice", p.closes)
	t.Run("closes beside others", p.closesBesideOthers)
	t.Run("cancelled", p.cancelled)
	t.Run("unplug and return", p.unplug)
}

// checks: a wrong address is refused while it is written.
func (p Party) checks(t *testing.T) {
	if p.Driver.Kind() != p.Device.Driver {
		t.Errorf("kind %q; the device says %q", p.Driver.Kind(), p.Device.Driver)
	}
	must(t, p.Driver.CheckDevice(p.Device))
	for _, v := range p.Values {
		must(t, p.Driver.CheckPoint(v.Address, v.Kind))
	}
	must(t, p.Driver.CheckPoint(p.Missing.Address, p.Missing.Kind))
	if err := p.Driver.CheckPoint(p.WrongPoint.Address, p.WrongPoint.Kind); err == nil || !strings.Contains(err.Error(), "write") {
		t.Errorf("CheckPoint(%q) = %v; want what to write instead", p.WrongPoint.Address, err)
	}
	if err := p.Driver.CheckDevice(p.WrongDevice); err == nil || !strings.Contains(err.Error(), "write") {
		t.Errorf("CheckDevice(%v) = %v; want what to write instead", p.WrongDevice, err)
	}
	if _, err := p.Driver.Open(within(t, patience), p.WrongDevice); err == nil {
		t.Errorf("Open(%v) of a wrong address", p.WrongDevice)
	}
}

// reads: each value in its type, and the missing point alone is bad.
func (p Party) reads(t *testing.T) {
	c := p.open(t)
	points := []connect.Point{p.Missing}
	for _, v := range p.Values {
		points = append(points, connect.Point{Address: v.Address, Kind: v.Kind}, p.Missing)
	}
	for range 2 {
		got := read(t, c, points)
		for i, r := range got {
			if r.Point != i {
				t.Errorf("reading %d says it is of point %d", i, r.Point)
			}
			if i%2 == 0 {
				if !errors.Is(r.Err, connect.ErrUnconfigured) {
					t.Errorf("missing point = %+v; want ErrUnconfigured", r)
				}
				continue
			}
			if v := p.Values[i/2]; r.Err != nil || r.Number != v.Number || r.Text != v.Text {
				t.Errorf("%s = %+v; want %v %q", v.Address, r, v.Number, v.Text)
			}
		}
	}
}

func (p Party) writes(t *testing.T) {
	c := p.open(t)
	w, ok := c.(connect.Writer)
	if !ok || p.Writable == (connect.Point{}) {
		t.Skip("takes no writes")
	}
	for _, value := range p.Writes {
		must(t, w.Write(within(t, patience), p.Writable, value))
		if r, ok := p.readBack(t, c, value); !ok {
			t.Errorf("%v read back as %+v", value, r)
		}
	}
	if err := w.Write(within(t, patience), p.Missing, p.Writes[0]); err == nil {
		t.Error("a write to a point that does not exist succeeds")
	}
	// A refused write must not cost the connection.
	read(t, c, []connect.Point{p.Writable})
}

// readBack waits for a party that confirms with its next message.
func (p Party) readBack(t *testing.T, c connect.Conn, value any) (r connect.Reading, ok bool) {
	t.Helper()
	until(t, p.Timeout, func() bool {
		r = read(t, c, []connect.Point{p.Writable})[0]
		ok = same(r, value)
		return ok || !p.Remembers
	})
	return r, ok
}

// until asks again and again, at most for d.
func until(t *testing.T, d time.Duration, done func() bool) {
	t.Helper()
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for end := time.Now().Add(d); !done() && time.Now().Before(end); {
		<-again.C
	}
}

// closes: the collector closes on every path, sometimes twice; others on the
// same device go on.
func (p Party) closes(t *testing.T) {
	one, other := p.open(t), p.open(t)
	must(t, one.Close())
	must(t, one.Close())
	v := p.Values[0]
	if r := read(t, other, []connect.Point{{Address: v.Address, Kind: v.Kind}})[0]; r.Err != nil || r.Number != v.Number || r.Text != v.Text {
		t.Errorf("after another's Close %+v", r)
	}
}

// cancelled: a call with a context that has ended returns at once.
func (p Party) cancelled(t *testing.T) {
	c := p.open(t)
	g, err := c.Prepare([]connect.Point{{Address: p.Values[0].Address, Kind: p.Values[0].Kind}})
	must(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	cancel()
	start := time.Now()
	if err := g.Read(ctx, make([]connect.Reading, 1)); err == nil && !p.Remembers || time.Since(start) > p.Timeout {
		t.Errorf("Read with an ended context: %v after %v", err, time.Since(start))
	}
	if _, err := p.Driver.Open(ctx, p.Device); err == nil && !p.Remembers || time.Since(start) > p.Timeout {
		t.Errorf("Open with an ended context: %v after %v", err, time.Since(start))
	}
}

func (p Party) unplug(t *testing.T) {
	c := p.open(t)
	v := p.Values[0]
	points := []connect.Point{{Address: v.Address, Kind: v.Kind}}
	g, err := c.Prepare(points)
	must(t, err)
	dst := make([]connect.Reading, 1)
	must(t, g.Read(within(t, patience), dst))
	p.Stop()
	start := time.Now()
	until(t, p.Timeout, func() bool {
		err = g.Read(within(t, p.Timeout), dst)
		return err != nil || !p.Remembers
	})
	if took := time.Since(start); err == nil || took > 2*p.Timeout {
		t.Errorf("Read of a dead device: %v after %v", err, took)
	}
	start = time.Now()
	again, err := p.Driver.Open(within(t, p.Timeout), p.Device)
	if took := time.Since(start); err == nil || took > 2*p.Timeout {
		t.Errorf("Open of a dead device: %v, %v after %v", again, err, took)
	}
	if err := c.Close(); err != nil {
		t.Errorf("Close of a dead device: %v", err)
	}
	p.Start()
	if r := read(t, p.open(t), points)[0]; r.Err != nil || r.Number != v.Number || r.Text != v.Text {
		t.Errorf("after the return %+v", r)
	}
}

func (p Party) open(t *testing.T) connect.Conn {
	t.Helper()
	c, err := p.Driver.Open(within(t, patience), p.Device)
	must(t, err)
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return c
}

func read(t *testing.T, c connect.Conn, points []connect.Point) []connect.Reading {
	t.Helper()
	g, err := c.Prepare(points)
	must(t, err)
	got := make([]connect.Reading, len(points))
	must(t, g.Read(within(t, patience), got))
	return got
}

func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
