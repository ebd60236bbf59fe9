package equipment

import (
	"os"
	"testing"

	"zhigai/connect/profile"
)

// TestShippedProfilesHaveKinds: every profile compiles, its reasons are in the
// tree, and its rules say nothing while nothing is known.
func TestShippedProfilesHaveKinds(t *testing.T) {
	library, err := profile.Load(os.DirFS("../../data"), "profiles", nil)
	if err != nil {
		t.Fatal(err)
	}
	kinds, err := KindsOf(library)
	if err != nil {
		t.Fatal(err)
	}
	reasons := settings(t).Reasons
	for _, p := range library.List() {
		kind, _ := kinds.Kind(p.ID)
		for code, id := range p.Reasons {
			if _, ok := reasons.Reason(id); !ok {
				t.Errorf("%s: code %d is the reason %q, which is not in the tree", p.ID, code, id)
			}
		}
		for _, a := range p.Alarms {
			if _, ok := reasons.Reason(a.Reason); a.Reason != "" && !ok {
				t.Errorf("%s: alarm %s has the reason %q, which is not in the tree", p.ID, a.ID, a.Reason)
			}
		}
		if kind.Rules == nil {
			continue
		}
		if d := kind.Rules.Decide(make([]Value, len(kind.Rules.Inputs()))); d.State.Known {
			t.Errorf("%s: nothing is known and the state is %s", p.ID, d.State)
		}
	}
}

// TestProgramDecides runs a profile's rules as they are written.
func TestProgramDecides(t *testing.T) {
	p := &profile.Profile{
		ID: "x", Version: 1,
		Signals: []profile.Signal{{Name: "machine.running", Kind: "boolean"}, {Name: "machine.alarm", Kind: "enumeration"}, {Name: "spindle.speed", Kind: "number"}},
		States: []profile.State{
			{When: "machine.alarm > 0", Item: "OUT_OF_SERVICE", Mode: "PROCESSING"},
			{When: "machine.running && spindle.speed > 50.0", Item: "EXECUTING", Mode: "PROCESSING"},
			{When: "true", Item: "NOT_EXECUTING", Mode: "PROCESSING"},
		},
		Alarms: []profile.Alarm{{ID: "a", When: "machine.alarm == 7", Priority: 1, Reason: "breakdown.tool"}},
	}
	kind, err := KindOf(p)
	if err != nil {
		t.Fatal(err)
	}
	known := func(n float64) Value { return Value{Known: true, Number: n} }
	for _, c := range []struct {
		running, alarm, speed Value
		want                  Decision
	}{
		{known(1), known(0), known(800), Decision{State: Of(Executing, Processing)}},
		{known(1), known(0), known(10), Decision{State: Of(NotExecuting, Processing)}},
		{known(1), known(7), known(10), Decision{State: Of(OutOfService, Processing), Reason: "breakdown.tool"}},
		{known(1), known(3), known(10), Decision{State: Of(OutOfService, Processing)}},
		{known(1), Value{}, known(10), Decision{}},
		{Value{}, known(0), known(10), Decision{}},
	} {
		values := map[string]Value{"machine.running": c.running, "machine.alarm": c.alarm, "spindle.speed": c.speed}
		var in []Value
		for _, name := range kind.Rules.Inputs() {
			in = append(in, values[name])
		}
		if got := kind.Rules.Decide(in); got != c.want {
			t.Errorf("Decide(%+v) = %+v; want %+v", values, got, c.want)
		}
	}
	p.States[0].Item = "BROKEN"
	if _, err := KindOf(p); err == nil {
		t.Error("an item state BROKEN compiles")
	}
}
