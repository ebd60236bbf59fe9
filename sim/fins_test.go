package sim_test

import (
	"context"
	"fmt"
	"maps"
	"math"
	"net"
	"testing"
	"time"

	"zhigai/connect"
	"zhigai/connect/fins"
	"zhigai/connect/peer"
	"zhigai/plant"
	"zhigai/sim"
)

// finsKind is a machine with set points of every type, a text and a timer.
func finsKind() sim.Kind {
	low, high := 10.0, 20.0
	k := sim.Kind{ID: "x", Class: "press", Protocol: "fins", Signals: []sim.Signal{
		{Name: "x.level", Kind: plant.KindNumber, At: "D0 float32", Min: &low, Max: &high},
		{Name: "machine.product", Kind: plant.KindText, At: "D100 string20"},
		{Name: "count.good", Kind: plant.KindNumber, At: "D4 uint16"},
		{Name: "x.limited", Kind: plant.KindNumber, At: "H10", Writable: true, Min: &low, Max: &high},
		{Name: "x.scaled", Kind: plant.KindNumber, At: "D20 int16", Writable: true, Scale: 0.1},
		{Name: "model", Kind: plant.KindText, At: "controller model"},
		{Name: "x.done", Kind: plant.KindBoolean, At: "T3 bool"},
	}}
	for i, at := range []string{"D10 int16", "D11", "D12 int32", "D14 float32", "D16 bcd16", "CIO 2.00", "CIO 2.15", "W3.07", "E0_5 float64", "A7", "D30 uint32 ABCD", "C2 bcd16"} {
		k.Signals = append(k.Signals, sim.Signal{Name: fmt.Sprint("x.set", i), Kind: plant.KindNumber, At: at, Writable: true})
	}
	return k
}

// A client that knows nothing of ours reads and writes a served machine over UDP
// and TCP, so that both ends cannot be wrong in the same way.
func TestServeFINS_OmronFinsReadsAndWrites(t *testing.T) {
	t.Parallel()
	for _, transport := range []string{"udp", "tcp"} {
		d, err := sim.Serve(t.Context(), finsKind(), "127.0.0.1:0", 1)
		must(t, err)
		_, port, err := net.SplitHostPort(d.Address)
		must(t, err)
		client := peer.Node(t, "..", "fins/client.js", port, transport)
		client.Wait("open")
		do := func(op, event string, more map[string]any) peer.Event {
			t.Helper()
			q := map[string]any{"op": op}
			maps.Copy(q, more)
			client.Send(q)
			return client.Wait(event)
		}
		for _, one := range []struct {
			theirs, ours string
			data         []int16 // words, which omron-fins reads with a sign
			number       float64
		}{
			{"D10", "D10 int16", []int16{-1234}, -1234},
			{"D11", "D11", []int16{-1}, 65535},
			{"D12", "D12 int32", []int16{-4464, -2}, -70000},
			{"D14", "D14 float32", []int16{0, -16060}, -12.25},
			{"D16", "D16 bcd16", []int16{0x1234}, 1234},
			{"D20", "D20 int16", []int16{125}, 125},
			{"CIO2.15", "CIO 2.15", []int16{1}, 1},
			{"W3.7", "W3.07", []int16{1}, 1},
			{"H10", "H10", []int16{15}, 15},
			{"A7", "A7", []int16{7}, 7},
			{"E0_5", "E0_5 float64", []int16{0, 0, 0, 0x3FF0}, 1},
		} {
			if e := do("write", "written", map[string]any{"address": one.theirs, "data": one.data}); e["end"] != "0000" || e["error"] != "" {
				t.Errorf("%s: omron-fins writes %s: %v", transport, one.theirs, e)
			}
			e := do("read", "read", map[string]any{"address": one.theirs, "count": len(one.data)})
			if fmt.Sprint(e["values"]) != fmt.Sprint(one.data) && fmt.Sprint(e["values"]) != "[true]" {
				t.Errorf("%s: omron-fins reads %s as %v; wrote %v", transport, one.theirs, e, one.data)
			}
			d.Params["transport"] = transport
			if r := readDriver(t, fins.New(), d, connect.Point{Address: one.ours, Kind: plant.KindNumber})[0]; r.Err != nil || r.Number != one.number {
				t.Errorf("%s = %+v; omron-fins wrote %v", one.ours, r, one.data)
			}
		}
		if e := do("many", "many", map[string]any{"addresses": []string{"D11", "H10", "CIO2.0", "CIO2.15", "W3"}}); fmt.Sprint(e["values"]) != "[-1 15 0 1 128]" {
			t.Errorf("%s: omron-fins reads many as %v", transport, e)
		}
		if e := do("write", "written", map[string]any{"address": "H10", "data": []any{30.0}}); e["end"] != "110c" && e["end"] != "110C" { // beyond its limit
			t.Errorf("%s: %v", transport, e)
		}
		if e := do("read", "read", map[string]any{"address": "D5000", "count": 1}); e["end"] != "1103" {
			t.Errorf("%s: %v", transport, e)
		}
		if e := do("who", "who", nil); e["end"] != "0000" {
			t.Errorf("%s: %v", transport, e)
		}
	}
}

