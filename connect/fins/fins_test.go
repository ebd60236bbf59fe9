package fins_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"zhigai/connect"
	"zhigai/connect/conntest"
	"zhigai/connect/fins"
	"zhigai/connect/fins/frame"
	"zhigai/connect/peer"
	"zhigai/plant"
)

// patience is how long a test waits for what must happen; a test that passes
// never waits it out.
const patience = 20 * time.Second

var transports = []string{"udp", "tcp"}

func open(t *testing.T, driver *fins.Driver, d plant.Device) connect.Conn {
	t.Helper()
	c, err := driver.Open(within(t, patience), d)
	must(t, err)
	t.Cleanup(func() { must(t, c.Close()) })
	return c
}

// want is one point and what reading it must give.
type want struct {
	address string
	kind    plant.TagKind
	number  float64
	text    string
	err     error
}

func number(address string, v float64) want {
	return want{address: address, kind: plant.KindNumber, number: v}
}

func missing(address string) want {
	return want{address: address, kind: plant.KindNumber, err: connect.ErrUnconfigured}
}

// expect reads all points in one group, as the collector does.
func expect(t *testing.T, c connect.Conn, wants ...want) {
	t.Helper()
	points := make([]connect.Point, len(wants))
	for i, w := range wants {
		points[i] = connect.Point{Address: w.address, Kind: w.kind}
	}
	g, err := c.Prepare(points)
	must(t, err)
	got := make([]connect.Reading, len(points))
	// Twice: what the first reading learned about the controller's gaps must not
	// spoil the second.
	for range 2 {
		must(t, g.Read(within(t, patience), got))
		for i, w := range wants {
			r := got[i]
			if r.Point != i || !errors.Is(r.Err, w.err) || w.err == nil && (r.Err != nil || r.Number != w.number || r.Text != w.text) {
				t.Errorf("%s as %s = %+v; want %v %q %v", w.address, w.kind, r, w.number, w.text, w.err)
			}
		}
	}
}

// What every driver promises. There is no foreign server of FINS to be had: the
// party is our own, which the npm client omron-fins and tshark look at.
func TestConformance(t *testing.T) {
	for _, transport := range transports {
		t.Run(transport, func(t *testing.T) {
			s := (&controller{store: newStore()}).serve(t)
			_ = s.store.WriteRange(frame.Range{Area: frame.Data, Start: 20, Count: 4}, []byte("CNC-7\x00\x00\x00"))
			conntest.Run(t, conntest.Party{
				Driver: fins.New(), Device: s.device(transport),
				Values: []conntest.Value{
					{Address: "D100 uint16", Kind: plant.KindNumber, Number: 100},
					{Address: "W10.03", Kind: plant.KindBoolean, Number: 1},
					{Address: "CIO 700 int32", Kind: plant.KindNumber, Number: 701<<16 | 700},
					{Address: "D20 string8", Kind: plant.KindText, Text: "CNC-7"},
					{Address: "controller model", Kind: plant.KindText, Text: "CJ2M-CPU31"},
				},
				Missing:  connect.Point{Address: "D1001 uint16", Kind: plant.KindNumber},
				Writable: connect.Point{Address: "H10 float32", Kind: plant.KindNumber}, Writes: []any{-12.5, 1e6, 0.0},
				WrongPoint:  connect.Point{Address: "40001", Kind: plant.KindNumber},
				WrongDevice: plant.Device{Driver: fins.Kind, Address: "10.0.0.1"},
				Stop:        func() { s.close() }, Start: func() { s.start(t, s.port) },
			})
		})
	}
}

