package sparkplug_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"zhigai/connect"
	"zhigai/connect/peer"
	"zhigai/connect/sparkplug"
	"zhigai/plant"
)

type obj = map[string]any

// The foreign party: an edge node of the npm packages sparkplug-client and
// sparkplug-payload.
func npmEdge(t *testing.T, h *house, devices ...string) *peer.Process {
	t.Helper()
	p := peer.Node(t, "../..", "sparkplug/edge.js", append([]string{"mqtt://" + h.broker.Addr().String(), "Shop", "Edge"}, devices...)...)
	p.Wait("born")
	return p
}

var npmPoints = []connect.Point{
	{Address: "Spindle/Speed", Kind: plant.KindNumber},
	{Address: "Spindle/Load", Kind: plant.KindNumber},
	{Address: "Mode", Kind: plant.KindText},
	{Address: "Offset", Kind: plant.KindNumber},
	{Address: "Count/Good", Kind: plant.KindNumber},
	{Address: "Count/Huge", Kind: plant.KindNumber},
	{Address: "Running", Kind: plant.KindBoolean},
	{Address: "Started", Kind: plant.KindText},
	{Address: "Blob", Kind: plant.KindNumber},
	{Address: "FeedOverride", Kind: plant.KindNumber},
}

func TestNpmEdge_BirthDataAndTypes(t *testing.T) {
	h := newHouse(t)
	edge := npmEdge(t, h, "CNC1", "CNC2")
	r := subscribe(t, h.host, "Shop/Edge/CNC1", npmPoints)
	for point, want := range map[int]float64{0: 1000.5, 1: 12.5, 3: -5, 4: 41, 5: 9007199254740991, 6: 1, 9: 100} {
		r.number(point, want)
	}
	r.until(2, func(g connect.Reading) bool { return g.Text == "AUTO" })
	r.until(7, func(g connect.Reading) bool { return g.Text == "2026-01-01T00:00:00Z" })
	wantErr(t, "bytes", r.until(8, func(connect.Reading) bool { return true }).Err, connect.ErrUnconfigured, "Bytes")

	edge.Send(obj{"op": "data", "device": "CNC1", "metrics": []obj{
		{"name": "Spindle/Speed", "type": "Double", "value": 1500},
		{"name": "Mode", "type": "String", "value": "加工" + strings.Repeat("长", 10000)},
		{"name": "Offset", "type": "Int32", "value": -123456},
	}})
	if g := r.number(0, 1500); g.Source.IsZero() {
		t.Error("no source time")
	}
	r.until(2, func(g connect.Reading) bool {
		return len(g.Text) > plant.MaxText && strings.HasPrefix(g.Text, "加工长")
	})
	r.number(3, -123456)

	// Compressed payloads, as some gateways send them.
	edge.Send(obj{"op": "compress", "on": true})
	edge.Send(obj{"op": "data", "device": "CNC1", "metrics": []obj{{"name": "Spindle/Speed", "type": "Double", "value": 1501}}})
	r.number(0, 1501)

	// What was late goes by as history.
	edge.Send(obj{"op": "data", "device": "CNC1", "metrics": []obj{
		{"name": "Spindle/Speed", "type": "Double", "value": 900, "isHistorical": true, "timestamp": 1767225600000},
	}})
	if g := r.number(0, 900); !g.Historical || g.Source.UnixMilli() != 1767225600000 {
		t.Errorf("reading = %+v; want historical", g)
	}
	found, err := h.host.Discover(within(t), "Shop")
	must(t, err)
	if len(found) != 3 || found[1].Device.Address != "Shop/Edge/CNC1" {
		t.Errorf("Discover = %+v", found)
	}
}

func TestNpmEdge_RebirthAfterGapAndGarbage(t *testing.T) {
	h := newHouse(t)
	edge := npmEdge(t, h, "CNC1")
	r := subscribe(t, h.host, "Shop/Edge/CNC1", npmPoints)
	r.number(0, 1000.5)
	r.number(4, 41)
	edge.Send(obj{"op": "skip"})
	edge.Send(obj{"op": "data", "device": "CNC1", "metrics": []obj{{"name": "Count/Good", "type": "Int64", "value": 42}}})
	if e := edge.Wait("ncmd"); e["rebirth"] != true {
		t.Errorf("command = %v; want a rebirth", e)
	}
	edge.Wait("born")
	r.number(4, 42)       // the data itself
	r.number(0, 1000.5)   // and everything again with the birth
	h.later(10 * rebirth) // the host may ask again
	edge.Send(obj{"op": "raw", "topic": "spBv1.0/Shop/DDATA/Edge/CNC1", "hex": "ffffff"})
	edge.Wait("ncmd")
	edge.Wait("born")
	r.number(0, 1000.5)
}

func TestNpmEdge_UnplugAndReturn(t *testing.T) {
	h := newHouse(t)
	edge := npmEdge(t, h, "CNC1")
	r := subscribe(t, h.host, "Shop/Edge/CNC1", npmPoints)
	r.number(0, 1000.5)
	edge.Kill()
	wantErr(t, "subscription", r.end(), nil, "death certificate of the edge node")

	// Open waits for the return.
	opened := make(chan error, 1)
	go func() {
		_, err := h.host.Open(within(t), plant.Device{Driver: sparkplug.Kind, Address: "Shop/Edge/CNC1"})
		opened <- err
	}()
	npmEdge(t, h, "CNC1")
	must(t, <-opened)
	subscribe(t, h.host, "Shop/Edge/CNC1", npmPoints).number(0, 1000.5)
}

func TestNpmEdge_WriteIsObserved(t *testing.T) {
	h := newHouse(t)
	edge := npmEdge(t, h, "CNC1")
	c, err := h.host.Open(within(t), plant.Device{Driver: sparkplug.Kind, Address: "Shop/Edge/CNC1"})
	must(t, err)
	w := c.(connect.Writer)
	must(t, w.Write(within(t), npmPoints[9], 80.0))
	if e := edge.Wait("dcmd"); fmt.Sprint(e["metrics"]) != "[map[name:FeedOverride type:Int16 value:80]]" {
		t.Errorf("command = %v", e)
	}
	must(t, w.Write(within(t), npmPoints[9], -3.0))
	must(t, w.Write(within(t), npmPoints[2], "SETUP"))
	must(t, w.Write(within(t), npmPoints[6], false))
	wantErr(t, "beyond Int16", w.Write(context.Background(), npmPoints[9], 40000.0), nil, "32767")
}

func TestNpmEdge_DeviceDeath(t *testing.T) {
	h := newHouse(t)
	edge := npmEdge(t, h, "CNC1", "CNC2")
	one := subscribe(t, h.host, "Shop/Edge/CNC1", npmPoints)
	two := subscribe(t, h.host, "Shop/Edge/CNC2", npmPoints)
	two.number(0, 1000.5)
	edge.Send(obj{"op": "device-death", "device": "CNC1"})
	wantErr(t, "subscription", one.end(), nil, "death certificate of the device")
	edge.Send(obj{"op": "data", "device": "CNC2", "metrics": []obj{{"name": "Spindle/Speed", "type": "Double", "value": 5}}})
	two.number(0, 5)
	edge.Send(obj{"op": "stop"})
	wantErr(t, "subscription", two.end(), nil, "death certificate of the edge node")
}
