package sparkplug_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"zhigai/connect"
	"zhigai/connect/sparkplug/payload"
	"zhigai/plant"
)

func TestPoints_UnknownNamesTheNearest(t *testing.T) {
	h := newHouse(t)
	h.edge("e", 4, 0).birth()
	r := subscribe(t, h.host, "G/N/D", []connect.Point{{Address: "Spindle/Sped", Kind: plant.KindNumber}, points[0]})
	g := r.until(0, func(connect.Reading) bool { return true })
	wantErr(t, "reading", g.Err, connect.ErrUnconfigured, "Spindle/Speed")

	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	_, err := h.host.Open(ctx, plant.Device{Address: "G/N/DD"})
	wantErr(t, "open", err, context.DeadlineExceeded, "G/N/D")
}

func TestValues(t *testing.T) {
	h := newHouse(t)
	n := h.edge("e", 4, 0)
	long := strings.Repeat("轴", 10000)
	metrics := []payload.Metric{
		{Name: "huge", Type: payload.TypeUInt64, Value: payload.Value{Field: payload.Long, Bits: 1<<53 + 1}},
		{Name: "exact", Type: payload.TypeInt64, Value: payload.OfInt(payload.TypeInt64, -(1 << 53))},
		{Name: "null", Type: payload.TypeDouble, Null: true},
		{
			Name: "bad", Type: payload.TypeDouble, Value: payload.OfFloat(payload.TypeDouble, 1),
			Properties: []payload.Property{{Key: "Quality", Type: payload.TypeInt32, Value: payload.OfInt(payload.TypeInt32, 0)}},
		},
		{
			Name: "stale", Type: payload.TypeDouble, Value: payload.OfFloat(payload.TypeDouble, 1),
			Properties: []payload.Property{{Key: "Quality", Type: payload.TypeInt32, Value: payload.OfInt(payload.TypeInt32, 500)}},
		},
		{Name: "int8", Type: payload.TypeInt8, Value: payload.Value{Field: payload.Int, Bits: 0xFB}},
		{Name: "bool", Type: payload.TypeBoolean, Value: payload.OfBool(true)},
		{Name: "text", Type: payload.TypeString, Value: payload.OfText(long)},
		{Name: "template", Type: payload.TypeTemplate, Value: payload.Value{Field: payload.Template, Bytes: []byte{1}}},
		{Name: "wrong field", Type: payload.TypeInt32, Value: payload.OfFloat(payload.TypeDouble, 1)},
		{Name: "time", Type: payload.TypeDateTime, Value: payload.OfInt(payload.TypeDateTime, 1767225600000)},
		{Name: "untyped", Value: payload.OfFloat(payload.TypeFloat, 1.5)},
	}
	n.nodeBirth()
	must(t, n.send("DBIRTH", "D", metrics...))
	var ps []connect.Point
	for _, m := range metrics {
		kind := plant.KindNumber
		if m.Name == "text" || m.Name == "time" {
			kind = plant.KindText
		}
		ps = append(ps, connect.Point{Address: m.Name, Kind: kind})
	}
	c, err := h.host.Open(within(t), plant.Device{Address: "G/N/D"})
	must(t, err)
	group, err := c.Prepare(ps)
	must(t, err)
	got := make([]connect.Reading, len(ps))
	must(t, group.Read(within(t), got))
	for i, want := range []error{
		connect.ErrImprecise, nil, connect.ErrRefused, connect.ErrRefused, connect.ErrStale, nil, nil, nil,
		connect.ErrUnconfigured, connect.ErrMalformed, nil, nil,
	} {
		if !errors.Is(got[i].Err, want) {
			t.Errorf("%s: error %v; want %v", ps[i].Address, got[i].Err, want)
		}
	}
	for i, want := range map[int]float64{1: -(1 << 53), 5: -5, 6: 1, 11: 1.5} {
		if got[i].Number != want {
			t.Errorf("%s = %v; want %v", ps[i].Address, got[i].Number, want)
		}
	}
	if text := got[7].Text; len(text) <= plant.MaxText || !strings.HasPrefix(long, text) {
		t.Errorf("long text has %d bytes; want more than %d, so that it is seen to be too long", len(text), plant.MaxText)
	}
	if got[10].Text != "2026-01-01T00:00:00Z" {
		t.Errorf("time = %q", got[10].Text)
	}
	if !strings.Contains(got[8].Err.Error(), "Template") {
		t.Errorf("template: %v; want the type's name", got[8].Err)
	}
}

func TestWrite_CommandThenObserved(t *testing.T) {
	h := newHouse(t)
	n := h.edge("e", 4, 0)
	n.birth()
	c, err := h.host.Open(within(t), plant.Device{Address: "G/N/D"})
	must(t, err)
	w := c.(connect.Writer)
	done := make(chan error, 1)
	go func() { done <- w.Write(within(t), points[2], 99.0) }()
	var cmd payload.Payload
	select {
	case cmd = <-n.cmds:
	case <-time.After(patience):
		t.Fatal("no command")
	}
	if m := cmd.Metrics[0]; m.Name != "Count/Good" || m.Type != payload.TypeInt64 || m.Value.Signed(64) != 99 || !m.HasAlias {
		t.Errorf("command = %+v", m)
	}
	select {
	case err := <-done:
		t.Fatalf("write returned %v before the value was observed", err)
	default:
	}
	must(t, n.send("DDATA", "D", byAlias(count(99))))
	must(t, <-done)

	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	wantErr(t, "unobserved write", w.Write(ctx, points[2], 100.0), context.DeadlineExceeded, "did not report")
	wantErr(t, "fraction to an integer", w.Write(within(t), points[2], 1.5), nil, "whole numbers")
	wantErr(t, "text to a number", w.Write(within(t), points[2], "x"), nil, "cannot be written")
	wantErr(t, "unknown metric", w.Write(within(t), connect.Point{Address: "Count/Gut"}, 1.0), connect.ErrUnconfigured, "Count/Good")
}

func TestBrowseDiscoverTest(t *testing.T) {
	h := newHouse(t)
	n := h.edge("e", 4, 0)
	n.birth()
	c, err := h.host.Open(within(t), plant.Device{Address: "G/N/D"})
	must(t, err)
	top, err := c.(connect.Browser).Browse(within(t), "")
	must(t, err)
	if got := fmt.Sprint(top); got != "[{Count Count  true  } {Spindle Spindle  true  } {Mode Mode text false  }]" {
		t.Errorf("Browse = %v", got)
	}
	below, err := c.(connect.Browser).Browse(within(t), "Spindle")
	must(t, err)
	if got := fmt.Sprint(below); got != "[{Spindle/Speed Speed number false  }]" {
		t.Errorf("Browse(Spindle) = %v", got)
	}
	found, err := h.host.Discover(within(t), "")
	must(t, err)
	if len(found) != 2 || found[0].Device.Address != "G/N" || found[1].Device.Address != "G/N/D" {
		t.Errorf("Discover = %+v", found)
	}
	text, err := h.host.Test(within(t), plant.Device{Address: "G/N/D"})
	if err != nil || !strings.Contains(text, "online") || !strings.Contains(text, "3 metrics") {
		t.Errorf("Test = %q, %v", text, err)
	}
}
