package sim_test

import (
	"context"
	"fmt"
	"math"
	"net"
	"testing"
	"time"

	"zhigai/connect"
	"zhigai/connect/peer"
	"zhigai/connect/s7"
	"zhigai/plant"
	"zhigai/sim"
)

// s7Kind is a machine with set points of every type, a text, a timer and a
// counter.
func s7Kind() sim.Kind {
	low, high := 10.0, 20.0
	k := sim.Kind{ID: "x", Class: "press", Protocol: "s7", Signals: []sim.Signal{
		{Name: "x.level", Kind: plant.KindNumber, At: "DB1.DBD0 real", Min: &low, Max: &high},
		{Name: "machine.product", Kind: plant.KindText, At: "DB1.DBB100 string[20]"},
		{Name: "count.good", Kind: plant.KindNumber, At: "DB1.DBW4 int", Scale: 1},
		{Name: "x.limited", Kind: plant.KindNumber, At: "MW10", Writable: true, Min: &low, Max: &high},
		{Name: "x.scaled", Kind: plant.KindNumber, At: "DB2.DBW20 int", Writable: true, Scale: 0.1},
		{Name: "serial", Kind: plant.KindText, At: "CPU serial"},
	}}
	for i, at := range []string{"DB2.DBD0 real", "DB2.DBW4 int", "DB2.DBW6 word", "DB2.DBD8 dint", "DB2.DBB12", "DB2.DBX13.0", "DB2.DBX13.5", "MW12 int", "C3", "T2"} {
		k.Signals = append(k.Signals, sim.Signal{Name: fmt.Sprint("x.set", i), Kind: plant.KindNumber, At: at, Writable: true})
	}
	return k
}

// readDriver reads points with a driver, twice as a collector would.
func readDriver(t *testing.T, driver connect.Driver, d plant.Device, points ...connect.Point) []connect.Reading {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, err := driver.Open(ctx, d)
	must(t, err)
	defer c.Close()
	g, err := c.Prepare(points)
	must(t, err)
	out := make([]connect.Reading, len(points))
	must(t, g.Read(ctx, out))
	return out
}

// A client that knows nothing of ours reads and writes a served machine, so that
// both ends cannot be wrong in the same way.
func TestServeS7_NodeS7ReadsAndWrites(t *testing.T) {
	t.Parallel()
	d, err := sim.Serve(t.Context(), s7Kind(), "127.0.0.1:0", 1)
	must(t, err)
	_, port, err := net.SplitHostPort(d.Address)
	must(t, err)
	client := peer.Node(t, "..", "s7/client.js", port, "0", "1")
	client.Wait("connected")
	read := func(items ...string) map[string]any {
		t.Helper()
		client.Send(map[string]any{"op": "read", "items": items})
		e := client.Wait("read")
		if e["bad"] != false {
			t.Errorf("nodes7 could not read %v: %v", items, e)
		}
		values, _ := e["values"].(map[string]any)
		return values
	}
	write := func(item string, value any, refused bool) {
		t.Helper()
		client.Send(map[string]any{"op": "write", "item": item, "value": value})
		if e := client.Wait("written"); e["bad"] != refused {
			t.Errorf("nodes7 writes %v to %s: refused %v; want %v", value, item, e["bad"], refused)
		}
	}
	for _, one := range []struct {
		theirs, ours string
		value        any
		number       float64
	}{
		{"DB2,REAL0", "DB2.DBD0 real", -12.25, -12.25},
		{"DB2,INT4", "DB2.DBW4 int", -1234.0, -1234},
		{"DB2,WORD6", "DB2.DBW6", 65535.0, 65535},
		{"DB2,DINT8", "DB2.DBD8 dint", -70000.0, -70000},
		{"DB2,BYTE12", "DB2.DBB12", 200.0, 200},
		{"DB2,X13.5", "DB2.DBX13.5", true, 1},
		{"MI12", "MW12 int", -7.0, -7},
		{"DB2,INT20", "DB2.DBW20 int", 125.0, 125},
		{"MW10", "MW10", 15.0, 15},
	} {
		write(one.theirs, one.value, false)
		if got := read(one.theirs)[one.theirs]; got != one.value {
			t.Errorf("nodes7 reads %s as %v; wrote %v", one.theirs, got, one.value)
		}
		if r := readDriver(t, s7.New(), d, connect.Point{Address: one.ours, Kind: plant.KindNumber})[0]; r.Err != nil || r.Number != one.number {
			t.Errorf("%s = %+v; nodes7 wrote %v", one.ours, r, one.number)
		}
	}
	got := read("DB1,REAL0", "DB1,S100.20", "DB2,X13.0", "DB2,X13.5")
	if level, _ := got["DB1,REAL0"].(float64); level < 10 || level > 20 || got["DB2,X13.0"] != false || got["DB2,X13.5"] != true {
		t.Errorf("nodes7 reads %v", got)
	}
	if product, _ := got["DB1,S100.20"].(string); product != "6204-2rs" && product != "6205-2rs" {
		t.Errorf("nodes7 reads the product %q", product)
	}
	write("DB1,REAL0", 1.0, true) // the machine's own
	write("MW10", 30.0, true)     // beyond its limit
	write("DB3,REAL0", 1.0, true) // not there
}

