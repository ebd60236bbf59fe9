package discovery_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"zhigai/access"
	"zhigai/connect"
	"zhigai/plant"
	"zhigai/shop/discovery"
)

func announcedAt(address string) connect.Found {
	return connect.Found{
		Device: plant.Device{Driver: "modbus-tcp", Address: address}, Title: "meter", Announced: true,
		Identity: connect.Identity{Vendor: "Maker", Product: "MX-20", Serial: "4711"}, Text: []string{"model=MX-20", "wall=north"},
	}
}

// What announces itself is listed at once with what a rule makes of its words, but
// a rule that adopts by itself leaves it to a person; when it takes itself back it
// is gone.
func TestAnnounced_WaitsForAPerson(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newShopfloor(t)
		f.announce(announcedAt("192.168.1.7:502"))
		for _, r := range []discovery.Rule{
			{Name: "1 other words", Driver: "modbus-tcp", Says: "wall=south", Profile: "maker.meter", Place: "firm", Auto: true},
			{Name: "2 its words", Driver: "modbus-tcp", Says: "^wall=north$", Profile: "maker.meter", Place: "firm/hall", Auto: true},
		} {
			if _, err := f.desk.SaveRule(t.Context(), tenant, r, 0); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := f.desk.Run(ctx, tenant); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Run: %v", err)
		}
		c := f.at("192.168.1.7:502")
		if c.Standing != discovery.Fresh || !c.Announced || c.Rule != "2 its words" || c.Proposed.Path != "firm/hall/meter-4711" || c.Proposed.Machine.Profile != "maker.meter" {
			t.Errorf("after a minute %+v", c)
		}
		f.rules[1].Says = "^product=MX"
		if c := f.at("192.168.1.7:502"); c.Rule != "2 its words" {
			t.Errorf("a rule on its product: %+v", c)
		}
		f.announce()
		if all, err := f.desk.Candidates(t.Context(), tenant); err != nil || len(all) != 0 {
			t.Errorf("taken back: %+v, %v", all, err)
		}
	})
}

// An announcement never changes what is known of a machine: it has neither moved
// nor been replaced because somebody says so.
func TestAnnounced_ChangesNothing(t *testing.T) {
	f := newShopfloor(t)
	machine := func(path, address, serial string, unit string) {
		f.model.Nodes = append(f.model.Nodes, plant.Node{ID: plant.NodeID(path), Path: path, Level: plant.LevelEquipment, Machine: &plant.Equipment{
			Profile: "maker.meter", Device: plant.Device{Driver: "modbus-tcp", Address: address, Serial: serial, Params: map[string]string{"unit": unit}},
		}})
	}
	machine("firm/hall/one", "192.168.1.7:502", "17", "1")
	machine("firm/hall/two", "192.168.1.8:502", "4711", "9")
	hint := announcedAt("mqtt://192.168.1.9:1883")
	hint.Device.Driver, hint.Hint = "mqtt", true
	f.announce(announcedAt("192.168.1.7:502"), announcedAt("192.168.1.8:502"), announcedAt("192.168.1.10:502"), hint)
	g := func(address string, want discovery.Standing, path string) {
		t.Helper()
		if c := f.at(address); c.Standing != want || c.Path != path || c.Proposed.Path != "" {
			t.Errorf("%s: %s %s; want %s %s", address, c.Standing, c.Path, want, path)
		}
	}
	g("192.168.1.7:502", discovery.Known, "firm/hall/one") // with another serial number
	g("192.168.1.8:502", discovery.Known, "firm/hall/two") // by server, not by unit
	g("192.168.1.10:502", discovery.Fresh, "")             // with the serial number of a machine
	g("mqtt://192.168.1.9:1883", discovery.Fresh, "")

	where := f.serve("4712") // one that was asked
	f.search(where)
	f.announce(announcedAt(where))
	if c := f.at(where); c.Announced || c.Identity.Serial != "4712" || c.Profile != "maker.meter" {
		t.Errorf("what was asked and is announced differently: %+v", c)
	}
}

// What a person does not want to see stays away for as long as it announces
// itself.
func TestAnnounced_Forgotten(t *testing.T) {
	f := newShopfloor(t)
	one := announcedAt("192.168.1.7:502")
	listed := func() int {
		t.Helper()
		all, err := f.desk.Candidates(t.Context(), tenant)
		if err != nil {
			t.Fatal(err)
		}
		return len(all)
	}
	f.announce(one)
	if err := f.desk.Forget(tenant, one.Device); err != nil || listed() != 0 {
		t.Errorf("%d are listed, %v", listed(), err)
	}
	f.announce()
	if err := f.desk.Forget(tenant, one.Device); !errors.Is(err, access.ErrNotFound) || listed() != 0 {
		t.Errorf("what does not announce itself is forgotten: %v", err)
	}
	f.announce(one)
	if n := listed(); n != 1 {
		t.Errorf("announced anew: %d are listed", n)
	}
}
