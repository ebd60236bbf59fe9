package s7_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"zhigai/connect"
	"zhigai/connect/conntest"
	"zhigai/connect/peer"
	"zhigai/connect/s7"
	"zhigai/plant"
)

// patience is how long a test waits for what must happen; a test that passes
// never waits it out.
const patience = 20 * time.Second

type obj = map[string]any

// snap7 starts the foreign controller on a port.
func snap7(t *testing.T, port string) *peer.Process {
	t.Helper()
	t.Parallel()
	return snap7Again(t, port)
}

// snap7Again is the same controller after its switch is on again.
func snap7Again(t *testing.T, port string) *peer.Process {
	t.Helper()
	p := peer.Node(t, "../..", "s7/server.js", port)
	p.Wait("listening")
	return p
}

// cpu315 is the controller of server.js.
func cpu315(port string) plant.Device {
	return plant.Device{Driver: s7.Kind, Address: "127.0.0.1:" + port, Params: map[string]string{"plc": "s7-300"}}
}

// What every driver promises, against the snap7 library.
func TestConformance(t *testing.T) {
	port := peer.Port(t)
	controller := snap7(t, port)
	conntest.Run(t, conntest.Party{
		Driver: s7.New(), Device: cpu315(port),
		Values: []conntest.Value{
			{Address: "DB1.DBD16 real", Kind: plant.KindNumber, Number: 1000.5},
			{Address: "DB1.DBX0.3", Kind: plant.KindBoolean, Number: 1},
			{Address: "MW10 word", Kind: plant.KindNumber, Number: 4711},
			{Address: "DB1.DBB80 string[20]", Kind: plant.KindText, Text: "CNC-7"},
			{Address: "CPU name", Kind: plant.KindText, Text: "CPU 315-2 PN/DP"},
		},
		Missing:  connect.Point{Address: "DB1.DBW600 int", Kind: plant.KindNumber},
		Writable: connect.Point{Address: "DB2.DBD100 real", Kind: plant.KindNumber}, Writes: []any{-12.5, 1e6, 0.0},
		WrongPoint:  connect.Point{Address: "40001", Kind: plant.KindNumber},
		WrongDevice: plant.Device{Driver: s7.Kind, Address: "10.0.0.1"},
		Stop:        controller.Kill, Start: func() { snap7Again(t, port) },
	})
}

// everyType is what server.js holds.
var everyType = []conntest.Want{
	{Address: "DB1.DBX0.0", Kind: plant.KindBoolean, Number: 1},
	{Address: "DB1.DBX0.1", Kind: plant.KindBoolean, Number: 0},
	{Address: "db1.dbx0.7", Kind: plant.KindBoolean, Number: 1},
	conntest.Number("DB1.DBB0", 0b1000_1001), conntest.Number("DB1.DBB1 usint", 200), conntest.Number("DB1.DBB2 sint", -5),
	conntest.Number("DB1.DBW4 int", -1234), conntest.Number("DB1.DBW6", 65535), conntest.Number("DB1.DBW6 uint", 65535), conntest.Number("DB1.DBW6 int", -1),
	conntest.Number("DB1.DBD8 dint", -70000), conntest.Number("DB1.DBD12 udint", 4000000000), conntest.Number("DB1.DBD12", 4000000000),
	conntest.Number("DB1.DBD16 real", 1000.5), conntest.Number("DB1.DBD24 lreal", -0.1), conntest.Number("DB1.DBB32 lint", -(1<<53 - 1)),
	{Address: "DB1.DBB40 ulint", Kind: plant.KindNumber, Err: connect.ErrImprecise},
	conntest.Number("DB1.DBD48 time", -1500), conntest.Number("DB1.DBW52 s5time", 25000),
	conntest.Number("DB1.DBW54 date", 1783123200000), conntest.Text("DB1.DBW54 date", "2026-07-04"),
	conntest.Number("DB1.DBD56 tod", 45296789), conntest.Text("DB1.DBD56 time_of_day", "12:34:56.789"),
	conntest.Number("DB1.DBB60 date_and_time", 1783168496789), conntest.Text("DB1.DBB60 dt", "2026-07-04T12:34:56.789"),
	conntest.Number("DB1.DBB68 dtl", 1783168496789), conntest.Text("DB1.DBB68 dtl", "2026-07-04T12:34:56.789"),
	conntest.Text("DB1.DBB80 string[20]", "CNC-7"), conntest.Text("DB1.DBB80 string[3]", "CNC"), conntest.Text("DB1.DBX80.0 string[20]", "CNC-7"),
	conntest.Text("DB1.DBB124 wstring[10]", "磨床"), conntest.Text("DB1.DBB148 char[8]", "AB12"),
	{Address: "DB1.DBB160 string[20]", Kind: plant.KindText, Err: connect.ErrMalformed},
	{Address: "DB1.DBW170 s5time", Kind: plant.KindNumber, Err: connect.ErrMalformed},
	conntest.Number("MW10 word", 4711),
	{Address: "M20.3", Kind: plant.KindBoolean, Number: 1},
	{Address: "M20.4", Kind: plant.KindBoolean, Number: 0},
	conntest.Number("IW0", 1), conntest.Number("EW0", 1), conntest.Number("QB4", 0x5a), conntest.Number("AB4", 0x5a), conntest.Number("VW6 int", -1),
	conntest.Number("T0", 123000), conntest.Number("C0", 456), conntest.Number("Z0", 456),
	conntest.Text("CPU order", "6ES7 315-2EH14-0AB0"), conntest.Text("CPU name", "CPU 315-2 PN/DP"), conntest.Text("CPU serial", "S C-C2UR28922012"), conntest.Text("cpu station", "SNAP7-SERVER"),
}

