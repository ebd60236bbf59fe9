package health_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"zhigai/data"
	"zhigai/shop/health"
)

func TestLoad_TheProductsOwn(t *testing.T) {
	c, err := health.LoadCatalogue(data.FS, health.CatalogueFile)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"6203-2RS", "6205-2rs", " 6206 ", "9,7.94,39.04,0"} {
		if _, err := c.Find(name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := c.Find("6999"); err == nil || !strings.Contains(err.Error(), "6205-2RS") {
		t.Errorf("an unknown one: %v", err)
	}
	z, err := health.LoadZones(data.FS, health.ZonesFile)
	if err != nil {
		t.Fatal(err)
	}
	g, ok := z.Group("2-rigid")
	if !ok {
		t.Fatal("no group 2-rigid")
	}
	for velocity, want := range map[float64]health.Zone{0: "A", 1.39: "A", 1.4: "B", 2.8: "C", 4.5: "D", 100: "D"} {
		if got := g.Zone(velocity); got != want {
			t.Errorf("%v mm/s: zone %s; want %s", velocity, got, want)
		}
	}
	if z.Band(1500).FromHz != 10 || z.Band(300).FromHz != 2 || z.Band(0).FromHz != 10 {
		t.Error("the band begins at 2 Hz below 600 revolutions per minute, and at 10 Hz otherwise")
	}
}

func TestLoad_Refusals(t *testing.T) {
	for text, want := range map[string]string{
		"bearings: [{name: x, balls: 2, ball_mm: 1, pitch_mm: 3, angle_deg: 0, source: s, verified: v}]": "2 rolling elements",
		"bearings: [{name: x, balls: 8, ball_mm: 1, pitch_mm: 3, angle_deg: 0, verified: v}]":            "source",
		"bearing: []": "unknown field",
	} {
		if _, err := health.LoadCatalogue(fstest.MapFS{"c.yaml": {Data: []byte(text)}}, "c.yaml"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %q", text, err, want)
		}
	}
	z := "from_hz: 10\nfrom_hz_slow: 2\nto_hz: 1000\ngroups: [{id: a, name: {zh: a, en: a}, ab: 2, bc: 1, cd: 3}]"
	if _, err := health.LoadZones(fstest.MapFS{"z.yaml": {Data: []byte(z)}}, "z.yaml"); err == nil || !strings.Contains(err.Error(), "rise") {
		t.Errorf("limits that fall: %v", err)
	}
}

func TestParseRuns(t *testing.T) {
	runs, err := health.ParseRuns([]byte("unit,cycle,a\n1,1,5\n1,2,6\n2,1,7\n"))
	if err != nil || len(runs) != 2 || len(runs[0].Values) != 2 || runs[1].Values[0][0] != 7 {
		t.Errorf("%+v, %v", runs, err)
	}
	for text, want := range map[string]string{
		"":                           "no cycle",
		"1 1 5\n1 3 5\n":             "line 2",
		"1 1 5\n2 1 5\n1 2 5\n":      "comes again",
		"1 1 5\n1 2 high\n":          "no number",
		"1 1\n":                      "2 columns",
		"unit cycle a\nunit cycle a": "line 2",
	} {
		if _, err := health.ParseRuns([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; want %q", text, err, want)
		}
	}
}
