package cip_test

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"zhigai/connect"
	"zhigai/connect/cip"
	"zhigai/connect/cip/enip"
	"zhigai/connect/conntest"
	"zhigai/plant"
)

// devices are all ways in which a controller is spoken to: what it has, and
// what the device says.
var devices = map[string]struct {
	session enip.Session
	params  map[string]string
}{
	"large connection":           {},
	"small connection":           {session: enip.Session{NoLarge: true}},
	"no connection":              {session: enip.Session{NoConnections: true}},
	"one at a time":              {session: enip.Session{NoMultiple: true}},
	"unconnected, one at a time": {params: map[string]string{"connected": "no", "multiple": "no"}},
	"no backplane":               {session: enip.Session{NoConnections: true}, params: map[string]string{"route": "none"}},
}

func eachDevice(t *testing.T, f func(t *testing.T, r *rack, d plant.Device)) {
	t.Helper()
	for name, one := range devices {
		t.Run(name, func(t *testing.T) {
			r := newRack(t)
			d, _ := serve(t, "127.0.0.1:0", func() enip.Session { s := one.session; s.Tags = r; return s }, nil)
			d.Params = one.params
			f(t, r, d)
		})
	}
}

// What every driver promises, against a controller of our own: the foreign
// party is a client and reads our simulated one.
func TestConformance(t *testing.T) {
	r := newRack(t)
	session := func() enip.Session { return enip.Session{Tags: r} }
	d, stop := serve(t, "127.0.0.1:0", session, nil)
	conntest.Run(t, conntest.Party{
		Driver: cip.New(), Device: d,
		Values: []conntest.Value{
			{Address: "Speed", Kind: plant.KindNumber, Number: 12.5},
			{Address: "Running", Kind: plant.KindBoolean, Number: 1},
			{Address: "Status.5", Kind: plant.KindBoolean, Number: 1},
			{Address: "Program:Main.Station[3].Count", Kind: plant.KindNumber, Number: 33},
			{Address: "Product", Kind: plant.KindText, Text: "CNC-7 磨床"},
		},
		Missing:  connect.Point{Address: "Nowhere.At[1].All", Kind: plant.KindNumber},
		Writable: connect.Point{Address: "Set", Kind: plant.KindNumber}, Writes: []any{-12.5, 1e6, 0.0},
		WrongPoint:  connect.Point{Address: "Speed[", Kind: plant.KindNumber},
		WrongDevice: plant.Device{Driver: cip.Kind, Address: "10.0.0.1"},
		Stop:        stop, Start: func() { serve(t, d.Address, session, nil) },
	})
}

func TestRead_EveryTypeOnEveryDevice(t *testing.T) {
	eachDevice(t, func(t *testing.T, _ *rack, d plant.Device) {
		missing := func(address string, kind plant.TagKind, is error) conntest.Want {
			return conntest.Want{Address: address, Kind: kind, Err: is}
		}
		conntest.Expect(t, conntest.Open(t, cip.New(), d), conntest.Want{Address: "Running", Kind: plant.KindBoolean, Number: 1}, conntest.Number("Small", -5), conntest.Number("Count", -70000), conntest.Number("Big", 1<<53),
			conntest.Number("Speed", 12.5), conntest.Number("Precise", -0.1), conntest.Number("Port", 65535), conntest.Number("Matrix[1,2]", 12), conntest.Number("Program:Main.Station[3].Count", 33),
			conntest.Want{Address: "Status.3", Kind: plant.KindBoolean, Number: 1}, conntest.Want{Address: "Status.4", Kind: plant.KindBoolean},
			conntest.Want{Address: "Product", Kind: plant.KindText, Text: "CNC-7 磨床"}, conntest.Want{Address: "Recipe", Kind: plant.KindText, Text: "HELLO"},
			missing("Nowhere", plant.KindNumber, connect.ErrUnconfigured), missing("Matrix[9,9]", plant.KindNumber, connect.ErrUnconfigured),
			missing("Recipe", plant.KindNumber, connect.ErrMalformed), missing("Speed", plant.KindText, connect.ErrMalformed),
			missing("Speed.3", plant.KindBoolean, connect.ErrMalformed), missing("Small.8", plant.KindBoolean, connect.ErrMalformed),
			missing("Speed[", plant.KindNumber, connect.ErrUnconfigured))
	})
}

