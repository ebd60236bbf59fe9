package sim_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"

	"zhigai/connect"
	"zhigai/connect/cip"
	"zhigai/connect/peer"
	"zhigai/plant"
	"zhigai/sim"
)

// logixKind is a machine with tags of every type.
func logixKind() sim.Kind {
	low, high := 0.0, 500.0
	return sim.Kind{ID: "logix", Class: "press", Protocol: "ethernet-ip", Signals: []sim.Signal{
		{Name: "x.set", Kind: plant.KindNumber, At: "SetPoint", Writable: true, Min: &low, Max: &high},
		{Name: "x.mode", Kind: plant.KindEnumeration, At: "Mode", Writable: true},
		{Name: "x.on", Kind: plant.KindBoolean, At: "Enabled", Writable: true},
		{Name: "x.bit", Kind: plant.KindBoolean, At: "Status.3", Writable: true},
		{Name: "x.level", Kind: plant.KindNumber, At: "Level", Min: &low, Max: &high},
		{Name: "x.local", Kind: plant.KindNumber, At: "Program:Main.Local", Writable: true},
		{Name: "count.strokes", Kind: plant.KindNumber, At: "Strokes"},
		{Name: "machine.product", Kind: plant.KindText, At: "Product"},
	}}
}

// The npm package st-ethernet-ip and the product's own driver read and write
// the simulated controller, and tshark finds every frame of all three well
// made.
func TestCIP_ForeignClientAndTshark(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"unconnected", "connected"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			foreignLogix(t, mode)
		})
	}
}

func foreignLogix(t *testing.T, mode string) {
	d, err := sim.Serve(t.Context(), logixKind(), "127.0.0.1:0", 1)
	must(t, err)
	tap := peer.NewTap(t, d.Address)
	d.Address = tap.Address()
	host, port, err := net.SplitHostPort(d.Address)
	must(t, err)
	client := peer.Node(t, "..", "cip/client.js", host, port, mode)
	if e := client.Wait("connected"); e["name"] != "ZG-SIM" {
		t.Errorf("they are connected to %v", e)
	}
	theirs := func(command map[string]any) map[string]any {
		t.Helper()
		client.Send(command)
		e := client.Wait("done")
		if e["error"] != nil {
			t.Errorf("%v: %v", command, e["error"])
		}
		return e
	}
	if mode == "unconnected" {
		d.Params = map[string]string{"connected": "no"}
	}
	o := openOurs(t, cip.New(), d)

	// What they write we read, and the other way round.
	theirs(map[string]any{"op": "write", "tag": "SetPoint", "value": 21.5, "type": "REAL"})
	theirs(map[string]any{"op": "write", "tag": "Mode", "value": 3, "type": "DINT"})
	theirs(map[string]any{"op": "write", "tag": "Enabled", "value": true, "type": "BOOL"})
	theirs(map[string]any{"op": "write", "tag": "Local", "program": "Main", "value": 5, "type": "REAL"})
	o.expect(21.5, "SetPoint", plant.KindNumber)
	o.expect(3, "Mode", plant.KindEnumeration)
	o.expect(1, "Enabled", plant.KindBoolean)
	o.expect(5, "Program:Main.Local", plant.KindNumber)
	must(t, o.write("SetPoint", plant.KindNumber, 77.25))
	must(t, o.write("Enabled", plant.KindBoolean, false))
	must(t, o.write("Status.3", plant.KindBoolean, true))
	must(t, o.write("Program:Main.Local", plant.KindNumber, -3.5))
	if err := o.write("SetPoint", plant.KindNumber, 501.0); err == nil {
		t.Error("beyond the limit of the set point")
	}
	for tag, want := range map[string]string{"SetPoint": "77.25", "Mode": "3", "Enabled": "false", "Status": "8"} {
		if got := theirs(map[string]any{"op": "read", "tag": tag})["value"]; fmt.Sprint(got) != want {
			t.Errorf("they read %s = %v; want %s", tag, got, want)
		}
	}
	if got := theirs(map[string]any{"op": "read", "tag": "Local", "program": "Main"})["value"]; got != -3.5 {
		t.Errorf("they read the program's tag = %v", got)
	}
	if got := theirs(map[string]any{"op": "group", "tags": []string{"SetPoint", "Mode"}})["values"]; fmt.Sprint(got) != "[77.25 3]" {
		t.Errorf("they read a group %v", got)
	}
	if text := o.read("Product", plant.KindText).Text; text == "" {
		t.Error("no product")
	}
	g, err := o.Prepare([]connect.Point{{Address: "SetPoint", Kind: plant.KindNumber}, {Address: "Strokes", Kind: plant.KindNumber}, {Address: "Gone", Kind: plant.KindNumber}})
	must(t, err)
	got := make([]connect.Reading, 3)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	must(t, g.Read(ctx, got))
	if got[0].Number != 77.25 || got[1].Err != nil || got[2].Err == nil {
		t.Errorf("several in one: %+v", got)
	}
	must(t, o.Close())

	services := map[string]bool{}
	for _, line := range tap.Dissect(44818, "cip", "cip.sc") {
		for sc := range strings.SplitSeq(line, ",") {
			services[sc] = true
		}
	}
	want := []string{"0x4c", "0x4d", "0x4e", "0x0a", "0x01"}
	if mode == "connected" {
		want = append(want, "0x5b", "0x54")
	} else {
		want = append(want, "0x52")
	}
	for _, sc := range want {
		if !services[sc] {
			t.Errorf("tshark saw no service %s; saw %v", sc, services)
		}
	}
}
