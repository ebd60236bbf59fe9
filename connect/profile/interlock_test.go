package profile_test

import (
	"slices"
	"testing"

	"zhigai/connect/profile"
	"zhigai/plant"
)

// An interlock asks for the signals it rests on, also through derived ones, and
// for none of the others; what is not known is neither true nor false.
func TestInterlock(t *testing.T) {
	limits := 10.0
	p := &profile.Profile{
		ID: "x", Signals: []profile.Signal{
			{Name: "machine.running", Kind: plant.KindBoolean},
			{Name: "temperature", Kind: plant.KindNumber},
			{Name: "machine.program", Kind: plant.KindText},
			{Name: "free", Kind: plant.KindNumber, Write: &profile.Write{Min: &limits, Max: &limits}},
			{Name: "locked", Kind: plant.KindNumber, Write: &profile.Write{Interlock: &profile.Lock{When: "!machine.running && cold"}}},
		},
		Derived: []profile.Derive{
			{Name: "cold", Kind: plant.KindBoolean, Expr: "temperature < 40.0"},
			{Name: "loaded", Kind: plant.KindBoolean, Expr: "machine.program != ''"},
		},
	}
	if l, err := p.Interlock(&p.Signals[3]); l != nil || err != nil {
		t.Errorf("without a condition: %v, %v", l, err)
	}
	l, err := p.Interlock(&p.Signals[4])
	if err != nil || !slices.Equal(l.Inputs(), []string{"machine.running", "temperature"}) {
		t.Fatalf("inputs %v, %v", l.Inputs(), err)
	}
	f := func(running, temperature profile.Value, holds, known bool) {
		t.Helper()
		if h, k := l.Holds([]profile.Value{running, temperature}); h != holds || k != known {
			t.Errorf("%v %v: %v %v; want %v %v", running, temperature, h, k, holds, known)
		}
	}
	value := func(v float64) profile.Value { return profile.Value{Known: true, Number: v} }
	f(value(0), value(20), true, true)
	f(value(1), value(20), false, true)
	f(value(0), value(40), false, true)
	f(profile.Value{}, value(20), false, false)
	f(value(0), profile.Value{}, false, false)
	p.Signals[4].Write.Interlock.When = "nobody"
	if _, err := p.Interlock(&p.Signals[4]); err == nil {
		t.Error("an unknown signal compiles")
	}
	// What set points ask for is nothing that figures rest on.
	program, err := p.Compile()
	if err != nil || slices.Contains(program.StateInputs(), "temperature") {
		t.Errorf("the program reads %v, %v", program.StateInputs(), err)
	}
}
