package sim_test

import (
	"context"
	"fmt"
	"maps"
	"net"
	"slices"
	"testing"

	"zhigai/connect"
	"zhigai/connect/peer"
	"zhigai/connect/slmp"
	"zhigai/plant"
	"zhigai/sim"
)

// melsecKind is a machine whose set points stand still until they are written,
// beside signals that move.
func melsecKind() sim.Kind {
	low, high := 0.0, 500.0
	return sim.Kind{ID: "melsec", Class: "press", Protocol: "slmp", Signals: []sim.Signal{
		{Name: "x.set", Kind: plant.KindNumber, At: "D100 int16", Writable: true, Min: &low, Max: &high},
		{Name: "x.target", Kind: plant.KindNumber, At: "D102 float32", Writable: true, Scale: 0.5},
		{Name: "x.on", Kind: plant.KindBoolean, At: "M16", Writable: true},
		{Name: "x.valve", Kind: plant.KindBoolean, At: "Y10", Writable: true},
		{Name: "x.level", Kind: plant.KindNumber, At: "R5 float32", Min: &low, Max: &high},
		{Name: "count.strokes", Kind: plant.KindNumber, At: "D110 uint32"},
		{Name: "machine.product", Kind: plant.KindText, At: "D120 string16"},
		{Name: "x.bit", Kind: plant.KindBoolean, At: "D130.3", Writable: true},
	}}
}

// The npm package mcprotocol reads and writes the simulated station in both
// codes, and the product's own driver sees the same.
func TestSLMP_ForeignClient(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"binary", "ascii"} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			foreignMelsec(t, code)
		})
	}
}

func foreignMelsec(t *testing.T, code string) {
	d, err := sim.Serve(t.Context(), melsecKind(), "127.0.0.1:0", 1)
	must(t, err)
	host, port, err := net.SplitHostPort(d.Address)
	must(t, err)
	client := peer.Node(t, "..", "slmp/client.js", host, port, code, "decimal")
	client.Wait("connected")
	theirs := func(items ...string) map[string]any {
		t.Helper()
		client.Send(map[string]any{"op": "read", "items": items})
		e := client.Wait("values")
		if e["bad"] != false {
			t.Errorf("%v: %v", items, e)
		}
		return e["values"].(map[string]any)
	}
	o := openOurs(t, slmp.New(), d)

	// What they write we read, and the other way round.
	for item, value := range map[string]any{"D100": 123, "DFLOAT102": 21.5} {
		client.Send(map[string]any{"op": "write", "item": item, "value": value})
		client.Wait("written")
	}
	o.expect(123, "D100 int16", plant.KindNumber)
	o.expect(21.5, "D102 float32", plant.KindNumber)
	must(t, o.write("D100 int16", plant.KindNumber, 77.0))
	must(t, o.write("D102 float32", plant.KindNumber, -3.25))
	must(t, o.write("Y10", plant.KindBoolean, true))
	must(t, o.write("D130.3", plant.KindBoolean, true))
	if err := o.write("D100 int16", plant.KindNumber, 501.0); err == nil {
		t.Error("beyond the limit of the set point")
	}
	wants := map[string]string{"D130.3": "true", "D130.4": "false"}
	if code == "binary" {
		// Y10 of the machine is its sixteenth output, which mcprotocol calls Y16, and
		// in ASCII code writes in decimal digits.
		wants = map[string]string{"D100": "77", "DFLOAT102": "-3.25", "Y16": "true", "D130.3": "true", "D130.4": "false"}
	}
	values := theirs(slices.Collect(maps.Keys(wants))...)
	for item, want := range wants {
		if fmt.Sprint(values[item]) != want {
			t.Errorf("%s = %v; want %s", item, values[item], want)
		}
	}
	if text := o.read("D120 string16", plant.KindText).Text; text == "" {
		t.Error("no product")
	}
}

// ours is the product's driver on a simulated machine.
type ours struct {
	t *testing.T
	connect.Conn
}

func openOurs(t *testing.T, driver connect.Driver, d plant.Device) ours {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, err := driver.Open(ctx, d)
	must(t, err)
	t.Cleanup(func() { must(t, c.Close()) })
	return ours{t, c}
}

func (o ours) read(address string, kind plant.TagKind) connect.Reading {
	o.t.Helper()
	ctx, cancel := context.WithTimeout(o.t.Context(), patience)
	defer cancel()
	g, err := o.Prepare([]connect.Point{{Address: address, Kind: kind}})
	must(o.t, err)
	got := make([]connect.Reading, 1)
	must(o.t, g.Read(ctx, got))
	return got[0]
}

func (o ours) expect(want float64, address string, kind plant.TagKind) {
	o.t.Helper()
	if r := o.read(address, kind); r.Err != nil || r.Number != want {
		o.t.Errorf("%s = %+v; want %v", address, r, want)
	}
}

func (o ours) write(address string, kind plant.TagKind, value any) error {
	ctx, cancel := context.WithTimeout(o.t.Context(), patience)
	defer cancel()
	return o.Conn.(connect.Writer).Write(ctx, connect.Point{Address: address, Kind: kind}, value)
}
