package opcua_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"zhigai/connect"
	"zhigai/plant"
)

func TestCall_TypedArguments(t *testing.T) {
	f := newFloor(t)
	c := f.open()
	caller := c.(connect.Caller)
	start := "method=path=/" + f.name + "Machine/StartProgram"
	out, err := caller.Call(within(t), start, "O1234", 25.0, true)
	if err != nil || !slices.Equal(out, []any{77.0, "O1234 x 25"}) {
		t.Errorf("Call = %v, %v", out, err)
	}
	if e := f.process.Wait("called"); e["program"] != "O1234" || e["parts"] != 25.0 || e["dry"] != true {
		t.Errorf("the machine was called with %v", e)
	}
	for name, wrong := range map[string]struct {
		method string
		args   []any
		words  string
	}{
		"too few":      {start, []any{"O1"}, "takes 3: Program, Parts, Dry"},
		"out of range": {start, []any{"O1", 70000.0, true}, "argument Parts"},
		"fraction":     {start, []any{"O1", 1.5, true}, "whole number"},
		"refused":      {start, []any{"O1", 0.0, true}, "argument Parts"},
		"not a method": {"path=/" + f.name + "Machine/Speed", nil, "write method="},
		"absent":       {"method=path=/" + f.name + "Machine/Stop", nil, "there is no Stop"},
	} {
		if out, err := caller.Call(within(t), wrong.method, wrong.args...); err == nil || !strings.Contains(err.Error(), wrong.words) {
			t.Errorf("%s: %v, %v; want %q", name, out, err, wrong.words)
		}
	}
}

// A set point may be a method: it is called with the value.
func TestWrite_CallsAMethod(t *testing.T) {
	f := newFloor(t)
	c := f.open()
	reset := connect.Point{Address: "method=path=/" + f.name + "Machine/Reset", Kind: plant.KindBoolean}
	must(t, f.driver.CheckPoint(reset.Address, reset.Kind))
	must(t, c.(connect.Writer).Write(within(t), reset, true))
	if e := f.process.Wait("called"); e["program"] != "reset" {
		t.Errorf("called = %v", e)
	}
	if err := c.(connect.Writer).Write(within(t), reset, false); err == nil {
		t.Error("a false calls the method")
	}
	g, err := c.Prepare([]connect.Point{reset})
	must(t, err)
	r := make([]connect.Reading, 1)
	if must(t, g.Read(within(t), r)); !errors.Is(r[0].Err, connect.ErrUnconfigured) {
		t.Errorf("reading of a method = %+v", r[0])
	}
}
