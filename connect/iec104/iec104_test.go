package iec104_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"zhigai/connect"
	"zhigai/connect/conntest"
	"zhigai/connect/iec104"
	"zhigai/connect/iec104/asdu"
	"zhigai/plant"
)

func point(address string) connect.Point {
	return connect.Point{Address: address, Kind: plant.KindNumber}
}

// What every driver promises, against a station of our own: no foreign one is
// to be had.
func TestConformance(t *testing.T) {
	s := newStation()
	d, stop := s.serve(t, "127.0.0.1:0")
	conntest.Run(t, conntest.Party{
		Driver: iec104.New(), Device: d, Remembers: true,
		Values: []conntest.Value{
			{Address: "IOA 4001 (TI 13)", Kind: plant.KindNumber, Number: 12.5},
			{Address: "IOA 1001", Kind: plant.KindBoolean, Number: 1},
			{Address: "IOA 1002 (TI 3)", Kind: plant.KindBoolean, Number: 1},
			{Address: "IOA 1002 (TI 3)", Kind: plant.KindEnumeration, Number: 2},
			{Address: "IOA 5001 (TI 15)", Kind: plant.KindNumber, Number: 123456789},
		},
		Missing:  connect.Point{Address: "IOA 9999 (TI 13)", Kind: plant.KindNumber},
		Writable: connect.Point{Address: "IOA 4002 (TI 13)", Kind: plant.KindNumber}, Writes: []any{-12.5, 1e6, 0.0},
		WrongPoint:  connect.Point{Address: "4001", Kind: plant.KindNumber},
		WrongDevice: plant.Device{Driver: iec104.Kind, Address: "10.0.0.1"},
		Stop:        stop, Start: func() { s.serve(t, d.Address) },
	})
}

func TestSubscribe_EveryType(t *testing.T) {
	s := newStation()
	d, _ := s.serve(t, "127.0.0.1:0")
	wants := map[string]float64{
		"IOA 1001 (TI 1)": 1, "IOA 1002 (TI 3)": 2, "IOA 1003 (TI 5)": -5, "IOA 1004 (TI 7)": 0x12345678, "IOA 1005 (TI 9)": -0.5,
		"IOA 1006 (TI 11)": -300, "IOA 4001 (TI 13)": 12.5, "IOA 5001 (TI 15)": 123456789,
	}
	var points []connect.Point
	var values []float64
	for address, v := range wants {
		points, values = append(points, point(address)), append(values, v)
	}
	h := hear(t, conntest.Open(t, iec104.New(), d), points...)
	for i, v := range values {
		h.waitFor(i, func(r connect.Reading) bool { return r.Err == nil && r.Number == v && r.Source.IsZero() })
	}
}

// The station's time is the sample's; what an interrogation brings holds now,
// and what the station kept while nobody listened is of the past.
func TestSubscribe_DeviceTime(t *testing.T) {
	s := newStation()
	d, _ := s.serve(t, "127.0.0.1:0")
	d.Params = map[string]string{"time_zone": "Asia/Shanghai"}
	h := hear(t, conntest.Open(t, iec104.New(), d), point("IOA 4001"))
	h.waitFor(0, func(r connect.Reading) bool { return r.Number == 12.5 && r.Source.IsZero() })
	local := time.Date(2026, 11, 28, 11, 0, 0, 0, time.UTC) // as the station's clock shows it
	is := local.Add(-8 * time.Hour)
	s.say(asdu.FloatAt, 4001, asdu.Value{Number: 1, Time: local})
	h.waitFor(0, func(r connect.Reading) bool { return r.Number == 1 && r.Source.Equal(is) && !r.Historical })
	s.say(asdu.FloatAt, 4001, asdu.Value{Number: 2, Time: local.Add(-time.Minute)})
	h.waitFor(0, func(r connect.Reading) bool { return r.Number == 2 && r.Historical })
	s.say(asdu.FloatAt, 4001, asdu.Value{Number: 3, Time: local.Add(time.Minute)})
	h.waitFor(0, func(r connect.Reading) bool { return r.Number == 3 && !r.Historical })
	s.say(asdu.FloatAt, 4001, asdu.Value{Number: 4, Time: local, BadTime: true})
	h.waitFor(0, func(r connect.Reading) bool { return r.Number == 4 && r.Source.IsZero() })
}

