package discovery_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"zhigai/access"
	"zhigai/connect"
	"zhigai/connect/modbus"
	"zhigai/connect/profile"
	"zhigai/plant"
	"zhigai/shop/discovery"
	"zhigai/sim"
)

const tenant = plant.TenantNo(1)

const meter = `schema: zhigai.profile/1
id: maker.meter
version: 1
vendor: maker
class: meter
title: {zh: 电表, en: meter}
source: this test
verified: derived
protocol: modbus-tcp
signals:
  - {name: power.active, kind: number, at: "holding 0 float32", unit: kW}
identify:
  - {at: "holding 100 string8", kind: text, match: "^MX", as: product}
  - {at: "holding 108 uint32", kind: number, match: "^[0-9]+$", as: serial}
`

// shopfloor is a plant in memory with a real meter on the wire.
type shopfloor struct {
	t     *testing.T
	desk  *discovery.Desk
	mu    sync.Mutex
	model plant.Model
	gone  []plant.Node
	rules []discovery.Rule
	says  []connect.Found // announced to the network
}

func (f *shopfloor) announced() []connect.Found {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.says)
}

func (f *shopfloor) announce(all ...connect.Found) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.says = all
}

func (f *shopfloor) Model(context.Context, access.Scope, plant.Micros) (plant.Model, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return plant.Model{Nodes: slices.Clone(f.model.Nodes)}, nil
}

func (f *shopfloor) Retired(context.Context, access.Scope, plant.Micros) ([]plant.Node, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.gone), nil
}

func (f *shopfloor) Rules(context.Context, plant.TenantNo) ([]discovery.Rule, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.rules), nil
}

func (f *shopfloor) SaveRule(_ context.Context, _ plant.TenantNo, r discovery.Rule, _ int64) (discovery.Rule, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r.ID = r.Name
	f.rules = append(f.rules, r)
	return r, nil
}

func (f *shopfloor) DropRule(context.Context, plant.TenantNo, string, int64) error { return nil }

func (f *shopfloor) add(_ context.Context, _ plant.TenantNo, n plant.Node) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	n.ID = plant.NodeID("id of " + n.Path)
	f.model.Nodes = append(f.model.Nodes, n)
	return nil
}

func newShopfloor(t *testing.T) *shopfloor {
	t.Helper()
	driver := modbus.New()
	profiles, err := profile.Load(fstest.MapFS{"p/meter.yaml": {Data: []byte(meter)}}, "p", []profile.PointChecker{driver})
	if err != nil {
		t.Fatal(err)
	}
	f := &shopfloor{t: t, model: plant.Model{Nodes: []plant.Node{
		{ID: "1", Path: "firm", Level: plant.LevelEnterprise}, {ID: "2", Path: "firm/hall", Level: plant.LevelArea},
	}}}
	f.desk = discovery.New(discovery.Options{
		Drivers: []connect.Driver{driver}, Profiles: profiles, Plants: f, Rules: f, Add: f.add, Announced: f.announced, Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})
	t.Cleanup(f.desk.Close)
	return f
}

// serve stands a meter up; it gives where.
func (f *shopfloor) serve(serial string) string {
	f.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	f.t.Cleanup(cancel)
	d, err := sim.Serve(ctx, sim.Kind{ID: "maker.meter", Class: "meter", Protocol: "modbus-tcp", Signals: []sim.Signal{
		{Name: "power.active", Kind: plant.KindNumber, At: "holding 0 float32"},
		{Name: "identity.1", Kind: plant.KindText, At: "holding 100 string8", Fixed: "MX-20"},
		{Name: "identity.2", Kind: plant.KindNumber, At: "holding 108 uint32", Fixed: serial},
	}}, "127.0.0.1:0", 1)
	if err != nil {
		f.t.Fatal(err)
	}
	return d.Address
}

// search looks at one address and waits for the end.
func (f *shopfloor) search(where string) discovery.Search {
	f.t.Helper()
	s, err := f.desk.Start(access.Node(tenant), "modbus-tcp", where)
	if err != nil {
		f.t.Fatal(err)
	}
	var now discovery.Search
	f.until("the search ends", func() bool {
		now = f.desk.List(tenant)[0]
		return now.ID == s.ID && now.State != discovery.Running
	})
	return now
}