func TestRead_EveryAreaAndType(t *testing.T) {
	for _, transport := range transports {
		s := (&controller{store: newStore()}).serve(t)
		c := open(t, fins.New(), s.device(transport))
		wants := []want{
			number("D0 uint16", 0), number("D999", 999), number("dm257 int16", 257), number("W3", 3), number("H4 uint32", 5<<16|4), number("A5 bcd16", 5),
			number("CIO6 uint32 ABCD", 6<<16|7), number("cio 7 int32 CDAB", 8<<16|7), number("E0_8", 8), number("EM0_8 uint16", 8), number("D258 uint16 DCBA", 0x0201),
			number("D16 bcd32", 110010), number("D4 int64", 7<<48|6<<32|5<<16|4), number("D4 uint64 ABCD", 4<<48|5<<32|6<<16|7),
			{address: "D5.00", kind: plant.KindBoolean, number: 1},
			{address: "CIO 5.01", kind: plant.KindBoolean, number: 0},
			{address: "W256.8", kind: plant.KindBoolean, number: 1},
			number("T5 uint16", 1), number("C5 uint16", 257),
			{address: "C5 bool", kind: plant.KindBoolean, number: 1},
			{address: "T4 bool", kind: plant.KindBoolean, number: 0},
			missing("D1000"), missing("D999 uint32"), missing("E5_0"), missing("E_0"), missing("T5"),
			{address: "A10 bcd16", kind: plant.KindNumber, err: connect.ErrMalformed},
			{address: "D4 int64 DCBA", kind: plant.KindNumber, err: connect.ErrImprecise},
			{address: "controller version", kind: plant.KindText, text: "02.01"},
		}
		expect(t, c, wants...)
		// A controller without the command for scattered words, and one that takes
		// short questions only.
		s.become(func(q question) bool {
			if q.Command == frame.ReadMany {
				q.answer.End, q.answer.Data = frame.UndefinedCommand, nil
			}
			if len(q.answer.Data) > 20 {
				q.answer.End, q.answer.Data = frame.ResponseTooLong, nil
			}
			return honest(q)
		})
		for i := range 60 {
			wants = append(wants, number(fmt.Sprint("D", 100+i), float64(100+i)))
		}
		expect(t, open(t, fins.New(), s.device(transport)), wants...)
	}
}

// Every value is that of its own address, whatever was read together.
func TestRead_EveryWord(t *testing.T) {
	s := (&controller{store: newStore()}).serve(t)
	for _, words := range []string{"999", "100", "7"} {
		d := s.device("udp")
		d.Params["max_words"] = words
		c := open(t, fins.New(), d)
		var wants []want
		for at := 0; at < 998; at += 1 + at%23 {
			wants = append(wants, number(fmt.Sprint("D", at), float64(at)), number(fmt.Sprintf("W%d uint32", at), float64((at+1)<<16|at)))
		}
		expect(t, c, wants...)
	}
}

// Scattered words are read in one question, neighbours in one, and not more.
func TestRead_Questions(t *testing.T) {
	var mu sync.Mutex
	var commands []uint16
	s := (&controller{store: newStore(), answer: func(q question) bool {
		mu.Lock()
		commands = append(commands, q.Command)
		mu.Unlock()
		return honest(q)
	}}).serve(t)
	c := open(t, fins.New(), s.device("tcp"))
	wants := []want{number("D1", 1), number("D100", 100), number("W7", 7), {address: "CIO 300.2", kind: plant.KindBoolean, number: 1}, number("H500", 500)}
	for i := range 50 {
		wants = append(wants, number(fmt.Sprint("D", 600+i), float64(600+i)))
	}
	expect(t, c, wants...)
	mu.Lock()
	defer mu.Unlock()
	if want := []uint16{frame.ReadMemory, frame.ReadMany, frame.ReadMemory, frame.ReadMany}; fmt.Sprint(commands) != fmt.Sprint(want) {
		t.Errorf("commands %04x; want %04x", commands, want)
	}
}

func TestWrite_ReadsBack(t *testing.T) {
	for _, transport := range transports {
		s := (&controller{store: newStore()}).serve(t)
		d := s.device(transport)
		d.Params["charset"] = "gb18030"
		c := open(t, fins.New(), d)
		f := func(address string, kind plant.TagKind, value any, number float64, text string) {
			t.Helper()
			must(t, c.(connect.Writer).Write(within(t, patience), connect.Point{Address: address, Kind: kind}, value))
			expect(t, c, want{address: address, kind: kind, number: number, text: text})
		}
		f("D300 int16", plant.KindNumber, -5.0, -5, "")
		f("D300 uint16", plant.KindNumber, 40000.0, 40000, "")
		f("H301 int32", plant.KindNumber, -70000.0, -70000, "")
		f("H301 uint32 ABCD", plant.KindNumber, 4e9, 4e9, "")
		f("W303 float32", plant.KindNumber, 12.25, 12.25, "")
		f("CIO 305 float64", plant.KindNumber, 0.1, 0.1, "")
		f("E0_305 int64", plant.KindNumber, -1e15, -1e15, "")
		f("D310 string8", plant.KindText, "磨床", 0, "磨床")
		f("D314 bcd16", plant.KindNumber, 1234.0, 1234, "")
		f("D314 bcd32", plant.KindNumber, 12345678.0, 12345678, "")
		f("D315 uint16", plant.KindNumber, 32769.0, 32769, "")
		f("D315.3", plant.KindBoolean, true, 1, "")
		f("D315.0", plant.KindBoolean, false, 0, "")
		f("CIO 20.15", plant.KindBoolean, 1.0, 1, "")
		f("E0_20.15", plant.KindBoolean, true, 1, "")
		expect(t, c, number("D315", 0x8008)) // the other bits are as they were
	}
}

