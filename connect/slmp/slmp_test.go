package slmp_test

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"zhigai/connect"
	"zhigai/connect/conntest"
	"zhigai/connect/slmp"
	"zhigai/connect/slmp/frame"
	"zhigai/plant"
)

// variants are all ways in which a station is spoken to.
var variants = []map[string]string{
	{},
	{"frame": "4E"},
	{"code": "ascii"},
	{"frame": "4E", "code": "ascii"},
	{"random": "no"},
	{"transport": "udp"},
	{"transport": "udp", "frame": "4E"},
	{"transport": "udp", "code": "ascii"},
}

func eachVariant(t *testing.T, f func(t *testing.T, b *bank, d plant.Device)) {
	t.Helper()
	for _, params := range variants {
		t.Run(strings.Trim(fmt.Sprint(params), "map[]"), func(t *testing.T) {
			b := newBank()
			var d plant.Device
			if params["transport"] == "udp" {
				d, _ = serveUDP(t, func(q question) { q.send(q.answer(b)) })
			} else {
				d, _ = serve(t, "127.0.0.1:0", honest(b))
			}
			d.Params = params
			f(t, b, d)
		})
	}
}

// What every driver promises, against a station of our own: no foreign one is
// to be had.
func TestConformance(t *testing.T) {
	b := newBank().put(t, "D100 float32", 0x0000, 0x4148).put(t, "M17", 1).put(t, "D110 string8", 'C'|'N'<<8, 'C'|'-'<<8, '7', 0)
	d, stop := serve(t, "127.0.0.1:0", honest(b))
	conntest.Run(t, conntest.Party{
		Driver: slmp.New(), Device: d,
		Values: []conntest.Value{
			{Address: "D42 uint16", Kind: plant.KindNumber, Number: 42},
			{Address: "D100 float32", Kind: plant.KindNumber, Number: 12.5},
			{Address: "M17", Kind: plant.KindBoolean, Number: 1},
			{Address: "D110 string8", Kind: plant.KindText, Text: "CNC-7"},
		},
		Missing:  connect.Point{Address: "D5000 int16", Kind: plant.KindNumber},
		Writable: connect.Point{Address: "D300 float32", Kind: plant.KindNumber}, Writes: []any{-12.5, 1e6, 0.0},
		WrongPoint:  connect.Point{Address: "D100", Kind: plant.KindNumber},
		WrongDevice: plant.Device{Driver: slmp.Kind, Address: "10.0.0.1"},
		Stop:        stop, Start: func() { serve(t, d.Address, honest(b)) },
	})
}

func TestRead_EveryFormInEveryFormat(t *testing.T) {
	eachVariant(t, func(t *testing.T, b *bank, d plant.Device) {
		b.put(t, "D200 int16", 0xFFFE).put(t, "D201 int32", 0xEE90, 0xFFFE).put(t, "D203 float32", 0, 0x4148).put(t, "W1F uint32", 0x2800, 0xEE6B)
		b.put(t, "R3 float64", 0x999A, 0x9999, 0x9999, 0xBFB9).put(t, "M17", 1).put(t, "X1F", 1).put(t, "D700 int16", 0x8008)
		conntest.Expect(t, conntest.Open(t, slmp.New(), d), conntest.Number("D200 int16", -2), conntest.Number("D201 int32", -70000), conntest.Number("D203 float32", 12.5), conntest.Number("W1F uint32", 4e9),
			conntest.Number("R3 float64", -0.1), conntest.Number("D5 uint16", 5), conntest.Number("D500 uint16", 0), conntest.Number("D900 int16", 0),
			conntest.Want{Address: "M17", Kind: plant.KindBoolean, Number: 1}, conntest.Want{Address: "M18", Kind: plant.KindBoolean},
			conntest.Want{Address: "X1F", Kind: plant.KindBoolean, Number: 1}, conntest.Want{Address: "D700.F", Kind: plant.KindBoolean, Number: 1},
			conntest.Want{Address: "D700.3", Kind: plant.KindBoolean, Number: 1}, conntest.Want{Address: "D700.4", Kind: plant.KindBoolean})
	})
}