// The driver reads and writes what it serves.
func TestServeFINS_DriverReadsAndWrites(t *testing.T) {
	t.Parallel()
	d, err := sim.Serve(t.Context(), finsKind(), "127.0.0.1:0", 1)
	must(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, err := fins.New().Open(ctx, d)
	must(t, err)
	defer c.Close()
	for address, v := range map[string]float64{"D14 float32": 0.5, "D10 int16": -5, "CIO 2.00": 1, "E0_5 float64": 0.1, "D30 uint32 ABCD": 4e9, "C2 bcd16": 9999, "H10": 10} {
		p := connect.Point{Address: address, Kind: plant.KindNumber}
		must(t, c.(connect.Writer).Write(ctx, p, v))
		if r := readDriver(t, fins.New(), d, p)[0]; r.Err != nil || r.Number != v {
			t.Errorf("%s = %+v; wrote %v", address, r, v)
		}
	}
	if err := c.(connect.Writer).Write(ctx, connect.Point{Address: "H10", Kind: plant.KindNumber}, 21.0); err == nil {
		t.Error("a value beyond the limit is taken")
	}
	r := readDriver(t, fins.New(), d, connect.Point{Address: "D100 string20", Kind: plant.KindText}, connect.Point{Address: "T3 bool", Kind: plant.KindBoolean})
	if r[0].Text != "6204-2rs" && r[0].Text != "6205-2rs" || r[1].Err != nil {
		t.Errorf("product and flag %+v", r)
	}
}

// What goes wrong with a machine goes wrong with its controller.
func TestFINS_Faults(t *testing.T) {
	t.Parallel()
	p, err := sim.New(sim.Config{
		Seed: 1, Start: start, Kinds: map[string]sim.Kind{"x": finsKind()}, Products: []string{"6204-2rs"},
		Model: plant.Model{Nodes: []plant.Node{{Path: "a/b", Level: plant.LevelEquipment, Machine: &plant.Equipment{
			Class: "press", Profile: "x", Device: plant.Device{Driver: "fins", Address: "{plc}"},
		}}}},
	})
	must(t, err)
	t.Cleanup(p.Close)
	endpoints, err := p.Listen("127.0.0.1")
	must(t, err)
	level := connect.Point{Address: "D0 float32", Kind: plant.KindNumber}
	count := connect.Point{Address: "D4 uint16", Kind: plant.KindNumber}
	set := func(k sim.FaultKind, on bool) { t.Helper(); must(t, p.Set(sim.Fault{Machine: "a/b", Kind: k}, on)) }
	for _, transport := range []string{"udp", "tcp"} {
		d := plant.Device{Driver: "fins", Address: endpoints["plc"], Params: map[string]string{"transport": transport}}
		for _, k := range []sim.FaultKind{sim.Unplug, sim.Silent, sim.Garbage} {
			set(k, true)
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			if c, err := fins.New().Open(ctx, d); err == nil {
				t.Errorf("%s over %s: it opens", k, transport)
				c.Close()
			}
			cancel()
			set(k, false)
			if r := readDriver(t, fins.New(), d, level)[0]; r.Err != nil || r.Number < 10 || r.Number > 20 {
				t.Errorf("after %s: %+v", k, r)
			}
		}
		set(sim.NaN, true)
		if r := readDriver(t, fins.New(), d, level)[0]; !math.IsNaN(r.Number) {
			t.Errorf("NaN: %+v", r)
		}
		set(sim.NaN, false)
		set(sim.Sentinel, true)
		if r := readDriver(t, fins.New(), d, level, count); r[0].Number != float64(float32(1e38)) || r[1].Number != 65535 {
			t.Errorf("sentinel: %+v", r)
		}
		set(sim.Sentinel, false)
	}
}