func TestWrite_Refused(t *testing.T) {
	s := (&controller{store: newStore()}).serve(t)
	c := open(t, fins.New(), s.device("udp"))
	f := func(address string, kind plant.TagKind, value any, says string) {
		t.Helper()
		err := c.(connect.Writer).Write(within(t, patience), connect.Point{Address: address, Kind: kind}, value)
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v to %s: %v; want %q", value, address, err, says)
		}
	}
	f("D300 int16", plant.KindNumber, 40000.0, "32767")
	f("D300", plant.KindNumber, -1.0, "65535")
	f("D300", plant.KindNumber, 1.5, "whole number")
	f("D300 float32", plant.KindNumber, 1e300, "float32")
	f("D300 bcd16", plant.KindNumber, 10000.0, "9999")
	f("D300", plant.KindNumber, "x", "string")
	f("D300 string4", plant.KindText, "12345", "4 bytes")
	f("D300.1", plant.KindBoolean, 2.0, "true or false")
	f("A5", plant.KindNumber, 1.0, "read only")
	f("D1000", plant.KindNumber, 1.0, "1103")
	f("C5 bool", plant.KindBoolean, true, "not written")
	f("controller model", plant.KindText, "x", "not written")
	expect(t, c, number("D300", 300)) // nothing of it arrived
}

func TestDiscover(t *testing.T) {
	s := (&controller{store: newStore()}).serve(t)
	found, err := fins.New().Discover(within(t, patience), "127.0.0.1-1:"+s.port)
	if err != nil || len(found) != 1 || found[0].Title != "CJ2M-CPU31, V02.01" || found[0].Identity != (connect.Identity{Vendor: "Omron", Product: "CJ2M-CPU31", Version: "02.01"}) {
		t.Fatalf("found %+v, %v", found, err)
	}
	expect(t, open(t, fins.New(), found[0].Device), number("D5", 5))
	text, err := fins.New().Test(within(t, patience), found[0].Device)
	if err != nil || text != "Omron FINS answers: CJ2M-CPU31, V02.01" {
		t.Errorf("Test = %q, %v", text, err)
	}
	nobody := peer.Port(t)
	if found, err := fins.New().Discover(within(t, patience), "127.0.0.1:"+nobody); err != nil || len(found) != 0 {
		t.Errorf("found %+v, %v", found, err)
	}
	if _, err := fins.New().Discover(within(t, patience), "plc"); err == nil || !strings.Contains(err.Error(), "write for example") {
		t.Errorf("Discover(plc): %v", err)
	}
}

func TestCheckDevice(t *testing.T) {
	f := func(name, value, says string) {
		t.Helper()
		err := fins.New().CheckDevice(plant.Device{Driver: fins.Kind, Address: "h:9600", Params: map[string]string{name: value}})
		if says == "" && err != nil || says != "" && (err == nil || !strings.Contains(err.Error(), says)) {
			t.Errorf("%s=%s: %v", name, value, err)
		}
	}
	f("transport", "tcp", "")
	f("transport", "serial", "write udp or tcp")
	f("node", "10", "")
	f("node", "0", "write 1 to 254")
	f("network", "128", "write 0 to 127")
	f("unit", "256", "write 0 to 255")
	f("source_node", "x", "write 1 to 254")
	f("max_words", "1000", "write 1 to 999")
	f("max_gap_fill", "-1", "write 0 to 999")
	f("charset", "ebcdic", "write utf-8, gb18030 or shift-jis")
	f("timeout", "1", "write 10ms to 30s")
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