func TestRead_OnlyTheMissingPointIsBad(t *testing.T) {
	eachVariant(t, func(t *testing.T, _ *bank, d plant.Device) {
		missing := func(address string) conntest.Want {
			return conntest.Want{Address: address, Kind: plant.KindNumber, Err: connect.ErrUnconfigured}
		}
		conntest.Expect(t, conntest.Open(t, slmp.New(), d), conntest.Number("D5 uint16", 5), conntest.Number("D6 uint16", 6), missing("D1000 int16"), missing("D999 int32"), conntest.Number("D999 int16", 0),
			missing("ZR5 int16"), missing("D7 nonsense"), missing("R9 float64"), conntest.Want{Address: "M160", Kind: plant.KindBoolean, Err: connect.ErrUnconfigured},
			conntest.Want{Address: "M159", Kind: plant.KindBoolean})
	})
}

// On an FX CPU, X20 is the sixteenth input and not the thirty-second: the same
// address means two things, and the device says which.
func TestRead_OctalNumbers(t *testing.T) {
	b := newBank().put(t, "X10", 1).put(t, "X1F", 1)
	d, _ := serve(t, "127.0.0.1:0", honest(b))
	conntest.Expect(t, conntest.Open(t, slmp.New(), d), conntest.Want{Address: "X10", Kind: plant.KindBoolean, Number: 1}, conntest.Want{Address: "X20", Kind: plant.KindBoolean})
	d.Params = map[string]string{"xy": "octal"}
	conntest.Expect(t, conntest.Open(t, slmp.New(), d), conntest.Want{Address: "X10", Kind: plant.KindBoolean}, conntest.Want{Address: "X20", Kind: plant.KindBoolean, Number: 1},
		conntest.Want{Address: "X37", Kind: plant.KindBoolean, Number: 1}, conntest.Want{Address: "X18", Kind: plant.KindBoolean, Err: connect.ErrUnconfigured})
}

func TestWrite_ReadsBack(t *testing.T) {
	eachVariant(t, func(t *testing.T, b *bank, d plant.Device) {
		c := conntest.Open(t, slmp.New(), d)
		f := func(address string, kind plant.TagKind, value any, number float64, text string) {
			t.Helper()
			must(t, c.(connect.Writer).Write(within(t, patience), connect.Point{Address: address, Kind: kind}, value))
			conntest.Expect(t, c, conntest.Want{Address: address, Kind: kind, Number: number, Text: text})
		}
		f("D300 int16", plant.KindNumber, -5.0, -5, "")
		f("D301 float32", plant.KindNumber, 12.25, 12.25, "")
		f("D303 uint64", plant.KindNumber, 1e15, 1e15, "")
		f("D310 string9", plant.KindText, "磨床-7", 0, "磨床-7")
		f("M33", plant.KindBoolean, true, 1, "")
		f("M33", plant.KindBoolean, false, 0, "")
		f("W2A uint16", plant.KindBoolean, true, 1, "")
		b.put(t, "D320 int16", 0x00F0)
		f("D320.F", plant.KindBoolean, true, 1, "")
		f("D320.4", plant.KindBoolean, 0.0, 0, "")
		conntest.Expect(t, c, conntest.Number("D320 uint16", 0x80E0)) // the other bits as they were
	})
}