// The driver reads and writes what it serves in every type, timers and counters
// included.
func TestServeS7_DriverReadsAndWrites(t *testing.T) {
	t.Parallel()
	d, err := sim.Serve(t.Context(), s7Kind(), "127.0.0.1:0", 1)
	must(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, err := s7.New().Open(ctx, d)
	must(t, err)
	defer c.Close()
	for address, v := range map[string]float64{"DB2.DBD0 real": 0.5, "DB2.DBW4 int": -5, "DB2.DBX13.0": 1, "C3": 999, "T2": 25000, "MW10": 10} {
		p := connect.Point{Address: address, Kind: plant.KindNumber}
		must(t, c.(connect.Writer).Write(ctx, p, v))
		if r := readDriver(t, s7.New(), d, p)[0]; r.Err != nil || r.Number != v {
			t.Errorf("%s = %+v; wrote %v", address, r, v)
		}
	}
	if err := c.(connect.Writer).Write(ctx, connect.Point{Address: "MW10", Kind: plant.KindNumber}, 21); err == nil {
		t.Error("a value beyond the limit is taken")
	}
	text, err := s7.New().Test(ctx, d)
	if err != nil || text != "Siemens S7 answers: zhigai simulation (PDU of 960 bytes)" {
		t.Errorf("Test = %q, %v", text, err)
	}
}

// What goes wrong with a machine goes wrong with its controller.
func TestS7_Faults(t *testing.T) {
	t.Parallel()
	p, err := sim.New(sim.Config{
		Seed: 1, Start: start, Kinds: map[string]sim.Kind{"x": s7Kind()}, Products: []string{"6204-2rs"},
		Model: plant.Model{Nodes: []plant.Node{{Path: "a/b", Level: plant.LevelEquipment, Machine: &plant.Equipment{
			Class: "press", Profile: "x", Device: plant.Device{Driver: "s7", Address: "{plc}"},
		}}}},
	})
	must(t, err)
	t.Cleanup(p.Close)
	endpoints, err := p.Listen("127.0.0.1")
	must(t, err)
	d := plant.Device{Driver: "s7", Address: endpoints["plc"]}
	level := connect.Point{Address: "DB1.DBD0 real", Kind: plant.KindNumber}
	count := connect.Point{Address: "DB1.DBW4 word", Kind: plant.KindNumber}
	set := func(k sim.FaultKind, on bool) { t.Helper(); must(t, p.Set(sim.Fault{Machine: "a/b", Kind: k}, on)) }
	fails := func(k sim.FaultKind) {
		t.Helper()
		set(k, true)
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		c, err := s7.New().Open(ctx, d)
		if err == nil {
			t.Errorf("%s: it opens", k)
			c.Close()
		}
		set(k, false)
		if r := readDriver(t, s7.New(), d, level)[0]; r.Err != nil || r.Number < 10 || r.Number > 20 {
			t.Errorf("after %s: %+v", k, r)
		}
	}
	fails(sim.Unplug)
	fails(sim.Silent)
	fails(sim.Garbage)
	set(sim.NaN, true)
	if r := readDriver(t, s7.New(), d, level)[0]; !math.IsNaN(r.Number) {
		t.Errorf("NaN: %+v", r)
	}
	set(sim.NaN, false)
	set(sim.Sentinel, true)
	if r := readDriver(t, s7.New(), d, level, count); r[0].Number != float64(float32(1e38)) || r[1].Number != 65535 {
		t.Errorf("sentinel: %+v", r)
	}
}