// Many tags come in few questions, as many as the connection holds.
func TestRead_ManyTagsInFewQuestions(t *testing.T) {
	r := newRack(t)
	var wants []conntest.Want
	for i := range 400 {
		name := fmt.Sprintf("Program:Main.Machine_%03d.Temperature", i)
		v, err := enip.OfNumber(enip.Real, float64(i))
		must(t, err)
		r.tags[name] = v
		wants = append(wants, conntest.Number(name, float64(i)))
	}
	var asked atomic.Int32
	d, _ := serve(t, "127.0.0.1:0", func() enip.Session { return enip.Session{Tags: r} }, func(c *caller, f enip.Frame, answer []byte) bool {
		if f.Command == enip.SendUnitData {
			asked.Add(1)
		}
		_, err := c.Write(answer)
		return err == nil
	})
	conntest.Expect(t, conntest.Open(t, cip.New(), d), wants...)
	if n := asked.Load(); n > 16 {
		t.Errorf("%d questions for 800 values", n)
	}
}

func TestWrite(t *testing.T) {
	eachDevice(t, func(t *testing.T, r *rack, d plant.Device) {
		c := conntest.Open(t, cip.New(), d)
		f := func(address string, kind plant.TagKind, value any, number float64, text string) {
			t.Helper()
			must(t, c.(connect.Writer).Write(within(t, patience), connect.Point{Address: address, Kind: kind}, value))
			conntest.Expect(t, c, conntest.Want{Address: address, Kind: kind, Number: number, Text: text})
		}
		f("Set", plant.KindNumber, 12.25, 12.25, "")
		f("Count", plant.KindNumber, -5.0, -5, "")
		f("Running", plant.KindBoolean, false, 0, "")
		f("Product", plant.KindText, "7", 0, "7")
		f("Program:Main.Station[3].Count", plant.KindNumber, 7.0, 7, "")
		f("Flags.15", plant.KindBoolean, true, 1, "")
		f("Flags.4", plant.KindBoolean, 0.0, 0, "")
		conntest.Expect(t, c, conntest.Number("Flags", -32544)) // 0x80E0: the other bits as they were
		g := func(address string, kind plant.TagKind, value any, says string) {
			t.Helper()
			err := c.(connect.Writer).Write(within(t, patience), connect.Point{Address: address, Kind: kind}, value)
			if err == nil || !strings.Contains(err.Error(), says) {
				t.Errorf("%v to %s: %v; want %q", value, address, err, says)
			}
			if connect.InDoubt(err) {
				t.Errorf("%v to %s: %v: is in doubt, although nothing was written", value, address, err)
			}
		}
		g("Small", plant.KindNumber, 200.0, "127")
		g("Small", plant.KindNumber, "x", "no text")
		g("Recipe", plant.KindNumber, 1.0, "member by member")
		g("Flags.16", plant.KindBoolean, true, "no bit 16")
		g("Flags.1", plant.KindBoolean, 2.0, "true or false")
		g("Product", plant.KindText, strings.Repeat("x", 83), "at most 82")
		g("Nowhere", plant.KindNumber, 1.0, "path unknown")
	})
}

// A tag whose type the programmer changed is written rightly at the second try,
// not wrongly at the first.
func TestWrite_TypeChanged(t *testing.T) {
	r := newRack(t)
	d, _ := serve(t, "127.0.0.1:0", func() enip.Session { return enip.Session{Tags: r} }, nil)
	c := conntest.Open(t, cip.New(), d)
	conntest.Expect(t, c, conntest.Number("Set", 0))
	v, err := enip.OfNumber(enip.Dint, 1)
	must(t, err)
	r.mu.Lock()
	r.tags["Set"] = v
	r.mu.Unlock()
	p := connect.Point{Address: "Set", Kind: plant.KindNumber}
	if err := c.(connect.Writer).Write(within(t, patience), p, 5.0); err == nil || !strings.Contains(err.Error(), "another type") {
		t.Errorf("Write = %v", err)
	}
	must(t, c.(connect.Writer).Write(within(t, patience), p, 5.0))
	conntest.Expect(t, c, conntest.Number("Set", 5))
}