func TestSubscribe_Quality(t *testing.T) {
	s := newStation()
	d, _ := s.serve(t, "127.0.0.1:0")
	h := hear(t, conntest.Open(t, iec104.New(), d), point("IOA 4001 (TI 13)"), connect.Point{Address: "IOA 1002 (TI 3)", Kind: plant.KindBoolean})
	h.waitFor(1, func(r connect.Reading) bool { return r.Err == nil && r.Number == 1 })
	f := func(q asdu.Quality, is error, uncertain bool) {
		t.Helper()
		s.say(asdu.Float, 4001, asdu.Value{Number: 5, Quality: q})
		h.waitFor(0, func(r connect.Reading) bool {
			return errors.Is(r.Err, is) && (is != nil || r.Err == nil) && r.Uncertain == uncertain
		})
	}
	f(asdu.Invalid, connect.ErrRefused, false)
	f(0, nil, false)
	f(asdu.Overflow, connect.ErrRefused, false)
	f(asdu.NotTopical, connect.ErrStale, false)
	f(asdu.Substituted, nil, true)
	f(asdu.Blocked|asdu.NotTopical, connect.ErrStale, true)
	for _, state := range []float64{0, 3} {
		s.say(asdu.DoublePoint, 1002, asdu.Value{Number: 1})
		h.waitFor(1, func(r connect.Reading) bool { return r.Err == nil && r.Number == 0 })
		s.say(asdu.DoublePoint, 1002, asdu.Value{Number: state})
		h.waitFor(1, func(r connect.Reading) bool { return errors.Is(r.Err, connect.ErrRefused) })
	}
	s.say(asdu.Scaled, 4001, asdu.Value{Number: 5})
	h.waitFor(0, func(r connect.Reading) bool { return errors.Is(r.Err, connect.ErrMalformed) }) // another type than the profile says
}

// A station that began anew is asked for everything again.
func TestSubscribe_StationRestarts(t *testing.T) {
	s := newStation()
	d, _ := s.serve(t, "127.0.0.1:0")
	h := hear(t, conntest.Open(t, iec104.New(), d), point("IOA 4001"))
	h.waitFor(0, func(r connect.Reading) bool { return r.Number == 12.5 })
	s.mu.Lock()
	s.objects[4001] = held{asdu.Float, asdu.Value{Number: 99}}
	for c := range s.callers {
		c.send(asdu.ASDU{Type: asdu.Initialized, Cause: asdu.Startup, Common: 1, Objects: []asdu.Object{{Element: []byte{0}}}})
	}
	s.mu.Unlock()
	h.waitFor(0, func(r connect.Reading) bool { return r.Number == 99 })
}

// What is not stored yet is not acknowledged: the station keeps it, and stops
// after its window.
func TestSubscribe_AcknowledgesWhatIsStored(t *testing.T) {
	s := newStation()
	acked := make(chan uint16, 1000)
	s.frame = func(_ *caller, f asdu.Frame) {
		if f.Format != asdu.Unnumbered {
			acked <- f.Receive
		}
	}
	d, _ := s.serve(t, "127.0.0.1:0")
	d.Params = map[string]string{"w": "1"}
	h := hear(t, conntest.Open(t, iec104.New(), d), point("IOA 4001"))
	h.waitFor(0, func(r connect.Reading) bool { return r.Number == 12.5 })
	h.mu.Lock()
	h.hold = make(chan struct{})
	h.mu.Unlock()
	s.mu.Lock()
	var number uint16
	for c := range s.callers {
		c.mu.Lock()
		number = c.sent
		c.mu.Unlock()
	}
	s.mu.Unlock()
	for i := range 5 {
		s.say(asdu.Float, 4001, asdu.Value{Number: float64(i + 1)})
	}
	// A test of the line goes through meanwhile.
	s.mu.Lock()
	for c := range s.callers {
		c.function(asdu.TestAct)
	}
	s.mu.Unlock()
	for len(acked) > 0 {
		if n := <-acked; n > number {
			t.Errorf("number %d acknowledged before it is stored; %d came before", n, number)
		}
	}
	close(h.hold)
	h.waitFor(0, func(r connect.Reading) bool { return r.Number == 5 })
	for ctx := within(t, patience); ; {
		select {
		case n := <-acked:
			if n == number+5 {
				return
			}
		case <-ctx.Done():
			t.Fatal("what was stored is never acknowledged")
		}
	}
}

