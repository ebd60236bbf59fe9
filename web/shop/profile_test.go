package shop

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"zhigai/connect/profile"
	"zhigai/data"
)

// Every delivered profile describes itself whole: lists are never null, what
// it takes from its bases is there, and scales are those a value goes through.
func TestDetailOf_DescribesEveryDeliveredProfile(t *testing.T) {
	library, err := profile.Load(data.FS, "profiles", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range library.List() {
		d := detailOf(p, library.Source(p.ID), nil)
		b, err := json.Marshal(d)
		if err != nil || strings.Contains(string(b), "null") {
			t.Errorf("%s: %v, %s", p.ID, err, b)
		}
		if len(d.Points) != len(p.Signals) || len(d.States) != len(p.States) || len(d.Alarms) != len(p.Alarms) || d.YAML == "" || d.Source == "" {
			t.Errorf("%s: %d points, %d states, %d alarms", p.ID, len(d.Points), len(d.States), len(d.Alarms))
		}
		for _, s := range d.Points {
			if s.Scale == 0 || s.Address == "" || s.PeriodMS == 0 || s.Retention == "" {
				t.Errorf("%s: %+v", p.ID, s)
			}
		}
	}
	p, ok := library.Get("eastron.sdm630-machine")
	if !ok {
		t.Fatal("no eastron.sdm630-machine")
	}
	d := detailOf(p, nil, nil)
	i := slices.IndexFunc(d.Points, func(s ProfilePoint) bool { return s.Name == "power.active" })
	if !slices.Equal(d.Bases, []string{"eastron.sdm630"}) || i < 0 || d.Points[i].Scale != 0.001 || d.Points[i].From != "W" || len(d.Params) != 3 || len(d.Counters) != 1 {
		t.Errorf("bases %v, power %+v, params %v, counters %v", d.Bases, d.Points[max(i, 0)], d.Params, d.Counters)
	}
}