func (f *shopfloor) until(what string, done func() bool) {
	f.t.Helper()
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for end := time.Now().Add(30 * time.Second); !done(); <-again.C {
		if time.Now().After(end) {
			f.t.Fatalf("not yet: %s", what)
		}
	}
}

// at is the candidate of an address.
func (f *shopfloor) at(address string) discovery.Candidate {
	f.t.Helper()
	all, err := f.desk.Candidates(f.t.Context(), tenant)
	if err != nil {
		f.t.Fatal(err)
	}
	for _, c := range all {
		if c.Device.Address == address {
			return c
		}
	}
	f.t.Fatalf("nothing was found at %s: %+v", address, all)
	return discovery.Candidate{}
}

// A meter nobody knows is found, recognised and, because a rule says so, made a
// machine; then it is known.
func TestNewDevice(t *testing.T) {
	f := newShopfloor(t)
	where := f.serve("4711")
	if s := f.search(where); s.State != discovery.Done || s.Found != 1 || s.Done != 1 || s.Total != 1 {
		t.Errorf("search %+v", s)
	}
	c := f.at(where)
	if c.Standing != discovery.Fresh || c.Profile != "maker.meter" || c.Identity.Serial != "4711" || c.Identity.Product != "MX-20" || c.Proposed.Path != "" || !c.Proposed.Machine.Excluded {
		t.Errorf("%+v", c)
	}
	if _, err := f.desk.SaveRule(t.Context(), tenant, discovery.Rule{Name: "meters", Driver: "modbus-tcp", Is: "maker.meter", Place: "firm/hall", Auto: true}, 0); err != nil {
		t.Fatal(err)
	}
	if c := f.at(where); c.Proposed.Path != "firm/hall/meter-4711" || c.Rule != "meters" {
		t.Errorf("with a rule %+v", c)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- f.desk.Run(ctx, tenant) }()
	f.until("it is adopted", func() bool { return f.at(where).Standing == discovery.Known })
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("Run: %v", err)
	}
	if c := f.at(where); c.Path != "firm/hall/meter-4711" {
		t.Errorf("then %+v", c)
	}
	m, _ := f.Model(t.Context(), access.Scope{}, 0)
	if n := m.Nodes[len(m.Nodes)-1]; n.Machine.Device.Serial != "4711" || n.Machine.Class != "meter" || n.Name.ZH != "电表 4711" {
		t.Errorf("machine %+v", n)
	}
}

// A machine that a person took out of the plant stays out, whatever a rule takes
// in by itself: by the serial number, and by the address where there is none.
func TestRetired(t *testing.T) {
	f := newShopfloor(t)
	elsewhere, here, fresh := f.serve("4711"), f.serve("4712"), f.serve("4713")
	gone := func(path, address, serial string) {
		device := plant.Device{Driver: "modbus-tcp", Address: address, Serial: serial}
		f.gone = append(f.gone, plant.Node{ID: plant.NodeID(path), Path: path, Level: plant.LevelEquipment, Machine: &plant.Equipment{Profile: "maker.meter", Device: device}})
	}
	gone("firm/hall/a", "127.0.0.1:1", "4711")
	gone("firm/hall/b", here, "")
	gone("firm/hall/c", fresh, "another that stood there")
	for _, where := range []string{elsewhere, here, fresh} {
		f.search(where)
	}
	if _, err := f.desk.SaveRule(t.Context(), tenant, discovery.Rule{Name: "meters", Driver: "modbus-tcp", Place: "firm/hall", Auto: true}, 0); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- f.desk.Run(ctx, tenant) }()
	f.until("the new one is adopted", func() bool { return f.at(fresh).Standing == discovery.Known })
	cancel()
	<-ended
	if c := f.at(elsewhere); c.Standing != discovery.Retired || c.Path != "firm/hall/a" || c.Proposed.Path == "" {
		t.Errorf("by its serial number: %+v", c)
	}
	if c := f.at(here); c.Standing != discovery.Retired || c.Path != "firm/hall/b" {
		t.Errorf("by its address: %+v", c)
	}
}