func TestSnap7_EveryType(t *testing.T) {
	port := peer.Port(t)
	snap7(t, port)
	c := conntest.Open(t, s7.New(), cpu315(port))
	wants := append(everyType, conntest.Text("DB1.DBB200 string", strings.Repeat("x", 250)))
	conntest.Expect(t, c, wants...)

	// The same with the short PDU of an S7-300: a STRING[254] comes in pieces.
	short := cpu315(port)
	short.Params["max_pdu"] = "240"
	conntest.Expect(t, conntest.Open(t, s7.New(), short), wants...)

	chinese := cpu315(port)
	chinese.Params["charset"] = "gb18030"
	conntest.Expect(t, conntest.Open(t, s7.New(), chinese), conntest.Text("DB1.DBB102 string[20]", "磨床"))
}

// One wrong address in a profile must cost one tag, not the block around it.
func TestSnap7_OnlyTheMissingPointIsBad(t *testing.T) {
	port := peer.Port(t)
	snap7(t, port)
	c := conntest.Open(t, s7.New(), cpu315(port))
	missing := func(address string) conntest.Want {
		return conntest.Want{Address: address, Kind: plant.KindNumber, Err: connect.ErrUnconfigured}
	}
	conntest.Expect(t, c, conntest.Number("DB1.DBW4 int", -1234), missing("DB1.DBW511"), missing("DB1.DBW512"), missing("DB1.DBD600 real"), missing("DB9.DBW0"), missing("DB9.DBW2"),
		missing("DB1.DBW0 nonsense"), conntest.Number("DB2.DBB4095", 4095%251), missing("DB2.DBW4095"), missing("T700"), conntest.Number("MW10", 4711))
}

// Tags all over a block, more than a PDU holds: every value is that of its own
// address, whatever was packed together.
func TestSnap7_EveryByteOfABlock(t *testing.T) {
	port := peer.Port(t)
	snap7(t, port)
	for _, length := range []string{"240", "480", "960"} {
		d := cpu315(port)
		d.Params["max_pdu"] = length
		c := conntest.Open(t, s7.New(), d)
		var wants []conntest.Want
		for at := 0; at < 4094; at += 1 + at%37 {
			wants = append(wants, conntest.Number(fmt.Sprintf("DB2.DBW%d", at), float64(at%251*256+(at+1)%251)))
		}
		conntest.Expect(t, c, wants...)
	}
}

