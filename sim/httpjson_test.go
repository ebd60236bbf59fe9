package sim_test

import (
	"testing"
	"time"

	"zhigai/connect"
	"zhigai/connect/httpjson"
	"zhigai/plant"
	"zhigai/sim"
)

var jsonKind = sim.Kind{ID: "x", Class: "press", Protocol: httpjson.Kind, Signals: []sim.Signal{
	{Name: "x.power", Kind: plant.KindNumber, At: "/machine/power_kw", Scale: 0.1},
	{Name: "x.on", Kind: plant.KindBoolean, At: "/machine/running"},
	{Name: "x.title", Kind: plant.KindText, At: "/machine/a~1b"},
	{Name: "x.bed", Kind: plant.KindNumber, At: "/sensors/[name=bed]/temperature"},
	{Name: "x.first", Kind: plant.KindNumber, At: "/axes/2"},
}}

func askJSON(t *testing.T, d plant.Device) connect.TrialResult {
	t.Helper()
	spec := connect.DeviceSpec{Device: d, Timeout: time.Second}
	for i, s := range jsonKind.Signals {
		scale := 1.0
		if s.Scale != 0 {
			scale = s.Scale
		}
		spec.Points = append(spec.Points, connect.PointSpec{Tag: plant.TagNo(i + 1), Name: s.Name, Kind: s.Kind, Address: s.At, Scale: scale})
	}
	return connect.Trial(t.Context(), httpjson.New(time.Now), spec, time.Now)
}

// Objects, lists by index and by choice, and names with a slash: each is found
// by the driver, which reads the address with code of its own.
func TestJSON_EverySignalIsReadAsShown(t *testing.T) {
	t.Parallel()
	server, d, err := sim.Stand(jsonKind, "127.0.0.1:0", 1)
	must(t, err)
	defer server.Close()
	want := map[string]float64{"x.power": 7.5, "x.on": 1, "x.bed": 23.75, "x.first": -4}
	for name, v := range want {
		server.Show(name, v, "")
	}
	server.Show("x.title", 0, "磨床 3")
	got := askJSON(t, d)
	if !got.OK || len(got.Values) != len(jsonKind.Signals) {
		t.Fatalf("%d values: %s", len(got.Values), got.Error)
	}
	for _, v := range got.Values {
		number, ok := want[v.Name]
		switch {
		case v.Quality != "good":
			t.Errorf("%s: %s %s", v.Name, v.Quality, v.Error)
		case ok && (v.Value == nil || *v.Value != number):
			t.Errorf("%s = %s; want %v", v.Name, told(v.Value), number)
		case !ok && v.Text != "磨床 3":
			t.Errorf("%s = %q", v.Name, v.Text)
		}
	}
}

// A fault gives no number that could be taken for the machine's.
func TestJSON_Faults(t *testing.T) {
	t.Parallel()
	for _, fault := range []sim.FaultKind{sim.Unplug, sim.Silent, sim.Garbage, sim.NaN} {
		server, d, err := sim.Stand(jsonKind, "127.0.0.1:0", 1)
		must(t, err)
		server.Show("x.power", 7.5, "")
		must(t, server.SetAll(fault, true))
		d.Params = map[string]string{"timeout": "300ms"}
		got := askJSON(t, d)
		for _, v := range got.Values {
			if v.Name == "x.power" && v.Quality == "good" && v.Value != nil {
				t.Errorf("%s: power is %v", fault, *v.Value)
			}
		}
		server.Close()
	}
}

// Addresses that no document can have are refused.
func TestJSON_Refused(t *testing.T) {
	t.Parallel()
	for _, at := range []string{"power", "/list/70000", "/machine/running/deeper"} {
		k := jsonKind
		k.Signals = append([]sim.Signal{{Name: "x.y", Kind: plant.KindNumber, At: at}}, jsonKind.Signals...)
		if server, _, err := sim.Stand(k, "127.0.0.1:0", 1); err == nil {
			server.Close()
			t.Errorf("%s: no error", at)
		}
	}
}
