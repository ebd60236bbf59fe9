package bulk_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"zhigai/access"
	"zhigai/connect"
	"zhigai/connect/modbus"
	"zhigai/connect/profile"
	"zhigai/plant"
	"zhigai/record"
	"zhigai/record/shop"
	"zhigai/shop/bulk"
)

const kind = `schema: zhigai.profile/1
id: %s
version: 1
vendor: maker
class: %s
title: {zh: 设备, en: device}
source: this test
verified: derived
protocol: modbus-tcp
signals:
  - {name: power.active, kind: number, at: "holding 0 float32", unit: kW}
`

// works is a record with a plant: an area, two lines and one machine.
type works struct {
	*bulk.Desk
	t      testing.TB
	plants shop.Plants
	now    plant.Micros
}

const start plant.Micros = 1_700_000_000_000_000

var whole = access.Scope{Tenant: 1}

func newWorks(t testing.TB) *works {
	t.Helper()
	db, err := record.Open(t.Context(), t.TempDir(), record.Options{})
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	driver := modbus.New()
	library, err := profile.Load(fstest.MapFS{
		"p/maker.meter.yaml": {Data: fmt.Appendf(nil, kind, "maker.meter", "meter")},
		"p/maker.lathe.yaml": {Data: fmt.Appendf(nil, kind, "maker.lathe", "lathe")},
	}, "p", []profile.PointChecker{driver})
	must(t, err)
	w := &works{t: t, plants: shop.NewPlants(db), now: start}
	w.Desk = &bulk.Desk{Plants: w.plants, Profiles: library, Drivers: []connect.Driver{driver}}
	machine := &plant.Equipment{Class: "lathe", Profile: "maker.lathe", Device: plant.Device{Driver: "modbus-tcp", Address: "10.0.0.1:502", Params: map[string]string{"unit": "1"}, Serial: "S-1"}}
	for _, n := range []plant.Node{
		{Path: "firm", Level: plant.LevelEnterprise},
		{Path: "firm/site", Level: plant.LevelSite},
		{Path: "firm/site/hall", Level: plant.LevelArea},
		{Path: "firm/site/hall/a", Level: plant.LevelLine},
		{Path: "firm/site/hall/b", Level: plant.LevelLine},
		{Path: "firm/site/hall/a/lathe-1", Level: plant.LevelEquipment, Machine: machine},
	} {
		n.Name = plant.Name{ZH: n.Code()}
		_, _, err := w.plants.SaveNode(t.Context(), whole, n, 0, w.tick())
		must(t, err)
	}
	return w
}

// tick is the next instant: each step of a test has its own.
func (w *works) tick() plant.Micros {
	w.now += 1_000_000
	return w.now
}

func (w *works) read(text string) bulk.Sheet {
	w.t.Helper()
	s, err := bulk.Read("list.csv", []byte(text))
	must(w.t, err)
	return s
}

func (w *works) plan(scope access.Scope, s bulk.Sheet, places bool) bulk.Plan {
	w.t.Helper()
	p, err := w.Plan(w.t.Context(), scope, s, places, w.tick())
	must(w.t, err)
	return p
}

// machines are the paths of those there are.
func (w *works) machines() string {
	w.t.Helper()
	m, err := w.plants.Model(w.t.Context(), whole, w.tick())
	must(w.t, err)
	var out []string
	for _, n := range m.Nodes {
		if n.Machine != nil {
			out = append(out, strings.TrimPrefix(n.Path, "firm/site/hall/")+"="+n.Machine.Device.Address)
		}
	}
	return strings.Join(out, " ")
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