func TestSnap7_WritesReadBack(t *testing.T) {
	port := peer.Port(t)
	controller := snap7(t, port)
	d := cpu315(port)
	d.Params["max_pdu"] = "240"
	c := conntest.Open(t, s7.New(), d)
	f := func(address string, kind plant.TagKind, value any, number float64, text string) {
		t.Helper()
		must(t, c.(connect.Writer).Write(within(t, patience), connect.Point{Address: address, Kind: kind}, value))
		conntest.Expect(t, c, conntest.Want{Address: address, Kind: kind, Number: number, Text: text})
	}
	f("DB2.DBB300", plant.KindNumber, 255.0, 255, "")
	f("DB2.DBB300 sint", plant.KindNumber, -128.0, -128, "")
	f("DB2.DBW300 int", plant.KindNumber, -5.0, -5, "")
	f("DB2.DBD302 udint", plant.KindNumber, 4e9, 4e9, "")
	f("DB2.DBD302 dint", plant.KindNumber, -4e8, -4e8, "")
	f("DB2.DBD302 real", plant.KindNumber, 12.25, 12.25, "")
	f("DB2.DBD306 lreal", plant.KindNumber, 0.1, 0.1, "")
	f("DB2.DBB306 lint", plant.KindNumber, -1e15, -1e15, "")
	f("DB2.DBD314 time", plant.KindNumber, -1500.0, -1500, "")
	f("DB2.DBB318 ltime", plant.KindNumber, 1.5, 1.5, "")
	f("DB2.DBW326 s5time", plant.KindNumber, 25000.0, 25000, "")
	f("DB2.DBB328 dtl", plant.KindText, "2026-07-04T12:34:56.789", 0, "2026-07-04T12:34:56.789")
	f("DB2.DBB340 dt", plant.KindNumber, 1783168496789.0, 1783168496789, "")
	f("DB2.DBW348 date", plant.KindText, "2026-07-04", 0, "2026-07-04")
	f("DB2.DBD350 tod", plant.KindText, "23:59:59.999", 0, "23:59:59.999")
	f("DB2.DBB354 char[8]", plant.KindText, "AB", 0, "AB")
	f("DB1.DBB80 string[20]", plant.KindText, "MILL-12", 0, "MILL-12")
	f("DB1.DBB124 wstring[10]", plant.KindText, "车床", 0, "车床")
	f("DB1.DBB200 string", plant.KindText, strings.Repeat("y", 254), 0, strings.Repeat("y", 254))
	f("DB1.DBB200 string", plant.KindText, "short", 0, "short")
	f("T0", plant.KindNumber, 9990.0, 9990, "")
	f("C0", plant.KindNumber, 999.0, 999, "")
	f("MB30", plant.KindBoolean, true, 1, "")
	f("M20.4", plant.KindBoolean, true, 1, "")
	f("M20.3", plant.KindBoolean, false, 0, "")
	f("DB2.DBX400.3", plant.KindBoolean, true, 1, "")
	f("DB2.DBX400.0", plant.KindBoolean, 0.0, 0, "")
	controller.Send(obj{"op": "get", "db": 2, "at": 399, "count": 3})
	// 399 to 401 modulo 251 are 0x94, 0x95 and 0x96: bit 3 was set, bit 0 taken
	// away, the neighbours are as they were.
	if e := controller.Wait("got"); e["hex"] != "949c96" {
		t.Errorf("the controller has %v", e["hex"])
	}
}

func TestSnap7_WritesThatAreRefused(t *testing.T) {
	port := peer.Port(t)
	snap7(t, port)
	c := conntest.Open(t, s7.New(), cpu315(port))
	f := func(address string, kind plant.TagKind, value any, says string) {
		t.Helper()
		err := c.(connect.Writer).Write(within(t, patience), connect.Point{Address: address, Kind: kind}, value)
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v to %s: %v; want %q", value, address, err, says)
		}
	}
	f("DB2.DBW300 int", plant.KindNumber, 40000.0, "32767")
	f("DB2.DBW300", plant.KindNumber, -1.0, "65535")
	f("DB2.DBD300 real", plant.KindNumber, 1e300, "REAL")
	f("DB2.DBW300", plant.KindNumber, "x", "string")
	f("DB1.DBX0.3", plant.KindBoolean, 2.0, "true or false")
	f("DB1.DBB80 string[20]", plant.KindText, strings.Repeat("z", 21), "20 bytes")
	f("DB1.DBB80 string[30]", plant.KindText, strings.Repeat("z", 21), "holds 20")
	f("DB1.DBB80 string[20]", plant.KindText, 1.0, "a text is wanted")
	f("DB2.DBW326 s5time", plant.KindNumber, 12345.0, "S5TIME")
	f("DB9.DBW0", plant.KindNumber, 1.0, "does not exist")
	f("DB1.DBW600", plant.KindNumber, 1.0, "out of range")
	f("CPU name", plant.KindText, "x", "not written")
	conntest.Expect(t, c, conntest.Number("DB2.DBW300", 300%251*256+301%251), conntest.Text("DB1.DBB80 string[20]", "CNC-7")) // nothing of it arrived
}

func TestSnap7_Test(t *testing.T) {
	port := peer.Port(t)
	snap7(t, port)
	says, err := s7.New().Test(within(t, patience), cpu315(port))
	if err != nil || says != "Siemens S7 answers: CPU 315-2 PN/DP, 6ES7 315-2EH14-0AB0, V3.2.6, serial number S C-C2UR28922012 (PDU of 960 bytes)" {
		t.Errorf("Test = %q, %v", says, err)
	}
}

// Controllers are found with what they say they are, and can be opened as they
// were found.
func TestDiscover_Snap7(t *testing.T) {
	port := peer.Port(t)
	snap7(t, port)
	found, err := s7.New().Discover(within(t, patience), "127.0.0.1-1:"+port)
	if err != nil || len(found) != 1 || !strings.Contains(found[0].Title, "6ES7 315-2EH14-0AB0") || !strings.Contains(found[0].Title, "S C-C2UR28922012") {
		t.Fatalf("found %+v, %v", found, err)
	}
	if want := (connect.Identity{Vendor: "Siemens", Product: "6ES7 315-2EH14-0AB0 CPU 315-2 PN/DP", Version: "3.2.6", Serial: "S C-C2UR28922012"}); found[0].Identity != want {
		t.Errorf("identity %+v; want %+v", found[0].Identity, want)
	}
	conntest.Expect(t, conntest.Open(t, s7.New(), found[0].Device), conntest.Number("DB1.DBW4 int", -1234))
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