// A device that moved, and one that stands in another's place, are told from
// new ones by the serial number.
func TestMovedAndReplaced(t *testing.T) {
	f := newShopfloor(t)
	first, second := f.serve("4711"), f.serve("4712")
	device := plant.Device{Driver: "modbus-tcp", Address: first, Serial: "4711"}
	f.model.Nodes = append(f.model.Nodes, plant.Node{ID: "m", Path: "firm/hall/m", Level: plant.LevelEquipment, Machine: &plant.Equipment{Profile: "maker.meter", Device: device}})
	machine := &f.model.Nodes[2].Machine.Device
	f.search(first)
	f.search(second)
	g := func(address string, want discovery.Standing, path string) {
		t.Helper()
		if c := f.at(address); c.Standing != want || c.Path != path {
			t.Errorf("%s: %s %s; want %s %s", c.Identity.Serial, c.Standing, c.Path, want, path)
		}
	}
	g(first, discovery.Known, "firm/hall/m")
	g(second, discovery.Fresh, "")
	machine.Serial = "4712" // the machine's own meter answers at the other address
	g(first, discovery.Replaced, "firm/hall/m")
	g(second, discovery.Moved, "firm/hall/m")
	machine.Serial = "" // adopted before serial numbers were kept
	g(first, discovery.Known, "firm/hall/m")
	if err := f.desk.Forget(tenant, plant.Device{Driver: "modbus-tcp", Address: second}); err != nil {
		t.Error(err)
	}
	if err := f.desk.Forget(tenant, plant.Device{Driver: "modbus-tcp", Address: second}); !errors.Is(err, access.ErrNotFound) {
		t.Errorf("forgotten twice: %v", err)
	}
}

func TestSearch_Refused(t *testing.T) {
	f := newShopfloor(t)
	if _, err := f.desk.Start(access.Node(tenant), "telegraph", "x"); !errors.Is(err, access.ErrInvalid) || !strings.Contains(err.Error(), "modbus-tcp") {
		t.Errorf("unknown driver: %v", err)
	}
	if s := f.search("somewhere"); s.State != discovery.Failed || !strings.Contains(s.Error, "192.168.1.0/24") {
		t.Errorf("a wrong place: %+v", s)
	}
	if err := f.desk.Cancel(tenant, "none"); !errors.Is(err, access.ErrNotFound) {
		t.Errorf("cancelled what is not there: %v", err)
	}
	// Addresses for documentation: nobody answers, so that the search lasts.
	var ids []string
	for {
		s, err := f.desk.Start(access.Node(tenant), "modbus-tcp", "192.0.2.0/24 units 1-247")
		if errors.Is(err, access.ErrConflict) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, s.ID)
	}
	for _, id := range ids {
		if err := f.desk.Cancel(tenant, id); err != nil {
			t.Error(err)
		}
	}
	f.until("all are cancelled", func() bool {
		return !slices.ContainsFunc(f.desk.List(tenant), func(s discovery.Search) bool { return s.State == discovery.Running })
	})
	for _, s := range f.desk.List(tenant) {
		if slices.Contains(ids, s.ID) && s.State != discovery.Cancelled {
			t.Errorf("%+v", s)
		}
	}
	if got := f.desk.List(tenant + 1); len(got) != 0 {
		t.Errorf("another tenant sees %+v", got)
	}
}

func TestRule_Refused(t *testing.T) {
	f := newShopfloor(t)
	good := discovery.Rule{Name: "meters", Driver: "modbus-tcp", Place: "firm/hall"}
	g := func(says string, change func(*discovery.Rule)) {
		t.Helper()
		r := good
		change(&r)
		if _, err := f.desk.SaveRule(t.Context(), tenant, r, 0); !errors.Is(err, access.ErrInvalid) || !strings.Contains(err.Error(), says) {
			t.Errorf("%+v: %v; want %q", r, err, says)
		}
	}
	g("name", func(r *discovery.Rule) { r.Name = "" })
	g("telegraph", func(r *discovery.Rule) { r.Driver = "telegraph" })
	g("regular expression", func(r *discovery.Rule) { r.Title = "(" })
	g("regular expression", func(r *discovery.Rule) { r.Address = "[" })
	g("regular expression", func(r *discovery.Rule) { r.Says = "*" })
	g("no.such", func(r *discovery.Rule) { r.Profile = "no.such" })
	g("no.such", func(r *discovery.Rule) { r.Is = "no.such" })
	g("firm/nowhere", func(r *discovery.Rule) { r.Place = "firm/nowhere" })
}