func TestWrite(t *testing.T) {
	s := newStation()
	var came []string
	s.trick = func(_ *caller, a *asdu.ASDU) bool {
		if a.Type.Commands() {
			came = append(came, fmt.Sprintf("%d %X", a.Type, a.Objects[0].Element))
		}
		return false
	}
	d, _ := s.serve(t, "127.0.0.1:0")
	d.Params = map[string]string{"select": "yes", "set_clock": "yes"}
	c := conntest.Open(t, iec104.New(), d)
	w := c.(connect.Writer)
	f := func(address string, kind plant.TagKind, value any, want ...string) {
		t.Helper()
		came = nil
		must(t, w.Write(within(t, patience), connect.Point{Address: address, Kind: kind}, value))
		if got := strings.Join(came, ", "); got != strings.Join(want, ", ") {
			t.Errorf("%v to %s: %s; want %v", value, address, got, want)
		}
	}
	f("IOA 1001 (TI 1)", plant.KindBoolean, false, "45 80", "45 00")
	f("IOA 1002 (TI 3)", plant.KindBoolean, true, "46 82", "46 02")
	f("IOA 1002 (TI 3)", plant.KindEnumeration, 1.0, "46 81", "46 01")
	f("IOA 4001 (TI 13)", plant.KindNumber, 12.5, "50 0000484180", "50 0000484100")
	f("IOA 9999 (TI 1) command IOA 1001 (TI 45)", plant.KindBoolean, true, "45 81", "45 01")
	f("IOA 1006 (TI 11)", plant.KindNumber, -3.0, "49 FDFF80", "49 FDFF00")
	f("IOA 1004 (TI 7)", plant.KindNumber, 1.0, "51 01000000") // a bit string is not selected

	g := func(address string, kind plant.TagKind, value any, is error, says string) {
		t.Helper()
		err := w.Write(within(t, patience), connect.Point{Address: address, Kind: kind}, value)
		if err == nil || is != nil && !errors.Is(err, is) || !strings.Contains(err.Error(), says) {
			t.Errorf("%v to %s: %v; want %v %q", value, address, err, is, says)
		}
		if connect.InDoubt(err) {
			t.Errorf("%v to %s: %v: is in doubt, although nothing was written", value, address, err)
		}
	}
	g("IOA 9999 (TI 13)", plant.KindNumber, 1.0, connect.ErrUnconfigured, "unknown object address")
	g("IOA 1006 (TI 11)", plant.KindNumber, 1e6, nil, "32767")
	g("IOA 1002 (TI 3)", plant.KindNumber, 3.0, nil, "1 to 2")
	g("IOA 5001 (TI 15)", plant.KindNumber, 1.0, nil, "which command")
	g("IOA 4001 (TI 13)", plant.KindNumber, "x", nil, "string")
	driver := iec104.New()
	for _, known := range []struct {
		address string
		value   any
		ok      bool
	}{
		{"IOA 1006 (TI 11)", -3.0, true},
		{"IOA 1006 (TI 11)", 1e6, false},
		{"IOA 1002 (TI 3)", true, true},
		{"IOA 4001 (TI 13)", "x", false},
		{"IOA 1001", 5.0, true}, // the station says which command
	} {
		if err := driver.CheckWrite(known.address, plant.KindNumber, known.value); (err == nil) != known.ok {
			t.Errorf("%v to %s, asked without the network: %v", known.value, known.address, err)
		}
	}
	s.trick = func(c *caller, a *asdu.ASDU) bool {
		out := *a
		out.Cause, out.Negative = asdu.ActivationCon, true
		c.send(out)
		return true
	}
	g("IOA 4001 (TI 13)", plant.KindNumber, 1.0, connect.ErrRefused, "negative")
}

// Two stations behind one address share its connection.
func TestOpen_SharesTheConnection(t *testing.T) {
	s := newStation()
	d, _ := s.serve(t, "127.0.0.1:0")
	driver := iec104.New()
	one, err := driver.Open(within(t, patience), d)
	must(t, err)
	d.Params = map[string]string{"common_address": "2"}
	two, err := driver.Open(within(t, patience), d)
	must(t, err)
	s.mu.Lock()
	n := len(s.callers)
	s.mu.Unlock()
	if n != 1 {
		t.Errorf("%d connections", n)
	}
	g, err := two.Prepare([]connect.Point{point("IOA 4001")})
	must(t, err)
	if err := g.Read(within(t, patience), make([]connect.Reading, 1)); !errors.Is(err, connect.ErrUnconfigured) || !strings.Contains(err.Error(), "unknown common address") {
		t.Errorf("a station that is not there: %v", err)
	}
	must(t, two.Close())
	if text, err := driver.Test(within(t, patience), plant.Device{Driver: iec104.Kind, Address: d.Address}); err != nil || text != "station 1 answers the general interrogation with 8 objects" {
		t.Errorf("Test = %q, %v", text, err)
	}
	must(t, one.Close())
}

func TestCheckDevice(t *testing.T) {
	f := func(says string, params ...string) {
		t.Helper()
		d := plant.Device{Driver: iec104.Kind, Address: "10.0.0.1:2404", Params: map[string]string{}}
		for i := 0; i < len(params); i += 2 {
			d.Params[params[i]] = params[i+1]
		}
		err := iec104.New().CheckDevice(d)
		if says == "" && err != nil || says != "" && (err == nil || !strings.Contains(err.Error(), says)) {
			t.Errorf("%v: %v; want %q", params, err, says)
		}
	}
	f("")
	f("", "common_address", "65534", "originator", "7", "select", "yes", "set_clock", "no", "k", "1", "w", "1", "t1", "2s", "t2", "1s", "t3", "10s", "time_zone", "Asia/Shanghai")
	f("write 1 to 65534", "common_address", "65535")
	f("write yes or no", "select", "true")
	f("write a t2 below t1", "t1", "2s", "t2", "2s")
	f("write 1s to 10s", "t3", "20s")
	f("Asia/Shanghai", "time_zone", "Peking")
}