func TestBrowse(t *testing.T) {
	eachDevice(t, func(t *testing.T, _ *rack, d plant.Device) {
		b := conntest.Open(t, cip.New(), d).(connect.Browser)
		top, err := b.Browse(within(t, patience), "")
		must(t, err)
		found := map[string]connect.Browsed{}
		for _, one := range top {
			found[one.Name] = one
		}
		for name, want := range map[string]connect.Browsed{
			"Program:Main": {Address: "Program:Main", Name: "Program:Main", Folder: true},
			"Running":      {Address: "Running", Name: "Running", Kind: plant.KindBoolean},
			"Speed":        {Address: "Speed", Name: "Speed", Kind: plant.KindNumber},
			"Product":      {Address: "Product", Name: "Product", Kind: plant.KindText},
		} {
			if found[name] != want {
				t.Errorf("%s = %+v; want %+v", name, found[name], want)
			}
		}
		if _, hidden := found["__hidden"]; hidden || len(top) < 200 {
			t.Errorf("%d tags, hidden ones %v", len(top), hidden)
		}
		below, err := b.Browse(within(t, patience), "Program:Main")
		must(t, err)
		if len(below) != 2 || below[0].Address != "Program:Main.Station[0]" || below[1].Address != "Program:Main.Step" {
			t.Errorf("below the program: %+v", below)
		}
		if _, err := b.Browse(within(t, patience), "Speed"); err == nil || !strings.Contains(err.Error(), "write") {
			t.Errorf("below a tag: %v", err)
		}
	})
}

func TestTest(t *testing.T) {
	r := newRack(t)
	d, _ := serve(t, "127.0.0.1:0", func() enip.Session { return enip.Session{Tags: r} }, nil)
	text, err := cip.New().Test(within(t, patience), d)
	if want := "1756-L85E/B revision 33.11 serial 01234567 (vendor 1) answers over a connection of 4000 bytes"; err != nil || text != want {
		t.Errorf("Test = %q, %v; want %q", text, err, want)
	}
}

// A device is found by a question to its address; noise is passed over.
func TestDiscover(t *testing.T) {
	p, err := net.ListenPacket("udp4", "127.0.0.1:0")
	must(t, err)
	defer func() { must(t, p.Close()) }()
	go func() {
		b := make([]byte, 1500)
		for {
			n, from, err := p.ReadFrom(b)
			if err != nil {
				return
			}
			f, _, err := enip.ParseHeader(b[:n])
			if err != nil || f.Command != enip.ListIdentity {
				continue
			}
			s := enip.Session{Tags: &rack{}}
			answer, _ := s.Handle(f)
			for _, out := range [][]byte{{1, 2, 3}, answer[:len(answer)-1], answer, answer} {
				_, _ = p.WriteTo(out, from) // who left does not care
			}
		}
	}()
	_, port, err := net.SplitHostPort(p.LocalAddr().String())
	must(t, err)
	found, err := cip.New().Discover(within(t, patience), "127.0.0.1:"+port)
	must(t, err)
	if len(found) != 1 || found[0].Device.Address != "127.0.0.1:"+port || !strings.HasPrefix(found[0].Title, "1756-L85E/B revision 33.11") {
		t.Errorf("found %+v", found)
	}
	for _, where := range []string{"", "plc", "10.0.0.1:0", "::1"} {
		if _, err := cip.New().Discover(within(t, patience), where); err == nil || !strings.Contains(err.Error(), "write") {
			t.Errorf("Discover(%q) = %v", where, err)
		}
	}
}

func TestCheckDevice(t *testing.T) {
	f := func(says string, params ...string) {
		t.Helper()
		d := plant.Device{Driver: cip.Kind, Address: "10.0.0.1:44818", Params: map[string]string{}}
		for i := 0; i < len(params); i += 2 {
			d.Params[params[i]] = params[i+1]
		}
		err := cip.New().CheckDevice(d)
		if says == "" && err != nil || says != "" && (err == nil || !strings.Contains(err.Error(), says)) {
			t.Errorf("%v: %v; want %q", params, err, says)
		}
	}
	f("")
	f("", "route", "1,3", "connected", "no", "multiple", "yes", "timeout", "1s")
	f("write none or pairs", "route", "1")
	f("write yes or no", "connected", "1")
	f("write 10ms to 30s", "timeout", "1m")
	for _, p := range []connect.Point{{Address: "Status.3", Kind: plant.KindText}, {Address: "Speed", Kind: plant.KindWaveform}} {
		if err := cip.New().CheckPoint(p.Address, p.Kind); err == nil || !strings.Contains(err.Error(), "write") {
			t.Errorf("CheckPoint(%v) = %v", p, err)
		}
	}
	if errors.Is(cip.New().CheckPoint("Speed", plant.KindNumber), connect.ErrUnconfigured) {
		t.Error("a good address")
	}
}
