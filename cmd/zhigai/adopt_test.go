package main

import (
	"context"
	"fmt"
	"net/url"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/shop/discovery"
	"zhigai/sim"
)

const emptyHall = `schema: zhigai.plant/1
calendars:
  - {code: always, name: {zh: 连续}, zone: Asia/Shanghai, shifts: [{code: day, name: {zh: 全天}, start: "00:00", end: "00:00", weekdays: [1, 2, 3, 4, 5, 6, 7]}]}
products: [{code: 6204-2rs, name: {zh: 轴承}}]
nodes:
  - {path: firm, level: enterprise, name: {zh: 企业}, calendar: always}
  - {path: firm/hall, level: area, name: {zh: 车间}}
`

// A meter, a machine and a module that nobody knows appear on the wire while the
// node runs: rules make machines of them, and their figures stand on the board
// within a minute.
func TestAdopt_UnknownDevicesShowFigures(t *testing.T) {
	n, api := nodeAndAPI(t, emptyHall, time.Now().Add(-time.Hour), func(*node) {})
	admin := access.With(t.Context(), access.Node(demoTenant))

	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	serve := func(id string) plant.Device {
		p, ok := n.profiles.Get(id)
		if !ok {
			t.Fatalf("no profile %s", id)
		}
		d, err := sim.Serve(ctx, simKind(p, "1"), "127.0.0.1:0", 1)
		must(t, err)
		return d
	}
	appeared := time.Now()
	meter, grinder := serve("demo-meter"), serve("demo-grinder")
	robot, err := sim.New(sim.Config{
		Seed: 1, Start: time.Now(), Kinds: simKinds(n.profiles), Products: []string{"6204-2rs"},
		Model: plant.Model{Nodes: []plant.Node{{Path: "r", Level: plant.LevelEquipment, Machine: &plant.Equipment{Class: "robot", Profile: "demo-assembly", Device: plant.Device{Driver: "sparkplug", Address: "hall/robot-7"}}}}},
	})
	must(t, err)
	must(t, robot.Attach(ctx, n.broker.Addr().String()))
	moving := make(chan struct{})
	go func() {
		defer close(moving)
		robot.Run(ctx, 1)
		robot.Close()
	}()
	t.Cleanup(func() { cancel(); <-moving })
	rules := []discovery.Rule{
		{Name: "meters", Driver: "modbus-tcp", Where: meter.Address, Every: 1, Profile: "demo-meter", Place: "firm/hall", Auto: true},
		{Name: "machines", Driver: "opcua", Where: grinder.Address, Every: 1, Profile: "demo-grinder", Place: "firm/hall", Params: grinder.Params, Auto: true},
		{Name: "modules", Driver: "sparkplug", Address: "^hall/", Profile: "demo-assembly", Place: "firm/hall", Auto: true},
	}
	for _, r := range rules {
		if _, err := n.discovery.SaveRule(admin, demoTenant, r, 0); err != nil {
			t.Fatal(err)
		}
	}
	wanted := map[string]string{"meter": "energy-kwh", "grinder": "oee", "robot": "oee"}
	for class, figure := range wanted {
		path := waitForMachine(t, api, class)
		waitForFigure(t, api, path, figure)
		t.Logf("%s: %s after %s", path, figure, time.Since(appeared).Round(100*time.Millisecond))
	}
	if took := time.Since(appeared); took > time.Minute {
		t.Errorf("it took %s; a minute was promised", took)
	}
}

// waitForMachine gives the path of the machine of the class.
func waitForMachine(t *testing.T, api apiClient, class string) (path string) {
	t.Helper()
	soon(t, "a "+class+" is in the plant", func() bool {
		var list struct {
			Items []struct{ Path, Class string }
		}
		api.get("/api/v1/equipment", &list)
		for _, one := range list.Items {
			if one.Class == class {
				path = one.Path
			}
		}
		return path != ""
	})
	return path
}

// waitForFigure waits until the figure of the running hour has a value, or, of a
// machine that has made nothing yet, says that it was heard.
func waitForFigure(t *testing.T, api apiClient, path, id string) {
	t.Helper()
	soon(t, id+" of "+path, func() bool {
		now := time.Now().UTC()
		q := url.Values{"scope": {path}, "window": {"hour"}, "from": {now.Truncate(time.Hour).Format(time.RFC3339)}, "to": {now.Truncate(time.Hour).Add(time.Hour).Format(time.RFC3339)}}
		var list struct {
			Items []struct {
				Value    *float64
				Coverage *float64
			}
		}
		api.get(fmt.Sprintf("/api/v1/figures/%s?%s", id, q.Encode()), &list)
		if len(list.Items) == 0 {
			return false
		}
		one := list.Items[0] // a machine that has made nothing yet was heard all the same
		return one.Value != nil || one.Coverage != nil && *one.Coverage > 0
	})
}

// soon asks again until it is so.
func soon(t *testing.T, what string, done func() bool) {
	t.Helper()
	again := time.NewTicker(200 * time.Millisecond)
	defer again.Stop()
	for end := time.Now().Add(2 * time.Minute); !done(); <-again.C {
		if time.Now().After(end) {
			t.Fatalf("not yet: %s", what)
		}
	}
}
