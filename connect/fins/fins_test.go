package fins_test

import (
	"context"
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
		c := conntest.Open(t, fins.New(), s.device(transport))
		wants := []conntest.Want{
			conntest.Number("D0 uint16", 0), conntest.Number("D999", 999), conntest.Number("dm257 int16", 257), conntest.Number("W3", 3), conntest.Number("H4 uint32", 5<<16|4), conntest.Number("A5 bcd16", 5),
			conntest.Number("CIO6 uint32 ABCD", 6<<16|7), conntest.Number("cio 7 int32 CDAB", 8<<16|7), conntest.Number("E0_8", 8), conntest.Number("EM0_8 uint16", 8), conntest.Number("D258 uint16 DCBA", 0x0201),
			conntest.Number("D16 bcd32", 110010), conntest.Number("D4 int64", 7<<48|6<<32|5<<16|4), conntest.Number("D4 uint64 ABCD", 4<<48|5<<32|6<<16|7),
			{Address: "D5.00", Kind: plant.KindBoolean, Number: 1},
			{Address: "CIO 5.01", Kind: plant.KindBoolean, Number: 0},
			{Address: "W256.8", Kind: plant.KindBoolean, Number: 1},
			conntest.Number("T5 uint16", 1), conntest.Number("C5 uint16", 257),
			{Address: "C5 bool", Kind: plant.KindBoolean, Number: 1},
			{Address: "T4 bool", Kind: plant.KindBoolean, Number: 0},
			conntest.Missing("D1000"), conntest.Missing("D999 uint32"), conntest.Missing("E5_0"), conntest.Missing("E_0"), conntest.Missing("T5"),
			{Address: "A10 bcd16", Kind: plant.KindNumber, Err: connect.ErrMalformed},
			{Address: "D4 int64 DCBA", Kind: plant.KindNumber, Err: connect.ErrImprecise},
			{Address: "controller version", Kind: plant.KindText, Text: "02.01"},
		}
		conntest.Expect(t, c, wants...)
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
			wants = append(wants, conntest.Number(fmt.Sprint("D", 100+i), float64(100+i)))
		}
		conntest.Expect(t, conntest.Open(t, fins.New(), s.device(transport)), wants...)
	}
}

// Every value is that of its own address, whatever was read together.
func TestRead_EveryWord(t *testing.T) {
	s := (&controller{store: newStore()}).serve(t)
	for _, words := range []string{"999", "100", "7"} {
		d := s.device("udp")
		d.Params["max_words"] = words
		c := conntest.Open(t, fins.New(), d)
		var wants []conntest.Want
		for at := 0; at < 998; at += 1 + at%23 {
			wants = append(wants, conntest.Number(fmt.Sprint("D", at), float64(at)), conntest.Number(fmt.Sprintf("W%d uint32", at), float64((at+1)<<16|at)))
		}
		conntest.Expect(t, c, wants...)
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
	c := conntest.Open(t, fins.New(), s.device("tcp"))
	wants := []conntest.Want{conntest.Number("D1", 1), conntest.Number("D100", 100), conntest.Number("W7", 7), {Address: "CIO 300.2", Kind: plant.KindBoolean, Number: 1}, conntest.Number("H500", 500)}
	for i := range 50 {
		wants = append(wants, conntest.Number(fmt.Sprint("D", 600+i), float64(600+i)))
	}
	conntest.Expect(t, c, wants...)
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
		c := conntest.Open(t, fins.New(), d)
		f := func(address string, kind plant.TagKind, value any, number float64, text string) {
			t.Helper()
			must(t, c.(connect.Writer).Write(within(t, patience), connect.Point{Address: address, Kind: kind}, value))
			conntest.Expect(t, c, conntest.Want{Address: address, Kind: kind, Number: number, Text: text})
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
		conntest.Expect(t, c, conntest.Number("D315", 0x8008)) // the other bits are as they were
	}
}

func TestWrite_Refused(t *testing.T) {
	s := (&controller{store: newStore()}).serve(t)
	c := conntest.Open(t, fins.New(), s.device("udp"))
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
	conntest.Expect(t, c, conntest.Number("D300", 300)) // nothing of it arrived
}

func TestDiscover(t *testing.T) {
	s := (&controller{store: newStore()}).serve(t)
	found, err := fins.New().Discover(within(t, patience), "127.0.0.1-1:"+s.port)
	if err != nil || len(found) != 1 || found[0].Title != "CJ2M-CPU31, V02.01" || found[0].Identity != (connect.Identity{Vendor: "Omron", Product: "CJ2M-CPU31", Version: "02.01"}) {
		t.Fatalf("found %+v, %v", found, err)
	}
	conntest.Expect(t, conntest.Open(t, fins.New(), found[0].Device), conntest.Number("D5", 5))
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