func TestWrite_Refused(t *testing.T) {
	d, _ := serve(t, "127.0.0.1:0", honest(newBank()))
	c := conntest.Open(t, slmp.New(), d)
	f := func(address string, kind plant.TagKind, value any, says string) {
		t.Helper()
		err := c.(connect.Writer).Write(within(t, patience), connect.Point{Address: address, Kind: kind}, value)
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v to %s: %v; want %q", value, address, err, says)
		}
		if connect.InDoubt(err) {
			t.Errorf("%v to %s: %v: is in doubt, although nothing was written", value, address, err)
		}
		if known := slmp.New().CheckWrite(address, kind, value) != nil; known != errors.Is(err, connect.ErrNotWritten) {
			t.Errorf("%v to %s: known without the network: %v; %v", value, address, known, err)
		}
	}
	f("D300 int16", plant.KindNumber, 40000.0, "32767")
	f("D300 int16", plant.KindNumber, "x", "at most 0 bytes")
	f("D300 string4", plant.KindText, "12345", "4 bytes")
	f("D300 string4", plant.KindText, 1.0, "number is not written")
	f("M5", plant.KindBoolean, 2.0, "true or false")
	f("D5000 int16", plant.KindNumber, 1.0, "beyond the last device")
	f("M5000", plant.KindBoolean, true, "cannot be read or written")
	f("D300", plant.KindNumber, 1.0, "a word has a type")
	conntest.Expect(t, c, conntest.Number("D300 int16", 0)) // nothing of it arrived
}

// A station that takes short questions only, or no random reads, is read all
// the same, and what was learned is remembered.
func TestRead_LearnsWhatTheStationTakes(t *testing.T) {
	b := newBank()
	b.most, b.noRandom = 16, true
	var asked atomic.Int32
	d, _ := serve(t, "127.0.0.1:0", func(q question) bool { asked.Add(1); return honest(b)(q) })
	var wants []conntest.Want
	for a := range 100 {
		wants = append(wants, conntest.Number(fmt.Sprintf("D%d uint16", a), float64(a)))
	}
	wants = append(wants, conntest.Number("D500 uint16", 0), conntest.Number("D600 uint16", 0), conntest.Number("R1 uint16", 0),
		conntest.Want{Address: "D700 string40", Kind: plant.KindText, Err: connect.ErrUnconfigured})
	conntest.Expect(t, conntest.Open(t, slmp.New(), d), wants...)
	if n := asked.Load(); n > 60 {
		t.Errorf("%d questions for two readings", n)
	}
}

func TestTest(t *testing.T) {
	b := newBank()
	d, _ := serve(t, "127.0.0.1:0", honest(b))
	if text, err := slmp.New().Test(within(t, patience), d); err != nil || text != "SLMP station answers: FX5U-32MR/ES (model code 4A21)" {
		t.Errorf("Test = %q, %v", text, err)
	}
	d, _ = serve(t, "127.0.0.1:0", func(q question) bool {
		r := frame.Request{Serial: q.Serial, Route: q.Route, Command: frame.ReadModel}
		q.send(r.AppendRefusal(nil, frame.WrongCommand, q.format))
		return true
	})
	if text, err := slmp.New().Test(within(t, patience), d); err != nil || !strings.Contains(text, "does not say") {
		t.Errorf("Test = %q, %v", text, err)
	}
}

func TestCheckDevice(t *testing.T) {
	f := func(says string, params ...string) {
		t.Helper()
		d := plant.Device{Driver: slmp.Kind, Address: "10.0.0.1:5007", Params: map[string]string{}}
		for i := 0; i < len(params); i += 2 {
			d.Params[params[i]] = params[i+1]
		}
		err := slmp.New().CheckDevice(d)
		if says == "" && err != nil || says != "" && (err == nil || !strings.Contains(err.Error(), says)) {
			t.Errorf("%v: %v; want %q", params, err, says)
		}
	}
	f("")
	f("", "frame", "4E", "code", "binary", "transport", "udp", "xy", "octal", "network", "1", "station", "2", "max_words", "64", "timeout", "1s", "gap", "10ms")
	f("write 3E or 4E", "frame", "1E")
	f("write tcp or udp", "transport", "serial")
	f("write 0 to 239", "network", "240")
	f("write 8 to 960", "max_words", "961")
	f("write 10ms to 30s", "timeout", "1")
	f("write code binary", "code", "ascii", "xy", "octal")
}
